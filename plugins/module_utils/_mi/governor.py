# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""How fast a server may be sent to: as fast as its shared memory bears, and never faster than a rate.

The model
=========

A request of some commands holds shared memory of the server after it was taken:

- ``t_uac_dlg`` makes a transaction of tm: 7.7 KB, from the request until the final answer plus ``wt_timer`` (5 s), or for a
  phone that stays silent until ``fr_timeout`` (30 s) plus that, and up to a second more since tm's timers tick once a second.
- ``dlg_end_dlg`` makes two, a BYE to either side.
- ``ul_add`` keeps a contact, about 1.3 KB, until it expires.

Other commands hold none, and are not held back.

Quantities, all of them the server's own statistics (``get_statistics shmem: inuse_transactions``):

=========== ======= ======================================================================================
total       bytes   shmem:total_size, what the server was started with (``-m``; packages set 64 MB)
free        bytes   shmem:free_size
in use      number  tm:inuse_transactions, those of calls included; None where the server does not tell
=========== ======= ======================================================================================

From the first look (free_0, in_use_0), which comes before anything is sent, and the latest one (free, in_use):

- held = in_use - in_use_0 + transactions sent since the look. What calls began meanwhile counts as if it were ours, which
  makes the run slower when others need more.
- bytes_each = (free_0 - free) / (in_use - in_use_0), learned once there are enough to tell; 8,000 before that.
- most = share * free_0 / bytes_each is what may be held; a server gives it back within WT_TIME_OUT after the answers.
- A request may go if held * bytes_each stays within share * free_0, and free less what was sent since the look stays above
  a fifth of total. Contacts stay, so only the second rule holds for them.
- Requests go out at no more than four times most / WT_TIME_OUT a second. All at once, and then none until the memory comes back,
  would take as long, and keep the processors from calls meanwhile.

What was released since the look is not counted, so a look that is late makes the run slower and never dangerous.

One look alone is not believed when it shows far less free than was to be expected: while F_MALLOC takes a fragment apart, it counts
the whole of it as used. Another one follows at once.

A look is one request. One is due after 100 requests, but at most four a second. While a run is held back, four a second are due as
long as looks are no more than 1 % of its requests, and one a second beyond that.

A server that answers that it is out of memory is left alone for a second, then two, four, eight; its request is sent again
after that. If nothing gets through for PATIENCE seconds, the run ends.

Sources: measured on OpenSIPS 2.4.11, 3.6.8 and 4.0.1; tm/h_table.c (build_cell), tm/config.h (WT_TIME_OUT), tm/mi.c,
tm/uac.c, dialog/dlg_req_within.c, usrloc/ucontact.c, mem/f_malloc.c.
"""

import itertools
import re
import time
from typing import Any, Dict, Optional, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._mi import catalogue
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    MIError,
    MITimeout,
    ReplyTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply

# Percent of the memory that was free at the start which a run may hold.
DEFAULT_SHARE = 70.0
# Requests a second to a server whose memory cannot be watched.
CAREFUL_RATE = 100.0
# Seconds in which nothing got through until a run gives up.
PATIENCE = 60.0
# What asks for the memory.
LOOK = ("get_statistics", {"statistics": ["shmem:", "inuse_transactions"]})

# The part of all memory that a run leaves free.
_RESERVE = 0.2
# Bytes of one transaction before they are learned, what can be believed, and the transactions that it takes to learn.
_TRANSACTION = 8000.0
_BELIEVABLE = (4000.0, 64000.0)
_LEARN_FROM = 50
# Seconds that tm keeps a transaction after its final answer, and how much faster than they end others may begin.
_WT_TIME_OUT = 5.5
_BURST = 4
# The part of all memory that does not vanish from one look to the next, and the seconds until a doubtful one is repeated.
_SUDDENLY = 0.05
_AT_ONCE = 0.05
# Requests between two looks, and seconds.
_EACH = 100
_OFTEN = 0.25
_HELD_BACK = (0.25, 1.0)
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
# The part of the time of sending from which on something limits a run.
_NOTABLE = 0.1
# Seconds of lateness that a paced run may make up for.
_CATCH_UP = 0.05


class Cost:
    """What one request of a command holds: transactions (int), and contacts' bytes that stay (int)."""

    __slots__ = ("transactions", "kept")

    def __init__(self, transactions: int = 0, kept: int = 0) -> None:
        self.transactions = transactions
        self.kept = kept

    def __bool__(self) -> bool:
        return bool(self.transactions or self.kept)


