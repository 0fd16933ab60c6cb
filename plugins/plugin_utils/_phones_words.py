# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The words of a report of phones."""

from __future__ import annotations

from ansible_collections.community.opensips.plugins.plugin_utils._phones_fleet import Fleet
from ansible_collections.community.opensips.plugins.plugin_utils._report_markup import utc
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import clean, number, phones

# (state, words of the legend, what it means), in the order in which bars and tables show them
COMPLIANCE = (
    ("up_to_date", "Up to date", "has an expected version"),
    ("behind", "Behind", "has an older version"),
    ("ahead", "Ahead", "has a newer version than all expected ones"),
    ("unknown", "Unknown", "the User-Agent does not tell the firmware"),
    ("no_rule", "No rule", "phone_report_firmware has no entry for it"),
)
LABELS = {state: label for state, label, _meaning in COMPLIANCE}
CHANGES = {
    "appeared": "Appeared",
    "vanished": "Vanished",
    "upgraded": "Upgraded",
    "downgraded": "Downgraded",
    "changed": "Changed",
    "moved": "Moved",
    "same": "The same",
}


def since(fleet: Fleet) -> str:
    """When the earlier report was made, in words; empty without one."""
    if fleet.comparison is None:
        return ""
    when = fleet.comparison.earlier.about.get("time")
    return utc(when) if isinstance(when, (int, float)) and 0 <= when < 1e11 else clean(fleet.comparison.earlier.path)


def notes(fleet: Fleet) -> list[str]:
    """What a reader must know before believing the numbers: servers that were not read, filters that differ, and the like."""
    found = [
        f"{clean(source.host)} was not read: {clean(source.problem or '').rstrip('.')}." for source in fleet.problems
    ]
    comparison = fleet.comparison
    if comparison is not None:
        if comparison.not_compared:
            found.append(
                f"{phones(comparison.not_compared)} belong to servers that were not read now or for the earlier report, and are not compared."
            )
        names = [
            name for name in ("select", "location_table") if _given(fleet, name) != _given(comparison.earlier, name)
        ]
        if names:
            found.append(
                f"The earlier report had another {' and '.join(names)}, so the phones that appeared or vanished may be others."
            )
    if fleet.doubtful:
        found.append(
            f"{number(fleet.doubtful)} AOR{'' if fleet.doubtful == 1 else 's'} left out: the contacts cannot be believed."
        )
    if fleet.shared:
        found.append(
            f"{number(fleet.shared)} contact{' is' if fleet.shared == 1 else 's are'} on several servers, and counted once."
        )
    idle = fleet.rules.idle()
    if idle:
        found.append(f"No phone matches {'; '.join(map(clean, idle))}.")
    return found


def _given(report: object, name: str) -> object:
    return getattr(report, "about", {}).get(name) or None
