# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One result per contact, and the summary of a run."""

import collections

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes


def result_of(request, result):
    """The result entry of one SipRequest: who, what was sent, what became of it."""
    target = request.target
    entry = {"aor": target.aor, "contact": target.contact, "user_agent": target.user_agent, "vendor": target.vendor}
    entry.update(request.label)
    entry.update(result)
    return entry


def planned(request):
    """The result entry of a SipRequest that check mode does not send."""
    what = outcomes.NOT_SENT if request.problem else outcomes.PLANNED
    return settled(request, what, request.problem)


def settled(request, what, reason, code=None):
    """The result entry of a SipRequest that this run does not send; what: its outcome."""
    return result_of(request, {"outcome": what, "code": code, "reason": reason, "note": None, "seconds": None})


def summary(entries, seconds, sent):
    """Counts by outcome, by vendor and by User-Agent, the phones' answering times and the pace.

    entries: results. seconds: of sending, or None in check mode. sent: requests that went out in this run.
    """
    return {
        "total": len(entries),
        "outcomes": dict(dict.fromkeys(outcomes.OUTCOMES, 0), **count(entries, "outcome")),
        "vendors": _by(entries, "vendor"),
        "user_agents": _by(entries, "user_agent"),
        "answer_seconds": _spread(
            [entry["seconds"] for entry in entries if entry["outcome"] in _ANSWERED and entry["seconds"] is not None]
        ),
        "seconds": None if seconds is None else round(seconds, 3),
        "sent": sent,
        "rate": round(sent / seconds, 1) if seconds and sent else None,
    }


_ANSWERED = (outcomes.ACCEPTED, outcomes.REJECTED)


def count(entries, name):
    """{value of name: number of entries}; entries that have no such value do not count."""
    return dict(collections.Counter(entry[name] for entry in entries if entry.get(name) is not None))


def _by(entries, name):
    """{value of name: {outcome: number}}; entries without a value count as unknown."""
    groups = {}
    for entry in entries:
        groups.setdefault(entry[name] or "unknown", []).append(entry)
    return {value: count(group, "outcome") for value, group in groups.items()}


def _spread(seconds):
    """Least, median, 95th percentile and most, or None without any."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return {
        "min": ordered[0],
        "median": ordered[last // 2],
        "p95": ordered[min(last, int(0.95 * len(ordered)))],
        "max": ordered[last],
    }


def diff(entries):
    """Counts by vendor as a diff in Ansible's terms: what was wanted of whom."""
    lines = [
        "{0}: {1} of {2}".format(vendor, _to_send(group), sum(group.values()))
        for vendor, group in sorted(_by(entries, "vendor").items())
    ]
    return {
        "before": "",
        "after": "".join(line + "\n" for line in lines),
        "before_header": "requests",
        "after_header": "requests by vendor",
    }


def _to_send(group):
    return sum(number for what, number in group.items() if what in outcomes.SENT or what == outcomes.PLANNED)
