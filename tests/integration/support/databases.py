# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases with the tables of OpenSIPS: files of SQLite, and servers of PostgreSQL and MariaDB of our own.

The servers work in a private directory and listen on a Unix socket there, nowhere else. Tables are made from
the statements of the collection, which are those of scripts/mysql, scripts/postgres and scripts/sqlite of OpenSIPS.
"""

from __future__ import annotations

import contextlib
import glob
import itertools
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

import sqlalchemy

from ansible_collections.community.opensips.data import schema
from ansible_collections.community.opensips.plugins.module_utils._schema import model
from ansible_collections.community.opensips.plugins.module_utils._schema.ddl import ddl

# {release: {table: shape}}
SCHEMAS = schema.by_release()
VERSIONS = ("1.11", "2.4", "3.6", "4.0")
PASSWORD = "p@ss/w:rd%41"
# of an OpenSIPS, which takes the first @ of its db_url for the end of the password
SERVER_USER, SERVER_PASSWORD = "opensips_server", "secret"
# {engine: (module of OpenSIPS, scheme of its db_url, variable that names the socket)}
DRIVERS = {
    "sqlite": ("db_sqlite", "sqlite", None),
    "postgresql": ("db_postgres", "postgres", "PGHOST"),
    "mysql": ("db_mysql", "mysql", "MYSQL_UNIX_PORT"),
}
SECONDS = 60
TABLE_NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
}


class NotHere(Exception):
    """A server cannot be run on this machine; the text says why."""


def create_statements(engine, version, table):
    """The SQL that makes a table as OpenSIPS' scripts do, with transactions where those of 1.11 have none."""
    (shape,) = [variant for variant in model.variants(table) if version in variant.releases]
    for statement in ddl(engine, shape):
        yield statement.replace("ENGINE=MyISAM", "ENGINE=InnoDB")


class Database:
    """One database with tables of one version. options: how the module gets there. url: for SQLAlchemy, and db_url."""

    def __init__(self, engine, url, options, drop=lambda: None):
        self.engine = engine
        self.url = url
        self.options = options
        self._drop = drop
        # future: what 2 does anyway, for 1.4
        self._made = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool, future=True)

    @property
    def server_url(self):
        """The db_url of an OpenSIPS that uses it, with server_environment."""
        name, scheme = self.options["login_db"], DRIVERS[self.engine][1]
        if self.engine == "sqlite":
            return f"{scheme}:///{name}"
        # PGHOST counts only for an empty host
        host = "localhost" if self.engine == "mysql" else ""
        return f"{scheme}://{SERVER_USER}:{SERVER_PASSWORD}@{host}/{name}"

    @property
    def server_environment(self):
        """Variables that lead an OpenSIPS to the socket of the database."""
        variable = DRIVERS[self.engine][2]
        return {} if variable is None else {variable: self.options["login_unix_socket"]}

    def create(self, version, *tables):
        with self._made.begin() as connection:
            for table in ("version", *tables):
                for statement in create_statements(self.engine, version, table):
                    connection.exec_driver_sql(statement)
        return self

    def execute(self, *statements):
        with self._made.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%"))

    def rows(self, query):
        """What a SELECT gives, list of tuple; or a table's name, all of it."""
        query = query if " " in query else f"SELECT * FROM {query}"
        with self._made.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def tables(self):
        """The names of its tables, sorted."""
        return sorted(name for (name,) in self.rows(TABLE_NAMES[self.engine]))

    @contextlib.contextmanager
    def session(self, statement):
        """While somebody else, who ran a statement, does nothing more."""
        with self._made.connect() as connection:
            if self.engine == "sqlite":
                connection.connection.dbapi_connection.isolation_level = None
            connection.exec_driver_sql(statement)
            yield
            connection.rollback()

    @contextlib.contextmanager
    def locked(self, table):
        """While somebody else writes to the table."""
        with self._made.connect() as connection:
            if self.engine == "sqlite":
                connection.connection.dbapi_connection.isolation_level = None
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            elif self.engine == "postgresql":
                connection.exec_driver_sql(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            else:
                connection.exec_driver_sql(f"SELECT * FROM {table} FOR UPDATE").fetchall()
            yield
            connection.rollback()

    def drop(self):
        self._made.dispose()
        self._drop()


class Sqlite:
    engine = "sqlite"

    def __init__(self):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="opensips-sqlite-"))
        self._numbers = itertools.count(1)

    def database(self):
        path = self._folder / f"{next(self._numbers)}.sqlite"
        path.touch()
        return Database("sqlite", f"sqlite:///{path}", {"db_engine": "sqlite", "login_db": str(path)}, path.unlink)

    def stop(self):
        shutil.rmtree(self._folder, ignore_errors=True)


