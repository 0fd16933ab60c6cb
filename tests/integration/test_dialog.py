# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_dialog: calls that are ended, or waited for."""

from __future__ import annotations

import re

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import (
    assert_clear,
    commands_of,
    run_cases,
)
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

CALLS = (
    {"callid": "alice-new", "from_uri": "sip:alice@example.com", "to_uri": "sip:+4930123@gw.example.com", "age": 5},
    {"callid": "alice-old", "from_uri": "sip:alice@example.com:5070", "to_uri": "sip:bob@example.com", "age": 9000},
    {"callid": "bob", "from_uri": "sip:bob@example.com", "to_uri": "sip:alice@example.com", "age": 60},
    {"callid": "carol", "from_uri": "sip:carol@example.com", "to_uri": "sip:bob@example.com", "age": 60},
    {"callid": "over", "from_uri": "sip:alice@example.com", "state": 5},
)


def put_calls(servers, calls):
    for server in servers.values():
        server.emu.set_dialogs(0)
        for call in calls:
            server.emu.add_dialog(**call)


def outcomes(result):
    return {each["call_id"]: each["outcome"] for each in result["results"]}


class TestEnding:
    @classmethod
    def play(cls, ansible, servers, phones):
        put_calls(servers, CALLS)
        old = {"state": "absent", "caller": ["alice"], "older_than": 3600}
        return ansible.play(
            [
                task("check", "dialog", old, check_mode=True, diff=True),
                task("end", "dialog", old, diff=True),
                task("again", "dialog", old, diff=True),
                task("callee", "dialog", {"state": "absent", "callee_regex": [r"^sip:\+"]}),
                task("call id", "dialog", {"state": "absent", "call_id": ["nosuch", "bob"]}),
                task("all in check mode", "dialog", {"state": "absent", "all": True}, check_mode=True),
                task("all", "dialog", {"state": "absent", "all": True}),
                task("nothing left", "dialog", {"state": "absent", "all": True}),
            ],
            hosts_of(servers),
        ).must_succeed()

    def test_check_mode_says_what_is_ended(self, results):
        check, end = results["check"], results["end"]
        assert check["changed"] and end["changed"]
        assert (outcomes(check), outcomes(end)) == ({"alice-old": "planned"}, {"alice-old": "ended"})
        assert {**check["results"][0], "outcome": None} == {**end["results"][0], "outcome": None}
        assert check["diff"] == end["diff"]

    def test_what_is_told_of_a_call(self, results, server):
        [call] = results["end"]["results"]
        assert (call["from_uri"], call["to_uri"]) == ("sip:alice@example.com:5070", "sip:bob@example.com")
        assert (call["before"], call["after"], call["changed"]) == ({"state": "confirmed_na"}, None, True)
        assert call["requests"] == [{"command": "dlg_end_dlg", "params": {"dialog_id": call["id"]}}]
        assert ("." in call["id"]) == (server.version >= (3, 1))
        assert results["end"]["diff"]["before"] == {
            f"alice-old {call['id']}": {
                "from_uri": call["from_uri"],
                "to_uri": call["to_uri"],
                "state": "confirmed_na",
            }
        }
        summary = results["end"]["summary"]
        assert summary == {
            "total": 1,
            "outcomes": {"planned": 0, "ended": 1, "gone": 0, "failed": 0, "left": 0, "replicated": 0},
        }

    def test_the_second_run_is_unchanged(self, results):
        again = results["again"]
        assert (again["changed"], again["results"], again["diff"]) == (False, [], {"before": {}, "after": {}})

    def test_filters(self, results):
        assert outcomes(results["callee"]) == {"alice-new": "ended"}
        assert outcomes(results["call id"]) == {"bob": "ended"}

    def test_all(self, results):
        assert outcomes(results["all in check mode"]) == {"carol": "planned"}
        assert outcomes(results["all"]) == {"carol": "ended"}
        assert not results["nothing left"]["changed"]


