# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events of usrloc reach the UDP sockets that subscribed, in the recorded form."""

import json
import os
import re
import socket

import pytest

from ansible_collections.community.opensips.tests.emulator import Cluster, Emulator
from ansible_collections.community.opensips.tests.unit.emulator import raw_clients as raw

WIRE = os.path.join(os.path.dirname(__file__), "..", "fixtures", "wire")
EVENTS = ("E_UL_AOR_INSERT", "E_UL_AOR_DELETE", "E_UL_CONTACT_INSERT", "E_UL_CONTACT_UPDATE", "E_UL_CONTACT_DELETE")


def normal(text):
    return re.sub(r"\d+", "#", text)


@pytest.mark.parametrize("version", ["2.4", "3.6", "4.0"])
def test_recorded_events(version):
    with open(os.path.join(WIRE, version, "events.jsonl"), encoding="utf-8") as stream:
        recorded = [event["bytes"] for event in map(json.loads, stream) if event["carrier"] == "udp"]
    with Emulator(version, phones=0) as emu, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(2)
        target = f"udp:127.0.0.1:{sock.getsockname()[1]}"
        for event in EVENTS:
            if version == "2.4":
                request = f":event_subscribe:\n{event}\n{target}\n600\n"
            else:
                request = json.dumps(
                    {"jsonrpc": "2.0", "id": 1, "method": "event_subscribe", "params": [event, target, 600]}
                )
            assert b"OK" in raw.udp(emu.udp, request.encode())
        agent = 'Yealink "SIP"::T46U 108.86'
        for cseq, expires in ((1, 600), (2, 600), (3, 0)):
            raw.register(emu, "ev", [f"<sip:ev@127.0.0.1:44924>;expires={expires}"], "evcall", cseq, agent)
        found = [sock.recv(65535).decode() for _event in recorded]
    assert sorted(map(normal, found)) == sorted(map(normal, recorded))


def subscribe(emu, version, target, *events):
    for event in events:
        if version == "2.4":
            request = f":event_subscribe:\n{event}\n{target}\n600\n"
        else:
            request = json.dumps(
                {"jsonrpc": "2.0", "id": 1, "method": "event_subscribe", "params": [event, target, 600]}
            )
        assert b"OK" in raw.udp(emu.udp, request.encode())


def recorded(version, name, carrier="udp"):
    with open(os.path.join(WIRE, version, f"{name}.jsonl"), encoding="utf-8") as stream:
        return [event["bytes"] for event in map(json.loads, stream) if event["carrier"] == carrier]


def words(text):
    """Without what names a destination: the recorded server and the emulator have different ones."""
    return re.sub(r'((address|uri|gwid)("?:+"?))[^"\n]*', r"\1#", normal(text))


STATUS = ("E_DISPATCHER_STATUS", "E_LOAD_BALANCER_STATUS", "E_DROUTING_STATUS")


@pytest.mark.parametrize("version", ["2.4", "3.6", "4.0"])
def test_recorded_states(version):
    """A destination of each kind is switched off and on, over UDP and TCP."""
    names = {"2.4": "jsonrpc"}
    with Emulator(version, phones=0) as emu, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(2)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            subscribe(emu, version, f"{names.get(version, 'tcp')}:127.0.0.1:{listener.getsockname()[1]}", *STATUS)
            subscribe(emu, version, f"udp:127.0.0.1:{sock.getsockname()[1]}", *STATUS)
            uri = next(iter(emu.state()["dispatcher"]["1"]))
            for method, states, params in (
                ("ds_set_state", ("i", "a"), {"state": None, "group": "1", "address": uri}),
                ("lb_status", (0, 1), {"destination_id": 1, "new_status": None}),
                ("dr_gw_status", (0, 1), {"gw_id": "gw1", "status": None}),
            ):
                for state in states:
                    given = {name: state if value is None else value for name, value in params.items()}
                    if version == "2.4":
                        request = f":{method}:\n" + "".join(f"{value}\n" for value in given.values())
                    else:
                        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": given})
                    assert b"rror" not in raw.udp(emu.udp, request.encode())
            wanted = [text for text in recorded(version, "events_status") if "THRESHOLD" not in text]
            assert [words(sock.recv(65535).decode()) for _event in wanted] == list(map(words, wanted))
            connection = listener.accept()[0]
            with connection:
                connection.settimeout(2)
                wanted = "".join(text for text in recorded(version, "events_status", "tcp") if "THRESHOLD" not in text)
                found = ""
                while found.count("method") < wanted.count("method"):
                    found += connection.recv(65535).decode()
                assert words(found) == words(wanted)


def test_what_event_jsonrpc_crashes_of():
    with Emulator("2.4", phones=0, allow_crash=True) as emu:
        emu.add_event("E_SCRIPT")
        subscribe(emu, "2.4", "jsonrpc:127.0.0.1:9", "E_SCRIPT")
        emu.raise_event("E_SCRIPT")
        assert emu.stats()["crash_reasons"] == ["event_jsonrpc: E_SCRIPT has no parameters"]


@pytest.mark.parametrize("version, size", [("2.4", 320), ("3.6", 416), ("4.0", 424)])
def test_an_event_that_cannot_be_sent_costs_memory(version, size):
    with Emulator(version, phones=0) as emu:
        subscribe(emu, version, f"{'jsonrpc' if version == '2.4' else 'tcp'}:127.0.0.1:9", "E_PIKE_BLOCKED")
        before = emu.memory()["used"]
        emu.raise_event("E_PIKE_BLOCKED", ip="192.0.2.1")
        assert emu.memory()["used"] == before + size


def test_recorded_events_of_a_cluster():
    wanted = recorded("4.0", "events_cluster")
    with Cluster("4.0", nodes=2) as cluster, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)
        node = cluster.nodes[0]
        cluster.wait_until_synced()
        events = ("E_CLUSTERER_NODE_STATE_CHANGED", "E_CLUSTERER_SHARING_TAG_CHANGED")
        subscribe(node, "4.0", f"udp:127.0.0.1:{sock.getsockname()[1]}", *events)
        cluster.move(1)
        cluster.move(0)
        cluster.stop(1)
        found = [sock.recv(65535).decode() for _event in wanted[:3]]
        cluster.start(1)
        found.append(sock.recv(65535).decode())
        assert found == wanted
