# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Values as opensips.cfg has them, so that none can be read as more than one value.

Each function takes a value as users write it and returns the text for the configuration. It raises ValueError, which says
what the value must be, without the value: it may be a secret.

Sources: cfg.lex (strings, names, addresses) and cfg.y (socket_def, alias_def, listen_id) of OpenSIPS 2.4 to 4.0.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

# Characters of a value that a message shows at most
EXCERPT = 80
MAX_PORT = 65535

# What cfg.lex replaces inside of double quotes; it keeps any other character as it is.
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile(r'[\\"\n\r\t]')
# A NUL ends the text for the server. No value needs the others.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
_WORD = re.compile(r"[A-Za-z0-9_]{1,64}\Z")
_PROTOCOL = re.compile(r"[a-z][a-z0-9_]{0,15}\Z")
# Names of hosts and of network interfaces
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\Z")
_NUMBERS = re.compile(r"[0-9.]+\Z")
# The server knows neither zones, nor IPv4 addresses inside of IPv6 addresses
_IP = re.compile(r"[0-9A-Fa-f.:]{2,45}\Z")
_IPV6 = re.compile(r"[0-9A-Fa-f:]{2,39}\Z")
# An address, and the ports behind it
_PLACE = re.compile(r"(\*|\[[^\][]*\]|[^:\][]*)(?::(.*))?\Z", re.DOTALL)
_PORTS = re.compile(r"[0-9]{1,5}(?:-[0-9]{1,5})?(?:,[0-9]{1,5}(?:-[0-9]{1,5})?)*\Z")
_COUNT = re.compile(r"[0-9]{1,5}\Z")
_URL = re.compile(r"[a-z][a-z0-9+.-]*:\S+\Z")

# What may follow an address of a socket. Proxy protocol: since 4.0.
_FLAGS = frozenset(
    ["anycast", "frag", "reuse_port", "accept_subdomain"]
    + ["proxy", "allow_proxy", "send_proxy", "proxy_protocol", "allow_proxy_protocol", "send_proxy_protocol"]
)
_NUMBERED = frozenset(["use_workers", "use_children", "tos"])
_NAMED = frozenset(["tag", "use_auto_scaling_profile"])


def excerpt(value: t.Any) -> str:
    """A value for a message: without characters that cannot be seen, and cut."""
    return printable(str(value), most=EXCERPT) or ""


def string(value: t.Any) -> str:
    """A text in double quotes, which the server reads as that text."""
    text = str(value)
    if _REFUSED.search(text):
        raise ValueError("must not contain control characters other than line breaks and tabs")
    return f'"{_ESCAPED.sub(lambda match: _ESCAPES[match.group()], text)}"'


def number(value: t.Any) -> str:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError("must be a whole number")
    try:
        return str(int(value))
    except ValueError:
        raise ValueError("must be a whole number") from None


def word(value: t.Any) -> str:
    """A constant without quotes, such as LOG_LOCAL0 or IPTOS_LOWDELAY."""
    return _matching(_WORD, str(value), "must consist of letters, digits and underscores")


def name(value: t.Any) -> str:
    """The name of a module or of a parameter."""
    return _matching(_ID, value, "must be a letter, followed by letters, digits and underscores")


def setting(value: t.Any) -> str:
    """The value of a global parameter: yes, no, a number, or a text in quotes."""
    return _value(value, "yes", "no")


def parameter(value: t.Any) -> str:
    """The value of a parameter of a module, which knows no yes and no."""
    return _value(value, "1", "0")


def _value(value: t.Any, true: str, false: str) -> str:
    if isinstance(value, bool):
        return true if value else false
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, str):
        return string(value)
    raise ValueError("must be text, a whole number or a boolean")


def url(value: t.Any) -> str:
    """A URL in quotes."""
    return string(_matching(_URL, value, "must be a URL without blanks"))


def ip_address(value: t.Any) -> str:
    """An IP address without brackets, as text."""
    try:
        text = _matching(_IP, value, "")
        ipaddress.ip_address(text)
    except ValueError:
        raise ValueError("must be an IP address") from None
    return text


def host(value: t.Any) -> str:
    """An IP address, or the name of a host, in quotes."""
    try:
        return string(ip_address(value))
    except ValueError:
        return string(_matching(_HOST, value, "must be an IP address or the name of a host"))


