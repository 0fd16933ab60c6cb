# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_table in playbooks: rows, the reload over MI, and what the server then runs. The emulators read a SQLite file."""

from __future__ import annotations

import json
import shutil
import sqlite3

import pytest

from ansible_collections.community.opensips.plugins.module_utils._module.pending import PendingReload
from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.databases import VERSIONS, Database
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of
from ansible_collections.community.opensips.tests.integration.support.table_body import counts

TABLES = ("dispatcher", "subscriber", "address", "domain", "dr_gateways", "userblacklist")
ONE, TWO = "sip:127.0.0.1:19001", "sip:192.0.2.7:5060"


def rows(*destinations, **values):
    return [{"setid": 1, "destination": each, **values} for each in destinations]


def push(name, wanted, table="dispatcher", **options):
    keywords = {key: options.pop(key) for key in ("check_mode", "diff", "vars") if key in options}
    args = {"table": table, "db_url": "sqlite:///{{ file }}", **({} if wanted is None else {"rows": wanted}), **options}
    return task(name, "table", args, **keywords)


TASKS = [
    push("check", rows(ONE, TWO, weight=5), check_mode=True, diff=True),
    task("before", "mi_command", {"command": "ds_list"}),
    push("push", rows(ONE, TWO, weight=5), diff=True),
    task("facts", "facts", {"gather_subset": ["dispatcher"]}),
    push("again", rows(ONE, TWO, weight="5")),
    # nothing changes, so the server is not needed
    push("again without server", rows(ONE, TWO, weight="5"), fifo_path="/nonexistent"),
    push("without server", rows(ONE, weight=6), fifo_path="/nonexistent"),
    push("check without server", rows(ONE, weight=6), fifo_path="/nonexistent", check_mode=True),
    push("no reload", rows(ONE, weight=6), reload=False, fifo_path="/nonexistent"),
    push("exact", rows(TWO, weight=7), state="exact", scope={"setid": 1}),
    push("absent", rows(TWO), state="absent"),
    # OpenSIPS reads it with each request
    push("subscriber", [{"username": "1001", "domain": "example.com", "password": "geheim"}], "subscriber", fifo_path="/nonexistent"),
    # what the emulator has although its file has not: as if it read another database
    push("other database", [{"gwid": "gw9", "address": "192.0.2.9"}], "dr_gateways"),
    push("same data", [{"gwid": "gw1", "address": "127.0.0.1:19201"}], "dr_gateways"),
    push("addresses", [{"grp": 2, "ip": "10.2.0.0", "mask": 16}, {"grp": 1, "ip": "10.1.1.1", "port": 5060, "proto": "udp"}], "address"),
    push("domains", [{"domain": "Example.com"}], "domain"),
    push("bad partition", rows(ONE), partition="nowhere"),
    push("needless partition", [{"username": "a", "domain": "b", "prefix": "1"}], "subscriber", partition="default"),
    push("from a file", None, rows_file="{{ csv }}"),
]  # fmt: skip


@pytest.fixture(scope="module")
def results(ansible, tmp_path_factory):
    """{version: Results} of all tasks, on all emulators at once."""
    folder = tmp_path_factory.mktemp("table")
    csv = folder / "rows.csv"
    csv.write_text(f"setid,destination,weight,attrs\n3,{ONE},9,\n", encoding="utf-8")
    emulators = {}
    try:
        hosts = {}
        for version in VERSIONS:
            emu = emulators[version] = Emulator(version, phones=0, reboot=False).start()
            file = f"{emu.directory}/opensips.sqlite"
            Database("sqlite", f"sqlite:///{file}", {}).create(version, *(each for each in TABLES))
            hosts[version] = {"mi": fifo_of(emu), "file": file, "csv": str(csv)}
        found = ansible.play(TASKS, hosts)
        for version, emu in emulators.items():
            shutil.copy(f"{emu.directory}/opensips.sqlite", folder / version)
        yield {version: found.of(version) for version in VERSIONS}, folder
    finally:
        for emu in emulators.values():
            # the reload of a partition that is not there
            owed = PendingReload(f"the FIFO {fifo_of(emu)['fifo_path']}", "ds_reload", "nowhere")
            owed.exists()
            owed.clear()
            emu.__exit__(None, None, None)


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def of(results, version):
    return results[0][version]


