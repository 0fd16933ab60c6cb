#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_schema
short_description: Create, check and upgrade the database tables of OpenSIPS
version_added: 1.0.0
description:
  - Creates the tables that a version of OpenSIPS needs, as the scripts of its packages do. They have the same types, defaults, keys,
    indexes and sequences.
  - It enters the version of each table in the table C(version). OpenSIPS does not start if a version there is not the one that it needs.
  - It compares tables that exist with those that OpenSIPS would create. It changes them only if O(upgrade=true).
  - If OpenSIPS cannot use a table that exists, the task fails before it creates any table. It also fails if something else in the
    database has the name that a table, an index or a sequence needs.
  - An upgrade keeps all rows. It moves and converts the values that a newer OpenSIPS keeps elsewhere or reads in another way. The guide on
    tables lists them.
  - The server does not have to run. The module uses MI only if neither O(version) nor O(binary) is set.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.bothgroups
  - community.opensips._connection
  - community.opensips._database
attributes:
  check_mode:
    support: full
    details:
      - The module reads what is there, and returns the statements that it would run. It does not create the file of SQLite.
  diff_mode:
    support: full
    details:
      - Shows the statements as a script.
  idempotent:
    support: full
  platform:
    platforms: posix
options:
  version:
    description:
      - The version of OpenSIPS whose tables are needed, such as V(3.6) or V(3.6.8). Only the first two numbers count.
      - Known are V(1.11), V(2.1) to V(2.4), V(3.0) to V(3.6), V(4.0), and the V(4.1) that is not released yet.
      - SQLite requires V(2.2) or later.
      - If neither this nor O(binary) is set, the module asks the server over MI.
    type: str
  binary:
    description:
      - Path of the program C(opensips) on the host. The module runs it with C(-V) to get the version.
      - Set it if the server is installed but does not run yet.
    type: path
  modules:
    description:
      - Creates the tables of these modules of OpenSIPS, such as V(usrloc) or V(uac_registrant).
      - The names of OpenSIPS' scripts are allowed, too, such as V(standard), V(presence) or V(registrant).
      - If neither this nor O(tables) is set, the module uses the list that C(opensips-cli) uses by default. This is V(acc), V(alias_db),
        V(auth_db), V(avpops), V(clusterer), V(dialog), V(dialplan), V(dispatcher), V(domain), V(drouting), V(group), V(load_balancer),
        V(msilo), V(permissions), V(rtpengine), V(rtpproxy), V(speeddial), V(tls_mgm) and V(usrloc).
      - If O(upgrade=true) and neither this nor O(tables) is set, all other tables of OpenSIPS that the database has are upgraded, too.
      - The task fails if the version has no tables for a module.
    type: list
    elements: str
  tables:
    description:
      - Creates these tables, by the names that OpenSIPS gives them. If O(modules) is also set, the tables of both are created.
      - The table V(version) is always created.
    type: list
    elements: str
  state:
    description:
      - V(present) creates tables that are missing. It changes tables only if O(upgrade=true), and removes none.
    type: str
    choices: [present]
    default: present
  upgrade:
    description:
      - Upgrades tables of an older version of OpenSIPS to O(version), with their rows. The default is V(false), and older tables are an error.
      - It starts from the tables of any version since 1.11. It never goes back to an older version.
      - Before it changes anything, it looks for all that could be lost, such as columns, triggers and values that do not fit.
      - It then compares the number of rows and a checksum of the new table with those of the old one.
      - Stop the server before, and make a backup of the database. If a server writes during the upgrade, it waits on SQLite and PostgreSQL,
        and the upgrade fails on MySQL and MariaDB. No row is lost.
    type: bool
    default: false
  extra_columns:
    description:
      - What an upgrade does with columns that the newer version has no place for. Administrators added them, or OpenSIPS no longer has them.
      - V(refuse) fails if there are columns that no version of OpenSIPS has. It also fails if columns that OpenSIPS no longer has hold
        values. It drops the latter if they hold nothing but their default.
      - V(keep) keeps all of them at the end of the table. OpenSIPS does not read them.
      - V(drop) drops all of them, with their values.
    type: str
    choices: [refuse, keep, drop]
    default: refuse
  drop_columns:
    description:
      - Columns that an upgrade drops in any case, with their values. Write each as the name of the table, a dot, and the name of the column,
        such as V(subscriber.ha1b).
      - The default is none. A column that the newer version needs is an error.
    type: list
    elements: str
    default: []
  owner:
    description:
      - Owner of the file of SQLite, if the task creates the file, by name or number. If not set, it is the user of the task.
      - The user of the server must be able to write to the file, and to its directory.
    type: str
  group:
    description:
      - Group of the file of SQLite, if the task creates the file, by name or number.
    type: str
  mode:
    description:
      - Permissions of the file of SQLite, if the task creates the file, as an octal number in quotes such as V("0640").
      - If not set, only the owner can read the file, because the file is going to hold passwords.
    type: str
