# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Finds sockets of a configuration whose port another program of the host uses.

What listens on the host is text, with these kinds of lines:

- those of /proc/net/{udp,udp6,tcp,tcp6} after the name of the table
- those of ls -l of /proc/PID/fd for each process of OpenSIPS, whose links name the sockets that are its own
- those of ss -6lntue, which say of sockets on :: whether they take IPv4, too; without them, they do not
- those of ip -o addr, the addresses of the host; without them, those that programs listen on are taken for such
- those of /etc/hosts after the word hosts
- one with the word bindv6only and the value of this parameter of the kernel
- one with the word unreadable for a process whose sockets could not be read
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils import _config_values as values
from ansible_collections.community.opensips.plugins.plugin_utils._config_source import Source


class _Protocol(t.NamedTuple):
    """transport: udp or tcp. The module, and its parameter for the port of sockets that name none; port: if that is not set either."""

    transport: str
    module: str
    parameter: str
    port: int | None


# A protocol that is not here is not checked. Sources: proto_*.c, and proto_hep/hep.h, of OpenSIPS 2.4 to 4.0.
_PROTOCOLS = {
    "udp": _Protocol("udp", "proto_udp", "udp_port", 5060),
    "tcp": _Protocol("tcp", "proto_tcp", "tcp_port", 5060),
    "tls": _Protocol("tcp", "proto_tls", "tls_port", 5061),
    "ws": _Protocol("tcp", "proto_ws", "ws_port", 80),
    "wss": _Protocol("tcp", "proto_wss", "wss_port", 443),
    "bin": _Protocol("tcp", "proto_bin", "bin_port", 5555),
    "bins": _Protocol("tcp", "proto_bins", "bins_port", 5556),
    "hep_udp": _Protocol("udp", "proto_hep", "hep_port", 9060),
    "hep_tcp": _Protocol("tcp", "proto_hep", "hep_port", 9060),
    "hep_tls": _Protocol("tcp", "proto_hep", "hep_port", 9060),
    "smpp": _Protocol("tcp", "proto_smpp", "smpp_port", 2775),
    "msrp": _Protocol("tcp", "", "", None),
    "msrps": _Protocol("tcp", "", "", None),
}
# httpd.c
_HTTP_PORT = "8888"
# of a port
_DIGITS = 5
# proc(5): number, local address and port, remote address and port, state, queues, timer, retransmissions, user, timeout, inode.
# 07 is a UDP socket that is not connected, 0A a TCP socket that listens.
_LISTENING = re.compile(
    r"(udp|tcp)6? +\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F:]+ (?:07|0A) (?:\S+ +){5}(\d+)"
)
_OWN = re.compile(r"socket:\[(\d+)\]")
_TAKES_IPV4 = re.compile(r"\bino:(\d+)\b.*\bv6only:0\b")
_NAMES = re.compile(r"hosts +([0-9a-f.:]+)\s+([^#]+)")
_IPV6_ONLY = "bindv6only 1"
_ANY4 = ipaddress.IPv4Address(0)
_ANY6 = ipaddress.IPv6Address(0)

# Stands for an address that is not known: it is for documentation (RFC 5737), so no host has it
_SOME_IPV4 = ipaddress.IPv4Address("192.0.2.255")
_LOOPBACK = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address(1))

if t.TYPE_CHECKING:
    _Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class _Listening(t.NamedTuple):
    """A socket of the host. address: None for any of both families."""

    transport: str
    address: _Address | None
    port: int


class _Wanted(t.NamedTuple):
    """A socket of the configuration. addresses: each is tried; None for any of both families."""

    transport: str
    addresses: frozenset[_Address | None]
    first_port: int
    last_port: int

    def conflicts(self, other: _Listening) -> bool:
        return (
            self.transport == other.transport
            and self.first_port <= other.port <= self.last_port
            and any(_meet(address, other.address) for address in self.addresses)
        )


