# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Addresses with a display name and parameters, as in From, To and Contact (RFC 3261 sections 20 and 25)."""

import re
from typing import Any, Iterable, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.text import (
    TOKEN,
    is_token,
    refuse_control_characters,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import check_uri, find_param, parse_uri


class NameAddr:
    """A name-addr or addr-spec value, as in From, To and Contact: display name, Uri, and the header's parameters."""

    __slots__ = ("display", "uri", "params")

    def __init__(self, uri: Any, display: str = "", params: Iterable[Tuple[str, Optional[str]]] = ()) -> None:
        self.display = display
        self.uri = uri
        self.params = list(params)

    def param(self, name: str, default: Optional[str] = None) -> Optional[str]:
        """Value of the header parameter ``name`` (any case), "" for a flag."""
        return find_param(self.params, name, default)

    @property
    def tag(self) -> Optional[str]:
        """The tag, or None."""
        return self.param("tag")

    def __str__(self) -> str:
        display = f"{_quote(self.display)} " if self.display else ""
        params = "".join(";" + _header_param(name, value) for name, value in self.params)
        return f"{display}<{self.uri}>{params}"

    def __repr__(self) -> str:
        return f"NameAddr({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NameAddr):
            return NotImplemented
        return (self.display, self.uri, self.params) == (other.display, other.uri, other.params)

    __hash__ = None  # type: ignore[assignment]


def _header_param(name: str, value: Optional[str]) -> str:
    if value is None:
        return name
    return f"{name}={value if is_token(value) else _quote(value)}"


def _quote(text: str) -> str:
    escaped = re.sub(r'([\\"])', r"\\\1", text)
    return f'"{escaped}"'


_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_NAME_ADDR = re.compile(r'("(?:[^"\\]|\\.)*"\s*|[^"<]*)<([^<>]*)>(.*)', re.DOTALL)
_HEADER_PARAM = re.compile(rf'\s*;\s*({TOKEN})\s*(?:=\s*(?:{_QUOTED}|([^\s;",]*)))?\s*')


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _split(text: str) -> Tuple[str, ...]:
    """(display name as written, URI as written, parameters as written) of an address."""
    if not isinstance(text, str):
        raise SipSyntaxError(f"an address must be a string, not {type(text).__name__}")
    refuse_control_characters(f"the address {text!r}", text)
    match = _NAME_ADDR.fullmatch(text.strip())
    if match:
        return match.groups()
    # without brackets, parameters are the header's and not the URI's (RFC 3261 section 20)
    uri, semicolon, rest = text.strip().partition(";")
    if re.search(r'[<>"]', uri):
        raise SipSyntaxError(f"{text!r} is not an address", 'Write it like "Name" <sip:user@host>')
    return "", uri, semicolon + rest


def _read(text: str) -> Tuple[NameAddr, str, str]:
    """(NameAddr, display name as written, URI as written) of an address."""
    display, uri, rest = _split(text)
    display = display.strip()
    name = _unquote(display[1:-1]) if display.startswith('"') else display
    return NameAddr(parse_uri(uri), name, _parse_params(text, rest)), display, uri


def validate_name_addr(text: str) -> NameAddr:
    """Check strictly an address to be sent in From or To; returns the NameAddr, raises SipSyntaxError with the reason."""
    address, display, uri = _read(text)
    if not display.startswith('"') and not all(is_token(word) for word in display.split()):
        raise SipSyntaxError(f"the name {display!r} requires quotes", 'Write it like "Name" <sip:user@host>')
    check_uri(address.uri, uri, ("sip", "sips", "tel"))
    return address


def _parse_params(text: str, rest: str) -> List[Tuple[str, Optional[str]]]:
    params = []
    position = 0
    while position < len(rest):
        match = _HEADER_PARAM.match(rest, position)
        if not match:
            raise SipSyntaxError(f"the parameters of the address {text!r} cannot be read at {rest[position:]!r}")
        name, quoted, token = match.groups()
        params.append((name, _unquote(quoted) if quoted is not None else token))
        position = match.end()
    return params
