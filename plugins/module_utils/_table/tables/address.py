# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Trusted addresses.

Source: modules/permissions/address.c, resolve.h (str2ip, str2ip6), net/trans.c (parse_proto) of 2.4, 3.6, 4.0.
"""

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._readers import addresses
from ansible_collections.community.opensips.plugins.module_utils._table import formats, views
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection


def parse_ip(text: Any) -> Any:
    """The address (ipaddress.IPv4Address or IPv6Address) in a text, with or without the brackets of IPv6. Raises ValueError."""
    from ipaddress import IPv6Address, ip_address

    text = str(text).strip()
    if "." in text and ":" in text:
        # str2ip6() reads hexadecimal digits and colons only
        raise ValueError(text)
    if text[:1] == "[" and text[-1:] == "]":
        return IPv6Address(text[1:-1])
    return ip_address(text)


def network(ip: Any, mask: Any) -> str:
    """The text of the network that an address and a prefix length (int) name, as the server keeps it; ip as it is if it is none."""
    from ipaddress import ip_network

    try:
        return str(ip_network(f"{parse_ip(ip)}/{mask}", strict=False).network_address)
    except ValueError:
        return str(ip)


def _check(row: Dict[str, Any], _version: Optional[int]) -> List[str]:
    problems, longest = [], None
    if row.get("ip") is not None:
        try:
            longest = parse_ip(row["ip"]).max_prefixlen
        except ValueError:
            problems.append(_bad_ip(str(row["ip"])))
    mask = row.get("mask")
    if mask is None and longest == 128:
        # the column's default is 32, which is one host in IPv4 and a whole provider in IPv6
        row["mask"] = 128
    elif mask is not None and longest is not None and not 0 <= (_as_int(mask) or 0) <= longest:
        problems.append(f"column mask: {mask} is not a prefix length of {row['ip']}, which has 0 to {longest}")
    port = _as_int(row.get("port"))
    if port is not None and not 0 <= port <= 65535:
        problems.append(f"column port: {port} is not a port; 0 is any port")
    proto = row.get("proto")
    if proto is not None and str(proto).strip().lower() not in formats.PROTOCOLS:
        problems.append(f"column proto: {str(proto)!r} is not a protocol: write any, udp, tcp, tls, sctp, ws or wss")
    return problems


def _bad_ip(text: str) -> str:
    ip, slash, length = text.partition("/")
    if slash:
        try:
            parse_ip(ip)
        except ValueError:
            pass
        else:
            return f"column ip: {text!r} contains the prefix length, write ip: {ip} and mask: {length}"
    return f"column ip: {text!r} is not an IP address, and OpenSIPS does not look up names here"


def _as_int(value: Any) -> Optional[int]:
    """The number that a value is, or None: what is none the column's type says."""
    if isinstance(value, bool):
        return None
    try:
        return int(str(value).strip())
    except ValueError:
        return None


def _read(conn: "Connection", partition: Optional[str]) -> Dict[Tuple[Any, ...], Dict[str, Any]]:
    wanted = partition or addresses.DEFAULT_PARTITION
    return {
        (record["group"], network(record["ip"], record["mask"]), record["mask"], record["port"]): {}
        for record in addresses.read(conn, partition)
        if record["partition"] == wanted
    }


RECORD = Record(
    "address",
    match="grp ip [mask] [port] [proto]",
    scope="grp",
    check=_check,
    checked="ip mask port proto",
    view=views.Listing(
        "address_dump",
        "grp ip mask port",
        _read,
        things=lambda row: [(row["grp"], network(row["ip"], row["mask"]), row["mask"], row["port"])],
        facts=views.nothing,
    ),
    note="The defaults of C(mask), C(port) and C(proto) are one host, 0 and V(any).",
)
