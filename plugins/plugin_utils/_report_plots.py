# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Plots of a report, as SVG and as bars of HTML: no library, nothing to load."""

from __future__ import annotations

import bisect
import collections
import itertools
import typing as t
from html import escape

from ansible_collections.community.opensips.plugins.plugin_utils._report import Report
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import (
    LABELS,
    STATES,
    duration,
    number,
    share,
)

_STEPS = 160
_TICKS = (
    0.05,
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14400,
    28800,
    86400,
)  # seconds
_STEPS_OF_BARS = (
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    1800,
    3600,
    10800,
    21600,
    43200,
    86400,
    604800,
    2592000,
)
_ORDER = [state for state, _label, _meaning in STATES]


def stacked_bar(states: t.Mapping[str, int], name: str, labels: t.Mapping[str, str] = LABELS) -> str:
    """One bar, as wide as there is room, with a part for each state. labels: {state: its words}, in the order of the parts."""
    total = sum(states.values())
    parts = "".join(
        f'<i class="s-{state}" style="flex:{states[state]}" title="{label}: {number(states[state])}'
        f' ({share(states[state], total)})"></i>'
        for state, label in labels.items()
        if states.get(state)
    )
    words = ", ".join(f"{label} {number(states[state])}" for state, label in labels.items() if states.get(state))
    return f'<div class="bar" role="img" aria-label="{escape(name)}: {words}">{parts}</div>'


def histogram(values: list[float], name: str) -> str:
    """How many of values (seconds, in order) lie in each of some ranges: horizontal bars."""
    edges = _edges(values[0], values[-1])
    counts = [
        bisect.bisect_left(values, high) - bisect.bisect_left(values, low) for low, high in itertools.pairwise(edges)
    ]
    return bars([(_between(*pair), count) for pair, count in zip(itertools.pairwise(edges), counts, strict=True)], name)


def bars(rows: t.Sequence[tuple[str, int]], name: str) -> str:
    """A horizontal bar for each of rows: (HTML of its words, number)."""
    most = max(count for _words, count in rows)
    lines = "".join(
        f'<tr><th scope="row">{words}</th><td><i style="width:{max(100 * count / (most or 1), 0.4 if count else 0):.1f}%"></i></td>'
        f"<td>{number(count)}</td></tr>"
        for words, count in rows
    )
    return f'<table class="histogram"><caption class="hidden">{escape(name)}</caption>{lines}</table>'


