# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reply FIFOs: opened without blocking, written as the reader reads."""

import errno
import fcntl
import os
import stat

RETRIES, WAIT = 4, 0.08  # FIFO_REPLY_RETRIES, FIFO_REPLY_WAIT
_F_SETPIPE_SZ = 1031
_BIG = 1 << 16


def _check(fd, path):
    """mi_fifo_check(): a real FIFO, not a link, not hard-linked."""
    opened, named = os.fstat(fd), os.lstat(path)
    return (
        stat.S_ISFIFO(opened.st_mode)
        and opened.st_nlink == 1
        and stat.S_ISFIFO(named.st_mode)
        and (opened.st_dev, opened.st_ino) == (named.st_dev, named.st_ino)
    )


class ReplyFifos:
    """Opens reply FIFOs in `reply_dir`."""

    def __init__(self, loop, reply_dir):
        self.loop = loop
        self.reply_dir = reply_dir
        self.unopened = 0
        self._writing = {}
        self._waiting = set()
        self._closed = False

    def path(self, name):
        """The path for a reply name; None for a forbidden or too long one."""
        if any(char in name for char in "./\\") or len(self.reply_dir) + 1 + len(name) + 1 > 128:
            return None
        return os.path.join(self.reply_dir, name)

    def open(self, path, then, tries=RETRIES):
        """Open for writing and call `then(fd)`; without a reader try again four times, then give up."""
        if self._closed:
            return
        try:
            fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno == errno.ENXIO and tries:
                handle = None

                def again():
                    self._waiting.discard(handle)
                    self.open(path, then, tries - 1)

                handle = self.loop.call_later(WAIT, again)
                self._waiting.add(handle)
            else:
                self.unopened += 1
            return
        try:
            good = _check(fd, path)
        except OSError:
            good = False
        if not good:
            os.close(fd)
            self.unopened += 1
            return
        then(fd)

    def send(self, path, data):
        """Open, write, close."""
        self.open(path, lambda fd: self.write(fd, data))

    def write(self, fd, data):
        """Write all of it, waiting for the reader when the pipe is full; then close."""
        if not data:
            os.close(fd)
            return
        if len(data) > _BIG:
            try:
                fcntl.fcntl(fd, _F_SETPIPE_SZ, 1 << 20)
            except OSError:
                pass
        try:
            written = os.write(fd, data)
        except BlockingIOError:
            written = 0
        except OSError:
            os.close(fd)
            return
        if written == len(data):
            os.close(fd)
            return
        self._writing[fd] = memoryview(data)[written:]
        self.loop.add_writer(fd, self._continue, fd)

    def _continue(self, fd):
        rest = self._writing[fd]
        try:
            rest = rest[os.write(fd, rest[: 1 << 20]) :]
        except BlockingIOError:
            return
        except OSError:
            rest = rest[:0]
        if len(rest):
            self._writing[fd] = rest
            return
        self._stop(fd)

    def _stop(self, fd):
        self.loop.remove_writer(fd)
        del self._writing[fd]
        os.close(fd)

    def close(self):
        self._closed = True
        for handle in self._waiting:
            if handle is not None:
                handle.cancel()
        for fd in list(self._writing):
            self._stop(fd)
