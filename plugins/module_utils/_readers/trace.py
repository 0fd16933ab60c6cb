# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Tracing of SIP messages: trace (module tracer), sip_trace up to 2.4 (module siptrace).

Record: enabled (bool or None, the global switch), destinations (list of {id (str), kind (SIP, HEP or Database), uri
(str or None), enabled (bool), dynamic (bool: trace_start began it)}; empty before 2.2).

Sources: siptrace/siptrace.c of 1.11, 2.4; tracer/tracer.c of 3.6.
"""

from typing import Any, Dict, List

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

_STATES = ("on", "off", "dynamic")


def parse(reply: Reply) -> shape.Record:
    """The record of a trace (or sip_trace) reply to a question: dict."""
    if reply.is_tree:
        return _of_nodes(reply.result)
    result = shape.mapping(reply.result, "trace")
    found = shape.sequence(result.get("trace destinations"), "trace destinations")
    return {
        "enabled": shape.switch(result.get("global"), "global"),
        "destinations": [_destination(shape.mapping(raw, "trace destinations"), raw.get("name")) for raw in found],
    }


def read(conn: Connection) -> shape.Record:
    """Ask the server: dict."""
    return parse(conn.call("trace"))


def _of_nodes(nodes: List[Any]) -> shape.Record:
    enabled, destinations = None, []
    for node in nodes:
        if node["name"] in ("", "global") and not node["children"] and "type" not in node["attributes"]:
            enabled = shape.switch(node["value"], "global")
        elif node["name"]:
            # 2.x writes a destination's attributes behind a name of the user's choice
            raw = dict(node["attributes"])
            if "state" not in raw:
                raw.update(part.split("=", 1) for part in node["value"].split() if "=" in part)
            destinations.append(_destination(raw, node["name"]))
    return {"enabled": enabled, "destinations": destinations}


def _destination(raw: Dict[str, Any], name: Any) -> shape.Record:
    state = shape.needed(raw.get("state"), "state")
    if state not in _STATES:
        raise shape.malformed("state", state)
    return {
        "id": shape.needed(name, "name"),
        "kind": shape.word(raw.get("type"), "type"),
        "uri": shape.word(raw.get("uri"), "uri"),
        "enabled": state != "off",
        "dynamic": state == "dynamic",
    }
