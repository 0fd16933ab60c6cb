# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Phones that write records of others into what they register or call with: no such record is believed, and none stops a run.

Against emulated servers, and against a real OpenSIPS of 2.x if OPENSIPS_BIN names one.
"""

from __future__ import annotations

import contextlib
import socket

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.sources import MISource
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.tests.integration.support.fixtures import REAL
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import RealOpensips, find_binary
from ansible_collections.community.opensips.tests.integration.support.phones import Phone, Phones
from ansible_collections.community.opensips.tests.integration.support.servers import VERSIONS, Emulated

HONEST = ("100000", "100001", "100002")
FIELDS = ("user_agent", "call_id", "instance", "contact", "parameter", "path", "q", "allow", "user")
AGENT = "Yealink SIP-T46U 108.86.0.20"


# ---- what phones write

EVIL = "sip:boss@127.0.0.1:9"
HEAD = ("Expires:: 3600", "Callid:: x", "Cseq:: 1", "User-agent:: x")
TAIL = ("State:: CS_NEW", "Flags:: 0", "Cflags:: ", "Methods:: 1024")


def fields(depth, lines):
    return "".join("\n" + "\t" * depth + line for line in lines)


def contact(depth, contact_id="1"):
    """The lines of a contact up to its User-Agent, each behind a line end; depth: of the first."""
    return fields(depth, [f"Contact:: {EVIL} Q="]) + fields(depth + 1, (f"ContactID:: {contact_id}", *HEAD))


def aor(depth, name, whole=False):
    """The lines of an AOR with a contact, up to its User-Agent or all of them."""
    return fields(depth, [f"AOR:: {name}"]) + contact(depth + 1) + (fields(depth + 2, TAIL) if whole else "")


# depths of AORs are 1 in ul_dump and 0 in ul_show_contact, contacts and their fields are one and two levels below
TRICKS = {
    "a line": "y\n\t\tAOR:: boss",
    "a line folded with CRLF": "y\r\n\t\tAOR:: boss",
    "a record too deep": "y" + aor(2, "boss"),
    "a record": "y" + aor(1, "boss"),
    "a record behind a whole one": "y" + fields(3, TAIL) + aor(1, "boss"),
    "a whole record": "y" + aor(1, "boss", whole=True),
    "a whole record folded with CRLF": ("y" + aor(1, "boss", whole=True)).replace("\n", "\r\n"),
    "a record of another phone": "y" + fields(3, TAIL) + aor(1, HONEST[1]),
    "a whole record of another phone": "y" + aor(1, HONEST[1], whole=True),
    "a contact of its own": "y" + fields(2, TAIL) + contact(1),
    "a whole contact of its own": "y" + contact(1) + fields(2, TAIL),
    "a field": "y\n\t\tMethods:: 0",
    "a field of a dump": "y\n\t\t\tMethods:: 0",
    "an AOR": "y\n\tAOR:: boss",
    "a table": "y\n Domain:: location hash_size=1" + aor(1, "boss"),
    "blank": "y\n ",
    "tabs": "y\t\tAOR:: boss",
    "colons": "y :: AOR:: 'boss'",
    "attributes": "y Q=1 table=location",
    "quotes": '"y\\" } ] \\\\"',
    "UTF-8 cut off": "y\udce4\udcbd",
    "NUL": "y\0",
    "NUL behind a record": "y" + fields(3, TAIL) + "\0",
    "a carriage return": "y\r",
    "control characters": "y\x01\x1b[31m\x7f",
    "the form of 1.x": f"y>\n\tContact:: <{EVIL}>;q=;expires=3600;flags=0x0;cflags=0x0;socket=<udp:1:1>;callid=<x>;methods=0x0",
    "more than a buffer": "y" * 9000,
    "more than a string of 3.x": "y" * 4200,
}


# names that a phone may register, and that are not those of others
NAMES = (
    "%20" + HONEST[1],
    HONEST[1] + "%20",
    "\u00a0" + HONEST[1],
    "%22x",
    "a,b",
    "x%5c",
    "\udce4\udcbd",
    "a%3a%3ab",
    "%3cx%3e",
)

# as in the first of these attacks that was seen, which fits into the 255 bytes that a User-Agent may have
CLAIM = (
    "y\n\t\tAOR:: boss\n\t\t\tContact:: sip:boss@127.0.0.1:{port} Q=\n\t\t\t\tContactID:: 1\n\t\t\t\tExpires:: 9"
    "\n\t\t\t\tCallid:: x\n\t\t\t\tCseq:: 1\n\t\t\t\tUser-agent:: Yealink"
)


def register(server, name, **lie):
    """Register a phone with a raw REGISTER; the status code, 0 when nobody answers. lie: one of FIELDS and what is in it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        # a To that is no URI is not answered
        sender.settimeout(0.05 if "user" in lie else 3)
        host, port = sender.getsockname()
        instance, parameter = lie.get("instance", f"<urn:uuid:{name}>"), lie.get("parameter", "z")
        lines = [
            "REGISTER sip:127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{name}{port}",
            "From: <sip:phone@127.0.0.1>;tag=phone",
            f"To: <sip:{lie.get('user', name)}@127.0.0.1>",
            f"Call-ID: {lie.get('call_id', 'call-' + name)}",
            "CSeq: 7 REGISTER",
            "Max-Forwards: 10",
            f"Contact: <sip:{lie.get('contact', name)}@127.0.0.1:{port};x={parameter}>"
            f';expires=3600;q={lie.get("q", "0.5")};+sip.instance="{instance}"',
            f"User-Agent: {lie.get('user_agent', AGENT)}",
            f"Path: <sip:{lie.get('path', 'p')}@127.0.0.1:9;lr>",
            f"Allow: NOTIFY, {lie.get('allow', 'INVITE')}",
            "Content-Length: 0",
            "\r\n",
        ]
        sender.sendto("\r\n".join(lines).encode("utf-8", "surrogateescape"), server.sip)
        try:
            return int(sender.recv(65535).split(b" ")[1])
        except TimeoutError:
            return 0


