#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_restore
short_description: Restore the run-time state of a server from a file
version_added: 1.0.0
description:
  - Restores the state that M(community.opensips.opensips_snapshot) wrote, for example after a restart. Only what differs is written.
  - The task plans all parts before it writes. Each thing of the file has an entry in RV(results), whether it is restored or not.
  - What the server no longer has, such as a destination that was removed from its table, has the outcome V(missing). It does not fail the
    task.
  - What the server has, and the file does not, stays as it is.
  - What the server finds out by probing is left to it. A gateway that was off because of probing is not switched off. A destination that
    probing found dead since is not made active.
  - The values of a cachedb and of shared variables may be secrets. The result does not have them.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  path:
    description:
      - Path of the file on the host.
    type: path
    required: true
  parts:
    description:
      - Parts of the state to restore. By default, all parts that the file has.
    type: list
    elements: str
    choices:
      - log_level
      - shared_variables
      - cache
      - contacts
      - blacklists
      - trace
      - registrants
      - media_nodes
      - gateways
      - carriers
      - load_balancer
      - dispatcher
      - probing
  results:
    description:
      - Entries of RV(results). V(all) returns all of them. V(attention) omits those with the outcome V(restored), V(unchanged) or V(planned).
      - V(auto) returns all of them if there are at most 1,000, and otherwise works as V(attention).
    type: str
    choices: [auto, all, attention]
    default: auto
seealso:
  - module: community.opensips.opensips_snapshot
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Write the state before a restart
  community.opensips.opensips_snapshot:
    path: /var/tmp/opensips-snapshot.json

- name: Restore the state after the restart
  community.opensips.opensips_restore:
    path: /var/tmp/opensips-snapshot.json

- name: Show what differs from the snapshot, and change nothing
  community.opensips.opensips_restore:
    path: /var/tmp/opensips-snapshot.json
    parts: [dispatcher, load_balancer]
  check_mode: true
  diff: true
"""

RETURN = r"""
snapshot:
  description: What the file has. It does not have the values.
  returned: when the file was read
  type: dict
  contains:
    path:
      description: Path of the file.
      type: str
      sample: /var/tmp/opensips-snapshot.json
    opensips:
      description: Version of the server when the snapshot was taken.
      type: str
      sample: 3.6.8
    taken:
      description: When the state was read, in UTC.
      type: str
      sample: "2026-03-14T02:00:00Z"
    parts:
      description: Number of records of each part that the file has.
      type: dict
      sample: {contacts: 12, dispatcher: 4, log_level: 5}
    skipped:
      description: Parts that the file does not have, or not as a whole, each with the reason.
      type: dict
      sample: {registrants: "This server has no MI command reg_list. The module uac_registrant provides it: load it"}
results:
  description:
    - One entry for each thing of the file, part after part. Log levels of all processes are one thing.
    - Each entry also has the names that say which thing it is, as in the results of the module for its part, such as C(uri) and C(set).
    - If there are more than 1,000 entries, those that need no attention are omitted, see O(results).
  returned: when the file was read
  type: list
  elements: dict
  contains:
    part:
      description: Part of the snapshot.
      type: str
      sample: dispatcher
    outcome:
      description:
        - What became of it.
        - V(restored) was changed, V(unchanged) was as in the snapshot already. V(planned) would be changed, in check mode.
        - V(missing) means that the server does not have it any more.
        - V(expired) means that its time has run out since the snapshot, so that it is not restored.
        - V(left_alone) means that it is not restored for the C(reason) that the entry has, such as the server's own probing.
        - V(unsupported) means that the server does not have the MI commands. V(failed) was refused.
        - V(not_run) was not tried, because the server could not be asked any more.
      type: str
      choices: [planned, restored, unchanged, missing, expired, left_alone, unsupported, failed, not_run]
      sample: restored
    reason:
      description: Why it was not restored, or not as a whole. Null if there is no reason.
      type: str
    changed:
      description: Whether the task changed it. In check mode, whether the task would change it.
      type: bool
    before:
      description: State before the task. Null if there was none, or if it is not restored.
      type: dict
      sample: {state: active}
    after:
      description: State afterwards, as the server reports it. In check mode, the expected state.
      type: dict
      sample: {state: inactive}
    requests:
      description: MI requests that the task sent, each with C(command) and C(params). In check mode, those that it would send.
      type: list
      elements: dict
    error:
      description: What went wrong, with C(type), C(message) and C(hint). Null if nothing went wrong.
      type: dict
summary:
  description: Counts of RV(results), C(total) and C(outcomes). A destination of the load balancer may have a further entry for a resource.
  returned: when the file was read
  type: dict
  contains:
    total:
      description: Number of entries, also of those that are omitted.
      type: int
      sample: 27
    outcomes:
      description: Number of entries with each outcome.
      type: dict
      sample: {planned: 0, restored: 4, unchanged: 22, missing: 1, expired: 0, left_alone: 0, unsupported: 0, failed: 0, not_run: 0}
error:
  description: What went wrong first, with C(type), C(message) and C(hint).
  returned: failure
  type: dict
  sample:
    type: BadParameters
    message: "path: /var/tmp/opensips-snapshot.json is not a snapshot: it has no format"
    hint: Name a file that opensips_snapshot wrote
"""

from ansible_collections.community.opensips.plugins.module_utils._module import restore
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(restore.spec(), restore.run)


if __name__ == "__main__":
    main()
