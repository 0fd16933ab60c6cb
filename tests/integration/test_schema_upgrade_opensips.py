# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An OpenSIPS that is installed starts on tables that opensips_schema upgraded, and reads the rows of the older version.

The server uses a SQLite file with its own modules. OPENSIPS_BIN and OPENSIPS_MODULES name it where it is not on PATH.
"""

from __future__ import annotations

import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._schema import choice
from ansible_collections.community.opensips.tests.integration.support.databases import Database
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips_with
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    RealOpensips,
    find_binary,
    release_of,
)

TABLES = {
    "usrloc": ["location"],
    "dialog": ["dialog"],
    "dispatcher": ["dispatcher"],
    "drouting": ["dr_gateways", "dr_carriers", "dr_rules", "dr_groups"],
    "domain": ["domain"],
    "uac_registrant": ["registrant"],
}
MODULES = ("db_sqlite", "rr", "uac_auth", *TABLES)

pytestmark = [
    needs_opensips_with(*MODULES),
    pytest.mark.skipif(
        bool(find_binary()) and release_of(find_binary()) < (3,),
        reason="OpenSIPS 2.4 and older: there is no older version whose rows it could read",
    ),
]

# the identifier has the server's own hash of the Call-ID
DIALOG = {
    "dlg_id": 4889312349561, "callid": "1-12607@127.0.0.1", "from_uri": "sip:1001@example.com", "from_tag": "a",
    "to_uri": "sip:1002@example.com", "to_tag": "b", "caller_cseq": "1", "callee_cseq": "0", "caller_ping_cseq": 0,
    "callee_ping_cseq": 0, "caller_contact": "sip:1001@127.0.0.1", "callee_contact": "sip:1002@127.0.0.1", "state": 4,
    "script_flags": 1 << 5 | 1 << 11, "vars": r"tenant#t1|account#a\|b\#c\\d|", "profiles": "caller#1001|",
}  # fmt: skip


class Server(RealOpensips):
    """An OpenSIPS on the tables of 2.4, upgraded for it."""

    def _configuration(self, version):
        path = f"{self.folder}/opensips.sqlite"
        options = {"db_engine": "sqlite", "login_db": path}
        made = run_module("schema", {**options, "version": "2.4", "tables": sum(TABLES.values(), [])})
        assert not made.get("failed"), made["msg"]
        url = f"sqlite:///{path}"
        self.database = Database("sqlite", url, {})
        self._fill()
        self.result = run_module("schema", {**options, "binary": find_binary(), "upgrade": True})
        assert not self.result.get("failed"), self.result["msg"]
        before, route, after = super()._configuration(version).partition("route {")
        before = before.replace("single-instance-no-db", "single-instance-sql-write-through")
        lines = self._load(*(name for name in MODULES if name not in self.loaded))
        lines += [f'modparam("{name}", "db_url", "{url}")' for name in TABLES]
        lines += ['modparam("dialog", "db_mode", 1)', 'modparam("dialog", "profiles_with_value", "caller")']
        # the identifier of a contact has a hash, too, and whether it is that of the domain depends on the version
        lines += ['modparam("domain", "db_mode", 1)', 'modparam("usrloc", "regen_broken_contactid", 1)']
        return before + "\n".join(lines) + "\n" + route + after

    def _fill(self):
        now = int(time.time())
        socket = f"udp:127.0.0.1:{self.sip_port}"
        self._insert("dialog", **DIALOG, start_time=now, timeout=now + 3600, caller_sock=socket, callee_sock=socket)
        self._insert(
            "location", contact_id=1, username="1001", domain="example.com", contact="sip:1001@127.0.0.1:5090", expires=now + 3600, callid="c",
            user_agent="phone", socket=socket,
        )  # fmt: skip
        self._insert("dispatcher", setid=1, destination="sip:127.0.0.1:5091", weight="7", attrs="x")
        self._insert("dr_gateways", gwid="g1", type=1, address="127.0.0.1:5092")
        for carrier, flags in (("plain", 0), ("weighted", 1), ("first", 2)):
            self._insert("dr_carriers", carrierid=carrier, gwlist="g1=10", flags=flags)
        self._insert("dr_rules", groupid="0", prefix="49", gwlist="#weighted")
        self._insert("domain", domain="example.com")
        self._insert(
            "registrant",
            registrar="sip:127.0.0.1:5093",
            aor="sip:r@example.com",
            binding_URI="sip:r@127.0.0.1",
            expiry=3600,
        )

    def _insert(self, table, **values):
        known = choice.known_tables("2.4")[table].columns
        shown = [f"'{value}'" if isinstance(value, str) else str(value) for value in values.values()]
        assert set(values) <= set(known)
        self.database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(shown)})")


@pytest.fixture(scope="module")
def server():
    started = Server(find_binary())
    yield started
    started.finish()


@pytest.fixture
def ask(server):
    """ask("ds_list"): the reply of the server."""
    with Connection(server.connection) as connection:
        yield lambda command, **params: connection.call(command, params or None).result


def test_the_upgrade_had_something_to_do(server):
    outcomes = {entry["table"]: entry["outcome"] for entry in server.result["results"]}
    assert outcomes["dialog"] == outcomes["dr_carriers"] == outcomes["registrant"] == "upgraded"


def test_calls_keep_their_variables_flags_and_profiles(server, ask):
    [dialog] = ask("dlg_list_ctx")["Dialogs"]
    assert dialog["callid"] == DIALOG["callid"]
    values = {name: value for pair in dialog["context"]["values"] for name, value in pair.items()}
    assert values["tenant"] == "t1" and values["account"] == r"a|b#c\d"
    assert dialog["context"]["profiles"] == [{"caller": "1001"}]
    if server.version >= (3, 4):
        assert set(dialog["user_flags"].split()) == {"5", "11"}


def test_what_was_provisioned_is_there(ask):
    assert "sip:127.0.0.1:5091" in str(ask("ds_list"))
    assert {carrier["ID"] for carrier in ask("dr_carrier_status")["Carriers"]} == {"plain", "weighted", "first"}
    assert "example.com" in str(ask("domain_dump"))
    assert "sip:r@example.com" in str(ask("reg_list"))


def test_phones_stay_registered(ask):
    assert "sip:1001@127.0.0.1:5090" in str(ask("ul_dump"))
