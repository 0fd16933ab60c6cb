# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""States of dispatcher destinations: ds_list and ds_set_state (module dispatcher, 1.11 and later)."""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import dispatcher
from ansible_collections.community.opensips.plugins.module_utils._state import engine

STATES = {"active": "a", "inactive": "i", "probing": "p"}


class Dispatcher(engine.State):
    """Destinations, each active, inactive or probing."""

    OPTIONS = {
        "destinations": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "set": {"type": "int", "required": True},
                "uri": {"type": "str", "required": True},
                "state": {"type": "str", "choices": sorted(STATES), "required": True},
                "partition": {"type": "str", "default": dispatcher.DEFAULT_PARTITION},
            },
        }
    }
    THING = "destination"
    READS = ("ds_list",)
    WRITES = ("ds_set_state",)
    # each request for probing counts as one failed probe: it shows after ds_probing_threshhold of them (3 by default)
    ROUNDS = 20

    def __init__(self, params):
        self.wanted = params["destinations"]
        engine.check_unique("destinations", [_key(each) for each in self.wanted])

    def read(self, conn):
        """{(partition, set, URI in lower case): list of records}. Without partitions (before 2.1) there is one."""
        found = dispatcher.read(conn, full=False)
        if conn.version < (2, 1):
            for each in self.wanted:
                if each["partition"] != dispatcher.DEFAULT_PARTITION:
                    raise BadParameters(
                        f"destinations: partition {each['partition']}, but this server's dispatcher has no partitions",
                        "Leave partition out; it takes OpenSIPS 2.1 and later",
                    )
        records = {}
        for record in found:
            records.setdefault(_key(record), []).append(record)
        return records

    def items(self, found):
        """One Item a destination. Raises BadParameters for those that the server does not have, or has more than once."""
        items = []
        for each in self.wanted:
            records = found.get(_key(each))
            if records is None:
                known = (_label(record) for some in found.values() for record in some)
                raise engine.unknown("destination", _label(each), known, "destinations")
            if len(records) > 1:
                raise _ambiguous(each, records)
            record = records[0]
            identity = {"partition": record["partition"], "set": record["set"], "uri": record["uri"]}
            items.append(engine.Item(identity, {"state": record["state"]}, {"state": each["state"]}))
        return items

    def requests(self, item):
        """ds_set_state, for probing after active, since an inactive destination ignores it."""
        group = str(item.identity["set"])
        if item.identity["partition"] != dispatcher.DEFAULT_PARTITION:
            group = f"{item.identity['partition']}:{group}"
        steps = [item.after["state"]]
        if steps == ["probing"] and item.before["state"] == "inactive":
            steps.insert(0, "active")
        for step in steps:
            yield "ds_set_state", {"state": STATES[step], "group": group, "address": item.identity["uri"]}


def _key(each):
    # as ds_set_state compares them
    return (each["partition"], each["set"], each["uri"].lower())


def _ambiguous(each, records):
    sockets = ", ".join(str(record["socket"] or "no socket of its own") for record in records)
    return BadParameters(
        f"destinations: the server has {_label(each)} {len(records)} times ({sockets}), and ds_set_state reaches the first one only",
        "Put them into sets of their own, or give them URIs that differ",
    )


def _label(each):
    text = f"{each['uri']} of set {each['set']}"
    return text if each["partition"] == dispatcher.DEFAULT_PARTITION else f"{text} of partition {each['partition']}"
