#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_compare
short_description: Compare an OpenSIPS server with its tables, with a snapshot, or with other nodes
version_added: 1.0.0
description:
  - Reads what a server has in memory, and reports in what it differs from O(database), from O(snapshot) or from O(nodes).
  - If none of them is set, it returns the data of the server, which O(nodes) of another task takes.
  - It changes nothing, and C(changed) is always V(false).
  - The role P(community.opensips.compare#role) and the playbook C(community.opensips.compare) compare all nodes of a play, and write a
    report.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
  - community.opensips._compared
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
  platform:
    platforms: posix
options:
  kinds:
    description:
      - The kinds of things to compare. If not set, all that can be compared.
      - V(dispatcher), V(load_balancer), V(gateways), V(carriers), V(addresses), V(domains), V(registrants) and V(tls_domains) are compared
        value by value.
      - Of V(routing_rules) and V(dialplans), the server only reports how many it has loaded. Requires OpenSIPS 3.3 or later.
      - With O(database), the module also asks the server for single rules, at most 1,000 of each kind. These are the only rule for a
        group and prefix, and dialplan rules for one text (C(match_op=0)) with a fixed replacement. Rules with a time are left out.
      - V(configuration) compares hashes of the configuration files of the server, V(versions) its version.
      - V(modules) compares the loaded modules. The module reads them from the memory of a process of the server, as root on the host of
        the server. Otherwise, only those that have MI commands are known.
      - With O(database), the kinds that have a table can be compared. With O(snapshot), these are the parts of the snapshot.
        V(blacklists), V(cache), V(contacts), V(log_level), V(media_nodes), V(probing), V(shared_variables) and V(trace) are only in snapshots.
    type: list
    elements: str
    choices:
      - dispatcher
      - load_balancer
      - gateways
      - carriers
      - routing_rules
      - addresses
      - domains
      - dialplans
      - registrants
      - tls_domains
      - configuration
      - versions
      - modules
      - log_level
      - shared_variables
      - cache
      - contacts
      - blacklists
      - trace
      - media_nodes
      - probing
  tables:
    description:
      - The names of tables in the database that are not the default ones. It is a mapping of kinds to names.
    type: dict
    default: {}
  partition:
    description:
      - Compares this partition only, of the kinds that have partitions.
      - If not set, all partitions are compared. With O(database), if not set, the partition V(default) is compared.
    type: str
  snapshot:
    description:
      - The path of a file on the host that M(community.opensips.opensips_snapshot) wrote. The module compares the state of the server with
        the snapshot.
    type: path
  nodes:
    description:
      - The data of other nodes, as a mapping of names to RV(data) of this module. The module compares the server with all of them.
      - It also takes data of the same server from an earlier time.
    type: dict
  name:
    description:
      - How results call the server.
    type: str
    default: memory
  states:
    description:
      - Whether to compare states, such as a destination that is inactive or a gateway that is disabled.
      - If not set, states are compared, but not with O(database). A table has the states that a server begins with.
      - It has no effect on snapshots.
    type: bool
  ignore:
    description:
      - Leaves out a kind, such as V(versions), or a value of a kind, such as V(dispatcher.socket).
      - Nodes with addresses of their own usually differ in V(dispatcher.socket) and V(configuration).
    type: list
    elements: str
    default: []
  config_path:
    description:
      - Path of the configuration file on the host. If not set, the module asks the server which file it was started with.
      - Files that the configuration includes are compared, too.
    type: path
  limit:
    description:
      - Returns at most this number of differences. RV(summary) counts all. It is at most 100,000.
    type: int
    default: 1000
  return_data:
    description:
      - Whether to return RV(data). If not set, the module returns it if it compares with nothing.
    type: bool
  fail_on_difference:
    description:
      - Whether the task fails if there is a difference.
    type: bool
    default: false
notes:
  - Secrets are not returned. Private keys, keys of a cache, and passwords in URLs are compared by a hash, which shows only that they differ.
  - Counters, loads and times are not compared.
  - The database user requires the right SELECT on the tables, and on the table C(version).
seealso:
  - module: community.opensips.opensips_snapshot
  - module: community.opensips.opensips_table_info
  - module: community.opensips.opensips_reload
  - plugin: community.opensips.opensips_comparison_report
    plugin_type: filter
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Compare what the server runs with its tables
  community.opensips.opensips_compare:
    kinds:
      - dispatcher
    database:
      db_url: sqlite:////var/lib/opensips/opensips.sqlite
  register: drift

- name: Show what differs
  ansible.builtin.debug:
    msg: "{{ drift.differences }}"

- name: Read the data of this server
  community.opensips.opensips_compare:
    kinds:
      - dispatcher
      - gateways
      - versions
  register: now

- name: Fail if the server differs from what it was before
  community.opensips.opensips_compare:
    kinds:
      - dispatcher
      - gateways
      - versions
    nodes:
      before: "{{ now.data }}"
    fail_on_difference: true
"""

RETURN = r"""
differences:
  description: What differs, at most O(limit).
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of thing, see O(kinds).
      type: str
      sample: dispatcher
    key:
      description: What identifies the thing. If several things have the same key, C(number) counts the second one and further ones.
      type: dict
      sample:
        partition: default
        set: 1
        uri: sip:192.0.2.10:5060
    field:
      description: The value that differs. Empty if the thing itself is missing somewhere.
      type: str
      sample: weight
    outcome:
      description: V(absent) if the thing is missing somewhere, V(different) if a value differs.
      type: str
      sample: different
    variants:
      description:
        - The values that the sources have, the most frequent first. Each has C(value) and C(sources).
        - If a thing is missing, the values are V(present) and V(absent).
        - The sources are O(name), and V(table), V(snapshot) or the names of O(nodes).
      type: list
      elements: dict
      sample:
        - value: 50
          sources: [memory]
        - value: 60
          sources: [table]
    minority:
      description: The sources that do not have the most frequent value. Empty if there is no such value.
      type: list
      elements: str
      sample: []
summary:
  description: Counts of the differences.
  returned: always
  type: dict
  contains:
    total:
      description: Number of differences.
      type: int
      sample: 1
    outcomes:
      description: Number of differences for each RV(differences[].outcome), including outcomes without differences.
      type: dict
      sample: {absent: 0, different: 1}
    kinds:
      description: Number of differences for each kind that was compared.
      type: dict
      sample: {dispatcher: 1}
compared:
  description: What was compared. For each kind, the number of things that each source has.
  returned: always
  type: dict
  sample:
    dispatcher:
      memory: 2
      table: 2
not_compared:
  description: Kinds that were not compared, with the reason.
  returned: always
  type: dict
  sample:
    registrants: "This server has no MI command 'reg_list'. It needs the module uac_registrant of OpenSIPS 1.7 to 4.0: is it loaded?"
opensips:
  description: Version of the server.
  returned: always
  type: str
  sample: 3.6.8
data:
  description:
    - What the server has, for O(nodes) of another task, with C(format), C(opensips), C(taken), C(kinds) and C(skipped).
    - C(kinds) has a list of things for each kind.
  returned: if O(return_data), or if the module compares with nothing
  type: dict
  sample:
    format: 1
    opensips: 3.6.8
    taken: "2026-11-22T10:00:00Z"
    kinds:
      versions:
        - product: OpenSIPS
          version: 3.6.8
          flavour: null
          arch: x86_64
          os: linux
    skipped: {}
error:
  description: Why the task failed, with C(type), C(message) and C(hint). If the server returned an error, also C(code), C(reason) and C(data).
  returned: failure, but not if O(fail_on_difference) is the reason
  type: dict
  sample:
    type: BadParameters
    message: "kinds: modules cannot be compared: it has no table"
    hint: "These can be: dispatcher, load_balancer"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import compare
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(compare.spec(), compare.run)


if __name__ == "__main__":
    main()
