# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The subscription to E_CORE_THRESHOLD for a span of time, and its end.

The server sends such an event for each message or query that took longer than its threshold. A subscription lasts for seconds
only, and is renewed: if this process is killed, it ends by itself. Over TCP a server keeps for ever what it cannot send
(320 to 424 bytes an event), so the socket stays open for a moment after the end.
"""

import time
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.community.opensips.plugins.module_utils._events import subscription
from ansible_collections.community.opensips.plugins.module_utils._events.addresses import Addresses
from ansible_collections.community.opensips.plugins.module_utils._events.receiver import Buffer, Losses, Receiver
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._readers import events

EVENT = "E_CORE_THRESHOLD"
# seconds
EXPIRES = 15
_RENEW = 5
_GOODBYE = 2.0
# events of a span; with more of them, each costs the server more than it tells
MOST_EVENTS = 10000
_BUFFER = 2 * MOST_EVENTS
_UDP, _TCP, AUTO = "udp", "tcp", "auto"


class Where(NamedTuple):
    """transport: udp, tcp or auto. addresses: Addresses. port: 0 for any that is free."""

    transport: str
    addresses: Addresses
    port: int


class Listening:
    """Events of one server. Use as a context manager: what was begun is ended.

    why_not: why no events come (str), or None. received: number of events. losses: Losses at the end.
    """

    def __init__(self, connection: Connection, where: Where) -> None:
        self._connection = connection
        self._where = where
        self._buffer = Buffer(_BUFFER, bool)
        self._receiver: Optional[Receiver] = None
        self._socket = ""
        self._renewed = 0.0
        self.why_not: Optional[str] = None
        self.received = 0
        self.losses = Losses()

    def __enter__(self) -> "Listening":
        try:
            self._begin()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.end()

    @property
    def socket(self) -> Optional[str]:
        """How the server calls the socket, or None if there is no subscription."""
        return self._socket or None

    def _begin(self) -> None:
        if EVENT not in events.read_names(self._connection):
            self.why_not = f"The server has no event {EVENT}"
            return
        refused: List[str] = []
        for transport in (_UDP, _TCP) if self._where.transport == AUTO else (self._where.transport,):
            try:
                self._subscribe(transport)
                return
            except BadParameters as error:
                self._close()
                # without a port to listen at, another transport has none either
                if self._where.transport != AUTO or not error.message.startswith("event_transport"):
                    raise
                refused.append(subscription.module_of(f"{self._kind(transport)}:"))
        self.why_not = f"The server sends no events: load its module {' or '.join(refused)}"

    def _kind(self, transport: str) -> str:
        return subscription.kind_of(transport, self._connection)

    def _subscribe(self, transport: str) -> None:
        addresses = self._where.addresses
        self._receiver = Receiver(
            transport, addresses.listen_host, self._where.port, addresses.networks, self._buffer, bool
        )
        socket = f"{self._kind(transport)}:{addresses.advertise_host}:{self._receiver.port}"
        subscription.begin(self._connection, EVENT, socket, EXPIRES)
        self._socket, self._renewed = socket, time.monotonic()

    def renew(self) -> None:
        """Renew the subscription if it is time. Raises MIError."""
        if self._socket and time.monotonic() - self._renewed >= _RENEW:
            subscription.subscribe(self._connection, EVENT, self._socket, EXPIRES)
            self._renewed = time.monotonic()

    def take(self) -> List[Dict[str, Any]]:
        """The parameters of the events that came since."""
        found = [record["params"] for record in self._buffer.take(_BUFFER) if record["name"] == EVENT]
        self.received += len(found)
        if self._socket and self.received >= MOST_EVENTS:
            self._unsubscribe()
            self.why_not = f"The subscription ended early, after {self.received} events"
        return found

    def end(self) -> None:
        """End the subscription, as far as the server can be asked, and close the socket."""
        try:
            is_stream = bool(self._socket) and not self._socket.startswith(_UDP)
            self._unsubscribe()
            if is_stream:
                time.sleep(subscription.LINGER)
        finally:
            self._close()

    def _unsubscribe(self) -> None:
        socket, self._socket = self._socket, ""
        if not socket:
            return
        try:
            subscription.subscribe(self._connection, EVENT, socket, 0, timeout=_GOODBYE)
        except MIError:
            # it ends by itself within EXPIRES
            pass

    def _close(self) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.close()
            self.losses = self._buffer.take_losses()
