#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_table_info
short_description: Read rows of the database tables of OpenSIPS
version_added: 1.0.0
description:
  - Reads rows of a table of OpenSIPS. It writes nothing, and locks nothing.
  - It does not return columns that hold secrets. These are passwords, their hashes, private keys and secrets that sign tokens.
  - It also hides passwords in URLs, and the answers to challenges in recorded SIP messages.
  - The module does not connect to OpenSIPS. It takes no connection options, and is in the action group C(database), not in C(all).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.databasegroup
  - community.opensips._database
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
  table:
    description:
      - The table, by the name that OpenSIPS gives it by default, such as V(dispatcher) or V(acc).
    type: str
    required: true
  db_table:
    description:
      - The name of the table in the database, if it is not O(table). The partitions of C(dispatcher) and C(drouting) have such names.
    type: str
  columns:
    description:
      - The columns to return. If not set, all columns that hold no secret.
      - The task fails if it names a column that holds a secret.
    type: list
    elements: str
  where:
    description:
      - Selects rows. It is a mapping of columns to a value, or to a list of values. V(null) is NULL.
      - A row must have one of the values in each of the columns. Uppercase and lowercase letters differ.
      - If empty, all rows are selected.
      - The task fails if it names a column that holds a secret.
    type: dict
    default: {}
  limit:
    description:
      - Returns at most this number of rows, in the order of the primary key. RV(total) counts all.
      - It is at most 100,000.
    type: int
    default: 1000
notes:
  - The database user requires the right SELECT on the table, and on the table C(version).
seealso:
  - module: community.opensips.opensips_table
  - module: community.opensips.opensips_compare
  - name: Database tables
    description: The tables in the OpenSIPS manual.
    link: https://www.opensips.org/Documentation/Install-DBSchema-3-6
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Read the destinations of set 1
  community.opensips.opensips_table_info:
    table: dispatcher
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
    where:
      setid: 1
  register: dispatcher

- name: Show them
  ansible.builtin.debug:
    msg: "{{ dispatcher.rows | map(attribute='destination') | list }}"

- name: List the names of the subscribers of two domains
  community.opensips.opensips_table_info:
    table: subscriber
    db_engine: sqlite
    login_db: /var/lib/opensips/opensips.sqlite
    columns:
      - username
      - domain
    where:
      domain:
        - example.com
        - example.org
    limit: 10000
"""

RETURN = r"""
rows:
  description:
    - The rows, as mappings of columns to values. NULL is empty, a time is text such as V(2026-11-22 10:00:00).
    - Bytes that are not UTF-8 are replaced.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 7
      setid: 1
      destination: sip:192.0.2.10:5060
      socket: null
      state: 0
total:
  description: Number of rows that match O(where). If it is more than O(limit), RV(rows) does not have all.
  returned: success
  type: int
  sample: 1
columns:
  description: The columns of RV(rows).
  returned: success
  type: list
  elements: str
  sample: [id, setid, destination, socket, state]
left_out:
  description: The columns that hold secrets, which RV(rows) does not have. Empty if O(columns) is set.
  returned: success
  type: list
  elements: str
  sample: []
table_version:
  description: The version of the table. Empty for the few tables that have none.
  returned: success
  type: int
  sample: 9
error:
  description: Why the task failed, with C(type), C(message) and C(hint).
  returned: failure
  type: dict
  sample:
    type: UnknownSchema
    message: "The SQLite database /var/lib/opensips/opensips.sqlite has no table dispatcher"
    hint: Create it with opensips_schema, or correct db_table
"""

from ansible_collections.community.opensips.plugins.module_utils._module import table_info
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_without_server


def main():
    run_without_server(table_info.spec(), table_info.run)


if __name__ == "__main__":
    main()
