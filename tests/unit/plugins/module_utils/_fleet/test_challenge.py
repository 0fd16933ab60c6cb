# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes out after a challenge, whatever a phone writes; tests/integration/test_challenges.py has phones that check it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._fleet import credentials, outcome
from ansible_collections.community.opensips.plugins.module_utils._fleet.challenge import Call
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import check_exclamation_marks

RURI = "sip:1001@192.0.2.1:5060"
BLOCK = "From: <sip:a@b>;tag=mine\r\nTo: <sip:a@b>\r\nEvent: check-sync\r\n"
DIGEST = 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n'
CISCO = {"user_agent": "Cisco/SPA504G-7.6.2c", "sip_instance": None}


def call(block=BLOCK, record=None, password="secret"):
    known = None
    if password is not None:
        known = credentials.Credentials()
        known.add(credentials.entry_of({"username": "u", "password": password}, "entry 1"), "1")
    return Call(Target("1001", RURI, record), {"method": "NOTIFY", "ruri": RURI, "headers": block}, known)


def answered(it, more, code=401, reason="Unauthorized"):
    """The (outcome, record) of an answer to what a Call sent last; more: its further headers."""
    own = "".join(re.findall("(?m)^(?:From|Call-ID|CSeq): .*\r\n", it.params["headers"]))
    message = f"Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n{own}{more}\r\n"
    return "rejected", {"code": code, "reason": reason, "message": message, "headers": {}}


def lines(it):
    return it.params["headers"].split("\r\n")


def test_the_second_request_differs_from_the_first_in_its_number_and_its_credentials():
    it = call()
    it.sending()
    first = lines(it)
    assert it.follow(*answered(it, DIGEST)) and it.is_open and not it.is_authenticated
    it.sending()
    assert it.is_authenticated and not it.is_open
    second = lines(it)
    assert [line for line in second if line not in first and not line.startswith("Authorization: ")] == [
        "CSeq: 2 NOTIFY"
    ]
    assert [line for line in first if line not in second] == ["CSeq: 1 NOTIFY"]
    assert not it.follow("accepted", {"code": 200, "reason": "OK", "message": None})


@pytest.mark.parametrize(
    "block, expected",
    [
        ("f: sip:a@b\r\nTo: <sip:a@b>\r\n", "(?m)^f: sip:a@b;tag=[0-9a-f]{16}\r$"),
        ('From: "a;tag=x" <sip:a@b;tag=y>\r\nTo: <sip:a@b>\r\n', "(?m)^From: .*tag=y>;tag=[0-9a-f]{16}\r$"),
        (
            "i: mine\r\nCSeq: 9 NOTIFY\r\nFrom: <sip:a@b>; tag=t\r\n",
            "^Call-ID: mine\r\nCSeq: 9 NOTIFY\r\nFrom: .*; tag=t\r\n",
        ),
        (BLOCK + "\r\n", "check-sync\r\n\r\n$"),
    ],
)
def test_a_request_has_what_a_second_one_needs(block, expected):
    it = call(block)
    assert re.search(expected, it.params["headers"])
    assert it.follow(*answered(it, DIGEST)) is not block.startswith("f:")


def test_without_credentials_a_request_stays_as_it_is():
    it = call(password=None)
    assert it.params["headers"] == BLOCK
    assert not it.follow(*answered(it, DIGEST))
    _outcome, record = it.settle(*answered(it, DIGEST))
    assert isinstance(record["error"], outcome.CredentialsMissing) and '"r"' in str(record["error"])


@pytest.mark.parametrize(
    "code, kind", [(401, outcome.CredentialsRefused), (403, outcome.CredentialsRefused), (486, None)]
)
def test_an_answer_to_credentials(code, kind):
    it = call(record=CISCO)
    it.follow(*answered(it, DIGEST))
    it.sending()
    last = answered(it, DIGEST, code)
    assert not it.follow(*last)
    _outcome, record = it.settle(*last)
    assert (type(record["error"]) if record.get("error") else None) is kind
    if kind:
        # which account the phone checks
        assert "Auth Resync-Reboot" in record["error"].hint


def test_403_without_credentials_is_another_matter():
    it = call()
    assert "error" not in it.settle(*answered(it, "", 403))[1]


def test_what_did_not_go_out_is_not_sent():
    it = call()
    it.follow(*answered(it, DIGEST))
    found, record = it.settle("unknown", {"code": None, "reason": "the run stopped"})
    assert (found, record["code"]) == ("not_sent", 401) and "the run stopped" in record["reason"]
    assert not it.is_authenticated


def test_a_phone_that_repeats_a_digest():
    it = call()
    it.follow(*answered(it, DIGEST))
    it.sending()
    digest = re.search('response="(.*?)"', it.params["headers"]).group(1)
    last = answered(it, f"X: {digest}\r\n", 486, f"no {digest}")
    assert digest not in repr(it.settle(*last))


def test_no_answer_makes_a_loop():
    it = call()
    sent = 0
    for number in range(20):
        is_proxy = number % 2
        more = DIGEST.replace('"n"', f'"n{number}", stale=true').replace("WWW", "Proxy" if is_proxy else "WWW")
        if not it.follow(*answered(it, more, 407 if is_proxy else 401)):
            break
        sent += 1
        it.sending()
    assert sent == 3


@settings(max_examples=200, deadline=None)
@given(
    st.text("abn!\\\r\n\"';=, \u00e9\ufffd\ud800", max_size=12),
    st.sampled_from(["realm", "nonce", "opaque", "qop", "algorithm"]),
)
def test_whatever_a_phone_writes_hurts_no_server(text, name):
    """What goes out is one line more, with no character that t_uac_dlg acts on."""
    it = call()
    fields = dict({"realm": '"r"', "nonce": '"n"'}, **{name: f'"{text}"'})
    challenge = ", ".join("{0}={1}".format(*field) for field in fields.items())
    before = len(lines(it))
    if it.follow(*answered(it, f"WWW-Authenticate: Digest {challenge}\r\n")):
        assert len(lines(it)) == before + 1
        block = it.params["headers"]
        check_exclamation_marks("the block", block)
        assert "\\r" not in block and "\\n" not in block
        block.encode("utf-8")
    else:
        assert it.settle(*answered(it, ""))[1]["error"] is not None
