# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes, contacts and targets of a dialog, from headers as servers write them (RFC 3261, sections 12.1 and 20)."""

import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._sip.headers import parse_headers
from ansible_collections.community.opensips.plugins.module_utils._ua import leg, message
from ansible_collections.community.opensips.plugins.module_utils._ua.endpoint import Endpoint
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target
from ansible_collections.community.opensips.tests.integration.support.sip_peer import Peer


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<sip:a@b;lr>", ["<sip:a@b;lr>"]),
        ("<sip:a@b>;expires=5, <sip:c@d>", ["<sip:a@b>;expires=5", "<sip:c@d>"]),
        ('"Smith, John" <sip:a@b>, sip:c@d;q=1', ['"Smith, John" <sip:a@b>', "sip:c@d;q=1"]),
        ("<sip:a,b@c>,,<sip:d@e>", ["<sip:a,b@c>", "<sip:d@e>"]),
        ("", []),
        ('"', ['"']),
    ],
)
def test_elements(value, expected):
    assert leg.elements(parse_headers(f"Contact: {value}\r\n"), "Contact") == expected


def test_uri():
    assert leg.uri_in('"a <b" <sip:a@b;lr>;x=1') == "sip:a@b;lr"
    assert leg.uri_in("sip:a@b;tag=1") == "sip:a@b"


@pytest.fixture
def endpoint():
    with Peer("udp", lambda _request, _count: None) as peer:
        found = Endpoint(Target("udp", "127.0.0.1", peer.port), time.monotonic() + 5)
        yield found
        found.close()


def response(*lines):
    text = "\r\n".join(["SIP/2.0 200 OK", "To: <sip:b@c>;tag=theirs", *lines, "", ""])
    return message.take_message(text.encode(), is_whole=True)[0]


def test_route_and_target_of_a_call(endpoint):
    call = leg.Leg(endpoint, "sip:a@c", "sip:b@c", "a")
    invite = call.request("INVITE")
    call.establish(response("Record-Route: <sip:near;lr>, <sip:far;lr>", "Contact: <sip:b@192.0.2.9:5070>"))
    bye = call.request("BYE")
    # the server nearest to us comes last in Record-Route
    assert [value for name, value in bye.fields if name == "Route"] == ["<sip:far;lr>", "<sip:near;lr>"]
    assert (bye.ruri, bye.number, bye.call_id) == ("sip:b@192.0.2.9:5070", invite.number + 1, invite.call_id)
    assert bye.value("To") == "<sip:b@c>;tag=theirs" and bye.value("From") == invite.value("From")
    # with a route, requests go to the server; without one, to the phone
    assert call.address is None
    call.establish(response("Contact: <sip:b@192.0.2.9:5070>"))
    assert call.address == ("192.0.2.9", 5070)


@pytest.mark.parametrize(
    "contact", ["<sip:b@host.invalid>", "<sip:b@[::1]>", "<sip:b@192.0.2.9;transport=tcp>", "<x>", ""]
)
def test_targets_that_are_reached_by_the_server_only(endpoint, contact):
    call = leg.Leg(endpoint, "sip:a@c", "sip:b@c", "a")
    call.establish(response(f"Contact: {contact}"))
    assert call.address is None


def test_our_side_of_a_call_that_came(endpoint):
    text = "INVITE sip:b@c SIP/2.0\r\nFrom: <sip:a@c>;tag=theirs\r\nTo: <sip:b@c>\r\nCall-ID: x\r\n"
    text += "Record-Route: <sip:one;lr>\r\nRecord-Route: <sip:two;lr>\r\nContact: <sip:a@192.0.2.9>\r\n\r\n"
    call = leg.Leg.of_invite(endpoint, message.take_message(text.encode(), is_whole=True)[0], "b", "ours")
    bye = call.request("BYE")
    assert [value for name, value in bye.fields if name == "Route"] == ["<sip:one;lr>", "<sip:two;lr>"]
    assert (bye.ruri, bye.call_id) == ("sip:a@192.0.2.9", "x")
    assert (bye.value("From"), bye.value("To")) == ("<sip:b@c>;tag=ours", "<sip:a@c>;tag=theirs")


def test_ack_and_cancel_have_the_branch_of_the_invite(endpoint):
    call = leg.Leg(endpoint, "sip:a@c", "sip:b@c", "a")
    invite = call.request("INVITE", [("Content-Type", "application/sdp")], b"v=0")
    for method, to in (("ACK", "<sip:b@c>;tag=theirs"), ("CANCEL", None)):
        derived = message.derive(invite, method, to)
        assert (derived.branch, derived.ruri, derived.number) == (invite.branch, invite.ruri, invite.number)
        assert derived.value("To") == (to or invite.value("To")) and derived.value("CSeq") == f"1 {method}"
        assert derived.data.endswith(b"Content-Length: 0\r\n\r\n") and not derived.value("Content-Type")


def test_what_has_a_contact(endpoint):
    call = leg.Leg(endpoint, "sip:a@c", "sip:b@c", "a")
    assert {method: bool(call.request(method).value("Contact")) for method in ("INVITE", "OPTIONS", "MESSAGE", "BYE")} == {
        "INVITE": True, "OPTIONS": True, "MESSAGE": False, "BYE": False
    }  # fmt: skip
