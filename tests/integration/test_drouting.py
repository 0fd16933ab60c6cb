# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_drouting: gateways, carriers, probing."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import run_cases
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of


def args(gateways=(), carriers=(), probing=None, **more):
    def entries(pairs):
        return [{"id": name, "enabled": enabled, **more} for name, enabled in pairs]

    wanted = {"gateways": entries(gateways), "carriers": entries(carriers)}
    return wanted if probing is None else {**wanted, "probing": probing}


class TestStates:
    WANTED = args([("gw1", False), ("gw2", True)], [("cr1", False)])

    @classmethod
    def play(cls, ansible, servers, phones):
        return ansible.play(
            [
                task("check", "drouting", cls.WANTED, check_mode=True, diff=True),
                task("before", "mi_command", {"command": "dr_gw_status"}),
                task("push", "drouting", cls.WANTED, diff=True),
                task("after", "mi_command", {"command": "dr_gw_status"}),
                task("again", "drouting", cls.WANTED, diff=True),
                task("back", "drouting", args([("gw1", True)], [("cr1", True)])),
                task("probing", "drouting", {"probing": False}, when="major > 2"),
                task("still", "drouting", {"probing": False}, when="major > 2"),
            ],
            hosts_of(servers),
        ).must_succeed()

    def test_check_mode_says_what_push_does(self, results, server):
        check, push = results["check"], results["push"]
        # 1.11 does not report why a gateway is off
        on = {"enabled": True} if server.version < (2,) else {"enabled": True, "auto_reenable": True}
        off = dict.fromkeys(on, False)
        assert check["changed"] and push["changed"]
        assert check["results"] == push["results"]
        assert check["diff"] == push["diff"]
        assert [
            (each["kind"], each["id"], each["before"], each["after"], each["changed"]) for each in push["results"]
        ] == [
            ("gateway", "gw1", on, off, True),
            ("gateway", "gw2", {"enabled": True}, {"enabled": True}, False),
            ("carrier", "cr1", {"enabled": True}, {"enabled": False}, True),
        ]
        assert push["diff"]["after"] == {"gateway gw1": off, "carrier cr1": {"enabled": False}}

    def test_only_the_push_writes(self, results):
        assert str(results["before"]["result"]) != str(results["after"]["result"])
        assert [each["requests"] for each in results["push"]["results"]] == [
            [{"command": "dr_gw_status", "params": {"gw_id": "gw1", "status": 0}}],
            [],
            [{"command": "dr_carrier_status", "params": {"carrier_id": "cr1", "status": 0}}],
        ]

    def test_the_second_run_is_unchanged(self, results, server):
        assert not results["again"]["changed"]
        assert results["back"]["changed"]
        if server.version > (3,):
            (probing,) = results["probing"]["results"]
            assert (probing["kind"], probing["before"], probing["after"]) == (
                "probing",
                {"enabled": True},
                {"enabled": False},
            )
            assert results["probing"]["changed"] and not results["still"]["changed"]


@pytest.mark.parametrize("version", ["2.4", "3.6", "4.0"])
def test_partitions(ansible, emulator, version):
    emu = emulator(version, phones=0, use_partitions=True)
    wanted = args([("gw1", False)], [("cr1", False)], partition="mobile")
    results = ansible.run(
        [
            task("push", "drouting", wanted, diff=True),
            task("again", "drouting", wanted),
            task("other", "drouting", args([("gw1", False)], partition="pstn"), check_mode=True),
            task("unknown", "drouting", args([("gw1", False)], partition="fax")),
            task("gateway", "drouting", args([("gw7", False)], partition="pstn")),
            task("none", "drouting", args([("gw1", False)])),
        ],
        fifo_of(emu),
    )
    assert results["push"]["changed"] and not results["again"]["changed"]
    assert results["push"]["results"][0]["requests"][0]["params"] == {
        "partition_name": "mobile",
        "gw_id": "gw1",
        "status": 0,
    }
    assert list(results["push"]["diff"]["after"]) == ["gateway mobile gw1", "carrier mobile cr1"]
    assert results["other"]["changed"]
    for name, words in {
        "unknown": ["no partition fax", "mobile, pstn"],
        "gateway": ["no gateway gw7 of partition pstn", "gw1 of partition pstn"],
        "none": ["gw1 without partition", "mobile, pstn"],
    }.items():
        assert results[name].failed
        assert [word for word in words if word not in results[name].msg] == [], results[name].msg


@pytest.mark.parametrize("version", ["1.11", "2.4", "4.0"])
def test_bad_input_is_refused_before_anything_is_written(ansible, emulator, version):
    emu = emulator(version, phones=0)
    cases = {
        "unknown gateway": (args([("gw1", False), ("gw9", False)]), ["gateways", "no gateway gw9", "gw1, gw2"]),
        "unknown carrier": (args([("gw1", False)], [("cr9", False)]), ["carriers", "no carrier cr9", "cr1"]),
        "twice": (args([("gw1", False), ("gw1", True)]), ["gateways: entries 1 and 2 are the same"]),
        "partition": (args([("gw1", False)], partition="pstn"), ["partition is pstn", "no partitions"]),
    }
    if version != "4.0":
        cases["probing"] = ({"probing": True}, ["dr_enable_probing", "drouting", "3.0"])
    run_cases(ansible, "drouting", cases, fifo_of(emu))
    nothing = ansible.cases("drouting", {"nothing": fifo_of(emu)})["nothing"]
    assert "gateways, carriers, probing" in nothing.msg
    # these commands read as well as write
    assert set(emu.state()["gateways"].values()) == {"Active"}
    assert all(emu.state()["carriers"].values())
