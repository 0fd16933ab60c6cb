# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated cluster answers what two real nodes answered, and behaves as they did when they were stopped, killed and cut off.

What is compared with fixtures/cluster.jsonl was recorded on pairs of 3.6.8 and 4.0.1; the other behaviour was seen on them.
"""

import json
import os
import re
import subprocess
import sys
import time

import pytest

from ansible_collections.community.opensips.tests.emulator import Cluster, EmulatorError, HarmfulRequest
from ansible_collections.community.opensips.tests.unit.emulator import raw_clients as raw

FIXTURE = os.path.join(os.path.dirname(__file__), "..", "fixtures", "cluster.jsonl")
EMULATOR = os.path.join(os.path.dirname(__file__), "..", "..", "emulator")
VIP = {"tag": "vip/1"}
CONTACTS, DIALOGS = "usrloc-contact-repl", "dialog-dlg-repl"


def mi(node, method, params=None):
    """The result, or the error, of a command."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, **({} if params is None else {"params": params})}
    reply = json.loads(raw.udp(node.udp, json.dumps(request).encode()))
    return reply["error"] if "error" in reply else reply["result"]


def eventually(get, wanted, seconds=10):
    """What get() returns as soon as it is as wanted, or at the end."""
    until = time.monotonic() + seconds
    while True:
        found = get()
        if found == wanted or time.monotonic() > until:
            return found
        time.sleep(0.01)


def link_states(node):
    (cluster,) = mi(node, "clusterer_list")["Clusters"]
    return [neighbour["link_state"] for neighbour in cluster["Nodes"]]


def capabilities(node):
    (cluster,) = mi(node, "clusterer_list_cap")["Clusters"]
    return {capability["name"]: capability["state"] for capability in cluster["Capabilities"]}


def tags(node):
    return {tag["Tag"]: tag["State"] for tag in mi(node, "clusterer_list_shtags")}


def calls(node):
    return sorted(dialog["callid"] for dialog in mi(node, "dlg_list")["Dialogs"])


def contacts(node):
    (table,) = mi(node, "ul_dump")["Domains"]
    return sorted(contact["Contact"] for aor in table["AORs"] for contact in aor["Contacts"])


@pytest.fixture
def start():
    """start("3.6", ...): a Cluster of a test's own, all of it synced."""
    started = []

    def begin(*arguments, **options):
        cluster = Cluster(*arguments, **options).start()
        started.append(cluster)
        cluster.wait_until_synced()
        return cluster

    yield begin
    for cluster in started:
        cluster.stop()


class TestRecordedExchanges:
    """Each request is sent in the order of the recording; one that another node's change answers is asked until it is the same."""

    @pytest.mark.parametrize("version", ["3.6", "4.0"])
    def test_all(self, start, version):
        with open(FIXTURE, encoding="utf-8") as stream:
            records = [record for record in map(json.loads, stream) if record["version"] == version]
        cluster = start(version)
        for number in range(3):
            cluster.nodes[0].add_dialog(callid=f"{number}-7400@127.0.0.1")
        eventually(lambda: len(calls(cluster.nodes[1])), 3)
        (did,) = [dialog["ID"] for dialog in mi(cluster.nodes[1], "dlg_list")["Dialogs"][:1]]
        different = []
        for record in records:
            node = cluster.nodes[record["node"] - 1]
            params = {"dialog_id": did} if record["method"] == "dlg_end_dlg" else record["params"]
            expected = self.comparable(json.loads(record["reply"]))
            found = eventually(lambda: self.comparable(self.ask(node, record["method"], params)), expected, 3)  # noqa: B023
            if found != expected:
                different.append((record["node"], record["id"], expected, found))
        assert not different
        assert len(records) == 35

    @staticmethod
    def ask(node, method, params):
        reply = mi(node, method, params)
        is_error = isinstance(reply, dict) and "code" in reply
        return {"jsonrpc": "2.0", "error" if is_error else "result": reply, "id": 1}

    def comparable(self, reply):
        """Without ports, the groups of modules that the recorded nodes did not load, and what differs between calls."""
        result = reply.get("result")
        if isinstance(result, list) and result and "Identifiers" in result[0]:
            name = "Name" if "Name" in result[0] else "Group"
            return [group for group in result if group[name] in ("clusterer", "core")]
        if isinstance(result, dict) and "Dialogs" in result:
            return {tuple(dialog) + (json.dumps(dialog["context"]),) for dialog in result["Dialogs"]}
        return json.loads(re.sub(r"bin:127\.0\.0\.1:\d+", "bin:PORT", json.dumps(reply)))


