# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_reload: tables by their names, on every version."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import (
    assert_clear,
    commands_of,
    run_cases,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

NAMES_4 = {
    "ds_reload": "dispatcher:reload",
    "dr_reload": "drouting:reload",
    "lb_reload": "load_balancer:reload",
    "address_reload": "permissions:address_reload",
    "domain_reload": "domain:reload",
    "rtpengine_reload": "rtpengine:reload",
    "reload_routes": "core:reload_routes",
}


@pytest.fixture
def name_of(server):
    """The server's name of a command."""
    return lambda classic: NAMES_4[classic] if server.version >= (4,) else classic


class TestTables:
    TABLES = ("dr_gateways", "dispatcher", "dr_rules", "load_balancer", "domain")

    @classmethod
    def play(cls, ansible, servers, phones):
        tables = {"tables": list(cls.TABLES)}
        started = {name: server.emu.stats()["commands"] for name, server in servers.items()}
        results = ansible.play(
            [
                task("check", "reload", tables, check_mode=True, diff=True),
                task("reload", "reload", tables, diff=True),
                task("again", "reload", tables),
                task("one", "reload", {"tables": "drouting"}),
            ],
            hosts_of(servers),
        ).must_succeed()
        cls.sent = {
            name: {
                command: count - started[name].get(command, 0)
                for command, count in server.emu.stats()["commands"].items()
                if "reload" in command
            }
            for name, server in servers.items()
        }
        return results

    def test_each_table_is_accounted_for(self, results, name_of):
        commands = ["dr_reload", "ds_reload", "dr_reload", "lb_reload", "domain_reload"]
        for result, outcome in (("check", "planned"), ("reload", "reloaded"), ("again", "reloaded")):
            assert results[result]["changed"]
            entries = results[result]["results"]
            assert [each["name"] for each in entries] == list(self.TABLES)
            assert [each["command"] for each in entries] == [name_of(each) for each in commands]
            assert {each["outcome"] for each in entries} == {outcome}
            assert all(each["changed"] for each in entries)

    def test_one_command_for_the_tables_that_it_reads(self, results, server_name, name_of):
        for result in ("check", "reload"):
            assert [len(each["requests"]) for each in results[result]["results"]] == [1, 1, 0, 1, 1]
        sent = {name: count for name, count in self.sent[server_name].items() if count}
        # check mode sends none
        assert sent == {
            name_of("dr_reload"): 3,
            name_of("ds_reload"): 2,
            name_of("lb_reload"): 2,
            name_of("domain_reload"): 2,
        }

    def test_diff_is_what_is_sent(self, results):
        assert results["check"]["diff"] == results["reload"]["diff"]
        assert results["reload"]["diff"]["before"] == {"reloads": []}
        requests = [request for each in results["reload"]["results"] for request in each["requests"]]
        assert results["reload"]["diff"]["after"] == {"reloads": requests} and len(requests) == 4


class TestWhatVersionsHave:
    @classmethod
    def play(cls, ansible, servers, phones):
        return ansible.play(
            [
                task("routes", "reload", {"tables": ["routes"]}),
                task("inherit", "reload", {"tables": ["dispatcher", "dr_rules"], "inherit_state": False}),
                task("partition", "reload", {"tables": ["address"], "partition": "default"}),
                task("nodes", "reload", {"tables": ["dispatcher", "rtpengine", "domain", "dr_rules"]}),
            ],
            hosts_of(servers),
        )

    def test_routes(self, results, server, name_of):
        if server.version < (3,):
            assert_clear(results["routes"], ["reload_routes", "core of OpenSIPS 3.0 to 4.0"], "routes")
            return
        [entry] = results["routes"]["results"]
        assert (entry["command"], entry["outcome"], entry["background"]) == (
            name_of("reload_routes"),
            "reloaded",
            True,
        )

    def test_inherit_state(self, results, server):
        if server.version < (3,):
            assert_clear(results["inherit"], ["inherit_state", "OpenSIPS 3.4 or later"], "inherit")
            return
        assert [each["params"] for each in results["inherit"]["results"]] == [{"inherit_state": "n"}] * 2

    def test_partition(self, results, server):
        if server.version < (2,):
            assert_clear(results["partition"], ["partition is set", "OpenSIPS 2.2 or later"], "partition")
            return
        assert results["partition"]["results"][0]["params"] == {"partition": "default"}

    def test_a_refusal_loses_nothing(self, results, server, name_of):
        nodes = results["nodes"]
        assert nodes.failed
        if server.version < (2,):
            # checked before anything is sent
            assert_clear(nodes, ["rtpengine_reload", "module rtpengine of OpenSIPS 2.4"], "nodes")
            assert "results" not in nodes
            return
        assert_clear(
            nodes,
            [
                f"refused {name_of('rtpengine_reload')}: 400",
                "still runs the old nodes",
                "Reloaded before: dispatcher",
                "Not reloaded: domain, dr_rules",
            ],
            "nodes",
        )
        assert [(each["name"], each["outcome"], each["changed"]) for each in nodes["results"]] == [
            ("dispatcher", "reloaded", True),
            ("rtpengine", "failed", False),
            ("domain", "not_run", False),
            ("dr_rules", "not_run", False),
        ]
        assert nodes["summary"] == {
            "total": 4,
            "outcomes": {"planned": 0, "reloaded": 1, "failed": 1, "not_run": 2},
        }
        assert nodes["changed"]
        assert [each["error"] and each["error"]["code"] for each in nodes["results"]] == [None, 400, None, None]
        assert nodes["error"]["code"] == 400


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_bad_input_is_refused_before_anything_is_sent(ansible, emulator, version):
    emu = emulator(version, phones=0)
    run_cases(
        ansible,
        "reload",
        {
            "unknown": ({"tables": ["dispatcher", "dispatchers"]}, ["dispatchers", "Did you mean dispatcher"]),
            "needs none": ({"tables": ["dispatcher", "subscriber"]}, ["subscriber cannot be reloaded", "at each use"]),
            "none": ({"tables": []}, ["tables is an empty list"]),
            "not loaded": ({"tables": ["dispatcher", "tls_mgm"]}, ["tls_reload", "module tls_mgm of OpenSIPS 2.2"]),
            "no partitions": ({"tables": ["dispatcher", "domain"], "partition": "x"}, ["domain has no partitions"]),
            "no state": ({"tables": ["address"], "inherit_state": True}, ["address has no run-time state"]),
            "no time": ({"tables": ["dispatcher"], "wait_timeout": 0}, ["wait_timeout is 0"]),
        },
        fifo_of(emu),
    )
    assert not [name for name in commands_of(emu) if "reload" in name]


def test_a_server_that_takes_its_time(ansible, emulator):
    emu = emulator("3.6", phones=0)
    emu.fault("lb_reload", "slow", 1.5)
    late = {"tables": ["load_balancer"], "wait_timeout": 0.5}
    results = ansible.run(
        [task("late", "reload", late), task("waits", "reload", {"tables": ["load_balancer"]})],
        {**fifo_of(emu), "timeout": 1},
    )
    assert_clear(results["late"], ["within 0.5 seconds", "may still be reading load_balancer"], "late")
    # it may have happened
    assert results["late"]["changed"] and results["late"]["results"][0]["outcome"] == "failed"
    # the connection's own timeout is for replies that come at once
    assert results["waits"]["results"][0]["seconds"] >= 1.5
