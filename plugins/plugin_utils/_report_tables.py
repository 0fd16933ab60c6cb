# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The tables of a report's page. They are cut where they get long, with a count of the rest."""

from __future__ import annotations

import collections

from ansible_collections.community.opensips.plugins.plugin_utils._report import Report, Run
from ansible_collections.community.opensips.plugins.plugin_utils._report_markup import bare, section, state_cell, text
from ansible_collections.community.opensips.plugins.plugin_utils._report_plots import stacked_bar
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import (
    STATES,
    Entry,
    clean,
    duration,
    limit,
    number,
    phones,
    remedy,
)

# rows of tables; everything is in the CSV and the JSON
_PHONES = 200
_AGENTS = 25
_REASONS = 15
_RUNS = 60


_WHY = {
    "not_back": "accepted, but not registered again",
    "behind": "registered again with older firmware than expected",
}
_SAME = '<span class="soft">the same</span>'


def planned(report: Report) -> str:
    planned = [entry for entry in report.results if entry["state"] == "planned"]
    if not planned:
        return ""
    events = collections.Counter(
        (entry["vendor"] or "unknown", entry["event"] or "", entry["hint"] or "") for entry in planned
    )
    summary = "".join(
        f'<tr><td>{text(vendor)}</td><td>{text(event)}</td><td class="n">{number(count)}</td><td>{text(hint)}</td></tr>'
        for (vendor, event, hint), count in events.most_common(_REASONS)
    )
    rows = "".join(
        f'<tr><td class="n">{place}</td><td><span class="who">{text(entry["aor"])}</span><span class="soft">{bare(entry["contact"])}</span></td>'
        f"<td>{text(entry['user_agent'])}</td><td>{text(entry['event'])}</td></tr>"
        for place, entry in enumerate(planned[:_PHONES], 1)
    )
    note = f"What will be sent, in this order.{_more(len(planned))}"
    return section(
        "The plan",
        note,
        '<div class="scroll"><table><thead><tr><th>Vendor</th><th>Event</th><th class="n">Phones</th><th>Note</th></tr></thead>'
        f"<tbody>{summary}</tbody></table></div><details><summary>The phones</summary>"
        '<div class="scroll"><table><thead><tr><th class="n">#</th><th>Phone</th><th>User-Agent</th><th>Event</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>",
    )


def _more(count: int) -> str:
    if count <= _PHONES:
        return ""
    return f" The first {number(_PHONES)} are listed here, and {number(count - _PHONES)} more in the CSV."


def attention(report: Report) -> str:
    found = report.attention
    if not found:
        if report.about.get("check"):
            return ""
        return section("Phones that need attention", "None.", "")
    kinds = collections.Counter((entry["state"], entry["code"], _why(entry), remedy(entry)) for entry in found)
    summary = "".join(
        f'<tr><td class="n">{number(count)}</td><td>{state_cell(state)}</td><td>{text(why)}</td><td>{text(todo)}</td></tr>'
        for (state, _code, why, todo), count in kinds.most_common(_REASONS)
    )
    note = f"{phones(len(found))}, by outcome, with what to do."
    if len(kinds) > _REASONS:
        note += f" {number(len(kinds) - _REASONS)} rarer reasons are in the CSV."
    several = len({entry["host"] for entry in found}) > 1
    rows = "".join(_attention_row(entry, several) for entry in _sample(found))
    return section(
        "Phones that need attention",
        note,
        '<div class="phones"><table><thead><tr><th class="n">Phones</th><th>Outcome</th><th>Reason</th><th>What to do</th></tr></thead>'
        f'<tbody>{summary}</tbody></table></div><h3 style="margin-top:26px">Which ones</h3><p class="note">{_listed(len(found))}</p>'
        '<div class="phones which"><table><thead><tr><th>Phone</th><th>User-Agent</th><th>Outcome</th><th>What to do</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>",
    )


def _listed(count: int) -> str:
    if count <= _PHONES:
        return "All of them."
    return f"{number(_PHONES)} of them, some of each outcome. The other {number(count - _PHONES)} are in the CSV."


