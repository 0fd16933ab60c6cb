# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rolling restart relies on, of emulated and of real clusters alike: which node knows a call, and when."""

from __future__ import annotations

import subprocess

from ansible_collections.community.opensips.tests.integration.support.cluster import wait_until
from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_cluster
from ansible_collections.community.opensips.tests.integration.support.virtual_address import mi


def calls_of(node):
    """(calls that ring, calls that were answered) in the memory of a node."""
    values = mi(node.udp, "get_statistics", statistics=["early_dialogs", "active_dialogs"])
    return int(values["dialog:early_dialogs"]), int(values["dialog:active_dialogs"])


def move(cluster, number):
    assert mi(cluster.nodes[number].udp, "clusterer_shtag_set_active", tag="vip/1") == "OK"
    wait_until(lambda: cluster.holders() == [number], "the tag does not move")


@on_every_cluster
class TestCluster:
    def test_a_call_that_rings_is_known_to_one_node(self, cluster, traffic):
        """It stays there when the tag moves, also through a sync, and is the partner's when it is answered."""
        first, second = cluster.nodes
        with traffic(calls_per_second=2, seconds=(3, 4), rings=(4, 5)) as calls:
            wait_until(lambda: calls_of(first)[0] >= 3, "no call rings")
            assert calls_of(second) == (0, 0)
            move(cluster, 1)
            assert mi(first.udp, "dlg_cluster_sync") == "OK"
            cluster.wait_until_synced()
            assert calls_of(first)[0] >= 1
            wait_until(lambda: calls_of(first)[0] == 0, "the calls are not answered")
            assert calls_of(second)[1] >= 1
            summary = calls.finish()
        assert (summary["ended"], summary["lost"]) == (summary["made"], 0), summary
        wait_until(lambda: calls_of(first) == calls_of(second) == (0, 0), "dialogs are left")
        move(cluster, 0)

    def test_a_node_that_was_restarted_has_the_calls_of_its_partner(self, cluster, traffic):
        first, second = cluster.nodes
        with traffic(calls_per_second=2, seconds=(8, 9), rings=(0.1, 0.2)) as calls:
            wait_until(lambda: calls_of(second)[1] >= 3, "no call is replicated")
            subprocess.run(cluster.restart_command(1), shell=True, check=True)
            # emulated nodes answer a little later
            wait_until(lambda: mi(second.udp, "uptime") is not None, "the node does not start")
            cluster.wait_until_synced()
            assert calls_of(second)[1] >= 3
            summary = calls.finish()
        assert (summary["ended"], summary["lost"]) == (summary["made"], 0), summary
        wait_until(lambda: calls_of(first) == calls_of(second) == (0, 0), "dialogs are left")
