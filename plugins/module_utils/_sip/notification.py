# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What RFC 6665 wants in every NOTIFY: Subscription-State, Contact, and the parameters of Event."""

import re
from functools import lru_cache
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError, SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.text import (
    TOKEN,
    is_token,
    refuse_control_characters,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import parse_uri

SUBSCRIPTION_STATE = "Subscription-State"
CONTACT = "Contact"

# the value of an option that leaves a header out
LEFT_OUT = "none"

# t_uac_dlg writes the address and the port of the socket that it sends from in the place of "!!" (tm/mi.c); it adds no Contact itself
SERVER_CONTACT = "<sip:!!>"

# a value of generic-param: a token, a host or a quoted string (RFC 3261 section 25.1)
PARAMETER_VALUE = rf'(?:{TOKEN}|\[[0-9A-Fa-f:.]+\]|"(?:[^"\\]|\\.)*")'
_PARAMETER = re.compile(rf"\s*;\s*({TOKEN})(?:\s*=\s*({PARAMETER_VALUE}))?\s*")
_STATE = re.compile(rf"({TOKEN})\s*((?:;.*)?)", re.DOTALL)

# RFC 6665 section 8.2.3: state → parameters that mean nothing with it
_MEANINGLESS = {"active": ("reason", "retry-after"), "pending": ("reason", "retry-after"), "terminated": ("expires",)}
_SECONDS = ("expires", "retry-after")
_MOST_SECONDS = 4294967295

_STATES = (
    f"Write {', '.join(sorted(_MEANINGLESS))}, with parameters such as active;expires=60 or terminated;reason=timeout"
)
_SOCKET = re.compile(r"(?:([A-Za-z_]+):)?(\[[^\]]+\]|[^:\[\]]+)(?::([0-9]+))?")
_IPV4 = re.compile("[0-9.]+")


def check_subscription_state(text: str) -> str:
    """The value of a Subscription-State header (RFC 6665 section 8.4), or SipSyntaxError that says what is wrong with it.

    Refused, too: parameters that mean nothing with that state (section 8.2.3).
    """
    what = f"{SUBSCRIPTION_STATE} {text!r}"
    refuse_control_characters(what, text)
    match = _STATE.fullmatch(text.strip())
    state = match.group(1).lower() if match else ""
    if match is None or state not in _MEANINGLESS:
        raise SipSyntaxError(f"{what} begins with no state of a subscription", _STATES)
    for name, value in _parameters(what, match.group(2)):
        if name in _MEANINGLESS[state]:
            raise SipSyntaxError(f"{what}: {name} means nothing with {state}", _STATES)
        if name in _SECONDS and not _is_seconds(value):
            raise SipSyntaxError(f"{what}: {name} is not a number of seconds", f"Write {name}=60, for example")
        if name == "reason" and not (value and is_token(value)):
            raise SipSyntaxError(f"{what}: reason is not a word", "Write reason=timeout, for example")
    return text.strip()


def _parameters(what: str, text: str) -> List[Tuple[str, Optional[str]]]:
    """[(name in lower case, value or None)] of ``;name=value;name``; what names it in errors."""
    found: Dict[str, Optional[str]] = {}
    position = 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None:
            raise SipSyntaxError(
                f"{what}: {text[position:]!r} is not a parameter", "A parameter is ;name or ;name=value"
            )
        name = match.group(1).lower()
        if name in found:
            raise SipSyntaxError(f"{what}: {name} is set more than once", "Set it once")
        found[name] = match.group(2)
        position = match.end()
    return list(found.items())


def _is_seconds(value: Optional[str]) -> bool:
    return value is not None and re.fullmatch("[0-9]{1,10}", value) is not None and int(value) <= _MOST_SECONDS


def with_parameters(event: str, parameters: Mapping[str, Any]) -> str:
    """An Event with further parameters. parameters: mapping of names to str, int or bool, or None for a name without a value.

    Raises SipSyntaxError for one that cannot be sent, or that the Event has already.
    """
    package, _semicolon, rest = event.partition(";")
    present = {name for name, _value in _parameters(f"the Event {event!r}", f";{rest}" if rest else "")}
    for name, value in parameters.items():
        if not isinstance(name, str) or not is_token(name):
            raise SipSyntaxError(f"event_parameters: {name!r} is not the name of a parameter", "A name is a word")
        if name.lower() in present:
            raise SipSyntaxError(
                f"event_parameters: the Event {event} has {name} already",
                f"Set event to the Event itself, such as {package};{name}=...",
            )
        event += _parameter(name, value)
    return event


def _parameter(name: str, value: Any) -> str:
    if value is None:
        return f";{name}"
    if isinstance(value, bool):
        value = "true" if value else "false"
    if not isinstance(value, (str, int)):
        raise SipSyntaxError(
            f"event_parameters: {name} must be a string, not {type(value).__name__}", "Put quotes around the value"
        )
    text = str(value)
    refuse_control_characters(f"event_parameters: {name}", text)
    if not re.fullmatch(PARAMETER_VALUE, text) or text.startswith('"'):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        text = f'"{escaped}"'
    return f";{name}={text}"


def server_contact(socket: Optional[str], hop: str, from_uri: str) -> str:
    """The Contact of a NOTIFY: the address that the server sends it from, where it can be known.

    socket: of the server, or None when it chooses one. hop: the URI that the request goes to. from_uri: of From. For a hop that
    the server may not find, ``!!`` would cost its reason: all versions answer then that the command failed, and not 476.
    """
    if socket:
        return _of_socket(socket)
    return SERVER_CONTACT if _is_found(hop) else f"<{from_uri}>"


@lru_cache(maxsize=256)
def _of_socket(socket: str) -> str:
    match = _SOCKET.fullmatch(socket)
    if match is None:
        return SERVER_CONTACT
    protocol, host, port = match.groups()
    transport = "" if protocol is None or protocol.lower() == "udp" else f";transport={protocol.lower()}"
    return f"<sip:{host}{f':{port}' if port else ''}{transport}>"


def _is_found(hop: str) -> bool:
    """Whether the server needs no name server, and no other transport than UDP, to send there."""
    try:
        uri = parse_uri(hop)
    except SipError:
        return False
    transport = uri.param("transport") or "udp"
    is_numeric = ":" in uri.host or _IPV4.fullmatch(uri.host) is not None
    return uri.scheme == "sip" and transport.lower() == "udp" and is_numeric
