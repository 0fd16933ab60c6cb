# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations

import textwrap

# @ stands for what comes before the name of an option, where these are suboptions
_OPTIONS = r"""
db_url:
  description:
    - The database as a URL, such as V(mysql://opensips:secret@192.0.2.3/opensips). It is the C(db_url) of C(opensips.cfg), or a URL of
      SQLAlchemy with a driver and options.
    - Special characters in the password must be escaped, such as V(%40) for an at sign. This holds for at signs, slashes and colons.
    - A file of SQLite has an absolute path after three slashes, such as V(sqlite:////var/lib/opensips/opensips.sqlite).
    - Either this or O(@db_engine) is required. The options that begin with C(login_) are only allowed with O(@db_engine).
  type: str
db_engine:
  description:
    - The kind of database. The options that begin with C(login_) say where it is.
  type: str
  choices: [sqlite, postgresql, mysql]
login_host:
  description:
    - Host of the database. If not set, the local host. PostgreSQL then uses its Unix socket.
  type: str
login_port:
  description:
    - Port of the database. If not set, the default port of the database.
  type: int
login_unix_socket:
  description:
    - The socket of MySQL and MariaDB, or the directory of the socket of PostgreSQL.
  type: path
login_user:
  description:
    - User of the database.
  type: str
login_password:
  description:
    - Password of O(@login_user).
  type: str
login_db:
  description:
    - Name of the database. If not set, V(opensips). For V(sqlite), it is the path of the file, and is required.
  type: str
db_timeout:
  description:
    - Seconds to wait for a connection to the database, and for locks of other sessions.
    - PostgreSQL (with psycopg2), MySQL and MariaDB must answer a statement within this time plus 120 seconds. If they do not, the
      task gives up the connection and fails.
  type: float
  default: 10
"""


def suboptions(parent, indent):
    """The options as suboptions of parent, indented by that many blanks."""
    return textwrap.indent(
        _OPTIONS.replace("@db_", f"{parent}.db_").replace("@login_", f"{parent}.login_"), " " * indent
    )


class ModuleDocFragment:
    # Where a database is
    DOCUMENTATION = r"""
requirements:
  - SQLAlchemy 1.4 or later
  - psycopg2 (or psycopg, with SQLAlchemy 2) for PostgreSQL
  - PyMySQL (or mysqlclient) for MySQL and MariaDB
options:
"""


# the checks of ansible-test read only constants in a class
ModuleDocFragment.DOCUMENTATION += textwrap.indent(f"{_OPTIONS.replace('(@', '(').strip()}\n", "  ")
