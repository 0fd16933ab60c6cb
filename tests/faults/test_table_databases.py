# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_table and opensips_subscriber while databases fail: what the result tells is what the database has, and a second run puts it right."""

from __future__ import annotations

import contextlib
import os
import resource
import threading
import time

import pytest
import sqlalchemy

from ansible_collections.community.opensips.plugins.module_utils._module.pending import PendingReload
from ansible_collections.community.opensips.plugins.module_utils._sip import digest
from ansible_collections.community.opensips.plugins.module_utils._table import database as module
from ansible_collections.community.opensips.tests.integration.support import databases, subscriber_body
from ansible_collections.community.opensips.tests.integration.support.background import (
    NOBODY,
    in_background,
    in_child,
    without_hanging,
)
from ansible_collections.community.opensips.tests.integration.support.database_proxy import (
    HANG,
    LOSE_ANSWER,
    LOSE_REQUEST,
    Proxy,
)
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of
from ansible_collections.community.opensips.tests.integration.support.table_body import call, counts, destinations

ROWS = destinations("a", "b", "c")
HERE = "SELECT destination FROM dispatcher ORDER BY destination"


@pytest.fixture
def database(database_server):
    """A database with tables of 3.6."""
    made = database_server.database().create("3.6", "dispatcher", "subscriber", "grp", "domain")
    yield made
    made.drop()


# SQLite has no server
SERVERS = pytest.mark.parametrize("database_server", ["mysql", "postgresql"], indirect=True, scope="module")


@pytest.fixture
def server(database_server):
    """PostgreSQL or MariaDB."""
    return database_server


@pytest.fixture
def proxy(server, database, tmp_path_factory):
    # short, since the path of a socket has some 100 characters
    with Proxy(database, tmp_path_factory.mktemp("p")) as made:
        yield made


def push(place, rows=ROWS, check=False, **options):
    """The result of a push of destinations. place: a Database or a Proxy."""
    return call(check, **{**place.options, "table": "dispatcher", "rows": rows, "db_timeout": 5, **options})


def written(database):
    return [destination for (destination,) in database.rows(HERE)]


def assert_nothing(result, database, *words, count=3):
    """The push failed, says why, and has every row, none of them changed; so it is in the table."""
    assert result["failed"] and not result["changed"], result
    assert len(result["results"]) == count and not any(each["changed"] for each in result["results"])
    assert counts(result) == {"not_written": count} and result["diff"] == {"before": {}, "after": {}}
    for word in ("Nothing was written", *words):
        assert word in result["msg"], result["msg"]
    assert databases.PASSWORD not in str(result)
    assert written(database) == []


def assert_all(result, database, count=3):
    assert not result.get("failed"), result["msg"]
    assert result["changed"] and result["summary"]["outcomes"]["inserted"] == count
    keys = {destination: number for number, destination in database.rows("SELECT id, destination FROM dispatcher")}
    assert {each["after"]["destination"]: each["primary_key"]["id"] for each in result["results"]} == keys
    assert len(keys) == count


def fail_at_commit(proxy, fault, **options):
    proxy.fail_at(b"COMMIT", fault, after=b"INSERT INTO dispatcher", **options)


def slow_trigger(database, statement):
    """Have each new destination wait in the database."""
    if database.engine == "mysql":
        database.execute(f"CREATE TRIGGER slow BEFORE INSERT ON dispatcher FOR EACH ROW {statement}")
    else:
        database.execute(
            f"CREATE FUNCTION slow() RETURNS trigger AS $$ BEGIN {statement}; RETURN NEW; END $$ LANGUAGE plpgsql",
            "CREATE TRIGGER slow BEFORE INSERT ON dispatcher FOR EACH ROW EXECUTE FUNCTION slow()",
        )


SLEEP = {"postgresql": "PERFORM pg_sleep(60)", "mysql": "DO SLEEP(60)"}
ACTIVE = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND {0}",
    "mysql": "SELECT count(*) FROM information_schema.processlist WHERE id <> connection_id() AND {0}",
}


def wait_until_active(database, postgresql, mysql):
    """Wait until somebody else does what the condition says."""
    condition = {"postgresql": postgresql, "mysql": mysql}[database.engine]
    until = time.monotonic() + 30
    while database.rows(ACTIVE[database.engine].format(condition)) == [(0,)]:
        assert time.monotonic() < until, "it never got there"
        time.sleep(0.05)


