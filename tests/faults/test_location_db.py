# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""location_db while the database fails: the error names the option, a part of the fleet is never taken for all of it."""

from __future__ import annotations

import json
import threading
import time

import pytest
import sqlalchemy

from ansible_collections.community.opensips.plugins.module_utils._table import database as module
from ansible_collections.community.opensips.plugins.module_utils._table import location
from ansible_collections.community.opensips.plugins.module_utils._table.errors import DatabaseLocked, TableError
from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support import databases
from ansible_collections.community.opensips.tests.integration.support.background import in_background, without_hanging
from ansible_collections.community.opensips.tests.integration.support.bad_input import commands_of
from ansible_collections.community.opensips.tests.integration.support.database_proxy import (
    HANG,
    LOSE_ANSWER,
    LOSE_REQUEST,
    Proxy,
)
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

LOGIN = "db_url db_engine login_host login_port login_unix_socket login_user login_password login_db db_table".split()
MANY = 3000
MODULES = {
    "notify": {"select": {}, "event": "check-sync"},
    "mwi": {"aors": [f"user{MANY - 1}"], "new": 1},
    "facts": {"gather_subset": ["contacts"]},
}


# SQLite has no server
pytestmark = pytest.mark.parametrize("database_server", ["mysql", "postgresql"], indirect=True, scope="module")


@pytest.fixture(scope="module")
def server(database_server):
    """PostgreSQL or MariaDB."""
    return database_server


@pytest.fixture(scope="module")
def database(server):
    """A database in which many are registered."""
    made = server.database().create("3.6", "location")
    values = ", ".join(
        f"('user{number}', 'sip:user{number}@192.0.2.1:5060', 0, -1, '{number}@phone', 1, 'snom370')"
        for number in range(MANY)
    )
    if server.engine == "mysql":
        # else what was committed less than a second before it is killed is lost
        made.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
    made.execute(f"INSERT INTO location (username, contact, expires, q, callid, cseq, user_agent) VALUES {values}")
    yield made
    made.drop()


@pytest.fixture
def proxy(database, tmp_path_factory):
    with Proxy(database, tmp_path_factory.mktemp("p")) as made:
        yield made


@pytest.fixture(scope="module")
def emu():
    """One that nothing is sent to."""
    with Emulator("3.6", phones=1, reboot=False) as made:
        yield made


def contacts_of(place, seconds=5.0, on_page=lambda: None):
    """(contacts that came, error or None). on_page: called once a page is there."""
    found = []
    try:
        with location.LocationDatabase({**dict.fromkeys(LOGIN), "db_timeout": seconds, **place.options}) as source:
            for record in source.contacts():
                found.append(record)
                if len(found) == 1:
                    on_page()
    except TableError as error:
        return found, error
    return found, None


def assert_lost(error):
    assert type(error).__name__ == "DatabaseUnreachable", error
    assert str(error).startswith("location_db: ") and "was lost" in str(error) and error.hint
    # what was written or sent before is not this error's to say
    assert "Nothing was" not in str(error) and databases.PASSWORD not in str(error)


