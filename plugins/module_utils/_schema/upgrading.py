# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Upgrades of the tables of a database, from the plan to the end, whatever the database."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

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


def plan_one(connection: Any, found: DatabaseTable, table: Table, choice: Choice) -> Optional[Upgrade]:
    """The Upgrade that a table needs, None for none. It only reads, and finds whatever would stop it.

    connection: has ``engine`` (sqlite, postgresql or mysql) and ``rows(statement)``, which gives a list of tuple. found: what the
    database has. table: what it should have. Raises SchemaError.
    """
    drop = [column for name, column in map(_split, choice.drop_columns) if name == table.name]
    upgrade = plan(connection.engine, found, table, choice.extra_columns, drop)
    if upgrade is not None:
        examine.examine(connection, upgrade)
    return upgrade


def check(choice: Choice, needed: Dict[str, Table]) -> None:
    """Raise BadParameters for what is not ``table.column``, and for what the newer version needs. needed: {name: Table}."""
    for number, name in enumerate(choice.drop_columns):
        table, column = _split(name)
        if not (table and column):
            raise BadParameters(f"drop_columns[{number}]: {name!r} is not a column", "Write it as subscriber.ha1b")
        if table in needed and column in [one.lower() for one in needed[table].columns]:
            raise BadParameters(
                f"drop_columns[{number}]: {needed[table].opensips} needs the column {name}",
                "List columns that the newer version does not have",
            )


def _split(name: str) -> Tuple[str, str]:
    table, _dot, column = name.lower().partition(".")
    return table, column


statements = rebuild.statements


def leftovers(connection: Any) -> List[str]:
    """Names (list of str) of tables that an upgrade which did not come to its end has left; only MySQL has them."""
    return swap.leftovers(connection) if connection.engine == "mysql" else []


def clean_up(connection: Any) -> List[str]:
    """Finish or undo such an upgrade: names (list of str) of old tables that are kept."""
    return swap.clean_up(connection) if connection.engine == "mysql" else []


def apply(connection: Any, upgrades: List[Upgrade]) -> None:
    """Carry out the upgrades. Raises NotTheSame, and what the database raises; then nothing was changed.

    connection: has ``engine``, ``rows(statement)``, ``stream(statement)``, an iterator of tuples, and ``execute(statement)``. A
    transaction has begun, which an error must roll back. MySQL commits each statement about a table.
    """
    if upgrades:
        run = swap.swap if connection.engine == "mysql" else rebuild.rebuild
        run(connection, upgrades)