@SERVERS
class TestServer:
    def test_killed_in_mid_write(self, server, database):
        slow_trigger(database, SLEEP[server.engine])
        with in_background(push, database) as results:
            wait_until_active(database, "wait_event = 'PgSleep'", "state = 'User sleep'")
            server.kill()
        server.start_again()
        assert_nothing(results[0], database, "was lost")
        assert results[0]["error"]["type"] == "DatabaseUnreachable"
        database.execute("DROP TRIGGER slow" + " ON dispatcher" * (server.engine == "postgresql"))
        assert_all(push(database), database)

    def test_one_connection_is_ended_in_mid_write(self, server, database):
        """As an administrator does, or a memory limit."""
        slow_trigger(database, SLEEP[server.engine])
        with in_background(push, database) as results:
            wait_until_active(database, "wait_event = 'PgSleep'", "state = 'User sleep'")
            if server.engine == "postgresql":
                database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
            else:
                ((number,),) = database.rows("SELECT id FROM information_schema.processlist WHERE state = 'User sleep'")
                database.execute(f"KILL {number}")
        assert_nothing(results[0], database)

    def test_not_there(self, server, database, tmp_path):
        result = push(database, login_unix_socket=str(tmp_path / "none"))
        assert result["failed"] and result["error"]["type"] == "DatabaseUnreachable"
        assert "Check that the database runs" in result["msg"]

    def test_no_connection_left(self, server, database):
        if server.engine == "postgresql":
            database.execute("CREATE ROLE crowd LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
        else:
            database.execute("CREATE USER crowd@localhost IDENTIFIED BY 'x' WITH MAX_CONNECTIONS_PER_HOUR 1")
            database.execute("GRANT SELECT ON version TO crowd@localhost")
            # the first, which takes the only one
            push(database, login_user="crowd", login_password="x")
        result = push(database, login_user="crowd", login_password="x")
        database.execute("DROP ROLE crowd" if server.engine == "postgresql" else "DROP USER crowd@localhost")
        assert result["failed"] and result["error"]["type"] == "DatabaseUnreachable"
        assert "allows no more connections" in result["msg"], result["msg"]


@SERVERS
class TestUsers:
    """Two tables in one transaction, and a password that nobody can read again."""

    def push(self, place):
        users = [{"username": "1001", "groups": ["local"]}]
        return subscriber_body.call(users, generate_password=True, **{**place.options, "db_timeout": 1})

    def written(self, database):
        return database.rows("SELECT username, ha1 FROM subscriber"), database.rows("SELECT username, grp FROM grp")

    def password_of(self, result):
        return result["results"][0]["generated_password"]

    def is_password(self, password, ha1):
        return digest.hash_text(digest.MD5, f"1001:example.com:{password}") == ha1

    @pytest.mark.parametrize("table", ["subscriber", "grp"])
    def test_cut_in_mid_write(self, proxy, database, table):
        proxy.fail_at(f"INSERT INTO {table}".encode(), LOSE_REQUEST)
        result = self.push(proxy)
        assert proxy.fired and counts(result) == {"not_written": 1} and self.password_of(result) is None
        assert self.written(database) == ([], []) and "Nothing was written" in result["msg"]

    def test_a_commit_whose_answer_is_lost_is_found_to_be_done(self, proxy, database):
        proxy.fail_at(b"COMMIT", LOSE_ANSWER, after=b"INSERT INTO grp")
        result = self.push(proxy)
        assert proxy.fired and not result.get("failed") and counts(result) == {"inserted": 1}
        ((_name, ha1),), groups = self.written(database)
        assert groups == [("1001", "local")] and self.is_password(self.password_of(result), ha1)

    def test_a_commit_that_never_arrived_is_found_not_to_be_done(self, proxy, database):
        proxy.fail_at(b"COMMIT", LOSE_REQUEST, after=b"INSERT INTO grp")
        result = self.push(proxy)
        assert proxy.fired and counts(result) == {"not_written": 1} and self.password_of(result) is None
        assert self.written(database) == ([], [])

    def test_a_commit_of_which_nobody_knows(self, proxy, database):
        """The user may be there, so its password is returned."""
        proxy.fail_at(b"COMMIT", LOSE_ANSWER, after=b"INSERT INTO grp", stays_down=True)
        result = self.push(proxy)
        assert result["failed"] and result["error"]["type"] == "CommitUnknown" and result["changed"]
        assert counts(result) == {"unknown": 1} and result["results"][0]["error"] == result["error"]
        ((_name, ha1),), _groups = self.written(database)
        assert self.is_password(self.password_of(result), ha1) and self.password_of(result) not in result["msg"]


@SERVERS
class TestConnection:
    def test_cut_in_mid_write(self, proxy, database):
        proxy.fail_at(b"INSERT INTO dispatcher", LOSE_REQUEST)
        result = push(proxy)
        assert proxy.fired
        assert_nothing(result, database, "was lost", "Check that it runs")
        assert_all(push(proxy), database)

    def test_cut_while_it_is_read(self, proxy, database):
        proxy.fail_at(b"FROM version", LOSE_ANSWER)
        result = push(proxy)
        assert proxy.fired and result["failed"] and "was lost" in result["msg"] and written(database) == []

    def test_a_commit_whose_answer_is_lost_is_found_to_be_done(self, proxy, database):
        fail_at_commit(proxy, LOSE_ANSWER)
        result = push(proxy)
        assert proxy.fired
        assert_all(result, database)
        assert not push(proxy)["changed"]

    def test_a_commit_that_never_arrived_is_found_not_to_be_done(self, proxy, database):
        fail_at_commit(proxy, LOSE_REQUEST)
        result = push(proxy)
        assert proxy.fired
        assert_nothing(result, database, "was lost during the commit", "read again")
        assert_all(push(proxy), database)

    @pytest.mark.parametrize("fault", [LOSE_ANSWER, LOSE_REQUEST])
    def test_a_commit_of_which_nobody_knows(self, proxy, database, fault):
        fail_at_commit(proxy, fault, stays_down=True)
        result = push(proxy, db_timeout=1)
        assert proxy.fired and result["failed"] and result["error"]["type"] == "CommitUnknown"
        assert "Either all rows were written, or none" in result["msg"] and "Nothing was written" not in result["msg"]
        assert "run the task again" in result["msg"]
        # so the user has to act as if it had been
        assert result["changed"] and [each["outcome"] for each in result["results"]] == ["unknown"] * 3
        again = push(database)
        assert again["changed"] == (fault == LOSE_REQUEST) and len(written(database)) == 3

    def test_others_who_wrote_meanwhile_leave_it_unknown(self, proxy, database, monkeypatch):
        """The read again finds neither what was there before nor what was wanted."""
        reopen = module.Database.reopen

        def reopened(self):
            database.execute("DELETE FROM dispatcher WHERE destination = 'sip:a'")
            reopen(self)

        monkeypatch.setattr(module.Database, "reopen", reopened)
        fail_at_commit(proxy, LOSE_ANSWER)
        result = push(proxy)
        assert result["error"]["type"] == "CommitUnknown" and result["changed"]

    @pytest.mark.parametrize("words", [b"INSERT INTO dispatcher", b"FROM version"])
    def test_a_hung_server_ends_the_task(self, proxy, database, monkeypatch, words):
        monkeypatch.setattr(module, "_PATIENCE", 0.5)
        proxy.fail_at(words, HANG)
        result = without_hanging(push, proxy, db_timeout=1)
        assert result["failed"] and "was lost" in result["msg"] and "Nothing was written" in result["msg"]

    def test_a_server_that_hangs_while_it_commits(self, proxy, database, monkeypatch):
        monkeypatch.setattr(module, "_PATIENCE", 0.5)
        fail_at_commit(proxy, HANG, stays_down=True)
        result = without_hanging(push, proxy, db_timeout=1)
        assert result["error"]["type"] == "CommitUnknown"

    def test_a_server_that_hangs_from_the_beginning(self, proxy, database, monkeypatch):
        monkeypatch.setattr(module, "_PATIENCE", 0.5)
        # the first that each of them sends
        proxy.fail_at(b"opensips", HANG)
        result = without_hanging(push, proxy, db_timeout=1)
        assert result["error"]["type"] == "DatabaseUnreachable" and "Check that the database runs" in result["msg"]

    def test_another_protocol(self, server, tmp_path_factory):
        """Something else listens where the database is expected."""
        for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 100, b"\xff" * 100):
            with Stranger(server.engine, tmp_path_factory.mktemp("s"), answer) as stranger:
                result = without_hanging(push, stranger, db_timeout=1)
            assert result["error"]["type"] == "DatabaseUnreachable", result


