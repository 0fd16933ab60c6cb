#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_blacklist
short_description: Rules of a blacklist of destinations
version_added: 0.1.0
description:
  - Makes rules of a blacklist of destinations present or absent, and leaves the others alone or removes them. The core of OpenSIPS
    sends no request to where a list that is in use has a rule for.
  - Reads C(list_blacklists), writes C(add_blacklist_rule) and C(del_blacklist_rule), and reads again. It takes OpenSIPS 3.4 or later.
  - Rules are kept in memory; when the server starts again, those of its configuration count.
  - The server keeps one rule of each address, protocol, port and pattern, whatever the length of the prefix. Where a rule that is
    wanted would meet another one, that is an error, unless the other one goes.
  - OpenSIPS 3.4 to 4.0 lose rules, or crash, after the last rule of a list was deleted and others stayed. So the module takes out
    what stands ahead of it first and puts it back, which are entries of RV(results) as well. In a list without expiry that is one
    rule, in others all of them. They are gone for the moment between two requests.
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
      - The name of the list, as in C(dst_blacklist) of the configuration. One that the server does not have is an error that lists
        those that it has, and so is a list that is read-only, as those without flags are.
    type: str
    required: true
  rules:
    description:
      - The rules.
    type: list
    elements: dict
    required: true
    suboptions:
      ip:
        description:
          - An address or a network such as V(192.0.2.0/24), of IPv4 or IPv6.
        type: str
        required: true
      proto:
        description:
          - The protocol.
        type: str
        choices: [any, udp, tcp, tls, sctp, ws, wss]
        default: any
      port:
        description:
          - The port, V(0) for any.
        type: int
        default: 0
      match:
        description:
          - A pattern that the request must match, with C(*), C(?) and C([]) as in file names. Without it each request does.
        type: str
      except:
        description:
          - Whether the rule is for all destinations but these, C(!) in the configuration.
        type: bool
        default: false
      expires:
        description:
          - Seconds until the server drops the rule. Without it the rule stays. The list must have the flag C(expire).
          - It counts from when the rule is added. A rule that is there and expires is as wanted, whatever time it has left.
        type: int
      state:
        description:
          - Whether the rule shall be there.
        type: str
        choices: [present, absent]
        default: present
  exclusive:
    description:
      - Remove all rules that are not in O(rules), which may be empty then.
    type: bool
    default: false
seealso:
  - module: community.opensips.opensips_mi_command
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

- name: No other rule but this one, and that for an hour
  community.opensips.opensips_blacklist:
    name: net_filter
    rules:
      - ip: 203.0.113.7
        expires: 3600
    exclusive: true
"""

RETURN = r"""
results:
  description: One entry for each of O(rules), and for each other rule that is removed, or taken out and put back.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the list.
      type: str
      sample: net_filter
    rule:
      description: The rule as the server takes it.
      type: str
      sample: udp,198.51.100.0/24,5060
    changed:
      description: Whether it was, or in check mode would be, changed.
      type: bool
    before:
      description: What it was; null when it was not there. C(permanent) tells whether the rule stays, or expires.
      type: dict
      sample: {permanent: false}
    after:
      description: What it is, read back from the server, or in check mode would be.
      type: dict
      sample: {permanent: true}
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
from ansible_collections.community.opensips.plugins.module_utils._state.blacklists import Blacklist


def main():
    run_state(Blacklist)


if __name__ == "__main__":
    main()
