# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""mi_datagram over UDP (IPv4, IPv6) or a Unix socket.

Sources: mi_datagram/datagram_fnc.c of 2.4, 3.6 and 4.0.
"""

import collections
import errno
import os
import socket
import stat
import tempfile
from typing import Any, Callable, Deque, Dict, List, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi import cleanup
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import access, owner, reach
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.carrier import (
    Carrier,
    Encode,
    Exchange,
    check_absolute,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ConnectError,
    MIError,
    MITimeout,
    ReplyTooLarge,
    RequestTooLarge,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import ReplyLimit, too_large
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Protocol, Request

# DATAGRAM_SOCK_BUF_SIZE, both ways
MAX_DATAGRAM = 65457
# sun_path of Linux, and what the name of our own socket takes of it
_MAX_SOCKET_PATH = 108
_PREFIX = "opensips_mi_"
_RANDOM = 8
# a directory of our own, and in it a number of at most seven digits
_NAME_LENGTH = 1 + len(_PREFIX) + 2 * _RANDOM + 1 + 7
# UDP ports of ours that are not taken again: replies to them may still be on their way. How often the system may offer one.
_USED_PORTS = 8192
_OFFERS = 64


class DatagramCarrier(Carrier):
    """Either host (str) and port (int), or socket_path (str) and reply_dir, where our own socket's name is made (str or None).

    Each exchange has a socket to itself, so a late or duplicated reply answers nobody else. Over UDP it is connected, so only
    the server can answer. A Unix socket cannot be, since the server answers from another one; its permissions, and a directory
    of our own that nobody can list, keep others out instead.
    A socket is kept for the next exchange if replies carry ids. server_uid: of the server's user (int), or None to find it out
    where it matters. everybody: our Unix sockets can be written by any user, since the file system knows no access control
    lists (bool).
    addresses: [(family, address)] of host, or of socket_path, once it is open; address: the one in use.
    """

    protocols = ("jsonrpc", "line")
    lossy = True
    max_in_flight = 4000
    # a UDP socket of default size loses requests from about 200 that the server has not yet taken
    window = 64
    largest_reply = MAX_DATAGRAM
    # calls, each of which may have two SDPs
    page_size = 12

    def __init__(
        self,
        host: Optional[str] = None,
        port: Optional[int] = None,
        socket_path: Optional[str] = None,
        reply_dir: Optional[str] = None,
        server_uid: Optional[int] = None,
        limit: Optional[ReplyLimit] = None,
    ) -> None:
        super().__init__(limit)
        self.host = host
        self.port = port
        self.socket_path: Any = socket_path
        self.reply_dir = reply_dir
        self.server_uid = server_uid
        self.addresses: List[reach.Address] = []
        self.address: Any = None
        self._idle: List[socket.socket] = []
        self._blocked: Optional[socket.socket] = None
        self._used_ports: Deque[int] = collections.deque(maxlen=_USED_PORTS)
        self._is_used: Set[int] = set()
        # of the server's Unix socket: a descriptor, so that nobody can put another in its place, and who may answer
        self._server: Any = None
        self._access: Any = None
        # of our Unix sockets: their directory, and how many there were
        self._directory: Optional[str] = None
        self._count = 0

    @classmethod
    def of(cls, options: Any, limit: ReplyLimit, warn: Callable[[str], None]) -> "DatagramCarrier":
        return cls(options.host, options.port, options.socket_path, options.reply_dir, options.server_user, limit)

    @staticmethod
    def check_options(values: Dict[str, Any]) -> None:
        if values["socket_path"] is None:
            _check_udp(values)
            return
        owner.check_option(values)
        check_absolute(values, "reply_dir")
        for name in ("host", "port"):
            if values[name] is not None:
                raise BadParameters(
                    f"socket_path and {name} are both set",
                    "Use socket_path for a Unix socket, or host and port for UDP",
                )
        check_absolute(values, "socket_path")

    @property
    def everybody(self) -> bool:
        return self._access is not None and self._access.everybody

    def describe(self) -> str:
        return f"the Unix socket {self.socket_path}" if self.socket_path else f"udp:{self.host}:{self.port}"

    def identity(self) -> Optional[str]:
        # what another server here is asked wrongly does it no harm: it says so
        return self.describe()

    def use_address(self, address: reach.Address) -> None:
        """Ask the server at this one of addresses."""
        self.address = address

    def check_request(self, request: Request, protocol: Protocol) -> None:
        if len(request.data) > MAX_DATAGRAM:
            raise RequestTooLarge(
                f"The request has {len(request.data)} bytes, and mi_datagram accepts at most {MAX_DATAGRAM}",
                "Use HTTP, or send less",
            )

    def open(self) -> None:
        """Resolve the address. Raises ConnectError."""
        if self.address is not None:
            return
        if self.socket_path:
            self._open_server()
            return
        try:
            self.addresses = reach.resolve(self.host, self.port, socket.SOCK_DGRAM)
        except (socket.gaierror, UnicodeError) as error:
            raise ConnectError(
                f"The host {self.host!r} cannot be resolved: {error}", "Correct host, or the resolver"
            ) from error
        self.address = self.addresses[0]

    def _open_server(self) -> None:
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
        by_descriptor = f"/proc/self/fd/{server}"
        self.address = (socket.AF_UNIX, by_descriptor if os.path.exists(by_descriptor) else self.socket_path)
        self.addresses = [self.address]

    def _close_server(self) -> None:
        if self._server is not None:
            os.close(self._server)
            self._server = self.address = None

    def close(self) -> None:
        while self._idle:
            _close(self._idle.pop())
        self._close_server()
        if self._directory is not None:
            cleanup.remove(self._directory)
            self._directory = None

    def writable_fd(self) -> Optional[int]:
        return None if self.socket_path or self._blocked is None else self._blocked.fileno()

    def start(self, encode: Encode, protocol: Protocol) -> Optional[Exchange]:
        self.open()
        request = encode(None)
        self.check_request(request, protocol)
        self._blocked = sock = self._idle.pop() if self._idle else self._connect()
        try:
            self._send(sock, request.data)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS):
                self._idle.append(sock)
                if error.errno == errno.ENOBUFS:
                    # it is the device's queue that is full: the socket seems writable all the time
                    self._blocked = None
                return None
            _close(sock)
            raise self._error(error) from error
        self._blocked = None
        return DatagramExchange(self, request, sock, protocol.has_ids)

    def _send(self, sock: socket.socket, data: bytes) -> None:
        if not self.socket_path:
            # an error that is pending there is of an earlier datagram; asking for it takes it away
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            sock.send(data)
            return
        try:
            sock.sendto(data, self.address[1])
        except ConnectionRefusedError:
            if not self._restarted():
                raise
            self._close_server()
            self._open_server()
            sock.sendto(data, self.address[1])

    def _restarted(self) -> bool:
        """Whether the server's socket is another one now."""
        try:
            now = os.stat(self.socket_path)
        except OSError:
            return False
        return not os.path.samestat(now, os.fstat(self._server))

    def checked(self, data: bytes) -> bytes:
        """data, or ReplyTooLarge for a datagram that may not be held, or that no server can have sent."""
        if len(data) > self.limit.most:
            raise too_large(self.describe(), self.limit.most)
        if len(data) > MAX_DATAGRAM:
            raise ReplyTooLarge(
                f"A datagram from {self.describe()} has more than {MAX_DATAGRAM} bytes, the most that mi_datagram sends",
                "Check which program answers there",
            )
        return data

    def give_back(self, sock: socket.socket) -> None:
        """Keep a socket for the next exchange."""
        self._idle.append(sock)

    def _connect(self) -> socket.socket:
        """A new socket, over UDP with a port that none of the last ones had."""
        # held until there is a better one, so that it is not offered again
        offered = [self._new_socket()]
        if self.socket_path:
            return offered[0]
        try:
            while offered[-1].getsockname()[1] in self._is_used and len(offered) < _OFFERS:
                offered.append(self._new_socket())
        except ConnectError:
            # an old port is better than none
            pass
        sock = offered.pop()
        for unused in offered:
            _close(unused)
        self._remember(sock.getsockname()[1])
        return sock

    def _remember(self, port: int) -> None:
        if port in self._is_used:
            # the system has few
            self._used_ports.clear()
            self._is_used.clear()
        if len(self._used_ports) == _USED_PORTS:
            self._is_used.discard(self._used_ports[0])
        self._used_ports.append(port)
        self._is_used.add(port)

    def _new_socket(self) -> socket.socket:
        family, address = self.address
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

    def _bind(self, sock: socket.socket) -> None:
        directory = self._reply_dir()
        try:
            if self._directory is None:
                self._directory = _make_directory(directory)
            self._count += 1
            _bind_unix(sock, os.path.join(self._directory, str(self._count)), self._access)
        except OSError as error:
            _close(sock)
            raise ConnectError(
                f"No socket for replies can be made in {directory}: {error.strerror or error}",
                "Correct reply_dir or its permissions",
            ) from error

    def _reply_dir(self) -> str:
        """Beside the server's socket, which both sides see even if each has a /tmp of its own; else there."""
        if self.reply_dir:
            return self.reply_dir
        beside = os.path.dirname(self.socket_path)
        fits = len(os.fsencode(beside)) + _NAME_LENGTH < _MAX_SOCKET_PATH
        return beside if fits and os.access(beside, os.W_OK | os.X_OK) else tempfile.gettempdir()

    def lost(self, error: OSError) -> ConnectError:
        """The ConnectError for an OSError on a socket whose request went out."""
        # only the host of the server says so, of a datagram that found nobody
        return self._error(error, maybe_sent=error.errno != errno.ECONNREFUSED)

    def _error(self, error: OSError, maybe_sent: bool = False) -> ConnectError:
        return ConnectError(*self._explain(error), maybe_sent=maybe_sent)

    def _explain(self, error: OSError) -> Tuple[str, str]:
        """(message, hint) for an OSError."""
        where = self.describe()
        if error.errno == errno.ECONNREFUSED:
            hint = "OpenSIPS is not running, or its mi_datagram socket_name is another one"
            return (
                f"Nothing listens at {where}",
                f"{hint}: correct {'socket_path' if self.socket_path else 'host and port'}",
            )
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENOTSOCK, errno.EPROTOTYPE):
            return (
                f"There is no datagram socket at {self.socket_path}",
                "Start OpenSIPS, or set socket_path to the socket_name of its mi_datagram",
            )
        if error.errno in (errno.EACCES, errno.EPERM):
            return f"No permission to send to {where}", "Use become, or a user of the socket's group"
        return (
            f"Sending to {where} failed: {error.strerror or error}",
            f"Correct {'socket_path' if self.socket_path else 'host and port'}",
        )


