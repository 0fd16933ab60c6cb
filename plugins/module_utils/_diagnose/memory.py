# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Shared memory, and the private memory of each process, over a span: how full, how full at most, and whether it grows."""

import re
from typing import Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._diagnose.finding import with_hint
from ansible_collections.community.opensips.plugins.module_utils._diagnose.span import Span
from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    OK,
    WARNING,
    Entry,
    Unknown,
    at_most,
)

_MEGABYTE = 1 << 20
# bytes by which memory changes that is worth a word
_NOTABLE = 100 << 10
_PRIVATE = re.compile(r"([0-9]{1,9})-(total_size|real_used_size|max_used_size|used_size|free_size|fragments)\Z")
_SHARED_HINT = "Raise the option -m of opensips (S_MEMORY of the packages), and find out what grows: contacts, dialogs, transactions or a cache"
_PRIVATE_HINT = "Raise the option -M of opensips (P_MEMORY of the packages)"


def shared(span: Span) -> Optional[Dict[str, Any]]:
    """The shared memory as plain data, or None if the server does not report it."""
    total, used = span.last.number("shmem", "total_size"), span.last.number("shmem", "real_used_size")
    if not total or used is None:
        return None
    values = span.values("shmem", "real_used_size")
    data = span.last.number("shmem", "used_size")
    return {
        "size": total,
        "used": used,
        "peak": max(values),
        "peak_since_start": span.last.number("shmem", "max_used_size"),
        "growth": used - values[0],
        "overhead": None if data is None else max(0, used - data),
        "fragments": span.last.number("shmem", "fragments"),
    }


def private(span: Span) -> List[Dict[str, Any]]:
    """The private memory of each process as plain data, the fullest first."""
    sizes: Dict[int, Dict[str, int]] = {}
    for name, value in span.memory.items():
        match = _PRIVATE.match(name)
        if match and isinstance(value, int):
            sizes.setdefault(int(match.group(1)), {})[match.group(2)] = value
    types = {process["id"]: process for process in span.processes}
    found = [
        _process(number, size, types.get(number, {}))
        for number, size in sizes.items()
        # of a process that has not started or has ended, nothing is known
        if size.get("total_size") and "real_used_size" in size
    ]
    return sorted(found, key=lambda process: (-process["used"], process["id"]))


def _process(number: int, size: Dict[str, int], process: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "id": number,
        "pid": process.get("pid"),
        "type": process.get("type"),
        "size": size["total_size"],
        "used": size["real_used_size"],
        "peak_since_start": size.get("max_used_size"),
        "fragments": size.get("fragments"),
    }


def check_shared(span: Span, maximum: float, warn_at: float) -> List[Entry]:
    """The most that was in use in the span against maximum_shared_memory, and the most since the start."""
    found = shared(span)
    if found is None:
        raise Unknown("The server does not report its shared memory")
    words = [f"of {found['size'] / _MEGABYTE:.0f} MB"]
    if abs(found["growth"]) >= _NOTABLE:
        words.append(f"{_signed(found['growth'])} in {span.seconds:.3g} s")
    return [
        _judged(
            "shared_memory",
            None,
            found["size"],
            found["peak"],
            found["peak_since_start"],
            maximum,
            warn_at,
            words,
            _SHARED_HINT,
        )
    ]


def check_private(span: Span, maximum: float, warn_at: float) -> List[Entry]:
    """Private memory of each process against maximum_private_memory: the fullest process, and all that are not well."""
    entries = [
        _judged(
            "private_memory",
            f"process {found['id']} ({(found['type'] or 'unknown').strip()})",
            found["size"],
            found["used"],
            found["peak_since_start"],
            maximum,
            warn_at,
            [f"of {found['size'] / _MEGABYTE:.0f} MB"],
            _PRIVATE_HINT,
        )
        for found in private(span)
    ]
    if not entries:
        raise Unknown("The server does not report the private memory of its processes")
    return entries[:1] + [found for found in entries[1:] if found["outcome"] != OK]


def _judged(
    name: str,
    subject: Optional[str],
    size: int,
    used: int,
    peak: Optional[int],
    maximum: float,
    warn_at: float,
    words: List[str],
    hint: str,
) -> Entry:
    percent, most = _percent(used, size), _percent(peak or used, size)
    found = at_most(name, subject, percent, maximum, warn_at, " %", ", ".join(words))
    if most > percent:
        found["message"] += f". Since the start, the most was {most:g} %"
    if found["outcome"] == OK and most > maximum:
        found["outcome"] = WARNING
    return with_hint(found, hint)


def _percent(used: int, size: int) -> float:
    return round(100.0 * used / size, 1)


def _signed(size: int) -> str:
    return f"{'grew' if size > 0 else 'shrank'} by {abs(size) / _MEGABYTE:.3g} MB"
