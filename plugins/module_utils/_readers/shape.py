# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What all readers share: looking at values of a reply, and at nodes of the trees of 1.x and 2.x.

Readers turn MI replies of any OpenSIPS version into the same records. There is one module a kind, with two functions:
``parse(reply)`` gives the records of a Reply, ``read(conn)`` asks the server for it first. Records are plain data with the same
keys on every version; what a version does not tell is None. Numbers and times are int (seconds), switches are bool. Times of
day are ISO 8601 without a zone: the server writes its local time and does not say which zone that is.

parse() raises MalformedReply for a reply that is not what the command answers, and nothing else. read() raises what
Connection.call() raises.
"""

import re
from typing import Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MalformedReply
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply

# What a reader returns of one thing: str to a value
Record = Dict[str, Any]

_HINT = "Run the command with opensips_mi_command, and report its reply with the version of the server"
# XML-RPC of 3.x writes 4294967295.000000
_INTEGER = re.compile(r"(-?[0-9]{1,20})(\.0{1,9})?\Z")
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?\Z")
_WORDS = {"yes": True, "on": True, "true": True, "1": True, "no": False, "off": False, "false": False, "0": False}
_BITS = re.compile(r"[0-9]{1,3}\Z")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CTIME = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +([0-9]{1,2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) ([0-9]{4})\Z")
_STAMP = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})\Z")


def malformed(name: str, value: Any) -> MalformedReply:
    """The error for a part of a reply (name) that has a value no OpenSIPS sends."""
    try:
        text = repr(value)
    except RecursionError:
        text = "nested too deeply"
    return MalformedReply(f"{name} in the reply is {text if len(text) < 80 else text[:77] + '...'}", _HINT)


def text(value: Any, name: str) -> Optional[str]:
    """value as str; None stays None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise malformed(name, value)


def word(value: Any, name: str) -> Optional[str]:
    """value as str without blanks around it; None when it is empty."""
    value = text(value, name)
    return (value.strip() or None) if value else None


def needed(value: Any, name: str) -> str:
    """value as str that is not empty. Raises MalformedReply otherwise."""
    value = word(value, name)
    if value is None:
        raise malformed(name, value)
    return value


def integer(value: Any, name: str) -> Optional[int]:
    """value as int; None when there is none."""
    if isinstance(value, bool):
        raise malformed(name, value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
        match = _INTEGER.match(value)
        if match:
            return int(match.group(1))
    elif isinstance(value, float) and abs(value) < 2.0**64 and value == int(value):
        # cJSON writes large numbers as floats
        return int(value)
    raise malformed(name, value)


def needed_integer(value: Any, name: str) -> int:
    """value as int. Raises MalformedReply where there is none."""
    found = integer(value, name)
    if found is None:
        raise malformed(name, value)
    return found


def number(value: Any, name: str) -> Optional[float]:
    """value as float; None when there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2.0**64:
        return float(value)
    if isinstance(value, str) and _NUMBER.match(value):
        return float(value)
    raise malformed(name, value)


def switch(value: Any, name: str) -> Optional[bool]:
    """yes, on, true, 1 and their opposites as bool; None when there is none."""
    if isinstance(value, bool):
        return value
    plain = word(value, name)
    if plain is None:
        return None
    try:
        return _WORDS[plain.lower()]
    except KeyError:
        raise malformed(name, value) from None


def needed_switch(value: Any, name: str) -> bool:
    """value as bool. Raises MalformedReply where there is none."""
    found = switch(value, name)
    if found is None:
        raise malformed(name, value)
    return found


def mapping(value: Any, name: str) -> Dict[str, Any]:
    """value, which must be a dict."""
    if isinstance(value, dict):
        return value
    raise malformed(name, value)


def sequence(value: Any, name: str) -> List[Any]:
    """value, which must be a list; None is an empty one."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise malformed(name, value)


def moment(value: Any, name: str) -> Optional[str]:
    """A time of day as ISO 8601 (``2026-11-22T03:17:45``), from ctime() or from ``2026-11-22 03:17:45``; None when there is none.

    The server writes its local time and names no zone, so neither does this.
    """
    value = word(value, name)
    if value is None:
        return None
    match = _STAMP.match(value)
    if match:
        return "T".join(match.groups())
    match = _CTIME.match(value)
    if match and match.group(1) in _MONTHS:
        return f"{match.group(4)}-{_MONTHS.index(match.group(1)) + 1:02d}-{int(match.group(2)):02d}T{match.group(3)}"
    raise malformed(name, value)


def words(value: Any, name: str) -> List[str]:
    """A list of words, given as a list or as text with blanks between."""
    if isinstance(value, list):
        return [needed(item, name) for item in value]
    value = text(value, name)
    return value.split() if value else []


def prefix_length(mask: Any, ip: str, name: str = "mask") -> Optional[int]:
    """A netmask as the number of its bits: from ``16``, ``255.255.0.0`` or ``ffff::``; None stays None.

    ip: the address that the mask belongs to.
    """
    mask = word(mask, name)
    if mask is None:
        return None
    if _BITS.match(mask):
        bits = int(mask)
        if bits > (128 if ":" in ip else 32):
            raise malformed(name, mask)
        return bits
    import socket

    try:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in mask else socket.AF_INET, mask)
    except (OSError, ValueError):
        raise malformed(name, mask) from None
    digits = "".join(f"{byte:08b}" for byte in packed)
    ones = digits.rstrip("0")
    if "0" in ones:
        raise malformed(name, mask)
    return len(ones)


def fields(node: Dict[str, Any]) -> Dict[str, Any]:
    """A node's attributes and its children's values as one dict; the first of a repeated name counts."""
    found = dict(node["attributes"])
    for child in node["children"]:
        found.setdefault(child["name"], child["value"])
    return found


def flat(reply: Reply, command: str) -> Dict[str, Any]:
    """The reply of a command that answers names and values: dict."""
    if not reply.is_tree:
        return mapping(reply.result, command)
    found: Dict[str, Any] = {}
    for node in reply.result:
        found.setdefault(node["name"], node["value"])
    return found


def rows(reply: Reply, command: str, node: str, key: str) -> List[Dict[str, Any]]:
    """The reply of a command that lists things, as list of dict.

    node: how trees name one thing. key: the list in the values of 3.x and 4.x.
    """
    if reply.is_tree:
        return [fields(child) for child in reply.result if child["name"] == node]
    return [mapping(row, command) for row in sequence(mapping(reply.result, command).get(key), key)]


def written(node: Dict[str, Any]) -> str:
    """The text of a node that stands for itself, given back as the server wrote it.

    Text trees take ``::`` and ``name=`` inside such text for a name and attributes.
    """
    text = node["value"] + "".join(f" {name}={value}" for name, value in node["attributes"].items())
    return f"{node['name']}:: {text}" if node["name"] else text
