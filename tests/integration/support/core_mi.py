# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of MI that every server must pass, emulated or real: connections, commands, facts."""

from __future__ import annotations

import yaml

from ansible_collections.community.opensips.plugins.module_utils._module.facts import SUBSETS
from ansible_collections.community.opensips.plugins.modules import opensips_facts

from .phones import Phone
from .playbook import facts_task, task

_TYPES = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}
_FACTS = yaml.safe_load(opensips_facts.RETURN)["ansible_facts"]["contains"]["opensips"]["contains"]


def hosts_of(servers, **variables):
    """Variables of hosts, one for each server."""
    return {
        name: {
            "mi": server.connection,
            "major": server.version[0],
            "domain": "@127.0.0.1" if server.version >= (4,) else "",
            **variables,
        }
        for name, server in servers.items()
    }


class Connections:
    """Each transport with each protocol, named and found out."""

    @classmethod
    def play(cls, ansible, servers, phones):
        for name in servers:
            phones[name].register(Phone("2001", "Yealink SIP-T46U 108.86.0.20"))
        hosts = {}
        for name, server in servers.items():
            for way, (options, protocol) in server.ways.items():
                hosts[f"{name}_{way}_auto"] = {"mi": options, "named": False}
                hosts[f"{name}_{way}_{protocol}"] = {"mi": {**options, "protocol": protocol}, "named": True}
        commands = [
            {
                "command": "cache_store",
                "params": {"system": "local", "attr": "{{ inventory_hostname }}", "value": "says hello"},
            },
            {"command": "cache_fetch", "params": {"system": "local", "attr": "{{ inventory_hostname }}"}},
        ]
        return ansible.play(
            [
                facts_task("facts", "version", "contacts", "uptime"),
                task("write", "mi_command", {"commands": commands}, when="named"),
            ],
            hosts,
        )

    def test_every_way_works(self, played, server, server_name):
        for way, (_options, protocol) in server.ways.items():
            for mode in ("auto", protocol):
                facts = played.of(f"{server_name}_{way}_{mode}")["facts"]
                assert not facts.failed, (way, mode, facts.msg)
                version = facts["ansible_facts"]["opensips"]["version"]
                assert version["protocol"] == protocol, (way, mode)
                assert tuple(version["numbers"][: len(server.version)]) == server.version

    def test_every_way_tells_the_same(self, played, server, server_name):
        told = {}
        for way, (_options, protocol) in server.ways.items():
            for mode in ("auto", protocol):
                (contact,) = played.of(f"{server_name}_{way}_{mode}")["facts"]["ansible_facts"]["opensips"]["contacts"]
                assert 3000 < contact.pop("expires") <= 3600
                told[way, mode] = contact
        first = next(iter(told.values()))
        assert (first["aor"], first["user_agent"]) == (server.aor("2001"), "Yealink SIP-T46U 108.86.0.20")
        assert all(each == first for each in told.values()), told

    def test_every_way_writes(self, played, server, server_name):
        for way, (_options, protocol) in server.ways.items():
            written = played.of(f"{server_name}_{way}_{protocol}")["write"]
            assert not written.failed, (way, written.msg)
            assert written["changed"]
            assert "says hello" in str(written["results"][1]["result"]), way


class Commands:
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


def assert_documented(facts):
    """That facts are as RETURN says: their names, types and keys."""
    assert [name for name in _FACTS if name != "skipped"] == list(SUBSETS)
    for name, fact in facts.items():
        _assert_documented(fact, _FACTS[name], name)


def _assert_documented(fact, entry, path):
    """That a fact has the type and the keys that RETURN says, those inside it included."""
    if fact is None:
        return
    if path == "statistics":
        # whatever the server counts
        assert all(isinstance(group, dict) for group in fact.values())
        return
    assert type(fact) is _TYPES[entry["type"]] or (entry["type"] == "float" and type(fact) is int), path
    for record in fact if isinstance(fact, list) and entry["elements"] == "dict" else [fact]:
        if "contains" in entry:
            assert set(record) == set(entry["contains"]), path
            for name, value in record.items():
                _assert_documented(value, entry["contains"][name], f"{path}.{name}")


