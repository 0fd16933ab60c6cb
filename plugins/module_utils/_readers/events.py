# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The event interface: events_list, subscribers_list (core).

Subscription records: event (str), socket (str, ``udp:127.0.0.1:9999``), expires (int or None, seconds; None where it does
not end).

Source: evi/event_interface.c of 1.11, 2.4, 3.0, 3.6, 4.0.
"""

from typing import Any, Iterator, List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape


def parse_names(reply: Reply) -> List[str]:
    """The events in an events_list reply: list of str."""
    if reply.is_tree:
        return [node["value"] for node in reply.result if node["name"] == "Event"]
    return [shape.needed(row.get("name"), "name") for row in shape.rows(reply, "events_list", "Event", "Events")]


def read_names(conn: Connection) -> List[str]:
    """Ask the server for the events that it has: list of str."""
    return parse_names(conn.call("events_list"))


def parse_subscriptions(reply: Reply) -> List[shape.Record]:
    """The subscriptions in a subscribers_list reply: list of records."""
    return [
        {
            "event": event,
            "socket": shape.needed(raw.get("socket"), "socket"),
            # 2.4 writes no expire where there is none
            "expires": shape.integer(raw.get("expire"), "expire") or None,
        }
        for event, raw in _subscribers(reply)
    ]


def read_subscriptions(conn: Connection) -> List[shape.Record]:
    """Ask the server who has subscribed to what: list of records."""
    return parse_subscriptions(conn.call("subscribers_list"))


def _subscribers(reply: Reply) -> Iterator[Tuple[str, Any]]:
    if reply.is_tree:
        for node in reply.result:
            for child in node["children"] if node["name"] == "Event" else ():
                yield node["value"], child["attributes"]
        return
    for row in shape.rows(reply, "subscribers_list", "Event", "Events"):
        for subscriber in shape.sequence(row.get("Subscribers"), "Subscribers"):
            yield shape.needed(row.get("name"), "name"), shape.mapping(subscriber, "Subscribers")
