# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator's presence answers PUBLISH and SUBSCRIBE as OpenSIPS does, and notifies who has subscribed."""

import re
import socket

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator

BODY = "Messages-Waiting: yes\r\nVoice-Message: 1/0 (0/0)\r\n"


@pytest.fixture(scope="module")
def emu():
    with Emulator("3.6", phones=0, presence="server", least_publish_expires=30, most_publish_expires=600) as started:
        yield started


class Agent:
    """A user agent on a UDP socket. requests: bodies and states of the NOTIFYs that it got, which it answers with code."""

    def __init__(self, emu, user, code=200):
        self.emu, self.user, self.code = emu, user, code
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5)
        self.port = self.socket.getsockname()[1]
        self.number, self.notified = 0, []

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.socket.close()

    def send(self, method, headers=(), body="", to_tag="", call_id=None):
        """(code, headers as text) of the answer."""
        self.number += 1
        uri = f"sip:{self.user}@h"
        fields = {
            "Via": f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{self.port}x{self.number}",
            "From": f"<{uri}>;tag=a{self.port}",
            "To": f"<{uri}>{to_tag}",
            "Call-ID": call_id or f"{self.number}x{self.port}",
            "CSeq": f"{self.number} {method}",
            "Contact": f"<sip:{self.user}@127.0.0.1:{self.port}>",
            "Event": "message-summary",
            **dict(headers),
            "Content-Length": len(body),
        }
        lines = [f"{method} {uri} SIP/2.0"] + [f"{name}: {value}" for name, value in fields.items()]
        self.socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self.emu.sip)
        while True:
            text = self.receive()
            if text.startswith("SIP/2.0"):
                return int(text.split()[1]), text

    def receive(self):
        """The next message; a NOTIFY is answered and kept."""
        data, address = self.socket.recvfrom(65535)
        text = data.decode()
        if text.startswith("NOTIFY"):
            head, _empty, body = text.partition("\r\n\r\n")
            self.notified.append((body, re.search("Subscription-State: ([a-z]+)", head)[1]))
            kept = re.findall("(?m)^(?:Via|From|To|Call-ID|CSeq): .*$", head.replace("\r", ""))
            answer = [f"SIP/2.0 {self.code} Whatever", *kept, "Content-Length: 0", "\r\n"]
            self.socket.sendto("\r\n".join(answer).encode(), address)
        return text

    def wait(self, count):
        while len(self.notified) < count:
            self.receive()
        return self.notified[count - 1]


def etag_of(text):
    return re.search("SIP-ETag: (.*)\r\n", text)[1]


def test_publications(emu):
    with Agent(emu, "1") as agent:
        code, text = agent.send("PUBLISH", {"Expires": 3600}, BODY)
        assert code == 200 and "Expires: 600\r\n" in text
        first = etag_of(text)
        code, text = agent.send("PUBLISH", {"Expires": 60, "SIP-If-Match": first})
        assert code == 200 and etag_of(text) != first and "Expires: 60\r\n" in text
        assert emu.presence()["publications"]["1@h"] == [BODY]
        assert agent.send("PUBLISH", {"Expires": 60, "SIP-If-Match": first}, BODY)[0] == 412
        assert agent.send("PUBLISH", {"Expires": 60})[0] == 400
        assert agent.send("PUBLISH", {"Event": "presence"}, BODY)[0] == 489
        code, short = agent.send("PUBLISH", {"Expires": 29}, BODY)
        assert code == 423 and "Min-Expires: 30\r\n" in short
        assert agent.send("PUBLISH", {"Expires": 0, "SIP-If-Match": etag_of(text)})[0] == 200
        assert emu.presence()["publications"] == {}


def test_subscriptions(emu):
    with Agent(emu, "2") as watcher, Agent(emu, "2") as publisher:
        _code, text = watcher.send("SUBSCRIBE", {"Expires": 60}, call_id="dialog")
        tag = ";tag=" + re.search(r"To: .*;tag=([0-9a-f]+)\r\n", text)[1]
        assert watcher.wait(1) == ("", "active")
        etag = etag_of(publisher.send("PUBLISH", {"Expires": 60}, BODY)[1])
        assert watcher.wait(2) == (BODY, "active")
        # what is renewed is sent again, what is refreshed is not
        etag = etag_of(publisher.send("PUBLISH", {"Expires": 60, "SIP-If-Match": etag})[1])
        assert watcher.send("SUBSCRIBE", {"Expires": 60}, to_tag=tag, call_id="dialog")[0] == 200
        assert watcher.wait(3) == (BODY, "active")
        publisher.send("PUBLISH", {"Expires": 0, "SIP-If-Match": etag}, "Messages-Waiting: no\r\n")
        assert watcher.wait(4) == ("Messages-Waiting: no\r\n", "active") and watcher.wait(5) == ("", "active")
        assert watcher.send("SUBSCRIBE", {"Expires": 0}, to_tag=tag, call_id="dialog")[0] == 200
        assert watcher.wait(6) == ("", "terminated") and emu.presence()["watchers"] == []
        assert watcher.send("SUBSCRIBE", {"Expires": 60}, to_tag=tag, call_id="dialog")[0] == 481


def test_a_watcher_that_is_gone_is_forgotten(emu):
    with Agent(emu, "3", code=481) as watcher:
        watcher.send("SUBSCRIBE", {"Expires": 60})
        watcher.wait(1)
        # its answer is on the way before this one
        watcher.send("OPTIONS")
        assert emu.presence()["watchers"] == []


def test_what_expires_is_gone():
    with Emulator("4.0", phones=0, presence="server") as emu, Agent(emu, "4") as agent:
        agent.send("SUBSCRIBE", {"Expires": 60})
        agent.send("PUBLISH", {"Expires": 1}, BODY)
        agent.wait(2)
        assert agent.wait(3) == ("", "active") and emu.presence()["publications"] == {}
