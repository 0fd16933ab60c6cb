# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_registrant: registrations of the server elsewhere."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.bad_input import (
    assert_clear,
    assert_refused,
    commands_of,
    run_cases,
)
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

ONE, TWO = "sip:trunk1@carrier.example", "sip:trunk2@carrier.example"
CONTACT, REGISTRAR = "sip:trunk1@127.0.0.1:5060", "sip:127.0.0.1:19801"


KEY = {"contact": CONTACT, "registrar": REGISTRAR}
NEW = {"contact": "sip:trunk3@127.0.0.1:5060", "registrar": "sip:127.0.0.1:19803"}


def args(*wanted):
    return {"registrants": [{"aor": aor, "enabled": enabled, **more} for aor, enabled, more in wanted]}


class TestRegistrants:
    @pytest.fixture(scope="class", params=["3.6", "4.0"])
    @classmethod
    def server_name(cls, request):
        return request.param

    @classmethod
    def play(cls, ansible, servers, phones):
        wanted = args((ONE, False, {}), (TWO, False, {}))
        exact = args((ONE, True, {"contact": CONTACT, "registrar": REGISTRAR}))
        return ansible.play(
            [
                task("check", "registrant", wanted, check_mode=True, diff=True),
                task("before", "mi_command", {"command": "reg_list"}),
                task("push", "registrant", wanted, diff=True),
                task("again", "registrant", wanted),
                task("back", "registrant", exact),
                task("back again", "registrant", exact),
                task("list", "mi_command", {"command": "reg_list"}),
            ],
            {name: each for name, each in hosts_of(servers).items() if each["major"] >= 3},
        ).must_succeed()

    @staticmethod
    def _enabled(result):
        return {each["AOR"]: each["enabled"] for each in result["result"]["Records"]}

    def test_push(self, results):
        push = results["push"]
        assert push["changed"]
        one, two = push["results"]
        assert (one["aor"], one["contact"], one["registrar"]) == (ONE, CONTACT, REGISTRAR)
        assert (one["before"], one["after"]) == ({"enabled": True}, {"enabled": False})
        assert [each["command"] for each in one["requests"]] == ["reg_disable"]
        # it was before
        assert (two["changed"], two["requests"]) == (False, [])

    def test_check_mode_says_what_push_does_and_changes_nothing(self, results):
        assert results["check"]["results"] == results["push"]["results"]
        assert results["check"]["diff"] == results["push"]["diff"]
        assert self._enabled(results["before"]) == {ONE: "yes", TWO: "no"}

    def test_the_second_run_is_unchanged(self, results):
        for name in ("again", "back again"):
            assert not results[name]["changed"], name
            assert not any(each["requests"] for each in results[name]["results"]), name

    def test_the_server_has_what_was_pushed(self, results):
        assert results["back"]["changed"]
        assert self._enabled(results["list"]) == {ONE: "yes", TWO: "no"}


def test_bad_input_is_refused_before_anything_is_written(ansible, emulator):
    emu = emulator("4.0", phones=0)
    run_cases(
        ansible,
        "registrant",
        {
            "unknown": (args((ONE, False, {}), ("sip:nobody@x", True, {})), ["no registrant sip:nobody@x", ONE, TWO]),
            "other registrar": (args((ONE, False, {"registrar": "sip:x"})), [f"no registrant {ONE} sip:x", REGISTRAR]),
            "twice": (args((ONE, False, {}), (ONE, True, {})), ["registrants: entries 1 and 2 are the same"]),
            "one of another": (args((ONE, False, {}), (ONE, True, {"contact": CONTACT})), ["entries 1 and 2"]),
        },
        fifo_of(emu),
    )
    assert set(commands_of(emu)) == {"uac_registrant:list"}


@pytest.mark.parametrize("version", ["1.11", "2.4"])
def test_an_older_server_is_told_what_it_takes(ansible, emulator, version):
    (result,) = ansible.run([task("push", "registrant", args((ONE, False, {})))], fifo_of(emulator(version, phones=0)))
    assert_clear(result, ["uac_registrant", "3.2"], version)


THREE = "sip:trunk3@carrier.example"
PASSWORD = "5ecret"


def change(emu, check=False, **entry):
    """The result for one registrant, and its entry."""
    result = run_module("registrant", {**fifo_of(emu), "registrants": [entry]}, check=check)
    return result, (result.get("results") or [None])[0]


def commands(entry):
    return [request["command"] for request in entry["requests"]]