class TestReplication:
    @pytest.mark.parametrize("version", ["3.6", "4.0"])
    def test_contacts_come_and_go_on_all_nodes(self, start, version):
        cluster = start(version, phones=2, nodes=3)
        phones = sorted(phone["contact"] for phone in cluster.nodes[0].phones())
        third = cluster.nodes[2]
        assert eventually(lambda: contacts(third), phones) == phones
        aor = "100000@127.0.0.1"
        assert mi(third, "ul_rm", ["location", aor]) == "OK"
        assert eventually(lambda: contacts(cluster.nodes[0]), phones[1:]) == phones[1:]

    def test_a_call_is_replicated_when_it_is_answered_and_ends_everywhere(self, start):
        cluster = start()
        first, second = cluster.nodes
        first.add_dialog(callid="rings", state=2)
        first.add_dialog(callid="up")
        assert eventually(lambda: calls(second), ["up"]) == ["up"] and calls(first) == ["rings", "up"]
        dialog = next(dialog["ID"] for dialog in mi(first, "dlg_list")["Dialogs"] if dialog["callid"] == "up")
        assert mi(second, "dlg_end_dlg", [dialog])["code"] == 403
        assert mi(first, "dlg_end_dlg", [dialog]) == "OK"
        assert eventually(lambda: calls(second), []) == [] and calls(first) == ["rings"]

    def test_a_call_without_a_tag_can_be_ended_everywhere(self, start):
        """get_shtag_state() of dlg_replication.c knows no backup then."""
        first, second = start().nodes
        first.add_dialog(callid="untagged", shtag=None)
        assert eventually(lambda: calls(second), ["untagged"])
        (dialog,) = mi(second, "dlg_list_ctx")["Dialogs"]
        assert dialog["context"] == {}
        assert mi(second, "dlg_end_dlg", [dialog["ID"]]) == "OK"
        assert eventually(lambda: calls(first), []) == []

    def test_commands_run_on_the_others(self, start):
        first, second = start().nodes
        assert mi(first, "cluster_broadcast_mi", [1, "cache_store", ["local", "key", "value"]]) == "OK"
        cached = first.state()["cache"]
        assert cached and eventually(lambda: second.state()["cache"], cached) == cached
        assert mi(first, "cluster_send_mi", [1, 1, "uptime"])["message"] == "Local node specified as destination"


class TestTags:
    def test_a_tag_moves_within_a_second(self, start):
        cluster = start()
        first, second = cluster.nodes
        assert mi(second, "clusterer_shtag_set_active", VIP) == "OK"
        assert tags(second) == {"vip": "active"}
        assert eventually(cluster.holders, [1]) == [1] and tags(first) == {"vip": "backup"}

    def test_a_restarted_node_takes_the_tag_back_that_its_configuration_makes_active(self, start):
        cluster = start(is_active_at_start=True)
        cluster.move(1)
        cluster.stop(0)
        cluster.start(0)
        cluster.wait_until_synced()
        assert eventually(cluster.holders, [0]) == [0]
        cluster.stop(1)
        cluster.start(1)
        cluster.wait_until_synced()
        assert cluster.holders() == [0]

    def test_a_restarted_node_leaves_the_tag_that_its_configuration_makes_backup(self, start):
        cluster = start(tags=["vip", "media=2", "nobodys"])
        assert [cluster.holders(tag) for tag in ("vip", "media", "nobodys")] == [[0], [1], []]
        cluster.move(1)
        subprocess.run(cluster.restart_command(0), shell=True, check=True, stdout=subprocess.DEVNULL)
        assert eventually(lambda: link_states(cluster.nodes[1]), ["Probe"]) == ["Probe"]
        cluster.wait_until_synced()
        assert tags(cluster.nodes[0]) == {"vip": "backup", "media": "backup", "nobodys": "backup"}
        assert cluster.holders() == [1]

    def test_nobody_holds_the_tag_of_a_node_that_died(self, start):
        cluster = start()
        cluster.kill(0)
        assert cluster.holders() == []
        assert mi(cluster.nodes[1], "clusterer_shtag_set_active", VIP) == "OK"
        assert cluster.holders() == [1]

    def test_a_tag_that_a_disabled_node_activates_is_split(self, start):
        cluster = start()
        second = cluster.nodes[1]
        mi(second, "clusterer_set_status", [1, 0])
        mi(second, "clusterer_shtag_set_active", VIP)
        assert eventually(lambda: link_states(cluster.nodes[0]), ["Down"]) == ["Down"]
        assert cluster.holders() == [0, 1]
        mi(second, "clusterer_set_status", [1, 1])
        assert eventually(cluster.holders, [1]) == [1]


