# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_table and an OpenSIPS that is installed: which rows it takes, and whether the result says so.

The server reads a SQLite file with its own modules. OPENSIPS_BIN and OPENSIPS_MODULES name it where it is not on PATH.
"""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._module import pending
from ansible_collections.community.opensips.plugins.module_utils._table import verification
from ansible_collections.community.opensips.tests.integration.support.databases import Database
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips_with
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    RealOpensips,
    find_binary,
)
from ansible_collections.community.opensips.tests.integration.support.table_body import call, counts

TABLES = {
    "dispatcher": ["dispatcher"],
    "load_balancer": ["load_balancer"],
    "drouting": ["dr_gateways", "dr_carriers", "dr_rules", "dr_groups"],
    "permissions": ["address"],
    "uac_registrant": ["registrant"],
}
MODULES = ("db_sqlite", "dialog", "uac_auth", *TABLES)

pytestmark = needs_opensips_with(*MODULES)


class Server(RealOpensips):
    """An OpenSIPS whose tables are in a file of SQLite. database: Database."""

    def _configuration(self, version):
        release = ".".join(map(str, version[:2]))
        url = f"sqlite:///{self.folder}/opensips.sqlite"
        self.database = Database("sqlite", url, {"db_url": url})
        self.database.create(release, *(table for tables in TABLES.values() for table in tables))
        before, route, after = super()._configuration(version).partition("route {")
        lines = self._load(*MODULES)
        lines += [f'modparam("{name}", "db_url", "{url}")' for name in TABLES]
        return before + "\n".join(lines) + "\n" + route + after


@pytest.fixture(scope="module")
def server():
    server = Server(find_binary())
    yield server
    server.finish()


@pytest.fixture
def push(server, tmp_path, monkeypatch):
    """push("dispatcher", rows): the result; its warnings are in push.warnings."""
    monkeypatch.setattr(pending, "default_directory", lambda: str(tmp_path))
    # rows that it does not have it does not get
    monkeypatch.setattr(verification, "_SETTLE", 0.3)

    def run(table, rows, **options):
        with Connection(server.connection) as connection:
            return call(
                connection=connection,
                warn=run.warnings.append,
                **{**server.database.options, "table": table, "rows": rows, **options},
            )

    run.warnings = []
    return run


def verified(result):
    assert not result.get("failed"), result["msg"]
    return result["reload"]["verified"], [entry["verified"] for entry in result["results"]]


GATEWAYS = [
    {"gwid": "gw1", "type": 0, "address": "127.0.0.1:9991"},
    {"gwid": "gw2", "type": 0, "address": "127.0.0.1:9992"},
]


def rule(prefix, **values):
    return {"groupid": "0", "prefix": prefix, "timerec": "", "routeid": "", "gwlist": "gw1", **values}


def insert_of(table, row):
    """The statement that writes a row (dict of plain texts) past the module."""
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(map(repr, row.values()))})"


class TestDrouting:
    def test_rows_that_it_takes_are_verified(self, push):
        assert verified(push("dr_gateways", GATEWAYS)) == (True, [True, True])
        assert verified(push("dr_carriers", [{"carrierid": "c1", "gwlist": "gw1=5,gw2"}])) == (True, [True])
        rules = [rule("49"), rule("4930", gwlist="#c1"), rule("43", groupid="1,2"), rule("41", gwlist="gw2,gw1")]
        rules += [rule("44", timerec="20260101T000000|||daily")]
        assert verified(push("dr_rules", rules)) == (True, [True] * 5)

    def test_a_prefix_that_it_does_not_take(self, push, server):
        """The server skips the rule: 2.x has no such prefixes, later ones have those of extra_prefix_chars."""
        push("dr_gateways", GATEWAYS)
        result = push("dr_rules", [rule("49"), rule("+49")])
        assert result["failed"] and "+49" in result["msg"]
        if server.version < (3, 1):
            assert "Nothing was written" in result["msg"]
            return
        assert [entry["verified"] for entry in result["results"]] == [True, False]
        assert result["reload"]["verified"] is False and result["results"][1]["error"]["type"] == "RowNotTaken"
        assert any("extra_prefix_chars" in text for text in push.warnings)
        # and it stays so, until the row is right
        assert push("dr_rules", [rule("49"), rule("+49")])["failed"]
        assert push("dr_rules", [rule("+49")], state="absent")["results"][0]["outcome"] == "deleted"

    @pytest.mark.parametrize(
        "values, words",
        [
            ({"timerec": "garbage"}, "column timerec"),
            ({"groupid": "abc"}, "column groupid"),
            ({"gwlist": "nobody"}, "dr_gateways has no row with gwid=nobody"),
            ({"gwlist": "#nobody"}, "dr_carriers has no row with carrierid=nobody"),
            ({"gwlist": "gw1 gw2"}, "column gwlist"),
        ],
    )
    def test_rows_that_it_would_skip_are_not_written(self, push, server, values, words):
        result = push("dr_rules", [rule("33", **values)])
        assert result["failed"] and words in result["msg"] and "Nothing was written" in result["msg"]
        # this is what the server does with such a row
        server.database.execute(insert_of("dr_rules", rule("39", **values)))
        with Connection(server.connection) as connection:
            connection.call("dr_reload")
            reply = connection.call("dr_number_routing", {"group_id": 0, "number": "39"})
        server.database.execute("DELETE FROM dr_rules WHERE prefix = '39'")
        assert "gw1" not in str(reply.result)

    def test_in_check_mode_an_earlier_task_may_be_about_to_write_them(self, push):
        result = push("dr_rules", [rule("33", gwlist="later")], check=True)
        assert counts(result) == {"planned": 1} and "gwid=later" in push.warnings[0]

    def test_a_bad_row_of_somebody_else_leaves_the_count_short(self, push, server):
        """Then the rules are asked for one by one."""
        server.database.execute(insert_of("dr_rules", rule("38", timerec="garbage")))
        push("dr_gateways", GATEWAYS)
        try:
            assert verified(push("dr_rules", [rule("37", groupid="7,8"), rule("371")])) == (True, [True, True])
        finally:
            server.database.execute("DELETE FROM dr_rules WHERE prefix = '38'")


class TestOthers:
    def test_destinations(self, push, server):
        listened = f"udp:127.0.0.1:{server.sip_port}"
        rows = [
            {"setid": 1, "destination": "sip:127.0.0.1:9981", "socket": listened, "attrs": "a"},
            {"setid": 1, "destination": "sip:127.0.0.1:9982"},
        ]
        assert verified(push("dispatcher", rows)) == (True, [True, True])
        rows[1]["socket"] = "udp:127.0.0.1:9"
        result = push("dispatcher", rows)
        assert (
            result["failed"] and "row 2, column socket: the server does not listen on udp:127.0.0.1:9" in result["msg"]
        )
        assert not result["changed"] and counts(result) == {"not_written": 1, "unchanged": 1}
        # of TCP nobody knows before
        rows[1]["socket"] = "tcp:127.0.0.1:9"
        result = push("dispatcher", rows)
        assert result["failed"] and [entry["verified"] for entry in result["results"]] == [True, False]

    def test_a_destination_that_does_not_resolve(self, push):
        result = push("dispatcher", [{"setid": 9, "destination": "sip:gateway.invalid"}])
        assert result["failed"] and "sip:gateway.invalid: is not there" in result["msg"]
        assert result["changed"] and result["results"][0]["error"]["hint"]
        # memory is compared again in the next run
        again = push("dispatcher", [{"setid": 9, "destination": "sip:gateway.invalid"}])
        assert again["failed"] and again["reload"]["cause"] == "pending"
        assert verified(push("dispatcher", [{"setid": 9, "destination": "sip:gateway.invalid"}], state="absent"))[0]

    def test_the_rest(self, push):
        row = {"group_id": 1, "dst_uri": "sip:127.0.0.1:9971", "resources": "pstn=3"}
        assert verified(push("load_balancer", [row])) == (True, [True])
        assert verified(push("address", [{"grp": 1, "ip": "2001:db8::1"}, {"grp": 1, "ip": "10.0.0.1"}]))[0]
        row = {"registrar": "sip:127.0.0.1:9961", "aor": "sip:a@x.example", "binding_URI": "sip:a@127.0.0.1:9"}
        assert verified(push("registrant", [{**row, "expiry": 3600}])) == (True, [True])
        result = push("dr_groups", [{"username": "a", "domain": "b", "groupid": 1}])
        assert verified(result) == (None, [None])
        assert result["reload"]["verified_reason"] == "OpenSIPS reads it each time that it routes a call"

    def test_a_stale_server_is_reloaded_when_asked(self, push, server):
        row = {"setid": 3, "destination": "sip:127.0.0.1:9983"}
        push("dispatcher", [row])
        assert push("dispatcher", [row])["reload"] is None
        always = push("dispatcher", [row], reload_when="always")
        assert always["changed"] and always["reload"]["cause"] == "always" and verified(always) == (True, [True])