class TestWhatDoesNotEnd:
    @classmethod
    def play(cls, ansible, servers, phones):
        put_calls(
            servers,
            [
                {"callid": "ends"},
                {"callid": "stays", "end": "stays", "from_uri": "sip:alice@example.com"},
                {"callid": "refused", "end": "refused"},
            ],
        )
        return ansible.play(
            [
                task(
                    "end",
                    "dialog",
                    {"state": "absent", "all": True, "wait_timeout": 0.5, "wait_interval": 0.1},
                    diff=True,
                )
            ],
            hosts_of(servers),
        )

    def test_every_call_is_accounted_for(self, results):
        end = results["end"]
        assert end.failed and end["changed"]
        assert outcomes(end) == {"ends": "ended", "stays": "failed", "refused": "failed"}
        by_name = {each["call_id"]: each for each in end["results"]}
        assert "500 Operation failed" in by_name["refused"]["error"]["message"] and by_name["ends"]["error"] is None
        assert "still lists it after 0.5 seconds" in by_name["stays"]["error"]["message"]
        assert by_name["stays"]["after"] == {"state": "confirmed_na"}
        assert [len(by_name[name]["requests"]) for name in ("ends", "stays", "refused")] == [1, 1, 0]
        assert len(end["diff"]["before"]) == 1

    def test_the_message_names_them(self, results):
        msg = results["end"].msg
        assert msg.startswith("2 of 3 calls did not end: ")
        assert "stays from sip:alice@example.com to" in msg and "refused" in msg


class TestDraining:
    @classmethod
    def play(cls, ansible, servers, phones):
        put_calls(
            servers,
            [
                {"callid": "short", "lists": 4, "from_uri": "sip:alice@example.com"},
                {"callid": "stays", "from_uri": "sip:bob@example.com", "age": 60},
            ],
        )
        drained = {"state": "drained", "wait_interval": 0.1}
        return ansible.play(
            [
                task("check", "dialog", {**drained, "caller": "alice"}, check_mode=True),
                task("drain", "dialog", {**drained, "caller": "alice", "wait_timeout": 60}, diff=True),
                task("again", "dialog", {**drained, "caller": "alice"}),
                task("late", "dialog", {**drained, "wait_timeout": 0.3}),
                task(
                    "check end",
                    "dialog",
                    {**drained, "all": True, "wait_timeout": 0.3, "end_after_timeout": True},
                    check_mode=True,
                ),
                task("end", "dialog", {**drained, "all": True, "wait_timeout": 0.3, "end_after_timeout": True}),
                task("nothing", "dialog", {**drained, "all": True, "end_after_timeout": True}),
            ],
            hosts_of(servers),
        )

    def test_a_call_that_ends_by_itself(self, results):
        drain = results["drain"]
        assert not drain.failed and not drain["changed"]
        assert outcomes(drain) == {"short": "gone"}
        assert drain["results"][0]["requests"] == []
        assert drain["diff"] == {"before": {}, "after": {}}

    def test_check_mode_does_not_wait(self, results):
        check = results["check"]
        assert outcomes(check) == {"short": "left"} and not check["changed"]
        assert check["seconds"] < 5
        # the call was there twice more when the next task looked
        assert results["drain"]["seconds"] >= 0.2

    def test_the_second_run_has_nothing_to_wait_for(self, results):
        assert results["again"]["results"] == [] and not results["again"]["changed"]

    def test_calls_that_do_not_end_in_time(self, results):
        late = results["late"]
        assert late.failed and not late["changed"]
        assert outcomes(late) == {"stays": "left"}
        assert re.match(r"1 call left after [0-9.]+ seconds: ", late.msg)
        assert "stays from sip:bob@example.com to" in late.msg
        assert "wait_timeout" in late.msg and "end_after_timeout" in late.msg

    def test_what_is_left_is_ended_when_asked(self, results):
        assert outcomes(results["check end"]) == {"stays": "planned"} and results["check end"]["changed"]
        end = results["end"]
        assert not end.failed and end["changed"]
        assert outcomes(end) == {"stays": "ended"}
        assert not results["nothing"]["changed"]


