# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Many requests in flight over one carrier, each reply tied to its request."""

import heapq
import select
import time

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError, MITimeout

# A UDP socket of default size loses requests from about 200 that the server has not yet taken.
LOSSY_WINDOW = 64
# Requests that may wait for an answer. Dead phones hold their place for fr_timeout, so this is far more than a window;
# over FIFO each has a file of its own.
DEFAULT_IN_FLIGHT = {"fifo": 1000, "datagram": 4000, "http": 4}
# How long taken requests may stay unknown before a barrier asks.
_BARRIER_AFTER = 0.02
# Requests to send before looking for replies.
_BURST = 16
# The server has one process for all of HTTP; a few connections keep it busy.
HTTP_WORKERS = 4
# Seconds until a full queue that cannot be polled is tried again.
_RETRY = 0.001
# Seconds of lateness that a paced run may make up for.
_CATCH_UP = 0.05


class Pace:
    """When the next request may go: at most rate requests a second (float, None: no limit)."""

    def __init__(self, rate):
        self._gap = 1.0 / rate if rate else 0.0
        self._next = 0.0

    def wait(self):
        """Seconds until the next request may go; 0: now."""
        return max(0.0, self._next - time.monotonic()) if self._gap else 0.0

    def sent(self):
        if self._gap:
            # a late wake-up is made up for, a stall is not: that would be a burst
            now = time.monotonic()
            self._next = (self._next if now - self._next < _CATCH_UP else now) + self._gap


