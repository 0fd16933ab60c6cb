#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_media_node
short_description: Enable or disable nodes of rtpengine and rtpproxy
version_added: 1.0.0
description:
  - Enables or disables nodes of the modules C(rtpengine) and C(rtpproxy). Other nodes stay as they are.
  - Requires OpenSIPS 2.1 or later for C(rtpengine), 1.9 or later for C(rtpproxy).
  - A disabled node receives no new calls until it is enabled again.
  - An enabled node may still be unreachable. OpenSIPS finds out with the next call, or in C(rtpengine) with the next ping.
  - A node that does not answer also receives no calls, but OpenSIPS tries it again. The module treats it as enabled, although OpenSIPS
    reports it as C(disabled=1), too.
  - A restart of the server, or a reload of the nodes, enables all nodes again.
  - The module uses C(rtpengine_show) and C(rtpengine_enable), or C(rtpproxy_show) and C(rtpproxy_enable).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  engine:
    description:
      - OpenSIPS module that has the nodes.
    type: str
    choices: [rtpengine, rtpproxy]
    required: true
  nodes:
    description:
      - Nodes to enable or to disable.
      - If the server does not have the node, the task fails, and the message names the nodes that it has.
    type: list
    elements: dict
    required: true
    suboptions:
      url:
        description:
          - URL of the node as the server reports it, without weight.
        type: str
        required: true
      set:
        description:
          - ID of the set. If it is not set, the node is switched in all sets that have it.
          - To switch a node in one of several sets requires OpenSIPS 2.4 or later for C(rtpproxy), 3.3 or later for C(rtpengine).
        type: int
      enabled:
        description:
          - Whether OpenSIPS uses the node.
        type: bool
        required: true
seealso:
  - module: community.opensips.opensips_facts
  - module: community.opensips.opensips_table
  - module: community.opensips.opensips_reload
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Take a node out of service
  community.opensips.opensips_media_node:
    engine: rtpengine
    nodes:
      - url: udp:127.0.0.1:22222
        enabled: false

- name: Put the node back into service in set 1
  community.opensips.opensips_media_node:
    engine: rtpengine
    nodes:
      - url: udp:127.0.0.1:22222
        set: 1
        enabled: true
"""

RETURN = r"""
results:
  description: One entry for each node that matches O(nodes), in the order of O(nodes).
  returned: always
  type: list
  elements: dict
  contains:
    engine:
      description: OpenSIPS module that has the node.
      type: str
      sample: rtpengine
    set:
      description: ID of the set.
      type: int
      sample: 1
    url:
      description: URL of the node.
      type: str
      sample: udp:127.0.0.1:22222
    changed:
      description: Whether the task changed it. In check mode, whether the task would change it.
      type: bool
    before:
      description: State before the task.
      type: dict
      sample: {enabled: true}
    after:
      description: State afterwards, as the server reports it. In check mode, the expected state.
      type: dict
      sample: {enabled: false}
    requests:
      description: MI requests that the task sent, each with C(command) and C(params). In check mode, those that it would send.
      type: list
      elements: dict
    error:
      description: What went wrong, with C(type), C(message) and C(hint). Null if nothing went wrong.
      type: dict
"""

from ansible_collections.community.opensips.plugins.module_utils._module.state import run_state
from ansible_collections.community.opensips.plugins.module_utils._state.media_nodes import MediaNodes


def main():
    run_state(MediaNodes)


if __name__ == "__main__":
    main()