class TestMany:
    """More than fit into a page, and into a datagram."""

    COUNT = 230

    @classmethod
    def play(cls, ansible, servers, phones):
        for server in servers.values():
            server.emu.set_dialogs(cls.COUNT)
        end = task("end", "dialog", {"state": "absent", "all": True})
        return ansible.play([end], {name: {"mi": server.ways["udp"][0]} for name, server in servers.items()})

    def test_all_are_ended(self, results, server):
        assert results["end"]["summary"]["outcomes"]["ended"] == self.COUNT
        assert server.emu.state()["dialogs"] == []


@pytest.mark.parametrize("version", ["1.11", "4.0"])
def test_bad_input_ends_nothing(ansible, emulator, version):
    emu = emulator(version, phones=0)
    emu.set_dialogs(2)
    absent, drained = {"state": "absent"}, {"state": "drained"}
    run_cases(
        ansible,
        "dialog",
        {
            "no filter": (absent, ["No filter", "all=true"]),
            "no filter after the timeout": ({**drained, "end_after_timeout": True}, ["No filter", "all=true"]),
            "all and a filter": ({**absent, "all": True, "caller": ["x"]}, ["all is set together with a filter"]),
            "an empty filter": ({**absent, "caller": []}, ["caller is an empty list"]),
            "an empty text": ({**absent, "callee": [""]}, ["callee contains an empty text"]),
            "no regular expression": ({**absent, "caller_regex": ["["]}, ["caller_regex: '['"]),
            "age": ({**absent, "older_than": -5}, ["older_than is -5"]),
            "end after": ({**absent, "all": True, "end_after_timeout": True}, ["end_after_timeout", "drained"]),
            "wait": ({**drained, "wait_timeout": -1}, ["wait_timeout is -1"]),
            "wait_interval": ({**drained, "wait_interval": 0}, ["wait_interval is 0"]),
            "rate": ({**absent, "all": True, "rate": 0}, ["rate is 0"]),
        },
        fifo_of(emu),
    )
    assert not [name for name in commands_of(emu) if "dlg" in name or "dialog" in name]
    assert len(emu.state()["dialogs"]) == 2


@pytest.mark.parametrize("version", ["2.4", "4.0"])
def test_a_gateway_is_drained_by_where_its_calls_went(emulator, version):
    emu = emulator(version, phones=0)
    gateway = {"callee_contact": "sip:[2001:db8::10]:5060", "profiles": [("gateway", "one")]}
    emu.add_dialog(callid="up", to_uri="sip:4930@example.com", **gateway)
    emu.add_dialog(callid="elsewhere", to_uri="sip:4930@example.com")

    def drained(**filters):
        return run_module("dialog", {**fifo_of(emu), "state": "drained", "wait_timeout": 0, **filters})

    assert drained(callee="*@[2001:db8::10]")["results"] == []
    profile = [{"name": "gateway", "value": "one"}]
    for filters in ({"callee_contact": "[2001:db8:0:0::10]"}, {"profile": profile, "callee_socket": "udp:*"}):
        result = drained(**filters)
        assert result["failed"] and result["error"]["type"] == "NotEnded" and "wait_timeout" in result["error"]["hint"]
        assert outcomes(result) == {"up": "left"}
        assert result["results"][0]["callee_contacts"] == ["sip:[2001:db8::10]:5060"]
    ended = run_module("dialog", {**fifo_of(emu), "state": "absent", "profile": profile})
    assert outcomes(ended) == {"up": "ended"} and "failed" not in ended
    assert emu.state()["dialogs"] == ["elsewhere"]


def test_a_server_that_does_not_list_its_calls(ansible, emulator):
    emu = emulator("3.6", phones=0)
    emu.set_dialogs(1)
    emu.fault("dlg_list", "no_reply")
    [result] = ansible.run([task("end", "dialog", {"state": "absent", "all": True})], {**fifo_of(emu), "timeout": 0.5})
    assert_clear(result, ["No reply"], "end")
    assert result["error"]["type"] == "MITimeout"
    assert len(emu.state()["dialogs"]) == 1
