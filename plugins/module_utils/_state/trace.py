# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Tracing of SIP messages: trace (module tracer, 3.0 and later), sip_trace (module siptrace, 1.11 and 2.x).

Sources: siptrace/siptrace.c (sip_trace_mi) of 1.11, 2.4; tracer/tracer.c (sip_trace_mi_2) of 3.6, 4.0.
"""

from typing import Any, Dict, Iterator, List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import trace
from ansible_collections.community.opensips.plugins.module_utils._state import engine

_IDS_SINCE = (2, 2)


class Trace(engine.State):
    """The global switch, and those of trace ids."""

    OPTIONS = {
        "enabled": {"type": "bool"},
        "ids": {
            "type": "list",
            "elements": "dict",
            "options": {
                "id": {"type": "str", "required": True},
                "enabled": {"type": "bool", "required": True},
            },
        },
    }
    RULES = {"required_one_of": [["enabled", "ids"]]}
    THING = "trace"
    READS = WRITES = ("trace",)

    def __init__(self, params: Dict[str, Any]):
        self.enabled = params["enabled"]
        self.ids = params["ids"] or []
        engine.check_unique("ids", [entry["id"] for entry in self.ids])

    def read(self, conn: Connection) -> Dict[str, Any]:
        """The reader's record."""
        if self.ids and conn.version < _IDS_SINCE:
            raise BadParameters(
                "ids: this version of OpenSIPS has one switch for all tracing, and no trace ids",
                "Use enabled instead. Trace ids require OpenSIPS 2.2 or later",
            )
        return trace.read(conn)

    def items(self, found: Dict[str, Any]) -> List[engine.Item]:
        """One Item for the global switch, one an id. Raises BadParameters for those that the server does not have."""
        items = []
        if self.enabled is not None:
            identity = {"kind": "global", "id": None}
            items.append(engine.Item(identity, {"enabled": found["enabled"]}, {"enabled": self.enabled}))
        destinations: Dict[str, List[Dict[str, Any]]] = {}
        for destination in found["destinations"]:
            # an id may have several, and one switch for all of them
            destinations.setdefault(destination["id"], []).append(destination)
        for entry in self.ids:
            if entry["id"] not in destinations:
                raise engine.unknown("trace id", entry["id"], destinations, "ids")
            items.append(self._item(entry, destinations[entry["id"]]))
        return items

    def requests(self, item: engine.Item) -> Iterator[Tuple[str, Dict[str, Any]]]:
        """trace, with the id that is meant."""
        params = {"mode": "on" if item.after["enabled"] else "off"}
        if item.identity["id"] is not None:
            params["id"] = item.identity["id"]
        yield "trace", params

    @staticmethod
    def _item(entry: Dict[str, Any], destinations: List[Dict[str, Any]]) -> engine.Item:
        if any(destination["dynamic"] for destination in destinations):
            raise BadParameters(
                f"ids: {entry['id']} was started with trace_start, and has no switch",
                "Remove it from ids. To end it, use the MI command trace_stop",
            )
        before = {"enabled": all(destination["enabled"] for destination in destinations)}
        return engine.Item({"kind": "id", "id": entry["id"]}, before, {"enabled": entry["enabled"]})
