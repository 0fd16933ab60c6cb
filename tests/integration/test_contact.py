# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_contact: contacts of the location table."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import (
    commands_of,
    run_cases,
)
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.phones import Phone
from ansible_collections.community.opensips.tests.integration.support.playbook import facts_task, task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

ALICE, BOB, CAROL = "alice{{ domain }}", "bob{{ domain }}", "carol{{ domain }}"
ONE, TWO, ODD = "sip:alice@192.0.2.1:5060", "sip:alice@192.0.2.2;transport=tcp", "sip:bob@[2001:db8::1]:5060"
PLAIN = {"expires": 0, "q": 1.0, "flags": 0, "methods": ["all"]}


def contacts(*wanted, **options):
    return {"contacts": [{"aor": aor, "contact": contact, **more} for aor, contact, more in wanted], **options}


def outcome(result):
    return [(each["contact"], each["before"], each["after"]) for each in result["results"]]


def commands(result):
    return [[each["command"] for each in entry["requests"]] for entry in result["results"]]


class TestContacts:
    TIMED = {"expires": 6000, "q": 0.2504, "flags": 3, "methods": ["ACK", "INVITE"]}
    KEPT = {"expires": 6000, "q": 0.25, "flags": 3, "methods": ["INVITE", "ACK"]}
    WANTED = ((ALICE, ONE, {}), (ALICE, TWO, TIMED), (BOB, ODD, {"q": 0}), (CAROL, ONE, {"state": "absent"}))

    @classmethod
    def play(cls, ansible, servers, phones):
        for name in servers:
            phones[name].register(Phone("2001", "Yealink SIP-T46U 108.86.0.20"))
        wanted = contacts(*cls.WANTED)
        longer = contacts((ALICE, TWO, {"expires": 60000}))
        nobody = {"contacts": [{"aor": ALICE, "state": "absent"}, {"aor": CAROL, "state": "absent"}]}
        return ansible.play(
            [
                task("check", "contact", wanted, check_mode=True, diff=True),
                facts_task("untouched", "contacts"),
                task("push", "contact", wanted, diff=True),
                task("again", "contact", wanted),
                facts_task("facts", "contacts"),
                task("alone", "contact", contacts((ALICE, ONE, {}), (BOB, ODD, {}))),
                task("longer", "contact", longer),
                task("longer again", "contact", longer),
                task("short", "contact", contacts((ALICE, TWO, {"expires": 600}))),
                task("soon", "contact", contacts((ALICE, TWO, {"expires": 60000, "refresh_below": 600}))),
                task("for ever", "contact", contacts((ALICE, TWO, {"methods": ["all"]}))),
                task("exclusive check", "contact", contacts((ALICE, ONE, {}), exclusive=True), check_mode=True),
                task("exclusive", "contact", contacts((ALICE, ONE, {}), exclusive=True), diff=True),
                task("exclusive again", "contact", contacts((ALICE, ONE, {}), exclusive=True)),
                task("nobody", "contact", nobody),
                task("nobody again", "contact", nobody),
                facts_task("left", "contacts"),
            ],
            hosts_of(servers),
        ).must_succeed()

    @staticmethod
    def _users(result):
        return sorted(each["user"] for each in result["ansible_facts"]["opensips"]["contacts"])

    def test_push(self, results):
        assert results["push"]["changed"]
        assert outcome(results["push"]) == [
            (ONE, None, PLAIN),
            (TWO, None, self.KEPT),
            (ODD, None, {**PLAIN, "q": 0.0}),
            (ONE, None, None),
        ]
        assert commands(results["push"]) == [["ul_add"], ["ul_add"], ["ul_add"], []]

    def test_check_mode_says_what_push_does_and_changes_nothing(self, results):
        assert outcome(results["check"]) == outcome(results["push"])
        assert results["check"]["diff"] == results["push"]["diff"]
        assert self._users(results["untouched"]) == ["2001"]

    def test_the_second_run_is_unchanged(self, results):
        for name in ("again", "longer again", "exclusive again", "nobody again"):
            assert not results[name]["changed"], name
            assert not any(commands(results[name])), name

    def test_the_server_has_what_was_pushed(self, results, server):
        found = {each["contact"]: each for each in results["facts"]["ansible_facts"]["opensips"]["contacts"]}
        assert len(found) == 4
        one, two, odd = (found[uri] for uri in (ONE, TWO, ODD))
        assert one["permanent"] and one["methods"] is None and one["q"] == 1
        assert one["aor"] == server.aor("alice")
        assert 5000 < two["expires"] <= 6000
        assert (two["q"], two["flags"], two["methods"]) == (0.25, 3, ["INVITE", "ACK"])
        assert odd["q"] == 0

    def test_what_is_not_said_stays(self, results):
        # Bob's q, and Alice's other contact
        assert not results["alone"]["changed"]
        ((uri, before, after),) = outcome(results["longer"])
        assert 5000 < before["expires"] <= 6000
        assert (uri, {**before, "expires": 6000}, after) == (TWO, self.KEPT, {**self.KEPT, "expires": 60000})

    def test_a_life_is_compared_as_documented(self, results):
        ((_uri, before, after),) = outcome(results["short"])
        assert 50000 < before["expires"] <= 60000
        assert after["expires"] == 600
        ((_uri, before, after),) = outcome(results["soon"])
        assert before["expires"] <= 600
        assert after["expires"] == 60000
        ((_uri, before, after),) = outcome(results["for ever"])
        assert 50000 < before["expires"] <= 60000
        assert after == {**self.KEPT, "expires": 0, "methods": ["all"]}

    def test_exclusive_removes_the_others_of_the_aor_only(self, results):
        assert outcome(results["exclusive"]) == [
            (ONE, PLAIN, PLAIN),
            (TWO, {**self.KEPT, **PLAIN, "q": 0.25, "flags": 3}, None),
        ]
        assert outcome(results["exclusive check"]) == outcome(results["exclusive"])
        assert commands(results["exclusive"]) == [[], ["ul_rm_contact"]]
        assert len(results["exclusive"]["diff"]["before"]) == 1
        assert results["exclusive"]["diff"]["after"] == {}

    def test_an_aor_without_contacts(self, results):
        assert outcome(results["nobody"]) == [(ONE, PLAIN, None), (None, None, None)]
        assert self._users(results["left"]) == ["2001", "bob"]


