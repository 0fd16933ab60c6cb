# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Blacklists of destinations: list_blacklists (core; module blacklists in 4.0).

List records: name (str), owner (str or None; up to 3.3 a number without a meaning outside the server, so None), flags (list
of read-only, expire, default), rules (list of {ip (str), mask (int, prefix length), proto (any, udp, tcp …), port (int, 0
for any), match (str or None, text the request must hold), except (bool: the rule excludes), expires (int or None, seconds
left)}).

Source: blacklists.c, blacklists.h of 1.11, 2.4, 3.6.
"""

from typing import Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

_FLAGS = ("read-only", "expire", "default")
_PROTOS = {"0": "any", "1": "udp", "2": "tcp", "3": "tls", "4": "sctp", "5": "ws", "6": "wss"}
# BLR_APPLY_CONTRARY
_CONTRARY = 1


def parse(reply: Reply) -> List[shape.Record]:
    """The blacklists of a list_blacklists reply: list of records."""
    if reply.is_tree:
        return [
            _record(dict(node["attributes"], name=node["value"], Rules=_rules(node)))
            for node in reply.result
            if node["name"] == "List"
        ]
    result = shape.mapping(reply.result, "list_blacklists")
    found = (
        [result["List"]]
        if "List" in result
        else [result]
        if "Rules" in result
        else shape.sequence(result.get("Lists"), "Lists")
    )
    return [_record(shape.mapping(raw, "Lists")) for raw in found]


def read(conn: Connection, name: Optional[str] = None) -> List[shape.Record]:
    """Ask the server: list of records, of one list only with name (3.4 and later; ServerError 404 if the server has no such list)."""
    return parse(conn.call("list_blacklists", None if name is None else {"name": name}))


def _rules(node: Dict[str, Any]) -> List[Dict[str, Any]]:
    return [shape.fields(child) for child in node["children"] if child["name"] == "Rule"]


def _record(raw: Dict[str, Any]) -> shape.Record:
    owner = shape.word(raw.get("owner"), "owner")
    flags = raw.get("flags")
    if not isinstance(flags, list):
        mask = shape.integer(flags, "flags") or 0
        flags = [name for bit, name in enumerate(_FLAGS) if mask >> bit & 1]
    return {
        "name": shape.needed(raw.get("name"), "name"),
        "owner": None if owner is None or owner.isdigit() else owner,
        "flags": shape.words(flags, "flags"),
        "rules": [_rule(shape.mapping(rule, "Rules")) for rule in shape.sequence(raw.get("Rules"), "Rules")],
    }


def _rule(raw: Dict[str, Any]) -> shape.Record:
    get = raw.get
    ip = shape.needed(get("IP"), "IP")
    proto = (shape.word(get("Proto"), "Proto") or "any").lower()
    return {
        "ip": ip,
        "mask": shape.prefix_length(get("Mask"), ip),
        "proto": _PROTOS.get(proto, proto),
        "port": shape.integer(get("Port"), "Port"),
        "match": shape.text(get("Match"), "Match") or None,
        "except": bool((shape.integer(get("flags"), "flags") or 0) & _CONTRARY),
        "expires": shape.integer(get("Expire"), "Expire"),
    }
