#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_sharing_tag
short_description: Move a sharing tag of an OpenSIPS cluster to a node
version_added: 1.0.0
description:
  - Makes a sharing tag of the module C(clusterer) active on a node. The other nodes of the cluster become backup by themselves.
  - A sharing tag says which node of a cluster serves a virtual address, and which node acts on a dialog or a registrant.
  - The module checks that the tag is active on the node. If O(wait=true), it also checks that it is backup on O(neighbours).
  - OpenSIPS creates a tag that it does not have when it is made active. The module refuses such a tag, and names those that the node has.
  - If a neighbour is active as well (V(split)), the module makes the tag active again, so that only this node holds it.
  - Requires OpenSIPS 3.0 or later.
  - The module uses C(clusterer_list_shtags) and C(clusterer_shtag_set_active).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  tag:
    description:
      - Name of the sharing tag, without the cluster.
      - If the node does not have the tag, the task fails, and the message names the tags that it has.
    type: str
    required: true
  cluster_id:
    description:
      - Number of the cluster. Required if the node has a tag of this name in several clusters.
    type: int
  state:
    description:
      - V(active) makes the tag active on this node.
      - V(backup) checks that the tag is backup on this node, and sends nothing. If it is active, the task waits for another node to take it.
        OpenSIPS cannot give a tag away. To move it, use V(active) on the node that must hold it.
    type: str
    choices:
      - active
      - backup
    default: active
  neighbours:
    description:
      - Other nodes of the cluster, each as the connection options that reach it from the managed host.
      - If it is not set, the module checks only this node. To check a neighbour from its own host, delegate a task with O(state=backup) to it.
      - Environment variables do not set options of a neighbour.
    type: list
    elements: dict
    suboptions:
      transport:
        description: Sets how MI commands reach the neighbour, as O(transport).
        type: str
        choices:
          - fifo
          - datagram
          - http
      protocol:
        description: Protocol that the neighbour uses, as O(protocol).
        type: str
        choices:
          - auto
          - line
          - jsonrpc
          - xmlrpc
          - mi_json
        default: auto
      fifo_path:
        description: Path of the FIFO of the neighbour, as O(fifo_path).
        type: path
      reply_dir:
        description: Directory in which replies come back, as O(reply_dir).
        type: path
      server_user:
        description: User that runs the processes of the neighbour, as O(server_user).
        type: str
      host:
        description: Name or address of the UDP socket of the neighbour, as O(host).
        type: str
      port:
        description: Port of the UDP socket of the neighbour, as O(port).
        type: int
      socket_path:
        description: Path of the Unix socket of the neighbour, as O(socket_path).
        type: path
      url:
        description: URL of the MI of the neighbour, as O(url).
        type: str
      timeout:
        description: Maximum number of seconds to wait for a reply, as O(timeout).
        type: float
      max_reply_size:
        description: Largest reply in megabytes, as O(max_reply_size).
        type: int
        default: 256
      validate_certs:
        description: Whether to check the certificate of an HTTPS server, as O(validate_certs).
        type: bool
        default: true
      ca_path:
        description: Path of the certificates of trusted authorities, as O(ca_path).
        type: path
      client_cert:
        description: Path of the client certificate, as O(client_cert).
        type: path
      client_key:
        description: Path of the key of O(neighbours[].client_cert), as O(client_key).
        type: path
      url_username:
        description: User for HTTP authentication, as O(url_username).
        type: str
      url_password:
        description: Password for HTTP authentication, as O(url_password).
        type: str
  wait:
    description:
      - Whether to wait until this node and O(neighbours) report the state.
      - If V(false), the module looks at this node once, and does not look at O(neighbours) afterwards.
    type: bool
    default: true
  wait_timeout:
    description:
      - Maximum number of seconds to wait. If the state is not reported then, the task fails.
      - A tag usually moves within a second.
    type: float
    default: 10.0
notes:
  - A node that starts makes those tags active that its parameter C(sharing_tag) sets to C(active). They leave the node that holds them.
  - A node that is disabled or not connected does not learn of the change. Enable it first with M(community.opensips.opensips_cluster_node).
seealso:
  - module: community.opensips.opensips_cluster_node
  - module: community.opensips.opensips_dialog
  - module: community.opensips.opensips_facts
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Hold the virtual address on this node, and check that its partner gave it away
  community.opensips.opensips_sharing_tag:
    tag: vip
    neighbours:
      - host: 192.0.2.12
        port: 8080

- name: Hold several tags
  community.opensips.opensips_sharing_tag:
    tag: "{{ item }}"
    cluster_id: 1
  loop: [vip, trunks]

- name: Check that the partner holds the tag no more
  community.opensips.opensips_sharing_tag:
    host: 192.0.2.12
    port: 8080
    tag: vip
    state: backup
"""

RETURN = r"""
tag:
  description: Name of the tag.
  returned: if the tags could be read
  type: str
  sample: vip
cluster_id:
  description: Number of the cluster.
  returned: if the tags could be read
  type: int
  sample: 1
before:
  description: State of the tag on this node before the task, V(active) or V(backup).
  returned: if the tags could be read
  type: dict
  sample: {state: backup}
after:
  description: State afterwards, as the node reports it. In check mode, the expected state.
  returned: if the tags could be read
  type: dict
  sample: {state: active}
neighbours:
  description: One entry for each of O(neighbours), in their order.
  returned: if the tags could be read
  type: list
  elements: dict
  contains:
    address:
      description: How the module reached it, such as V(udp:192.0.2.12:8080).
      type: str
      sample: udp:192.0.2.12:8080
    node_id:
      description: Its number in the cluster.
      type: int
      sample: 2
    before:
      description: State of the tag there before the task. The C(state) is null if the neighbour does not have the tag.
      type: dict
      sample: {state: active}
    after:
      description: State of the tag there when the module last looked. In check mode, the expected state.
      type: dict
      sample: {state: backup}
split:
  description: Whether several of these nodes held the tag before the task.
  returned: if the tags could be read
  type: bool
  sample: false
requests:
  description: MI requests that the task sent, each with C(command) and C(params). In check mode, those that it would send.
  returned: if the tags could be read
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
    - command: clusterer_shtag_set_active
      params:
        tag: vip/1
seconds:
  description: Duration in seconds.
  returned: if the tags could be read
  type: float
  sample: 0.31
error:
  description: Why the task failed, with C(type), C(message) and C(hint). If the server answered an error, also C(code), C(reason) and C(data).
  returned: failure
  type: dict
"""

from ansible_collections.community.opensips.plugins.module_utils._module import sharing_tag
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(sharing_tag.spec(), sharing_tag.run)


if __name__ == "__main__":
    main()