class Stranger:
    """Answers each connection with the same bytes."""

    def __init__(self, engine, folder, answer):
        import socketserver

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError):
                    self.request.sendall(answer)
                    self.request.recv(1000)

        path = str(folder / ".s.PGSQL.5432")
        self.options = {
            "db_engine": engine,
            "login_unix_socket": str(folder) if engine == "postgresql" else path,
            "login_user": "opensips",
            "login_password": databases.PASSWORD,
        }
        self._server = socketserver.ThreadingUnixStreamServer(path, Handler)
        self._server.daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exc):
        self._server.shutdown()
        self._server.server_close()


@SERVERS
class TestLocks:
    def test_a_deadlock_with_another_writer(self, server, database):
        """Whoever is its victim, all of the push is written in the end."""
        push(database, destinations("a", "z"))
        made = sqlalchemy.create_engine(database.url, poolclass=sqlalchemy.pool.NullPool)
        rows = [*destinations("a", "z", weight=7), *destinations("new")]
        with made.connect() as other:
            if server.engine == "postgresql":
                slow_trigger(database, "PERFORM pg_advisory_xact_lock(7)")
                other.exec_driver_sql("SELECT pg_advisory_xact_lock(7)")
            else:
                other.exec_driver_sql("UPDATE dispatcher SET attrs = 'x' WHERE destination = 'sip:z'")
            with in_background(push, database, rows, db_timeout=30) as results:
                wait_until_active(database, "wait_event = 'advisory'", "instr(info, 'FOR UPDATE') > 0")
                # until it has locked what comes first
                time.sleep(0.3)
                try:
                    other.exec_driver_sql("UPDATE dispatcher SET attrs = 'x' WHERE destination = 'sip:a'")
                    other.commit()
                except sqlalchemy.exc.OperationalError:
                    other.rollback()
        assert not results[0].get("failed"), results[0]["msg"]
        assert counts(results[0]) == {"inserted": 1, "updated": 2}
        query = "SELECT destination, weight FROM dispatcher ORDER BY destination"
        assert database.rows(query) == [("sip:a", "7"), ("sip:new", "1"), ("sip:z", "7")]

    def test_deadlocks_without_end(self, server, database):
        if server.engine == "postgresql":
            slow_trigger(database, "RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'")
        else:
            slow_trigger(database, "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'")
        assert_nothing(push(database), database, "deadlock", "Try again")

    def test_somebody_alters_the_table(self, server, database):
        """Nobody may even read it then."""
        made = sqlalchemy.create_engine(database.url, poolclass=sqlalchemy.pool.NullPool)
        with made.connect() as other:
            if server.engine == "postgresql":
                other.exec_driver_sql("LOCK TABLE dispatcher IN ACCESS EXCLUSIVE MODE")
            else:
                other.exec_driver_sql("LOCK TABLES dispatcher WRITE")
            result = without_hanging(push, database, db_timeout=1)
            other.rollback()
        assert result["error"]["type"] == "DatabaseLocked" and "db_timeout" in result["msg"]


