# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""event_subscribe: how a server calls a socket, what it refuses, and what it still holds.

Sources: evi/event_interface.c, event_datagram.c, event_jsonrpc.c, event_stream.c of 1.11, 2.4, 3.0, 3.1, 3.6, 4.0.
"""

from typing import Optional, Set

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, ServerError
from ansible_collections.community.opensips.plugins.module_utils._readers import events

# 2.4 sends for up to a second after the end of a subscription, which is counted in whole seconds
LINGER = 1.1
_MODULES = {"udp": "event_datagram", "jsonrpc": "event_jsonrpc", "tcp": "event_stream"}


def kind_of(transport: str, connection: Connection) -> str:
    """How the server calls a transport (``udp`` or ``tcp``): event_stream came in place of event_jsonrpc with 3.1."""
    if transport == "udp":
        return "udp"
    return "jsonrpc" if connection.version < (3, 1) else "tcp"


def module_of(socket: str) -> str:
    """The module of OpenSIPS that sends to a socket, such as ``udp:127.0.0.1:9999``."""
    return _MODULES[socket.partition(":")[0]]


def subscribe(connection: Connection, event: str, socket: str, expires: int, timeout: Optional[float] = None) -> None:
    """Subscribe a socket to an event for that many seconds, or end its subscription with 0. Raises MIError."""
    connection.call("event_subscribe", {"event": event, "socket": socket, "expire": expires}, timeout=timeout)


def begin(connection: Connection, event: str, socket: str, expires: int) -> None:
    """Subscribe for the first time. Raises BadParameters if the server cannot send to such a socket, and MIError."""
    try:
        subscribe(connection, event, socket, expires)
    except ServerError as error:
        if error.code != 400:
            raise
        raise BadParameters(
            f"event_transport: the server refuses to send {event} to {socket}: {error.code} {error.reason}",
            f"Load the module {module_of(socket)} into OpenSIPS, or set another event_transport",
        ) from error


def held(connection: Connection, socket: str) -> Set[str]:
    """The events that a socket is subscribed to (set of str)."""
    return {
        subscription["event"]
        for subscription in events.read_subscriptions(connection)
        if subscription["socket"] == socket and subscription["expires"]
    }
