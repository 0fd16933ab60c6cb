# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A report of phones as one HTML page, in the style of the report of a campaign.

Whatever phones, servers and earlier reports say goes through text() or bare(), which escape it.
"""

from __future__ import annotations

import typing as t

from ansible_collections.community.opensips.plugins.module_utils._fleet.report import percentile
from ansible_collections.community.opensips.plugins.plugin_utils._phones import Phone
from ansible_collections.community.opensips.plugins.plugin_utils._phones_fleet import Fleet
from ansible_collections.community.opensips.plugins.plugin_utils._phones_words import (
    CHANGES,
    COMPLIANCE,
    LABELS,
    notes,
    since,
)
from ansible_collections.community.opensips.plugins.plugin_utils._report_bars import vendor_bars
from ansible_collections.community.opensips.plugins.plugin_utils._report_markup import (
    bare,
    document,
    legend,
    section,
    state_cell,
    table,
    text,
    tiles,
    utc,
    warnings,
)
from ansible_collections.community.opensips.plugins.plugin_utils._report_plots import bars, histogram, stacked_bar
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import duration, number, phones, share

# rows of tables and bars; everything is in the CSV and the JSON
_PHONES = 100
_ROWS = 40
_PAIRS = 12
# characters of a User-Agent
_AGENT = 90
_BARS = 14
_MOST_CONTACTS = 8
_MEANINGS = (
    "Upgraded phones have newer firmware. Changed ones have another User-Agent otherwise. "
    "Moved ones have another server, network or transport."
)


def page(fleet: Fleet) -> str:
    """The whole page (str)."""
    title = bare(fleet.about.get("title") or "Phones")
    last = f"All {phones(len(fleet.phones))} are in the CSV and the JSON beside this page."
    return document(title, (_head(fleet, title), warnings(notes(fleet)), _tiles(fleet), *_sections(fleet)), last)


def _head(fleet: Fleet, title: str) -> str:
    hosts = [source.host for source in fleet.sources]
    more = f" and {len(hosts) - 6} more servers" if len(hosts) > 6 else ""
    words = [bare(", ".join(hosts[:6]) + more), utc(fleet.about["time"])]
    if fleet.about.get("select"):
        words.append("a selection")
    return f'<header><h1>{title}</h1><p class="soft">{" · ".join(words)}</p></header>'


def _tiles(fleet: Fleet) -> str:
    total = len(fleet.phones)
    several = total - fleet.contacts_of_lines.get(1, 0)
    found = [
        (number(total), "phones", f"{number(several)} share a line" if several else ""),
        (number(fleet.lines), "lines", "AORs with a contact"),
        (number(len(fleet.vendors)), "vendors", f"{number(len(fleet.models))} kinds of firmware"),
    ]
    if fleet.rules:
        ruled = total - fleet.compliance.get("no_rule", 0)
        fine = fleet.compliance.get("up_to_date", 0) + fleet.compliance.get("ahead", 0)
        found.append((share(fine, ruled), "up to date", f"{number(fine)} of {number(ruled)} with a rule"))
        found.append((number(len(fleet.behind)), "behind", share(len(fleet.behind), total)))
    if fleet.comparison is not None:
        counts = fleet.comparison.counts
        found.append((number(counts["appeared"]), "appeared", f"{number(counts['vanished'])} vanished"))
        found.append((number(counts["upgraded"]), "upgraded", f"{number(counts['downgraded'])} downgraded"))
    return tiles(found)


def _sections(fleet: Fleet) -> t.Iterator[str]:
    yield _changes(fleet)
    if not fleet.phones:
        yield section("No phones", "No phone is registered, or the filters select none.", "")
        return
    yield _compliance(fleet)
    yield _vendors(fleet)
    yield _models(fleet)
    yield _behind(fleet)
    yield _strangers(fleet)
    yield _two(
        _counted("Transports", "How the server reaches the phones.", fleet.transports),
        _counted("Networks", "The /24 or /64 that the registrations come from.", fleet.networks),
    )
    yield _two(_lines(fleet), _expires(fleet))
    yield _servers(fleet)
    yield _left_out(fleet)


def _two(*parts: str) -> str:
    return f'<div class="two">{"".join(parts)}</div>' if any(parts) else ""


def _changes(fleet: Fleet) -> str:
    comparison = fleet.comparison
    if comparison is None:
        return ""
    content = bars([(CHANGES[change], count) for change, count in comparison.counts.items()], "Changes")
    if comparison.agents:
        rows = [
            (_agent(before), f'{_agent(after)}<span class="soft">{CHANGES[change].lower()}</span>', number(count))
            for (before, after, change), count in comparison.agents.most_common(_PAIRS)
        ]
        content += '<h3 style="margin-top:26px">User-Agents before and after</h3>'
        content += table(("Before", "After", "Phones"), rows, (2,), "phones")
        content += _more(len(comparison.agents), _PAIRS, "pairs")
    for change in ("vanished", "appeared", "moved"):
        found = (
            comparison.vanished if change == "vanished" else [phone for phone in fleet.phones if phone.change == change]
        )
        content += _changed(fleet, change, found)
    note = f"Compared with {bare(comparison.earlier.path)}. {_MEANINGS}"
    return section(f"Since {bare(since(fleet))}", note, content)


def _agent(agent: str | None) -> str:
    return text(agent, _AGENT)


def _changed(fleet: Fleet, change: str, found: t.Sequence[Phone]) -> str:
    if not found:
        return ""
    rows = [(_who(phone, fleet), _agent(phone.user_agent), text(phone.network)) for phone in found[:_PHONES]]
    return _folded(f"{CHANGES[change]}: {phones(len(found))}", rows, "Network", len(found))


def _more(count: int, most: int, what: str) -> str:
    return f'<p class="note">{number(count - most)} more {what} are in the CSV.</p>' if count > most else ""


def _who(phone: Phone, fleet: Fleet) -> str:
    where = f"{bare(phone.host)} · " if len(fleet.sources) > 1 else ""
    return f'<span class="who">{text(phone.aor)}</span><span class="soft">{where}{bare(phone.contact)}</span>'


def _compliance(fleet: Fleet) -> str:
    if not fleet.rules:
        return ""
    stack = stacked_bar(fleet.compliance, "All phones", LABELS).replace('class="bar"', 'class="bar tall"')
    note = "The firmware that the User-Agents tell, and the versions that phone_report_firmware expects."
    return section("Firmware", note, stack + legend(COMPLIANCE, fleet.compliance))


def _vendors(fleet: Fleet) -> str:
    if not fleet.rules:
        return _counted("By vendor", "", [(vendor, sum(states.values())) for vendor, states in fleet.vendors])
    labels = {state: LABELS[state] for state in fleet.compliance}
    note = "Each bar has all phones of a vendor. Beside it are their number, and how much of those with a rule is up to date or ahead."
    return section("By vendor", note, vendor_bars(fleet.vendors, labels, ("up_to_date", "ahead"), ("no_rule",)))


def _models(fleet: Fleet) -> str:
    if not fleet.models:
        return ""
    rows = [
        (
            f'<span class="who">{text(vendor)} {bare(model)}</span>',
            text(firmware),
            number(count),
            f'{state_cell(state, LABELS)}<span class="soft">{bare(f"expected {expected}") if expected else ""}</span>'
            if state
            else "",
        )
        for (vendor, model, firmware, state, expected), count in fleet.models[:_ROWS]
    ]
    note = "Vendor, model and firmware as the User-Agents tell them, the most frequent first."
    content = table(("Model", "Firmware", "Phones", "Compared"), rows, (2,), "phones") + _more(
        len(fleet.models), _ROWS, "kinds"
    )
    return section("Models and firmware", note, content)


def _behind(fleet: Fleet) -> str:
    if not fleet.behind:
        return ""
    rows = [
        (_who(phone, fleet), _agent(phone.user_agent), bare(f"expected {phone.expected}"))
        for phone in fleet.behind[:_PHONES]
    ]
    note = f"{phones(len(fleet.behind))}. With the same list as phone_reboot_firmware, the role phone_reboot sends only to these."
    return section("Phones that are behind", note, _folded("The phones", rows, "Expected", len(fleet.behind)))


def _folded(summary: str, rows: list[tuple[str, str, str]], last: str, total: int) -> str:
    """A table of phones that opens on a click. last: name of the last column."""
    content = table(("Phone", "User-Agent", last), rows, kind="phones which") + _more(total, _PHONES, "phones")
    return f"<details><summary>{summary}</summary>{content}</details>"


def _strangers(fleet: Fleet) -> str:
    if not fleet.strangers:
        return ""
    rows = [(_agent(agent), number(count)) for agent, count in fleet.strangers[:_ROWS]]
    total = sum(count for _agent, count in fleet.strangers)
    note = f"{phones(total)} whose vendor the collection does not know. Softphones and PBXs are among them."
    content = table(("User-Agent", "Phones"), rows, (1,)) + _more(len(fleet.strangers), _ROWS, "User-Agents")
    return section("Unknown User-Agents", note, content)


def _counted(heading: str, note: str, counts: t.Sequence[tuple[str, int]]) -> str:
    rows = [(bare(value, 40), count) for value, count in counts[:_BARS]]
    if len(counts) > _BARS:
        rows.append((f"{number(len(counts) - _BARS)} others", sum(count for _value, count in counts[_BARS:])))
    return section(heading, note, bars(rows, heading))


def _lines(fleet: Fleet) -> str:
    counts = fleet.contacts_of_lines
    rows = [(_contacts(size), count) for size, count in counts.items() if size < _MOST_CONTACTS]
    rest = sum(count for size, count in counts.items() if size >= _MOST_CONTACTS)
    if rest:
        rows.append((f"{_MOST_CONTACTS} or more", rest))
    return section(
        "Contacts of a line", "How many lines (AORs) have that many contacts.", bars(rows, "Contacts of a line")
    )


def _contacts(size: int) -> str:
    return "1 contact" if size == 1 else f"{size} contacts"


def _expires(fleet: Fleet) -> str:
    values = [float(seconds) for seconds in fleet.expires]
    endless = len(fleet.phones) - len(values)
    note = f" {phones(endless)} {'has' if endless == 1 else 'have'} no end." if endless else ""
    if not values:
        return section("Time until the registrations end", note.strip(), "")
    half = f"Half within {duration(percentile(values, 50))}, all within {duration(values[-1])}."
    return section(
        "Time until the registrations end", half + note, histogram(values, "Time until the registrations end")
    )


def _servers(fleet: Fleet) -> str:
    if len(fleet.sources) < 2:
        return ""
    rows = [
        (
            text(source.host),
            "–" if source.contacts is None else number(source.contacts),
            duration(source.seconds),
            bare(source.problem or "", 300),
        )
        for source in fleet.sources
    ]
    return section(
        "Servers", "Contacts that each server reported.", table(("Server", "Contacts", "Reading", ""), rows, (1, 2))
    )


def _left_out(fleet: Fleet) -> str:
    if not fleet.left_out:
        return ""
    rows = [(text(reason), number(count)) for reason, count in list(fleet.left_out.items())[:_ROWS]]
    note = f"{number(sum(fleet.left_out.values()))} registered contacts that the filters leave out."
    return section("Left out", note, table(("Reason", "Contacts"), rows, (1,)))
