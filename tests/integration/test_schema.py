# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_schema on real databases: SQLite, PostgreSQL, MariaDB."""

from __future__ import annotations

import stat
import threading

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module import schema as body
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task
from ansible_collections.community.opensips.plugins.module_utils._schema import choice, creating, ddl, model
from ansible_collections.community.opensips.plugins.module_utils._table.database import _SCHEMA_LOCK, _SCHEMA_LOCK_NAME
from ansible_collections.community.opensips.plugins.module_utils._table.errors import DatabaseRefused
from ansible_collections.community.opensips.tests.integration.support import databases
from ansible_collections.community.opensips.tests.integration.support.bad_input import assert_refused
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.schema_body import DEFAULTS, Runner
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of
from ansible_collections.community.opensips.tests.integration.support.table_body import call_body, counts

SOME = ["location", "subscriber", "acc"]


@pytest.fixture
def schema(database):
    return Runner(database)


def entry_of(result, table):
    return next(entry for entry in result["results"] if entry["table"] == table)


@pytest.mark.parametrize("release", ["2.4", "4.1"])
def test_all_tables_are_created_and_read_back_as_they_should_be(schema, database, release):
    if database.engine == "mysql" and release == "2.4":
        pytest.skip("MariaDB takes seconds for it, and test_schema_scripts.py compares this release")
    everything = sorted(choice.known_tables(release))
    planned = schema(check=True, version=release, tables=everything)
    assert counts(planned) == {"planned": len(everything)} and database.tables() == []
    made = schema(version=f"{release}.7", tables=everything)
    assert made["changed"] and counts(made) == {"created": len(everything)} and made["version"] == release
    assert made["diff"] == planned["diff"] and made["diff"]["before"] == ""
    assert database.tables() == everything
    versions = {
        name: table.version for name, table in choice.known_tables(release).items() if table.version is not None
    }
    assert dict(database.rows("version")) == versions
    # whatever differs between what was asked for and what the database has would show here
    again = schema(version=release, tables=everything)
    assert not again["changed"] and counts(again) == {"unchanged": len(everything)}
    assert again["diff"] == {"before": "", "after": ""} and schema.warnings == []


def test_what_is_missing_is_added_and_the_rest_stays(schema, database):
    first = schema(tables=["subscriber"])
    assert [entry["table"] for entry in first["results"]] == ["version", "subscriber"]
    database.execute("INSERT INTO subscriber (username, domain) VALUES ('1001', 'example.com')")
    second = schema(modules=["usrloc", "auth_db"])
    assert counts(second) == {"created": 2, "unchanged": 2}
    assert entry_of(second, "location")["before"] is None
    assert entry_of(second, "location")["after"] == {"version": 1013}
    assert database.rows("SELECT username FROM subscriber") == [("1001",)]


INDEX = "acc_callid_idx"
TAKING = {
    "sqlite": [
        f"CREATE INDEX {INDEX} ON mine (number)",
        "CREATE INDEX acc ON mine (number)",
    ],
    "postgresql": [
        f"CREATE INDEX {INDEX} ON mine (number)",
        f"CREATE TABLE {INDEX} (number INTEGER)",
        "CREATE SEQUENCE acc_id_seq",
        "CREATE TYPE acc AS ENUM ('x')",
        "CREATE INDEX acc ON mine (number)",
    ],
}


@pytest.mark.parametrize("number", range(5))
def test_a_name_that_is_taken_is_refused_before_anything_is_changed(schema, database, number):
    statements = TAKING.get(database.engine, [])
    if number >= len(statements):
        pytest.skip("names of indexes are those of their table, or there are no more cases")
    database.execute("CREATE TABLE mine (number INTEGER)", statements[number])
    name = statements[number].split()[2]
    for check in (True, False):
        result = schema(check=check, tables=["acc", "location"])
        assert result["failed"] and result["error"]["type"] == "NameTaken", result
        assert f"has the name {name}" in result["msg"] and not result["changed"]
        assert entry_of(result, "acc")["error"]["type"] == "NameTaken"
        assert counts(result) == {"not_created": 3}
    assert "version" not in database.tables()


def test_versions_that_are_a_view_are_refused_only_if_one_has_to_be_entered(schema, database):
    schema(tables=["acc"])
    database.execute("ALTER TABLE version RENAME TO versions", "CREATE VIEW version AS SELECT * FROM versions")
    assert not schema(tables=["acc"])["changed"]
    for check in (True, False):
        result = schema(check=check, tables=["acc", "location"])
        assert result["failed"] and "version is a view" in result["msg"] and not result["changed"]
    database.execute("UPDATE versions SET table_version = 6 WHERE table_name = 'acc'")
    assert "version is a view" in schema(check=True, tables=["acc"], upgrade=True)["msg"]
    assert "location" not in database.tables()