class TestStates:
    def test_a_node_that_is_killed_is_probed_then_down(self, start):
        cluster = start()
        first = cluster.nodes[0]
        cluster.kill(1)
        with pytest.raises(OSError):
            os.open(cluster.nodes[1].fifo_path, os.O_WRONLY | os.O_NONBLOCK)
        seen = []
        while seen[-1:] != ["Down"]:
            (state,) = link_states(first)
            seen += [state] if seen[-1:] != [state] else []
        assert seen == ["Up", "Probe", "Down"]
        statistics = mi(first, "get_statistics", [["clusterer:"]])
        assert statistics == {
            "clusterer:clusterer_nodes": 1,
            "clusterer:clusterer_nodes_up": 0,
            "clusterer:clusterer_nodes_down": 1,
        }
        reports = {group["Name"]: group["Reports"] for group in mi(first, "sr_list_reports", ["clusterer"])}
        assert [report["Log"] for report in reports["node_states"]][-1] == "Node [2], cluster [1] is DOWN"

    @pytest.mark.parametrize("version", ["3.6", "4.0"])
    def test_a_node_without_a_donor_stays_unsynced_unless_it_is_a_seed(self, start, version):
        cluster = start(version)
        cluster.stop(0)
        cluster.stop(1)
        second = cluster.start(1)
        assert eventually(lambda: link_states(second), ["Down"]) == ["Down"]
        assert capabilities(second) == {DIALOGS: "not synced", CONTACTS: "not synced"}
        details = {one["Name"]: one.get("Details") for one in mi(second, "sr_list_status", ["clusterer"])}
        assert details["cap:" + CONTACTS] == "sync pending"
        cluster.start(0)
        cluster.wait_until_synced()
        assert capabilities(second) == {DIALOGS: "Ok", CONTACTS: "Ok"}
        reports = {group["Name"]: group["Reports"] for group in mi(second, "sr_list_reports", ["clusterer"])}
        assert [report["Log"] for report in reports["cap:" + CONTACTS]] == [
            "Sync request postponed! (no donor available)",
            "Sync requested from node [1]",
            "Sync started from node [1]",
            "Sync completed, received [0] chunks",
        ]

    def test_a_node_that_was_cut_off_lacks_the_contacts_until_it_is_asked_to_sync(self, start):
        cluster = start()
        first, second = cluster.nodes
        mi(second, "clusterer_set_status", [1, 0])
        first.add_contact("new", "sip:new@127.0.0.1:9")
        mi(second, "clusterer_set_status", [1, 1])
        cluster.wait_until_synced()
        assert contacts(second) == []
        assert mi(second, "ul_cluster_sync") == "OK"
        assert eventually(lambda: contacts(second), ["sip:new@127.0.0.1:9"]) == ["sip:new@127.0.0.1:9"]

    def test_a_synchronisation_drops_the_calls_that_the_donor_does_not_know(self, start):
        cluster = start()
        first, second = cluster.nodes
        mi(second, "clusterer_set_status", [1, 0])
        first.add_dialog(callid="unknown at node 2")
        first.add_dialog(callid="not answered yet", state=2)
        mi(second, "clusterer_shtag_set_active", VIP)
        assert eventually(lambda: link_states(first), ["Down"]) == ["Down"]
        mi(second, "clusterer_set_status", [1, 1])
        assert eventually(lambda: calls(first), ["not answered yet"]) == ["not answered yet"]

    def test_a_capability_that_is_off_does_not_sync(self, start):
        cluster = start()
        second = cluster.nodes[1]
        assert mi(second, "clusterer_set_cap_status", [1, CONTACTS, 0]) == "OK"
        assert mi(second, "ul_cluster_sync") == "OK" and capabilities(second)[CONTACTS] == "not synced"
        assert mi(second, "clusterer_set_cap_status", [1, CONTACTS, 1]) == "OK"
        assert capabilities(second)[CONTACTS] == "not synced"
        mi(second, "ul_cluster_sync")
        assert eventually(lambda: capabilities(second)[CONTACTS], "Ok") == "Ok"

    def test_a_link_that_stays_in_probe_until_it_is_disabled_and_enabled(self, start):
        cluster = start()
        cluster.jam_links(1)
        assert link_states(cluster.nodes[0]) == ["Up"] and link_states(cluster.nodes[1]) == ["Probe"]
        for status in (0, 1):
            mi(cluster.nodes[1], "clusterer_set_status", [1, status])
        cluster.wait_until_synced()
        assert link_states(cluster.nodes[1]) == ["Up"]

    def test_three_nodes_reach_each_other_over_the_third(self, start):
        """As three nodes of 3.6.8: the last one is listed first, and a link that is down has another next hop."""
        cluster = start(nodes=3)
        first, _second, third = cluster.nodes
        assert mi(first, "clusterer_list_topology")["Clusters"][0]["Nodes"] == [
            {"node_id": 1, "Neighbours": [3, 2]},
            {"node_id": 3, "Neighbours": [2, 1]},
            {"node_id": 2, "Neighbours": [3, 1]},
        ]
        mi(first, "clusterer_set_status", [1, 3, 0])
        assert eventually(lambda: link_states(third), ["Up", "Down"]) == ["Up", "Down"]
        assert [node["next_hop"] for node in mi(first, "clusterer_list")["Clusters"][0]["Nodes"]] == ["2", "2"]
        first.add_contact("far", "sip:far@127.0.0.1:9")
        assert eventually(lambda: contacts(third), ["sip:far@127.0.0.1:9"])
        cluster.stop(1)
        assert eventually(lambda: link_states(third), ["Down", "Down"]) == ["Down", "Down"]
        assert [node["next_hop"] for node in mi(first, "clusterer_list")["Clusters"][0]["Nodes"]] == ["none", "none"]

    def test_a_link_that_one_side_disables(self, start):
        first, second = start().nodes
        assert mi(first, "clusterer_set_status", [1, 2, 0]) == "OK"
        (entry,) = mi(first, "clusterer_list")["Clusters"][0]["Nodes"]
        assert (entry["link_state"], entry["state"]) == ("Down", "disabled")
        assert eventually(lambda: link_states(second), ["Down"]) == ["Down"]


