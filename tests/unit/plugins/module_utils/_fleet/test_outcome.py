# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of each phone, from what real servers answered, and the summary of a run."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome, report
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import (
    Delivery,
    check_max_in_flight,
)
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal, JournalError
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut, Selection
from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._fleet.sources import MISource
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import (
    Target,
    by_aor,
    check_uris,
    of_aors,
    of_record,
    of_selection,
    of_uris,
)
from ansible_collections.community.opensips.plugins.module_utils._mi import governor
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ConnectError,
    MalformedReply,
    MIError,
    MITimeout,
    RequestTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import decode_text
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import ValueReply
from ansible_collections.community.opensips.plugins.module_utils._readers import location
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.template import RequestTemplate
from ansible_collections.community.opensips.tests.unit import wire
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    SILENT,
    Datagram,
    Fault,
)

# recorded case -> (outcome, code); handler errors were sent to nobody
CASES = {
    "uac_notify_ok": ("accepted", 200),
    "uac_notify_mwi": ("accepted", 200),
    "uac_notify_481": ("rejected", 481),
    "uac_notify_dead_408": ("no_answer", 408),
    "uac_unresolvable": ("unreachable", 476),
    "uac_missing_to": ("not_sent", 400),
    "uac_missing_from": ("not_sent", 400),
    "uac_bad_ruri": ("not_sent", 400),
    "uac_body_no_content_type": ("not_sent", 400),
    "uac_positional": ("not_sent", -32602),
}
# 1.11 serves mi_xmlrpc_ng elsewhere: that recording is HTML
FILES = [each for each in wire.files() if each[1] not in wire.OTHER_SERVERS and each != ("1.11", "xmlrpc")]


def recorded_outcome(version, name, case):
    try:
        reply = wire.reply(version, name, case)
    except MIError as error:
        reply = error
    return outcome.of_reply(reply)


@pytest.mark.parametrize("version,name", FILES)
def test_every_recorded_answer_of_t_uac_dlg(version, name):
    cases = [each["id"] for each in wire.exchanges(version, name) if each["id"].startswith("uac_")]
    assert len(cases) >= 3
    for case in cases:
        what, record = recorded_outcome(version, name, case)
        expected, code = CASES[case]
        assert what == expected, (case, record)
        assert record["code"] == code
        assert record["reason"] and isinstance(record["headers"], dict)
        # only a phone has headers
        assert bool(record["headers"]) is (what in ("accepted", "rejected"))


@pytest.mark.parametrize(
    "error,expected",
    [
        (MITimeout("x"), "unknown"),
        (MalformedReply("x"), "unknown"),
        (RequestTooLarge("x"), "not_sent"),
        (BadParameters("x"), "not_sent"),
        (ConnectError("x"), "not_sent"),
        (ServerError(500, "Internal"), "not_sent"),
        (ServerError(477, "Send failed (477/MI/UAC)"), "unreachable"),
    ],
)
def test_errors_that_came_instead(error, expected):
    what, record = outcome.of_reply(error)
    assert what == expected and record["reason"]


def test_a_dropped_connection_may_have_sent():
    error = ConnectError("closed")
    error.maybe_sent = True
    assert outcome.of_reply(error)[0] == "unknown"


@pytest.mark.parametrize(
    "value,expected",
    [
        ("Accepted", "unknown"),
        ({"Status": "180 Ringing"}, "unknown"),
        ({"Status": "nonsense"}, "unknown"),
        (17, "unknown"),
        ({}, "unknown"),
        ([], "unknown"),
        ({"Status": "408 Timeout", "Message": "Via: x\r\n\r\n"}, "rejected"),
        ({"Status": "603 Decline"}, "rejected"),
        ({"Status": "202 OK", "Message": "Via: x\r\n\r\n"}, "accepted"),
    ],
)
def test_values_of_3x(value, expected):
    assert outcome.of_reply(ValueReply(value, "raw"))[0] == expected


