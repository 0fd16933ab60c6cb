# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of the guides and of the README are run as they are written, in check mode, against an emulated server."""

from __future__ import annotations

import pathlib
import shlex

import pytest
import yaml

from ansible_collections.community.opensips.tests import pages
from ansible_collections.community.opensips.tests.emulator import Cluster, Emulator
from ansible_collections.community.opensips.tests.integration.support import subscriber_body
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.databases import Database
from ansible_collections.community.opensips.tests.integration.support.playbook import PREFIX
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of
from ansible_collections.community.opensips.tests.integration.support.sip_peer import Peer, answer, tls_context

# how a task may end although the example is right: the phone, the destination or the file is not here
NOT_HERE = {"no_answer", "unreachable", "not_sent"}
# tasks of AWX, see test_scale.py, and of playbooks that test_page_playbooks.py runs
_OF_OTHERS = ("awx.awx.", "ansible.builtin.include_tasks")
# the README's task registers what another page writes to a file; test_page_certificates.py runs that page
_PAGES = [name for name in ["README", *pages.PAGES] if name not in ("certificates", "clusters", "migrating")]


def tasks_of(code):
    """The tasks in a block of YAML, with those of its plays."""
    document = yaml.safe_load(code)
    for entry in document if isinstance(document, list) else []:
        if isinstance(entry, dict) and not any(str(key).startswith(_OF_OTHERS) for key in entry):
            inner = entry.get("tasks") or ([entry] if _action(entry) else [])
            yield from (task for task in inner if not any(str(key).startswith(_OF_OTHERS) for key in task))


def _action(task):
    """The key of a task's module, or None."""
    return next((key for key in task if key.startswith((PREFIX, "ansible.builtin.")) and "playbook" not in key), None)


def tasks_on(names):
    """[(where, task)] of these pages."""
    blocks = pages.every_block()
    return [
        (f"{block.page}, line {block.line}", task)
        for name in names
        for block in blocks
        if block.language.startswith("yaml") and block.page == name
        for task in tasks_of(block.code)
    ]


TASKS = tasks_on(_PAGES)
ON_CLUSTERS = tasks_on(["clusters"])


VARIABLES = {
    **dict.fromkeys(
        (
            "vault_phone_password",
            "vault_test_password",
            "vault_grandstream_password",
            "vault_1001_password",
            "vault_password_1001",
            "vault_password_1002",
        ),
        "secret",
    ),
    "trusted_addresses": [{"grp": 1, "ip": "192.0.2.1"}],
    "trunks": [{"setid": 1, "destination": "sip:192.0.2.11:5060"}],
}
TABLES = (
    "acc", "address", "dbaliases", "dispatcher", "dr_gateways", "dr_rules", "grp", "location", "speed_dial", "subscriber"
)  # fmt: skip


def here(arguments, database):
    """The arguments of a task, with the database of the tests in place of the page's, which may have another engine."""
    if "location_db" in arguments:
        arguments["location_db"] = {"db_url": database.url}
    if not {"db_url", "db_engine"} & set(arguments):
        return arguments
    kept = {name: value for name, value in arguments.items() if not name.startswith(("db_engine", "login_"))}
    return {**kept, "db_url": database.url}


def ready(tasks, database, there):
    """Tasks that run here. there: {text of the pages: what it is here}."""
    text = yaml.safe_dump([{**task, "name": where, "ignore_errors": True, "no_log": False} for where, task in tasks])
    for written, here_is in there.items():
        text = text.replace(written, here_is)
    return [
        {key: here(value, database) if key.startswith(PREFIX) and value else value for key, value in task.items()}
        for task in yaml.safe_load(text)
    ]


def play_of(server, tasks, **variables):
    return {
        "hosts": "here",
        "gather_facts": False,
        "vars": {**VARIABLES, **variables},
        "module_defaults": {"group/community.opensips.all": fifo_of(server)},
        "tasks": tasks,
    }


