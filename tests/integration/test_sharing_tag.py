# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_sharing_tag: a tag moves to a node, and every node that the task knows shows it."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.emulator import Cluster
from ansible_collections.community.opensips.tests.integration.support.bad_input import assert_refused, commands_of
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of


@pytest.fixture(scope="module", params=["3.6", "4.0"])
def cluster(request):
    with Cluster(request.param, tags=("vip", "trunks")) as started:
        started.wait_until_synced()
        yield started


@pytest.fixture
def nodes(cluster):
    """Both nodes, of which the first holds the tags."""
    for tag in ("vip", "trunks"):
        assert not run_module("sharing_tag", {**fifo_of(cluster.nodes[0]), "tag": tag}).get("failed")
    return cluster.nodes


def move(node, *neighbours, check=False, **options):
    """The result of the module on a node."""
    given = {**fifo_of(node), "tag": "vip", **options}
    if neighbours:
        given["neighbours"] = [fifo_of(neighbour) for neighbour in neighbours]
    return run_module("sharing_tag", given, check=check)


def writes_of(node):
    return sum(count for name, count in commands_of(node).items() if "set_active" in name)


def node_before(node):
    return run_module("cluster_node", {**fifo_of(node), "enabled": False}, check=True)["before"]


def test_a_tag_moves_and_the_partner_shows_it(nodes, cluster):
    one, two = nodes
    writes = writes_of(two)
    check = move(two, one, check=True)
    assert cluster.holders() == [0] and writes_of(two) == writes
    moved = move(two, one)
    assert cluster.holders() == [1]
    for result in (check, moved):
        assert (result["changed"], result["split"], result["cluster_id"]) == (True, False, 1)
        assert (result["before"], result["after"]) == ({"state": "backup"}, {"state": "active"})
        assert result["requests"] == [{"command": "clusterer_shtag_set_active", "params": {"tag": "vip/1"}}]
        [neighbour] = result["neighbours"]
        assert (neighbour["node_id"], neighbour["before"], neighbour["after"]) == (
            1,
            {"state": "active"},
            {"state": "backup"},
        )
        assert str(one.fifo_path) in neighbour["address"]
    assert cluster.holders("trunks") == [0]
    again = move(two, one)
    assert (again["changed"], again["requests"], again["diff"]) == (False, [], {"before": {}, "after": {}})


def test_backup_only_looks(nodes):
    one, two = nodes
    assert not move(two, one, state="backup")["changed"]
    failed = move(one, state="backup", wait_timeout=0.2)
    assert_refused(failed, ["did not move", "this node reports active", "Make the tag active on the node"])
    assert (failed["error"]["type"], failed["requests"]) == ("NotMoved", [])
    assert "failed" not in move(one, state="backup", check=True)


@pytest.mark.parametrize(
    "options, parts",
    [
        ({"tag": "nosuch"}, ["tag: the server has no sharing tag nosuch", "vip/1", "trunks/1"]),
        ({"cluster_id": 7}, ["no sharing tag vip in cluster 7", "vip/1"]),
        ({"tag": "vip/1"}, ["tag is 'vip/1'", "cluster_id"]),
        ({"tag": " "}, ["tag is ' '"]),
        ({"cluster_id": 0}, ["cluster_id is 0"]),
        ({"wait_timeout": -1}, ["wait_timeout is -1"]),
        ({"neighbours": [{"host": "127.0.0.1"}]}, ["neighbours[0]", "port"]),
        ({"neighbours": [{"fifo_path": "/nonexistent/fifo"}]}, ["neighbours[0]", "/nonexistent/fifo"]),
    ],
)
def test_bad_input_moves_nothing(nodes, options, parts):
    two = nodes[1]
    writes = writes_of(two)
    assert_refused(move(two, **options), parts)
    assert writes_of(two) == writes


def test_a_neighbour_is_another_node(nodes):
    one, two = nodes
    assert_refused(move(two, two), ["neighbours[0] is node 2, as this node"])
    assert_refused(move(two, one, one), ["neighbours[1] is node 1, as neighbours[0]"])


def test_no_second_node_gets_a_tag_that_its_holder_would_keep(cluster, nodes):
    one, two = nodes
    off = run_module("cluster_node", {**fifo_of(two), "enabled": False})
    assert off["changed"]
    try:
        writes = writes_of(two)
        refused = move(two, one)
        assert_refused(refused, ["neighbours[0]", "node 1 holds the tag vip", "down", "opensips_cluster_node"])
        assert cluster.holders() == [0] and writes_of(two) == writes
    finally:
        run_module("cluster_node", {**fifo_of(two), "enabled": True})
    cluster.wait_until_synced()


def test_a_partner_that_is_dead_gives_its_tag_away_with_a_warning():
    with Cluster("4.0") as cluster:
        cluster.wait_until_synced()
        cluster.kill(0)
        two = cluster.nodes[1]
        while node_before(two)["links"] == {"1": "up"}:
            pass
        result = move(two)
        assert result["changed"] and cluster.holders() == [1]
        assert "so they do not learn that the tag vip moves: 1" in str(result.get("warnings"))


def test_a_server_without_clusters_is_told_what_it_takes(emulator):
    assert_refused(move(emulator("2.4", phones=0)), ["clusterer", "3.0"])