def test_notes_explain_codes_that_operators_meet():
    def error(word, code):
        return outcome.error_of(word, {"code": code, "reason": "Words"})

    assert "credentials" in error("rejected", 401).hint and "401 Words" in error("rejected", 401).message
    assert "Event" in error("rejected", 489).hint
    assert "power" in error("no_answer", 408).hint
    assert "host name" in error("unreachable", 476).hint
    for word, code in (("not_sent", 400), ("unknown", None), ("rejected", 603)):
        assert error(word, code).hint is None and error(word, code).message
    for word in outcome.GOOD:
        assert error(word, 200) is None
    # what a module found out about a challenge is more than what its code tells
    own = outcome.CredentialsMissing("no entry", "add one")
    assert outcome.error_of("rejected", {"code": 401, "reason": "Words", "error": own}) is own


@pytest.mark.parametrize("code", [403, 405, 481, 489, 501])
def test_the_note_speaks_of_the_method_that_was_sent(code):
    def hint(*method):
        return outcome.error_of("rejected", {"code": code, "reason": "Words"}, *method).hint

    assert hint("NOTIFY") == hint() != hint("REFER")
    assert not {"NOTIFY", "NOTIFYs", "reboot", "preset"} & set(hint("REFER").split())
    assert code == 489 or "REFER" in hint("REFER")


# --- the summary -----------------------------------------------------------------------------------------------


def test_summary_counts_everything_once():
    entries = [
        {"outcome": what, "vendor": vendor, "user_agent": None, "seconds": 0.1 if what == "accepted" else 2.0}
        for what, vendor in [
            ("accepted", "Yealink"),
            ("accepted", "Snom"),
            ("rejected", "Snom"),
            ("no_answer", None),
            ("not_sent", "Snom"),
            ("unknown", "Snom"),
        ]
    ]
    summary = report.Counts(entries).summary(2.0, 5)
    assert summary["total"] == 6
    assert summary["outcomes"] == {
        "accepted": 2,
        "rejected": 1,
        "no_answer": 1,
        "unreachable": 0,
        "not_sent": 1,
        "unknown": 1,
        "in_call": 0,
        "already": 0,
        "planned": 0,
    }
    assert summary["user_agents"] == {"unknown": {key: value for key, value in summary["outcomes"].items() if value}}
    # of the two that accepted and the one that rejected
    assert summary["answer_seconds"] == {"min": 0.1, "median": 0.1, "p95": 2.0, "max": 2.0}
    assert summary["vendors"] == {
        "Yealink": {"accepted": 1},
        "Snom": {"accepted": 1, "rejected": 1, "not_sent": 1, "unknown": 1},
        "unknown": {"no_answer": 1},
    }
    # five went out, in two seconds
    assert (summary["seconds"], summary["rate"]) == (2.0, 2.5)


def test_summary_of_nothing_and_of_check_mode():
    empty = report.Counts([]).summary(0.0, 0)
    assert empty["total"] == 0 and empty["rate"] is None and set(empty["outcomes"].values()) == {0}
    plan = {"outcome": "planned", "vendor": "Snom", "user_agent": "x", "seconds": None}
    planned = report.Counts([plan]).summary(None, 0)
    assert planned["outcomes"]["planned"] == 1 and planned["seconds"] is None and planned["rate"] is None


# --- targets ---------------------------------------------------------------------------------------------------


def contact_json(user, **fields):
    return dict(
        {
            "Contact": "sip:{0}@192.0.2.1:5060".format(user),
            "Expires": 600,
            "Q": "",
            "User-agent": "Yealink SIP-T46U 108.86.0.20",
            "Socket": "udp:192.0.2.9:5060",
        },
        **fields,
    )


def show_contact(params):
    aor = params["aor"]
    if aor.startswith("nobody"):
        return Fault(404, "AOR not found")
    if aor.startswith("gone"):
        return {"AOR": aor, "Contacts": [contact_json(aor, Expires="expired")]}
    return {"AOR": aor, "Contacts": [contact_json(aor), contact_json(aor + "2")]}


