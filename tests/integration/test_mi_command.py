# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_mi_command, on every server, emulated or real."""

from __future__ import annotations

from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import hosts_of


@on_every_server
class TestCommands:
    """opensips_mi_command."""

    @classmethod
    def play(cls, ansible, servers, phones):
        missing = {"table_name": "location", "aor": "nobody{{ domain }}", "contact": "sip:nobody@127.0.0.1:9"}
        greeting = {"system": "local", "attr": "greeting"}
        return ansible.play(
            [
                task("read", "mi_command", {"command": "uptime"}),
                task("new name", "mi_command", {"command": "usrloc:dump", "params": {"brief": 1}}),
                task(
                    "write", "mi_command", {"command": "cache_store", "params": {**greeting, "value": "hello, world"}}
                ),
                task("named", "mi_command", {"command": "cache_fetch", "params": greeting}),
                task("positional", "mi_command", {"command": "cache_fetch", "params": ["local", "greeting"]}),
                task(
                    "array",
                    "mi_command",
                    {"command": "get_statistics", "params": {"statistics": ["rcv_requests", "shmem:"]}},
                ),
                task("level", "mi_command", {"command": "log_level"}, when="major > 1"),
                task("set level", "mi_command", {"command": "log_level", "params": {"level": 2}}, when="major > 1"),
                task("says changes", "mi_command", {"command": "uptime", "changes": True}),
                task(
                    "says none",
                    "mi_command",
                    {"command": "cache_store", "params": {**greeting, "value": "x"}, "changes": False},
                ),
                task("tolerated", "mi_command", {"command": "ul_rm_contact", "params": missing, "tolerate": [404]}),
                task("refused", "mi_command", {"command": "ul_rm_contact", "params": missing}),
                task(
                    "stops",
                    "mi_command",
                    {
                        "commands": [
                            {"command": "uptime"},
                            {"command": "ul_rm_contact", "params": missing},
                            {"command": "version"},
                        ]
                    },
                ),
                task(
                    "goes on",
                    "mi_command",
                    {
                        "commands": [
                            {"command": "ul_rm_contact", "params": missing, "tolerate": [404]},
                            {"command": "version"},
                        ]
                    },
                ),
                task("unknown", "mi_command", {"command": "ul_dumpp"}),
                task(
                    "checks first",
                    "mi_command",
                    {
                        "commands": [
                            {"command": "cache_store", "params": {**greeting, "value": "too soon"}},
                            {"command": "ul_dumpp"},
                        ]
                    },
                ),
                task("after", "mi_command", {"command": "cache_fetch", "params": greeting}),
            ],
            hosts_of(servers),
        )

    def test_a_read(self, results, server):
        read = results["read"]
        assert (read["outcome"], read["code"], read["changed"]) == ("ok", 200, False)
        names = [node["name"] for node in read["result"]] if server.tree else list(read["result"])
        assert names == ["Now", "Up since", "Up time"]
        assert "Up time" in read["raw"]

    def test_names_of_4_0_work_everywhere(self, results):
        assert results["new name"]["outcome"] == "ok"
        assert not results["new name"]["changed"]

    def test_a_write_is_a_change_and_is_there(self, results):
        assert results["write"]["changed"]
        for name in ("named", "positional"):
            assert results[name]["outcome"] == "ok", results[name].msg
            assert not results[name]["changed"]
            assert "hello, world" in str(results[name]["result"])

    def test_lists_as_parameters(self, results):
        text = str(results["array"]["result"])
        assert "core:rcv_requests" in text
        assert "shmem:used_size" in text

    def test_dual_commands_change_by_their_parameters(self, results, server):
        if server.version < (2,):
            assert results["level"].status == "skipped"
        else:
            assert not results["level"]["changed"]
            assert results["set level"]["changed"]

    def test_the_user_knows_better(self, results):
        assert results["says changes"]["changed"]
        assert not results["says none"]["changed"]

    def test_codes_that_are_tolerated(self, results):
        tolerated = results["tolerated"]
        assert not tolerated.failed
        found = tuple(tolerated[name] for name in ("outcome", "code", "changed", "result"))
        assert found == ("tolerated", 404, False, None)
        assert [each["outcome"] for each in results["goes on"]["results"]] == ["tolerated", "ok"]
        assert [each["error"] for each in results["goes on"]["results"]] == [None, None]

    def test_a_refusal_fails(self, results):
        refused = results["refused"]
        assert refused.failed
        assert (refused["outcome"], refused["code"], refused["changed"]) == ("failed", 404, False)
        assert refused["error"]["code"] == 404
        assert "404" in refused.msg

    def test_a_failure_stops_the_list_and_accounts_for_all(self, results):
        stops = results["stops"]
        assert stops.failed
        assert "Command 2 of the list, ul_rm_contact" in stops.msg
        assert [each["outcome"] for each in stops["results"]] == ["ok", "failed", "not_run"]
        assert [each["error"] for each in stops["results"]] == [None, stops["error"], None]
        assert stops["error"]["type"] == "ServerError"

    def test_unknown_commands_and_the_nearest(self, results):
        unknown = results["unknown"]
        assert unknown.failed
        assert unknown["error"]["type"] == "UnknownCommand"
        assert "ul_dumpp" in unknown.msg
        assert "ul_dump" in unknown["error"]["hint"] or "usrloc:dump" in unknown["error"]["hint"]

    def test_all_are_checked_before_the_first_is_sent(self, results):
        assert results["checks first"].failed
        assert "too soon" not in str(results["after"]["result"])
