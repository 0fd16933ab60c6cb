# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""clusterer: nodes, capabilities and sharing tags, of 3.x and 4.x."""

from ..errors import MIError
from ..member import DETAILS, NOT_SYNCED
from . import command


def status_group(member):
    """The group of sr_list_status."""
    ready = {"Readiness": True, "Status": 1}
    capabilities = [
        {
            "Name": "cap:" + capability.name,
            "Readiness": capability.status > 0,
            "Status": capability.status,
            "Details": DETAILS[capability.status],
        }
        for capability in member.capabilities
    ]
    return {
        "Name": "clusterer",
        "Identifiers": [*capabilities, dict({"Name": "sharing_tags"}, **ready), dict({"Name": "node_states"}, **ready)],
    }


def _clusters(member, name, values):
    return {"Clusters": [{"cluster_id": member.cluster.cluster_id, name: values}]}


@command("clusterer_list")
def clusterer_list(server, params):
    member = server.member
    return _clusters(member, "Nodes", [_neighbour(member, other) for other in member.others])


def _neighbour(member, other):
    link = member.link(other)
    return {
        "node_id": other.node_id,
        "db_id": -1,
        "url": "bin:127.0.0.1:%d" % other.bin_port,
        "link_state": link.state,
        "state": "enabled" if link.enabled else "disabled",
        "next_hop": str(other.node_id) if link.state == "Up" else "none",
        "description": "none",
    }


@command("clusterer_list_topology")
def clusterer_list_topology(server, params):
    member = server.member
    up = [other.node_id for other in member.others if member.link(other).state == "Up"]
    nodes = [{"node_id": member.node_id, "Neighbours": up}]
    for other in member.others:
        seen = [third.node_id for third in member.others if third is not other and other.is_linked(third)]
        mine = [member.node_id] if other.node_id in up else []
        nodes.append({"node_id": other.node_id, "Neighbours": seen + mine})
    return _clusters(member, "Nodes", nodes)


@command("clusterer_list_cap")
def clusterer_list_cap(server, params):
    listed = [
        {
            "name": capability.name,
            "state": "Ok" if capability.is_ok else "not synced",
            "enabled": "yes" if capability.enabled else "no",
        }
        for capability in server.member.capabilities
    ]
    return _clusters(server.member, "Capabilities", listed)


@command("clusterer_list_shtags")
def clusterer_list_shtags(server, params):
    member = server.member
    return [
        {"Tag": tag.name, "Cluster": member.cluster.cluster_id, "State": "active" if tag.is_active else "backup"}
        for tag in member.tags
    ]


@command("clusterer_shtag_set_active")
def clusterer_shtag_set_active(server, params):
    name, slash, number = params.text("tag").partition("/")
    if not slash:
        raise MIError(400, "Bad tag format <name/cluster_id>")
    if not number.strip().isdigit():
        raise MIError(400, "Bad cluster ID in tag")
    if int(number) != server.member.cluster.cluster_id:
        raise MIError(404, "Cluster ID not found")
    server.member.activate(name.strip())


def _cluster_id(server, params):
    number = params.int("cluster_id")
    if number < 1:
        raise MIError(400, "Bad value for 'cluster_id'")
    return number


@command("clusterer_set_status")
def clusterer_set_status(server, params):
    member, number = server.member, _cluster_id(server, params)
    node_id, status = params.int("node_id"), params.int("status")
    if node_id is not None and node_id < 1:
        raise MIError(400, "Bad value for 'node_id'")
    if status not in (0, 1):
        raise MIError(400, "Bad value for 'status'")
    if number != member.cluster.cluster_id:
        raise MIError(404, "Cluster id not found")
    if node_id not in (None, *(other.node_id for other in member.cluster.members)):
        raise MIError(404, "Node id not found")
    member.cluster.set_enabled(member, bool(status), node_id)


@command("clusterer_set_cap_status")
def clusterer_set_cap_status(server, params):
    member, number, status = server.member, _cluster_id(server, params), params.int("status")
    if status not in (0, 1):
        raise MIError(400, "Bad value for 'status'")
    if number != member.cluster.cluster_id:
        raise MIError(404, "Cluster id not found")
    capability = member.capability(params.text("capability"))
    if capability is None:
        raise MIError(404, "Capability not found")
    capability.enabled = bool(status)
    if not status:
        capability.status = NOT_SYNCED


@command("clusterer_reload", no_input=True)
def clusterer_reload(server, params):
    raise MIError(400, "Non-DB mode")


def _forward(server, others, params):
    name = params.text("cmd_name")
    arguments = [str(value) for value in params.values.get("cmd_params", ())]
    for other in others:
        server.member.cluster.deliver(other, lambda member: member.server.call_rpc(name, arguments, None))


@command("cluster_send_mi")
def cluster_send_mi(server, params):
    member, wanted = server.member, params.int("destination")
    _cluster_id(server, params)
    if wanted < 1:
        raise MIError(400, "Bad value for 'destination'")
    if wanted == member.node_id:
        raise MIError(400, "Local node specified as destination")
    if not member.enabled:
        return "Local node disabled"
    others = [other for other in member.others if other.node_id == wanted and member.is_linked(other)]
    if not others:
        raise MIError(400, "Destination down")
    _forward(server, others, params)
    return None


@command("cluster_broadcast_mi")
def cluster_broadcast_mi(server, params):
    member = server.member
    _cluster_id(server, params)
    _forward(server, [other for other in member.others if member.is_linked(other)], params)
    outcome = server.call_rpc(
        params.text("cmd_name"), [str(value) for value in params.values.get("cmd_params", ())], None
    )
    if outcome[0] == "error":
        raise MIError(*outcome[1:])
    return outcome[1]
