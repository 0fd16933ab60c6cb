# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A comparison as one HTML page, in the style of the other reports.

Whatever servers and tables say goes through text() or bare(), which escape it.
"""

from __future__ import annotations

import typing as t

from ansible_collections.community.opensips.plugins.module_utils._compare import comparison
from ansible_collections.community.opensips.plugins.module_utils._compare.differences import ABSENT, Difference
from ansible_collections.community.opensips.plugins.plugin_utils._comparison import AGAINST, Check, Comparison, Node
from ansible_collections.community.opensips.plugins.plugin_utils._comparison_text import (
    AGAINST_WORDS,
    HEADINGS,
    differences,
    notes,
    thing,
)
from ansible_collections.community.opensips.plugins.plugin_utils._report_markup import (
    bare,
    document,
    section,
    table,
    text,
    tiles,
    utc,
    warnings,
)
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import number

# rows of a table; everything is in the JSON
_ROWS = 200
_SAME, _DIFFERS, _UNKNOWN = "up_to_date", "rejected", "not_sent"


def page(report: Comparison) -> str:
    """The whole page (str)."""
    title = bare(report.about.get("title") or "Comparison")
    return document(
        title,
        (_head(report, title), warnings(notes(report)), _tiles(report), *_sections(report)),
        "All differences are in the JSON beside this page.",
    )


def _head(report: Comparison, title: str) -> str:
    names = [node.name for node in report.nodes]
    more = f" and {len(names) - 6} more nodes" if len(names) > 6 else ""
    words = [bare(", ".join(names[:6]) + more), utc(report.about["time"])]
    return f'<header><h1>{title}</h1><p class="soft">{" · ".join(words)}</p></header>'


def _tiles(report: Comparison) -> str:
    unread = len(report.problems)
    found = [(number(len(report.read)), "nodes", f"{number(unread)} not read" if unread else "")]
    if len(report.read) > 1:
        kinds = sum(1 for count in report.summary()["kinds"].values() if count)
        note = f"in {number(kinds)} of {number(len(report.compared))} kinds"
        found.append((number(len(report.differences)), "differences between nodes", note))
        apart = [name for name, count in report.alone.items() if count]
        found.append((number(len(apart)), "nodes apart from the others", bare(", ".join(apart[:3]), 60)))
    for against in AGAINST:
        checks = [check for _node, check in report.checks(against) if check.problem is None]
        if checks:
            total = sum(check.total for check in checks)
            found.append(
                (
                    number(total),
                    f"differences with {AGAINST_WORDS[against].split()[-1]}",
                    f"on {number(len(checks))} node{'' if len(checks) == 1 else 's'}",
                )
            )
    return tiles(found)


def _sections(report: Comparison) -> t.Iterator[str]:
    if len(report.read) > 1:
        yield _matrix(report)
        for kind in report.compared:
            yield _kind(report, kind)
    for against in AGAINST:
        for node, check in report.checks(against):
            yield _check(node, check, against)
    yield _ignored(report)


# Nodes


def _matrix(report: Comparison) -> str:
    """What was compared: a line for each kind, a column for each node."""
    rows = [[_name(HEADINGS[kind]), *(_cell(report, kind, node) for node in report.read)] for kind in report.compared]
    if not rows:
        return section("Nodes", "Nothing was compared: no kind was read on two nodes.", "")
    rows.insert(0, [_name("OpenSIPS"), *(text(node.version) for node in report.read)])
    note = "How many things each node has. Orange: it differs from most others, or, if no value is on most nodes, from another one."
    return section("Nodes", note, table(("", *(bare(node.name, 60) for node in report.read)), rows))


def _name(words: str) -> str:
    # broken between words only: this table may scroll
    return f'<span class="who" style="overflow-wrap:normal">{bare(words)}</span>'


def _cell(report: Comparison, kind: str, node: Node) -> str:
    count = report.compared[kind].get(node.name)
    if count is None:
        return _state(_UNKNOWN, "not read", "")
    apart = report.alone_in(kind, node.name)
    return _state(_DIFFERS if apart else _SAME, number(count), differences(apart) if apart else "")


def _state(state: str, words: str, note: str) -> str:
    more = f'<span class="soft">{note}</span>' if note else ""
    return f'<span class="state"><i class="s-{state}"></i>{words}</span>{more}'


def _kind(report: Comparison, kind: str) -> str:
    found = [one for one in report.differences if one.kind == kind]
    if not found:
        return ""
    rows = [(_thing(one), _values(one)) for one in found[:_ROWS]]
    content = table(("Thing", "Value on the nodes"), rows, kind="phones which") + _more(len(found))
    return section(bare(HEADINGS[kind]), f"{differences(len(found)).capitalize()}.", content)


def _thing(one: Difference) -> str:
    field = f'<span class="soft">{bare(one.field)}</span>' if one.field else ""
    return f'<span class="who">{bare(thing(one))}</span>{field}'


def _values(one: Difference) -> str:
    """Each value with the nodes that have it; the ones that most nodes have first."""
    return "".join(
        f"<div>{_state(_colour(one, value), _value(one, value), '')} "
        f'<span class="soft" style="display:inline">{bare(comparison.where(value["sources"]), 300)}</span></div>'
        for value in one.variants
    )


def _value(one: Difference, value: dict[str, t.Any]) -> str:
    # a text from outside may be as long as it likes, and a state is not broken
    words = value["value"] if one.outcome == ABSENT else comparison.text(value["value"])
    return f'<span style="white-space:normal">{bare(words)}</span>'


def _colour(one: Difference, value: dict[str, t.Any]) -> str:
    if not one.minority:
        return _DIFFERS
    return _DIFFERS if set(value["sources"]) <= set(one.minority) else _SAME


def _more(count: int) -> str:
    return f'<p class="note">{number(count - _ROWS)} more are in the JSON.</p>' if count > _ROWS else ""


# Tables and snapshots


def _check(node: Node, check: Check, against: str) -> str:
    if check.problem is not None:
        return ""
    heading = f"{bare(node.name, 60)} and {AGAINST_WORDS[against]}"
    rows = [
        (f'{_thing(one)}<span class="soft">{bare(HEADINGS.get(one.kind, one.kind))}</span>', _values(one))
        for one in check.differences[:_ROWS]
    ]
    kinds = ", ".join(HEADINGS.get(kind, kind) for kind in check.compared)
    note = f"{differences(check.total).capitalize()}. Compared: {bare(kinds or 'nothing', 600)}."
    head = ("Thing", f"Value in memory, and in {'the table' if against == 'table' else 'the snapshot'}")
    return section(heading, note, table(head, rows, kind="phones which") + _more(check.total) if rows else "")


def _ignored(report: Comparison) -> str:
    words = list(report.about["ignore"])
    if not report.about["states"]:
        words.append("states")
    if not words:
        return ""
    return section("Not compared", f"As set for this comparison: {bare(', '.join(words), 600)}.", "")
