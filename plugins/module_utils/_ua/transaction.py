# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Transactions (RFC 3261, section 17, and 13.3.1.4): requests and responses are repeated until the other side has them.

A transaction has no deadline of its own: who waits for it has one.
"""

import math
import time
from typing import Any, Callable, Iterable, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._sip.headers import make_tag
from ansible_collections.community.opensips.plugins.module_utils._ua.message import (
    Received,
    Request,
    Response,
    derive,
    make_response,
    sequence_of,
    tag_of,
)

# seconds (RFC 3261, 17.1.1.1)
T1, T2 = 0.5, 4.0
# (data, address or None for the server's)
Send = Callable[[bytes, Any], None]


class Repetition:
    """When something is sent again. next: time.monotonic(), or infinity."""

    def __init__(self, longest: float = math.inf) -> None:
        self._longest = longest
        self._interval = T1
        self.next = time.monotonic() + T1

    def is_due(self) -> bool:
        """Whether it is time; the next time is later then."""
        now = time.monotonic()
        if now < self.next:
            return False
        self._interval = min(2 * self._interval, self._longest)
        self.next = now + self._interval
        return True

    def slow_down(self) -> None:
        """Wait for the longest interval from now on."""
        self._interval = self._longest
        self.next = time.monotonic() + self._longest

    def stop(self) -> None:
        """Never again."""
        self.next = math.inf


class ClientTransaction:
    """A request of ours.

    provisional, final: Response or None. repeated: how often the request was sent again. sent_at, first_at, ringing_at, final_at:
    time.monotonic(), or None. success: what repeated 2xx to an INVITE are answered with (Request, an ACK), or None.
    others: further 2xx to an INVITE, of other phones. on_provisional: called with each provisional response.
    """

    def __init__(self, request: Request, send: Send, is_stream: bool, address: Any = None) -> None:
        self.request = request
        self._send = send
        self._address = address
        self._is_invite = request.method == "INVITE"
        self._repetition = Repetition(math.inf if self._is_invite else T2)
        if is_stream:
            self._repetition.stop()
        self.provisional: Optional[Response] = None
        self.final: Optional[Response] = None
        self.success: Optional[Request] = None
        self.others: List[Response] = []
        self.on_provisional: Callable[[Response], None] = lambda _response: None
        self.repeated = 0
        self.sent_at = time.monotonic()
        self.first_at: Optional[float] = None
        self.ringing_at: Optional[float] = None
        self.final_at: Optional[float] = None
        send(request.data, address)

    @property
    def due(self) -> float:
        """When tick() has something to do (time.monotonic(), or infinity)."""
        return self._repetition.next

    def tick(self) -> None:
        """Send the request again, if it is time."""
        if self._repetition.is_due():
            self.repeated += 1
            self._send(self.request.data, self._address)

    def take(self, response: Response) -> None:
        """A response to the request came."""
        self.first_at = self.first_at or time.monotonic()
        if response.code < 200:
            self._take_provisional(response)
            return
        is_first = self.final is None
        if is_first:
            self._repetition.stop()
            self.final, self.final_at = response, time.monotonic()
        if self._is_invite:
            self._acknowledge(response, is_first)

    def _take_provisional(self, response: Response) -> None:
        if self.final is not None:
            return
        self.provisional = response
        if response.code > 100:
            self.ringing_at = self.ringing_at or time.monotonic()
        if self._is_invite:
            self._repetition.stop()
        elif self._repetition.next < math.inf:
            self._repetition.slow_down()
        self.on_provisional(response)

    def _acknowledge(self, response: Response, is_first: bool) -> None:
        if response.code >= 300:
            self._send(derive(self.request, "ACK", response.headers.get("To")).data, None)
        elif is_first or self.final is None:
            pass
        elif _tag(response) == _tag(self.final):
            if self.success is not None:
                self._send(self.success.data, None)
        elif all(_tag(response) != _tag(other) for other in self.others):
            self.others.append(response)


def _tag(response: Response) -> str:
    return tag_of(response.headers.get("To") or "")


class ServerTransaction:
    """A request of the other side. tag: our tag in To. code: of our last response, 0 before it. is_acknowledged: of an INVITE."""

    def __init__(self, request: Received, send: Callable[[bytes], None], is_stream: bool) -> None:
        self.request = request
        self.tag = make_tag()
        self.code = 0
        self.is_acknowledged = False
        self._send = send
        self._is_stream = is_stream
        self._last = b""
        self._repetition = Repetition(T2)
        self._repetition.stop()

    @property
    def due(self) -> float:
        """When tick() has something to do (time.monotonic(), or infinity)."""
        return self._repetition.next

    def tick(self) -> None:
        """Send the response to an INVITE again, if it is time."""
        if self._repetition.is_due():
            self._send(self._last)

    def answer(self, code: int, reason: str, fields: Iterable[Tuple[str, str]] = (), body: bytes = b"") -> None:
        """Send a response, unless a final one was sent."""
        if self.code >= 200:
            return
        self.code = code
        self._last = make_response(self.request, code, reason, self.tag, fields, body)
        self._send(self._last)
        # a 2xx passes proxies by itself, so it is repeated over TCP as well
        if self.request.method == "INVITE" and code >= 200 and (code < 300 or not self._is_stream):
            self._repetition = Repetition(T2)

    def take_again(self) -> None:
        """The request was repeated."""
        if self._last:
            self._send(self._last)

    def acknowledge(self) -> None:
        """The ACK came."""
        self.is_acknowledged = True
        self._repetition.stop()

    def is_acknowledged_by(self, ack: Received) -> bool:
        """Whether ack is the ACK of our 2xx: it has a branch of its own."""
        return (
            self.request.method == "INVITE"
            and ack.headers.get("Call-ID") == self.request.headers.get("Call-ID")
            and sequence_of(ack.headers)[0] == sequence_of(self.request.headers)[0]
            and tag_of(ack.headers.get("To") or "") == self.tag
        )
