# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The tables that a database has, and those that it should have, in the same terms.

read_back() asks the database: PRAGMA of SQLite, the catalogue of PostgreSQL, information_schema of MySQL and MariaDB.
expected() says what it would give of a table that OpenSIPS' scripts made.
"""

import re
from collections import OrderedDict
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._schema import ddl
from ansible_collections.community.opensips.plugins.module_utils._schema.model import VERSION_TABLE, Column, Table

_Rows = List[Tuple[Any, ...]]

_WHOLE = re.compile(r"[0-9]{1,9}\Z")
_NUMBER = re.compile(r"'?([+-]?[0-9]+(\.[0-9]+)?)'?\Z")
_CAST = re.compile(r"::[a-z][a-z ]*(\([0-9,]+\))?(\[\])?\Z")
# ADD COLUMN and DEFAULT of other versions put these around a default
_BRACKETS = re.compile(r"\((.*)\)\Z", re.DOTALL)
# Widths of numbers say nothing of what they hold; MySQL 8 does not keep them
_WIDTH = re.compile(r"\b(tinyint|smallint|mediumint|int|bigint)\([0-9]+\)")
# MySQL takes text(64) and blob(16) as wishes, and chooses the smallest type that holds as much in the database's character set
_WISHES = re.compile(r"\b(?:tiny)?(text|blob)(\([0-9]+\))?")

_POSTGRESQL_TYPES = {"serial": "integer", "bigserial": "bigint"}
_POSTGRESQL_CHAR = re.compile(r"varchar\b")


class DatabaseColumn:
    """A column of a table in a database.

    name: str, as the database writes it. type: str in lower case, such as ``char(64)`` or ``character varying(64)``. null: bool.
    default: str without quotes and casts, or None for none and for NULL. auto: whether the database fills it in.
    default_sql: the default as the database writes it; None for MySQL, which leaves out quotes, and where there is none.
    """

    __slots__ = ("name", "type", "null", "default", "auto", "default_sql")

    def __init__(
        self,
        name: str,
        type: str,  # noqa: A002
        null: bool,
        default: Optional[str],
        auto: bool,
        default_sql: Optional[str] = None,
    ) -> None:
        self.name, self.type, self.null, self.default, self.auto = name, type, null, default, auto
        self.default_sql = default_sql


class DatabaseIndex:
    """An index of a table in a database.

    name: str. columns: list of str, the empty one for an expression. unique: bool. special: whether it has expressions, or not all rows.
    """

    __slots__ = ("name", "columns", "unique", "special")

    def __init__(self, name: str, columns: List[str], unique: bool, special: bool = False) -> None:
        self.name, self.columns, self.unique, self.special = name, columns, unique, special


class DatabaseTable:
    """A table in a database.

    name: str. version: int, what the table version has of it, or None. columns: OrderedDict of DatabaseColumn by their names in
    lower case. primary_key: list of str. indexes: list of DatabaseIndex, the primary key is not among them.
    """

    def __init__(self, name: str, version: Optional[int] = None) -> None:
        self.name, self.version = name, version
        self.columns: OrderedDict[str, DatabaseColumn] = OrderedDict()
        self.primary_key: List[str] = []
        self.indexes: List[DatabaseIndex] = []

    def add(self, column: DatabaseColumn) -> None:
        self.columns[column.name.lower()] = column


def expected(dialect: str, table: Table) -> DatabaseTable:
    """The table as read_back() would find it."""
    found = DatabaseTable(table.name, table.version)
    for column in table.columns.values():
        found.add(_expected_column(dialect, column))
    found.primary_key = list(table.primary_key)
    found.indexes = [
        DatabaseIndex(ddl.index_name(dialect, table, index), list(index.columns), index.unique)
        for index in table.indexes
    ]
    return found


def _expected_column(dialect: str, column: Column) -> DatabaseColumn:
    default = None if column.auto else _default(column.literal)
    return DatabaseColumn(column.name, _type(dialect, ddl.type_of(dialect, column)), column.null, default, column.auto)


def _type(dialect: str, text: str) -> str:
    """A type in the terms of read_back()."""
    text = " ".join(text.lower().split())
    if dialect == "postgresql":
        return _POSTGRESQL_CHAR.sub("character varying", _POSTGRESQL_TYPES.get(text, text))
    if dialect == "mysql":
        return _WISHES.sub(r"\1", _WIDTH.sub(r"\1", text))
    return text


def _default(text: Optional[str]) -> Optional[str]:
    """A default as SQL without casts, brackets and quotes; numbers in their shortest form. None for none and for NULL."""
    if text is None:
        return None
    bare = _CAST.sub("", text)
    bracketed = _BRACKETS.match(bare)
    if bracketed:
        return _default(bracketed.group(1))
    if bare.upper() == "NULL":
        return None
    number = _NUMBER.match(bare)
    if number:
        return f"{float(number.group(1)):g}"
    text = bare[1:-1].replace("''", "'") if bare[:1] == "'" == bare[-1:] else bare
    # how PostgreSQL writes no bytes
    return "" if text == "\\x" else text


def read_back(
    connection: Any, names: Iterable[str], versions: Optional[Dict[str, int]] = None
) -> Dict[str, DatabaseTable]:
    """Those of the tables that the database has: {name: DatabaseTable}.

    connection: has ``engine`` (sqlite, postgresql or mysql) and ``rows(statement)``, which gives a list of tuple.
    names: of tables of OpenSIPS. versions: what versions_of() found, read here if None.
    """
    wanted = list(names)
    found = _READERS[connection.engine](connection, wanted)
    if versions is None:
        versions = versions_of(connection) if wanted else {}
    for name, table in found.items():
        table.version = versions.get(name)
    return found


def versions_of(connection: Any) -> Dict[str, int]:
    """{table: version} of the table version; empty where there is none, or another program's."""
    there = _READERS[connection.engine](connection, [VERSION_TABLE]).get(VERSION_TABLE)
    if there is None or not {"table_name", "table_version"} <= set(there.columns):
        return {}
    rows = connection.rows(f"SELECT table_name, table_version FROM {VERSION_TABLE}")  # nosec B608
    # SQLite stores anything anywhere
    return {str(name).strip(): int(version) for name, version in rows if _WHOLE.match(str(version))}


