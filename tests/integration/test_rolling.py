# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role rolling where something is wrong: it says so before it touches a node, or stops before the next one."""

from __future__ import annotations

import json
import pathlib
import shlex

import pytest

from ansible_collections.community.opensips.tests.emulator import Cluster, Traffic
from ansible_collections.community.opensips.tests.integration.support.rolling import Rolling
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of


class Group(Rolling):
    """With set 1 of the dispatcher at the edge, whose destinations are the nodes."""

    def __init__(self, ansible, cluster, folder):
        self.uris = list(cluster.edges[0].state()["dispatcher"]["1"])
        super().__init__(ansible, cluster, folder, self._destination, rolling_wait_timeout=4, rolling_drain_timeout=5)

    def _destination(self, index):
        return {"dispatcher": [{"set": 1, "uri": self.uris[index]}]}

    def destinations(self):
        """{URI: state} of set 1 at the edge."""
        return self.cluster.edges[0].state()["dispatcher"]["1"]


@pytest.fixture
def group(ansible, tmp_path):
    with Cluster("3.6", edges=1) as cluster:
        cluster.wait_until_synced()
        yield Group(ansible, cluster, tmp_path)


def test_the_plan_and_what_is_refused_before_anything_is_touched(group, tmp_path):
    run = group.run(check=True)
    assert run.failures == {}
    assert run.plans["sip1"] == [
        "sip1: partner sip2",
        "Move the sharing tag vip/1 to sip2",
        f"Out of service at edge1: dispatcher set 1 {group.uris[0]}",
        "Wait for 0 calls, up to 5 s, then put the node back and stop",
        f"Restart the server with {' '.join(shlex.split(group.cluster.restart_command(0)))}",
        "Wait up to 4 s until it answers, is synced and is healthy",
        "Restore its run-time state",
        f"In service at edge1: dispatcher set 1 {group.uris[0]}",
        "Move the sharing tag vip/1 back",
    ]
    assert run.plans["sip2"][0] == "sip2: partner sip1"
    assert not (tmp_path / "journals").exists() and run.timeline is None
    unknown = [
        {"host": "edge1", "connection": fifo_of(group.cluster.edges[0]), "dispatcher": [{"set": 1, "uri": "sip:x"}]}
    ]
    refused = group.run(sip1={"rolling_edges": unknown})
    assert "rolling_edges of sip1: edge1: " in refused.failures["sip1"] and group.uris[1] in refused.failures["sip1"]
    assert (refused.outcomes, refused.steps("sip1")) == ({"sip1": "refused", "sip2": "waiting"}, [("check", "failed")])
    assert group.cluster.holders() == [0]
    assert group.destinations() == dict.fromkeys(group.uris, "Active")


def test_a_step_that_fails_puts_the_node_back_and_stops_the_run(group, tmp_path):
    # a directory of the user keeps its mode, such as /tmp
    reports = tmp_path / "reports"
    reports.mkdir(mode=0o755)
    run = group.run(rolling_campaign="night", sip1={"rolling_restart_command": ["false"]})
    assert list(run.failures) == ["sip1"] and "The node is in service, as before" in run.failures["sip1"]
    assert run.outcomes == {"sip1": "put_back", "sip2": "waiting"}
    assert ("act", "failed") in run.steps("sip1") and run.steps("sip1")[-1] == ("tags_back", "ok")
    assert "failed, put back" in run.page
    assert reports.stat().st_mode & 0o777 == 0o755
    assert {path.stat().st_mode & 0o777 for path in reports.iterdir()} == {0o600}
    assert group.cluster.holders() == [0]
    assert group.destinations() == dict.fromkeys(group.uris, "Active")


def test_no_call_is_lost_when_a_node_breaks_and_the_next_run_completes_it(group, tmp_path):
    tasks = tmp_path / "tasks.yml"
    kill = shlex.split(group.cluster.restart_command(0).replace("restart_node", "kill_node"))
    tasks.write_text(json.dumps([{"name": "Break it", "ansible.builtin.command": {"argv": kill}}]), encoding="utf-8")
    with Traffic(group.cluster, calls_per_second=10, seconds=(1, 4)) as traffic:
        run = group.run(rolling_action="tasks", rolling_tasks=str(tasks))
        assert list(run.failures) == ["sip1"] and "The node is out of service" in run.failures["sip1"]
        assert run.outcomes == {"sip1": "out_of_service", "sip2": "waiting"}
        assert group.cluster.holders() == [1]
        assert group.destinations() == {group.uris[0]: "Inactive", group.uris[1]: "Active"}
        done = group.run(rolling_campaign="repair", rolling_wait_timeout=20)
        again = group.run(rolling_campaign="repair")
        summary = traffic.finish()
    assert done.failures == {}
    assert done.outcomes == {"sip1": "done", "sip2": "done"}
    assert (summary["lost"], summary["reasons"], summary["ended"]) == (0, {}, summary["made"])
    assert group.cluster.holders() == [0]
    assert group.destinations() == dict.fromkeys(group.uris, "Active")
    assert not list(pathlib.Path("/var/tmp").glob("opensips-rolling-sip?-repair.json"))
    # done nodes are skipped
    shown = again.of("Show that the node is done")
    assert again.failures == {} and [each.host for each in shown] == ["sip1", "sip2"]
    assert again.of("Read the sharing tags of all nodes") == []


def test_calls_that_cannot_be_counted_are_not_none(ansible, emulator):
    """Those that ring would be lost with a server that is restarted."""
    emu = emulator("3.6", phones=0)
    emu.refuse("get_statistics", 500, "Server error")
    include = {"name": "community.opensips.rolling", "tasks_from": "drain"}
    plays = [{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.include_role": include}]}]
    variables = {"rolling_connection": fifo_of(emu), "rolling_drain_timeout": 1, "rolling_settle_timeout": 0}
    results = ansible.run_plays(plays, {"sip1": variables}, may_fail=True)
    assert [result.task for result in results if result.failed] == [
        "community.opensips.rolling : Wait for calls that are not answered yet"
    ]


def test_a_node_takes_its_calls_back_if_the_partner_dies(group):
    kill = shlex.split(group.cluster.restart_command(1).replace("restart_node", "kill_node"))
    run = group.run(sip1={"rolling_restart_command": kill})
    assert list(run.failures) == ["sip1"]
    assert "The node is in service, because sip2 does not answer" in run.failures["sip1"]
    assert "No process reads the FIFO" in run.failures["sip1"]
    assert run.outcomes == {"sip1": "put_back", "sip2": "waiting"}
    assert group.cluster.holders() == [0]
    assert group.destinations() == dict.fromkeys(group.uris, "Active")
