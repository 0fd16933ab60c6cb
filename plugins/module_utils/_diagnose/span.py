# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The readings of a span of time: statistics once in an interval, and the events that came meanwhile.

A span keeps what it has if the server stops answering.
"""

import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._diagnose import local
from ansible_collections.community.opensips.plugins.module_utils._diagnose.listening import Listening
from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server, Values
from ansible_collections.community.opensips.plugins.module_utils._readers import statistics, uptime
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record

# Read each time
_GROUPS = ("core:", "load:", "net:", "shmem:", "dns:", "sql:", "cdb:")
# Read at both ends: for these, each process is asked
_ENDS = ("pkmem:",)
# seconds by which the clock of a server may lag
_TICKS = 2
# seconds between two looks at the events: a buffer that is full loses them
_STEP = 0.25


class Reading(NamedTuple):
    """moment: seconds (monotonic). took: seconds that the server took. groups: {group: {name: value}}."""

    moment: float
    took: float
    groups: Dict[str, Values]

    def number(self, group: str, name: str) -> Optional[int]:
        """A statistic, or None if the server has none of that name."""
        value = self.groups.get(group, {}).get(name)
        return value if isinstance(value, int) else None


def has_restarted(readings: List[Reading]) -> bool:
    """Whether the clock of the server, which begins at 0, went back, or is younger than the time between two readings says."""
    clocks = [(reading.moment, reading.number("core", "timestamp")) for reading in readings]
    known = [(moment, clock) for moment, clock in clocks if clock is not None]
    return any(
        # a server that is busy may count too slowly, but only one that has just started counts less than the time between
        after < before or (after <= now - then + 1 and before + now - then - after > _TICKS)
        for (then, before), (now, after) in zip(known, known[1:])
    )


class Span:
    """What was seen of a server.

    readings: list of Reading, at least one. memory: {name: value} of private memory, at the end if the server answered.
    pids: of the server's processes, if it runs on this host. processor: {pid: seconds used in the span}. sockets: at both ends,
    {(address, port): Waiting}. failure: error that ended it early, or None. seconds: how long it was.
    """

    def __init__(
        self, server: Server, listening: Optional[Listening], take: Callable[[List[Dict[str, Any]]], None]
    ) -> None:
        """take: function of the parameters of events (list of dict)."""
        self._server = server
        self._listening = listening
        self._take = take
        self.readings: List[Reading] = []
        self.memory: Values = {}
        self.processor: local.Seconds = {}
        self.failure: Optional[OpensipsError] = None
        self.uptime: int = server.uptime()
        self.processes: List[Record] = server.processes()
        self.pids = sorted(local.known(process["pid"] for process in self.processes)) if server.is_local else []
        self._read(_GROUPS + _ENDS)
        self._started = time.monotonic()
        self._seconds_before = local.processor_seconds(self.pids)
        self.sockets_before = self._sockets()
        self.sockets_after = self.sockets_before

    @property
    def seconds(self) -> float:
        return self.readings[-1].moment - self._started if len(self.readings) > 1 else 0.0

    @property
    def first(self) -> Reading:
        return self.readings[0]

    @property
    def last(self) -> Reading:
        return self.readings[-1]

    def look(self, duration: float, interval: float) -> None:
        """Read until duration (seconds) is over, once in interval (seconds), or until the server does not answer."""
        until = self._started + duration
        try:
            while time.monotonic() < until:
                self._wait(min(time.monotonic() + interval, until))
                is_last = time.monotonic() >= until
                self._read(_GROUPS + _ENDS if is_last else _GROUPS)
        except OpensipsError as error:
            self.failure = error
            self._server.is_lost = True
        self._hand_on()
        self._end()

    def require_version(self, since: Tuple[int, ...], what: str) -> None:
        """Raise Unknown for a server that is older than since. what: what it does not report then (str)."""
        self._server.require_version(since, what)

    def values(self, group: str, name: str) -> List[int]:
        """A statistic in each reading that has it."""
        return [value for value in (reading.number(group, name) for reading in self.readings) if value is not None]

    def growth(self, group: str, name: str) -> Optional[int]:
        """By how much a counter grew, also over a restart, or None if the server has none."""
        values = self.values(group, name)
        if not values:
            return None
        # after a restart it begins at 0
        return sum(after - before if after >= before else after for before, after in zip(values, values[1:]))

    @property
    def has_restarted(self) -> bool:
        """Whether the server was restarted between two readings."""
        return has_restarted(self.readings)

    def _wait(self, until: float) -> None:
        while True:
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _STEP))
            self._hand_on()

    def _hand_on(self) -> None:
        if self._listening is not None:
            self._take(self._listening.take())
            if self.failure is None:
                self._listening.renew()

    def _read(self, groups: Any) -> None:
        before = time.monotonic()
        if not self._server.connection.has("get_statistics"):
            # it answers all the same
            uptime.read(self._server.connection)
            found: Dict[str, Values] = {}
        else:
            found = statistics.read(self._server.connection, groups)["statistics"]
        now = time.monotonic()
        self.readings.append(Reading(now, now - before, found))
        self.memory = found.get("pkmem", self.memory)

    def _end(self) -> None:
        after = local.processor_seconds(self.pids)
        self.processor = {
            pid: max(0.0, used - self._seconds_before[pid])
            for pid, used in after.items()
            if pid in self._seconds_before
        }
        self.sockets_after = self._sockets()

    def _sockets(self) -> Dict[Any, local.Waiting]:
        return local.udp_sockets(self.pids[0]) if self.pids else {}
