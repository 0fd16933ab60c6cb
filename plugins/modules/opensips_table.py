#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_table
short_description: Manage rows in the database tables of OpenSIPS
version_added: 1.0.0
description:
  - Writes rows of a table of OpenSIPS. If a row changes, the running server reloads the table.
  - Before anything is written, every row is checked against the schema of the table's version, against the columns of the
    database, and against the formats that the server reads.
  - The module writes only what differs, in one transaction. It reads the rows back before the commit. If anything fails, it writes
    nothing.
  - After the reload, the module asks the server whether it has the rows. A row that the server skipped fails the task. See
    RV(results[].verified), and the guide on tables for what each table allows.
  - If a reload fails, the next run reloads the table again, even if no row changes.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.bothgroups
  - community.opensips._connection
  - community.opensips._database
attributes:
  check_mode:
    support: full
    details:
      - The module reads the table, and returns what it would write. It locks nothing.
      - If a row names a row of another table that does not exist, the task only warns, because an earlier task may write that row.
  diff_mode:
    support: full
    details:
      - One entry for each row that changes. An updated row shows the columns that change. Passwords and keys are not shown.
  idempotent:
    support: full
  platform:
    platforms: posix
options:
  table:
    description:
      - The table, by the name that OpenSIPS gives it by default, such as V(dispatcher) or V(dr_rules).
    type: str
    required: true
  db_table:
    description:
      - The name of the table in the database, if it is not O(table). The partitions of C(dispatcher) and C(drouting) have such names.
    type: str
  rows:
    description:
      - The rows, as mappings of columns to values. V(null) is NULL.
      - If a row leaves out a column, an existing row keeps its value. A new row gets the default of the schema.
      - Values are compared by the type of the column, so V(1) and V("1") are the same.
      - The values of this option are neither logged nor returned with the invocation.
      - Either this or O(rows_file) is required.
    type: list
    elements: dict
  rows_file:
    description:
      - Reads the rows from a file on the host, for very many rows.
      - A file whose name ends in C(.json) holds a JSON list of mappings, as for O(rows). Any other file is CSV, and its first line
        names the columns.
      - In a CSV file, commas, semicolons or tabs separate the cells, as in the first line. An empty cell means that the column is left
        out. A cell V(NULL) or V(\\N) is NULL, as databases export it.
      - The file must be a regular file in UTF-8 with at most 256 MB and 500,000 rows.
      - A symbolic link must belong to root or to the user that runs the task.
      - If everybody may write to its directory, as to C(/tmp), the file must belong to root, to the user of the task or to the owner of the
        directory. It must not be a symbolic link, and not everybody may have the right to write to it.
    type: path
  match:
    description:
      - The columns that identify a row. Every row must have them, and no two rows may have the same values in them.
      - The defaults are listed below. For any other table, the default is its unique key, if it has one.
      - If several rules of V(dr_rules) have the same prefix, add C(timerec) or C(priority).
      # Begin of the list of tables, made by: python -m data
      - V(dispatcher) uses C(setid), C(destination).
      - V(load_balancer) uses C(group_id), C(dst_uri).
      - V(dr_gateways) uses C(gwid).
      - V(dr_carriers) uses C(carrierid).
      - V(dr_rules) uses C(groupid), C(prefix).
      - V(dr_groups) uses C(username), C(domain).
      - V(address) uses C(grp), C(ip); and C(mask), C(port), C(proto), which have a default.
      - V(domain) uses C(domain).
      - V(dialplan) uses C(dpid), C(match_op), C(match_exp).
      - V(registrant) uses C(aor); from table version 3 on C(aor), C(binding_URI), C(registrar).
      - V(rtpengine) uses C(set_id), C(socket).
      - V(rtpproxy_sockets) uses C(set_id), C(rtpproxy_sock).
      - V(tls_mgm) uses C(address), C(type); from table version 2 on C(domain), C(type).
      - V(subscriber) uses C(username), C(domain).
      - V(dbaliases) uses C(alias_username), C(alias_domain).
      - V(grp) uses C(username), C(domain), C(grp).
      - V(speed_dial) uses C(username), C(domain), C(sd_domain), C(sd_username).
      - V(userblacklist) uses C(username), C(domain), C(prefix).
      - V(globalblacklist) uses C(prefix).
      # End of the list of tables
    type: list
    elements: str
  state:
    description:
      - V(present) inserts rows that are missing and updates rows that differ. It does not change other rows.
      - V(absent) deletes the rows with these keys. The other columns of a row have no effect.
      - V(exact) does the same as V(present), and also deletes all other rows in O(scope). If several rows have the same key, it keeps one.
      - In the modules for the state in memory, such as M(community.opensips.opensips_blacklist), O(ignore:exclusive) removes what is
        not listed.
    type: str
    choices: [present, absent, exact]
    default: present
  scope:
    description:
      - Limits which rows O(state=exact) may delete. It is a mapping of columns to a value, or to a list of values.
      - It is required with O(state=exact). With another O(state), the task fails.
      - An empty mapping means the whole table. The task fails if the whole table would become empty.
      - All O(rows) must be in the scope. If the scope has one value for a column, a row may leave that column out.
    type: dict
  store_password:
    description:
      - Whether to write the C(password) of a row of the table V(subscriber) as clear text.
      - The module always writes the hashes of the password into those of the columns C(ha1), C(ha1b), C(ha1_sha256) and C(ha1_sha512t256)
        that the table has. The column C(domain) is the realm. To see whether a password differs, the module compares these hashes.
      - If V(false), the column C(password) is empty. If C(calculate_ha1) of C(auth_db) is set on the server, V(true) is required.
      - If the realm is not the domain, write the hashes into the rows instead of C(password).
      - M(community.opensips.opensips_subscriber) manages users with all that belongs to them, and can make passwords.
    type: bool
    default: false
  reload:
    description:
      - Whether the server reloads the table. If V(false), the module writes to the database only.
      - Some tables are never reloaded. OpenSIPS reads V(subscriber), V(dbaliases) and V(grp) each time it needs them.
    type: bool
    default: true
  reload_when:
    description:
      - When the server reloads the table.
      - With V(changed), the server reloads if the task changes a row, or if an earlier reload failed. Otherwise, the module does not use MI.
      - With V(always), the server reloads on every run. The task then always reports a change.
      - It has no effect if O(reload=false).
    type: str
    choices: [changed, always]
    default: changed
  partition:
    description:
      - The partition to reload and to verify. If not set, all partitions are reloaded, and the default one is verified.
      - It is allowed for V(dispatcher), V(address), V(dialplan) and V(dr_*).
    type: str
  inherit_state:
    description:
      - Whether destinations and gateways keep their state at run time. If V(false), they get the state of the table.
      - If not set, the server keeps the state.
      - It is allowed for V(dispatcher) and V(dr_*). Requires OpenSIPS 3.4 or later.
    type: bool
  wait_timeout:
    description:
      - Maximum number of seconds to wait for the reload.
    type: float
    default: 60
