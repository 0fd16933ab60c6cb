# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""blacklists, with the faults of blacklists.c of 3.4 to 4.0."""

import ipaddress
import time

from ..errors import MIError
from ..state import Rule
from ..tree import attributes, node, tree
from . import command

_PROTOS = ("udp", "tcp", "tls", "sctp", "ws", "wss", "bin", "hep_udp")


def _address(address):
    """As ip_addr2a() writes it."""
    address = ipaddress.ip_address(address)
    if address.version == 4:
        return str(address)
    return ":".join(f"{int(part, 16):X}" for part in address.exploded.split(":"))


def _swept(blacklist):
    """The rules, without those that expired; the routine that drops them mends the pointer."""
    now = time.time()
    gone = [rule for rule in blacklist.rules if rule.ends is not None and rule.ends <= now]
    if gone:
        blacklist.rules = [rule for rule in blacklist.rules if rule not in gone]
        blacklist.dangling = False
    return blacklist.rules


def _rule(blacklist, rule):
    shown = {
        "flags": int(rule.contrary),
        "IP": _address(rule.ip),
        "Mask": _address(rule.mask),
        "Proto": rule.proto,
        "Port": rule.port,
    }
    if rule.match:
        shown["Match"] = rule.match
    if rule.ends is not None and "expire" in blacklist.flags:
        shown["Expire"] = max(0, round(rule.ends - time.time()))
    return shown


@command("list_blacklists")
def list_blacklists(server, params):
    lists = server.state.blacklists
    if server.state.tree:
        return tree(
            *[
                node(
                    "List",
                    name,
                    attributes(owner=13, flags=1),
                    [
                        node(
                            "Rule",
                            None,
                            attributes(flags=0),
                            [node("IP", rule.ip), node("Mask", rule.mask), node("Proto", 1), node("Port", rule.port)],
                        )
                        for rule in blacklist.rules
                    ],
                    array=True,
                )
                for name, blacklist in lists.items()
            ]
        )
    wanted = params.text("name")
    if wanted is not None and wanted not in lists:
        raise MIError(404, "Unknown name")
    for name, blacklist in lists.items():
        if blacklist.dangling:
            server.harm(f"the last rule of the blacklist {name} was deleted while others stayed")
    listed = [
        {
            "name": name,
            "owner": "script",
            "flags": list(blacklist.flags),
            "Rules": [_rule(blacklist, rule) for rule in _swept(blacklist)],
        }
        for name, blacklist in lists.items()
        if wanted in (None, name)
    ]
    return {"Lists": listed} if wanted is None else listed[0]


def _network(server, text):
    """(address, mask); prefixes that are too long crash the server."""
    address, slash, mask = text.partition("/")
    try:
        address = ipaddress.ip_address(address)
        if mask.isdigit() and int(mask) > address.max_prefixlen:
            server.crash(f"a rule of a blacklist with the prefix {text}")
        network = ipaddress.ip_network(f"{address}/{mask}" if slash else str(address), strict=False)
    except ValueError:
        raise MIError(404, "Bad rule") from None
    if address.version == 6 and "." in text:
        raise MIError(404, "Bad rule")
    return str(network.network_address), str(network.netmask)


def _list_and_rule(server, params):
    blacklist = server.state.blacklists.get(params.text("name"))
    if blacklist is None:
        raise MIError(400, "Missing or bad blacklist name")
    if "read-only" in blacklist.flags:
        raise MIError(403, "Cannot modify read-only blacklist")
    text = params.text("rule").lstrip()
    contrary = text.startswith("!")
    parts = text[contrary:].split(",", 3)
    proto = "any"
    # the word any is known, and then taken for the address
    if parts[0].lower() in _PROTOS:
        proto = parts.pop(0).lower()
        if not parts:
            server.crash("a rule of a blacklist that is only a protocol")
            raise MIError(404, "Bad rule")
    ip, mask = _network(server, parts[0])
    rest = parts[1:]
    port = rest.pop(0) if rest else "0"
    if port and not port.isdigit():
        raise MIError(404, "Bad rule")
    return blacklist, Rule(ip, mask, proto, int(port or 0) % 65536, ",".join(rest) or None, contrary)


@command("add_blacklist_rule")
def add_blacklist_rule(server, params):
    blacklist, rule = _list_and_rule(server, params)
    expire = params.int("expire")
    if expire is not None:
        if expire <= 0:
            raise MIError(404, "Bad expire value")
        if "expire" not in blacklist.flags:
            raise MIError(404, "Blacklist without expire support")
        rule.ends = time.time() + expire
    rules = _swept(blacklist)
    if any(known.key() == rule.key() for known in rules):
        return
    if not rules or "expire" not in blacklist.flags:
        rules.append(rule)
    elif rule.ends is None:
        rules.insert(0, rule)
        return
    else:
        later = [number for number, known in enumerate(rules) if (known.ends or 0) >= rule.ends]
        rules.insert(later[0] if later else len(rules), rule)
    if blacklist.dangling and len(rules) > 1:
        server.crash("a rule was added to a blacklist whose last rule had been deleted")
    blacklist.dangling = False


@command("del_blacklist_rule")
def del_blacklist_rule(server, params):
    blacklist, rule = _list_and_rule(server, params)
    rules = _swept(blacklist)
    for known in rules:
        if known.key() == rule.key():
            blacklist.dangling = blacklist.dangling or known is rules[-1]
            rules.remove(known)
            # an empty list starts anew
            blacklist.dangling = blacklist.dangling and bool(rules)
            return
    raise MIError(404, "Rule not found")