class TestAContactOfAPhone:
    @classmethod
    def play(cls, ansible, servers, phones):
        for name in servers:
            phones[name].register(Phone("2001", "Yealink SIP-T46U 108.86.0.20"))
        uris = {name: phones[name].uri("2001") for name in servers}
        hosts = hosts_of(servers)
        for name, variables in hosts.items():
            variables["uri"] = uris[name]
        aor = "2001{{ domain }}"
        return ansible.play(
            [
                task("there", "contact", contacts((aor, "{{ uri }}", {"expires": 3600}))),
                task("for ever", "contact", contacts((aor, "{{ uri }}", {}))),
                task("again", "contact", contacts((aor, "{{ uri }}", {}))),
            ],
            hosts,
        ).must_succeed()

    def test_it_counts_while_its_life_will_do(self, results):
        assert not results["there"]["changed"]

    def test_it_becomes_one_of_the_server(self, results):
        (entry,) = results["for ever"]["results"]
        assert entry["after"]["expires"] == 0
        assert entry["after"]["methods"] == ["INVITE", "ACK", "BYE", "NOTIFY"]
        assert not results["again"]["changed"]


@pytest.mark.parametrize("version", ["1.11", "4.0"])
def test_bad_input_is_refused_before_anything_is_written(ansible, emulator, version):
    emu = emulator(version, phones=0)
    aor = "alice@example.com"
    cases = {
        "twice": (
            contacts((aor, ONE, {}), (aor, ONE, {"state": "absent"})),
            ["contacts: entries 1 and 2 are the same"],
        ),
        "bare and named": (
            contacts((aor, None, {"state": "absent"}), (aor, ONE, {})),
            ["removes all its contacts", ONE],
        ),
        "no contact": (contacts((aor, None, {})), ["contacts: entry 1 (alice@example.com)", "contact is missing"]),
        "brackets": (contacts((aor, f"Alice <{ONE}>", {})), ["contacts: entry 1", "contact: "]),
        "no host": (contacts((aor, "alice", {})), ["contacts: entry 1", "contact: "]),
        "sip aor": (contacts((f"sip:{aor}", ONE, {})), ["aor is a SIP URI", f"Write {aor}"]),
        "empty aor": (contacts(("", ONE, {})), ["not an address of record"]),
        "expires": (contacts((aor, ONE, {"expires": -1})), ["expires is -1"]),
        "refresh": (contacts((aor, ONE, {"expires": 60, "refresh_below": 60})), ["refresh_below is 60"]),
        "refresh of a permanent one": (contacts((aor, ONE, {"refresh_below": 1})), ["refresh_below is 1"]),
        "q": (contacts((aor, ONE, {"q": 1.5})), ["q is 1.5"]),
        "flags": (contacts((aor, ONE, {"flags": 2**31})), ["flags is 2147483648"]),
        "methods": (contacts((aor, ONE, {"methods": ["all", "INVITE"]})), ["methods is all, INVITE"]),
        "no methods": (contacts((aor, ONE, {"methods": []})), ["methods is an empty list"]),
        "table": (contacts((aor, ONE, {}), location_table="aliases"), ["no location table 'aliases'"]),
    }
    if version == "4.0":
        cases["bare user"] = (contacts(("alice", ONE, {})), ["'alice' has no domain", "user@domain"])
    else:
        # this server cuts the domain off
        cases["one aor"] = (
            contacts((aor, ONE, {}), ("alice@example.org", ONE, {})),
            ["contacts: entries 1 and 2 are the same", "alice"],
        )
    run_cases(ansible, "contact", cases, fifo_of(emu))
    assert set(commands_of(emu)) <= {"ul_show_contact", "usrloc:show_contact"}