def _meet(one: _Address | None, other: _Address | None) -> bool:
    if one is None or other is None:
        return True
    return one.version == other.version and (one == other or not {_ANY4, _ANY6}.isdisjoint((one, other)))


class _Host:
    """What listens on a host, and its addresses."""

    def __init__(self, listening: str) -> None:
        lines = listening.splitlines()
        own = set(_OWN.findall(listening))
        takes_ipv4 = {match[1] for line in lines if (match := _TAKES_IPV4.search(line))}
        # without the server's own sockets, nobody knows which are of others
        found = (
            [] if "unreadable" in listening.split() else [match for line in lines if (match := _LISTENING.match(line))]
        )
        self._own: list[_Listening] = []
        self._others: list[_Listening] = []
        for match in found:
            address = _from_kernel(match[2])
            is_both = address == _ANY6 and match[4] in takes_ipv4
            socket = _Listening(match[1], None if is_both else address, int(match[3], 16))
            (self._own if match[4] in own else self._others).append(socket)
        # a socket on :: also takes IPv4, unless the host forbids it: OpenSIPS sets neither
        self.any_ipv6: frozenset[_Address | None] = frozenset([_ANY6] if _IPV6_ONLY in lines else [None, _ANY6])
        self._local = _of_interfaces(lines)
        self._names = _of_names(lines)

    def is_taken(self, wanted: _Wanted) -> bool:
        """Whether another program has it."""
        return any(wanted.conflicts(other) and not self._shares(wanted, other) for other in self._others)

    def _shares(self, wanted: _Wanted, other: _Listening) -> bool:
        """Whether the server that runs has such a socket beside the other one: both programs allow it."""
        return any(
            (own.address in wanted.addresses or _SOME_IPV4 in wanted.addresses) and _meet(own.address, other.address)
            for own in self._own
            if own.transport == other.transport and own.port == other.port
        )

    def all_addresses(self) -> frozenset[_Address | None]:
        if self._local:
            return frozenset[t.Any]().union(*self._local.values())
        # without those that work without an interface that has them
        found = {each.address for each in (*self._own, *self._others) if each.address not in (None, _ANY4, _ANY6)}
        usual = {each for each in found if each in _LOOPBACK or not (each.is_loopback or each.is_link_local)}
        return frozenset([_SOME_IPV4, *usual])

    def addresses_of(self, name: str) -> frozenset[_Address | None]:
        """Of an interface or another name, whose addresses are not known here. It has one of IPv4 if the host does."""
        if name in self._local:
            return frozenset(self._local[name])
        if name.lower() in self._names:
            return frozenset([self._names[name.lower()]])
        is_ipv4 = any(each.version == 4 and not each.is_loopback for each in self.all_addresses() if each)
        return frozenset([_SOME_IPV4] if is_ipv4 else [])


def problems(source: Source, listening: str) -> list[str]:
    """Which sockets of a configuration have a port that another program uses, as sentences."""
    host = _Host(listening)
    return [
        f"{source.where(label)}: another program on the host uses the port of {values.excerpt(text)}. "
        "Stop it, or choose another port."
        for label, text, wanted in _sockets(source, host)
        if any(map(host.is_taken, wanted))
    ]


def _of_interfaces(lines: t.Sequence[str]) -> dict[str, set[_Address]]:
    """{name: the addresses}, without those that have a scope, which OpenSIPS leaves out (socket_info.c)."""
    found: dict[str, set[_Address]] = {}
    for line in lines:
        # number and name of the interface, family, address and its properties, at last the label of IPv4, which is a name for OpenSIPS
        words = line.partition("\\")[0].split()
        if len(words) < 5 or words[2] not in ("inet", "inet6"):
            continue
        address = _parsed(words[3].partition("/")[0])
        if address and not (address.version == 6 and address.is_link_local):
            name = words[-1] if address.version == 4 else words[1].partition("@")[0]
            found.setdefault(name, set()).add(address)
    return found


