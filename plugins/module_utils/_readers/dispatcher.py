# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Destinations of the dispatcher: ds_list (module dispatcher).

Destination records:

partition           str           ``default`` where the server knows no partitions (before 2.1)
set                 int           set (group) id
uri                 str           SIP URI of the destination
state               str           active, inactive or probing
socket              str or None   server socket to send from
attrs               str or None   attributes of the destination
script_attrs        str or None   attributes the script set (3.1 and later)
weight              int or None   with full (2.2 and later)
priority            int or None   with full (2.2 and later)
description         str or None   with full (2.2 and later)
first_hit_counter   int or None   how often it was the first choice (2.2 and later)
resolved_addresses  list or None  ``ip:port`` of each address the URI resolved to (3.2 and later)

Sources: dispatcher/dispatch.c, dispatcher.c of 1.11, 2.1, 2.2, 2.4, 3.0, 3.6, 4.0.
"""

from ansible_collections.community.opensips.plugins.module_utils._readers import shape

_STATES = {"Active": "active", "Inactive": "inactive", "Probing": "probing"}
DEFAULT_PARTITION = "default"


def parse(reply):
    """The destinations of a ds_list reply: list of records."""
    if reply.is_tree:
        return list(_of_nodes(reply.result, DEFAULT_PARTITION))
    return list(_of_value(reply.result))


def read(conn, partition=None, full=True):
    """Ask the server: list of records. full: with weight, priority and description where the server can tell."""
    params = {}
    if conn.version >= (2, 2):
        if partition is not None:
            params["partition"] = partition
        if full:
            params["full"] = 1
    records = parse(conn.call("ds_list", params or None))
    return [each for each in records if partition is None or each["partition"] == partition]


def _of_nodes(nodes, partition):
    for node in nodes:
        if node["name"] == "PARTITION":
            yield from _of_nodes(node["children"], shape.needed(node["value"], "PARTITION"))
        elif node["name"] == "SET":
            for destination in node["children"]:
                if destination["name"] == "URI":
                    yield _record(partition, node["value"], destination["value"], shape.fields(destination))


def _of_value(result):
    for partition in shape.sequence(shape.mapping(result, "ds_list").get("PARTITIONS"), "PARTITIONS"):
        partition = shape.mapping(partition, "PARTITIONS")
        name = shape.needed(partition.get("name"), "name")
        for group in shape.sequence(partition.get("SETS"), "SETS"):
            group = shape.mapping(group, "SETS")
            for destination in shape.sequence(group.get("Destinations"), "Destinations"):
                destination = shape.mapping(destination, "Destinations")
                yield _record(name, group.get("id"), destination.get("URI"), destination)


def _record(partition, group, uri, raw):
    get = raw.get
    state = shape.word(get("state"), "state")
    if state not in _STATES:
        raise shape.malformed("state", state)
    number = shape.integer(group, "SET")
    if number is None:
        raise shape.malformed("SET", group)
    addresses = get("resolved_addresses")
    if addresses is not None:
        addresses = [
            shape.needed(each, "resolved_addresses") for each in shape.sequence(addresses, "resolved_addresses")
        ]
    return {
        "partition": partition,
        "set": number,
        "uri": shape.needed(uri, "URI"),
        "state": _STATES[state],
        "socket": shape.word(get("socket"), "socket"),
        "attrs": shape.word(get("attr"), "attr"),
        "script_attrs": shape.word(get("script_attr"), "script_attr"),
        "weight": shape.integer(get("weight"), "weight"),
        "priority": shape.integer(get("priority"), "priority"),
        "description": shape.word(get("description"), "description"),
        "first_hit_counter": shape.integer(get("first_hit_counter"), "first_hit_counter"),
        "resolved_addresses": addresses,
    }
