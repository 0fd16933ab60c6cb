# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The database behind OpenSIPS, through SQLAlchemy 1.4 or 2: SQLite, PostgreSQL, MySQL and MariaDB.

Values cross as Python's own types (int, float, str, bytes), never through SQLAlchemy's, because OpenSIPS and its tools
write them in the databases' plain forms.
"""

import contextlib
import os
import re
import struct
import time
from typing import Any, Dict, Iterator, List, Optional, Sequence, Set, Tuple, TypeVar

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, did_you_mean
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import decode_text
from ansible_collections.community.opensips.plugins.module_utils._table import postgresql_wait
from ansible_collections.community.opensips.plugins.module_utils._table.columns import FoundColumn
from ansible_collections.community.opensips.plugins.module_utils._table.database_url import make_url, secrets_of
from ansible_collections.community.opensips.plugins.module_utils._table.engines import ENGINES
from ansible_collections.community.opensips.plugins.module_utils._table.errors import (
    CommitUnknown,
    DatabaseLocked,
    DatabaseRefused,
    DatabaseUnreachable,
    MissingLibrary,
    TableError,
    UnknownSchema,
    naming,
)

# Values in one SELECT or DELETE
CHUNK = 900
# Rows that are fetched at a time
_FETCH = 2000
# Rows in one executemany
_BATCH = 5000
# Seconds beyond db_timeout after which a database that does not answer a statement is taken for a hung one
_PATIENCE = 120.0

# The locks that keep sessions apart which make tables: a number in PostgreSQL's database, in MySQL a name in the whole server
_SCHEMA_LOCK = 5060506150625063
_SCHEMA_LOCK_NAME = "LEFT(CONCAT('opensips.', DATABASE()), 64)"

# SQLSTATEs of PostgreSQL, numbers of MySQL's errors
_LOCKED = ("55P03", 1205)
_AGAIN = ("40001", "40P01", 1213)
_NO_RIGHT = ("42501", 1044, 1142, 1143, 1227, 1370)
_KEY_TOO_LONG = (1071,)
_STANDBY = ("25006", 1290, 1792, 1836)
_FULL = ("53100", 1021, 1041, 1114)
_NO_SLOT = ("53300", 1040, 1203, 1226)
# A COMMIT that was answered with one of these may have been carried out all the same
_COMMIT_UNKNOWN = ("40003", 1053, 1152, 1158, 1159, 1160, 1161, 1180, 1317, 1927)

# Drivers hand these on where a server does not speak its protocol, beside their own errors
_DRIVER_ERRORS = (OSError, RuntimeError, IndexError, AssertionError, struct.error)

# bytes that MySQL's types hold
_MYSQL_LENGTHS = {
    "TINYTEXT": 255, "TINYBLOB": 255, "TEXT": 65535, "BLOB": 65535, "MEDIUMTEXT": 2**24 - 1, "MEDIUMBLOB": 2**24 - 1,
}  # fmt: skip
_BITS = {"TINYINT": 8, "SMALLINT": 16, "MEDIUMINT": 24, "INTEGER": 32, "BIGINT": 64}


_Table = TypeVar("_Table", bound="TableOfOption")


class TryAgain(DatabaseLocked):
    """The transaction was the victim of a deadlock, and was rolled back."""


def _sqlalchemy() -> Any:
    try:
        import sqlalchemy
        import sqlalchemy.engine
        import sqlalchemy.exc
        import sqlalchemy.pool
    except ImportError:
        raise MissingLibrary("SQLAlchemy", "The Python library SQLAlchemy is not installed") from None
    if tuple(int(part) for part in re.findall(r"[0-9]+", sqlalchemy.__version__)[:2]) < (1, 4):
        raise MissingLibrary("SQLAlchemy>=1.4", f"SQLAlchemy {sqlalchemy.__version__} is too old")
    return sqlalchemy


class Database:
    """One database. Use as a context manager, or close().

    Everything that it raises is a TableError; the password is in none of them.
    """

    def __init__(
        self, params: Dict[str, Any], any_text: bool = False, read_only: bool = False, makes_tables: bool = False
    ) -> None:
        """params: dict with db_url, or db_engine, login_host, login_port, login_unix_socket, login_user, login_password,
        login_db; and db_timeout (seconds to wait for a connection and for locks).
        any_text: whether bytes of SQLite that are not UTF-8 become U+FFFD, as in the replies of MI; else they are an error.
        read_only: whether nobody is going to write, so that errors do not talk of it.
        makes_tables: whether the caller makes tables. Then open() makes the file of SQLite if there is none, for its owner only.
        """
        if params["db_timeout"] <= 0:
            raise BadParameters(f"db_timeout is {params['db_timeout']:g}", "Set it to a number of seconds above 0")
        self._sa = _sqlalchemy()
        self._any_text = any_text
        self._read_only = read_only
        self._makes_tables = makes_tables
        self._unwritten = "" if read_only else "Nothing was written. "
        self._timeout = params["db_timeout"]
        self._url = make_url(self._sa, params)
        self.engine = self._url.get_backend_name()
        self._secrets = secrets_of(params, self._url)
        self._connection: Any = None
        self._made: Any = None
        self._waits = False

    def __enter__(self) -> "Database":
        if self._connection is None:
            self.open()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def label(self) -> str:
        """How messages call it: str."""
        if self.engine == "sqlite":
            return f"SQLite database {self._url.database}"
        name = "PostgreSQL" if self.engine == "postgresql" else "MySQL"
        query = self._url.query
        host = self._url.host or query.get("host") or query.get("unix_socket") or "localhost"
        port = f":{self._url.port}" if self._url.port else ""
        return f"{name} database {self._url.database} at {host}{port}"

    @property
    def file(self) -> Optional[str]:
        """The path of the file of SQLite (str), or None."""
        return str(self._url.database) if self.engine == "sqlite" else None

    def open(self) -> None:
        """Connect. Raises DatabaseUnreachable, DatabaseLocked, MissingLibrary."""
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        if self.engine == "sqlite":
            self._check_file()
        try:
            # nothing of statements or their values shall get into an error
            self._made = self._sa.create_engine(
                self._url, poolclass=self._sa.pool.NullPool, hide_parameters=True, **self._engine_options()
            )
            if self.engine == "sqlite":
                self._sa.event.listen(self._made, "connect", _without_transactions_of_its_own)
                if self._any_text:
                    self._sa.event.listen(self._made, "connect", _with_any_text)
            if self._url.get_driver_name() == "psycopg2":
                self._waits = True
                postgresql_wait.end_hung_statements(self._timeout, self._timeout + _PATIENCE)
            self._connection = self._made.connect()
            self._set_up()
        except ImportError as error:
            raise MissingLibrary(error.name or "?", "db_url names a driver that is not installed") from None
        except (self._sa.exc.SQLAlchemyError, ValueError, TypeError, *_DRIVER_ERRORS) as error:
            text, code = self._text_of(error)
            if self._is_locked(text, code):
                raise DatabaseLocked(f"The {self.label} is locked: {text}", self._lock_hint()) from None
            raise DatabaseUnreachable(f"Cannot use the {self.label}: {text}", self._open_hint(text, code)) from None

    def _set_up(self) -> None:
        """What holds for the whole connection."""
        if self.engine == "sqlite":
            # the file is looked at only now
            self._connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").fetchall()
        elif self.engine == "mysql":
            # the first is for rows, the second for tables that somebody alters: it is a day by default, and readers wait, too
            seconds = max(1, int(self._timeout))
            self._connection.exec_driver_sql(f"SET SESSION innodb_lock_wait_timeout = {seconds}")
            self._connection.exec_driver_sql(f"SET SESSION lock_wait_timeout = {seconds}")
        self._connection.rollback()

    def _open_hint(self, text: str, code: Any) -> str:
        if code in _NO_SLOT or re.search(r"too many (clients|connections)|connection slots", text):
            return "The database allows no more connections. Try again later, or raise its limit"
        if self.engine == "sqlite":
            return "Check that the file is a SQLite database, and that this user may read it"
        return "Check that the database runs, and check db_url or the login_ options"

    def close(self) -> None:
        """Leave; what was not committed is rolled back."""
        if self._connection is not None:
            with contextlib.suppress(Exception):
                self._connection.close()
        if self._made is not None:
            self._made.dispose()
        if self._waits:
            postgresql_wait.wait_for_ever()
        self._connection = self._made = None
        self._waits = False

    def reopen(self) -> None:
        """Connect again after the connection was lost, within db_timeout: a killed server recovers first. Raises as open()."""
        deadline = time.monotonic() + self._timeout
        while True:
            self.close()
            try:
                self.open()
                return
            except DatabaseUnreachable:
                if time.monotonic() > deadline:
                    raise
            time.sleep(min(0.5, self._timeout))

    @contextlib.contextmanager
    def transaction(self, write: bool, *tables: str) -> Iterator[None]:
        """A transaction; an error rolls it back. write: it locks tables against other writers, and is committed.

        Without a table, one that writes makes tables, and locks out others that do. MySQL commits each statement of those.
        """
        with self._translated():
            try:
                self._begin(write, tables)
                yield
                if write:
                    self._commit()
            except BaseException:
                # which a lost connection refuses, and that is not what went wrong
                with contextlib.suppress(Exception):
                    self._connection.rollback()
                    self._unlock_schema(write, tables)
                raise
            self._unlock_schema(write, tables)
            self._connection.rollback()

    def _unlock_schema(self, write: bool, tables: Sequence[str]) -> None:
        if self.engine == "mysql" and write and not tables:
            self.rows(f"SELECT RELEASE_LOCK({_SCHEMA_LOCK_NAME})")

    def _begin(self, write: bool, tables: Sequence[str]) -> None:
        """Begin a transaction; one that writes keeps other writers out until its end, readers go on."""
        if self.engine == "sqlite":
            self._connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
        elif self.engine == "postgresql":
            # who only reads waits for somebody that alters the table
            milliseconds = max(1, int(self._timeout * 1000))
            self._connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{milliseconds}ms'")
            if write and not tables:
                self._connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")
            elif write:
                # in one order whoever asks, so that two tasks do not wait for each other
                names = ", ".join(map(self._quoted, sorted(set(tables))))
                self._connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
        elif write and not tables:
            self._lock_schema()
        # else MySQL locks rows when they are read, and the gaps between them

    def _lock_schema(self) -> None:
        """Keep out other sessions of MySQL that make tables of the same database, until this one unlocks or ends."""
        seconds = max(1, int(self._timeout))
        if self.rows(f"SELECT GET_LOCK({_SCHEMA_LOCK_NAME}, {seconds})")[0][0] != 1:
            raise DatabaseLocked(f"Another session makes tables of the {self.label}", self._lock_hint())

    def _commit(self) -> None:
        """Raises CommitUnknown when nobody knows whether it was done."""
        try:
            self._connection.commit()
        except (self._sa.exc.SQLAlchemyError, *_DRIVER_ERRORS) as error:
            text, code = self._text_of(error)
            if self._is_certain(error, code):
                raise
            raise CommitUnknown(
                f"The {self.label} was lost during the commit: {text}",
                "Either all rows were written, or none. See the log of the database, and run the task again",
            ) from None

    def _is_certain(self, error: Exception, code: Any) -> bool:
        """Whether a COMMIT that failed with this error was not carried out."""
        if self.engine == "sqlite":
            # what could not be finished is undone by whoever opens the file next
            return True
        if code is None or getattr(error, "connection_invalidated", False) or code in _COMMIT_UNKNOWN:
            return False
        # 08: lost connections, 57: a server that ends; from 2000 on MySQL's numbers are those of the client's side
        return not (2000 <= code < 3000) if isinstance(code, int) else not code.startswith(("08", "57"))

    # Statements as they are written, inside of a transaction()

    def execute(self, statement: str) -> None:
        """Run a statement (str) that gives no rows."""
        self._run(statement)

    def rows(self, statement: str) -> List[Tuple[Any, ...]]:
        """The rows (list of tuple) that a statement (str) gives."""
        return [tuple(row) for row in self._run(statement).fetchall()]

    def stream(self, statement: str) -> Iterator[Tuple[Any, ...]]:
        """The same rows one after the other, for more of them than memory has."""
        result = self._run(statement, stream_results=True)
        try:
            while True:
                rows = result.fetchmany(_FETCH)
                if not rows:
                    return
                yield from (tuple(row) for row in rows)
        finally:
            result.close()

    def _run(self, statement: str, **options: Any) -> Any:
        # the drivers of servers take % for the beginning of a parameter, even where there is none
        text = statement if self.engine == "sqlite" else statement.replace("%", "%%")
        return self._connection.exec_driver_sql(text, execution_options=options)

    # What is there

    def table_version(self, table: str) -> Optional[int]:
        """What OpenSIPS' table ``version`` says of a table: int, or None when it does not know it. Raises UnknownSchema."""
        with self.transaction(write=False):
            if not self._has("version"):
                raise UnknownSchema(
                    f"The {self.label} has no table version",
                    "It is not a database of OpenSIPS. Create its tables with opensips_schema, or correct the name of the database",
                )
            sa = self._sa
            version = sa.table("version", sa.column("table_name"), sa.column("table_version"))
            query = sa.select(version.c.table_version).where(version.c.table_name == table)
            row = self._connection.execute(query).fetchone()
            return None if row is None else int(row[0])

    def describe(self, table: str) -> Tuple[List[FoundColumn], List[str], List[List[str]]]:
        """(list of FoundColumn, names of the primary key, list of sets of names that have an index) of a table. Raises UnknownSchema."""
        import warnings

        with self.transaction(write=False), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inspector = self._sa.inspect(self._connection)
            if not self._has(table):
                raise self._no_table(table, inspector)
            found = [self._found(column) for column in inspector.get_columns(table)]
            primary = (inspector.get_pk_constraint(table) or {}).get("constrained_columns") or []
            indexes = [index["column_names"] for index in inspector.get_unique_constraints(table)]
            indexes += [index["column_names"] for index in inspector.get_indexes(table)] + [primary]
            return found, primary, [[name for name in names if name] for names in indexes if names]

    def has(self, table: str) -> bool:
        """Whether there is such a table. A transaction of its own."""
        with self.transaction(write=False):
            return self._has(table)

    def _has(self, table: str) -> bool:
        return bool(self._sa.inspect(self._connection).has_table(table))

    def _no_table(self, table: str, inspector: Any) -> UnknownSchema:
        return UnknownSchema(
            f"The {self.label} has no table {table}",
            did_you_mean(table, inspector.get_table_names(), "Create it with opensips_schema, or correct db_table"),
        )

    def _found(self, column: Dict[str, Any]) -> FoundColumn:
        sa = self._sa
        kind = column["type"]
        shared = {
            "null": bool(column["nullable"]),
            "has_default": column.get("default") is not None
            or bool(column.get("computed") or column.get("identity"))
            or column.get("autoincrement") is True,
        }
        name, type_name = column["name"], str(kind.__class__.__name__).upper()
        if isinstance(kind, sa.Boolean):
            return FoundColumn(name, "bool", type_name, **shared)
        if isinstance(kind, sa.Integer):
            low, high = self._int_range(kind, type_name)
            return FoundColumn(name, "int", type_name, low=low, high=high, **shared)
        if isinstance(kind, (sa.Float, sa.Numeric)):
            single = type_name in ("REAL", "FLOAT") and self.engine != "sqlite"
            return FoundColumn(name, "float", type_name, single=single, **shared)
        if isinstance(kind, (sa.DateTime, sa.Date)) or type_name in ("TIMESTAMP", "DATETIME"):
            return FoundColumn(name, "datetime", type_name, **shared)
        length = getattr(kind, "length", None)
        if self.engine == "mysql":
            length = _MYSQL_LENGTHS.get(type_name, length)
        elif isinstance(kind, (sa.Text, sa.LargeBinary)):
            # what stands in brackets is no limit there
            length = None
        if isinstance(kind, sa.LargeBinary) or type_name.endswith("BLOB"):
            return FoundColumn(name, "bytes", type_name, length=length, **shared)
        if isinstance(kind, sa.String):
            return FoundColumn(name, "text", type_name, length=length, **shared)
        return FoundColumn(name, None, type_name, **shared)

    def _int_range(self, kind: Any, type_name: str) -> Any:
        if self.engine == "sqlite":
            return None, None
        bits = _BITS.get(type_name, 32)
        if getattr(kind, "unsigned", False):
            return 0, 2**bits - 1
        return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def check_transactional(self, table: str) -> None:
        """Raise DatabaseRefused where MySQL keeps the table in an engine without transactions (1.11 used MyISAM)."""
        if self.engine != "mysql":
            return
        with self.transaction(write=False):
            text = self._sa.text(
                "SELECT engine FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = :name"
            )
            row = self._connection.execute(text, {"name": table}).fetchone()
        if row is not None and row[0] is not None and row[0].lower() in ("myisam", "aria", "memory", "csv", "merge"):
            raise DatabaseRefused(
                f"The table {table} uses the engine {row[0]}, which has no transactions",
                f"Nothing was written. Run ALTER TABLE {table} ENGINE=InnoDB: OpenSIPS works with either engine",
            )

    # Rows. What follows runs inside of a transaction()

    def select(
        self,
        table: str,
        columns: List[str],
        conditions: Dict[str, List[Any]],
        lock: bool = False,
        order: Sequence[str] = (),
        limit: Optional[int] = None,
    ) -> Iterator[Tuple[Any, ...]]:
        """Rows as tuples, one after the other.

        columns: their names. conditions: {column: list of values}, all of which must hold; None among the values is NULL.
        lock: keep others from changing them. order: columns to sort by. limit: how many rows at most.
        """
        sa = self._sa
        names = list(dict.fromkeys(list(columns) + list(conditions) + list(order)))
        source = sa.table(table, *[sa.column(name) for name in names])
        query = sa.select(*[source.c[name] for name in columns])
        for name, values in conditions.items():
            query = query.where(self._one_of(source.c[name], values))
        query = query.order_by(*[source.c[name] for name in order])
        if limit is not None:
            query = query.limit(limit)
        if lock and self.engine == "mysql":
            query = query.with_for_update()
        result = self._connection.execute(query.execution_options(stream_results=True))
        try:
            while True:
                rows = result.fetchmany(_FETCH)
                if not rows:
                    return
                yield from rows
        finally:
            result.close()

    def pages(self, table: str, columns: Any, key: str, conditions: Any, size: int) -> Iterator[List[Tuple[Any, ...]]]:
        """Rows as lists of tuples in the order of key, a column with a unique index. Not inside of a transaction().

        Each page is a transaction of its own and looks at no more than size rows, because who reads a file of SQLite, or
        a table of MyISAM, keeps the server from writing meanwhile. Who waits to write to SQLite only tries now and then (up
        to 500 ms, busy_timeout of db_sqlite), so the file is left alone at least half of the time.
        columns: their names. conditions: function without parameters, called for each page, that gives what
        preselection.conditions() does.
        """
        sa = self._sa
        source = self._source(table, columns + [key])
        last = None
        while True:
            started = time.monotonic()
            with self.transaction(write=False):
                ahead = sa.select(source.c[key]).order_by(source.c[key]).limit(size)
                if last is not None:
                    ahead = ahead.where(source.c[key] > last)
                end = self._connection.execute(sa.select(sa.func.max(ahead.subquery().c[0]))).scalar()
                if end is None:
                    return
                query = self._query(source, columns, conditions()).where(source.c[key] <= end).order_by(source.c[key])
                if last is not None:
                    query = query.where(source.c[key] > last)
                rows = [tuple(row) for row in self._connection.execute(query)]
            last = end
            read = time.monotonic()
            yield rows
            if self.engine == "sqlite":
                time.sleep(max(0.0, (read - started) - (time.monotonic() - read)))

    def whole(self, table: str, columns: Any, conditions: Any, size: int) -> Iterator[List[Tuple[Any, ...]]]:
        """The same in one transaction, for conditions (a list) that an index serves, and tables without a key."""
        with self.transaction(write=False):
            query = self._query(self._source(table, columns), columns, conditions)
            result = self._connection.execute(query.execution_options(stream_results=True))
            try:
                while True:
                    rows = [tuple(row) for row in result.fetchmany(size)]
                    if not rows:
                        return
                    yield rows
            finally:
                result.close()

    def _source(self, table: str, columns: Any) -> Any:
        return self._sa.table(table, *[self._sa.column(name) for name in dict.fromkeys(columns)])

    def _query(self, source: Any, columns: Any, conditions: Any) -> Any:
        sa = self._sa
        query = sa.select(*[source.c[name] for name in columns])
        for alternatives in conditions:
            query = query.where(
                sa.or_(
                    *[
                        sa.and_(*[self._test(source.c[name], how, value) for name, how, value in alternative])
                        for alternative in alternatives
                    ]
                )
            )
        return query

    def _test(self, column: Any, how: str, value: Any) -> Any:
        if how == "in":
            return column.in_(value)
        if how == "between":
            low, high = value
            return column >= low if high is None else column.between(low, high)
        return getattr(column, how)(value, escape="!")

    def _one_of(self, column: Any, values: List[Any]) -> Any:
        some = [value for value in values if value is not None]
        clause = column.in_(some)
        return clause if len(some) == len(values) else self._sa.or_(clause, column.is_(None))

    def values(self, table: str, column: str, values: List[Any]) -> Optional[Set[Any]]:
        """Those of values (list) that a column of a table has: set, or None when there is no such table. A transaction of its own."""
        found: Set[Any] = set()
        with self.transaction(write=False):
            if not self._has(table):
                return None
            for start in range(0, len(values), CHUNK):
                rows = self.select(table, [column], {column: values[start : start + CHUNK]})
                found.update(row[0] for row in rows)
        return found

    def count(self, table: str, conditions: Dict[str, List[Any]]) -> int:
        """How many rows a table has. conditions: as for select()."""
        sa = self._sa
        source = self._source(table, list(conditions))
        query = sa.select(sa.func.count()).select_from(source)
        for name, values in conditions.items():
            query = query.where(self._one_of(source.c[name], values))
        return int(self._connection.execute(query).scalar())

    def insert(self, table: str, rows: List[Dict[str, Any]]) -> None:
        """rows: list of dict of the same columns."""
        sa = self._sa
        source = sa.table(table, *[sa.column(name) for name in rows[0]])
        self._many(source.insert(), rows)

    def update(self, table: str, columns: Any, identity: List[str], rows: List[Dict[str, Any]]) -> None:
        """columns: those to set. identity: those that find the row. rows: list of dict with ``set_COLUMN`` and ``is_COLUMN``."""
        sa = self._sa
        source = sa.table(table, *[sa.column(name) for name in dict.fromkeys(list(columns) + list(identity))])
        statement = source.update().values({name: sa.bindparam("set_" + name) for name in columns})
        for name in identity:
            statement = statement.where(source.c[name] == sa.bindparam("is_" + name))
        self._many(statement, rows)

    def delete(self, table: str, identities: List[Dict[str, Any]]) -> None:
        """identities: list of dict of the same columns, none of them NULL unless there is but one row of them."""
        sa = self._sa
        names = list(identities[0])
        source = sa.table(table, *[sa.column(name) for name in names])
        if len(names) == 1:
            values = [identity[names[0]] for identity in identities]
            for start in range(0, len(values), CHUNK):
                self._connection.execute(
                    source.delete().where(self._one_of(source.c[names[0]], values[start : start + CHUNK]))
                )
            return
        for identity in identities:
            statement = source.delete()
            for name, value in identity.items():
                statement = statement.where(source.c[name].is_(None) if value is None else source.c[name] == value)
            self._connection.execute(statement)

    def _many(self, statement: Any, rows: List[Dict[str, Any]]) -> None:
        for start in range(0, len(rows), _BATCH):
            self._connection.execute(statement, rows[start : start + _BATCH])

    def follow_up(self, table: str, column: str) -> None:
        """Let the database's own numbering go on after numbers that were written: PostgreSQL does not by itself."""
        if self.engine == "postgresql":
            # names cannot be bound as values are; they are quoted by the database's own rules
            text = (
                f"SELECT setval(pg_get_serial_sequence(:quoted, :name), (SELECT max({self._quoted(column)}) FROM {self._quoted(table)}))"  # nosec B608
                " WHERE pg_get_serial_sequence(:quoted, :name) IS NOT NULL"
            )
            self._connection.execute(self._sa.text(text), {"quoted": self._quoted(table), "name": column})

    def _quoted(self, name: str) -> str:
        return str(self._made.dialect.identifier_preparer.quote(name))

    # Errors

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError as error:
            raise DatabaseRefused(
                f"The {self.label} contains text that is not {error.encoding}",
                self._unwritten + "Set the encoding of the database to the one that OpenSIPS writes, usually UTF8",
            ) from None
        except _DRIVER_ERRORS as error:
            raise DatabaseUnreachable(
                f"The {self.label} was lost: {self._text_of(error)[0]}",
                self._unwritten + "Check that a database answers there, and look at its log",
            ) from None
        except self._sa.exc.SQLAlchemyError as error:
            text, code = self._text_of(error)
            if code in _AGAIN:
                raise TryAgain(f"The database ended a deadlock: {text}", self._lock_hint()) from None
            if self._is_locked(text, code):
                raise DatabaseLocked(f"The {self.label} is locked: {text}", self._lock_hint()) from None
            if getattr(error, "connection_invalidated", False):
                raise DatabaseUnreachable(
                    f"The {self.label} was lost: {text}",
                    self._unwritten + "Check that it runs, and look at its log",
                ) from None
            raise DatabaseRefused(
                f"The {self.label} refused: {text}",
                (self._unwritten + self._remedy(text, code)).rstrip(". ") or None,
            ) from None

    def _is_locked(self, text: str, code: Any) -> bool:
        return code in _LOCKED or (
            self.engine == "sqlite" and re.search(r"database (table )?is locked|busy", text) is not None
        )

    def _lock_hint(self) -> str:
        return f"{self._unwritten}Another session holds the lock. Try again, or raise db_timeout (now {self._timeout:g} seconds)"

    def _remedy(self, text: str, code: Any) -> str:
        """What to do about a refusal, as far as it is known what this is about: str, empty if it is not."""
        if self.engine == "sqlite":
            for words, remedy in _SQLITE_REMEDIES:
                if words in text:
                    return remedy
            return ""
        if self._makes_tables and code in _NO_RIGHT + _KEY_TOO_LONG:
            return self._remedy_of_making(code)
        if code in _NO_RIGHT:
            rights = "SELECT" if self._read_only else "SELECT, INSERT, UPDATE and DELETE"
            numbers = ", USAGE and UPDATE on its sequences" * (self.engine == "postgresql" and not self._read_only)
            return f"Grant the database user {rights} on the table{numbers}, and SELECT on the table version"
        if code in _STANDBY:
            return "Use the primary database server: this one is a standby, or read only"
        if code in _FULL:
            return "Free space on the disk of the database"
        return ""

    def _remedy_of_making(self, code: Any) -> str:
        """What to do about a table that could not be made (str)."""
        if code in _KEY_TOO_LONG:
            return "Create the database with CHARACTER SET latin1, as opensips-cli does"
        if self.engine == "postgresql":
            return "Grant the database user CREATE on the schema, or make it the owner of the database"
        return "Grant the database user CREATE, DROP, SELECT, INSERT, UPDATE and DELETE on the database"

    def _text_of(self, error: BaseException) -> Tuple[str, Any]:
        """(what the driver says, SQLSTATE or number or None), without values of rows and without the password."""
        orig = getattr(error, "orig", None) or error
        code = getattr(orig, "sqlstate", None) or getattr(orig, "pgcode", None)
        diagnosis = getattr(orig, "diag", None)
        text = getattr(diagnosis, "message_primary", None)
        args: Any = getattr(orig, "args", ())
        if text is None and self.engine == "mysql" and len(args) > 1 and isinstance(args[0], int):
            code, text = args[0], str(args[1])
        if isinstance(orig, UnicodeError):
            # it would show characters of the password
            text = f"a user name, a password or an answer that is not {getattr(orig, 'encoding', 'of the right kind')}"
        text = " ".join((text or str(orig)).split())
        # 1366: Incorrect string value: '\xF0...' for column ...
        before, mark, rest = text.partition("value: '")
        if mark and "' for " in rest:
            text = before + "value: for " + rest.rpartition("' for ")[2]
        for secret in self._secrets:
            text = text.replace(secret, "********")
        return text, code

    # Options of the driver

    def _engine_options(self) -> Dict[str, Any]:
        options: Dict[str, Any] = {"future": True} if self._sa.__version__.startswith("1.") else {}
        driver = self._url.get_driver_name()
        if self.engine == "sqlite":
            options["connect_args"] = {"timeout": self._timeout}
        elif driver in ("psycopg2", "psycopg", "pymysql", "mysqldb"):
            options["connect_args"] = {"connect_timeout": max(1, int(self._timeout))}
        if driver in ("pymysql", "mysqldb"):
            patience = int(self._timeout + _PATIENCE)
            # a server may ask for any file of this host, which mysqlclient hands out unless told otherwise
            options["connect_args"].update(read_timeout=patience, write_timeout=patience, local_infile=0)
            if "charset" not in self._url.query:
                options["connect_args"]["charset"] = "utf8mb4"
        if driver == "psycopg2":
            # else it sends UPDATEs one by one
            options["executemany_mode"] = "values_plus_batch"
        if self.engine == "mysql":
            options["isolation_level"] = "REPEATABLE READ"
        return options

    def _check_file(self) -> None:
        path = self._url.database
        if not os.path.isfile(path):
            if not self._makes_tables:
                # SQLite would make an empty one
                raise DatabaseUnreachable(
                    f"There is no file {path}", "Create the database with opensips_schema, or correct the path"
                )
            try:
                # not as the umask has it: there are going to be passwords in it
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            except OSError as error:
                raise DatabaseUnreachable(
                    f"The file {path} cannot be created: {error.strerror}",
                    "Create its directory, let the user of the task write to it, or correct the path",
                ) from None


