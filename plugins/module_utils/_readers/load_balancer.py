# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Destinations of the load balancer: lb_list (module load_balancer).

Destination records: id (int), uri (str), group (int), enabled (bool), auto_reenable (bool: probing may enable it again),
resources (list of {name (str), max (int), load (int)}), attrs (str or None; 3.1 and later).

Source: load_balancer/load_balancer.c of 1.11 to 4.0. 1.11 cuts the name auto-reenable to auto-re.
"""

from typing import Any, Dict, Iterator, List

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape


def parse(reply: Reply) -> List[Dict[str, Any]]:
    """The destinations of an lb_list reply: list of records."""
    return [_record(raw) for raw in (_of_nodes(reply.result) if reply.is_tree else _of_value(reply.result))]


def read(conn: Connection) -> List[Dict[str, Any]]:
    """Ask the server: list of records."""
    return parse(conn.call("lb_list"))


def _of_value(result: Any) -> List[Dict[str, Any]]:
    result = shape.mapping(result, "lb_list")
    return [
        shape.mapping(destination, "Destinations")
        for destination in shape.sequence(result.get("Destinations"), "Destinations")
    ]


def _of_nodes(nodes: Any) -> Iterator[Dict[str, Any]]:
    """The destinations of a tree in the shape of 3.x."""
    for node in nodes:
        if node["name"] != "Destination":
            continue
        raw = dict(node["attributes"], uri=node["value"])
        raw["Resources"] = [
            dict(resource["attributes"], name=resource["value"])
            for holder in node["children"]
            if holder["name"] == "Resources"
            for resource in holder["children"]
            if resource["name"] == "Resource"
        ]
        yield raw


def _record(raw: Dict[str, Any]) -> Dict[str, Any]:
    get = raw.get
    return {
        "id": shape.needed_integer(get("id"), "id"),
        "uri": shape.needed(get("uri"), "uri"),
        "group": shape.needed_integer(get("group"), "group"),
        "enabled": shape.switch(get("enabled"), "enabled"),
        "auto_reenable": shape.switch(get("auto-reenable", get("auto-re")), "auto-reenable"),
        "resources": [
            _resource(shape.mapping(resource, "Resources"))
            for resource in shape.sequence(get("Resources"), "Resources")
        ],
        "attrs": shape.word(get("attrs"), "attrs"),
    }


def _resource(raw: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "name": shape.needed(raw.get("name"), "name"),
        "max": shape.integer(raw.get("max"), "max"),
        "load": shape.integer(raw.get("load"), "load"),
    }
