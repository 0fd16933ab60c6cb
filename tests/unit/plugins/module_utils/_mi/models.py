# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How servers read requests: their parsers, bugs included, ported from the C sources that each function names."""

import json
from urllib.parse import unquote_plus
from xml.etree import ElementTree

_SPACE = frozenset(b" \t\n\v\f\r")
QUOTE, BACKSLASH, COLON, NEWLINE = b'"'[0], b"\\"[0], b":"[0], b"\n"[0]
# instead of a reply: the server dies
CRASH = object()


class ParseError(Exception):
    pass


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
    def __init__(self, data):
        self.bytes = bytearray(data) + bytearray(b"\0")
        self.current = 0
        self.length = len(data)

    def take(self, begin, position):
        self.length -= position - begin
        self.current = position


def _datagram_node(stream):  # noqa: C901 - as the C source goes
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


def datagram_request(data, is_json, commands):
    """(method, params, id, None), or what the server answers instead as the last of the four."""
    if is_json:
        try:
            message, _end = json.JSONDecoder().raw_decode(data.decode("utf-8", "surrogateescape").lstrip())
        except ValueError:
            return None, None, None, b"400 Parse_error"
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return None, None, None, CRASH
        return message["method"], message.get("params"), message.get("id"), None
    command, separator, rest = data[1:].partition(b":")
    name = command.decode("latin-1")
    if data[:1] != b":" or not separator or rest[:1] != b"\n" or name not in commands:
        return None, None, None, b"500 command not available\n"
    arguments = datagram_arguments(rest[1:])
    if arguments is None:
        return None, None, None, b"400 parse_error\n"
    return name, [argument.decode("utf-8") for argument in arguments], None, None


def fifo_line_request(data):
    """(command, reply name, arguments, bytes that are left) of one request at mi_fifo of 2.4; arguments None: parse error."""
    rest = [data]

    def read_line(room):
        end = rest[0].find(b"\n", 0, room)
        assert end >= 0, "a line is too long, or has no end: the server would close its FIFO or wait"
        line, rest[0] = rest[0][: end + 1], rest[0][end + 1 :]
        return line

    head = read_line(1024).rstrip(b"\n\r \t")
    assert head[:1] == b":" and len(head) >= 3
    command, _separator, name = head[1:].partition(b":")
    arguments = line_arguments(read_line, 8192)
    return command.decode("latin-1"), name.decode("latin-1"), arguments, rest[0]


def fifo_json_request(data):
    """(reply name, message, bytes behind it) of one read at mi_fifo of 3.6."""
    assert len(data) <= 4096
    name, _separator, text = data[1:].partition(b":")
    assert data[:1] == b":" and b"\0" not in data
    message, end = json.JSONDecoder().raw_decode(text.decode("ascii"))
    return name.decode("latin-1"), message, text[end:]


def mi_json_arguments(query):
    """http_fnc.c of mi_json, 2.4: the decoded text of params, split at commas; a last empty part is dropped."""
    text = unquote_plus(query, "utf-8", "strict")
    parts = text.split(",")
    return parts if parts[-1] else parts[:-1]


def xml_request(data):
    """(method, params) as mi_xmlrpc_ng of 3.6 hands them on: a list, or a dict; raises ValueError for what it refuses."""
    root = ElementTree.fromstring(data)
    assert root.tag == "methodCall"
    values = [each.find("value") for each in root.findall("params/param")]
    if values and values[0].find("struct") is not None:
        members = values[0].findall("struct/member")
        return root.findtext("methodName"), {
            _content(each.find("name")): _xml_value(each.find("value")) for each in members
        }
    return root.findtext("methodName"), [_xml_value(each) for each in values]


def _content(element):
    text = element.text or ""
    if not text:
        raise ValueError("empty content")
    return text


def _xml_value(element):
    """mi_xmlrpc_get_param() of http_fnc.c."""
    string, integer, array = element.find("string"), element.find("int"), element.find("array")
    if string is not None:
        return _unescape_xml(_content(string))
    if integer is not None:
        number = int(_content(integer))
        if not -(2**31) <= number < 2**31:
            raise ValueError("beyond str2sint")
        return number
    if array is None:
        raise ValueError("unsupported type")
    return [_xml_value(each) for each in array.find("data").findall("value")]


def _unescape_xml(text):
    """unescape_xml() of strcommon.c: two digits only."""
    data, found, i = text.encode("utf-8"), bytearray(), 0
    while i < len(data):
        if (
            data[i : i + 2] == b"&#"
            and i + 4 < len(data)
            and data[i + 4 : i + 5] == b";"
            and data[i + 2 : i + 4].isdigit()
        ):
            found.append(int(data[i + 2 : i + 4]))
            i += 5
        else:
            found.append(data[i])
            i += 1
    return bytes(found).decode("utf-8")
