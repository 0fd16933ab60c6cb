# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_sip against a registrar and proxy: a stand-in, and OpenSIPS where it is installed; sipp and a softphone as well."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import signal
import socket
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._ua.call import Receiver
from ansible_collections.community.opensips.plugins.module_utils._ua.endpoint import Endpoint, Loop
from ansible_collections.community.opensips.plugins.module_utils._ua.party import Account, Party
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target
from ansible_collections.community.opensips.tests.emulator.digest import HASHES, Demand
from ansible_collections.community.opensips.tests.integration.support import sipp
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips, needs_sipp
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import find_binary, free_ports
from ansible_collections.community.opensips.tests.integration.support.opensips_registrar import RealRegistrar, has_ipv6
from ansible_collections.community.opensips.tests.integration.support.sip_peer import Peer, answer, tls_context
from ansible_collections.community.opensips.tests.integration.support.sip_server import PASSWORD, REALM, SipServer
from ansible_collections.community.opensips.tests.integration.support.softphones import PASSWORD as SOFTPHONE_PASSWORD
from ansible_collections.community.opensips.tests.integration.support.softphones import Baresip, NotHere

TRANSPORTS = ("udp", "tcp", "tls")
ALICE = {"aor": "alice@127.0.0.1", "password": PASSWORD}
BOB = {"aor": "bob@127.0.0.1", "password": PASSWORD}
QUICK = {"ring_time": 0.02, "talk_time": 0.02}
REGISTERED = ["REGISTER", "REGISTER"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"), "authority")


@pytest.fixture(scope="module")
def certificate(authority):
    """(path of the server's certificate, of its key)"""
    return authority.issue("server", "127.0.0.1", days=5)


@pytest.fixture(scope="module", params=["stand-in", pytest.param("real", marks=needs_opensips)])
def server(request, certificate):
    """A registrar that serves all three transports: target(transport)."""
    if request.param == "stand-in":
        with SipServer(tls=tls_context(*certificate)) as found:
            yield found
            assert not found.faults
        return
    found = RealRegistrar(find_binary(), certificate)
    yield found
    found.finish()


@pytest.fixture
def stand_in():
    """A registrar of this test alone, to have it misbehave."""
    with SipServer() as found:
        yield found


@pytest.fixture
def sip(authority):
    """Runs the module: action, Target, options."""

    def run(action, target, check=False, **options):
        options = {"sip_ca_path": authority.path, **({} if action == "register" else QUICK), **options}
        return run_module("sip", {"action": action, "server": target, **options}, check=check)

    return run


def sent(result, party="account"):
    """What a party sent and got: METHOD code."""
    return [f"{entry['method']} {entry['code']}" for entry in result["exchanges"] if entry["party"] == party]


# What works


@pytest.mark.parametrize("transport", TRANSPORTS)
class TestTransports:
    def test_options(self, sip, server, transport):
        result = sip("options", server.target(transport))
        assert (result["outcome"], result["code"], result["changed"]) == ("accepted", 200, False)
        timings = result["timings"]
        assert (timings["connect"] is None) is (transport == "udp") and (timings["tls"] is None) is (transport != "tls")
        assert 0 <= timings["first_reply"] <= timings["final_reply"] <= timings["total"]
        assert timings["ringing"] is None and timings["setup"] is None
        assert (result["certificate"] or {}).get("subject") == ("CN=server" if transport == "tls" else None)

    def test_register(self, sip, server, transport):
        result = sip("register", server.target(transport), account=ALICE)
        assert result["outcome"] == "accepted"
        # with the password, and removed again
        assert sent(result) == ["REGISTER 401", "REGISTER 200", "REGISTER 401", "REGISTER 200"]
        (entry,) = result["registrations"]
        assert entry["removed"] and entry["aor"] == ALICE["aor"] and entry["other_contacts"] == []
        assert 0 < entry["expires"] <= 60 and entry["contact"].startswith("sip:alice@127.0.0.1:")
        assert result["authentication"]["realm"] == REALM and result["left"] == []

    def test_message(self, sip, server, transport):
        text = 'häh? "x"\nline 2 \N{SNOWMAN}'
        result = sip("message", server.target(transport), account=ALICE, peer=BOB, text=text)
        assert result["outcome"] == "accepted", result
        assert sent(result)[-1] == "MESSAGE 200" and all(entry["removed"] for entry in result["registrations"])

    @pytest.mark.parametrize("hang_up", ["account", "peer"])
    def test_call(self, sip, server, transport, hang_up):
        result = sip("call", server.target(transport), account=ALICE, peer=BOB, hang_up=hang_up)
        assert result["outcome"] == "accepted", result
        timings = result["timings"]
        assert (
            timings["first_reply"]
            <= timings["ringing"]
            <= timings["final_reply"]
            <= timings["setup"]
            <= timings["total"]
        )
        assert sent(result, hang_up).count("BYE 200") == 1
        assert [entry["method"] for entry in result["exchanges"]].count("BYE") == 1
        assert [entry["removed"] for entry in result["registrations"]] == [True]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_lamp(sip, certificate, transport):
    with SipServer(tls=tls_context(*certificate)) as server:
        result = sip("subscribe", server.target(transport), account=ALICE)
        assert result["outcome"] == "accepted" and not server.faults, (result, server.faults)
        assert result["notification"] == {
            "event": "message-summary",
            "state": "active;expires=30",
            "content_type": "application/simple-message-summary",
            "body": server.lamp,
        }
        assert sent(result)[-2:] == ["SUBSCRIBE 401", "SUBSCRIBE 200"] and result["left"] == []


def test_a_lamp_that_is_not_there(sip, stand_in):
    stand_in.lamp = None
    result = sip("subscribe", stand_in.target(), account=ALICE)
    assert (result["error"]["type"], result["code"], result["left"]) == ("NotFound", 404, [])
    # accepted, and no NOTIFY
    stand_in.refuse["SUBSCRIBE"] = 202
    result = sip("subscribe", stand_in.target(), account=ALICE, event="dialog", maximum_answer_time=0.3)
    assert (result["error"]["type"], result["code"], result["notification"]) == ("NotDelivered", 202, None)
    assert "NOTIFY" in result["msg"] and sent(result) == ["SUBSCRIBE 202", "SUBSCRIBE 202"]


@pytest.mark.parametrize(("one", "other"), [("udp", "tls"), ("tls", "udp"), ("tcp", "udp")])
def test_call_between_transports(sip, server, one, other):
    result = sip("call", server.target(one), account=ALICE, peer={**BOB, "server": server.target(other)})
    assert result["outcome"] == "accepted", result


@pytest.mark.parametrize(
    ("algorithm", "option"),
    [("MD5", "ha1"), ("SHA-256", "ha1_sha256"), ("SHA-512-256", "ha1_sha512t256")],
)
def test_hashes(sip, server, algorithm, option):
    """The server checks what it gets by itself: OpenSIPS, or the emulator, which shares nothing with the modules."""
    if algorithm != "MD5" and getattr(server, "version", (3, 6)) < (3, 2):
        pytest.skip("this version of OpenSIPS asks for MD5 only")
    if algorithm == "SHA-512-256" and "sha512_256" not in hashlib.algorithms_available:
        pytest.skip("this Python cannot compute it")
    with contextlib.ExitStack() as stack:
        if isinstance(server, SipServer):
            demand = Demand(realms=(REALM,), password=PASSWORD, algorithms=(algorithm,), strongest=True)
            server = stack.enter_context(SipServer(demand=demand))
        digits = HASHES[algorithm](f"alice:{REALM}:{PASSWORD}".encode()).hexdigest()
        hashed = sip("register", server.target(), account={"aor": ALICE["aor"], option: digits, "realm": REALM})
        assert hashed["outcome"] == "accepted", hashed
        assert hashed["authentication"] == {"realm": REALM, "algorithm": algorithm}
        # with the password, the strongest of those that are offered
        result = sip("register", server.target(), account=ALICE)
        assert result["outcome"] == "accepted", result
        wrong = digits.translate(str.maketrans("0123456789abcdef", "1234567890bcdefa"))
        refused = sip("register", server.target(), account={"aor": ALICE["aor"], option: wrong, "realm": REALM})
        assert refused["outcome"] == "refused" and refused["code"] in (401, 403), refused


def test_two_passwords_and_a_nonce_that_is_too_old(sip):
    demand = Demand(realms=(REALM,), password=PASSWORD, then=407, stale=1)
    with SipServer(demand=demand) as server:
        result = sip("register", server.target(), account=ALICE)
        assert result["outcome"] == "accepted" and not server.faults, (result, server.faults)


def test_the_strongest_algorithm_of_the_server_is_used(sip):
    demand = Demand(realms=(REALM,), password=PASSWORD, algorithms=("MD5", "SHA-256"), strongest=True)
    with SipServer(demand=demand) as server:
        result = sip("register", server.target(), account=ALICE)
        assert result["authentication"] == {"realm": REALM, "algorithm": "SHA-256"} and not server.faults


def test_check_mode_sends_no_more_than_an_options(sip, stand_in):
    for action, more in (("register", {}), ("call", {"peer": BOB}), ("message", {"peer": BOB})):
        result = sip(action, stand_in.target(), check=True, account=ALICE, **more)
        assert (result["outcome"], result["changed"], result["exchanges"]) == ("planned", False, [])
    assert stand_in.methods == []
    assert sip("options", stand_in.target(), check=True)["outcome"] == "accepted"
    assert stand_in.methods == ["OPTIONS"]


def test_accept(sip, server):
    wrong = {**ALICE, "password": "wrong"}
    assert sip("register", server.target(), account=wrong, accept=["401", "403"])["outcome"] == "accepted"
    # what is not accepted may have been kept: it is removed all the same
    result = sip("register", server.target(), account=ALICE, accept=["403"])
    assert (result["outcome"], result["error"]["type"], result["error"]["code"]) == ("refused", "Refused", 200)
    assert [entry["removed"] for entry in result["registrations"]] == [True]


# What fails, and why


@pytest.mark.parametrize(
    ("action", "options", "kind", "code"),
    [
        ("register", {"account": {**ALICE, "password": "wrong"}}, "AuthenticationFailed", 401),
        ("register", {"account": {"aor": ALICE["aor"]}}, "AuthenticationRequired", 401),
        (
            "register",
            {"account": {"aor": ALICE["aor"], "ha1": "0" * 32, "realm": "other"}},
            "AuthenticationRequired",
            401,
        ),
        ("call", {"account": ALICE, "to": "sip:nobody@127.0.0.1"}, "NotFound", 404),
        ("message", {"account": ALICE, "to": "sip:nobody@127.0.0.1"}, "NotFound", 404),
        ("call", {"account": ALICE, "peer": {**BOB, "password": "wrong"}}, "AuthenticationFailed", 401),
    ],
)
def test_refusals(sip, server, action, options, kind, code):
    result = sip(action, server.target(), **options)
    assert result["failed"] and (result["outcome"], result["error"]["type"]) == ("refused", kind), result
    assert (result["code"], result["error"]["code"]) == (code, code) and result["error"]["hint"]
    assert "exception" not in result


def closed_port():
    return free_ports(1)[0]


def test_reasons_before_any_response(sip, server, authority):
    tcp, tls = server.target("tcp"), server.target("tls")
    silent = socket.socket(type=socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    cases = [
        ("udp:nowhere.invalid", {}, "CannotResolve"),
        (f"udp:127.0.0.1:{closed_port()}", {}, "PortClosed"),
        (f"tcp:127.0.0.1:{closed_port()}", {}, "PortClosed"),
        (f"udp:127.0.0.1:{silent.getsockname()[1]}", {"maximum_answer_time": 0.3}, "NoResponse"),
        (tls, {"sip_ca_path": None}, "CertificateInvalid"),
        (tls, {"sip_server_name": "sip.example.com"}, "CertificateInvalid"),
        (tcp.replace("tcp", "tls"), {"maximum_answer_time": 1}, ("NoResponse", "TlsFailed")),
    ]
    for target, options, kinds in cases:
        result = sip("options", target, **{"ring_time": 0, **options})
        assert result["outcome"] == "failed" and result["code"] is None, (target, result)
        assert result["error"]["type"] in kinds and result["error"]["hint"], (target, result)
    silent.close()
    # a certificate that is not valid, as told
    assert sip("options", tls, sip_ca_path=None, sip_validate_certs=False)["outcome"] == "accepted"


def test_a_port_that_is_closed_keeps_no_registration(sip):
    result = sip("register", f"udp:127.0.0.1:{closed_port()}", account=ALICE)
    assert (result["error"]["type"], result["left"]) == ("PortClosed", [])


def test_a_registrar_that_keeps_nothing(sip, stand_in):
    stand_in.forget = True
    result = sip("register", stand_in.target(), account=ALICE)
    assert result["error"]["type"] == "NotRegistered" and result["left"] == []


def test_what_cannot_be_removed_is_named(sip, stand_in):
    stand_in.keep = True
    result = sip("register", stand_in.target(), account=ALICE)
    assert result["outcome"] == "accepted" and [entry["removed"] for entry in result["registrations"]] == [False]
    assert "alice@127.0.0.1 may still be registered for 30 seconds" in result["left"][0]
    assert result["left"][0] in json.dumps(result["warnings"])


def test_an_account_with_phones_does_not_ring(sip, stand_in):
    stand_in.location["bob"] = {"sip:bob@192.0.2.7:5060": None}
    result = sip("call", stand_in.target(), account=ALICE, peer=BOB)
    assert result["error"]["type"] == "WouldRing" and "192.0.2.7" in result["msg"]
    assert "INVITE" not in stand_in.methods and stand_in.contacts("bob") == ["sip:bob@192.0.2.7:5060"]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_server_that_does_not_record_its_route(sip, stand_in, transport):
    stand_in.records = False
    result = sip("call", stand_in.target(transport), account=ALICE, peer=BOB, maximum_answer_time=0.4)
    if transport == "udp":
        # from phone to phone, as RFC 3261 says
        assert result["outcome"] == "accepted", result
        return
    assert (result["outcome"], result["code"], result["error"]["type"]) == ("failed", 200, "NotDelivered")
    assert "record_route()" in result["error"]["hint"] and sent(result)[-1] == "BYE 404"
    assert stand_in.contacts("bob") == []


def test_messages_that_do_not_arrive(sip, stand_in):
    stand_in.refuse["MESSAGE"] = 202
    result = sip("message", stand_in.target(), account=ALICE, peer=BOB, maximum_answer_time=1)
    assert (result["code"], result["error"]["type"]) == (202, "NotDelivered")
    stand_in.refuse.clear()
    stand_in.garble = lambda data: data.replace(b"Test of", b"Text of")
    result = sip("message", stand_in.target(), account=ALICE, peer=BOB)
    assert result["error"]["type"] == "NotDelivered" and "Another text" in result["msg"]


def test_a_call_that_somebody_else_answers(sip, stand_in):
    def answered(request, _count):
        return None if request.startswith(b"ACK") else answer(request, contact=f"<sip:x@127.0.0.1:{voicemail.port}>")

    with Peer("udp", answered) as voicemail:
        peer = {**BOB, "server": stand_in.target()}
        result = sip("call", voicemail.target, account=ALICE, peer=peer)
        methods = [request.split(b" ")[0] for request in voicemail.requests]
    assert result["error"]["type"] == "NotDelivered" and "not by the peer" in result["msg"]
    assert methods == [b"INVITE", b"ACK", b"BYE"] and stand_in.contacts("bob") == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"server": "a b"}, "server: 'a b' is not a socket"),
        ({"server": "sctp:192.0.2.1"}, "server: 'sctp:192.0.2.1' has the transport sctp"),
        ({"peer": {**BOB, "server": "udp:a:0"}}, "peer.server: 'udp:a:0' has the port 0"),
        ({"account": {"aor": "alice"}}, "account.aor is 'alice'"),
        ({"account": {"aor": "alice@exa mple"}}, "account.aor: "),
        ({"account": {**ALICE, "ha1": "0" * 32}}, "account has a password and a hash"),
        ({"account": {"aor": ALICE["aor"], "ha1": "0" * 32}}, "account has ha1, but no realm"),
        (
            {"account": {"aor": ALICE["aor"], "ha1_sha256": "0" * 32, "realm": "x"}},
            "account.ha1_sha256 does not have 64",
        ),
        ({"account": {**ALICE, "username": "a\r\nEvil: x"}}, "account.username contains a carriage return"),
        ({"peer": ALICE}, "peer and account are both sip:alice@127.0.0.1"),
        ({"peer": None, "to": "sip:a:b@c"}, "to has a password or headers"),
        ({"peer": None, "to": "nobody"}, "to: the URI 'nobody' does not begin with sip:"),
        ({"peer": None}, "one of the following are required|any of the following are missing: peer, to"),
        ({"headers": {"from": "x"}}, "headers: from cannot be set"),
        ({"headers": {"X": "a\r\nEvil: x"}}, "headers: the header X contains a carriage return"),
        ({"accept": []}, "accept is an empty list"),
        ({"accept": ["ok"]}, "accept contains 'ok'"),
        ({"expires": 5}, "expires is 5"),
        ({"maximum_answer_time": 61}, "maximum_answer_time is 61"),
        ({"talk_time": float("nan")}, "talk_time is nan"),
        ({"ring_time": 5}, "ring_time is not less than maximum_answer_time"),
        ({"text": ""}, "text is empty"),
        ({"text": "x" * 1001}, "text is empty, or longer than 1000 bytes"),
        ({"sip_ca_path": "/nowhere"}, "/nowhere cannot be used: no such file"),
        ({"sip_client_cert": "/nowhere"}, "/nowhere cannot be used: no such file"),
        ({"peer": None, "to": "sip:a@b", "hang_up": "peer"}, "hang_up is peer, and peer is not set"),
        ({"action": "register"}, "peer is set, and action is register"),
        ({"action": "register", "peer": None, "to": "sip:a@b"}, "to is set, and action is register"),
    ],
)
def test_bad_input(sip, stand_in, changed, words):
    options = {"action": "call", "target": stand_in.target(), "account": ALICE, "peer": BOB, **changed}
    options["target"] = options.pop("server", options["target"])
    result = sip(**{name: value for name, value in options.items() if value is not None})
    assert result["failed"] and re.search(words.replace("(", r"\("), result["msg"]), result["msg"]
    assert "exception" not in result and stand_in.methods == []


