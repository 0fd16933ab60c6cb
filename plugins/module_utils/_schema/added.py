# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What administrators added to a table, and a new table must have again: indexes, the next number, an owner and grants."""

from typing import Any, Dict, List

from ansible_collections.community.opensips.plugins.module_utils._schema import ddl
from ansible_collections.community.opensips.plugins.module_utils._schema.found import DatabaseIndex
from ansible_collections.community.opensips.plugins.module_utils._schema.upgrade import Upgrade, quoted


def added_indexes(upgrade: Upgrade) -> List[DatabaseIndex]:
    """The indexes that OpenSIPS' scripts do not make, whose columns the new table still has.

    Which columns an expression or a condition has, only the database knows: it refuses one whose columns are gone.
    """
    known = {
        (tuple(_lower(index.columns)), index.unique)
        for table in (upgrade.before, upgrade.after)
        for index in table.indexes
    }
    taken = {ddl.index_name(upgrade.dialect, upgrade.after, index).lower() for index in upgrade.after.indexes}
    there = {name.lower() for name in upgrade.after.columns} | {column.name.lower() for column in upgrade.kept}
    return [
        index
        for index in upgrade.found.indexes
        if index.special
        or (
            (tuple(_lower(index.columns)), index.unique) not in known
            and index.name.lower() not in taken
            and there.issuperset(_lower(index.columns))
        )
    ]


def _lower(names: List[str]) -> List[str]:
    return [name.lower() for name in names]


def index_statements(connection: Any, upgrade: Upgrade) -> List[str]:
    """The statements that make the added indexes of SQLite and PostgreSQL again, read before the old table is put aside."""
    names = [index.name for index in added_indexes(upgrade)]
    if not names:
        return []
    listed = ", ".join(map(ddl.literal, names))
    return [
        str(row[0])
        for row in connection.rows(_INDEX_SQL[connection.engine].format(names=listed, table=upgrade.found.name))
    ]


_INDEX_SQL: Dict[str, str] = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND name IN ({names})",
    "postgresql": """
SELECT pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indrelid = to_regclass('{table}') AND i.relname IN ({names})""",
}


def key_clauses(upgrade: Upgrade) -> List[str]:
    """The same for ALTER TABLE of MySQL."""
    return [
        f"ADD {'UNIQUE ' * index.unique}KEY {quoted('mysql', index.name)} ({', '.join(quoted('mysql', name) for name in index.columns)})"
        for index in added_indexes(upgrade)
    ]


_RIGHTS = """
SELECT c.relkind, c.relname, g.privilege_type, CASE WHEN g.grantee = 0 THEN NULL ELSE pg_get_userbyid(g.grantee) END, g.is_grantable
FROM pg_class c, aclexplode(c.relacl) g
WHERE (c.oid = to_regclass('{table}') OR c.oid IN (SELECT d.objid FROM pg_depend d WHERE d.refobjid = to_regclass('{table}')
AND d.classid = 'pg_class'::regclass AND d.deptype = 'a')) AND c.relkind IN ('r', 'S') AND g.grantee <> c.relowner"""


def right_statements(connection: Any, table: str) -> List[str]:
    """The statements that give a new table of PostgreSQL the owner and the grants of the old one."""
    statements = []
    for kind, name, privilege, grantee, grantable in connection.rows(_RIGHTS.format(table=table)):
        to = "PUBLIC" if grantee is None else quoted("postgresql", grantee)
        thing = "SEQUENCE" if kind == "S" else "TABLE"
        option = " WITH GRANT OPTION" if grantable else ""
        statements.append(f"GRANT {privilege} ON {thing} {quoted('postgresql', name)} TO {to}{option}")
    for owner, user in connection.rows(
        f"SELECT pg_get_userbyid(relowner), current_user FROM pg_class WHERE oid = to_regclass('{table}')"  # nosec B608
    ):
        if owner != user:
            statements.append(f"ALTER TABLE {table} OWNER TO {quoted('postgresql', owner)}")
    return statements
