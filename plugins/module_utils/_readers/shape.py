# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What all readers share: looking at values of a reply, and at nodes of the trees of 1.x and 2.x."""

import re

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MalformedReply

_HINT = "Look at the whole reply with opensips_mi_command, and report it together with the server's version"
# XML-RPC of 3.x writes 4294967295.000000
_INTEGER = re.compile(r"(-?[0-9]{1,20})(\.0{1,9})?\Z")
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?\Z")
_WORDS = {"yes": True, "on": True, "true": True, "1": True, "no": False, "off": False, "false": False, "0": False}
_BITS = re.compile(r"[0-9]{1,3}\Z")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CTIME = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +([0-9]{1,2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) ([0-9]{4})\Z")
_STAMP = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})\Z")


def malformed(what, value):
    """The error for a part of a reply (what: its name) that has a value no OpenSIPS gives."""
    try:
        shown = repr(value)
    except RecursionError:
        shown = "nested too deeply"
    return MalformedReply(f"{what} in the reply is {shown if len(shown) < 80 else shown[:77] + '...'}", _HINT)


def text(value, what):
    """value as str; None stays None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise malformed(what, value)


def word(value, what):
    """value as str without blanks around it; None when it is empty."""
    value = text(value, what)
    return (value.strip() or None) if value else None


def needed(value, what):
    """value as str that is not empty. Raises MalformedReply otherwise."""
    value = word(value, what)
    if value is None:
        raise malformed(what, value)
    return value


def integer(value, what):
    """value as int; None when there is none."""
    if isinstance(value, bool):
        raise malformed(what, value)
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
    raise malformed(what, value)


def number(value, what):
    """value as float; None when there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2.0**64:
        return float(value)
    if isinstance(value, str) and _NUMBER.match(value):
        return float(value)
    raise malformed(what, value)


def switch(value, what):
    """yes, on, true, 1 and their opposites as bool; None when there is none."""
    if isinstance(value, bool):
        return value
    plain = word(value, what)
    if plain is None:
        return None
    try:
        return _WORDS[plain.lower()]
    except KeyError:
        raise malformed(what, value) from None


def mapping(value, what):
    """value, which must be a dict."""
    if isinstance(value, dict):
        return value
    raise malformed(what, value)


def sequence(value, what):
    """value, which must be a list; None is an empty one."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise malformed(what, value)


def moment(value, what):
    """A time of day as ISO 8601 (``2026-11-22T03:17:45``), from ctime() or from ``2026-11-22 03:17:45``; None when there is none.

    The server writes its local time and names no zone, so neither does this.
    """
    value = word(value, what)
    if value is None:
        return None
    match = _STAMP.match(value)
    if match:
        return "T".join(match.groups())
    match = _CTIME.match(value)
    if match and match.group(1) in _MONTHS:
        return f"{match.group(4)}-{_MONTHS.index(match.group(1)) + 1:02d}-{int(match.group(2)):02d}T{match.group(3)}"
    raise malformed(what, value)


def words(value, what):
    """A list of words, given as a list or as text with blanks between."""
    if isinstance(value, list):
        return [needed(each, what) for each in value]
    value = text(value, what)
    return value.split() if value else []


def prefix_length(mask, ip, what="mask"):
    """A netmask as the number of its bits: from ``16``, ``255.255.0.0`` or ``ffff::``; None stays None.

    ip: the address that the mask belongs to.
    """
    mask = word(mask, what)
    if mask is None:
        return None
    if _BITS.match(mask):
        bits = int(mask)
        if bits > (128 if ":" in ip else 32):
            raise malformed(what, mask)
        return bits
    import socket

    try:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in mask else socket.AF_INET, mask)
    except (OSError, ValueError):
        raise malformed(what, mask) from None
    digits = "".join(f"{byte:08b}" for byte in packed)
    bits = digits.rstrip("0")
    if "0" in bits:
        raise malformed(what, mask)
    return len(bits)


def fields(node):
    """A node's attributes and its children's values as one dict; the first of a repeated name counts."""
    found = dict(node["attributes"])
    for child in node["children"]:
        found.setdefault(child["name"], child["value"])
    return found


def flat(reply, what):
    """The reply of a command that answers names and values: dict."""
    if not reply.is_tree:
        return mapping(reply.result, what)
    found = {}
    for node in reply.result:
        found.setdefault(node["name"], node["value"])
    return found


def rows(reply, what, node, key):
    """The reply of a command that lists things, as list of dict.

    node: how trees name one thing. key: the list in the values of 3.x and 4.x.
    """
    if reply.is_tree:
        return [fields(each) for each in reply.result if each["name"] == node]
    return [mapping(each, what) for each in sequence(mapping(reply.result, what).get(key), key)]


def written(node):
    """The text of a node that stands for itself, given back as the server wrote it.

    Text trees take ``::`` and ``name=`` inside such text for a name and attributes.
    """
    value = node["value"] + "".join(f" {name}={text}" for name, text in node["attributes"].items())
    return f"{node['name']}:: {value}" if node["name"] else value
