# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events of usrloc reach the UDP sockets that subscribed, in the recorded form."""

import json
import os
import re
import socket

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator
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
