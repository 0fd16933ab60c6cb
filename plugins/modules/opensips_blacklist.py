#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_blacklist
short_description: Manage the rules of a blacklist
version_added: 1.0.0
description:
  - Adds rules to a blacklist of OpenSIPS, or removes them. If the script of the server uses the list, OpenSIPS sends no request to a
    destination that a rule matches.
  - Requires OpenSIPS 3.4 or later.
  - Rules are only in memory. A restart of the server restores the rules of its configuration.
  - The server ignores the length of the prefix when it compares two rules. If a new rule differs from another rule only in the prefix,
    the task fails, unless it also removes the other rule.
  - OpenSIPS 3.4 to 4.0 can lose rules or crash when the last rule of a list is deleted and other rules remain.
    To avoid this, the module first removes the rules before it, and then adds them again. It lists them in RV(results).
    In a list with the flag C(expire) it does this with all of them, in other lists with one.
    These rules are missing for a moment.
  - The module uses C(list_blacklists), C(add_blacklist_rule) and C(del_blacklist_rule).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  name:
    description:
      - Name of the list, as in C(dst_blacklist) of the configuration.
      - If the server does not have the list, the task fails, and the message names the lists that it has.
      - If the list is read-only, the task fails. A list without flags is read-only.
    type: str
    required: true
  rules:
    description:
      - Rules to add or to remove.
    type: list
    elements: dict
    required: true
    suboptions:
      ip:
        description:
          - IPv4 or IPv6 address, or a network such as V(192.0.2.0/24).
        type: str
        required: true
      proto:
        description:
          - Protocol that the rule matches.
        type: str
        choices: [any, udp, tcp, tls, sctp, ws, wss]
        default: any
      port:
        description:
          - Port that the rule matches. V(0) means any port.
        type: int
        default: 0
      match:
        description:
          - Pattern that the request must match, with C(*), C(?) and C([]) as in file names. If it is not set, the rule matches all requests.
        type: str
      except:
        description:
          - Whether the rule matches all destinations except these. In the configuration this is a C(!) before the rule.
        type: bool
        default: false
      expires:
        description:
          - Seconds until the server removes the rule. If it is not set, the rule does not expire.
          - Requires that the list has the flag C(expire).
          - The time starts when the rule is added. If the list already has the rule, and the rule expires, the task does not change it.
        type: int
      state:
        description:
          - Whether the list has the rule.
        type: str
        choices: [present, absent]
        default: present
  exclusive:
    description:
      - Whether to remove all rules that are not in O(rules). If O(rules) is empty, this removes all rules.
      - In M(community.opensips.opensips_table), O(community.opensips.opensips_table#module:state=exact) does this for rows.
    type: bool
    default: false
seealso:
  - module: community.opensips.opensips_facts
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Send nothing to a network over UDP
  community.opensips.opensips_blacklist:
    name: net_filter
    rules:
      - ip: 198.51.100.0/24
        proto: udp
        port: 5060

- name: Block one address for an hour, and nothing else
  community.opensips.opensips_blacklist:
    name: net_filter
    rules:
      - ip: 203.0.113.7
        expires: 3600
    exclusive: true
"""

RETURN = r"""
results:
  description: One entry for each of O(rules), and for each other rule that the task removes, or removes and adds again.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the list.
      type: str
      sample: net_filter
    rule:
      description: The rule in the notation of the server.
      type: str
      sample: udp,198.51.100.0/24,5060
    changed:
      description: Whether the task changed it. In check mode, whether the task would change it.
      type: bool
    before:
      description: State before the task. Null if the list did not have the rule. C(permanent) is false if the rule expires.
      type: dict
      sample: {permanent: false}
    after:
      description: State afterwards, as the server reports it. Null if the list does not have the rule. In check mode, the expected state.
      type: dict
      sample: {permanent: true}
    requests:
      description: MI requests that the task sent, each with C(command) and C(params). In check mode, those that it would send.
      type: list
      elements: dict
    error:
      description: What went wrong, with C(type), C(message) and C(hint). Null if nothing went wrong.
      type: dict
"""

from ansible_collections.community.opensips.plugins.module_utils._module.state import run_state
from ansible_collections.community.opensips.plugins.module_utils._state.blacklists import Blacklist


def main():
    run_state(Blacklist)


if __name__ == "__main__":
    main()
