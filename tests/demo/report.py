# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the demo shows of the modules' results: outcomes, phones that did not accept, and facts of the server."""

from __future__ import annotations

import collections
import textwrap
import typing as t

from screen import Cell, Screen

_STYLES = {
    "accepted": "green",
    "rejected": "red",
    "no_answer": "yellow",
    "unreachable": "yellow",
    "not_sent": "yellow",
    "in_call": "blue",
    "unknown": "magenta",
}
# What the emulated phones are told to do, and what has to be reported of them
_EXPECTED = {"answer": "accepted", "reject": "rejected", "dead": "no_answer"}
_LISTED = 40
# Characters of code and reason; 481 has many
_REASON = 24
_VENDORS = {
    "cisco": "Cisco",
    "fanvil": "Fanvil",
    "grandstream": "Grandstream",
    "mitel": "Mitel",
    "polycom": "Polycom",
    "snom": "Snom",
    "yealink": "Yealink",
}
Entry = dict[str, t.Any]


def _phone(entry: Entry) -> str:
    """The vendor, with the family where a vendor has phones that want different Events."""
    vendor = _VENDORS.get(entry["vendor"], entry["vendor"])
    if entry["vendor"] == "cisco":
        vendor += " MPP" if "3PCC" in entry["user_agent"] else " SPA"
    return vendor


def outcomes(screen: Screen, result: Entry, phones: list[Entry], talking: list[str], blocking: bool) -> bool:
    """The table of vendors and outcomes in a report of the role; gives whether it is what the phones did.

    talking: users of phones that are in a call all the time.
    blocking: the transport serves one request after the other.
    """
    entries = result["results"]
    reported = dict(collections.Counter(entry["outcome"] for entry in entries))
    seen = [name for name in _STYLES if reported.get(name)]
    groups = collections.defaultdict(list)
    for entry in entries:
        groups[_phone(entry), entry["event"]].append(entry)

    def count(some: list[Entry], outcome: str) -> Cell:
        number = sum(entry["outcome"] == outcome for entry in some)
        return Cell(str(number) if number else "", _STYLES[outcome])

    screen.line()
    rows: list[list[Cell | str]] = [
        [phone, event, *(count(some, outcome) for outcome in seen), str(len(some))]
        for (phone, event), some in sorted(groups.items())
    ]
    rows.append(["all", "", *(count(entries, outcome) for outcome in seen), str(len(entries))])
    head = ["phones", "Event", *(name.replace("_", " ") for name in seen), "total"]
    screen.table(head, rows, right=[*head[2:]], total=True)
    screen.line()
    answered = [entry["seconds"] for entry in entries if entry["outcome"] in ("accepted", "rejected")]
    screen.paragraph(
        f"{len(entries)} NOTIFYs in {sum(run['seconds'] for run in result['runs']):.1f} s. The slowest answer took {max(answered, default=0):.2f} s."
        f" The server waits for a dead phone until fr_timeout. {'All other phones wait, too.' if blocking else 'The other phones do not wait.'}"
    )
    hints = {entry["hint"]: _phone(entry) for entry in entries if entry["hint"]}
    if hints:
        screen.line()
        screen.line("Whether a phone obeys also depends on its settings:", "dim")
    for hint, phone in sorted(hints.items(), key=lambda pair: pair[1]):
        screen.paragraph(f"{phone}: {hint}", "dim")

    did = collections.Counter(
        "in_call" if phone["user"] in talking else _EXPECTED[phone["behaviour"]] for phone in phones
    )
    if dict(did) != reported:
        screen.line(f"The report differs from what the phones did: {dict(did)}", "red")
    return dict(did) == reported


