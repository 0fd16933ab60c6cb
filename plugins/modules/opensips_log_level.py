#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_log_level
short_description: Set log levels of a running OpenSIPS
version_added: 0.1.0
description:
  - Makes the log levels of all processes or of some as wanted, that of C(xlog()), and filters of the consumers of the log.
  - Reads and writes with C(log_level) (C(debug) on OpenSIPS 1.11), C(xlog_level), C(log_level_filter) and C(log_mute_state).
  - The levels are those of the running server; when it starts again, those of its configuration count.
  - "Levels: V(-3) alert, V(-2) critical, V(-1) error, V(1) warning, V(2) notice, V(3) info, V(4) debug."
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  log_level:
    description:
      - The level of all processes but those of O(processes).
      - At least one of O(log_level), O(processes), O(xlog_level) and O(consumers) is required.
    type: int
  processes:
    description:
      - Levels of single processes, by O(processes[].pid) or O(processes[].type). It takes OpenSIPS 2.2 or later.
      - A process that the server does not have is an error that lists those that it has.
    type: list
    elements: dict
    suboptions:
      pid:
        description:
          - The id of the process.
        type: int
      type:
        description:
          - What the process does, as C(log_level) and C(ps) list it, such as V(MI FIFO). All processes of the type are meant.
        type: str
      log_level:
        description:
          - Its level.
        type: int
        required: true
  xlog_level:
    description:
      - The level up to which C(xlog()) of the script writes. It takes OpenSIPS 3.0 or later.
    type: int
  consumers:
    description:
      - What takes the log. It takes OpenSIPS 3.4 or later.
      - At least one of O(consumers[].level_filter) and O(consumers[].muted) is required.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Which one.
        type: str
        choices: [stderror, syslog, event]
        required: true
      level_filter:
        description:
          - The highest level that the consumer gets, V(0) for all.
        type: int
      muted:
        description:
          - Whether the consumer gets nothing.
        type: bool
seealso:
  - module: community.opensips.opensips_mi_command
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Debug until the next task says otherwise
  community.opensips.opensips_log_level:
    log_level: 4

- name: Quiet, but for the process that serves the FIFO
  community.opensips.opensips_log_level:
    log_level: 1
    processes:
      - type: MI FIFO
        log_level: 3
"""

RETURN = r"""
results:
  description: One entry for all processes, then for each of O(processes), for O(xlog_level), and for each of O(consumers).
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: V(all), V(process), V(xlog) or V(consumer).
      type: str
      sample: process
    pid:
      description: The id of the process. Null for other kinds.
      type: int
      sample: 4711
    type:
      description: The type of the process. Null for other kinds.
      type: str
      sample: MI FIFO
    name:
      description: The name of the consumer. Null for other kinds.
      type: str
      sample: null
    changed:
      description: Whether it was, or in check mode would be, changed.
      type: bool
    before:
      description:
        - What it was. C(log_level) (null when processes differ), C(xlog_level), or of a consumer C(level_filter) and
          C(muted), as far as they are named.
      type: dict
      sample: {log_level: 2}
    after:
      description: What it is, read back from the server, or in check mode would be.
      type: dict
      sample: {log_level: 4}
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
from ansible_collections.community.opensips.plugins.module_utils._state.log_level import LogLevel


def main():
    run_state(LogLevel)


if __name__ == "__main__":
    main()
