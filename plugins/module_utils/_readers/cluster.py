# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The cluster as one of its nodes sees it: commands of the module clusterer.

=================== ======================== ==================================================================
read_nodes()        clusterer_list           the neighbours of this node: this node itself is not in it
read_topology()     clusterer_list_topology  every node, this one first, with the neighbours it reaches
read_own_ids()      clusterer_list_topology  {cluster_id (int): node_id (int) of this node}
read_capabilities() clusterer_list_cap       what is replicated, and whether it is synced
read_sharing_tags() clusterer_list_shtags    sharing tags, as this node holds them
read()              all but the tags         one record a cluster
=================== ======================== ==================================================================

Node records: cluster_id (int), node_id (int), url (str, ``bin:192.0.2.1:5555``), link (str: up, probe or down: probe is
down and being tried), enabled (bool or None; None on 3.0 and 3.1, which do not tell), next_hop (int or None, the node over
which it is reached), description (str or None).

Topology records: cluster_id (int), node_id (int), neighbours (list of int).

Capability records: cluster_id (int), name (str, ``dialog-dlg-repl``), state (str: ok or not_synced), synced (bool), enabled
(bool or None; 3.2 and later).

Sharing tag records: tag (str), cluster_id (int or None, None on 2.4, where dialog has tags of its own), state (str: active
or backup).

Cluster records: cluster_id (int), node_id (int, of this node), synced (bool or None: whether every capability that is enabled
is synced; None where the server does not tell), nodes, topology, capabilities: the records above without cluster_id.