class TestReload:
    def test_check_mode_says_what_push_does(self, of):
        check, pushed = of["check"], of["push"]
        assert check["changed"] and pushed["changed"]
        assert check["diff"] == pushed["diff"]
        assert check["summary"]["operations"] == pushed["summary"]["operations"]
        assert counts(check) == {"planned": 2} and counts(pushed) == {"inserted": 2}
        assert check["summary"]["operations"] == {"insert": 2, "change": 0, "delete": 0, "none": 0}
        assert check["reload"]["outcome"] == "planned" and check["results"][0]["primary_key"] is None
        assert TWO not in json.dumps(of["before"]["result"])

    def test_the_server_runs_what_was_pushed(self, of, version):
        reload = of["push"]["reload"]
        assert reload["requests"][0]["command"] == ("dispatcher:reload" if version == "4.0" else "ds_reload")
        assert reload["outcome"] == "reloaded" and reload["verified"]
        listed = of["facts"]["ansible_facts"]["opensips"]["dispatcher"]
        assert sorted(each["uri"] for each in listed) == [ONE, TWO]

    def test_a_second_run_does_not_even_ask_the_server(self, of):
        for name in ("again", "again without server"):
            assert not of[name].failed and not of[name]["changed"] and of[name]["reload"] is None
            assert [each["outcome"] for each in of[name]["results"]] == ["unchanged"] * 2

    def test_nothing_is_written_that_cannot_be_loaded(self, of):
        for name in ("without server", "check without server"):
            assert of[name].failed and not of[name]["changed"]
            assert of[name].msg.startswith(
                "Nothing was written, because the server could not reload it: There is no MI FIFO"
            )
            assert of[name]["error"]["type"] == "ConnectError"
            assert [each["changed"] for each in of[name]["results"]] == [False]
        # so it still was to be done
        assert str(of["no reload"]["results"][0]["before"]["weight"]) == "5"
        assert of["no reload"]["reload"] is None

    def test_exact_and_absent(self, of):
        assert counts(of["exact"]) == {"updated": 1, "deleted": 1}
        assert of["exact"]["reload"]["verified"] and of["absent"]["reload"]["verified"]
        assert of["absent"]["results"][0]["outcome"] == "deleted"

    def test_tables_that_are_read_each_time(self, of):
        assert of["subscriber"]["changed"] and of["subscriber"]["reload"] is None
        assert "geheim" not in json.dumps(of["subscriber"])

    def test_a_server_that_shows_something_else(self, of):
        result = of["other database"]
        assert result.failed and result["changed"]
        assert "Written to the table dr_gateways: 1 inserted" in result.msg
        assert "does not have all rows: gw9: is not there" in result.msg and result["error"]["type"] == "RowNotTaken"
        assert result["reload"]["outcome"] == "reloaded" and result["reload"]["verified"] is False
        (entry,) = result["results"]
        assert entry["changed"] and entry["verified"] is False
        assert entry["error"]["type"] == "RowNotTaken" and entry["error"]["message"] == "gw9: is not there"

    def test_other_tables_are_verified_too(self, of):
        for name in ("same data", "addresses", "domains"):
            assert not of[name].failed, of[name].msg
            assert of[name]["reload"]["verified"], name

    def test_partitions(self, of, version):
        bad = of["bad partition"]
        assert bad.failed
        if version == "1.11":
            assert "does not have it" in bad.msg and not bad["changed"]
        else:
            # the server alone knows its partitions
            assert bad["changed"] and "The server still runs the old data" in bad.msg
            assert bad["reload"]["outcome"] == "failed" and bad["results"][0]["outcome"] == "inserted"
            assert "partition" in bad["error"]["message"]
        assert "partition is set, but subscriber is not reloaded" in of["needless partition"].msg

    def test_files(self, of, results, version):
        assert of["from a file"]["changed"]
        database = sqlite3.connect(results[1] / version)
        found = database.execute("SELECT setid, destination, weight, attrs FROM dispatcher WHERE setid = 3").fetchall()
        database.close()
        ((setid, destination, weight, attrs),) = found
        # the empty cell was left out: up to 2.4 the default is an empty text, and in 1.11 the weight is a number
        assert (setid, destination, str(weight), attrs) == (3, ONE, "9", "" if version in ("1.11", "2.4") else None)


