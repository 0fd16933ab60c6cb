# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Media proxies: rtpengine_show (module rtpengine), rtpproxy_show (module rtpproxy).

Node records: engine (rtpengine or rtpproxy), set (int), url (str), index (int or None), enabled (bool: not switched off
by command), available (bool: in use), weight (int), recheck_ticks (int or None: seconds since the start of the server at
which it tries an unavailable node again, None if it never will).

Sources: rtpproxy/rtpproxy.c, rtpengine/rtpengine.c of 1.11, 2.1, 2.4, 3.6.
"""

from typing import Any, Dict, Iterable, Iterator, List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

# MI_MAX_RECHECK_TICKS: what switching a node off sets
_NEVER = 0xFFFFFFFF
ENGINES = ("rtpengine", "rtpproxy")


def parse(reply: Reply, engine: str) -> List[shape.Record]:
    """The nodes of a reply of engine's show command: list of records."""
    return [
        _record(engine, number, raw)
        for number, raw in (_of_events(reply.walk()) if reply.is_tree else _of_value(reply.result))
    ]


def read(conn: Connection, engine: str) -> List[shape.Record]:
    """Ask the server: list of records. engine: rtpengine or rtpproxy."""
    return parse(conn.call(f"{engine}_show"), engine)


def read_all(conn: Connection) -> List[shape.Record]:
    """The nodes of each engine that the server has a show command for: list of records."""
    engines = [engine for engine in ENGINES if conn.has(f"{engine}_show")]
    return [node for engine in engines for node in read(conn, engine)]


def _of_events(events: Iterable[Any]) -> Iterator[Tuple[Any, Dict[str, Any]]]:
    """Depth is not looked at: 2.1's rtpengine writes nodes beside their set, not below."""
    number = None
    for _depth, name, value, attributes in events:
        if name.lower() == "set":
            number = value
        elif name == "node":
            yield number, dict(attributes, url=value)


def _of_value(result: Any) -> Iterator[Tuple[Any, Dict[str, Any]]]:
    for group in shape.sequence(result, "The result"):
        group = shape.mapping(group, "The result")
        for raw in shape.sequence(group.get("Nodes"), "Nodes"):
            yield group.get("Set"), shape.mapping(raw, "Nodes")


def _record(engine: str, number: Any, raw: Dict[str, Any]) -> shape.Record:
    get = raw.get
    disabled = shape.switch(get("disabled"), "disabled")
    if disabled is None:
        raise shape.malformed("disabled", get("disabled"))
    ticks = shape.integer(get("recheck_ticks"), "recheck_ticks")
    never = disabled and ticks is not None and ticks in (_NEVER, -1)
    return {
        "engine": engine,
        "set": shape.integer(number, "Set"),
        "url": shape.needed(get("url"), "url"),
        "index": shape.integer(get("index"), "index"),
        "enabled": not never,
        "available": not disabled,
        "weight": shape.integer(get("weight"), "weight"),
        "recheck_ticks": None if never else ticks,
    }
