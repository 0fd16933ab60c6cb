# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Values of a cachedb: cache_fetch (core).

What is read is a str, or None when the key is absent.
"""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError, ReplyTooLarge, ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import TextTreeReply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

_ABSENT = "Value not found"


def parse(reply, attr):
    """The value in a cache_fetch reply for the key attr: str, or None when it is absent.

    Raises ReplyTooLarge when the server leaves the value out, as 1.x and 2.x do with more than 2,047 bytes.
    """
    if not reply.is_tree:
        value = shape.mapping(reply.result, "cache_fetch").get("value")
        if value is None:
            raise shape.malformed("value", reply.raw)
        return shape.text(value, "value")
    return _of_text(reply.lines(), attr) if isinstance(reply, TextTreeReply) else _of_nodes(reply.result, attr)


def read(conn, system, attr):
    """Ask the server for the key attr of system (such as ``local`` or ``redis:one``): str, or None when it is absent."""
    try:
        reply = conn.call(*_fetch(system, attr))
    except ServerError as error:
        return _of_refusal(error)
    return parse(reply, attr)


def read_each(conn, system, attrs):
    """Ask for many keys, many at a time: {key: str, or None when it is absent}. Raises as read()."""
    attrs = list(attrs)
    found = {}
    for index, reply in conn.call_many(_fetch(system, attr) for attr in attrs):
        if isinstance(reply, ServerError):
            found[attrs[index]] = _of_refusal(reply)
        elif isinstance(reply, MIError):
            raise reply
        else:
            found[attrs[index]] = parse(reply, attrs[index])
    return found


def _fetch(system, attr):
    return "cache_fetch", {"system": system, "attr": attr}


def _of_refusal(error):
    """None for the error that says that the key is absent (3.0 and later); raises any other."""
    if error.code == 400 and error.reason.strip() == _ABSENT:
        return None
    raise error


def _of_text(text, attr):
    """A value may hold line ends and ``::``, so the text is taken as a whole."""
    text = text[:-1] if text.endswith("\n") else text
    # FIFO and some datagrams end in an empty line
    text = text[:-1] if text.endswith("\n") else text
    if text == _ABSENT:
        return None
    head = f"key:: {attr}\n"
    if text.startswith(f"{head}value:: "):
        return text[len(head) + len("value:: ") :]
    if f"{text}\n" == head:
        raise _too_large(attr)
    return _old(text, attr)


def _of_nodes(nodes, attr):
    values = {node["name"]: node["value"] for node in nodes}
    if "value" in values and "key" in values:
        return values["value"]
    if "key" in values:
        raise _too_large(attr)
    if len(nodes) != 1:
        raise shape.malformed("cache_fetch", [shape.written(node) for node in nodes])
    text = shape.written(nodes[0])
    return None if text == _ABSENT else _old(text, attr)


def _old(text, attr):
    """``key = [value]`` (up to 2.3)."""
    if not text:
        raise _too_large(attr)
    head = f"{attr} = ["
    if not (text.startswith(head) and text.endswith("]")):
        raise shape.malformed("cache_fetch", text)
    return text[len(head) : -1]


def _too_large(attr):
    return ReplyTooLarge(
        f"The server left out the value of {attr!r}: OpenSIPS 1.x and 2.x print no more than 2,047 bytes",
        "Keep values short, or read the cache's own server",
    )
