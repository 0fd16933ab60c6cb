# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which rule drouting takes for a number: dr_number_routing (module drouting, from OpenSIPS 2.1 on).

A record: prefix (str, what of the number matched), destinations (list of str: ids of gateways, of carriers with # before them).

Source: drouting/drouting.c of 2.4, 3.6, 4.0.
"""

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._readers import shape

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
    from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply


def parse(reply: "Reply") -> Optional[Dict[str, Any]]:
    """The record of a dr_number_routing reply; None when no rule matches."""
    return _of_nodes(reply.result) if reply.is_tree else _of_value(reply.result)


def read(conn: "Connection", group: int, number: str, partition: Optional[str] = None) -> Optional[Dict[str, Any]]:
    """Ask the server: the record, or None. group: int. number: str, may be empty from 3.0 on."""
    params = {"group_id": group, "number": number}
    if partition is not None:
        params["partition_name"] = partition
    return parse(conn.call("dr_number_routing", params))


def _of_nodes(nodes: List[Any]) -> Optional[Dict[str, Any]]:
    for node in nodes:
        if node["name"] == "Matched Prefix":
            pairs = [(child["name"], child["value"]) for child in node["children"]]
            return _record(node["value"], pairs)
    return None


def _of_value(result: Any) -> Optional[Dict[str, Any]]:
    if isinstance(result, str):
        # "No match", or OK before the first load
        return None
    result = shape.mapping(result, "dr_number_routing")
    pairs: List[Any] = []
    for item in shape.sequence(result.get("GW List"), "GW List"):
        pairs += shape.mapping(item, "GW List").items()
    return _record(result.get("Matched Prefix"), pairs)


def _record(prefix: str, pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    return {
        "prefix": shape.word(prefix, "Matched Prefix") or "",
        "destinations": [
            ("#" if kind == "CARRIER" else "") + shape.needed(name, kind)
            for kind, name in pairs
            if kind in ("GATEWAY", "CARRIER")
        ],
    }