class DatagramExchange(Exchange):
    """A request that waits for its datagram."""

    def __init__(self, carrier: DatagramCarrier, request: Request, sock: socket.socket, has_ids: bool) -> None:
        self.request = request
        self._has_ids = has_ids
        self._carrier = carrier
        self._socket: Any = sock
        # replies to other requests came (int); the one to this request came, and carried its id (bool)
        self._ignored = 0
        self._identified = False

    def fileno(self) -> int:
        return int(self._socket.fileno())

    def receive(self) -> Optional[bytes]:
        try:
            data = self._socket.recv(MAX_DATAGRAM + 1)
        except BlockingIOError:
            return None
        except OSError as error:
            raise self._carrier.lost(error) from error
        return self._carrier.checked(data)

    def ignores(self, outcome: object) -> bool:
        """The network duplicates datagrams and delivers them late, so what carries another id is no reply to this request."""
        if getattr(outcome, "unrelated", False):
            self._ignored += 1
            return True
        self._identified = not isinstance(outcome, MIError)
        return False

    def expire(self) -> bytes:
        message = f"No reply came from {self._carrier.describe()}"
        if self._ignored:
            message += f", only {self._ignored} to other requests"
        raise MITimeout(
            message,
            "Check that mi_datagram of the server listens there, and that protocol fits (line before 3.0, jsonrpc from 3.0 on)."
            f" If a reply exceeds {MAX_DATAGRAM} bytes, servers before 3.0 send nothing: use the FIFO or HTTP",
        )

    def close(self, reusable: bool = False) -> None:
        if self._socket is None:
            return
        # of an error without an id a duplicate may come, which the next request would take for its own
        if reusable and self._identified and self._has_ids:
            self._carrier.give_back(self._socket)
        else:
            _close(self._socket)
        self._socket = None


