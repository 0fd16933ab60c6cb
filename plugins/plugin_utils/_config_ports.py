# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Finds options of the role opensips_server that name a port of the host which another program uses.

What listens on the host is text, with two kinds of lines: those of /proc/net/{udp,udp6,tcp,tcp6} after the name of the table,
and those of ls -l of /proc/PID/fd for each process of OpenSIPS, whose links name the sockets that are its own. A line with the
word unreadable stands for a process whose sockets could not be read.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils import _config_values as values

# protocol of a socket: (transport, port if none is written). A protocol that is not here is not checked.
_TRANSPORTS: dict[str, tuple[str, int | None]] = {
    "udp": ("udp", 5060),
    "tcp": ("tcp", 5060),
    "tls": ("tcp", 5061),
    **dict.fromkeys(("hep_udp",), ("udp", None)),
    **dict.fromkeys(("ws", "wss", "bin", "bins", "hep_tcp", "hep_tls", "smpp", "msrp", "msrps"), ("tcp", None)),
}
# proc(5): number, local address and port, remote address and port, state, queues, timer, retransmissions, user, timeout, inode.
# 07 is a UDP socket that is not connected, 0A a TCP socket that listens.
_LISTENING = re.compile(
    r"(udp|tcp)6? +\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F:]+ (?:07|0A) (?:\S+ +){5}(\d+)"
)
_OWN = re.compile(r"socket:\[(\d+)\]")

if t.TYPE_CHECKING:
    _Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class _Place(t.NamedTuple):
    """Where a socket listens. address: None for any; "" for a name, whose address is not known here."""

    transport: str
    address: _Address | str | None
    port: int

    def takes(self, other: _Place) -> bool:
        """Whether it keeps another one, of a socket that is to be opened, from its port."""
        if (self.transport, self.port) != (other.transport, other.port):
            return False
        return self.address is None or other.address is None or self.address == other.address


def problems(options: t.Mapping[str, t.Any], listening: str) -> list[str]:
    """Which options name a port that another program uses, as sentences.

    options: opensips_server_sockets, and if the server uses them, opensips_server_mi_datagram_socket,
    opensips_server_mi_http_address and opensips_server_mi_http_port; opensips_server_modparams, whose values override these.
    """
    # without the server's own sockets, nobody knows which are of others
    taken = [] if "unreadable" in listening.split() else list(_of_others(listening))
    return [
        f"{option}: another program on the host uses the port of {text}. Stop it, or choose another port."
        for option, text, places in _wanted(options)
        if any(other.takes(place) for other in taken for place in places)
    ]


def _of_others(listening: str) -> t.Iterator[_Place]:
    own = set(_OWN.findall(listening))
    for line in listening.splitlines():
        match = _LISTENING.match(line)
        if match and match[4] not in own:
            yield _Place(match[1], _from_kernel(match[2]), int(match[3], 16))


def _from_kernel(text: str) -> _Address | None:
    """An address as the kernel writes it: words of 32 bits, each as a number of a little-endian processor."""
    data = b"".join(bytes.fromhex(text[start : start + 8])[::-1] for start in range(0, len(text), 8))
    address = ipaddress.ip_address(data)
    mapped = getattr(address, "ipv4_mapped", None)
    # a socket on :: also takes IPv4, unless its program has forbidden that
    return None if address.is_unspecified else mapped or address


def _wanted(options: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, str, list[_Place]]]:
    """(option, its value, the places) of each socket that the server will open."""
    for index, text in enumerate(options.get("opensips_server_sockets") or []):
        yield f"opensips_server_sockets[{index}]", str(text).split()[0], list(_places(str(text).split()[0]))
    modules = options.get("opensips_server_modparams")
    set_by_user = {name: value for name, value in (modules or {}).items() if isinstance(value, dict)}
    datagram = options.get("opensips_server_mi_datagram_socket")
    if datagram:
        text = str(set_by_user.get("mi_datagram", {}).get("socket_name", datagram))
        yield "opensips_server_mi_datagram_socket", text, list(_places(text)) if text.startswith("udp:") else []
    port = options.get("opensips_server_mi_http_port")
    if port:
        httpd = set_by_user.get("httpd", {})
        address = str(httpd.get("ip", options.get("opensips_server_mi_http_address") or "*"))
        text = f"tcp:{f'[{address}]' if ':' in address else address}:{httpd.get('port', port)}"
        yield "opensips_server_mi_http_port", text, list(_places(text))


def _places(text: str) -> t.Iterator[_Place]:
    """Those of PROTOCOL:ADDRESS:PORTS."""
    try:
        socket = values.Socket.parse(text)
    except ValueError:
        return
    transport, port = _TRANSPORTS.get(socket.protocol, (None, None))
    match = re.match(r'(\*|\[.*\]|"[^"]*"|[0-9.]+)(?::(.+))?\Z', socket.place)
    if transport is None or match is None:
        return
    for number in _ports(match[2]) if match[2] else [port]:
        if number is not None:
            yield _Place(transport, _written(match[1]), number)


def _ports(text: str) -> t.Iterator[int]:
    """Of 5060, 5060-5062 and 5060,5062."""
    for part in text.split(","):
        first, _dash, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _written(text: str) -> _Address | str | None:
    if text == "*":
        return None
    if text.startswith('"'):
        return ""
    address = ipaddress.ip_address(text.strip("[]"))
    return None if address.is_unspecified else address
