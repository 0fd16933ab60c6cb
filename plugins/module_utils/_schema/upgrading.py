# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Upgrades of the tables of a database, from the plan to the end, whatever the database."""

from typing import Any, Dict, Iterable, List, NamedTuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._schema import examine, rebuild, swap
from ansible_collections.community.opensips.plugins.module_utils._schema.found import DatabaseTable
from ansible_collections.community.opensips.plugins.module_utils._schema.model import Table
from ansible_collections.community.opensips.plugins.module_utils._schema.upgrade import Upgrade, plan


class Choice(NamedTuple):
    """What to do about columns that a newer version has no place for.

    extra_columns: one of EXTRA_COLUMNS. drop_columns: names (list of str, ``table.column``) of those that may go in any case.
    """

    extra_columns: str
    drop_columns: List[str]


def plans(connection: Any, there: Dict[str, DatabaseTable], tables: Iterable[Table], choice: Choice) -> List[Upgrade]:
    """The upgrades (list of Upgrade) that tables need. It only reads, and finds whatever would stop one of them.

    connection: has ``engine`` (sqlite, postgresql or mysql) and ``rows(statement)``, which gives a list of tuple. there: what
    read_back() found. tables: what the database should have. Raises SchemaError, and BadParameters for what is not ``table.column``.
    """
    wanted = list(tables)
    drop = _by_table(choice.drop_columns)
    upgrades = []
    for table in wanted:
        if table.name in there:
            upgrade = plan(connection.engine, there[table.name], table, choice.extra_columns, drop.get(table.name, ()))
            if upgrade is not None:
                upgrades.append(upgrade)
    for upgrade in upgrades:
        examine.examine(connection, upgrade)
    return upgrades


def _by_table(names: Iterable[str]) -> Dict[str, List[str]]:
    found: Dict[str, List[str]] = {}
    for number, name in enumerate(names):
        table, dot, column = name.lower().partition(".")
        if not (table and dot and column):
            raise BadParameters(f"drop_columns[{number}]: {name!r} is not a column", "Write it as subscriber.ha1b")
        found.setdefault(table, []).append(column)
    return found


statements = rebuild.statements


def apply(connection: Any, upgrades: List[Upgrade]) -> Dict[str, rebuild.Moved]:
    """Carry out the upgrades: {table: Moved}. Raises NotTheSame, and what the database raises; then nothing was changed.

    connection: has ``engine``, ``rows(statement)``, ``stream(statement)``, an iterator of tuples, and ``execute(statement)``. On
    SQLite and PostgreSQL a transaction that writes has begun, which an error must roll back. On MySQL each call commits.
    """
    if not upgrades:
        return {}
    return swap.swap(connection, upgrades) if connection.engine == "mysql" else rebuild.rebuild(connection, upgrades)