def test_a_network_that_loses_the_first_copy_of_everything(sip, stand_in):
    seen = set()

    def lose(data):
        head = data.partition(b"\r\n\r\n")[0].decode()
        key = (head.partition("\r\n")[0], re.search(r"(?im)^cseq: (.*)$", head).group(1))
        is_first = key not in seen
        seen.add(key)
        return b"\r\n" if is_first else data

    stand_in.garble = lose
    result = sip("call", stand_in.target(), account=ALICE, peer=BOB, maximum_answer_time=10)
    assert result["outcome"] == "accepted" and not stand_in.faults, (result, stand_in.faults)
    # each request of ours that expects a response was repeated; the ACK, when the 200 came again
    assert all(entry["repeated"] >= 1 for entry in result["exchanges"])
    assert stand_in.methods.count("ACK") >= 2 and stand_in.contacts("bob") == []


# Nothing is left behind


def test_a_phone_that_does_not_answer_is_cancelled(sip, stand_in):
    result = sip("call", stand_in.target(), account=ALICE, peer=BOB, ring_time=0.5, maximum_answer_time=0.6)
    assert result["outcome"] == "accepted"

    def ringing(request, _count):
        if request.startswith(b"INVITE"):
            return answer(request, 180, "Ringing")
        if request.startswith(b"CANCEL"):
            return [answer(request), answer(phone.requests[0], 487, "Request Terminated")]
        return None

    with Peer("udp", ringing) as phone:
        result = sip("call", phone.target, account=ALICE, to="sip:x@127.0.0.1", maximum_answer_time=0.4)
        methods = [request.split(b" ")[0] for request in phone.requests]
    assert result["error"]["type"] == "NoResponse" and result["timings"]["ringing"] is not None
    assert methods == [b"INVITE", b"CANCEL", b"ACK"] and sent(result) == ["INVITE 487", "CANCEL 200"]


