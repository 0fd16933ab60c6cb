#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_dispatcher
short_description: Set destinations of the dispatcher active, inactive or probing
version_added: 1.0.0
description:
  - Sets the run-time state of destinations of the module C(dispatcher), and leaves all other destinations alone.
  - Reads C(ds_list). If a state differs, writes C(ds_set_state), and reads again to verify the change.
  - Changes only the running server. The column C(state) of the table C(dispatcher) is the state that a destination starts with, see
    M(community.opensips.opensips_table).
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
      - The destinations and their states.
      - If the server does not have a destination, the task fails and lists the destinations that it has. If a set has a URI twice, the task
        fails as well, because C(ds_set_state) changes only the first one. In both cases, nothing is written.
    type: list
    elements: dict
    required: true
    suboptions:
      set:
        description:
          - The ID of the set (group).
        type: int
        required: true
      uri:
        description:
          - The SIP URI of the destination, as the server lists it.
        type: str
        required: true
      state:
        description:
          - V(active) receives calls. V(inactive) receives no calls and is not probed.
          - V(probing) receives no calls until it answers an OPTIONS request of the server. The server counts each request for this state as
            one failed probe. So the module repeats it until C(ds_probing_threshhold) is reached, at most 20 times. An inactive destination
            is set to V(active) first.
        type: str
        choices: [active, inactive, probing]
        required: true
      partition:
        description:
          - The partition of the dispatcher. Requires OpenSIPS 2.1 or later.
        type: str
        default: default
seealso:
  - module: community.opensips.opensips_facts
  - module: community.opensips.opensips_table
  - module: community.opensips.opensips_load_balancer
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Take a gateway out of service
  community.opensips.opensips_dispatcher:
    destinations:
      - set: 1
        uri: sip:192.0.2.10:5060
        state: inactive

- name: Show what has to change to put all gateways into service
  community.opensips.opensips_dispatcher:
    destinations: "{{ gateways | map('combine', {'set': 1, 'state': 'active'}) }}"
  check_mode: true
  diff: true
  vars:
    gateways:
      - uri: sip:192.0.2.10:5060
"""

RETURN = r"""
results:
  description: One entry for each destination, in the order of O(destinations).
  returned: always
  type: list
  elements: dict
  contains:
    partition:
      description: The partition. V(default) if the server has no partitions.
      type: str
      sample: default
    set:
      description: The ID of the set.
      type: int
      sample: 1
    uri:
      description: The URI, as the server lists it.
      type: str
      sample: sip:192.0.2.10:5060
    changed:
      description: Whether it was changed, or would be changed in check mode.
      type: bool
    before:
      description:
        - The state before the task.
      type: dict
      sample: {state: active}
    after:
      description: The state after the task, as the server reports it. In check mode, the state that the task would reach.
      type: dict
      sample: {state: inactive}
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
from ansible_collections.community.opensips.plugins.module_utils._state.dispatcher import Dispatcher


def main():
    run_state(Dispatcher)


if __name__ == "__main__":
    main()
