# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Finding out what a server speaks, with requests that harm none of them.

``version`` exists on every OpenSIPS since 1.4 and changes nothing. JSON with a string method is safe everywhere; on a FIFO
it is followed by an empty line, so a server before 3.0, which does not answer it, swallows nothing else. A line request is
answered ``400 Parse_error`` by a 3.x datagram socket, and dropped by a 3.x FIFO if it comes alone. A server before 3.0 logs
JSON as an error, so once it is known, it is asked in its own way first (memory.py).
"""

import time
from typing import TYPE_CHECKING, Any, Generator, Iterator, List, Optional, Sequence, Tuple, Type, cast

from ansible_collections.community.opensips.plugins.module_utils._mi import memory
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import reach
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.carrier import (
    Carrier,
    Encode,
    Exchange,
    seconds_left,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    ConnectError,
    HTTPStatusError,
    MalformedReply,
    MIError,
    MITimeout,
    RejectedCommand,
    RequestTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.flight import Flight, Outcome, Outgoing, Settled
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import ReplyLimit
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Protocol, Request
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.datagram import DatagramCarrier
    from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.fifo import FifoCarrier

# Seconds: a server of 3.x answers at once what it has read; one before 3.0 never answers JSON on its FIFO.
_QUIET = 0.25


def find_protocol(carrier: Any, timeout: float) -> Tuple[Protocol, Reply]:
    """(protocol, Reply to ``version``) of the server behind carrier; timeout in seconds.

    Raises ConnectError, MITimeout or MalformedReply.
    """
    if carrier.blocking:
        return _blocking(carrier, timeout)
    names = list(carrier.protocols)
    remembered = memory.recall(carrier.identity)
    if remembered in names:
        names.sort(key=lambda name: name != remembered)
    protocol, reply = (_fifo if carrier.needs_reply_fifo else _datagram)(carrier, timeout, names)
    # the usual first one needs no memory
    if protocol.name != names[0]:
        memory.remember(carrier.identity(), protocol.name)
    return protocol, reply


def use_protocol(carrier: Any, name: str, timeout: float) -> Tuple[Protocol, Optional[Reply]]:
    """(protocol called name, Reply to ``version`` or None) without trying others.

    A FIFO is asked first, since a request of the wrong generation harms it unless it comes alone, and so are the addresses of
    a host that has several, since only an answer shows at which one the server is. Raises as find_protocol.
    """
    if carrier.needs_reply_fifo:
        return _fifo(carrier, timeout, (name,))
    protocol = make_protocol(name, carrier.limit)
    if not carrier.blocking and len(carrier.addresses) > 1:
        outcome = _first_answer(carrier, protocol, timeout)
        return protocol, None if isinstance(outcome, MIError) else outcome
    return protocol, None


def make_protocol(name: str, limit: Optional[ReplyLimit] = None) -> Protocol:
    """A new protocol of that name. limit: ReplyLimit. Imported here, since a module on a target compiles what it imports each time."""
    made: Type[Protocol]
    if name == "jsonrpc":
        from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol

        made = JsonRpcProtocol
    elif name == "line":
        from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line import LineProtocol

        made = LineProtocol
    elif name == "xmlrpc":
        from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.xmlrpc import XmlRpcProtocol

        made = XmlRpcProtocol
    else:
        from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.mi_json import MiJsonProtocol

        made = MiJsonProtocol
    return made(limit)


def _fifo(carrier: "FifoCarrier", timeout: float, names: Sequence[str]) -> Tuple[Protocol, Reply]:
    """Ask in each protocol's way, the next only after the server took the one before and stayed silent; the first answer wins.

    So do the directories in which the reply may come, if there are several.
    """
    failures = []

    def requests() -> Iterator[Outgoing]:
        for directory in carrier.reply_dirs:
            for name in names:
                protocol = make_protocol(name, carrier.limit)
                probe = _line_probe if protocol.by_line else _json_probe
                yield Outgoing((protocol, directory), probe(protocol), timeout)

    outcomes = _FifoProbe(carrier, len(names) * len(carrier.reply_dirs), timeout).run(requests())
    try:
        for (protocol, directory), outcome in outcomes:
            if not isinstance(outcome, MIError):
                carrier.use_reply_dir(directory)
                return protocol, outcome
            if isinstance(outcome, (ServerError, ConnectError)):
                raise outcome
            failures.append(outcome)
    finally:
        outcomes.close()
    if all(isinstance(failure, MITimeout) for failure in failures) and carrier.unread():
        raise carrier.not_taken()
    raise _worst(failures)


class _FifoProbe(Flight):
    """Requests that are each their own protocol's to decode, every further one held back.

    Text that a FIFO of 3.x or 4.x reads in one piece behind a JSON request stays in its buffer and stops it for good
    (mi_fifo/fifo_fnc.c: remain_len is not reset when the rest does not parse; seen on 3.6.8). So probes go out alone: into
    an empty FIFO, with our other clients locked out until the server took them.
    """

    _carrier: "FifoCarrier"

    def __init__(self, carrier: "FifoCarrier", count: int, timeout: float) -> None:
        # each probe brings its protocol
        super().__init__(carrier, cast(Protocol, None), max_in_flight=count)
        self._timeout = timeout
        self._quiet_since: Optional[float] = None
        self._unread_since: Optional[float] = None

    def _may_send(self) -> bool:
        if not self._sequence:
            return True
        now = time.monotonic()
        if self._carrier.unread():
            self._quiet_since = None
            self._unread_since = now if self._unread_since is None else self._unread_since
            if now - self._unread_since >= self._timeout:
                # a server that does not read one probe takes no other
                raise self._carrier.not_taken()
            return False
        self._unread_since = None
        if self._quiet_since is None:
            self._quiet_since = now
        return now - self._quiet_since >= _QUIET

    def _pause(self, more: bool) -> float:
        return min(super()._pause(more), 0.01) if more else super()._pause(more)

    def _start(self, outgoing: Outgoing) -> Optional[Exchange]:
        protocol, directory = outgoing.token
        return self._carrier.start(outgoing.encode, protocol, alone=True, reply_dir=directory)

    def _finish(self, fd: int, outcome: Outcome, reusable: bool = True) -> Iterator[Tuple[Outgoing, Outcome]]:
        # a server that does not know the protocol may answer later: never use that reply FIFO again
        return super()._finish(fd, outcome, False)

    def _decode(self, exchange: Exchange, received: List[bytes]) -> Outcome:
        self._protocol = self._pending[exchange.fileno()][0].token[0]
        return super()._decode(exchange, received)


def _json_probe(protocol: Protocol) -> Encode:
    def encode(reply_to: Optional[str]) -> Request:
        request = protocol.encode("version", None, reply_to)
        if reply_to is not None:
            request.data += b"\n"
        return request

    return encode


def _line_probe(protocol: Protocol) -> Encode:
    """Without parameters the same call serves every protocol but JSON-RPC over FIFO."""
    return lambda reply_to: protocol.encode("version", (), reply_to)


def _datagram(carrier: "DatagramCarrier", timeout: float, names: Sequence[str]) -> Tuple[Protocol, Reply]:
    """Ask in each protocol's way, the next after an answer in another one."""
    deadline = time.monotonic() + timeout
    protocol = make_protocol(names[0], carrier.limit)
    outcome = _first_answer(carrier, protocol, timeout)
    for name in names[1:]:
        if not isinstance(outcome, MalformedReply):
            break
        protocol = make_protocol(name, carrier.limit)
        outgoing = Outgoing(protocol, _line_probe(protocol), seconds_left(deadline))
        _token, outcome = next(Flight(carrier, protocol, 1).run([outgoing]))
    if isinstance(outcome, MIError):
        raise outcome
    return protocol, outcome


