# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Phones that ask for credentials, over every transport and protocol: what they get, and what becomes of them.

The phones check by themselves (tests/emulator/digest.py), and count what no client should have sent.
"""

from __future__ import annotations

import contextlib
import json
import re

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.fixtures import REAL
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import RealOpensips, find_binary
from ansible_collections.community.opensips.tests.integration.support.servers import VERSIONS, Emulated, fifo_of

CREDENTIALS = [{"realm": "phone", "username": "ansible", "password": "secret"}]
MISSING, REFUSED, UNSUPPORTED = "CredentialsMissing", "CredentialsRefused", "ChallengeUnsupported"
# what a phone asks for, its last answer, the error, and how many requests it gets
PHONES = {
    "none": (None, 200, None, 1),
    "md5": ({}, 200, None, 2),
    "proxy": ({"code": 407}, 200, None, 2),
    "strongest": ({"algorithms": ["MD5", "SHA-256"], "strongest": True}, 200, None, 2),
    "session": ({"algorithms": ["MD5-sess"]}, 200, None, 2),
    "sha256 session, body": ({"algorithms": ["SHA-256-sess"], "qop": "auth-int"}, 200, None, 2),
    "sha512t256": ({"algorithms": ["SHA-512-256"], "qop": "auth-int,auth"}, 200, None, 2),
    "rfc 2069": ({"qop": ""}, 200, None, 2),
    "unknown and known": ({"algorithms": ["NEW-9", "MD5"]}, 200, None, 2),
    "several realms": ({"realms": ["else", "phone"], "only": "phone"}, 200, None, 2),
    "proxy, then phone": ({"code": 407, "then": 401}, 200, None, 3),
    "stale once": ({"stale": 1}, 200, None, 3),
    "stale twice": ({"stale": 2}, 401, UNSUPPORTED, 3),
    "stale always": ({"stale": -1}, 401, UNSUPPORTED, 3),
    "wrong, 403": ({"password": "other"}, 403, REFUSED, 2),
    "wrong, 401": ({"password": "other", "refusal": 401}, 401, REFUSED, 2),
    "basic": ({"scheme": "Basic"}, 401, UNSUPPORTED, 1),
    "unknown": ({"algorithms": ["NEW-9"]}, 401, UNSUPPORTED, 1),
    # what would hurt the server, or add a header
    "exclamation marks": ({"nonce": "a!b!c"}, 401, UNSUPPORTED, 1),
    "line end": ({"nonce": "a\\r\\nX-Mark: b"}, 401, UNSUPPORTED, 1),
    "other call": ({"forge": "call-id"}, 401, UNSUPPORTED, 1),
    "other number": ({"forge": "cseq"}, 401, UNSUPPORTED, 1),
    "other tag": ({"forge": "from"}, 401, UNSUPPORTED, 1),
}
FEW = ("none", "md5", "sha256 session, body", "proxy, then phone", "stale always", "wrong, 403")
BODY = "one: line\ntwo: \u00e4\n"


@pytest.fixture(scope="module")
def farm():
    """An emulator whose phones are PHONES; contacts: {name: URI}."""
    with Emulator("3.6", phones=len(PHONES) + 1, reboot=False, udp=True, challenge_user="ansible") as emu:
        phones = dict(zip([*PHONES, "nobody's"], emu.phones(), strict=True))
        for name, (demand, _code, _error, _requests) in PHONES.items():
            if demand is not None:
                emu.demand(phones[name]["user"], **demand)
        emu.demand(phones["nobody's"]["user"], realms=["a realm"])
        emu.contacts = {name: phone["contact"] for name, phone in phones.items()}
        yield emu


@pytest.fixture(scope="module", params=[*VERSIONS, REAL])
def server(request):
    server = RealOpensips(find_binary()) if request.param == "real" else Emulated(request.param, phones=0)
    yield server
    server.stop()


def requests_to(farm, start):
    """{name: SIP requests that came since the entry start of the log, without retransmissions}."""
    names = {contact: name for name, contact in farm.contacts.items()}
    found = {}
    for entry in farm.sip_log()[start:]:
        headers = dict(entry["headers"])
        name = names[entry["first"].split(" ")[1]]
        found.setdefault(name, {}).setdefault((headers["Call-ID"], headers["CSeq"]), headers)
    return {name: list(requests.values()) for name, requests in found.items()}


def notify(farm, options, names=tuple(PHONES), **args):
    given = {
        "uris": [farm.contacts[name] for name in names],
        "event": "check-sync",
        "headers": {"Content-Type": "text/plain"},
        "body": BODY,
        "credentials": CREDENTIALS,
        "max_failures": len(PHONES),
    }
    result = run_module("notify", {**options, **given, **args})
    return dict(zip(names, result["results"], strict=True)), result


def test_each_kind_of_challenge_over_every_transport(farm, server):
    for way, (options, protocol) in server.ways.items():
        start = len(farm.sip_log())
        # a real server's HTTP side has one process, and waits for each answer
        names = FEW if "url" in options else list(PHONES)
        found, result = notify(farm, options, names)
        text = json.dumps(result)
        assert "secret" not in text and "response=" not in text
        got = requests_to(farm, start)
        for name, entry in found.items():
            _demand, code, error, requests = PHONES[name]
            case = (server.name, way, name, entry)
            if requests > 1 and (protocol == "mi_json" or (way == "xmlrpc" and entry["outcome"] == "not_sent")):
                # commas, and what makes the body larger than receive_buf_size
                assert entry["outcome"] == "not_sent" and entry["code"] in (401, 407), case
                message = entry["error"]["message"]
                assert re.search(
                    "the request with credentials was not sent: .*(comma|refused a request of)", message
                ), case
                continue
            assert entry["code"] == code, case
            assert entry["outcome"] == ("accepted" if code == 200 else "rejected"), case
            assert (entry["error"] and entry["error"]["type"]) == error, case
            assert len(got[name]) == requests, case
            assert entry["authenticated"] is (requests > 1), case
            assert_one_call(got[name])
        assert result["summary"]["authenticated"] == sum(entry["authenticated"] for entry in found.values())
    assert farm.stats()["farm"]["faults"] == []


def assert_one_call(requests):
    """What RFC 3261 22.2 wants of the requests after a challenge."""
    assert len({headers["Call-ID"] for headers in requests}) == 1
    assert len({re.search("tag=([^;]+)", headers["From"])[1] for headers in requests}) == 1
    numbers = [int(headers["CSeq"].split()[0]) for headers in requests]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert all("X-Mark" not in headers for headers in requests)
    assert not {"Authorization", "Proxy-Authorization"} & set(requests[0])


def test_nothing_is_sent_for_a_realm_without_credentials(farm, emulator):
    options = fifo_of(emulator("3.6", phones=0))
    start = len(farm.sip_log())
    found, _result = notify(farm, options, ["md5", "nobody's"])
    assert [entry["outcome"] for entry in found.values()] == ["accepted", "rejected"]
    error = found["nobody's"]["error"]
    assert error["type"] == MISSING and '"a realm"' in error["message"] and "credentials" in error["hint"]
    assert not found["nobody's"]["authenticated"]
    without, _result = notify(farm, options, ["md5", "proxy"], credentials=None)
    for entry in without.values():
        assert entry["error"]["type"] == MISSING and '"phone"' in entry["error"]["message"]
        assert "Set the option credentials" in entry["error"]["hint"]
    got = requests_to(farm, start)
    assert [len(got[name]) for name in ("md5", "nobody's", "proxy")] == [3, 1, 1]


def test_a_whole_fleet_that_asks(emulator):
    """In flight like everything else: one answer each, and no more of them at a time than max_in_flight."""
    emu = emulator("3.6", phones=300, challenge=100, challenge_user="ansible", shared_memory=16)
    args = {**fifo_of(emu), "select": {}, "event": "check-sync", "credentials": CREDENTIALS, "max_in_flight": 20}
    result = run_module("notify", args)
    assert result["summary"]["outcomes"]["accepted"] == result["summary"]["authenticated"] == 300
    farm = emu.stats()["farm"]
    assert (farm["verdicts"], farm["faults"]) == ({"challenged": 300, "authenticated": 300}, [])
    assert farm["received"] == 600


def test_a_run_that_stops_says_so_of_each_phone(emulator, tmp_path):
    """Who had answered with a challenge and got no credentials is not_sent, and the next run of the campaign sends to it."""
    emu = emulator("2.4", phones=60, challenge=50, reject=50, reject_codes=[486], challenge_user="ansible")
    args = {**fifo_of(emu), "select": {}, "event": "check-sync", "credentials": CREDENTIALS}
    args.update(campaign="c", campaign_dir=str(tmp_path), max_in_flight=8)
    first = run_module("notify", {**args, "max_failures": 3})
    assert first["failed"] and first["stopped"]
    outcomes = first["summary"]["outcomes"]
    assert sum(outcomes.values()) == 60 and outcomes["not_sent"]
    accepted = emu.stats()["farm"]["verdicts"].get("authenticated", 0)
    assert accepted == outcomes["accepted"]
    for entry in first["results"]:
        assert entry["outcome"] != "rejected" or entry["code"] == 486
        if entry["outcome"] == "not_sent" and entry["code"] is not None:
            assert entry["code"] == 401 and "the run stopped" in entry["error"]["message"]
    second = run_module("notify", args)
    assert second["summary"]["outcomes"]["accepted"] == 30 == emu.stats()["farm"]["verdicts"]["authenticated"]


def test_one_request_of_any_kind(farm, server):
    headers = {"From": "Ansible <sip:ansible@example.com>", "To": "<sip:1@example.com>", "Content-Type": "text/plain"}
    start = len(farm.sip_log())

    def send(name, **args):
        ruri = farm.contacts[name]
        given = {"method": "MESSAGE", "ruri": ruri, "headers": headers, "body": BODY, "credentials": CREDENTIALS}
        return run_module("uac_dlg", {**server.connection, **given, **args})

    accepted = send("sha256 session, body")
    assert (accepted["outcome"], accepted["code"], accepted["authenticated"]) == ("accepted", 200, True)
    assert "Authorization" not in json.dumps(accepted["requests"]) and "secret" not in json.dumps(accepted)
    own = {**headers, "From": "<sip:a@example.com>;tag=mine", "Call-ID": "mine@example.com", "CSeq": "77 OPTIONS"}
    assert send("proxy, then phone", method="OPTIONS", headers=own)["outcome"] == "accepted"
    wrong = send("wrong, 403")
    assert wrong["failed"] and wrong["error"]["type"] == REFUSED and "403 Forbidden" in wrong["msg"]
    missing = send("md5", credentials=None)
    assert missing["error"]["type"] == MISSING and '"phone"' in missing["msg"] and not missing["authenticated"]
    got = requests_to(farm, start)
    assert [len(got[name]) for name in ("sha256 session, body", "proxy, then phone", "wrong, 403", "md5")] == [
        2,
        3,
        2,
        1,
    ]
    for requests in got.values():
        assert_one_call(requests)
    assert [headers["CSeq"] for headers in got["proxy, then phone"]] == ["77 OPTIONS", "78 OPTIONS", "79 OPTIONS"]
    assert farm.stats()["farm"]["faults"] == []


def test_a_phone_that_repeats_what_it_was_sent(farm, emulator):
    """A digest is as good as a weak password: it is in no result."""
    options = fifo_of(emulator("3.6", phones=0))
    with contextlib.ExitStack() as stack:
        farm.demand("100000", password="other", echo=True)
        stack.callback(farm.set_phone, "100000", behaviour="answer")
        found, result = notify(farm, options, ["none"])
        digest = re.search('response="([0-9a-f]+)"', farm.sip_log()[-1]["raw"])[1]
        assert found["none"]["code"] == 403 and "***" in found["none"]["reason"]
        assert digest not in json.dumps(result) and digest.upper() not in json.dumps(result)