def test_an_answer_that_crosses_the_cancel_is_hung_up(sip):
    def late(request, _count):
        if request.startswith(b"INVITE"):
            return answer(request, 180, "Ringing")
        if request.startswith(b"CANCEL"):
            return [answer(request), answer(phone.requests[0], contact=f"<sip:x@127.0.0.1:{phone.port}>")]
        return answer(request) if request.startswith(b"BYE") else None

    with Peer("udp", late) as phone:
        result = sip("call", phone.target, account=ALICE, to="sip:x@127.0.0.1", maximum_answer_time=0.4)
        methods = [request.split(b" ")[0] for request in phone.requests]
    assert methods == [b"INVITE", b"CANCEL", b"ACK", b"BYE"] and sent(result)[-1] == "BYE 200"


@pytest.mark.parametrize("answered", [True, False])
def test_a_call_that_does_not_end_is_named(sip, answered):
    def deaf(request, _count):
        if request.startswith(b"INVITE"):
            contact = {"contact": f"<sip:x@127.0.0.1:{phone.port}>"}
            return answer(request, **contact) if answered else answer(request, 180, "Ringing")
        # it takes the CANCEL, and goes on ringing
        return answer(request) if request.startswith(b"CANCEL") else None

    with Peer("udp", deaf) as phone:
        result = sip("call", phone.target, account=ALICE, to="sip:x@127.0.0.1", maximum_answer_time=0.3)
    assert result["failed"] and "The call to sip:x@127.0.0.1 may not have ended" in result["left"][0]
    assert result["left"][0] in json.dumps(result["warnings"])


