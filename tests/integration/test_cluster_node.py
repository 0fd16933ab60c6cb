# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_cluster_node: a node leaves its cluster, comes back, and gets what it missed."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.emulator import Cluster
from ansible_collections.community.opensips.tests.integration.support.bad_input import assert_refused, commands_of
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

CONTACTS, DIALOGS = "usrloc-contact-repl", "dialog-dlg-repl"
SYNCED = {CONTACTS: True, DIALOGS: True}


@pytest.fixture(scope="class", params=["3.6", "4.0"])
def cluster(request):
    with Cluster(request.param) as started:
        started.wait_until_synced()
        yield started


def node_task(node, check=False, **options):
    return run_module("cluster_node", {**fifo_of(node), **options}, check=check)


def requests_of(result):
    return [(request["command"], request["params"]) for request in result["requests"]]


def writes_of(node):
    """How many commands that change something it got."""
    return sum(count for name, count in commands_of(node).items() if "set_status" in name or "sync" in name)


class TestLeavingAndComingBack:
    """In the order of the tests."""

    def test_check_mode_plans(self, cluster):
        two = cluster.nodes[1]
        writes = writes_of(two)
        check = node_task(two, check=True, enabled=False)
        assert requests_of(check) == [("clusterer_set_status", {"cluster_id": 1, "status": 0})]
        assert (check["changed"], check["before"]["enabled"], check["after"]["enabled"]) == (True, True, False)
        assert writes_of(two) == writes

    def test_a_node_leaves(self, cluster):
        two = cluster.nodes[1]
        off = node_task(two, enabled=False)
        assert (off["changed"], off["after"]["enabled"], off["after"]["links"]) == (True, False, {"1": "down"})
        again = node_task(two, enabled=False)
        assert (again["changed"], again["requests"]) == (False, [])

    def test_without_a_link_nothing_is_asked(self, cluster):
        two = cluster.nodes[1]
        node_task(two, enabled=False)
        failed = node_task(two, synced=True, resync=True, wait_timeout=0.3)
        assert_refused(failed, [CONTACTS, DIALOGS, "No link is up", "enabled=true"])
        assert (failed["error"]["type"], failed["requests"]) == ("NotReady", [])
        # it has kept what it had
        assert failed["after"]["capabilities"] == SYNCED

    def test_it_comes_back_and_gets_what_it_missed(self, cluster):
        one, two = cluster.nodes
        node_task(two, enabled=False)
        one.add_contact("missed", "sip:missed@127.0.0.1:19999")
        back = node_task(two, enabled=True, synced=True)
        assert (back["changed"], back["after"]) == (
            True,
            {"enabled": True, "links": {"1": "up"}, "capabilities": SYNCED},
        )
        assert ("ul_cluster_sync", {}) in requests_of(back) and ("dlg_cluster_sync", {}) in requests_of(back)
        assert "missed" in str(list(two.state()["location"]))

    def test_the_second_run_is_unchanged(self, cluster):
        again = node_task(cluster.nodes[1], enabled=True, synced=True)
        assert (again["changed"], again["requests"], again["diff"]) == (False, [], {"before": {}, "after": {}})

    def test_the_holder_of_every_tag_syncs_no_dialogs(self, cluster):
        one = cluster.nodes[0]
        resynced = node_task(one, synced=True, resync=True)
        assert requests_of(resynced) == [("ul_cluster_sync", {})] and resynced["changed"]

    def test_only_named_capabilities(self, cluster):
        resynced = node_task(cluster.nodes[1], synced=True, resync=True, capabilities=[CONTACTS])
        assert requests_of(resynced) == [("ul_cluster_sync", {})]

    def test_a_neighbour_is_shut_out(self, cluster):
        one = cluster.nodes[0]
        for enabled in (False, True):
            switched = node_task(one, enabled=enabled, node_id=2)
            assert (switched["changed"], switched["after"]["enabled"]) == (True, enabled)
            assert requests_of(switched)[0] == (
                "clusterer_set_status",
                {"cluster_id": 1, "status": int(enabled), "node_id": 2},
            )
            assert not node_task(one, enabled=enabled, node_id=2)["changed"]

    @pytest.mark.parametrize(
        "options, parts",
        [
            ({}, ["changes nothing", "synced=true"]),
            ({"enabled": True, "resync": True}, ["resync is set", "synced"]),
            ({"enabled": False, "synced": True}, ["enabled is false"]),
            ({"synced": True, "capabilities": []}, ["capabilities is an empty list"]),
            ({"synced": True, "capabilities": ["x"]}, ["no capability x", CONTACTS, DIALOGS]),
            ({"synced": True, "node_id": 2}, ["node_id is set"]),
            ({"enabled": False, "node_id": 9}, ["node_id: the server has no node 9", "It has: 1"]),
            ({"enabled": False, "cluster_id": 9}, ["no cluster 9", "It has: 1"]),
            ({"enabled": False, "cluster_id": 0}, ["cluster_id is 0"]),
            ({"enabled": False, "wait_timeout": -1}, ["wait_timeout is -1"]),
        ],
    )
    def test_bad_input_sends_nothing(self, cluster, options, parts):
        two = cluster.nodes[1]
        writes = writes_of(two)
        assert_refused(node_task(two, **options), parts)
        assert writes_of(two) == writes


def test_a_node_that_started_again_waits_until_it_has_all():
    with Cluster("3.6") as cluster:
        cluster.wait_until_synced()
        cluster.stop(1)
        cluster.start(1)
        result = node_task(cluster.nodes[1], enabled=True, synced=True, wait_timeout=20)
        assert result["after"]["capabilities"] == SYNCED


def test_a_node_that_never_gets_it():
    with Cluster("4.0") as cluster:
        cluster.wait_until_synced()
        cluster.stop(1)
        cluster.next_start(1, "unsynced")
        cluster.start(1)
        failed = node_task(cluster.nodes[1], enabled=True, synced=True, wait_timeout=2)
        assert_refused(failed, ["After 2 seconds", CONTACTS])
        assert failed["error"]["type"] == "NotReady"


def test_a_link_that_is_stuck_is_begun_again():
    """After a start one side may probe for ever what the other side reports as up."""
    with Cluster("3.6") as cluster:
        cluster.wait_until_synced()
        cluster.stop(1)
        cluster.start(1)
        cluster.jam_links(1)
        result = node_task(cluster.nodes[1], enabled=True, synced=True, wait_timeout=30)
        assert (result["before"]["links"], result["after"]["links"]) == ({"1": "probe"}, {"1": "up"})
        states = [params["status"] for command, params in requests_of(result) if command == "clusterer_set_status"]
        assert states == [0, 1] and result["changed"]
        assert result["after"]["capabilities"] == SYNCED


@pytest.mark.parametrize("version", ["1.11", "2.4"])
def test_an_old_server_is_told_what_the_module_requires(emulator, version):
    refused = node_task(emulator(version, phones=0), enabled=True)
    assert_refused(refused, [f"OpenSIPS {version}", "opensips_cluster_node requires 3.0"])
