# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Tracing of SIP messages: trace (module tracer, 3.0 and later), sip_trace (module siptrace, 1.11 and 2.x).

Sources: siptrace/siptrace.c (sip_trace_mi) of 1.11, 2.4; tracer/tracer.c (sip_trace_mi_2) of 3.6, 4.0.
"""

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

    def __init__(self, params):
        self.enabled = params["enabled"]
        self.ids = params["ids"] or []
        engine.check_unique("ids", [each["id"] for each in self.ids])

    def read(self, conn):
        """The reader's record."""
        if self.ids and conn.version < _IDS_SINCE:
            raise BadParameters(
                "ids: tracing in this server's version has one switch, and no trace ids",
                "Leave ids out; they take OpenSIPS 2.2 and later",
            )
        return trace.read(conn)

    def items(self, found):
        """One Item for the global switch, one an id. Raises BadParameters for those that the server does not have."""
        items = []
        if self.enabled is not None:
            identity = {"kind": "global", "id": None}
            items.append(engine.Item(identity, {"enabled": found["enabled"]}, {"enabled": self.enabled}))
        destinations = {}
        for each in found["destinations"]:
            # an id may have several, and one switch for all of them
            destinations.setdefault(each["id"], []).append(each)
        for each in self.ids:
            if each["id"] not in destinations:
                raise engine.unknown("trace id", each["id"], destinations, "ids")
            states = {one["state"] for one in destinations[each["id"]]}
            if "dynamic" in states:
                raise BadParameters(
                    f"ids: {each['id']} was begun with trace_start, and is on as long as it is there",
                    "Leave it out; trace_stop ends it",
                )
            identity = {"kind": "id", "id": each["id"]}
            items.append(engine.Item(identity, {"enabled": states == {"on"}}, {"enabled": each["enabled"]}))
        return items

    def requests(self, item):
        """trace, with the id that is meant."""
        params = {"mode": "on" if item.after["enabled"] else "off"}
        if item.identity["id"] is not None:
            params["id"] = item.identity["id"]
        yield "trace", params