Sources: clusterer/clusterer_mod.c, sharing_tags.c of 2.3, 2.4, 3.0, 3.2, 3.4, 3.5, 3.6, 4.0; dialog/dlg_replication.c of 2.4.
clusterer_list_topology begins each cluster with the node that answers (current_id).
"""

from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

_LINKS = frozenset(("up", "probe", "down"))
_CAPABILITY_STATES = {"Ok": "ok", "not synced": "not_synced"}
# 2.4 writes SHTAG_STATE_BACKUP, SHTAG_STATE_ACTIVE
_TAG_STATES = {"active": "active", "backup": "backup", "1": "active", "0": "backup"}
_NONE = "none"


def parse_nodes(reply: Reply) -> List[shape.Record]:
    """The neighbours in a clusterer_list reply: list of records."""
    return [_node(cluster, raw) for cluster, raw in _members(reply, "Nodes", "Node", "node_id")]


def read_nodes(conn: Connection) -> List[shape.Record]:
    """Ask the server for the neighbours of this node: list of records."""
    return parse_nodes(conn.call("clusterer_list"))


def parse_topology(reply: Reply) -> List[shape.Record]:
    """The nodes in a clusterer_list_topology reply, of each cluster the one that answered first: list of records."""
    return [
        {
            "cluster_id": cluster,
            "node_id": shape.needed_integer(raw.get("node_id"), "node_id"),
            "neighbours": _numbers(raw.get("neighbours")),
        }
        for cluster, raw in _members(reply, "Nodes", "Node", "node_id")
    ]


def read_topology(conn: Connection) -> List[shape.Record]:
    """Ask the server for every node: list of records."""
    return parse_topology(conn.call("clusterer_list_topology"))


def own_ids(topology: Iterable[shape.Record]) -> Dict[int, int]:
    """{cluster_id: node_id} of the node that gave topology (records of parse_topology())."""
    found: Dict[int, int] = {}
    for node in topology:
        found.setdefault(node["cluster_id"], node["node_id"])
    return found


def read_own_ids(conn: Connection) -> Dict[int, int]:
    """Ask the server for its own node_id in each cluster: {cluster_id: node_id}."""
    return own_ids(read_topology(conn))


def parse_capabilities(reply: Reply) -> List[shape.Record]:
    """The capabilities in a clusterer_list_cap reply: list of records."""
    return [_capability(cluster, raw) for cluster, raw in _members(reply, "Capabilities", "Capability", "name")]


def read_capabilities(conn: Connection) -> List[shape.Record]:
    """Ask the server for what this node replicates: list of records."""
    return parse_capabilities(conn.call("clusterer_list_cap"))


def parse_sharing_tags(reply: Reply) -> List[shape.Record]:
    """The sharing tags in a clusterer_list_shtags reply: list of records."""
    if reply.is_tree:
        return [
            _sharing_tag(dict(node["attributes"], Tag=node["value"])) for node in reply.result if node["name"] == "Tag"
        ]
    rows = shape.sequence(reply.result, "clusterer_list_shtags")
    return [_sharing_tag(shape.mapping(row, "clusterer_list_shtags")) for row in rows]


def read_sharing_tags(conn: Connection) -> List[shape.Record]:
    """Ask the server for the sharing tags as this node holds them: list of records."""
    return parse_sharing_tags(conn.call("clusterer_list_shtags"))


def read(conn: Connection) -> List[shape.Record]:
    """Ask the server for everything but the sharing tags: list of cluster records. Requires OpenSIPS 2.3."""
    topology, nodes = read_topology(conn), read_nodes(conn)
    # 2.3 has no capabilities
    capabilities = read_capabilities(conn) if conn.has("clusterer_list_cap") else None
    return [
        {
            "cluster_id": cluster,
            "node_id": own,
            "synced": _is_synced(cluster, capabilities),
            "nodes": _of_cluster(cluster, nodes),
            "topology": _of_cluster(cluster, topology),
            "capabilities": None if capabilities is None else _of_cluster(cluster, capabilities),
        }
        for cluster, own in own_ids(topology).items()
    ]


def _is_synced(cluster: int, capabilities: Optional[List[shape.Record]]) -> Optional[bool]:
    if capabilities is None:
        return None
    return all(row["synced"] for row in capabilities if row["cluster_id"] == cluster and row["enabled"] is not False)


def _of_cluster(cluster: int, records: List[shape.Record]) -> List[shape.Record]:
    return [
        {name: value for name, value in record.items() if name != "cluster_id"}
        for record in records
        if record["cluster_id"] == cluster
    ]


def _members(reply: Reply, key: str, node: str, title: str) -> Iterator[Tuple[int, Dict[str, Any]]]:
    """(cluster_id, values with names in lower case) of what a reply lists below its clusters.

    key: the list in the values of 3.x and 4.x. node: how trees name one thing. title: the name for the value of that node.
    """
    if reply.is_tree:
        yield from _of_events(reply.walk(), node, title)
        return
    for cluster in shape.sequence(shape.mapping(reply.result, "The result").get("Clusters"), "Clusters"):
        cluster = shape.mapping(cluster, "Clusters")
        number = shape.needed_integer(cluster.get("cluster_id"), "cluster_id")
        for raw in shape.sequence(cluster.get(key), key):
            yield number, _lower(shape.mapping(raw, key))


def _of_events(events: Iterable[Any], node: str, title: str) -> Iterator[Tuple[int, Dict[str, Any]]]:
    cluster: Optional[int] = None
    for _depth, name, value, attributes in events:
        if name == "Cluster":
            cluster = shape.needed_integer(value, name)
        elif name == node:
            if cluster is None:
                raise shape.malformed(name, value)
            yield cluster, dict(_lower(attributes), **{title: value})


def _lower(raw: Dict[str, Any]) -> Dict[str, Any]:
    return {name.lower(): value for name, value in raw.items()}


def _node(cluster: int, raw: Dict[str, Any]) -> shape.Record:
    get = raw.get
    link = (shape.word(get("link_state"), "link_state") or "").lower()
    if link not in _LINKS:
        raise shape.malformed("link_state", get("link_state"))
    return {
        "cluster_id": cluster,
        "node_id": shape.needed_integer(get("node_id"), "node_id"),
        "url": shape.needed(get("url"), "url"),
        "link": link,
        "enabled": _is_enabled(raw),
        "next_hop": _next_hop(get("next_hop")),
        "description": _or_none(shape.word(get("description"), "description")),
    }


def _is_enabled(raw: Dict[str, Any]) -> Optional[bool]:
    """Up to 2.4 the attribute Enabled, from 3.2 on a state in words."""
    if "state" not in raw:
        return shape.switch(raw.get("enabled"), "Enabled")
    state = raw["state"]
    if state not in ("enabled", "disabled"):
        raise shape.malformed("state", state)
    return bool(state == "enabled")


def _next_hop(value: Any) -> Optional[int]:
    return None if value == _NONE else shape.integer(value, "next_hop")


def _or_none(text: Optional[str]) -> Optional[str]:
    return None if text == _NONE else text


def _capability(cluster: int, raw: Dict[str, Any]) -> shape.Record:
    state = shape.word(raw.get("state"), "state")
    if state not in _CAPABILITY_STATES:
        raise shape.malformed("state", state)
    return {
        "cluster_id": cluster,
        "name": shape.needed(raw.get("name"), "name"),
        "state": _CAPABILITY_STATES[state],
        "synced": state == "Ok",
        "enabled": shape.switch(raw.get("enabled"), "enabled"),
    }


def _sharing_tag(raw: Dict[str, Any]) -> shape.Record:
    state = shape.word(raw.get("State"), "State")
    if state not in _TAG_STATES:
        raise shape.malformed("State", state)
    return {
        "tag": shape.needed(raw.get("Tag"), "Tag"),
        "cluster_id": shape.integer(raw.get("Cluster"), "Cluster"),
        "state": _TAG_STATES[state],
    }


def _numbers(value: Any) -> List[int]:
    """A list of ids, from a list or from text with blanks between."""
    found = value if isinstance(value, list) else shape.words(value, "Neighbours")
    return [shape.needed_integer(number, "Neighbours") for number in found]
