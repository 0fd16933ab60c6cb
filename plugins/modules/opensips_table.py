#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_table
short_description: Rows of the database tables of OpenSIPS
version_added: 0.1.0
description:
  - Makes rows of a table of OpenSIPS as wanted, and has the running server read the table again if anything changed.
  - The version of the table is looked up in the table C(version), columns and values are checked against the schema of that version and
    against the columns that the database really has. All of that is done before anything is written.
  - Only what differs is written, in one transaction, and read back before it counts. Either all of it is written, or nothing.
  - Then the server reloads the table over MI, and is asked whether it now has what was pushed, as far as it can tell. It can for
    V(dispatcher), V(load_balancer), V(dr_gateways), V(dr_carriers), V(address), V(domain), V(registrant), V(rtpengine) and
    V(rtpproxy_sockets).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
  - community.opensips._database
attributes:
  check_mode:
    support: full
    details:
      - The table is read, and what would be written is returned. Nothing is locked.
  diff_mode:
    support: full
    details:
      - One entry for each row that changes. Of updated rows, the columns that change. Passwords and keys are not shown.
  idempotent:
    support: full
  platform:
    platforms: posix
options:
  table:
    description:
      - The table, as OpenSIPS calls it by default, such as V(dispatcher) or V(dr_rules).
    type: str
    required: true
  db_table:
    description:
      - What it is called in the database, where that is something else, as for the partitions of C(dispatcher) or C(drouting).
      - If not set, as O(table).
    type: str
  rows:
    description:
      - The rows, mappings of columns to values. V(null) is NULL.
      - A column that is left out of a row is left alone where the row exists, and takes the default of OpenSIPS' schema in a new row.
      - Numbers and text are compared as the column has them, so V(1) and V("1") are the same.
      - Values of this option are neither logged nor returned with the invocation.
      - One of this and O(rows_file) is required.
    type: list
    elements: dict
  rows_file:
    description:
      - File on the host with the rows, for very many of them. A name that ends in C(.json) is a JSON list of mappings as for O(rows),
        any other is CSV with a line of column names. There, an empty cell counts as left out.
      - The file must be a regular file in UTF-8 with at most 256 MB and 500,000 rows. A symbolic link must belong to root or to the
        user that runs the task.
      - In a directory that everybody may write to, such as C(/tmp), it must belong to the user of the task, to root or to the owner of
        the directory, must not be a symbolic link, and must not be writable for everybody.
    type: path
  match:
    description:
      - The columns that tell rows apart. Every row must have them, and no two rows the same values.
      - If not set, they are C(setid), C(destination) for V(dispatcher); C(group_id), C(dst_uri) for V(load_balancer); C(gwid) for
        V(dr_gateways); C(carrierid) for V(dr_carriers); C(groupid), C(prefix) for V(dr_rules); C(username), C(domain) for V(dr_groups) and
        V(subscriber); C(grp), C(ip), C(mask), C(port), C(proto) for V(address), of which the last three may be left out and have their
        defaults then; C(domain) for V(domain); C(dpid), C(match_op), C(match_exp) for V(dialplan); C(aor) for V(registrant) up to 2.4, later
        C(aor), C(binding_URI), C(registrar); C(set_id), C(socket) for V(rtpengine); C(set_id), C(rtpproxy_sock) for V(rtpproxy_sockets);
        C(domain), C(type) for V(tls_mgm); C(username), C(domain), C(prefix) for V(userblacklist); C(prefix) for V(globalblacklist);
        C(alias_username), C(alias_domain) for V(dbaliases); C(username), C(domain), C(grp) for V(grp).
      - For any other table, it is its unique key if it has one.
    type: list
    elements: str
  state:
    description:
      - V(present) inserts rows that are missing, and updates those that differ. Others are left alone.
      - V(absent) deletes the rows with these keys. What else a row says is checked, and does not matter.
      - V(exact) does as V(present), and deletes all other rows in O(scope). Of several rows with one key, one is left.
    type: str
    choices: [present, absent, exact]
    default: present
  scope:
    description:
      - Which rows O(state=exact) may delete, columns with the value, or the list of values, that such a row has.
      - Required with O(state=exact), and only allowed there. An empty mapping is the whole table, which may not become empty thereby.
      - O(rows) must be in the scope, too. A row that leaves out a column for which the scope has one value, has this value.
    type: dict
  store_password:
    description:
      - In V(subscriber), the C(password) of a row is given in clear. The table gets the hashes that its version has, C(ha1), C(ha1b),
        C(ha1_sha256), C(ha1_sha512t256), with the column C(domain) for the realm. Passwords are compared by these hashes.
      - Its column C(password) is empty then, or is emptied, unless this is V(true). A server with C(calculate_ha1) of C(auth_db) set
        needs V(true).
      - Where the realm is not the domain, give the hashes in place of C(password).
    type: bool
    default: false
  reload:
    description:
      - Whether the server reads the table again. If V(false), the module writes to the database only.
      - Some tables are never reloaded. OpenSIPS reads V(subscriber), V(dbaliases) and V(grp) each time it needs them.
    type: bool
    default: true
  reload_when:
    description:
      - When the server reads the table again. V(changed) reloads if the task changes a row. If no row changes, the MI is not used.
      - V(always) reloads on every run. The task is then always changed.
      - It has no effect if O(reload=false).
    type: str
    choices: [changed, always]
    default: changed
  partition:
    description:
      - Reload, and look at, this partition only.
      - It is for C(dispatcher), C(address), C(dialplan) and C(dr_*).
    type: str
  inherit_state:
    description:
      - Whether destinations and gateways keep the state that they have at run time. With V(false) they start with the one in the table.
      - It is for C(dispatcher) and C(dr_*). It takes OpenSIPS 3.4 or later, which keeps the state if this is not set.
    type: bool
  wait_timeout:
    description:
      - Seconds to wait for the reload.
    type: float
    default: 60
