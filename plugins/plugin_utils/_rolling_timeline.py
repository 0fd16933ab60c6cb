# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The timeline of a rolling campaign: what was done to which node, when, and how many calls it had. From the journal."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils._report_words import duration
from ansible_collections.community.opensips.plugins.plugin_utils._rolling_journal import (
    INTERRUPTED,
    OUTCOMES,
    Journal,
    Record,
)

FORMAT = 1
KIND = "rolling"

LABELS = {
    "check": "Checked",
    "begin": "Snapshot",
    "tags_away": "Tags moved",
    "out_of_service": "Out of service",
    "drain": "Waited for calls",
    "act": "Action",
    "gate": "Waited for health",
    "restore": "State restored",
    "in_service": "In service",
    "tags_back": "Tags back",
    "undo": "Action undone",
}
WORDS = {
    "done": "done",
    "put_back": "failed, put back",
    "out_of_service": "failed, out of service",
    "interrupted": "interrupted",
    "refused": "not touched",
    "waiting": "not begun",
}


@dataclasses.dataclass
class Step:
    """One step of a node. started, ended: seconds since 1970; ended is None if it was interrupted. calls: at its end, or None."""

    step: str
    started: float
    ended: float | None = None
    outcome: str = INTERRUPTED
    calls: int | None = None
    message: str = ""

    @property
    def seconds(self) -> float | None:
        return None if self.ended is None else max(0.0, self.ended - self.started)

    def plain(self) -> Record:
        seconds = self.seconds
        return {
            "step": self.step,
            "outcome": self.outcome,
            "started": self.started,
            "seconds": None if seconds is None else round(seconds, 3),
            "calls": self.calls,
            "message": self.message,
        }


class Timeline:
    """The nodes and steps of a journal. path: of its file."""

    def __init__(self, path: str, title: str = "Rolling restart") -> None:
        journal = Journal(path)
        self.title = title
        self.campaign = journal.campaign
        self.action = journal.last_run().get("action", "")
        self.runs = sum(1 for record in journal.records if record["event"] == "run")
        self.started = journal.records[0]["at"] if journal.records else 0.0
        self.ended = journal.records[-1]["at"] if journal.records else 0.0
        self.nodes = journal.nodes()
        self.steps: dict[str, list[Step]] = {name: [] for name in self.nodes}
        for record in journal.records:
            if record["event"] == "step":
                self._add(record)

    def _add(self, record: Record) -> None:
        steps = self.steps[record["node"]]
        if record["outcome"] == "started":
            steps.append(Step(record["step"], record["at"]))
            return
        if not steps or steps[-1].step != record["step"] or steps[-1].ended is not None:
            steps.append(Step(record["step"], record["at"]))
        step = steps[-1]
        step.ended, step.outcome = record["at"], record["outcome"]
        step.calls, step.message = record.get("calls"), record.get("message", "")

    def counts(self) -> dict[str, int]:
        """{outcome: number of nodes}."""
        return {outcome: sum(1 for node in self.nodes.values() if node.outcome == outcome) for outcome in OUTCOMES}

    def to_json(self) -> str:
        """The timeline as JSON (str)."""
        nodes = [
            {
                "node": name,
                "outcome": node.outcome,
                "message": node.message,
                "steps": [step.plain() for step in self.steps[name]],
            }
            for name, node in self.nodes.items()
        ]
        found = {
            "report": KIND,
            "format": FORMAT,
            "title": self.title,
            "campaign": self.campaign,
            "action": self.action,
            "started": self.started,
            "ended": self.ended,
            "runs": self.runs,
            "summary": {"total": len(nodes), "outcomes": self.counts()},
            "nodes": nodes,
        }
        return json.dumps(found, indent=1) + "\n"

    def lines(self) -> list[str]:
        """The timeline as lines of text: the campaign, then each node."""
        counts = ", ".join(f"{count} {WORDS[outcome]}" for outcome, count in self.counts().items() if count)
        total = "1 node" if len(self.nodes) == 1 else f"{len(self.nodes)} nodes"
        lines = [f"{self.campaign}: {total} in {duration(self.ended - self.started)}: {counts}"]
        for name, node in self.nodes.items():
            lines.append(f"{name}: {WORDS[node.outcome]}{f': {node.message}' if node.message else ''}")
        return lines


def calls_of(step: Step) -> str:
    """The number of calls in words, or ""."""
    if step.calls is None:
        return ""
    return "1 call" if step.calls == 1 else f"{step.calls} calls"


def segments(steps: t.Sequence[Step], ended: float) -> list[tuple[Step, float]]:
    """[(step, its seconds)] to draw; a step that was interrupted lasts until the next one, or the end."""
    found = []
    for place, step in enumerate(steps):
        after = steps[place + 1].started if place + 1 < len(steps) else ended
        found.append((step, max(0.0, (step.ended if step.ended is not None else after) - step.started)))
    return found
