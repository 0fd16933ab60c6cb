# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The MI FIFO: the reading end common to all versions, and the JSON-RPC of 3.x and 4.x."""

import os
import re

from . import faults, rpc
from .errors import PENDING, Starved
from .fifo_reply import ReplyFifos

MAX_BUFFER = 4096
# a string that does not fit into the print buffer, which is flushed but not grown (cJSON.c, ensure())
_TOO_LONG = re.compile(rb'"(?:[^"\\]|\\.){4090,}"', re.S)
_LOOK_UP_TO = 1 << 18  # replies beyond that are lists of short strings: not worth the search
UNPRINTABLE = b"failed to print response"
UNBUILT = b"failed to build response"
NO_HANDLER = b"failed to build async handler"  # when shared memory is out


class Fifo:
    """A FIFO file that is read without blocking."""

    def __init__(self, server, path, reply_dir):
        self.server = server
        self.loop = server.loop
        self.path = path
        self.replies = ReplyFifos(server.loop, reply_dir)
        self.recreated = 0
        self.fd = self._keep = None
        self._open()

    def _open(self):
        if os.path.lexists(self.path):
            os.unlink(self.path)
        os.mkfifo(self.path)
        os.chmod(self.path, self.server.options.fifo_mode)
        self.fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        # a writer of our own, so that a client that closes does not make an endless end of file
        self._keep = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        self.loop.add_reader(self.fd, self.readable)

    def _shut(self):
        if self.fd is not None:
            self.loop.remove_reader(self.fd)
            os.close(self.fd)
            os.close(self._keep)
            self.fd = self._keep = None

    def recreate(self):
        """What 2.x does after an over-long line: unlink and make it anew."""
        self.recreated += 1
        self._shut()
        self._open()

    def close(self, unlink=True):
        self._shut()
        self.replies.close()
        if unlink and os.path.lexists(self.path):
            os.unlink(self.path)

    def readable(self):
        raise NotImplementedError

    def answer(self, path, method, data, fd=None):
        """Send a reply, or what a planned fault makes of it. `fd`: the reply FIFO when it is open already."""
        fault = self.server.faults.take(method)
        if fault is None:
            if fd is None:
                self.replies.send(path, data)
            else:
                self.replies.write(fd, data)
            return
        data = faults.mangle(fault, data)

        def play():
            if data is None:
                # the writing end stays open: the client sees neither data nor an end
                self.server.hold(fd)
            elif fd is None:
                self.replies.send(path, data)
            else:
                self.replies.write(fd, data)

        if fault.delay:
            self.loop.call_later(fault.delay, play)
        else:
            play()


class JsonFifo(Fifo):
    """mi_fifo of 3.x and 4.x (fifo_fnc.c: mi_fifo_callback): one read, at most 4096 bytes, per event."""

    def __init__(self, server, path, reply_dir):
        self._remain = b""
        self._busy = None  # the timer of a request that takes long
        self._unparsed = None  # what was read but not run when the process became busy
        super().__init__(server, path, reply_dir)

    def readable(self):
        try:
            chunk = os.read(self.fd, MAX_BUFFER - len(self._remain))
        except BlockingIOError:
            return
        if not chunk:
            self._remain = b""
            return
        self._requests(self._remain + chunk)

    def _requests(self, pending):
        while pending and self.fd is not None:
            pending = self._one(pending)
            if self._busy is not None:
                self._unparsed = pending
                return

    def _serve(self, seconds, then):
        """Serve a request for that long, and read no other meanwhile; then call `then`."""
        self.loop.remove_reader(self.fd)
        self._busy = self.loop.call_later(seconds, self._served, then)

    def _served(self, then):
        self._busy = None
        if self.fd is None:
            return
        then()
        self.loop.add_reader(self.fd, self.readable)
        pending, self._unparsed = self._unparsed, None
        self._requests(pending)

    def _one(self, data):
        """Run the first request in `data`; returns what is left to parse, or None to stop."""
        data = data.lstrip(b" \t\r\n")
        if not data or (len(data) >= 3 and data[:1] != b":"):
            self._remain = b""
            return None
        separator = data.find(b":", 1)
        if len(data) < 3 or separator < 0 or separator + 1 >= len(data):
            return None  # and what was kept of an earlier tail stays
        name = data[1:separator].decode("utf-8", "surrogateescape")
        path = None
        if name:
            path = self.replies.path(name)
            if path is None:
                self._remain = b""
                return None
        text = data[separator + 1 :].decode("utf-8", "surrogateescape")
        try:
            request, end = rpc.parse(text)
        except ValueError:
            self.server.stats_lost += 1
            return None
        rest = text[end:].encode("utf-8", "surrogateescape")
        self._remain = rest
        self._run(request, path)
        return rest

    def _run(self, request, path):
        server = self.server
        if request.method is None:
            server.crash("FIFO request without a string method")
            return
        asynchronous = server.is_async(request.method)
        if asynchronous:
            if path is None:
                server.crash(f"asynchronous command {request.method} over FIFO without a reply FIFO")
                return
            if server.lacks_handler(request.method):
                self.answer(path, request.method, NO_HANDLER)
                return
            outcome = rpc.run(server, request, lambda late: self._late(request, path, late))
            if outcome is not PENDING:
                self._late(request, path, outcome)
        elif path is None:
            rpc.run(server, request, None)
        else:
            self.replies.open(path, lambda fd: self._run_sync(request, path, fd))

    def _run_sync(self, request, path, fd):
        outcome = rpc.run(self.server, request, None)
        seconds = self.server.spent()
        text = self._text(request, outcome)
        if seconds and self.fd is not None:
            self._serve(seconds, lambda: self.answer(path, request.method, text, fd))
        else:
            self.answer(path, request.method, text, fd)

    def _late(self, request, path, outcome):
        if isinstance(outcome, Starved):
            self.answer(path, request.method, UNBUILT)
            self.server.crash("a phone answered while shared memory was out: mi_fifo frees that reply twice")
            return
        text = self._text(request, outcome)
        if text:
            self.answer(path, request.method, text)

    @staticmethod
    def _text(request, outcome):
        if request.bad_id:
            return UNPRINTABLE
        text = rpc.text_of(request, outcome)
        data = b"" if text is None else text.encode("utf-8", "surrogateescape")
        if 4090 <= len(data) < _LOOK_UP_TO:
            match = _TOO_LONG.search(data)
            if match:
                return data[: match.start()] + UNPRINTABLE
        return data
