# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Values of a cachedb: cache_fetch (core); names of keys: cache_fetch_chunk (module cachedb_local, 3.5 and later).

What is read is a str, or None when the key is absent. No command reports how long a key still lives.

Source of the latter: cachedb_local/cachedb_local.c (mi_cache_fetch_chunk) of 3.6, 4.0. It lists keys that have run out, too, until
the server's timer removes them. The list is made by walking it from its start for each key (cJSON_AddItemToArray).
"""

from typing import Any, Dict, Iterable, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ExplainedError,
    MIError,
    ReplyTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply, TextTreeReply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

_ABSENT = "Value not found"
# what cache_fetch_chunk answers for a collection that there is not, in 3.6 and 4.0
_NO_COLLECTION = (-32000, -32602)
# the module that lists its keys
_LISTED = "local"


class CacheFailed(ExplainedError):
    """The server could not read from the cachedb."""

    remedy = "Check the back-end of the cache, and the server's log."


def parse(reply: Reply, attr: str) -> Optional[str]:
    """The value in a cache_fetch reply for the key attr: str, or None when it is absent.

    Raises ReplyTooLarge if the server leaves the value out, as 1.x and 2.x do with more than 2,047 bytes.
    """
    if not reply.is_tree:
        value = shape.mapping(reply.result, "cache_fetch").get("value")
        if value is None:
            raise shape.malformed("value", reply.raw)
        return shape.text(value, "value")
    return _of_text(reply.lines(), attr) if isinstance(reply, TextTreeReply) else _of_nodes(reply.result, attr)


def read(conn: Connection, system: str, attrs: Iterable[str], option: str = "system") -> Dict[str, Optional[str]]:
    """Ask the server for keys, many at a time: {key: str, or None if it is absent}.

    system: such as ``local`` or ``redis:one``. option: the option that named it. Raises CacheFailed if the server has no such system, or cannot read from it.
    """
    attrs = list(attrs)
    found: Dict[str, Optional[str]] = {}
    for index, reply in conn.call_many(_fetch(system, attr) for attr in attrs):
        if isinstance(reply, ServerError):
            found[attrs[index]] = _of_refusal(reply, system, option)
        elif isinstance(reply, MIError):
            raise reply
        else:
            found[attrs[index]] = parse(reply, attrs[index])
    return found


class NotListed(BadParameters):
    """The server cannot list the keys of a cachedb, so a pattern finds none of them."""

    remedy = "Name the keys without ``*``, ``?`` and ``[``. OpenSIPS 3.5 and later list the keys of ``local``."


def is_pattern(key: str) -> bool:
    """Whether a key is a shell pattern, as fnmatch() of the server reads it."""
    return any(sign in key for sign in "*?[")


def parse_chunk(reply: Reply) -> List[str]:
    """The names of the keys in a cache_fetch_chunk reply: list of str."""
    keys = shape.sequence(shape.mapping(reply.result, "cache_fetch_chunk").get("keys"), "keys")
    names = [shape.text(shape.mapping(key, "keys").get("name"), "name") for key in keys]
    return [name for name in names if name]


def matching(
    conn: Connection, system: str, patterns: Iterable[str], collection: Optional[str] = None, option: str = "system"
) -> List[str]:
    """The names of the keys that patterns match, each once.

    collection: of cachedb_local, None for its default. option: the option that named the system. Raises NotListed, and
    BadParameters for a collection that there is not.
    """
    names: Dict[str, None] = {}
    for pattern in patterns:
        names.update(dict.fromkeys(_matching(conn, system, pattern, collection, option)))
    return list(names)


def _matching(conn: Connection, system: str, pattern: str, collection: Optional[str], option: str) -> List[str]:
    if system.partition(":")[0] != _LISTED:
        raise NotListed(
            f"{option}: OpenSIPS cannot list the keys of the cachedb {system}, so {pattern} matches none",
            f"Name the keys without *, ? and [. Only the keys of {_LISTED} can be listed",
        )
    if not conn.has("cache_fetch_chunk"):
        raise NotListed(
            f"This server cannot list the keys of a cachedb, so {pattern} matches none",
            "Name the keys without *, ? and [. Patterns require OpenSIPS 3.5 or later with the module cachedb_local",
        )
    params = {"glob": pattern}
    if collection is not None:
        params["collection"] = collection
    try:
        return parse_chunk(conn.call("cache_fetch_chunk", params))
    except ServerError as error:
        if collection is None or error.code not in _NO_COLLECTION:
            raise
        raise BadParameters(
            f"cache_collection: the server has no collection {collection}",
            "Name one of the parameter cache_collections of cachedb_local, or remove cache_collection",
        ) from error


def _fetch(system: str, attr: str) -> Tuple[str, Dict[str, str]]:
    return "cache_fetch", {"system": system, "attr": attr}


def _of_refusal(error: ServerError, system: str, option: str) -> Optional[str]:
    """None for the error that says that the key is absent (3.0 and later); raises any other."""
    if error.code == 400 and error.reason.strip() == _ABSENT:
        return None
    if error.code != 500:
        raise error
    name, _colon, group = system.partition(":")
    raise CacheFailed(
        error,
        f"{option}: the server cannot read from the cachedb {system} ({error.reason})",
        f"Load the module cachedb_{name}, with a cachedb_url of this name{' and group' if group else ''}. "
        "If it is there, check the log of the server: the cachedb itself may be down",
    ) from error


def _of_text(text: str, attr: str) -> Optional[str]:
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


def _of_nodes(nodes: List[Any], attr: str) -> Optional[str]:
    values = {node["name"]: node["value"] for node in nodes}
    if "value" in values and "key" in values:
        return values["value"]
    if "key" in values:
        raise _too_large(attr)
    if len(nodes) != 1:
        raise shape.malformed("cache_fetch", [shape.written(node) for node in nodes])
    text = shape.written(nodes[0])
    return None if text == _ABSENT else _old(text, attr)


def _old(text: str, attr: str) -> str:
    """``key = [value]`` (up to 2.3)."""
    if not text:
        raise _too_large(attr)
    head = f"{attr} = ["
    if not (text.startswith(head) and text.endswith("]")):
        raise shape.malformed("cache_fetch", text)
    return text[len(head) : -1]


def _too_large(attr: str) -> ReplyTooLarge:
    return ReplyTooLarge(
        f"The server left out the value of {attr!r}: OpenSIPS 1.x and 2.x print at most 2,047 bytes",
        "Shorten the value, or read it from the cache itself",
    )
