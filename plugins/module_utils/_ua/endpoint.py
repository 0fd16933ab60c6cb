# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One end of SIP at a server: a connection with its transactions. A Loop waits for several of them at once.

All is done by one thread, in the calls of Loop.run(): handlers of requests are called from there.
"""

import contextlib
import functools
import math
import select
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._sip.secrecy import Secrets
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import (
    BadResponse,
    UserAgentError,
)
from ansible_collections.community.opensips.plugins.module_utils._ua.message import (
    Message,
    Received,
    Request,
    Response,
    branch_of,
    sequence_of,
    take_message,
)
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target
from ansible_collections.community.opensips.plugins.module_utils._ua.transaction import (
    ClientTransaction,
    ServerTransaction,
)
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import (
    NO_FILES,
    TlsFiles,
    Transport,
    hung_up,
)

# seconds between two looks at whether somebody interrupted the run
_PAUSE = 0.25
# seconds for handing a message to the network
_SENDING = 2.0
# requests of others that are kept, to recognize repeated ones: a test sees a handful
_MOST_REQUESTS = 64

Handler = Callable[[ServerTransaction], None]


def refuse(transaction: ServerTransaction) -> None:
    """Answer a request that is not for this test: the sender must not take it for delivered."""
    method = transaction.request.method
    if method == "OPTIONS":
        transaction.answer(200, "OK")
    elif method in ("INVITE", "MESSAGE"):
        transaction.answer(480, "Temporarily Unavailable")
    elif method in ("BYE", "CANCEL", "NOTIFY"):
        transaction.answer(481, "Call/Transaction Does Not Exist")
    else:
        transaction.answer(405, "Method Not Allowed", [("Allow", "INVITE, ACK, CANCEL, BYE, MESSAGE, OPTIONS")])


class Endpoint:
    """A connection to a target, which is opened by the deadline (time.monotonic()). Raises UserAgentError.

    party: whose it is, for the list of exchanges. handler: called with each new request of the other side. exchanges: list of
    the ClientTransactions, in order. failure: why nothing can be sent any more, or None. secrets: what the reason of a response does
    not show.
    """

    def __init__(
        self,
        target: Target,
        deadline: float,
        files: TlsFiles = NO_FILES,
        party: str = "account",
        secrets: Optional[Secrets] = None,
    ) -> None:
        self.party = party
        self.secrets = secrets or Secrets()
        self.transport = Transport(target, deadline, files)
        self.handler: Handler = refuse
        self.exchanges: List[ClientTransaction] = []
        self.failure: Optional[UserAgentError] = None
        self._running: Dict[Tuple[str, str], ClientTransaction] = {}
        self._requests: Dict[Tuple[str, str], ServerTransaction] = {}
        self._data = b""

    @property
    def is_stream(self) -> bool:
        return self.transport.is_stream

    @property
    def via(self) -> str:
        """The Via of requests, without its parameters (str)."""
        return f"SIP/2.0/{self.transport.target.transport.upper()} {self.transport.local}"

    def contact(self, user: str) -> str:
        """The URI at which a user is reached here (str)."""
        kind = self.transport.target.transport
        return f"sip:{user}@{self.transport.local}{f';transport={kind}' if self.is_stream else ''}"

    def send(self, data: bytes, address: Any = None) -> None:
        """Send data (bytes). Raises UserAgentError."""
        self.transport.send(data, time.monotonic() + _SENDING, address)

    def _send_back(self, data: bytes, address: Any) -> None:
        """Send a response. If the other side has closed the connection, what it sent before still counts."""
        with contextlib.suppress(UserAgentError):
            self.send(data, address)

    def start(self, request: Request, address: Any = None) -> ClientTransaction:
        """Send a request that expects a response. address: another one than the server's."""
        transaction = ClientTransaction(request, self.send, self.is_stream, address)
        self._running[(request.branch, request.method)] = transaction
        self.exchanges.append(transaction)
        return transaction

    @property
    def due(self) -> float:
        """When tick() has something to do (time.monotonic(), or infinity)."""
        return min((item.due for item in self._transactions()), default=math.inf)

    def tick(self) -> None:
        """Send again what is due."""
        for transaction in self._transactions():
            transaction.tick()

    def _transactions(self) -> List[Any]:
        return [*self._running.values(), *self._requests.values()]

    def close(self) -> None:
        """Close the connection."""
        self.transport.close()

    def receive(self) -> None:
        """Handle what came. Raises UserAgentError if it is no SIP, or the connection is closed."""
        data = self.transport.receive(time.monotonic())
        if data is None:
            return
        if not self.is_stream:
            self._take_datagram(data)
            return
        if not data:
            raise hung_up(self.transport.target)
        self._data += data
        found = self._first()
        while found is not None:
            message, self._data = found
            self._take(message)
            found = self._first()

    def _first(self) -> Optional[Tuple[Message, bytes]]:
        """What take_message() finds in the data of a stream. Raises BadResponse, which does not quote a secret."""
        try:
            return take_message(self._data)
        except BadResponse:
            if self.secrets.occur_in(self._data.decode("utf-8", "replace")):
                raise BadResponse("What came is no SIP message") from None
            raise

    def _take_datagram(self, data: bytes) -> None:
        """Datagrams that are something else are passed over: anybody can send one."""
        try:
            found = take_message(data, is_whole=True)
        except BadResponse:
            return
        if found is not None:
            self._take(found[0])

    def _take(self, message: Message) -> None:
        if isinstance(message, Received):
            self._take_request(message)
            return
        message = self._readable(message)
        transaction = self._running.get((branch_of(message.headers), sequence_of(message.headers)[1]))
        if transaction is not None and message.answers(transaction.request):
            transaction.take(message)

    def _readable(self, response: Response) -> Response:
        """A response whose reason shows no secret."""
        return response._replace(reason=self.secrets.hide(response.reason))

    def _take_request(self, request: Received) -> None:
        if request.method == "ACK":
            self._take_ack(request)
            return
        key = (branch_of(request.headers), request.method)
        if key in self._running:
            # what only sends back our own request is no server: an answer to it would come back, too
            return
        known = self._requests.get(key)
        if known is not None:
            known.take_again()
        elif len(self._requests) < _MOST_REQUESTS and _is_whole(request):
            # a response goes to where the request came from (RFC 3581)
            send = functools.partial(self._send_back, address=self.transport.source)
            transaction = ServerTransaction(request, send, self.is_stream)
            self._requests[key] = transaction
            if request.method == "CANCEL":
                self._cancel(key[0], transaction)
            else:
                self.handler(transaction)

    def _take_ack(self, ack: Received) -> None:
        refused = self._requests.get((branch_of(ack.headers), "INVITE"))
        if refused is not None and refused.code >= 300:
            refused.acknowledge()
        for transaction in self._requests.values():
            if 200 <= transaction.code < 300 and transaction.is_acknowledged_by(ack):
                transaction.acknowledge()

    def _cancel(self, branch: str, cancel: ServerTransaction) -> None:
        invite = self._requests.get((branch, "INVITE"))
        if invite is None:
            refuse(cancel)
            return
        cancel.answer(200, "OK")
        invite.answer(487, "Request Terminated")


