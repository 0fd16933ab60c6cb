# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Pieces of HTML that all parts of a report's page use."""

from __future__ import annotations

import datetime
import html
import re
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils._report_style import CSS
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import LABELS, clean, number, share


def text(value: t.Any, limit: int = 200) -> str:
    """Anything from outside, as text of HTML."""
    if value is None or value == "":
        return '<span class="soft">–</span>'
    return bare(value, limit)


def bare(value: t.Any, limit: int = 200) -> str:
    cleaned = clean(value)
    return html.escape(cleaned if len(cleaned) <= limit else f"{cleaned[: limit - 1]}…")


def unbroken(text: str) -> str:
    """Numbers with their unit in one line."""
    return re.sub(r"(?<=\d) (?=%|ms|s\b|min|h\b)", "&nbsp;", text)


def section(heading: str, note: str, content: str) -> str:
    return f'<section><h2>{heading}</h2><p class="note">{unbroken(note)}</p>{content}</section>'


def state_cell(state: str, labels: t.Mapping[str, str] = LABELS) -> str:
    known = state if state in labels else "unknown"
    return f'<span class="state"><i class="s-{known}"></i>{bare(labels.get(state, state))}</span>'


def table(
    head: t.Sequence[str], rows: t.Iterable[t.Sequence[str]], numbers: t.Container[int] = (), kind: str = "scroll"
) -> str:
    """A table of cells of HTML. numbers: positions of the columns that are numbers. kind: class of what is around it."""
    column = [' class="n"' if place in numbers else "" for place in range(len(head))]
    names = "".join(f"<th{mark}>{name}</th>" for mark, name in zip(column, head, strict=True))
    lines = "".join(
        f"<tr>{''.join(f'<td{mark}>{cell}</td>' for mark, cell in zip(column, row, strict=True))}</tr>" for row in rows
    )
    return f'<div class="{kind}"><table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table></div>'


def warnings(notes: t.Sequence[str]) -> str:
    """What a reader must know first, a paragraph for each note (text); nothing without any."""
    lines = "".join(f"<p>{bare(note, 600)}</p>" for note in notes)
    return f'<section class="stop" role="status">{lines}</section>' if notes else ""


def tiles(found: t.Iterable[tuple[str, str, str]]) -> str:
    """Tiles of (value, label, note)."""
    content = "".join(
        f'<div class="tile"><b>{value}</b><span>{label}</span><span class="soft">{unbroken(note)}</span></div>'
        for value, label, note in found
    )
    return f'<div class="tiles">{content}</div>'


def legend(states: t.Iterable[tuple[str, str, str]], counts: t.Mapping[str, int]) -> str:
    """What the colours mean, with numbers. states: (state, label, meaning). counts: {state: number}."""
    total = sum(counts.values())
    items = "".join(
        f'<li><i class="s-{state}"></i><b>{label}</b><span>{number(counts[state])}</span>'
        f'<span class="soft share">{share(counts[state], total)}</span><span class="soft">{meaning}</span></li>'
        for state, label, meaning in states
        if counts.get(state)
    )
    return f'<ul class="legend">{items}</ul>'


def utc(when: float) -> str:
    """A Unix time as a report shows it."""
    return f"{datetime.datetime.fromtimestamp(when, datetime.timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def document(title: str, parts: t.Iterable[str], last: str) -> str:
    """The whole page. title: HTML. parts: of the body; empty ones are left out. last: what the line at the end says besides."""
    body = "\n".join(filter(None, parts))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{CSS}</style>
</head>
<body>
<main>
{body}
{_foot(last)}
</main>
</body>
</html>
"""


def _foot(last: str) -> str:
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    return f"<footer>Written {utc(now)} by the Ansible collection community.opensips. {last}</footer>"
