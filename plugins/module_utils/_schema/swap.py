# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The upgrade of tables of MySQL and MariaDB, where each statement about a table is a transaction of its own.

Copies are made and compared beside the old tables. One RENAME TABLE then puts all of them into place, the table version among
them. Before it nothing has changed, after it everything has. The old tables are dropped at the very end, so whoever is killed at
any point runs the task again: clean_up() finishes or undoes what it finds.
"""

import contextlib
import re
from typing import Any, Dict, List, Set

from ansible_collections.community.opensips.plugins.module_utils._schema import added, rebuild
from ansible_collections.community.opensips.plugins.module_utils._schema.digest import Digest, digest
from ansible_collections.community.opensips.plugins.module_utils._schema.errors import NotTheSame
from ansible_collections.community.opensips.plugins.module_utils._schema.found import read_back
from ansible_collections.community.opensips.plugins.module_utils._schema.model import VERSION_TABLE, names
from ansible_collections.community.opensips.plugins.module_utils._schema.rebuild import NEW, OLD
from ansible_collections.community.opensips.plugins.module_utils._schema.upgrade import Upgrade, plan, quoted, shape_of

#: An old table that differs from the new one, found by a later run
KEPT = "__opensips_kept"

_FOLLOWING = re.compile(r"\bAUTO_INCREMENT=([0-9]+)")
# 0 is a number like others, and nothing is cut off
_MODES = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES')"


def swap(connection: Any, upgrades: List[Upgrade]) -> None:
    """Upgrade tables. Raises NotTheSame, and then the old tables are in place.

    connection: has ``engine``, ``rows(statement)``, ``stream(statement)`` and ``execute(statement)``.
    """
    # the table version is the last: its old table says that all others were swapped
    tables = [upgrade.table for upgrade in upgrades] + [VERSION_TABLE]
    connection.execute(_MODES)
    try:
        copied = {upgrade.table: _copy(connection, upgrade) for upgrade in upgrades}
        _copy_version(connection, upgrades)
    except Exception:
        # the first error counts; whoever runs the task again cleans up
        with contextlib.suppress(Exception):
            _drop(connection, [name + NEW for name in tables])
        raise
    connection.execute(_rename(tables, OLD, NEW))
    _check_old(connection, upgrades, copied)
    # it is done; what cannot be dropped now is dropped by the next run
    with contextlib.suppress(Exception):
        _drop(connection, [name + OLD for name in tables])


def _drop(connection: Any, tables: List[str]) -> None:
    for name in tables:
        connection.execute(f"DROP TABLE IF EXISTS {quoted('mysql', name)}")


def _rename(tables: List[str], away: str, here: str) -> str:
    """RENAME TABLE: each table gets the suffix ``away``, and the one with the suffix ``here`` takes its place."""
    pairs = [pair for name in tables for pair in ((name, name + away), (name + here, name))]
    return "RENAME TABLE " + ", ".join(f"{quoted('mysql', old)} TO {quoted('mysql', new)}" for old, new in pairs)


def _copy(connection: Any, upgrade: Upgrade) -> Digest:
    """Make the new table beside the old one. Raises NotTheSame."""
    old, new = upgrade.found.name, upgrade.table + NEW
    # names of OpenSIPS' own tables
    query = f"SELECT table_collation FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '{old}'"  # nosec B608
    collation = connection.rows(query)[0][0]
    create, *more = upgrade.create(new)
    for statement in [f"{create} COLLATE={collation}", *more, *upgrade.insert(old, new)]:
        connection.execute(statement)
    clauses = added.key_clauses(upgrade)
    # MySQL 8 remembers what information_schema had a day ago
    following = _FOLLOWING.search(str(connection.rows(f"SHOW CREATE TABLE {quoted('mysql', old)}")[0][1]))
    if following is not None and any(column.auto for column in upgrade.after.columns.values()):
        # numbers are not given again; one that is smaller than those of the rows has no effect
        clauses.append(f"AUTO_INCREMENT = {following.group(1)}")
    if clauses:
        connection.execute(f"ALTER TABLE {quoted('mysql', new)} {', '.join(clauses)}")
    return rebuild.compare(connection, upgrade, old, new)


def _copy_version(connection: Any, upgrades: List[Upgrade]) -> None:
    new = VERSION_TABLE + NEW
    connection.execute(f"CREATE TABLE {new} LIKE {VERSION_TABLE}")
    connection.execute(f"INSERT INTO {new} SELECT * FROM {VERSION_TABLE}")  # nosec B608
    for upgrade in upgrades:
        statement = rebuild.version_statement(upgrade, new)
        if statement is not None:
            connection.execute(statement)


def _check_old(connection: Any, upgrades: List[Upgrade], copied: Dict[str, Digest]) -> None:
    """Swap back if rows were written between the copy and the swap, which locks nobody out. Raises NotTheSame."""
    late = [
        upgrade.table
        for upgrade in upgrades
        if upgrade.rows and digest(connection, upgrade.select(upgrade.table + OLD)) != copied[upgrade.table]
    ]
    if not late:
        return
    kept = _swap_back(connection, upgrades, copied)
    also = f" What was written to the new tables meanwhile is in {', '.join(kept)}." if kept else ""
    raise NotTheSame(
        f"Rows were written during the upgrade to {', '.join(late)}",
        f"The old tables are in place.{also} Stop OpenSIPS and whatever else writes to the database, and run the task again",
    )


def _swap_back(connection: Any, upgrades: List[Upgrade], copied: Dict[str, Digest]) -> List[str]:
    """Put the old tables into place: names (list of str) under which new tables are kept to which rows were written meanwhile."""
    tables = [upgrade.table for upgrade in upgrades] + [VERSION_TABLE]
    connection.execute(_rename(tables, NEW, OLD))
    written = [
        upgrade.table
        for upgrade in upgrades
        if upgrade.rows and digest(connection, upgrade.read_new(upgrade.table + NEW)) != copied[upgrade.table]
    ]
    for table in written:
        connection.execute(f"RENAME TABLE {quoted('mysql', table + NEW)} TO {quoted('mysql', table + KEPT)}")
    _drop(connection, [table + NEW for table in tables])
    return [table + KEPT for table in written]


# After a run that did not come to its end


def leftovers(connection: Any) -> List[str]:
    """Names (list of str) of the tables that a run which did not come to its end has left."""
    known = {name + suffix for name in names() for suffix in (OLD, NEW)}
    rows = connection.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
    return sorted(str(row[0]) for row in rows if row[0] in known)


def clean_up(connection: Any) -> List[str]:
    """Finish what a run has begun that was ended after its swap, undo what was ended before.

    Gives the names (list of str) of old tables that are kept, because the new table has other rows meanwhile.
    """
    left = leftovers(connection)
    old = [name[: -len(OLD)] for name in left if name.endswith(OLD)]
    kept: List[str] = []
    if VERSION_TABLE in old:
        for table in old:
            if table != VERSION_TABLE and not _is_copied(connection, table):
                kept.append(table + KEPT)
                connection.execute(f"RENAME TABLE {quoted('mysql', table + OLD)} TO {quoted('mysql', table + KEPT)}")
        _drop(connection, sorted((table + OLD for table in old), key=lambda name: name == VERSION_TABLE + OLD))
    else:
        _undo(connection, old)
    # those that it undid are among them
    _drop(connection, [name for name in leftovers(connection) if name.endswith(NEW)])
    return kept


def _undo(connection: Any, tables: List[str]) -> None:
    """Put the old tables into place again: the database itself failed in the middle of the swap."""
    there = read_back(connection, tables)
    for table in tables:
        away = f"{quoted('mysql', table)} TO {quoted('mysql', table + NEW)}, " if table in there else ""
        connection.execute(f"RENAME TABLE {away}{quoted('mysql', table + OLD)} TO {quoted('mysql', table)}")


def _is_copied(connection: Any, table: str) -> bool:
    """Whether a table has the rows of the old one that was put aside."""
    there = read_back(connection, [table, table + OLD])
    if table not in there:
        return False
    new, old = there[table], there[table + OLD]
    after = shape_of("mysql", new)
    versions = connection.rows(f"SELECT table_version FROM {VERSION_TABLE}{OLD} WHERE table_name = '{table}'")  # nosec B608
    old.name, old.version = table, int(versions[0][0]) if versions else None
    if after is None:
        return False
    extra: Set[str] = set(old.columns) - set(new.columns)
    upgrade = plan("mysql", old, after, extra_columns="keep", drop_columns=extra)
    if upgrade is None or not upgrade.rows:
        return False
    return digest(connection, upgrade.select(table + OLD)) == digest(connection, upgrade.read_new(table))
