# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster
short_description: Nodes of an OpenSIPS cluster, as hosts
version_added: 1.0.0
author:
  - community.opensips contributors (@community-opensips)
description:
  - Asks one or several nodes of a cluster for all its nodes. Requires the module C(clusterer) of OpenSIPS 2.3 or later.
  - The source file must have a name that ends in C(opensips_cluster.yml) or C(opensips_cluster.yaml).
  - Each node of each cluster is a host in the groups C(opensips_cluster) and C(opensips_cluster_ID), with the ID of the cluster.
  - Other groups are C(opensips_link_up), C(opensips_link_probe), C(opensips_link_down), C(opensips_enabled) and C(opensips_disabled).
    For a sharing tag V(vip), they are C(opensips_tag_vip_active) and C(opensips_tag_vip_backup).
    For a capability V(dialog-dlg-repl), they are C(opensips_capability_dialog_dlg_repl_ok) and C(opensips_capability_dialog_dlg_repl_not_synced).
  - The host variables are C(cluster_id), C(node_id), C(server) (the name of the server that is this node), C(url), C(address) (the
    host in C(url)), C(link), C(links), C(enabled), C(synced), C(sharing_tags), C(capabilities) and C(description).
  - C(links) maps the ID of each node that was asked to the state of its link to this node. C(link) is the worst of them.
  - Only a node itself reports its sharing tags and capabilities, and only the others report its URL, link and whether it is enabled.
    What is not known is null. So list all nodes in O(servers).
extends_documentation_fragment:
  - community.opensips._connection.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description:
      - Must be V(community.opensips.cluster).
    type: str
    required: true
    choices:
      - community.opensips.cluster
  servers:
    description:
      - Nodes to ask. Each is a mapping with any of the connection options, and C(name).
      - If an element does not set an option, the one at the top of the source file counts, as far as it fits the transport of the element.
      - If C(name) is set, it is the name of the host. If another inventory source has a host of this name, the variables and groups are
        added to that host.
      - If not set, the options at the top of the source file are about one node.
    type: list
    elements: dict
  name:
    description:
      - A Jinja2 expression for the name of the host, such as V('sip' ~ node_id). It can use the host variables.
      - If not set, the name is that of the element in O(servers). If it has none, the name is such as V(cluster_1_node_2).
        The same holds if the expression fails or returns an empty text, unless O(strict) is V(true).
      - If the name is not that of an element in O(servers), and another host or a group has it, the plugin appends V(_2), V(_3) and so on.
    type: str
  strict:
    description:
      - Whether the plugin fails if a node cannot be asked. If V(false), it warns, and asks the other ones.
      - It also fails if O(name), O(compose), O(groups) or O(keyed_groups) fail for a host.
  cache:
    description:
      - Whether to keep the nodes in a cache. States are then as old as the cache.
      - If the source file has changed since, or the cache is broken, the plugin asks the nodes again.
      - If a node cannot be asked, the plugin does not write to the cache.
notes:
  - Templates in connection options and O(servers) are evaluated, for example to look up a password.
seealso:
  - plugin: community.opensips.phones
    plugin_type: inventory
  - module: community.opensips.opensips_facts
"""

EXAMPLES = r"""
# lab.opensips_cluster.yml. One node knows the others: plugin and url are enough
plugin: community.opensips.cluster

# Ask both nodes, so that all their tags are known. Plays can run on opensips_tag_vip_active
servers:
  - name: sip1
    url: http://127.0.0.1:8888/mi
  - name: sip2
    url: http://127.0.0.1:8889/mi
groups:
  not_healthy: link not in ('up', none) or synced is false
compose:
  ansible_host: address
"""

import typing as t

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.plugin_utils._inventory import (
    Names,
    OpensipsInventory,
    Record,
    Server,
)
from ansible_collections.community.opensips.plugins.plugin_utils._nodes import FIELDS, Nodes
from ansible_collections.community.opensips.plugins.plugin_utils._server import warned

_MAPPING = (dict, type(None))
_ENABLED = {True: "enabled", False: "disabled"}


class InventoryModule(OpensipsInventory):
    NAME = "community.opensips.cluster"
    FILES = "opensips_cluster"
    FIELDS = FIELDS
    TYPES = {"cluster_id": int, "node_id": int, "sharing_tags": _MAPPING, "capabilities": _MAPPING}

    def read(self, servers: list[Server]) -> list[Record]:
        nodes = Nodes()
        for server in servers:
            try:
                with warned(server.connection, self.warn) as connection:
                    nodes.take_in(connection, server.name)
            except OpensipsError as error:
                self.lost(server.name, error)
        return nodes.records()

    def name_of(self, record: Record) -> str:
        if record["server"] in self.named:
            return record["server"]
        return f"cluster_{record['cluster_id']}_node_{record['node_id']}"

    def unique_name(self, names: Names, record: Record, wanted: str) -> str:
        # a name that the operator chose, not a server
        if wanted in self.named and wanted not in self.inventory.groups and names.claim(wanted):
            return wanted
        return super().unique_name(names, record, wanted)

    def groups_of(self, record: Record) -> t.Iterable[str]:
        return (f"opensips_{name}" for name in self._group_names(record))

    @staticmethod
    def _group_names(record: Record) -> t.Iterator[str]:
        yield "cluster"
        yield f"cluster_{record['cluster_id']}"
        if record["link"] is not None:
            yield f"link_{record['link']}"
        if record["enabled"] is not None:
            yield _ENABLED[bool(record["enabled"])]
        for tag, state in (record["sharing_tags"] or {}).items():
            yield f"tag_{tag}_{state}"
        for name, state in (record["capabilities"] or {}).items():
            yield f"capability_{name}_{state}"
