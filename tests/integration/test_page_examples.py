# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of the guides and of the README are run as they are written, in check mode, against an emulated server."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.community.opensips.tests import pages
from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.databases import Database
from ansible_collections.community.opensips.tests.integration.support.playbook import PREFIX
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

# what a host of the tests has not: a cluster, other servers, files of a voicemail system, a service
ELSEWHERE = {
    "delegate_to",
    "neighbours",
    "transport",
    "mailboxes_file",
    "sip_client_cert",
    "path",
    "data",
    "sockets",
    "until",
}
MODULES_ELSEWHERE = {
    "cluster_node",
    "sharing_tag",
    "restore",
    "snapshot",
    "compare",
    "health",
    "registrant",
    "media_node",
    "campaign",
}
# how a task may end although the example is right: the phone, the destination or the file is not here
NOT_HERE = {"no_answer", "unreachable", "not_sent"}


def tasks_of(code):
    """The tasks in a block of YAML, with those of its plays."""
    document = yaml.safe_load(code)
    for entry in document if isinstance(document, list) else []:
        if isinstance(entry, dict):
            yield from entry.get("tasks") or ([entry] if any(str(key).startswith(PREFIX) for key in entry) else [])


def is_ours(task):
    """Whether a task runs here."""
    module, arguments = next(((key, value) for key, value in task.items() if key.startswith(PREFIX)), (None, None))
    words = set(task) | set(arguments or {})
    return module and module[len(PREFIX) :] not in MODULES_ELSEWHERE and not words & ELSEWHERE


TASKS = [
    (f"{block.page}, line {block.line}", task)
    for block in pages.every_block()
    if block.language.startswith("yaml") and block.page != "migrating"
    for task in tasks_of(block.code)
    if is_ours(task)
]


VARIABLES = {
    **dict.fromkeys(
        (
            "vault_phone_password",
            "vault_test_password",
            "vault_grandstream_password",
            "vault_1001_password",
            "vault_password_1001",
        ),
        "secret",
    ),
    "trusted_addresses": [{"grp": 1, "ip": "192.0.2.1"}],
    "trunks": [{"setid": 1, "destination": "sip:192.0.2.11:5060"}],
}
TABLES = ("acc", "address", "dispatcher", "dr_gateways", "dr_rules", "location", "subscriber")


def here(arguments, database):
    """The arguments of a task, with the database of the tests in place of the page's, which may have another engine."""
    if "location_db" in arguments:
        arguments["location_db"] = {"db_url": database.url}
    if not {"db_url", "db_engine"} & set(arguments):
        return arguments
    kept = {name: value for name, value in arguments.items() if not name.startswith(("db_engine", "login_"))}
    return {**kept, "db_url": database.url}


@pytest.fixture(scope="module")
def played(ansible):
    """Results, one for each of TASKS."""
    with Emulator("3.6", phones=4, fr_timeout=1.0, reboot=False, modules="all") as emu:
        database = Database("sqlite", f"sqlite:///{emu.directory}/opensips.sqlite", {})
        database.create("3.6", *TABLES)
        # the server knows the profile from then on
        emu.add_dialog(seconds=0, profiles=[("gateway", "gw1")])
        tasks = [{**task, "name": where, "ignore_errors": True, "no_log": False} for where, task in TASKS]
        (first, *_others) = emu.state()["dispatcher"]["1"]
        text = yaml.safe_dump(tasks)
        for written, there in {
            "/var/lib/community.opensips": emu.directory,
            "/var/tmp": emu.directory,
            "dispatcher_trunks": "dispatcher",
            "partition: trunks": "partition: default",
            "sip:192.0.2.10:5060": first,
        }.items():
            text = text.replace(written, there)
        tasks = [
            {key: here(value, database) if key.startswith(PREFIX) and value else value for key, value in task.items()}
            for task in yaml.safe_load(text)
        ]
        play = {"hosts": "all", "gather_facts": False, "vars": {**VARIABLES, "opensips_db_url": database.url}}
        play["module_defaults"] = {"group/community.opensips.all": fifo_of(emu)}
        yield ansible.run_plays([{**play, "tasks": tasks}], {"here": {}}, check=True)


def test_the_tasks_of_the_pages_run(played):
    assert len(TASKS) > 25 and [result.task for result in played] == [where for where, _task in TASKS]
    bad = []
    for result in played:
        outcomes = {entry.get("outcome") for entry in result.get("results", [])}
        if result.failed and not outcomes & NOT_HERE:
            bad.append((result.task, result.msg))
    assert not bad
