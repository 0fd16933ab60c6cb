# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_schema and an OpenSIPS that is installed: it starts on the tables, writes to them, and refuses what the module refuses.

The server uses SQLite, PostgreSQL and MariaDB, as far as it has their modules. OPENSIPS_BIN and OPENSIPS_MODULES name it where it is
not on PATH.
"""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    DatabaseOpensips,
    find_binary,
)

# those that look at their tables as they start, and the parameters that have them do so
MODULES = {
    "usrloc": [],
    "dialog": ['("dialog", "db_mode", 1)'],
    "dispatcher": [],
    "load_balancer": [],
    "drouting": [],
    "permissions": [],
    "domain": ['("domain", "db_mode", 1)'],
    "dialplan": [],
    "auth_db": [],
    "alias_db": [],
    "group": [],
    "speeddial": [],
    "presence": [],
    "rtpengine": [],
    "uac_registrant": [],
}
# what these need, in this order
NEEDED = ("rr", "dialog", "signaling", "auth", "uac_auth")

# none with a database that the server has no module for
pytestmark = [needs_opensips, pytest.mark.usefixtures("opensips_databases")]


class Server(DatabaseOpensips):
    """An OpenSIPS on the tables that the module makes. prepare: function without parameters, called before it starts."""

    def __init__(self, database, prepare=lambda: None):
        self._prepare = prepare
        super().__init__(database)

    def _configuration(self, version):
        here = [name for name in MODULES if (self.modules / f"{name}.so").exists()]
        self.options = {**self.database.options, "binary": find_binary(), "modules": here}
        self.result = run_module("schema", self.options)
        assert not self.result.get("failed"), self.result["msg"]
        url = self.database.server_url
        self._prepare()
        before, route, after = super()._configuration(version).partition("route {")
        before = before.replace("single-instance-no-db", "single-instance-sql-write-through")
        lines = self._load(self.driver, *NEEDED, *here)
        lines += [f'modparam("{name}", "db_url", "{url}")' for name in here]
        lines += [f"modparam{text.format(url=url)}" for name in here for text in MODULES[name]]
        return before + "\n".join(lines) + "\n" + route + after


@pytest.fixture
def server(opensips_databases):
    with Server.on_new_database(opensips_databases) as started:
        yield started


def test_it_starts_on_them_and_writes_to_them(server):
    assert server.result["changed"] and server.result["summary"]["outcomes"]["created"] >= 10
    contact = {
        "table_name": "location",
        "aor": "1001@example.com",
        "contact": "sip:1001@127.0.0.1:5090",
        "expires": 300,
        "q": "1.0",
        "flags": 0,
        "cflags": 0,
        "methods": 4095,
    }
    added = run_module("mi_command", {**server.connection, "command": "ul_add", "params": contact})
    assert not added.get("failed"), added["msg"]
    [(contact_id, user)] = server.database.rows("SELECT contact_id, username FROM location")
    assert contact_id > 0 and user == "1001"
    # what the server wrote is nothing that the module minds; it asks this server for its version now
    del server.options["binary"]
    again = run_module("schema", {**server.options, **server.connection})
    assert again["summary"]["outcomes"]["unchanged"] == again["summary"]["total"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE version SET table_version = table_version + 1 WHERE table_name = 'dispatcher'",
        "DELETE FROM version WHERE table_name = 'dispatcher'",
        "ALTER TABLE dispatcher RENAME COLUMN weight TO heavy",
    ],
)
def test_what_the_module_refuses_the_server_refuses_too(database, statement):
    results = []

    def prepare():
        database.execute(statement)
        options = {**database.options, "binary": find_binary(), "tables": ["dispatcher"]}
        results.append(run_module("schema", options))

    with pytest.raises(AssertionError, match="ERROR:dispatcher"):
        Server(database, prepare).stop()
    assert results[0]["failed"] and "dispatcher" in results[0]["msg"]
