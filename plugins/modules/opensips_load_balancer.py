#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_load_balancer
short_description: Enable and disable destinations of the load balancer, and set their capacities
version_added: 1.0.0
description:
  - Sets the run-time state of destinations of the module C(load_balancer), and leaves all other destinations alone.
  - Reads C(lb_list). If something differs, writes C(lb_status) and C(lb_resize), and reads again to verify the change.
  - Changes only the running server. A reload keeps the state, but reads the capacities from the table. To make capacities permanent,
    change the table with M(community.opensips.opensips_table).
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
      - The destinations, with their state and capacities.
      - Choose each destination by O(destinations[].id), or by O(destinations[].uri) and O(destinations[].group).
      - Set at least one of O(destinations[].enabled) and O(destinations[].resources).
      - If the server does not have a destination, the task fails and lists the destinations that it has. If it has the URI in the group more
        than once, the task fails and lists their IDs. In both cases, nothing is written.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description:
          - The ID of the destination, which is the C(id) of its row in the table.
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
          - Whether the destination receives calls.
          - V(false) also prevents that probing enables the destination again.
          - V(true) enables it immediately. If probing is on and the destination does not answer, the server disables it again.
        type: bool
      resources:
        description:
          - Capacities by the name of the resource, each a number of calls. Other resources of the destination keep their capacity.
          - If the destination does not have a resource, the task fails and lists the resources that it has.
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
      description: The ID of the destination.
      type: int
      sample: 2
    uri:
      description: The URI, as the server lists it.
      type: str
      sample: sip:192.0.2.20:5060
    group:
      description: The group.
      type: int
      sample: 1
    changed:
      description: Whether it was changed, or would be changed in check mode.
      type: bool
    before:
      description:
        - The state before the task, as far as the entry sets it. It has C(enabled) and C(resources).
        - If the entry disables the destination, it also has C(auto_reenable), which is whether probing may enable the destination again.
      type: dict
      sample: {enabled: true, resources: {pstn: 32}}
    after:
      description: The state after the task, as the server reports it. In check mode, the state that the task would reach.
      type: dict
      sample: {enabled: true, resources: {pstn: 64}}
    requests:
      description: The requests that were sent, or that would be sent in check mode.
      type: list
      elements: dict
      contains:
        command:
          description: The MI command.
          type: str
        params:
          description: Its parameters.
          type: dict
    error:
      description:
        - Why it could not be changed, with C(type), C(message) and C(hint), or null.
        - If the server answered an error, also C(code), C(reason) and C(data).
      returned: always
      type: dict
error:
  description: Why the task failed, with C(type), C(message) and C(hint). If the server answered an error, also C(code), C(reason) and C(data).
  returned: failure
  type: dict
"""

from ansible_collections.community.opensips.plugins.module_utils._module.state import run_state
from ansible_collections.community.opensips.plugins.module_utils._state.load_balancer import LoadBalancer


def main():
    run_state(LoadBalancer)


if __name__ == "__main__":
    main()
