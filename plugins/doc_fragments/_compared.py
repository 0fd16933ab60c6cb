# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations

from ansible_collections.community.opensips.plugins.doc_fragments._database import suboptions


class ModuleDocFragment:
    # The database whose tables a server is compared with
    DOCUMENTATION = r"""
requirements:
  - SQLAlchemy 1.4 or later, for O(database)
  - psycopg2 (or psycopg, with SQLAlchemy 2) for PostgreSQL
  - PyMySQL (or mysqlclient) for MySQL and MariaDB
options:
  database:
    description:
      - The database that the server loads its tables from. The module compares the memory of the server with the tables.
      - If the memory has things that the table does not have, or the other way round, the server did not reload the table since it
        changed.
      - Values that the server does not report are not compared, such as C(strip) of gateways.
    type: dict
    suboptions:
"""


# the checks of ansible-test read only constants in a class
ModuleDocFragment.DOCUMENTATION += suboptions("database", 6)
