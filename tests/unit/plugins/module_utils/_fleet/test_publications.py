# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a PUBLISH consists of, and what of its answers."""

import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet import publications
from ansible_collections.community.opensips.plugins.module_utils._fleet.publications import (
    PresenceServer,
    Publication,
    Published,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module import mwi
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import Datagram
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._module.bodies import run

SERVER = PresenceServer("sip:192.0.2.1")
KNOWN = Published("tag", time.time() + 60, 60)


def publication(kind, published=None, **options):
    return Publication("1", "sip:1@h", SERVER, "body", published, kind, 600, **options)


def answer(request, code, *headers):
    """Let a Publication take an answer; whether it goes out again."""
    record = {"code": code, "reason": "x", "message": "\r\n".join(headers) + "\r\n\r\n"}
    return request.take_answer("accepted" if code < 300 else "rejected", record)


@pytest.mark.parametrize(
    "kind, published, expires, has_body",
    [
        ("created", None, 600, True),
        ("updated", KNOWN, 600, True),
        ("refreshed", KNOWN, 600, False),
        ("removed", KNOWN, 0, True),
    ],
)
def test_the_request_of_each_kind(kind, published, expires, has_body):
    request = publication(kind, published, headers={"x-mark": "1", "event": "presence", "Subscription-State": "active"})
    expected = {"Event": "message-summary", "Expires": expires, "x-mark": "1"}
    if has_body:
        expected["Content-Type"] = "application/simple-message-summary"
    if published is not None:
        expected["SIP-If-Match"] = "tag"
    assert request.headers == expected and request.content == ("body" if has_body else "")


def test_what_was_granted():
    request = publication("created")
    assert not answer(request, 200, "SIP-ETag: new", "Expires: 300")
    assert request.answered.etag == "new" and request.answered.life == 300
    assert 290 < request.answered.until - time.time() <= 300


def test_each_way_to_start_again_ends():
    request = publication("refreshed", KNOWN)
    assert answer(request, 412) and request.kind == "created" and request.content == "body"
    assert "SIP-If-Match" not in request.headers and not answer(request, 412)
    request = publication("created")
    assert answer(request, 423, "Min-Expires: 900") and request.headers["Expires"] == 900
    assert not answer(request, 423, "Min-Expires: 900") and not answer(request, 423, "Min-Expires: 99999999999")
    request = publication("created")
    assert [answer(request, 423, f"Min-Expires: {number}") for number in (700, 800, 900)] == [True, True, False]
    for code in (404, 489, 500, 407):
        request = publication("updated", KNOWN)
        assert not answer(request, code) and (request.refusal is not None) == (code in (404, 489))


@pytest.mark.parametrize("expires", [0, 59, -1, 31536001])
def test_lifetimes_that_cannot_be(expires):
    with pytest.raises(BadParameters, match=f"expires is {expires}"):
        publications.check_expires(expires)


@pytest.mark.parametrize("reply", ["Accepted", {}, {"reply": "soon"}, {"reply": None}, []])
def test_replies_of_pua_that_say_nothing(reply):
    with Datagram(commands={"pua_publish": lambda _params: reply}) as peer:
        message, result = run(mwi, peer, aors=["1@h"], delivery="publish")
    assert message and [entry["outcome"] for entry in result["results"]] == ["unknown"]


def test_a_server_that_names_no_socket():
    receivers = {"Processes": [{"ID": 0, "PID": 1, "Type": "TCP receiver"}]}
    with Datagram(commands={"refresh_watchers": lambda _params: "OK", "ps": lambda _params: receivers}) as peer:
        with pytest.raises(BadParameters, match="names no UDP socket.*presence_server"):
            run(mwi, peer, aors=["1@h"], delivery="publish")
