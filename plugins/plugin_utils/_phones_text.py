# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A report of phones as text for a terminal."""

from __future__ import annotations

from ansible_collections.community.opensips.plugins.plugin_utils._phones import Phone
from ansible_collections.community.opensips.plugins.plugin_utils._phones_fleet import Fleet
from ansible_collections.community.opensips.plugins.plugin_utils._phones_words import CHANGES, LABELS, notes, since
from ansible_collections.community.opensips.plugins.plugin_utils._report_text import capped, state_table
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import clean, number, phones

# values of a list on one line
_FEW = 6


def lines(fleet: Fleet, show: int = 20) -> list[str]:
    """The report as lines, with at most show phones that are behind, and as many unknown User-Agents."""
    found = [_headline(fleet), *notes(fleet), *_changes(fleet), *_vendors(fleet)]
    if fleet.phones:
        found += ["", f"Transports: {_few(fleet.transports)}", f"Networks: {_few(fleet.networks)}"]
    if fleet.behind:
        found += ["", "Behind:", *capped(list(map(_behind, fleet.behind)), show)]
    if fleet.strangers:
        agents = [f"  {number(count)}: {clean(agent) or 'no User-Agent'}" for agent, count in fleet.strangers]
        found += ["", "Unknown User-Agents:", *capped(agents, show)]
    return found


def _headline(fleet: Fleet) -> str:
    lines = f"{number(fleet.lines)} line{'' if fleet.lines == 1 else 's'}"
    words = [f"{number(count)} {LABELS[state].lower()}" for state, count in fleet.compliance.items()]
    return f"{phones(len(fleet.phones))} on {lines}{': ' if words else ''}{', '.join(words)}"


def _changes(fleet: Fleet) -> list[str]:
    if fleet.comparison is None:
        return []
    counts = fleet.comparison.counts.items()
    words = [f"{number(count)} {CHANGES[change].lower()}" for change, count in counts if count]
    agents = [
        f"  {number(count)} {CHANGES[change].lower()}: {clean(before) or 'no User-Agent'} -> {clean(after) or 'no User-Agent'}"
        for (before, after, change), count in fleet.comparison.agents.most_common()
    ]
    return [f"Since {since(fleet)}: {', '.join(words) or 'no phones'}", *capped(agents, _FEW)]


def _vendors(fleet: Fleet) -> list[str]:
    if fleet.rules:
        return state_table(fleet.vendors, fleet.compliance, {state: LABELS[state] for state in fleet.compliance})
    return state_table(fleet.vendors, {"phones": len(fleet.phones)}, {"phones": "phones"}) if fleet.phones else []


def _few(counts: list[tuple[str, int]]) -> str:
    words = [f"{clean(value)} {number(count)}" for value, count in counts[:_FEW]]
    more = len(counts) - _FEW
    return ", ".join(words) + (f", and {number(more)} more" if more > 0 else "")


def _behind(phone: Phone) -> str:
    return f"  {clean(phone.aor)} {clean(phone.contact)} ({clean(phone.user_agent)}), expected {phone.expected}"