def test_defaults_and_numbers_are_those_of_the_scripts(schema, database):
    schema(tables=["dispatcher", "location", "freeswitch", "cc_agents"])
    database.execute(
        "INSERT INTO dispatcher (destination) VALUES ('sip:192.0.2.1')",
        "INSERT INTO dispatcher (destination) VALUES ('sip:192.0.2.2')",
    )
    assert database.rows("SELECT id, weight, state FROM dispatcher ORDER BY id") == [(1, "1", 0), (2, "1", 0)]
    if database.engine == "postgresql":
        limits = database.rows(
            "SELECT sequencename, max_value, cycle FROM pg_sequences WHERE sequencename LIKE 'location_contact_id____'"
        )
        assert limits == [("location_contact_id_seq", 2147483647, True)]


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["ALTER TABLE subscriber ADD COLUMN pin INTEGER NOT NULL"], "pin has no default"),
        (["ALTER TABLE subscriber DROP COLUMN ha1"], "it has no column ha1"),
        (["UPDATE version SET table_version = 7 WHERE table_name = 'subscriber'"], "the version 7"),
        (["DELETE FROM version"], "no version in the table version"),
        (["DROP TABLE version", "CREATE TABLE version (major INTEGER)"], "version: it has no column table_name"),
        (["DROP TABLE subscriber", "CREATE TABLE subscriber (id INTEGER)"], "it has no column username"),
    ],
)
def test_tables_that_opensips_cannot_use_are_refused_before_anything_is_created(schema, database, statements, words):
    schema(tables=["subscriber"])
    if database.engine == "sqlite" and "ADD COLUMN pin" in statements[0]:
        # SQLite adds no such column
        statements = ["DROP TABLE subscriber", "CREATE TABLE subscriber (username, pin INTEGER NOT NULL)"]
    database.execute(*statements)
    before = database.tables()
    for check in (True, False):
        result = schema(check=check, tables=SOME)
        assert result["failed"] and words in result["msg"] and not result["changed"]
        assert result["error"]["type"] == "WrongTables"
        assert {"not_created", "differs"} <= set(counts(result))
        assert result["diff"]["after"] == ""
    assert database.tables() == before


def test_harmless_differences_are_a_warning(schema, database):
    schema(tables=["subscriber"])
    index = "username_idx" if database.engine == "mysql" else "subscriber_username_idx"
    drop = f"DROP INDEX {index}{' ON subscriber' * (database.engine == 'mysql')}"
    database.execute("ALTER TABLE subscriber ADD COLUMN note VARCHAR(20)", drop)
    result = schema(tables=["subscriber", "acc"])
    assert counts(result) == {"created": 1, "unchanged": 1, "differs": 1}
    [warning] = schema.warnings
    assert "column note" in warning and f"index {index}" in warning
    found = {
        (difference["kind"], difference["name"]): difference
        for difference in entry_of(result, "subscriber")["differences"]
    }
    assert [difference["harmful"] for difference in found.values()] == [False, False]
    assert found["column", "note"]["after"] is None and found["index", index]["before"] is None
    assert found["index", index]["after"] == {"columns": ["username"], "unique": False}
    assert not schema(tables=["subscriber", "acc"])["changed"]


def test_a_failure_leaves_nothing_behind(schema, database, monkeypatch):
    schema(tables=["acc"])
    real = ddl.ddl
    monkeypatch.setattr(
        ddl, "ddl", lambda dialect, table: real(dialect, table) + ["CREATE TABLE"] * (table.name == "uri")
    )
    failed = schema(tables=[*SOME, "uri"])
    assert failed["failed"] and failed["error"]["type"] == DatabaseRefused.__name__ and not failed["changed"]
    assert counts(failed) == {"not_created": 3, "unchanged": 2}
    assert database.tables() == ["acc", "version"] and database.rows("version") == [("acc", 7)]
    monkeypatch.undo()
    assert counts(schema(tables=[*SOME, "uri"])) == {"created": 3, "unchanged": 2}


def test_a_run_that_ended_at_any_statement_is_completed(schema, database_server):
    """As when it is killed: on MySQL each statement stays, the others roll back."""
    names = ["acc"]
    tables = choice.tables_of("3.6", tables=names)
    statements = creating.plan(database_server.engine, {}, tables).statements()
    for count in range(len(statements) + 1):
        made = database_server.database()
        if made.engine == "mysql":
            made.execute(*statements[:count])
        result = schema(tables=names, **made.options)
        assert not result.get("failed"), result["msg"]
        assert counts(schema(tables=names, **made.options)) == {"unchanged": len(tables)}
        made.drop()
        if made.engine != "mysql":
            break
    assert schema.warnings == []


