# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of opensips_table, with a file of SQLite and a server that answers as it is told."""

import sqlite3

import pytest

pytest.importorskip("sqlalchemy")

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (  # noqa: E402
    BadParameters,
    ConnectError,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import ValueReply  # noqa: E402
from ansible_collections.community.opensips.plugins.module_utils._module import pending, table  # noqa: E402
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task, TaskFailure  # noqa: E402
from ansible_collections.community.opensips.plugins.module_utils._table import verification  # noqa: E402
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._table.conftest import (  # noqa: E402
    variant_of,
)

DEFAULTS = {name: option.get("default") for name, option in table.spec().spec.items()}
ONE = {"setid": 1, "destination": "sip:192.0.2.1"}
TWO = {"setid": 1, "destination": "sip:192.0.2.2"}
GATEWAY = {"gwid": "gw1", "address": "192.0.2.1", "type": 0}
RULE = {"groupid": "0", "prefix": "49", "timerec": "", "routeid": "", "gwlist": "gw1"}


class Server:
    """A 3.6 that reads the dispatcher's table of the file. skips: destinations that it passes over. fails: an error or None."""

    version = (3, 6, 8)
    carrier = property(lambda self: self)

    def __init__(self, path):
        self.path = path
        self.memory = []
        self.skips = set()
        self.fails = None
        self.called = []

    def describe(self):
        return "the FIFO {0}".format(self.path)

    def has(self, _method):
        return False

    def check(self, method, _params=None):
        if isinstance(self.fails, ConnectError):
            raise self.fails  # pylint: disable=raising-bad-type  # a test sets it
        return method

    def call(self, method, params=None, timeout=None):
        self.called.append(method)
        if method == "ds_reload":
            if self.fails is not None:
                raise self.fails
            self.memory = [row for row in self.rows() if row[1] not in self.skips]
            return ValueReply("OK", "")
        if method == "ds_list":
            found = [{"URI": uri, "state": "Active"} for setid, uri in self.memory if setid == 1]
            return ValueReply({"PARTITIONS": [{"name": "default", "SETS": [{"id": 1, "Destinations": found}]}]}, "")
        if method == "ps":
            return ValueReply({"Processes": [{"ID": 1, "PID": 2, "Type": "SIP receiver udp:192.0.2.9:5060"}]}, "")
        return ValueReply("OK", "")

    def rows(self, what="setid, destination", name="dispatcher"):
        database = sqlite3.connect(str(self.path))
        try:
            return database.execute("SELECT {0} FROM {1}".format(what, name)).fetchall()
        finally:
            database.close()


def create(path, *names):
    """Tables of 3.6 in a file."""
    database = sqlite3.connect(str(path))
    database.execute("CREATE TABLE version (table_name CHAR(32), table_version INTEGER)")
    for name in names:
        variant = variant_of(name)
        columns = [
            column.name + (" INTEGER PRIMARY KEY" if column.auto else " TEXT" if column.type == "char" else " INTEGER")
            for column in variant.columns.values()
        ]
        database.execute("CREATE TABLE {0} ({1})".format(name, ", ".join(columns)))
        database.execute("INSERT INTO version VALUES (?, ?)", (name, variant.version))
    database.commit()
    database.close()


@pytest.fixture
def server(tmp_path, monkeypatch):
    create(tmp_path / "db", "dispatcher", "dr_gateways", "dr_carriers", "dr_rules", "subscriber")
    monkeypatch.setattr(pending, "default_directory", lambda: str(tmp_path / "state"))
    monkeypatch.setattr(verification, "_SETTLE", 0)
    return Server(tmp_path / "db")


@pytest.fixture
def push(server):
    """push(rows, table="dispatcher"): the result. push.warnings: list of str."""

    def run(rows, check=False, **options):
        params = dict(DEFAULTS, table="dispatcher", rows=rows, db_engine="sqlite", login_db=str(server.path))
        params.update(options)
        task = Task(params, check, True, server, run.warnings.append)
        try:
            return table.run(task)
        except TaskFailure as error:
            return dict(error.result, msg=str(error), failed=True)

    run.warnings = []
    return run


def outcomes(result):
    return [entry["outcome"] for entry in result["results"]]


def verified(result):
    return [entry["verified"] for entry in result["results"]]


def test_the_same_words_in_a_run_and_before_it(push):
    planned, done = push([ONE], check=True), push([ONE])
    assert planned["changed"] and done["changed"] and planned["diff"] == done["diff"]
    assert (outcomes(planned), outcomes(done)) == (["planned"], ["inserted"])
    for result, outcome in ((planned, "planned"), (done, "inserted")):
        assert [entry["operation"] for entry in result["results"]] == ["insert"]
        assert result["summary"]["total"] == result["summary"]["outcomes"][outcome] == 1
        assert sum(result["summary"]["outcomes"].values()) == 1 and result["summary"]["operations"]["insert"] == 1
        assert result["reload"]["requests"] == [{"command": "ds_reload", "params": {}}]
    assert (planned["reload"]["outcome"], done["reload"]["outcome"]) == ("planned", "reloaded")
    assert done["reload"]["cause"] == "changed" and verified(done) == [True]


def test_a_server_is_not_asked_where_nothing_changes(push, server):
    push([ONE])
    del server.called[:]
    result = push([ONE])
    assert not result["changed"] and result["reload"] is None and server.called == []
    assert outcomes(result) == ["unchanged"] and verified(result) == [None]


def test_reload_when_always(push):
    push([ONE])
    assert push([ONE], check=True, reload_when="always")["reload"]["outcome"] == "planned"
    result = push([ONE], reload_when="always")
    assert result["changed"] and result["reload"]["cause"] == "always" and verified(result) == [True]
    assert push([ONE], reload=False, reload_when="always")["reload"] is None


def test_a_reload_for_another_reason_is_no_longer_owed(push, server):
    server.fails = ServerError(500, "failed to reload")
    push([ONE])
    server.fails = None
    assert push([ONE], reload_when="always")["reload"]["cause"] == "always"
    assert push([ONE])["reload"] is None


def test_rows_without_a_reload(push, server):
    result = push([ONE], reload=False)
    assert result["changed"] and result["reload"] is None and server.called == [] and len(server.rows()) == 1


def test_a_row_that_the_server_skips_fails_the_task_until_it_is_gone(push, server):
    server.skips.add(TWO["destination"])
    result = push([ONE, TWO])
    assert result["failed"] and result["changed"] and outcomes(result) == ["inserted", "inserted"]
    assert verified(result) == [True, False] and result["reload"]["verified"] is False
    assert result["results"][0]["error"] is None
    error = result["results"][1]["error"]
    assert error["type"] == "RowNotTaken" and error["message"] == "1 sip:192.0.2.2: is not there" and error["hint"]
    assert "Written to the table dispatcher: 2 inserted" in result["msg"] and error["message"] in result["msg"]
    again = push([ONE, TWO])
    assert again["failed"] and again["reload"]["cause"] == "pending" and "needed no change" in again["msg"]
    gone = push([TWO], state="absent")
    assert outcomes(gone) == ["deleted"] and verified(gone) == [True] and push([ONE])["reload"] is None


def test_a_row_that_the_server_keeps_is_not_gone(push, server):
    push([ONE, TWO])
    server.memory = server.rows()

    def keep(method, params=None, timeout=None):
        return ValueReply("OK", "") if method == "ds_reload" else Server.call(server, method, params)

    server.call = keep
    result = push([TWO], state="absent")
    assert result["failed"] and "sip:192.0.2.2: is still there" in result["msg"] and verified(result) == [False]


def test_a_reload_that_failed_is_made_up_for(push, server):
    server.fails = ServerError(500, "failed to reload")
    result = push([ONE])
    assert result["failed"] and result["changed"] and result["reload"]["outcome"] == "failed"
    assert (
        "The server still runs the old data" in result["msg"] and "The next run of this task reloads" in result["msg"]
    )
    assert push([ONE])["failed"]
    server.fails = None
    made_up = push([ONE])
    assert made_up["changed"] and made_up["reload"]["cause"] == "pending" and verified(made_up) == [True]
    assert not push([ONE])["changed"]


def test_another_server_owes_nothing(push, server, monkeypatch):
    server.fails = ServerError(500, "failed to reload")
    push([ONE])
    monkeypatch.setattr(server, "describe", lambda: "udp:127.0.0.1:8080", raising=False)
    assert push([ONE])["reload"] is None


def test_a_reload_that_cannot_be_remembered_is_said(push, server, tmp_path):
    (tmp_path / "state").write_text("")
    server.fails = ServerError(500, "failed to reload")
    result = push([ONE])
    assert "The next run does not reload it by itself" in result["msg"] and "Set reload_when to always" in result["msg"]


def test_nothing_is_written_that_cannot_be_reloaded(push, server):
    server.fails = ConnectError("There is no FIFO")
    result = push([ONE])
    assert result["failed"] and not result["changed"] and outcomes(result) == ["not_written"] and server.rows() == []
    assert result["summary"]["operations"]["insert"] == 1 and result["diff"] == {"before": {}, "after": {}}
    server.fails = None
    assert push([ONE])["reload"]["cause"] == "changed"


def test_a_socket_that_the_server_does_not_listen_on_is_refused(push, server):
    result = push([dict(ONE, socket="udp:192.0.2.8:5060")])
    assert (
        result["failed"] and "row 1, column socket: the server does not listen on udp:192.0.2.8:5060" in result["msg"]
    )
    assert server.rows() == [] and outcomes(result) == ["not_written"]
    # the port of SIP is the default, and what it is called nobody knows
    assert not push([dict(ONE, socket="udp:192.0.2.9"), dict(TWO, socket="tcp:192.0.2.8")], check=True).get("failed")


def test_rows_that_name_what_is_not_there(push, server):
    rows = [RULE, dict(RULE, prefix="44", gwlist="gw9,#c9")]
    with pytest.raises(BadParameters) as caught:
        push(rows, table="dr_rules")
    for words in ("row 1, column gwlist: dr_gateways has no row with gwid=gw1", "gwid=gw9", "carrierid=c9"):
        assert words in str(caught.value)
    assert "Nothing was written" in caught.value.hint and server.rows("*", "dr_rules") == []
    # in check mode the rows of an earlier task are not there yet
    assert outcomes(push(rows[:1], check=True, table="dr_rules")) == ["planned"] and "gwid=gw1" in push.warnings[0]
    push([GATEWAY], table="dr_gateways", reload=False)
    assert outcomes(push(rows[:1], table="dr_rules", reload=False)) == ["inserted"]
    # what a row that goes away names does not matter
    assert outcomes(push(rows[1:], table="dr_rules", state="absent")) == ["unchanged"]


def test_tables_of_partitions_name_nobody_knows_what(push, server):
    database = sqlite3.connect(str(server.path))
    database.execute("ALTER TABLE dr_rules RENAME TO dr_rules_b")
    database.execute("UPDATE version SET table_name = 'dr_rules_b' WHERE table_name = 'dr_rules'")
    database.commit()
    database.close()
    result = push([RULE], table="dr_rules", db_table="dr_rules_b", reload=False)
    assert outcomes(result) == ["inserted"] and push.warnings == []


def test_tables_that_nobody_can_verify(push):
    users = [{"username": "a", "domain": "b", "password": "secret"}]
    result = push(users, table="subscriber")
    assert result["reload"] is None and verified(result) == [None] and "secret" not in str(result)
