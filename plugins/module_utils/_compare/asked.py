# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Rules that no command lists: a server is asked what it does with what a rule of the table is about.

Only where the answer is certain. A rule with a time may not apply now, and of several for the same text another one may come first.
"""

import re
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MalformedReply, ServerError
from ansible_collections.community.opensips.plugins.module_utils._readers import dialplan, routing

# Rules that a server is asked for
MOST_QUESTIONS = 1000

_TEXT_RULE = 0
_DESTINATION = re.compile(r"(?:^|[,;])\s*(#?[^\s#=,;]+)")

Entry = Dict[str, Any]


class Question(NamedTuple):
    """expected: the entry that the row makes. names: of the values that the server tells. ask: function that gives them, or None if it has no such rule."""

    expected: Entry
    names: Tuple[str, ...]
    ask: Callable[[], Optional[Entry]]


class Answers(NamedTuple):
    """memory, table: entries. left: how many rules were not asked for. problem: why the rest was not asked for, or None."""

    memory: List[Entry]
    table: List[Entry]
    left: int
    problem: Optional[str]


def answers(questions: Iterator[Question]) -> Answers:
    """Ask as many as there may be."""
    memory: List[Entry] = []
    table: List[Entry] = []
    left = 0
    for question in questions:
        if len(table) >= MOST_QUESTIONS:
            left += 1
            continue
        try:
            found = question.ask()
        except (ServerError, MalformedReply) as error:
            return Answers(memory, table, 0, str(error))
        table.append(question.expected)
        if found is not None:
            memory.append(dict(question.expected, **{name: found[name] for name in question.names}))
    return Answers(memory, table, left, None)


def of_dialplan(conn: Connection, rows: List[Entry], partition: Optional[str]) -> Iterator[Question]:
    """The rules for one text each (match_op 0), whose replacement is no expression."""
    enabled = [row for row in rows if not row["disabled"]]
    first: Dict[Any, Any] = {}
    for row in enabled:
        # an expression may match any text; letters of both cases may be the same
        name = (row["dpid"], row["match_exp"].lower() if row["match_op"] == _TEXT_RULE else None)
        rank = (row["pr"] or 0, row["id"])
        first[name] = min(first.get(name, rank), rank)
    for row in enabled:
        rank = (row["pr"] or 0, row["id"])
        is_first = first.get((row["dpid"], (row["match_exp"] or "").lower())) == rank
        if row["match_op"] != _TEXT_RULE or not is_first or first.get((row["dpid"], None), rank) < rank:
            continue
        if row.get("timerec") or row["subst_exp"] or re.search(r"[\\$]", row["repl_exp"] or "") or not row["match_exp"]:
            continue
        yield _translation(conn, row, partition)


def _translation(conn: Connection, row: Entry, partition: Optional[str]) -> Question:
    expected = {
        "dpid": row["dpid"],
        "match": row["match_exp"],
        "output": row["repl_exp"] or "",
        "attributes": row["attrs"] or None,
    }
    return Question(
        expected,
        ("output", "attributes"),
        lambda: dialplan.read(conn, row["dpid"], row["match_exp"], partition),
    )


def of_routing(conn: Connection, rows: List[Entry], partition: Optional[str]) -> Iterator[Question]:
    """The rules that are the only one for their group and prefix."""
    named = [(group, row) for row in rows for group in re.findall("[0-9]+", str(row["groupid"]))]
    count: Dict[Any, int] = {}
    for group, row in named:
        count[group, row["prefix"]] = count.get((group, row["prefix"]), 0) + 1
    for group, row in named:
        prefix = row["prefix"] or ""
        if count[group, row["prefix"]] > 1 or row["timerec"] or (not prefix and conn.version < (3,)):
            continue
        yield _route(conn, int(group), prefix, row, partition)


def _route(conn: Connection, group: int, prefix: str, row: Entry, partition: Optional[str]) -> Question:
    def ask() -> Optional[Entry]:
        found = routing.read(conn, group, prefix, partition)
        # a rule for a shorter prefix answers if there is none for this one
        return found if found is not None and found["prefix"] == prefix else None

    destinations = _DESTINATION.findall(row["gwlist"] or "")
    return Question({"group": group, "prefix": prefix, "destinations": destinations}, ("destinations",), ask)
