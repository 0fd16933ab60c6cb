# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role opensips_server and the tables of the modules: created, upgraded while the server is stopped, or left alone."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips_service import Service

# a run of the role takes seconds: all of them only where OpenSIPS is tested, too
needs_time = needs_opensips


@pytest.fixture
def service():
    one = Service("4.0")
    yield one
    one.close()


def run_role(ansible, service, database, *, runs=1):
    """[(message of a failure or None, changed tasks)] of runs of the role."""
    variables = {
        **service.variables(),
        "opensips_server_parts": ["registrar"],
        "opensips_server_db_url": f"sqlite:///{database}",
        "opensips_server_schema": True,
        "opensips_server_stop_command": [*service.command, "stop"],
    }
    tasks = []
    for number in range(runs):
        role = {
            "name": f"{number}: run",
            "ansible.builtin.include_role": {"name": "community.opensips.opensips_server"},
        }
        failed = {"name": f"{number}: failed", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}
        tasks += [
            {"block": [role], "rescue": [failed]},
            {"name": f"{number}: end", "ansible.builtin.debug": {"msg": "end"}},
        ]
    results = ansible.run_plays(
        [{"hosts": "all", "gather_facts": False, "tasks": tasks}], {"here": variables}, seconds=900
    )
    found, start = [], 0
    for number in range(runs):
        end = next(index for index, result in enumerate(results) if result.task == f"{number}: end")
        mine, start = results[start:end], end
        message = next((result.msg for result in mine if result.task == f"{number}: failed"), None)
        found.append(
            (
                message,
                [result.task.rpartition(" : ")[2] for result in mine if result.get("changed") and " : " in result.task],
            )
        )
    return found


def query(database, statement):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(statement).fetchall()
        connection.commit()
    return rows


@needs_time
def test_tables_are_created_and_then_left_alone(ansible, service, tmp_path):
    database = tmp_path / "new" / "opensips.sqlite"
    first, second = run_role(ansible, service, database, runs=2)
    assert first[0] is None
    assert "Create or upgrade the tables" in first[1]
    assert {"version", "location", "subscriber"} <= {
        name for (name,) in query(database, "SELECT name FROM sqlite_master")
    }
    assert second == (None, [])
    assert (service.starts, service.stops) == (1, 0)


def test_tables_are_upgraded_while_the_server_is_stopped(ansible, service, tmp_path):
    database = tmp_path / "opensips.sqlite"
    old = run_module("schema", {"version": "2.4", "modules": ["usrloc", "auth_db"], "db_url": f"sqlite:///{database}"})
    assert "failed" not in old, old
    query(database, "INSERT INTO subscriber (username, domain, password, ha1) VALUES ('alice', 'example.com', '', 'x')")
    # a server runs, with a configuration of before
    service.config.parent.mkdir(parents=True)
    service.config.write_text("# before\n", encoding="utf-8")
    service.fifo.parent.mkdir(parents=True, exist_ok=True)
    service.replies.mkdir(parents=True, exist_ok=True)
    service.do_restart()
    [(message, changed)] = run_role(ansible, service, database)
    assert message is None
    assert "Create or upgrade the tables" in changed
    assert (service.starts, service.stops) == (2, 1)
    assert query(database, "SELECT username, domain, ha1 FROM subscriber") == [("alice", "example.com", "x")]


@needs_time
def test_tables_that_cannot_be_changed_leave_the_server_as_it_was(ansible, service, tmp_path):
    database = tmp_path / "opensips.sqlite"
    query(database, "CREATE TABLE location (what TEXT)")
    [(message, changed)] = run_role(ansible, service, database)
    assert "location" in message
    assert not service.config.exists()
    assert service.starts == 0
    assert "Write the configuration file" not in changed