def _check_udp(values: Dict[str, Any]) -> None:
    if values["port"] is None:
        raise BadParameters(
            "transport is datagram, but neither port nor socket_path is set",
            "Set port to the port in the socket_name of mi_datagram. It has no default",
        )
    try:
        port = int(values["port"])
    except (TypeError, ValueError):
        port = 0
    if not 0 < port < 65536:
        raise BadParameters(f"port is {values['port']!r}", "Set it to a number from 1 to 65535")
    values["port"] = port
    values["host"] = values["host"] or "127.0.0.1"


def _make_directory(parent: str) -> str:
    """A directory with an unguessable name in parent, which the server may pass through and nobody can list."""
    path = os.path.join(parent, _PREFIX + os.urandom(_RANDOM).hex())
    os.mkdir(path, 0o700)
    cleanup.remember(path)
    # the server, which is another user, has to reach the socket in it
    os.chmod(path, 0o711)  # nosec B103
    return path


def _bind_unix(sock: socket.socket, path: str, allowed: access.Access) -> None:
    """Name sock by a file that the server may write to. allowed: Access to it."""
    cleanup.remember(path)
    # the umask, because a file cannot be made private by a later chmod without a moment in which it was not
    before = os.umask(0o177)
    try:
        sock.bind(path)
    finally:
        os.umask(before)
    allowed.restrict(path)


def _close(sock: socket.socket) -> None:
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
