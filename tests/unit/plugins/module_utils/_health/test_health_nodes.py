# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes of a cluster, as two real nodes of each version reported themselves."""

import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._module import health
from ansible_collections.community.opensips.tests.unit import wire
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import Datagram
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._module.bodies import run

NODES = ("clusterer_list", "clusterer_list_cap", "clusterer_list_shtags", "sr_list_status")
FULL = {"2.4": "2.4.11", "3.6": "3.6.8", "4.0": "4.0.1"}
CAPABILITIES = ("cluster 1: dialog-dlg-repl", "cluster 1: usrloc-contact-repl")
CHECKS = ["status", "capabilities", "links"]


def node(version, case="", **changed):
    """A server that answers as a node did. case: what the recordings' names begin with. changed: {command: other case}."""
    recorded = {each["id"]: each["reply"] for each in wire.exchanges(version, "facts_fifo")}
    uptime = {"Now": "Sat Nov 28 21:15:32 2026", "Up since": "Sat Nov 28 21:15:02 2026", "Up time": "30 [sec]"}
    found = {"uptime": uptime if version >= "3" else "".join(f"{name}:: {value}\n" for name, value in uptime.items())}
    for command in NODES:
        reply = recorded.get(changed.get(command, case + command))
        if reply is not None:
            found[command] = json.loads(reply)["result"] if version >= "3" else reply.partition("200 OK\n")[2]
    return Datagram(FULL[version], commands=found)


def outcomes(result, name):
    return {each["subject"]: each["outcome"] for each in result["checks"] if each["name"] == name}


@pytest.mark.parametrize("version", sorted(FULL))
class TestNodes:
    def test_a_node_that_is_well(self, version):
        with node(version) as peer:
            message, result = run(health, peer, checks=CHECKS)
        assert message is None
        assert outcomes(result, "capabilities") == dict.fromkeys(CAPABILITIES, "ok")
        assert outcomes(result, "links") == {"cluster 1 node 2": "ok"}
        status = outcomes(result, "status")
        assert set(status.values()) == ({"ok"} if version > "3" else {"unknown"})
        assert result["outcome"] == ("ok" if version > "3" else "unknown")

    def test_a_node_that_is_alone_and_not_synced(self, version):
        with node(version, "alone_") as peer:
            message, result = run(health, peer, checks=CHECKS)
        assert message.startswith("OpenSIPS ") and result["error"]["type"] == "Unhealthy"
        assert outcomes(result, "capabilities") == dict.fromkeys(CAPABILITIES, "failed")
        assert outcomes(result, "links") == {"cluster 1 node 1": "failed"}
        if version > "3":
            assert outcomes(result, "status")["clusterer:cap:dialog-dlg-repl"] == "failed"
            assert "not ready: sync pending" in message

    def test_links_that_may_be_down(self, version):
        with node(version, clusterer_list="clusterer_list_off") as peer:
            message, result = run(health, peer, checks=["links"])
            assert message and outcomes(result, "links") == {"cluster 1 node 2": "failed"}
            message, result = run(health, peer, checks=["links"], maximum_links_down=1)
        assert message is None and outcomes(result, "links") == {"cluster 1 node 2": "warning"}


def cluster(*nodes, capabilities=()):
    """A server of 3.6 with these neighbours and capabilities."""
    fields = {"db_id": -1, "next_hop": "none", "description": "none"}
    listed = [
        {**fields, "node_id": number, "url": f"bin:192.0.2.{number}:5555", "link_state": link, "state": state}
        for number, link, state in nodes
    ]
    return Datagram(
        "3.6.8",
        commands={
            "uptime": {
                "Now": "Sat Nov 28 21:15:32 2026",
                "Up since": "Sat Nov 28 21:15:02 2026",
                "Up time": "30 [sec]",
            },
            "clusterer_list": {"Clusters": [{"cluster_id": 7, "Nodes": listed}] if listed else []},
            "clusterer_list_cap": {"Clusters": [{"cluster_id": 7, "Capabilities": list(capabilities)}]},
        },
    )


def test_what_a_command_disabled():
    capability = {"name": "dialog-dlg-repl", "state": "not synced", "enabled": "no"}
    with cluster((2, "Down", "disabled"), (3, "Up", "enabled"), capabilities=[capability]) as peer:
        message, result = run(health, peer, checks=["links", "capabilities"])
    assert message is None
    assert outcomes(result, "links") == {"cluster 7 node 2": "warning", "cluster 7 node 3": "ok"}
    assert outcomes(result, "capabilities") == {"cluster 7: dialog-dlg-repl": "warning"}


def test_a_node_without_a_cluster():
    with cluster() as peer:
        _message, result = run(health, peer, checks=["links", "capabilities"])
    # both are named
    assert outcomes(result, "links") == outcomes(result, "capabilities") == {None: "unknown"}


def registrant(state, tag, enabled="yes"):
    return {
        "AOR": "sip:a@b",
        "expires": 600,
        "state": state,
        "registrar": "sip:192.0.2.9",
        "enabled": enabled,
        "shtag": tag,
        "cluster_id": 7,
    }


def test_registrants_of_another_node():
    with cluster() as peer:
        records = [registrant("NOT_REGISTERED_STATE", "theirs"), registrant("NOT_REGISTERED_STATE", "ours", "no")]
        peer.answers.commands["reg_list"] = {"Records": records}
        peer.answers.commands["clusterer_list_shtags"] = [
            {"Tag": "ours", "Cluster": 7, "State": "active"},
            {"Tag": "theirs", "Cluster": 7, "State": "backup"},
        ]
        peer.answers.commands["which"] = sorted(peer.answers.commands)
        _message, result = run(health, peer, checks=["registrants"])
        assert outcomes(result, "registrants") == {None: "unknown"}
        records.append(registrant("REGISTERED_STATE", "ours"))
        _message, result = run(health, peer, checks=["registrants"])
        assert outcomes(result, "registrants") == {"sip:192.0.2.9": "ok"}
        records.append(registrant("REGISTER_TIMEOUT_STATE", "ours"))
        _message, result = run(health, peer, checks=["registrants"], minimum_registrants=2)
        assert outcomes(result, "registrants") == {"sip:192.0.2.9": "failed"}
