#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_cluster_node
short_description: Enable or disable a node of an OpenSIPS cluster, and synchronise it
version_added: 1.0.0
description:
  - Enables or disables a node in a cluster of the module C(clusterer). A disabled node neither sends nor receives replicated data.
  - Synchronises what a node replicates, such as contacts and dialogs, and waits until it is synchronised.
  - A node that has no neighbour to get data from loses its synchronised state when it is asked to synchronise.
    The module does not ask then, and fails.
  - The module uses C(clusterer_list), C(clusterer_list_cap), C(clusterer_list_shtags), C(clusterer_set_status), C(ul_cluster_sync) and
    C(dlg_cluster_sync).
  - Requires OpenSIPS 3.0 or later.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  cluster_id:
    description:
      - Number of the cluster. Required if the node is in several clusters.
      - If the node is not in the cluster, the task fails, and the message names the clusters that it is in.
    type: int
  node_id:
    description:
      - Number of a neighbour that O(enabled) applies to. This node then stops exchanging data with the neighbour, which is not told.
      - If it is not set, O(enabled) applies to this node itself.
      - Requires OpenSIPS 3.2 or later.
    type: int
  enabled:
    description:
      - Whether the node takes part in the cluster.
      - OpenSIPS does not report whether a node itself is enabled. The module takes it as disabled if the links to all neighbours are down.
      - A disabled node keeps its sharing tags active. Move them first with M(community.opensips.opensips_sharing_tag).
    type: bool
  synced:
    description:
      - If V(true), synchronises each of O(capabilities) that is not synchronised, and waits until all of them are.
      - Contacts and dialogs are synchronised with a command. OpenSIPS synchronises other data by itself, so the module only waits for it.
      - OpenSIPS drops dialogs of its own that the neighbour does not have when it synchronises them. So the module asks only for dialogs whose
        sharing tag is backup on this node.
      - V(false) is the same as not set.
    type: bool
    default: false
  resync:
    description:
      - Whether O(synced=true) also applies to capabilities that are synchronised. The task then always reports a change.
    type: bool
    default: false
  capabilities:
    description:
      - Names of what must be synchronised, such as V(usrloc-contact-repl) or V(dialog-dlg-repl).
      - If it is not set, these are all that the node has in the cluster and that are enabled.
    type: list
    elements: str
  wait:
    description:
      - Whether to wait until the state shows.
      - With O(enabled=true), the task waits until a link to a neighbour is up, or the link to O(node_id).
        With O(synced=true), it waits for each of O(capabilities).
      - A link can stay in the state V(probe) although the neighbour reports it as up. After each 5 seconds without a link, the task
        disables the node and enables it again, which starts its links again.
      - A synchronisation can time out on the server. The task asks again each 10 seconds.
    type: bool
    default: true
  wait_timeout:
    description:
      - Maximum number of seconds to wait. If the state does not show then, the task fails.
    type: float
    default: 60.0
notes:
  - If no node of a cluster is synchronised, OpenSIPS needs a node with the flag C(seed). Without one, the nodes wait for each other for ever.
seealso:
  - module: community.opensips.opensips_sharing_tag
  - module: community.opensips.opensips_facts
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Take a node out of the cluster
  community.opensips.opensips_cluster_node:
    enabled: false

- name: Bring it back, with the contacts and dialogs of its partner
  community.opensips.opensips_cluster_node:
    enabled: true
    synced: true
    wait_timeout: 120

- name: Wait until a node that was restarted has the contacts
  community.opensips.opensips_cluster_node:
    cluster_id: 1
    synced: true
    capabilities: usrloc-contact-repl
"""

RETURN = r"""
cluster_id:
  description: Number of the cluster.
  returned: if the cluster could be read
  type: int
  sample: 1
before:
  description: The node before the task.
  returned: if the cluster could be read
  type: dict
  contains:
    enabled:
      description: Whether the node, or the neighbour O(node_id), is enabled.
      type: bool
    links:
      description: The state of the link to each neighbour, by its number. V(up), V(down) or V(probe).
      type: dict
    capabilities:
      description: Whether each capability is synchronised, by its name.
      type: dict
  sample:
    enabled: true
    links: {"2": up}
    capabilities: {usrloc-contact-repl: false, dialog-dlg-repl: true}
after:
  description: The node afterwards, with the same keys. In check mode, the expected state.
  returned: if the cluster could be read
  type: dict
  sample:
    enabled: true
    links: {"2": up}
    capabilities: {usrloc-contact-repl: true, dialog-dlg-repl: true}
requests:
  description: MI requests that the task sent, each with C(command) and C(params). In check mode, those that it would send.
  returned: if the cluster could be read
  type: list
  elements: dict
  contains:
    command:
      description: The MI command.
      type: str
    params:
      description: Its parameters.
      type: dict
  sample:
    - command: ul_cluster_sync
      params: {}
seconds:
  description: Duration in seconds.
  returned: if the cluster could be read
  type: float
  sample: 2.04
error:
  description: Why the task failed, with C(type), C(message) and C(hint). If the server answered an error, also C(code), C(reason) and C(data).
  returned: failure
  type: dict
"""

from ansible_collections.community.opensips.plugins.module_utils._module import cluster_node
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(cluster_node.spec(), cluster_node.run)


if __name__ == "__main__":
    main()