class TestLife:
    def test_a_shell_command_restarts_a_node(self, start):
        cluster = start(phones=1)
        cluster.nodes[0].add_dialog(callid="kept by node 2")
        cluster.nodes[0].add_dialog(callid="rings at node 1", state=2)
        started, processes = cluster.nodes[0].udp, mi(cluster.nodes[0], "ps")
        subprocess.run(cluster.restart_command(0), shell=True, check=True, stdout=subprocess.DEVNULL)
        assert (
            eventually(lambda: raw.udp(started, b'{"jsonrpc":"2.0","id":1,"method":"pwd"}', 0.1) is None, False)
            is False
        )
        cluster.wait_until_synced()
        assert calls(cluster.nodes[0]) == ["kept by node 2"] and len(contacts(cluster.nodes[0])) == 1
        assert mi(cluster.nodes[0], "ps") != processes

    def test_a_start_that_fails(self, start):
        cluster = start()
        cluster.next_start(1, "fails")
        done = subprocess.run(cluster.restart_command(1), shell=True, check=False, stderr=subprocess.PIPE)
        assert done.returncode != 0 and b"node 2 does not start" in done.stderr
        with pytest.raises(EmulatorError, match="node 2 does not run"):
            cluster.nodes[1].stats()
        cluster.start(1)
        cluster.wait_until_synced()

    def test_a_node_that_comes_back_as_another_version_or_never_syncs(self, start):
        cluster = start("3.6")
        cluster.stop(1)
        cluster.next_start(1, "unsynced", version="4.0")
        second = cluster.start(1)
        assert second.version == "4.0" and "4.0.1" in mi(second, "version")["Server"]
        assert eventually(lambda: link_states(second), ["Up"]) == ["Up"]
        with pytest.raises(EmulatorError, match="not synced"):
            cluster.wait_until_synced(0.7)

    def test_a_request_that_kills_a_node_is_told_at_the_end(self):
        with pytest.raises(HarmfulRequest, match="FIFO"), Cluster() as cluster:
            raw.fifo(cluster.nodes[1], b":REPLY_FIFO:{}", raw.QUIET)
            assert eventually(lambda: link_states(cluster.nodes[0]), ["Down"]) == ["Down"]
            cluster.start(1)
            cluster.wait_until_synced()

    def test_commands_of_one_word(self, start):
        """As a person types them: what they are about comes as text."""
        cluster = start(["3.6", "4.0"])
        assert [node.version for node in cluster.nodes] == ["3.6", "4.0"]
        with pytest.raises(EmulatorError, match="no traffic was started"):
            cluster._call("traffic")
        cluster._call("start_traffic", text="20")
        assert cluster._call("holders") == [1]
        cluster._call("move", text="2")
        assert cluster._call("holders", text="vip") == [2]
        cluster._call("restart_node", text="1")
        assert cluster._call("traffic")["lost"] == 0
        with pytest.raises(EmulatorError, match="no node 7: there are 2"):
            cluster._call("stop_node", text="7")

    @pytest.mark.parametrize(
        "options, message", [(["--cluster", "2.4,3.6"], "2.4"), (["--cluster", "3.6", "--timing", "slow=1"], "slow")]
    )
    def test_bad_options_are_refused(self, options, message):
        command = [sys.executable, EMULATOR, *options]
        done = subprocess.run(command, check=False, stderr=subprocess.PIPE)
        assert done.returncode == 2 and message in done.stderr.decode()
