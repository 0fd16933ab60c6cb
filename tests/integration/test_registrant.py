# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_registrant: registrations of the server elsewhere."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import (
    assert_clear,
    commands_of,
    run_cases,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

ONE, TWO = "sip:trunk1@carrier.example", "sip:trunk2@carrier.example"
CONTACT, REGISTRAR = "sip:trunk1@127.0.0.1:5060", "sip:127.0.0.1:19801"


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
