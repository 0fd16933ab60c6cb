# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolling restarts while calls arrive: none is lost, also if the controller is killed at any step and the playbook runs again."""

from __future__ import annotations

import json
import os
import pathlib
import random
import shlex
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.community.opensips.tests.integration.support import namespaces
from ansible_collections.community.opensips.tests.integration.support.cluster import wait_until
from ansible_collections.community.opensips.tests.integration.support.fixtures import (
    REAL,
    needs_opensips,
    needs_sipp,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION
from ansible_collections.community.opensips.tests.integration.support.rolling import NODES, Rolling
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
    times = {"rolling_settle_timeout": 10, "rolling_wait_timeout": 30}
    if cluster.edges:
        return Rolling(ansible, cluster, tmp_path, _entries, **times)
    return Rolling(plain_ansible, cluster, tmp_path, own=_sockets, **times)


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
@pytest.mark.parametrize("cluster_name", [REAL], indirect=True, scope="class")
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


@needs_opensips
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


@pytest.mark.parametrize("cluster_name", ["3.6", REAL], indirect=True, scope="class")
class TestKilledController:
    def test_the_next_run_completes_it(self, cluster, rolling, traffic):
        """Each run is killed one step further, real ones somewhere in it; the last one is not."""
        chance, longest = random.Random(12), 0.0 if cluster.edges else 0.8
        with traffic(seconds=(1, 4)) as calls:
            killed = [step for step in STEPS if rolling.killed_at(step, chance.uniform(0, longest))]
            assert rolling.run().failures == {}
            summary = calls.finish()
        assert killed == list(STEPS)
        assert rolling.outcomes() == dict.fromkeys(NODES, "done")
        assert summary["made"] >= 10 and (summary["ended"], summary["lost"]) == (summary["made"], 0), json.dumps(
            summary
        )
        assert_in_service(cluster)