class Flight:
    """Sends requests through a carrier of exchanges (FIFO, datagram) and yields what becomes of each.

    max_in_flight: requests that may owe an answer. rate: requests a second, or None.
    window: requests that the server may not yet have taken, or None where the carrier holds back by itself; a server
    takes them in order, so any answer shows that all before it were taken. barrier: encodes a cheap request whose answer
    shows the same when phones stay silent.
    """

    def __init__(self, carrier, protocol, max_in_flight, rate=None, window=None, barrier=None):
        self._carrier = carrier
        self._protocol = protocol
        self._max_in_flight = max_in_flight
        self._pace = Pace(rate)
        self._window = window
        self._barrier = barrier
        self._poll = select.poll()
        self._pending = {}
        self._deadlines = []
        self._sequence = 0
        self._taken = 0
        self._last_progress = 0.0
        self._barrier_at = None
        # when to give up a request that the carrier does not take
        self._give_up = None
        self._timeout = 0.0
        # the server took nothing for as long as a request may take
        self._hung = False

    def run(self, requests):
        """requests: iterable of (token, encode, timeout in seconds). Yields (token, Reply or MIError), as they come.

        encode(reply_to) gives a Request; what it raises of MIError becomes the outcome and nothing is sent.
        """
        requests = iter(requests)
        waiting = None
        exhausted = False
        try:
            while True:
                blocked, burst = False, 0
                if self._hung:
                    yield from self._refuse_rest(waiting, requests)
                    waiting, exhausted = None, True
                while not exhausted and burst < _BURST and self._may_send():
                    if waiting is None:
                        waiting = next(requests, None)
                        if waiting is None:
                            exhausted = True
                            break
                        if self._pace.wait():
                            break
                    token, encode, self._timeout = waiting
                    try:
                        blocked = not self._send(token, encode, self._timeout)
                    except MIError as error:
                        waiting = self._give_up = None
                        yield token, error
                        continue
                    if blocked and not self._gives_up(self._timeout):
                        break
                    waiting = self._give_up = None
                    burst += 1
                    if blocked:
                        blocked = False
                        yield token, self._not_taken()
                if exhausted and waiting is None and not self._pending:
                    return
                # after a burst only what is there already, so that its reply FIFO or socket can serve the next request
                yield from self._wait(blocked, waiting is not None or not exhausted, burst == _BURST)
        finally:
            for _token, exchange, _sequence in list(self._pending.values()):
                exchange.close()

    def _may_send(self):
        if len(self._pending) >= self._max_in_flight or self._pace.wait():
            return False
        if self._window is None or self._sequence - self._taken < self._window:
            return True
        self._send_barrier()
        return False

    def _gives_up(self, timeout):
        """Whether a request has been held back for as long as it may take altogether."""
        now = time.monotonic()
        if self._give_up is None:
            self._give_up = now + timeout
        return now >= self._give_up

    def _refuse_rest(self, waiting, requests):
        if waiting is not None:
            yield waiting[0], self._not_taken()
        for token, _encode, _timeout in requests:
            yield token, self._not_taken()

    def _not_taken(self):
        error = MITimeout(
            "The server takes no more requests from {0}".format(self._carrier.describe()),
            "See whether OpenSIPS hangs, or raise timeout",
        )
        error.maybe_sent = False
        return error

    def _send_barrier(self):
        """Once nothing has shown for a while what the server took, ask it."""
        now = time.monotonic()
        if self._barrier is None or now - self._last_progress < _BARRIER_AFTER:
            return
        if self._barrier_at is not None and now - self._barrier_at < 1.0:
            return
        self._barrier_at = now
        try:
            self._send(None, self._barrier, self._timeout)
        except MIError:
            pass

    def _send(self, token, encode, timeout):
        exchange = self._carrier.start(encode, self._protocol.complete)
        if exchange is None:
            return False
        now = time.monotonic()
        self._pace.sent()
        self._sequence += 1
        if self._sequence - self._taken == 1:
            self._last_progress = now
        exchange.deadline = now + timeout
        fd = exchange.fileno()
        self._pending[fd] = (token, exchange, self._sequence)
        self._poll.register(fd, select.POLLIN)
        heapq.heappush(self._deadlines, (exchange.deadline, self._sequence, fd))
        return True

    def _wait(self, blocked, more, hurry):
        """Serve what is ready, or wait for it unless in a hurry; yields outcomes."""
        pause = 0.0 if hurry else self._pause(more)
        writable = self._carrier.writable_fd() if blocked else None
        if writable is not None:
            self._poll.register(writable, select.POLLOUT)
        elif blocked:
            pause = min(pause, _RETRY)
        events = self._poll.poll(pause * 1000)
        if writable is not None:
            self._poll.unregister(writable)
        for fd, _event in events:
            if fd not in self._pending:
                continue
            token, exchange, sequence = self._pending[fd]
            try:
                received = [exchange.receive()]
            except MIError as error:
                yield from self._finish(fd, error)
                continue
            if received[0] is not None:
                yield from self._finish(fd, self._decode(exchange, received))
                continue
            if exchange.fileno() != fd:
                self._moved(fd, exchange.fileno())
            heapq.heappush(self._deadlines, (exchange.deadline, sequence, exchange.fileno()))
        yield from self._expire()

    def _pause(self, more):
        pauses = [1.0]
        if self._give_up is not None:
            pauses.append(self._give_up - time.monotonic())
        if self._deadlines:
            pauses.append(self._deadlines[0][0] - time.monotonic())
        if more:
            wait = self._pace.wait()
            if wait:
                pauses.append(wait)
            if self._window is not None and self._sequence - self._taken >= self._window:
                pauses.append(_BARRIER_AFTER)
        return max(0.0, min(pauses))

    def _moved(self, old, new):
        """A reply FIFO was opened anew, under another descriptor."""
        self._poll.unregister(old)
        self._pending[new] = self._pending.pop(old)
        self._poll.register(new, select.POLLIN)

    def _expire(self):
        now = time.monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            _deadline, sequence, fd = heapq.heappop(self._deadlines)
            entry = self._pending.get(fd)
            if entry is None or entry[2] != sequence or entry[1].deadline > now:
                continue
            try:
                outcome = self._decode(entry[1], [entry[1].expire()])
            except MIError as error:
                outcome = error
            yield from self._finish(fd, outcome, reusable=False)

    def _decode(self, exchange, received):
        """received: the reply's bytes in a list, so that nobody else holds them: they may be many, and decoding doubles them."""
        try:
            if self._carrier.kind == "fifo":
                self._protocol.check_fifo_end(received[0])
            return self._protocol.decode(received.pop(), exchange.request)
        except MIError as error:
            return error

    def _finish(self, fd, outcome, reusable=True):
        token, exchange, sequence = self._pending.pop(fd)
        self._poll.unregister(fd)
        if reusable:
            # only an answer shows what the server took; a deadline does not
            if sequence > self._taken:
                self._taken = sequence
                self._last_progress = time.monotonic()
                self._barrier_at = None
                self._hung = False
        elif token is None and time.monotonic() - self._last_progress >= self._timeout:
            self._hung = True
        elif len(self._pending) == 0:
            self._taken = self._sequence
        exchange.close(reusable and not isinstance(outcome, MIError) or _is_answer(outcome))
        if token is not None:
            yield token, outcome


def _is_answer(outcome):
    """An error that the server itself put into a whole reply."""
    from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ServerError

    return isinstance(outcome, ServerError)


def run_blocking(carrier, protocol, requests, workers, rate=None):
    """The same for a carrier that blocks (HTTP), in a number of threads."""
    from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

    def one(token, encode, timeout):
        try:
            request, data = carrier.exchange(encode, time.monotonic() + timeout)
            return token, protocol.decode(data, request)
        except MIError as error:
            return token, error

    pace = Pace(rate)
    requests = iter(requests)
    running = set()
    with ThreadPoolExecutor(workers) as pool:
        exhausted = False
        while running or not exhausted:
            while not exhausted and len(running) < workers:
                entry = next(requests, None)
                if entry is None:
                    exhausted = True
                    break
                time.sleep(pace.wait())
                pace.sent()
                running.add(pool.submit(one, *entry))
            if running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for each in done:
                    yield each.result()
