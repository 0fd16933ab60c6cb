# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Checks of what a server uses: shared memory, the private memory of each process, and load (core statistics)."""

import re
from typing import Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    WARNING,
    Entry,
    Unknown,
    at_most,
    entry,
)
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server, Values

_MEGABYTE = 1 << 20
_PRIVATE = re.compile(r"([0-9]{1,9})-(total_size|real_used_size)\Z")
SIP_PROCESS = re.compile(r"(SIP|TCP) receiver", re.IGNORECASE)
_LOAD = re.compile(r"load1m-proc-?([0-9]{1,9})\Z")


def shared_memory(server: Server) -> List[Entry]:
    """Shared memory in use, with the server's own overhead, against maximum_shared_memory."""
    found = server.statistics("shmem")
    used, total = server.counter(found, "real_used_size"), server.counter(found, "total_size")
    return [_share(server, "shared_memory", None, used, total)]


def private_memory(server: Server) -> List[Entry]:
    """Private memory of each process against maximum_private_memory: the fullest process, and all that are not well."""
    sizes: Dict[int, Dict[str, int]] = {}
    for name, value in server.statistics("pkmem").items():
        match = _PRIVATE.match(name)
        if match and isinstance(value, int):
            sizes.setdefault(int(match.group(1)), {})[match.group(2)] = value
    entries = [
        _share(server, "private_memory", _process(server, number), size["real_used_size"], size["total_size"])
        for number, size in sorted(sizes.items())
        # of a process that has not started or has ended, nothing is known
        if size.get("total_size") and "real_used_size" in size
    ]
    if not entries:
        raise Unknown("The server does not report the private memory of its processes")
    entries.sort(key=lambda found: found["value"], reverse=True)
    return entries[:1] + [found for found in entries[1:] if found["outcome"] != "ok"]


def load(server: Server) -> List[Entry]:
    """Load of the last minute against maximum_load: of all processes, of those that serve a socket, and of single ones above it.

    The load of all says little of a busy server: processes that have nothing to do count as well.
    """
    server.require_version((2, 4), "its load")
    found = server.statistics("load")
    limit, warn_at = server.limits["maximum_load"], server.limits["warn_at"]
    kinds: Dict[str, List[int]] = {}
    for number, value in sorted(_loads(found).items()):
        kinds.setdefault(kind_of(server, number), []).append(value)
    entries = [at_most("load", None, server.counter(found, "load1m"), limit, warn_at, " %")]
    for kind, values in kinds.items():
        mean = round(sum(values) / float(len(values)), 1)
        if SIP_PROCESS.search(kind):
            entries.append(at_most("load", kind, mean, limit, warn_at, " %", f"in {len(values)} processes"))
        elif mean > limit:
            message = f"{mean:g} % in a process that serves no SIP, at most {limit:g} %"
            entries.append(entry("load", kind, WARNING, message, mean, limit))
    return entries


def _loads(found: Values) -> Dict[int, int]:
    matches = ((_LOAD.match(name), value) for name, value in found.items())
    return {int(match.group(1)): value for match, value in matches if match and isinstance(value, int)}


def _share(server: Server, name: str, subject: Optional[str], used: int, total: int) -> Entry:
    if total <= 0:
        raise Unknown("The server does not report the size of its memory")
    percent = round(100.0 * used / total, 1)
    limit, warn_at = server.limits[f"maximum_{name}"], server.limits["warn_at"]
    return at_most(name, subject, percent, limit, warn_at, " %", f"of {total / _MEGABYTE:.0f} MB")


def _process(server: Server, number: int) -> str:
    return f"process {number} ({kind_of(server, number)})"


def kind_of(server: Server, number: int) -> str:
    """What a process does, as the server writes it."""
    kinds = (process["type"] for process in server.processes() if process["id"] == number)
    return next(kinds, None) or "unknown"