def test_without_the_right_to_create_tables(schema, database):
    if database.engine == "sqlite":
        pytest.skip("SQLite has no users")
    name = database.options["login_db"]
    create = {
        "postgresql": [f"CREATE ROLE reader{name} LOGIN PASSWORD 'secret'"],
        "mysql": [
            f"CREATE USER reader{name}@localhost IDENTIFIED BY 'secret'",
            f"GRANT SELECT ON {name}.* TO reader{name}@localhost",
        ],
    }
    database.execute(*create[database.engine])
    failed = schema(tables=["acc"], login_user=f"reader{name}", login_password="secret")
    assert failed["failed"] and "CREATE" in failed["error"]["hint"] and "secret" not in str(failed)
    assert database.tables() == [] and counts(failed) == {"not_created": 2}


def test_another_session_that_creates_tables_is_waited_for(schema, database):
    """Only as long as db_timeout says."""
    waiting = {
        "sqlite": "BEGIN IMMEDIATE",
        "postgresql": f"SELECT pg_advisory_lock({_SCHEMA_LOCK})",
        "mysql": f"SELECT GET_LOCK({_SCHEMA_LOCK_NAME}, 1)",
    }
    with database.session(waiting[database.engine]):
        failed = schema(tables=["acc"], db_timeout=1)
        assert failed["error"]["type"] == "DatabaseLocked" and "db_timeout" in failed["error"]["hint"]
        assert not failed["changed"]
    assert schema(tables=["acc"])["changed"]


def test_two_at_once_do_not_disturb_each_other(database):
    results = []

    def run():
        results.append(run_module("schema", {**database.options, "version": "3.6", "modules": ["presence"]}))

    threads = [threading.Thread(target=run) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.get("msg") for result in results] == [None, None]
    total = results[0]["summary"]["total"]
    assert sorted(counts(result).get("created", 0) for result in results) in ([0, total], [total, total])
    assert len(database.tables()) == total


def test_a_table_that_another_session_made_meanwhile_is_no_taken_name(schema, monkeypatch):
    schema(tables=["acc"])
    read_back, reads = creating.read_back, []

    def late(connection, names, versions=None):
        reads.append(names)
        # as if it was made between the first look at the tables and the look at the names
        return {} if len(reads) == 1 else read_back(connection, names, versions)

    monkeypatch.setattr(creating, "read_back", late)
    result = schema(tables=["acc"])
    assert result.get("msg") is None and not result["changed"] and len(reads) > 2


class TestFile:
    """The file of SQLite."""

    @pytest.fixture
    def run(self, tmp_path):
        def run(check=False, **options):
            given = {"db_engine": "sqlite", "login_db": str(tmp_path / "opensips.sqlite"), "version": "3.6"}
            return run_module("schema", {**given, **options}, check=check, diff=True)

        return run

    def test_it_is_created_with_its_mode(self, run, tmp_path):
        path = tmp_path / "opensips.sqlite"
        planned = run(check=True)
        assert planned["changed"] and not path.exists()
        made = run(mode="0640", owner=path.parent.owner(), group=path.parent.group())
        assert made["changed"] and stat.S_IMODE(path.stat().st_mode) == 0o640
        assert made["diff"] == planned["diff"]
        assert {entry["table"] for entry in made["results"]} > {"version", "location", "subscriber", "dispatcher"}
        assert not run(mode="0600")["changed"] and stat.S_IMODE(path.stat().st_mode) == 0o640

    def test_only_its_owner_reads_it_by_default(self, run, tmp_path):
        assert run()["changed"]
        assert stat.S_IMODE((tmp_path / "opensips.sqlite").stat().st_mode) == 0o600

    def test_a_failure_removes_it(self, tmp_path, monkeypatch):
        def refuse(*_arguments):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(body.os, "chown", refuse)
        given = {
            "db_engine": "sqlite",
            "login_db": str(tmp_path / "opensips.sqlite"),
            "version": "3.6",
            "group": "root",
        }
        failed = call_body(body, {**DEFAULTS, **given}, False)
        assert failed["failed"] and "cannot be given away" in failed["msg"]
        assert failed["results"][0]["outcome"] == "not_created"
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("option", ["owner", "group"])
    def test_an_owner_that_does_not_exist(self, run, tmp_path, option):
        failed = run(**{option: "nobody-at-all"})
        assert_refused(failed, [f"{option}: this host has no", "nobody-at-all"])
        # an earlier task may create it
        assert "nobody-at-all" in str(run(check=True, **{option: "nobody-at-all"})["warnings"])
        assert list(tmp_path.iterdir()) == []

    def test_without_its_directory_nothing_is_made(self, run, tmp_path):
        path = str(tmp_path / "there" / "opensips.sqlite")
        assert "no directory" in str(run(check=True, login_db=path)["warnings"])
        failed = run(login_db=path)
        assert failed["failed"] and "No such file or directory" in failed["msg"] and not failed["changed"]

    def test_what_is_no_database_stays(self, run, tmp_path):
        path = tmp_path / "opensips.sqlite"
        path.write_text("not a database " * 100, encoding="utf-8")
        for check in (True, False):
            assert run(check=check)["error"]["type"] == "DatabaseUnreachable"
        assert path.read_text(encoding="utf-8") == "not a database " * 100


