#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_facts
short_description: Gather facts from a running OpenSIPS
version_added: 0.1.0
description:
  - Gathers what a running OpenSIPS tells of itself over its Management Interface, as facts that look the same on every version from 1.11 to 4.0.
  - What a version does not tell is empty. Subsets for which the server has no module loaded are skipped, and say so.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
  - community.opensips._contacts
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  facts:
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    support: full
  idempotent:
    support: full
    details:
      - This action does not modify state.
  platform:
    platforms: posix
options:
  gather_subset:
    description:
      - What to gather. V(uptime), V(version), V(processes), V(statistics), V(contacts), V(dialogs), V(dispatcher), V(load_balancer),
        V(gateways), V(addresses), V(domains), or V(all).
      - An element with V(!) before it is left out. Only such elements leave them out of everything.
    type: list
    elements: str
    default:
      - all
  statistics:
    description:
      - Which statistics to gather, names such as V(rcv_requests), groups with their colon such as V(tm:), or V(all).
    type: list
    elements: str
    default:
      - all
seealso:
  - module: community.opensips.opensips_mi_command
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Gather everything but the registered contacts
  community.opensips.opensips_facts:
    gather_subset:
      - "!contacts"

- name: Gather only some statistics
  community.opensips.opensips_facts:
    gather_subset:
      - statistics
    statistics:
      - "tm:"
      - rcv_requests

- name: Gather the phones of one vendor
  community.opensips.opensips_facts:
    gather_subset:
      - contacts
    contacts:
      user_agent:
        - snom

- name: Count them
  ansible.builtin.debug:
    msg: "{{ ansible_facts.opensips.contacts | length }} phones of Snom"
"""

RETURN = r"""
ansible_facts:
  description: Facts to add to those of the host.
  returned: always
  type: dict
  contains:
    opensips:
      description: What the server tells.
      returned: always
      type: dict
error:
  description: What went wrong, with C(type), C(message) and C(hint), and C(code), C(reason) and C(data) of what the server answered.
  returned: failure
  type: dict
  sample:
    type: ConnectError
    message: No process reads the FIFO /run/opensips/opensips_fifo
    hint: "OpenSIPS is not running, or uses another fifo_name: start it or correct fifo_path"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import facts
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(facts.spec(), facts.run)


if __name__ == "__main__":
    main()
