# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An OpenSIPS that is installed starts on tables that opensips_schema upgraded, and reads the rows of the older version.

The server uses SQLite, PostgreSQL and MariaDB, as far as it has their modules. OPENSIPS_BIN and OPENSIPS_MODULES name it where it is
not on PATH. OPENSIPS_UPGRADE_ROWS is the number of phones, users and destinations.
"""

from __future__ import annotations

import os
import re
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ServerError
from ansible_collections.community.opensips.plugins.module_utils._schema import choice
from ansible_collections.community.opensips.plugins.module_utils._sip import digest
from ansible_collections.community.opensips.tests.integration.support.agent import Agent, Datagrams, challenges
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips_with
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    DatabaseOpensips,
    find_binary,
    release_of,
)

ROWS = int(os.environ.get("OPENSIPS_UPGRADE_ROWS", "5"))
STEPS = ("3.6", "4.0")

TABLES = {
    "usrloc": ["location"],
    "dialog": ["dialog"],
    "dispatcher": ["dispatcher"],
    "drouting": ["dr_gateways", "dr_carriers", "dr_rules", "dr_groups"],
    "domain": ["domain"],
    "uac_registrant": ["registrant"],
    "auth_db": ["subscriber"],
}
MODULES = ("rr", "auth", "uac_auth", *TABLES)
DOMAIN, AOR = "example.com", "sip:1002@example.com"
ROUTE = """
route {
    if (is_method("REGISTER")) {
        if (!www_authorize("", "subscriber")) www_challenge("", "auth");
        else if (!save("location")) sl_reply_error();
        exit;
    }
    sl_send_reply(404, "Not Found");
}
"""

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


class Server(DatabaseOpensips):
    """An OpenSIPS on the tables of 2.4, upgraded for it, by way of those of 3.6.

    results: what each upgrade gave.
    """

    def __init__(self, database):
        super().__init__(database, memory=(256, 32))

    def _configuration(self, version):
        options = {**self.database.options, "tables": sum(TABLES.values(), [])}
        made = run_module("schema", {**options, "version": "2.4"})
        assert not made.get("failed"), made["msg"]
        self._fill()
        before_it = [{"version": step} for step in STEPS if tuple(map(int, step.split("."))) < version[:2]]
        self.results = []
        for target in (*before_it, {"binary": find_binary()}):
            self.results.append(run_module("schema", {**options, **target, "upgrade": True}))
            assert not self.results[-1].get("failed"), self.results[-1]["msg"]
        before, _route, _after = super()._configuration(version).partition("route {")
        before = before.replace("single-instance-no-db", "single-instance-sql-write-through")
        lines = self._load(self.driver, *MODULES)
        lines += [f'modparam("{name}", "db_url", "{self.database.server_url}")' for name in TABLES]
        lines += ['modparam("dialog", "db_mode", 1)', 'modparam("dialog", "profiles_with_value", "caller")']
        # the identifier of a contact has a hash, too, and whether it is that of the domain depends on the version
        lines += ['modparam("domain", "db_mode", 1)', 'modparam("usrloc", "regen_broken_contactid", 1)']
        lines += ['modparam("auth_db", "calculate_ha1", 0)', 'modparam("auth_db", "password_column", "ha1")']
        lines += ['modparam("auth_db", "use_domain", 1)', 'modparam("auth_db", "load_credentials", "")']
        return before + "\n".join(lines) + "\n" + ROUTE

    def _fill(self):
        now = int(time.time())
        socket = f"udp:127.0.0.1:{self.sip_port}"
        self._insert(
            "dialog", {**DIALOG, "start_time": now, "timeout": now + 3600, "caller_sock": socket, "callee_sock": socket}
        )
        contact = {"domain": DOMAIN, "expires": now + 3600, "callid": "c", "user_agent": "phone", "socket": socket}
        self._insert(
            "location",
            *(
                {**contact, "contact_id": number + 1, "username": f"{1001 + number}", "contact": contact_of(number)}
                for number in range(ROWS)
            ),
        )
        self._insert(
            "subscriber",
            *(
                {"username": user, "domain": DOMAIN, "ha1": digest.hash_text(digest.MD5, f"{user}:{DOMAIN}:{user}")}
                for user in (f"{1001 + number}" for number in range(ROWS))
            ),
        )
        self._insert(
            "dispatcher",
            *(
                {"setid": 1, "destination": destination_of(number), "weight": "7", "attrs": "x"}
                for number in range(ROWS)
            ),
        )
        self._insert("dr_gateways", {"gwid": "g1", "type": 1, "address": "127.0.0.1:5092"})
        self._insert(
            "dr_carriers",
            *(
                {"carrierid": carrier, "gwlist": "g1=10", "flags": flags}
                for carrier, flags in (("plain", 0), ("weighted", 1), ("first", 2))
            ),
        )
        self._insert("dr_rules", {"groupid": "0", "prefix": "49", "gwlist": "#weighted"})
        self._insert("domain", {"domain": DOMAIN})
        registrant = {"registrar": "sip:127.0.0.1:5093", "aor": "sip:r@example.com", "binding_URI": "sip:r@127.0.0.1"}
        self._insert("registrant", {**registrant, "expiry": 3600})

    def _insert(self, table, *rows):
        """rows: values by column, of the same columns."""
        columns = choice.known_tables("2.4")[table].columns
        for start in range(0, len(rows), 500):
            values = ", ".join(
                f"({', '.join(self._literal(columns[name].type, value) for name, value in row.items())})"
                for row in rows[start : start + 500]
            )
            self.database.execute(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {values}")

    def _literal(self, kind, value):
        if not isinstance(value, str):
            return str(value)
        if self.database.engine == "postgresql" and "blob" in kind:
            return f"'\\x{value.encode().hex()}'"
        return "'" + (value.replace("\\", "\\\\") if self.database.engine == "mysql" else value) + "'"


def contact_of(number):
    return f"sip:{1001 + number}@127.0.0.1:5090"


def destination_of(number):
    return f"sip:127.0.0.1:5091;transport=udp;number={number}"


@pytest.fixture(scope="module")
def server(opensips_databases):
    with Server.on_new_database(opensips_databases) as started:
        yield started


@pytest.fixture
def ask(server):
    """ask("ds_list"): the reply of the server."""
    with Connection(server.connection) as connection:
        yield lambda command, **params: connection.call(command, params or None).result


def test_the_upgrade_had_something_to_do(server):
    outcomes = {entry["table"]: entry["outcome"] for entry in server.results[0]["results"]}
    assert outcomes["dialog"] == outcomes["dr_carriers"] == outcomes["registrant"] == "upgraded"
    counted = {entry["table"]: entry["after"].get("rows") for entry in server.results[0]["results"]}
    assert counted["subscriber"] == ROWS


def test_calls_keep_their_variables_flags_and_profiles(server, ask):
    [dialog] = ask("dlg_list_ctx")["Dialogs"]
    assert dialog["callid"] == DIALOG["callid"]
    values = {name: value for pair in dialog["context"]["values"] for name, value in pair.items()}
    assert values["tenant"] == "t1" and values["account"] == r"a|b#c\d"
    assert dialog["context"]["profiles"] == [{"caller": "1001"}]
    if server.version >= (3, 4):
        assert set(dialog["user_flags"].split()) == {"5", "11"}


def carriers(ask):
    """The names of the carriers, which the server reads once it is up."""
    until = time.monotonic() + 20
    while True:
        try:
            return {carrier["ID"] for carrier in ask("dr_carrier_status")["Carriers"]}
        except ServerError:
            assert time.monotonic() < until
            time.sleep(0.2)


def test_what_was_provisioned_is_there(ask):
    assert str(ask("ds_list")).count("sip:127.0.0.1:5091") == ROWS
    assert carriers(ask) == {"plain", "weighted", "first"}
    assert "example.com" in str(ask("domain_dump"))
    assert "sip:r@example.com" in str(ask("reg_list"))


def test_phones_stay_registered(ask):
    shown = set(re.findall(r"sip:[0-9]+@127\.0\.0\.1:5090", str(ask("ul_dump"))))
    assert shown == {contact_of(number) for number in range(ROWS)}


def test_users_keep_their_passwords(server):
    with Agent(Datagrams(server.sip), "1002", DOMAIN) as phone:

        def register(password):
            challenged = phone.request("REGISTER", AOR)
            [challenge] = challenges(challenged)
            proof = digest.answer(challenge, digest.Secret("1002", password), "REGISTER", AOR)
            return phone.request("REGISTER", AOR, "{}: {}".format(*proof), "Expires: 60").first

        until = time.monotonic() + 60
        # while it writes the new identifiers of contacts, SQLite is locked
        while " 500 " in register("wrong") and time.monotonic() < until:
            time.sleep(1)
        assert " 401 " in register("wrong")
        assert " 200 " in register("1002")
