# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole tests against servers that answer garbage: each ends in time, with an error of ours or none, and ends what it began.

FUZZ_REPLIES: how many replies are broken over each transport; 10,000 take minutes.
"""

import os
import random

import pytest

from ansible_collections.community.opensips.plugins.module_utils._sip import digest
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._ua import errors, target
from ansible_collections.community.opensips.plugins.module_utils._ua.party import Account
from ansible_collections.community.opensips.plugins.module_utils._ua.proof import Plan, Proof
from ansible_collections.community.opensips.tests.integration.support.sip_peer import Peer, answer

REPLIES = int(os.environ.get("FUZZ_REPLIES", "400"))
# of one run over UDP
BURST = 100
WORDS = (
    b"SIP/2.0 ", b"\r\n", b"\r\n\r\n", b"Content-Length: -1", b"CSeq: 99999999999999999999 X", b"branch=", b";tag=", b"<", b">", b'"',
    b",", b"Record-Route: <sip:a@[::1]:99999;lr>", b"Contact: <sip:@:>;expires=x", b"WWW-Authenticate: Digest realm=", b"\x00", b"\xff",
    b"Min-Expires: 99999999999", b"BYE sip:x SIP/2.0\r\n", b"INVITE sip:x SIP/2.0\r\n", b"CANCEL sip:x SIP/2.0\r\n",
)  # fmt: skip
CHALLENGE = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256, stale=true'


def plan(peer, action, **options):
    account = Account("sip:alice@example.com", "alice", "sip:example.com", digest.Secret("alice", "secret"))
    values = {"answer_time": 0.3, "talk_time": 0.0, "ring_time": 0.0, **options}
    return Plan(action, target.parse(peer.target), account, "sip:bob@example.com", lambda code: code == 200, **values)


def whole(request, chance):
    """A reply (bytes) that makes sense, before it is broken."""
    code = chance.choice((100, 180, 183, 200, 200, 301, 401, 404, 407, 423, 486, 603))
    text = answer(request, code, "Words", contact="<sip:x@127.0.0.1:9>;expires=5").decode()
    text = text.replace(
        "Content-Length", f"WWW-Authenticate: {CHALLENGE}\r\nRecord-Route: <sip:127.0.0.1;lr>\r\nContent-Length"
    )
    return text.encode()


def broken(data, chance):
    """data, with some bytes changed, cut out, doubled or put in."""
    data = bytearray(data)
    for _time in range(chance.randint(1, 6)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.randint(0, 30))
        data[start:end] = chance.choice(
            (b"", bytes(data[start:end]) * 2, chance.choice(WORDS), bytes([chance.randrange(256)]))
        )
    return bytes(data)


@pytest.mark.parametrize("action", ["register", "message", "call"])
def test_broken_datagrams(action):
    chance = random.Random(action)

    def replies(request, _count):
        if request.startswith((b"ACK", b"SIP/2.0")):
            return None
        # the last one is whole: none of the others ended the test, or did harm
        burst = [broken(whole(request, chance), chance) for _each in range(BURST)]
        return [*burst, answer(request, 404, "Not found")] if b"\r\n\r\n" in request else None

    for _run in range(max(1, REPLIES // BURST // 3)):
        with Peer("udp", replies) as peer:
            proof = Proof(plan(peer, action))
            try:
                proof.run()
            except (errors.UserAgentError, SipError):
                pass
            assert proof.timings()["total"] is not None and proof.exchanges()


@pytest.mark.parametrize("action", ["register", "message", "call"])
def test_broken_streams(action):
    chance = random.Random(action)

    def replies(request, count):
        if request.startswith((b"ACK", b"SIP/2.0")) or count == 0:
            return None
        return broken(whole(request, chance), chance)

    for _run in range(REPLIES // 12):
        with Peer("tcp", replies) as peer:
            # a reply that is no longer one keeps the test waiting until its time is over
            proof = Proof(plan(peer, action, answer_time=0.02))
            try:
                proof.run()
            except (errors.UserAgentError, SipError):
                pass
            assert proof.timings()["total"] is not None


@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_requests_that_nobody_asked_for(kind):
    """A server may send anything: each request is answered, repeated ones alike, and without end."""
    head = (
        b"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK%d\r\nFrom: <sip:x@y>;tag=1\r\nTo: <sip:z@y>\r\nCall-ID: other\r\n"
    )
    methods = (b"INVITE", b"BYE", b"CANCEL", b"MESSAGE", b"NOTIFY", b"OPTIONS", b"FOO", b"ACK")

    def flood(request, count):
        # 0: a peer that hangs up while answers still come to it takes away what it has sent
        if not request.startswith(b"OPTIONS") or count == 0:
            return None
        sent = [
            method + b" sip:z@y SIP/2.0\r\n" + head % number + b"CSeq: 1 " + method + b"\r\nContent-Length: 0\r\n\r\n"
            for number in range(10)
            for method in methods
        ]
        return [*sent, *sent, answer(request)]

    with Peer(kind, flood) as peer:
        proof = Proof(plan(peer, "options", answer_time=5.0))
        proof.run()
        assert proof.response.code == 200