notes:
  - If the connection is lost while the transaction is committed, the module connects again and looks at the table. If that is not possible
    either, the task fails with C(error.type) V(CommitUnknown), and C(changed) is V(true). Run it again then, and reload the table with
    M(community.opensips.opensips_reload) if the second run changes nothing.
  - The database user needs the rights SELECT, INSERT, UPDATE and DELETE on the table, and SELECT on the table C(version). On PostgreSQL, it
    also needs USAGE and UPDATE on the sequences of the table. In check mode, SELECT is enough.
  - A push that was written and could not be reloaded fails, and tells so. The next run finds nothing to change, and does not reload either.
    M(community.opensips.opensips_reload) does.
  - The C(state) in V(dispatcher), V(dr_gateways) and others only counts when the server loads a destination for the first time.
    M(community.opensips.opensips_dispatcher) and M(community.opensips.opensips_drouting) set it at run time.
  - MySQL must keep the table in an engine with transactions. The scripts of OpenSIPS 1.11 use MyISAM, which is refused.
seealso:
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
- name: The destinations of set 1 are these, and no others
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

- name: Subscribers, with hashes of their passwords
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

- name: See what would become of thousands of blocked numbers
  community.opensips.opensips_table:
    table: globalblacklist
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
    rows_file: /var/lib/opensips/blocked.csv
    state: exact
    scope: {}
    reload: false
  check_mode: true
  diff: true

- name: A subscriber has left
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
    - One entry for each of O(rows), in their order, and for each row that O(state=exact) deletes. Where O(state=absent) deletes several
      rows with one key, each has an entry.
    - Also returned when the push failed. If nothing was written then, RV(results[].changed) is V(false) in all of them, and
      RV(results[].outcome) is V(not_written) for all rows that differ.
  returned: when the rows were understood
  type: list
  elements: dict
  contains:
    row:
      description: Number of the row in O(rows), from 1 on. Empty for a row that is not among them.
      type: int
      sample: 1
    key:
      description: The columns of RV(match) with their values.
      type: dict
      sample:
        setid: 1
        destination: sip:192.0.2.10:5060
    operation:
      description: What the row needs, V(insert), V(update), V(delete) or V(none).
      type: str
      sample: update
    outcome:
      description:
        - What became of the row, V(inserted), V(updated), V(deleted) or V(unchanged).
        - V(planned) in check mode, V(not_written) if the push failed, and V(unknown) if the database was lost during the commit.
      type: str
      sample: updated
    changed:
      description: Whether the row was changed, or in check mode would be.
      type: bool
      sample: true
    before:
      description:
        - The row as it was, of updated and unchanged rows the columns that were given. Empty when there was none.
        - Passwords, hashes of them and private keys are V(hidden) here and in RV(results[].after), where one that changes is
          V(hidden, changed).
      type: dict
      sample:
        setid: 1
        destination: sip:192.0.2.10:5060
        weight: "1"
    after:
      description: The row as it is now. Empty when it is deleted.
      type: dict
      sample:
        setid: 1
        destination: sip:192.0.2.10:5060
        weight: "50"
    primary_key:
      description: The primary key with its value, that of a new row when it was written. Empty where there is no row.
      type: dict
      sample:
        id: 7
    verified:
      description: Whether the server has the row after the reload. Empty if that is not known.
      type: bool
      sample: true
    error:
      description: Why the server does not have the row, with C(type), C(message) and C(hint). Empty if there is no error.
      type: dict
summary:
  description: Counts of RV(results).
  returned: when the rows were understood
  type: dict
  contains:
    total:
      description: Number of entries.
      type: int
      sample: 2
    outcomes:
      description: Number of entries by RV(results[].outcome), each outcome included.
      type: dict
      sample: {inserted: 0, updated: 1, deleted: 0, unchanged: 1, planned: 0, not_written: 0, unknown: 0}
    operations:
      description: Number of entries by RV(results[].operation), each operation included.
      type: dict
      sample: {insert: 0, update: 1, delete: 0, none: 1}
match:
  description: The columns that told rows apart.
  returned: when the rows were understood
  type: list
  elements: str
  sample:
    - setid
    - destination
table_version:
  description: The version of the table. Empty for the few tables that have none.
  returned: when the rows were understood
  type: int
  sample: 9
reload:
  description: The reload of the table. Empty if no reload was needed.
  returned: when the rows were understood
  type: dict
  contains:
    outcome:
      description:
        - What became of the reload, V(reloaded), V(failed), or V(planned) in check mode.
        - V(not_run) if the task failed before the reload.
      type: str
      sample: reloaded
    requests:
      description: The MI request that was sent, or in check mode would be sent, with C(command) and C(params).
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
      description: Why RV(reload.verified) is empty. Empty if it is not.
      type: str
error:
  description: What went wrong, with C(type), C(message) and C(hint), and C(code), C(reason) and C(data) of what the server answered.
  returned: failure
  type: dict
  sample:
    type: DatabaseLocked
    message: "The SQLite database /var/lib/opensips/opensips.sqlite is locked: database is locked"
    hint: "Nothing was written. Somebody else is writing: try again, or wait longer with db_timeout (now 10 seconds)"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import table
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(table.spec(), table.run)


if __name__ == "__main__":
    main()
