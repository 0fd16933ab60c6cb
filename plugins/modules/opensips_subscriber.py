#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_subscriber
short_description: Manage users with their passwords, aliases, groups and speed dials
version_added: 1.0.0
description:
  - Creates, changes and removes users in the database of OpenSIPS. It writes the tables C(subscriber), C(dbaliases), C(grp) and
    C(speed_dial).
  - The module writes only what differs, in one transaction for all tables. It reads the rows back before the commit. If anything
    fails, it writes nothing.
  - It writes all hashes of a password that the version of the table has, so that none of them is of an older password. Up to version 7
    of the table (OpenSIPS 3.1), these are C(ha1) and C(ha1b). In version 8, they are C(ha1), C(ha1_sha256) and C(ha1_sha512t256).
  - OpenSIPS reads these tables each time that it needs them. Nothing has to be reloaded.
  - The module does not connect to OpenSIPS. It takes no connection options, and is in the action group C(database), not in C(all).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.databasegroup
  - community.opensips._database
attributes:
  check_mode:
    support: full
    details:
      - The module reads the tables, and returns what it would write. It locks nothing, and generates no password.
  diff_mode:
    support: full
    details:
      - One entry for each user that changes. An updated user shows what changes. Passwords and hashes are not shown.
  idempotent:
    support: full
  platform:
    platforms: posix
