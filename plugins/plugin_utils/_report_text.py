# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A report as text for a terminal."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils._report import Report
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import (
    LABELS,
    Entry,
    clean,
    duration,
    limit,
    number,
    phones,
    remedy,
)


def lines(report: Report, show: int = 50) -> list[str]:
    """The report as lines: counts by vendor and state, Events of a plan, and phones, at most show of them."""
    found = [_headline(report), *_ended(report), *_pace(report), *_table(report)]
    planned = [entry for entry in report.results if entry["state"] == "planned"]
    if planned:
        found += ["", *_events(planned), "", _order(report), *capped(list(map(_plan_line, planned)), show)]
    if report.attention:
        found += ["", "Need attention:", *capped(list(map(_attention_line, report.attention)), show)]
    if report.left_out:
        found += ["", "Left out:"]
        found += [f"  {number(count)}: {clean(reason)}" for reason, count in report.left_out.most_common()]
    hints = {(entry["vendor"] or "unknown", entry["hint"]) for entry in report.results if entry["hint"]}
    if hints:
        found += ["", *(f"{clean(vendor)}: {clean(hint)}" for vendor, hint in sorted(hints))]
    return found


def _headline(report: Report) -> str:
    words = [f"{number(count)} {LABELS.get(state, state).lower()}" for state, count in report.states.items()]
    if report.earlier:
        words.append(f"{number(report.earlier)} of them by earlier runs")
    took = f" in {duration(report.span[1] - report.span[0])}" if report.span else ""
    nothing = next((clean(run.problem) for run in report.runs if run.problem), "nothing to do")
    return f"{phones(len(report.results))}{took}: {', '.join(words) or nothing}"


def _ended(report: Report) -> list[str]:
    ended = report.about.get("ended")
    return [f"{clean(ended)}. Not sent to: {phones(report.states.get('not_sent', 0))}"] if ended else []


def _order(report: Report) -> str:
    canary = report.about.get("canary")
    if not canary:
        return "In this order:"
    return f"In this order, of which the first {number(canary)} {'is' if canary == 1 else 'are'} the canary:"


def _pace(report: Report) -> list[str]:
    if not report.pace:
        return []
    why = limit(report.pace)
    return [f"Pace: {number(report.pace['rate'])} requests a second{(f', {why}' if why else '')}"]


def _table(report: Report) -> list[str]:
    labels = {name: LABELS.get(name, name) for name in report.states}
    return state_table(report.by("vendor"), report.states, labels)


def state_table(
    groups: t.Sequence[tuple[str, t.Mapping[str, int]]], total: t.Mapping[str, int], labels: t.Mapping[str, str]
) -> list[str]:
    """Lines of a table with the numbers of each vendor by state. total: numbers of all. labels: {state: its words}."""
    if not labels:
        return []
    rows = [("vendor", [label.lower() for label in labels.values()])]
    rows += [
        (clean(vendor), [number(counts[name]) if name in counts else "" for name in labels])
        for vendor, counts in groups
    ]
    if len(rows) > 2:
        rows.append(("all", [number(total[name]) for name in labels]))
    wide = max(len(vendor) for vendor, _cells in rows)
    return [
        "",
        *("  ".join([vendor.ljust(wide), *(cell.rjust(11) for cell in cells)]).rstrip() for vendor, cells in rows),
    ]


def _events(planned: list[Entry]) -> list[str]:
    events = collections.Counter((entry["vendor"] or "unknown", entry["event"] or "") for entry in planned)
    return [
        f"{clean(vendor)}: {number(count)} with Event {clean(event)}" for (vendor, event), count in events.most_common()
    ]


def _plan_line(entry: Entry) -> str:
    words = [clean(entry[name]) for name in ("aor", "contact", "event") if entry[name]]
    return f"  {' '.join(words)} ({clean(entry['user_agent'] or 'unknown')})"


def _attention_line(entry: Entry) -> str:
    why = " ".join(clean(entry[name]) for name in ("code", "reason") if entry[name] is not None)
    who = clean(entry["aor"] or entry["contact"])
    return f"  {LABELS.get(entry['state'], entry['state']).lower()}: {who} ({clean(entry['vendor'] or 'unknown')}) {why}. {remedy(entry)}"


def capped(found: list[str], show: int) -> list[str]:
    """The first lines, and how many more there are."""
    more = len(found) - show
    return found if more <= 0 else [*found[:show], f"  ... and {number(more)} more"]
