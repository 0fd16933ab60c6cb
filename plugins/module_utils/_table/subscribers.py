# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Accounts out of the table subscriber, as opensips_table and OpenSIPS' own tools write them.

username, domain     the account; its AOR is username@domain, and domain is the realm of the hashes
password             in clear, empty where only hashes are kept
ha1                  MD5 of username:domain:password; from version 8 on (3.2) also ha1_sha256 and ha1_sha512t256
ha1b                 up to version 7, for phones that call themselves user@domain: not used

Source: auth_db of 1.11 to 4.0, and RFC 8760.
"""

from typing import Any, Dict, Iterable, Iterator, List, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._table import schema
from ansible_collections.community.opensips.plugins.module_utils._table.columns import ComparedColumns
from ansible_collections.community.opensips.plugins.module_utils._table.database import CHUNK, TableOfOption
from ansible_collections.community.opensips.plugins.module_utils._table.errors import UnknownSchema, naming

OPTION = "credentials_db"
TABLE = "subscriber"
NEEDED = ("username", "domain")
# the secrets, of which one is enough
SECRETS = ("password", "ha1", "ha1_sha256", "ha1_sha512t256")
_PAGE = 2000


class SubscriberDatabase(TableOfOption):
    """The subscriber table of a database."""

    def __init__(self, params: Dict[str, Any]) -> None:
        """params: the option credentials_db."""
        super().__init__(OPTION, params, TABLE)

    def rows_of(self, aors: Iterable[str]) -> Iterator[Dict[str, str]]:
        """Yield the rows of AORs: {column: text} of NEEDED and SECRETS, "" for none.

        An AOR without a domain finds its user with every domain. The table is asked for these users only.
        """
        wanted: Dict[str, Optional[Set[str]]] = {}
        for aor in aors:
            user, at, domain = aor.partition("@")
            domains = wanted.setdefault(user, set())
            if not at:
                wanted[user] = None
            elif domains is not None:
                domains.add(domain)
        for rows in self._pages(sorted(wanted)):
            for row in rows:
                record = {name: value if isinstance(value, str) else "" for name, value in zip(self._names, row)}
                # databases compare texts by rules of their own
                if record["username"] in wanted:
                    domains = wanted[record["username"]]
                    if domains is None or record["domain"] in domains:
                        yield record

    def _pages(self, users: List[str]) -> Iterator[List[Tuple[Any, ...]]]:
        """Pages of rows, among which are all that have one of users."""
        with naming(OPTION):
            if all(ord(character) < 128 for user in users for character in user):
                for start in range(0, len(users), CHUNK):
                    some = [[[(self._real[0], "in", users[start : start + CHUNK])]]]
                    yield from self._db.whole(self._name, self._real, some, _PAGE)
            else:
                # beyond ASCII MySQL compares by rules of its own, or refuses to
                yield from self._db.whole(self._name, self._real, [], _PAGE)

    def _check(self) -> None:
        """Find the columns. Raises UnknownSchema."""
        found, _primary, _indexes = self._db.describe(self._name)
        version = self._db.table_version(self._name)
        if version is None and self._name != TABLE:
            # a view, or a table of another name, has no version of its own
            version = self._db.table_version(TABLE)
        columns = ComparedColumns(schema.choose(TABLE, version, [column.name for column in found]), found)
        missing = [name for name in NEEDED if columns.find(name) is None]
        if not any(columns.find(name) for name in SECRETS):
            missing += [" or ".join(SECRETS)]
        if missing:
            raise UnknownSchema(
                f"The table {self._name} of the {self._db.label} has no column {', '.join(missing)}",
                "Set db_table to the table that auth_db reads, or create it again with opensips_schema",
            )
        real = [(name, columns.find(name)) for name in NEEDED + SECRETS]
        self._names = [name for name, column in real if column is not None]
        self._real = [column.real_name for _name, column in real if column is not None]
