# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A report as one HTML page that needs nothing else: no script, no network, no font.

Whatever phones and servers say goes through text(), which escapes it. The page forbids browsers to load or run anything.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._fleet.report import percentile
from ansible_collections.community.opensips.plugins.plugin_utils import _report_tables
from ansible_collections.community.opensips.plugins.plugin_utils._report import Report
from ansible_collections.community.opensips.plugins.plugin_utils._report_bars import vendor_bars
from ansible_collections.community.opensips.plugins.plugin_utils._report_markup import bare, document, legend, section
from ansible_collections.community.opensips.plugins.plugin_utils._report_markup import tiles as tiles_of
from ansible_collections.community.opensips.plugins.plugin_utils._report_plots import Timeline, histogram, stacked_bar
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import (
    LABELS,
    STATES,
    clock,
    duration,
    limit,
    number,
    phones,
    share,
)


def page(report: Report) -> str:
    """The whole page (str)."""
    title = _title(report)
    parts = (_head(report, title), _stopped(report), _tiles(report), *_sections(report))
    return document(title, parts, f"All {phones(len(report.results))} are in the CSV and the JSON beside this page.")


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
        start, end = (datetime.datetime.fromtimestamp(moment, datetime.timezone.utc) for moment in report.span)
        until = f"{end:%H:%M:%S}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
        words.append(f"{start:%Y-%m-%d %H:%M:%S} – {until} UTC")
    if report.about.get("check"):
        words.append("a plan: nothing was sent")
    if report.about.get("subtitle"):
        words.append(bare(report.about["subtitle"]))
    return f'<header><h1>{title}</h1><p class="soft">{" · ".join(words)}</p></header>'


def _stopped(report: Report) -> str:
    stopped, ended = report.about.get("stopped"), report.about.get("ended")
    if not stopped and not ended:
        return ""
    left = report.states.get("not_sent", 0)
    rest = f" {phones(left)} {'was' if left == 1 else 'were'} not sent to." if left else ""
    how = "Stopped." if stopped else "Not finished."
    return f'<section class="stop" role="status"><b>{how}</b> {bare(stopped or ended, 600)}.{rest}</section>'


def _tiles(report: Report) -> str:
    total, states = len(report.results), report.states
    tiles = [(number(total), "phones", _from_earlier(report))]
    if states.get("planned"):
        tiles.append((number(states["planned"]), "planned", share(states["planned"], total)))
    # what earlier runs did is told as their outcome, but without times
    asked = sum(count for state, count in states.items() if state not in ("planned", "already", "in_call", "not_sent"))
    accepted = sum(states.get(state, 0) for state in ("back", "accepted", "behind", "not_back"))
    if asked:
        tiles.append((share(accepted, asked), "accepted", f"{number(accepted)} of {number(asked)} asked"))
    back = states.get("back", 0) + states.get("behind", 0)
    watched = back + states.get("not_back", 0)
    if watched:
        tiles.append((share(back, watched), "back", f"{number(back)} of {number(watched)} watched"))
    if states.get("already"):
        tiles.append((number(states["already"]), "unchanged", "left alone"))
    if not report.about.get("check") or report.attention:
        tiles.append((number(len(report.attention)), "need attention", share(len(report.attention), total)))
    if report.answer_seconds:
        middle, late = (percentile(report.answer_seconds, percent) for percent in (50, 95))
        tiles.append((duration(middle), "median answer", f"95 % in {duration(late)}"))
    if report.span:
        tiles.append((clock(report.span[1] - report.span[0]), "in all", _pace(report)))
    return tiles_of(tiles)


def _pace(report: Report) -> str:
    return f"{number(report.pace['rate'])} a second while sending" if report.pace else ""


def _from_earlier(report: Report) -> str:
    return f"{number(report.earlier)} by earlier runs" if report.earlier else ""


def _outcomes(report: Report) -> str:
    content = stacked_bar(report.states, "All phones").replace('class="bar"', 'class="bar tall"')
    return section("Outcomes", "Each phone has exactly one outcome.", content + legend(STATES, report.states))


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


def _vendors(report: Report) -> str:
    note = (
        f"Each bar has all phones of a vendor. Beside it are their number, and the share that is {_fine_words(report)}."
    )
    labels = {state: label for state, label in LABELS.items() if state in report.states}
    return section("By vendor", note, vendor_bars(report.by("vendor"), labels, _FINE))


_FINE = ("back", "accepted", "already", "planned")


def _fine_words(report: Report) -> str:
    words = [LABELS[state].lower() for state in _FINE if state in report.states]
    return " or ".join(words) or "fine"


def _spread(heading: str, note: str, values: list[float]) -> str:
    if not values:
        return ""
    sentence = f"{note}: half within {duration(percentile(values, 50))}, 95 % within {duration(percentile(values, 95))}, all within {duration(values[-1])}."
    return section(heading, sentence, histogram(values, heading))
