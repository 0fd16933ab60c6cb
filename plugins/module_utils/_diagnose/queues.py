# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What waits in the receive queues of the server's sockets, and what the kernel dropped because a queue was full."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._diagnose import local
from ansible_collections.community.opensips.plugins.module_utils._diagnose.finding import finding
from ansible_collections.community.opensips.plugins.module_utils._diagnose.span import Span
from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    FAILED,
    OK,
    WARNING,
    Entry,
    Unknown,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import processes

_NAME = "receive_queues"
_PROTOCOLS = ("udp", "tcp", "tls")
_HINT = "See load, and what is slow. If the load is low, messages come in bursts: raise net.core.rmem_max of the kernel, and maxbuffer"


class Queue(NamedTuple):
    """socket: str. peak: bytes that waited at most, or None. dropped: datagrams, or None. often: whether bytes waited half of the time."""

    socket: str
    peak: Optional[int]
    dropped: Optional[int]
    often: bool


def queues(span: Span) -> List[Queue]:
    """The queues of each protocol, as the server counts them, and of each UDP socket, as the kernel does."""
    found = [queue for queue in (_of_protocol(span, protocol) for protocol in _PROTOCOLS) if queue is not None]
    return found + _of_sockets(span)


def _of_protocol(span: Span, protocol: str) -> Optional[Queue]:
    values = span.values("net", f"waiting_{protocol}")
    if not values:
        return None
    return Queue(protocol, max(values), None, 2 * sum(value > 0 for value in values) >= len(values))


def _of_sockets(span: Span) -> List[Queue]:
    found: Dict[Tuple[str, int], Queue] = {}
    for receiver in processes.receivers(span.processes):
        where = receiver.host.strip("[]"), receiver.port or 0
        before, after = span.sockets_before.get(where), span.sockets_after.get(where)
        if before is not None and after is not None:
            found[where] = _of_kernel(f"udp:{receiver.host}:{receiver.port}", before, after)
    return list(found.values())


def _of_kernel(socket: str, before: local.Waiting, after: local.Waiting) -> Queue:
    dropped = after.dropped - before.dropped if after.dropped >= before.dropped else after.dropped
    return Queue(socket, max(before.size, after.size), dropped, bool(before.size and after.size))


def plain(span: Span) -> List[Dict[str, Any]]:
    """The queues as plain data."""
    return [{"socket": queue.socket, "peak": queue.peak, "dropped": queue.dropped} for queue in queues(span)]


def check(span: Span) -> List[Entry]:
    """Queues in which something waited, or all of them in one entry."""
    found = queues(span)
    if not found:
        raise Unknown("The server does not report its receive queues")
    entries = [entry for entry in map(_entry, found) if entry is not None]
    dropped = ", and no datagram was dropped" if any(queue.dropped is not None for queue in found) else ""
    return entries or [finding(_NAME, None, OK, f"Nothing waited for long{dropped}", 0)]


def _entry(queue: Queue) -> Optional[Entry]:
    if queue.dropped:
        message = f"The kernel dropped {queue.dropped} datagrams, because the queue was full"
        return finding(_NAME, queue.socket, FAILED, message, queue.dropped, 0, _HINT)
    if queue.often and queue.peak:
        message = f"Messages waited in the queue most of the time, at most {queue.peak} bytes"
        return finding(_NAME, queue.socket, WARNING, message, queue.peak, 0, _HINT)
    return None
