# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Trusted addresses: address_dump and subnet_dump (module permissions).

Address records:

partition     str          ``default`` where the server knows no partitions (before 2.2)
group         int          group id
ip            str          address, or first address of the subnet
mask          int          prefix length: 32 or 128 for a single address
port          int          0 for any
proto         str or None  any, udp, tcp, tls, sctp, ws, wss; None for subnets before 2.3
pattern       str or None  pattern that From or the request must match, None for any
context_info  str or None  text for the script; None for subnets before 2.3

Sources: permissions/hash.c, mi.c of 1.11, 2.1, 2.2, 2.4, 3.6.
"""

import re
from typing import Any, Dict, Iterable, Iterator, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

DEFAULT_PARTITION = "default"
_PROTOS = {"0": "any", "1": "udp", "2": "tcp", "3": "tls", "4": "sctp", "5": "ws", "6": "wss"}

# before 2.3: "100 <ip,group, port, proto, pattern, info>", for subnets "0 <group, ip, mask, port>"
_NUMBERED = re.compile(r"\s*[0-9]{1,9} <(.*)>\s*\Z", re.DOTALL)
_ADDRESS = re.compile(r"([0-9A-Fa-f.:]+),\s*([0-9]+), ([0-9]+), ([0-9]+), (.*?), (.*)\Z", re.DOTALL)
_SUBNET = re.compile(r"([0-9]+), ([0-9A-Fa-f.:]+), ([0-9A-Fa-f.:]+), ([0-9]+)\Z")


def parse(reply: Reply) -> List[shape.Record]:
    """The addresses of an address_dump or subnet_dump reply: list of records."""
    if reply.is_tree:
        return list(_of_events(reply.walk()))
    return list(_of_value(reply.result))


def read(conn: Connection, partition: Optional[str] = None) -> List[shape.Record]:
    """Ask the server: list of records of one partition or all, single addresses first."""
    params = {"partition": partition} if partition is not None and conn.version >= (2, 2) else None
    records = []
    for method in ("address_dump", "subnet_dump"):
        records += parse(conn.call(method, params))
    return [record for record in records if partition is None or record["partition"] == partition]


def _of_value(result: Any) -> Iterator[shape.Record]:
    result = shape.mapping(result, "address_dump")
    # asked for one partition, 3.6 and 4.0 answer that one alone, and call it otherwise
    found = [dict(result, name=result["part"])] if "part" in result else result.get("Partitions")
    for partition in shape.sequence(found, "Partitions"):
        partition = shape.mapping(partition, "Partitions")
        name = shape.needed(partition.get("name"), "name")
        for raw in shape.sequence(partition.get("Destinations"), "Destinations"):
            yield _record(name, shape.mapping(raw, "Destinations"))


def _of_events(events: Iterable[Any]) -> Iterator[shape.Record]:
    """Depth is not looked at: asked for one partition, 2.4 writes the addresses beside it, not below."""
    partition = DEFAULT_PARTITION
    for _depth, name, value, attributes in events:
        if name == "part":
            partition = shape.needed(value, "part")
            continue
        if "ip" in attributes:
            yield _record(partition, attributes)
            continue
        text = shape.written({"name": "" if name == "dest" else name, "value": value, "attributes": attributes})
        numbered = _NUMBERED.match(text)
        if numbered:
            yield _record(partition, _old(numbered.group(1)))
        elif name == "" and text.strip():
            # subnet_dump of 2.2 names the partition on a line of its own
            partition = text.strip()


def _old(text: str) -> Dict[str, Any]:
    """One address as versions before 2.3 write it, in the shape of 3.x."""
    match = _ADDRESS.match(text)
    if match:
        ip, group, port, proto, pattern, info = match.groups()
        if proto not in _PROTOS:
            raise shape.malformed("proto", proto)
        raw = {"grp": group, "ip": ip, "port": port, "proto": _PROTOS[proto]}
        raw["mask"] = "128" if ":" in ip else "32"
        raw["pattern"], raw["context_info"] = (None if text == "NULL" else text for text in (pattern, info))
        return raw
    match = _SUBNET.match(text)
    if match:
        return dict(zip(("grp", "ip", "mask", "port"), match.groups()))
    raise shape.malformed("An address", text)


def _record(partition: str, raw: Dict[str, Any]) -> shape.Record:
    get = raw.get
    ip = shape.needed(get("ip"), "ip")
    mask = shape.prefix_length(get("mask"), ip)
    group, port = shape.integer(get("grp"), "grp"), shape.integer(get("port"), "port")
    if mask is None or group is None or port is None:
        raise shape.malformed("An address", dict(raw))
    proto = shape.word(get("proto"), "proto")
    return {
        "partition": partition,
        "group": group,
        "ip": ip,
        "mask": mask,
        "port": port,
        "proto": proto.lower() if proto else None,
        "pattern": shape.word(get("pattern"), "pattern"),
        "context_info": shape.word(get("context_info"), "context_info"),
    }
