#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_trace
short_description: Switch tracing of SIP messages on or off
version_added: 1.0.0
description:
  - Switches tracing of SIP messages on or off, as a whole and for single trace IDs. Other trace IDs stay as they are.
  - Requires the module C(tracer), or C(siptrace) before OpenSIPS 3.0.
  - A restart of the server switches tracing and all trace IDs to the value of the parameter C(trace_on).
  - The module uses C(trace), or C(sip_trace) before OpenSIPS 3.0.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  enabled:
    description:
      - Whether tracing is on as a whole. If it is off, nothing is traced, whatever the state of the trace IDs.
      - At least one of O(enabled) and O(ids) is required.
    type: bool
  ids:
    description:
      - Trace IDs to switch on or off, as in the parameter C(trace_id).
      - If the server does not have the trace ID, the task fails, and the message names the trace IDs that it has.
      - A trace ID that the command C(trace_start) created cannot be switched.
      - Requires OpenSIPS 2.2 or later.
    type: list
    elements: dict
    suboptions:
      id:
        description:
          - Name of the trace ID. All its destinations are switched.
        type: str
        required: true
      enabled:
        description:
          - Whether the trace ID is on.
        type: bool
        required: true
seealso:
  - module: community.opensips.opensips_facts
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Switch all tracing off
  community.opensips.opensips_trace:
    enabled: false

- name: Trace with one trace ID
  community.opensips.opensips_trace:
    enabled: true
    ids:
      - id: tid
        enabled: true
"""

RETURN = r"""
results:
  description: One entry for O(enabled), if it is set, then one for each of O(ids).
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: V(global) or V(id).
      type: str
      sample: id
    id:
      description: Name of the trace ID. Null for the kind V(global).
      type: str
      sample: tid
    changed:
      description: Whether the task changed it. In check mode, whether the task would change it.
      type: bool
    before:
      description: State before the task.
      type: dict
      sample: {enabled: true}
    after:
      description: State afterwards, as the server reports it. In check mode, the expected state.
      type: dict
      sample: {enabled: false}
    requests:
      description: MI requests that the task sent, each with C(command) and C(params). In check mode, those that it would send.
      type: list
      elements: dict
    error:
      description: What went wrong, with C(type), C(message) and C(hint). Null if nothing went wrong.
      type: dict
"""

from ansible_collections.community.opensips.plugins.module_utils._module.state import run_state
from ansible_collections.community.opensips.plugins.module_utils._state.trace import Trace


def main():
    run_state(Trace)


if __name__ == "__main__":
    main()
