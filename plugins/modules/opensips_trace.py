#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_trace
short_description: Switch tracing of SIP messages on or off
version_added: 0.1.0
description:
  - Makes tracing on or off as a whole, and for single trace ids. It is done by the module C(tracer) of OpenSIPS 3.0 and later, and by
    C(siptrace) before.
  - Reads C(trace), or C(sip_trace) before 3.0, writes the same command where a switch differs, and reads again to see that it did change.
  - The state is lost with a restart, which begins with the module's C(trace_on).
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
      - The global switch. As long as it is off, nothing is traced, whatever the ids say.
    type: bool
  ids:
    description:
      - Trace ids, those of the module's parameter C(trace_id). They take OpenSIPS 2.2 or later.
      - One that the server does not have is an error that lists those that it has. One that C(trace_start) began has no switch.
    type: list
    elements: dict
    suboptions:
      id:
        description:
          - The name of the trace id. All its destinations are switched.
        type: str
        required: true
      enabled:
        description:
          - Whether it traces.
        type: bool
        required: true
seealso:
  - module: community.opensips.opensips_mi_command
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Trace nothing
  community.opensips.opensips_trace:
    enabled: false

- name: Trace to one destination
  community.opensips.opensips_trace:
    enabled: true
    ids:
      - id: tid
        enabled: true
"""

RETURN = r"""
results:
  description: One entry for the global switch where O(enabled) is given, then one for each of O(ids).
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: V(global) or V(id).
      type: str
      sample: id
    id:
      description: The trace id.
      returned: always, but empty for the global switch
      type: str
      sample: tid
    changed:
      description: Whether it was, or in check mode would be, changed.
      type: bool
    before:
      description: What it was.
      type: dict
      sample: {enabled: true}
    after:
      description: What it is, read back from the server, or in check mode would be.
      type: dict
      sample: {enabled: false}
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
from ansible_collections.community.opensips.plugins.module_utils._state.trace import Trace


def main():
    run_state(Trace)


if __name__ == "__main__":
    main()
