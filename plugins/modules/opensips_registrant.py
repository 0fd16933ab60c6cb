#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_registrant
short_description: Change registrations at other servers one by one
version_added: 1.0.0
description:
  - Enables, disables, creates, changes and removes registrants of the module C(uac_registrant), which registers OpenSIPS at other servers.
  - Each registrant is changed by itself, and others are left alone. A reload of the whole table starts registrations in progress again.
    It also drops registrants that are in the memory only, without ending their registrations.
  - Requires OpenSIPS 3.2 or later, O(registrants[].force_register) 3.5 or later.
    Creating, changing and removing requires OpenSIPS 4.0 or later. Before that, write the table and use O(registrants[].reload).
  - The server acts at once. It sends a REGISTER for an enabled registrant, and ends the registration of a disabled one.
    The module does not wait for the answer of the registrar. Use M(community.opensips.opensips_facts) with the subset V(registrants) to see it.
  - OpenSIPS does not compare AORs when it changes a registrant. If another registrant has the same contact and registrar, the task fails
    and changes nothing.
  - OpenSIPS also writes it to its table C(registrant) if a registrant is enabled or disabled. All other changes are in the memory only.
    For them to survive a restart, write the table with M(community.opensips.opensips_table) as well.
  - The module uses C(reg_list), C(reg_enable), C(reg_disable), C(reg_reload), C(reg_force_register), C(reg_upsert) and C(reg_delete).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  idempotent:
    support: partial
    details:
      - O(registrants[].force_register), O(registrants[].reload) and O(registrants[].update_password=always) always report a change.
  platform:
    platforms: posix
options:
  registrants:
    description:
      - Registrants to change.
      - If the server does not have the registrant, and the entry does not create it, the task fails.
        The message names the registrants that it has.
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
          - Required together with O(registrants[].registrar) to create or change a registrant, and for O(registrants[].reload).
        type: str
      registrar:
        description:
          - URI of the registrar. If it is not set, the entry matches all registrars.
        type: str
      state:
        description:
          - V(absent) ends the registration, and removes the registrant from the memory. Requires OpenSIPS 4.0 or later.
        type: str
        choices:
          - present
          - absent
        default: present
      enabled:
        description:
          - Whether the server keeps the registration up.
          - If it is not set, it stays as it is. A registrant that is created is enabled.
        type: bool
      proxy:
        description:
          - URI of the outbound proxy. An empty text removes it.
          - This option and those up to O(registrants[].cluster_id) require OpenSIPS 4.0 or later. What is not set stays as it is.
        type: str
      third_party_registrant:
        description:
          - URI in C(From), if it is not the AOR. An empty text removes it.
        type: str
      username:
        description:
          - User for authentication. OpenSIPS does not report it.
          - Required together with O(registrants[].password) to change a registrant, because the server replaces both.
            Set both to an empty text if there are none.
        type: str
      password:
        description:
          - Password for authentication. OpenSIPS does not report it.
          - A server that logs debug messages also logs it.
        type: str
      update_password:
        description:
          - When to send O(registrants[].username) and O(registrants[].password). V(always) sends them in each run, which reports a change.
          - V(on_create) sends them only if the registrant is created, or something else of it changes.
        type: str
        choices:
          - always
          - on_create
        default: on_create
      contact_params:
        description:
          - Parameters of the contact, such as V(;transport=tls). An empty text removes them.
        type: str
      expires:
        description:
          - Lifetime in seconds to ask for. Required to create a registrant.
          - It must be more than the parameter C(timer_interval) of C(uac_registrant), 100 by default.
          - OpenSIPS reports what the registrar granted. If that is another value, each run changes the registrant. Set the value
            that the registrar grants.
        type: int
      socket:
        description:
          - Socket that REGISTER requests are sent from, as C(reg_list) reports it, such as V(udp:192.0.2.1:5060). An empty text removes it.
        type: str
      tag:
        description:
          - Sharing tag that says which node of a cluster registers. Requires O(registrants[].cluster_id). An empty text removes it.
        type: str
      cluster_id:
        description:
          - Number of the cluster of O(registrants[].tag).
        type: int
      force_register:
        description:
          - Whether to send a REGISTER although the registration is still valid. It is sent when the server looks at the registrant next,
            within its C(timer_interval).
          - Requires that the registrant is enabled.
        type: bool
        default: false
      reload:
        description:
          - Whether to take the registrant from the table C(registrant), without the other rows.
          - Cannot be combined with other changes.
        type: bool
        default: false
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

- name: Take a new row of the table, and leave all other trunks alone (OpenSIPS 3.2 or later)
  community.opensips.opensips_registrant:
    registrants:
      - aor: sip:trunk1@carrier.example
        contact: sip:trunk1@192.0.2.1:5060
        registrar: sip:192.0.2.50
        reload: true

- name: Create a trunk in the memory (OpenSIPS 4.0 or later)
  community.opensips.opensips_registrant:
    registrants:
      - aor: sip:trunk3@carrier.example
        contact: sip:trunk3@192.0.2.1:5060
        registrar: sip:192.0.2.50
        username: trunk3
        password: "{{ trunk3_password }}"
        expires: 3600

- name: Remove it
  community.opensips.opensips_registrant:
    registrants:
      - aor: sip:trunk3@carrier.example
        state: absent
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
      description:
        - What the entry says of the registrant, as it was before the task, without the credentials. Null if there was none.
        - Empty with O(registrants[].reload).
      type: dict
      sample: {enabled: true}
    after:
      description: The same afterwards, as the server reports it. In check mode, the expected state. Null if there is none.
      type: dict
      sample: {enabled: false}
    requests:
      description: MI requests that the task sent, each with C(command) and C(params). In check mode, those that it would send.
        A password is masked.
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
