# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which contacts a server itself serves, where several share one location table."""

import re
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import processes
from ansible_collections.community.opensips.plugins.module_utils._sip.glob import globs, normal_addresses

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection

_SOCKET = re.compile(r"(?:([a-z_]+):)?(\[[0-9A-Fa-f:.]+\]|[^:\s]+)", re.IGNORECASE)
# a server that listens on all addresses prints these for its contacts, and so does every other one
# (they are compared with, and nothing is bound)
_ANY_ADDRESS = frozenset(("0.0.0.0", "[::]", "*"))  # nosec B104


def own_sockets(conn: "Connection", patterns: Optional[Sequence[str]]) -> Callable[[Dict[str, Any]], Optional[str]]:
    """A function that tells of a contact record why it is not this server's (str), or None when it is.

    patterns: shell patterns of the server's sockets, or None: then the addresses that its processes listen on count. The
    function raises BadParameters, which asks for own_sockets, where these do not tell: `ps` shows the addresses of the
    processes for UDP only, and an address that is any address is every server's.
    Raises BadParameters when the server does not tell any.
    """
    judge = _by_patterns(patterns) if patterns else _by_addresses(_listening_hosts(conn))

    def reason(contact: Dict[str, Any]) -> Optional[str]:
        if contact["socket"] is None:
            return "the location table does not say which server serves it"
        if not judge(contact["socket"]):
            return f"another server serves it, through {contact['socket']}"
        return None

    return reason


def _by_patterns(patterns: Sequence[str]) -> Callable[[Any], Optional[bool]]:
    return globs(patterns, ignore_case=True)


def _by_addresses(hosts: Any) -> Callable[[Any], Optional[bool]]:
    def judge(socket: Any) -> Optional[bool]:
        found = _SOCKET.match(normal_addresses(socket))
        if not found:
            return False
        protocol, host = (found.group(1) or "udp").lower(), found.group(2).lower()
        if host in _ANY_ADDRESS:
            raise _ask(socket, "every server that listens on all addresses has it")
        if host in hosts:
            return True
        if protocol != "udp":
            raise _ask(socket, "the server reports only the addresses on which it listens for UDP")
        if _ANY_ADDRESS & hosts:
            raise _ask(socket, "the server listens on all addresses")
        return False

    return judge


def _ask(socket: Any, why: str) -> Any:
    return BadParameters(
        f"own_only: it is not known whether the socket {socket} of a contact belongs to this server: {why}",
        "Set own_sockets to the sockets of this server, for example udp:192.0.2.1:* and tcp:192.0.2.1:*",
    )


def _listening_hosts(conn: "Connection") -> Any:
    hosts = {normal_addresses(receiver.host).lower() for receiver in processes.receivers(processes.read(conn))}
    if not hosts:
        raise BadParameters(
            "own_only is set, but the server does not report its sockets",
            "Set own_sockets, for example to udp:192.0.2.1:*",
        )
    return hosts
