#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_reload
short_description: Make OpenSIPS reload tables or its routes
version_added: 1.0.0
description:
  - Makes a running OpenSIPS reload tables of its database, or the routes in its configuration.
  - Finds the command for each table, for every version from 1.11 to 4.0.
  - Waits until the server has finished.
  - Reloads each time that it runs, so use it in handlers.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
attributes:
  check_mode:
    support: full
    details:
      - Checks the options and reports the requests that it would send.
  diff_mode:
    support: full
    details:
      - Shows the requests.
  idempotent:
    support: none
    details:
      - Each run reloads again.
  platform:
    platforms: posix
options:
  tables:
    description:
      - Tables to reload, by their default names in OpenSIPS, such as V(dispatcher), V(dr_gateways) or V(tls_mgm).
      - V(routes) reloads the routes in the configuration file. Requires OpenSIPS 3.2 or later. The task refuses to reload
        the routes of OpenSIPS 3.0 and 3.1, because the command blocks or crashes these servers.
      - V(tls_mgm) is refused for OpenSIPS 4.0, which the command crashes. For OpenSIPS 2.x it is refused if the configuration has a
        TLS server domain other than C(default), because the server then hangs.
      - The name of a module, such as V(drouting), or of a command, such as V(ds_reload) or V(dispatcher:reload), works as well.
      - If one command reloads several of the tables, it is sent once. So V(dr_gateways) and V(dr_rules) together are one reload.
      - If OpenSIPS reads a table at each use, such as V(subscriber), or only when it starts, the task fails.
    type: list
    elements: str
    required: true
  partition:
    description:
      - Reloads only this partition. If not set, the server reloads all partitions.
      - Works with C(dispatcher), C(address), C(dialplan), C(dr_*) and C(trie_table). If O(tables) has another one, the task fails.
      - Requires OpenSIPS 2.2 or later.
    type: str
  inherit_state:
    description:
      - Whether destinations and gateways keep their run-time state. With V(false), they start with the state in the table.
      - Works with C(dispatcher) and C(dr_*). If O(tables) has another one, the task fails.
      - Requires OpenSIPS 3.4 or later. If not set, those versions keep the state.
    type: bool
  wait_timeout:
    description:
      - Maximum number of seconds to wait for each reload. V(routes) can take up to 20 seconds.
      - If another reload of the same data is in progress, the module tries again until this time is over.
    type: float
    default: 60
notes:
  - If the server refuses to reload, it keeps the old data. Only C(rtpproxy_sockets) and C(rtpengine) are dropped before they are read.
  - After the reply to C(routes) or C(sockets), each process of the server has the new data. It uses the data from its next message on.
seealso:
  - module: community.opensips.opensips_mi_command
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Reload the destinations of the dispatcher
  community.opensips.opensips_reload:
    tables: dispatcher

- name: Reload dynamic routing and the load balancer, with two commands
  community.opensips.opensips_reload:
    tables:
      - dr_gateways
      - dr_carriers
      - dr_rules
      - load_balancer

- name: Start with the states in the table
  community.opensips.opensips_reload:
    tables: dispatcher
    partition: default
    inherit_state: false

- name: Reload the routes without a restart
  community.opensips.opensips_reload:
    tables: routes
"""

RETURN = r"""
results:
  description: One entry for each of O(tables), in the same order.
  returned: if the options were valid for this server
  type: list
  elements: dict
  contains:
    name:
      description: The name, as in O(tables).
      type: str
      sample: dr_gateways
    command:
      description: The name of the command on this server.
      type: str
      sample: drouting:reload
    params:
      description: The parameters of the command.
      type: dict
      sample: {}
    background:
      description: Whether the server continues after its reply.
      type: bool
      sample: false
    outcome:
      description:
        - V(reloaded) or V(failed), or V(not_run) after another one failed. V(planned) in check mode.
      type: str
      sample: reloaded
    changed:
      description: Whether it was reloaded, or would be reloaded in check mode.
      type: bool
      sample: true
    requests:
      description: The requests that were sent, or that would be sent in check mode. Empty if the command of an earlier entry covers the table.
      type: list
      elements: dict
      contains:
        command:
          description: The MI command.
          type: str
        params:
          description: Its parameters.
          type: dict
      sample:
        - command: drouting:reload
          params: {}
    seconds:
      description: Duration of the reload in seconds.
      returned: if it was reloaded
      type: float
      sample: 0.012
    error:
      description:
        - Why the reload failed, with C(type), C(message) and C(hint), or null.
        - If the server answered an error, also C(code), C(reason) and C(data).
      returned: always
      type: dict
summary:
  description: Counts of the entries.
  returned: if the options were valid for this server
  type: dict
  contains:
    total:
      description: Number of entries in RV(results).
      type: int
    outcomes:
      description: Number of entries for each outcome.
      type: dict
  sample:
    total: 1
    outcomes:
      planned: 0
      reloaded: 1
      failed: 0
      not_run: 0
error:
  description: Why the task failed, with C(type), C(message) and C(hint). If the server answered an error, also C(code), C(reason) and C(data).
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
