# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether a table can be upgraded without losing anything: asked of the database before anything is changed."""

import re
from typing import Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._schema import conversions
from ansible_collections.community.opensips.plugins.module_utils._schema.errors import CannotUpgrade, ForeignColumns
from ansible_collections.community.opensips.plugins.module_utils._schema.model import Column
from ansible_collections.community.opensips.plugins.module_utils._schema.upgrade import Upgrade, quoted

_CHECK = re.compile(r"\bCHECK\s*\(", re.IGNORECASE)
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
_LENGTH = re.compile(r"char(?:acter varying)?\(([0-9]+)\)")


def examine(connection: Any, upgrade: Upgrade) -> None:
    """Count the rows. Raise CannotUpgrade or ForeignColumns if something would be lost.

    connection: has ``engine`` (sqlite, postgresql or mysql) and ``rows(statement)``, which gives a list of tuple.
    """
    _check_attached(connection, upgrade.table)
    upgrade.rows_before = _count(connection, upgrade, None)
    counts = [_count(connection, upgrade, rows.where) if rows.where else upgrade.rows_before for rows in upgrade.rows]
    upgrade.rows_after = sum(counts)
    reason = conversions.unreadable(upgrade.before, upgrade.after)
    if reason is not None and upgrade.rows_before:
        raise CannotUpgrade(
            f"The rows of the table {upgrade.table} cannot be upgraded: {reason}",
            "Nothing was changed. Keep the rows elsewhere, delete them from the table, and add them again after the upgrade",
        )
    _check_dropped(connection, upgrade)
    _check_values(connection, upgrade)


def _count(connection: Any, upgrade: Upgrade, where: Optional[str]) -> int:
    name = quoted(upgrade.dialect, upgrade.found.name)
    # names that the database itself gave, quoted by its rules
    return int(connection.rows(f"SELECT COUNT(*) FROM {name}{' WHERE ' + where if where else ''}")[0][0])  # nosec B608


def _check_dropped(connection: Any, upgrade: Upgrade) -> None:
    """Raise ForeignColumns for columns that the new version does not have, but the rows have values in them."""
    full = []
    for name, default in upgrade.examined.items():
        column = quoted(upgrade.dialect, name)
        empty = f"{conversions.as_text(upgrade.dialect, column)} IN ('', '{default or ''}')"
        if _count(connection, upgrade, f"{column} IS NOT NULL AND NOT ({empty})"):
            full.append(f"{upgrade.table}.{name}")
    if full:
        raise ForeignColumns(
            f"{upgrade.after.opensips} has no place for columns that have values: {', '.join(full)}",
            f"Nothing was changed. List in drop_columns what may go, or set extra_columns to keep: {', '.join(full)}",
        )


def _check_values(connection: Any, upgrade: Upgrade) -> None:
    """Raise CannotUpgrade for values that the new columns do not take: wider ones, and NULL."""
    made = dict(zip(upgrade.columns, upgrade.rows[0].expressions)) if upgrade.rows else {}
    for column in upgrade.after.columns.values():
        found = upgrade.found.columns.get(column.name.lower())
        if found is None or column.name not in made:
            continue
        value = made[column.name]
        if found.null and not column.null and _count(connection, upgrade, f"{value} IS NULL"):
            raise _unfit(upgrade, column.name, "NULL, which the new version does not allow")
        if _is_wider(upgrade.dialect, found.type, column) and _count(
            connection, upgrade, f"CHAR_LENGTH({value}) > {column.size}"
        ):
            raise _unfit(upgrade, column.name, f"a value longer than {column.size} characters")


def _is_wider(dialect: str, found: str, column: Column) -> bool:
    """Whether a column of the type ``found`` may hold more than the new one. SQLite has no lengths."""
    if dialect == "sqlite" or column.type != "char" or column.size is None:
        return False
    length = _LENGTH.match(found)
    return length is None or int(length.group(1)) > column.size


def _unfit(upgrade: Upgrade, column: str, what: str) -> CannotUpgrade:
    return CannotUpgrade(
        f"The column {upgrade.table}.{column} has {what}",
        "Nothing was changed. Correct the row, and run the task again",
    )