@pytest.mark.parametrize("action", ["options", "register", "call"])
def test_an_echo_is_no_server(sip, action):
    options = {} if action == "options" else {"account": ALICE}
    if action == "call":
        options["to"] = "sip:x@127.0.0.1"
    with Peer("udp", lambda data, _count: data) as echo:
        result = sip(action, echo.target, maximum_answer_time=0.3, **options)
    assert (result["outcome"], result["error"]["type"]) == ("failed", "NoResponse")


def test_each_phone_of_a_forked_call_is_hung_up(sip):
    def two(request, _count):
        if not request.startswith(b"INVITE"):
            return None if request.startswith(b"ACK") else answer(request)
        contact = f"<sip:x@127.0.0.1:{phone.port}>"
        to = "<sip:x@127.0.0.1>;tag="
        return [answer(request, contact=contact, to=f"{to}one"), answer(request, contact=contact, to=f"{to}two")]

    with Peer("udp", two) as phone:
        result = sip("call", phone.target, account=ALICE, to="sip:x@127.0.0.1")
        got = [request.decode() for request in phone.requests]
    assert result["outcome"] == "accepted"
    for tag in ("one", "two"):
        methods = [request.split(" ")[0] for request in got if f";tag={tag}\r\n" in request]
        assert methods == ["ACK", "BYE"], (tag, methods)