@pytest.fixture(scope="module")
def played(ansible, tmp_path_factory):
    """Results, one for each of TASKS."""
    authority = Authority(tmp_path_factory.mktemp("tls"), "authority")
    context = tls_context(*authority.issue("server", "127.0.0.1", days=60))
    with (
        Emulator("3.6", phones=4, fr_timeout=1.0, reboot=False, modules="all", presence="server") as emu,
        Peer("tls", lambda request, _count: answer(request), context=context) as tls,
    ):
        database = Database("sqlite", f"sqlite:///{emu.directory}/opensips.sqlite", {})
        database.create("3.6", *TABLES)
        # the server knows the profile from then on
        emu.add_dialog(seconds=0, profiles=[("gateway", "gw1")])
        pathlib.Path(emu.directory, "counts.csv").write_text(
            pages.Page("fleets").after("100,000 voicemail lamps"), encoding="utf-8"
        )
        program = pathlib.Path(emu.directory, "opensips")
        program.write_text("#!/bin/sh\necho 'version: opensips 3.6.8 (x86_64/linux)'\n", encoding="utf-8")
        program.chmod(0o755)
        (first, *_others) = emu.state()["dispatcher"]["1"]
        there = {
            "/var/lib/community.opensips": emu.directory,
            "/var/spool/voicemail": emu.directory,
            "/var/tmp": emu.directory,
            "/usr/sbin/opensips": str(program),
            "/srv/reports": emu.directory,
            "/etc/ssl/example-ca.pem": authority.path,
            "tls:sip.example.com": tls.target,
            "dispatcher_trunks": "dispatcher",
            "partition: trunks": "partition: default",
            "sip:192.0.2.10:5060": first,
            "https://sip2.example.com:8888/mi": emu.http_url,
            "http://127.0.0.1:8888/mi": emu.http_url,
        }
        play = play_of(emu, ready(TASKS, database, there), opensips_db_url=database.url, aor="1001")
        yield ansible.run_plays([play], {"here": {}, "sip1": {}}, check=True)


def failures(results):
    """[(where, message)] of tasks that failed for another reason than NOT_HERE."""
    found = []
    for result in results:
        outcomes = {entry.get("outcome") for entry in result.get("results", [])}
        if result.failed and not outcomes & NOT_HERE:
            found.append((result.task, result.msg))
    return found


def test_the_tasks_of_the_pages_run(played):
    assert len(TASKS) > 40 and [result.task for result in played] == [where for where, _task in TASKS]
    assert not failures(played), "\n".join(map(str, failures(played)))


def test_the_users_of_the_page_on_registrars_are_created(tmp_path):
    database = Database("sqlite", f"sqlite:///{tmp_path}/opensips.sqlite", {})
    database.create("3.6", *subscriber_body.TABLES)
    users = pages.Page("registrar").load("group_vars/opensips.yml")["registrar_subscribers"]
    result = subscriber_body.call(users, db_url=database.url)
    assert result["summary"]["outcomes"]["inserted"] == len(users) > 1, result


# what the nodes of emulated clusters lack
_NOT_EMULATED = ["!dispatcher", "!media_nodes", "!registrants", "!status"]


def on_a_node(task, restart, partner):
    """A task of the page on clusters, with the service and the hosts that are here."""
    task = dict(task)
    if task.pop("ansible.builtin.service", None):
        task["ansible.builtin.command"] = {"argv": restart}
    action = _action(task)
    arguments = dict(task[action] or {})
    if action == f"{PREFIX}health":
        arguments = {"checks": _NOT_EMULATED, **arguments}
    if task.pop("delegate_to", None) == "proxy2.example.com":
        arguments.update(fifo_of(partner))
    if "url" in arguments:
        # the tests' own defaults are those of a FIFO
        arguments["transport"] = "http"
    return {**task, action: arguments}


@pytest.fixture(scope="module")
def played_on_a_node(ansible, tmp_path_factory):
    """Results, one for each of ON_CLUSTERS, which follow each other on the node that holds the tag."""
    authority = Authority(tmp_path_factory.mktemp("tls"), "authority")
    context = tls_context(*authority.issue("server", "127.0.0.1", days=60), client_ca=authority.path)
    certificate, key = authority.issue("client")
    both = pathlib.Path(authority.path).with_name("both.pem")
    both.write_bytes(pathlib.Path(certificate).read_bytes() + pathlib.Path(key).read_bytes())
    with (
        Cluster("3.6", phones=2) as cluster,
        Peer("tcp", lambda request, _count: answer(request)) as tcp,
        Peer("tls", lambda request, _count: answer(request), context=context) as tls,
    ):
        cluster.wait_until_synced()
        node, partner = cluster.nodes
        there = {
            "/var/lib/opensips": node.directory,
            "http://192.0.2.11:8888/mi": node.http_url,
            "https://sip.example.com/mi": node.http_url,
            "udp:sip.example.com": f"udp:127.0.0.1:{node.sip[1]}",
            "tcp:sip.example.com": tcp.target,
            "tls:sip.example.com": tls.target,
            "/etc/opensips/tls/probe.pem": str(both),
        }
        restart = shlex.split(cluster.restart_command(0))
        tasks = ready([(where, on_a_node(task, restart, partner)) for where, task in ON_CLUSTERS], None, there)
        yield ansible.run_plays([play_of(node, tasks)], {"here": {}})


def test_the_tasks_of_the_page_on_clusters_run(played_on_a_node):
    assert len(ON_CLUSTERS) > 20
    assert [result.task for result in played_on_a_node] == [where for where, _task in ON_CLUSTERS]
    assert not failures(played_on_a_node), "\n".join(map(str, failures(played_on_a_node)))