@pytest.fixture
def server():
    with Datagram(commands={"ul_show_contact": show_contact}) as peer:
        with peer.connect(timeout=5) as conn:
            yield peer, conn


def test_uris_are_taken_once_and_in_order():
    assert [each.contact for each in of_uris(["sip:b@x", "sip:a@x", "sip:b@x"])] == ["sip:b@x", "sip:a@x"]
    (target,) = of_uris(["sip:a@x"])
    assert (target.aor, target.problem, target.user_agent, target.vendor, target.way()) == (
        None,
        None,
        None,
        None,
        (None, None, None),
    )


def test_aors_are_looked_up_and_nobody_is_missing(server):
    _peer, conn = server
    source = MISource(conn, "location")
    found = by_aor(source, ["alice", "nobody", "bob", "alice", "gone", "nobody2"])
    assert list(found) == ["alice", "nobody", "bob", "gone", "nobody2"]
    assert [each.contact for each in found["alice"]] == ["sip:alice@192.0.2.1:5060", "sip:alice2@192.0.2.1:5060"]
    for aor in ("nobody", "gone", "nobody2"):
        (target,) = found[aor]
        assert target.problem and target.contact is None and target.aor == aor
    assert len(of_aors(source, ["alice", "nobody"])) == 3


def test_first_aor_unknown_is_no_reason_to_stop(server):
    _peer, conn = server
    found = of_aors(MISource(conn, "location"), ["nobody", "alice"])
    assert [bool(each.problem) for each in found] == [True, False, False]


def test_check_uris_names_option_and_uri():
    check_uris(["sip:a@b", "sips:c@d:5061;transport=tls"], "uri")
    for bad in ("a@b", "sip:", "sip:a@b\r\nX: y", "tel:123"):
        with pytest.raises(SipError) as refused:
            check_uris(["sip:a@b", bad], "uri")
        assert "uri" in str(refused.value)


class Recorded:
    """A source whose contacts are those of a recorded ul_dump."""

    doubtful = {}

    def __init__(self, version):
        self.records = location.parse(wire.reply(version, "fifo", "odd_ul_dump"), "location")

    def contacts(self, select=None):
        return filter(select, self.records)


@pytest.mark.parametrize("version", wire.VERSIONS)
def test_selection_of_a_recorded_server(version):
    if not any(each["id"] == "odd_ul_dump" for each in wire.exchanges(version, "fifo")):
        pytest.skip("not recorded there")
    source, left_out = Recorded(version), LeftOut()
    selection = Selection({"user_agent": ["yealink"], "exclude_contact": ["*transport=tcp*"]})
    found = of_selection(source, selection, left_out)
    assert found and all(target.vendor and target.problem is None for target in found)
    assert {target.vendor for target in found} == {found[0].vendor}
    assert all("yealink" in target.user_agent.lower() for target in found)
    assert len(found) + sum(left_out.counts.values()) == len(source.records)


@pytest.mark.parametrize("name", ["contact", "aor", "received", "path"])
def test_a_registration_that_is_not_utf_8_is_not_sent_as_another_one(name):
    """Of sip:jos\\xe9 MI's reply has other bytes."""
    record = dict(Recorded("3.6").records[0], received=None, path=None)
    assert of_record(record).problem is None
    assert of_record(dict(record, **{name: decode_text("sip:josé@192.0.2.1".encode())})).problem is None
    other = of_record(dict(record, **{name: decode_text("sip:josé@192.0.2.1".encode("latin-1"))}))
    assert "not UTF-8" in SipRequest(other, "NOTIFY", {}).problem


def test_a_tel_contact_names_no_host():
    record = {"sip_instance": None, "user_agent": "x", "received": None, "path": None, "socket": None}
    with pytest.raises(SipError, match="has no host to send to"):
        Target("alice", "tel:+4930123456", record).to_uri()


