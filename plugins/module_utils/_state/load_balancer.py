# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Destinations of the load balancer: lb_list, lb_status, lb_resize (module load_balancer, 1.11 and later)."""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import load_balancer
from ansible_collections.community.opensips.plugins.module_utils._state import engine

# the server keeps them in an int of 32 bits
_MOST = 2**31 - 1


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

    def __init__(self, params):
        self.wanted = params["destinations"]
        for each in self.wanted:
            each["resources"] = _capacities(each)
        engine.check_unique("destinations", [_key(each) for each in self.wanted])
        writes = []
        if any(each["enabled"] is not None for each in self.wanted):
            writes.append("lb_status")
        if any(each["resources"] for each in self.wanted):
            writes.append("lb_resize")
        self.WRITES = tuple(writes)

    def read(self, conn):
        """list of records."""
        return load_balancer.read(conn)

    def items(self, found):
        """One Item a destination. Raises BadParameters for destinations and resources that the server does not have."""
        by_key = {}
        for record in found:
            by_key[record["id"]] = record
            # of two that are the same, the first is the one that takes the calls
            by_key.setdefault((record["uri"].lower(), record["group"]), record)
        items = []
        for each in self.wanted:
            record = by_key.get(_key(each))
            if record is None:
                raise engine.unknown("destination", _label(each), [_known(one) for one in found], "destinations")
            items.append(_item(each, record))
        engine.check_unique("destinations", [item.identity["id"] for item in items])
        return items

    def requests(self, item):
        """lb_status, which also sets whether probing may enable it again, and lb_resize for each capacity."""
        number = item.identity["id"]
        if any(item.before.get(name) != item.after.get(name) for name in ("enabled", "auto_reenable")):
            yield "lb_status", {"destination_id": number, "new_status": int(item.after["enabled"])}
        before = item.before.get("resources", {})
        for name, capacity in item.after.get("resources", {}).items():
            if before[name] != capacity:
                yield "lb_resize", {"destination_id": number, "res_name": name, "new_capacity": capacity}


def _capacities(each):
    """The resources as {name: int}."""
    found = {}
    for name, value in (each["resources"] or {}).items():
        text = str(value).strip()
        if isinstance(value, (bool, float)) or not text.isdecimal() or len(text) > 20 or int(text) > _MOST:
            raise BadParameters(
                f"destinations: resource {name} of {_label(each)} has the capacity {value!r}",
                f"Give the number of calls that it takes, 0 to {_MOST}",
            )
        found[str(name)] = int(text)
    return found


def _item(each, record):
    known = {resource["name"]: resource["max"] for resource in record["resources"]}
    before, after = {}, {}
    if each["enabled"] is not None:
        before["enabled"], after["enabled"] = record["enabled"], each["enabled"]
        if not each["enabled"]:
            # one that probing disabled would come back by itself
            before["auto_reenable"], after["auto_reenable"] = record["auto_reenable"], False
    if each["resources"]:
        for name in each["resources"]:
            if name not in known:
                raise engine.unknown("resource", f"{name} of {_label(each)}", known, "destinations")
        before["resources"] = {name: known[name] for name in each["resources"]}
        after["resources"] = dict(each["resources"])
    identity = {"id": record["id"], "uri": record["uri"], "group": record["group"]}
    return engine.Item(identity, before, after)


def _key(each):
    # as the server compares URIs when it loads them again
    return (each["uri"].lower(), each["group"]) if each["id"] is None else each["id"]


def _label(each):
    if each["id"] is not None:
        return f"with the id {each['id']}"
    return f"{each['uri']} of group {each['group']}"


def _known(record):
    return f"{record['uri']} of group {record['group']} (id {record['id']})"
