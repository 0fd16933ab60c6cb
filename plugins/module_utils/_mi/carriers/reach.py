# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The addresses of a host's name, and a connection to the first of them that answers, all within one deadline.

The next address is tried, too, when those before it have failed or stayed silent for a moment (RFC 8305).
"""

import collections
import errno
import os
import select
import socket
import time
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.carrier import seconds_left

# (family, address) of a host's name, as the socket module takes them
Address = Tuple[int, Any]
# gives a connected socket in TLS
Wrap = Callable[[socket.socket], Any]

# Seconds (RFC 8305, section 5: Connection Attempt Delay).
_HEAD_START = 0.25


class Stalled(Exception):
    """No address answered before the deadline. in_tls: one accepted the connection and does not answer in TLS (bool)."""

    def __init__(self, in_tls: bool) -> None:
        super().__init__("no address answers")
        self.in_tls = in_tls


def resolve(host: Optional[str], port: Optional[int], kind: int) -> List[Address]:
    """[(family, address)] of a host's name in the resolver's order. kind: socket.SOCK_STREAM or socket.SOCK_DGRAM.

    Raises OSError (socket.gaierror) or UnicodeError.
    """
    found: List[Address] = []
    for family, _kind, _protocol, _name, address in socket.getaddrinfo(host, port, type=kind):
        if (family, address) not in found:
            found.append((family, address))
    return found


def is_this_host(host: str) -> bool:
    """Whether every address of a host's name is one of this host. Nothing is sent."""
    try:
        return all(_is_own(family, address) for family, address in resolve(host.strip("[]"), 9, socket.SOCK_DGRAM))
    except (OSError, UnicodeError):
        return False


def _is_own(family: int, address: Any) -> bool:
    """Whether the system would send from the same address; that it can be bound says nothing (ip_nonlocal_bind)."""
    if address[0].startswith("127."):
        return True
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        return bool(sock.getsockname()[0] == address[0])


def head_start(count: int, seconds: float) -> float:
    """Seconds that each of count addresses has before the next is tried, too. seconds: what all of them have."""
    return min(_HEAD_START, seconds / (count + 1.0))


def among(addresses: Sequence[Address]) -> str:
    """How to name a host's addresses in a message: empty for a single one."""
    return f" ({', '.join((address[0] for _family, address in addresses))})" if len(addresses) > 1 else ""


def connect(addresses: Sequence[Address], deadline: float, wrap: Optional[Wrap] = None) -> socket.socket:
    """A socket that is connected to one of addresses (as of resolve()) over TCP, or in TLS.

    deadline: time.monotonic(), for all of them. wrap: function of a connected socket that gives it in TLS, its handshake not
    yet begun. Raises Stalled, or the OSError or ssl.CertificateError of the attempt that came furthest.
    """
    race = _Race(addresses, deadline, wrap)
    try:
        return race.run()
    finally:
        race.close()


class _Race:
    def __init__(self, addresses: Sequence[Address], deadline: float, wrap: Optional[Wrap]) -> None:
        self._waiting = collections.deque(addresses)
        self._deadline = deadline
        self._wrap = wrap
        self._head_start = head_start(len(addresses), seconds_left(deadline))
        self._next = 0.0
        self._poll = select.poll()
        self._running: Dict[int, _Attempt] = {}
        self._failures: List[Exception] = []

    def run(self) -> socket.socket:
        """The first socket that gets there."""
        while True:
            if self._waiting and (not self._running or time.monotonic() >= self._next):
                self._start(*self._waiting.popleft())
                continue
            left = seconds_left(self._deadline)
            if not self._running or not left:
                raise self._failure()
            if self._waiting:
                left = min(left, seconds_left(self._next))
            for fd, _event in self._poll.poll(left * 1000 + 1):
                there = self._proceed(fd)
                if there is not None:
                    return there

    def close(self) -> None:
        """Give up those that are still on their way."""
        for attempt in self._running.values():
            attempt.socket.close()

    def _start(self, family: int, address: Any) -> None:
        self._next = time.monotonic() + self._head_start
        try:
            attempt = _Attempt(family, address, self._wrap)
        except OSError as error:
            self._failures.append(error)
            return
        fd = attempt.socket.fileno()
        self._running[fd] = attempt
        self._poll.register(fd, attempt.event)

    def _proceed(self, fd: int) -> Optional[socket.socket]:
        """The socket, once it is connected."""
        attempt = self._running[fd]
        try:
            there = attempt.proceed()
        except (OSError, ValueError) as error:
            # ssl.CertificateError is a ValueError before Python 3.7
            self._failures.append(error)
            self._poll.unregister(fd)
            del self._running[fd]
            attempt.socket.close()
            return None
        if not there:
            self._poll.modify(fd, attempt.event)
            return None
        del self._running[fd]
        connected: socket.socket = attempt.socket
        return connected

    def _failure(self) -> Exception:
        """What to raise: TLS that failed tells most, then silence."""
        if self._wrap is not None:
            import ssl

            for error in self._failures:
                if isinstance(error, (ssl.SSLError, ssl.CertificateError)):
                    return error
        if self._running or not self._failures:
            return Stalled(any(attempt.in_tls for attempt in self._running.values()))
        return self._failures[0]


class _Attempt:
    """A connection on its way to one address. event: what to poll its socket for."""

    def __init__(self, family: int, address: Any, wrap: Optional[Wrap]) -> None:
        self._wrap = wrap
        self.in_tls = False
        self.event = select.POLLOUT
        self.socket: Any = socket.socket(family, socket.SOCK_STREAM)
        try:
            self.socket.setblocking(False)
            _check(self.socket.connect_ex(address), errno.EINPROGRESS)
        except BaseException:
            self.socket.close()
            raise

    def proceed(self) -> bool:
        """Whether it is connected, after its socket was ready. Raises OSError or ssl.CertificateError."""
        if not self.in_tls:
            _check(self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
            if self._wrap is None:
                return True
            self.socket = self._wrap(self.socket)
            self.in_tls = True
        import ssl

        try:
            self.socket.do_handshake()
        except ssl.SSLWantReadError:
            self.event = select.POLLIN
            return False
        except ssl.SSLWantWriteError:
            self.event = select.POLLOUT
            return False
        return True


def _check(code: int, under_way: int = 0) -> None:
    """Raise the OSError that code (errno) stands for, unless it is under_way."""
    if code not in (0, under_way):
        raise OSError(code, os.strerror(code))
