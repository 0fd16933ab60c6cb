# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""call_center: one flow, two agents, one call with an agent, and one that waits."""

from ..tree import array, node
from . import command

_FLOW = {
    "id": "support",
    "Avg Call Duration": 0,
    "Processed Calls": 0,
    "Logged Agents": 1,
    "Ongoing Calls": 2,
}
_AGENTS = ({"id": "bob", "Ref": 0, "Loged in": "NO"}, {"id": "alice", "Ref": 1, "Loged in": "YES", "State": "incall"})


def _nodes(name, rows):
    return array([_node(name, row) for row in rows])


def _node(name, row, kids=()):
    (_key, title), *others = row.items()
    return node(name, title, tuple((key, str(value)) for key, value in others), kids)


@command("cc_list_flows", no_input=True)
def cc_list_flows(server, params):
    if server.state.tree:
        return _nodes("Flow", [{**_FLOW, "Ref": 2}])
    return {"Flows": [{**_FLOW, "Ref Calls": 2}]}


@command("cc_list_agents", no_input=True)
def cc_list_agents(server, params):
    return _nodes("Agent", _AGENTS) if server.state.tree else {"Agents": list(_AGENTS)}


@command("cc_list_calls", no_input=True)
def cc_list_calls(server, params):
    # 2.4 has the names of other states than those that it means
    waiting, talking = ("dissuading1", "dissuading2") if server.state.v == (2, 4) else ("queued", "toagent")
    rows = [
        {"id": "130.1", "Ref": 2, "State": waiting, "Call Time": 3, "Flow": "support"},
        {"id": "130.0", "Ref": 1, "State": talking, "Call Time": 4, "Flow": "support", "Agent": "alice"},
    ]
    return _nodes("Call", rows) if server.state.tree else {"Calls": rows}


@command("cc_list_queue", no_input=True)
def cc_list_queue(server, params):
    times = {"Waiting for": 3, "ETW": 0}
    flow = {"Flow": "support", "Priority": 1, "Skill": "english"}
    if server.state.tree:
        return array([_node("Call", {"index": 0, **times}, [_node("Flow", flow)])])
    caller = {"Media": "RTP", "Caller username": "sipp", "Caller display name": '"cc sipp"'}
    return {"Calls": [{"index": 0, "id": "130.1", **caller, **times, **flow}]}
