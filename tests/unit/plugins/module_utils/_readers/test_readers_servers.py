# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What servers of a cluster report: nodes, tags, status, profiles, TLS, connections, rate limits, the call center."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    MalformedReply,
    ReplyTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import TextTreeReply, ValueReply
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    call_center,
    cluster,
    profiles,
    rate_limits,
    status,
    tcp,
    tls,
)
from ansible_collections.community.opensips.tests.unit import wire

VERSIONS = ("2.4", "3.6", "4.0")
BASES = {"2.4": 21100, "3.6": 21200, "4.0": 21300}
FILE = "facts_fifo"

everywhere = pytest.mark.parametrize("at", VERSIONS)
from_three = pytest.mark.parametrize("at", VERSIONS[1:])


def recording(recorded, at):
    """A connection to the first node, while both are up."""
    cases = [exchange["id"] for exchange in wire.exchanges(at, FILE)]
    return recorded(
        at, FILE, [case for case in cases if not case.startswith(("node2_", "alone_")) and "_off" not in case]
    )


def text_tree(text):
    return TextTreeReply(text, text)


# the cluster


@everywhere
@pytest.mark.parametrize(("case", "other", "port"), [("clusterer_list", 2, 45), ("node2_clusterer_list", 1, 25)])
def test_nodes(at, case, other, port):
    assert cluster.parse_nodes(wire.reply(at, FILE, case)) == [
        {
            "cluster_id": 1,
            "node_id": other,
            "url": f"bin:127.0.0.1:{BASES[at] + port}",
            "link": "up",
            "enabled": True,
            "next_hop": other,
            "description": None,
        }
    ]


@everywhere
def test_nodes_without_a_link(at):
    for case in ("clusterer_list_off", "node2_clusterer_list_off", "alone_clusterer_list"):
        (node,) = cluster.parse_nodes(wire.reply(at, FILE, case))
        assert node["link"] in ("probe", "down")
        assert node["next_hop"] is None


def test_a_node_that_is_disabled():
    raw = {
        "node_id": 2,
        "url": "bin:h:1",
        "link_state": "Down",
        "state": "disabled",
        "next_hop": "3",
        "description": "b",
    }
    (node,) = cluster.parse_nodes(ValueReply({"Clusters": [{"cluster_id": 7, "Nodes": [raw]}]}, ""))
    assert (node["cluster_id"], node["enabled"], node["next_hop"], node["description"]) == (7, False, 3, "b")
    del raw["state"]
    assert cluster.parse_nodes(ValueReply({"Clusters": [{"cluster_id": 7, "Nodes": [raw]}]}, ""))[0]["enabled"] is None


@everywhere
def test_topology_begins_with_the_node_that_answers(at):
    first, second = (wire.reply(at, FILE, prefix + "clusterer_list_topology") for prefix in ("", "node2_"))
    one = {"cluster_id": 1, "node_id": 1, "neighbours": [2]}
    two = {"cluster_id": 1, "node_id": 2, "neighbours": [1]}
    assert cluster.parse_topology(first) == [one, two]
    assert cluster.parse_topology(second) == [two, one]
    assert cluster.own_ids(cluster.parse_topology(first)) == {1: 1}
    assert cluster.own_ids(cluster.parse_topology(second)) == {1: 2}
    off = cluster.parse_topology(wire.reply(at, FILE, "clusterer_list_topology_off"))
    assert [node["neighbours"] for node in off] == [[], []]


@everywhere
def test_capabilities(at):
    enabled = None if at == "2.4" else True
    found = cluster.parse_capabilities(wire.reply(at, FILE, "clusterer_list_cap"))
    assert found == [
        {"cluster_id": 1, "name": name, "state": "ok", "synced": True, "enabled": enabled}
        for name in ("dialog-dlg-repl", "usrloc-contact-repl")
    ]
    alone = cluster.parse_capabilities(wire.reply(at, FILE, "alone_clusterer_list_cap"))
    assert [(row["state"], row["synced"]) for row in alone] == [("not_synced", False)] * 2


@everywhere
def test_sharing_tags(at):
    cluster_id = None if at == "2.4" else 1
    for case, state in (("clusterer_list_shtags", "active"), ("node2_clusterer_list_shtags", "backup")):
        found = cluster.parse_sharing_tags(wire.reply(at, FILE, case))
        assert found == [{"tag": "vip", "cluster_id": cluster_id, "state": state}]


@everywhere
def test_a_cluster_as_a_whole(recorded, at):
    conn = recording(recorded, at)
    (found,) = cluster.read(conn)
    assert (found["cluster_id"], found["node_id"], found["synced"]) == (1, 1, True)
    assert [node["node_id"] for node in found["nodes"]] == [2]
    assert [node["node_id"] for node in found["topology"]] == [1, 2]
    assert [row["name"] for row in found["capabilities"]] == ["dialog-dlg-repl", "usrloc-contact-repl"]
    assert cluster.read_own_ids(conn) == {1: 1}
    assert [node["node_id"] for node in cluster.read_nodes(conn)] == [2]
    assert len(cluster.read_capabilities(conn)) == 2
    assert [tag["tag"] for tag in cluster.read_sharing_tags(conn)] == ["vip"]


