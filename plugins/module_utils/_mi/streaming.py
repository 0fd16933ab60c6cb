# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One request whose large reply is decoded while it comes, so that nobody holds all of it."""

import select
import time

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MITimeout, ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.flight import not_taken
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import too_large

# Seconds until a FIFO that did not take the request is tried again.
_RETRY = 0.001


def stream(carrier, protocol, encode, layout, timeout, most, taken_within=None):
    """Send a request and yield its reply in parts, each a Reply.

    carrier: for FIFO or HTTP. protocol: one that has parts(). encode, layout (Layout): see there. timeout: seconds for the
    whole reply. most: bytes of the whole reply; of one entry no more are held than of any reply. taken_within: seconds for
    the server to take the request, if fewer. Raises as a call would, after any number of parts.
    """
    deadline = time.monotonic() + timeout
    if carrier.kind == "http":
        pieces = carrier.pieces(encode, deadline, most)
        # the first piece is the request
        parts = protocol.parts(next(pieces), layout)  # pylint: disable=stop-iteration-return
        try:
            yield from _decode(carrier, pieces, parts, most)
        finally:
            pieces.close()
        return
    exchange = _start(carrier, protocol, encode, deadline, taken_within or timeout)
    whole = False
    try:
        parts = protocol.parts(exchange.request, layout)
        try:
            yield from _decode(carrier, _pieces(exchange, parts.complete), parts, most)
            whole = True
        except ServerError:
            # so is the server's own error
            whole = True
            raise
    finally:
        exchange.close(whole)


def _start(carrier, protocol, encode, deadline, taken_within):
    """Send the request: its exchange."""
    give_up = min(deadline, time.monotonic() + taken_within)
    while True:
        exchange = carrier.start(encode, protocol.complete)
        if exchange is not None:
            exchange.deadline = deadline
            exchange.widen()
            return exchange
        if time.monotonic() >= give_up:
            raise not_taken(carrier)
        time.sleep(_RETRY)


def _decode(carrier, pieces, parts, most):
    """The parts of a reply that comes in pieces (iterator of bytes), most bytes of them altogether."""
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > most:
                raise too_large(carrier.describe(), most)
            yield from parts.feed(piece)
    except MITimeout:
        if not size:
            raise
        raise MITimeout(
            f"The reply from {carrier.describe()} did not end in time: {size} bytes of it came",
            "Raise timeout",
        ) from None
    yield from parts.finish(carrier.kind == "fifo")


def _pieces(exchange, complete):
    """What comes through a reply FIFO; complete: tells whether that is a whole reply."""
    poll = select.poll()
    poll.register(exchange.fileno(), select.POLLIN)
    while True:
        left = exchange.deadline - time.monotonic()
        if left <= 0:
            # raises, unless the server closed the FIFO and did not come back
            exchange.expire()
            return
        # an opened FIFO without writer reads as ended, but does not poll so before it had one
        if not poll.poll(left * 1000 + 1):
            continue
        piece = exchange.take()
        if piece:
            yield piece
        elif piece is not None:
            if complete():
                return
            poll.unregister(exchange.fileno())
            exchange.reopen()
            poll.register(exchange.fileno(), select.POLLIN)
