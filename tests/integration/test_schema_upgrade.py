# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_schema upgrades tables with their rows, on SQLite, PostgreSQL and MariaDB.

OPENSIPS_UPGRADE_ROWS is the number of rows of each table. If it is set, all tables go through all releases, and processes are killed
before each statement; else a few of them do.
"""

from __future__ import annotations

import os
import signal
import threading

import pytest

from ansible_collections.community.opensips.plugins.module_utils._schema import choice
from ansible_collections.community.opensips.plugins.module_utils._table.database import Database
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.schema_body import Runner
from ansible_collections.community.opensips.tests.integration.support.table_body import counts

WHOLE = "OPENSIPS_UPGRADE_ROWS" in os.environ
ROWS = int(os.environ.get("OPENSIPS_UPGRADE_ROWS", "5"))
RELEASES = ("3.1", "3.4", "3.6", "4.0") if WHOLE else ("3.6", "4.0")
# values of these move, or change their form
MOVING = ["cc_agents", "dialog", "dispatcher", "dr_carriers", "location", "registrant", "subscriber", "tls_mgm"]
SOME = ["subscriber", "dr_carriers", "tls_mgm"]
TWO = SOME[:2]
# what no version of OpenSIPS has any more
OBSOLETE = {"subscriber": {"ha1b", "email_address", "rpid"}, "cc_agents": {"last_call_end"}, "tls_mgm": {"address"}}
# what a newer version writes in another way
CONVERTED = {"dr_carriers": {"flags"}, "dialog": {"script_flags", "vars", "profiles"}, "tls_mgm": {"type"}}


@pytest.fixture
def schema(database):
    return Runner(database, upgrade=True)


def value_of(column, number):
    """A value that a column can hold, another one for each row."""
    if column.type in ("int", "tinyint", "smallint", "bigint"):
        return str(number % 100 if column.type == "tinyint" else number)
    if column.type in ("float", "double"):
        return "0.5"
    if column.type == "datetime":
        return "'2026-11-28 12:00:00'"
    text = f"{number}"[-(column.size or 40) :]
    return f"'{text}é'" if "char" in column.type and (column.size or 0) > 20 else f"'{text}'"


def fill(database, release, tables, rows):
    for name in tables:
        columns = choice.known_tables(release)[name].columns.values()
        values = [f"({', '.join(value_of(column, number) for column in columns)})" for number in range(1, rows + 1)]
        names = ", ".join(column.name for column in columns)
        for start in range(0, rows, 500):
            database.execute(f"INSERT INTO {name} ({names}) VALUES {', '.join(values[start : start + 500])}")


def copied(release, later, table):
    """The columns that are the same before and afterwards."""
    before, after = (choice.known_tables(one)[table].columns for one in (release, later))
    return [name for name in before if name in after and name not in CONVERTED.get(table, ())]


def contents(database, table, columns):
    rows = database.rows(f"SELECT {', '.join(columns)} FROM {table}")
    # PostgreSQL's driver gives views of bytes
    return sorted((tuple(bytes(one) if isinstance(one, memoryview) else one for one in row) for row in rows), key=repr)


def tables_of_both(before, after):
    """The tables that two releases have."""
    return sorted(set(choice.known_tables(before)) & set(choice.known_tables(after)) - {"version"})


def versions(database):
    return {name.strip(): number for name, number in database.rows("version")}


def test_rows_of_all_tables_survive_every_step(schema, database):
    tables = tables_of_both("2.4", "4.0") if WHOLE else MOVING
    schema(version="2.4", tables=tables)
    fill(database, "2.4", tables, ROWS)
    before = {name: contents(database, name, copied("2.4", "4.0", name)) for name in tables}
    for release in RELEASES:
        planned = schema(check=True, version=release, tables=tables, extra_columns="drop")
        result = schema(version=release, tables=tables, extra_columns="drop")
        assert not result.get("failed"), result["msg"]
        assert planned["diff"] == result["diff"]
        assert [entry["after"] for entry in planned["results"]] == [entry["after"] for entry in result["results"]]
        for entry in result["results"]:
            if entry["outcome"] == "upgraded":
                assert entry["before"]["rows"] == entry["after"]["rows"] == ROWS
        # as if that version had made them
        again = schema(version=release, tables=tables)
        assert not again["changed"] and counts(again) == {"unchanged": len(tables) + 1}
    assert {name: contents(database, name, copied("2.4", "4.0", name)) for name in tables} == before
    assert {name: versions(database)[name] for name in tables if name in versions(database)} == {
        name: table.version for name, table in choice.known_tables("4.0").items() if name in tables
    }
    assert schema.warnings == []


def test_rows_that_somebody_writes_all_the_time_are_not_lost(schema, database):
    schema(version="2.4", tables=["subscriber"])
    early = [(f"early{number}",) for number in range(300)]
    database.execute(f"INSERT INTO subscriber (username) VALUES {', '.join(f'({name!r})' for (name,) in early)}")
    written, ended = [], threading.Event()

    def write():
        while not ended.is_set():
            name = f"late{len(written)}"
            database.execute(f"INSERT INTO subscriber (username) VALUES ('{name}')")
            written.append((name,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        result = schema(tables=["subscriber"], extra_columns="drop")
    finally:
        ended.set()
        writer.join()
    # others lock the table, and whoever writes waits
    assert not result.get("failed") or (database.engine == "mysql" and result["error"]["type"] == "NotTheSame"), result
    tables = [name for name in database.tables() if name.startswith("subscriber")]
    assert tables == ["subscriber"] or "subscriber__opensips_kept" in result["msg"]
    found = [row for table in tables for row in database.rows(f"SELECT username FROM {table}")]
    assert written and {*early, *written} <= set(found)


def test_older_tables_are_refused_unless_told(schema, database):
    schema(version="2.4", tables=SOME)
    result = schema(tables=SOME, upgrade=False)
    assert result["failed"] and "Set upgrade to true" in result["error"]["hint"]
    assert versions(database) == {"subscriber": 7, "dr_carriers": 2, "tls_mgm": 2}


def test_check_mode_changes_nothing(schema, database):
    schema(version="2.4", tables=SOME)
    fill(database, "2.4", SOME, 3)
    result = schema(check=True, tables=[*SOME, "acc"], extra_columns="drop")
    assert result["changed"] and counts(result) == {"planned": 4, "unchanged": 1}
    assert "CREATE TABLE tls_mgm" in result["diff"]["after"]
    assert versions(database) == {"subscriber": 7, "dr_carriers": 2, "tls_mgm": 2}
    assert len(database.rows("tls_mgm")) == 3


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (
            ["ALTER TABLE subscriber ADD COLUMN department VARCHAR(20)"],
            ["department", "drop_columns", "subscriber.department"],
        ),
        (["UPDATE subscriber SET ha1b = 'x'"], ["subscriber.ha1b"]),
        (["UPDATE version SET table_version = 99 WHERE table_name = 'subscriber'"], ["99", "not known"]),
    ],
)
def test_what_would_be_lost_is_refused_before_anything_is_changed(schema, database, statements, words):
    schema(version="2.4", tables=SOME)
    fill(database, "2.4", SOME[1:], 2)
    database.execute("INSERT INTO subscriber (username, domain) VALUES ('1001', 'example.com')", *statements)
    before = versions(database), database.rows("subscriber"), database.rows("dr_carriers")
    for check in (True, False):
        result = schema(check=check, tables=[*SOME, "acc"])
        assert result["failed"] and not result["changed"], result
        assert all(word in result["msg"] for word in words), result["msg"]
        assert {"not_created", "not_upgraded"} <= set(counts(result))
    assert (versions(database), database.rows("subscriber"), database.rows("dr_carriers")) == before
    assert "acc" not in versions(database)


def test_columns_of_others_stay_with_their_values_and_indexes(schema, database):
    schema(version="2.4", tables=["subscriber"])
    database.execute(
        "ALTER TABLE subscriber ADD COLUMN department VARCHAR(20) DEFAULT 'it''s' NOT NULL",
        "CREATE INDEX department_idx ON subscriber (department)",
        "INSERT INTO subscriber (username, ha1b) VALUES ('1001', 'x')",
    )
    result = schema(tables=["subscriber"], extra_columns="keep", drop_columns=["subscriber.ha1b"])
    [entry] = [entry for entry in result["results"] if entry["table"] == "subscriber"]
    assert entry["dropped_columns"] == ["ha1b"]
    assert entry["kept_columns"] == ["email_address", "rpid", "department"]
    database.execute("INSERT INTO subscriber (username) VALUES ('1002')")
    assert sorted(database.rows("SELECT id, username, department FROM subscriber")) == [
        (1, "1001", "it's"), (2, "1002", "it's"),
    ]  # fmt: skip
    again = schema(tables=["subscriber"])
    assert not again["changed"] and "column department" in schema.warnings[-1]
    assert "index department_idx" in schema.warnings[-1]


def test_indexes_with_expressions_and_conditions_stay(schema, database):
    if database.engine == "mysql":
        pytest.skip("MariaDB has no such indexes")
    schema(version="2.4", tables=["subscriber"])
    database.execute(
        "CREATE INDEX lower_idx ON subscriber (lower(username))",
        "CREATE INDEX some_idx ON subscriber (username) WHERE domain = 'example.com'",
        "INSERT INTO subscriber (username, domain) VALUES ('1001', 'example.com')",
    )
    result = schema(tables=["subscriber"])
    assert counts(result)["upgraded"] == 1, result
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
        "postgresql": "SELECT indexname FROM pg_indexes WHERE tablename = 'subscriber'",
    }
    assert {("lower_idx",), ("some_idx",)} <= set(database.rows(catalogue[database.engine]))


@pytest.mark.parametrize(("default", "value"), [("'call(me)'", "call(me)"), ("'0042'", "0042"), ("(lower('X'))", "x")])
def test_defaults_of_columns_of_others_stay(schema, database, default, value):
    if database.engine == "mysql":
        pytest.skip("MySQL and MariaDB do not tell a text from an expression in the same way")
    schema(version="2.4", tables=["subscriber"])
    database.execute(f"ALTER TABLE subscriber ADD COLUMN note VARCHAR(20) DEFAULT {default} NOT NULL")
    result = schema(tables=["subscriber"], extra_columns="keep")
    assert not result.get("failed"), result
    database.execute("INSERT INTO subscriber (username) VALUES ('1001')")
    assert database.rows("SELECT note FROM subscriber") == [(value,)]


def test_what_only_the_old_table_has_is_named(schema, database):
    if database.engine == "postgresql":
        pytest.skip("PostgreSQL refuses the new column itself")
    schema(version="2.4", tables=["subscriber", "dispatcher"])
    column = "shown VARCHAR(64) GENERATED ALWAYS AS (username) STORED"
    if database.engine == "sqlite":
        # it adds none later
        column += ", CHECK (username <> 'root')"
    database.execute("DROP TABLE subscriber", f"CREATE TABLE subscriber (username VARCHAR(64), {column})")
    for check in (True, False):
        result = schema(check=check, tables=["subscriber", "dispatcher"], extra_columns="drop")
        assert result["failed"] and "generated column shown" in result["msg"]
        assert database.engine != "sqlite" or "CHECK" in result["msg"]
    assert versions(database) == {"subscriber": 7, "dispatcher": 8}


def test_a_view_is_not_upgraded(schema, database):
    schema(version="2.4", tables=["subscriber", "dispatcher"])
    database.execute("ALTER TABLE subscriber RENAME TO users", "CREATE VIEW subscriber AS SELECT * FROM users")
    for check in (True, False):
        result = schema(check=check, tables=["subscriber", "dispatcher"])
        assert result["failed"] and "subscriber is a view" in result["msg"], result
    assert versions(database) == {"subscriber": 7, "dispatcher": 8}


def test_all_tables_that_are_there_are_upgraded_if_none_are_named(schema, database):
    schema(version="2.4", tables=["subscriber", "cc_agents"])
    database.execute("INSERT INTO cc_agents (agentid, location, skills, last_call_end) VALUES ('a', 'sip:a', 's', 7)")
    result = schema(version="4.0")
    assert counts(result)["upgraded"] == 2 and counts(result)["created"] > 20
    assert database.rows("SELECT agentid, wrapup_end_time FROM cc_agents") == [("a", 7)]


def test_no_table_goes_back(schema, database):
    schema(version="3.6", tables=["subscriber"])
    result = schema(version="3.1", tables=["subscriber"])
    assert result["failed"] and result["error"]["type"] == "Downgrade"
    assert versions(database) == {"subscriber": 8}


def test_what_hangs_on_a_table_is_named(schema, database):
    schema(version="2.4", tables=["subscriber", "dispatcher"])
    made = {
        "sqlite": "CREATE TRIGGER mine AFTER INSERT ON subscriber BEGIN DELETE FROM dispatcher; END",
        "postgresql": "CREATE VIEW mine AS SELECT username FROM subscriber",
        "mysql": "CREATE TRIGGER mine AFTER INSERT ON subscriber FOR EACH ROW DELETE FROM dispatcher",
    }
    database.execute(made[database.engine])
    result = schema(tables=["subscriber", "dispatcher"])
    assert result["failed"] and "mine" in result["msg"]
    assert versions(database) == {"subscriber": 7, "dispatcher": 8}


def test_numbers_are_not_given_again(schema, database):
    schema(version="2.4", tables=["subscriber"])
    database.execute(
        *(f"INSERT INTO subscriber (username) VALUES ('{number}')" for number in range(5)),
        "DELETE FROM subscriber WHERE id > 2",
    )
    schema(tables=["subscriber"])
    database.execute("INSERT INTO subscriber (username) VALUES ('new')")
    assert database.rows("SELECT id FROM subscriber WHERE username = 'new'") == [(6,)]


def test_as_a_process_on_a_file(tmp_path):
    options = {"db_engine": "sqlite", "login_db": str(tmp_path / "database"), "tables": ["dr_carriers"]}
    assert run_module("schema", {**options, "version": "2.4"})["changed"]
    planned = run_module("schema", {**options, "version": "3.6.8", "upgrade": True}, check=True)
    result = run_module("schema", {**options, "version": "3.6.8", "upgrade": True})
    [entry] = [entry for entry in result["results"] if entry["table"] == "dr_carriers"]
    assert entry["outcome"] == "upgraded" and entry["after"] == {"version": 3, "rows": 0}
    assert planned["changed"] and planned["diff"] == result["diff"]
    assert not run_module("schema", {**options, "version": "3.6.8", "upgrade": True})["changed"]
    bad = run_module("schema", {**options, "version": "3.6.8", "upgrade": True, "drop_columns": ["dr_carriers.flags"]})
    assert bad["failed"] and bad["msg"].startswith("drop_columns[0]: ")


class TestPostgresql:
    def test_owner_and_grants_stay(self, schema, database):
        if database.engine != "postgresql":
            pytest.skip("is about PostgreSQL")
        schema(version="2.4", tables=["subscriber"])
        owner, role = f"owner_{os.getpid()}", f"server_{os.getpid()}"
        database.execute(
            f"CREATE ROLE {owner}",
            f"CREATE ROLE {role}",
            f"GRANT SELECT, UPDATE ON subscriber TO {role}",
            f"GRANT USAGE ON SEQUENCE subscriber_id_seq TO {role} WITH GRANT OPTION",
            "GRANT SELECT ON subscriber TO PUBLIC",
            f"ALTER TABLE subscriber OWNER TO {owner}",
        )
        before = self._rights(database)
        schema(tables=["subscriber"])
        assert self._rights(database) == before and versions(database) == {"subscriber": 8}
        database.execute(f"DROP OWNED BY {owner}, {role} CASCADE", f"DROP ROLE {owner}, {role}")

    def _rights(self, database):
        """{table or sequence: (its grants, its owner)}."""
        query = (
            "SELECT relname, relacl::text, pg_get_userbyid(relowner) FROM pg_class"
            " WHERE relname IN ('subscriber', 'subscriber_id_seq')"
        )
        return {name: (sorted(rights.strip("{}").split(",")), owner) for name, rights, owner in database.rows(query)}


class TestMysql:
    @pytest.fixture(autouse=True)
    def _mysql(self, database):
        if database.engine != "mysql":
            pytest.skip("is about MySQL")

    def _writing(self, database, monkeypatch, *statements):
        """Run statements in another session just before the tables are swapped, and after."""
        execute = Database.execute

        def meddling(self, statement):
            swap = statement.startswith("RENAME TABLE") and "opensips_new` TO `subscriber`" in statement
            if swap:
                database.execute(statements[0])
            execute(self, statement)
            if swap:
                database.execute(*statements[1:])

        monkeypatch.setattr(Database, "execute", meddling)

    def test_rows_that_are_written_meanwhile_are_not_lost(self, schema, database, monkeypatch):
        schema(version="2.4", tables=["subscriber", "dr_carriers"])
        fill(database, "2.4", ["dr_carriers"], 3)
        self._writing(database, monkeypatch, "INSERT INTO subscriber (username) VALUES ('late')")
        result = schema(tables=["subscriber", "dr_carriers", "acc"])
        assert result["failed"] and result["error"]["type"] == "NotTheSame" and "subscriber" in result["msg"]
        assert versions(database) == {"subscriber": 7, "dr_carriers": 2}
        assert database.rows("SELECT username, ha1b FROM subscriber") == [("late", "")]
        assert database.tables() == ["dr_carriers", "subscriber", "version"]

    def test_rows_that_are_written_to_both_are_kept(self, schema, database, monkeypatch):
        schema(version="2.4", tables=["subscriber"])
        self._writing(
            database,
            monkeypatch,
            "INSERT INTO subscriber (username) VALUES ('old')",
            "INSERT INTO subscriber (username, ha1_sha256) VALUES ('new', 'x')",
        )
        result = schema(tables=["subscriber"])
        assert result["failed"] and "subscriber__opensips_kept" in result["msg"]
        assert database.rows("SELECT username FROM subscriber") == [("old",)]
        assert database.rows("SELECT username FROM subscriber__opensips_kept") == [("new",)]

    def test_a_swap_that_the_database_did_not_finish_is_undone(self, schema, database):
        schema(version="2.4", tables=["subscriber", "dr_carriers"])
        fill(database, "2.4", ["dr_carriers"], 3)
        database.execute(
            "CREATE TABLE dr_carriers__opensips_new LIKE dr_carriers",
            "RENAME TABLE dr_carriers TO dr_carriers__opensips_old, dr_carriers__opensips_new TO dr_carriers",
            "CREATE TABLE subscriber__opensips_new LIKE subscriber",
            "RENAME TABLE subscriber TO subscriber__opensips_old",
        )
        refused = schema(tables=["subscriber", "dr_carriers"], upgrade=False)
        assert refused["failed"] and "did not come to its end" in refused["msg"] and not refused["changed"]
        result = schema(tables=["subscriber", "dr_carriers"])
        assert counts(result) == {"upgraded": 2, "unchanged": 1}
        assert len(database.rows("SELECT sort_alg FROM dr_carriers")) == 3
        assert database.tables() == ["dr_carriers", "subscriber", "version"]

    def test_an_old_table_that_differs_by_now_is_kept(self, schema, database, monkeypatch):
        schema(version="2.4", tables=["subscriber", "dr_carriers"])
        fill(database, "2.4", ["dr_carriers"], 3)
        database.execute("INSERT INTO subscriber (username) VALUES ('one')")
        execute = Database.execute
        monkeypatch.setattr(
            Database, "execute", lambda self, text: None if text.startswith("DROP") else execute(self, text)
        )
        schema(tables=["subscriber", "dr_carriers"])
        monkeypatch.undo()
        database.execute("DELETE FROM subscriber")
        planned = schema(check=True, tables=["subscriber", "dr_carriers"])
        assert planned["changed"] and "DROP TABLE dr_carriers__opensips_old" in planned["diff"]["after"]
        schema(tables=["subscriber", "dr_carriers"])
        [warning] = schema.warnings
        assert "subscriber__opensips_kept" in warning
        assert database.rows("SELECT username FROM subscriber__opensips_kept") == [("one",)]
        assert len([name for name in database.tables() if "__opensips" in name]) == 1
        assert not schema(tables=["subscriber", "dr_carriers"])["changed"]


class TestKilled:
    """By SIGKILL, before each of its statements."""

    def _upgrade(self, schema, number, monkeypatch):
        """Upgrade in a process that is killed before its nth statement; whether it came to its end."""
        child = os.fork()
        if child == 0:
            left = [number]
            execute = Database.execute

            def counted(self, statement):
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
                execute(self, statement)

            code = 1
            try:
                monkeypatch.setattr(Database, "execute", counted)
                code = 1 if schema(tables=TWO).get("failed") else 0
            finally:
                os._exit(code)
        _pid, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
        return not os.WIFSIGNALED(status)

    def test_nothing_is_lost_and_another_run_finishes_it(self, schema, database_server, monkeypatch):
        # on SQLite a test of the library kills it before each of them, and PostgreSQL has a transaction, too
        step = 1 if WHOLE else {"sqlite": 20, "postgresql": 20, "mysql": 9}[database_server.engine]
        number, ended = 0, False
        while not ended:
            database = database_server.database()
            try:
                schema_of = Runner(database, upgrade=True)
                schema_of(version="2.4", tables=TWO)
                fill(database, "2.4", ["dr_carriers"], 3)
                database.execute("INSERT INTO subscriber (username, ha1) VALUES ('1001', 'x')")
                ended = self._upgrade(schema_of, number, monkeypatch)
                self._check_whole(database)
                schema_of(tables=TWO)
                assert schema_of.warnings == []
                assert versions(database) == {"subscriber": 8, "dr_carriers": 3}
                self._check_whole(database)
                assert not [name for name in database.tables() if "__opensips" in name]
            finally:
                database.drop()
            number += step
        assert number > 15

    def _check_whole(self, database):
        """All tables are of one version, and all rows are there."""
        found = versions(database)
        assert found in (
            {"subscriber": 7, "dr_carriers": 2},
            {"subscriber": 8, "dr_carriers": 3},
        )
        new = found["subscriber"] == 8
        assert database.rows("SELECT username, ha1 FROM subscriber") == [("1001", "x")]
        columns = "carrierid, sort_alg" if new else "carrierid, flags"
        assert len(database.rows(f"SELECT {columns} FROM dr_carriers")) == 3