class Bystander:
    """The socket that an invented contact leads to. got(): what came (list of bytes)."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]

    def got(self):
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                found.append(self._socket.recv(65535))
        return found

    def close(self):
        self._socket.close()


@pytest.fixture
def attacker():
    with contextlib.closing(Bystander()) as found:
        yield found


# ---- servers: emulated ones, and a real one


@contextlib.contextmanager
def running(name):
    started = RealOpensips(find_binary()) if name == "real" else Emulated(name, phones=0, fr_timeout=10.0)
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture(params=[*VERSIONS, REAL])
def server(request):
    with running(request.param) as started:
        yield started


@pytest.fixture(params=["2.4", REAL])
def text_server(request):
    """One of 2.x, or whatever is installed."""
    with running(request.param) as started:
        yield started


@pytest.fixture
def farm(text_server):
    with contextlib.closing(Phones(text_server.sip)) as phones:
        yield phones


# ---- reading


def test_no_record_is_read_that_was_not_registered(server):
    """Each field of a REGISTER with each trick in it, each in a phone of its own."""
    for user in HONEST:
        assert register(server, user) == 200
    lies = [(field, text) for field in FIELDS for text in TRICKS.values()] + [("user", name) for name in NAMES]
    liars = {f"liar{number}": field for number, (field, _text) in enumerate(lies)}
    registered = {
        user
        for (user, field), (_field, text) in zip(liars.items(), lies, strict=True)
        if register(server, user, **{field: text}) == 200
    }
    assert len(registered) > len(TRICKS)
    honest = {server.aor(user) for user in HONEST}
    own = {server.aor(user) for user in registered if liars[user] != "user"}
    for way, (options, _protocol) in server.ways.items():
        with Connection(options) as conn:
            source = MISource(conn, "location")
            records = list(source.contacts())
        # whoever could register an AOR that is no plain user has no other's
        strangers = {each["aor"] for each in records} - honest - own
        assert not {aor.partition("@")[0] for aor in strangers} & {"boss", *liars}, way
        found = {each["aor"]: each for each in records}
        for user in HONEST:
            each = found[server.aor(user)]
            assert each["contact"].startswith(f"sip:{user}@127.0.0.1:") and each["user_agent"] == AGENT
        assert len(records) == len(found), way
        assert EVIL not in {each["contact"] for each in records}, way
        # and each liar is accounted for
        assert own <= set(found) | set(source.doubtful), way
        assert not honest & set(source.doubtful), way


def test_one_instance_does_not_hide_the_table(text_server):
    """A +sip.instance that ended in a number of methods which is none made every read of the table fail."""
    assert register(text_server, "liar", instance="<x\n\t\t\tMethods:: 0>") == 200
    assert register(text_server, "second", instance="<x\r\n\t\t\tMethods:: 0>") == 200
    assert register(text_server, "honest") == 200
    result = run_module("facts", {**text_server.connection, "gather_subset": ["!all", "contacts"]})
    assert not result.get("failed"), result
    found = {each["aor"] for each in result["ansible_facts"]["opensips"]["contacts"]}
    assert text_server.aor("honest") in found
    if text_server.tree:
        assert found == {"honest"} and "of 2 AORs" in str(result["warnings"])


# ---- sending


def test_nobody_gets_the_counts_of_another_mailbox(text_server, farm, attacker):
    """More mailboxes than are asked for one by one: the liar claims one whose phone is not registered."""
    users = [f"u{number}" for number in range(520)]
    for user in users:
        farm.register(Phone(user, AGENT))
    farm.register(Phone("liar", CLAIM.format(port=attacker.port)))
    mailboxes = [{"aor": text_server.aor(user), "account": f"{user}@x", "new": 1} for user in [*users, "boss", "liar"]]
    result = run_module("mwi", {**text_server.connection, "mailboxes": mailboxes})
    # two mailboxes at the least have no phone
    assert result["failed"] and result["error"]["type"] == "NotAccepted", result["msg"]
    assert attacker.got() == []
    outcomes = {each["aor"]: (each["outcome"], each["reason"]) for each in result["results"]}
    assert outcomes.pop(text_server.aor("boss")) == ("not_sent", "no contact is registered")
    outcome, reason = outcomes.pop(text_server.aor("liar"))
    if text_server.tree:
        assert outcome == "not_sent" and reason.startswith("doubtful: '") and "AOR:: boss" in reason
        assert farm.got("liar") == [] and "'liar'" in str(result["warnings"])
    # a busy machine may lose an answer
    assert len(outcomes) == 520 and {outcome for outcome, _reason in outcomes.values()} <= {"accepted", "no_answer"}


def test_nobody_is_sent_to_who_did_not_register(text_server, farm, attacker):
    for user in ("honest", "other"):
        farm.register(Phone(user, AGENT))
    farm.register(Phone("liar", CLAIM.format(port=attacker.port)))
    # it is another's registration that this one claims
    farm.register(Phone("thief", CLAIM.format(port=attacker.port).replace("boss", "honest")))
    result = run_module("notify", {**text_server.connection, "select": {}, "event": "check-sync"})
    assert not result.get("failed"), result
    assert attacker.got() == []
    outcomes = {each["aor"].partition("@")[0]: each["outcome"] for each in result["results"]}
    assert set(outcomes) == {"honest", "other", "liar", "thief"}
    assert outcomes["honest"] == outcomes["other"] == "accepted"
    assert [len(farm.got(user)) for user in ("honest", "other")] == [1, 1]
    if text_server.tree:
        assert outcomes["liar"] == outcomes["thief"] == "not_sent"
        assert not farm.got("liar") and not farm.got("thief")


def test_a_filter_on_aors_does_not_speak_of_other_doubtful_ones(text_server, farm):
    farm.register(Phone("honest", AGENT))
    farm.register(Phone("liar", CLAIM.format(port=9)))
    args = {**text_server.connection, "event": "check-sync", "select": {"aor": ["hon*"]}}
    result = run_module("notify", args, check=True)
    assert [each["aor"] for each in result["results"]] == [text_server.aor("honest")]


def test_a_campaign_keeps_the_rule(emulator, tmp_path, attacker):
    """A phone that begins to lie, or ends it, between two runs."""
    with running("2.4") as server, contextlib.closing(Phones(server.sip)) as farm:
        common = {
            **server.connection,
            "campaign": "c",
            "campaign_dir": str(tmp_path),
            "select": {},
            "event": "check-sync",
        }
        for user in ("honest", "early", "late"):
            farm.register(Phone(user, AGENT))
        farm.register(Phone("early", CLAIM.format(port=attacker.port)))
        planned = run_module("notify", {**common, "plan_only": True})
        reasons = {each["aor"]: (each["outcome"], (each["reason"] or "")[:8]) for each in planned["results"]}
        assert reasons == {"honest": ("planned", ""), "late": ("planned", ""), "early": ("not_sent", "doubtful")}
        # the plan says the same when it is read again
        again = run_module("notify", {**common, "plan_only": True})
        assert {each["aor"]: (each["outcome"], (each["reason"] or "")[:8]) for each in again["results"]} == reasons
        farm.register(Phone("late", CLAIM.format(port=attacker.port)))
        result = run_module("notify", common)
        assert {each["aor"]: each["outcome"] for each in result["results"]} == {
            "honest": "accepted",
            "early": "not_sent",
            "late": "not_sent",
        }
        assert attacker.got() == [] and not farm.got("late") and not farm.got("early")
        for user in ("early", "late"):
            farm.register(Phone(user, AGENT))
        last = run_module("notify", common)
        assert {each["aor"]: (each["outcome"], each["earlier"]) for each in last["results"]} == {
            "honest": ("accepted", True),
            "early": ("accepted", False),
            "late": ("accepted", False),
        }


# ---- calls


def invented_call(call_id, number):
    """The lines of a call, as an SDP may have them behind a bare line end."""
    return (
        f"v=0\ndialog::  ID={number}\n\tstate:: 4\n\tuser_flags:: 0\n\ttimestart:: 1\n\ttimeout:: 0\n\tcallid:: {call_id}"
        "\n\tfrom_uri:: sip:wanted@x\n\tto_uri:: sip:b@x\n\tcaller_tag:: t\n\tcaller_sdp:: v=0\n"
    )


def calls(emu):
    return emu.state()["dialogs"]


@pytest.mark.parametrize("version", ["2.4", "3.6"])
@pytest.mark.parametrize("call_id", ["nobody", "victim", "liar"])
def test_no_call_is_ended_that_another_invented(emulator, version, call_id):
    """A call whose SDP has a second one in it, which has the id of a third."""
    emu = emulator(version)
    emu.set_dialogs(0)
    emu.add_dialog(callid="victim", from_uri="sip:victim@x", caller_tag="t")
    number = ((1418 + 811) << 32) | (431250119 + 97)
    emu.add_dialog(callid="liar", from_uri="sip:liar@x", caller_tag="t", caller_sdp=invented_call(call_id, number))
    emu.add_dialog(callid="wanted", from_uri="sip:wanted@x", caller_tag="t")
    result = run_module(
        "dialog", {"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir, "state": "absent", "caller": ["wanted"]}
    )
    assert not result.get("failed"), result
    assert [each["call_id"] for each in result["results"]] == ["wanted"]
    assert calls(emu) == ["victim", "liar"]
    assert ("warnings" in result) == (version == "2.4" and call_id == "liar")


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_no_call_gets_into_a_profile_that_another_invented(emulator, version):
    """The liar's SDP also hides that itself is in the profile: a drain waits for it."""
    emu = emulator(version)
    emu.set_dialogs(0)
    emu.add_dialog(callid="victim", caller_tag="t")
    number = ((1418 + 811) << 32) | (431250119 + 97)
    sdp = invented_call("victim", number) + "\n\tcontext:: \n\t\tprofiles:: \n\t\t\tgateway:: one\n"
    emu.add_dialog(callid="liar", caller_tag="t", caller_sdp=sdp, profiles=[("gateway", "one")])
    emu.add_dialog(callid="wanted", caller_tag="t", profiles=[("gateway", "one")])
    options = {"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir, "profile": [{"name": "gateway"}]}
    run_module("dialog", {**options, "state": "absent"})
    assert "victim" in calls(emu) and "wanted" not in calls(emu)
    drained = run_module("dialog", {**options, "state": "drained", "wait_timeout": 0})
    assert bool(drained.get("failed")) == ("liar" in calls(emu)), drained


def test_a_call_in_parts_does_not_hide_the_others(emulator):
    emu = emulator("2.4")
    emu.set_dialogs(0)
    emu.add_dialog(
        callid="liar",
        caller_sdp="v=0\ndialog::  ID=5\n\tstate:: x\ndialog:: \n",
        caller_contact="sip:a\n\tcallee_cseq:: x",
    )
    emu.add_dialog(callid="other", caller_sdp="v=0\r\ns=-\r")
    emu.add_dialog(callid="last")
    result = run_module(
        "dialog", {"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir, "state": "absent", "all": True}
    )
    assert not result.get("failed"), result
    assert {each["call_id"] for each in result["results"]} == {"liar", "other", "last"} and calls(emu) == []