@SERVERS
class TestRights:
    @pytest.fixture
    def user(self, server, database):
        """user("SELECT ON dispatcher"): login options of somebody with these rights."""

        made = []

        def make(*rights):
            made.append(rights)
            if server.engine == "postgresql":
                name = "clerk"
                database.execute("CREATE ROLE clerk LOGIN PASSWORD 'cl3rk'")
            else:
                name = "clerk@localhost"
                database.execute("CREATE USER clerk@localhost IDENTIFIED BY 'cl3rk'")
            database.execute(*[f"GRANT {right} TO {name}" for right in rights])
            return {"login_user": "clerk", "login_password": "cl3rk"}

        yield make
        if not made:
            return
        if server.engine == "postgresql":
            database.execute("DROP OWNED BY clerk", "DROP ROLE clerk")
        else:
            database.execute("DROP USER clerk@localhost")

    @pytest.mark.parametrize("right", ["SELECT", "SELECT, INSERT", "SELECT, UPDATE, DELETE"])
    def test_who_may_not_write_is_told_so_when_it_writes(self, server, user, database, right):
        if server.engine == "mysql" and "INSERT" in right:
            pytest.skip("enough for MariaDB, which locks rows rather than the table")
        login = user("SELECT ON version", f"{right} ON dispatcher")
        planned = push(database, check=True, **login)
        assert planned["changed"] and not planned.get("failed")
        result = push(database, **login)
        assert_nothing(result, database, "Grant the database user SELECT, INSERT, UPDATE and DELETE")
        assert "cl3rk" not in str(result)

    def test_numbers_of_new_rows_may_not_be_taken(self, server, user, database):
        if server.engine != "postgresql":
            pytest.skip("only PostgreSQL has sequences with rights of their own")
        login = user("SELECT ON version", "SELECT, INSERT, UPDATE, DELETE ON dispatcher")
        assert_nothing(push(database, **login), database, "sequence", "USAGE and UPDATE on its sequences")
        database.execute("GRANT USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO clerk")
        assert_all(push(database, **login), database)

    @pytest.mark.parametrize("rights", [["SELECT ON version"], ["SELECT, INSERT, UPDATE, DELETE ON dispatcher"]])
    def test_who_may_not_read(self, user, database, rights):
        result = push(database, **user(*rights))
        assert result["failed"] and not result.get("changed") and written(database) == []
        assert "denied" in result["msg"] and "Grant the database user" in result["msg"], result["msg"]

    def test_a_database_that_takes_no_writes(self, server, user, database):
        login = user("SELECT ON version", "SELECT, INSERT, UPDATE, DELETE ON dispatcher")
        if server.engine == "postgresql":
            database.execute("ALTER ROLE clerk SET default_transaction_read_only = on")
        else:
            database.execute("SET GLOBAL read_only = 1")
        try:
            result = push(database, **login)
        finally:
            if server.engine == "mysql":
                database.execute("SET GLOBAL read_only = 0")
        assert_nothing(result, database, "standby")


