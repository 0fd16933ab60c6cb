# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_log_level: levels of processes, of xlog() and of consumers."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import commands_of, run_cases
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

FIFO = {"type": "MI FIFO", "log_level": 4}


class TestLevels:
    @classmethod
    def play(cls, ansible, servers, phones):
        rest = {"xlog_level": 3, "consumers": [{"name": "syslog", "level_filter": 1, "muted": False}]}
        both = {"log_level": 3, "processes": [FIFO]}
        pid = "{{ one.results[0].pid | default(0) }}"
        return ansible.play(
            [
                task("check", "log_level", {"log_level": 3}, check_mode=True, diff=True),
                task("push", "log_level", {"log_level": 3}, diff=True),
                task("again", "log_level", {"log_level": 3}, diff=True),
                task("one", "log_level", {"processes": [FIFO]}, when="major > 1", register="one"),
                task("both", "log_level", both, when="major > 1"),
                task("all", "log_level", {"log_level": 1, "processes": [FIFO]}, when="major > 1"),
                task("all again", "log_level", {"log_level": 1, "processes": [FIFO]}, when="major > 1"),
                task("pid", "log_level", {"processes": [{"pid": pid, "log_level": -1}]}, when="major > 1"),
                task("read", "mi_command", {"command": "log_level"}, when="major > 1"),
                task("rest", "log_level", rest, when="major > 2"),
                task("rest again", "log_level", rest, when="major > 2"),
                task("back", "log_level", {"log_level": 2}),
            ],
            hosts_of(servers),
        ).must_succeed()

    def test_all_processes(self, results):
        check, push = results["check"], results["push"]
        assert check["changed"] and push["changed"]
        assert check["results"] == push["results"]
        assert (
            check["diff"] == push["diff"] == {"before": {"all": {"log_level": 2}}, "after": {"all": {"log_level": 3}}}
        )
        assert push["results"][0]["requests"] == [{"command": "log_level", "params": {"level": 3}}]
        assert not results["again"]["changed"]

    def test_one_process(self, results, server):
        if server.version < (2, 2):
            assert results["one"].status == "skipped"
            return
        (one,) = results["one"]["results"]
        assert (one["kind"], one["type"], one["before"], one["after"]) == (
            "process",
            "MI FIFO",
            {"log_level": 3},
            {"log_level": 4},
        )
        assert not results["both"]["changed"]

    def test_the_level_of_all_leaves_those_that_are_named(self, results, server):
        if server.version < (2, 2):
            return
        every, one = results["all"]["results"]
        assert [each["params"] for each in every["requests"]] == [{"level": 1}, {"level": 4, "pid": one["pid"]}]
        assert (every["after"], one["changed"], one["after"]) == ({"log_level": 1}, False, {"log_level": 4})
        assert not results["all again"]["changed"]
        (alone,) = results["pid"]["results"]
        assert (alone["pid"], alone["before"], alone["after"]) == (one["pid"], {"log_level": 4}, {"log_level": -1})
        # and a mixture is no common level
        assert results["back"]["results"][0]["before"] == {"log_level": None}

    def test_xlog_and_consumers(self, results, server):
        if server.version < (3,):
            return
        xlog, syslog = results["rest"]["results"]
        assert (xlog["kind"], xlog["before"], xlog["after"]) == ("xlog", {"xlog_level": 2}, {"xlog_level": 3})
        assert (syslog["name"], syslog["after"]) == ("syslog", {"level_filter": 1, "muted": False})
        assert [each["command"] for each in syslog["requests"]] == ["log_level_filter", "log_mute_state"]
        assert not results["rest again"]["changed"]


@pytest.mark.parametrize("version", ["1.11", "2.4", "4.0"])
def test_bad_input_is_refused_before_anything_is_written(ansible, emulator, version):
    emu = emulator(version, phones=0)
    syslog = {"name": "syslog", "muted": True}
    cases = {
        "level": ({"log_level": 5}, ["log_level is 5", "debug"]),
        "process level": ({"processes": [{"pid": 1, "log_level": -4}]}, ["pid 1", "-4"]),
        "filter": ({"consumers": [{"name": "syslog", "level_filter": 9}]}, ["syslog", "9"]),
        "twice": ({"processes": [FIFO, FIFO]}, ["processes: entries 1 and 2 are the same"]),
        "consumer twice": ({"consumers": [syslog, syslog]}, ["consumers: entries 1 and 2 are the same"]),
    }
    if version == "1.11":
        cases["process"] = ({"processes": [FIFO]}, ["processes", "2.2"])
    else:
        cases["process"] = (
            {"log_level": 1, "processes": [{"pid": 1, "log_level": 4}]},
            ["no process with the pid 1", "MI FIFO"],
        )
        cases["type"] = (
            {"processes": [{"type": "cook", "log_level": 4}]},
            ["no process of the type 'cook'", "MI FIFO"],
        )
    if version != "4.0":
        cases["xlog"] = ({"xlog_level": 1}, ["xlog_level", "3.0"])
        cases["consumer"] = ({"consumers": [syslog]}, ["log_mute_state", "3.4"])
    run_cases(ansible, "log_level", cases, fifo_of(emu))
    nothing = ansible.cases("log_level", {"nothing": fifo_of(emu)})["nothing"]
    assert "log_level, processes, xlog_level, consumers" in nothing.msg
    assert emu.state()["log_level"] == 2
    assert set(commands_of(emu)) <= {"log_level", "core:log_level", "debug"}
