# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulated traffic: which calls go on, and which are lost, when tags move and nodes go away."""

import time

import pytest

from ansible_collections.community.opensips.tests.emulator import Cluster, Traffic
from ansible_collections.community.opensips.tests.unit.emulator.test_cluster import VIP, calls, eventually, mi

LONG = (30, 30)


@pytest.fixture
def cluster():
    with Cluster("3.6", edges=1) as started:
        started.wait_until_synced()
        yield started


def wait_for(traffic, name, count):
    assert eventually(lambda: traffic.summary()[name] >= count, True)


def test_calls_come_and_end(cluster):
    with Traffic(cluster, 50, (0.05, 0.2)) as traffic:
        wait_for(traffic, "ended", 10)
        summary = traffic.finish()
    assert summary["made"] == summary["answered"] == summary["ended"] and summary["lost"] == summary["up"] == 0
    assert summary["at"] == {"1": summary["made"]}
    assert calls(cluster.nodes[0]) == [] and eventually(lambda: calls(cluster.nodes[1]), []) == []


@pytest.mark.parametrize("version", ["3.6", "4.0"])
def test_no_call_is_lost_when_the_tag_moves_before_the_node_restarts(version):
    with Cluster(version) as cluster:
        cluster.wait_until_synced()
        with Traffic(cluster, 50, (0.1, 0.6)) as traffic:
            for index in (0, 1):
                wait_for(traffic, "up", 5)
                cluster.move(1 - index)
                cluster.stop(index)
                cluster.start(index)
                cluster.wait_until_synced()
            summary = traffic.finish()
    assert summary["lost"] == 0 and summary["ended"] == summary["made"] > 10 and len(summary["at"]) == 2


def test_calls_are_lost_when_a_node_takes_the_tag_before_it_knows_them():
    with Cluster("3.6", is_active_at_start=True, timing={"link": 0.5}) as cluster:
        cluster.wait_until_synced()
        with Traffic(cluster, 50, (0.1, 0.3)) as traffic:
            wait_for(traffic, "up", 3)
            cluster.move(1)
            cluster.stop(0)
            cluster.start(0)
            wait_for(traffic, "lost", 1)
            assert list(traffic.summary()["reasons"]) == ["the node that got its end did not know it"]


def test_calls_of_a_node_that_stops_with_the_tag_are_lost_as_are_those_that_arrive_then(cluster):
    with Traffic(cluster, 50, LONG) as traffic:
        wait_for(traffic, "up", 5)
        cluster.kill(0)
        wait_for(traffic, "lost", 10)
        cluster.move(1)
        before = traffic.summary()
        wait_for(traffic, "up", before["up"] + 3)
        summary = traffic.summary()
    assert summary["lost"] == before["lost"] and summary["at"]["2"] >= 3
    assert sorted(summary["reasons"]) == ["no node held the tag when it arrived", "the node that served it went away"]


def test_a_call_that_rings_is_lost_with_the_node_where_it_arrived(cluster):
    with Traffic(cluster, 20, LONG, rings=30.0) as traffic:
        wait_for(traffic, "made", 3)
        cluster.move(1)
        rings = len(calls(cluster.nodes[0]))
        assert mi(cluster.nodes[0], "get_statistics", [["inuse_transactions"]]) == {"tm:inuse_transactions": rings}
        cluster.stop(0)
        summary = traffic.summary()
    assert summary["answered"] == 0 and summary["reasons"] == {"the node that served it went away": rings}


def test_a_call_that_the_partner_does_not_know_is_lost_at_its_end(cluster):
    mi(cluster.nodes[1], "clusterer_set_status", [1, 0])
    with Traffic(cluster, 20, (0.3, 0.4)) as traffic:
        wait_for(traffic, "up", 2)
        mi(cluster.nodes[1], "clusterer_shtag_set_active", VIP)
        wait_for(traffic, "lost", 2)
        assert list(traffic.summary()["reasons"]) == ["the node that got its end did not know it"]


@pytest.mark.parametrize("through, off", [
    ("dispatcher", ("ds_set_state", lambda node: ["i", 1, "sip:127.0.0.1:%d" % node.sip[1]])),
    ("load_balancer", ("lb_status", lambda node: [1, 0])),
    ("drouting", ("dr_gw_status", lambda node: {"gw_id": "gw1", "status": 0})),
])  # fmt: skip
def test_a_node_that_the_edge_leaves_out_gets_no_calls_and_ends_those_it_has(cluster, through, off):
    first = cluster.nodes[0]
    method, params = off
    with Traffic(cluster, 50, (0.05, 0.3), through=through) as traffic:
        wait_for(traffic, "made", 10)
        mi(cluster.edges[0], method, params(first))
        arrived = traffic.summary()["at"]["1"]
        wait_for(traffic, "made", traffic.summary()["made"] + 10)
        assert traffic.summary()["at"]["1"] == arrived
        time.sleep(0.35)
        cluster.stop(0)
        summary = traffic.finish()
    assert summary["lost"] == 0 and summary["ended"] == summary["made"]


def test_calls_that_an_edge_sends_to_a_node_that_stopped_are_lost(cluster):
    with Traffic(cluster, 50, LONG, through="dispatcher") as traffic:
        wait_for(traffic, "up", 4)
        cluster.stop(0)
        wait_for(traffic, "lost", 6)
        reasons = traffic.summary()["reasons"]
    assert sorted(reasons) == ["the edge sent it to a node that did not run", "the node that served it went away"]