def request_of_callee(method, invite, number=1):
    """A request (bytes) of the phone that answered an INVITE (bytes), as answer() did."""
    text = invite.decode()
    value = {name: re.search(rf"(?m)^{name}: (.*)\r$", text).group(1) for name in ("From", "To", "Call-ID", "Contact")}
    lines = [
        f"{method} {value['Contact'].strip('<>')} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{method}{number}",
        f"From: {value['To']};tag=peer",
        f"To: {value['From']}",
        f"Call-ID: {value['Call-ID']}",
        f"CSeq: {number} {method}",
        "Content-Length: 0",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def phone_that(behave, **options):
    """(result of a call to it, the methods that it received, the requests as text); behave: function of (method, request, phone)."""
    with Peer("udp", lambda data, _count: behave(data.split(b" ")[0].decode(), data, phone)) as phone:
        own = {"account": ALICE, "to": "sip:x@127.0.0.1", **QUICK, **options}
        result = run_module("sip", {"action": "call", "server": phone.target, **own})
        requests = [data.decode() for data in phone.requests]
    return result, [text.split(" ")[0] for text in requests], requests


def test_reliable_provisional_responses():
    """Early media of a gateway (RFC 3262): each 183 is answered once, however often it comes, and in the dialog that it begins."""
    routes = "<sip:127.0.0.1;r2=on;lr>, <sip:127.0.0.2;transport=tcp;r2=on;lr>"

    def early(method, data, phone):
        more = {"contact": f"<sip:x@127.0.0.1:{phone.port}>", "record_route": routes}
        if method == "INVITE":
            ringing = [
                answer(data, 183, "Session Progress", require="100rel", rseq=str(seq), **more) for seq in (7, 7, 9, 8)
            ]
            return [answer(data, 100, "Trying"), *ringing, ringing[0]]
        if method == "PRACK":
            final = [answer(phone.requests[0], **more)] if "RAck: 8 " in data.decode() else []
            return [answer(data), *final]
        return answer(data) if method == "BYE" else None

    result, methods, requests = phone_that(early, headers={"Supported": "100rel"})
    assert result["outcome"] == "accepted" and methods == ["INVITE", "PRACK", "PRACK", "ACK", "BYE"], result
    # what was sent in between does not count for the times of the INVITE
    assert sent(result)[0] == "INVITE 200" and result["timings"]["final_reply"] >= result["timings"]["ringing"]
    rack = [re.search(r"RAck: (.*)\r", text).group(1) for text in requests if text.startswith("PRACK")]
    assert rack == ["7 1 INVITE", "8 1 INVITE"]
    for text in requests[1:]:
        assert re.findall(r"Route: (.*)\r", text) == routes.split(", ")[::-1] and ";tag=peer\r" in text
    numbers = [int(re.search(r"CSeq: (\d+)", text).group(1)) for text in requests]
    assert numbers == [1, 2, 3, 1, 4]


def test_a_redirection_is_named_and_not_followed():
    def moved(method, data, _phone):
        contact = "<sip:carol@192.0.2.9>;q=1, <sip:other@192.0.2.9>"
        return answer(data, 302, "Moved Temporarily", contact=contact) if method == "INVITE" else None

    result, methods, _requests = phone_that(moved)
    assert (result["code"], result["error"]["type"]) == (302, "Refused") and result["left"] == []
    assert methods == ["INVITE", "ACK"] and "redirects to sip:carol@192.0.2.9" in result["error"]["hint"]


def test_the_other_side_hangs_up():
    def end(method, data, phone):
        if method == "INVITE":
            return answer(data, contact=f"<sip:x@127.0.0.1:{phone.port}>")
        return request_of_callee("BYE", phone.requests[0]) if method == "ACK" else None

    result, methods, requests = phone_that(end, talk_time=30)
    assert result["outcome"] == "accepted" and methods == ["INVITE", "ACK", "SIP/2.0"] and "200 OK" in requests[-1]
    assert result["timings"]["total"] < 20


def test_both_sides_hang_up_at_once():
    def end(method, data, phone):
        if method == "INVITE":
            return answer(data, contact=f"<sip:x@127.0.0.1:{phone.port}>")
        crossed = [request_of_callee("BYE", phone.requests[0]), answer(data, 481, "Call/Transaction Does Not Exist")]
        return crossed if method == "BYE" else None

    result, methods, requests = phone_that(end)
    assert result["outcome"] == "accepted" and methods[:3] == ["INVITE", "ACK", "BYE"], result
    assert any(text.startswith("SIP/2.0 200 OK") for text in requests)


def test_a_phone_that_answers_later_is_hung_up_at_once():
    """A forked call: the second phone has it only for a moment, though the first one talks on. Its repeated 200 changes nothing."""

    def two(method, data, phone):
        contact = f"<sip:x@127.0.0.1:{phone.port}>"

        def answered(tag):
            return answer(phone.requests[0], contact=contact, to=f"<sip:x@127.0.0.1>;tag={tag}")

        if method == "INVITE":
            return answered("one")
        if method == "ACK" and ";tag=one" in data.decode():
            return [answered("two"), answered("one"), answered("two")] if len(phone.requests) == 2 else None
        return answer(data) if method == "BYE" else None

    result, methods, requests = phone_that(two, talk_time=0.5)
    got = [(text.split(" ")[0], re.search(r"tag=(one|two)", text).group(1)) for text in requests[1:]]
    assert result["outcome"] == "accepted" and result["left"] == [], result
    assert sorted(got[:4]) == [("ACK", "one"), ("ACK", "one"), ("ACK", "two"), ("BYE", "two")] and got[4:] == [
        ("BYE", "one")
    ]


def test_a_nonce_that_is_always_too_old(sip):
    with SipServer(demand=Demand(realms=(REALM,), password=PASSWORD, stale=-1, refusal=401)) as server:
        result = sip("register", server.target(), account=ALICE)
    assert result["error"]["type"] == "AuthenticationFailed" and "nonce_expire" in result["error"]["hint"]
    assert 2 < len(result["exchanges"]) <= 6


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
class TestIPv6:
    def test_call(self, sip):
        """Our contact, media and the way to the phone are those of IPv6."""

        def phone(request, _count):
            if request.startswith(b"ACK"):
                return None
            return answer(request, contact=f"<sip:x@[::1]:{peer.port}>")

        with Peer("udp", phone, host="::1") as peer:
            result = sip("call", peer.target, account=ALICE, to="sip:x@example.com")
            invite, _ack, bye = [request.decode() for request in peer.requests]
        assert result["outcome"] == "accepted" and result["address"] == f"[::1]:{peer.port}", result
        assert (
            "Contact: <sip:alice@[::1]:" in invite and "c=IN IP6 ::1" in invite and "Via: SIP/2.0/UDP [::1]:" in invite
        )
        assert bye.startswith(f"BYE sip:x@[::1]:{peer.port} SIP/2.0")

    @pytest.mark.parametrize(("one", "other"), [("tcp", "tls"), ("tls", "udp"), ("udp", "tcp")])
    def test_call_through_a_server(self, sip, server, one, other):
        if isinstance(server, SipServer):
            pytest.skip("the stand-in has IPv4 only")
        peer = {**BOB, "server": server.target(other, "127.0.0.1" if one == "udp" else "[::1]")}
        for who in ("account", "peer"):
            result = sip(
                "call", server.target(one, "[::1]"), account=ALICE, peer=peer, hang_up=who, sip_validate_certs=False
            )
            assert result["outcome"] == "accepted", result


def test_a_domain_that_is_not_the_host(sip, server):
    accounts = [{**account, "aor": account["aor"].replace("127.0.0.1", "sip.example.com")} for account in (ALICE, BOB)]
    result = sip("call", server.target(), account=accounts[0], peer=accounts[1])
    assert result["outcome"] == "accepted", result


def wait_for_a_call(stand_in):
    """The first ACK is that of the answer which asks for a password."""
    until = time.monotonic() + 30
    while stand_in.methods.count("ACK") < 2 and time.monotonic() < until:
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, "hang up"])
def test_interrupted(stand_in, number):
    options = {"action": "call", "server": stand_in.target(), "account": ALICE, "peer": BOB, "talk_time": 60}
    process = ModuleProcess("sip", options, pipe=number == "hang up")
    wait_for_a_call(stand_in)
    if number == "hang up":
        process.hang_up()
    else:
        process.kill(number)
    assert process.wait(30)
    assert "BYE" in stand_in.methods and stand_in.contacts("bob") == []
    if number != "hang up":
        result = process.result()
        assert result["error"]["type"] == "Interrupted" and result["registrations"][0]["removed"]


