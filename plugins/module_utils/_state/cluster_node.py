# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Whether a node takes part in its cluster, and has what the others have (module clusterer, 3.0 and later).

A server does not report whether it is enabled itself. While it is not, the links to all its neighbours are down; one that is
up or probed shows that it is. The links to dead neighbours are down for a while, too, so all that are down may mean either:
the command is sent then, and does nothing to a node that is as wanted.

Of two nodes that start together one may probe the other for ever, which takes the link as up (3.6.8, seen after 1 of 4
starts), and a link that was lost is tried again after a minute only (node_timeout). Disabling and enabling the node begins
its links again at once. Who is not linked does not lose anything by it.

ul_cluster_sync and dlg_cluster_sync take the state Ok away at once and give it back at the end. So a node that has no donor
stays not synced. Two nodes that ask at the same time wait for each other until the one with the flag seed gives up waiting.

When dialogs are synced, the server drops those of its own that the donor did not send: those whose tag was to be synced, and
those without a tag. dlg_cluster_sync without a tag is about every tag, also those that are active here, and the donor does
not know calls that are not answered yet.

A sync may time out ("Sync timed out, received [0] chunks" in sr_list_reports, seen on 3.6.8 under load), and the server does
not ask again. While a sync is pending or in progress, the command does nothing, so it is sent again until it shows.

