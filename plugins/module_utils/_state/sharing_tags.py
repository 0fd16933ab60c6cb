# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Which node of a cluster holds a sharing tag (module clusterer, 3.0 and later).

clusterer_shtag_set_active makes the tag active and tells every node that it has a link to, which become backup. Of a tag
that the server does not have it makes one. A node that learns nothing, because a link is down, keeps the tag; whoever of the
two was made active last then tells the other when the link is up.

Sources: clusterer/sharing_tags.c (shtag_mi_set_active, shtag_activate, handle_shtag_active) of 3.0, 3.6, 4.0.
"""

import time
from typing import Any, Callable, Dict, Iterator, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._readers import cluster
from ansible_collections.community.opensips.plugins.module_utils._state import engine

READS = ("clusterer_list_shtags",)
WRITES = ("clusterer_shtag_set_active",)
# What shows which nodes the neighbours are
NODE_READS = ("clusterer_list", "clusterer_list_topology")

ACTIVE = "active"
BACKUP = "backup"

_FIRST_LOOK = 0.1
_LOOK = 0.5


def check_version(conn: Connection, lacks: str = "the module clusterer has no sharing tags before 3.0") -> None:
    """Raise BadParameters for a server whose clusters have no sharing tags: on 2.4 dialog and presence have tags of their own.

    lacks: why the message says that the module does not work with it.
    """
    if conn.version < (3, 0):
        raise BadParameters(
            f"The server is OpenSIPS {'.'.join(map(str, conn.version))}, and {lacks}",
            "Upgrade the server, or use opensips_mi_command",
        )


class Node:
    """A node that the task looks at. conn: Connection. label: what messages call it. cluster_id, tag: which tag.

    before, after: state of the tag there, active, backup, or None where it does not have the tag. node_id: int or None.
    """

    def __init__(self, conn: Connection, label: str, is_neighbour: bool = True) -> None:
        self.conn = conn
        self.label = label
        self.is_neighbour = is_neighbour
        self.node_id: Optional[int] = None
        self.before: Optional[str] = None
        self.after: Optional[str] = None

    def look(self, tag: str, cluster_id: int) -> Optional[str]:
        """The state of the tag now. Raises what the reader raises, with the label."""
        self.after = None
        for record in self.ask(cluster.read_sharing_tags):
            if (record["tag"], record["cluster_id"]) == (tag, cluster_id):
                self.after = record["state"]
        return self.after

    def ask(self, read: Callable[[Connection], Any]) -> Any:
        """What a reader returns. Its errors name the node, if it is a neighbour."""
        try:
            return read(self.conn)
        except MIError as error:
            if self.is_neighbour:
                error.message = f"{self.label}: {error.message}"
                error.args = (f"{self.label}: {error}",)
            raise


class Move:
    """Having a node hold a tag, or waiting until another one does.

    node: Node of this server. neighbours: list of Node. tag: its name. cluster_id: int, or None where find() chooses it.
    state: active or backup, what this node shall have. requests: those that went out, or would.
    """

    def __init__(self, node: Node, neighbours: List[Node], tag: str, cluster_id: Optional[int], state: str) -> None:
        self.node = node
        self.neighbours = neighbours
        self.tag = tag
        self.cluster_id: Any = cluster_id
        self.state = state
        self.requests: List[engine.Request] = []

    @property
    def nodes(self) -> List[Node]:
        """All nodes, this one first."""
        return [self.node, *self.neighbours]

    @property
    def is_split(self) -> bool:
        """Whether several nodes held it before the task."""
        return sum(1 for node in self.nodes if node.before == ACTIVE) > 1

    @property
    def is_reached(self) -> bool:
        """Whether this node has the state, and the neighbours fit it, as of the last look."""
        holders = [node for node in self.nodes if node.after == ACTIVE]
        if self.state == ACTIVE:
            return holders == [self.node]
        return self.node.after == BACKUP and len(holders) == (1 if self.neighbours else 0)

    def find(self) -> None:
        """Read all nodes, before anything is sent. Raises BadParameters for a tag or a neighbour that does not fit."""
        self.cluster_id = _cluster_of(cluster.read_sharing_tags(self.node.conn), self.tag, self.cluster_id)
        if self.neighbours:
            self._identify()
        for node in self.nodes:
            node.before = node.look(self.tag, self.cluster_id)
        if self.state == ACTIVE and not self.is_reached:
            self._check_links()
            self.requests.append(("clusterer_shtag_set_active", {"tag": f"{self.tag}/{self.cluster_id}"}))

    def send(self) -> None:
        """Send what find() found to be needed. Raises MIError."""
        for method, params in self.requests:
            self.node.conn.call(method, params)

    def expect(self) -> None:
        """Make after of each node what it shall be, without a look."""
        for node in self.nodes if self.requests else ():
            node.after = ACTIVE if node is self.node else BACKUP

    def wait(self, seconds: float, sleep: Callable[[float], None] = time.sleep) -> bool:
        """Look until the state is reached, at most for so long: whether it is. Raises MIError."""
        deadline = time.monotonic() + seconds
        pause = _FIRST_LOOK
        while True:
            for node in self.nodes:
                node.look(self.tag, self.cluster_id)
            left = deadline - time.monotonic()
            if self.is_reached or left <= 0:
                return self.is_reached
            sleep(min(pause, left))
            pause = min(2 * pause, _LOOK)

    def _identify(self) -> None:
        """Find out which node each is. Raises BadParameters for one that is no neighbour of this node."""
        known = [node for node in cluster.read_nodes(self.node.conn) if node["cluster_id"] == self.cluster_id]
        for node in self.nodes:
            node.node_id = node.ask(cluster.read_own_ids).get(self.cluster_id)
        seen = {self.node.node_id: "this node"}
        for node in self.neighbours:
            if node.node_id in seen:
                raise BadParameters(
                    f"{node.label} is node {node.node_id}, as {seen[node.node_id]}", "Give each other node once"
                )
            if node.node_id not in [record["node_id"] for record in known]:
                raise engine.unknown(
                    f"neighbour in cluster {self.cluster_id}",
                    "node " + str(node.node_id or "of another cluster"),
                    [f"node {record['node_id']}" for record in known],
                    node.label,
                )
            seen[node.node_id] = node.label

    def _check_links(self) -> None:
        """Raise BadParameters if a node that holds the tag would not learn of the move: then both would hold it."""
        links = {
            node["node_id"]: node["link"]
            for node in cluster.read_nodes(self.node.conn)
            if node["cluster_id"] == self.cluster_id
        }
        for node in self.neighbours:
            if node.before == ACTIVE and links[node.node_id] != "up":
                raise BadParameters(
                    f"{node.label}: node {node.node_id} holds the tag {self.tag}, and the link to it is "
                    f"{links[node.node_id]}: it would keep the tag, so that two nodes hold it",
                    "Bring the link up with opensips_cluster_node, or stop that node first",
                )
        down = sorted(node_id for node_id, link in links.items() if link != "up")
        if down:
            self.node.conn.warnings.append(
                f"The links to these nodes of cluster {self.cluster_id} are not up, so they do not learn that the tag "
                f"{self.tag} moves: {', '.join(map(str, down))}"
            )


class NotMoved(MIError):
    """The tag is not where the task wants it."""

    remedy = "See whether the nodes are connected with the command ``clusterer_list``, and run the task again."
    maybe_sent = True

    def __init__(self, move: Move, seconds: float) -> None:
        states = ", ".join(f"{node.label} reports {node.after or 'no such tag'}" for node in move.nodes)
        hint = "Check that the nodes are enabled and connected, with clusterer_list on each of them"
        if move.state == BACKUP:
            hint = "Make the tag active on the node that must hold it"
        super().__init__(
            f"The tag {move.tag} of cluster {move.cluster_id} did not move in {seconds:g} seconds: {states}", hint
        )


def _cluster_of(found: List[Dict[str, Any]], tag: str, cluster_id: Optional[int]) -> int:
    """The number of the cluster that has the tag. Raises BadParameters that names the tags that there are."""
    clusters = [record["cluster_id"] for record in found if record["tag"] == tag]
    if cluster_id is None and len(clusters) > 1:
        raise BadParameters(
            f"tag: the node has {tag} in the clusters {', '.join(map(str, sorted(clusters)))}", "Set cluster_id"
        )
    if not clusters or cluster_id not in (None, *clusters):
        wanted = tag if cluster_id is None else f"{tag} in cluster {cluster_id}"
        raise engine.unknown("sharing tag", wanted, _labels(found), "tag")
    return clusters[0] if cluster_id is None else cluster_id


def _labels(found: List[Dict[str, Any]]) -> Iterator[str]:
    return (f"{record['tag']}/{record['cluster_id']}" for record in found)
