#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_reload
short_description: Have OpenSIPS read tables, or its routes, again
version_added: 0.1.0
description:
  - Sends the command that makes a running OpenSIPS read a table of its database again, or the routes of its configuration.
    Which command that is, by the table's name, is known for every version from 1.11 to 4.0.
  - Waits until the server has done it.
  - It changes the server each time it runs. Use it in handlers.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
attributes:
  check_mode:
    support: full
    details:
      - Everything is checked, and what would be sent is returned.
  diff_mode:
    support: full
    details:
      - The requests that are sent.
  idempotent:
    support: none
    details:
      - A reload is an event, it takes place each time.
  platform:
    platforms: posix
options:
  tables:
    description:
      - Tables, under the names that OpenSIPS gives them by default, such as V(dispatcher), V(dr_gateways) or V(tls_mgm).
      - V(routes) stands for the routes in the configuration file. It takes OpenSIPS 3.0 or later.
      - Names of modules such as V(drouting), and of commands such as V(ds_reload) or V(dispatcher:reload), are understood, too.
      - Tables that one command reads are reloaded once, so V(dr_gateways) and V(dr_rules) cost one reload.
      - A table that OpenSIPS reads anew each time, such as V(subscriber), or only when it starts, is refused.
    type: list
    elements: str
    required: true
  partition:
    description:
      - Reload this partition alone. If not set, all of them are.
      - It is for C(dispatcher), C(address), C(dialplan), C(dr_*) and C(trie_table), so that all of O(tables) have to be among them.
        It takes OpenSIPS 2.2 or later.
    type: str
  inherit_state:
    description:
      - Whether destinations and gateways keep the state that they have at run time. With V(false) they start with the one in the table.
      - It is for C(dispatcher) and C(dr_*). It takes OpenSIPS 3.4 or later, which keeps the state if this is not set.
    type: bool
  wait_timeout:
    description:
      - Seconds to wait for each reload. Large tables take their time, and C(routes) up to 20 seconds until all processes of the server have them.
      - A server that is just reloading the same data is asked again until then.
    type: float
    default: 60
notes:
  - When the server refuses, it keeps what it had, except for C(rtpproxy_sockets) and C(rtpengine), which it drops before it reads them.
  - C(routes) and C(sockets) go on in the background after the server has answered. Each process has taken in the new routes by then, and
    switches to them before the next message that it handles.
seealso:
  - module: community.opensips.opensips_mi_command
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Read the dispatcher's destinations again
  community.opensips.opensips_reload:
    tables: dispatcher

- name: Read all of drouting and the load balancer again, which are two reloads
  community.opensips.opensips_reload:
    tables:
      - dr_gateways
      - dr_carriers
      - dr_rules
      - load_balancer

- name: Begin with the states in the table
  community.opensips.opensips_reload:
    tables: dispatcher
    partition: default
    inherit_state: false

- name: Use the new routes without a restart
  community.opensips.opensips_reload:
    tables: routes
"""

RETURN = r"""
results:
  description: What became of each of O(tables), in their order.
  returned: when all of them could be planned
  type: list
  elements: dict
  contains:
    name:
      description: As it was given.
      type: str
      sample: dr_gateways
    command:
      description: The server's own name of the command.
      type: str
      sample: drouting:reload
    params:
      description: Its parameters, empty if it has none.
      type: dict
      sample: {}
    background:
      description: Whether the server goes on after it has answered.
      type: bool
      sample: false
    outcome:
      description:
        - V(reloaded), V(planned) in check mode, V(failed), or V(not_run) after one that failed.
      type: str
      sample: reloaded
    changed:
      description: Whether it was, or in check mode would be, reloaded.
      type: bool
      sample: true
    requests:
      description: What was sent, or in check mode would be. Empty for a table that the command of an earlier one reads as well.
      type: list
      elements: dict
      sample:
        - command: drouting:reload
          params: {}
    seconds:
      description: How long the server took.
      returned: when it was reloaded
      type: float
      sample: 0.012
    error:
      description: Why it failed.
      returned: when it failed
      type: str
      sample: "The server refused rtpengine_reload: 400 Dynamic loading not enabled. It still runs the nodes that it had"
error:
  description: What went wrong, with C(type), C(message) and C(hint), and C(code), C(reason) and C(data) of what the server answered.
  returned: failure
  type: dict
  sample:
    type: UnknownCommand
    message: This server has no MI command 'dp_reload'
    hint: "It needs the module dialplan of OpenSIPS 1.4 to 4.0: is it loaded?"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import reload
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(reload.spec(), reload.run)


if __name__ == "__main__":
    main()
