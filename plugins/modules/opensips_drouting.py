#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_drouting
short_description: Enable and disable gateways and carriers of dynamic routing, and their probing
version_added: 1.0.0
description:
  - Enables and disables gateways and carriers of the module C(drouting), and the probing of gateways. Leaves all others alone.
  - Reads C(dr_gw_status), C(dr_carrier_status) and C(dr_enable_probing). If something differs, writes with the same commands, and
    reads again to verify the change.
  - Changes the running server. If C(persistent_state) of drouting is set, the server also writes the state to its tables. A reload
    keeps the state, unless O(community.opensips.opensips_reload#module:inherit_state) is V(false).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  gateways:
    description:
      - The gateways, and whether they receive calls.
      - If the server does not have a gateway, the task fails and lists the gateways that it has.
      - At least one of O(gateways), O(carriers) and O(probing) is required.
    type: list
    elements: dict
    suboptions:
      id:
        description:
          - The ID of the gateway, which is the C(gwid) of its row.
        type: str
        required: true
      enabled:
        description:
          - V(true) makes the gateway active. If probing is on and the gateway does not answer, the server disables it again.
          - V(false) disables the gateway until it is enabled by command. So a gateway that probing disabled counts as different.
          - OpenSIPS 1.11 does not report why a gateway is disabled. There, any disabled gateway counts as unchanged.
        type: bool
        required: true
      partition:
        description:
          - The partition. Required if C(use_partitions) of drouting is set, and refused if not. Requires OpenSIPS 2.1 or later.
        type: str
  carriers:
    description:
      - The carriers, and whether they are used.
      - If the server does not have a carrier, the task fails and lists the carriers that it has.
    type: list
    elements: dict
    suboptions:
      id:
        description:
          - The ID of the carrier, which is the C(carrierid) of its row.
        type: str
        required: true
      enabled:
        description:
          - Whether the carrier is used.
        type: bool
        required: true
      partition:
        description:
          - The partition, as in O(gateways[].partition).
        type: str
  probing:
    description:
      - Whether the server probes its gateways. Requires OpenSIPS 3.0 or later.
    type: bool
seealso:
  - module: community.opensips.opensips_facts
  - module: community.opensips.opensips_table
  - module: community.opensips.opensips_dispatcher
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Take a gateway out of service
  community.opensips.opensips_drouting:
    gateways:
      - id: gw1
        enabled: false

- name: Use a carrier again
  community.opensips.opensips_drouting:
    carriers:
      - id: cr1
        enabled: true
    probing: true
"""

RETURN = r"""
results:
  description: One entry for each gateway, then one for each carrier, then one for O(probing).
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: V(gateway), V(carrier) or V(probing).
      type: str
      sample: gateway
    partition:
      description: The partition, or null if there is none.
      type: str
    id:
      description: The ID of the gateway or carrier. Null for probing.
      type: str
      sample: gw1
    changed:
      description: Whether it was changed, or would be changed in check mode.
      type: bool
    before:
      description:
        - The state before the task, as C(enabled).
        - If the entry disables a gateway, it also has C(auto_reenable), which is whether probing may enable the gateway again. OpenSIPS
          1.11 does not report that.
      type: dict
      sample: {enabled: true, auto_reenable: true}
    after:
      description: The state after the task, as the server reports it. In check mode, the state that the task would reach.
      type: dict
      sample: {enabled: false, auto_reenable: false}
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
from ansible_collections.community.opensips.plugins.module_utils._state.drouting import Drouting


def main():
    run_state(Drouting)


if __name__ == "__main__":
    main()
