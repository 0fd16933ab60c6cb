# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How servers read requests: their parsers, bugs included, ported from the C sources that each function names."""

import json
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from ansible_collections.community.opensips.tests.emulator.line_parser import datagram_arguments, line_arguments

# instead of a reply: the server dies
CRASH = object()


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
