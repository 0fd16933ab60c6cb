# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolling restarts while calls arrive: none is lost, also if the controller is killed at any step and the playbook runs again."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest

from ansible_collections.community.opensips.tests.integration.support import namespaces
from ansible_collections.community.opensips.tests.integration.support.cluster import RealCluster, wait_until
from ansible_collections.community.opensips.tests.integration.support.fixtures import (
    REAL_CLUSTER,
    needs_cluster,
    needs_sipp,
)
from ansible_collections.community.opensips.tests.integration.support.opensips import find_binary
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION
from ansible_collections.community.opensips.tests.integration.support.rolling import NODES, Rolling
from ansible_collections.community.opensips.tests.integration.support.traffic import SippTraffic
from ansible_collections.community.opensips.tests.integration.support.virtual_address import mi

# in the order of the role
STEPS = ("begin", "tags_away", "out_of_service", "drain", "act", "gate", "restore", "in_service", "tags_back")


def _entries(index):
    return {"load_balancer": [{"id": index + 1}]}


def _sockets(node):
    return {"rolling_health": {"sockets": ["udp:{}:{}".format(*node.sip)]}}


@pytest.fixture
def rolling(ansible, plain_ansible, cluster, tmp_path):
    """On real nodes, what a module has begun dies with the controller, as if both were one host; else it goes on, as over SSH."""
    if cluster.edges:
        return Rolling(ansible, cluster, tmp_path, _entries, rolling_wait_timeout=30)
    return Rolling(plain_ansible, cluster, tmp_path, own=_sockets, rolling_wait_timeout=30, rolling_settle_timeout=10)


def assert_in_service(cluster):
    """No node is left out of service or without what it had."""
    cluster.wait_until_synced()
    assert cluster.holders() == [0]
    for edge in cluster.edges:
        destinations = mi(edge.udp, "lb_list")["Destinations"]
        assert [destination["enabled"] for destination in destinations] == ["yes"] * len(cluster.nodes)


def restarts(cluster):
    return [mi(node.udp, "uptime")["Up since"] for node in cluster.nodes]


# with an emulated cluster, test_rolling.py does this
@pytest.mark.parametrize("cluster_name", [REAL_CLUSTER], indirect=True, scope="class")
class TestRollingRestart:
    def test_no_call_is_lost(self, cluster, rolling, traffic):
        before = restarts(cluster)
        with traffic() as calls:
            assert rolling.run().failures == {}
            summary = calls.finish()
        assert summary["made"] >= 10 and (summary["ended"], summary["lost"]) == (summary["made"], 0), json.dumps(
            summary
        )
        assert all(now != then for now, then in zip(restarts(cluster), before, strict=True))
        assert_in_service(cluster)

    def test_no_dialog_is_left(self, cluster):
        """The partner ended them, and told the node that had them first."""
        wait_until(lambda: [dialogs(node) for node in cluster.nodes] == [0, 0], "dialogs are left")


@needs_cluster
@needs_sipp
@pytest.mark.skipif(namespaces.is_possible(), reason="this is the run in a namespace")
def test_no_call_is_lost_when_a_real_address_moves(tmp_path):
    """The same again, with a network for each node, where the machine allows."""
    inside = ["unshare", "--user", "--map-root-user", "--net"]
    if not namespaces.TOOLS or subprocess.run([*inside, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no network namespaces (ip, nsenter and unshare, and a kernel that lets this user make them)")
    options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", f"--basetemp={tmp_path / 'inside'}"]
    command = [*inside, sys.executable, "-m", "pytest", *options, __file__, "-k", "TestRollingRestart"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=COLLECTION)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr


def dialogs(node):
    values = mi(node.udp, "get_statistics", statistics=["active_dialogs", "early_dialogs"])
    return sum(map(int, values.values()))


@pytest.mark.parametrize("cluster_name", ["3.6", REAL_CLUSTER], indirect=True, scope="class")
class TestKilledController:
    def test_the_next_run_completes_it(self, cluster, rolling, traffic):
        """Each run is killed one step further, real ones somewhere in it; the last one is not."""
        chance, longest = random.Random(12), 0.0 if cluster.edges else 0.8
        rate = {"calls_per_second": 3} if cluster.edges else {}
        with traffic(seconds=(1, 4), **rate) as calls:
            killed = [step for step in STEPS if rolling.killed_at(step, chance.uniform(0, longest))]
            assert rolling.run().failures == {}
            summary = calls.finish()
        assert killed == list(STEPS)
        assert rolling.outcomes() == dict.fromkeys(NODES, "done")
        assert summary["made"] >= 10 and (summary["ended"], summary["lost"]) == (summary["made"], 0), json.dumps(
            summary
        )
        assert_in_service(cluster)


@needs_cluster
@needs_sipp
class TestCallsThatAreLeft:
    """Calls without a tag, which stay at their node, and which last longer than it waits."""

    @pytest.mark.parametrize("left", ["leave", "end"])
    def test_the_node_is_restarted_nevertheless(self, ansible, tmp_path, left):
        with (
            RealCluster(find_binary(), is_tagged=False) as cluster,
            SippTraffic(cluster, tmp_path, 2, (60, 61), (0.1, 0.2)) as calls,
        ):
            wait_until(lambda: cluster.nodes[0].dialogs() >= 4, "no calls")
            rolling = Rolling(
                ansible, cluster, tmp_path, own=_sockets, rolling_wait_timeout=30, rolling_drain_timeout=1
            )
            run = rolling.run(nodes=["sip1"], rolling_drain_left=left)
            calls.finish(wait=False)
        assert run.failures == {}
        (step,) = (step for step in run.entries("sip1") if step["step"] == "drain")
        assert (step["outcome"], step["calls"] >= 4) == ("ok", left == "leave"), step
        if left == "end":
            assert (step["calls"], int(step["message"].split()[0]) >= 4) == (0, True), step
