# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The upgrade itself. In one transaction on SQLite and PostgreSQL; by copies that are swapped at once on MySQL and MariaDB.

Either way the old table is there until the new one has the same rows: their number and a checksum are compared.
"""

from typing import Any, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._schema import added, ddl, examine
from ansible_collections.community.opensips.plugins.module_utils._schema.digest import Digest, digest
from ansible_collections.community.opensips.plugins.module_utils._schema.errors import NotTheSame
from ansible_collections.community.opensips.plugins.module_utils._schema.model import VERSION_TABLE
from ansible_collections.community.opensips.plugins.module_utils._schema.upgrade import Upgrade, quoted

#: What the old table, and a new one that is not finished, are called meanwhile
OLD, NEW = "__opensips_old", "__opensips_new"


def statements(upgrade: Upgrade) -> List[str]:
    """The statements of an upgrade (list of str) as a diff shows them; the database needs a few more."""
    old = upgrade.table + OLD
    lines = [f"ALTER TABLE {upgrade.table} RENAME TO {old}", *_make(upgrade)]
    version = version_statement(upgrade, VERSION_TABLE)
    lines += [*upgrade.insert(old, upgrade.table), *([version] if version else []), f"DROP TABLE {old}"]
    return lines


def _make(upgrade: Upgrade) -> List[str]:
    """The statements that make the new table under its own name."""
    return upgrade.create(upgrade.table) + ddl.behind_table(upgrade.dialect, upgrade.after)


def version_statement(upgrade: Upgrade, table: str) -> Optional[str]:
    """The statement that enters the new version into the table version, or a copy of it. None: it stays."""
    before, after = upgrade.found.version, upgrade.after.version
    if after is None or after == before:
        return None
    if before is None:
        return ddl.version_entry(upgrade.after, table)
    # names and numbers of the collection's own data
    return f"UPDATE {table} SET table_version = {after} WHERE table_name = '{upgrade.table}'"  # nosec B608


# SQLite and PostgreSQL


def rebuild(connection: Any, upgrades: List[Upgrade]) -> None:
    """Upgrade tables within the transaction that has begun. Raises NotTheSame, which must roll it back.

    connection: has ``engine``, ``rows(statement)``, ``stream(statement)`` and ``execute(statement)``.
    """
    if connection.engine == "sqlite":
        # views go on naming the table, not what it is called meanwhile
        connection.execute("PRAGMA legacy_alter_table = ON")
    else:
        tables = ", ".join(upgrade.table for upgrade in upgrades)
        connection.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        for upgrade in upgrades:
            # somebody may have written since
            examine.examine(connection, upgrade)
    for upgrade in upgrades:
        _rebuild_one(connection, upgrade)


def _rebuild_one(connection: Any, upgrade: Upgrade) -> None:
    old = upgrade.table + OLD
    later = added.index_statements(connection, upgrade)
    aside = _PUT_ASIDE[connection.engine](connection, upgrade, later)
    for statement in [*aside, *_make(upgrade), *upgrade.insert(old, upgrade.table)]:
        connection.execute(statement)
    compare(connection, upgrade, old, upgrade.table)
    later += _NUMBERING[connection.engine](connection, upgrade)
    version = version_statement(upgrade, VERSION_TABLE)
    for statement in [f"DROP TABLE {quoted(upgrade.dialect, old)}", *later, *([version] if version else [])]:
        connection.execute(statement)


def compare(connection: Any, upgrade: Upgrade, old: str, new: str) -> Digest:
    """The Digest of the rows, which are the same in both tables. Raises NotTheSame if they are not."""
    if not upgrade.rows:
        return Digest(0, 0)
    wanted, found = digest(connection, upgrade.select(old)), digest(connection, upgrade.read_new(new))
    if wanted != found:
        raise NotTheSame(
            f"The upgraded table {upgrade.table} would not have the rows of the old one: {found.rows} of {wanted.rows} rows,"
            f" checksum {found.checksum:064x} instead of {wanted.checksum:064x}",
            "Nothing was changed. Stop OpenSIPS and whatever else writes to the database, and run the task again",
        )
    return found


def _put_sqlite_aside(connection: Any, upgrade: Upgrade, _later: List[str]) -> List[str]:
    # names of indexes belong to the whole database, and cannot be changed
    rows = connection.rows(
        f"SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND lower(tbl_name) = '{upgrade.table}'"  # nosec B608
    )
    return [
        f"ALTER TABLE {quoted('sqlite', upgrade.table)} RENAME TO {quoted('sqlite', upgrade.table + OLD)}",
        *(f"DROP INDEX {quoted('sqlite', row[0])}" for row in rows),
    ]


_POSTGRESQL_NAMES = """
SELECT 'INDEX', i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = to_regclass('{table}')
UNION SELECT 'SEQUENCE', s.relname FROM pg_depend d JOIN pg_class s ON s.oid = d.objid
WHERE d.refobjid = to_regclass('{table}') AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND s.relkind = 'S'"""


def _put_postgresql_aside(connection: Any, upgrade: Upgrade, later: List[str]) -> List[str]:
    later += added.right_statements(connection, upgrade.table)
    lines = [f"ALTER TABLE {upgrade.table} RENAME TO {upgrade.table}{OLD}"]
    rows = sorted(connection.rows(_POSTGRESQL_NAMES.format(table=upgrade.table)))
    for number, (kind, name) in enumerate(rows):
        # short: a name has 63 characters
        lines.append(f"ALTER {kind} {quoted('postgresql', name)} RENAME TO {upgrade.table}_{number}{OLD}")
    return lines


_PUT_ASIDE = {"sqlite": _put_sqlite_aside, "postgresql": _put_postgresql_aside}


def _counting(upgrade: Upgrade) -> List[str]:
    """The columns that the database fills in, before and after."""
    return [column.name for column in upgrade.after.columns.values() if column.auto]


def _sqlite_numbering(connection: Any, upgrade: Upgrade) -> List[str]:
    """Numbers are not given again, even if their rows are gone."""
    if not any(column.auto for column in upgrade.found.columns.values()) or not _counting(upgrade):
        return []
    lines = []
    for (last,) in connection.rows(f"SELECT seq FROM sqlite_sequence WHERE name = '{upgrade.table}{OLD}'"):  # nosec B608
        lines.append(f"DELETE FROM sqlite_sequence WHERE name = '{upgrade.table}'")  # nosec B608
        highest = f"SELECT COALESCE(MAX({_counting(upgrade)[0]}), 0) FROM {upgrade.table}"  # nosec B608
        lines.append(f"INSERT INTO sqlite_sequence (name, seq) SELECT '{upgrade.table}', MAX({int(last)}, ({highest}))")  # nosec B608
    return lines


def _postgresql_numbering(connection: Any, upgrade: Upgrade) -> List[str]:
    lines = []
    for name in _counting(upgrade):
        sequence = f"{upgrade.table}_{name}_seq"
        last = min(_last_number(connection, upgrade), ddl.SEQUENCE_END)
        # usrloc numbers its contacts itself, beyond what the sequence has
        highest = f"(SELECT COALESCE(MAX({name}), 0) FROM {upgrade.table} WHERE {name} <= {ddl.SEQUENCE_END})"  # nosec B608
        lines.append(f"SELECT setval('{sequence}', GREATEST({highest}, {last}, 1), GREATEST({highest}, {last}) > 0)")
    return lines


def _last_number(connection: Any, upgrade: Upgrade) -> int:
    """What the sequence of the old table gave last; 0 for none."""
    old = upgrade.table + OLD
    for column in upgrade.found.columns.values():
        if column.auto:
            sequence = connection.rows(f"SELECT pg_get_serial_sequence('{old}', '{column.name}')")[0][0]
            if sequence is not None:
                last = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"  # nosec B608
                return int(connection.rows(last)[0][0])
    return 0


_NUMBERING = {"sqlite": _sqlite_numbering, "postgresql": _postgresql_numbering}
