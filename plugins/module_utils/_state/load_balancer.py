# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Destinations of the load balancer: lb_list, lb_status, lb_resize (module load_balancer, 1.11 and later)."""

from typing import Any, Dict, Iterator, List, Mapping

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import load_balancer
from ansible_collections.community.opensips.plugins.module_utils._state import engine

# the server keeps them in an int of 32 bits
_MAX_CAPACITY = 2**31 - 1

Record = Dict[str, Any]


class LoadBalancer(engine.State):
    """Destinations, each enabled or not, and the capacities of their resources."""

    OPTIONS = {
        "destinations": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "id": {"type": "int"},
                "uri": {"type": "str"},
                "group": {"type": "int"},
                "enabled": {"type": "bool"},
                "resources": {"type": "dict"},
            },
            "mutually_exclusive": [("id", "uri"), ("id", "group")],
            "required_one_of": [("id", "uri"), ("enabled", "resources")],
            "required_together": [("uri", "group")],
        }
    }
    THING = "destination"
    READS = ("lb_list",)

    def __init__(self, params: Dict[str, Any]):
        self.wanted = [dict(entry, resources=_capacities(entry)) for entry in params["destinations"]]
        engine.check_unique("destinations", map(_key, self.wanted))
        writes = []
        if any(entry["enabled"] is not None for entry in self.wanted):
            writes.append("lb_status")
        if any(entry["resources"] for entry in self.wanted):
            writes.append("lb_resize")
        self.WRITES = tuple(writes)

    def read(self, conn: Connection) -> List[Record]:
        return load_balancer.read(conn)

    def items(self, found: List[Record]) -> List[engine.Item]:
        """One Item a destination. Raises BadParameters for destinations and resources that the server does not have."""
        by_key: Dict[Any, List[Record]] = {}
        for record in found:
            for key in (record["id"], _key(dict(record, id=None))):
                by_key.setdefault(key, []).append(record)
        items = [_item(entry, _only(entry, by_key.get(_key(entry), []), found)) for entry in self.wanted]
        engine.check_unique("destinations", [item.identity["id"] for item in items])
        return items

    def requests(self, item: engine.Item) -> Iterator[engine.Request]:
        """lb_status, which also sets whether probing may enable it again, and lb_resize for each capacity."""
        number = item.identity["id"]
        if any(item.before.get(name) != item.after.get(name) for name in ("enabled", "auto_reenable")):
            yield "lb_status", {"destination_id": number, "new_status": int(item.after["enabled"])}
        before = item.before.get("resources", {})
        for name, capacity in item.after.get("resources", {}).items():
            if before[name] != capacity:
                yield "lb_resize", {"destination_id": number, "res_name": name, "new_capacity": capacity}


def _only(entry: Mapping[str, Any], records: List[Record], found: List[Record]) -> Record:
    """The one record that an entry names. records: those that it names. found: all of the server."""
    if not records:
        raise engine.unknown("destination", _label(entry), map(_known, found), "destinations")
    if len(records) > 1:
        # each of them takes calls
        ids = ", ".join(str(record["id"]) for record in records)
        raise BadParameters(
            f"destinations: the server has {_label(entry)} {len(records)} times, with the ids {ids}",
            "Choose each of them by its id",
        )
    return records[0]


def _capacities(entry: Mapping[str, Any]) -> Dict[str, int]:
    """The resources as {name: int}."""
    found = {}
    for name, value in (entry["resources"] or {}).items():
        text = str(value).strip()
        if isinstance(value, (bool, float)) or not text.isdecimal() or len(text) > 20 or int(text) > _MAX_CAPACITY:
            raise BadParameters(
                f"destinations: resource {name} of {_label(entry)} has the capacity {value!r}",
                f"Set it to a number of calls, from 0 to {_MAX_CAPACITY}",
            )
        found[str(name)] = int(text)
    return found


def _item(entry: Mapping[str, Any], record: Record) -> engine.Item:
    known = {resource["name"]: resource["max"] for resource in record["resources"]}
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    if entry["enabled"] is not None:
        before["enabled"], after["enabled"] = record["enabled"], entry["enabled"]
        if not entry["enabled"]:
            # one that probing disabled would come back by itself
            before["auto_reenable"], after["auto_reenable"] = record["auto_reenable"], False
    if entry["resources"]:
        for name in entry["resources"]:
            if name not in known:
                raise engine.unknown("resource", f"{name} of {_label(entry)}", known, "destinations")
        before["resources"] = {name: known[name] for name in entry["resources"]}
        after["resources"] = dict(entry["resources"])
    return engine.Item({name: record[name] for name in ("id", "uri", "group")}, before, after)


def _key(destination: Mapping[str, Any]) -> Any:
    # as the server compares URIs when it loads them again
    return (destination["uri"].lower(), destination["group"]) if destination["id"] is None else destination["id"]


def _label(entry: Mapping[str, Any]) -> str:
    if entry["id"] is not None:
        return f"with the id {entry['id']}"
    return f"{entry['uri']} of group {entry['group']}"


def _known(record: Record) -> str:
    return f"{record['uri']} of group {record['group']} (id {record['id']})"
