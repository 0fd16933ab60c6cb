# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A report as one HTML page that needs nothing else: no script, no network, no font.

Whatever phones and servers say goes through text(), which escapes it. The page forbids browsers to load or run anything.
"""

from __future__ import annotations

import collections
import datetime
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._fleet.report import percentile
from ansible_collections.community.opensips.plugins.plugin_utils import _report_tables
from ansible_collections.community.opensips.plugins.plugin_utils._report import Report
from ansible_collections.community.opensips.plugins.plugin_utils._report_markup import bare, section, unbroken
from ansible_collections.community.opensips.plugins.plugin_utils._report_plots import Timeline, histogram, stacked_bar
from ansible_collections.community.opensips.plugins.plugin_utils._report_style import CSS
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import (
    LABELS,
    STATES,
    clean,
    clock,
    duration,
    limit,
    number,
    phones,
    share,
)

_VENDORS = 14  # bars; the others are one


def page(report: Report) -> str:
    """The whole page (str)."""
    title = _title(report)
    body = "\n".join(
        part
        for part in (_head(report, title), _stopped(report), _tiles(report), *_sections(report), _foot(report))
        if part
    )
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
</main>
</body>
</html>
"""


def _sections(report: Report) -> t.Iterator[str]:
    if not report.results:
        yield section("No phones", "No phone was selected, so nothing was sent.", "")
        return
    yield _outcomes(report)
    if report.span and report.span[1] > report.span[0]:
        yield _timeline(report)
    yield _vendors(report)
    spreads = [
        _spread("Answering time", "From the request to the phone's answer", report.answer_seconds),
        _spread("Time until back", "From the request to the new registration", report.back_seconds),
    ]
    if any(spreads):
        yield f'<div class="two">{"".join(spreads)}</div>'
    yield _report_tables.planned(report)
    yield _report_tables.attention(report)
    yield _report_tables.firmware(report)
    yield _report_tables.runs(report)
    yield _report_tables.left_out(report)


def _title(report: Report) -> str:
    campaign = report.about.get("campaign")
    title = bare(report.about.get("title") or "Phones")
    return f"{title}: {bare(campaign)}" if campaign else title


def _head(report: Report, title: str) -> str:
    hosts = sorted(
        {entry["host"] for entry in report.results if entry["host"]} | {run.host for run in report.runs if run.host}
    )
    words = []
    if hosts:
        words.append(bare(", ".join(hosts[:6]) + (f" and {len(hosts) - 6} more servers" if len(hosts) > 6 else "")))
    if report.span:
        start, end = (datetime.datetime.fromtimestamp(each, datetime.timezone.utc) for each in report.span)
        until = f"{end:%H:%M:%S}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
        words.append(f"{start:%Y-%m-%d %H:%M:%S} – {until} UTC")
    if report.about.get("check"):
        words.append("a plan: nothing was sent")
    if report.about.get("subtitle"):
        words.append(bare(report.about["subtitle"]))
    return f'<header><h1>{title}</h1><p class="soft">{" · ".join(words)}</p></header>'


def _stopped(report: Report) -> str:
    stopped = report.about.get("stopped")
    if not stopped:
        return ""
    left = report.states.get("not_sent", 0)
    rest = f" {phones(left)} {'was' if left == 1 else 'were'} not sent to." if left else ""
    return f'<section class="stop" role="status"><b>Stopped.</b> {bare(stopped, 600)}.{rest}</section>'


def _tiles(report: Report) -> str:
    total, states = len(report.results), report.states
    tiles = [(number(total), "phones", _from_earlier(report))]
    if states.get("planned"):
        tiles.append((number(states["planned"]), "planned", share(states["planned"], total)))
    # what earlier runs did is told as their outcome, but without times
    asked = sum(count for state, count in states.items() if state not in ("planned", "already", "in_call", "not_sent"))
    accepted = sum(states.get(state, 0) for state in ("back", "accepted", "not_back"))
    if asked:
        tiles.append((share(accepted, asked), "accepted", f"{number(accepted)} of {number(asked)} asked"))
    watched = states.get("back", 0) + states.get("not_back", 0)
    if watched:
        tiles.append(
            (
                share(states.get("back", 0), watched),
                "back",
                f"{number(states.get('back', 0))} of {number(watched)} watched",
            )
        )
    if states.get("already"):
        tiles.append((number(states["already"]), "unchanged", "left alone"))
    if not report.about.get("check") or report.attention:
        tiles.append((number(len(report.attention)), "need attention", share(len(report.attention), total)))
    if report.answer_seconds:
        middle, late = (percentile(report.answer_seconds, percent) for percent in (50, 95))
        tiles.append((duration(middle), "median answer", f"95 % in {duration(late)}"))
    if report.span:
        tiles.append((clock(report.span[1] - report.span[0]), "in all", _pace(report)))
    found = "".join(
        f'<div class="tile"><b>{value}</b><span>{label}</span><span class="soft">{unbroken(note)}</span></div>'
        for value, label, note in tiles
    )
    return f'<div class="tiles">{found}</div>'


