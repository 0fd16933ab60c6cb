# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Checks of a node of a cluster (module clusterer), and of its status reports (core)."""

from typing import List

from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    FAILED,
    OK,
    WARNING,
    Entry,
    NotThere,
    entry,
)
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server
from ansible_collections.community.opensips.plugins.module_utils._readers import cluster, status
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record

# 4.0 reports each registrant, also one that is disabled, or is registered by another node
_OTHER_CHECKS = ("uac_registrant",)
_NO_NODES = "The server has the module clusterer, and no cluster"


def readiness(server: Server) -> List[Entry]:
    """Status reports: whether each identifier is ready."""
    server.require_version((3, 3), "its status")
    server.require("sr_list_status")
    reports = status.read(server.connection)
    return [_readiness(report) for report in reports if report["group"] not in _OTHER_CHECKS]


def _readiness(report: Record) -> Entry:
    subject = f"{report['group']}:{report['identifier']}"
    words = "ready" if report["ready"] else "not ready"
    details = f": {report['details']}" if report["details"] else ""
    return entry("status", subject, OK if report["ready"] else FAILED, words + details, report["status"])


def capabilities(server: Server) -> List[Entry]:
    """Whether each capability is synced."""
    server.require("clusterer_list_cap")
    entries = [_capability(found) for found in cluster.read_capabilities(server.connection)]
    if not entries:
        raise NotThere("The server replicates nothing")
    return entries


def _capability(found: Record) -> Entry:
    subject = f"cluster {found['cluster_id']}: {found['name']}"
    if found["enabled"] is False:
        return entry("capabilities", subject, WARNING, "disabled by a command", found["state"])
    synced = found["synced"]
    return entry(
        "capabilities", subject, OK if synced else FAILED, "synced" if synced else "not synced", found["state"]
    )


def links(server: Server) -> List[Entry]:
    """Links to the other nodes, of which maximum_links_down may be down."""
    server.require("clusterer_list")
    nodes = cluster.read_nodes(server.connection)
    if not nodes:
        raise NotThere(_NO_NODES)
    most = server.limits["maximum_links_down"]
    down = sum(1 for node in nodes if node["enabled"] is not False and node["link"] != "up")
    return [_link(node, FAILED if down > most else WARNING) for node in nodes]


def _link(node: Record, if_down: str) -> Entry:
    subject = f"cluster {node['cluster_id']} node {node['node_id']}"
    if node["enabled"] is False:
        return entry("links", subject, WARNING, "disabled by a command", node["link"], "up")
    return entry("links", subject, OK if node["link"] == "up" else if_down, node["link"], node["link"], "up")