class TestOneByOne:
    """In the order of the tests, on one server of 4.0."""

    @pytest.fixture(scope="class")
    @classmethod
    def emu(cls):
        with Emulator("4.0", phones=0) as started:
            yield started

    WANTED = dict(NEW, aor=THREE, username="trunk3", password=PASSWORD, expires=900, contact_params=";x=1")

    def test_create(self, emu):
        check, planned = change(emu, check=True, **self.WANTED)
        created, entry = change(emu, **self.WANTED)
        assert check["changed"] and created["changed"] and planned["requests"] == entry["requests"]
        assert entry["before"] is None
        assert entry["after"] == {"expires": 900, "contact_params": ";x=1", "enabled": True}
        assert commands(entry) == ["reg_upsert"]
        assert PASSWORD not in str([check, created])

    def test_again(self, emu):
        again, entry = change(emu, **self.WANTED)
        assert (again["changed"], entry["requests"], again["diff"]) == (False, [], {"before": {}, "after": {}})

    def test_change(self, emu):
        tagged = {**self.WANTED, "contact_params": "", "tag": "vip", "cluster_id": 1, "enabled": False}
        changed, entry = change(emu, **tagged)
        assert changed["changed"] and entry["before"]["contact_params"] == ";x=1"
        assert entry["after"] == {
            "expires": 900,
            "contact_params": None,
            "tag": "vip",
            "cluster_id": 1,
            "enabled": False,
        }
        assert not change(emu, **tagged)[0]["changed"]

    def test_what_is_not_set_stays(self, emu):
        socket, entry = change(emu, **{**self.WANTED, "contact_params": None, "socket": "udp:127.0.0.1:5060"})
        assert socket["changed"] and entry["requests"][0]["params"]["cluster_shtag"] == "vip/1"
        assert entry["after"]["enabled"] is False

    def test_a_password_is_sent_when_asked(self, emu):
        sent, entry = change(emu, **{**self.WANTED, "contact_params": None, "update_password": "always"})
        assert sent["changed"] and commands(entry) == ["reg_upsert"] and entry["before"] == entry["after"]

    def test_what_the_server_refuses(self, emu):
        failed, entry = change(emu, **{**self.WANTED, "expires": 60})
        assert failed["failed"] and "timer_interval" in failed["msg"] and PASSWORD not in str(failed)
        assert (entry["changed"], entry["error"]["code"]) == (False, -32602)

    def test_absent(self, emu):
        removed, entry = change(emu, aor=THREE, state="absent")
        assert removed["changed"] and entry["after"] is None and commands(entry) == ["reg_delete"]
        assert not change(emu, aor=THREE, state="absent")[0]["changed"]

    def test_a_row_is_reloaded_alone(self, emu):
        for _again in range(2):
            reloaded, entry = change(emu, aor=THREE, reload=True, **NEW)
            assert reloaded["changed"] and commands(entry) == ["reg_reload"]
        failed, entry = change(emu, aor="sip:no@x", reload=True, contact="sip:no@x", registrar=REGISTRAR)
        assert failed["failed"] and "No such registrant in database" in failed["msg"]
        assert not failed["changed"] and entry["error"]["code"] == 404

    def test_register_now(self, emu):
        for _again in range(2):
            forced, entry = change(emu, aor=ONE, force_register=True)
            assert forced["changed"] and commands(entry) == ["reg_force_register"]
            assert entry["before"] == entry["after"] == {"enabled": True}
        both, entry = change(emu, aor=TWO, enabled=True, force_register=True)
        assert both["changed"] and commands(entry) == ["reg_enable", "reg_force_register"]


def test_what_3_6_does_not_have(emulator):
    emu = emulator("3.6", phones=0)
    for entry in (dict(NEW, aor=THREE, expires=900), {"aor": ONE, "state": "absent"}):
        failed, _entry = change(emu, **entry)
        assert failed["error"]["type"] == "UnknownCommand" and "4.0" in failed["msg"]
    assert change(emu, aor=THREE, reload=True, **NEW)[0]["changed"]


REFUSED = {
    "nothing": (args((ONE, None, {})), ["registrants[0]: nothing is to be changed"]),
    "absent and enabled": (args((ONE, True, {"state": "absent"})), ["enabled is set, but state is absent"]),
    "reload and enabled": (args((ONE, True, {**KEY, "reload": True})), ["reload is set together with enabled"]),
    "reload of many": (args((ONE, None, {"reload": True})), ["registrants[0]: contact is not set"]),
    "definition of many": (args((ONE, None, {"contact": CONTACT, "expires": 600})), ["registrar is not set"]),
    "register a disabled one": (args((TWO, None, {"force_register": True})), [TWO, "is disabled"]),
    "register and disable": (args((ONE, False, {"force_register": True})), ["enabled is false"]),
    "tag without cluster": (args((ONE, None, {**KEY, "tag": "vip"})), ["tag and cluster_id belong together"]),
    "no time": (args((ONE, None, {**KEY, "expires": 0})), ["expires is 0"]),
    "no URI": (args((ONE, None, {**KEY, "proxy": "proxy"})), ["proxy is no SIP URI: proxy"]),
    "proxy with a user": (args((ONE, None, {**KEY, "proxy": "sip:a@b"})), ["proxy has a user: sip:a@b"]),
    "new without expires": (args(("sip:new@x", None, {**NEW, "username": "a"})), ["Set expires", "sip:new@x"]),
    "lost credentials": (args((ONE, None, {**KEY, "expires": 900})), ["replaces its credentials", "username"]),
    "same contact": (
        args(("sip:new@x", None, {**KEY, "expires": 900})),
        ["sip:new@x cannot be changed", ONE, "same contact"],
    ),
}


def test_changes_that_contradict_themselves_or_would_hurt_send_nothing(emulator):
    emu = emulator("4.0", phones=0)
    for options, words in REFUSED.values():
        assert_refused(run_module("registrant", {**fifo_of(emu), **options}), words)
    assert set(commands_of(emu)) == {"uac_registrant:list"}
