# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_cache: keys of a cachedb."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import (
    assert_clear,
    commands_of,
    run_cases,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

LINES = "one, two\nthree:: \u00fc "


def entries(*wanted, **options):
    return {"entries": [{"key": key, **more} for key, more in wanted], **options}


def outcome(result):
    return [(each["key"], each["before"], each["after"]) for each in result["results"]]


def fetch(name, key):
    return task(
        name,
        "mi_command",
        {"command": "cache_fetch", "params": {"system": "local", "attr": key}, "tolerate": [400]},
    )


class TestKeys:
    WANTED = (("lines", {"value": LINES}), ("short", {"value": "1", "expires": 900}), ("old", {"state": "absent"}))

    @classmethod
    def play(cls, ansible, servers, phones):
        wanted = entries(*cls.WANTED)
        return ansible.play(
            [
                task("old", "cache", entries(("old", {"value": "x"}), ("other", {"value": "stays"}))),
                task("check", "cache", wanted, check_mode=True, diff=True),
                fetch("untouched", "old"),
                task("push", "cache", wanted, diff=True),
                task("again", "cache", wanted),
                task("same value", "cache", entries(("lines", {"value": LINES, "expires": 9}))),
                task("soon", "cache", entries(("soon", {"value": "1", "expires": 2}))),
                task("wait", "ansible.builtin.wait_for", {"timeout": 3}),
                task("run out", "cache", entries(("soon", {"value": "1"}))),
                task("absent", "cache", entries(("lines", {"state": "absent"}), ("short", {"state": "absent"}))),
                task("absent again", "cache", entries(("lines", {"state": "absent"}), ("short", {"state": "absent"}))),
                fetch("other", "other"),
            ],
            hosts_of(servers),
        ).must_succeed()

    def test_push(self, results):
        assert results["push"]["changed"]
        assert outcome(results["push"]) == [
            ("lines", None, {"value": LINES}),
            ("short", None, {"value": "1"}),
            ("old", {"value": "x"}, None),
        ]
        assert [each["requests"][0]["params"].get("expire") for each in results["push"]["results"]] == [None, 900, None]
        assert results["push"]["diff"]["after"]["local lines"] == {"value": LINES}

    def test_check_mode_says_what_push_does_and_changes_nothing(self, results):
        assert outcome(results["check"]) == outcome(results["push"])
        assert results["check"]["diff"] == results["push"]["diff"]
        assert "x" in str(results["untouched"]["result"])

    def test_the_second_run_is_unchanged(self, results):
        for name in ("again", "same value", "absent again"):
            assert not results[name]["changed"], name
            assert not any(each["requests"] for each in results[name]["results"]), name

    def test_a_key_that_ran_out_is_written_again(self, results):
        assert outcome(results["run out"]) == [("soon", None, {"value": "1"})]

    def test_others_are_left_alone(self, results):
        assert results["absent"]["changed"]
        assert "stays" in str(results["other"]["result"])


@pytest.mark.parametrize("version", ["1.11", "2.4", "4.0"])
def test_bad_input_is_refused_before_anything_is_written(ansible, emulator, version):
    emu = emulator(version, phones=0)
    cases = {
        "twice": (entries(("a", {"value": "1"}), ("a", {"value": "2"})), ["entries: entries 1 and 2 are the same"]),
        "no value": (entries(("a", {})), ["entry 1 (a)", "value is missing"]),
        "empty": (entries(("b", {"value": "1"}), ("a", {"value": ""})), ["entry 2 (a)", "value is empty"]),
        "no key": (entries(("", {"value": "1"})), ["key is empty"]),
        "expire": (entries(("a", {"value": "1", "expires": -1})), ["expires is -1"]),
        "system": (entries(("a", {"value": "1"}), system="redis:one"), ["redis:one", "cachedb_redis", "and group"]),
        "no system": (entries(("a", {"value": "1"}), system=" "), ["system is empty"]),
    }
    if version != "4.0":
        cases["long"] = (
            entries(("b", {"value": "1"}), ("a", {"value": "x" * 2048})),
            ["entry 2 (a)", "value is too long"],
        )
        cases["blank"] = (entries(("b", {"value": "1"}), ("a", {"value": "\n"})), ["only white space"])
    run_cases(ansible, "cache", cases, fifo_of(emu))
    assert not [name for name in commands_of(emu) if "store" in name or "remove" in name]


def test_what_a_protocol_cannot_carry_keeps_everything_back(ansible, emulator):
    emu = emulator("2.4", phones=0)
    connection = {"url": emu.mi_json_url, "protocol": "mi_json"}
    wanted = entries(("a", {"value": "1"}), ("b", {"value": "1,2"}))
    (result,) = ansible.run([task("push", "cache", wanted)], connection)
    assert_clear(result, ["comma"], "comma")
    assert "cache_store" not in commands_of(emu)
