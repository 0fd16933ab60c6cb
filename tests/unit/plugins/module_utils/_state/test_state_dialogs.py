# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which calls the filters take, and what becomes of calls that are ended or waited for: on emulated servers."""

import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MITimeout
from ansible_collections.community.opensips.plugins.module_utils._state import dialogs

VERSIONS = ("1.11", "2.4", "3.6", "4.0")
# Seconds that the connections wait for an answer
TIMEOUT = 0.7
NOW = 1795318000


def call(
    from_uri="sip:1001@example.com", to_uri="sip:1002@example.com", call_id="a@b", age=60, callees=(), context=None
):
    return {
        "from_uri": from_uri,
        "to_uri": to_uri,
        "call_id": call_id,
        "timestart": None if age is None else NOW - age,
        "callees": callees,
        "context": context,
    }


def takes(record, **given):
    return dialogs.Filter(given).matches(record, NOW)


# --- Filters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern, uri, expected",
    [
        ("1001", "sip:1001@example.com", True),
        ("100?", "sip:1001@example.com", True),
        ("100[2-9]", "sip:1001@example.com", False),
        ("001", "sip:1001@example.com", False),
        ("example.com", "sip:1001@example.com", False),
        ("1001@example.com", "sip:1001@example.com", True),
        ("1001@example.com", "sip:1001@example.com:5070;transport=tcp", True),
        ("*@example.com", "sips:1001@example.com", True),
        ("*@example.com", "sip:1001@example.com.invalid", False),
        ("sip:1001@example.com", "sip:1001@example.com", True),
        ("sip:1001@example.com", "sip:1001@example.com:5070", False),
        ("sip:*", "sip:example.com", True),
        ("sip:*", "tel:+4930123", False),
        ("+4930*", "tel:+4930123", True),
        ("*", "no URI at all", False),
        ("*:*", "x: no URI at all", True),
        ("*", None, False),
    ],
)
def test_shell_patterns(pattern, uri, expected):
    assert takes(call(from_uri=uri), caller=[pattern]) is expected
    assert takes(call(to_uri=uri), callee=[pattern]) is expected


def test_regular_expressions_are_searched_regardless_of_case():
    assert takes(call(from_uri="sip:Alice@EXAMPLE.com"), caller_regex=["nobody", "alice@example"])
    assert takes(call(to_uri="sip:+4930123@x"), callee_regex=[r"^sip:\+49"])
    assert not takes(call(), callee_regex=[r"^sip:\+49"])
    assert not takes(call(from_uri=None), caller_regex=["sip"])


def test_age():
    assert takes(call(age=60), older_than=60)
    assert not takes(call(age=59), older_than=60)
    assert not takes(call(age=None), older_than=0)
    assert takes(call(age=None))


def test_all_filters_must_match_and_one_of_a_list():
    both = {"caller": ["1001", "1009"], "call_id": ["x", "a@b"]}
    assert takes(call(), **both)
    assert not takes(call(call_id="c"), **both)
    assert not takes(call(from_uri="sip:1002@x"), **both)
    # a Call-ID is no pattern
    assert not takes(call(call_id="a@b"), call_id=["a*"])


def test_empty_means_all():
    assert dialogs.Filter({}).is_empty
    assert not dialogs.Filter({"older_than": 0}).is_empty
    assert not dialogs.Filter({"callee": ["x"]}).is_empty


@pytest.mark.parametrize(
    "given, words",
    [
        ({"caller": []}, "caller is an empty list"),
        ({"call_id": ["x", " "]}, "call_id contains an empty text"),
        ({"callee_regex": ["("]}, r"callee_regex: '\(' is not a regular expression"),
        ({"older_than": -1}, "older_than is -1"),
        ({"callee_contact": []}, "callee_contact is an empty list"),
        ({"profile": []}, "profile is an empty list"),
    ],
)
def test_bad_filters(given, words):
    with pytest.raises(BadParameters, match=words) as caught:
        dialogs.Filter(given)
    assert caught.value.hint


def leg(contact="sip:192.0.2.10:5060", route_set=None, bind_addr="udp:192.0.2.1:5060"):
    return {"contact": contact, "route_set": route_set, "bind_addr": bind_addr}