def _first_answer(carrier: "DatagramCarrier", protocol: Protocol, timeout: float) -> Outcome:
    """What the first address of carrier answers to version (Reply or MIError), which is then the one in use.

    Raises ConnectError or MITimeout when none answers.
    """
    outcomes = _AddressProbe(carrier, protocol, timeout).outcomes()
    failures = []
    try:
        for address, outcome in outcomes:
            if not isinstance(outcome, (ConnectError, MITimeout)):
                if len(carrier.addresses) > 1:
                    carrier.use_address(address)
                return outcome
            failures.append(outcome)
    finally:
        outcomes.close()
    failure = _worst(failures)
    raise type(failure)(failure.message + reach.among(carrier.addresses), failure.hint)


class _AddressProbe(Flight):
    """Asks all addresses of a host, the next when those before it have failed or stayed silent for a moment."""

    _carrier: "DatagramCarrier"

    def __init__(self, carrier: "DatagramCarrier", protocol: Protocol, timeout: float) -> None:
        super().__init__(carrier, protocol, max_in_flight=len(carrier.addresses))
        self._deadline = time.monotonic() + timeout
        self._head_start = reach.head_start(len(carrier.addresses), timeout)
        self._next = 0.0

    def outcomes(self) -> Generator[Settled, None, None]:
        """Yields (address, Reply or MIError)."""
        return self.run(self._requests())

    def _requests(self) -> Iterator[Outgoing]:
        for address in self._carrier.addresses:
            # over datagrams the probe of every protocol is what this one says
            yield Outgoing(address, _line_probe(self._protocol), seconds_left(self._deadline))

    def _may_send(self) -> bool:
        if not self._pending or time.monotonic() >= self._next:
            return True
        self._held_by = "answers"
        return False

    def _pause(self, more: bool) -> float:
        pause = super()._pause(more)
        return min(pause, seconds_left(self._next)) if more else pause

    def _is_lost(self, error: MIError) -> bool:
        # each address may be a server of its own
        return False

    def _start(self, outgoing: Outgoing) -> Optional[Exchange]:
        self._next = time.monotonic() + self._head_start
        self._carrier.use_address(outgoing.token)
        return super()._start(outgoing)


