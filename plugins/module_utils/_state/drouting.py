# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Gateways, carriers and probing of dynamic routing: dr_gw_status, dr_carrier_status (module drouting, 1.11 and later;
partitions from 2.1 on), dr_enable_probing (3.0 and later)."""

from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import carriers, gateways, partitions
from ansible_collections.community.opensips.plugins.module_utils._state import engine

_KINDS = ("gateways", "carriers")

# (partition or None, id)
Key = Tuple[Optional[str], str]


def _list_of_things() -> Dict[str, Any]:
    return {
        "type": "list",
        "elements": "dict",
        "options": {
            "id": {"type": "str", "required": True},
            "enabled": {"type": "bool", "required": True},
            "partition": {"type": "str"},
        },
    }


class Drouting(engine.State):
    """Gateways and carriers, each enabled or not, and whether gateways are probed."""

    OPTIONS = {
        "gateways": _list_of_things(),
        "carriers": _list_of_things(),
        "probing": {"type": "bool"},
    }
    RULES = {"required_one_of": [("gateways", "carriers", "probing")]}
    THING = "drouting"

    def __init__(self, params: Dict[str, Any]):
        self.wanted = {kind: params[kind] or [] for kind in _KINDS}
        self.probing = params["probing"]
        commands = []
        for kind, command in zip(_KINDS, ("dr_gw_status", "dr_carrier_status")):
            engine.check_unique(kind, map(_key, self.wanted[kind]))
            if self.wanted[kind]:
                commands.append(command)
        if self.probing is not None:
            commands.append("dr_enable_probing")
        # each of them reads and writes
        self.READS = self.WRITES = tuple(commands)
        # filled by read()
        self.old = False

    def read(self, conn: Connection) -> Dict[str, Any]:
        """{"gateways", "carriers": {(partition, id): record}, "probing": bool or None}."""
        self.old = conn.version < (2,)
        names = None
        found: Dict[str, Any] = {"probing": None}
        for kind, reader in zip(_KINDS, (gateways, carriers)):
            records: List[Dict[str, Any]] = []
            wanted = {entry["partition"] for entry in self.wanted[kind]}
            for partition in sorted(wanted - {None}):
                if names is None:
                    names = partitions.read(conn) if conn.has("dr_reload_status") else []
                _check_partition(kind, partition, names)
                records += reader.read(conn, partition)
            if None in wanted:
                every = reader.read(conn)
                used = {record["partition"] for record in every} - {None}
                if used or (names and not every):
                    raise _without_partition(kind, self.wanted[kind], names or used)
                records += every
            found[kind] = {_key(record): record for record in records}
        if self.probing is not None:
            found["probing"] = gateways.read_probing(conn)
        return found

    def items(self, found: Dict[str, Any]) -> List[engine.Item]:
        """Items of gateways, carriers and probing, in this order. Raises BadParameters for those that the server does not have."""
        items = []
        for kind in _KINDS:
            for entry in self.wanted[kind]:
                record = found[kind].get(_key(entry))
                if record is None:
                    near = [_label(known) for known in found[kind].values() if known["partition"] == entry["partition"]]
                    raise engine.unknown(kind[:-1], _label(entry), near, kind)
                identity = {"kind": kind[:-1], "partition": entry["partition"], "id": entry["id"]}
                before, after = {"enabled": record["enabled"]}, {"enabled": entry["enabled"]}
                if kind == "gateways" and not entry["enabled"] and not self.old:
                    # one that probing disabled would come back by itself. 1.x does not report why a gateway is off
                    before["auto_reenable"], after["auto_reenable"] = record["state"] != "disabled_mi", False
                items.append(engine.Item(identity, before, after))
        if self.probing is not None:
            identity = {"kind": "probing", "partition": None, "id": None}
            items.append(engine.Item(identity, {"enabled": found["probing"]}, {"enabled": self.probing}))
        return items

    def requests(self, item: engine.Item) -> Iterable[engine.Request]:
        """One command."""
        kind, status = item.identity["kind"], int(item.after["enabled"])
        if kind == "probing":
            return [("dr_enable_probing", {"status": status})]
        command, name = ("dr_gw_status", "gw_id") if kind == "gateway" else ("dr_carrier_status", "carrier_id")
        params = {name: item.identity["id"], "status": status}
        if item.identity["partition"] is not None:
            params["partition_name"] = item.identity["partition"]
        return [(command, params)]


def _check_partition(kind: str, partition: str, names: List[str]) -> None:
    if not names:
        raise BadParameters(
            f"{kind}: partition is {partition}, but the drouting of this server has no partitions",
            "Remove partition, or set use_partitions of drouting; it requires OpenSIPS 2.1 or later",
        )
    if partition not in names:
        raise engine.unknown("partition", partition, names, kind)


def _without_partition(kind: str, wanted: List[Dict[str, Any]], names: Iterable[str]) -> BadParameters:
    ids = ", ".join(entry["id"] for entry in wanted if entry["partition"] is None)
    return BadParameters(
        f"{kind}: {ids} without partition, but the drouting of this server has partitions",
        f"Set partition. It has: {', '.join(sorted(names))}",
    )


def _key(destination: Mapping[str, Any]) -> Key:
    return destination["partition"], destination["id"]


def _label(destination: Mapping[str, Any]) -> str:
    name, partition = destination["id"], destination["partition"]
    return name if partition is None else f"{name} of partition {partition}"