Sources: clusterer/clusterer.c (cl_set_state, sync_check_timer), sync.c (cl_request_sync, handle_sync_end), node_info.c;
dialog/dlg_replication.c (mi_sync_cl_dlg, rcv_cluster_event); usrloc/ul_mi.c of 3.0, 3.6, 4.0.
"""

import time
from typing import Any, Callable, Dict, Iterator, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._readers import cluster
from ansible_collections.community.opensips.plugins.module_utils._state import engine, sharing_tags

READS = ("clusterer_list", "clusterer_list_topology", "clusterer_list_cap")
ENABLES = ("clusterer_set_status",)

CONTACTS = "usrloc-contact-repl"
DIALOGS = "dialog-dlg-repl"

_FIRST_LOOK = 0.1
_LOOK = 1.0
# Seconds after which links are begun again if none is up, and after which a sync is asked for again
_RELINK = 5.0
_ASK_AGAIN = 10.0
# Which capability a command is about
_SYNCS = {"ul_cluster_sync": CONTACTS, "dlg_cluster_sync": DIALOGS}


class View:
    """The cluster as the node shows it. links: {node_id: up, probe or down}. enabled: of each neighbour, {node_id: bool or None}.

    synced: {name of a capability: bool}, of those that are enabled. disabled: names of the others.
    """

    def __init__(self, conn: Connection, cluster_id: int) -> None:
        nodes = [node for node in cluster.read_nodes(conn) if node["cluster_id"] == cluster_id]
        self.links: Dict[int, str] = {node["node_id"]: node["link"] for node in nodes}
        self.enabled = {node["node_id"]: node["enabled"] for node in nodes}
        found = [record for record in cluster.read_capabilities(conn) if record["cluster_id"] == cluster_id]
        self.synced = {record["name"]: record["synced"] for record in found if record["enabled"] is not False}
        self.disabled = [record["name"] for record in found if record["enabled"] is False]

    @property
    def is_linked(self) -> bool:
        """Whether a neighbour is reached."""
        return "up" in self.links.values()

    def is_enabled(self, node_id: Optional[int]) -> Optional[bool]:
        """Whether a neighbour is, or, for None, the node itself as far as its links show it."""
        if node_id is not None:
            enabled: Optional[bool] = self.enabled[node_id]
            return enabled
        return any(link != "down" for link in self.links.values())

    def values(self, node_id: Optional[int]) -> Dict[str, Any]:
        """As the result shows it."""
        return {
            "enabled": self.is_enabled(node_id),
            "links": {str(number): link for number, link in sorted(self.links.items())},
            "capabilities": dict(self.synced),
        }


class NotReady(MIError):
    """The node is not as the task wants it when the time is over."""

    remedy = (
        "Check the links with the command ``clusterer_list``. A node can only be synchronised with a neighbour that is, "
        "or if it has the flag ``seed``."
    )
    maybe_sent = True


class Node:
    """What a task wants of a node, and what it does for it.

    params: the options of the module (mapping). requests: those that went out, or would. before, now: View; set by find().
    to_sync: names of the capabilities that must be synced. sleep: as time.sleep.
    """

    def __init__(self, conn: Connection, params: Any, sleep: Callable[[float], None] = time.sleep) -> None:
        self.conn = conn
        self.cluster_id: Any = params["cluster_id"]
        self.node_id: Optional[int] = params["node_id"]
        self.enabled: Optional[bool] = params["enabled"]
        self.synced: bool = params["synced"]
        self.resync: bool = params["resync"]
        self.capabilities: Optional[List[str]] = params["capabilities"]
        self.requests: List[engine.Request] = []
        self.to_sync: List[str] = []
        self._sleep = sleep

    def find(self) -> None:
        """Read the node, before anything is sent. Raises BadParameters for what does not fit it."""
        own = cluster.read_own_ids(self.conn)
        self.cluster_id = _cluster_of(own, self.cluster_id)
        if self.node_id == own[self.cluster_id]:
            self.node_id = None
        self.before = self.now = View(self.conn, self.cluster_id)
        self._check_node()
        if self.synced:
            self._check_capabilities()
        self.switches = self.enabled is not None and self.before.is_enabled(self.node_id) != self.enabled

    @property
    def missing(self) -> List[str]:
        """Those of to_sync that are not synced, as of the last look."""
        return [name for name in self.to_sync if not self.now.synced.get(name)]

    def plan(self) -> None:
        """Make requests those that would be sent, for check mode."""
        if self.switches:
            self.requests.append(self._switch_request(self.enabled))
        self.requests.extend(self._sync_requests())

    def expected(self) -> Dict[str, Any]:
        """What the result shows after plan()."""
        values = self.before.values(self.node_id)
        if self.switches:
            values["enabled"] = self.enabled
        values["capabilities"].update(dict.fromkeys(self.to_sync, True))
        return values

    def run(self, seconds: Optional[float]) -> None:
        """Do it all. seconds: how long to wait until it shows, None for not at all. Raises NotReady and MIError."""
        deadline = time.monotonic() + (seconds or 0)
        if self.switches:
            self._call(*self._switch_request(self.enabled))
        self._look()
        if self.enabled is not None and seconds is not None:
            self._wait_enabled(deadline, seconds)
        if self.synced:
            self._sync(deadline, seconds)

    def _wait_enabled(self, deadline: float, seconds: float) -> None:
        while not self._watch(min(deadline, time.monotonic() + _RELINK), self._shows_enabled):
            if time.monotonic() >= deadline or not self.enabled or self.node_id is not None:
                break
            for enabled in (False, True):
                self._call(*self._switch_request(enabled))
        if not self._watch(deadline, self._shows_enabled):
            links = ", ".join(f"{number} {link}" for number, link in self.now.links.items())
            wanted = "no link is up" if self.enabled else "links are not down"
            raise NotReady(
                f"After {seconds:g} seconds, {wanted} in cluster {self.cluster_id}. The links to its nodes: {links}",
                "Check that a neighbour runs, and reaches the socket bin: of this node",
            )

    def _shows_enabled(self) -> bool:
        if self.node_id is not None:
            link = self.now.links[self.node_id]
            return self.now.is_enabled(self.node_id) in (self.enabled, None) and (link == "up") == self.enabled
        return self.now.is_linked if self.enabled else not self.now.is_enabled(None)

    def _sync(self, deadline: float, seconds: Optional[float]) -> None:
        """Ask for each sync, one at a time, because what is asked meanwhile is ignored."""
        for method, params in self._sync_requests():
            # a node without a donor would only lose the state that it has
            if not self._watch(deadline, lambda: self.now.is_linked):
                self._raise_not_synced(seconds or 0)
            self._call(method, params)
            self._look()
            if seconds is not None:
                self._wait_synced((method, params), deadline)
        if seconds is not None and not self._watch(deadline, lambda: not self.missing):
            self._raise_not_synced(seconds)

    def _wait_synced(self, request: engine.Request, deadline: float) -> None:
        """Look until what was asked for is synced, and ask again from time to time."""
        name = _SYNCS[request[0]]
        while not self._watch(min(deadline, time.monotonic() + _ASK_AGAIN), lambda: name not in self.missing):
            if time.monotonic() >= deadline:
                return
            self._call(*request)

    def _raise_not_synced(self, seconds: float) -> None:
        hint = "A node is synchronised by a neighbour that is, or it needs the flag seed: check the neighbours in the same way"
        if not self.now.is_linked:
            hint = "No link is up: check that a neighbour runs, and set enabled=true"
        elif DIALOGS in self.missing and self._holds_all_tags():
            hint = (
                "This node holds every sharing tag, and would drop calls that its neighbours do not have. "
                "Move a tag to a neighbour with opensips_sharing_tag, and run the task again"
            )
        names = ", ".join(self.missing or self.to_sync)
        raise NotReady(
            f"After {seconds:g} seconds, these capabilities of cluster {self.cluster_id} are not synced: {names}", hint
        )

    def _sync_requests(self) -> Iterator[engine.Request]:
        """The requests for what is not synced, or for all: if the task wants that, or enables a node, which missed what changed."""
        every = self.resync or (self.switches and self.enabled and self.node_id is None)
        asked = self.to_sync if every else self.missing
        if CONTACTS in asked:
            yield "ul_cluster_sync", {}
        if DIALOGS in asked:
            yield from self._dialog_requests()

    def _dialog_requests(self) -> Iterator[engine.Request]:
        """Only for tags that are backup here; without any tag that is active here one request is for all."""
        tags = self._tags()
        if sharing_tags.ACTIVE not in tags.values():
            yield "dlg_cluster_sync", {}
            return
        for tag, state in tags.items():
            if state == sharing_tags.BACKUP:
                yield "dlg_cluster_sync", {"sharing_tag": tag}

    def _tags(self) -> Dict[str, str]:
        found = cluster.read_sharing_tags(self.conn)
        return {record["tag"]: record["state"] for record in found if record["cluster_id"] == self.cluster_id}

    def _holds_all_tags(self) -> bool:
        states = set(self._tags().values())
        return states == {sharing_tags.ACTIVE}

    def _switch_request(self, enabled: Optional[bool]) -> engine.Request:
        params = {"cluster_id": self.cluster_id, "status": int(bool(enabled))}
        return "clusterer_set_status", params if self.node_id is None else dict(params, node_id=self.node_id)

    def _check_node(self) -> None:
        if self.enabled is not None and not self.before.links:
            raise BadParameters(
                f"enabled: cluster {self.cluster_id} has no other node, as far as this node knows",
                "Add its neighbours to the configuration or to the table clusterer",
            )
        if self.node_id is not None and self.node_id not in self.before.links:
            raise engine.unknown("node", str(self.node_id), map(str, self.before.links), "node_id")

    def _check_capabilities(self) -> None:
        self.to_sync = list(self.before.synced) if self.capabilities is None else self.capabilities
        for name in self.to_sync:
            if name in self.before.disabled:
                raise BadParameters(
                    f"capabilities: {name} is disabled on this node",
                    "Enable it with the command clusterer_set_cap_status",
                )
            if name not in self.before.synced:
                raise engine.unknown("capability", name, self.before.synced, "capabilities")

    def _call(self, method: str, params: Dict[str, Any]) -> None:
        self.requests.append((method, params))
        self.conn.call(method, params)

    def _look(self) -> None:
        self.now = View(self.conn, self.cluster_id)

    def _watch(self, deadline: float, is_reached: Callable[[], bool]) -> bool:
        """Look until it is so, or time is over: whether it is."""
        pause = _FIRST_LOOK
        while not is_reached():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._sleep(min(pause, left))
            pause = min(2 * pause, _LOOK)
            self._look()
        return True


def _cluster_of(own: Dict[int, int], cluster_id: Optional[int]) -> int:
    """The number of the cluster. own: {cluster_id: node_id}. Raises BadParameters that names those that the node is in."""
    if cluster_id is None and len(own) > 1:
        raise BadParameters(
            f"cluster_id is not set, and the node is in the clusters {', '.join(map(str, sorted(own)))}",
            "Set cluster_id",
        )
    if not own or cluster_id not in (None, *own):
        raise engine.unknown("cluster", str(cluster_id or ""), map(str, own), "cluster_id")
    return next(iter(own)) if cluster_id is None else cluster_id
