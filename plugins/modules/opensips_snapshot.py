#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_snapshot
short_description: Write the run-time state of a server to a file
version_added: 1.0.0
description:
  - Writes the state that a restart of OpenSIPS loses to a JSON file on the host. M(community.opensips.opensips_restore) restores it.
  - Changes nothing on the server.
  - The file has the mode C(0600), because values of a cachedb and shared variables may be secrets. The task does not return these values. The
    file never has passwords of registrants.
  - Contacts are the permanent ones only. Phones register their own contacts again. Restored contacts have no branch flags, because no MI
    command sets them by their names.
  - Blacklists are those that MI can change. Blacklists that are read-only are in the configuration of the server.
  - The file has one line for each thing, in a fixed order, so that C(diff) compares two files.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
attributes:
  check_mode:
    support: full
    details:
      - Reads the state and does not write the file.
  diff_mode:
    support: none
    details:
      - The differences may have secrets.
  idempotent:
    support: full
    details:
      - The task always writes the file again. It returns RV(ignore:changed=true) if the state differs from that in the file before.
  platform:
    platforms: posix
options:
  path:
    description:
      - Path of the file on the host. The task replaces a file that is there.
    type: path
    required: true
  parts:
    description:
      - Parts of the state to write. By default, all parts that the server has. V(cache) also requires O(cache_keys).
      - If the server does not have a part, the result lists it in RV(snapshot.skipped).
      - V(shared_variables) are those of the module C(cfgutils), V(media_nodes) those of C(rtpengine) and C(rtpproxy), V(probing) that of gateways
        by C(drouting) and of phones by C(nathelper).
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
  cache_keys:
    description:
      - Keys of O(cache_system) to write. Each is a name, or a shell pattern with V(*), V(?) or V([), such as V(user_*).
      - Patterns require OpenSIPS 3.5 or later and the cachedb V(local). Other servers cannot list keys. Then the file has the keys that are
        named, and RV(snapshot.skipped) says which pattern was not looked for.
      - OpenSIPS needs more time for each further key that matches a pattern. 10,000 keys take it about a second, 50,000 take about 20.
    type: list
    elements: str
    default: []
  cache_system:
    description:
      - Cachedb that has the keys, such as V(local) or V(redis:group).
    type: str
    default: local
  cache_collection:
    description:
      - Collection of C(cachedb_local) in which patterns are looked for. If it is not set, the default collection.
      - Set it to the collection in the C(cachedb_url) of O(cache_system), if that names one.
    type: str
  cache_expires:
    description:
      - Seconds that the keys live after the snapshot, V(0) for keys that do not expire.
      - Required with O(cache_keys), because OpenSIPS does not report how long a key still lives.
      - M(community.opensips.opensips_restore) stores the keys for the rest of this time, and none after it.
    type: int
notes:
  - The file is on the host on which the task runs. To keep it elsewhere, use M(ansible.builtin.fetch).
seealso:
  - module: community.opensips.opensips_restore
  - module: community.opensips.opensips_facts
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Write the state before a restart
  community.opensips.opensips_snapshot:
    path: /var/tmp/opensips-snapshot.json

- name: Write the state with the keys of locked users, which live an hour
  community.opensips.opensips_snapshot:
    path: /var/tmp/opensips-snapshot.json
    cache_keys:
      - locked_1001
      - locked_1002
    cache_expires: 3600

- name: Write only the states of destinations
  community.opensips.opensips_snapshot:
    path: /var/tmp/opensips-destinations.json
    parts: [dispatcher, load_balancer]
"""

RETURN = r"""
snapshot:
  description: What the file has. It does not have the values.
  returned: success
  type: dict
  contains:
    path:
      description: Path of the file.
      type: str
      sample: /var/tmp/opensips-snapshot.json
    opensips:
      description: Version of the server.
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
error:
  description: What went wrong, with C(type), C(message) and C(hint).
  returned: failure
  type: dict
  sample:
    type: BadParameters
    message: "path: /var/tmp/x/snapshot.json cannot be written: /var/tmp/x is no directory that this user may write to"
    hint: Name a file in a directory that exists and that this user may write to
"""

from ansible_collections.community.opensips.plugins.module_utils._module import snapshot
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(snapshot.spec(), snapshot.run)


if __name__ == "__main__":
    main()