def _edges(least: float, most: float) -> list[float]:
    """Bounds around the values: equal steps, or 1, 2, 5, 10 … where they differ by orders of magnitude."""
    floor = max(least, 0.001)
    if most / floor < 25:
        finest = 1 if most >= 59 else 0.1 if most >= 0.9 else 0.001  # what duration() tells apart
        step = next(
            (size for size in _STEPS_OF_BARS if size >= finest and (most - least) / size <= 11), _STEPS_OF_BARS[-1]
        )
        # in thousandths, since 1.9 / 0.1 is less than 19
        low, high, size = (round(value * 1000) for value in (least, most, step))
        return [place * size / 1000 for place in range(low // size, high // size + 2)]
    bounds = [round(factor * 10.0**power, 3) for power in range(-3, 8) for factor in (1, 2, 5)]
    first = max(place for place, bound in enumerate(bounds) if bound <= floor)
    last = next((place for place, bound in enumerate(bounds) if bound > most), len(bounds) - 1)
    return ([0.0] if first == 0 else []) + bounds[first + (first == 0) : last + 1]


def _between(low: float, high: float) -> str:
    return f"&lt; {duration(high)}" if not low else f"{duration(low)} – {duration(high)}"


class Timeline:
    """How answers and returns add up over time: stacked areas for outcomes, a line for phones that are back."""

    def __init__(self, report: Report) -> None:
        self._start, self._end = report.span or (0.0, 0.0)
        self._length = max(self._end - self._start, 0.01)
        self._times: dict[str, list[float]] = collections.defaultdict(list)
        for when, what in report.events:
            self._times[what].append(when - self._start)
        self.outcomes = [state for state in _ORDER if state in self._times and state != "back"]
        self.has_back = "back" in self._times
        self.total = sum(len(self._times[name]) for name in self.outcomes)
        self._runs = sorted(
            (run.started - self._start, run.label) for run in report.runs if run.started is not None and run.label
        )

    def svg(self, width: int, height: int, kind: str) -> str:
        """The plot; kind: class of its element, for there is one for wide and one for narrow windows."""
        left, right, top, bottom = 12 + 7 * len(number(self.total)), 12, 22, 26
        inner_width, inner_height = width - left - right, height - top - bottom

        def x(seconds: float) -> str:
            return f"{left + inner_width * seconds / self._length:.1f}"

        def y(count: float) -> str:
            return f"{top + inner_height * (1 - count / self.total):.1f}"

        parts = [self._grid(x, y, left, width - right, top, top + inner_height)]
        below = [0] * (_STEPS + 1)
        steps = [self._length * step / _STEPS for step in range(_STEPS + 1)]
        for name in self.outcomes:
            above = [
                low + bisect.bisect_right(self._times[name], step + 1e-6)
                for low, step in zip(below, steps, strict=True)
            ]
            upper = " ".join(f"{x(step)},{y(count)}" for step, count in zip(steps, above, strict=True))
            lower = " ".join(
                f"{x(step)},{y(count)}" for step, count in zip(reversed(steps), reversed(below), strict=True)
            )
            parts.append(f'<polygon class="f-{name}" points="{upper} {lower}"><title>{LABELS[name]}</title></polygon>')
            below = above
        if self.has_back:
            line = " ".join(f"{x(step)},{y(bisect.bisect_right(self._times['back'], step + 1e-6))}" for step in steps)
            parts.append(
                f'<polyline class="l-halo" points="{line}"/><polyline class="l-back" points="{line}"><title>{LABELS["back"]}</title></polyline>'
            )
        parts.append(self._marks(x, top, top + inner_height, width))
        label = f"{number(self.total)} phones over {duration(self._length)}"
        return (
            f'<svg class="{kind}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{label}">'
            f"{''.join(parts)}</svg>"
        )

    def _grid(self, x: t.Callable, y: t.Callable, left: float, right: float, top: float, bottom: float) -> str:
        found = []
        for count in _counts(self.total):
            found.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y(count)}" y2="{y(count)}"/>')
            found.append(f'<text class="end" x="{left - 8}" y="{float(y(count)) + 4:.1f}">{number(count)}</text>')
        room = max(2, int((right - left) / 110))
        step = next((tick for tick in _TICKS if self._length / tick <= room), _TICKS[-1])
        for place in range(int(self._length / step) + 1):
            at = x(place * step)
            found.append(f'<line class="grid" x1="{at}" x2="{at}" y1="{bottom}" y2="{bottom + 4}"/>')
            where = "start" if place == 0 else "end" if float(at) > right - 24 else "middle"
            found.append(
                f'<text class="{where}" x="{at}" y="{bottom + 18}">{duration(place * step) if place else "0"}</text>'
            )
        return "".join(found)

    def _marks(self, x: t.Callable, top: float, bottom: float, room: float) -> str:
        """Where runs began; names of those that have room for them."""
        found, free = [], -1.0
        for when, label in self._runs:
            at = float(x(when))
            found.append(
                f'<line class="mark" x1="{at}" x2="{at}" y1="{top}" y2="{bottom}"><title>{escape(label)}</title></line>'
            )
            if at > free and at + 7 * len(label) < room:
                found.append(f'<text x="{at}" y="{top - 8}">{escape(label)}</text>')
                free = at + 7 * len(label) + 12
        return "".join(found)


def _counts(total: int) -> list[int]:
    """Round numbers up to total for the axis: three to five of them."""
    step = 10 ** max(0, len(str(total)) - 1)
    for factor in (0.2, 0.25, 0.5, 1):
        size = step * factor
        if size == int(size) and total / size <= 5:
            return list(range(0, total + 1, int(size)))
    return list(range(0, total + 1, step * 2)) if total >= step * 2 else [0, total]
