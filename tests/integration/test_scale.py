# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflow of the guide to many servers: the jobs of its nodes, with the variables that AWX gives them."""

from __future__ import annotations

import collections
import json

import pytest

from ansible_collections.community.opensips.tests.guides import Guide
from ansible_collections.community.opensips.tests.integration.support.playbook import PlaybookError
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

GUIDE = Guide("scale")
WORKFLOW = GUIDE.load("workflow.yml")[0]["tasks"][1]["awx.awx.workflow_job_template"]
# as somebody who accepts what the survey proposes, but for the servers
ANSWERS = {question["variable"]: question.get("default", "night") for question in WORKFLOW["survey_spec"]["spec"]}
SERVERS = ("sip1", "sip2", "sip3")


@pytest.fixture
def job(ansible, emulator, tmp_path):
    """job(node, hosts): runs a job of the node on hosts of the inventory; {host: Counter of outcomes}."""
    servers = {name: emulator("3.6", phones=24, reboot=True, reboot_seconds=0.3) for name in SERVERS}
    playbook = GUIDE.load("reboot_part.yml")
    nodes = {node["identifier"]: node for node in WORKFLOW["workflow_nodes"]}
    count = 0

    def run(node, hosts, **more):
        nonlocal count
        count += 1
        reports = tmp_path / f"reports{count}"
        variables = {
            **ANSWERS,
            **nodes[node]["extra_data"],
            "awx_job_id": count,
            "opensips_hosts": "sip1:sip2",
            "phone_reboot_report_dir": str(reports),
            "phone_reboot_wait_timeout": 20,
            **more,
        }
        inventory = {
            name: {"opensips_connection": fifo_of(servers[name]), "phone_reboot_campaign_dir": str(tmp_path / name)}
            for name in hosts
        }
        ansible.run_plays([*playbook], inventory, arguments=["-e", json.dumps(variables)])
        outcomes = collections.defaultdict(collections.Counter)
        for path in reports.glob("*/*.json"):
            for result in json.loads(path.read_text(encoding="utf-8"))["results"]:
                outcomes[result["host"]][result["outcome"], bool(result.get("earlier"))] += 1
        return outcomes

    run.servers = servers
    return run


def notified(emu):
    """Counter of the NOTIFYs that each phone got."""
    lines = [entry["first"] for entry in emu.sip_log()]
    return collections.Counter(line.split()[1] for line in lines if line.startswith("NOTIFY"))


def test_the_canary_and_the_rest_reach_each_phone_once(job):
    canary = job("canary", SERVERS)
    assert {name: dict(found) for name, found in canary.items()} == {
        name: {("accepted", False): 1} for name in ("sip1", "sip2")
    }
    wanted = {
        name: sum("yealink" in phone["user_agent"].lower() for phone in emu.phones())
        for name, emu in job.servers.items()
    }
    # slices; sip3 is not one that the survey names
    rest = {**job("rest", ["sip1"]), **job("rest", ["sip2", "sip3"])}
    assert {name: dict(found) for name, found in rest.items()} == {
        name: {("accepted", True): 1, ("accepted", False): wanted[name] - 1} for name in ("sip1", "sip2")
    }
    for name, emu in job.servers.items():
        counts = notified(emu)
        assert len(counts) == (wanted[name] if name != "sip3" else 0) and set(counts.values()) <= {1}


def test_a_slice_without_a_named_server_does_nothing_and_does_not_fail(job):
    with pytest.raises(PlaybookError, match="(?s)ended with 0\n.*skipping: no hosts matched"):
        job("rest", ["sip3"])