def _listed(names: Sequence[str]) -> str:
    """Names of OpenSIPS' own tables for IN (...)."""
    return ", ".join(map(ddl.literal, names)) or "''"


def _sqlite(connection: Any, names: List[str]) -> Dict[str, DatabaseTable]:
    query = f"SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) IN ({_listed(names)})"  # nosec B608
    found = {}
    for real_name, made_by in connection.rows(query):
        name = real_name.lower()
        found[name] = _sqlite_table(connection, name, "AUTOINCREMENT" in (made_by or "").upper())
    return found


def _sqlite_table(connection: Any, name: str, counts: bool) -> DatabaseTable:
    table = DatabaseTable(name)
    keys = []
    for _place, column, kind, filled, default, key in connection.rows(f"PRAGMA table_info({name})"):
        counted = bool(key) and counts
        table.add(DatabaseColumn(column, _type("sqlite", kind), not filled, _default(default), counted, default))
        if key:
            keys.append((key, column))
    table.primary_key = [column for _key, column in sorted(keys)]
    for row in connection.rows(f"PRAGMA index_list({name})"):
        index, unique, origin = row[1], bool(row[2]), row[3]
        if origin != "pk":
            columns = [row[2] or "" for row in connection.rows(f"PRAGMA index_info({ddl.literal(index)})")]
            table.indexes.append(DatabaseIndex(index, columns, unique, bool(row[4]) or "" in columns))
    table.indexes.reverse()
    return table


_POSTGRESQL_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped
AND c.relname IN ({names}) ORDER BY c.relname, a.attnum"""
_POSTGRESQL_INDEXES = """
SELECT c.relname, i.relname, x.indisunique, x.indisprimary, a.attname, x.indpred IS NOT NULL OR x.indexprs IS NOT NULL
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_attribute a ON a.attrelid = i.oid
WHERE pg_table_is_visible(c.oid) AND c.relname IN ({names}) ORDER BY c.relname, i.oid, a.attnum"""


def _postgresql(connection: Any, names: List[str]) -> Dict[str, DatabaseTable]:
    found: Dict[str, DatabaseTable] = {}
    for name, column, kind, filled, default in connection.rows(_POSTGRESQL_COLUMNS.format(names=_listed(names))):
        counts = str(default).startswith("nextval(")
        table = found.setdefault(name, DatabaseTable(name))
        table.add(DatabaseColumn(column, kind, not filled, None if counts else _default(default), counts, default))
    _add_indexes(found, connection.rows(_POSTGRESQL_INDEXES.format(names=_listed(names))))
    return found


_MYSQL_COLUMNS = """
SELECT table_name, column_name, column_type, is_nullable, column_default, extra FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name IN ({names}) ORDER BY table_name, ordinal_position"""
_MYSQL_INDEXES = """
SELECT table_name, index_name, non_unique = 0, index_name = 'PRIMARY', column_name, column_name IS NULL FROM information_schema.statistics
WHERE table_schema = DATABASE() AND table_name IN ({names}) ORDER BY table_name, index_name, seq_in_index"""


def _mysql(connection: Any, names: List[str]) -> Dict[str, DatabaseTable]:
    found: Dict[str, DatabaseTable] = {}
    for name, column, kind, null, default, extra in connection.rows(_MYSQL_COLUMNS.format(names=_listed(names))):
        table = found.setdefault(name, DatabaseTable(name))
        counts = "auto_increment" in extra.lower()
        kind = _type("mysql", kind if isinstance(kind, str) else kind.decode())
        table.add(DatabaseColumn(column, kind, null == "YES", None if counts else _default(default), counts))
    _add_indexes(found, connection.rows(_MYSQL_INDEXES.format(names=_listed(names))))
    return found


def _add_indexes(found: Dict[str, DatabaseTable], rows: _Rows) -> None:
    """rows: (table, index, unique, primary, column, special), the columns of an index in their order."""
    known: Dict[Tuple[str, str], DatabaseIndex] = {}
    for name, index, unique, primary, column, special in rows:
        if primary:
            found[name].primary_key.append(column)
            continue
        if (name, index) not in known:
            known[name, index] = DatabaseIndex(index, [], bool(unique))
            found[name].indexes.append(known[name, index])
        known[name, index].columns.append(column or "")
        known[name, index].special |= bool(special)


_READERS: Dict[str, Callable[[Any, List[str]], Dict[str, DatabaseTable]]] = {
    "sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql,
}  # fmt: skip
