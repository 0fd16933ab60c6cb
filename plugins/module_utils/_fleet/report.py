# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One result per contact, and the summary of a run."""

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes


def result_of(request, result):
    """The result entry of one SipRequest: who, what was sent, what became of it."""
    target = request.target
    entry = {"aor": target.aor, "contact": target.contact, "user_agent": target.user_agent, "vendor": target.vendor}
    entry.update(request.label)
    entry.update((key, value) for key, value in result.items() if key != "headers")
    return entry


def planned(request):
    """The result entry of a SipRequest that check mode does not send."""
    what = outcomes.NOT_SENT if request.problem else outcomes.PLANNED
    return result_of(request, {"outcome": what, "code": None, "reason": request.problem, "note": None, "seconds": None})


def summary(entries, seconds):
    """Counts by outcome, by vendor and outcome, and the pace.

    entries: results. seconds: of the whole run, or None in check mode.
    """
    counts = dict.fromkeys(outcomes.OUTCOMES, 0)
    by_vendor = {}
    for entry in entries:
        counts[entry["outcome"]] = counts.get(entry["outcome"], 0) + 1
        vendor = by_vendor.setdefault(entry["vendor"] or "unknown", {})
        vendor[entry["outcome"]] = vendor.get(entry["outcome"], 0) + 1
    sent = sum(counts[each] for each in outcomes.SENT)
    return {
        "total": len(entries),
        "outcomes": counts,
        "vendors": by_vendor,
        "seconds": None if seconds is None else round(seconds, 3),
        "rate": round(sent / seconds, 1) if seconds and sent else None,
    }