NO_COST = Cost()
_COSTS = {
    "t_uac_dlg": Cost(transactions=1),
    "pua_publish": Cost(transactions=1),
    "dlg_end_dlg": Cost(transactions=2),
    "ul_add": Cost(kept=1300),
}


def cost_of(method: str) -> Cost:
    """The Cost of a request, by the classic or the 4.0 name of its command."""
    return _COSTS.get(method) or _COSTS.get(catalogue.classic_name(method)) or NO_COST


def check_rate(rate: Optional[float]) -> None:
    """Raise BadParameters for requests a second that cannot be."""
    if rate is not None and not 0 < rate <= 100000:
        raise BadParameters(f"rate is {rate:g}", "Set it to a number of requests a second, above 0 and at most 100000")


def check_share(share: float) -> None:
    """Raise BadParameters for a percentage that cannot be."""
    if not 0 < share <= 100:
        raise BadParameters(
            f"server_share is {share:g}",
            "Set it to a percentage of the server's free memory, above 0 and at most 100",
        )


class OutOfMemory(ServerError):
    """The server had no memory for requests for too long, so the run stopped. This request was not sent, or was refused."""

    remedy = "Send less at a time, or give OpenSIPS more shared memory (``-m``)."


def _out_of_memory(message: str, hint: str) -> OutOfMemory:
    return OutOfMemory(500, "out of memory", message=message, hint=hint)


class Pace:
    """When the next request may go: at most rate requests a second (float, None: no limit)."""

    def __init__(self, rate: Optional[float]) -> None:
        self._next = 0.0
        self.change(rate)

    def change(self, rate: Optional[float]) -> None:
        """Another rate from now on."""
        self._gap = 1.0 / rate if rate else 0.0

    def wait(self) -> float:
        """Seconds until the next request may go; 0: now."""
        return max(0.0, self._next - time.monotonic()) if self._gap else 0.0

    def sent(self) -> None:
        if self._gap:
            # a late wake-up is made up for, a stall is not: that would be a burst
            now = time.monotonic()
            self._next = (self._next if now - self._next < _CATCH_UP else now) + self._gap


class Memory:
    """One look at a server. total, free: bytes. in_use: transactions of tm, or None."""

    __slots__ = ("total", "free", "in_use")

    def __init__(self, total: int, free: int, in_use: Optional[int]) -> None:
        self.total = total
        self.free = free
        self.in_use = in_use

    @classmethod
    def of_reply(cls, reply: Reply) -> "Optional[Memory]":
        """Out of the Reply to LOOK; None where the server does not tell."""
        pairs = (
            [(name, value) for _depth, name, value, _attributes in reply.walk()]
            if reply.is_tree
            else reply.result.items()
            if isinstance(reply.result, dict)
            else ()
        )
        found = {name: int(value) for name, value in pairs if _COUNT.match(str(value))}
        total, free = found.get("shmem:total_size"), found.get("shmem:free_size")
        return cls(total, free, found.get("tm:inuse_transactions")) if total and free is not None else None


