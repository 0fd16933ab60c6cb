# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_trace: tracing on and off."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import (
    commands_of,
    run_cases,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

OFF, ON = {"enabled": False}, {"enabled": True}


class TestTrace:
    @classmethod
    def play(cls, ansible, servers, phones):
        tid_off = {"enabled": True, "ids": [{"id": "tid", "enabled": False}]}
        tid_on = {"ids": [{"id": "tid", "enabled": True}]}
        newer = "inventory_hostname != '1.11'"
        return ansible.play(
            [
                task("check", "trace", OFF, check_mode=True, diff=True),
                task("before", "mi_command", {"command": "trace"}),
                task("push", "trace", OFF, diff=True),
                task("again", "trace", OFF),
                task("shown", "mi_command", {"command": "trace"}),
                task("id", "trace", tid_off, when=newer),
                task("id again", "trace", tid_off, when=newer),
                task("id on", "trace", tid_on, when=newer),
                task("on", "trace", ON),
                task("on again", "trace", ON),
            ],
            hosts_of(servers),
        ).must_succeed()

    def test_push(self, results):
        (entry,) = results["push"]["results"]
        assert (entry["kind"], entry["id"], entry["changed"]) == ("global", None, True)
        assert (entry["before"], entry["after"]) == (ON, OFF)
        assert entry["requests"] == [{"command": "trace", "params": {"mode": "off"}}]
        assert results["push"]["diff"] == {"before": {"global": ON}, "after": {"global": OFF}}

    def test_check_mode_says_what_push_does_and_changes_nothing(self, results):
        assert results["check"]["results"] == results["push"]["results"]
        assert results["check"]["diff"] == results["push"]["diff"]
        assert "off" not in str(results["before"]["result"])
        assert "off" in str(results["shown"]["result"])

    def test_the_second_run_is_unchanged(self, results):
        for name in ("again", "id again", "on again"):
            if results[name].status != "skipped":
                assert not results[name]["changed"], name
                assert not any(each["requests"] for each in results[name]["results"]), name

    def test_ids(self, results, server):
        if server.version < (2, 2):
            assert results["on"]["changed"]
            return
        everything, tid = results["id"]["results"]
        assert (everything["before"], everything["after"]) == (OFF, ON)
        assert (tid["kind"], tid["id"], tid["before"], tid["after"]) == ("id", "tid", ON, OFF)
        (tid,) = results["id on"]["results"]
        assert (tid["before"], tid["after"]) == (OFF, ON)
        assert not results["on"]["changed"]


@pytest.mark.parametrize("version", ["1.11", "2.4", "4.0"])
def test_bad_input_is_refused_before_anything_is_written(ansible, emulator, version):
    emu = emulator(version, phones=0)
    twice = {"ids": [{"id": "tid", "enabled": True}, {"id": "tid", "enabled": False}]}
    unknown = {"enabled": False, "ids": [{"id": "nosuch", "enabled": True}]}
    words = ["no trace ids", "2.2"] if version == "1.11" else ["no trace id nosuch", "tid"]
    run_cases(
        ansible,
        "trace",
        {"twice": (twice, ["ids: entries 1 and 2 are the same"]), "unknown": (unknown, words)},
        fifo_of(emu),
    )
    # the state is as it was
    (result,) = ansible.run([task("same", "trace", ON)], fifo_of(emu))
    assert not result["changed"]
    assert not [name for name in commands_of(emu) if "trace" not in name]


def test_nothing_to_do_is_refused(ansible, emulator):
    (result,) = ansible.run([task("nothing", "trace", {})], fifo_of(emulator("3.6", phones=0)))
    assert result.failed
    assert "one of the following is required: enabled, ids" in result.msg
