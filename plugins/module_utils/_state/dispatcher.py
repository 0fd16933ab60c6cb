# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""States of dispatcher destinations: ds_list and ds_set_state (module dispatcher, 1.11 and later)."""

from typing import Any, Dict, Iterator, List, Mapping, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import dispatcher
from ansible_collections.community.opensips.plugins.module_utils._state import engine

STATES = {"active": "a", "inactive": "i", "probing": "p"}

# (partition, set, URI in lower case)
Key = Tuple[str, int, str]
# what ds_list shows of each
Found = Dict[Key, List[Dict[str, Any]]]


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

    def __init__(self, params: Dict[str, Any]):
        self.wanted = params["destinations"]
        engine.check_unique("destinations", map(_key, self.wanted))

    def read(self, conn: Connection) -> Found:
        """The records of each key. Without partitions (before 2.1) there is one."""
        if conn.version < (2, 1):
            for entry in self.wanted:
                if entry["partition"] != dispatcher.DEFAULT_PARTITION:
                    raise BadParameters(
                        f"destinations: partition is {entry['partition']}, but the dispatcher of this server has no partitions",
                        "Remove partition; it requires OpenSIPS 2.1 or later",
                    )
        found: Found = {}
        for record in dispatcher.read(conn, full=False):
            found.setdefault(_key(record), []).append(record)
        return found

    def items(self, found: Found) -> List[engine.Item]:
        """One Item a destination. Raises BadParameters for those that the server does not have, or has more than once."""
        items = []
        for entry in self.wanted:
            records = found.get(_key(entry))
            if records is None:
                known = (_label(record) for records in found.values() for record in records)
                raise engine.unknown("destination", _label(entry), known, "destinations")
            if len(records) > 1:
                raise _ambiguous(entry, records)
            identity = {name: records[0][name] for name in ("partition", "set", "uri")}
            items.append(engine.Item(identity, {"state": records[0]["state"]}, {"state": entry["state"]}))
        return items

    def requests(self, item: engine.Item) -> Iterator[engine.Request]:
        """ds_set_state, for probing after active, since an inactive destination ignores it."""
        group = str(item.identity["set"])
        if item.identity["partition"] != dispatcher.DEFAULT_PARTITION:
            group = f"{item.identity['partition']}:{group}"
        steps = [item.after["state"]]
        if steps == ["probing"] and item.before["state"] == "inactive":
            steps.insert(0, "active")
        for step in steps:
            yield "ds_set_state", {"state": STATES[step], "group": group, "address": item.identity["uri"]}


def _key(destination: Mapping[str, Any]) -> Key:
    # as ds_set_state compares them
    return destination["partition"], destination["set"], destination["uri"].lower()


def _ambiguous(entry: Mapping[str, Any], records: List[Dict[str, Any]]) -> BadParameters:
    sockets = ", ".join(str(record["socket"] or "no socket of its own") for record in records)
    return BadParameters(
        f"destinations: the server has {_label(entry)} {len(records)} times ({sockets}), and ds_set_state changes only the first one",
        "Move them to different sets, or give them different URIs",
    )


def _label(destination: Mapping[str, Any]) -> str:
    text = f"{destination['uri']} of set {destination['set']}"
    partition = destination["partition"]
    return text if partition == dispatcher.DEFAULT_PARTITION else f"{text} of partition {partition}"