@dataclasses.dataclass
class Socket:
    """protocol: str. place: address and ports, as the configuration has them. words: what follows, each with its value."""

    protocol: str
    place: str
    words: list[tuple[str, str | None]]

    @classmethod
    def parse(cls, text: t.Any) -> Socket:
        words = _words(text)
        protocol, colon, rest = words[0].partition(":")
        if not colon or not _PROTOCOL.match(protocol):
            raise ValueError("must be PROTOCOL:ADDRESS:PORT, such as udp:192.0.2.1:5060")
        return cls(protocol, _place(rest), list(_options(words[1:])))

    def text(self, version: str) -> str:
        """For a server of version (such as 3.6): it knows either use_workers, or use_children."""
        workers = "use_workers" if int(version.partition(".")[0]) >= 3 else "use_children"
        parts = [f"{self.protocol}:{self.place}"]
        for option, value in self.words:
            parts.append(workers if option in ("use_workers", "use_children") else option)
            if value is not None:
                parts.append(value)
        return " ".join(parts)


def socket(value: t.Any, version: str) -> str:
    """A socket to listen on: PROTOCOL:ADDRESS:PORT, and what else OpenSIPS accepts after that."""
    return Socket.parse(value).text(version)


def alias(value: t.Any) -> str:
    """A name of the server: HOST, or PROTOCOL:HOST:PORT."""
    words = _words(value)
    if words[1:] not in ([], ["accept_subdomain"]):
        raise ValueError("must be one name, optionally followed by accept_subdomain")
    protocol, colon, rest = words[0].partition(":")
    if not colon or protocol.startswith("["):
        place = _place(words[0])
        if place.startswith("*"):
            raise ValueError("must name a host")
    elif _PROTOCOL.match(protocol) and not rest.startswith("*"):
        place = f"{protocol}:{_place(rest, ranges=False)}"
    else:
        raise ValueError("must be HOST or PROTOCOL:HOST:PORT, such as udp:sip.example.com:5060")
    return " ".join([place, *words[1:]])


def _matching(pattern: re.Pattern[str], value: t.Any, rule: str) -> str:
    if not isinstance(value, str) or not pattern.match(value):
        raise ValueError(rule)
    return value


def _words(text: t.Any) -> list[str]:
    if not isinstance(text, str) or not text.isascii() or not text.replace("\t", " ").isprintable() or not text.split():
        raise ValueError("must be one line of printable ASCII characters")
    return text.split()


def _place(text: str, ranges: bool = True) -> str:
    """ADDRESS or ADDRESS:PORTS. Names are put into quotes, for they may hold words of the configuration's language."""
    match = _PLACE.match(text)
    if match is None:
        raise ValueError("has a wrong address; an IPv6 address needs brackets, such as udp:[2001:db8::1]:5060")
    address, ports = match.groups()
    if ports is not None and not (_PORTS.match(ports) and (ranges or ports.isdigit()) and _are_ports(ports)):
        raise ValueError("has a wrong port")
    return _address(address) + ("" if ports is None else f":{ports}")


def _are_ports(text: str) -> bool:
    return all(0 < int(port) <= MAX_PORT for port in re.split("[,-]", text))


def _address(text: str) -> str:
    if text == "*":
        return text
    if text.startswith("["):
        try:
            ipaddress.IPv6Address(_matching(_IPV6, text[1:-1], ""))
        except ValueError:
            raise ValueError("has a wrong IPv6 address") from None
        return text
    if _NUMBERS.match(text):
        try:
            return str(ipaddress.IPv4Address(text))
        except ValueError:
            raise ValueError("has a wrong IPv4 address") from None
    return string(_matching(_HOST, text, "has an address that is neither an IP address nor the name of a host"))


def _options(words: list[str]) -> t.Iterator[tuple[str, str | None]]:
    rest = iter(words)
    for word in rest:
        option = word.lower().replace("-", "_")
        if option in _FLAGS:
            yield option, None
        elif option in _NUMBERED or option in _NAMED or option == "as":
            yield option, _option_value(option, next(rest, ""))
        else:
            raise ValueError(f"has a word after the address that no version of OpenSIPS accepts: {excerpt(word)}")


def _option_value(option: str, value: str) -> str:
    if option == "as":
        return _place(value)
    if option in _NUMBERED:
        return _matching(_COUNT, value, f"needs a number after {option}")
    return _matching(_ID, value, f"needs a name after {option}")
