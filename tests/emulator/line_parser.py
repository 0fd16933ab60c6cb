# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How servers of 1.x and 2.x read the arguments of a line request, bugs included: ported from the C sources that each function names.

This file keeps to Python 3.6, so that tests of the modules can use it, too.
"""

_SPACE = frozenset(b" \t\n\v\f\r")
QUOTE, BACKSLASH, COLON, NEWLINE = b'"'[0], b"\\"[0], b":"[0], b"\n"[0]


class ParseError(Exception):
    """Arguments that the parser refuses."""


class _Buffer:
    """The parser's buffer and how much of it is free."""

    def __init__(self, size):
        self.bytes = bytearray(size + 2)
        self.start = 0
        self.size = size

    def read(self, read_line):
        """Put one line at the start; gives its length."""
        line = read_line(self.size)
        self.bytes[self.start : self.start + len(line)] = line
        return len(line)

    def advance(self, position):
        self.size -= position - self.start
        self.start = position


def line_arguments(read_line, size):
    """mi_parse_tree(), 2.4.11 mi_fifo/mi_parser.c: list of bytes, None on a parse error (behind which the rest is eaten)."""
    buffer = _Buffer(size)
    found = []
    try:
        while True:
            value = _line_node(buffer, read_line)
            if value is None:
                return found
            found.append(value)
    except ParseError as error:
        if not error.args:
            while len(read_line(size)) > 1:
                pass
        return None


def _line_node(buffer, read_line):  # noqa: C901 - as the C source goes
    """mi_parse_node(): bytes of the value, None at the closing empty line."""
    data = buffer.bytes
    while True:
        length = buffer.read(read_line)
        if length == 1:
            return None
        start, pmax = buffer.start, buffer.start + length - 1
        while start < pmax and data[start] in _SPACE:
            start += 1
        if start != pmax:
            break
    p = start
    if data[start] != QUOTE:
        mark = start
        while p != pmax and (data[p] != COLON or p + 1 == pmax or data[p + 1] != COLON):
            if data[p] not in _SPACE:
                if data[p] == QUOTE:
                    raise ParseError()
                mark = p
            p += 1
        if p == pmax:
            value = bytes(data[start : mark + 1])
            buffer.advance(p)
            return value
        p += 2
        while p != pmax and data[p] in _SPACE:
            p += 1
        if p == pmax:
            buffer.advance(p)
            return b""
        if data[p] != QUOTE:
            start = p
            while p != pmax:
                if data[p] not in _SPACE:
                    if data[p] == QUOTE:
                        raise ParseError()
                    mark = p
                p += 1
            value = bytes(data[start : mark + 1])
            buffer.advance(p)
            return value
    value_start = start = p + 1
    while True:
        p = start
        while p < pmax:
            if data[p] != QUOTE:
                p += 1
            elif start + 1 != p and data[p - 1] == BACKSLASH:
                data[p - 1 : pmax - 1] = data[p:pmax]
                pmax -= 1
            else:
                end = p
                p += 1
                while p != pmax and data[p] in _SPACE:
                    p += 1
                if p != pmax:
                    raise ParseError()
                value = bytes(data[value_start:end])
                buffer.advance(p)
                return value
        buffer.advance(p + 1)
        length = buffer.read(read_line)
        if length == 1:
            raise ParseError("end of input")
        start, pmax = buffer.start, buffer.start + length - 1


def datagram_arguments(data):
    """mi_datagram_parse_tree(), 2.4.11 mi_datagram/mi_datagram_parser.c: list of bytes, None on a parse error."""
    stream = _Stream(data)
    found = []
    try:
        while True:
            value = _datagram_node(stream)
            if value is None:
                return found
            found.append(value)
            if stream.length == 0:
                return found
    except ParseError:
        return None


class _Stream:
    """A datagram, and how much of it has been read."""

    def __init__(self, data):
        self.bytes = bytearray(data) + bytearray(b"\0")
        self.current = 0
        self.length = len(data)

    def take(self, begin, position):
        self.length -= position - begin
        self.current = position


def _datagram_node(stream):  # noqa: C901 - as the C source goes
    """mi_datagram_parse_node(): bytes of the value, None at the end."""
    data, begin = stream.bytes, stream.current
    start, pmax = begin, begin + stream.length
    while start < pmax and data[start] in _SPACE:
        start += 1
    if start == pmax:
        return None
    p = start
    if data[start] != QUOTE:
        mark = start
        while p != pmax and (data[p] != COLON or p + 1 == pmax or data[p + 1] != COLON):
            if data[p] not in _SPACE:
                if data[p] == QUOTE:
                    raise ParseError()
                mark = p
            if (data[p] == NEWLINE and p != pmax - 1) or p == pmax - 1:
                mark += 1
                p += 1
                pmax = p
                break
            p += 1
        if p == pmax:
            stream.take(begin, p)
            return bytes(data[start:mark])
        p += 2
        while p != pmax and data[p] in _SPACE:
            if data[p] == NEWLINE:
                stream.take(begin, p)
                return b""
            p += 1
        if data[p] != QUOTE:
            start = p
            while p != pmax:
                if data[p] not in _SPACE:
                    if data[p] == QUOTE:
                        raise ParseError()
                    mark = p
                if data[p] == NEWLINE:
                    break
                p += 1
            stream.take(begin, p)
            return bytes(data[start : mark + 1])
    p = start = p + 1
    while p < pmax:
        if data[p] != QUOTE or p == start:
            p += 1
        elif start + 1 != p and data[p - 1] == BACKSLASH:
            data[p - 1 : pmax - 1] = data[p:pmax]
            pmax -= 1
        else:
            end = p
            p += 1
            while p != pmax and data[p] in _SPACE:
                if data[p] == NEWLINE:
                    pmax = p
                    break
                p += 1
            if p != pmax:
                raise ParseError()
            stream.take(begin, p)
            return bytes(data[start:end])
    raise ParseError()
