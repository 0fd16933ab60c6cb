#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_cache
short_description: Manage keys of a cachedb
version_added: 1.0.0
description:
  - Sets keys of a cachedb to a value, or removes them. The cachedb can be any to which OpenSIPS is connected, such as C(cachedb_local) or
    C(cachedb_redis).
  - OpenSIPS does not report when a key expires. If a key already has the value, the task does not change it, even if
    O(entries[].expires) differs.
  - The values can be seen in the results, in the diff and in the output of C(-v). If they are secret, set C(no_log=true) on the task.
  - The module uses C(cache_fetch), C(cache_store) and C(cache_remove).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._attributes.state
  - community.opensips._connection
attributes:
  platform:
    platforms: posix
options:
  entries:
    description:
      - Keys to set or to remove.
    type: list
    elements: dict
    required: true
    suboptions:
      key:
        description:
          - Name of the key.
        type: str
        required: true
      value:
        description:
          - Value of the key, at least one character. Required if O(entries[].state=present).
          - OpenSIPS before 3.0 prints at most 2,047 bytes. The module refuses longer values there.
          - The module refuses values with a comma over C(mi_json) of OpenSIPS 2.x, which cannot carry them.
        type: str
      expires:
        description:
          - Seconds until the key expires, from when it is set. If it is V(0) or not set, the key does not expire.
          - An expired key is absent. The next run sets it again.
        type: int
      state:
        description:
          - Whether the cachedb has the key.
        type: str
        choices: [present, absent]
        default: present
  system:
    description:
      - The cachedb, as in the script of the server. Examples are V(local), and V(redis:group) if its C(cachedb_url) has a group.
    type: str
    default: local
seealso:
  - module: community.opensips.opensips_facts
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Set a flag for the script for one hour
  community.opensips.opensips_cache:
    entries:
      - key: maintenance
        value: "yes"
        expires: 3600

- name: Set a secret, and remove the old one
  community.opensips.opensips_cache:
    entries:
      - key: api_token
        value: "{{ token }}"
      - key: old_token
        state: absent
  no_log: true
  vars:
    token: correct horse
"""

RETURN = r"""
results:
  description: One entry for each key, in the order of O(entries).
  returned: always
  type: list
  elements: dict
  contains:
    system:
      description: The cachedb.
      type: str
      sample: local
    key:
      description: Name of the key.
      type: str
      sample: maintenance
    changed:
      description: Whether the task changed it. In check mode, whether the task would change it.
      type: bool
    before:
      description: State before the task. Null if the key was absent.
      type: dict
      sample: null
    after:
      description: State afterwards, as the server reports it. Null if the key is absent. In check mode, the expected state.
      type: dict
      sample: {value: "yes"}
    requests:
      description: MI requests that the task sent, each with C(command) and C(params). In check mode, those that it would send.
      type: list
      elements: dict
    error:
      description: What went wrong, with C(type), C(message) and C(hint). Null if nothing went wrong.
      type: dict
"""

from ansible_collections.community.opensips.plugins.module_utils._module.state import run_state
from ansible_collections.community.opensips.plugins.module_utils._state.cache import Cache


def main():
    run_state(Cache)


if __name__ == "__main__":
    main()