def _of_names(lines: t.Sequence[str]) -> dict[str, _Address]:
    """{name in lower case: the address} of /etc/hosts: the first one of IPv4, if there is one (resolve.c)."""
    found: dict[str, _Address] = {"localhost": _LOOPBACK[0]}
    rows = [(address, match[2]) for line in lines if (match := _NAMES.match(line)) and (address := _parsed(match[1]))]
    for address, names in sorted(reversed(rows), key=lambda row: -row[0].version):
        found.update(dict.fromkeys(names.lower().split(), address))
    return found


def _parsed(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _from_kernel(text: str) -> _Address:
    """An address as the kernel writes it: words of 32 bits, each as a number of a little-endian processor."""
    data = b"".join(bytes.fromhex(text[start : start + 8])[::-1] for start in range(0, len(text), 8))
    address = ipaddress.ip_address(data)
    return getattr(address, "ipv4_mapped", None) or address


def _sockets(source: Source, host: _Host) -> t.Iterator[tuple[str, str, list[_Wanted]]]:
    """(label, PROTOCOL:ADDRESS:PORTS, the places) of each socket that the server will open."""
    for socket in source.sockets():
        # another program may share it
        if "reuse_port" not in socket.words:
            yield socket.label, socket.text, list(_places(source, socket.text, host))
    datagram = source.parameter("mi_datagram", "socket_name")
    if datagram and datagram.value and datagram.value.startswith("udp:"):
        yield datagram.label, datagram.value, list(_places(source, datagram.value, host))
    yield from _http(source)


def _http(source: Source) -> t.Iterator[tuple[str, str, list[_Wanted]]]:
    load = source.load("httpd")
    ip, port = (source.parameter("httpd", name) for name in ("ip", "port"))
    # Without ip, 4.0 has the loopback (httpd.c), and others have any address, as with *. One of IPv6 takes no IPv4 (httpd_proc.c).
    written, number = ip.value if ip else str(_LOOPBACK[0]), port.value if port else _HTTP_PORT
    address = _parsed(written or "")
    is_known = written == "*" or address is not None
    if load is None or not is_known or number is None or not number.isdecimal() or len(number) > _DIGITS:
        return
    text = f"tcp:{f'[{written}]' if ':' in str(written) else written}:{number}"
    place = _Wanted("tcp", frozenset([address]), int(number), int(number))
    yield port.label if port else load, text, [place]


def _places(source: Source, text: str, host: _Host) -> t.Iterator[_Wanted]:
    """Those of PROTOCOL:ADDRESS:PORTS."""
    try:
        socket = values.Socket.parse(text)
    except ValueError:
        return
    protocol = _PROTOCOLS.get(socket.protocol)
    match = re.match(r'(\*|\[.*\]|"[^"]*"|[0-9.]+)(?::(.+))?\Z', socket.place)
    if protocol is None or match is None:
        return
    addresses = _addresses(match[1], host)
    for ports in (match[2] or _default_port(source, protocol)).split(","):
        first, _dash, last = ports.partition("-")
        if first:
            yield _Wanted(protocol.transport, addresses, int(first), int(last or first))


def _default_port(source: Source, protocol: _Protocol) -> str:
    """In digits; "" if it is not known."""
    found = source.parameter(protocol.module, protocol.parameter)
    if found is not None:
        return found.value if found.value and found.value.isdecimal() and len(found.value) <= _DIGITS else ""
    return "" if protocol.port is None or source.may_set_more else str(protocol.port)


def _addresses(text: str, host: _Host) -> frozenset[_Address | None]:
    if text == "*":
        return host.all_addresses()
    if text.startswith('"'):
        return host.addresses_of(text.strip('"'))
    address = ipaddress.ip_address(text.strip("[]"))
    return host.any_ipv6 if address == _ANY6 else frozenset([address])
