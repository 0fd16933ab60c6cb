# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The numbers of a run, and comparing with those of an earlier one.

Snapshot as plain data: format (int), version (str or None), uptime (int or None, seconds), taken (float, seconds since 1970 of
this host), contacts and dialogs (int or None), counters ({name: int}), active ({"CHECK SUBJECT": {total, active}}).
"""

import time
from typing import Any, Dict, Optional

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._health import traffic
from ansible_collections.community.opensips.plugins.module_utils._health.destinations import CHECKS, Count
from ansible_collections.community.opensips.plugins.module_utils._health.entry import NotThere, Unknown
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters

FORMAT = 1
# Seconds by which clocks and counters may differ: uptime and the clock of the host are read at different moments
_TOLERANCE = 10
EMPTY: Dict[str, Any] = {
    "format": FORMAT,
    "version": None,
    "uptime": None,
    "taken": None,
    "contacts": None,
    "dialogs": None,
    "counters": {},
    "active": {},
}
_HINT = "Use the snapshot of an earlier result of opensips_health"


class Snapshot:
    """An earlier snapshot. plain: as plain data. Raises BadParameters if it is none."""

    def __init__(self, plain: Dict[str, Any]) -> None:
        plain = plain.get("snapshot", plain)
        if not isinstance(plain, dict) or "format" not in plain:
            raise BadParameters("compare_to is not a snapshot", _HINT)
        if plain["format"] != FORMAT:
            raise BadParameters(f"compare_to has the format {plain['format']!r:.40}, and not {FORMAT}", _HINT)
        self._taken = _number(plain, "taken") or 0
        self._uptime = _number(plain, "uptime")
        self._counts = {name: _number(plain, name) for name in ("contacts", "dialogs")}
        self._counters = {name: _number(_mapping(plain, "counters"), name) for name in _mapping(plain, "counters")}
        self._active = {
            subject: Count(int(_number(counts, "total") or 0), int(_number(counts, "active") or 0))
            for subject, counts in (
                (name, _mapping(_mapping(plain, "active"), name)) for name in _mapping(plain, "active")
            )
        }

    def count(self, name: str) -> Optional[int]:
        """Contacts or dialogs, or None if they are not known."""
        found = self._counts[name]
        return None if found is None else int(found)

    def counts(self, check: str) -> Dict[str, Count]:
        """{subject: Count} of a check."""
        return {
            subject[len(check) + 1 :]: count
            for subject, count in self._active.items()
            if subject.startswith(f"{check} ")
        }

    def has(self, check: str) -> bool:
        """Whether it has numbers for a check."""
        return self._counts.get(check) is not None or bool(self.counts(check))

    def is_same_run(self, uptime: int) -> bool:
        """Whether a server that has been running for uptime seconds was not restarted since."""
        if self._uptime is None:
            return False
        return uptime + _TOLERANCE >= self._uptime + (time.time() - self._taken)

    def growth(self, name: str, value: int) -> int:
        """By how much a counter has grown; all of it if it was reset since."""
        before = self._counters.get(name) or 0
        return int(value - before) if value >= before else value


def take(server: Server, names: Any) -> Dict[str, Any]:
    """The snapshot of a run, of the checks called names: plain data."""
    numbers = {
        "contacts": _or_none(lambda: traffic.count_contacts(server)) if "contacts" in names else None,
        "dialogs": _or_none(lambda: traffic.count_dialogs(server)) if "dialogs" in names else None,
    }
    return dict(
        numbers,
        format=FORMAT,
        version=_or_none(lambda: ".".join(map(str, server.connection.version))),
        uptime=_or_none(server.uptime),
        taken=round(time.time(), 3),
        counters=_or_none(lambda: traffic.counters(server)) or {},
        active={
            f"{check.name} {subject}": {"total": count.total, "active": count.active}
            for check in CHECKS
            if check.name in names
            for subject, count in (_or_none(lambda check=check: check.counts(server)) or {}).items()
        },
    )


def _or_none(read: Any) -> Any:
    try:
        return read()
    except (NotThere, Unknown, OpensipsError):
        return None


def _mapping(plain: Dict[str, Any], name: str) -> Dict[str, Any]:
    found = plain.get(name) or {}
    if not isinstance(found, dict):
        raise BadParameters(f"compare_to has {name} that is not a mapping", _HINT)
    return found


def _number(plain: Dict[str, Any], name: str) -> Optional[float]:
    """A number of the snapshot, or None. A template may have made text of it."""
    found = plain.get(name)
    if found is None:
        return None
    try:
        number = float("nan") if isinstance(found, bool) else float(found)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 <= number < float("inf"):
        raise BadParameters(f"compare_to: {name} is {found!r:.40}, and not a number", _HINT)
    return number
