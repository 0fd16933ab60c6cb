# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""statistics."""

import time

from ..errors import MIError
from ..tree import node, tree
from . import command


def live(server):
    """Statistics that follow the state."""
    state = server.state
    location, dialogs = state.location, state.calls()
    return {
        "core:timestamp": int(time.time() - state.started),
        "usrloc:registered_users": len(location),
        "usrloc:location-users": len(location),
        "usrloc:location-contacts": location.contact_count(),
        "usrloc:location-expires": location.expired,
        "dialog:active_dialogs": sum(dialog.state > 2 for dialog in dialogs),
        "dialog:early_dialogs": sum(dialog.state < 3 for dialog in dialogs),
        "dialog:processed_dialogs": state.processed_dialogs,
        "tm:inuse_transactions": server.transactions.inuse,
        **state.memory.statistics(),
        "registrar:max_contacts": 10,
        "registrar:default_expire": 3600,
        **_of_cluster(server.member),
    }


def _of_cluster(member):
    if member is None:
        return {}
    total, up = len(member.others), sum(member.link(other).state == "Up" for other in member.others)
    return {
        "clusterer:clusterer_nodes": total,
        "clusterer:clusterer_nodes_up": up,
        "clusterer:clusterer_nodes_down": total - up,
    }


def _groups(server):
    """The statistics of the modules that are loaded: {group: {name: value}}."""
    groups = {group: names for group, names in server.state.statistics.items() if group not in server.options.without}
    if server.member is not None:
        groups["clusterer"] = {name.partition(":")[2]: 0 for name in _of_cluster(server.member)}
    return groups


def _value(server, known, name, default):
    if name in server.state.kept_statistics:
        return server.state.kept_statistics[name]
    if name in known:
        return known[name]
    initial = default[0] if isinstance(default, list) else default
    return server.state.counters.get(name, initial)


def select(server, wanted):
    """{"group:name": value} for `all`, `group:` and bare names, in the order asked."""
    known = live(server)
    found = {}
    groups = _groups(server)
    for item in wanted:
        if item == "all":
            chosen = [(group, name) for group in groups for name in groups[group]]
        elif item.endswith(":"):
            chosen = [(item[:-1], name) for name in groups.get(item[:-1], ())]
        else:
            # a name with its group in front is not found: the server looks for the bare one
            chosen = [(group, item) for group in groups if item in groups[group]][:1]
        for group, name in chosen:
            full = group + ":" + name
            found[full] = _value(server, known, full, groups[group][name])
    return found


@command("get_statistics", "statistics ...")
def get_statistics(server, params):
    found = select(server, params.array("statistics"))
    if not server.state.tree:
        return found
    if not found:
        raise MIError(404, "Statistics Not Found")
    return tree(*(node(name, value) for name, value in found.items()))


@command("list_statistics", no_input=True)
def list_statistics(server, params):
    listed = {
        group + ":" + name: "incremental" if isinstance(default, list) else "non-incremental"
        for group, names in _groups(server).items()
        for name, default in names.items()
    }
    return tree(*(node(*pair) for pair in listed.items())) if server.state.tree else listed


@command("reset_statistics", "statistics ...")
def reset_statistics(server, params):
    found = select(server, params.array("statistics"))
    if not found:
        raise MIError(404, "Statistics Not Found")
    for name in found:
        server.state.counters[name] = 0


@command("reset_all_statistics", no_input=True)
def reset_all_statistics(server, params):
    for name in select(server, ["all"]):
        server.state.counters[name] = 0