def _is_whole(request: Received) -> bool:
    """Whether a request has what a response to it repeats."""
    return all(name in request.headers for name in ("Via", "From", "To", "Call-ID")) and (
        sequence_of(request.headers)[1] == request.method
    )


class Loop:
    """Waits for several endpoints at once.

    is_leaving: whether what was begun is being ended: neither break_off() nor the failure of an endpoint keeps it from that.
    """

    def __init__(self) -> None:
        self.endpoints: List[Endpoint] = []
        self._stop: List[BaseException] = []
        self.is_leaving = False
        self._later: List[Tuple[float, Callable[[], None]]] = []

    def add(self, endpoint: Endpoint) -> Endpoint:
        """Wait for this one, too."""
        self.endpoints.append(endpoint)
        return endpoint

    def break_off(self, error: BaseException) -> None:
        """Have run() raise an exception; for signals and other threads."""
        self._stop.append(error)

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        """Call function in so many seconds, if the loop runs then."""
        self._later.append((time.monotonic() + seconds, function))

    def run(self, until: Callable[[], Any], deadline: float) -> bool:
        """Handle what comes until a condition is true: whether it was, by the deadline (time.monotonic())."""
        while not until():
            if self._stop and not self.is_leaving:
                raise self._stop[0]
            if time.monotonic() >= deadline:
                return False
            self._turn(deadline)
        return True

    def _turn(self, deadline: float) -> None:
        self._call_due()
        for endpoint in self._alive():
            self._attempt(endpoint, endpoint.tick)
        for endpoint in self._readable(deadline):
            self._attempt(endpoint, endpoint.receive)

    def _alive(self) -> List[Endpoint]:
        return [endpoint for endpoint in self.endpoints if endpoint.failure is None]

    def _attempt(self, endpoint: Endpoint, function: Callable[[], None]) -> None:
        try:
            function()
        except UserAgentError as error:
            endpoint.failure = error
            if not self.is_leaving:
                raise

    def _call_due(self) -> None:
        now = time.monotonic()
        due = [function for when, function in self._later if when <= now]
        self._later = [entry for entry in self._later if entry[0] > now]
        for function in due:
            function()

    def _readable(self, deadline: float) -> List[Endpoint]:
        """The endpoints to which something came: until something is due, the deadline, or the next look at whether to break off."""
        alive = self._alive()
        ready = [endpoint for endpoint in alive if endpoint.transport.has_more]
        if ready:
            return ready
        now = time.monotonic()
        due = min([deadline, now + _PAUSE, *(end.due for end in alive), *(when for when, _call in self._later)])
        poll = select.poll()
        for endpoint in alive:
            poll.register(endpoint.transport.fileno(), select.POLLIN)
        found = {number for number, _event in poll.poll(math.ceil(max(0.0, due - now) * 1000))}
        return [endpoint for endpoint in alive if endpoint.transport.fileno() in found]

    def close(self) -> None:
        """Close all endpoints."""
        for endpoint in self.endpoints:
            endpoint.close()
