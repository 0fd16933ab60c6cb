# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""mi_datagram over UDP (IPv4, IPv6) or a Unix socket.

Sources: mi_datagram/datagram_fnc.c of 2.4, 3.6 and 4.0.
"""

import errno
import os
import socket
import stat
import tempfile

from ansible_collections.community.opensips.plugins.module_utils._mi import cleanup
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import Exchange, access, owner
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    ConnectError,
    MITimeout,
    RequestTooLarge,
)

# DATAGRAM_SOCK_BUF_SIZE, both ways
MAX_DATAGRAM = 65457
# sun_path of Linux, and what the name of our own socket takes of it
_MAX_SOCKET_PATH = 108
_PREFIX = "opensips_mi_"
_RANDOM = 8
# a directory of our own, and in it a number of at most seven digits
_NAME_LENGTH = 1 + len(_PREFIX) + 2 * _RANDOM + 1 + 7


class DatagramCarrier:
    """Either host (str) and port (int), or socket_path (str) and reply_dir, where our own socket's name is made (str or None).

    Each exchange has a socket to itself, so a late reply answers nobody else. Over UDP it is connected, so only the server can
    answer. A Unix socket cannot be, since the server answers from another one; its permissions, and a directory of our own that
    nobody can list, keep others out instead.
    reuse: keep a socket for the next exchange (protocols whose replies carry ids). server_uid: of the server's user (int), or
    None to find it out where it matters. everybody: our Unix sockets can be written by any user, since the file system knows
    no access control lists (bool).
    """

    kind = "datagram"

    def __init__(self, host=None, port=None, socket_path=None, reply_dir=None, reuse=False, server_uid=None):
        self.host = host
        self.port = port
        self.socket_path = socket_path
        self.reply_dir = reply_dir
        self.reuse = reuse
        self.server_uid = server_uid
        self._address = None
        self._idle = []
        self._blocked = None
        # of the server's Unix socket: a descriptor, so that nobody can put another in its place, and who may answer
        self._server = None
        self._access = None
        # of our Unix sockets: their directory, and how many there were
        self._directory = None
        self._count = 0

    @property
    def everybody(self):
        return self._access is not None and self._access.everybody

    def describe(self):
        return (
            "the Unix socket {0}".format(self.socket_path)
            if self.socket_path
            else "udp:{0}:{1}".format(self.host, self.port)
        )

    def open(self):
        """Resolve the address. Raises ConnectError."""
        if self._address is not None:
            return
        if self.socket_path:
            self._open_server()
            return
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)
        except (socket.gaierror, UnicodeError) as error:
            raise ConnectError(
                "The host {0!r} cannot be resolved: {1}".format(self.host, error), "Correct host, or the resolver"
            ) from error
        self._address = (found[0][0], found[0][4])

    def _open_server(self):
        try:
            server = os.open(self.socket_path, os.O_PATH | os.O_CLOEXEC)
        except OSError as error:
            raise self._error(error) from error
        try:
            status = os.fstat(server)
            if not stat.S_ISSOCK(status.st_mode):
                raise self._error(OSError(errno.ENOTSOCK, "it is no socket"))
            owner.check(self.socket_path, status, self.server_uid, "socket_path")
        except BaseException:
            os.close(server)
            raise
        self._server = server
        self._access = access.Access(status, self.server_uid)
        by_descriptor = "/proc/self/fd/{0}".format(server)
        self._address = (socket.AF_UNIX, by_descriptor if os.path.exists(by_descriptor) else self.socket_path)

    def _close_server(self):
        if self._server is not None:
            os.close(self._server)
            self._server = self._address = None

    def close(self):
        while self._idle:
            _close(self._idle.pop())
        self._close_server()
        if self._directory is not None:
            cleanup.remove(self._directory)
            self._directory = None

    def writable_fd(self):
        """The descriptor to poll for writing after start() gave None; None where polling does not tell."""
        return None if self.socket_path else self._blocked.fileno()

    def start(self, encode, complete):
        """Send a request and give its Exchange, or None while the server's queue is full. Raises ConnectError, RequestTooLarge."""
        self.open()
        request = encode(None)
        if len(request.data) > MAX_DATAGRAM:
            raise RequestTooLarge(
                "The request takes {0} bytes; mi_datagram takes {1}".format(len(request.data), MAX_DATAGRAM),
                "Use HTTP, or send less",
            )
        self._blocked = sock = self._idle.pop() if self._idle else self._connect()
        try:
            self._send(sock, request.data)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS):
                self._idle.append(sock)
                return None
            _close(sock)
            raise self._error(error) from error
        self._blocked = None
        return DatagramExchange(self, request, sock)

    def _send(self, sock, data):
        if not self.socket_path:
            sock.send(data)
            return
        try:
            sock.sendto(data, self._address[1])
        except ConnectionRefusedError:
            if not self._restarted():
                raise
            self._close_server()
            self._open_server()
            sock.sendto(data, self._address[1])

    def _restarted(self):
        """Whether the server's socket is another one now."""
        try:
            now = os.stat(self.socket_path)
        except OSError:
            return False
        return not os.path.samestat(now, os.fstat(self._server))

    def give_back(self, sock):
        if self.reuse:
            self._idle.append(sock)
        else:
            _close(sock)

    def _connect(self):
        family, address = self._address
        sock = None
        try:
            sock = socket.socket(family, socket.SOCK_DGRAM)
            sock.setblocking(False)
            if family == socket.AF_UNIX:
                # the server can only answer a socket that has a name; it answers no abstract ones
                self._bind(sock)
            else:
                sock.connect(address)
        except OSError as error:
            if sock is not None:
                _close(sock)
            raise self._error(error) from error
        return sock

    def _bind(self, sock):
        directory = self._reply_dir()
        try:
            if self._directory is None:
                self._directory = _make_directory(directory)
            self._count += 1
            _bind_unix(sock, os.path.join(self._directory, str(self._count)), self._access)
        except OSError as error:
            _close(sock)
            raise ConnectError(
                "No socket for replies can be made in {0}: {1}".format(directory, error.strerror or error),
                "Correct reply_dir or its permissions",
            ) from error

    def _reply_dir(self):
        """Beside the server's socket, which both sides see even if each has a /tmp of its own; else there."""
        if self.reply_dir:
            return self.reply_dir
        beside = os.path.dirname(self.socket_path)
        fits = len(os.fsencode(beside)) + _NAME_LENGTH < _MAX_SOCKET_PATH
        return beside if fits and os.access(beside, os.W_OK | os.X_OK) else tempfile.gettempdir()

    def _error(self, error):
        where = self.describe()
        if error.errno == errno.ECONNREFUSED:
            hint = "OpenSIPS is not running, or its mi_datagram socket_name is another one"
            return ConnectError(
                "Nothing listens at {0}".format(where),
                hint + ": correct {0}".format("socket_path" if self.socket_path else "host and port"),
            )
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENOTSOCK, errno.EPROTOTYPE):
            return ConnectError(
                "There is no datagram socket at {0}".format(self.socket_path),
                "Start OpenSIPS, or set socket_path to the socket_name of its mi_datagram",
            )
        if error.errno in (errno.EACCES, errno.EPERM):
            return ConnectError(
                "No permission to send to {0}".format(where), "Use become, or a user of the socket's group"
            )
        return ConnectError(
            "Sending to {0} failed: {1}".format(where, error.strerror or error),
            "Correct {0}".format("socket_path" if self.socket_path else "host and port"),
        )