class TestVersion:
    @pytest.fixture
    def given(self, tmp_path):
        return {"db_engine": "sqlite", "login_db": str(tmp_path / "opensips.sqlite"), "tables": ["location"]}

    @pytest.mark.parametrize("version", ["2.4", "4.0"])
    def test_the_server_is_asked(self, emulator, given, version):
        result = run_module("schema", {**given, **fifo_of(emulator(version))})
        assert result["version"] == version and result["changed"]

    def test_the_program_is_asked(self, given, tmp_path):
        program = tmp_path / "opensips"
        program.write_text("#!/bin/sh\necho 'version: opensips 4.0.1-rc1 (x86_64/linux)'\n", encoding="utf-8")
        program.chmod(0o755)
        assert run_module("schema", {**given, "binary": str(program)})["version"] == "4.0"

    @pytest.mark.parametrize(("text", "words"), [("exit 0", "does not print the version"), (None, "cannot be run")])
    def test_another_program_is_refused(self, given, tmp_path, text, words):
        program = tmp_path / "opensips"
        if text is not None:
            program.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            program.chmod(0o755)
        failed = run_module("schema", {**given, "binary": str(program)})
        assert failed["msg"].startswith("binary: ") and words in failed["msg"]
        assert not (tmp_path / "opensips.sqlite").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"version": "5.0"}, ["version", "5.0", "4.0"]),
        ({"version": "new"}, ["version", "new"]),
        ({"version": "2.1"}, ["version", "SQLite", "2.2"]),
        ({"modules": ["usrlok"]}, ["modules", "usrlok", "usrloc"]),
        ({"modules": ["trie"], "version": "3.5"}, ["modules", "trie", "3.5"]),
        ({"tables": ["locations"]}, ["tables", "locations", "location"]),
        ({"mode": "rw"}, ["mode", "0640"]),
        ({"mode": "7777"}, ["mode", "0640"]),
        ({"db_timeout": 0}, ["db_timeout"]),
    ],
)
def test_bad_input_names_the_option_and_a_remedy(tmp_path, options, words):
    given = {"db_engine": "sqlite", "login_db": str(tmp_path / "opensips.sqlite"), "version": "3.6", **options}
    with pytest.raises(BadParameters) as caught:
        body.run(Task({**DEFAULTS, **given}, False, True, None, pytest.fail))
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "release", "tables"),
    [
        ("uac_registrant", "3.6", {"registrant"}),
        ("registrar", "2.2", {"aliases"}),
        ("registrar", "4.0", {"location"}),
        ("avpops", "3.6", {"usr_preferences"}),
        ("sqlops", "2.4", {"usr_preferences"}),
        ("tracer", "2.4", {"sip_trace"}),
        ("siptrace", "3.6", {"sip_trace"}),
        ("b2b_logic", "3.6", {"b2b_entities", "b2b_logic"}),
        ("uri", "2.4", {"uri"}),
        ("auth_db", "3.6", {"subscriber", "uri"}),
        ("standard", "3.6", set()),
    ],
)
def test_modules_lead_to_their_tables(module, release, tables):
    assert {table.name for table in choice.tables_of(release, [module])} == {"version"} | tables


@pytest.mark.parametrize("release", model.RELEASES[2:])
def test_the_default_is_there_in_every_release(release):
    names = {table.name for table in choice.tables_of(release)}
    assert {"version", "subscriber", "location", "dispatcher", "tls_mgm" if release >= "2.3" else "domain"} <= names


def test_databases_are_those_that_the_tests_know():
    assert set(databases.SERVERS) == set(databases.TABLE_NAMES)
