# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Values that a database takes, but OpenSIPS does not: rows that the server would pass over, or read as something else.

Sources: permissions/address.c (db row loading), core/resolve.h (str2ip, str2ip6), core/net/trans.c (parse_proto) of 2.4, 3.6, 4.0.
"""

# what parse_proto() knows; "none", which is not among them, makes the server pass over the row
_PROTOCOLS = frozenset(
    "any udp tcp tls sctp ws wss bin hep_udp hep_tcp hep_tls smpp msrp msrps bins hep_udps ipsec".split()
)


def check(table, row):
    """What is wrong with a row of the user's (dict, by the schema's names): list of str such as ``column ip: ...``.

    What the table's default would get wrong is put into the row.
    """
    return _CHECKS[table](row) if table in _CHECKS else []


def parse_ip(text):
    """The address (ipaddress.IPv4Address or IPv6Address) in a text, with or without the brackets of IPv6. Raises ValueError."""
    from ipaddress import IPv6Address, ip_address

    text = str(text).strip()
    if "." in text and ":" in text:
        # str2ip6() reads hexadecimal digits and colons only
        raise ValueError(text)
    if text[:1] == "[" and text[-1:] == "]":
        return IPv6Address(text[1:-1])
    return ip_address(text)


def network(ip, mask):
    """The text of the network that an address and a prefix length (int) name, as the server keeps it; ip as it is if it is none."""
    from ipaddress import ip_network

    try:
        return str(ip_network(f"{parse_ip(ip)}/{mask}", strict=False).network_address)
    except ValueError:
        return str(ip)


def _address(row):
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
    elif mask is not None and longest is not None and _as_int(mask) is not None and not 0 <= _as_int(mask) <= longest:
        problems.append(f"column mask: {mask} is no prefix length of {row['ip']}, which has 0 to {longest}")
    port = _as_int(row.get("port"))
    if port is not None and not 0 <= port <= 65535:
        problems.append(f"column port: {port} is no port; 0 is any")
    proto = row.get("proto")
    if proto is not None and str(proto).strip().lower() not in _PROTOCOLS:
        problems.append(f"column proto: {str(proto)!r} is no protocol, write any, udp, tcp, tls, sctp, ws or wss")
    return problems


def _bad_ip(text):
    ip, slash, length = text.partition("/")
    if slash:
        try:
            parse_ip(ip)
        except ValueError:
            pass
        else:
            return f"column ip: {text!r} holds the prefix length, write ip: {ip} and mask: {length}"
    return f"column ip: {text!r} is no IP address, and OpenSIPS looks up no names here"


def _as_int(value):
    """The number that a value is, or None: what is none the column's type tells."""
    if isinstance(value, bool):
        return None
    try:
        return int(str(value).strip())
    except ValueError:
        return None


_CHECKS = {"address": _address}
