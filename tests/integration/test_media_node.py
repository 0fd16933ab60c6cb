# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_media_node: nodes of rtpproxy and rtpengine."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import (
    assert_clear,
    commands_of,
    run_cases,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

PROXY, OTHER, ENGINE = "udp:127.0.0.1:19901", "udp:127.0.0.1:19902", "udp:127.0.0.1:19911"


def args(engine, *wanted):
    return {"engine": engine, "nodes": [{"url": url, "enabled": enabled, **more} for url, enabled, more in wanted]}


class TestNodes:
    @classmethod
    def play(cls, ansible, servers, phones):
        wanted = args("rtpproxy", (PROXY, False, {}), (OTHER, True, {}))
        one, back = args("rtpengine", (ENGINE, False, {})), args("rtpengine", (ENGINE, True, {"set": 1}))
        proxies_back = args("rtpproxy", (PROXY, True, {"set": 1}))
        newer = "inventory_hostname != '1.11'"
        return ansible.play(
            [
                task("check", "media_node", wanted, check_mode=True, diff=True),
                task("before", "mi_command", {"command": "rtpproxy_show"}),
                task("push", "media_node", wanted, diff=True),
                task("again", "media_node", wanted),
                task("shown", "mi_command", {"command": "rtpproxy_show"}),
                task("back", "media_node", proxies_back),
                task("back again", "media_node", proxies_back),
                task("engine", "media_node", one, when=newer),
                task("engine again", "media_node", one, when=newer),
                task("engine back", "media_node", back, when=newer),
                task("engine back again", "media_node", back, when=newer),
            ],
            hosts_of(servers),
        ).must_succeed()

    def test_push(self, results):
        push = results["push"]
        assert push["changed"]
        one, two = push["results"]
        assert (one["engine"], one["set"], one["url"]) == ("rtpproxy", 1, PROXY)
        assert (one["before"], one["after"]) == ({"enabled": True}, {"enabled": False})
        assert [each["command"] for each in one["requests"]] == ["rtpproxy_enable"]
        # nobody answers there, but it is not switched off
        assert (two["changed"], two["after"], two["requests"]) == (False, {"enabled": True}, [])

    def test_check_mode_says_what_push_does_and_changes_nothing(self, results):
        assert results["check"]["results"] == results["push"]["results"]
        assert results["check"]["diff"] == results["push"]["diff"]
        assert "4294967295" not in str(results["before"]["result"])
        assert "4294967295" in str(results["shown"]["result"])

    def test_the_second_run_is_unchanged(self, results):
        names = [each.task for each in results if each.task.endswith("again")]
        assert len(names) == 4
        for name in names:
            if results[name].status != "skipped":
                assert not results[name]["changed"], name
                assert not any(each["requests"] for each in results[name]["results"]), name

    def test_back(self, results, server):
        for name in ("back", "engine back") if server.version >= (2, 1) else ("back",):
            (entry,) = results[name]["results"]
            assert (entry["before"], entry["after"]) == ({"enabled": False}, {"enabled": True})

    def test_a_set_is_named_where_the_server_takes_it(self, results, server):
        def params(name):
            return results[name]["results"][0]["requests"][0]["params"]

        assert params("push").get("setid") == (1 if server.version >= (2, 4) else None)
        if server.version >= (2, 1):
            assert params("engine").get("setid") == (1 if server.version >= (3, 3) else None)


@pytest.mark.parametrize("version", ["1.11", "4.0"])
def test_bad_input_is_refused_before_anything_is_written(ansible, emulator, version):
    emu = emulator(version, phones=0)
    run_cases(
        ansible,
        "media_node",
        {
            "unknown": (args("rtpproxy", (PROXY, False, {}), ("udp:x", True, {})), ["no node udp:x", PROXY, OTHER]),
            "other set": (args("rtpproxy", (PROXY, False, {"set": 7})), [f"no node {PROXY} of set 7", "of set 1"]),
            "twice": (args("rtpproxy", (PROXY, False, {}), (PROXY, True, {})), ["nodes: entries 1 and 2 are the same"]),
            "one of another": (args("rtpproxy", (PROXY, False, {}), (PROXY, True, {"set": 1})), ["entries 1 and 2"]),
        },
        fifo_of(emu),
    )
    assert not [name for name in commands_of(emu) if "enable" in name]


def test_a_server_without_the_module_is_told_what_it_takes(ansible, emulator):
    wanted = args("rtpengine", (ENGINE, False, {}))
    (result,) = ansible.run([task("push", "media_node", wanted)], fifo_of(emulator("1.11", phones=0)))
    assert_clear(result, ["rtpengine", "2.1"], "rtpengine")
