# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dispatcher: sets of destinations, partition `default`.

A reload reads the table dispatcher of opensips.sqlite in the emulator's directory, if there is such a file.
"""

import os
import sqlite3

from ..errors import MIError
from ..sip import parse_uri
from ..state import Destination
from ..tree import array, attributes, node
from . import command

_PROBING_THRESHOLD = 3
_STATES = {"a": "Active", "i": "Inactive", "p": "Probing"}


def _value(item, full):
    uri = parse_uri(item.uri)
    value = {"URI": item.uri, "state": item.state, "first_hit_counter": 0}
    if item.attrs:
        value["attr"] = item.attrs
    if full:
        value.update(weight=item.weight, priority=item.priority)
        if item.description:
            value["description"] = item.description
    value["resolved_addresses"] = [f"{uri.host}:{uri.port or 5060}"]
    return value


def _node(state, item, full):
    attrs = attributes(state=item.state)
    if state.v >= (2, 0):
        attrs += (("first_hit_counter", "0"),)
    kids = [node("attr", item.attrs)] if item.attrs else []
    if full and state.v >= (2, 0):
        kids += [node("weight", item.weight), node("priority", item.priority)]
        if item.description:
            kids.append(node("description", item.description))
    return node("URI", item.uri, attrs, kids)


@command("ds_list", "[full]")
def ds_list(server, params):
    state = server.state
    if params.text("partition", "default") != "default":
        raise MIError(500, "ERROR Unknown partition")
    if state.v[0] == 2 and params.text("full", "full") != "full":
        raise MIError(400, "Bad parameter")
    full = "full" in params and (state.tree or params.text("full") not in ("0", "n", "N"))
    if state.tree:
        sets = [
            node("SET", number, kids=[_node(state, item, full) for item in items], array=True)
            for number, items in state.dispatcher.items()
        ]
        if state.v < (2, 0):
            return array(sets)
        return array([node("PARTITION", "default", kids=sets, array=True)])
    return {
        "PARTITIONS": [
            {
                "name": "default",
                "SETS": [
                    {"id": number, "Destinations": [_value(item, full) for item in items]}
                    for number, items in state.dispatcher.items()
                ],
            }
        ]
    }


def _set(item, wanted):
    """Probing counts failures: it shows from the third on, and never on an inactive destination."""
    if wanted == "Probing":
        item.failures += 1
        if item.state == "Inactive" or item.failures < _PROBING_THRESHOLD:
            return
    else:
        item.failures = 0
    item.state = wanted


@command("ds_set_state", "state group address")
def ds_set_state(server, params):
    wanted = _STATES.get(params.text("state").lower())
    if wanted is None:
        raise MIError(500, "Bad state value")
    group = params.text("group")
    partition, colon, number = group.rpartition(":")
    if colon and partition != "default":
        if server.state.v < (2, 0):
            raise MIError(500, "bad group value")
        raise MIError(404, "ERROR Unknown partition")
    if not number.isdigit():
        raise MIError(500, "bad group value")
    for item in server.state.dispatcher.get(int(number), ()):
        if item.uri == params.text("address"):
            before = item.state
            _set(item, wanted)
            if item.state != before and item.state != "Probing":
                _raise_status(server, int(number), item)
            return
    raise MIError(404, "destination not found")


def _raise_status(server, number, item):
    fields = {"group": number, "address": item.uri, "status": item.state.lower()}
    if server.state.v >= (3, 0):
        fields["reason"] = "MI command"
    server.notify.send("E_DISPATCHER_STATUS", fields)


@command("ds_reload", "[partition]")
def ds_reload(server, params):
    state = server.state
    if params.text("partition", "default") != "default" and state.v >= (2, 0):
        raise MIError(500, "ERROR Unknown partition")
    path = os.path.join(state.directory, "opensips.sqlite")
    if os.path.exists(path):
        _load(state, path)
    if params.text("inherit_state", "y").lower().startswith("n"):
        for items in state.dispatcher.values():
            for item in items:
                item.state = "Inactive" if item.uri.startswith("sip:127.0.0.2") else "Active"


def _load(state, path):
    """Take the destinations from a database; those that are known keep their state."""
    states = {(number, item.uri): item.state for number, items in state.dispatcher.items() for item in items}
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    try:
        rows = [dict(row) for row in database.execute("SELECT * FROM dispatcher ORDER BY id")]
    except sqlite3.Error:
        raise MIError(500, "failed to reload") from None
    finally:
        database.close()
    state.dispatcher = {}
    for row in rows:
        number, uri = row["setid"], row["destination"]
        word = states.get((number, uri), ("Active", "Inactive", "Probing")[row["state"]])
        # 1.11 has no priority
        item = Destination(
            uri, word, int(row["weight"]), row.get("priority", 0), row["attrs"] or "", row["description"] or ""
        )
        state.dispatcher.setdefault(number, []).insert(0, item)
