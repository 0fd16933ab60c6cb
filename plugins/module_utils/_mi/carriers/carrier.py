# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Carriers move bytes between us and a server; they know no protocol.

Those of FIFO and datagrams start exchanges that one poll loop can serve many of; those of HTTP block for one.
"""

import time
from typing import Any, Callable, Dict, Iterator, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MITimeout
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import ReplyLimit
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Protocol, Request

# makes the Request, when it is called with the name of a reply FIFO, or None
Encode = Callable[[Optional[str]], Request]


class Carrier:
    """What moves requests to one server and its replies back. The attributes of a class tell what it, and the server behind, can do.

    protocols: names of those that servers speak over it, in the order in which to try them (sequence of str).
    blocking: exchange() blocks until the reply has come; else start() gives an Exchange, of which many may be under way (bool).
    serial: the server serves one request after the other, also while one waits for a phone (bool).
    lossy: requests and replies may be lost without a trace (bool).
    needs_reply_fifo: a request names the reply FIFO; requests of all clients lie behind each other in one FIFO (bool).
    marks_end: text of the line protocol ends in an empty line, so that a reply that was cut off shows (bool).
    max_in_flight: requests that may owe an answer, unless the caller says otherwise (int).
    workers: requests that are under way at a time when it is blocking (int).
    window: requests that the server may not have taken yet (int), or None if the carrier holds back by itself.
    largest_reply: bytes; larger replies do not come, of servers before 3.0 nothing at all. None if there is no such limit.
    holds_tables: replies as large as a location table come (bool).
    page_size: entries of a large list to ask for at once (int).
    lookup_seconds: what a server needs for one small question among many (float).
    reply_name: a name as long as those of reply FIFOs, or None.
    busy_hint: what more to say when the server takes no requests (str).
    everybody: any user may write to what replies come through (bool).
    limit: ReplyLimit of all replies that are under way.
    """

    window: Optional[int] = None
    largest_reply: Optional[int] = None
    reply_name: Optional[str] = None
    blocking = False
    serial = False
    lossy = False
    needs_reply_fifo = False
    marks_end = False
    max_in_flight = 1
    workers = 1
    holds_tables = False
    page_size = 100
    lookup_seconds = 1 / 6000.0
    busy_hint = ""

    def __init__(self, limit: Optional[ReplyLimit] = None) -> None:
        self.limit = limit or ReplyLimit()

    @property
    def protocols(self) -> Sequence[str]:
        return ()

    @property
    def everybody(self) -> bool:
        return False

    @classmethod
    def of(cls, options: Any, limit: ReplyLimit, warn: Callable[[str], None]) -> "Carrier":
        """A carrier by Options. warn: function of a str, which the user should know."""
        raise NotImplementedError

    @staticmethod
    def check_options(values: Dict[str, Any]) -> None:
        """Check, and complete, the connection options (dict) that are the carrier's own. Raises BadParameters."""

    def describe(self) -> str:
        """What messages call it (str)."""
        raise NotImplementedError

    def identity(self) -> Optional[str]:
        """What tells this server from all others, also from the next one at this place (str), once it is open; None if nothing does."""
        return None

    def chosen(self) -> Dict[str, str]:
        """Connection options that were not given, and that the carrier found out (dict)."""
        return {}

    def open(self) -> None:
        """Raise ConnectError unless the server's end is there."""
        raise NotImplementedError

    def close(self) -> None:
        """Close sockets and remove reply FIFOs."""
        raise NotImplementedError

    def check_request(self, request: Request, protocol: Protocol) -> None:
        """Raise RequestTooLarge if the server would not take request (Request)."""

    def in_flight(self, wanted: Optional[int], version: Callable[[], Tuple[int, ...]]) -> int:
        """How many requests may owe an answer. wanted: int or None. version: function that gives the server's version (tuple)."""
        return wanted or self.max_in_flight

    def start(self, encode: Encode, protocol: Protocol) -> Optional["Exchange"]:
        """Send a request and give its Exchange, or None while the server's queue is full.

        encode: called with the name of a reply FIFO, or None; gives a Request. Raises ConnectError, RequestTooLarge, and what
        encode raises.
        """
        raise NotImplementedError

    def exchange(self, encode: Encode, deadline: float) -> Tuple[Request, bytes]:
        """Send a request and give (Request, bytes of the reply), when it is blocking. deadline: time.monotonic()."""
        raise NotImplementedError

    def inflow(self, encode: Encode, protocol: Protocol, deadline: float, taken_within: float, most: int) -> "Inflow":
        """Send a request and give the Inflow of its large reply.

        deadline: time.monotonic(). taken_within: seconds for the server to take the request. most: bytes of the whole reply.
        """
        raise NotImplementedError

    def writable_fd(self) -> Optional[int]:
        """The descriptor to poll for writing after start() gave None; None if polling does not tell."""
        return None

    def not_taken(self) -> MITimeout:
        """The error for a request that could not be handed over in time (MITimeout)."""
        hint = f"See whether OpenSIPS hangs, or raise timeout{self.busy_hint}"
        return MITimeout(f"The server accepts no more requests from {self.describe()}", hint, maybe_sent=False)


class Inflow:
    """A large reply on its way. request: the Request that it is the reply to."""

    request: Request

    def pieces(self, complete: Callable[[], bool]) -> Iterator[bytes]:
        """Yield what comes (bytes). complete: tells whether what came is a whole reply."""
        raise NotImplementedError

    def close(self, reusable: bool = False) -> None:
        """Free what it holds; reusable: the reply came whole, so nothing late can come."""
        raise NotImplementedError


class Exchange:
    """One request on its way and the descriptor on which its reply comes.

    request: the Request. deadline: time.monotonic() at which waiting ends, sent_at: at which the request went out; both come
    from their user with sent(), who closes finished exchanges.
    """

    request: Request
    deadline = sent_at = 0.0

    def sent(self, timeout: float) -> None:
        """The request went out just now, and its reply may take timeout seconds."""
        self.sent_at = time.monotonic()
        self.deadline = self.sent_at + timeout

    def fileno(self) -> int:
        """The descriptor to poll for reading."""
        raise NotImplementedError

    def receive(self) -> Optional[bytes]:
        """Take what has come: bytes of the whole reply, or None while there is more to come."""
        raise NotImplementedError

    def ignores(self, outcome: object) -> bool:
        """Whether what came (a Reply or an MIError) is nothing to end with, and the reply may still come."""
        return False

    def expire(self) -> bytes:
        """The deadline has passed: give the bytes that came so far, or raise MITimeout."""
        raise NotImplementedError

    def close(self, reusable: bool = False) -> None:
        """Free what the exchange holds; reusable: its reply came whole, so nothing late can come on its descriptor."""
        raise NotImplementedError


def check_absolute(values: Dict[str, Any], name: str) -> None:
    """Raise BadParameters unless the option called name is an absolute path, or not set. values: the options (dict)."""
    if values[name] is not None and not str(values[name]).startswith("/"):
        raise BadParameters(f"{name}: {values[name]!r} is not an absolute path", "Write the whole path, from / on")


def seconds_left(deadline: float) -> float:
    """Seconds until deadline (time.monotonic()), at least 0."""
    return max(0.0, deadline - time.monotonic())