def test_calls_of_others_are_refused(stand_in):
    """While the module has an account, a call to it that is none of the test must go on as if nobody were there."""
    options = {"action": "call", "server": stand_in.target(), "account": ALICE, "peer": BOB, "talk_time": 2}
    process = ModuleProcess("sip", options)
    wait_for_a_call(stand_in)
    stand_in.users = ("alice", "bob", "carol")
    carol = {"aor": "carol@127.0.0.1", "password": PASSWORD}
    for action in ("call", "message"):
        result = run_module(
            "sip", {"action": action, "server": stand_in.target(), "account": carol, "to": "sip:bob@127.0.0.1"}
        )
        assert (result["code"], result["error"]["type"]) == (480, "NotFound"), result
    assert process.result()["outcome"] == "accepted"


def test_no_secret_in_any_result(sip, server):
    mark = "Zq9mark"
    for account in ({**ALICE, "password": mark}, {"aor": ALICE["aor"], "ha1": "abc" + mark, "realm": "x"}):
        for more in ({}, {"accept": ["401"]}, {"unknown": 1}, {"account": {**account, "pasword": mark}}):
            result = sip("register", server.target(), **{"account": account, **more})
            assert mark not in json.dumps(result) and "response=" not in json.dumps(result)
    # a password that is a number or the user's name hides nothing else
    result = sip("register", server.target(), account={**ALICE, "password": "alice"}, accept=["401"])
    assert result["exchanges"][0]["party"] == "account" and result["registrations"][0]["aor"] == "alice@127.0.0.1"