@pytest.mark.parametrize(
    "pattern, contact, expected",
    [
        ("192.0.2.10", "sip:192.0.2.10:5060", True),
        ("192.0.2.10", "sip:4930@192.0.2.10;transport=tcp", True),
        ("192.0.2.10:5060", "sip:192.0.2.10", True),
        ("192.0.2.10:5061", "sips:192.0.2.10", True),
        ("192.0.2.10:5061", "sip:192.0.2.10", False),
        ("192.0.2.1", "sip:192.0.2.10:5060", False),
        ("192.0.2.*", "sip:192.0.2.10:5060", True),
        ("*@192.0.2.10", "sip:192.0.2.10:5060", True),
        ("*@192.0.2.10", "sip:4930@192.0.2.10:5070", True),
        ("sip:*@192.0.2.10:5070", "sip:4930@192.0.2.10:5070", True),
        ("GW1.example.com", "sip:gw1.EXAMPLE.com", True),
        ("[2001:db8::10]", "sip:[2001:DB8:0:0::10]:5060", True),
        ("*@[2001:db8::10]", "sip:4930@[2001:db8:0:0:0:0:0:10]", True),
        ("[2001:db8::10]:5060", "sip:[2001:db8::11]:5060", False),
        ("4930", "sip:4930@192.0.2.10", False),
        ("*", "no URI at all", True),
    ],
)
def test_where_a_call_went(pattern, contact, expected):
    assert takes(call(callees=[leg(contact)]), callee_contact=[pattern]) is expected


def test_a_gateway_that_is_a_proxy_is_in_the_route_set():
    routes = "<sip:192.0.2.10;lr;ftag=1>,<sip:10.0.0.1:5070;lr>"
    for pattern in ("192.0.2.10", "10.0.0.1:5070", "198.51.100.7"):
        assert takes(call(callees=[leg("sip:198.51.100.7", routes)]), callee_contact=[pattern])
    assert not takes(call(callees=[leg("sip:198.51.100.7", routes)]), callee_contact=["192.0.2.1"])


def test_a_leg_that_nobody_answered_does_not_count():
    """After a failover the server lists the gateway that refused, too, without a contact."""
    legs = [leg(None, bind_addr="udp:192.0.2.2:5060"), leg("sip:192.0.2.11")]
    assert not takes(call(callees=legs), callee_contact=["192.0.2.10"])
    assert takes(call(callees=legs), callee_contact=["192.0.2.11"], callee_socket=["udp:192.0.2.1:*"])
    assert not takes(call(callees=legs), callee_socket=["udp:192.0.2.2:5060"])


def test_before_the_answer_nobody_knows_where_a_call_goes():
    for legs in ([], [leg(None)]):
        ringing = call(callees=legs, age=None)
        assert takes(ringing, callee_contact=["*"]) is None and takes(ringing, callee_socket=["*"]) is None
        assert takes(ringing, callee_contact=["*"], caller=["nobody"]) is False
        assert takes(ringing, callee_contact=["*"], caller=["1001"]) is None


def test_the_brackets_of_an_ipv6_socket():
    assert takes(
        call(callees=[leg(bind_addr="udp:[2001:db8:0:0:0:0:0:1]:5060")]), callee_socket=["udp:[2001:db8::1]:*"]
    )


def test_profiles():
    one = call(
        context={"values": {}, "profiles": [{"name": "gateway", "value": "one"}, {"name": "calls", "value": None}]}
    )
    for name, value, expected in (("gateway", "one", True), ("gateway", None, True), ("gateway", "two", False)):
        assert takes(one, profile=[{"name": name, "value": value}]) is expected
    assert takes(one, profile=[{"name": "x", "value": None}, {"name": "calls", "value": None}])
    # as when a phone's SDP hides it from a reader of 1.x and 2.x
    assert takes(call(context=None), profile=[{"name": "calls", "value": None}]) is None


# --- On servers ------------------------------------------------------------------------------------------------


@pytest.fixture(params=VERSIONS)
def server(servers, request):
    emu, conn = servers[request.param]
    emu.set_dialogs(0)
    return emu, conn


ALL = dialogs.Filter({})


def outcomes(ended):
    return {each.dialog["call_id"]: each.outcome for each in ended}