@pytest.mark.parametrize(
    ("capabilities", "synced"),
    [
        ([], True),
        ([("Ok", "yes"), ("not synced", "yes")], False),
        ([("Ok", "yes"), ("not synced", "no")], True),
        ([("not synced", None)], False),
    ],
)
def test_what_is_not_enabled_need_not_be_synced(capabilities, synced):
    class Node:
        def has(self, method):
            return True

        def call(self, method):
            rows = {
                "clusterer_list": {"Nodes": []},
                "clusterer_list_topology": {"Nodes": [{"node_id": 1, "Neighbours": []}]},
                "clusterer_list_cap": {
                    "Capabilities": [{"name": "c", "state": state, "enabled": on} for state, on in capabilities]
                },
            }
            return ValueReply({"Clusters": [dict(rows[method], cluster_id=1)]}, "")

    assert cluster.read(Node())[0]["synced"] is synced


def test_a_node_outside_a_cluster_is_malformed():
    with pytest.raises(MalformedReply):
        cluster.parse_nodes(
            text_tree("Node:: 2 DB_ID=-1 URL=bin:h:1 Enabled=1 Link_state=Up Next_hop=2 Description=none\n")
        )


# status reports


@from_three
def test_status(recorded, at):
    conn = recording(recorded, at)
    found = {(row["group"], row["identifier"]): row for row in status.read(conn)}
    assert found["clusterer", "cap:dialog-dlg-repl"] == {
        "group": "clusterer",
        "identifier": "cap:dialog-dlg-repl",
        "ready": True,
        "status": 1,
        "details": "synced",
    }
    assert found["core", "main"]["details"] == "running"
    assert found["clusterer", "sharing_tags"]["details"] is None
    assert status.read(conn, "clusterer") == [row for (group, _name), row in found.items() if group == "clusterer"]
    with pytest.raises(ServerError):
        status.read(conn, "nosuch")


@from_three
def test_status_of_a_node_that_is_alone(at):
    found = status.parse(wire.reply(at, FILE, "alone_sr_list_status"))
    waiting = [row for row in found if not row["ready"]]
    assert [(row["identifier"], row["status"], row["details"]) for row in waiting] == [
        ("cap:dialog-dlg-repl", -2, "sync pending"),
        ("cap:usrloc-contact-repl", -2, "sync pending"),
    ]


# dialog profiles


@everywhere
def test_profiles(recorded, at):
    shared = {"shared": False, "replicated": False}
    assert profiles.read(recording(recorded, at)) == [
        dict(shared, name="inbound", has_values=False, size=2, value_sizes=None),
        dict(shared, name="trunk", has_values=True, size=2, value_sizes=[{"value": "sipp", "size": 2}]),
    ]


@pytest.mark.parametrize(
    "error", [ServerError(405, "Unsupported command for shared profiles"), ReplyTooLarge("large", "")]
)
def test_values_that_the_server_cannot_list(error):
    class Sharing:
        def call(self, method, params=None):
            if method == "list_all_profiles":
                return ValueReply({"Profiles": [{"name": "trunk", "has value": True}]}, "")
            if method == "profile_get_size":
                return ValueReply({"Profile": {"name": "trunk", "count": 3, "shared": "yes", "replicated": "no"}}, "")
            raise error

    (found,) = profiles.read(Sharing())
    assert (found["size"], found["shared"], found["value_sizes"]) == (3, True, None)


def test_an_error_that_is_not_about_shared_profiles_stays_one():
    class Broken:
        def call(self, method, params=None):
            if method == "list_all_profiles":
                return ValueReply({"Profiles": [{"name": "trunk", "has value": True}]}, "")
            if method == "profile_get_size":
                return ValueReply({"Profile": {"name": "trunk", "count": 3}}, "")
            raise ServerError(404, "Profile not found")

    with pytest.raises(ServerError):
        profiles.read(Broken())


# TLS, connections


@everywhere
def test_tls_domains(recorded, at):
    found = tls.read(recording(recorded, at))
    assert len({tuple(domain) for domain in found}) == 1
    server = found[-1]
    old = at == "2.4"
    assert (server["name"], server["role"]) == ("sv", "server")
    assert server["method"] == ("SSLv23" if old else "TLSv1_2")
    assert (server["certificate_file"], server["private_key_file"]) == (
        "/run/opensips/cert.pem",
        "/run/opensips/key.pem",
    )
    assert (server["ca_file"], server["ca_directory"], server["ciphers"]) == (None, "/etc/pki/CA/", None)
    assert not (server["verify_certificate"] or server["require_certificate"] or server["crl_check_all"])
    assert server["address"] == ("127.0.0.1" if old else None)
    assert server["match_addresses"] == (None if old else [f"127.0.0.1:{BASES[at] + 21}"])
    assert server["match_sip_domains"] == (None if old else ["*"])
    expected = (
        [("default", "client"), ("default", "server"), ("sv", "server")]
        if old
        else [("cl", "client"), ("sv", "server")]
    )
    assert [(domain["name"], domain["role"]) for domain in found] == expected