_ATTACHED: Dict[str, str] = {
    "sqlite": """
SELECT 'trigger ' || name FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = '{table}'
UNION SELECT 'view ' || lower(name) FROM sqlite_master WHERE type = 'view' AND lower(name) = '{table}'""",
    "postgresql": """
SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgrelid = to_regclass('{table}') AND NOT tgisinternal
UNION SELECT 'constraint ' || conname FROM pg_constraint
WHERE contype IN ('f', 'c', 'x') AND (conrelid = to_regclass('{table}') OR confrelid = to_regclass('{table}'))
UNION SELECT 'view ' || v.relname FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class
WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = to_regclass('{table}')
UNION SELECT 'view ' || relname FROM pg_class WHERE oid = to_regclass('{table}') AND relkind IN ('v', 'm', 'f')
UNION SELECT 'policy ' || polname FROM pg_policy WHERE polrelid = to_regclass('{table}')
UNION SELECT 'partition ' || c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass('{table}') OR i.inhrelid = to_regclass('{table}')
UNION SELECT 'publication ' || p.pubname FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
WHERE r.prrelid = to_regclass('{table}')""",
    "mysql": """
SELECT CONCAT('trigger ', trigger_name) FROM information_schema.triggers
WHERE event_object_schema = DATABASE() AND event_object_table = '{table}'
UNION SELECT CONCAT('constraint ', constraint_name) FROM information_schema.table_constraints
WHERE table_schema = DATABASE() AND table_name = '{table}' AND constraint_type NOT IN ('PRIMARY KEY', 'UNIQUE')
UNION SELECT CONCAT('constraint ', constraint_name) FROM information_schema.key_column_usage
WHERE referenced_table_schema = DATABASE() AND referenced_table_name = '{table}'
UNION SELECT CONCAT('view ', table_name) FROM information_schema.views WHERE table_schema = DATABASE() AND table_name = '{table}'
UNION SELECT CONCAT('index ', index_name) FROM information_schema.statistics
WHERE table_schema = DATABASE() AND table_name = '{table}' AND column_name IS NULL
UNION SELECT CONCAT('generated column ', column_name) FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = '{table}' AND (extra LIKE '%STORED GENERATED%' OR extra LIKE '%VIRTUAL GENERATED%')
UNION SELECT CONCAT('partition ', partition_name) FROM information_schema.partitions
WHERE table_schema = DATABASE() AND table_name = '{table}' AND partition_name IS NOT NULL""",
}


def _check_attached(connection: Any, table: str) -> None:
    """Raise CannotUpgrade for what hangs on the table, and would go with it or keep it."""
    found: List[str] = [str(row[0]) for row in connection.rows(_ATTACHED[connection.engine].format(table=table))]
    if f"view {table}" in found:
        raise CannotUpgrade(
            f"{table} is a view, and an upgrade needs the table",
            "Nothing was changed. Drop the view, give the table that it shows this name, and run the task again",
        )
    if connection.engine == "sqlite":
        found += _within_sqlite(connection, table)
    if found:
        raise CannotUpgrade(
            f"The table {table} has what no version of OpenSIPS has: {', '.join(sorted(found))}",
            "Nothing was changed. Drop them, run the task again, and make them again for the new table",
        )


def _within_sqlite(connection: Any, table: str) -> List[str]:
    """What belongs to the statement that made a table of SQLite (list of str): a new table would not have it."""
    # 2 and 3: virtual and stored; SQLite before 3.26 has neither these columns nor this PRAGMA
    made = [row[1] for row in connection.rows(f"PRAGMA table_xinfo({table})") if row[6] in (2, 3)]
    keys = [f"foreign key to {row[2]}" for row in connection.rows(f"PRAGMA foreign_key_list({table})")]
    [(statement,)] = connection.rows(f"SELECT sql FROM sqlite_master WHERE type = 'table' AND lower(name) = '{table}'")  # nosec B608
    checks = ["constraint CHECK"] if _CHECK.search(_STRING.sub("", statement)) else []
    return [f"generated column {name}" for name in made] + sorted(set(keys)) + checks
