# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role rolling on a cluster: nodes are restarted one after another, and whatever fails, none is left without a tag."""

from __future__ import annotations

import json
import pathlib
import shlex

import pytest

from ansible_collections.community.opensips.tests.emulator import Cluster, Traffic
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

PLAYBOOK = pathlib.Path(__file__).parents[2] / "playbooks" / "rolling_restart.yml"


class Run:
    """What one run of the playbook gave. timeline: its JSON, or None."""

    def __init__(self, results, reports):
        self.results = results
        self.failures = {result.host: result.msg for result in results if result.failed}
        found = sorted(reports.glob("*.json"), key=lambda path: path.stat().st_mtime)
        self.timeline = json.loads(found[-1].read_text()) if found else None
        self.page = found[-1].with_suffix(".html").read_text() if found else None

    @property
    def outcomes(self):
        return {node["node"]: node["outcome"] for node in self.timeline["nodes"]}

    def steps(self, node):
        steps = next(entry["steps"] for entry in self.timeline["nodes"] if entry["node"] == node)
        return [(step["step"], step["outcome"]) for step in steps]

    @property
    def plans(self):
        return {result.host: result.msg for result in self.results if result.task.endswith("Show the plan")}


class Group:
    """Nodes sip1, sip2, … of a Cluster, and edges, as hosts of an inventory."""

    def __init__(self, ansible, cluster, folder):
        self.ansible, self.cluster, self.folder = ansible, cluster, folder
        self.edges = {}
        self.variables = {
            "rolling_journal_dir": str(folder / "journals"),
            "rolling_report_dir": str(folder / "reports"),
            "rolling_pause": 0,
            "rolling_settle_timeout": 0,
            "rolling_wait_timeout": 20,
            "rolling_drain_timeout": 20,
            "rolling_health": {"checks": ["mi", "links", "capabilities", "status", "contacts", "dialogs"]},
        }

    def inventory(self, **variables):
        hosts = {}
        for index, node in enumerate(self.cluster.nodes):
            hosts[f"sip{index + 1}"] = {
                "opensips_connection": fifo_of(node),
                "rolling_restart_command": shlex.split(self.cluster.restart_command(index)),
                **self.variables,
                **variables,
            }
        return hosts

    def run(self, check=False, limit=None, hosts=None, **variables):
        plays = [{"import_playbook": str(PLAYBOOK), "vars": {"opensips_hosts": "sip*"}}]
        inventory = {**self.inventory(**variables), **self.edges}
        for name, own in (hosts or {}).items():
            inventory[name].update(own)
        arguments = [*(["--limit", limit] if limit else [])]
        results = self.ansible.run_plays(plays, inventory, check=check, arguments=arguments, may_fail=True)
        return Run(results, self.folder / "reports")


@pytest.fixture
def group(ansible, tmp_path):
    """A cluster of two nodes, with its inventory."""
    with Cluster("3.6") as cluster:
        cluster.wait_until_synced()
        yield Group(ansible, cluster, tmp_path)


def test_no_call_is_lost_and_the_timeline_has_each_step(group):
    with Traffic(group.cluster, calls_per_second=10, seconds=(1, 4)) as traffic:
        run = group.run()
        summary = traffic.finish(wait=False)
    assert run.failures == {}
    assert (summary["lost"], summary["reasons"]) == (0, {})
    assert group.cluster.holders() == [0]
    assert run.outcomes == {"sip1": "done", "sip2": "done"}
