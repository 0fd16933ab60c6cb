#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_mi_command
short_description: Run Management Interface commands of OpenSIPS
version_added: 1.0.0
description:
  - Runs one MI command, or a list of commands over one connection, on OpenSIPS 1.11 to 4.0.
  - Write a command with its classic name, such as C(ul_dump), or with its name in OpenSIPS 4.0, such as C(usrloc:dump).
    Write parameters with their names in OpenSIPS 3.x. The module translates both for the version of the server.
  - The module checks all commands of a task before it sends the first one. It runs them in order and stops at the first one that fails.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
attributes:
  check_mode:
    support: full
    details:
      - In check mode, the module runs commands that only read. It reports all others as changes, and does not run them.
  diff_mode:
    support: none
  idempotent:
    support: N/A
    details:
      - This depends on the command. A command that writes reports a change each time.
  platform:
    platforms: posix
options:
  command:
    description:
      - Name of the command to run.
      - Either this or O(commands) is required.
    type: str
  params:
    description:
      - Parameters of O(command), as a mapping of names to values, or as a list in the order of the command.
      - Values are text and whole numbers. If a parameter is a list, such as C(statistics) of C(get_statistics), write a list.
    type: raw
  changes:
    description:
      - Whether O(command) changes something on the server.
      - If not set, the collection decides by the command. For a command that can both read and write, it also looks at the parameters.
        A command that the collection does not know counts as a change.
    type: bool
  tolerate:
    description:
      - Codes of errors that do not fail the task if the server returns them for O(command).
      - For example, use V(404) to remove something that may be gone already.
    type: list
    elements: int
    default: []
  commands:
    description:
      - Commands to run in order, over one connection.
      - Contradicts O(command), O(params), O(changes) and O(tolerate). Set them for each command instead.
    type: list
    elements: dict
    suboptions:
      command:
        description:
          - Name of the command to run.
        type: str
        required: true
      params:
        description:
          - Parameters of this command, as O(params).
        type: raw
      changes:
        description:
          - Whether this command changes something on the server, as O(changes).
        type: bool
      tolerate:
        description:
          - Codes of errors that do not fail the task if the server returns them for this command, as O(tolerate).
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

- name: Remove a contact, which may be gone already
  community.opensips.opensips_mi_command:
    command: ul_rm_contact
    params:
      table_name: location
      aor: alice
      contact: sip:alice@192.0.2.1:5060
    tolerate:
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
  description: The command, as it was given.
  returned: when O(command) is used
  type: str
  sample: uptime
outcome:
  description:
    - What became of the command.
    - V(ok) means that the server ran it. V(tolerated) means that the server returned an error whose code O(tolerate) lists.
    - V(failed) means that the server returned another error, or that no valid reply came.
    - V(planned) means that check mode did not run it. V(not_run) means that a command before it failed.
  returned: when O(command) is used
  type: str
  sample: ok
code:
  description: The code that the server returned. It is 200 for a success, also where JSON-RPC has no code.
  returned: when O(command) is used and the server answered
  type: int
  sample: 200
reason:
  description: The words that came with RV(code).
  returned: when O(command) is used and the server answered
  type: str
  sample: OK
result:
  description:
    - What the server returned, as plain data.
    - For OpenSIPS 3.0 and later, it is the unchanged value of JSON-RPC or XML-RPC.
    - Before OpenSIPS 3.0, it is a list of nodes, each with C(name), C(value), C(attributes) and C(children). It is the same over every transport.
    - It is empty if the server returned an error.
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
  description: Details that came with an error in JSON-RPC.
  returned: when O(command) is used and the server returned an error
  type: raw
  sample: Too few or too many parameters
results:
  description:
    - For each of O(commands), in order, C(command), C(outcome), C(changed), C(error), C(code), C(reason), C(result), C(raw) and C(data).
    - They mean the same as above. C(error) is empty unless C(outcome) is V(failed).
    - Also returned on failure, with an entry for every command.
  returned: when O(commands) is used
  type: list
  elements: dict
  sample:
    - command: ds_set_state
      outcome: ok
      changed: true
      error: null
      code: 200
      reason: OK
      result: OK
      raw: '{"jsonrpc":"2.0","result":"OK","id":2}'
error:
  description:
    - What went wrong, with C(type), C(message) and C(hint).
    - If the server returned an error, also its C(code), C(reason) and C(data).
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
