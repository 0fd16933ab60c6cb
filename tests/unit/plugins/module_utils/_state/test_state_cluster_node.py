# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node that is synced although the server gave up, and one that must not ask."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._state import cluster_node, sharing_tags
from ansible_collections.community.opensips.tests.emulator import Cluster

WANTED = {
    "cluster_id": None,
    "node_id": None,
    "enabled": None,
    "synced": True,
    "resync": True,
    "capabilities": None,
}


@pytest.fixture(scope="module")
def cluster():
    with Cluster("4.0", tags=("vip", "trunks", "third")) as started:
        started.wait_until_synced()
        yield started


@pytest.fixture
def conns(cluster):
    made = [Connection({"fifo_path": node.fifo_path, "reply_dir": node.reply_dir}) for node in cluster.nodes]
    yield made
    for conn in made:
        conn.close()


def run(conn, seconds=20, **wanted):
    node = cluster_node.Node(conn, {**WANTED, **wanted})
    node.find()
    node.run(seconds)
    return node


def test_a_sync_that_timed_out_is_asked_for_again(cluster, conns, monkeypatch):
    monkeypatch.setattr(cluster_node, "_ASK_AGAIN", 0.3)
    cluster.time_out_syncs(1, cluster_node.CONTACTS)
    node = run(conns[1])
    assert [method for method, _params in node.requests] == ["ul_cluster_sync", "ul_cluster_sync", "dlg_cluster_sync"]
    assert node.missing == []


def test_a_sync_that_always_times_out(cluster, conns, monkeypatch):
    monkeypatch.setattr(cluster_node, "_ASK_AGAIN", 0.2)
    cluster.time_out_syncs(1, cluster_node.CONTACTS, 100)
    with pytest.raises(cluster_node.NotReady, match="After 1 seconds.*usrloc-contact-repl"):
        run(conns[1], seconds=1, capabilities=[cluster_node.CONTACTS])
    cluster.time_out_syncs(1, cluster_node.CONTACTS, 0)
    run(conns[1])


def test_dialogs_are_synced_only_for_tags_that_others_hold(conns):
    move = sharing_tags.Move(sharing_tags.Node(conns[1], "this node"), [], "third", None, "active")
    move.find()
    move.send()
    assert move.wait(5)
    for conn, tags in ((conns[0], ["third", "trunks"]), (conns[1], ["trunks", "vip"])):
        node = run(conn, capabilities=[cluster_node.DIALOGS])
        assert sorted(params["sharing_tag"] for _method, params in node.requests) == tags
        assert {method for method, _params in node.requests} == {"dlg_cluster_sync"}


class Fake(sharing_tags.Node):
    """A node of which a test decides how it reports the tag."""

    def __init__(self, state, is_neighbour=True):
        super().__init__(None, "fake", is_neighbour)
        self.before = self.after = state


@pytest.mark.parametrize(
    "state, own, others, is_reached, is_split",
    [
        ("active", "active", ["backup", None], True, False),
        ("active", "active", ["active"], False, True),
        ("active", "backup", ["active"], False, False),
        ("active", "backup", ["backup"], False, False),
        ("backup", "backup", ["active"], True, False),
        ("backup", "backup", ["active", "active"], False, True),
        ("backup", "backup", ["backup"], False, False),
        ("backup", "backup", [], True, False),
        ("backup", "active", [], False, False),
    ],
)
def test_when_a_tag_is_where_it_must_be(state, own, others, is_reached, is_split):
    move = sharing_tags.Move(Fake(own, False), [Fake(other) for other in others], "vip", 1, state)
    assert (move.is_reached, move.is_split) == (is_reached, is_split)
    if not is_reached:
        assert "did not move in 5 seconds: fake reports" in str(sharing_tags.NotMoved(move, 5))
