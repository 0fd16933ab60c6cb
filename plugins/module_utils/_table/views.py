# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""How a server shows the rows of a table, and what that says of each row.

A view has a text, a sentence for the documentation, and look(conn, pushed): a list of Findings, one for each change. conn:
Connection. pushed: Pushed. It raises what the readers raise.

Compared is which things there are, and what of a thing both the table and the server say. States are not: a reload keeps those
of the running server.
"""

import re
from typing import TYPE_CHECKING, Any, Callable, Dict, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MalformedReply, ServerError
from ansible_collections.community.opensips.plugins.module_utils._readers import media_nodes, reports, routing

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
    from ansible_collections.community.opensips.plugins.module_utils._table.plan import Change


class Pushed(NamedTuple):
    """What was pushed and reloaded.

    changes: list of plan.Change. match: the columns that their keys are of. partition: the one that was reloaded, or None.
    rows: how many the table has that the server loads, or None.
    """

    changes: "List[Change]"
    match: List[str]
    partition: Optional[str]
    rows: Optional[int]

    def row(self, change: "Change") -> Dict[str, Any]:
        """The row of a change, or the one that it removed: {column: value}."""
        return dict(zip(self.match, change.key), **(change.after or change.before or {}))


class Finding(NamedTuple):
    """What is known of a row.

    verified: whether the server has it as it is in the table, None if that is not known. message: why not, or None.
    """

    verified: Optional[bool]
    message: Optional[str]


FOUND = Finding(True, None)

# How many rows a server is asked for one by one
MOST_QUESTIONS = 1000

# Stands for any text
ANY = object()


class Listing:
    """A table whose rows a command of the server lists."""

    def __init__(
        self,
        command: str,
        columns: str,
        read: "Callable[[Connection, Optional[str]], Dict[Tuple[Any, ...], Dict[str, Any]]]",
        things: Optional[Callable[[Dict[str, Any]], List[Tuple[Any, ...]]]] = None,
        facts: Optional[Callable[[Dict[str, Any]], Dict[str, Any]]] = None,
        gone: bool = True,
    ) -> None:
        """command: the classic name of the one that lists them. columns: those that name a thing.
        read(conn, partition): {key: {what the server says of it}}. things(row): the keys of what a row (canonical values by
        column) makes. facts(row): what the row says of the same. gone: whether a thing is not shown any more as soon as its row
        is gone.
        """
        self.text = f"C({command}) lists the rows."
        self.columns = columns.split()
        self._read = read
        self._things = things or (lambda row: [tuple(row[name] for name in self.columns)])
        self._facts = facts or attributes
        self._gone = gone

    def look(self, conn: "Connection", pushed: Pushed) -> List[Finding]:
        shown = self._read(conn, pushed.partition)
        kept = set()
        for change in pushed.changes:
            row = pushed.row(change)
            if not _is_absent(change) and self._is_named(row):
                kept.update(self._things(row))
        return [
            self._missing(pushed.row(change), pushed.match, shown, kept)
            if _is_absent(change)
            else self._present(pushed.row(change), shown)
            for change in pushed.changes
        ]

    def _is_named(self, row: Dict[str, Any]) -> bool:
        return all(name in row for name in self.columns)

    def _present(self, row: Dict[str, Any], shown: Dict[Tuple[Any, ...], Dict[str, Any]]) -> Finding:
        if not self._is_named(row):
            return Finding(None, f"the row does not give all of {', '.join(self.columns)}")
        problems = [
            problem for thing in self._things(row) for problem in _compare(thing, self._facts(row), shown.get(thing))
        ]
        return Finding(False, "; ".join(problems)) if problems else FOUND

    def _missing(
        self,
        row: Dict[str, Any],
        match: List[str],
        shown: Dict[Tuple[Any, ...], Dict[str, Any]],
        kept: Set[Tuple[Any, ...]],
    ) -> Finding:
        if not self._gone:
            return Finding(None, "the server shows it until it is unregistered")
        if not set(match) <= set(self.columns) or not self._is_named(row):
            return Finding(None, "other rows may stand for the same thing")
        there = sorted(thing for thing in set(self._things(row)) - kept if thing in shown)
        if there:
            return Finding(False, "; ".join(f"{_name(thing)}: is still there" for thing in there))
        return FOUND


class Loaded:
    """A table of which a server only reports how many rows it has loaded (sr_list_reports, from OpenSIPS 3.3 on)."""

    def __init__(self, group: str, noun: str, where: Optional[Dict[str, List[Any]]] = None) -> None:
        """group: of the reports. noun: what they call the rows. where: {column: values} of the rows that are loaded, or None: all."""
        self.text = "The server reports how many rows it loaded. Requires OpenSIPS 3.3 or later."
        self._group = group
        self._pattern = re.compile(rf"(?<![0-9])([0-9]+) {noun} loaded \(([0-9]+) discarded\)")
        self.where = where or {}

    def look(self, conn: "Connection", pushed: Pushed) -> List[Finding]:
        loaded, there = self._loaded(conn, pushed.partition), pushed.rows
        if loaded is None:
            finding = Finding(None, "this version of OpenSIPS does not report how many rows it has loaded")
        elif loaded == there:
            finding = FOUND
        else:
            finding = Finding(
                None, f"the server loaded {loaded} rows and the table has {there}: its log says what it skipped"
            )
        return [finding] * len(pushed.changes)

    def _loaded(self, conn: "Connection", partition: Optional[str]) -> Optional[int]:
        """How many rows the last reload loaded: int, or None if the server does not report it."""
        if not conn.has("sr_list_reports"):
            return None
        wanted = (partition or "default").lower()
        for name, lines in reports.read(conn, self._group).items():
            found = [match for match in map(self._pattern.search, lines) if match] if name.lower() == wanted else []
            if found:
                return int(found[-1].group(1))
        return None


class Rules(Loaded):
    """The rules of drouting: counted where a server reports their number, else asked for one by one (dr_number_routing)."""

    def __init__(self) -> None:
        super().__init__("drouting", "rules")
        self.text = "From OpenSIPS 3.3 on, the server reports how many rows it loaded. Otherwise C(dr_number_routing) is asked for each rule."

    def look(self, conn: "Connection", pushed: Pushed) -> List[Finding]:
        changes = pushed.changes
        loaded = self._loaded(conn, pushed.partition)
        if loaded is not None and loaded == pushed.rows:
            return [FOUND] * len(changes)
        findings = [Finding(None, f"only {MOST_QUESTIONS:,} rows are asked for one by one")] * len(changes)
        # those that were written first
        order = sorted(range(len(changes)), key=lambda place: not changes[place].differs)
        for place in order[:MOST_QUESTIONS]:
            findings[place] = self._ask(conn, changes[place], pushed)
        return findings

    def _ask(self, conn: "Connection", change: "Change", pushed: Pushed) -> Finding:
        row = pushed.row(change)
        if _is_absent(change):
            return Finding(None, "another rule may have the same prefix")
        groups = re.findall("[0-9]+", str(row.get("groupid", "")))
        prefix = row.get("prefix")
        if prefix is None or not groups:
            return Finding(None, "the row does not give groupid and prefix")
        if not prefix and conn.version < (3,):
            return Finding(None, "OpenSIPS 2.x cannot be asked for a rule without prefix")
        for group in groups:
            try:
                found = routing.read(conn, int(group), prefix, pushed.partition)
            except (ServerError, MalformedReply) as error:
                return Finding(None, f"the server could not be asked: {error.message}")
            if found is None or found["prefix"] != prefix:
                if row.get("timerec"):
                    return Finding(None, "the rule may not apply at this time of day")
                return Finding(False, f"{group} {prefix}: the server has no such rule")
        return self._compare_destinations(row, found or {}, groups[-1])

    @staticmethod
    def _compare_destinations(row: Dict[str, Any], found: Dict[str, Any], group: str) -> Finding:
        wanted = row.get("gwlist")
        if wanted is None:
            return FOUND
        ids = re.findall(r"(?:^|[,;])\s*(#?[^\s#=,;]+)", wanted)
        if ids == found["destinations"]:
            return FOUND
        listed = ", ".join(found["destinations"]) or "nothing"
        return Finding(None, f"the server routes {row['prefix']} of group {group} to {listed}, maybe by another rule")


def nodes(engine: str, column: str) -> Listing:
    """The view of a table with the nodes of a media relay. engine: rtpengine or rtpproxy. column: the one with the sockets."""

    def read(conn: Any, _partition: Any) -> Any:
        return {(record["set"], _node(record["url"])): {} for record in media_nodes.read(conn, engine)}

    return Listing(
        f"{engine}_show",
        f"set_id {column}",
        read,
        things=lambda row: [(row["set_id"], _node(node)) for node in row[column].split()],
        facts=nothing,
    )


def attributes(row: Dict[str, Any]) -> Dict[str, Any]:
    """Facts of a row: its attrs, if it has some."""
    return {"attrs": row["attrs"]} if row.get("attrs") else {}


def socket_of(row: Dict[str, Any]) -> Dict[str, Any]:
    """Facts of a row: that it has a socket. A server shows it only if it listens on it."""
    return {"socket": ANY} if row.get("socket") else {}


def nothing(_row: Dict[str, Any]) -> Dict[str, Any]:
    """Facts of a row of which a server says nothing but its name."""
    return {}


def _node(text: str) -> str:
    """A node without its weight."""
    return text.partition("=")[0]


def _is_absent(change: "Change") -> bool:
    """Whether the table has no such row any more."""
    return change.after is None


def _compare(thing: Tuple[Any, ...], facts: Dict[str, Any], shown: Optional[Dict[str, Any]]) -> List[str]:
    if shown is None:
        return [f"{_name(thing)}: is not there"]
    problems = []
    for name, value in sorted(facts.items()):
        if value is ANY:
            if shown[name] is None:
                problems.append(f"{_name(thing)}: the server does not listen on its {name}, and ignores it")
        # what a version does not say is None
        elif shown[name] is not None and shown[name] != value:
            problems.append(f"{_name(thing)}: {name} is {shown[name]}, expected {value}")
    return problems


def _name(thing: Tuple[Any, ...]) -> str:
    return " ".join(str(part) for part in thing)
