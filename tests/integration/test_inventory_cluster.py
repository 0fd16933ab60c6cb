# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of the nodes of a cluster, through ansible-inventory, against an emulated cluster."""

from __future__ import annotations

import json

import pytest
import yaml

from ansible_collections.community.opensips.plugins.inventory import cluster as plugin
from ansible_collections.community.opensips.tests.emulator import Cluster
from ansible_collections.community.opensips.tests.integration.support.inventory import list_inventory
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

NAME = "lab.opensips_cluster.yml"


def source(options, name=NAME):
    return name, {"plugin": "community.opensips.cluster", **options}


@pytest.fixture(scope="module")
def cluster():
    with Cluster("4.0", nodes=3, tags=["vip=1", "media=2"]) as started:
        started.wait_until_synced()
        yield started


def servers_of(cluster, *indices):
    return [{"name": f"sip{index + 1}", **fifo_of(cluster.nodes[index])} for index in indices]


def test_all_nodes_of_one(cluster, tmp_path):
    """The node that is asked reports its own tags, and the URLs of the others."""
    found = list_inventory(tmp_path, source(fifo_of(cluster.nodes[0])))
    assert sorted(found.hosts) == ["cluster_1_node_1", "cluster_1_node_2", "cluster_1_node_3"]
    own, other = found.hosts["cluster_1_node_1"], found.hosts["cluster_1_node_2"]
    assert sorted(own) == sorted(plugin.FIELDS)
    assert (own["node_id"], own["sharing_tags"], own["url"], own["link"]) == (
        1,
        {"vip": "active", "media": "backup"},
        None,
        None,
    )
    assert (other["node_id"], other["sharing_tags"], other["address"]) == (2, None, "127.0.0.1")
    assert other["url"].startswith("bin:127.0.0.1:") and other["links"] == {"1": "up"} and other["enabled"] is True
    assert found.groups["opensips_cluster_1"] == found.groups["opensips_cluster"] == sorted(found.hosts)
    assert found.groups["opensips_link_up"] == ["cluster_1_node_2", "cluster_1_node_3"]
    assert found.groups["opensips_tag_vip_active"] == ["cluster_1_node_1"]
    assert found.raw["cluster_1_node_2"]["url"] == {"__ansible_unsafe": other["url"]}


def test_each_node_reports_itself(cluster, tmp_path):
    """Hosts of another source get the variables and groups, if the source file names them."""
    others = {"all": {"hosts": {"sip1": {"ansible_host": "192.0.2.1"}, "cluster_1_node_3": None}}}
    options = {"servers": servers_of(cluster, 0, 1), "compose": {"shown": "'node ' ~ node_id"}}
    found = list_inventory(tmp_path, ("a.yml", others), source(options))
    assert sorted(found.hosts) == ["cluster_1_node_3_2", "sip1", "sip2"]
    assert found.hosts["sip1"]["ansible_host"] == "192.0.2.1" and found.hosts["sip1"]["shown"] == "node 1"
    assert found.hosts["cluster_1_node_3_2"]["links"] == {"1": "up", "2": "up"}
    assert found.groups["opensips_tag_vip_active"] == found.groups["opensips_tag_media_backup"] == ["sip1"]
    assert found.groups["opensips_tag_vip_backup"] == found.groups["opensips_tag_media_active"] == ["sip2"]
    assert found.groups["opensips_capability_dialog_dlg_repl_ok"] == ["sip1", "sip2"]
    assert [found.hosts[name]["synced"] for name in ("sip1", "sip2")] == [True, True]


def test_a_node_that_is_gone(tmp_path):
    with Cluster("3.6", nodes=2) as cluster:
        cluster.wait_until_synced()
        servers = servers_of(cluster, 0, 1)
        options = {"servers": servers, "timeout": 1, "cache": True, "cache_plugin": "ansible.builtin.jsonfile"}
        options["cache_connection"] = str(tmp_path / "cache")
        assert sorted(list_inventory(tmp_path, source(options)).hosts) == ["sip1", "sip2"]
        cluster.stop(1)
        # the cache is of before
        assert sorted(list_inventory(tmp_path, source(options)).hosts) == ["sip1", "sip2"]
        found = list_inventory(tmp_path, source(options), arguments=["--flush-cache"])
        assert "The server sip2 cannot be asked" in found.warnings and "Not cached" in found.warnings
        # the other one still knows of it
        assert sorted(found.hosts) == ["cluster_1_node_2", "sip1"]
        assert found.hosts["cluster_1_node_2"]["link"] in ("probe", "down")
        strict = list_inventory(tmp_path, source({**options, "strict": True}), arguments=["--flush-cache"])
        assert strict.failed and "The server sip2 cannot be asked" in strict.warnings


def test_a_server_without_a_cluster(emulator, tmp_path):
    emu = emulator("3.6", phones=0, without=["clusterer"])
    found = list_inventory(tmp_path, source({**fifo_of(emu), "strict": True}))
    assert found.failed and "clusterer" in found.warnings
    lenient = list_inventory(tmp_path, source(fifo_of(emu)))
    assert not lenient.hosts and "is it loaded? Its hosts are missing" in lenient.warnings
    unknown = list_inventory(tmp_path, source({**fifo_of(emu), "select": {}}))
    assert unknown.failed and "There is no option select" in unknown.warnings


def test_examples(tmp_path):
    with Cluster("3.6", nodes=2, phones=0) as cluster:
        cluster.wait_until_synced()
        text = plugin.EXAMPLES
        for written, node in zip(("8888", "8889"), cluster.nodes, strict=True):
            text = text.replace(f"http://127.0.0.1:{written}/mi", node.jsonrpc_url)
        shortest = {"plugin": "community.opensips.cluster", "url": cluster.nodes[0].jsonrpc_url}
        one, both = (list_inventory(tmp_path, (NAME, json.dumps(each))) for each in (shortest, yaml.safe_load(text)))
    assert sorted(one.hosts) == ["cluster_1_node_1", "cluster_1_node_2"]
    assert sorted(both.hosts) == ["sip1", "sip2"] and both.groups["opensips_tag_vip_active"] == ["sip1"]
    assert both.hosts["sip2"]["ansible_host"] == "127.0.0.1" and "not_healthy" not in both.groups
    assert not one.warnings and not both.warnings
