# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_dispatcher: states of destinations."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import (
    commands_of,
    run_cases,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

ONE, TWO, THREE = "sip:127.0.0.1:19001", "sip:127.0.0.1:19002", "sip:127.0.0.2:19003;transport=udp"


def args(*wanted):
    return {"destinations": [{"set": number, "uri": uri, "state": state} for number, uri, state in wanted]}


class TestStates:
    WANTED = ((1, ONE, "inactive"), (1, TWO.upper().replace("SIP", "sip"), "probing"), (2, THREE, "probing"))

    @classmethod
    def play(cls, ansible, servers, phones):
        wanted = args(*cls.WANTED)
        return ansible.play(
            [
                task("check", "dispatcher", wanted, check_mode=True, diff=True),
                task("before", "mi_command", {"command": "ds_list"}),
                task("push", "dispatcher", wanted, diff=True),
                task("again", "dispatcher", wanted),
                task("back", "dispatcher", args((1, ONE, "active"), (1, TWO, "active"), (2, THREE, "active"))),
                task("facts", "facts", {"gather_subset": ["dispatcher"]}),
                task("inactive", "dispatcher", args((2, THREE, "inactive"))),
            ],
            hosts_of(servers),
        ).must_succeed()

    def test_check_mode_says_what_push_does(self, results):
        check, push = results["check"], results["push"]
        assert check["changed"] and push["changed"]
        assert [(each["uri"], each["before"], each["after"]) for each in check["results"]] == [
            (ONE, {"state": "active"}, {"state": "inactive"}),
            (TWO, {"state": "active"}, {"state": "probing"}),
            (THREE, {"state": "inactive"}, {"state": "probing"}),
        ]
        for one, other in zip(check["results"], push["results"], strict=True):
            assert {**one, "requests": None} == {**other, "requests": None}
        assert check["diff"] == push["diff"]
        assert check["diff"]["after"][f"default 1 {ONE}"] == {"state": "inactive"}

    def test_check_mode_changed_nothing(self, results):
        assert "Inactive" not in str(results["before"]["result"]).partition(ONE)[2].partition(TWO)[0]

    def test_probing_takes_as_many_requests_as_the_threshold(self, results):
        one, two, three = results["push"]["results"]
        assert [each["params"]["state"] for each in one["requests"]] == ["i"]
        assert [each["params"]["state"] for each in two["requests"]] == ["p", "p", "p"]
        assert [each["params"]["state"] for each in three["requests"]] == ["a", "p", "p", "p"]

    def test_the_second_run_is_unchanged(self, results):
        again = results["again"]
        assert not again["changed"]
        assert [(each["changed"], each["requests"]) for each in again["results"]] == [(False, [])] * 3
        assert again["diff"] == {"before": {}, "after": {}}

    def test_the_server_has_what_was_pushed(self, results):
        assert results["back"]["changed"]
        states = {each["uri"]: each["state"] for each in results["facts"]["ansible_facts"]["opensips"]["dispatcher"]}
        assert states == {ONE: "active", TWO: "active", THREE: "active"}


@pytest.mark.parametrize("version", ["1.11", "4.0"])
def test_bad_input_is_refused_before_anything_is_written(ansible, emulator, version):
    emu = emulator(version, phones=0)
    partition = {"destinations": [{"set": 1, "uri": ONE, "state": "inactive", "partition": "other"}]}
    run_cases(
        ansible,
        "dispatcher",
        {
            "unknown": (args((1, ONE, "inactive"), (1, "sip:192.0.2.1", "inactive")), ["sip:192.0.2.1 of set 1", ONE]),
            "unknown set": (args((7, ONE, "inactive")), ["of set 7", "of set 2"]),
            "twice": (args((1, ONE, "inactive"), (1, ONE, "active")), ["destinations: entries 1 and 2 are the same"]),
            "partition": (partition, ["other", "partition"]),
        },
        fifo_of(emu),
    )
    assert not [name for name in commands_of(emu) if "set_state" in name]
