# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Many requests in flight over one carrier, each reply tied to its request."""

import collections
import contextlib
import heapq
import select
import time
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Deque,
    Dict,
    Generator,
    Iterable,
    Iterator,
    List,
    Optional,
    Tuple,
    Union,
)

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.carrier import Carrier, Encode, Exchange
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    MIError,
    MITimeout,
    ServerError,
    UnexpectedError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import (
    NO_COST,
    Governor,
    cost_of,
    is_out_of_memory,
    lost_its_reply,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Protocol, Request
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply

# what becomes of a request, and with its token
Outcome = Union[Reply, MIError]
Settled = Tuple[Any, Outcome]

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

# How long taken requests may stay unknown before a barrier asks.
_BARRIER_AFTER = 0.02
# Seconds until a barrier that was not answered is sent again: it may be a datagram that was lost.
_BARRIER_AGAIN = 1.0
# Requests to send before looking for replies.
_BURST = 16
# Seconds until a full queue that cannot be polled is tried again.
_RETRY = 0.001
# Seconds for the request that asks for the server's memory, unless the others have less.
LOOK_TIMEOUT = 5.0


class Outgoing:
    """A request on its way out.

    token: the caller's. encode(reply_to) gives a Request. timeout: seconds. method: str, or None.
    """

    __slots__ = ("token", "timeout", "method", "cost", "is_encoded", "can_encode", "_encode")

    def __init__(self, token: Any, encode: Optional[Encode], timeout: float, method: Optional[str] = None) -> None:
        self.token = token
        self.timeout = timeout
        self.method = method
        self.cost = cost_of(method) if method else NO_COST
        # nothing of a request goes out before it is encoded
        self.is_encoded = False
        self.can_encode = encode is not None
        self._encode: Any = encode

    def encode(self, reply_to: Optional[str]) -> Request:
        """The Request. Raises MIError, which is not maybe_sent: what was asked for it besides may be, itself it is not."""
        self.is_encoded = False
        try:
            request: Request = self._encode(reply_to)
        except MIError as error:
            error.having_sent(False)
            raise
        self.is_encoded = True
        return request

    def failure(self, error: BaseException) -> MIError:
        """An exception that sending it ended in as an error of the tree."""
        return error if isinstance(error, MIError) else UnexpectedError(error, maybe_sent=self.is_encoded)


# What is to go out in the place of a request that has this outcome, or None: then it is settled. It raises nothing.
Follow = Callable[[Outgoing, Outcome], Optional[Outgoing]]


class Supply:
    """The requests of a run in the order in which they go out: those of the caller, and before further ones what goes out again:
    those refused for want of memory, and what follows an answer.

    requests: iterable of Outgoing, taken one at a time, just before each is sent. over_http: they go that way (bool).
    follow: see Flight.
    """

    def __init__(
        self,
        requests: Iterable[Outgoing],
        governor: Governor,
        over_http: bool = False,
        follow: "Optional[Follow]" = None,
    ) -> None:
        self._requests = iter(requests)
        self._governor = governor
        self._over_http = over_http
        self._follow = follow
        self._again: Deque[Outgoing] = collections.deque()
        self._ended = False

    @property
    def exhausted(self) -> bool:
        """Nothing more is to be sent, unless something that is under way is refused."""
        return self._ended and not self._again

    def take(self) -> Optional[Outgoing]:
        """The next Outgoing, or None when there is none."""
        if self._again:
            outgoing: Optional[Outgoing] = self._again.popleft()
        else:
            outgoing = None if self._ended else next(self._requests, None)
            self._ended = outgoing is None
        if outgoing is not None:
            self._governor.expect(outgoing.cost)
        return outgoing

    def settle(self, outgoing: "Outgoing", outcome: Outcome) -> Iterator[Settled]:
        """Yield (token, outcome), unless the request goes out again, or another in its place."""
        if is_out_of_memory(outcome, outgoing.method, self._over_http):
            self._governor.refused()
            self._again.append(outgoing)
            return
        if lost_its_reply(outcome):
            self._governor.refused()
        elif not isinstance(outcome, MIError) or isinstance(outcome, ServerError):
            self._governor.answered()
        following = None if self._follow is None else self._follow(outgoing, outcome)
        if following is not None:
            self._again.append(following)
            return
        yield outgoing.token, outcome

    def refuse_rest(self, waiting: Optional[Outgoing], error: MIError) -> Iterator[Settled]:
        """Yield (token, error) for all that was not sent. waiting: an Outgoing that was taken, or None."""
        if waiting is not None:
            yield waiting.token, error
        # the caller may stop at the first error, and has nothing more to send then
        outgoing = self.take()
        while outgoing is not None:
            yield outgoing.token, error
            outgoing = self.take()


def ends_all(error: MIError) -> bool:
    """Whether an error ends a run, and is what becomes of all that was not sent."""
    return error.ends_all and not error.maybe_sent


class Flight:
    """Sends requests through a carrier of exchanges (FIFO, datagram) and yields what becomes of each.

    max_in_flight: requests that may owe an answer. governor: Governor of the run. look: encodes what asks for the server's
    memory; for runs of commands that cost none, None. A server takes requests in order, so any answer shows that all before it
    were taken. barrier: encodes a cheap request whose
    answer shows the same when phones stay silent, and that the server is still there when nothing is answered for a whole
    timeout: until then nothing more goes out. A server that cannot be reached, or takes nothing for as long as one request
    may take, ends the run: what was not sent is not tried one by one. follow: says what goes out again, and how.
    """

    def __init__(
        self,
        carrier: Carrier,
        protocol: Protocol,
        max_in_flight: int,
        governor: Optional[Governor] = None,
        look: Optional[Encode] = None,
        barrier: Optional[Encode] = None,
        follow: Optional[Follow] = None,
    ) -> None:
        self._carrier = carrier
        self._follow = follow
        self._protocol = protocol
        self._max_in_flight = max_in_flight
        self._governor = governor or Governor()
        self._look = Outgoing(None, look, LOOK_TIMEOUT)
        self._window = carrier.window
        self._barrier = Outgoing(None, barrier, 0.0)
        self._poll = select.poll()
        self._pending: Dict[int, Tuple[Outgoing, Exchange, int]] = {}
        self._deadlines: List[Tuple[float, int, int]] = []
        # those of the caller among the pending
        self._under_way = 0
        self._sequence = 0
        self._taken = 0
        self._last_progress = 0.0
        self._barrier_at: Optional[float] = None
        # a request that could not go out yet, when to give it up, and how many went out since the last look at the replies
        self._waiting: Optional[Outgoing] = None
        self._give_up: Optional[float] = None
        self._burst = 0
        # what keeps requests from going out: a word of Governor.waited(), or None
        self._held_by: Optional[str] = None
        # when the server last answered anything, and whether something went unanswered since
        self._answered_at = 0.0
        self._in_doubt = False
        # the error with which all ends that was not sent: the server is gone, or hangs
        self._lost: Optional[MIError] = None

    def run(self, requests: Iterable[Outgoing]) -> Generator[Settled, None, None]:
        """requests: iterable of Outgoing. Yields (token, Reply or MIError), as they come.

        encode(reply_to) gives a Request; what it raises of MIError becomes the outcome and nothing is sent.
        """
        supply = Supply(requests, self._governor, follow=self._follow)
        try:
            while True:
                yield from self._send_burst(supply)
                more = self._has_more(supply)
                if not more and not (self._under_way if self._lost or self._in_doubt else self._pending):
                    return
                # after a burst only what is there already, so that its reply FIFO or socket can serve the next request
                for outgoing, outcome in self._wait(more, self._burst == _BURST):
                    yield from supply.settle(outgoing, outcome)
        finally:
            for _outgoing, exchange, _sequence in list(self._pending.values()):
                _close(exchange)

    def _is_lost(self, error: MIError) -> bool:
        """Whether an error ends the run."""
        return ends_all(error)

    def _has_more(self, supply: Supply) -> bool:
        return self._waiting is not None or not supply.exhausted

    def _send_burst(self, supply: Supply) -> Iterator[Settled]:
        """Send what may go out now, up to a burst; yields the outcomes of what cannot."""
        self._burst, self._held_by = 0, None
        while self._has_more(supply):
            failure = self._lost or self._governor.gives_up(self._under_way > 0)
            if failure is not None:
                outgoing, self._waiting = self._waiting, None
                yield from supply.refuse_rest(outgoing, failure)
                return
            if self._burst == _BURST:
                return
            if not self._may_send():
                if self._lost is None:
                    return
                continue
            if self._waiting is None:
                self._waiting = supply.take()
                if self._waiting is None:
                    return
                # as patient as the requests that it asks for
                self._barrier.timeout = self._waiting.timeout
                # what it costs decides whether it may go
                continue
            outcome: Optional[MIError] = None
            try:
                if not self._send(self._waiting):
                    if not self._gives_up(self._waiting.timeout):
                        self._held_by = "carrier"
                        return
                    # what follows would wait as long, one after the other
                    outcome = self._lost = self._carrier.not_taken()
            except MIError as error:
                outcome = error
                self._lost = error if self._is_lost(error) else None
            outgoing, self._waiting, self._give_up = self._waiting, None, None
            if outcome is None:
                self._burst += 1
            else:
                yield outgoing.token, outcome

    def _may_send(self) -> bool:
        if self._in_doubt:
            self._held_by = "carrier"
            self._send_barrier()
            return False
        if len(self._pending) >= self._max_in_flight:
            self._held_by = "answers"
            return False
        if self._governor.look_due() and not self._send_look():
            return False
        if self._is_held() or len(self._pending) >= self._max_in_flight:
            return False
        if self._window is None or self._sequence - self._taken < self._window:
            return True
        self._held_by = "carrier"
        self._send_barrier()
        return False

    def _is_held(self) -> bool:
        """Whether the governor holds requests back."""
        if not self._governor.wait():
            return False
        self._held_by, self._give_up = self._governor.held_by, None
        return True

    def _gives_up(self, timeout: float) -> bool:
        """Whether a request has been held back for as long as it may take altogether."""
        now = time.monotonic()
        if self._give_up is None:
            self._give_up = now + timeout
        return now >= self._give_up

    def _send_barrier(self) -> None:
        """Ask whether the server takes anything, once nothing has shown it for a while; again if nothing is answered."""
        now = time.monotonic()
        if not self._barrier.can_encode or (not self._in_doubt and now - self._last_progress < _BARRIER_AFTER):
            return
        if self._barrier_at is not None and now - self._barrier_at < _BARRIER_AGAIN:
            return
        try:
            if self._send(self._barrier):
                self._barrier_at, self._give_up = now, None
            elif self._gives_up(self._barrier.timeout):
                self._lost = self._carrier.not_taken()
        except MIError as error:
            self._lost = error

    def _send_look(self) -> bool:
        """Ask for the server's memory; gives whether that is settled for now. Where the carrier is full, it is tried again."""
        if self._waiting is not None:
            self._look.timeout = min(LOOK_TIMEOUT, self._waiting.timeout)
        try:
            if self._send(self._look):
                self._governor.looking()
                self._give_up = None
                return True
        except MIError as error:
            self._governor.looked(error)
            return True
        self._held_by = "carrier"
        if self._waiting is not None and self._gives_up(self._waiting.timeout):
            # a server that takes no look takes no request
            self._lost = self._carrier.not_taken()
        return False

    def _send(self, outgoing: "Outgoing") -> bool:
        """Whether the carrier took it. Raises MIError, which says whether it may have been sent."""
        try:
            exchange = self._start(outgoing)
        except MIError:
            raise
        except Exception as error:  # whatever it is, the other requests have their outcomes
            raise outgoing.failure(error) from error
        if exchange is None:
            return False
        now = time.monotonic()
        if outgoing is not self._barrier and outgoing is not self._look:
            self._governor.sent()
            self._under_way += 1
        self._sequence += 1
        if self._sequence - self._taken == 1:
            self._last_progress = now
        exchange.sent(outgoing.timeout)
        fd = exchange.fileno()
        self._pending[fd] = (outgoing, exchange, self._sequence)
        self._poll.register(fd, select.POLLIN)
        heapq.heappush(self._deadlines, (exchange.deadline, self._sequence, fd))
        return True

    def _start(self, outgoing: "Outgoing") -> Optional[Exchange]:
        return self._carrier.start(outgoing.encode, self._protocol)

    def _wait(self, more: bool, hurry: bool) -> Iterator[Tuple[Outgoing, Outcome]]:
        """Serve what is ready, or wait for it unless in a hurry; yields (Outgoing, outcome). more: there are requests to send."""
        for fd, _event in self._ready(more, hurry):
            if fd not in self._pending:
                continue
            outgoing, exchange, sequence = self._pending[fd]
            try:
                received: List[Any] = [exchange.receive()]
            except Exception as error:  # whatever it is, the other requests have their outcomes
                yield from self._finish(fd, outgoing.failure(error))
                continue
            if received[0] is not None:
                outcome = self._decode(exchange, received)
                if not exchange.ignores(outcome):
                    yield from self._finish(fd, outcome)
                continue
            if exchange.fileno() != fd:
                self._moved(fd, exchange.fileno())
            heapq.heappush(self._deadlines, (exchange.deadline, sequence, exchange.fileno()))
        yield from self._expire()

    def _ready(self, more: bool, hurry: bool) -> List[Tuple[int, int]]:
        """The (descriptor, event) on which something came, as soon as there is any or it is time to look after the requests."""
        pause = 0.0 if hurry else self._pause(more)
        blocked = self._held_by == "carrier" and self._give_up is not None and not hurry
        writable = self._carrier.writable_fd() if blocked else None
        if writable is not None:
            self._poll.register(writable, select.POLLOUT)
        elif blocked:
            pause = min(pause, _RETRY)
        started = time.monotonic()
        events = self._poll.poll(pause * 1000)
        if writable is not None:
            self._poll.unregister(writable)
        if more and not hurry and self._held_by is not None:
            self._governor.waited(self._held_by, time.monotonic() - started)
        return events

    def _pause(self, more: bool) -> float:
        pauses = [1.0]
        if self._held_by == "carrier" and self._give_up is not None:
            pauses.append(self._give_up - time.monotonic())
        if self._deadlines:
            pauses.append(self._deadlines[0][0] - time.monotonic())
        if more:
            if self._held_by not in ("answers", "carrier"):
                # by now it may be time
                pauses.append(self._governor.wait())
            if self._window is not None and self._sequence - self._taken >= self._window:
                pauses.append(_BARRIER_AFTER)
        return max(0.0, min(pauses))

    def _moved(self, old: int, new: int) -> None:
        """A reply FIFO was opened anew, under another descriptor."""
        self._poll.unregister(old)
        self._pending[new] = self._pending.pop(old)
        self._poll.register(new, select.POLLIN)

    def _expire(self) -> Iterator[Tuple[Outgoing, Outcome]]:
        now = time.monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            _deadline, sequence, fd = heapq.heappop(self._deadlines)
            entry = self._pending.get(fd)
            if entry is None or entry[2] != sequence or entry[1].deadline > now:
                continue
            try:
                outcome = self._decode(entry[1], [entry[1].expire()])
            except Exception as error:  # whatever it is, the other requests have their outcomes
                outcome = entry[0].failure(error)
            yield from self._finish(fd, outcome, reusable=False)

    def _decode(self, exchange: Exchange, received: List[bytes]) -> Outcome:
        """received: the reply's bytes in a list, so that nobody else holds them: they may be many, and decoding doubles them."""
        try:
            if self._carrier.marks_end:
                self._protocol.check_marked_end(received[0])
            return self._protocol.decode(received.pop(), exchange.request)
        except MIError as error:
            return error
        except Exception as error:  # whatever it is, the other requests have their outcomes
            return UnexpectedError(error)

    def _finish(self, fd: int, outcome: Outcome, reusable: bool = True) -> Iterator[Tuple[Outgoing, Outcome]]:
        outgoing, exchange, sequence = self._pending.pop(fd)
        self._poll.unregister(fd)
        if isinstance(outcome, MIError) and self._is_lost(outcome):
            self._lost = outcome
        elif reusable:
            self._note_answer(sequence)
        else:
            self._note_silence(outgoing, exchange)
        _close(exchange, reusable and not isinstance(outcome, MIError) or isinstance(outcome, ServerError))
        if outgoing is self._look:
            self._governor.looked(outcome)
        elif outgoing is not self._barrier:
            self._under_way -= 1
            yield outgoing, outcome

    def _note_answer(self, sequence: int) -> None:
        """Only an answer shows what the server took; a deadline does not."""
        self._answered_at = time.monotonic()
        self._in_doubt, self._lost = False, None
        if sequence > self._taken:
            self._taken = sequence
            self._last_progress = self._answered_at
            self._barrier_at = None

    def _note_silence(self, outgoing: "Outgoing", exchange: Exchange) -> None:
        if outgoing is self._barrier:
            if time.monotonic() - self._last_progress >= self._barrier.timeout:
                self._lost = self._carrier.not_taken()
            return
        # a phone may be silent, or the server
        self._in_doubt = self._barrier.can_encode and exchange.sent_at > self._answered_at
        if len(self._pending) == 0:
            self._taken = self._sequence


def _close(exchange: Exchange, reusable: bool = False) -> None:
    """Free what an exchange holds; an outcome is not lost because a file or a socket is."""
    try:
        exchange.close(reusable)
    except Exception:  # it is not used again
        with contextlib.suppress(Exception):
            exchange.close()


class BlockingFlight:
    """The same for a carrier that blocks (HTTP), in a number of threads.

    exchange(encode, timeout): gives the Reply, or raises MIError. workers: requests at a time. carrier: for messages.
    governor, look, barrier, follow: as for Flight.
    """

    def __init__(
        self,
        exchange: Callable[[Encode, float], Reply],
        workers: int,
        carrier: Carrier,
        governor: Governor,
        look: Encode,
        barrier: Encode,
        follow: Optional[Follow] = None,
    ) -> None:
        self._exchange = exchange
        self._follow = follow
        self._workers = workers
        self._carrier = carrier
        self._governor = governor
        self._look = Outgoing(None, look, LOOK_TIMEOUT)
        self._barrier = Outgoing(None, barrier, 0.0)
        # {future: (Outgoing, when it began)}
        self._running: Dict[Future[Outcome], Tuple[Outgoing, float]] = {}
        self._waiting: Optional[Outgoing] = None
        self._answered_at = 0.0
        self._in_doubt = False
        self._lost: Optional[MIError] = None

    def run(self, requests: Iterable[Outgoing]) -> Iterator[Settled]:
        """requests: iterable of Outgoing. Yields (token, Reply or MIError), as they come."""
        from concurrent.futures import ThreadPoolExecutor

        supply = Supply(requests, self._governor, over_http=True, follow=self._follow)
        with ThreadPoolExecutor(self._workers) as pool:
            while True:
                if self._waiting is not None or not supply.exhausted:
                    error = self._lost or self._governor.gives_up(self._is_waited_for())
                    if error is not None:
                        outgoing, self._waiting = self._waiting, None
                        yield from supply.refuse_rest(outgoing, error)
                pause = self._start(supply, pool)
                if self._waiting is None and supply.exhausted and not self._running:
                    return
                for outgoing, outcome in self._finished(pause):
                    if outgoing is self._look:
                        self._governor.looked(outcome)
                    elif outgoing is not self._barrier:
                        yield from supply.settle(outgoing, outcome)

    def _is_waited_for(self) -> bool:
        """Whether an answer to a request of the caller is waited for."""
        return any(
            outgoing is not self._look and outgoing is not self._barrier for outgoing, _at in self._running.values()
        )

    def _start(self, supply: Supply, pool: "ThreadPoolExecutor") -> Optional[float]:
        """Start what may go out now; gives the seconds until more may, or None when it is for the answers."""
        while len(self._running) < self._workers and (self._waiting is not None or not supply.exhausted):
            if self._in_doubt:
                if not any(outgoing is self._barrier for outgoing, _at in self._running.values()):
                    self._submit(pool, self._barrier)
                return None
            if self._governor.look_due():
                self._governor.looking()
                self._submit(pool, self._look)
                continue
            pause = self._governor.wait()
            if pause:
                return pause
            if self._waiting is None:
                # what it costs decides whether it may go
                self._waiting = supply.take()
                if self._waiting is not None:
                    self._barrier.timeout = self._waiting.timeout
                continue
            self._governor.sent()
            self._submit(pool, self._waiting)
            self._waiting = None
        return None

    def _submit(self, pool: "ThreadPoolExecutor", outgoing: "Outgoing") -> None:
        from concurrent.futures import Future

        try:
            future = pool.submit(self._outcome, outgoing)
        except RuntimeError as error:
            # no further thread can be started; one of the others may take it from the queue
            future = Future()
            future.set_result(UnexpectedError(error))
        self._running[future] = outgoing, time.monotonic()

    def _outcome(self, outgoing: "Outgoing") -> Outcome:
        try:
            return self._exchange(outgoing.encode, outgoing.timeout)
        except Exception as error:  # whatever it is, the other requests have their outcomes
            return outgoing.failure(error)

    def _note(self, outgoing: "Outgoing", outcome: Outcome, began: float) -> None:
        """What an outcome shows of the server."""
        if isinstance(outcome, MIError) and ends_all(outcome):
            self._lost = outcome
        elif not isinstance(outcome, MITimeout):
            self._answered_at = time.monotonic()
            self._in_doubt, self._lost = False, None
        elif began > self._answered_at:
            self._in_doubt = self._barrier.can_encode
            if outgoing is self._barrier:
                self._lost = self._carrier.not_taken()

    def _finished(self, pause: Optional[float]) -> List[Tuple[Outgoing, Outcome]]:
        """[(Outgoing, outcome)] of what ended within pause (seconds, None: without limit)."""
        from concurrent.futures import FIRST_COMPLETED, wait

        started = time.monotonic()
        if self._running:
            done: Iterable[Future[Outcome]] = wait(self._running, timeout=pause, return_when=FIRST_COMPLETED)[0]
        else:
            time.sleep(pause or 0.0)
            done = ()
        if self._waiting is not None or pause:
            # httpd has one process for all requests
            self._governor.waited(self._governor.held_by if pause else "carrier", time.monotonic() - started)
        finished = []
        for future in done:
            outgoing, began = self._running.pop(future)
            outcome = future.result()
            self._note(outgoing, outcome, began)
            finished.append((outgoing, outcome))
        return finished
