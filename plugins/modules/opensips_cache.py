#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_cache
short_description: Set keys of a cachedb, or remove them
version_added: 0.1.0
description:
  - Makes keys of any cachedb that OpenSIPS is connected to (C(cachedb_local), C(cachedb_redis) and so on) have a value, or absent.
  - Reads C(cache_fetch), writes C(cache_store) and C(cache_remove) where a key differs, and reads again to see that it did change.
  - OpenSIPS does not tell how long a key still lives. A key that has its value is unchanged, whatever O(entries[].expires) says.
  - The values show in the results, the diff and, with verbosity, in the log. Set C(no_log=true) on the task where they are secret.
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
      - The keys and their values.
    type: list
    elements: dict
    required: true
    suboptions:
      key:
        description:
          - The key.
        type: str
        required: true
      value:
        description:
          - Its value, of one character or more. Needed with O(entries[].state=present).
          - OpenSIPS before 3.0 prints no more than 2,047 bytes, so longer values are refused there.
          - Over C(mi_json) of OpenSIPS 2.x a value with a comma cannot be sent, and is refused.
        type: str
      expires:
        description:
          - Seconds that the key lives from when it is written. V(0), or nothing, means for ever.
          - A key that has run out is absent, so it is written again. A key that is there with its value is left alone.
        type: int
      state:
        description:
          - Whether the key is there.
        type: str
        choices: [present, absent]
        default: present
  system:
    description:
      - The cachedb, as in the server's script, V(local), or V(redis:group) where its C(cachedb_url) has a group.
    type: str
    default: local
seealso:
  - module: community.opensips.opensips_mi_command
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Tell the script that the maintenance has begun
  community.opensips.opensips_cache:
    entries:
      - key: maintenance
        value: "yes"
        expires: 3600

- name: A secret, and a key that shall go
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
      description: The key.
      type: str
      sample: maintenance
    changed:
      description: Whether it was, or in check mode would be, changed.
      type: bool
    before:
      description: What it was, or nothing when it was absent.
      type: dict
    after:
      description: What it is, read back from the server, or in check mode would be.
      type: dict
      sample: {value: "yes"}
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
from ansible_collections.community.opensips.plugins.module_utils._state.cache import Cache


def main():
    run_state(Cache)


if __name__ == "__main__":
    main()
