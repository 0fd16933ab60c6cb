# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The call center: cc_list_flows, cc_list_agents, cc_list_calls, cc_list_queue (module call_center).

Flow records: flow (str, id), average_call_duration, processed_calls, logged_agents, ongoing_calls (int), references (int).

Agent records: agent (str, id), logged_in (bool), state (str or None: free, wrapup, incall, inchat; None when logged out),
wrapup_ends (int or None, seconds until the agent is free again), ongoing_chats, free_chats (int or None; 3.3 and later).

Call records: call (str, id of the B2B entity), state (str: welcome, dissuading1, dissuading2, queued, preagent, toagent,
ended or ignored), call_time (int or None, seconds), flow (str or None), agent (str or None).

Queue records: position (int, from 0), call (str or None, id), media (str or None: RTP or MSRP), caller_user, caller_name (str
or None; these four 3.3 and later), waiting (int, seconds), expected_wait (int, seconds), flow (str), priority (int), skill
(str or None).

Sources: call_center/call_center.c of 1.11, 2.4, 3.0 to 4.0; call_state_str() of cc_data.h.
"""

from typing import Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

# 2.4 writes the names of states that only later versions have: its third state is queued, its fourth toagent
_STATES_OF_24 = {"dissuading1": "queued", "dissuading2": "toagent"}


def parse_flows(reply: Reply) -> List[shape.Record]:
    """The flows of a cc_list_flows reply: list of records."""
    return [
        {
            "flow": shape.needed(raw.get("id"), "id"),
            "average_call_duration": _number(raw, "Avg Call Duration"),
            "processed_calls": _number(raw, "Processed Calls"),
            "logged_agents": _number(raw, "Logged Agents"),
            "ongoing_calls": _number(raw, "Ongoing Calls"),
            "references": _number(raw, "Ref" if "Ref" in raw else "Ref Calls"),
        }
        for raw in _rows(reply, "Flow", "Flows")
    ]


def parse_agents(reply: Reply) -> List[shape.Record]:
    """The agents of a cc_list_agents reply: list of records."""
    return [
        {
            "agent": shape.needed(raw.get("id"), "id"),
            "logged_in": _switch(raw, "Loged in"),
            "state": shape.word(raw.get("State"), "State"),
            "wrapup_ends": shape.integer(raw.get("Wrapup-ends"), "Wrapup-ends"),
            "ongoing_chats": shape.integer(raw.get("Ongoing chats"), "Ongoing chats"),
            "free_chats": shape.integer(raw.get("Free chats"), "Free chats"),
        }
        for raw in _rows(reply, "Agent", "Agents")
    ]


def parse_calls(reply: Reply) -> List[shape.Record]:
    """The calls of a cc_list_calls reply: list of records."""
    return [
        {
            "call": shape.needed(raw.get("id"), "id"),
            "state": _call_state(raw, reply.is_tree),
            "call_time": shape.integer(raw.get("Call Time"), "Call Time"),
            "flow": shape.word(raw.get("Flow"), "Flow"),
            "agent": shape.word(raw.get("Agent"), "Agent"),
        }
        for raw in _rows(reply, "Call", "Calls")
    ]


def parse_queue(reply: Reply) -> List[shape.Record]:
    """The calls that wait, the first one first, of a cc_list_queue reply: list of records."""
    return [_waiting(raw) for raw in (_waiting_nodes(reply) if reply.is_tree else _rows(reply, "Call", "Calls"))]


def read(conn: Connection) -> Dict[str, List[shape.Record]]:
    """Ask the server: {"flows": records, "agents": records, "calls": records, "queue": records}."""
    return {
        "flows": parse_flows(conn.call("cc_list_flows")),
        "agents": parse_agents(conn.call("cc_list_agents")),
        "calls": parse_calls(conn.call("cc_list_calls")),
        "queue": parse_queue(conn.call("cc_list_queue")),
    }


def _call_state(raw: Dict[str, Any], is_tree: bool) -> str:
    state = shape.needed(raw.get("State"), "State")
    if not is_tree:
        return state
    if state == "queued" and "Call Time" not in raw:
        # of a call that is over there is no time; up to 2.3 queued is what it says
        return "ended"
    return _STATES_OF_24.get(state, state)


def _rows(reply: Reply, node: str, key: str) -> List[Dict[str, Any]]:
    if reply.is_tree:
        return [dict(child["attributes"], id=child["value"]) for child in reply.result if child["name"] == node]
    return shape.rows(reply, "cc_list", node, key)


def _waiting_nodes(reply: Reply) -> List[Dict[str, Any]]:
    """2.4 numbers the calls, and has the flow below each."""
    rows = []
    for node in reply.result:
        if node["name"] != "Call":
            continue
        row = dict(node["attributes"], index=node["value"])
        for child in node["children"]:
            if child["name"] == "Flow":
                row.update(child["attributes"], Flow=child["value"])
        rows.append(row)
    return rows


def _waiting(raw: Dict[str, Any]) -> shape.Record:
    get = raw.get
    return {
        "position": _number(raw, "index"),
        "call": shape.word(get("id"), "id"),
        "media": _media(shape.word(get("Media"), "Media")),
        "caller_user": shape.word(get("Caller username"), "Caller username"),
        "caller_name": _unquoted(shape.word(get("Caller display name"), "Caller display name")),
        "waiting": _number(raw, "Waiting for"),
        "expected_wait": _number(raw, "ETW"),
        "flow": shape.needed(get("Flow"), "Flow"),
        "priority": _number(raw, "Priority"),
        "skill": shape.word(get("Skill"), "Skill"),
    }


def _unquoted(name: Optional[str]) -> Optional[str]:
    """A display name comes as it stands in the header."""
    return name[1:-1].strip() or None if name and len(name) > 1 and name[0] == name[-1] == '"' else name


def _media(media: Optional[str]) -> Optional[str]:
    return None if media == "--" else media


def _switch(raw: Dict[str, Any], name: str) -> bool:
    return shape.needed_switch(raw.get(name), name)


def _number(raw: Dict[str, Any], name: str) -> int:
    return shape.needed_integer(raw.get(name), name)
