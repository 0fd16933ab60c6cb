# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""drouting: gateways, carriers and rules."""

import time

from ..errors import MIError
from ..tree import array, attributes, node, tree
from . import command
from .core import ctime


def _found(items, wanted, what):
    for item in items:
        if item.id == wanted:
            return item
    raise MIError(404, what + " ID not found")


def _partition(params):
    """There are no partitions: the modparam use_partitions is off."""
    if params.rpc and "partition_name" in params:
        raise MIError(
            400, "Invalid parameter: 'partition_name'", "'partition_name' supported only when 'use_partitions' is set"
        )


def _old_enabled(gateway):
    return "yes" if gateway.state == "Active" else "no "


def _with_attrs(item, value):
    return dict({"ATTRS": item.attrs} if item.attrs else {}, **value)


@command("dr_gw_status", "[gw_id] [status]")
def dr_gw_status(server, params):
    state = server.state
    _partition(params)
    old = state.v < (2, 0)
    if "gw_id" not in params:
        if state.tree:
            return array(
                [
                    node(
                        "ID",
                        item.id,
                        attributes(IP=item.address)
                        + ((("Enabled", _old_enabled(item)),) if old else (("State", item.state),)),
                    )
                    for item in state.gateways
                ]
            )
        return {
            "Gateways": [
                dict({"ID": item.id, "IP": item.address}, **_with_attrs(item, {"State": item.state}))
                for item in state.gateways
            ]
        }
    item = _found(state.gateways, params.text("gw_id"), "GW")
    if "status" in params:
        item.state = "Active" if params.int("status") else "Disabled MI"
        return None
    if not state.tree:
        return _with_attrs(item, {"State": item.state})
    return tree(node("Enabled", _old_enabled(item)) if old else node("State", item.state))


@command("dr_carrier_status", "[carrier_id] [status]")
def dr_carrier_status(server, params):
    state = server.state
    _partition(params)

    def enabled(item):
        return "yes" if item.enabled else "no "  # the blank is the server's

    if "carrier_id" not in params:
        if state.tree:
            return array([node("ID", item.id, attributes(Enabled=enabled(item))) for item in state.carriers])
        return {
            "Carriers": [
                dict({"ID": item.id}, **_with_attrs(item, {"Enabled": enabled(item)})) for item in state.carriers
            ]
        }
    item = _found(state.carriers, params.text("carrier_id"), "Carrier")
    if "status" in params:
        item.enabled = params.int("status") != 0
        return None
    if state.tree:
        return tree(node("Enabled", enabled(item)))
    return _with_attrs(item, {"Enabled": enabled(item)})


@command("dr_number_routing", "group_id [number]")
def dr_number_routing(server, params):
    _partition(params)
    # the only rule is in group 0; a number alone is looked up in the default group, which has none
    if params.text("group_id") != "0" or not params.text("number", "").startswith("40"):
        return None if server.state.tree else "No match"
    if server.state.tree:
        return tree(node("Matched Prefix", "40", kids=[node("CARRIER", "cr1")], array=True))
    return {"Matched Prefix": "40", "GW List": [{"CARRIER": "cr1"}], "ATTRS": "r1"}


@command("dr_reload", "[partition_name]")
def dr_reload(server, params):
    state = server.state
    _partition(params)
    state.dr_reloaded = time.time()
    if params.text("inherit_state", "y").lower().startswith("n"):
        for item in state.gateways:
            item.state = "Active"
        for item in state.carriers:
            item.enabled = True


@command("dr_reload_status", "[partition_name]")
def dr_reload_status(server, params):
    _partition(params)
    text = ctime(server.state.dr_reloaded)
    return tree(node("Date", text)) if server.state.tree else {"Date": text}


@command("dr_enable_probing")
def dr_enable_probing(server, params):
    state = server.state
    status = params.int("status")
    if status is None:
        return {"Status": int(state.dr_probing)}
    state.dr_probing = status != 0
    return None
