# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The timeline of a rolling campaign as one HTML page, in the style of the other reports. All text is escaped."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils._report_markup import (
    bare,
    document,
    section,
    table,
    text,
    tiles,
    utc,
)
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import duration, number
from ansible_collections.community.opensips.plugins.plugin_utils._rolling_timeline import (
    LABELS,
    WORDS,
    Step,
    Timeline,
    calls_of,
    segments,
)

# state of a step or node: the colour of the report's style
_COLOURS = {
    "check": "already",
    "begin": "planned",
    "tags_away": "in_call",
    "out_of_service": "no_answer",
    "drain": "unknown",
    "act": "not_back",
    "gate": "behind",
    "restore": "accepted",
    "in_service": "back",
    "tags_back": "in_call",
    "undo": "unreachable",
}
_NODES = {
    "done": "back",
    "put_back": "behind",
    "out_of_service": "rejected",
    "interrupted": "rejected",
    "refused": "not_sent",
    "waiting": "not_sent",
}
_OUTCOMES = {"ok": "back", "failed": "rejected", "skipped": "not_sent", "interrupted": "rejected"}
_WIDE, _NARROW = (1070, 130), (360, 0)
_ROW, _BAR = 40, 22


def page(timeline: Timeline) -> str:
    """The whole page (str)."""
    title = bare(timeline.title)
    parts = [_head(timeline, title), _stop(timeline), _tiles(timeline), _chart(timeline)]
    parts += [_node(timeline, name) for name in timeline.nodes]
    return document(title, parts, "The same timeline is in the JSON beside this page.")


def _head(timeline: Timeline, title: str) -> str:
    words = [bare(timeline.campaign), bare(timeline.action), utc(timeline.started)]
    return f'<header><h1>{title}</h1><p class="soft">{" · ".join(words)}</p></header>'


def _stop(timeline: Timeline) -> str:
    lines = "".join(
        f"<p><b>{bare(name)}: {WORDS[node.outcome]}.</b> {bare(node.message, 600)}</p>"
        for name, node in timeline.nodes.items()
        if node.outcome in ("put_back", "out_of_service", "interrupted", "refused")
    )
    return f'<section class="stop" role="status">{lines}</section>' if lines else ""


def _tiles(timeline: Timeline) -> str:
    counts = timeline.counts()
    total = len(timeline.nodes)
    runs = "in one run" if timeline.runs == 1 else f"in {number(timeline.runs)} runs"
    failed = counts["put_back"] + counts["out_of_service"] + counts["interrupted"] + counts["refused"]
    found = [
        (f"{counts['done']} of {total}", "nodes done", f"{counts['waiting']} not begun" if counts["waiting"] else ""),
        (number(failed), "not done", f"{counts['out_of_service']} out of service" if failed else ""),
        (duration(timeline.ended - timeline.started), "in all", runs),
    ]
    drains = [step for steps in timeline.steps.values() for step in steps if step.step == "drain" and step.seconds]
    if drains:
        longest = max(drains, key=lambda step: step.seconds or 0)
        found.append(
            (
                duration(longest.seconds or 0),
                "longest wait for calls",
                calls_of(longest) and f"{calls_of(longest)} left",
            )
        )
    return tiles(found)


def _chart(timeline: Timeline) -> str:
    if not any(timeline.steps.values()) or timeline.ended <= timeline.started:
        return ""
    used = {step.step for steps in timeline.steps.values() for step in steps}
    key = "".join(
        f'<li><i class="s-{_COLOURS[step]}"></i>{label}</li>' for step, label in LABELS.items() if step in used
    )
    plots = _svg(timeline, *_WIDE, "wide") + _svg(timeline, *_NARROW, "narrow")
    note = "One line for each node. Between two steps, Ansible prepares the next one."
    return section("Over time", note, f'<ul class="key">{key}</ul>{plots}')


def _svg(timeline: Timeline, width: int, left: int, kind: str) -> str:
    """left: room for the names; without, they stand above the bars."""
    above = 0 if left else 16
    row, span = _ROW + above, timeline.ended - timeline.started
    height = row * len(timeline.nodes) + 24
    scale = (width - left - 4) / span

    def place(when: float) -> float:
        return left + 2 + (when - timeline.started) * scale

    parts = []
    for seconds in _ticks(span, 5 if left else 3):
        x = place(timeline.started + seconds)
        anchor = "end" if x > width - 40 else "middle" if x > left + 30 else ""
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - 22}"/>')
        parts.append(
            f'<text class="{anchor}" x="{x:.1f}" y="{height - 6}">{duration(seconds) if seconds else "0 s"}</text>'
        )
    for index, (name, steps) in enumerate(timeline.steps.items()):
        top = index * row + 6
        parts.append(
            f'<text x="{0 if left else 2}" y="{top + (15 if left else 11)}">{bare(name, 17 if left else 45)}</text>'
        )
        parts += [
            _bar(step, place(step.started), seconds * scale, top + above)
            for step, seconds in segments(steps, timeline.ended)
        ]
    label = bare(f"Steps of {len(timeline.nodes)} nodes over {duration(span)}")
    return f'<svg class="{kind}" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _bar(step: Step, x: float, width: float, top: int) -> str:
    title = f"{LABELS[step.step]}, {step.outcome}"
    return (
        f'<rect class="f-{_COLOURS[step.step]}" x="{x:.1f}" y="{top}" width="{max(1.5, width):.1f}" height="{_BAR}">'
        f"<title>{bare(title)}</title></rect>"
    )


def _ticks(span: float, most: int) -> list[float]:
    """Seconds of the marks of an axis."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)
    step = next((step for step in steps if span / step <= most), max(86400.0, span / most))
    return [count * step for count in range(int(span / step) + 1)]


def _node(timeline: Timeline, name: str) -> str:
    node, steps = timeline.nodes[name], timeline.steps[name]
    state = f'<span class="state"><i class="s-{_NODES[node.outcome]}"></i>{WORDS[node.outcome]}</span>'
    rows = [_row(step) for step in steps]
    content = table(("Step", "Time (UTC)", "Took", "Calls", ""), rows, (2, 3), "steps") if rows else ""
    return f'<section><h2>{bare(name)}</h2><p class="note">{state}</p>{content}</section>'


def _row(step: Step) -> t.Sequence[str]:
    when = datetime.datetime.fromtimestamp(step.started, datetime.timezone.utc)
    colour = _OUTCOMES.get(step.outcome, "unknown")
    words = "" if step.outcome == "ok" else f"<b>{bare(step.outcome)}</b> "
    return (
        f'<span class="state"><i class="s-{colour}"></i>{LABELS[step.step]}</span>',
        f"{when:%H:%M:%S}",
        duration(step.seconds) if step.seconds is not None else text(None),
        "" if step.calls is None else number(step.calls),
        words + (bare(step.message, 400) if step.message else ""),
    )