notes:
  - The module creates no database of PostgreSQL, MySQL or MariaDB, and no users. Use the collections C(community.postgresql) and
    C(community.mysql). The guide on tables has an example.
  - With SQLite and PostgreSQL, the task creates all tables in one transaction. MySQL and MariaDB have no transactions for tables. If the
    task fails there, it drops the tables that it created.
  - With SQLite and PostgreSQL, the upgrades are part of that transaction. With MySQL and MariaDB, the task copies each table, compares the
    copies, and puts all of them into place with one C(RENAME TABLE). It drops the old tables at the end.
  - If an upgrade is interrupted, run the task again. It finishes or undoes what it finds.
  - An upgraded table has the indexes that administrators added. On PostgreSQL it also has the owner and the grants of the old one.
  - If another session creates tables in the same way at the same time, the task waits, at most O(db_timeout) seconds.
  - The user of the database needs the right to create tables. The server does not need it.
seealso:
  - module: community.opensips.opensips_table
  - module: community.opensips.opensips_table_info
  - ref: ansible_collections.community.opensips.docsite.tables
    description: The guide on database tables.
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Create a SQLite database with the tables that OpenSIPS 3.6 usually needs
  community.opensips.opensips_schema:
    version: "3.6"
    db_engine: sqlite
    login_db: /var/lib/opensips/opensips.sqlite
    mode: "0660"

- name: Add the tables of presence, for the version that the server reports
  community.opensips.opensips_schema:
    modules: [presence, rls]
    db_engine: sqlite
    login_db: /var/lib/opensips/opensips.sqlite

- name: Show what an upgrade to OpenSIPS 4.0 would do
  community.opensips.opensips_schema:
    version: "4.0"
    upgrade: true
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
  check_mode: true
  diff: true

- name: Upgrade all tables that the database has, without the hashes that OpenSIPS no longer reads
  community.opensips.opensips_schema:
    version: "4.0"
    upgrade: true
    extra_columns: keep
    drop_columns: [subscriber.ha1b]
    db_url: sqlite:////var/lib/opensips/opensips.sqlite

- name: Check that the tables are those of the next version
  community.opensips.opensips_schema:
    version: "4.0"
    tables: [location, subscriber]
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
  check_mode: true
  register: schema
  failed_when: false

- name: Show what OpenSIPS 4.0 could not use
  ansible.builtin.debug:
    msg: "{{ schema.results | map(attribute='error') | select }}"
"""

RETURN = r"""
version:
  description: The series of OpenSIPS whose tables were wanted.
  returned: if the database was read
  type: str
  sample: "3.6"
results:
  description: One entry for each table, C(version) first, the others by name.
  returned: if the database was read
  type: list
  elements: dict
  contains:
    table:
      description: Name of the table.
      type: str
      sample: location
    outcome:
      description:
        - V(created), V(upgraded), or V(unchanged) if the table exists and is as OpenSIPS would create it.
        - V(differs) if the table exists and is different. The task changes nothing in it. See RV(results[].differences) and
          RV(results[].error).
        - V(planned) in check mode.
        - V(not_created) if the task failed. The table does not exist.
        - V(not_upgraded) if the task failed. The table is as it was.
        - V(unknown) if the connection was lost at the end, so that either all tables were created and upgraded, or none.
      type: str
      sample: created
    changed:
      description: Whether the table was created or upgraded. In check mode, whether it would be.
      type: bool
      sample: true
    before:
      description:
        - What was there before, with the C(version) that the table C(version) has of it. It is null if there was no table.
        - If the table is upgraded, also C(rows), the number of its rows.
      type: dict
      sample: null
    after:
      description: The same afterwards.
      type: dict
      sample: {version: 1013}
    differences:
      description:
        - What differs in a table that exists. Each has C(kind), which is V(column), V(primary_key) or V(index).
        - C(name) is the name of the column or index, C(before) what the database has, and C(after) what OpenSIPS would create. Both are null
          if there is nothing.
        - C(harmful) says whether it keeps OpenSIPS from using the table. Other differences are a warning.
      type: list
      elements: dict
      sample: []
    dropped_columns:
      description: The columns that an upgrade drops.
      type: list
      elements: str
      sample: []
    kept_columns:
      description: The columns that an upgrade keeps although the newer version has no place for them.
      type: list
      elements: str
      sample: []
    statements:
      description: The statements that create or upgrade the table.
      type: list
      elements: str
      sample:
        - INSERT INTO version (table_name, table_version) VALUES ('location', 1013)
    error:
      description: Why OpenSIPS cannot use the table, or why it cannot be upgraded, with C(type), C(message) and C(hint). It is null if it can.
      type: dict
      sample: null
summary:
  description: Numbers of tables.
  returned: if the database was read
  type: dict
  contains:
    total:
      description: Number of entries in RV(results).
      type: int
      sample: 31
    outcomes:
      description: Number of tables with each outcome.
      type: dict
      sample: {created: 31, upgraded: 0, unchanged: 0, differs: 0, planned: 0, not_created: 0, not_upgraded: 0, unknown: 0}
error:
  description: Why the task failed, with C(type), C(message) and C(hint). If the server answered an error, also C(code), C(reason) and C(data).
  returned: failure
  type: dict
"""

from ansible_collections.community.opensips.plugins.module_utils._module import schema
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(schema.spec(), schema.run)


if __name__ == "__main__":
    main()