class TestSqlite:
    @pytest.fixture
    def file(self, tmp_path):
        """A database whose folder everybody may reach."""
        for folder in (tmp_path, *list(tmp_path.parents)[:3]):
            if folder.stat().st_uid == os.geteuid() and folder.stat().st_mode & 0o700 == folder.stat().st_mode & 0o777:
                folder.chmod(0o755)
        path = tmp_path / "opensips.sqlite"
        path.touch()
        options = {"db_engine": "sqlite", "login_db": str(path)}
        return databases.Database("sqlite", f"sqlite:///{path}", options).create("3.6", "dispatcher")

    @pytest.fixture(autouse=True)
    def _imported(self, file):
        """What is imported late might not be readable to others."""
        assert not push(file, [], state="present")["changed"]

    def test_no_room(self, file):
        size = os.path.getsize(file.options["login_db"])
        many = destinations(*map(str, range(2000)), attrs="x" * 100)

        def limited():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 8192, size + 8192))
            return push(file, many)

        result = in_child(limited)
        assert_nothing(result, file, "Free space on its file system", count=2000)
        assert file.rows("PRAGMA integrity_check") == [("ok",)]
        assert_all(push(file, many), file, count=2000)

    @pytest.mark.parametrize("mode, folder_mode", [(0o444, 0o777), (0o666, 0o555)])
    def test_no_permission_to_write(self, file, tmp_path, mode, folder_mode):
        (tmp_path / "opensips.sqlite").chmod(mode)
        tmp_path.chmod(folder_mode)
        try:
            planned, result = in_child(lambda: (push(file, check=True), push(file)), user=NOBODY)
        finally:
            tmp_path.chmod(0o755)
        assert planned["changed"] and not planned.get("failed"), planned
        assert_nothing(result, file, "needs write permission for the file and its directory")

    def test_no_permission_to_read(self, file, tmp_path):
        (tmp_path / "opensips.sqlite").chmod(0o600)
        result = in_child(lambda: push(file), user=NOBODY)
        if os.geteuid() != 0:
            (tmp_path / "opensips.sqlite").chmod(0)
            result = push(file)
        assert result["error"]["type"] == "DatabaseUnreachable" and "this user may read it" in result["msg"]

    def test_a_torn_file(self, file, tmp_path):
        path = tmp_path / "opensips.sqlite"
        push(file, destinations(*map(str, range(500))))
        path.write_bytes(path.read_bytes()[:8192])
        result = push(file)
        assert result["failed"] and result["error"]["type"] in ("DatabaseRefused", "DatabaseUnreachable")


def test_the_mi_server_is_lost_after_the_commit(emulator, tmp_path):
    """The table has it, the server does not: the task fails, and the next run has to reload although it writes nothing."""
    emu = emulator("3.6", phones=0)
    path = tmp_path / "other.sqlite"
    path.touch()
    made = databases.Database("sqlite", f"sqlite:///{path}", {}).create("3.6", "dispatcher")
    emu.fault("ds_reload", "no_reply")
    args = {**fifo_of(emu), "db_url": made.url, "table": "dispatcher", "rows": ROWS, "timeout": 1, "wait_timeout": 1}
    result = run_module("table", args)
    assert result["failed"] and result["changed"] and result["summary"]["outcomes"]["inserted"] == 3
    assert (
        "Written to the table dispatcher: 3 inserted" in result["msg"]
        and "The next run of this task reloads" in result["msg"]
    )
    assert result["reload"]["outcome"] == "failed" and len(written(made)) == 3
    owed = PendingReload(f"the FIFO {args['fifo_path']}", "ds_reload")
    assert owed.exists()
    owed.clear()
