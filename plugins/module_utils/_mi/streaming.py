# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One request whose large reply is decoded while it comes, so that nobody holds all of it."""

import time
from typing import Any, Iterator, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.carrier import Carrier, Encode
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MITimeout, ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import too_large
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Protocol
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout, Reply


def stream(
    carrier: Carrier,
    protocol: Protocol,
    encode: Encode,
    layout: Layout,
    timeout: float,
    most: int,
    taken_within: Optional[float] = None,
) -> Iterator[Reply]:
    """Send a request and yield its reply in parts, each a Reply.

    protocol: one that is in_parts. encode, layout (Layout): see there. timeout: seconds for the whole reply. most: bytes of
    the whole reply; of one entry no more are held than of any reply. taken_within: seconds for the server to take the request,
    if fewer. Raises as a call would, after any number of parts.
    """
    deadline = time.monotonic() + timeout
    inflow = carrier.inflow(encode, protocol, deadline, taken_within or timeout, most)
    whole = False
    try:
        parts = protocol.parts(inflow.request, layout)
        try:
            yield from _decode(carrier, inflow.pieces(parts.complete), parts, most)
            whole = True
        except ServerError:
            # so is the server's own error
            whole = True
            raise
    finally:
        inflow.close(whole)


def _decode(carrier: Carrier, pieces: Iterator[bytes], parts: Any, most: int) -> Iterator[Reply]:
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
    yield from parts.finish(carrier.marks_end)
