#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_log_level
short_description: Set the log levels of a running OpenSIPS
version_added: 1.0.0
description:
  - Sets the log level of all processes or of some, the log level of C(xlog()), and the filters of the consumers of the log.
  - "The levels are V(-3) (alert), V(-2) (critical), V(-1) (error), V(1) (warning), V(2) (notice), V(3) (info) and V(4) (debug)."
  - A restart of the server restores the levels of its configuration.
  - The module uses C(log_level) (C(debug) on OpenSIPS 1.11), C(xlog_level), C(log_level_filter) and C(log_mute_state).
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
      - Log level of all processes that are not in O(processes).
      - At least one of O(log_level), O(processes), O(xlog_level) and O(consumers) is required.
    type: int
  processes:
    description:
      - Log levels of single processes. Each entry requires one of O(processes[].pid) and O(processes[].type).
      - If the server does not have the process, the task fails, and the message names the processes that it has.
      - Requires OpenSIPS 2.2 or later.
    type: list
    elements: dict
    suboptions:
      pid:
        description:
          - ID of the process.
        type: int
      type:
        description:
          - Type of the process, as C(log_level) and C(ps) report it, such as V(MI FIFO). The level is set for all processes of the type.
        type: str
      log_level:
        description:
          - Log level of the process.
        type: int
        required: true
  xlog_level:
    description:
      - Highest level at which C(xlog()) of the script writes. Requires OpenSIPS 3.0 or later.
    type: int
  consumers:
    description:
      - Consumers of the log. Each entry requires at least one of O(consumers[].level_filter) and O(consumers[].muted).
      - Requires OpenSIPS 3.4 or later.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the consumer.
        type: str
        choices: [stderror, syslog, event]
        required: true
      level_filter:
        description:
          - Highest level that the consumer receives. V(0) means all levels.
        type: int
      muted:
        description:
          - Whether the consumer receives nothing.
        type: bool
seealso:
  - module: community.opensips.opensips_facts
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Log everything
  community.opensips.opensips_log_level:
    log_level: 4

- name: Log warnings only, but more of the process that serves the FIFO
  community.opensips.opensips_log_level:
    log_level: 1
    processes:
      - type: MI FIFO
        log_level: 3
"""

RETURN = r"""
results:
  description: One entry for O(log_level), then one for each process of O(processes), for O(xlog_level) and for each of O(consumers).
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: V(all), V(process), V(xlog) or V(consumer).
      type: str
      sample: process
    pid:
      description: ID of the process. Null for other kinds.
      type: int
      sample: 4711
    type:
      description: Type of the process. Null for other kinds.
      type: str
      sample: MI FIFO
    name:
      description: Name of the consumer. Null for other kinds.
      type: str
      sample: null
    changed:
      description: Whether the task changed it. In check mode, whether the task would change it.
      type: bool
    before:
      description: State before the task. C(log_level) (null if the processes differ), C(xlog_level), or C(level_filter) and C(muted).
      type: dict
      sample: {log_level: 2}
    after:
      description: State afterwards, as the server reports it. In check mode, the expected state.
      type: dict
      sample: {log_level: 4}
    requests:
      description: MI requests that the task sent, each with C(command) and C(params). In check mode, those that it would send.
      type: list
      elements: dict
    error:
      description: What went wrong, with C(type), C(message) and C(hint). Null if nothing went wrong.
      type: dict
"""

from ansible_collections.community.opensips.plugins.module_utils._module.state import run_state
from ansible_collections.community.opensips.plugins.module_utils._state.log_level import LogLevel


def main():
    run_state(LogLevel)


if __name__ == "__main__":
    main()
