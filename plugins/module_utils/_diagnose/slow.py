# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Slow messages and queries: the counters of the server, the events that it sent, and the thresholds of its configuration."""

import heapq
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._diagnose import operations
from ansible_collections.community.opensips.plugins.module_utils._diagnose.finding import finding
from ansible_collections.community.opensips.plugins.module_utils._diagnose.operations import Operation
from ansible_collections.community.opensips.plugins.module_utils._diagnose.span import Span
from ansible_collections.community.opensips.plugins.module_utils._diagnose.thresholds import SETTINGS, Thresholds
from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    FAILED,
    OK,
    UNKNOWN,
    WARNING,
    Entry,
    NotThere,
)

# Sorts of operations that are kept of each kind; a statement that is built in a script may never be the same twice
_MOST_SORTS = 1000
_REST = "others"
_POSTGRESQL = "Set log_min_duration_statement of PostgreSQL, and set trap to see which processes wait for it"


class Kind(NamedTuple):
    """A check of slow things.

    one, several: what they are. total: statistics (group, name) whose sum is how many there were. slow: (group, name) of how many
    were slow. hint: what to do.
    """

    one: str
    several: str
    total: Tuple[Tuple[str, str], ...]
    slow: Optional[Tuple[str, str]]
    hint: str


KINDS: Dict[str, Kind] = {
    operations.SIP: Kind(
        "message",
        "messages",
        (("core", "rcv_requests"), ("core", "rcv_replies")),
        ("core", "slow_messages"),
        "See the findings about dns, sql and nosql, and the log of the server for the functions of the script that took longest."
        " Call what waits for others with async()",
    ),
    operations.DNS: Kind(
        "DNS query",
        "DNS queries",
        (("dns", "dns_total_queries"),),
        ("dns", "dns_slow_queries"),
        "Run a caching resolver on the host of the server, use addresses in place of names, or lower dns_retr_time and dns_retr_no",
    ),
    operations.SQL: Kind(
        "SQL query",
        "SQL queries",
        (("sql", "sql_total_queries"),),
        ("sql", "sql_slow_queries"),
        "Look at the load and the locks of the database, add an index for the statement, or keep its data in memory or in a cache",
    ),
    operations.NOSQL: Kind(
        "NoSQL query",
        "NoSQL queries",
        (("cdb", "cdb_total_queries"),),
        ("cdb", "cdb_slow_queries"),
        "Look at the load of the NoSQL server, and at the network to it",
    ),
    operations.TCP: Kind(
        "TCP write",
        "TCP writes",
        (),
        None,
        "Look at the network to these peers. Have tcp_async write and connect without waiting, or lower tcp_connect_timeout",
    ),
    operations.OTHER: Kind(
        "operation", "operations", (), None, "See the operations in slow of the result, and the log of the server"
    ),
}


class _Sort:
    """Operations of the same sort."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.count = 0
        self.total = 0.0
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)

    def plain(self) -> Dict[str, Any]:
        words = operations.words_of(self.operation)
        return {
            "source": words["source"],
            "operation": words["operation"],
            "count": self.count,
            "mean": round(self.total / self.count, 6),
            "longest": round(self.longest, 6),
        }


class Slow:
    """The slow operations of one kind. most: how many of the slowest, and of the most frequent ones, are kept (int)."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._slowest: List[Tuple[float, int, Operation]] = []
        self._sorts: Dict[Tuple[str, str], _Sort] = {}
        self.events = 0

    def add(self, operation: Operation, seconds: float) -> None:
        self.events += 1
        # the number keeps operations from being compared
        heapq.heappush(self._slowest, (seconds, -self.events, operation))
        if len(self._slowest) > self._most:
            heapq.heappop(self._slowest)
        key = operation.source, operation.text
        if key not in self._sorts and len(self._sorts) >= _MOST_SORTS:
            operation = operation._replace(text=_REST)
            key = operation.source, _REST
        self._sorts.setdefault(key, _Sort(operation)).add(seconds)

    def slowest(self) -> List[Dict[str, Any]]:
        """The slowest ones, as plain data."""
        found = sorted(self._slowest, reverse=True)
        return [
            dict(operations.words_of(operation), seconds=round(seconds, 6)) for seconds, _number, operation in found
        ]

    def most_frequent(self) -> List[Dict[str, Any]]:
        """The sorts with most operations, as plain data."""
        found = sorted(self._sorts.values(), key=lambda sort: (-sort.count, -sort.longest))
        return [sort.plain() for sort in found[: self._most]]


class Collection:
    """All slow operations. most: as in Slow."""

    def __init__(self, most: int) -> None:
        self.kinds: Dict[str, Slow] = {kind: Slow(most) for kind in KINDS}

    def take(self, events: List[Dict[str, Any]]) -> None:
        """events: parameters of E_CORE_THRESHOLD."""
        for params in events:
            operation = operations.describe(params["source"], params["extra"])
            self.kinds[operation.kind].add(operation, max(0, params["time"] or 0) / 1e6)