class Facts:
    """opensips_facts."""

    AGENTS = {
        "2001": "Yealink SIP-T46U 108.86.0.20",
        "2002": "snom370/8.7.5.35",
        "2003": "PolycomVVX-VVX_411-UA/6.4.1.1234",
    }

    @classmethod
    def play(cls, ansible, servers, phones):
        for name in servers:
            for user, agent in cls.AGENTS.items():
                phones[name].register(Phone(user, agent))
        return ansible.play(
            [
                task("all", "facts"),
                task("used", "ansible.builtin.debug", {"msg": "{{ ansible_facts.opensips.uptime.seconds }}"}),
                task("without", "facts", {"gather_subset": ["!contacts", "!statistics"]}),
                facts_task("one", "contacts", select={"user_agent": ["SNOM"]}),
                facts_task("excluded", "contacts", select={"exclude_user_agent": ["snom", "^yealink"]}),
                facts_task("by aor", "contacts", select={"aor": ["200[12]"], "network": ["127.0.0.0/8"], "limit": 1}),
                facts_task("elsewhere", "contacts", select={"network": ["192.0.2.0/24"]}),
                facts_task("counters", "statistics", statistics=["shmem:", "rcv_requests", "no_such_counter"]),
                facts_task("wrong", "uptime", "weather"),
            ],
            hosts_of(servers),
        )

    @staticmethod
    def _facts(result):
        assert not result.failed, result.msg
        return result["ansible_facts"]["opensips"]

    def test_all(self, results, server):
        facts = self._facts(results["all"])
        offered = {
            "contacts": "usrloc",
            "location_size": "usrloc",
            "dialogs": "dialog",
            "dispatcher": "dispatcher",
            "load_balancer": "load_balancer",
            "gateways": "drouting",
            "carriers": "drouting",
            "addresses": "permissions",
            "domains": "domain",
            # of the core, whatever the module of that name offers
            "uptime": None,
            "version": None,
            "processes": None,
            "log_level": None,
            "statistics": None,
        }
        for name, module in offered.items():
            if module is None or server.has(module):
                assert name in facts, facts["skipped"]
                assert name not in facts["skipped"]
            else:
                assert module in facts["skipped"][name]
                assert name not in facts
        assert tuple(facts["version"]["numbers"][: len(server.version)]) == server.version
        assert facts["uptime"]["seconds"] >= 0
        assert facts["processes"][0]["type"] == "attendant"
        assert facts["statistics"]["core"]["rcv_requests"] >= 3
        assert not results["all"]["changed"]

    def test_all_is_as_documented(self, results):
        assert_documented(self._facts(results["all"]))

    def test_contacts(self, results, server, farm):
        contacts = {each["user"]: each for each in self._facts(results["all"])["contacts"]}
        assert {user: each["user_agent"] for user, each in contacts.items()} == self.AGENTS
        for user, each in contacts.items():
            assert each["aor"] == server.aor(user)
            assert each["contact"] == farm.uri(user)
            assert each["call_id"] == f"call-{user}@phones"
            assert 3000 < each["expires"] <= 3600
            assert each["socket"] == "udp:{}:{}".format(*server.sip)
            assert each["methods"] == ["INVITE", "ACK", "BYE", "NOTIFY"]

    def test_how_large_the_location_table_is(self, results, server):
        found = self._facts(results["all"])["location_size"]
        if found["users"] is not None:
            assert (found["users"], found["contacts"]) == (len(self.AGENTS),) * 2
            assert 0 < found["expected_seconds"] < 1

    def test_what_is_left_out(self, results, server):
        facts = self._facts(results["without"])
        assert {"uptime", "version", "processes", "skipped"} <= set(facts)
        assert not {"contacts", "statistics"} & (set(facts) | set(facts["skipped"]))

    def test_filters(self, results):
        def users(name):
            return [each["user"] for each in self._facts(results[name])["contacts"]]

        assert users("one") == ["2002"]
        assert users("excluded") == ["2003"]
        assert len(users("by aor")) == 1
        assert set(users("by aor")) < {"2001", "2002"}
        assert users("elsewhere") == []

    def test_statistics(self, results):
        groups = self._facts(results["counters"])["statistics"]
        assert set(groups) == {"shmem", "core"}
        assert list(groups["core"]) == ["rcv_requests"]
        assert groups["shmem"]["used_size"] > 0
        assert any("no_such_counter" in str(each) for each in results["counters"]["warnings"])

    def test_unknown_subset(self, results):
        wrong = results["wrong"]
        assert wrong.failed
        assert "gather_subset" in wrong.msg
        assert "weather" in wrong.msg
        assert "uptime" in wrong["error"]["hint"]

    def test_facts_can_be_used(self, results):
        assert str(results["used"]["msg"]).isdigit()
