# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The sockets of a server that rows name: one that it does not listen on is ignored, or makes it skip the row."""

import re
from typing import TYPE_CHECKING, Any, List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
from ansible_collections.community.opensips.plugins.module_utils._readers import processes

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection

_SOCKET = re.compile(r"udp:(\[[0-9A-Fa-f:.]+\]|[0-9.]+)(?::([0-9]{1,5}))?\Z", re.IGNORECASE)
_ANY = ("0.0.0.0", "::")  # nosec B104 - compared, not bound


def unknown_sockets(conn: "Connection", sockets: List[str]) -> List[str]:
    """Those of sockets (list of str) that the server certainly does not listen on: list of str.

    Servers list only the UDP sockets that they listen on (ps), so others are taken for known, and so are names of hosts.
    """
    named = [(socket, _SOCKET.match(socket)) for socket in sockets]
    wanted = [(socket, _address(match.group(1), int(match.group(2) or 5060))) for socket, match in named if match]
    if not wanted:
        return []
    try:
        found = list(processes.receivers(processes.read(conn)))
    except MIError:
        return []
    own = {
        _address(receiver.host, receiver.port)
        for receiver in found
        if receiver.protocol == "udp" and receiver.port is not None
    }
    if not own or any(not _is_literal(ip) for ip, _port in own):
        return []
    ports = {port for ip, port in own if ip in _ANY}
    return [socket for socket, address in wanted if address not in own and address[1] not in ports]


def _address(host: str, port: int) -> Tuple[str, int]:
    """(address in its shortest form, port)"""
    from ipaddress import ip_address

    ip = host.strip("[]")
    try:
        return str(ip_address(ip)), port
    except ValueError:
        return ip, port


def _is_literal(ip: Any) -> bool:
    return re.match("[0-9A-Fa-f.:]+\\Z", ip) is not None
