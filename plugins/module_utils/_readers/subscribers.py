# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Subscribers of events: subscribers_list (core; module evi in 4.0).

Subscriber records: event (str), event_id (int), socket (str), protocol (str or None), expires (int or None, seconds asked
for, None for ever), ttl (int or None, seconds left, 0 when expired; 3.1 and later).

Source: evi/event_interface.c of 1.11, 2.4, 3.6.
"""

from typing import Any, Dict, Iterator, List

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape


def parse(reply: Reply) -> List[shape.Record]:
    """The subscribers of a subscribers_list reply: list of records."""
    return list(_of_nodes(reply.result) if reply.is_tree else _of_value(reply.result))


def read(conn: Connection) -> List[shape.Record]:
    """Ask the server: list of records."""
    return parse(conn.call("subscribers_list"))


def _of_nodes(nodes: List[Any]) -> Iterator[shape.Record]:
    for event in nodes:
        if event["name"] != "Event":
            continue
        for child in event["children"]:
            if child["name"] == "Subscriber":
                yield _record(event["value"], event["attributes"].get("id"), child["attributes"])


def _of_value(result: Any) -> Iterator[shape.Record]:
    result = shape.mapping(result, "subscribers_list")
    events = [result["Event"]] if "Event" in result else shape.sequence(result.get("Events"), "Events")
    for event in events:
        event = shape.mapping(event, "Events")
        found = (
            [event["Subscriber"]] if "Subscriber" in event else shape.sequence(event.get("Subscribers"), "Subscribers")
        )
        for raw in found:
            yield _record(event.get("name"), event.get("id"), shape.mapping(raw, "Subscribers"))


def _record(event: Any, event_id: Any, raw: Dict[str, Any]) -> shape.Record:
    expire, ttl = raw.get("expire"), raw.get("ttl")
    return {
        "event": shape.needed(event, "Event"),
        "event_id": shape.integer(event_id, "id"),
        "socket": shape.needed(raw.get("socket"), "socket"),
        "protocol": shape.word(raw.get("protocol"), "protocol"),
        "expires": None if expire == "never" else shape.integer(expire, "expire"),
        "ttl": 0 if ttl == "expired" else shape.integer(ttl, "ttl"),
    }