def test_a_target_is_known_as_its_request_is():
    record = dict(Recorded("3.6").records[0], sip_instance="<urn:uuid:1>")
    for target in (
        Target("alice", "sip:a@b", record),
        Target("alice", "sip:a@b", dict(record, sip_instance=None)),
        Target(None, "sip:a@b"),
        Target("alice", None, problem="nobody"),
    ):
        assert target.key == SipRequest(target, "NOTIFY", {}).key


# --- delivering ------------------------------------------------------------------------------------------------


def answers(params):
    user = params["ruri"].partition(":")[2].partition("@")[0]
    if user.startswith("ok"):
        return {"Status": "200 OK", "Message": "Via: SIP/2.0/UDP x\r\nContent-Length: 0\r\n\r\n"}
    return {
        "dead": {"Status": "408 Request Timeout"},
        "no": {"Status": "486 Busy", "Message": "Via: x\r\n\r\n"},
        "bad": Fault(400, "Invalid ruri"),
        "silent": SILENT,
    }[user.rstrip("0123456789")]


def notify(uri, **more):
    return SipRequest(Target(None, uri), "NOTIFY", {"Event": "check-sync"}, **more)


def test_what_a_signal_tells_as_unsent_is_not_sent_any_more():
    """A thread of HTTP may be about to begin when the journal asks."""
    requests = [notify("sip:ok{0}@192.0.2.1".format(number)) for number in range(40)]
    with Datagram(commands={"t_uac_dlg": answers}) as peer:
        with peer.connect(timeout=5) as conn:
            delivery = Delivery(conn, max_in_flight=1)
            running = delivery.run(requests)
            results = [next(running)]
            unsent = set(delivery._unsent())
            results += running
        asked = {params["ruri"] for method, params in peer.requests if method == "t_uac_dlg"}
    assert unsent and len(results) == 40
    for request, result in results:
        sent = request.target.contact in asked
        assert sent == (result["outcome"] == "accepted")
        assert not (sent and request.key in unsent)


def test_each_request_gets_one_result():
    uris = [
        "sip:ok1@192.0.2.1",
        "sip:dead1@192.0.2.1",
        "sip:no1@192.0.2.1",
        "sip:bad1@192.0.2.1",
        "sip:silent1@192.0.2.1",
        "sip:ok2@192.0.2.1",
    ]
    requests = [notify(uri) for uri in uris]
    requests.insert(2, SipRequest(Target("x", None, problem="no contact is registered"), "NOTIFY", {}))
    requests.append(notify("sip:ok3@192.0.2.1", problem="no Event fits"))
    requests.append(notify("sip:ok\r\nX: y@192.0.2.1"))
    with Datagram(commands={"t_uac_dlg": answers}) as peer:
        with peer.connect(timeout=0.5) as conn:
            results = list(Delivery(conn).run(requests))
        asked = [params["ruri"] for method, params in peer.requests if method == "t_uac_dlg"]
    assert len(results) == len(requests) and {id(request) for request, _result in results} == {
        id(request) for request in requests
    }
    what = {request.target.contact or "none": result["outcome"] for request, result in results}
    assert [what[uri] for uri in uris] == ["accepted", "no_answer", "rejected", "not_sent", "unknown", "accepted"]
    assert what["none"] == what["sip:ok3@192.0.2.1"] == what["sip:ok\r\nX: y@192.0.2.1"] == "not_sent"
    assert sorted(asked) == sorted(uris)
    for _request, result in results:
        assert {"outcome", "code", "reason", "error", "seconds"} <= set(result) and result["reason"]
    reasons = {request.target.contact: result["reason"] for request, result in results}
    assert reasons[None] == "no contact is registered" and reasons["sip:ok3@192.0.2.1"] == "no Event fits"