def listed(conn):
    return list(dialogs.Looker(conn, ALL).look().own.values())


def test_ending_calls(server):
    emu, conn = server
    emu.add_dialog(callid="one")
    emu.add_dialog(callid="two")
    emu.add_dialog(callid="stays", end="stays")
    emu.add_dialog(callid="refused", end="refused")
    emu.add_dialog(callid="over", state=5)
    emu.add_dialog(callid="just over", seconds=2)
    found = listed(conn)
    assert "over" not in [each["call_id"] for each in found]
    found.append(dict(found[0], id="1.1" if conn.version > (3,) else "11", call_id="gone"))
    ended = dialogs.end(conn, found, wait=1.0, interval=0.2)
    assert outcomes(ended) == {
        "one": "ended",
        "two": "ended",
        "stays": "failed",
        "refused": "failed",
        "just over": "ended",
        "gone": "gone",
    }
    errors = {each.dialog["call_id"]: str(each.error) for each in ended if each.error}
    assert sorted(errors) == ["refused", "stays"]
    assert "500 Operation failed" in errors["refused"]
    assert "still lists it after 1 seconds" in errors["stays"]
    assert sorted(emu.state()["dialogs"]) == ["over", "refused", "stays"]


def test_a_call_that_ends_by_itself_after_it_was_refused(server):
    emu, conn = server
    emu.add_dialog(callid="refused", seconds=2, end="refused")
    found = listed(conn)
    [ended] = dialogs.end(conn, found, wait=0, interval=0.1)
    assert ended.outcome == "failed"
    emu.set_dialogs(0)
    [ended] = dialogs.end(conn, found, wait=1, interval=0.1)
    assert ended.outcome == "gone" and ended.error is None


