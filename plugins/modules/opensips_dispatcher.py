#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_dispatcher
short_description: Set destinations of the dispatcher active, inactive or probing
version_added: 0.1.0
description:
  - Makes the run-time state of destinations in the sets of the module C(dispatcher) as wanted, and leaves all others alone.
  - Reads C(ds_list), writes C(ds_set_state) where a state differs, and reads again to see that it did change.
  - The state is that of the running server. The column C(state) of the table C(dispatcher) only counts at its first load, see
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
      - The destinations and their states. One that the server does not have is an error that lists those that it has.
    type: list
    elements: dict
    required: true
    suboptions:
      set:
        description:
          - The id of the set (group).
        type: int
        required: true
      uri:
        description:
          - The SIP URI of the destination, as the server lists it.
        type: str
        required: true
      state:
        description:
          - V(active) takes calls, V(inactive) takes none and is left alone.
          - V(probing) takes none until it answers the server's OPTIONS. The server counts each request for it as one failed probe,
            so it is sent until C(ds_probing_threshhold) is reached, up to 20 times, and through V(active) if the destination is inactive.
        type: str
        choices: [active, inactive, probing]
        required: true
      partition:
        description:
          - The partition of the dispatcher, which OpenSIPS has from 2.1 on.
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

- name: See what would be changed to have all gateways in service
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
      description: The partition, V(default) where the server has none.
      type: str
      sample: default
    set:
      description: The id of the set.
      type: int
      sample: 1
    uri:
      description: The destination as the server writes it.
      type: str
      sample: sip:192.0.2.10:5060
    changed:
      description: Whether its state was, or in check mode would be, changed.
      type: bool
    before:
      description: What it was.
      type: dict
      sample: {state: active}
    after:
      description: What it is, read back from the server, or in check mode would be.
      type: dict
      sample: {state: inactive}
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
from ansible_collections.community.opensips.plugins.module_utils._state.dispatcher import Dispatcher


def main():
    run_state(Dispatcher)


if __name__ == "__main__":
    main()