def test_two_names_of_one_aor_share_its_contacts(ansible, emulator):
    emu = emulator("2.4", phones=0)
    both = contacts(("alice@a.example", ONE, {}), ("alice@b.example", TWO, {}), exclusive=True)
    results = ansible.run([task("push", "contact", both), task("again", "contact", both)], fifo_of(emu)).must_succeed()
    assert results["push"]["changed"]
    assert not results["again"]["changed"]


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_uris_are_compared_as_the_server_does(emulator, version):
    """usrloc of 3.1 and later compares URIs, in which the order of parameters is no matter; older ones compare text."""
    emu = emulator(version, phones=0)
    first, turned = "sip:alice@192.0.2.1;transport=tcp;ob", "sip:alice@192.0.2.1;ob;transport=tcp"

    def push(uri, **more):
        return run_module("contact", {**fifo_of(emu), "contacts": [{"aor": "alice", "contact": uri, **more}]})

    assert push(first)["changed"]
    again = push(turned)
    assert again["changed"] == (version == "2.4"), again
    gone = push(turned, state="absent")
    assert gone["changed"] and not push(turned, state="absent")["changed"]
    assert push(first, state="absent")["changed"] == (version == "2.4")


def test_two_spellings_of_one_contact_are_refused(emulator):
    emu = emulator("3.6", phones=0)
    wanted = [{"aor": "alice", "contact": uri} for uri in ("sip:alice@192.0.2.1;a=1", "sip:alice@192.0.2.1")]
    result = run_module("contact", {**fifo_of(emu), "contacts": wanted})
    assert result["failed"] and "the same contact of alice" in result["msg"]
    assert set(commands_of(emu)) <= {"ul_show_contact", "usrloc:show_contact"}