class _Server:
    """A process of our own, as the user that it wants to be run by."""

    user = engine = ""

    def __init__(self):
        self._numbers = itertools.count(1)
        # a short path: sockets take some 100 characters
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="opensips-db-"))
        self._process = None
        try:
            if os.geteuid() == 0:
                try:
                    owner = pwd.getpwnam(self.user)
                except KeyError:
                    raise NotHere(f"there is no user {self.user}") from None
                os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        raise NotImplementedError

    def _as_user(self):
        return {"user": self.user, "group": self.user, "extra_groups": []} if os.geteuid() == 0 else {}

    def _options(self):
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "MYSQL"))}
        # two at once would take each other's temporary files
        env["HOME"] = env["TMPDIR"] = str(self.folder)
        return {"cwd": self.folder, "env": env, "stdin": subprocess.DEVNULL, **self._as_user()}

    def _run(self, *command):
        done = subprocess.run(
            [str(each) for each in command],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            **self._options(),
        )
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"

    def _serve(self, *command):
        self._command = command
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [str(each) for each in command], stdout=log, stderr=log, start_new_session=True, **self._options()
            )
        until = time.monotonic() + SECONDS
        while True:
            try:
                self._admin("SELECT 1")
                return
            except sqlalchemy.exc.OperationalError:
                text = (self.folder / "log").read_text(errors="replace")
                assert self._process.poll() is None and time.monotonic() < until, text
                time.sleep(0.1)

    def kill(self):
        """End all of its processes by SIGKILL, as when the power fails."""
        pid = self._process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        for each in (pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        self._process.wait()

    def start_again(self):
        """Start it after kill(); it recovers what was committed."""
        self._serve(*self._command)

    def _url(self, database):
        raise NotImplementedError

    def _admin(self, statement):
        made = sqlalchemy.create_engine(
            self._url(None), isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.pool.NullPool
        )
        with made.connect() as connection:
            connection.exec_driver_sql(statement.replace("%", "%%"))

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _newest(pattern):
    found = sorted(glob.glob(pattern), key=lambda path: [int(part) for part in re.findall("[0-9]+", path)])
    return found[-1] if found else None


class Postgresql(_Server):
    """PostgreSQL, whose user opensips has a password."""

    user, engine = "postgres", "postgresql"

    def _start(self):
        initdb = _newest("/usr/lib/postgresql/*/bin/initdb") or shutil.which("initdb")
        if initdb is None:
            raise NotHere("PostgreSQL is not installed (Debian: apt install postgresql)")
        data = self.folder / "data"
        secret = self.folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        self._run(
            initdb, "-D", data, "-U", "opensips", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C", "--no-sync"
        )  # fmt: skip
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "max_connections": 20,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._serve(pathlib.Path(initdb).with_name("postgres"), "-D", data, *options)
        self._admin(f"CREATE ROLE {SERVER_USER} LOGIN SUPERUSER PASSWORD '{SERVER_PASSWORD}'")

    def _url(self, database):
        return sqlalchemy.engine.URL.create(
            "postgresql+psycopg2",
            "opensips",
            PASSWORD,
            database=database or "postgres",
            query={"host": str(self.folder)},
        )

    def database(self):
        name = f"opensips{next(self._numbers)}"
        # nobody is ever connected to template0, as autovacuum is to template1 at times: PostgreSQL would refuse the copy
        self._admin(f"CREATE DATABASE {name} TEMPLATE template0")
        options = {
            "db_engine": "postgresql",
            "login_unix_socket": str(self.folder),
            "login_user": "opensips",
            "login_password": PASSWORD,
            "login_db": name,
        }
        return Database(
            "postgresql", self._url(name), options, lambda: self._admin(f"DROP DATABASE {name} WITH (FORCE)")
        )


class Mariadb(_Server):
    """MariaDB, whose user opensips has a password."""

    user, engine = "mysql", "mysql"

    def _start(self):
        install = shutil.which("mariadb-install-db")
        daemon = shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if install is None or daemon is None:
            raise NotHere("MariaDB is not installed (Debian: apt install mariadb-server)")
        self._socket = self.folder / "socket"
        data = self.folder / "data"
        data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(data, self.user, self.user)
        self._run(
            install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"
        )  # fmt: skip
        self._user = ("root", None)
        self._serve(
            daemon, "--no-defaults", f"--datadir={data}", f"--socket={self._socket}", "--skip-networking", f"--pid-file={data}/pid",
            "--innodb-flush-log-at-trx-commit=0", f"--tmpdir={data}",
        )  # fmt: skip
        quoted = PASSWORD.replace("'", "''")
        self._admin(f"CREATE USER opensips@localhost IDENTIFIED BY '{quoted}'")
        self._admin("GRANT ALL ON *.* TO opensips@localhost WITH GRANT OPTION")
        self._admin(f"CREATE USER {SERVER_USER}@localhost IDENTIFIED BY '{SERVER_PASSWORD}'")
        self._admin(f"GRANT ALL ON *.* TO {SERVER_USER}@localhost")
        self._user = ("opensips", PASSWORD)

    def _url(self, database):
        return sqlalchemy.engine.URL.create(
            "mysql+pymysql", *self._user, database=database, query={"unix_socket": str(self._socket)}
        )

    def database(self):
        name = f"opensips{next(self._numbers)}"
        # as opensips-cli does by default
        self._admin(f"CREATE DATABASE {name} CHARACTER SET latin1")
        options = {
            "db_engine": "mysql",
            "login_unix_socket": str(self._socket),
            "login_user": "opensips",
            "login_password": PASSWORD,
            "login_db": name,
        }
        return Database("mysql", self._url(name), options, lambda: self._admin(f"DROP DATABASE {name}"))


SERVERS = {"sqlite": Sqlite, "postgresql": Postgresql, "mysql": Mariadb}