notes:
  - The module remembers a failed reload in a file on the host, in C(/var/lib/community.opensips/reloads) for root and in
    C(~/.local/state/community.opensips/reloads) for other users. A reload by this module or by
    M(community.opensips.opensips_reload) that succeeds removes the file.
  - If the connection is lost during the commit, the module connects again and reads the table. If that fails too, the task fails with
    C(error.type) V(CommitUnknown), and C(changed) is V(true). Run the task again.
  - The database user requires the rights SELECT, INSERT, UPDATE and DELETE on the table, and SELECT on the table C(version). On
    PostgreSQL, it also requires USAGE and UPDATE on the sequences of the table. In check mode, SELECT is enough.
  - The server uses the column C(state) of V(dispatcher), V(dr_gateways) and others only when it loads a destination for the first time.
    M(community.opensips.opensips_dispatcher) and M(community.opensips.opensips_drouting) set the state at run time.
  - In MySQL, the table must have an engine with transactions. The scripts of OpenSIPS 1.11 use MyISAM, which the module refuses.
seealso:
  - module: community.opensips.opensips_schema
  - module: community.opensips.opensips_subscriber
  - module: community.opensips.opensips_reload
  - module: community.opensips.opensips_dispatcher
  - module: community.opensips.opensips_drouting
  - name: Database tables
    description: The tables in the OpenSIPS manual.
    link: https://www.opensips.org/Documentation/Install-DBSchema-3-6
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Keep exactly these destinations in set 1
  community.opensips.opensips_table:
    table: dispatcher
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
    state: exact
    scope:
      setid: 1
    rows:
      - destination: sip:192.0.2.10:5060
        description: first gateway
        weight: 50

- name: Add subscribers with hashes of their passwords
  community.opensips.opensips_table:
    table: subscriber
    db_engine: sqlite
    login_db: /var/lib/opensips/opensips.sqlite
    rows: "{{ users }}"
  no_log: true
  vars:
    users:
      - username: "1001"
        domain: example.com
        password: correct horse battery staple

- name: Show what a file of blocked numbers would change
  community.opensips.opensips_table:
    table: globalblacklist
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
    rows_file: /var/lib/opensips/blocked.csv
    state: exact
    scope: {}
    reload: false
  check_mode: true
  diff: true

