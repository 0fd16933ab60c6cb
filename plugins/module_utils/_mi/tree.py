# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The reply tree of OpenSIPS 1.x and 2.x, and its one mapping to plain data.

A node is ``{"name": str, "value": str, "attributes": {str: str}, "children": [node, ...]}``; all four keys are always
there, and what the server leaves out is "" or empty. The mapping keeps order, repeated names and every value as text,
and is the same whether the tree came as text (FIFO, datagram, old mi_xmlrpc), as mi_json's objects or as XML-RPC structs.

In text a node is ``Name:: value attr=value ...``, indented by one tab a level, and nothing marks where a value ends
and attributes begin. So attributes are recognised by the names that the servers' sources give them (ATTRIBUTES);
other text stays part of the value. Source: OpenSIPS mi_fifo/mi_writer.c, 1.4 to 2.4.
"""

import re
from typing import Any, Dict, Iterable, Iterator, List, Tuple

# (depth, name, value, attributes) of a node
Event = Tuple[int, str, str, Dict[str, str]]

from ansible_collections.community.opensips.plugins.module_utils._mi.limits import NESTING, too_deep

# Node name -> names of the attributes that the modules of 1.4 to 2.4 add to it. "" are nodes without a name.
_ATTRIBUTES = {
    "": "attributes",
    "AOR": "state expires last_register_sent registration_timeout sa_family",
    "Agent": "Ref|Loged in|State",
    "Call": "Ref|State|Call Time|Flow|Agent|Waiting for|ETW",
    "Capability": "State",
    "Cluster ID": "Machine ID|STATE|DESCRIPTION|TYPE",
    "Connection": "ID|Type|State|Source|Destination|Remote|Local|Timeout|Pending lifetime|Lifetime",
    "Contact": "Q",
    "DB": "j name can may r_rec",
    "Destination": "id group enabled auto-re auto-reenable",
    "Domain": "table records max_slot hash_size",
    "Event": "id",
    "Flow": "Avg Call Duration|Processed Calls|Logged Agents|Ongoing Calls|Ref|Priority|Skill",
    "GW": "GRP_ID URI STRIP TAG FLAGS",
    "ID": "IP Enabled State",
    "List": "owner flags",
    "Node": "DB_ID URL Enabled Link_state Next_hop Description Neighbours Cluster_ID Type",
    "PDT": "SDOMAIN PREFIX DOMAIN",
    "PID": "ki kp kd",
    "PIPE": "id load counter algorithm limit drop_rate",
    "Partition": "table db_url|Date",
    "Process": "ID|PID|Debug|Log level|Type",
    "QUEUE": "id pipe method",
    "ROOM": "URI MEMBERS OWNER NR_OF_MEMBERS",
    "RULE": "PREFIX FROM_URI GRP_ID PRIORITY",
    "Resource": "max load",
    "Rule": "flags",
    "SET": "i name mode",
    "Server": "DB_ID URL State Last_failed_attempt Max_failed_attempts no_tries Seconds_until_enabling Description",
    "Subscriber": "protocol socket expire",
    "Tag": "State",
    "URI": "flag state first_hit_counter",
    "VAR": "type value",
    "appearance": "state b2b_key app_uri",
    "callid": "local_cseq remote_cseq",
    "client": "scenario_id key disconnected state no type peer",
    "contact": "caller callee",
    "cseq": "caller callee",
    "dest": "grp ip mask port proto pattern context_info",
    "dialog": "hash dialog_id ID",
    "dlg": "param state last_invite_cseq last_method last_reply_code db_flag",
    "dst_IP": "ip",
    "from": "uri tag",
    "from_user": "from_domain from_tag",
    "http_root": "module",
    "leg": "tag cseq contact route_set",
    "node": "index disabled weight recheck_ticks",
    "payload": "rtpmap codec",
    "pres_uri": "event etag_count sphere etag event_id status expires db_flag version sharing_tag",
    "profile": "name value count shared replicated",
    "route_set": "caller callee",
    "sdp": "m_dir m_id method cseq negotiation",
    "server": "scenario_id key disconnected state no type peer",
    "session": "cnt_disp bw_type bw_width streams",
    "shared_line": "watcher",
    "socket": "if",
    "sst": "requester_flags supported_flags interval",
    "stream": "media IP port transport sendrecv ptime payloads_num",
    "tm_tran": "uac uas update cancel_tm",
    "to": "uri tag",
    "to_user": "to_domain to_tag",
    "tuple": "key scenario_state lifetime db_flag scenario next_scenario_state",
    "value": "count",
}

# What encloses what where the transport drops indentation: container -> its parents, "" being the top.
_CONTAINERS = {
    "Domain": ("",),
    "AOR": ("Domain", ""),
    "Contact": ("AOR", ""),
    "Destination": ("",),
    "Resources": ("Destination",),
    "Resource": ("Resources",),
    "dialog": ("",),
    "CALLEES": ("dialog",),
    "callee": ("CALLEES",),
    "context": ("dialog",),
    "values": ("context",),
    "profiles": ("context",),
    "PARTITION": ("",),
    "Partition": ("",),
    "SET": ("PARTITION", ""),
    "URI": ("SET",),
    "part": ("",),
    "dest": ("part",),
    "Event": ("",),
    "Subscriber": ("Event",),
    "Matched Prefix": ("",),
    "List": ("",),
    "Rule": ("List",),
    "Set": ("",),
}
# Containers that hold only other containers.
_ONLY_CONTAINERS = frozenset(("Domain", "Destination", "Resources", "CALLEES", "PARTITION", "SET", "Event", "part"))

_ANY_ATTRIBUTE = re.compile(r" ([A-Za-z_][A-Za-z0-9_-]*)=")
_splitters: Dict[str, Any] = {}


def attribute_names(name: str) -> List[str]:
    """The attribute names of the node called name, in the servers' order (list of str)."""
    names = _ATTRIBUTES.get(name, "")
    return names.split("|") if "|" in names else names.split()


