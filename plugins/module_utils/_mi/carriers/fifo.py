# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""mi_fifo: requests go into the server's FIFO, each reply comes through a reply FIFO of ours.

Sources: mi_fifo/fifo_fnc.c of 1.11, 2.4, 3.6 and 4.0; fifo(7).
"""

import errno
import fcntl
import os
import select
import stat
import struct
import termios
import time
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi import cleanup
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import (
    access,
    file_handle,
    owner,
    reply_dirs,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.carrier import (
    Carrier,
    Encode,
    Exchange,
    Inflow,
    check_absolute,
    seconds_left,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ConnectError,
    MITimeout,
    RequestTooLarge,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import ReplyLimit
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Protocol, Request

# the last is the default of mi_fifo; it is only opened if it is a FIFO that a server reads
DEFAULT_PATHS = ("/run/opensips/opensips_fifo", "/var/run/opensips/opensips_fifo", "/tmp/opensips_fifo")  # nosec B108
# MAX_MI_FILENAME: reply_dir and name together, with the slash and the closing NUL
_MAX_REPLY_PATH = 128
_READ = 65536
# F_SETPIPE_SZ of Linux, which fcntl names since Python 3.10, and the most that pipe-max-size allows by default
_SET_PIPE_SIZE = 1031
_WIDE = 1 << 20
# Between two openings of the reply FIFO by one asynchronous reply, and no longer.
_REOPEN_GRACE = 1.0
# How long a request that must be alone keeps others waiting when the server is busy.
_TAKEN_WITHIN = 0.5
# How long a server may pause in the middle of a large request.
_STALLED = 5.0
# Seconds until a FIFO that did not take a request is tried again.
_RETRY = 0.001
# MAX_MI_FIFO_BUFFER of 3.x and 4.x: a longer request, or one in two pieces, is dropped without an answer.
_OBJECT = 4096
# MAX_MI_FIFO_READ is 8192 with the closing line; beyond it 2.x re-creates its FIFO and loses other clients' requests.
_ARGUMENTS = 8100
# MAX_MI_FIFO_BUFFER of 1.x and 2.x: what the server reads of the command line, and of lines that it throws away.
_LINE = 1024


class FifoCarrier(Carrier):
    """paths: where to look for the MI FIFO (sequence of str). reply_dir: where reply FIFOs are made (str), or None to find it out.

    server_uid: of the server's user (int), or None to find it out where it matters.
    everybody: reply FIFOs can be written by any user, since the file system knows no access control lists (bool).
    reply_dirs: directories in which the server may look for reply FIFOs (list of str), once it is open.
    """

    protocols = ("jsonrpc", "line")
    needs_reply_fifo = True
    marks_end = True
    # each has a file of its own
    max_in_flight = 1000
    holds_tables = True
    reply_name = f"opensips_mi_{'0' * 24}"

    def __init__(
        self,
        paths: Sequence[str] = DEFAULT_PATHS,
        reply_dir: Optional[str] = None,
        server_uid: Optional[int] = None,
        limit: Optional[ReplyLimit] = None,
    ) -> None:
        super().__init__(limit)
        self.paths = list(paths)
        self.server_uid = server_uid
        self.reply_dir: Any = reply_dir
        self.reply_dirs = [reply_dir] if reply_dir else []
        self.path: Any = None
        self._options_given = (len(self.paths) == 1, reply_dir is not None)
        self._full = False
        # once it is open: descriptor, and Access for reply FIFOs
        self._fd: Any = None
        self._access: Any = None
        self._idle: List[_ReplyFifo] = []
        # what owner.elsewhere() says of reply_dir, once it was asked
        self._other: Any = False

    @property
    def everybody(self) -> bool:
        return self._access is not None and self._access.everybody

    @classmethod
    def of(cls, options: Any, limit: ReplyLimit, warn: Callable[[str], None]) -> "FifoCarrier":
        paths = [options.fifo_path] if options.fifo_path else DEFAULT_PATHS
        return cls(paths, options.reply_dir, options.server_user, limit)

    @staticmethod
    def check_options(values: Dict[str, Any]) -> None:
        owner.check_option(values)
        for name in ("fifo_path", "reply_dir"):
            check_absolute(values, name)

    def describe(self) -> str:
        return f"the FIFO {self.path or self.paths[0]}"

    def identity(self) -> Optional[str]:
        return file_handle.of(self._fd)

    def chosen(self) -> Dict[str, str]:
        found = (("fifo_path", self.path), ("reply_dir", self.reply_dir))
        return {
            name: value
            for (name, value), is_given in zip(found, self._options_given)
            if not is_given and value is not None
        }

    def open(self) -> None:
        """Open the MI FIFO. Raises ConnectError when it is missing, foreign, without reader or not permitted."""
        if self._fd is not None:
            return
        self.path = self._find()
        if not self.reply_dirs:
            self.reply_dirs = reply_dirs.likely(self.path)
        if self.reply_dir is None and len(self.reply_dirs) == 1:
            self.reply_dir = self.reply_dirs[0]
        for directory in self.reply_dirs:
            reply_dirs.check(directory)
        try:
            self._fd = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise self._open_error(error) from error
        try:
            self._access = self._check(os.fstat(self._fd))
        except BaseException:
            self.close()
            raise

    def _check(self, status: os.stat_result) -> access.Access:
        """The Access for reply FIFOs, once it is sure that the FIFO is the server's. status: os.stat_result of the open FIFO."""
        if not stat.S_ISFIFO(status.st_mode):
            raise self._foreign("changed into something else while it was opened")
        owner.check(self.path, status, self.server_uid, "fifo_path")
        return access.Access(status, self.server_uid)

    def close(self) -> None:
        """Close the MI FIFO and remove every reply FIFO."""
        while self._idle:
            self._idle.pop().remove()
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def writable_fd(self) -> Optional[int]:
        """The descriptor to poll for writing after start() gave None; None where polling does not tell."""
        return self._fd if self._full else None

    def unread(self) -> int:
        """Bytes in the FIFO that the server has not yet read (int)."""
        count = fcntl.ioctl(self._fd, termios.FIONREAD, struct.pack("i", 0))
        return int(struct.unpack("i", count)[0])

    def use_reply_dir(self, directory: str) -> None:
        """The server answers through this one of reply_dirs."""
        self.reply_dir = directory

    def check_request(self, request: Request, protocol: Protocol) -> None:
        if protocol.by_line:
            _check_lines(request)
        elif len(request.data) > _OBJECT:
            raise RequestTooLarge(
                f"The request has {len(request.data)} bytes, and the FIFO of OpenSIPS 3.x and 4.x accepts at most {_OBJECT}",
                "Use a datagram socket or HTTP, or send less",
            )

    def in_flight(self, wanted: Optional[int], version: Callable[[], Tuple[int, ...]]) -> int:
        # 3.0 drops the second of two requests that it reads at once
        return 1 if version()[:2] == (3, 0) else super().in_flight(wanted, version)

    def start(
        self, encode: Encode, protocol: Protocol, alone: bool = False, reply_dir: Optional[str] = None
    ) -> "Optional[FifoExchange]":
        """alone: write only into an empty FIFO, and keep our other clients out until the server took it.

        reply_dir: which of reply_dirs to make the reply FIFO in, if that is not decided yet.
        """
        self.open()
        reply = self._idle.pop() if self._idle else _ReplyFifo(reply_dir or self.reply_dir, self._access)
        try:
            request = encode(reply.name)
            self.check_request(request, protocol)
            if not self._write(request.data, alone, None if protocol.by_line else _OBJECT):
                self._idle.append(reply)
                return None
        except BaseException:
            reply.remove()
            raise
        return FifoExchange(self, request, reply, protocol)

    def inflow(
        self, encode: Encode, protocol: Protocol, deadline: float, taken_within: float, most: int
    ) -> "FifoExchange":
        give_up = min(deadline, time.monotonic() + taken_within)
        while True:
            exchange = self.start(encode, protocol)
            if exchange is not None:
                exchange.sent(seconds_left(deadline))
                exchange.widen()
                return exchange
            if time.monotonic() >= give_up:
                raise self.not_taken()
            time.sleep(_RETRY)

    def give_back(self, reply: "_ReplyFifo") -> None:
        """Keep a reply FIFO for the next exchange, unless something happened to it: its reply has come all the same."""
        try:
            reply.reopen()
        except OSError:
            reply.remove()
            return
        self._idle.append(reply)

    def timeout_hint(self, opened: bool) -> str:
        """What to check when no reply came; opened: the server did open the reply FIFO (bool)."""
        if opened:
            return "The server opened the reply FIFO, but its reply was not complete in time: raise timeout"
        try:
            unread = self.unread()
        except OSError:
            unread = 0
        if unread:
            return "The server did not read its FIFO: check whether OpenSIPS hangs, or raise timeout"
        if self._other is False:
            # once, since each of a fleet may time out
            found = (owner.elsewhere(directory) for directory in self.reply_dirs)
            self._other = next(filter(None, found), None)
        if self._other:
            return str(self._other)
        used = " and ".join(self.reply_dirs)
        return (
            f"The replies were expected in {used}: set reply_dir to the reply_dir of the server's mi_fifo module."
            " The server's user must be able to write there. Check that protocol fits the server (line before 3.0, jsonrpc from 3.0 on),"
            " and that the server is not blocked"
        )

    def _find(self) -> str:
        problems = []
        for path in self.paths:
            try:
                mode = os.lstat(path).st_mode
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTDIR):
                    problems.append(path)
                    continue
                raise ConnectError(
                    f"Whether there is a FIFO {path} cannot be read: {error.strerror}",
                    "Use become, or a user that can enter its directory, or correct fifo_path",
                ) from error
            if stat.S_ISFIFO(mode):
                return path
            self.path = path
            raise self._foreign(
                f"is {'a symbolic link' if stat.S_ISLNK(mode) else 'a regular file' if stat.S_ISREG(mode) else 'something else'}"
            )
        raise ConnectError(
            f"There is no MI FIFO at {' or '.join(problems)}",
            next(filter(None, map(owner.elsewhere, problems)), None)
            or "Start OpenSIPS, load mi_fifo, or set fifo_path to the fifo_name of its configuration",
        )

    def _foreign(self, what: str) -> ConnectError:
        return ConnectError(
            f"{self.path} is not a FIFO: it {what}",
            "Nothing was sent. Set fifo_path to the fifo_name of mi_fifo",
        )

    def _open_error(self, error: OSError) -> ConnectError:
        if error.errno == errno.ENXIO:
            return ConnectError(
                f"No process reads the FIFO {self.path}",
                "OpenSIPS is not running, or uses another fifo_name: start it or correct fifo_path",
            )
        if error.errno in (errno.EACCES, errno.EPERM):
            return ConnectError(
                f"No permission to write to the FIFO {self.path}",
                "Use become, or a user of the FIFO's group (mi_fifo: fifo_mode, fifo_group)",
            )
        if error.errno == errno.ELOOP:
            return self._foreign("is a symbolic link")
        return ConnectError(f"The FIFO {self.path} cannot be opened: {error.strerror}", "Correct fifo_path")

    def _write(self, data: bytes, alone: bool, most: Optional[int]) -> bool:
        """Whether data went out. A request beyond PIPE_BUF is not atomic, so it locks the others of our kind out.

        most: bytes that the server reads at once. No more lie in the FIFO, so that no request is cut. None: any number.
        """
        exclusive = alone or most is not None or len(data) > select.PIPE_BUF
        self._full = False
        try:
            fcntl.flock(self._fd, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                time.sleep(_RETRY)
                return False
            raise ConnectError(f"The FIFO {self.path} cannot be locked: {error.strerror}", None) from error
        try:
            if not alone:
                return (most is None or self._has_room(len(data), most)) and self._write_locked(data)
            if self.unread():
                # the FIFO is writable all the same, so polling it would not wait
                time.sleep(_RETRY)
                return False
            return self._write_locked(data) and self._await_taken()
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _has_room(self, size: int, most: int) -> bool:
        unread = self.unread()
        if not unread or unread + size <= most:
            return True
        # writing would tell that the reader is gone, but nothing is written here
        poll = select.poll()
        poll.register(self._fd, 0)
        if any(event & select.POLLERR for _fd, event in poll.poll(0)):
            raise self._gone()
        return False

    def _gone(self) -> ConnectError:
        return ConnectError(
            f"The process that read the FIFO {self.path} is gone",
            "See whether OpenSIPS stopped, and why, in its log",
        )

    def _await_taken(self) -> bool:
        until = time.monotonic() + _TAKEN_WITHIN
        while self.unread() and time.monotonic() < until:
            time.sleep(0.0005)
        return True

    def _write_locked(self, data: bytes) -> bool:
        try:
            written = os.write(self._fd, data)
            while written < len(data):
                # only a large request gets here, and its rest must follow before anything else
                if not select.select([], [self._fd], [], _STALLED)[1]:
                    raise MITimeout(
                        f"The server stopped reading the FIFO {self.path} in the middle of a request",
                        "See whether OpenSIPS hangs",
                    )
                try:
                    written += os.write(self._fd, data[written:])
                except BlockingIOError:
                    continue
        except BlockingIOError:
            self._full = True
            return False
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise self._gone() from error
            raise ConnectError(f"Writing to the FIFO {self.path} failed: {error.strerror}", None) from error
        return True


class FifoExchange(Exchange, Inflow):
    """A request that waits at its reply FIFO."""

    def __init__(self, carrier: FifoCarrier, request: Request, reply: "_ReplyFifo", protocol: Protocol) -> None:
        self.request = request
        self._carrier = carrier
        self._reply: Any = reply
        self._protocol = protocol
        self._chunks: List[bytes] = []
        self._held = 0
        self._opened = False
        # the deadline proper, while the server has closed the reply FIFO and may open it again
        self._until: Optional[float] = None

    def fileno(self) -> int:
        return int(self._reply.fd)

    def receive(self) -> Optional[bytes]:
        while True:
            chunk = self.take()
            if chunk is None:
                return None
            if chunk:
                self._hold(chunk)
                continue
            data = b"".join(self._chunks)
            self._chunks = []
            if self._protocol.complete(data):
                return data
            self._chunks = [data]
            self.reopen()
            return None

    def _hold(self, chunk: bytes) -> None:
        self._held += len(chunk)
        self._carrier.limit.hold(len(chunk), self._carrier.describe())
        self._chunks.append(chunk)

    def take(self) -> Optional[bytes]:
        """Bytes that have come; empty when the server closed the reply FIFO, None when there are none yet.

        Only after fileno() polled readable: before its writer opens it, a FIFO looks closed.
        """
        self._opened = True
        try:
            chunk = os.read(self._reply.fd, _READ)
        except BlockingIOError:
            return None
        if chunk and self._until is not None:
            self.deadline, self._until = self._until, None
        return chunk

    def reopen(self) -> None:
        """Wait for more after the server closed the FIFO: asynchronous replies of 3.x do, at each 4,096 bytes."""
        try:
            self._reply.reopen()
        except OSError as error:
            raise ConnectError(
                f"The reply FIFO {self._reply.path} was removed while the server wrote its reply: {error.strerror}",
                "See what cleans reply_dir up, and give mi_fifo a reply_dir of its own",
                maybe_sent=True,
            ) from error
        if self._until is None:
            self._until = self.deadline
            self.deadline = min(self.deadline, time.monotonic() + _REOPEN_GRACE)

    def pieces(self, complete: Callable[[], bool]) -> Iterator[bytes]:
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        while True:
            left = seconds_left(self.deadline)
            if not left:
                # raises, unless the server closed the FIFO and did not come back
                self.expire()
                return
            # an opened FIFO without writer reads as ended, but does not poll so before it had one
            if not poll.poll(left * 1000 + 1):
                continue
            piece = self.take()
            if piece:
                yield piece
            elif piece is not None:
                if complete():
                    return
                poll.unregister(self.fileno())
                self.reopen()
                poll.register(self.fileno(), select.POLLIN)

    def widen(self) -> None:
        """Let the server write as far ahead of us as the kernel allows, for a large reply."""
        try:
            fcntl.fcntl(self._reply.fd, _SET_PIPE_SIZE, _WIDE)
        except OSError:
            pass

    def expire(self) -> bytes:
        if self._until is not None:
            # the server closed it and did not come back: what came is all
            return b"".join(self._chunks)
        raise MITimeout(f"No reply came through {self._carrier.describe()}", self._carrier.timeout_hint(self._opened))

    def close(self, reusable: bool = False) -> None:
        if self._reply is None:
            return
        self._carrier.limit.let_go(self._held)
        self._chunks = []
        if reusable:
            self._carrier.give_back(self._reply)
        else:
            self._reply.remove()
        self._reply = None


class _ReplyFifo:
    """A FIFO with an unguessable name that the server's user, and as few others as possible, can write."""

    # its descriptor, once it is open
    fd: Any = None

    def __init__(self, directory: str, allowed: access.Access) -> None:
        """directory: reply_dir. allowed: Access to it."""
        self.name = f"opensips_mi_{os.urandom(12).hex()}"
        self.path = os.path.join(directory, self.name)
        self._identity: Optional[Tuple[int, int]] = None
        if len(os.fsencode(self.path)) + 1 > _MAX_REPLY_PATH:
            raise BadParameters(
                f"reply_dir {directory} is too long: OpenSIPS accepts {_MAX_REPLY_PATH - 1} characters, including the name of the reply FIFO",
                "Use a shorter reply_dir",
            )
        try:
            # fails if anything is there already, links included; what is there is not ours to remove
            os.mkfifo(self.path, 0o600)
        except OSError as error:
            raise _cannot_make(directory, error) from error
        cleanup.remember(self.path)
        try:
            self.reopen()
            allowed.restrict(self.fd)
        except OSError as error:
            self.remove()
            raise _cannot_make(directory, error) from error

    def reopen(self) -> None:
        """Open for reading; a descriptor that saw its writer leave would report the end for ever."""
        fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        if self.fd is not None:
            os.close(self.fd)
        self.fd = fd
        status = os.fstat(fd)
        if self._identity is None and stat.S_ISFIFO(status.st_mode) and status.st_uid == os.geteuid():
            self._identity = (status.st_dev, status.st_ino)
        if self._identity != (status.st_dev, status.st_ino):
            raise OSError(errno.EINVAL, "somebody replaced the reply FIFO")

    def remove(self) -> None:
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
        try:
            os.unlink(self.path)
        except OSError:
            pass
        cleanup.forget(self.path)


def _check_lines(request: Request) -> None:
    """Raise RequestTooLarge if a server of 1.x or 2.x would not take request (Request) from its FIFO."""
    sizes = [len(line.encode("utf-8")) for line in request.lines]
    total = sum(sizes) + len(sizes)
    if total > _ARGUMENTS:
        raise RequestTooLarge(
            f"The parameters have {total} bytes, and the FIFO of OpenSIPS 1.x and 2.x accepts at most {_ARGUMENTS}",
            "Use a datagram socket or HTTP, or send less",
        )
    if not request.known and total >= _LINE - 1:
        longest = max(len(part.encode("utf-8")) for line in request.lines for part in line.split("\n"))
        if longest >= _LINE - 1:
            raise RequestTooLarge(
                f"The command is not known, and its line of {longest} bytes could block the FIFO of the server",
                f"Shorten the line to less than {_LINE - 1} bytes, or use a datagram socket",
            )


def _cannot_make(directory: str, error: OSError) -> ConnectError:
    return ConnectError(
        f"No reply FIFO can be made in {directory}: {error.strerror}",
        "Correct reply_dir or its permissions",
    )
