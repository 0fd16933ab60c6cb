# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""blacklists."""

import ipaddress

from ..errors import MIError
from ..state import Rule
from ..tree import attributes, node, tree
from . import command


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
                        for rule in rules
                    ],
                    array=True,
                )
                for name, rules in lists.items()
            ]
        )
    wanted = params.text("name")
    if wanted is not None and wanted not in lists:
        raise MIError(404, "Unknown name")
    listed = [
        {
            "name": name,
            "owner": "script",
            "flags": ["expire"],
            "Rules": [
                {"flags": 0, "IP": rule.ip, "Mask": rule.mask, "Proto": rule.proto, "Port": rule.port} for rule in rules
            ],
        }
        for name, rules in lists.items()
        if wanted in (None, name)
    ]
    return {"Lists": listed} if wanted is None else listed[0]


def _list_and_rule(server, params):
    rules = server.state.blacklists.get(params.text("name"))
    if rules is None:
        raise MIError(400, "Missing or bad blacklist name")
    parts = params.text("rule").split(",")
    try:
        network = ipaddress.ip_network(parts[1].strip(), strict=False)
        rule = Rule(str(network.network_address), str(network.netmask), parts[0].strip(), int(parts[2] or 0))
    except (ValueError, IndexError):
        raise MIError(404, "Bad rule") from None
    return rules, rule


@command("add_blacklist_rule")
def add_blacklist_rule(server, params):
    rules, rule = _list_and_rule(server, params)
    rules.insert(0, rule)


@command("del_blacklist_rule")
def del_blacklist_rule(server, params):
    rules, rule = _list_and_rule(server, params)
    for known in rules:
        if known.key() == rule.key():
            rules.remove(known)
            return
    raise MIError(404, "Rule not found")
