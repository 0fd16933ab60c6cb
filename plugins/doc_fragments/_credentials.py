# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations

from ansible_collections.community.opensips.plugins.doc_fragments._database import suboptions


class ModuleDocFragment:
    # What answers phones that ask for authentication; the same in every module that sends to phones
    DOCUMENTATION = r"""
options:
  credentials:
    description:
      - Answers phones that ask for Digest authentication with 401 or 407. Without credentials, such phones are V(rejected).
      - An entry applies to a phone if the phone has all of O(credentials[].aor), O(credentials[].realm) and O(credentials[].vendor) that
        the entry sets. An entry that sets none of them applies to all phones.
      - If several entries apply, the most specific one counts. The AOR comes first, then the realm, then the vendor.
      - If a phone accepts several algorithms, the module uses the strongest one for which the entry has a password or a hash.
        It knows MD5, SHA-256 and SHA-512-256, each also with C(-sess).
      - The module sends nothing to a phone whose realm has no credentials. It never sends a password, only its digest.
      - If this option, O(credentials_file) and O(credentials_db) have entries for the same phones, this option counts first, and
        O(credentials_file) second.
      - The log and the result of the task do not contain this option.
    type: list
    elements: dict
    suboptions:
      username:
        description:
          - User name that the phone checks. Each entry requires it.
        type: str
      password:
        description:
          - Password of O(credentials[].username). Each entry requires either a password or a hash.
        type: str
      ha1:
        description:
          - MD5 hash of C(username:realm:password) as 32 hexadecimal digits. Requires O(credentials[].realm).
        type: str
      ha1_sha256:
        description:
          - The same as a SHA-256 hash, 64 hexadecimal digits.
        type: str
      ha1_sha512t256:
        description:
          - The same as a SHA-512/256 hash, 64 hexadecimal digits.
          - Requires OpenSSL 1.1.1 or later on the host. Without it, the module does not choose this algorithm. If an entry has only
            this hash, the task then fails before it sends anything.
        type: str
      aor:
        description:
          - Address of record that the entry is for, as the location table has it.
          - If it has no domain, the entry applies only to AORs without a domain. If the location table has AORs without a domain, the entry
            applies to its user.
          - M(community.opensips.opensips_uac_dlg) compares it with the user and the host of the header C(To).
        type: str
      realm:
        description:
          - Realm that the entry is for, in the same spelling as in the challenge of the phone.
        type: str
      vendor:
        description:
          - Vendor that the entry is for, such as V(yealink), as the results of the task name it.
        type: str
  credentials_file:
    description:
      - File on the host with entries as in O(credentials), for very many of them.
      - If its name ends in C(.json), it is a JSON list of mappings.
      - Any other file is CSV. Its first line has names of the suboptions of O(credentials). Each further line has as many cells as there
        are names. An empty cell is not set. Commas, semicolons or tabs separate the cells, as in the first line.
      - The file must be a regular file in UTF-8 with at most 256 MB and 500,000 entries. A symbolic link must belong to root or to the
        user that runs the task.
      - In a directory that everybody may write to, such as C(/tmp), the file must belong to the user of the task, to root or to the owner
        of the directory. It must not be a symbolic link, and must not be writable for everybody.
      - If every user of the host can read the file, the task warns.
    type: path
  credentials_db:
    description:
      - Reads the accounts of the phones from the table C(subscriber) of a database, as C(auth_db) of OpenSIPS does. The account of an AOR
        is the row with its user and its domain.
      - The task reads the rows of the AORs that it is about to send to, before it sends anything.
      - The columns C(ha1), C(ha1_sha256) and C(ha1_sha512t256) answer challenges whose realm is the domain of the row. The
        column C(password), if it is not empty, answers any realm. C(ha1b) is not used.
      - The account of the database requires the right to read this table and the table C(version).
      - Requires SQLAlchemy 1.4 or later, and psycopg2 (or psycopg, with SQLAlchemy 2) for PostgreSQL, PyMySQL (or mysqlclient) for MySQL
        and MariaDB.
    type: dict
    suboptions:
      db_table:
        description:
          - Name of the table in the database. If not set, it is C(subscriber).
        type: str
"""


# the checks of ansible-test read only constants in a class
ModuleDocFragment.DOCUMENTATION += suboptions("credentials_db", 6)