def ways_of(emu):
    yield {"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir}
    yield {"host": emu.udp[0], "port": emu.udp[1]}
    yield {"socket_path": emu.unix_path}
    for url in (emu.jsonrpc_url, emu.mi_json_url, emu.xmlrpc_url, emu.old_xmlrpc_url):
        if url:
            yield {"url": url}


def test_more_calls_than_fit_into_a_page_or_a_datagram_over_every_transport(server):
    emu, _conn = server
    for way in ways_of(emu):
        emu.set_dialogs(230)
        with Connection(way) as conn:
            ended = dialogs.end(conn, listed(conn))
        assert [each.outcome for each in ended] == ["ended"] * 230, way
        assert emu.state()["dialogs"] == []


def test_nothing_to_end(server):
    _emu, conn = server
    assert dialogs.end(conn, []) == []


def test_the_rate_is_kept(server):
    emu, conn = server
    emu.set_dialogs(5)
    start = time.monotonic()
    assert set(outcomes(dialogs.end(conn, listed(conn), rate=10)).values()) == {"ended"}
    assert time.monotonic() - start >= 0.35


def test_an_answer_that_gets_lost(server):
    emu, conn = server
    emu.set_dialogs(1)
    name = "dialog:end_dlg" if conn.version >= (4,) else "dlg_end_dlg"
    emu.fault(name, "no_reply", count=1)
    found = listed(conn)
    [ended] = dialogs.end(conn, found)
    # whether the server had got it is seen from the list
    assert (ended.outcome, ended.error) == ("ended", None)


def test_a_server_that_dies_meanwhile_loses_nothing(server):
    emu, conn = server
    emu.add_dialog(callid="one")
    emu.add_dialog(callid="stays", end="stays")
    found = listed(conn)
    emu.fault("dialog:list" if conn.version >= (4,) else "dlg_list", "no_reply", count=1)
    with pytest.raises(dialogs.Unfinished) as caught:
        dialogs.end(conn, found)
    assert isinstance(caught.value.error, MITimeout)
    assert outcomes(caught.value.outcomes) == {"one": "failed", "stays": "failed"}
    assert "could not be read" in str(caught.value.outcomes[0].error)


def test_draining(server):
    emu, conn = server
    # long enough to be seen on a machine with much to do
    emu.add_dialog(callid="short", seconds=2)
    emu.add_dialog(callid="longer", seconds=2.5)
    drained = dialogs.drain(conn, ALL, wait=20, interval=0.1)
    assert outcomes(drained) == {"short": "gone", "longer": "gone"}
    assert not any(each.sent for each in drained)


def test_draining_takes_only_so_long(server):
    emu, conn = server
    emu.add_dialog(callid="short", seconds=2)
    emu.add_dialog(callid="stays", from_uri="sip:1001@example.com")
    drained = dialogs.drain(conn, ALL, wait=5, interval=0.1)
    assert outcomes(drained) == {"short": "gone", "stays": "left"}
    # a filter that does not take what stays
    assert dialogs.drain(conn, dialogs.Filter({"caller": ["1002"]}), wait=5, interval=0.1) == []


def test_the_brackets_of_an_ipv6_address_are_no_set():
    matches = dialogs._uri_test(["*@[2001:db8::10]"], "to_uri")
    assert matches({"to_uri": "sip:bob@[2001:DB8:0::10]:5060"})
    assert not matches({"to_uri": "sip:bob@[2001:db8::11]"}) and not matches({"to_uri": None})


GATEWAY = "sip:[2001:db8::10]:5060"


def test_draining_a_gateway_waits_for_calls_that_were_ringing_when_it_began(server):
    """Their To is what was dialled, and a call that rings has no contact yet."""
    emu, conn = server
    emu.add_dialog(callid="up", callee_contact=GATEWAY, lists=4)
    emu.add_dialog(callid="elsewhere", callee_contact="sip:192.0.2.11")
    assert dialogs.drain(conn, dialogs.Filter({"callee": ["*@[2001:db8::10]"]}), wait=5, interval=0.1) == []
    wanted = dialogs.Filter({"callee_contact": ["[2001:db8:0::10]"]})
    assert list(map(outcome_of, dialogs.drain(conn, wanted, wait=20, interval=0.1))) == [("up", "gone", True)]
    emu.add_dialog(callid="ringing", state=2, lists=3)
    assert dialogs.drain(conn, wanted, wait=20, interval=0.1) == []
    emu.add_dialog(callid="rings on", state=1)
    assert list(map(outcome_of, dialogs.drain(conn, wanted, wait=0.2, interval=0.1))) == [("rings on", "left", False)]
    # nobody knows that it goes there, so it is not ended
    assert dialogs.Looker(conn, wanted).look().own == {}


def outcome_of(ended):
    return ended.dialog["call_id"], ended.outcome, ended.is_sure


def test_a_later_call_that_rings_keeps_no_drain_from_its_end(server):
    emu, conn = server
    emu.add_dialog(callid="up", callee_contact=GATEWAY, lists=3)
    wanted = dialogs.Filter({"callee_contact": ["[2001:db8::10]"]})
    waits = []

    def sleep(seconds):
        if not waits:
            emu.add_dialog(callid="later", state=2)
        waits.append(seconds)
        time.sleep(seconds)

    drained = dialogs.drain(conn, wanted, wait=20, interval=0.1, sleep=sleep)
    assert list(map(outcome_of, drained)) == [("up", "gone", True)]


def test_profiles_over_every_transport(server):
    emu, conn = server
    for number in range(14):
        emu.add_dialog(callid=f"one {number}", profiles=[("gateway", "one")])
    emu.add_dialog(callid="two", profiles=[("gateway", "two")], seconds=90)
    emu.add_dialog(callid="none")
    wanted = dialogs.Filter({"profile": [{"name": "gateway", "value": "two"}]})
    assert wanted.reads == ("dlg_list", "dlg_list_ctx", "list_all_profiles")
    for way in ways_of(emu):
        with Connection(way) as other:
            wanted.check(other)
            assert [each["call_id"] for each in dialogs.Looker(other, wanted).look().own.values()] == ["two"], way
            assert (
                len(dialogs.Looker(other, dialogs.Filter({"profile": [{"name": "gateway", "value": None}]})).look().own)
                == 15
            ), way


def test_a_profile_that_the_server_does_not_have(server):
    emu, conn = server
    emu.add_dialog(profiles=[("calls", None)])
    for name, value, words in (
        ("call", None, "profile: the server has no dialog profile call. It has: .*calls"),
        ("calls", "x", "profile: calls has no values"),
    ):
        with pytest.raises(BadParameters, match=words):
            dialogs.Filter({"profile": [{"name": name, "value": value}]}).check(conn)
