# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Shared variables of the script, $shv(name): shv_get (module cfgutils).

What is read is {name (str): value (int or str)}.
"""

from typing import Any, Dict, List, Union

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

Value = Union[int, str, None]


def parse(reply: Reply) -> Dict[str, Value]:
    """The variables of a shv_get reply for all of them: dict."""
    if reply.is_tree:
        found = [dict(_attributes(node), name=node["value"]) for node in reply.result if node["name"] == "VAR"]
    else:
        found = [shape.mapping(raw, "VARs") for raw in _of_value(reply.result)]
    return {shape.needed(raw.get("name"), "name"): _value(raw) for raw in found}


def read(conn: Connection) -> Dict[str, Value]:
    """Ask the server: dict."""
    return parse(conn.call("shv_get"))


def _attributes(node: Dict[str, Any]) -> Dict[str, Any]:
    return {key: node["attributes"].get(key) for key in ("type", "value")}


def _of_value(result: Any) -> List[Any]:
    if isinstance(result, dict):
        return shape.sequence(result.get("VARs"), "VARs")
    # the list of all is nested in a list of its own
    found = []
    for item in shape.sequence(result, "VARs"):
        found += item if isinstance(item, list) else [item]
    return found


def _value(raw: Dict[str, Any]) -> Value:
    value = raw.get("value")
    if raw.get("type") == "integer":
        return shape.integer(value, "value")
    return shape.text(value, "value")
