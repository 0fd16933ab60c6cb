# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The nodes of clusters as records of hosts, out of what some of them report (module_utils/_readers/cluster.py).

A node reports itself (tags, capabilities) and its neighbours (url, link, enabled), so what is known of a node depends on who
was asked.
"""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._readers import cluster

# the names of what a record has
FIELDS = (
    "cluster_id", "node_id", "server", "url", "address", "link", "links", "enabled", "synced", "sharing_tags", "capabilities", "description",
)  # fmt: skip
# links, the worst one first
_WORST = ("down", "probe", "up")

Record = dict[str, t.Any]


class Nodes:
    """The nodes that some servers reported: take_in() each of them, then records()."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], Record] = {}

    def take_in(self, connection: Connection, server: str) -> None:
        """Ask a server, called server, for its clusters. Raises MIError, and then nothing of it is kept."""
        connection.require("clusterer_list")
        clusters = cluster.read(connection)
        has_tags = connection.has("clusterer_list_shtags")
        tags = cluster.read_sharing_tags(connection) if has_tags else None
        for one in clusters:
            self._take_in_own(one, server, tags)
            for row in one["topology"]:
                self._node(one["cluster_id"], row["node_id"])
            for row in one["nodes"]:
                self._take_in_neighbour(self._node(one["cluster_id"], row["node_id"]), row, one["node_id"])

    def records(self) -> list[Record]:
        """The records (see FIELDS), by cluster and node."""
        for node in self._found.values():
            node["link"] = next((link for link in _WORST if link in node["links"].values()), None)
        return [node for _key, node in sorted(self._found.items())]

    def _node(self, cluster_id: int, node_id: int) -> Record:
        key = (cluster_id, node_id)
        if key not in self._found:
            self._found[key] = {**dict.fromkeys(FIELDS), "cluster_id": cluster_id, "node_id": node_id, "links": {}}
        return self._found[key]

    def _take_in_own(self, one: Record, server: str, tags: list[Record] | None) -> None:
        node = self._node(one["cluster_id"], one["node_id"])
        node.update(server=server, synced=one["synced"])
        if one["capabilities"] is not None:
            node["capabilities"] = {row["name"]: row["state"] for row in one["capabilities"]}
        if tags is not None:
            # tags of 2.4 belong to no cluster
            node["sharing_tags"] = {
                row["tag"]: row["state"] for row in tags if row["cluster_id"] in (None, one["cluster_id"])
            }

    @staticmethod
    def _take_in_neighbour(node: Record, row: Record, seen_by: int) -> None:
        # JSON has no other keys
        node["links"][str(seen_by)] = row["link"]
        node["url"] = row["url"]
        node["address"] = _address(row["url"])
        node["description"] = row["description"] or node["description"]
        if row["enabled"] is not None and node["enabled"] is not False:
            node["enabled"] = row["enabled"]


def _address(url: str) -> str | None:
    """The host in ``bin:192.0.2.1:5555``."""
    try:
        return urlsplit(f"//{url.partition(':')[2]}").hostname
    except ValueError:
        return None