def _pace(report: Report) -> str:
    return f"{number(report.pace['rate'])} a second while sending" if report.pace else ""


def _from_earlier(report: Report) -> str:
    return f"{number(report.earlier)} by earlier runs" if report.earlier else ""


def _outcomes(report: Report) -> str:
    total = len(report.results)
    legend = "".join(
        f'<li><i class="s-{state}"></i><b>{label}</b><span>{number(report.states[state])}</span>'
        f'<span class="soft share">{share(report.states[state], total)}</span><span class="soft">{meaning}</span></li>'
        for state, label, meaning in STATES
        if state in report.states
    )
    content = stacked_bar(report.states, "All phones").replace('class="bar"', 'class="bar tall"')
    return section("Outcomes", "Each phone has exactly one outcome.", f'{content}<ul class="legend">{legend}</ul>')


def _timeline(report: Report) -> str:
    plot = Timeline(report)
    key = "".join(f'<li><i class="s-{name}"></i>{LABELS[name]}</li>' for name in plot.outcomes)
    if plot.has_back:
        key += '<li><i class="line"></i>Registered again</li>'
    note = "Number of answers since the first request."
    if report.earlier:
        note += f" The {number(report.earlier)} of earlier runs are not included."
    why = limit(report.pace)
    if why:
        note += f" Pace: {_pace(report)}, {why}."
    return section(
        "Over time", note, f'<ul class="key">{key}</ul>{plot.svg(1070, 300, "wide")}{plot.svg(360, 250, "narrow")}'
    )


def _key(report: Report) -> str:
    used = [(state, label) for state, label, _meaning in STATES if state in report.states]
    return '<ul class="key">' + "".join(f'<li><i class="s-{state}"></i>{label}</li>' for state, label in used) + "</ul>"


def _vendors(report: Report) -> str:
    groups = report.by("vendor")
    shown = groups[:_VENDORS]
    if groups[_VENDORS:]:
        rest: collections.Counter[str] = collections.Counter()
        for _vendor, states in groups[_VENDORS:]:
            rest.update(states)
        shown.append((f"{len(groups) - _VENDORS} others", dict(rest)))
    rows = "".join(
        f'<li><span class="name">{bare(vendor, 40)}</span>{stacked_bar(states, clean(vendor))}'
        f'<span class="n">{number(sum(states.values()))}</span>'
        f'<span class="share">{share(sum(count for state, count in states.items() if state in _FINE), sum(states.values()))}</span></li>'
        for vendor, states in shown
    )
    names = [(state, label) for state, label, _meaning in STATES if state in report.states]
    head = '<th scope="col">Vendor</th>' + "".join(f'<th scope="col" class="n">{label}</th>' for _state, label in names)
    table = "".join(
        f'<tr><th scope="row">{bare(vendor, 40)}</th>'
        + "".join(f'<td class="n">{number(states.get(state, 0))}</td>' for state, _label in names)
        + "</tr>"
        for vendor, states in shown
    )
    note = (
        f"Each bar has all phones of a vendor. Beside it are their number, and the share that is {_fine_words(report)}."
    )
    return section(
        "By vendor",
        note,
        f'{_key(report)}<ul class="vendors">{rows}</ul><details><summary>The numbers</summary><div class="scroll"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{table}</tbody></table></div></details>",
    )


_FINE = ("back", "accepted", "already", "planned")


def _fine_words(report: Report) -> str:
    words = [LABELS[state].lower() for state in _FINE if state in report.states]
    return " or ".join(words) or "fine"


def _spread(heading: str, note: str, values: list[float]) -> str:
    if not values:
        return ""
    said = f"{note}: half within {duration(percentile(values, 50))}, 95 % within {duration(percentile(values, 95))}, all within {duration(values[-1])}."
    return section(heading, said, histogram(values, heading))


def _foot(report: Report) -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        f"<footer>Written {now:%Y-%m-%d %H:%M:%S} UTC by the Ansible collection community.opensips. "
        f"All {phones(len(report.results))} are in the CSV and the JSON beside this page.</footer>"
    )