# what a server may make of a digest, an HA1 or a password
DISGUISES = {
    "plain": lambda text: text,
    "upper case": str.upper,
    "backwards": lambda text: text[::-1],
    "escaped": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "base64": lambda text: base64.b64encode(f"alice:{text}".encode()).decode(),
}


@pytest.mark.parametrize(("transport", "disguise"), [("tcp", "plain"), *(("udp", name) for name in DISGUISES)])
def test_a_server_that_repeats_what_it_was_sent(sip, transport, disguise):
    """A digest is as good as a weak password, and an HA1 as a strong one: they are in no result, whatever a server makes of them."""
    password = "Wonder land"
    ha1 = hashlib.md5(f"alice:{REALM}:{password}".encode()).hexdigest()
    with SipServer(demand=Demand(realms=(REALM,), password="other", refusal=401)) as server:
        digests = []

        def repeat(data):
            if not digests:
                return data
            texts = " ".join(DISGUISES[disguise](text) for text in (digests[-1], ha1, password))
            return data.replace(b"Unauthorized", f"Unauthorized {texts}".encode())

        def note(message, user, judge=server._judge):
            digests.extend(re.findall(r'response="([0-9a-f]+)"', message.raw.decode()))
            return judge(message, user)

        server.garble, server._judge = repeat, note
        result = sip("register", server.target(transport), account={**ALICE, "password": password})
    assert digests and "***" in result["reason"] and "***" in result["error"]["reason"] and "***" in result["msg"]
    shown = json.dumps(result)
    for text in (*digests, ha1, password):
        disguised = DISGUISES[disguise](text)
        # base64 of what stands before the secret may be shown, and its last bits
        assert (disguised[8:-4] if disguise == "base64" else disguised) not in shown


