# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Formats of values: what a server refuses, or reads as something else, although the database takes it.

Each function takes a value (str) and returns what is wrong with it, a text that follows the value and a blank, or None.
Where releases differ, a function refuses only what all of them refuse: the reload shows the rest.

Sources: parser/parse_uri.c, resolve.c (parse_phostport), time_rec.c, modules/drouting/routing.c (parse_destination_list),
modules/drouting/dr_load.c (add_rule), modules/load_balancer/lb_parser.c of 2.4, 3.6, 4.0.
"""

import re
from typing import Any, Callable, List, Optional, Tuple

PROTOCOLS = frozenset(
    "any udp tcp tls sctp ws wss bin hep_udp hep_tcp hep_tls smpp msrp msrps bins hep_udps ipsec".split()
)

_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:;?@\[\]/<>\"]+)"
_PORT = r"(?::([0-9]{1,5}))?"
_URI = re.compile(rf"sips?:(?:([^\s@<>\"]*)@)?{_HOST}{_PORT}(?:[;?][^\s<>\"]*)?\Z", re.IGNORECASE)
_SOCKET = re.compile(rf"(?:([a-z_]+):)?{_HOST}{_PORT}\Z", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[0-9]+\Z")
_ID = re.compile(r"[^\s#=,;]+\Z")
_DESTINATION = re.compile(r"\s*(#?)([^\s#=,;]+)\s*(?:=\s*[-+]?[0-9]+\s*)?\Z")


def sip_uri(text: str) -> Optional[str]:
    match = _URI.match(text)
    if match is None:
        return "is not a SIP URI such as sip:192.0.2.1:5060"
    return _port(match.group(2))


def sip_uri_without_user(text: str) -> Optional[str]:
    match = _URI.match(text)
    if match is not None and match.group(1):
        return "has a user before the @, which the server does not accept here"
    return sip_uri(text)


def gateway_address(text: str) -> Optional[str]:
    """A SIP URI, or what follows its ``sip:``."""
    return sip_uri(text if re.match("sips?:", text, re.IGNORECASE) else f"sip:{text}")


def socket(text: str) -> Optional[str]:
    if not text:
        return None
    match = _SOCKET.match(text)
    if match is None or (match.group(1) or "udp").lower() not in PROTOCOLS:
        return "is not a socket such as udp:192.0.2.1:5060"
    return _port(match.group(2))


def identifier(text: str) -> Optional[str]:
    """The id of a gateway or a carrier."""
    return None if _ID.match(text) else "is not an id, which has no blank, comma, semicolon, = or #, and is not empty"


def destinations(text: str) -> Optional[str]:
    """A list of gateways and carriers of drouting."""
    for item in _items(text):
        if _DESTINATION.match(item) is None:
            return f"is not a list of gateways, {item.strip()!r} is not an id such as gw1, gw1=10 or #carrier1"
    return None


def gateways(text: str) -> Optional[str]:
    """A list of gateways without carriers."""
    if any(item.strip().startswith("#") for item in _items(text)):
        return "names a carrier (#), and a carrier can only hold gateways"
    return destinations(text)


def destination_ids(text: str) -> List[Tuple[bool, str]]:
    """[(whether it is a carrier, id)] of a list of destinations that is well formed."""
    matches = [_DESTINATION.match(item) for item in _items(text)]
    return [(match.group(1) == "#", match.group(2)) for match in matches if match]


def _items(text: str) -> List[str]:
    items = re.split("[,;]", text)
    # a separator may end the list
    return items[:-1] if not items[-1].strip() else items


def rule_groups(text: str) -> Optional[str]:
    parts = [part.split() for part in re.split("[,;]", text)]
    if not parts[-1]:
        # a separator may stand at the end
        parts.pop()
    if parts and all(part and all(map(_NUMBER.match, part)) for part in parts):
        return None
    return "is not a group: write a number, or numbers separated by commas"


def digits(text: str) -> Optional[str]:
    return None if re.match("[0-9]*\\Z", text) else "has other characters than digits"


def printable_prefix(text: str) -> Optional[str]:
    """A prefix, whose characters beside digits extra_prefix_chars of drouting allows."""
    return None if re.match("[!-~]*\\Z", text) else "has a blank or a character beyond ASCII, which no prefix can have"


def weight(text: str) -> Optional[str]:
    """The weight of a destination: a number, or a socket of FreeSWITCH. Anything else ends the reload of the whole table."""
    if re.match("[0-9]{1,9}\\Z", text) or text.startswith("fs://") or text == "":
        return None
    return "is not a weight: write a number or a FreeSWITCH URL (fs://)"


def resources(text: str) -> Optional[str]:
    """The resources of a load balancer's destination."""
    items = [item.strip() for item in text.split(";") if item.strip()]
    for item in items:
        name, equals, number = item.partition("=")
        number = number.strip()
        if not name.strip() or not equals or not (re.match("[0-9]{1,10}\\Z", number) or "fs://" in number):
            return f"is not a list of resources, {item!r} is not written as name=number"
    return None if items else "is empty, write it as pstn=30 or pstn=30;voicemail=5"


