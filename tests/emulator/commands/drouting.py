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


def _routing(server, params, what=None):
    """(gateways, carriers, the name of what is asked for or None, status or None).

    Of the partition that is named, or of the only one; the modparam use_partitions is off by default. what: the parameter
    that names it. On 2.x the partition is the first of the line.
    """
    state = server.state
    if params.rpc:
        name, wanted = params.text("partition_name"), params.text(what) if what else None
        status = params.int("status")
    else:
        line = [params.text(each) for each in ("first", "second", "third") if each in params]
        name = line.pop(0) if state.use_partitions and line else None
        if len(line) > 2:
            raise MIError(400, "Too few or too many arguments")
        wanted = line[0] if line else None
        try:
            status = int(line[1]) if len(line) > 1 else None
        except ValueError:
            raise MIError(400, "Bad parameter") from None
    if not state.use_partitions:
        if name is not None:
            raise MIError(
                400,
                "Invalid parameter: 'partition_name'",
                "'partition_name' supported only when 'use_partitions' is set",
            )
        return (*state.routing[None], wanted, status)
    if name is None:
        if state.tree:
            raise MIError(400, "Partition mandatory")
        raise MIError(
            400,
            "Missing parameter: 'partition_name'",
            "'partition_name' is required when 'use_partitions' is set",
        )
    if name not in state.routing:
        raise MIError(404, "Partition not found")
    return (*state.routing[name], wanted, status)


def _old_enabled(gateway):
    return "yes" if gateway.state == "Active" else "no "


def _with_attrs(item, value):
    return dict({"ATTRS": item.attrs} if item.attrs else {}, **value)


@command("dr_gw_status", "[first] [second] [third]")
def dr_gw_status(server, params):
    state = server.state
    gateways, _carriers, wanted, status = _routing(server, params, "gw_id")
    old = state.v < (2, 0)
    if wanted is None:
        if state.tree:
            return array(
                [
                    node(
                        "ID",
                        item.id,
                        attributes(IP=item.address)
                        + ((("Enabled", _old_enabled(item)),) if old else (("State", item.state),)),
                    )
                    for item in gateways
                ]
            )
        return {
            "Gateways": [
                dict({"ID": item.id, "IP": item.address}, **_with_attrs(item, {"State": item.state}))
                for item in gateways
            ]
        }
    item = _found(gateways, wanted, "GW")
    if status is not None:
        before, item.state = item.state, "Active" if status else "Disabled MI"
        if item.state != before:
            _raise_status(server, item)
        return None
    if not state.tree:
        return _with_attrs(item, {"State": item.state})
    return tree(node("Enabled", _old_enabled(item)) if old else node("State", item.state))


def _raise_status(server, item):
    status = {"Active": "active", "Disabled MI": "disabled MI"}[item.state]
    fields = {"partition": "Default", "gwid": item.id, "address": item.address, "status": status}
    if server.state.v >= (3, 0):
        fields["reason"] = "MI command"
    server.notify.send("E_DROUTING_STATUS", fields)


@command("dr_carrier_status", "[first] [second] [third]")
def dr_carrier_status(server, params):
    state = server.state
    _gateways, carriers, wanted, status = _routing(server, params, "carrier_id")

    def enabled(item):
        return "yes" if item.enabled else "no "  # the blank is the server's

    if wanted is None:
        if state.tree:
            return array([node("ID", item.id, attributes(Enabled=enabled(item))) for item in carriers])
        return {
            "Carriers": [dict({"ID": item.id}, **_with_attrs(item, {"Enabled": enabled(item)})) for item in carriers]
        }
    item = _found(carriers, wanted, "Carrier")
    if status is not None:
        item.enabled = status != 0
        return None
    if state.tree:
        return tree(node("Enabled", enabled(item)))
    return _with_attrs(item, {"Enabled": enabled(item)})


@command("dr_number_routing", "group_id [number]")
def dr_number_routing(server, params):
    _one_for_all(server, params)
    # the only rule is in group 0; a number alone is looked up in the default group, which has none
    if params.text("group_id") != "0" or not params.text("number", "").startswith("40"):
        return None if server.state.tree else "No match"
    if server.state.tree:
        return tree(node("Matched Prefix", "40", kids=[node("CARRIER", "cr1")], array=True))
    return {"Matched Prefix": "40", "GW List": [{"CARRIER": "cr1"}], "ATTRS": "r1"}


def _one_for_all(server, params):
    """A partition may only be named where there are any."""
    name = params.text("partition_name") if params.rpc else None
    if name is not None and not server.state.use_partitions:
        raise MIError(
            400, "Invalid parameter: 'partition_name'", "'partition_name' supported only when 'use_partitions' is set"
        )
    if name is not None and name not in server.state.routing:
        raise MIError(404, "Partition not found")
    return name


@command("dr_reload", "[partition_name]")
def dr_reload(server, params):
    state = server.state
    name = _one_for_all(server, params)
    state.dr_reloaded = time.time()
    if params.text("inherit_state", "y").lower().startswith("n"):
        for gateways, carriers in state.routing.values() if name is None else [state.routing[name]]:
            for item in gateways:
                item.state = "Active"
            for item in carriers:
                item.enabled = True


@command("dr_reload_status", "[partition_name]")
def dr_reload_status(server, params):
    state = server.state
    name = _one_for_all(server, params)
    text = ctime(state.dr_reloaded)
    if not state.use_partitions:
        return tree(node("Date", text)) if state.tree else {"Date": text}
    if name is not None:
        return {"name": name, "Date": text}
    if state.tree:
        return array([node("Partition", each, attributes(Date=text)) for each in state.routing])
    return {"Partitions": [{"name": each, "Date": text} for each in state.routing]}


@command("dr_enable_probing")
def dr_enable_probing(server, params):
    state = server.state
    status = params.int("status")
    if status is None:
        return {"Status": int(state.dr_probing)}
    state.dr_probing = status != 0
    return None