class DatagramExchange(Exchange):
    """A request that waits for its datagram."""

    def __init__(self, carrier, request, sock):
        self.request = request
        self.deadline = None
        self._carrier = carrier
        self._socket = sock

    def fileno(self):
        return self._socket.fileno()

    def receive(self):
        try:
            return self._socket.recv(MAX_DATAGRAM + 1)
        except BlockingIOError:
            return None
        except OSError as error:
            raise self._carrier._error(error) from error

    def expire(self):
        raise MITimeout(
            "No reply came from {0}".format(self._carrier.describe()),
            "Check that the server's mi_datagram listens there and that protocol fits (line before 3.0, jsonrpc since); servers before 3.0"
            " send nothing when a reply exceeds {0} bytes: use FIFO or HTTP then".format(MAX_DATAGRAM),
        )

    def close(self, reusable=False):
        if self._socket is None:
            return
        if reusable:
            self._carrier.give_back(self._socket)
        else:
            _close(self._socket)
        self._socket = None


def _make_directory(parent):
    """A directory with an unguessable name in parent, which the server may pass through and nobody can list."""
    path = os.path.join(parent, _PREFIX + os.urandom(_RANDOM).hex())
    os.mkdir(path, 0o700)
    cleanup.remember(path)
    os.chmod(path, 0o711)
    return path


def _bind_unix(sock, path, allowed):
    """Name sock by a file that the server may write to. allowed: Access to it."""
    cleanup.remember(path)
    # the umask, because a file cannot be made private by a later chmod without a moment in which it was not
    before = os.umask(0o177)
    try:
        sock.bind(path)
    finally:
        os.umask(before)
    allowed.restrict(path)


def _close(sock):
    name = None
    if sock.family == socket.AF_UNIX:
        name = sock.getsockname()
    sock.close()
    if name:
        try:
            os.unlink(name)
        except OSError:
            pass
        cleanup.forget(name)
