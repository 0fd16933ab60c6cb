#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_registrant
short_description: Enable or disable registrations at other servers
version_added: 0.1.0
description:
  - Enables or disables registrants of the module C(uac_registrant), which registers OpenSIPS at other servers. Other registrants stay as they
    are.
  - Requires OpenSIPS 3.2 or later.
  - The server acts at once. It sends a REGISTER for an enabled registrant, and ends the registration of a disabled one.
    The module does not wait for the answer of the registrar. Use M(community.opensips.opensips_facts) with the subset V(registrants) to see it.
  - OpenSIPS does not compare AORs when it switches a registrant. If another registrant has the same contact and registrar, the task fails
    and changes nothing.
  - OpenSIPS also writes the new state to its table C(registrant), so that the state survives a restart.
  - The module uses C(reg_list), C(reg_enable) and C(reg_disable).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  registrants:
    description:
      - Registrants to enable or to disable.
      - If the server does not have the registrant, the task fails, and the message names the registrants that it has.
    type: list
    elements: dict
    required: true
    suboptions:
      aor:
        description:
          - AOR as C(reg_list) reports it.
        type: str
        required: true
      contact:
        description:
          - URI of the contact that is registered. If it is not set, the entry matches all contacts.
        type: str
      registrar:
        description:
          - URI of the registrar. If it is not set, the entry matches all registrars.
        type: str
      enabled:
        description:
          - Whether the server keeps the registration up.
        type: bool
        required: true
seealso:
  - module: community.opensips.opensips_facts
  - module: community.opensips.opensips_table
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Stop registering at a carrier
  community.opensips.opensips_registrant:
    registrants:
      - aor: sip:trunk1@carrier.example
        enabled: false

- name: Register again at one of its registrars
  community.opensips.opensips_registrant:
    registrants:
      - aor: sip:trunk1@carrier.example
        registrar: sip:192.0.2.50
        enabled: true
"""

RETURN = r"""
results:
  description: One entry for each registrant that matches O(registrants), in the order of O(registrants).
  returned: always
  type: list
  elements: dict
  contains:
    aor:
      description: AOR.
      type: str
      sample: sip:trunk1@carrier.example
    contact:
      description: URI of the contact that is registered.
      type: str
      sample: sip:trunk1@192.0.2.1:5060
    registrar:
      description: URI of the registrar.
      type: str
      sample: sip:192.0.2.50
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
from ansible_collections.community.opensips.plugins.module_utils._state.registrants import Registrants


def main():
    run_state(Registrants)


if __name__ == "__main__":
    main()