class TableOfOption:
    """A table of the database that an option names, only to read. Use as a context manager.

    What it raises is a TableError or BadParameters that names the option, on entering (no database, no table, a version or
    columns that do not fit) as well as later.
    """

    def __init__(self, option: str, params: Dict[str, Any], table: str) -> None:
        """option: its name. params: what it has: what Database takes, and db_table. table: name where db_table has none."""
        self._option = option
        self._name = params.get("db_table") or table
        with naming(option):
            self._db: Any = Database(params, any_text=True, read_only=True)

    def __enter__(self: _Table) -> _Table:
        with naming(self._option):
            self._db.open()
            try:
                self._check()
            except BaseException:
                self._db.close()
                raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self._db.close()

    def _check(self) -> None:
        """Whether the table can be read. Raises TableError."""
        raise NotImplementedError


_SQLITE_REMEDIES = (
    ("disk is full", "Free space on its file system"),
    ("disk I/O error", "Free space on its file system, and look at the log of the kernel"),
    ("readonly database", "The user of the task needs write permission for the file and its directory"),
    ("unable to open database file", "The user of the task needs write permission for the file and its directory"),
)


def _with_any_text(raw: Any, _record: Any) -> None:
    """Phones send bytes in their User-Agents that are not UTF-8, and SQLite keeps them."""
    raw.text_factory = decode_text


def _without_transactions_of_its_own(raw: Any, _record: Any) -> None:
    """Python's sqlite3 begins transactions when it thinks fit: they are ours here."""
    raw.isolation_level = None


__all__ = ["CHUNK", "ENGINES", "Database", "TableError", "TableOfOption", "TryAgain"]