def why_not(screen: Screen, entries: list[Entry]) -> None:
    """Those that did not accept, what happened, and what to do."""
    others = sorted(
        (entry for entry in entries if entry["outcome"] != "accepted"),
        key=lambda entry: (entry["outcome"], entry["aor"]),
    )
    if not others:
        return
    screen.heading("Who did not accept, and what to do")
    rows: list[list[Cell | str]] = []
    for entry in others[:_LISTED]:
        what = entry["outcome"].replace("_", " ")
        if entry["outcome"] == "rejected":
            what += " " + textwrap.shorten(f"{entry['code']} {entry['reason']}", _REASON, placeholder="...")
        remedy = entry["remedy"]
        rows.append([entry["aor"], _phone(entry), Cell(what, _STYLES[entry["outcome"]]), remedy])
    screen.table(["AOR", "phone", "what happened", "what to do"], rows)
    if len(others) > _LISTED:
        screen.line(f"... and {len(others) - _LISTED} more", "dim")


def facts(screen: Screen, found: Entry) -> None:
    """What opensips_facts found, in short."""
    up = found["uptime"]
    running = sum(each["state"] == "active" for each in found["dispatcher"])
    busy = sum(each["load"] for target in found["load_balancer"] for each in target["resources"])
    room = sum(each["max"] for target in found["load_balancer"] for each in target["resources"])
    rows: list[list[Cell | str]] = [
        [
            "server",
            f"{found['version']['product']} {found['version']['version']}, up since {up['since']} ({up['seconds']} s), {len(found['processes'])} processes",
        ],
        [
            "requests",
            f"{found['statistics']['core']['rcv_requests']} received, in {len(found['statistics'])} groups of statistics",
        ],
        ["dialogs", f"{len(found['dialogs'])} calls are up"],
        ["dispatcher", f"{running} of {len(found['dispatcher'])} destinations active"],
        ["load balancer", f"{busy} of {room} places taken on {len(found['load_balancer'])} destinations"],
        ["gateways", f"{sum(each['enabled'] for each in found['gateways'])} of {len(found['gateways'])} enabled"],
        ["contacts", f"{len(found['contacts'])} phones registered"],
    ]
    rows += [[name, f"skipped: {why}"] for name, why in found["skipped"].items()]
    screen.line()
    screen.table(["facts", "of the server"], rows)


def came_back(screen: Screen, sent: list[Entry]) -> None:
    """That phones restarted, as the role saw it in the location table: they registered again, with new firmware."""
    groups = collections.defaultdict(list)
    for entry in sent:
        groups[_phone(entry)].append(entry)
    rows: list[list[Cell | str]] = []
    for phone, entries in sorted(groups.items()):
        back = [entry for entry in entries if entry["registered"] == "back"]
        agent = (back or entries)[0]
        after = agent["new_user_agent"] if back else ""
        rows.append(
            [
                phone,
                Cell(str(len(back) or ""), "green"),
                str(len(entries) - len(back) or ""),
                agent["user_agent"],
                after if after != agent["user_agent"] else "the same",
            ]
        )
    total = sum(entry["registered"] == "back" for entry in sent)
    screen.heading(f"{total} phones came back: they registered again, with new firmware")
    screen.table(["phones", "back", "not", "User-Agent before", "User-Agent now"], rows, right=["back", "not"])


def lamps(screen: Screen, entries: list[Entry], received: list[Entry]) -> None:
    """The lamps, and what one of the phones got."""
    screen.heading("Voicemail lamps")
    rows: list[list[Cell | str]] = [
        [
            entry["aor"],
            _phone(entry),
            Cell("on", "yellow") if entry["waiting"] else "off",
            f"{entry['new']} new, {entry['old']} old",
            Cell(f"{entry['outcome']} {entry['code']} {entry['reason']}", _STYLES[entry["outcome"]]),
        ]
        for entry in entries
    ]
    screen.table(["AOR", "phone", "lamp", "messages", "what happened"], rows)
    if received:
        screen.line()
        screen.line("The last of these NOTIFYs, as the phone got it:", "dim")
        for line in received[-1]["raw"].rstrip().splitlines():
            screen.line(line, "dim", indent=4)
