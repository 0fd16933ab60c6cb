#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_contact
short_description: Put contacts of AORs into the location table, or take them out
version_added: 0.1.0
description:
  - Makes contacts in the location table of the module C(usrloc) present or absent, for ever or for a time, and leaves all others alone
    unless O(exclusive=true).
  - Reads C(ul_show_contact), writes C(ul_add) and C(ul_rm_contact) where a contact differs, and reads again to see that it did change.
    Thousands of contacts go in one task. The AORs are read many at a time.
  - A contact is the one that the URI names to the letter, as OpenSIPS compares it here.
  - Fails if what the server prints of an AOR cannot be believed, because a phone wrote lines into its registration that look like the
    server's. Remove such an AOR with the command C(ul_rm).
  - Writing a contact that a phone registered makes it one of the server's own. Its socket, received address, path, attributes and branch
    flags are lost, as C(ul_add) knows none of them.
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
          - The address of record as the location table has it, V(user) or V(user@domain).
          - OpenSIPS 4.0 keeps AORs with their domain unless told otherwise, and refuses those without. A server that keeps them
            without it cuts the domain off.
        type: str
        required: true
      contact:
        description:
          - The SIP URI of the contact, without angle brackets.
          - Without one, O(contacts[].state=absent) removes all contacts of the AOR.
        type: str
      state:
        description:
          - Whether the contact is there. With V(absent) only O(contacts[].aor) and O(contacts[].contact) count.
        type: str
        choices: [present, absent]
        default: present
      expires:
        description:
          - Seconds that the contact lives, V(0) for ever.
          - A timed contact is unchanged as long as more than O(contacts[].refresh_below) seconds of its life are left, and not more
            than V(expires).
        type: int
        default: 0
      refresh_below:
        description:
          - A timed contact is refreshed when only this many seconds are left. Half of O(contacts[].expires) by default.
          - Leave some room below O(contacts[].expires), since seconds go by while a task runs.
        type: int
      q:
        description:
          - The priority, from 0 to 1 in thousandths.
          - Left out, it stays as it is, and is V(1) for a new contact and for one that has none and must be written.
        type: float
      flags:
        description:
          - The internal flags of the contact as a bit mask.
          - Left out, they stay as they are, and are V(0) for a new contact.
        type: int
      methods:
        description:
          - The SIP methods that the contact allows, or V(all) alone.
          - Left out, they stay as they are, and are V(all) for a new contact.
        type: list
        elements: str
        choices: [all, INVITE, CANCEL, ACK, BYE, INFO, OPTIONS, UPDATE, REGISTER, MESSAGE, SUBSCRIBE, NOTIFY, PRACK, REFER, PUBLISH, OTHER]
  exclusive:
    description:
      - Whether each AOR that is named shall have no other contacts than those in O(contacts). They are removed after the others are there.
      - AORs that are not named keep theirs.
    type: bool
    default: false
  location_table:
    description:
      - The location table.
    type: str
    default: location
seealso:
  - module: community.opensips.opensips_facts
  - module: community.opensips.opensips_notify
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: A gateway that does not register
  community.opensips.opensips_contact:
    contacts:
      - aor: pbx1
        contact: sip:pbx1@192.0.2.20:5060

- name: One contact for a day, and no other
  community.opensips.opensips_contact:
    contacts:
      - aor: "1001"
        contact: sip:1001@192.0.2.21
        expires: 86400
        q: 0.5
        methods: [INVITE, ACK, CANCEL, BYE, OPTIONS]
    exclusive: true

- name: Many contacts from a table of one's own
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
  description: One entry for each contact in the order of O(contacts), then those that O(exclusive) removes. An AOR without
    O(contacts[].contact) has one for each of its contacts, or one without RV(results[].contact) where it has none.
  returned: always
  type: list
  elements: dict
  contains:
    location_table:
      description: The location table.
      type: str
      sample: location
    aor:
      description: The AOR as it was named.
      type: str
      sample: pbx1
    contact:
      description: The contact.
      type: str
      sample: sip:pbx1@192.0.2.20:5060
    changed:
      description: Whether it was, or in check mode would be, changed.
      type: bool
    before:
      description: What it was, or nothing when it was not there. V(expires) is V(0) for a permanent contact, what was wanted as long as the life
        left will do, and else the seconds left.
      type: dict
    after:
      description: What it is, read back from the server, or in check mode would be.
      type: dict
      sample: {expires: 0, q: 1.0, flags: 0, methods: [all]}
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
from ansible_collections.community.opensips.plugins.module_utils._state.contacts import Contacts


def main():
    run_state(Contacts)


if __name__ == "__main__":
    main()
