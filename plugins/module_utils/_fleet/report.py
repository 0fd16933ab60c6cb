# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One result per contact, and the summary of a run."""

import array
import collections
import math

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable


def result_of(request, result):
    """The result entry of one SipRequest: who, what was sent, what became of it."""
    target = request.target
    entry = {"aor": target.aor, "contact": target.contact, "user_agent": target.user_agent, "vendor": target.vendor}
    entry.update(request.label)
    entry.update(result, reason=printable(result["reason"]))
    return entry


def planned(request):
    """The result entry of a SipRequest that check mode does not send."""
    what = outcomes.NOT_SENT if request.problem else outcomes.PLANNED
    return settled(request, what, request.problem)


def settled(request, what, reason, code=None):
    """The result entry of a SipRequest that this run does not send; what: its outcome."""
    return result_of(request, {"outcome": what, "code": code, "reason": reason, "note": None, "seconds": None})


class Counts:
    """Counts of results by outcome, vendor and User-Agent, and how long the phones took to answer; made as results come."""

    def __init__(self, entries=()):
        self._total = 0
        self._outcomes = dict.fromkeys(outcomes.OUTCOMES, 0)
        self._vendors, self._agents = {}, {}
        self._seconds = array.array("d")
        for entry in entries:
            self.add(entry)

    def add(self, entry):
        """Take in one result."""
        outcome = entry["outcome"]
        self._total += 1
        self._outcomes[outcome] = self._outcomes.get(outcome, 0) + 1
        for groups, value in ((self._vendors, entry["vendor"]), (self._agents, entry["user_agent"])):
            groups.setdefault(value or "unknown", collections.Counter())[outcome] += 1
        if outcome in _ANSWERED and entry["seconds"] is not None:
            self._seconds.append(entry["seconds"])

    def of(self, outcome):
        """How many have that outcome."""
        return self._outcomes.get(outcome, 0)

    def summary(self, seconds, sent):
        """The counts, and the pace of sending. seconds: of sending, or None in check mode. sent: requests that went out in this run."""
        return {
            "total": self._total,
            "outcomes": dict(self._outcomes),
            "vendors": {vendor: dict(found) for vendor, found in self._vendors.items()},
            "user_agents": {agent: dict(found) for agent, found in self._agents.items()},
            "answer_seconds": spread(self._seconds),
            "seconds": None if seconds is None else round(seconds, 3),
            "sent": sent,
            "rate": round(sent / seconds, 1) if seconds and sent else None,
        }

    def diff(self):
        """Counts by vendor as a diff in Ansible's terms: what was wanted of whom."""
        lines = [
            f"{vendor}: {_to_send(group)} of {sum(group.values())}\n" for vendor, group in sorted(self._vendors.items())
        ]
        return {
            "before": "",
            "after": "".join(lines),
            "before_header": "requests",
            "after_header": "requests by vendor",
        }


_ANSWERED = (outcomes.ACCEPTED, outcomes.REJECTED)


def percentile(ordered, percent):
    """The least value of an ordered list within which percent of all values are (nearest rank), or None of an empty one."""
    return ordered[max(0, math.ceil(percent * len(ordered) / 100.0) - 1)] if len(ordered) else None


def spread(values):
    """Least, median, 95th percentile and most of some numbers (dict), or None without any."""
    if not len(values):
        return None
    ordered = sorted(values)
    return {
        "min": ordered[0],
        "median": percentile(ordered, 50),
        "p95": percentile(ordered, 95),
        "max": ordered[-1],
    }


def _to_send(group):
    return sum(number for what, number in group.items() if what in outcomes.SENT or what == outcomes.PLANNED)
