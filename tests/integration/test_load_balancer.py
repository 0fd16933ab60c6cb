# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_load_balancer: destinations and capacities."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import commands_of, run_cases
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

ONE, TWO = "sip:127.0.0.1:19101", "sip:127.0.0.1:19102"


def args(*wanted):
    return {"destinations": list(wanted)}


class TestDestinations:
    WANTED = args(
        {"uri": ONE.replace("sip", "SIP"), "group": 1, "enabled": False, "resources": {"pstn": 40, "transc": 12}},
        {"id": 2, "resources": {"pstn": "20"}},
    )

    @classmethod
    def play(cls, ansible, servers, phones):
        return ansible.play(
            [
                task("check", "load_balancer", cls.WANTED, check_mode=True, diff=True),
                task("before", "facts", {"gather_subset": ["load_balancer"]}),
                task("push", "load_balancer", cls.WANTED, diff=True),
                task("after", "facts", {"gather_subset": ["load_balancer"]}),
                task("again", "load_balancer", cls.WANTED, diff=True),
                task("back", "load_balancer", args({"id": 1, "enabled": True}, {"id": 2, "enabled": True})),
                task("facts", "facts", {"gather_subset": ["load_balancer"]}),
            ],
            hosts_of(servers),
        ).must_succeed()

    @staticmethod
    def _has(result):
        return {
            each["id"]: (each["enabled"], {one["name"]: one["max"] for one in each["resources"]})
            for each in result["ansible_facts"]["opensips"]["load_balancer"]
        }

    def test_check_mode_says_what_push_does(self, results):
        check, push = results["check"], results["push"]
        assert check["changed"] and push["changed"]
        assert check["results"] == push["results"]
        assert check["diff"] == push["diff"]
        one, two = push["results"]
        assert one["before"] == {"enabled": True, "auto_reenable": True, "resources": {"pstn": 32, "transc": 12}}
        assert one["after"] == {"enabled": False, "auto_reenable": False, "resources": {"pstn": 40, "transc": 12}}
        assert (two["id"], two["uri"], two["group"]) == (2, TWO, 1)
        assert push["diff"]["after"][f"2 {TWO} 1"] == {"resources": {"pstn": 20}}

    def test_only_what_differs_is_written(self, results):
        assert [
            [(each["command"], each["params"]) for each in one["requests"]] for one in results["push"]["results"]
        ] == [
            [
                ("lb_status", {"destination_id": 1, "new_status": 0}),
                ("lb_resize", {"destination_id": 1, "res_name": "pstn", "new_capacity": 40}),
            ],
            [("lb_resize", {"destination_id": 2, "res_name": "pstn", "new_capacity": 20})],
        ]

    def test_the_server_has_it_but_not_after_check_mode(self, results):
        assert self._has(results["before"]) == {1: (True, {"pstn": 32, "transc": 12}), 2: (True, {"pstn": 16})}
        assert self._has(results["after"]) == {1: (False, {"pstn": 40, "transc": 12}), 2: (True, {"pstn": 20})}
        assert self._has(results["facts"])[1] == (True, {"pstn": 40, "transc": 12})

    def test_the_second_run_is_unchanged(self, results):
        again = results["again"]
        assert not again["changed"]
        assert [each["requests"] for each in again["results"]] == [[], []]
        assert again["diff"] == {"before": {}, "after": {}}
        assert [each["changed"] for each in results["back"]["results"]] == [True, False]


@pytest.mark.parametrize("version", ["1.11", "4.0"])
def test_bad_input_is_refused_before_anything_is_written(ansible, emulator, version):
    emu = emulator(version, phones=0)
    first = {"id": 1, "enabled": False}
    run_cases(
        ansible,
        "load_balancer",
        {
            "unknown id": (args(first, {"id": 7, "enabled": False}), ["destinations", "7", f"{TWO} of group 1 (id 2)"]),
            "unknown group": (args({"uri": ONE, "group": 9, "enabled": False}), [f"{ONE} of group 9", ONE]),
            "unknown resource": (args(first, {"id": 2, "resources": {"fax": 1}}), ["resource fax of", "2", "pstn"]),
            "twice": (
                args(first, {"uri": ONE, "group": 1, "enabled": True}),
                ["destinations: entries 1 and 2 are the same"],
            ),
            "capacity": (args({"id": 2, "resources": {"pstn": -1}}), ["pstn", "-1"]),
            "no number": (args({"id": 2, "resources": {"pstn": "many"}}), ["pstn", "many"]),
            "too many": (args({"id": 2, "resources": {"pstn": 2**31}}), ["pstn", str(2**31)]),
        },
        fifo_of(emu),
    )
    missing = ansible.cases(
        "load_balancer",
        {
            "uri alone": {**args({"uri": ONE, "enabled": True}), **fifo_of(emu)},
            "nothing": {**args({"id": 1}), **fifo_of(emu)},
        },
    )
    assert "group" in missing["uri alone"].msg
    assert "enabled, resources" in missing["nothing"].msg
    assert set(commands_of(emu)) <= {"lb_list", "load_balancer:list"}