class TestReading:
    def test_the_server_is_killed_while_it_is_read(self, server, database):
        found, error = contacts_of(database, on_page=server.kill)
        server.start_again()
        assert_lost(error)
        assert 0 < len(found) < MANY
        found, error = contacts_of(database)
        assert error is None and len(found) == MANY

    def test_the_connection_is_cut_while_it_is_read(self, proxy):
        proxy.cut_after(150_000)
        found, error = contacts_of(proxy)
        assert_lost(error)
        assert len(found) < MANY

    @pytest.mark.parametrize("fault", [LOSE_REQUEST, LOSE_ANSWER])
    def test_a_look_for_some_is_cut(self, proxy, fault):
        proxy.fail_at(b"user2999", fault)
        params = {**dict.fromkeys(LOGIN), "db_timeout": 5.0, **proxy.options}
        with location.LocationDatabase(params) as source, pytest.raises(TableError) as caught:
            source.by_aor(["user1", "user2999"])
        assert proxy.fired
        assert_lost(caught.value)

    def test_a_hung_server_ends_it(self, proxy, monkeypatch):
        monkeypatch.setattr(module, "_PATIENCE", 0.5)
        proxy.fail_at(b"FROM location", HANG)
        _found, error = without_hanging(contacts_of, proxy, 1.0)
        assert_lost(error)

    def test_somebody_alters_the_table(self, server, database):
        made = sqlalchemy.create_engine(database.url, poolclass=sqlalchemy.pool.NullPool)
        with made.connect() as other:
            if server.engine == "postgresql":
                other.exec_driver_sql("LOCK TABLE location IN ACCESS EXCLUSIVE MODE")
            else:
                other.exec_driver_sql("LOCK TABLES location WRITE")
            _found, error = without_hanging(contacts_of, database, 1.0)
            other.rollback()
        assert isinstance(error, DatabaseLocked) and "location_db" in str(error) and "db_timeout" in str(error)

    @pytest.mark.parametrize("rights", [["location"], ["version"], ["version", "location"]])
    def test_rights_are_missing(self, server, database, rights):
        name = "reader" + "@localhost" * (server.engine == "mysql")
        if server.engine == "postgresql":
            database.execute("CREATE ROLE reader LOGIN PASSWORD 'r3ader'")
        else:
            database.execute("CREATE USER reader@localhost IDENTIFIED BY 'r3ader'")
        database.execute(*[f"GRANT SELECT ON {table} TO {name}" for table in rights])
        options = {"options": {**database.options, "login_user": "reader", "login_password": "r3ader"}}
        try:
            found, error = contacts_of(type("Place", (), options))
        finally:
            if server.engine == "postgresql":
                database.execute("DROP OWNED BY reader")
            database.execute(f"DROP {'ROLE' if server.engine == 'postgresql' else 'USER'} {name}")
        if len(rights) == 2:
            # and these are enough
            assert error is None and len(found) == MANY
            return
        assert str(error).startswith("location_db: ") and "denied" in str(error) and found == []
        assert "Grant the database user SELECT on the table" in error.hint and "r3ader" not in str(error)


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_sent_when_the_fleet_could_not_be_read(proxy, emu, name):
    """A part of it came, and is not taken for all."""
    if name == "mwi":
        proxy.fail_at(f"user{MANY - 1}".encode(), LOSE_REQUEST)
    else:
        proxy.cut_after(150_000)
    result = run_module(name, {**fifo_of(emu), **MODULES[name], "location_db": proxy.options})
    assert proxy.fired and result["failed"] and not result.get("changed"), result
    assert result["msg"].startswith("location_db: ") and "was lost" in result["msg"]
    assert "Traceback" not in result["msg"] and databases.PASSWORD not in json.dumps(result)
    assert "t_uac_dlg" not in commands_of(emu) and emu.sip_log() == []


def test_a_campaign_keeps_no_plan_of_a_part(proxy, emu, tmp_path):
    proxy.cut_after(150_000)
    campaign = {"campaign": "reboot", "campaign_dir": str(tmp_path), "plan_only": True}
    result = run_module("notify", {**fifo_of(emu), **MODULES["notify"], **campaign, "location_db": proxy.options})
    assert proxy.fired and result["failed"]
    assert [path.name for path in tmp_path.iterdir() if "plan" in path.name] == []


def test_what_was_sent_is_returned_when_the_database_is_lost_while_it_waits(server, emulator, tmp_path_factory):
    emu = emulator("3.6", phones=1)
    made = server.database().create("3.6", "location")
    made.execute(
        "INSERT INTO location (username, contact, expires, q, callid, cseq, user_agent) VALUES "
        f"('one', '{emu.phones()[0]['contact']}', {int(time.time()) + 600}, -1, 'c', 1, 'snom370')"
    )
    proxy = Proxy(made, tmp_path_factory.mktemp("p"))

    def lose():
        until = time.monotonic() + 60
        while not emu.sip_log() and time.monotonic() < until:
            time.sleep(0.1)
        proxy.__exit__()

    options = {**fifo_of(emu), "location_db": {**proxy.options, "db_timeout": 1}, **MODULES["notify"]}
    with proxy:
        thread = threading.Thread(target=lose)
        thread.start()
        with in_background(run_module, "notify", {**options, "wait": True, "wait_timeout": 20}) as results:
            pass
        thread.join()
    made.drop()
    (result,) = results
    # whether it came back nobody knows
    assert [(each["aor"], each["outcome"], each.get("registered")) for each in result["results"]] == [
        ("one", "accepted", None)
    ]
    assert result["changed"] and result["failed"] and "location_db" in result["msg"], result["msg"]
