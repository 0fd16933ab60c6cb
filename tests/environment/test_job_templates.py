# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Job templates of ansible-runner: the collection from its tarball, and nothing but what its metadata requires."""

from __future__ import annotations

import json
import subprocess

import pytest

from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

REBOOT = "- import_playbook: community.opensips.reboot_phones\n"
WINDOW = {"from": "00:00", "to": "24:00", "timezone": "Europe/Berlin"}


@pytest.mark.parametrize("on_node", [False, True], ids=["here", "on an execution node"])
def test_a_campaign_over_two_servers(environment, emulator, tmp_path, on_node):
    servers = {name: emulator("3.6", phones=12, reboot=True, reboot_seconds=0.5) for name in ("sip1", "sip2")}
    hosts = {
        name: {
            "opensips_connection": fifo_of(server),
            "phone_reboot_campaign_dir": str(tmp_path / name),
        }
        for name, server in servers.items()
    }
    # no time zones of the system
    job = environment.run(
        {"reboot_phones.yml": REBOOT}, "reboot_phones.yml", hosts, env={"PYTHONTZPATH": ""}, on_node=on_node,
        phone_reboot_select={"exclude_user_agent": ["polycom"]}, phone_reboot_campaign="night", phone_reboot_window=WINDOW,
        phone_reboot_report_dir=str(tmp_path / "reports"), phone_reboot_wait_timeout=20,
    )  # fmt: skip
    assert job.status == "successful", job.output
    (report,) = (tmp_path / "reports" / "night").glob("*.json")
    outcomes = [result["outcome"] for result in json.loads(report.read_text(encoding="utf-8"))["results"]]
    agents = [phone["user_agent"] for server in servers.values() for phone in server.phones()]
    assert outcomes == ["accepted"] * sum("olycom" not in agent for agent in agents)
    assert outcomes and len(job.results("Send, and wait for the phones")) >= 2


TABLE = [
    {
        "hosts": "opensips",
        "gather_facts": False,
        "tasks": [
            {
                "name": "Add a destination",
                "community.opensips.opensips_table": {
                    "table": "dispatcher",
                    "rows": [{"setid": 1, "destination": "sip:192.0.2.20:5060"}],
                    "reload": False,
                    "db_engine": "{{ database.db_engine }}",
                    "login_db": "{{ database.login_db }}",
                    "login_user": "{{ database.login_user | default(omit) }}",
                    "login_password": "{{ database.login_password | default(omit) }}",
                    "login_unix_socket": "{{ database.login_unix_socket | default(omit) }}",
                },
            }
        ],
    }
]


def test_a_row_of_each_database(environment, database_server):
    database = database_server.database().create("3.6", "dispatcher")
    try:
        job = environment.run({"row.yml": json.dumps(TABLE)}, "row.yml", {"sip1": {"database": database.options}})
        assert job.status == "successful", job.output
        assert database.rows("SELECT setid, destination FROM dispatcher") == [(1, "sip:192.0.2.20:5060")]
    finally:
        database.drop()


def test_the_environment_has_nothing_else(environment):
    """Or a requirement that the metadata lacks would not be missed here."""
    ran = subprocess.run(
        [environment.bin / "python", "-c", "import pytest"], capture_output=True, text=True, check=False, env={}
    )
    assert "No module named 'pytest'" in ran.stderr
