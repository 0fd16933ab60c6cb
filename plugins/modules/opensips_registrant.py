#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_registrant
short_description: Enable or disable registrations of the server elsewhere
version_added: 0.1.0
description:
  - Makes registrants of the module C(uac_registrant) enabled or disabled, and leaves all others alone.
  - Reads C(reg_list), writes C(reg_enable) and C(reg_disable) where a registrant differs, and reads again to see that it did change.
  - It takes OpenSIPS 3.2 or later.
  - The switch turns at once. An enabled registrant that was not registered sends its REGISTER at once, a disabled one that was
    registered its un-REGISTER. Whether the registrar agrees shows in C(reg_list) later.
  - OpenSIPS writes the new state to its table C(registrant), too, so that it outlasts a restart.
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
      - The registrants. One that the server does not have is an error that lists those that it has.
    type: list
    elements: dict
    required: true
    suboptions:
      aor:
        description:
          - The AOR, as C(reg_list) has it.
        type: str
        required: true
      contact:
        description:
          - The contact URI (binding). Left out, any.
        type: str
      registrar:
        description:
          - The URI of the registrar. Left out, any.
        type: str
      enabled:
        description:
          - Whether the server registers there.
        type: bool
        required: true
seealso:
  - module: community.opensips.opensips_table
  - module: community.opensips.opensips_mi_command
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Stop registering at a carrier
  community.opensips.opensips_registrant:
    registrants:
      - aor: sip:trunk1@carrier.example
        enabled: false

- name: Register again, at one registrar
  community.opensips.opensips_registrant:
    registrants:
      - aor: sip:trunk1@carrier.example
        registrar: sip:127.0.0.1:19801
        enabled: true
"""

RETURN = r"""
results:
  description: One entry for each registrant that O(registrants) means, in its order.
  returned: always
  type: list
  elements: dict
  contains:
    aor:
      description: The AOR.
      type: str
      sample: sip:trunk1@carrier.example
    contact:
      description: The contact URI.
      type: str
      sample: sip:trunk1@127.0.0.1:5060
    registrar:
      description: The URI of the registrar.
      type: str
      sample: sip:127.0.0.1:19801
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
from ansible_collections.community.opensips.plugins.module_utils._state.registrants import Registrants


def main():
    run_state(Registrants)


if __name__ == "__main__":
    main()
