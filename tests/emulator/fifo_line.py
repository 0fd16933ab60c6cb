# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The MI FIFO of 1.x and 2.x: the line protocol, with the limits of mi_fifo."""

import os
import re

from .errors import PENDING, Starved
from .fifo import Fifo
from .line_parser import ParseError, line_arguments
from .render_line import render

MAX_LINE, MAX_ARGUMENTS = 1024, 8192
# what it writes at once
BUFFER = 8192
_LONG = re.compile(rb"[^\n]{%d}" % (BUFFER + 1))


def parse_arguments(lines):
    """The arguments (list of str) that lines (list of str without newlines) hold. Raises ParseError."""
    left = [line.encode("utf-8", "surrogateescape") + b"\n" for line in lines]
    found = line_arguments(lambda _room: left.pop(0) if left else b"\n", MAX_ARGUMENTS)
    if found is None or b"" in found:
        raise ParseError
    return [value.decode("utf-8", "surrogateescape") for value in found]


def printed(data):
    """What the server writes of a reply: its buffer goes out as a text that ends at a NUL, and a line that does not fit ends all."""
    if b"\0" not in data and not _LONG.search(data):
        return data
    out, buffer = [], b""
    for line in data.splitlines(keepends=True):
        if len(buffer) + len(line) > BUFFER:
            out.append(buffer.partition(b"\0")[0])
            buffer = b""
        if len(line) > BUFFER:
            return b"".join(out)
        buffer += line
    return b"".join([*out, buffer.partition(b"\0")[0]])


class LineFifo(Fifo):
    """mi_fifo_server() as a machine that is fed lines."""

    def __init__(self, server, path, reply_dir):
        self._buffer = b""
        self._reset()
        super().__init__(server, path, reply_dir)

    def _reset(self):
        self._header = None  # (command, classic or None, reply path)
        self._lines = []  # argument lines of the request being read
        self._size = 0
        self._consuming = False  # skip everything up to the next blank line
        self.hung = False

    def readable(self):
        try:
            self._buffer += os.read(self.fd, 65536)
        except BlockingIOError:
            return
        while self.fd is not None:
            end = self._buffer.find(b"\n")
            if end < 0:
                if len(self._buffer) > (MAX_ARGUMENTS if self._header else MAX_LINE):
                    self._too_long()
                return
            line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
            if self.hung:
                continue
            self._line(line)

    def _too_long(self):
        """2.1 to 2.4 make the FIFO anew and lose what is in it; 1.x answer a parse error or nothing."""
        self.server.stats_lost += 1
        self._buffer = b""
        header, self._header = self._header, None
        self._lines, self._size = [], 0
        if self.server.state.v >= (2, 1):
            self._consuming = False
            self.recreate()
        else:
            self._consuming = True
            if header is not None:
                self._parse_error(header)

    def _line(self, line):
        if self._consuming:
            if not line:
                self._consuming = False
            return
        if self._header is None:
            self._first(line.rstrip(b" \t\r").decode("utf-8", "surrogateescape"), len(line))
            return
        self._size += len(line) + 1
        if self._size > MAX_ARGUMENTS:
            self._too_long()
            return
        if not line:
            header, lines = self._header, self._lines
            self._header, self._lines, self._size = None, [], 0
            self._complete(header, lines)
            return
        self._lines.append(line.decode("utf-8", "surrogateescape"))

    def _first(self, line, length):
        if length >= MAX_LINE:
            self._too_long()
            return
        if len(line) < 3:
            return
        name, colon, reply = line[1:].partition(":")
        if line[0] != ":" or not colon or not name:
            self._consuming = True
            return
        path = None
        if reply:
            path = self.replies.path(reply)
            if path is None:
                self._consuming = True
                return
        server = self.server
        if len(name) >= 256 and server.state.v >= (2, 3) and server.lookup(name) is None:
            server.harm(f"FIFO hung by a command name of {len(name)} characters")
            self.hung = True
            return
        if server.is_async(name) and path is None:
            server.crash(f"asynchronous command {name} over FIFO without a reply FIFO")
            return
        if path is None:
            self._consuming = True  # nothing to answer to: not run
            return
        classic = server.lookup(name)
        if classic is None:
            # answered before the arguments are read
            self._consuming = True
            server.note(name)
            self.answer(path, name, (f"500 command '{name}' not available\n").encode("utf-8", "surrogateescape"))
            return
        self._header = (name, classic, path)

    def _complete(self, header, lines):
        name, classic, path = header
        if self.server.lacks_handler(classic):
            self.answer(path, name, b"500 Internal server error\n")
            return
        try:
            args = [] if self.server.takes_no_input(classic) else parse_arguments(lines)
        except ParseError:
            self._parse_error(header)
            return
        if self.server.is_async(classic):
            outcome = self.server.call_line(classic, args, lambda late: self._send(path, name, late))
            if outcome is not PENDING:
                self._send(path, name, outcome)
            return
        # the reply FIFO is opened first: no reader, no command
        self.replies.open(path, lambda fd: self._send(path, name, self.server.call_line(classic, args, None), fd))

    def _parse_error(self, header):
        """Answered, and then the server waits for one more blank line: the next request is swallowed."""
        word = "Parse" if self.server.state.v >= (2, 0) else "parse"
        self._consuming = True
        self.server.stats_lost += 1
        self.answer(header[2], header[0], (f"400 {word} error in command '{header[0]}'\n").encode())

    def _send(self, path, name, outcome, fd=None):
        code, reason, reply = (200, "OK", outcome.partial) if isinstance(outcome, Starved) else outcome
        if code is None:  # the handler gave up
            self.answer(path, name, (f"500 command '{name}' failed\n").encode(), fd)
            return
        self.answer(path, name, printed(render(code, reason, reply, "\n").encode("utf-8", "surrogateescape")), fd)