class TestRefused:
    def test_what_was_written_and_what_still_runs(self, ansible, emulator):
        """The database is lost between the push and the reload: the server cannot read it."""
        emu = emulator("3.6", phones=0)
        file = f"{emu.directory}/opensips.sqlite"
        Database("sqlite", f"sqlite:///{file}", {}).create("3.6", "dispatcher")
        # the server's own file is another one, without the table
        other = f"{emu.directory}/other.sqlite"
        shutil.copy(file, other)
        database = sqlite3.connect(file)
        database.execute("DROP TABLE dispatcher")
        database.commit()
        database.close()
        back = {"cmd": f"cp {other} {file}"}
        tasks = [push("refused", rows(TWO)), push("check", rows(TWO), check_mode=True), push("again", rows(TWO))]
        tasks += [
            {"name": "back", "ansible.builtin.command": back},
            push("third", rows(TWO)),
            push("fourth", rows(TWO)),
        ]
        done = ansible.run(tasks, fifo_of(emu), file=other)
        refused = done["refused"]
        assert refused.failed and refused["changed"]
        assert refused.msg.startswith(
            "Written to the table dispatcher: 1 inserted. The server still runs the old data."
        )
        assert "500 failed to reload" in refused.msg
        assert refused["error"]["code"] == 500
        assert refused["summary"]["outcomes"]["inserted"] == 1 and refused["results"][0]["changed"]
        # the rows are right since then, and what the server runs is not: the next run reloads by itself, until that is done
        assert done["check"]["changed"] and done["check"]["reload"]["cause"] == "pending"
        again = done["again"]
        assert again.failed and not again["changed"] and again["reload"]["outcome"] == "failed"
        assert again.msg.startswith("The table dispatcher needed no change. The server still runs the old data.")
        assert "The next run of this task reloads it again" in again.msg
        third = done["third"]
        assert third["changed"] and third["reload"]["cause"] == "pending" and third["reload"]["verified"]
        assert counts(third) == {"unchanged": 1} and third["results"][0]["verified"]
        assert not done["fourth"]["changed"] and done["fourth"]["reload"] is None

    def test_a_server_without_the_module(self, ansible, emulator):
        emu = emulator("3.6", phones=0)
        file = f"{emu.directory}/other.sqlite"
        made = Database("sqlite", f"sqlite:///{file}", {}).create("3.6", "tls_mgm")
        done = ansible.run([push("tls", [{"domain": "a", "type": 1}], "tls_mgm")], fifo_of(emu), file=file)
        assert done["tls"].failed and "tls_reload" in done["tls"].msg and "tls_mgm of OpenSIPS" in done["tls"].msg
        assert made.rows("tls_mgm") == []