# Others' programs


@needs_sipp
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_sipp_answers(sip, tmp_path, transport):
    port = free_ports(1)[0]
    mode = "u1" if transport == "udp" else "t1"
    process = sipp.start(tmp_path, "-sn", "uas", "-t", mode, "-p", port, "-m", 1, "-timeout", 20)
    try:
        until = time.monotonic() + 10
        result = {}
        while result.get("outcome") != "accepted" and time.monotonic() < until:
            result = sip("call", f"{transport}:127.0.0.1:{port}", account=ALICE, to="sip:service@127.0.0.1")
        assert result["outcome"] == "accepted" and sent(result) == ["INVITE 200", "BYE 200"]
        # a call whose connection is closed in the four seconds after its BYE counts as failed for sipp
        assert transport == "tcp" or process.wait(20) == 0
    finally:
        sipp.end(process)


@needs_sipp
def test_sipp_calls(tmp_path):
    """What the peer of a call answers, from outside: sipp counts a call in which each response and the BYE are right."""
    port = free_ports(1)[0]
    loop = Loop()
    endpoint = loop.add(Endpoint(Target("udp", "127.0.0.1", port), time.monotonic() + 1))
    account = Account("sip:service@127.0.0.1", "service", "sip:127.0.0.1", None)
    receiver = Receiver(Party(loop, endpoint, account, 5.0), f"sip:sipp@127.0.0.1:{port}", 0.05)
    own = endpoint.transport.local
    process = sipp.start(tmp_path, "-sn", "uac", "-p", port, "-m", 1, "-d", 100, "-timeout", 20, own)
    try:
        assert loop.run(lambda: receiver.is_over, time.monotonic() + 20)
        assert receiver.invite.is_acknowledged
        assert loop.run(lambda: process.poll() is not None, time.monotonic() + 20) and process.returncode == 0
    finally:
        sipp.end(process)
        receiver.close()
        loop.close()


@needs_opensips
@pytest.mark.parametrize("answers", [True, False])
def test_softphone(sip, answers):
    """baresip, registered at OpenSIPS: it gets a text, and a call, which it answers, or which is cancelled."""
    # baresip 1.0 does not choose among several challenges
    server = RealRegistrar(find_binary(), password=SOFTPHONE_PASSWORD, algorithms="MD5")
    account = {**ALICE, "password": SOFTPHONE_PASSWORD}
    try:
        with softphone(server, answers) as phone:
            result = sip("message", server.target(), account=account, to="sip:bob@127.0.0.1", text="hello phone")
            assert result["outcome"] == "accepted", result
            phone.await_output("hello phone")
            result = sip("call", server.target(), account=account, to="sip:bob@127.0.0.1", maximum_answer_time=2)
            assert result["timings"]["ringing"] is not None, result
            if answers:
                assert result["outcome"] == "accepted" and sent(result)[-1] == "BYE 200", result
            else:
                assert result["error"]["type"] == "NoResponse" and sent(result)[-1] == "CANCEL 200", result
                assert "INVITE 487" in sent(result)
    finally:
        server.stop()


@contextlib.contextmanager
def softphone(server, answers):
    try:
        phone = Baresip("bob", server, answers=answers)
    except NotHere as error:
        pytest.skip(str(error))
    try:
        yield phone
    finally:
        phone.close()
