# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phones' own checker of credentials, by the examples of the RFCs, and what it refuses."""

import pytest

from ansible_collections.community.opensips.tests.emulator import digest
from ansible_collections.community.opensips.tests.emulator.sip import Message

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
# RFC 7616 3.9.1
HTTP = {
    "username": "Mufasa",
    "nonce": NONCE,
    "uri": "/dir/index.html",
    "qop": "auth",
    "nc": "00000001",
    "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
}


@pytest.mark.parametrize(
    "algorithm, response",
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm, response):
    keeper = digest.Doorkeeper("x", digest.Demand(password="Circle of Life"), {}, [])
    request = Message(b"GET /dir/index.html HTTP/1.1\r\n\r\n")
    assert keeper._response(HTTP, request, "http-auth@example.org", algorithm) == response


def notify(number=1, authorization="", uri="sip:x@192.0.2.1"):
    more = f"Authorization: {authorization}\r\n" if authorization else ""
    head = f"NOTIFY {uri} SIP/2.0\r\nFrom: <sip:a@b>;tag=t\r\nCall-ID: c\r\nCSeq: {number} NOTIFY\r\n{more}\r\n"
    return Message(head.encode())


def test_what_a_doorkeeper_says():
    counts, faults = {}, []
    keeper = digest.Doorkeeper("x", digest.Demand(opaque="", stale=1), counts, faults)
    code, ((name, challenge),) = keeper.judge(notify())
    assert (code, name) == (401, "WWW-Authenticate") and 'nonce="xx1"' in challenge

    def credentials(nonce, cnonce="c", **more):
        given = {"username": "x", "nonce": nonce, "uri": "sip:x@192.0.2.1", "qop": "auth", "nc": "00000001"}
        given.update(cnonce=cnonce, realm="phone", **more)
        given.setdefault("response", keeper._response(given, notify(), "phone", "MD5"))
        return "Digest " + ", ".join(f'{key}="{value}"' for key, value in given.items())

    code, ((_name, challenge),) = keeper.judge(notify(2, credentials("xx1")))
    assert code == 401 and "stale=TRUE" in challenge
    assert keeper.judge(notify(3, credentials("xx2", response="0"))) == (403, ())
    assert keeper.judge(notify(3, credentials("xx2"))) == (200, ())
    assert counts == {"challenged": 1, "stale": 1, "refused": 1, "authenticated": 1} and not faults
    # what no client should send: another number, address, realm, nonce, nonce count, or another scheme
    for request in (
        notify(9, credentials("xx2")),
        notify(3, credentials("xx2"), uri="sip:y@192.0.2.1"),
        notify(3, credentials("xx2").replace('"phone"', '"other"')),
        notify(3, credentials("forged")),
        notify(3, credentials("xx2").replace("00000001", "00000002")),
        notify(3, "Basic eDp5"),
    ):
        assert keeper.judge(request) == (400, ())
    assert len(faults) == counts["unacceptable"] == 6