class TestBadInput:
    CASES = {
        "unknown table": ({"table": "dispacher", "rows": []}, "Did you mean dispatcher?"),
        "no rows": ({"table": "dispatcher"}, "one of the following is required: rows, rows_file"),
        "rows and file": ({"table": "dispatcher", "rows": [], "rows_file": "/x"}, "mutually exclusive"),
        "no database": ({"table": "dispatcher", "rows": [], "db_url": None}, "one of the following is required: db_url, db_engine"),
        "two databases": ({"table": "dispatcher", "rows": [], "db_engine": "sqlite"}, "mutually exclusive"),
        "url and login": ({"table": "dispatcher", "rows": [], "login_user": "x"}, "mutually exclusive"),
        "not a url": ({"table": "dispatcher", "rows": [], "db_url": "opensips"}, "db_url is not a URL"),
        "text database": ({"table": "dispatcher", "rows": [], "db_url": "text:///etc/opensips/dbtext"}, "type text are not supported"),
        "in memory": ({"table": "dispatcher", "rows": [], "db_url": "sqlite://"}, "db_url does not name a file"),
        "no file": ({"table": "dispatcher", "rows": [], "db_url": "sqlite:////nonexistent/x"}, "There is no file /nonexistent/x"),
        "timeout": ({"table": "dispatcher", "rows": [], "db_timeout": 0}, "db_timeout is 0"),
        "column": ({"table": "dispatcher", "rows": [{**rows(ONE)[0], "wieght": 1}]}, "row 1, column wieght: is not in the table"),
        "type": ({"table": "dispatcher", "rows": rows(ONE, state="up")}, "row 1, column state: 'up' is not a whole number"),
        "key": ({"table": "dispatcher", "rows": [{"setid": 1}]}, "row 1, column destination: is missing"),
        "duplicates": ({"table": "dispatcher", "rows": rows(ONE, ONE)}, "rows 1 and 2 have the same key"),
        "null": ({"table": "dispatcher", "rows": rows(ONE, weight=None)}, "row 1, column weight: may not be NULL"),
        "exact": ({"table": "dispatcher", "rows": rows(ONE), "state": "exact"}, "without scope would delete"),
        "emptied": ({"table": "dispatcher", "rows": [], "state": "exact", "scope": {}}, "delete all rows"),
        "both sockets": (
            {"table": "dispatcher", "rows": [], "db_url": None, "db_engine": "mysql", "login_host": "a", "login_unix_socket": "/b"},
            "login_host and login_unix_socket are both set",
        ),
        "login": ({"table": "dispatcher", "rows": [], "db_url": None, "db_engine": "sqlite"}, "login_db is not set"),
        "drivers": (
            {"table": "dispatcher", "rows": [], "db_url": "mysql+nosuchdriver://u:s3cret@h/d"},
            "nosuchdriver",
        ),
    }  # fmt: skip

    def test_it_is_said_and_nothing_is_written(self, ansible, tmp_path):
        made = Database("sqlite", f"sqlite:///{tmp_path}/file", {}).create("3.6", "dispatcher")
        cases = {}
        for name, (options, _text) in self.CASES.items():
            options = {"db_url": made.url, "fifo_path": "/nonexistent", **options}
            cases[name] = {key: value for key, value in options.items() if value is not None}
        for name, result in ansible.cases("table", cases).items():
            assert result.failed, name
            assert self.CASES[name][1] in result.msg, (name, result.msg)
            assert "s3cret" not in str(result)
        assert made.rows("dispatcher") == []

    def test_without_the_libraries(self, tmp_path):
        """A module of the same name that cannot be imported stands in their place."""
        for name in ("sqlalchemy", "psycopg2", "psycopg"):
            (tmp_path / name).mkdir()
            (tmp_path / name / f"{name}.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
        options = {"table": "dispatcher", "rows": []}
        both = [str(tmp_path / "psycopg2"), str(tmp_path / "psycopg")]
        sqlite = ModuleProcess("table", {**options, "db_url": "sqlite:////x"}, path=[str(tmp_path / "sqlalchemy")])
        postgres = ModuleProcess("table", {**options, "db_url": "postgres://h/d"}, path=both)
        sqlite, postgres = sqlite.result(), postgres.result()
        assert "required Python library (SQLAlchemy)" in sqlite["msg"]
        assert "required Python library (psycopg2)" in postgres["msg"]
        assert postgres["error"]["type"] == "MissingLibrary"
