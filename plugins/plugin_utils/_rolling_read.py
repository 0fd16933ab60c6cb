# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the tasks of the role rolling read of all nodes, from the results of their loops.

Each loop ran over names of nodes, or, at the edges, over elements of _rolling_plan.edges(). The tasks do not fail: a result
that lacks what the module returns has the reason in msg.
"""

from __future__ import annotations

import typing as t

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import UnknownCommand
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils import _rolling_plan

Result = t.Mapping[str, t.Any]

_HAS_NONE = UnknownCommand("clusterer_list_shtags").message


def reads(found: t.Mapping[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """{node: what was read}, see _rolling_plan. found: lists of results of facts, health, calls,
    dispatcher and load_balancer; asked: elements of edges()."""
    nodes: dict[str, dict[str, t.Any]] = {}
    for result in found.get("facts") or ():
        nodes[_item(result)] = {
            "problem": _problem(result, "ansible_facts") or _tags_problem(result),
            "tags": _tags(result),
            "health": {},
            "calls": None,
            "edges": [],
        }
    for result in found.get("health") or ():
        node = nodes[_item(result)]
        node["health"] = {name: result.get(name) for name in ("outcome", "line")}
        node["problem"] = node["problem"] or _problem(result, "outcome")
    for result in found.get("calls") or ():
        nodes[_item(result)]["calls"] = calls(result)
        nodes[_item(result)]["calls_problem"] = _problem(result, "summary")
    for place, asked in enumerate(found.get("asked") or ()):
        # each loop went over all of them, and skipped those of the other kind
        nodes[asked["node"]]["edges"] += _rolling_plan.entries(asked, found[asked["kind"]][place])
    return nodes


def calls(result: Result) -> int | None:
    """The number of a node's own calls in a result of opensips_dialog, or None if it has none."""
    outcomes = (result.get("summary") or {}).get("outcomes")
    if outcomes is None:
        return None
    return outcomes.get("left", 0) + outcomes.get("planned", 0) + outcomes.get("failed", 0)


def _item(result: Result) -> str:
    return str(result[result.get("ansible_loop_var", "item")])


def _problem(result: Result, name: str) -> str | None:
    """Why a result does not have name, or None."""
    return None if result.get(name) else printable(str(result.get("msg") or "the host cannot be reached"))


def _tags_problem(result: Result) -> str | None:
    """Why tags that the server may have were not read, or None. One without the command has none."""
    reason = ((result.get("ansible_facts") or {}).get("opensips") or {}).get("skipped", {}).get("sharing_tags")
    return (
        None if not reason or reason.startswith(_HAS_NONE) else printable(f"its sharing tags were not read: {reason}")
    )


def _tags(result: Result) -> list[dict[str, t.Any]] | None:
    facts = (result.get("ansible_facts") or {}).get("opensips") or {}
    if "sharing_tags" not in facts:
        return None
    # tags of OpenSIPS 2.4 have no cluster, and no command moves them
    return [tag for tag in facts["sharing_tags"] if tag["cluster_id"] is not None]