class Counts(NamedTuple):
    """total: how many there were. slow: how many were slow. was_slow: whether one ever was, since the start of the server. None: not known."""

    total: Optional[int]
    slow: Optional[int]
    was_slow: bool


def counts_of(kind: str, span: Span) -> Counts:
    """What the counters of the server say."""
    totals = [span.growth(group, name) for group, name in KINDS[kind].total]
    total = None if not totals or None in totals else sum(growth for growth in totals if growth is not None)
    slow = KINDS[kind].slow
    if slow is None:
        return Counts(total, None, False)
    return Counts(total, span.growth(*slow), bool(span.last.number(*slow)))


def plain(kind: str, span: Span, found: Slow, thresholds: Thresholds) -> Dict[str, Any]:
    """Everything about one kind, as plain data."""
    counts = counts_of(kind, span)
    return {
        "threshold": thresholds.seconds(kind),
        "total": counts.total,
        "slow": _slow(counts, found),
        "events": found.events,
        "slowest": found.slowest(),
        "most_frequent": found.most_frequent(),
    }


def check(
    kind: str, span: Span, found: Slow, thresholds: Thresholds, maximum: float, no_events: Optional[str]
) -> List[Entry]:
    """Those of one kind against maximum_slow. no_events: why no events came, or None."""
    counts = counts_of(kind, span)
    number = _slow(counts, found)
    if number:
        return [_is_slow(kind, number, counts, found, thresholds, maximum)]
    return [_nothing_slow(kind, counts, thresholds, span, no_events)]


def _slow(counts: Counts, found: Slow) -> int:
    # events get lost, before 3.2 nothing is counted, and a counter may be read before the last events come
    return counts.slow or found.events


def _is_slow(kind: str, number: int, counts: Counts, found: Slow, thresholds: Thresholds, maximum: float) -> Entry:
    percent = round(min(100.0, 100.0 * number / counts.total), 1) if counts.total else None
    several = KINDS[kind].several
    unit = several if number > 1 else KINDS[kind].one
    parts = f"{number} of {counts.total} {several} ({percent:g} %)" if percent is not None else f"{number} {unit}"
    message = f"{parts} took longer than {_threshold(kind, thresholds)}"
    if percent is not None:
        message += f", at most {maximum:g} % expected"
    slowest = found.slowest()[:1]
    if slowest:
        name = slowest[0]["subject"] or ""
        message += (
            f". The slowest took {slowest[0]['seconds']:g} s: {' '.join(filter(None, (slowest[0]['operation'], name)))}"
        )
    outcome = FAILED if percent is not None and percent > maximum else WARNING
    return finding(kind, None, outcome, message, number if percent is None else percent, maximum, KINDS[kind].hint)


def _nothing_slow(kind: str, counts: Counts, thresholds: Thresholds, span: Span, no_events: Optional[str]) -> Entry:
    unit, setting = KINDS[kind].several, SETTINGS.get(kind)
    if kind == operations.OTHER:
        raise NotThere("Nothing else was slow")
    if counts.total == 0:
        raise NotThere(f"The server counted no {unit} in {span.seconds:.3g} s")
    if thresholds.has_none(kind):
        raise NotThere(f"The configuration of the server loads no module that reports slow {unit}")
    if kind in thresholds.unmeasured:
        message = f"The server cannot tell slow {unit} to PostgreSQL: db_postgres measures how long it takes to send them, and not the answer"
        return finding(kind, None, UNKNOWN, message, hint=_POSTGRESQL)
    if thresholds.is_off(kind):
        message = f"{setting} is not set, so the server reports no slow {unit}"
        return finding(kind, None, UNKNOWN, message, hint=f"Set {setting} in its configuration")
    if counts.slow is None and no_events is not None:
        return finding(kind, None, UNKNOWN, f"The server counts no slow {unit}. {no_events}")
    none = f"None of {counts.total} {unit}" if counts.total is not None else f"No {KINDS[kind].one}"
    if thresholds.seconds(kind) is None and not counts.was_slow:
        message = f"{none} was reported as slow. Whether {setting} is set is not known"
        hint = f"Set {setting} in the configuration of the server, unless it is set"
        return finding(kind, None, UNKNOWN, message, hint=hint)
    return finding(kind, None, OK, f"{none} took longer than {_threshold(kind, thresholds)}", 0)


def _threshold(kind: str, thresholds: Thresholds) -> str:
    seconds = thresholds.seconds(kind)
    setting = SETTINGS.get(kind, "its threshold")
    return f"{setting} of {seconds:g} s" if seconds is not None else setting