- name: Remove a subscriber
  community.opensips.opensips_table:
    table: subscriber
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
    state: absent
    rows:
      - username: "1001"
        domain: example.com
"""

RETURN = r"""
results:
  description:
    - One entry for each of O(rows), in their order. Then one entry for each row that O(state=exact) deletes.
    - If O(state=absent) deletes several rows with one key, each has an entry.
    - If writing fails, the task also returns them.
  returned: if the rows could be read and checked
  type: list
  elements: dict
  contains:
    row:
      description: Number of the row in O(rows), counted from 1. Empty for a row that is not in O(rows).
      type: int
      sample: 1
    key:
      description: The columns of RV(match) with their values.
      type: dict
      sample:
        setid: 1
        destination: sip:192.0.2.10:5060
    operation:
      description: What has to be done with the row, V(insert), V(change), V(delete) or V(none).
      type: str
      sample: change
    outcome:
      description:
        - What became of the row, V(inserted), V(updated), V(deleted) or V(unchanged).
        - If the row differs, V(planned) in check mode, and V(not_written) if writing failed.
        - V(unknown) if the connection to the database was lost during the commit.
      type: str
      sample: updated
    changed:
      description: Whether the row was changed, or would be changed in check mode.
      type: bool
      sample: true
    before:
      description:
        - The row before. An updated or unchanged row has the columns that O(rows) gives. Empty if there was no row.
        - Passwords, their hashes and private keys are V(hidden). If one changes, it is V(hidden, changed) in RV(results[].after).
      type: dict
      sample:
        setid: 1
        destination: sip:192.0.2.10:5060
        weight: "1"
    after:
      description: The row after. Empty if the row is deleted.
      type: dict
      sample:
        setid: 1
        destination: sip:192.0.2.10:5060
        weight: "50"
    primary_key:
      description: The primary key with its value. A new row has it after it is written. Empty if there is no row.
      type: dict
      sample:
        id: 7
    verified:
      description: Whether the server has the row after the reload. Empty if there was no reload, or if it is not known.
      type: bool
      sample: true
    error:
      description: Why the server does not have the row, with C(type), C(message) and C(hint). Empty if there is no error.
      type: dict
summary:
  description: Counts of RV(results).
  returned: if the rows could be read and checked
  type: dict
  contains:
    total:
      description: Number of entries.
      type: int
      sample: 2
    outcomes:
      description: Number of entries for each RV(results[].outcome), including outcomes without entries.
      type: dict
      sample: {inserted: 0, updated: 1, deleted: 0, unchanged: 1, planned: 0, not_written: 0, unknown: 0}
    operations:
      description: Number of entries for each RV(results[].operation), including operations without entries.
      type: dict
      sample: {insert: 0, change: 1, delete: 0, none: 1}
match:
  description: The columns that identify a row.
  returned: if the rows could be read and checked
  type: list
  elements: str
  sample:
    - setid
    - destination
table_version:
  description: The version of the table. Empty for the few tables that have none.
  returned: if the rows could be read and checked
  type: int
  sample: 9
reload:
  description: The reload that was run, or would be run in check mode. Empty if there is none.
  returned: if the rows could be read and checked
  type: dict
  contains:
    cause:
      description:
        - Why the server reloads. V(changed) if a row changed, V(pending) if an earlier reload failed, and V(always) with
          O(reload_when=always).
      type: str
      sample: changed
    outcome:
      description:
        - What became of the reload, V(reloaded) or V(failed). It is V(planned) in check mode.
        - V(not_run) if the task failed before the reload.
      type: str
      sample: reloaded
    requests:
      description: The MI request that was sent, or would be sent in check mode, with C(command) and C(params).
      type: list
      elements: dict
      sample:
        - command: ds_reload
          params: {}
    seconds:
      description: Duration of the reload in seconds. Empty if it was not run.
      type: float
      sample: 0.012
    verified:
      description: Whether the server has all rows after the reload. Empty if that is not known.
      type: bool
      sample: true
    verified_reason:
      description: Why it is not known whether the server has a row. Empty if it is known for all rows.
      type: str
      sample: the module cannot read this table back from the server
error:
  description: Why the task failed, with C(type), C(message) and C(hint). If the server returned an error, also C(code), C(reason) and C(data).
  returned: failure
  type: dict
  sample:
    type: DatabaseLocked
    message: "The SQLite database /var/lib/opensips/opensips.sqlite is locked: database is locked"
    hint: "Nothing was written. Another process is writing: try again, or wait longer with db_timeout (now 10 seconds)"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import table
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(table.spec(), table.run)


if __name__ == "__main__":
    main()
