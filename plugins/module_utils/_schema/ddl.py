# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The statements that make a table, as scripts/sqlite, scripts/postgres and scripts/mysql of OpenSIPS do.

The same types, defaults, keys, names of indexes and sequences; only the keys of MySQL stand within CREATE TABLE, because each
of its statements is a transaction of its own, and a table without its keys would be half-made.
"""

from typing import Callable, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._schema.model import (
    VERSION_TABLE,
    Column,
    Index,
    Table,
)

# The greatest number that the sequences of PostgreSQL give, as the scripts have it: the server reads 32 bits
SEQUENCE_END = 2147483647

_POSTGRESQL = {
    "char": "VARCHAR", "int": "INTEGER", "tinyint": "SMALLINT", "blob": "BYTEA", "mediumblob": "BYTEA", "longblob": "BYTEA",
    "datetime": "TIMESTAMP WITHOUT TIME ZONE", "float": "REAL", "double": "DOUBLE PRECISION",
}  # fmt: skip
_SQLITE = {"mediumblob": "BLOB", "longblob": "BLOB"}


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def ddl(dialect: str, table: Table) -> List[str]:
    """The statements (list of str) that make a table, and enter its version. dialect: ``sqlite``, ``postgresql`` or ``mysql``."""
    statements = [] if table.version is None else [version_entry(table)]
    return [*statements, create_table(dialect, table), *behind_table(dialect, table)]


def version_entry(table: Table, versions: str = VERSION_TABLE) -> str:
    """The statement that enters the version of a table that has none yet. versions: the table version, or a copy of it."""
    # names and numbers of the collection's own data
    return f"INSERT INTO {versions} (table_name, table_version) VALUES ('{table.name}', {table.version})"  # nosec B608


def forget_version(table: Table) -> str:
    """The statement that removes the version of a table that is not there."""
    return f"DELETE FROM {VERSION_TABLE} WHERE table_name = '{table.name}'"  # nosec B608


def undo(table: Table, statement: str) -> List[str]:
    """The statements that undo one of ddl()."""
    if statement.startswith("CREATE TABLE"):
        return [f"DROP TABLE {table.name}"]
    return [forget_version(table)] if statement.startswith("INSERT") else []


def create_table(dialect: str, table: Table, name: Optional[str] = None) -> str:
    """The statement CREATE TABLE. name: what the table is called instead of its own name."""
    inline = len(table.primary_key) == 1
    lines = [
        column_ddl(dialect, column, inline and column.name == table.primary_key[0]) for column in table.columns.values()
    ]
    if table.primary_key and not inline:
        lines.append(f"PRIMARY KEY ({', '.join(table.primary_key)})")
    for index in table.indexes:
        if index.unique:
            lines.append(f"CONSTRAINT {index_name(dialect, table, index)} UNIQUE ({', '.join(index.columns)})")
        elif dialect == "mysql":
            lines.append(f"KEY {index.name} ({', '.join(index.columns)})")
    body = ",\n".join(f"    {line}" for line in lines)
    engine = f" ENGINE={table.engine}" if dialect == "mysql" else ""
    return f"CREATE TABLE {name or table.name} (\n{body}\n){engine}"


def behind_table(dialect: str, table: Table) -> List[str]:
    """The statements (list of str) behind CREATE TABLE: sequences and indexes. MySQL has everything in CREATE TABLE."""
    if dialect == "mysql":
        return []
    indexes = [create_index(dialect, table, index) for index in table.indexes if not index.unique]
    return sequences(dialect, table) + indexes


def create_index(dialect: str, table: Table, index: Index) -> str:
    """The statement CREATE INDEX."""
    return f"CREATE INDEX {index_name(dialect, table, index)} ON {table.name} ({', '.join(index.columns)})"


def index_name(dialect: str, table: Table, index: Index) -> str:
    """How a database calls an index: those of MySQL belong to their table, others are known in the whole database."""
    if dialect == "mysql":
        return index.name
    return index.sqlite_name if dialect == "sqlite" else f"{table.name}_{index.name}"


def sequences(dialect: str, table: Table) -> List[str]:
    """The statements that limit the sequences of PostgreSQL as the scripts do; none for other databases."""
    return [
        f"ALTER SEQUENCE {table.name}_{column.name}_seq MAXVALUE {SEQUENCE_END} CYCLE"
        for column in table.columns.values()
        if column.auto and dialect == "postgresql"
    ]


def column_ddl(dialect: str, column: Column, primary: bool = False) -> str:
    """A column as it stands in CREATE TABLE. primary: whether it is the primary key."""
    parts = [column.name, type_of(dialect, column)]
    if column.auto and dialect == "mysql":
        parts.append("AUTO_INCREMENT")
    if primary:
        parts.append("PRIMARY KEY")
    if column.auto and dialect == "sqlite":
        parts.append("AUTOINCREMENT")
    if column.literal is not None:
        parts.append(f"DEFAULT {column.literal}")
    if not column.null:
        parts.append("NOT NULL")
    return " ".join(parts)


def type_of(dialect: str, column: Column) -> str:
    """The type of a column in a dialect."""
    return _TYPES[dialect](column)


def _size(column: Column) -> str:
    if column.size is None:
        return ""
    return f"({column.size})" if column.scale is None else f"({column.size},{column.scale})"


def _mysql_type(column: Column) -> str:
    return f"{column.type.upper()}{_size(column)}{' UNSIGNED' * column.unsigned}"


def _postgresql_type(column: Column) -> str:
    if column.auto:
        return "BIGSERIAL" if column.type == "bigint" else "SERIAL"
    return _POSTGRESQL.get(column.type, column.type.upper()) + _size(column) * (column.type == "char")


def _sqlite_type(column: Column) -> str:
    # only INTEGER can count by itself
    if column.type == "int" or column.auto:
        return "INTEGER"
    if column.type in _SQLITE:
        return _SQLITE[column.type]
    return f"{column.type.upper()}{_size(column)}"


_TYPES: Dict[str, Callable[[Column], str]] = {
    "sqlite": _sqlite_type, "postgresql": _postgresql_type, "mysql": _mysql_type,
}  # fmt: skip
