# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A connected socket of which http.client makes use, and no part of whose exchange outlasts the deadline."""

import errno
import io
import socket
import ssl
from typing import Any, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.carrier import seconds_left
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import too_large


class BoundSocket:
    """What http.client uses of a connected socket; no part of the exchange, however it drips, outlasts the deadline.

    allowance: Allowance for all that comes, headers included. sent: the whole request went out (bool).
    """

    def __init__(self, sock: socket.socket, deadline: float, allowance: "Allowance") -> None:
        self._sock = sock
        self._deadline = deadline
        self._allowance = allowance
        self._reader: Optional[_LineReader] = None
        self._outgoing = b""
        self.sent = False
        self.close = sock.close

    def check_open(self) -> None:
        """Raise an OSError when the server has closed the connection already, or broken TLS off."""
        self._sock.setblocking(False)
        try:
            # nothing comes before a request, and in TLS nothing can be looked at without taking it
            closed = not self._sock.recv(1, *([] if hasattr(self._sock, "context") else [socket.MSG_PEEK]))
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        if closed:
            # the request is not even tried
            raise ConnectionAbortedError(errno.ECONNABORTED, "closed before the request")

    @property
    def line_ended(self) -> bool:
        """Whether the empty line came that ends a header, or the chunks of a body; asked right after them."""
        return self._reader is not None and self._reader.last_line in (b"\r\n", b"\n")

    def sendall(self, data: bytes) -> None:
        """What http.client gives in pieces waits for send()."""
        self._outgoing += data

    def send(self) -> None:
        """Send the request in one piece: in TLS httpd of 3.6 and 4.0 may never notice a body that comes behind its header."""
        _bound(self._sock, self._deadline).sendall(self._outgoing)
        self.sent = True

    def makefile(self, *_mode: object) -> "_LineReader":
        self._reader = _LineReader(_BoundReader(self._sock, self._deadline, self._allowance))
        return self._reader


class _LineReader(io.BufferedReader):
    """last_line: the bytes of the last readline(); http.client takes the end of a connection for an empty line."""

    last_line: Optional[bytes] = None

    def readline(self, size: Optional[int] = -1) -> bytes:
        self.last_line = super().readline(size)
        return self.last_line


class _BoundReader(io.RawIOBase):
    """Keeps the socket open until it is closed itself, as the files of sockets do."""

    def __init__(self, sock: socket.socket, deadline: float, allowance: "Allowance") -> None:
        self._sock = sock
        self._deadline = deadline
        self._allowance = allowance
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Optional[int]:
        _bound(self._sock, self._deadline)
        count = self._file.readinto(buffer)
        self._allowance.use(count or 0)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class Allowance:
    """Counts what comes from url (str) against most (bytes)."""

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._most = most
        self._count = 0

    def use(self, count: int) -> None:
        """Raise ReplyTooLarge if count more bytes are too many."""
        self._count += count
        if self._count > self._most:
            raise too_large(self._url, self._most)


def _bound(sock: socket.socket, deadline: float) -> socket.socket:
    left = seconds_left(deadline)
    if not left:
        raise socket.timeout("the deadline has passed")
    sock.settimeout(left)
    return sock
