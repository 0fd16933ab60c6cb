# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The socket to which a server sends its events, and the buffer in which they wait.

A thread of its own reads the socket, because whoever takes the events may be busy. Over TCP it must never stop:
a server keeps in its shared memory what it cannot send.
"""

import collections
import contextlib
import ipaddress
import selectors
import socket
import struct
import threading
from typing import Any, Callable, Deque, Dict, List, Sequence, Union, cast
from typing import Counter as CounterType

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import event_records
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

# A storm of registrations fills at most this share of the buffer; the rest is for what is told of gateways, memory and nodes.
_SHARE_OF_PHONES = 0.9
_OF_PHONES = ("E_UL_", "E_DLG_", "E_ACC_", "E_PRESENCE_")
_SOCKET_BUFFER = 8 << 20
_CHUNK = 1 << 16
# datagrams between two looks at whether to end
_AT_ONCE = 200
_MOST_CONNECTIONS = 32
# Linux (asm-generic/socket.h); how many datagrams the kernel dropped comes with the next one
_SO_RXQ_OVFL = 40
_SO_RCVBUFFORCE = 33

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


class Losses:
    """What did not become an event, since the last look."""

    def __init__(self) -> None:
        self.shed: CounterType[str] = collections.Counter()
        self.unread = 0
        self.malformed = 0
        self.example = ""
        self.foreign = 0
        self.address = ""

    def __bool__(self) -> bool:
        return bool(self.shed or self.unread or self.malformed or self.foreign)


class Buffer:
    """Event records between the thread that receives them and who takes them. size: the most that wait.

    wake: function without arguments that is called from the thread if something has come.
    """

    def __init__(self, size: int, wake: Callable[[], object]) -> None:
        self.size = size
        self._wake = wake
        self._lock = threading.Lock()
        self._records: Deque[Dict[str, Any]] = collections.deque()
        self._losses = Losses()

    def put(self, record: Dict[str, Any]) -> None:
        limit = self.size * (_SHARE_OF_PHONES if record["name"].startswith(_OF_PHONES) else 1)
        with self._lock:
            first = not self._records
            if len(self._records) < limit:
                self._records.append(record)
            else:
                self._losses.shed[record["name"]] += 1
        if first:
            self._wake()

    def take(self, most: int) -> List[Dict[str, Any]]:
        """The oldest records, at most that many."""
        with self._lock:
            return [self._records.popleft() for _number in range(min(most, len(self._records)))]

    @property
    def has_losses(self) -> bool:
        return bool(self._losses)

    def take_losses(self) -> Losses:
        with self._lock:
            losses, self._losses = self._losses, Losses()
        return losses

    def malformed(self, data: bytes) -> None:
        with self._lock:
            self._losses.malformed += 1
            self._losses.example = event_records.safe(printable(data[:120].decode("utf-8", "replace"), most=80))
        self._wake()

    def foreign(self, address: str) -> None:
        with self._lock:
            self._losses.foreign += 1
            self._losses.address = address
        self._wake()

    def unread(self, count: int) -> None:
        with self._lock:
            self._losses.unread += count
        self._wake()


class Receiver:
    """Receives events at a socket of its own, until close().

    transport: udp or tcp. host: IPv4 address. port: 0 for any that is free. networks: who may send. closed: function that is
    called from the thread if a server ended its connection. Raises BadParameters if the socket cannot be had.
    """

    def __init__(
        self,
        transport: str,
        host: str,
        port: int,
        networks: Sequence[Network],
        buffer: Buffer,
        closed: Callable[[], object],
    ) -> None:
        self._networks = networks
        self._buffer = buffer
        self._closed = closed
        self._allowed: Dict[str, bool] = {}
        self._dropped = 0
        self._streams: Dict[socket.socket, event_records.Splitter] = {}
        self._socket = _udp(host, port) if transport == "udp" else _tcp(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(
            self._socket, selectors.EVENT_READ, self._datagrams if transport == "udp" else self._accept
        )
        self._end, waker = socket.socketpair()
        self._waker = waker
        self._selector.register(waker, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._run, name="opensips events", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._end.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            while True:
                for key, _events in self._selector.select():
                    if key.data is None:
                        return
                    key.data(key.fileobj)
        finally:
            for key in list(self._selector.get_map().values()):
                cast(socket.socket, key.fileobj).close()
            self._selector.close()

    def _may_send(self, address: str) -> bool:
        known = self._allowed.get(address)
        if known is None:
            parsed = ipaddress.ip_address(address)
            known = any(parsed in network for network in self._networks)
            if len(self._allowed) < 1000:
                self._allowed[address] = known
        if not known:
            self._buffer.foreign(address)
        return known

    def _take(self, data: bytes) -> None:
        try:
            record = event_records.decode(data)
        except event_records.MalformedEvent:
            self._buffer.malformed(data)
        else:
            self._buffer.put(record)

    def _datagrams(self, sock: socket.socket) -> None:
        for _number in range(_AT_ONCE):
            try:
                data, ancillary, _flags, address = sock.recvmsg(_CHUNK, socket.CMSG_SPACE(4))
            except OSError:  # nothing is left; or an error of an earlier packet
                return
            for level, kind, value in ancillary:
                if level == socket.SOL_SOCKET and kind == _SO_RXQ_OVFL:
                    self._count_dropped(struct.unpack("I", value[:4])[0])
            if self._may_send(address[0]):
                self._take(data)

    def _count_dropped(self, total: int) -> None:
        if total != self._dropped:
            self._buffer.unread((total - self._dropped) % (1 << 32))
            self._dropped = total

    def _accept(self, sock: socket.socket) -> None:
        try:
            connection, address = sock.accept()
        except OSError:
            return
        if not self._may_send(address[0]) or len(self._streams) >= _MOST_CONNECTIONS:
            connection.close()
            return
        connection.setblocking(False)
        self._streams[connection] = event_records.Splitter()
        self._selector.register(connection, selectors.EVENT_READ, self._stream)

    def _stream(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            self._closed()
            return
        try:
            for part in self._streams[connection].feed(data):
                self._take(part)
        except event_records.MalformedEvent:
            self._buffer.malformed(data)
            self._drop(connection)

    def _drop(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        del self._streams[connection]
        connection.close()


def _udp(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        for option in (socket.SO_RCVBUF, _SO_RCVBUFFORCE):
            # the second one is for root, and both are for Linux
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        return _bound(sock, host, port)
    except BaseException:
        sock.close()
        raise


def _tcp(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # connections that ended a moment ago do not keep the port; a program that listens does
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        return _bound(sock, host, port)
    except BaseException:
        sock.close()
        raise


def _bound(sock: socket.socket, host: str, port: int) -> socket.socket:
    try:
        sock.bind((host, port))
        if sock.type == socket.SOCK_STREAM:
            sock.listen()
    except OSError as error:
        raise BadParameters(
            f"listen_host and listen_port: cannot listen at {host}:{port}: {error.strerror}",
            "Stop the program that uses this socket, or set another listen_port. listen_host must be an address of this host",
        ) from error
    return sock
