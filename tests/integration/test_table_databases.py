# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_table on real databases: SQLite, PostgreSQL, MariaDB, without a server.

Most of it calls the module's body, since there are many pushes and a process costs a second; what concerns the process runs in one.
"""

from __future__ import annotations

import re
import threading
import time
import urllib.parse

import pytest

from ansible_collections.community.opensips.tests.integration.support import databases
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess
from ansible_collections.community.opensips.tests.integration.support.table_body import call, counts, destinations

USER = {"username": "alice", "domain": "example.com"}
ROWS = {
    "dispatcher": ({"setid": 1, "destination": "sip:192.0.2.1"}, {"weight": 50, "attrs": "x"}),
    "load_balancer": ({"group_id": 1, "dst_uri": "sip:192.0.2.1", "resources": "pstn=1"}, {"resources": "pstn=2"}),
    "dr_gateways": ({"gwid": "a", "address": "192.0.2.1"}, {"strip": 1, "pri_prefix": "00"}),
    "dr_carriers": ({"carrierid": "a", "gwlist": ""}, {"flags": 1}),
    "dr_rules": (
        {"groupid": "0", "prefix": "49", "timerec": "", "routeid": "", "gwlist": ""},
        {"priority": -1},
    ),
    "dr_groups": (USER, {"groupid": 5}),
    "address": ({"grp": 1, "ip": "192.0.2.1"}, {"pattern": "^sip:", "context_info": "x"}),
    "domain": ({"domain": "example.com"}, {"last_modified": "2026-11-22 10:00:00"}),
    # 1.11 has hardly any defaults
    "dialplan": (
        {
            "dpid": 1,
            "pr": 1,
            "match_op": 1,
            "match_exp": "^00",
            "match_flags": 0,
            "match_len": 0,
            "subst_exp": "",
            "attrs": "",
        },
        {"repl_exp": "+"},
    ),
    "subscriber": ({**USER, "password": "one"}, {"password": "two"}),
    "registrant": ({"aor": "sip:a", "binding_URI": "sip:b", "registrar": "sip:c"}, {"expiry": 600, "password": "x"}),
    "rtpengine": ({"set_id": 1, "socket": "udp:192.0.2.1:2223"}, {}),
    "rtpproxy_sockets": ({"set_id": 1, "rtpproxy_sock": "udp:192.0.2.1:2223"}, {}),
    "tls_mgm": ({"domain": "a", "type": 1}, {"certificate": "-----BEGIN ÄÖ\n", "private_key": "-----BEGIN"}),
    "userblacklist": ({**USER, "prefix": "49"}, {"whitelist": True}),
    "globalblacklist": ({"prefix": "49"}, {"whitelist": 1, "description": "Zürich"}),
    "dbaliases": ({"alias_username": "a", "alias_domain": "b"}, {"username": "c", "domain": "d"}),
    "grp": ({**USER, "grp": "int"}, {"last_modified": "2026-11-22 10:00:00"}),
    # without defaults of their own: by their unique key, and by match
    "usr_preferences": ({"uuid": "u", "attribute": "a", "type": 0, "value": "v"}, {"value": "w"}),
    "cpl": ({**USER}, {"cpl_xml": "<cpl/>", "cpl_bin": "x"}),
}
MATCH = {"usr_preferences": ["uuid", "attribute"]}


@pytest.fixture
def database(database_server):
    """A database with some tables of 3.6."""
    made = database_server.database().create("3.6", "dispatcher", "subscriber", "dr_gateways", "address", "location")
    yield made
    made.drop()


@pytest.fixture
def push(database):
    """push("dispatcher", rows, state="exact"): the result."""

    def run(table, rows, check=False, **options):
        return call(check, **{**database.options, "table": table, "rows": rows, "db_timeout": 1, **options})

    return run


@pytest.fixture
def process(database):
    """process(rows, table=...): a ModuleProcess."""

    def start(rows, options=database.options, **more):
        args = {**options, "table": "dispatcher", "rows": rows, "reload": False, "db_timeout": 50, **more}
        return ModuleProcess("table", args, diff=True)

    return start


@pytest.mark.parametrize("version", databases.VERSIONS)
def test_every_named_table_of_every_version(database_server, version):
    """Inserted, changed, seen unchanged, deleted."""
    tables = [table for table in ROWS if table in databases.SCHEMAS[version]]
    database = database_server.database().create(version, *tables)
    for table in tables:
        row, more = ROWS[table]
        known = {column["name"] for column in databases.SCHEMAS[version][table]["columns"]}
        row = {name: value for name, value in row.items() if name in known}
        options = {**database.options, "table": table, "match": MATCH.get(table)}
        steps = [([row], "present", "inserted"), ([{**row, **more}], "present", "updated" if more else "unchanged")]
        steps += [([{**row, **more}], "present", "unchanged"), ([{**row, **more}], "absent", "deleted")]
        for rows, state, action in steps:
            result = call(**options, rows=rows, state=state)
            assert not result.get("failed"), (version, table, result["msg"])
            assert [each["outcome"] for each in result["results"]] == [action], (version, table, state)
            assert result["changed"] == (action != "unchanged")
        assert result["table_version"] == databases.SCHEMAS[version][table]["table_version"]
        assert database.rows(table) == []
    database.drop()


class TestPush:
    def test_present_writes_what_differs_and_nothing_else(self, push, database):
        push("dispatcher", destinations("a", "b", "c", description="as it was"))
        wanted = [*destinations("a"), *destinations("b", weight=7, attrs=None), *destinations("d", attrs="new")]
        planned = push("dispatcher", wanted, check=True)
        assert len(database.rows("dispatcher")) == 3
        result = push("dispatcher", wanted)
        assert counts(result) == {"inserted": 1, "updated": 1, "unchanged": 1}
        assert planned["diff"] == result["diff"]
        assert [{**each, "outcome": None, "primary_key": None} for each in planned["results"]] == [
            {**each, "outcome": None, "primary_key": None} for each in result["results"]
        ]
        assert counts(planned) == {"planned": 2, "unchanged": 1}
        assert result["diff"]["before"] == {"setid=1 destination=sip:b": {"weight": "1"}}
        assert set(result["diff"]["after"]) == {"setid=1 destination=sip:b", "setid=1 destination=sip:d"}
        query = "SELECT destination, weight, attrs, description, state, probe_mode FROM dispatcher ORDER BY id"
        assert database.rows(query) == [
            ("sip:a", "1", None, "as it was", 0, 0),
            ("sip:b", "7", None, "as it was", 0, 0),
            ("sip:c", "1", None, "as it was", 0, 0),
            ("sip:d", "1", "new", None, 0, 0),
        ]
        # the primary key of the new row is told
        (number,) = database.rows("SELECT id FROM dispatcher WHERE destination = 'sip:d'")[0]
        assert result["results"][2]["primary_key"] == {"id": number}
        again = push("dispatcher", wanted)
        assert not again["changed"] and again["diff"] == {"before": {}, "after": {}}

    def test_exact_deletes_within_its_scope(self, push, database):
        push("dispatcher", destinations("a", "b") + [{"setid": 2, "destination": "sip:a"}])
        result = push("dispatcher", destinations("b", "c"), state="exact", scope={"setid": 1})
        assert counts(result) == {"inserted": 1, "deleted": 1, "unchanged": 1}
        assert [(each["outcome"], each["row"]) for each in result["results"]] == [
            ("unchanged", 1),
            ("inserted", 2),
            ("deleted", None),
        ]
        assert result["results"][2]["before"]["destination"] == "sip:a"
        found = sorted(database.rows("SELECT setid, destination FROM dispatcher"))
        assert found == [(1, "sip:b"), (1, "sip:c"), (2, "sip:a")]
        assert push("dispatcher", [], state="exact", scope={"setid": [1, 3]})["summary"]["outcomes"]["deleted"] == 2
        assert push("dispatcher", destinations("z"), state="exact", scope={})["summary"]["outcomes"]["deleted"] == 1
        assert database.rows("SELECT setid, destination FROM dispatcher") == [(1, "sip:z")]

    def test_a_listed_row_comes_into_the_scope(self, push, database):
        push("dr_gateways", [{"gwid": "a", "address": "x", "type": 2}, {"gwid": "b", "address": "x", "type": 2}])
        rows = [{"gwid": "a", "address": "x"}]
        result = push("dr_gateways", rows, state="exact", scope={"type": 1})
        assert [each["outcome"] for each in result["results"]] == ["updated"]
        assert sorted(database.rows("SELECT gwid, type FROM dr_gateways")) == [("a", 1), ("b", 2)]
        assert not push("dr_gateways", rows, state="exact", scope={"type": 1})["changed"]

    def test_several_rows_with_one_key(self, push, database):
        database.execute(
            *[
                f"INSERT INTO dispatcher (setid, destination, weight) VALUES (1, 'sip:a', '{weight}')"
                for weight in (1, 2, 3)
            ]
        )
        result = push("dispatcher", destinations("a", weight=2))
        assert result["error"]["type"] == "AmbiguousKey" and "3 rows with setid=1 destination=sip:a" in result["msg"]
        result = push("dispatcher", destinations("a", weight=2), state="exact", scope={"setid": 1})
        assert counts(result) == {"deleted": 2, "unchanged": 1}
        assert len(result["diff"]["before"]) == 2
        assert database.rows("SELECT weight FROM dispatcher") == [("2",)]

    def test_passwords_become_hashes_and_are_never_shown(self, push, process, database):
        secret, other = "wonder\"'{land", "s3cret-of-hers"
        seen = [push("subscriber", [{**USER, "password": secret}])]
        query = "SELECT password, ha1, ha1_sha256, ha1_sha512t256 FROM subscriber"
        first = database.rows(query)[0]
        assert first[0] == "" and [len(each) for each in first[1:]] == [32, 64, 64]
        seen.append(push("subscriber", [{**USER, "password": secret}]))
        assert not seen[-1]["changed"]
        seen.append(push("subscriber", [{**USER, "password": other}], store_password=True))
        second = database.rows(query)[0]
        assert second[0] == other and not set(first) & set(second)
        assert not push("subscriber", [{**USER, "password": other}], store_password=True)["changed"]
        # without store_password, the clear text goes
        seen.append(push("subscriber", [{**USER, "password": other}]))
        assert list(seen[-1]["diff"]["before"].values()) == [{"password": "hidden"}]
        # nor does a process show them with what it was called with
        seen.append(process([{**USER, "password": secret}], table="subscriber").result())
        seen.append(process([{**USER, "password": ""}, {**USER, "password": other}], table="subscriber").result())
        assert seen[-2]["changed"] and seen[-1]["failed"] and "invocation" in seen[-1]
        seen.append(push("subscriber", [USER], state="absent"))
        assert seen[-1]["results"][0]["before"]["ha1"] == "hidden"
        for text in map(str, seen):
            assert not [each for each in (secret, other, *first[1:], *second[1:]) if each in text]

    def test_columns_that_the_schema_does_not_know(self, push, database):
        database.execute(
            "ALTER TABLE subscriber ADD COLUMN account INTEGER", "ALTER TABLE subscriber ADD COLUMN note VARCHAR(5)"
        )
        row = {**USER, "password": "x", "account": "7", "note": "abc"}
        assert push("subscriber", [row])["changed"] and not push("subscriber", [row])["changed"]
        assert database.rows("SELECT account, note FROM subscriber") == [(7, "abc")]
        assert "has 6 characters, and the column holds 5" in push("subscriber", [{**row, "note": "abcdef"}])["msg"]
        database.execute("ALTER TABLE dr_gateways DROP COLUMN attrs")
        assert (
            "this table does not have it" in push("dr_gateways", [{"gwid": "a", "address": "x", "attrs": "y"}])["msg"]
        )
        assert push("dr_gateways", [{"gwid": "a", "address": "x"}])["changed"]

    def test_a_table_by_another_name(self, push, database):
        database.execute(
            "CREATE TABLE gateways2 AS SELECT * FROM dr_gateways",
            "INSERT INTO version (table_name, table_version) VALUES ('gateways2', 6)",
        )
        row = {"id": 1, "gwid": "a", "address": "x"}
        assert push("dr_gateways", [row], db_table="gateways2")["changed"]
        assert not push("dr_gateways", [row], db_table="gateways2")["changed"]
        # which has no primary key
        result = push("dr_gateways", [{**row, "address": "y"}], db_table="gateways2")
        assert result["results"][0]["primary_key"] == {"gwid": "a"}
        assert database.rows("SELECT address FROM gateways2") == [("y",)] and not database.rows("dr_gateways")
        assert push("dr_gateways", [{"gwid": "a"}], db_table="gateways2", state="absent")["changed"]
        assert not database.rows("gateways2")

    def test_numbers_of_new_rows_go_on_after_given_ones(self, push, database):
        push(
            "dispatcher", [{"id": 1, "setid": 1, "destination": "sip:a"}, {"id": 2, "setid": 1, "destination": "sip:b"}]
        )
        result = push("dispatcher", destinations("c"))
        assert not result.get("failed"), result["msg"]
        assert result["results"][0]["primary_key"]["id"] > 2

    def test_floats_and_times(self, push, database):
        row = {
            "contact_id": 1,
            "username": "a",
            "contact": "sip:a",
            "expires": 1,
            "q": 0.7,
            "last_modified": "2026-11-22",
        }
        options = {"match": ["contact_id"]}
        assert push("location", [row], **options)["changed"]
        assert not push("location", [{**row, "q": "0.70"}], **options)["changed"]
        assert push("location", [{**row, "q": 0.75}], **options)["results"][0]["after"]["q"] == 0.75


class TestManyRows:
    COUNT = 3000

    @pytest.mark.parametrize("table, key", [("dispatcher", "destination"), ("subscriber", "username")])
    def test_in_chunks_and_at_once(self, push, database, table, key):
        """The key of subscriber has an index, that of dispatcher has none."""
        rows = [
            {"setid": number % 3, "destination": f"sip:{number}"}
            if table == "dispatcher"
            else {"username": str(number), "domain": f"{number % 3}.example.com", "password": "x"}
            for number in range(self.COUNT)
        ]
        assert push(table, rows)["summary"]["outcomes"]["inserted"] == self.COUNT
        some = rows[::2]
        for row in some:
            row.update({"weight": 9} if table == "dispatcher" else {"password": "y"})
        result = push(table, rows)
        assert counts(result) == {"updated": self.COUNT // 2, "unchanged": self.COUNT // 2}
        assert [each["row"] for each in result["results"]] == list(range(1, self.COUNT + 1))
        assert push(table, some, state="absent")["summary"]["outcomes"]["deleted"] == self.COUNT // 2
        left = {value for (value,) in database.rows(f"SELECT {key} FROM {table}")}
        assert left == {row[key] for row in rows[1::2]}


class TestFailures:
    def test_half_of_it_is_not_written(self, push, database):
        """The third row breaks a constraint that nobody knew of."""
        database.execute("CREATE UNIQUE INDEX only_one ON dispatcher (description)")
        push("dispatcher", destinations("a", description="one"))
        rows = [
            *destinations("a", weight=9),
            *destinations("b", description="two"),
            *destinations("c", description="one"),
        ]
        result = push("dispatcher", rows)
        assert result["failed"] and result["error"]["type"] == "DatabaseRefused"
        assert "Nothing was written" in result["msg"]
        assert not result["changed"] and len(result["results"]) == 3
        assert not any(each["changed"] for each in result["results"])
        assert [each["operation"] for each in result["results"]] == ["change", "insert", "insert"]
        assert counts(result) == {"not_written": 3}
        assert database.rows("SELECT destination, weight FROM dispatcher") == [("sip:a", "1")]

    def test_what_the_database_does_not_keep_is_rolled_back(self, push, database):
        if database.engine == "sqlite":
            database.execute(
                "CREATE TRIGGER shout AFTER INSERT ON dispatcher BEGIN UPDATE dispatcher SET attrs = 'other' WHERE id = NEW.id; END"
            )
        elif database.engine == "mysql":
            database.execute("CREATE TRIGGER shout BEFORE INSERT ON dispatcher FOR EACH ROW SET NEW.attrs = 'other'")
        else:
            database.execute(
                "CREATE FUNCTION shout() RETURNS trigger AS $$ BEGIN NEW.attrs = 'other'; RETURN NEW; END $$ LANGUAGE plpgsql",
                "CREATE TRIGGER shout BEFORE INSERT ON dispatcher FOR EACH ROW EXECUTE FUNCTION shout()",
            )
        result = push("dispatcher", destinations("a", attrs="mine"))
        assert result["error"]["type"] == "NotConverged"
        assert "setid=1 destination=sip:a: attrs is 'other', expected 'mine'" in result["msg"]
        assert database.rows("dispatcher") == []

    def test_locked_by_somebody_else(self, push, database):
        push("dispatcher", destinations("a"))
        with database.locked("dispatcher"):
            # what changes nothing does not have to wait
            assert not push("dispatcher", destinations("a")).get("failed")
            start = time.monotonic()
            result = push("dispatcher", destinations("a", weight=5))
            assert time.monotonic() - start < 20
        assert result["error"]["type"] == "DatabaseLocked", result["msg"]
        assert "db_timeout" in result["msg"] and "Nothing was written" in result["msg"]
        assert not result["results"][0]["changed"]
        assert push("dispatcher", destinations("a", weight=5))["changed"]

    def test_it_waits_for_a_lock(self, push, process, database):
        push("dispatcher", destinations("a"))
        held, done = threading.Event(), threading.Event()

        def hold():
            with database.locked("dispatcher"):
                held.set()
                done.wait(60)

        thread = threading.Thread(target=hold)
        thread.start()
        try:
            assert held.wait(10)
            started = process(destinations("a", weight=5))
            # long enough to get as far as the lock
            assert not started.wait(4)
        finally:
            done.set()
            thread.join()
        assert started.result()["changed"]
        assert database.rows("SELECT weight FROM dispatcher") == [("5",)]

    def test_two_at_once(self, process, database):
        """Each adds to the same set; nobody's row is lost, none is there twice."""
        both = [process(destinations(*map(str, range(start, start + 60)))) for start in (0, 30)]
        results = [each.result() for each in both]
        assert not [each["msg"] for each in results if each.get("failed")]
        assert sum(each["summary"]["outcomes"]["inserted"] for each in results) == 90
        assert len(database.rows("dispatcher")) == 90

    def test_versions(self, push, database):
        database.execute("UPDATE version SET table_version = 5 WHERE table_name = 'dispatcher'")
        result = push("dispatcher", destinations("a"))
        assert result["error"]["type"] == "UnknownSchema"
        assert "table dispatcher of the database has the version 5" in result["msg"]
        assert "9 (OpenSIPS 3.4 to 4.1)" in result["msg"]
        database.execute("DELETE FROM version WHERE table_name = 'dispatcher'")
        assert "has no entry for dispatcher" in push("dispatcher", destinations("a"))["msg"]
        database.execute("DROP TABLE version")
        assert "no table version" in push("dispatcher", destinations("a"))["msg"]
        assert database.rows("dispatcher") == []

    def test_no_such_table(self, push):
        result = push("dr_rules", [{"groupid": "0", "prefix": "1"}])
        assert "has no table dr_rules" in result["msg"] and result["error"]["type"] == "UnknownSchema"
        assert "Did you mean dispatcher?" in push("dispatcher", [], db_table="dispatcherr")["msg"]

    def test_unreachable(self, push, database, tmp_path):
        wrong = {
            "sqlite": [{"login_db": str(tmp_path / "none")}, {"login_db": __file__}],
            "postgresql": [{"login_password": "wr0ng"}, {"login_db": "none"}, {"login_unix_socket": str(tmp_path)}],
            "mysql": [{"login_password": "wr0ng"}, {"login_db": "none"}, {"login_unix_socket": str(tmp_path / "s")}],
        }[database.engine]
        if database.engine != "sqlite":
            wrong.append({"login_unix_socket": None, "login_host": "127.0.0.1", "login_port": 9})
        for options in wrong:
            result = push("dispatcher", destinations("a"), **options)
            assert result["error"]["type"] == "DatabaseUnreachable", result
            assert "wr0ng" not in str(result) and databases.PASSWORD not in str(result)
        assert not (tmp_path / "none").exists()

    def test_passwords_of_urls_stay_secret(self, push, process, database):
        url = database.url if isinstance(database.url, str) else database.url.render_as_string(hide_password=True)
        url = url.replace("***", urllib.parse.quote(databases.PASSWORD, safe=""))
        # as in opensips.cfg: no driver
        url = url.replace("postgresql+psycopg2", "postgres").replace("mysql+pymysql", "mysql")
        result = process(destinations("a"), {}, db_url=url).result()
        assert result["changed"], result["msg"]
        none = dict.fromkeys(database.options)
        seen = [result, process(destinations("b"), {}, db_url=url.replace("opensips", "nobody", 1)).result()]
        seen.append(push("dispatcher", destinations("b"), **none, db_url=url.replace("opensips", "nobody", 1)))
        seen.append(push("dispatcher", destinations("b"), **none, db_url="postgres//" + url))
        seen.append(push("dispatcher", destinations("b"), **none, db_url=url.replace("//", "//[", 1)))
        seen.append(push("dispatcher", destinations("b"), **none, db_url=re.sub(r"^[a-z]+", "oracle", url)))
        assert "type oracle are not supported" in seen[-1]["msg"]
        assert all(each["failed"] for each in seen[1:])
        parts = [databases.PASSWORD, "p%40ss", "ss/w:rd", "w%3Ard"]
        assert not [each for each in parts if each in str(seen)]


def test_mysql_without_transactions_is_refused(database_server):
    if database_server.engine != "mysql":
        pytest.skip("only MySQL keeps tables without transactions")
    database = database_server.database().create("1.11", "dispatcher")
    database.execute("ALTER TABLE dispatcher ENGINE=MyISAM")
    args = {**database.options, "table": "dispatcher", "rows": destinations("a")}
    result = call(**args)
    assert "MyISAM" in result["msg"] and "ENGINE=InnoDB" in result["msg"] and not database.rows("dispatcher")
    database.execute("ALTER TABLE dispatcher ENGINE=InnoDB")
    assert call(**args)["changed"]
    database.drop()
