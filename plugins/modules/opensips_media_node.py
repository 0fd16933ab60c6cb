#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_media_node
short_description: Switch nodes of rtpproxy and rtpengine on or off
version_added: 0.1.0
description:
  - Makes nodes of the modules C(rtpproxy) and C(rtpengine) enabled or switched off, and leaves all others alone.
  - Reads C(rtpproxy_show) or C(rtpengine_show), writes C(rtpproxy_enable) or C(rtpengine_enable) where a node differs, and reads again to
    see that it did change. It takes OpenSIPS 1.9 or later for C(rtpproxy), 2.1 or later for C(rtpengine).
  - A node that is switched off gets no new calls until it is enabled again. One that does not answer gets none either, but OpenSIPS goes
    on trying it. Such a node counts as enabled and is unchanged, although OpenSIPS lists it as C(disabled=1), too.
  - An enabled node is offered calls at once, and OpenSIPS finds out with the first of them, or in C(rtpengine) with its next ping,
    whether it answers. So V(enabled) does not mean that somebody is there.
  - The state is lost with a restart or a reload of the nodes.
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
      - The module that has the nodes.
    type: str
    choices: [rtpengine, rtpproxy]
    required: true
  nodes:
    description:
      - The nodes. One that the server does not have is an error that lists those that it has.
    type: list
    elements: dict
    required: true
    suboptions:
      url:
        description:
          - The node's URL, as the server lists it, without weight.
        type: str
        required: true
      set:
        description:
          - The id of the set. Left out, the node in every set that has it.
          - C(rtpproxy) before 2.4 and C(rtpengine) before 3.3 can only switch a node in all its sets.
        type: int
      enabled:
        description:
          - Whether the node is used, as long as it answers.
        type: bool
        required: true
seealso:
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
      - url: udp:127.0.0.1:19911
        enabled: false

- name: Put it back, in its first set
  community.opensips.opensips_media_node:
    engine: rtpengine
    nodes:
      - url: udp:127.0.0.1:19911
        set: 1
        enabled: true
"""

RETURN = r"""
results:
  description: One entry for each node that O(nodes) means, in its order.
  returned: always
  type: list
  elements: dict
  contains:
    engine:
      description: The module that has the node.
      type: str
      sample: rtpengine
    set:
      description: The id of the set.
      type: int
      sample: 1
    url:
      description: The node's URL.
      type: str
      sample: udp:127.0.0.1:19911
    changed:
      description: Whether it was, or in check mode would be, changed.
      type: bool
    before:
      description: What it was.
      type: dict
      sample: {enabled: true}
    after:
      description: What it is, read back from the server, or in check mode would be.
      type: dict
      sample: {enabled: false}
    requests:
      description: The MI commands with their parameters that were, or would be, sent.
      type: list
      elements: dict
    error:
      description: Why it could not be changed.
      returned: when the server refused
      type: str
"""

from ansible_collections.community.opensips.plugins.module_utils._module.state import run_state
from ansible_collections.community.opensips.plugins.module_utils._state.media_nodes import MediaNodes


def main():
    run_state(MediaNodes)


if __name__ == "__main__":
    main()