def _splitter(name: str) -> Any:
    known = attribute_names(name)
    if known and name not in _splitters:
        _splitters[name] = re.compile(f" ({'|'.join(re.escape(known_name) for known_name in known)})=")
    return _splitters.get(name)


def _split_attributes(name: str, text: str) -> Tuple[str, Dict[str, str]]:
    """text: what follows ``Name::`` and one blank less; gives (value, attributes)."""
    if "=" not in text:
        return text, {}
    pattern = _splitter(name)
    if pattern is None:
        # an empty value shows as two blanks, so attributes follow whatever the node is called (sip_trace ids)
        pattern = _ANY_ATTRIBUTE
    found = []
    names = set()
    for match in pattern.finditer(text):
        if match.group(1) not in names:
            names.add(match.group(1))
            found.append(match)
    if not found:
        return text, {}
    attributes = {}
    for match, following in zip(found, found[1:] + [None]):
        attributes[match.group(1)] = text[match.end() : following.start() if following else len(text)]
    return text[: found[0].start()], attributes


def text_lines(text: str) -> List[str]:
    """The lines of a reply, one a node. A value may hold CRLF line ends (SIP messages): a line that ends in CR goes on."""
    if "\r\n" in text:
        return re.split("(?<!\r)\n", text)
    return text.split("\n")


def walk_text(text: str) -> Iterator[Event]:
    """Yield (depth, name, value, attributes) for each node of text (the body, without its status line)."""
    for line in text_lines(text):
        if not line:
            continue
        bare = line.lstrip("\t")
        name, separator, rest = bare.partition(":: ")
        if not separator:
            if bare.endswith("::"):
                name, rest = bare[:-2], ""
            else:
                name, rest = "", bare
        if name in _ATTRIBUTES or rest[:1] == " ":
            value, attributes = _split_attributes(name, rest)
        else:
            value, attributes = rest, {}
        yield len(line) - len(bare), name, value, attributes


def nest_flat(events: Iterable[Event]) -> Iterator[Event]:
    """Give back their depth to the nodes of a reply that lost its indentation.

    Known containers (locations, dialogs, dispatchers, balancers, addresses) nest; all other nodes belong to the
    innermost open container.
    """
    open_containers: List[str] = []
    for _depth, name, value, attributes in events:
        parents = _CONTAINERS.get(name)
        if parents is None:
            while open_containers and open_containers[-1] in _ONLY_CONTAINERS:
                open_containers.pop()
            yield len(open_containers), name, value, attributes
            continue
        while open_containers and open_containers[-1] not in parents:
            open_containers.pop()
        yield len(open_containers), name, value, attributes
        open_containers.append(name)


def build(events: Iterable[Event]) -> List[Dict[str, Any]]:
    """The nested nodes (list of dict) of events as walk_text() yields them. Raises MalformedReply for too many levels."""
    roots: List[Dict[str, Any]] = []
    levels = [roots]
    for depth, name, value, attributes in events:
        children: List[Dict[str, Any]] = []
        del levels[depth + 1 :]
        levels[-1].append({"name": name, "value": value, "attributes": attributes, "children": children})
        levels.append(children)
        # a node and the list of its children are two
        if len(levels) > NESTING // 2:
            raise too_deep()
    return roots


def walk_nodes(nodes: List[Dict[str, Any]], depth: int = 0) -> Iterator[Event]:
    """Yield (depth, name, value, attributes) of nested nodes in document order."""
    stack = [(depth, node) for node in reversed(nodes)]
    while stack:
        depth, node = stack.pop()
        yield depth, node["name"], node["value"], node["attributes"]
        stack.extend((depth + 1, child) for child in reversed(node["children"]))