class Governor:
    """Says when the next request may go, and when to look at the server's memory. For one run; see the module's docstring.

    rate: requests a second, or None. share: percent of the memory that was free at the start, which the run may hold.
    problem: why memory is not watched (str), or None. held_by: what the last wait() was for, "rate" or "memory",
    or None for what costs a run no time to speak of.
    """

    def __init__(self, rate: Optional[float] = None, share: float = DEFAULT_SHARE) -> None:
        check_rate(rate)
        check_share(share)
        self.problem: Optional[str] = None
        self._rate = rate
        self._pace, self._evenly = Pace(rate), Pace(None)
        self._share = share / 100.0
        self._cost = NO_COST
        # Memory of the first and of the latest look, or None before it
        self._start: Any = None
        self._latest: Any = None
        self._looking = self._doubted = False
        self._looked_at = 0.0
        self._bytes_each = _TRANSACTION
        # transactions, bytes of contacts, and requests that the latest look does not show; and of these, those that the look
        # which is under way will not show either
        self._since, self._unseen = [0, 0, 0], [0, 0, 0]
        # after a refusal one request is tried after each pause, until one gets through
        self._pause, self._resume = _FIRST_PAUSE, 0.0
        self._trying = self._tried = False
        # since when nothing gets through
        self._stuck: Optional[float] = None
        self.held_by: Optional[str] = None
        # why nothing more is to be sent (MIError); looks that failed before one came back
        self._end: Optional[MIError] = None
        self._failures = 0
        # of the whole run
        self._first_sent: Optional[float] = None
        self._last_sent: Optional[float] = None
        self._sent = self._refused = self._looks = 0
        self._least: Optional[int] = None
        self._waited: Dict[str, float] = {}

    def begin(self) -> None:
        """A flight begins, maybe not the first one of the run: a look that the last one left behind is not waited for."""
        self._looking = False

    # ---- what the flight asks

    def expect(self, cost: Cost) -> None:
        """The next request's Cost."""
        self._cost = cost

    def wait(self) -> float:
        """Seconds until the next request may go, or until it is worth asking again; 0: now."""
        seconds, self.held_by = self._wait_for_memory(time.monotonic())
        if not seconds:
            seconds, self.held_by = self._pace.wait(), "rate"
        return seconds

    def _wait_for_memory(self, now: float) -> Tuple[float, Optional[str]]:
        """(seconds, what held_by is to be)"""
        if now < self._resume:
            return self._resume - now, "memory"
        if not self._cost or self.problem is not None:
            return 0.0, None
        if self._latest is None:
            return _OFTEN, None
        if self._fits():
            return self._evenly.wait(), "memory" if self._is_tight() else None
        return max(0.01, self._looked_at + self._held_back() - now), "memory"

    def _fits(self) -> bool:
        transactions, kept, _requests = self._since
        needed = (transactions + self._cost.transactions) * self._bytes_each + kept + self._cost.kept
        if self._latest.free - needed < _RESERVE * self._latest.total:
            return False
        if not self._cost.transactions:
            return True
        held = self._held() + transactions
        # one is always let through, or nothing would ever be sent
        return not held or (held + self._cost.transactions) * self._bytes_each <= self._share * self._start.free

    def _is_tight(self) -> bool:
        """Whether the run holds a part of its share that is worth speaking of."""
        return (self._held() + self._since[0]) * self._bytes_each > _NOTABLE * self._share * float(self._start.free)

    def _held(self) -> float:
        """Transactions that this run, and what began beside it, held at the latest look."""
        if self._latest.in_use is None or self._start.in_use is None:
            return max(0.0, float(self._start.free - self._latest.free) / self._bytes_each)
        return max(0, int(self._latest.in_use - self._start.in_use))

    def look_due(self) -> bool:
        """Whether LOOK is to be sent now."""
        if self._looking or not self._cost or self.problem is not None:
            return False
        if self._latest is None and not self._doubted:
            return True
        passed = time.monotonic() - self._looked_at
        if self._doubted:
            return passed >= _AT_ONCE
        if self._since[2] >= _EACH:
            return passed >= _OFTEN
        return passed >= self._held_back() and not self._fits()

    def _held_back(self) -> float:
        """Seconds between two looks of a run that is held back."""
        often, seldom = _HELD_BACK
        return often if self._looks * _EACH <= self._sent else seldom

    def gives_up(self, waiting_for_answers: bool) -> Optional[MIError]:
        """The OutOfMemory that ends the run, or None. waiting_for_answers: whether a phone may still give memory back by answering."""
        if self._end is not None:
            return self._end
        if not self._is_short() or (waiting_for_answers and not self._trying):
            self._stuck = None
            return None
        now = time.monotonic()
        self._stuck = self._stuck or now
        if waiting_for_answers:
            return None
        return self._shortage() if now - self._stuck >= PATIENCE else None

    def end(self, reason: str) -> None:
        """Nothing more is to be sent: what is left ends with reason (str)."""
        self._end = self._end or MIError(reason)

    def _is_short(self) -> bool:
        watched = bool(self._cost) and self._latest is not None
        return self._trying or (watched and not self._fits())

    def _shortage(self) -> OutOfMemory:
        memory = ""
        if self._latest is not None:
            memory = f" ({self._latest.free >> 20} of {self._latest.total >> 20} MB are free)"
        if self._trying:
            return _out_of_memory(
                f"The server refused requests for {PATIENCE:g} s because it had no memory{memory}",
                "See its log: either its shared memory (-m) or the memory of its processes (-M) is too small",
            )
        if self._latest.free >= _RESERVE * self._latest.total:
            return _out_of_memory(
                f"For {PATIENCE:g} s, other transactions used all memory that server_share allows{memory}",
                "Raise server_share, or run the task again when there are fewer calls",
            )
        return _out_of_memory(
            f"The server had too little shared memory for {PATIENCE:g} s{memory}",
            "Check what uses it, start OpenSIPS with more (-m), or run the task again when there are fewer calls",
        )

    # ---- what the flight tells

    def sent(self) -> None:
        """A request of the expected Cost went out."""
        self._pace.sent()
        self._evenly.sent()
        if self._trying:
            self._tried = True
            self._resume = time.monotonic() + self._pause
        self._sent += 1
        self._last_sent = time.monotonic()
        self._first_sent = self._first_sent or self._last_sent
        for numbers in (self._since, self._unseen):
            numbers[0] += self._cost.transactions
            numbers[1] += self._cost.kept
            numbers[2] += 1

    def looking(self) -> None:
        """LOOK went out. The server takes requests in their order, so it will show those sent before, and none of those after it."""
        self._looking = True
        self._unseen = [0, 0, 0]
        self._looks += 1

    def looked(self, outcome: Union[Reply, MIError]) -> None:
        """The Reply to LOOK came, or an MIError."""
        self._looking = False
        self._looked_at = time.monotonic()
        memory = None if isinstance(outcome, MIError) else Memory.of_reply(outcome)
        if memory is not None and self._is_believable(memory):
            self._doubted = False
            self._take(memory)
        elif memory is not None:
            self._doubted = True
        elif self._latest is None:
            self._failures += 1
            # silence may be a datagram that was lost
            if not isinstance(outcome, MITimeout) or self._failures > 1:
                self._go_carefully(outcome)
        # a look that was lost says nothing: what was sent goes on counting

    def _is_believable(self, memory: Memory) -> bool:
        transactions, kept = (before - after for before, after in zip(self._since[:2], self._unseen))
        expected = memory.total if self._latest is None else self._latest.free - transactions * self._bytes_each - kept
        low = memory.free < _RESERVE * memory.total and memory.free < expected - _SUDDENLY * memory.total
        return self._doubted or not low

    def _take(self, memory: Memory) -> None:
        self._latest = memory
        self._start = self._start or memory
        self._least = memory.free if self._least is None else min(self._least, memory.free)
        self._since = self._unseen[:]
        held = self._held()
        if memory.in_use is not None and held >= _LEARN_FROM:
            least, most = _BELIEVABLE
            self._bytes_each = min(most, max(least, (self._start.free - memory.free) / held))
        if self._cost.transactions:
            self._evenly.change(_BURST * self._share * self._start.free / self._bytes_each / _WT_TIME_OUT)

    def _go_carefully(self, outcome: Union[Reply, MIError]) -> None:
        self.problem = (
            str(outcome)
            if isinstance(outcome, MIError)
            else "the statistics of the server do not tell its shared memory"
        )
        self._pace = Pace(min(self._rate or CAREFUL_RATE, CAREFUL_RATE))

    def refused(self) -> None:
        """The server had no memory for a request."""
        self._refused += 1
        if self._trying and not self._tried:
            # it was under way already when another was refused
            return
        self._pause = min(2 * self._pause, _LONGEST_PAUSE) if self._trying else _FIRST_PAUSE
        self._resume = time.monotonic() + self._pause
        self._trying, self._tried = True, False

    def answered(self) -> None:
        """A request got through."""
        self._trying, self._resume, self._stuck = False, 0.0, None

    def waited(self, reason: Optional[str], seconds: float) -> None:
        """Requests could not go out for a while. reason: "rate", "memory", "answers" or "carrier"; None does not count."""
        if reason is not None:
            self._waited[reason] = self._waited.get(reason, 0.0) + seconds

    def report(self) -> Dict[str, Any]:
        """What became of the run: dict of

        limited_by (rate, memory, answers, carrier: what held it back longest; None if nothing did for a tenth of the time),
        least_free_memory and total_memory
        (bytes, None where the server did not tell), out_of_memory (requests that the server refused for want of memory, and
        that were sent again), looks (requests that asked for its memory).
        """
        longest = max(self._waited, key=self._waited.__getitem__) if self._waited else None
        span = (self._last_sent or 0.0) - (self._first_sent or 0.0)
        if longest is not None and self._waited[longest] < _NOTABLE * span:
            longest = None
        return {
            "limited_by": longest,
            "least_free_memory": self._least,
            "total_memory": self._latest.total if self._latest else None,
            "out_of_memory": self._refused,
            "looks": self._looks,
        }


