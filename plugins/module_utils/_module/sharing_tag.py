# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Body of opensips_sharing_tag: which node of a cluster holds a sharing tag."""

import contextlib
import time
from typing import Any, Dict, List

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._mi.urls import without_url_secrets
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, neighbours_option
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    Task,
    TaskFailure,
    describe_error,
    describe_failure,
)
from ansible_collections.community.opensips.plugins.module_utils._state import sharing_tags


def spec() -> ArgumentSpec:
    """The module's own options."""
    return ArgumentSpec(
        {
            "tag": {"type": "str", "required": True},
            "cluster_id": {"type": "int"},
            "state": {"type": "str", "choices": [sharing_tags.ACTIVE, sharing_tags.BACKUP], "default": "active"},
            "neighbours": neighbours_option(),
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "float", "default": 10.0},
        }
    )


def run(task: Task) -> Dict[str, Any]:
    """Hold the tag, or wait until another node does: the result (dict)."""
    _check(task.params)
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        move = _move(task, _neighbours(task, stack))
        move.find()
        if task.check_mode:
            move.expect()
            return _result(move, start)
        task.known = lambda: _result(move, start)
        try:
            move.send()
            reached = _wait(task, move)
        except MIError as error:
            raise TaskFailure(str(error), dict(_result(move, start), **describe_failure(error))) from error
        result = _result(move, start)
    if not reached:
        problem = sharing_tags.NotMoved(move, result["seconds"])
        raise TaskFailure(str(problem), dict(result, error=describe_error(problem)))
    return result


def _check(params: Dict[str, Any]) -> None:
    """Raise BadParameters for options that no server takes."""
    tag = params["tag"]
    if not tag or tag != tag.strip() or "/" in tag:
        raise BadParameters(
            f"tag is {tag!r}", "Set it to the name of the tag alone, and cluster_id to the number of the cluster"
        )
    if params["cluster_id"] is not None and params["cluster_id"] < 1:
        raise BadParameters(f"cluster_id is {params['cluster_id']}", "Set it to 1 or more")
    if params["wait_timeout"] < 0:
        raise BadParameters(f"wait_timeout is {params['wait_timeout']:g}", "Set it to 0 or more")


def _neighbours(task: Task, stack: contextlib.ExitStack) -> List[sharing_tags.Node]:
    """A Node for each of the option neighbours; stack closes their connections. Raises BadParameters with the place in the list."""
    nodes = []
    for index, options in enumerate(task.params["neighbours"] or ()):
        label = f"neighbours[{index}]"
        try:
            conn = Connection(options)
        except BadParameters as error:
            raise BadParameters(f"{label}: {error.message}", error.hint) from error
        stack.callback(_leave, task, conn)
        nodes.append(sharing_tags.Node(conn, label))
    return nodes


def _leave(task: Task, conn: Connection) -> None:
    conn.close()
    for text in conn.warnings:
        task.warn(text)


def _move(task: Task, neighbours: List[sharing_tags.Node]) -> sharing_tags.Move:
    """What to do, once the commands are known to be there."""
    sharing_tags.check_version(task.connection)
    params, reads = task.params, sharing_tags.READS + sharing_tags.NODE_READS
    task.connection.require(*(reads + (sharing_tags.WRITES if params["state"] == sharing_tags.ACTIVE else ())))
    return sharing_tags.Move(
        sharing_tags.Node(task.connection, "this node", is_neighbour=False),
        neighbours,
        params["tag"],
        params["cluster_id"],
        params["state"],
    )


def _wait(task: Task, move: sharing_tags.Move) -> bool:
    """Whether the state shows: on this node alone, and at once, unless the task waits."""
    if task.params["wait"]:
        return move.wait(task.params["wait_timeout"])
    return move.node.look(move.tag, move.cluster_id) == move.state


def _result(move: sharing_tags.Move, start: float) -> Dict[str, Any]:
    neighbours = [
        {
            "address": without_url_secrets(node.conn.carrier.describe()),
            "node_id": node.node_id,
            "before": {"state": node.before},
            "after": {"state": node.after},
        }
        for node in move.neighbours
    ]
    name = f"{move.tag}/{move.cluster_id}"
    changed = any(node.before != node.after for node in move.nodes) and bool(move.requests)
    return {
        "changed": changed,
        "tag": move.tag,
        "cluster_id": move.cluster_id,
        "before": {"state": move.node.before},
        "after": {"state": move.node.after},
        "neighbours": neighbours,
        "split": move.is_split,
        "requests": [{"command": method, "params": params} for method, params in move.requests],
        "seconds": round(time.monotonic() - start, 3),
        "diff": {
            "before": {name: {"state": move.node.before}} if changed else {},
            "after": {name: {"state": move.node.after}} if changed else {},
        },
    }