def _sample(found: list[Entry]) -> list[Entry]:
    """As many as are shown, some of each state: 5,000 phones not sent to must not hide 20 that rejected."""
    by_state: dict[str, list[Entry]] = {}
    for entry in found:
        by_state.setdefault(entry["state"], []).append(entry)
    room, shown = _PHONES, []
    for place, entries in enumerate(sorted(by_state.values(), key=len)):
        part = entries[: room // (len(by_state) - place)]
        room -= len(part)
        shown.extend(part)
    return sorted(shown, key=found.index) if len(found) <= _PHONES else _in_order(shown)


def _in_order(entries: list[Entry]) -> list[Entry]:
    order = {state: place for place, (state, _label, _meaning) in enumerate(STATES)}
    return sorted(entries, key=lambda entry: order.get(entry["state"], 99))


def _why(entry: Entry) -> str:
    if entry["state"] in _WHY:
        return _WHY[entry["state"]]
    return " ".join(str(entry[name]) for name in ("code", "reason") if entry[name] not in (None, ""))


def _attention_row(entry: Entry, several: bool) -> str:
    where = f"{bare(entry['host'])} · " if several else ""
    contact = bare(entry["contact"]) if entry["contact"] else ""
    return (
        f'<tr><td><span class="who">{text(entry["aor"] or entry["contact"])}</span><span class="soft">{where}{contact}</span></td>'
        f"<td>{text(entry['user_agent'])}</td>"
        f'<td>{state_cell(entry["state"])}<span class="soft">{bare(_why(entry))}</span></td><td>{text(remedy(entry))}</td></tr>'
    )


def firmware(report: Report) -> str:
    found = report.firmware
    if not found:
        return ""
    changed = sum(count for before, after, count in found if before != after)
    rows = "".join(
        f"<tr><td>{text(before)}</td><td>{text(after) if after != before else _SAME}</td>"
        f'<td class="n">{number(count)}</td></tr>'
        for before, after, count in found[:_AGENTS]
    )
    total = report.states.get("back", 0) + report.states.get("behind", 0)
    note = f"{number(changed)} of the {number(total)} phones that came back have another User-Agent."
    if len(found) > _AGENTS:
        note += f" The {_AGENTS} most frequent changes; {number(len(found) - _AGENTS)} more are in the CSV."
    return section(
        "User-Agents before and after",
        note,
        '<div class="scroll"><table><thead><tr><th>Before</th><th>After</th><th class="n">Phones</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>",
    )


def runs(report: Report) -> str:
    runs = [run for run in report.runs if run.states or run.problem]
    if len(runs) < 2:
        return ""
    several = len({run.host for run in runs}) > 1
    start = report.span[0] if report.span else 0.0
    rows = "".join(_run_row(run, start, several) for run in runs[:_RUNS])
    head = ("<th>Server</th>" if several else "") + (
        '<th>Run</th><th class="n">Began at</th><th class="n">Sending</th><th class="n">Sent</th><th>Pace</th><th style="width:34%">Outcomes</th>'
    )
    rest = f" The first {_RUNS} of {number(len(runs))}." if len(runs) > _RUNS else ""
    return section(
        "Batches",
        f"One line for each run, in their order.{rest}",
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>',
    )


def _run_row(run: Run, start: float, several: bool) -> str:
    began = (
        duration(run.started - start)
        if run.started is not None and run.started > start
        else "0 s"
        if run.started
        else "–"
    )
    plot = stacked_bar(run.states, clean(run.label)) if run.states else ""
    problem = f'<span class="soft">{bare(run.problem, 300)}</span>' if run.problem else ""
    return (
        ("<td>" + text(run.host) + "</td>" if several else "")
        + f'<td>{text(run.label)}</td><td class="n">{began}</td><td class="n">{duration(run.seconds)}</td>'
        f'<td class="n">{number(run.sent)}</td><td>{_pace(run)}</td><td>{plot}{problem}</td>'
    ).join(("<tr>", "</tr>"))


def _pace(run: Run) -> str:
    if not run.sent or not run.seconds:
        return "–"
    why = limit(run.pace)
    return f"{number(round(run.sent / run.seconds, 1))}/s" + (f' <span class="soft">{why}</span>' if why else "")


def left_out(report: Report) -> str:
    if not report.left_out:
        return ""
    rows = "".join(
        f'<tr><td>{text(reason)}</td><td class="n">{number(count)}</td></tr>'
        for reason, count in report.left_out.most_common(_REASONS)
    )
    total = sum(report.left_out.values())
    return section(
        "Left out",
        f"{number(total)} registered contact{'' if total == 1 else 's'} that this was not about.",
        f'<div class="scroll"><table><thead><tr><th>Reason</th><th class="n">Contacts</th></tr></thead><tbody>{rows}</tbody></table></div>',
    )
