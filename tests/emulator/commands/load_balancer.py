# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""load_balancer."""

from ..errors import MIError
from ..tree import array, attributes, node, tree
from . import command


def _yes(flag):
    return "yes" if flag else "no"


def _on(flag):
    return "on" if flag else "off"


def _destination(server, params):
    wanted = params.int("destination_id")
    for item in server.state.balanced:
        if item.id == wanted:
            return item
    raise MIError(404, "Destination ID not found")


@command("lb_list", no_input=True)
def lb_list(server, params):
    state = server.state
    if not state.tree:
        return {
            "Destinations": [
                {
                    "uri": item.uri,
                    "id": item.id,
                    "group": item.group,
                    "enabled": _yes(item.enabled),
                    "auto-reenable": _on(item.auto_reenable),
                    "Resources": [{"name": name, "max": most, "load": 0} for name, most in item.resources.items()],
                }
                for item in state.balanced
            ]
        }
    key = "auto-re" if state.v < (2, 0) else "auto-reenable"
    return array(
        [
            node(
                "Destination",
                item.uri,
                attributes(id=item.id, group=item.group, enabled=_yes(item.enabled), **{key: _on(item.auto_reenable)}),
                [
                    node(
                        "Resources",
                        kids=[
                            node("Resource", name, attributes(max=most, load=0))
                            for name, most in item.resources.items()
                        ],
                        array=True,
                    )
                ],
            )
            for item in state.balanced
        ]
    )


@command("lb_status", "destination_id [new_status]")
def lb_status(server, params):
    item = _destination(server, params)
    if "new_status" not in params:
        text = _yes(item.enabled)
        return tree(node("enable", text)) if server.state.tree else {"enable": text}
    before = item.enabled
    item.enabled = item.auto_reenable = params.int("new_status") != 0
    if item.enabled != before:
        status = "enabled" if item.enabled else "disabled"
        server.notify.send("E_LOAD_BALANCER_STATUS", {"group": item.group, "uri": item.uri, "status": status})
    return None


@command("lb_resize", "destination_id res_name new_capacity")
def lb_resize(server, params):
    item = _destination(server, params)
    name = params.text("res_name")
    if name not in item.resources:
        raise MIError(404, "Destination has no such resource")
    item.resources[name] = params.int("new_capacity")


@command("lb_reload", no_input=True)
def lb_reload(server, params):
    server.state.load_reload()
