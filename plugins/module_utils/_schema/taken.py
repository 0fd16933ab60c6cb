# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether the names that a table needs are free, and its version can be entered: asked of the database before anything is changed."""

from typing import Any, Dict, List, NamedTuple, Optional, Set

from ansible_collections.community.opensips.plugins.module_utils._schema import ddl
from ansible_collections.community.opensips.plugins.module_utils._schema.errors import NameTaken
from ansible_collections.community.opensips.plugins.module_utils._schema.model import VERSION_TABLE, Table
from ansible_collections.community.opensips.plugins.module_utils._schema.rebuild import OLD

# PostgreSQL cuts off longer names
_LONGEST = 63


class Taken(NamedTuple):
    """What has a name already. kind: str such as ``index``. name: in lower case. table: the one that it belongs to, or the empty str."""

    kind: str
    name: str
    table: str


def needed_names(dialect: str, table: Table, is_there: bool) -> List[str]:
    """The names (list of str) that a table takes beside those that it has. is_there: whether it is upgraded.

    Indexes and sequences have names of their own on SQLite and PostgreSQL.
    """
    if dialect == "mysql":
        return [] if is_there else [table.name]
    # what is only unique has no name on SQLite
    found = [
        ddl.index_name(dialect, table, index) for index in table.indexes if dialect == "postgresql" or not index.unique
    ]
    if dialect == "postgresql":
        found += [f"{table.name}_{column.name}_seq" for column in table.columns.values() if column.auto]
    return [name[:_LONGEST].lower() for name in [*found, table.name + OLD if is_there else table.name]]


def refusal(table: Table, names: List[str], there: Dict[str, List[Taken]]) -> Optional[NameTaken]:
    """Why the database would not make a table, or None. names: needed_names(). there: taken()."""
    found = [one for name in names for one in there.get(name, []) if one.table != table.name]
    if not found:
        return None
    listed = ", ".join(
        f"{one.kind}{' of the table ' + one.table if one.table else ''} has the name {one.name}" for one in found
    )
    return NameTaken(
        f"The table {table.name} cannot be made: {listed}",
        "Nothing was changed. Rename what has the name, and run the task again",
    )


def taken(connection: Any, names: List[str]) -> Dict[str, List[Taken]]:
    """What has these names: {name: list of Taken}. connection: has ``engine`` and ``rows(statement)``."""
    wanted: Set[str] = set(names)
    found: Dict[str, List[Taken]] = {}
    if wanted:
        listed = ", ".join(map(ddl.literal, sorted(wanted)))
        for kind, name, table in connection.rows(_TAKEN[connection.engine].format(names=listed)):
            found.setdefault(str(name).lower(), []).append(Taken(str(kind), str(name), str(table or "").lower()))
    return found


def version_refusal(connection: Any) -> Optional[NameTaken]:
    """Why no version can be entered into the table version, or None."""
    kinds = [one.kind for one in taken(connection, [VERSION_TABLE]).get(VERSION_TABLE, [])]
    if "a view" not in kinds:
        return None
    return NameTaken(
        f"{VERSION_TABLE} is a view, and the task must write to the table",
        "Nothing was changed. Drop the view, give the table that it shows this name, and run the task again",
    )


# tables themselves are found elsewhere; PostgreSQL has a type of the name of each table
_TAKEN: Dict[str, str] = {
    "sqlite": """
SELECT CASE type WHEN 'index' THEN 'an index' ELSE 'a ' || type END, name, CASE type WHEN 'index' THEN tbl_name END
FROM sqlite_master WHERE type IN ('table', 'index', 'view') AND lower(name) IN ({names})""",
    "postgresql": """
SELECT CASE c.relkind WHEN 'i' THEN 'an index' WHEN 'I' THEN 'an index' WHEN 'S' THEN 'a sequence' WHEN 'v' THEN 'a view'
WHEN 'm' THEN 'a view' WHEN 'c' THEN 'a type' ELSE 'a table' END, c.relname, COALESCE(
(SELECT t.relname FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid WHERE x.indexrelid = c.oid),
(SELECT t.relname FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid WHERE c.relkind = 'S' AND d.objid = c.oid
AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') LIMIT 1))
FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND c.relname IN ({names})
UNION ALL SELECT 'a type', typname, NULL FROM pg_type
WHERE typnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND typtype IN ('d', 'e', 'm', 'r')
AND typname IN ({names})""",
    "mysql": """
SELECT CASE table_type WHEN 'VIEW' THEN 'a view' ELSE LOWER(CONCAT('a ', table_type)) END, table_name, NULL
FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN ({names})""",
}