# tm/uac.c: E_OUT_OF_MEM is -2
_COUNT = re.compile(r"[0-9]{1,18}\Z")
_NO_TRANSACTION = re.compile(r"\(2/MI/UAC\)")
# the handler of an asynchronous command, over FIFO on 3.x and 4.x, and over FIFO and datagrams on 2.x
_NO_HANDLER, _NO_HANDLER_2 = "failed to build async handler", "internal server error"
# over datagrams on 3.x and 4.x
_NO_ROOM = "answered 500 Internal error"
# over FIFO, once the phone has answered
_NO_REPLY = "failed to build response"
# usrloc/ul_mi.c up to 2.4 and later
_NO_CONTACT = ("server internal error", "internal error")


def is_out_of_memory(outcome: Union[Reply, MIError], method: Optional[str], over_http: bool = False) -> bool:
    """Whether a Reply or an MIError says that the server had no memory for a request of method, and did nothing of it.

    Seen on 2.4.11, 3.6.8 and 4.0.1. over_http: httpd of 2.x says the same when the phone was reached and its answer was lost.
    """
    command = catalogue.classic_name(method) if method else None
    if command == "ul_add":
        return (
            isinstance(outcome, ServerError) and outcome.code == 500 and outcome.reason.strip().lower() in _NO_CONTACT
        )
    if command != "t_uac_dlg":
        return False
    if isinstance(outcome, ServerError):
        without_handler = outcome.reason.strip().lower() == _NO_HANDLER_2 and not over_http
        return without_handler or bool(_NO_TRANSACTION.search(outcome.reason))
    if isinstance(outcome, MIError):
        # over datagrams 3.x and 4.x have one word for this and for replies beyond their limit, which this command does not have;
        # other large replies are a phone's own
        return (isinstance(outcome, ReplyTooLarge) and _NO_ROOM in outcome.message) or (
            isinstance(outcome, MalformedReply) and _NO_HANDLER in outcome.message
        )
    if not outcome.is_tree:
        return False
    # up to 2.4 it is the only node of a successful reply; what a phone says comes with others
    nodes = list(itertools.islice(outcome.walk(), 2))
    return len(nodes) == 1 and bool(_NO_TRANSACTION.search(nodes[0][2] or ""))


def lost_its_reply(outcome: Union[Reply, MIError]) -> bool:
    """Whether an MIError says that the server had no memory for the reply to a request that it did."""
    return isinstance(outcome, MalformedReply) and _NO_REPLY in outcome.message
