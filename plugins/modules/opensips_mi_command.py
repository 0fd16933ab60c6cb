#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_mi_command
short_description: Run Management Interface commands of OpenSIPS
version_added: 0.1.0
description:
  - Runs one MI command, or a list of them over one connection, on any OpenSIPS from 1.11 to 4.0.
  - Commands are written with their classic name, such as C(ul_dump), or with the name of OpenSIPS 4.0, such as C(usrloc:dump).
    Parameters are written with the names that OpenSIPS 3.x gives them. Every server gets what it understands.
  - All commands of a task are checked before the first one is sent. They run in order until one fails.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
attributes:
  check_mode:
    support: full
    details:
      - Commands that only read are run. Others are not, and count as changes.
  diff_mode:
    support: none
  idempotent:
    support: N/A
    details:
      - That depends on the command. A command that writes reports a change each time.
  platform:
    platforms: posix
options:
  command:
    description:
      - Name of the command.
      - Either this or O(commands) is required.
    type: str
  params:
    description:
      - Parameters of O(command), either a mapping of names to values, or a list in the order of the command.
      - Values are text and whole numbers. Parameters that are lists by nature, such as C(statistics) of C(get_statistics), take a list.
    type: raw
  changes:
    description:
      - Whether O(command) changes something on the server.
      - If not set, the collection knows for each command whether it reads, writes or acts, and for those which do both it looks at
        the parameters. Commands that it does not know count as changes.
    type: bool
  accept_codes:
    description:
      - Codes with which the server may refuse without failing the task, for example V(404) when what is to be removed may be gone.
    type: list
    elements: int
    default: []
  commands:
    description:
      - Commands to run in order, over one connection.
      - Contradicts O(command), O(params) and O(changes).
    type: list
    elements: dict
    suboptions:
      command:
        description:
          - Name of the command.
        type: str
        required: true
      params:
        description:
          - As O(params).
        type: raw
      changes:
        description:
          - As O(changes).
        type: bool
      accept_codes:
        description:
          - As O(accept_codes), for this command.
        type: list
        elements: int
        default: []
seealso:
  - module: community.opensips.opensips_facts
  - module: community.opensips.opensips_uac_dlg
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Ask for the uptime
  community.opensips.opensips_mi_command:
    command: uptime
  register: uptime

- name: Store a value in the local cache, through a datagram socket
  community.opensips.opensips_mi_command:
    host: 127.0.0.1
    port: 8888
    command: cache_store
    params:
      system: local
      attr: greeting
      value: hello world

- name: Remove a contact that may be gone already
  community.opensips.opensips_mi_command:
    command: ul_rm_contact
    params:
      table_name: location
      aor: alice
      contact: sip:alice@192.0.2.1:5060
    accept_codes:
      - 404

- name: Take a gateway out of a dispatcher set and look at the set, over one connection
  community.opensips.opensips_mi_command:
    commands:
      - command: ds_set_state
        params:
          state: i
          group: 1
          address: sip:192.0.2.10:5060
      - command: ds_list
  register: dispatcher
"""

RETURN = r"""
command:
  description: The command as it was given.
  returned: when O(command) is used
  type: str
  sample: uptime
status:
  description:
    - V(ok) when the server ran the command, V(accepted) when it refused with one of O(accept_codes), V(failed) when it refused
      otherwise, V(would_run) in check mode, V(not_run) after a failure.
  returned: when O(command) is used
  type: str
  sample: ok
code:
  description: The server's code, 200 for a success, also where JSON-RPC has none.
  returned: when O(command) is used and the server answered
  type: int
  sample: 200
message:
  description: The server's words for RV(code).
  returned: when O(command) is used and the server answered
  type: str
  sample: OK
result:
  description:
    - What the server answered, as plain data.
    - From OpenSIPS 3.0 on the value of JSON-RPC or XML-RPC as it is.
    - Before 3.0 a list of nodes, each with C(name), C(value), C(attributes) and C(children), the same over every transport.
    - Empty when the server refused.
  returned: when O(command) is used and the server answered
  type: raw
  sample:
    Now: Sun Nov 22 03:22:05 2026
    Up since: Sun Nov 22 03:17:45 2026
    Up time: 260 [sec]
raw:
  description: The reply as it came. Bytes that are not UTF-8 are shown as U+FFFD.
  returned: when O(command) is used and the server answered
  type: str
  sample: '{"jsonrpc":"2.0","result":{"Now":"Sun Nov 22 03:22:05 2026"},"id":1}'
data:
  description: Details that JSON-RPC gives with an error.
  returned: when O(command) is used and the server refused
  type: raw
  sample: Too few or too many parameters
results:
  description:
    - For each of O(commands), in their order, C(command), C(status), C(changed), C(code), C(message), C(result), C(raw) and C(data) as above.
    - Also returned on failure, so that every command is accounted for.
  returned: when O(commands) is used
  type: list
  elements: dict
  sample:
    - command: ds_set_state
      status: ok
      changed: true
      code: 200
      message: OK
      result: OK
      raw: '{"jsonrpc":"2.0","result":"OK","id":2}'
error:
  description: What went wrong, with C(type), C(message) and C(hint), and C(code), C(reason) and C(data) of what the server answered.
  returned: failure
  type: dict
  sample:
    type: ServerError
    message: The server answered 404 AOR not found
    hint: null
    code: 404
    reason: AOR not found
    data: null
"""

from ansible_collections.community.opensips.plugins.module_utils._module import mi_command
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(mi_command.spec(), mi_command.run)


if __name__ == "__main__":
    main()