def nodes(text: str) -> Optional[str]:
    """Sockets of RTPEngine or RTPProxy, with blanks between them."""
    for node in text.split():
        address, equals, number = node.partition("=")
        if equals and not _NUMBER.match(number):
            return f"has the weight {number!r}, which is not a number"
        if not address:
            return "has a weight without a socket"
    return None if text.strip() else "is empty, write it as udp:192.0.2.1:2223"


def one_of(*values: int) -> Callable[[str], Optional[str]]:
    """A function for a number that is one of values."""
    listed = f"{', '.join(map(str, values[:-1]))} or {values[-1]}"

    def check(text: str) -> Any:
        text = text.strip()
        # what is not a number its column says
        if not _NUMBER.match(text) or int(text) in values:
            return None
        return f"is not {listed}"

    return check


def not_empty(text: str) -> Optional[str]:
    return None if text.strip() else "is empty"


def _port(digits_: Optional[str]) -> Optional[str]:
    if digits_ is not None and int(digits_) > 65535:
        return f"has the port {digits_}, which is above 65535"
    return None


# Time recurrences

_BYDAY = re.compile(r"(?:[-+0-9 \t,]|su|mo|tu|we|th|fr|sa)*\Z", re.IGNORECASE)
_BYNUMBER = re.compile(r"[-+0-9 \t,]*\Z")


def timerec(text: str) -> Optional[str]:
    """A time recurrence, or several joined by & or / (3.x)."""
    if not text.strip():
        return None
    problem = "is not a time recurrence such as 20260101T080000|20260101T180000||weekly|||MO,TU,WE,TH,FR"
    return None if all(_is_recurrence(part) for part in _recurrences(text)) else problem


def _recurrences(text: str) -> List[str]:
    """The recurrences in an expression: list of str. A / within a time zone such as Europe/Berlin joins nothing."""
    found, start = [], 0
    plain = re.sub("[()!]", " ", text)
    for match in re.finditer("[&/]", plain):
        part = plain[start : match.start()]
        if match.group() == "/" and "|" not in part:
            continue
        found.append(part.strip())
        start = match.end()
    return found + [plain[start:].strip()]


def _is_recurrence(text: str) -> bool:
    fields = text.split("|")
    if re.match("[A-Z]", fields[0]):
        # a time zone, from 3.1 on
        del fields[0]
    return any(
        all(check(field) for check, field in zip(checks, fields) if field) for checks in (_WITH_END, _WITHOUT_END)
    )


def _is_moment(text: str) -> bool:
    return len(text) == 15 and re.match("(19[7-9]|[2-9][0-9][0-9])", text) is not None and text[4:6] != "00"


def _is_duration(text: str) -> bool:
    return len(text) >= 2


def _is_anything(_text: str) -> bool:
    return True


_BY = (_BYDAY.match,) + (_BYNUMBER.match,) * 4
# start, (end,) duration, frequency, until, interval, days, days of the month, of the year, weeks, months
_WITH_END: Tuple[Callable[[str], Any], ...] = (
    _is_moment,
    _is_moment,
    _is_duration,
    _is_anything,
    _is_moment,
    _is_anything,
) + _BY
_WITHOUT_END: Tuple[Callable[[str], Any], ...] = (
    _is_moment,
    _is_duration,
    _is_anything,
    _is_moment,
    _is_anything,
) + _BY
