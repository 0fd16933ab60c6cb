#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_contact
short_description: Add contacts to the location table, or remove them
version_added: 1.0.0
description:
  - Makes contacts in the location table of the module C(usrloc) present or absent, either permanently or for a time.
  - Leaves all other contacts alone, unless O(exclusive=true).
  - Reads C(ul_show_contact). If a contact differs, writes C(ul_add) or C(ul_rm_contact), and reads again to verify the change.
  - One task can write thousands of contacts.
  - Compares contacts as the server does. OpenSIPS 3.1 and later ignores the order of URI parameters. Earlier versions compare the text.
  - Fails if the reply of the server about an AOR is ambiguous, because a phone registered text that looks like output of the server.
    Remove such an AOR with the command C(ul_rm).
  - If the module writes a contact that a phone registered, the contact loses its socket, received address, path, attributes and branch
    flags. The command C(ul_add) cannot set them.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  contacts:
    description:
      - The contacts, each with its AOR.
    type: list
    elements: dict
    required: true
    suboptions:
      aor:
        description:
          - The address of record as it is in the location table, V(user) or V(user@domain).
          - OpenSIPS 4.0 stores AORs with their domain by default, and then refuses an AOR without one. A server that stores AORs without
            their domain removes the domain.
        type: str
        required: true
      contact:
        description:
          - The SIP URI of the contact, without angle brackets.
          - If not set, O(contacts[].state=absent) removes all contacts of the AOR.
        type: str
      state:
        description:
          - Whether the contact exists. V(absent) uses only O(contacts[].aor) and O(contacts[].contact).
        type: str
        choices: [present, absent]
        default: present
      expires:
        description:
          - Lifetime of the contact in seconds. V(0) makes it permanent.
          - A contact with a lifetime counts as unchanged if it has more than O(contacts[].refresh_below) and at most V(expires) seconds left.
        type: int
        default: 0
      refresh_below:
        description:
          - Refreshes the contact if it has at most this many seconds left. The default is half of O(contacts[].expires).
          - Must be less than O(contacts[].expires). Leave some room, because time passes while a task runs.
        type: int
      q:
        description:
          - Priority from 0 to 1, in thousandths.
          - If not set, an existing contact keeps its priority. A new contact gets V(1).
        type: float
      flags:
        description:
          - Internal flags of the contact as a bit mask.
          - If not set, an existing contact keeps its flags. A new contact gets V(0).
        type: int
      methods:
        description:
          - SIP methods that the contact supports, or V(all) alone.
          - If not set, an existing contact keeps its methods. A new contact gets V(all).
        type: list
        elements: str
        choices: [all, INVITE, CANCEL, ACK, BYE, INFO, OPTIONS, UPDATE, REGISTER, MESSAGE, SUBSCRIBE, NOTIFY, PRACK, REFER, PUBLISH, OTHER]
  exclusive:
    description:
      - Removes the other contacts of each AOR in O(contacts). They are removed after the contacts in O(contacts) exist.
      - Other AORs keep their contacts.
      - For rows of a table, see O(community.opensips.opensips_table#module:state=exact).
    type: bool
    default: false
  location_table:
    description:
      - Name of the location table.
    type: str
    default: location
seealso:
  - module: community.opensips.opensips_facts
  - module: community.opensips.opensips_notify
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Add a gateway that does not register
  community.opensips.opensips_contact:
    contacts:
      - aor: pbx1
        contact: sip:pbx1@192.0.2.20:5060

- name: Set the only contact of a user, for a day
  community.opensips.opensips_contact:
    contacts:
      - aor: "1001"
        contact: sip:1001@192.0.2.21
        expires: 86400
        q: 0.5
        methods: [INVITE, ACK, CANCEL, BYE, OPTIONS]
    exclusive: true

- name: Add contacts from a variable
  community.opensips.opensips_contact:
    contacts: "{{ trunks | dict2items(key_name='aor', value_name='contact') }}"
  vars:
    trunks:
      trunk1: sip:trunk1@192.0.2.31
      trunk2: sip:trunk2@192.0.2.32

- name: Remove all contacts of a user
  community.opensips.opensips_contact:
    contacts:
      - aor: "1002"
        state: absent
"""

RETURN = r"""
results:
  description:
    - One entry for each contact in the order of O(contacts), then one for each contact that O(exclusive) removes.
    - An AOR without O(contacts[].contact) has one entry for each of its contacts. If it has no contacts, RV(results[].contact) is null.
  returned: always
  type: list
  elements: dict
  contains:
    location_table:
      description: The location table.
      type: str
      sample: location
    aor:
      description: The AOR, as in O(contacts).
      type: str
      sample: pbx1
    contact:
      description: The URI of the contact.
      type: str
      sample: sip:pbx1@192.0.2.20:5060
    changed:
      description: Whether it was changed, or would be changed in check mode.
      type: bool
    before:
      description:
        - The state before the task, or null if the contact did not exist. C(expires) is V(0) for a permanent contact.
        - If the lifetime that is left counts as unchanged, C(expires) is O(contacts[].expires). If not, it is the number of seconds left.
      type: dict
    after:
      description: The state after the task, as the server reports it. In check mode, the state that the task would reach.
      type: dict
      sample: {expires: 0, q: 1.0, flags: 0, methods: [all]}
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
from ansible_collections.community.opensips.plugins.module_utils._state.contacts import Contacts


def main():
    run_state(Contacts)


if __name__ == "__main__":
    main()
