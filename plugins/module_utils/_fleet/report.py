# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One result per contact, and the summary of a run."""

import array
import collections
import math
from typing import TYPE_CHECKING, Any, Dict, Iterable, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet.registration import NOT_BACK
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
    from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError


def who(request: "SipRequest") -> Dict[str, Any]:
    """What a result entry tells of the phone of a SipRequest, and of what it was sent (dict)."""
    target = request.target
    entry = {"aor": target.aor, "contact": target.contact, "user_agent": target.user_agent, "vendor": target.vendor}
    entry.update(request.label)
    return entry


def result_of(request: "SipRequest", result: Dict[str, Any]) -> Dict[str, Any]:
    """The result entry of one SipRequest. result: as Delivery.run() gives it."""
    return dict(who(request), **dict(result, reason=printable(result["reason"]), error=_described(result["error"])))


def _described(error: "Optional[MIError]") -> Optional[Dict[str, Any]]:
    """An MIError as entries have it (dict of type, message, hint), None for None."""
    if error is None:
        return None
    return {"type": type(error).__name__, "message": printable(error.message), "hint": printable(error.hint)}


def planned(request: "SipRequest") -> Dict[str, Any]:
    """The result entry of a SipRequest that check mode does not send."""
    return settled(request, outcomes.NOT_SENT if request.problem else outcomes.PLANNED, request.problem)


def settled(request: "SipRequest", outcome: str, reason: Optional[str], code: Optional[int] = None) -> Dict[str, Any]:
    """The result entry of a SipRequest that this run does not send."""
    result = {
        "outcome": outcome,
        "code": code,
        "reason": reason,
        "authenticated": False,
        "at": None,
        "seconds": None,
    }
    return result_of(request, dict(result, error=outcomes.error_of(outcome, result)))


def needs_attention(entry: Dict[str, Any]) -> bool:
    """Whether somebody has to do something about a phone: it did not accept, or is not back."""
    return entry["outcome"] not in outcomes.GOOD or entry.get("registered") == NOT_BACK


def line_of(entry: Dict[str, Any]) -> str:
    """A result entry as one line of a message (str)."""
    place = " ".join(filter(None, (entry["aor"], entry["contact"])))
    outcome = " ".join(str(part) for part in (entry["outcome"], entry["code"], entry["reason"]) if part is not None)
    return printable(f"{place}: {outcome}")


class Counts:
    """Counts of results by outcome, vendor and User-Agent, and how long the phones took to answer; made as results come."""

    def __init__(self, entries: Iterable[Dict[str, Any]] = ()) -> None:
        self._total = self._authenticated = 0
        self._outcomes = dict.fromkeys(outcomes.OUTCOMES, 0)
        self._vendors: Dict[Any, Any] = {}
        self._agents: Dict[Any, Any] = {}
        self._seconds = array.array("d")
        for entry in entries:
            self.add(entry)

    def add(self, entry: Dict[str, Any]) -> None:
        """Take in one result."""
        outcome = entry["outcome"]
        self._total += 1
        self._authenticated += entry.get("authenticated") is True
        self._outcomes[outcome] += 1
        for groups, value in ((self._vendors, entry["vendor"]), (self._agents, entry["user_agent"])):
            groups.setdefault(value or "unknown", collections.Counter())[outcome] += 1
        if outcome in _ANSWERED and entry["seconds"] is not None:
            self._seconds.append(entry["seconds"])

    def of(self, outcome: str) -> int:
        """How many have that outcome."""
        return self._outcomes[outcome]

    @property
    def total(self) -> int:
        """How many there are."""
        return self._total

    def summary(self, seconds: Optional[float], sent: int) -> Dict[str, Any]:
        """The counts, and the pace of sending. seconds: of sending, or None in check mode. sent: requests that went out in this run."""
        return {
            "total": self._total,
            "outcomes": dict(self._outcomes),
            "authenticated": self._authenticated,
            "vendors": {vendor: dict(found) for vendor, found in self._vendors.items()},
            "user_agents": {agent: dict(found) for agent, found in self._agents.items()},
            "answer_seconds": spread(self._seconds),
            "seconds": None if seconds is None else round(seconds, 3),
            "sent": sent,
            "rate": round(sent / seconds, 1) if seconds and sent else None,
        }

    def diff(self) -> Any:
        """Counts by vendor as a diff in Ansible's terms."""
        lines = [
            f"{vendor}: {_to_send(group)} of {sum(group.values())}\n" for vendor, group in sorted(self._vendors.items())
        ]
        return {
            "before": "",
            "after": "".join(lines),
            "before_header": "requests",
            "after_header": "requests by vendor",
        }


def diff_of_plan(requests: Sequence["SipRequest"]) -> Any:
    """A plan as a diff in Ansible's terms: a line for each phone that is sent to, in order, and for the first ones only."""
    planned = [request for request in requests if not request.problem]
    lines = [
        printable(
            " ".join(str(word) for word in (request.target.aor, request.target.contact, request.label["event"]) if word)
        )
        for request in planned[:_DIFF_LINES]
    ]
    if len(planned) > len(lines):
        lines.append(f"and {len(planned) - len(lines)} more")
    return {
        "before": "",
        "after": "".join(f"{line}\n" for line in lines),
        "before_header": "sent",
        "after_header": "sent, in this order",
    }


# phones that the diff of a plan lists
_DIFF_LINES = 1000
_ANSWERED = (outcomes.ACCEPTED, outcomes.REJECTED)


def percentile(ordered: Sequence[float], percent: float) -> Optional[float]:
    """The least value of an ordered list within which percent of all values are (nearest rank), or None of an empty one."""
    return ordered[max(0, math.ceil(percent * len(ordered) / 100.0) - 1)] if len(ordered) else None


def spread(values: Sequence[float]) -> Any:
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


def _to_send(group: Any) -> Any:
    return sum(number for what, number in group.items() if what in outcomes.SENT or what == outcomes.PLANNED)
