# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_cluster_node: whether a node takes part in its cluster, and has what the others have."""

import time
from typing import Any, Dict

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task, TaskFailure, describe_failure
from ansible_collections.community.opensips.plugins.module_utils._state import cluster_node, sharing_tags


def spec() -> ArgumentSpec:
    """The module's own options."""
    return ArgumentSpec(
        {
            "cluster_id": {"type": "int"},
            "node_id": {"type": "int"},
            "enabled": {"type": "bool"},
            "synced": {"type": "bool", "default": False},
            "resync": {"type": "bool", "default": False},
            "capabilities": {"type": "list", "elements": "str"},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "float", "default": 60.0},
        }
    )


def run(task: Task) -> Dict[str, Any]:
    """Enable, disable, synchronise: the result (dict)."""
    params = task.params
    _check(params)
    sharing_tags.check_version(task.connection, "opensips_cluster_node requires 3.0 or later")
    task.connection.require(*_commands(params))
    start = time.monotonic()
    node = cluster_node.Node(task.connection, params)
    node.find()
    if task.check_mode:
        node.plan()
        return _result(node, node.expected(), start)
    task.known = lambda: _result(node, node.now.values(node.node_id), start)
    try:
        node.run(params["wait_timeout"] if params["wait"] else None)
    except MIError as error:
        raise TaskFailure(str(error), dict(task.known(), **describe_failure(error))) from error
    return task.known()


def _check(params: Dict[str, Any]) -> None:
    """Raise BadParameters for options that do not go together, or that no server takes."""
    if params["enabled"] is None and not params["synced"]:
        raise BadParameters("The task changes nothing", "Set enabled, or synced=true")
    for option in ("resync", "capabilities"):
        if params[option] and not params["synced"]:
            raise BadParameters(f"{option} is set, but synced is false", f"Set synced=true, or remove {option}")
    if params["capabilities"] == []:
        raise BadParameters("capabilities is an empty list", "Add a capability, or remove the option")
    if params["node_id"] is not None and params["enabled"] is None:
        raise BadParameters("node_id is set, but enabled is not", "Set enabled, or remove node_id")
    if params["enabled"] is False and params["synced"]:
        raise BadParameters("synced is true, but enabled is false", "A disabled node gets no data: remove one of them")
    for option, least in (("cluster_id", 1), ("node_id", 1), ("wait_timeout", 0)):
        if params[option] is not None and params[option] < least:
            raise BadParameters(f"{option} is {params[option]:g}", f"Set it to {least} or more")


def _commands(params: Dict[str, Any]) -> Any:
    enables = cluster_node.ENABLES if params["enabled"] is not None else ()
    return cluster_node.READS + enables + (("clusterer_list_shtags",) if params["synced"] else ())


def _result(node: cluster_node.Node, after: Dict[str, Any], start: float) -> Dict[str, Any]:
    before = node.before.values(node.node_id)
    asked = any(method != "clusterer_set_status" for method, _params in node.requests)
    changed = bool(node.requests) and (before != after or asked)
    name = f"cluster {node.cluster_id}"
    return {
        "changed": changed,
        "cluster_id": node.cluster_id,
        "before": before,
        "after": after,
        "requests": [{"command": method, "params": params} for method, params in node.requests],
        "seconds": round(time.monotonic() - start, 3),
        "diff": {"before": {name: before}, "after": {name: after}} if changed else {"before": {}, "after": {}},
    }