@everywhere
def test_connections(recorded, at):
    found = {(row["proto"], row["local_port"]): row for row in tcp.read(recording(recorded, at))}
    base = BASES[at]
    connection = found["tcp", base + 20]
    assert isinstance(connection.pop("id"), int)
    assert connection.pop("expires_at").startswith("2026-11-28T21:")
    assert connection == {
        "proto": "tcp",
        "state": "ok",
        "remote_ip": "127.0.0.1",
        "remote_port": base + 90,
        "local_ip": "127.0.0.1",
        "local_port": base + 20,
        "tls_version": None,
        "tls_cipher": None,
    }
    assert found["tls", base + 21]["remote_port"] == base + 91
    assert found["tls", base + 21]["tls_version"] == ("TLSv1.2" if at == "4.0" else None)
    assert found["bin", base + 25]["state"] == "ok"
    assert tcp.parse(wire.reply(at, FILE, "alone_list_tcp_conns")) == []


def test_connections_of_older_servers_and_of_ipv6():
    text = "Connection::  ID=1 Type=tls State=-2 Source=2001:db8::1:40000 Destination=2001:db8::2:5061 Timeout=1 Pending lifetime=9\n"
    (found,) = tcp.parse(text_tree(text))
    assert (found["remote_ip"], found["remote_port"], found["local_port"]) == ("2001:db8::1", 40000, 5061)
    assert (found["state"], found["expires_at"]) == ("error", None)
    assert tcp.parse(ValueReply(None, "")) == []
    with pytest.raises(MalformedReply):
        tcp.parse(text_tree(text.replace("State=-2", "State=9")))


# rate limits


@everywhere
def test_rate_limits(recorded, at):
    invites, others = rate_limits.read(recording(recorded, at))
    assert (invites["pipe"], invites["algorithm"], invites["limit"]) == ("invites", "TAILDROP", 100)
    assert isinstance(invites["counter"], int)
    assert (others["pipe"], others["algorithm"]) == ("all", "RED" if at == "2.4" else "SBT")


@pytest.mark.parametrize(("at", "name"), [("1.11", "fifo"), ("2.4", "http_json"), ("3.6", "xmlrpc"), ("4.0", "fifo")])
def test_no_rate_limits(at, name):
    assert rate_limits.parse(wire.reply(at, name, "rl_list")) == []


# the call center


@everywhere
def test_call_center(recorded, at):
    found = call_center.read(recording(recorded, at))
    old = at == "2.4"
    assert found["flows"] == [
        {
            "flow": "support",
            "average_call_duration": 0,
            "processed_calls": 0,
            "logged_agents": 1,
            "ongoing_calls": 2,
            "references": 2,
        }
    ]
    agents = {agent["agent"]: (agent["logged_in"], agent["state"]) for agent in found["agents"]}
    assert agents == {"bob": (False, None), "alice": (True, "incall")}
    waiting, talking = found["calls"]
    assert (waiting["state"], waiting["flow"], waiting["agent"]) == ("queued", "support", None)
    assert (talking["state"], talking["agent"]) == ("toagent", "alice")
    assert talking["call_time"] == 4
    assert found["queue"] == [
        {
            "position": 0,
            "call": None if old else waiting["call"],
            "media": None if old else "RTP",
            "caller_user": None if old else "sipp",
            "caller_name": None if old else "cc sipp",
            "waiting": 3,
            "expected_wait": 0,
            "flow": "support",
            "priority": 1,
            "skill": "english",
        }
    ]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Call:: 1.1 Ref=1 State=queued\n", "ended"),
        ("Call:: 1.1 Ref=1 State=queued Call Time=3 Flow=f\n", "queued"),
        ("Call:: 1.1 Ref=1 State=dissuading1 Call Time=3 Flow=f\n", "queued"),
        ("Call:: 1.1 Ref=1 State=welcome Call Time=3 Flow=f\n", "welcome"),
        ("Call:: 1.1 Ref=1 State=ignored Call Time=3 Flow=f\n", "ignored"),
    ],
)
def test_states_of_calls_that_2_4_names_wrongly(text, state):
    assert [call["state"] for call in call_center.parse_calls(text_tree(text))] == [state]


def test_states_of_calls_that_later_versions_have():
    rows = [
        {"id": "1.1", "Ref": 1, "State": "dissuading1", "Call Time": 3, "Flow": "f"},
        {"id": "1.2", "State": "queued"},
    ]
    assert [call["state"] for call in call_center.parse_calls(ValueReply({"Calls": rows}, ""))] == [
        "dissuading1",
        "queued",
    ]


def test_an_agent_who_chats():
    row = {
        "id": "a",
        "Ref": 1,
        "Loged in": "YES",
        "State": "inchat",
        "Ongoing chats": 2,
        "Free chats": 1,
        "Wrapup-ends": 9,
    }
    (agent,) = call_center.parse_agents(ValueReply({"Agents": [row]}, ""))
    assert (agent["state"], agent["ongoing_chats"], agent["free_chats"], agent["wrapup_ends"]) == ("inchat", 2, 1, 9)
