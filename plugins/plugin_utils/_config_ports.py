# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Finds sockets of a configuration whose port another program of the host uses.

What listens on the host is text, with two kinds of lines: those of /proc/net/{udp,udp6,tcp,tcp6} after the name of the table,
and those of ls -l of /proc/PID/fd for each process of OpenSIPS, whose links name the sockets that are its own. A line with the
word unreadable stands for a process whose sockets could not be read.
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
# proc(5): number, local address and port, remote address and port, state, queues, timer, retransmissions, user, timeout, inode.
# 07 is a UDP socket that is not connected, 0A a TCP socket that listens.
_LISTENING = re.compile(
    r"(udp|tcp)6? +\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F:]+ (?:07|0A) (?:\S+ +){5}(\d+)"
)
_OWN = re.compile(r"socket:\[(\d+)\]")
_ANY4 = ipaddress.IPv4Address(0)
_ANY6 = ipaddress.IPv6Address(0)

if t.TYPE_CHECKING:
    _Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class _Taken(t.NamedTuple):
    """A socket of another program. address: None for any of both families."""

    transport: str
    address: _Address | None
    port: int


class _Wanted(t.NamedTuple):
    """A socket of the configuration. address: None for each of the host; "" for a name, whose address is not known here."""

    transport: str
    address: _Address | str | None
    first_port: int
    last_port: int

    def conflicts(self, taken: _Taken) -> bool:
        return (
            self.transport == taken.transport
            and self.first_port <= taken.port <= self.last_port
            and self._meets(taken.address)
        )

    def _meets(self, other: _Address | None) -> bool:
        # a socket on :: also takes IPv4: OpenSIPS does not forbid that
        if other is None or self.address == _ANY6:
            return True
        if self.address is None:
            # socket_info.c: * leaves out addresses with a scope
            return not other.is_link_local
        if isinstance(self.address, str):
            return other == _ANY4
        return self.address.version == other.version and (
            self.address == other or _ANY4 in (self.address, other) or other == _ANY6
        )


def problems(source: Source, listening: str) -> list[str]:
    """Which sockets of a configuration have a port that another program uses, as sentences."""
    # without the server's own sockets, nobody knows which are of others
    taken = set() if "unreadable" in listening.split() else set(_of_others(listening))
    return [
        f"{source.where(label)}: another program on the host uses the port of {values.excerpt(text)}. "
        "Stop it, or choose another port."
        for label, text, wanted in _sockets(source)
        if any(place.conflicts(other) for other in taken for place in wanted)
    ]


def _of_others(listening: str) -> t.Iterator[_Taken]:
    own = set(_OWN.findall(listening))
    found = [match for line in listening.splitlines() if (match := _LISTENING.match(line))]
    places = [(match[1], _from_kernel(match[2]), int(match[3], 16), match[4]) for match in found]
    # what shares its port with a socket of IPv4 does not take IPv4 itself
    with_ipv4 = {(transport, port) for transport, address, port, _inode in places if address.version == 4}
    for transport, address, port, inode in places:
        if inode not in own:
            is_both = address == _ANY6 and (transport, port) not in with_ipv4
            yield _Taken(transport, None if is_both else address, port)


def _from_kernel(text: str) -> _Address:
    """An address as the kernel writes it: words of 32 bits, each as a number of a little-endian processor."""
    data = b"".join(bytes.fromhex(text[start : start + 8])[::-1] for start in range(0, len(text), 8))
    address = ipaddress.ip_address(data)
    return getattr(address, "ipv4_mapped", None) or address


def _sockets(source: Source) -> t.Iterator[tuple[str, str, list[_Wanted]]]:
    """(label, PROTOCOL:ADDRESS:PORTS, the places) of each socket that the server will open."""
    for socket in source.sockets():
        # another program may share it
        if "reuse_port" not in socket.words:
            yield socket.label, socket.text, list(_places(source, socket.text))
    datagram = source.parameter("mi_datagram", "socket_name")
    if datagram and datagram.value and datagram.value.startswith("udp:"):
        yield datagram.label, datagram.value, list(_places(source, datagram.value))
    yield from _http(source)


def _http(source: Source) -> t.Iterator[tuple[str, str, list[_Wanted]]]:
    load = source.load("httpd")
    ip, port = (source.parameter("httpd", name) for name in ("ip", "port"))
    # without ip, it is any of IPv4
    address, number = ip.value if ip else str(_ANY4), port.value if port else _HTTP_PORT
    if load is None or address is None or number is None:
        return
    text = f"tcp:{f'[{address}]' if ':' in address else address}:{number}"
    yield port.label if port else load, text, list(_places(source, text))


def _places(source: Source, text: str) -> t.Iterator[_Wanted]:
    """Those of PROTOCOL:ADDRESS:PORTS."""
    try:
        socket = values.Socket.parse(text)
    except ValueError:
        return
    protocol = _PROTOCOLS.get(socket.protocol)
    match = re.match(r'(\*|\[.*\]|"[^"]*"|[0-9.]+)(?::(.+))?\Z', socket.place)
    if protocol is None or match is None:
        return
    for ports in (match[2] or _default_port(source, protocol)).split(","):
        first, _dash, last = ports.partition("-")
        if first:
            yield _Wanted(protocol.transport, _written(match[1]), int(first), int(last or first))


def _default_port(source: Source, protocol: _Protocol) -> str:
    """In digits; "" if it is not known."""
    found = source.parameter(protocol.module, protocol.parameter)
    if found is not None:
        return found.value if found.value and found.value.isdecimal() else ""
    return "" if protocol.port is None or source.may_set_more else str(protocol.port)


def _written(text: str) -> _Address | str | None:
    if text == "*":
        return None
    return "" if text.startswith('"') else ipaddress.ip_address(text.strip("[]"))