def _blocking(carrier: Carrier, timeout: float) -> Tuple[Protocol, Reply]:
    """Ask in each protocol's way, the next when the endpoint did not understand the one before."""
    deadline = time.monotonic() + timeout
    failures: List[MIError] = []
    for name in carrier.protocols:
        protocol = make_protocol(name, carrier.limit)
        try:
            request, data = carrier.exchange(_line_probe(protocol), deadline)
            reply = protocol.decode(data, request)
            if not _is_version(reply):
                raise MalformedReply(f"The endpoint answered {reply.raw[:60]!r} to version", "Correct url")
            return protocol, reply
        except HTTPStatusError as error:
            if error.status not in (400, 404, 405, 406, 415, 500, 501):
                raise
            failures.append(error)
        except (MITimeout, RequestTooLarge):
            raise
        except (MalformedReply, ServerError) as error:
            failures.append(error)
        except ConnectError as error:
            # an endpoint of another protocol drops the connection; one that is not there refuses it
            if not error.is_hangup:
                raise
            failures.append(error)
    raise _worst(failures)


def _is_version(reply: Reply) -> bool:
    if reply.is_tree:
        return any(name == "Server" for _depth, name, _value, _attributes in reply.walk())
    return isinstance(reply.result, dict) and "Server" in reply.result


def _worst(failures: Sequence[MIError]) -> MIError:
    """The failure of the most likely protocol, which is the first that was tried, unless it merely was not understood."""
    for kind in (HTTPStatusError, MITimeout):
        for failure in failures:
            if isinstance(failure, kind):
                return failure
    telling = [failure for failure in failures if not isinstance(failure, RejectedCommand)]
    return (telling or failures)[0]
