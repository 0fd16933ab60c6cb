# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A fleet on its way: one line about each batch, and whether the next one may go."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._fleet.stop_rule import FAILURES, Limit
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import (
    LABELS,
    STATES,
    number,
    phones,
    share,
    state_of,
)

_FAILED = frozenset(FAILURES)
_DONE = _FAILED | {"accepted"}


def progress(
    result: t.Mapping[str, t.Any],
    before: t.Mapping[str, t.Any] | None = None,
    label: str = "run",
    planned: int = 0,
    max_failures: int | str | None = None,
    min_back: float | None = None,
) -> dict[str, t.Any]:
    """What a run adds to those before it.

    result: what opensips_notify returned, failed or not. before: what this gave for the run before. planned: phones of all
    runs together. max_failures: of all phones done so far, as in opensips_notify. min_back: percentage of those that
    accepted which must have registered again. Gives done, failed, accepted, in_call, back, not_back (counts of all runs so far;
    a phone in a call counts in each),
    line (text about this run), and stopped (why no further run may go, or "").
    """
    outcomes, states = _counts_of(result)
    counts = dict.fromkeys(("done", "failed", "accepted", "in_call", "back", "not_back"), 0) | {
        name: value for name, value in (before or {}).items() if name not in ("line", "stopped")
    }
    counts["done"] += sum(outcomes[name] for name in _DONE)
    counts["failed"] += sum(outcomes[name] for name in _FAILED)
    counts["accepted"] += outcomes["accepted"]
    counts["in_call"] += outcomes["in_call"]
    counts["back"] += states["back"]
    counts["not_back"] += states["not_back"]
    stopped = _verdict(result, counts, max_failures, min_back)
    return {**counts, "line": _line(label, outcomes, states, counts["done"], planned), "stopped": stopped}


def _counts_of(result: t.Mapping[str, t.Any]) -> tuple[t.Counter[str], t.Counter[str]]:
    """How many phones of a run have each outcome, and how many of them are back or not."""
    summary, entries = result.get("summary") or {}, result.get("results") or ()
    if summary.get("total", 0) > len(entries):
        # the others are in a file, and a batch has none of earlier runs
        outcomes = collections.Counter(summary["outcomes"])
        states = collections.Counter(summary.get("registered") or {})
        states["behind"] = (summary.get("compliance") or {}).get("behind", 0)
    else:
        entries = [entry for entry in entries if not entry.get("earlier")]
        outcomes = collections.Counter(entry["outcome"] for entry in entries)
        states = collections.Counter(map(state_of, entries))
        states["back"] += states["behind"]
    del outcomes["already"]
    return outcomes, states


def _line(label: str, outcomes: t.Counter[str], states: t.Counter[str], done: int, planned: int) -> str:
    words = [f"{number(outcomes[name])} {LABELS[name].lower()}" for name, _label, _meaning in STATES if outcomes[name]]
    parts = [", ".join([phones(outcomes.total()), *words])]
    if states["back"] or states["not_back"]:
        behind = f", {number(states['behind'])} of them still behind" if states["behind"] else ""
        parts.append(f"{number(states['back'])} back{behind}")
    parts.append(f"{number(done)} of {number(max(planned, done))} done")
    return f"{label}: {'; '.join(parts)}"


def _verdict(
    result: t.Mapping[str, t.Any], counts: dict[str, int], max_failures: int | str | None, min_back: float | None
) -> str:
    if result.get("unreachable"):
        return f"The host was lost while a batch was sent: {printable(str(result.get('msg')))}"
    if result.get("msg") and _is_over(result):
        # the lines after the first one name phones, which the report has
        return printable(str(result["msg"]).split("\n", 1)[0])
    failed, done = counts["failed"], counts["done"]
    if max_failures not in (None, "") and Limit(max_failures).is_exceeded(failed, done):
        return f"{number(failed)} of {phones(done)} failed ({share(failed, done)}), more than max_failures ({max_failures})"
    missing, watched = counts["not_back"], counts["back"] + counts["not_back"]
    if min_back and Limit(f"{100 - float(min_back)}%", "min_back").is_exceeded(missing, watched):
        return (
            f"{number(counts['back'])} of {phones(watched)} that accepted came back ({share(counts['back'], watched)}),"
            f" less than min_back ({min_back:g} %)"
        )
    return ""


def _is_over(result: t.Mapping[str, t.Any]) -> bool:
    """Whether a run that failed ended before all were tried. Else the limits of the whole campaign decide."""
    if result.get("error"):
        return result["error"]["type"] != "NotAccepted"
    return bool(result.get("stopped") or not result.get("summary"))