def test_deliver_nothing_and_only_what_cannot_be_sent():
    with Datagram(commands={"t_uac_dlg": answers}) as peer:
        with peer.connect() as conn:
            assert list(Delivery(conn).run([])) == []
            requests = [notify("sip:ok@192.0.2.1", problem="a"), notify("sip:ok@192.0.2.1", problem="b")]
            results = list(Delivery(conn).run(requests))
        assert [result["reason"] for _request, result in results] == ["a", "b"]
        assert "t_uac_dlg" not in peer.methods()


def test_seconds_count_from_the_last_try(monkeypatch):
    """A phone that the server had no memory for at first did not take that long to answer."""
    monkeypatch.setattr(governor, "_FIRST_PAUSE", 0.5)
    left = [Fault(500, "Server error occurred (2/MI/UAC)")]
    with Datagram(commands={"t_uac_dlg": lambda params: left.pop() if left else answers(params)}) as peer:
        with peer.connect() as conn:
            ((_request, result),) = Delivery(conn).run([notify("sip:ok1@192.0.2.1")])
    assert result["outcome"] == "accepted" and not left
    assert result["seconds"] < 0.5


def test_a_journal_that_is_full_costs_no_answer(tmp_path):
    """What is under way has its results, and nothing more is sent."""
    requests = [notify("sip:ok{0}@192.0.2.1".format(number)) for number in range(200)]
    with Journal("full", str(tmp_path)) as journal, Datagram(commands={"t_uac_dlg": answers}) as peer:
        real, calls = journal.sending, []

        def sending(keys):
            calls.append(keys)
            if len(calls) == 2:
                raise JournalError("No space left on device")
            real(keys)

        journal.sending = sending
        with peer.connect() as conn:
            delivery = Delivery(conn, journal=journal)
            results = {request.target.contact: result for request, result in delivery.run(requests)}
        reached = [params["ruri"] for method, params in peer.requests if method == "t_uac_dlg"]
    assert "No space left" in str(delivery.failure)
    assert [results[request.target.contact]["outcome"] for request in requests] == ["accepted"] * 64 + [
        "not_sent"
    ] * 136
    assert sorted(reached) == sorted(uri for uri, result in results.items() if result["outcome"] == "accepted")


def test_a_server_that_is_gone_at_the_end_is_told():
    """All was handed over before, so that only its silence is left."""
    with Datagram(commands={"t_uac_dlg": SILENT}) as peer:
        with peer.connect(timeout=0.3) as conn:
            conn.has("t_uac_dlg")
            peer.answers.commands["version"] = SILENT
            delivery = Delivery(conn)
            ((_request, result),) = delivery.run([notify("sip:ok1@192.0.2.1")])
    assert result["outcome"] == "unknown" and isinstance(delivery.failure, MITimeout)


def test_a_registered_phone_is_reached_the_way_it_registered():
    record = dict(
        location.parse(wire.reply("3.6", "fifo", "odd_ul_dump"), "location")[0],
        contact="sip:ok1@10.0.0.1",
        path="<sip:edge.example;lr>,<sip:b.example;lr>",
        received="sip:198.51.100.1:1024",
        socket="udp:192.0.2.9:5060",
    )
    request = SipRequest(Target("100004", record["contact"], record), "NOTIFY", {"Event": "check-sync"})
    template = RequestTemplate(request.method, request.headers)
    params = request.params(template, socket="contact")
    assert params["next_hop"] == "sip:edge.example;lr" and params["socket"] == "udp:192.0.2.9:5060"
    assert "Route: <sip:edge.example;lr>,<sip:b.example;lr>" in params["headers"]
    record["path"] = None
    assert request.params(template, socket="contact")["next_hop"] == "sip:198.51.100.1:1024"
    assert request.params(template, socket="udp:1.2.3.4:5060")["socket"] == "udp:1.2.3.4:5060"


@pytest.mark.parametrize("limit", [0, -3, 10**6])
def test_max_in_flight_that_cannot_be(limit):
    with pytest.raises(BadParameters) as refused:
        check_max_in_flight(limit)
    assert "max_in_flight" in str(refused.value)
    check_max_in_flight(None)
    check_max_in_flight(1)
