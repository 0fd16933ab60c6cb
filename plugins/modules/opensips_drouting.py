#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_drouting
short_description: Enable and disable gateways and carriers of dynamic routing, and their probing
version_added: 0.1.0
description:
  - Makes the run-time state of gateways and carriers of the module C(drouting) as wanted, and leaves all others alone.
  - Reads C(dr_gw_status), C(dr_carrier_status) and C(dr_enable_probing), writes with the same commands where something differs,
    and reads again to see that it did change.
  - The state is that of the running server, which writes it to its tables with C(persistent_state) set. A reload keeps it, unless
    told otherwise.
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
      - The gateways and whether they take calls. One that the server does not have is an error that lists those that it has.
      - At least one of O(gateways), O(carriers) and O(probing) is required.
    type: list
    elements: dict
    suboptions:
      id:
        description:
          - The id of the gateway, C(gwid) of its row.
        type: str
        required: true
      enabled:
        description:
          - V(true) makes it active. Where it is probed and does not answer, the server disables it again.
          - V(false) disables it until it is enabled by command, so a gateway that probing disabled is a change, too. OpenSIPS 1.11
            does not tell the two apart, and there a gateway that is off counts as disabled.
        type: bool
        required: true
      partition:
        description:
          - The partition, required where C(use_partitions) of drouting is set, and refused elsewhere. OpenSIPS 2.1 and later have them.
        type: str
  carriers:
    description:
      - The carriers and whether they are used.
    type: list
    elements: dict
    suboptions:
      id:
        description:
          - The id of the carrier, C(carrierid) of its row.
        type: str
        required: true
      enabled:
        description:
          - Whether it is used.
        type: bool
        required: true
      partition:
        description:
          - As that of gateways.
        type: str
  probing:
    description:
      - Whether the server probes gateways, all of them. It takes OpenSIPS 3.0 or later.
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
  description: One entry for each gateway, then for each carrier, then for O(probing).
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: V(gateway), V(carrier) or V(probing).
      type: str
      sample: gateway
    partition:
      description: The partition, null where there is none.
      type: str
    id:
      description: The id of the gateway or the carrier, null of probing.
      type: str
      sample: gw1
    changed:
      description: Whether it was, or in check mode would be, changed.
      type: bool
    before:
      description:
        - What it was. Of a gateway C(state), which is V(active), V(inactive), V(probing), or V(disabled_mi) (off until it is
          enabled by command; OpenSIPS 1.11 says V(inactive)). Of carriers and probing C(enabled).
      type: dict
      sample: {state: active}
    after:
      description: What it is, read back from the server, or in check mode would be.
      type: dict
      sample: {state: disabled_mi}
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
from ansible_collections.community.opensips.plugins.module_utils._state.drouting import Drouting


def main():
    run_state(Drouting)


if __name__ == "__main__":
    main()
