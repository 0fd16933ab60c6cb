#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_load_balancer
short_description: Enable and disable destinations of the load balancer, and set their capacities
version_added: 0.1.0
description:
  - Makes the run-time state of destinations of the module C(load_balancer) as wanted, and leaves all others alone.
  - Reads C(lb_list), writes C(lb_status) and C(lb_resize) where something differs, and reads again to see that it did change.
  - The server keeps the state when it loads its table again, but takes the capacities from the table then. To have those stay,
    change the table, see M(community.opensips.opensips_table).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  destinations:
    description:
      - The destinations and what is wanted of them. One that the server does not have is an error that lists those that it has.
      - Each is named by O(destinations[].id), or by O(destinations[].uri) together with O(destinations[].group).
      - At least one of O(destinations[].enabled) and O(destinations[].resources) is required.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description:
          - The id of the destination, which is that of its row in the table.
        type: int
      uri:
        description:
          - The SIP URI of the destination, as the server lists it.
        type: str
      group:
        description:
          - The group of the destination.
        type: int
      enabled:
        description:
          - Whether the destination takes calls.
          - V(false) also keeps probing from enabling it again.
          - V(true) makes it take calls at once. Where it is probed and does not answer, the server disables it again.
        type: bool
      resources:
        description:
          - The capacities of its resources, which are numbers of calls. Resources that are not named stay as they are.
          - A resource that the destination does not have is an error that lists those that it has.
        type: dict
seealso:
  - module: community.opensips.opensips_facts
  - module: community.opensips.opensips_table
  - module: community.opensips.opensips_dispatcher
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Take a media gateway out of service
  community.opensips.opensips_load_balancer:
    destinations:
      - uri: sip:192.0.2.20:5060
        group: 1
        enabled: false

- name: Let destination 2 take more calls
  community.opensips.opensips_load_balancer:
    destinations:
      - id: 2
        enabled: true
        resources:
          pstn: 64
"""

RETURN = r"""
results:
  description: One entry for each destination, in the order of O(destinations).
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The id of the destination.
      type: int
      sample: 2
    uri:
      description: The destination as the server writes it.
      type: str
      sample: sip:192.0.2.20:5060
    group:
      description: Its group.
      type: int
      sample: 1
    changed:
      description: Whether it was, or in check mode would be, changed.
      type: bool
    before:
      description:
        - What it was, of what is named, which are C(enabled), C(resources), and C(auto_reenable) (whether probing may enable
          it again) where it shall be disabled.
      type: dict
      sample: {enabled: true, resources: {pstn: 32}}
    after:
      description: What it is, read back from the server, or in check mode would be.
      type: dict
      sample: {enabled: true, resources: {pstn: 64}}
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
from ansible_collections.community.opensips.plugins.module_utils._state.load_balancer import LoadBalancer


def main():
    run_state(LoadBalancer)


if __name__ == "__main__":
    main()