options:
  subscribers:
    description:
      - The users. No two entries may be the same user.
      - The values of this option are neither logged nor returned with the invocation.
      - Either this or O(subscribers_file) is required.
    type: list
    elements: dict
    suboptions:
      username:
        description:
          - The name of the user, without the domain.
        type: str
        required: true
      domain:
        description:
          - The domain of the user. If not set, O(domain).
        type: str
      password:
        description:
          - The password in clear. The module writes its hashes. See also O(store_password).
          - It must be text. Put quotes around a number.
          - A new user requires a password, a hash, or O(generate_password).
        type: raw
      ha1:
        description:
          - The MD5 hash of user, realm and password, as 32 hexadecimal digits. It is not allowed with
            O(subscribers[].password).
          - If a hash differs from the one in the table, the hashes that the entry does not give become unusable. They are hashes of the old
            password. They become empty. In a table of version 7 or older, they become random digits.
        type: str
      ha1b:
        description:
          - The MD5 hash for phones whose user name contains the domain. Only tables of version 7 or older have it.
        type: str
      ha1_sha256:
        description:
          - The SHA-256 hash of user, realm and password, as 64 hexadecimal digits. Requires version 8 of the table.
        type: str
      ha1_sha512t256:
        description:
          - The SHA-512/256 hash of user, realm and password, as 64 hexadecimal digits. Requires version 8 of the table.
        type: str
      columns:
        description:
          - Values of other columns of the table C(subscriber), such as C(email_address) or columns that a site added.
          - An existing user keeps the values of columns that are not listed.
        type: dict
      aliases:
        description:
          - Aliases of the user, as C(user@domain). If the domain is left out, it is the domain of the user.
          - If not set, the aliases do not change.
          - If an alias belongs to another user, the task fails. To move it, list both users and set O(exclusive=true).
          - If a new alias is the name of a user, or a new user is an alias, the task fails. Calls to that user would go to the owner of
            the alias.
        type: list
        elements: str
      groups:
        description:
          - Groups that the user is in. If not set, the groups do not change.
        type: list
        elements: str
      speed_dials:
        description:
          - Speed dials of the user. If not set, the speed dials do not change.
        type: list
        elements: dict
        suboptions:
          sd_username:
            description:
              - What the user dials.
            type: str
            required: true
          sd_domain:
            description:
              - The domain that belongs to O(subscribers[].speed_dials[].sd_username). If not set, the domain of the user.
            type: str
          new_uri:
            description:
              - The SIP URI that is called, with at most 251 bytes.
            type: str
            required: true
          fname:
            description:
              - First name of whom the user calls.
            type: str
          lname:
            description:
              - Last name of whom the user calls.
            type: str
          description:
            description:
              - A description.
            type: str
  subscribers_file:
    description:
      - Reads the users from a file on the host, for very many users.
      - A file whose name ends in C(.json) holds a JSON list of mappings. Any other file is CSV, and its first line names the columns.
      - The names are those of O(subscribers). Any other name is a column of the table C(subscriber).
      - C(aliases) and C(groups) are words with blanks between them. C(speed_dials) are words of the form C(sd_username=new_uri).
      - In a CSV file, commas, semicolons or tabs separate the cells, as in the first line.
      - In a CSV file, an empty cell means that the value is not set. V(NULL) in C(aliases), C(groups) and C(speed_dials) is an empty list,
        in other columns NULL.
      - The file must be a regular file in UTF-8 with at most 256 MB and 500,000 users.
      - The same rules for links and shared directories apply as for O(community.opensips.opensips_table#module:rows_file).
    type: path
  state:
    description:
      - V(present) creates users that are missing, and updates users that differ. It does not change other users.
      - V(absent) removes the users with all their aliases, groups and speed dials. Only the user names and domains are read.
      - Registered phones stay registered until their registration expires. M(community.opensips.opensips_contact) removes it.
    type: str
    choices: [present, absent]
    default: present
  domain:
    description:
      - The domain of all users that set none, in O(subscribers) and in O(subscribers_file).
    type: str
  realm:
    description:
      - The realm of the hashes. It must be the one that the server sends in its challenges. If not set, the domain of each user.
    type: str
  exclusive:
    description:
      - Whether to remove all aliases, groups and speed dials of a user that its entry does not list.
      - It affects only the lists that the entry sets. An empty list then removes all.
    type: bool
    default: false
  update_password:
    description:
      - V(always) writes the password or the hashes of users that exist, if they differ.
      - V(on_create) writes them for new users only.
    type: str
    choices: [always, on_create]
    default: always
  generate_password:
    description:
      - Whether to make a random password for each new user that has neither password nor hash.
      - RV(results[].generated_password) returns it once. It cannot be read later, because the table only has its hashes.
      - Register the result, and set C(no_log=true) for the task.
    type: bool
    default: false
  password_length:
    description:
      - Number of characters of a generated password, from 10 to 25. They are letters and digits that look different from one another.
    type: int
    default: 20
  store_password:
    description:
      - Whether to write the password as clear text, too. If V(false), the column C(password) is empty.
      - If C(calculate_ha1) of C(auth_db) is set on the server, V(true) is required. Otherwise, such a server would accept an empty password.
    type: bool
    default: false
  db_table:
    description:
      - The name of the table C(subscriber) in the database, if it has another one.
    type: str
  aliases_table:
    description:
      - The name of the table with aliases.
    type: str
    default: dbaliases
  groups_table:
    description:
      - The name of the table with groups.
    type: str
    default: grp
  speed_dials_table:
    description:
      - The name of the table with speed dials.
    type: str
    default: speed_dial
notes:
  - The module writes a table of aliases, groups or speed dials only if an entry sets them, or with O(state=absent). Before it adds users,
    it also reads the aliases.
  - The database user requires the rights SELECT, INSERT, UPDATE and DELETE on these tables, and SELECT on the table C(version). On
    PostgreSQL, it also requires USAGE and UPDATE on their sequences. In check mode, SELECT is enough.
  - If the connection is lost during the commit, the module connects again and reads the tables. If that fails too, the task fails with
    C(error.type) V(CommitUnknown). Run the task again.
  - To manage single columns of a table, or to remove all users that are not listed, use M(community.opensips.opensips_table).
seealso:
  - module: community.opensips.opensips_schema
  - module: community.opensips.opensips_table
  - module: community.opensips.opensips_table_info
  - module: community.opensips.opensips_contact
  - name: auth_db
    description: The OpenSIPS module that authenticates users of the table C(subscriber).
    link: https://opensips.org/html/docs/modules/3.6.x/auth_db.html
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Create two users
  community.opensips.opensips_subscriber:
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
    domain: example.com
    subscribers:
      - username: "1001"
        password: "{{ vault_phone_password }}"
        aliases:
          - alice
          - "+49301234567"
        groups:
          - local
          - international
      - username: "1002"
        password: "{{ vault_phone_password }}"
        speed_dials:
          - sd_username: "7"
            new_uri: sip:1001@example.com
  no_log: true

- name: Create a user with a new password
  community.opensips.opensips_subscriber:
    db_engine: sqlite
    login_db: /var/lib/opensips/opensips.sqlite
    generate_password: true
    subscribers:
      - username: "1003"
        domain: example.com
  register: created
  no_log: true

- name: Leave exactly these groups
  community.opensips.opensips_subscriber:
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
    domain: example.com
    exclusive: true
    subscribers:
      - username: "1001"
        groups:
          - local

- name: Show what a file of users would change
  community.opensips.opensips_subscriber:
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
    domain: example.com
    subscribers_file: /var/lib/opensips/users.csv
    update_password: on_create
  check_mode: true
  diff: true

- name: Remove a user with all that belongs to it
  community.opensips.opensips_subscriber:
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
    state: absent
    subscribers:
      - username: "1002"
        domain: example.com
"""

RETURN = r"""
results:
  description:
    - One entry for each user, in the order of O(subscribers) or O(subscribers_file).
    - If writing fails, the task also returns them.
  returned: if the tables could be read and compared
  type: list
  elements: dict
  contains:
    username:
      description: The name of the user.
      type: str
      sample: "1001"
    domain:
      description: The domain of the user.
      type: str
      sample: example.com
    operation:
      description: What has to be done, V(insert), V(change), V(delete) or V(none). V(change) includes what belongs to the user.
      type: str
      sample: change
    outcome:
      description:
        - What became of the user, V(inserted), V(updated), V(deleted) or V(unchanged).
        - If the user differs, V(planned) in check mode, and V(not_written) if writing failed.
        - V(unknown) if the connection to the database was lost during the commit.
      type: str
      sample: updated
    changed:
      description: Whether the user was changed, or would be changed in check mode.
      type: bool
      sample: true
    before:
      description:
        - The columns that the entry sets as they were, and C(aliases), C(groups) and C(speed_dials) if the entry sets them.
        - A user that is removed has all columns. Empty if there was no such user.
        - Passwords and hashes are V(hidden). If one changes, it is V(hidden, changed) in RV(results[].after).
      type: dict
      sample:
        username: "1001"
        domain: example.com
        ha1: hidden
        groups: [local]
    after:
      description: The same as they are then. Empty if the user is removed.
      type: dict
      sample:
        username: "1001"
        domain: example.com
        ha1: hidden
        groups: [international, local]
    generated_password:
      description:
        - The password that O(generate_password) made for the user. Empty for all other users, and in check mode.
        - If RV(results[].outcome) is V(unknown), the user may have it or not exist.
      type: str
      sample: kR7vYw2mTqXb9sDf4GhJ
    error:
      description: Why the user was not written, with C(type), C(message) and C(hint). Empty if there is no error.
      type: dict
summary:
  description: Counts of RV(results).
  returned: if the tables could be read and compared
  type: dict
  contains:
    total:
      description: Number of users.
      type: int
      sample: 2
    outcomes:
      description: Number of users for each RV(results[].outcome), including outcomes without users.
      type: dict
      sample: {inserted: 0, updated: 1, deleted: 0, unchanged: 1, planned: 0, not_written: 0, unknown: 0}
    operations:
      description: Number of users for each RV(results[].operation), including operations without users.
      type: dict
      sample: {insert: 0, change: 1, delete: 0, none: 1}
    tables:
      description: Number of rows for each operation, by the name of the table.
      type: dict
      sample:
        subscriber: {insert: 0, change: 0, delete: 0, none: 2}
        grp: {insert: 1, change: 0, delete: 0, none: 1}
table_version:
  description: The version of the table C(subscriber).
  returned: if the tables could be read and compared
  type: int
  sample: 8
error:
  description: Why the task failed, with C(type), C(message) and C(hint).
  returned: failure
  type: dict
  sample:
    type: BadParameters
    message: "subscribers: rows 1 and 3 are the same user, 1001@example.com"
    hint: Nothing was written. Correct the rows, or remove them
"""

from ansible_collections.community.opensips.plugins.module_utils._module import subscriber
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_without_server


def main():
    run_without_server(subscriber.spec(), subscriber.run)


if __name__ == "__main__":
    main()
