# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_facts, on every server, emulated or real."""

from __future__ import annotations

import datetime
import pathlib

import pytest
import yaml

from ansible_collections.community.opensips.plugins.module_utils._module.facts import SUBSETS
from ansible_collections.community.opensips.plugins.modules import opensips_facts
from ansible_collections.community.opensips.tests.emulator import Cluster
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.phones import Phone
from ansible_collections.community.opensips.tests.integration.support.playbook import facts_task, task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, hosts_of

TYPES = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}
FACTS = yaml.safe_load(opensips_facts.RETURN)["ansible_facts"]["contains"]["opensips"]["contains"]


def assert_documented(facts):
    """That facts are as RETURN says: their names, types and keys."""
    assert [name for name in FACTS if name != "skipped"] == list(SUBSETS)
    for name, fact in facts.items():
        assert_fact_documented(fact, FACTS[name], name)


def assert_fact_documented(fact, entry, path):
    """That a fact has the type and the keys that RETURN says, those inside it included."""
    if fact is None:
        return
    if path == "statistics":
        # whatever the server counts
        assert all(isinstance(group, dict) for group in fact.values())
        return
    # a bool is no int here
    kind = fact.__class__
    assert kind is TYPES[entry["type"]] or (entry["type"] == "float" and kind is int), path
    for record in fact if isinstance(fact, list) and entry["elements"] == "dict" else [fact]:
        if "contains" in entry:
            assert set(record) == set(entry["contains"]), path
            for name, value in record.items():
                assert_fact_documented(value, entry["contains"][name], f"{path}.{name}")


@on_every_server
class TestFacts:
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


@pytest.mark.parametrize("version", ["1.11", "2.4", "4.0"])
def test_every_subset_is_a_fact_as_documented(emulator, version):
    emu = emulator(version, phones=2, more_blacklists=True, modules="all")
    emu.add_dialog(profiles=[("trunk", "a")])
    result = run_module("facts", {**fifo_of(emu), "gather_subset": ["all"], "cache_keys": ["none"]})
    facts = result["ansible_facts"]["opensips"]
    assert_documented(facts)
    lacking = {"1.11": {"sharing_tags", "status", "tls"}, "2.4": {"status"}, "4.0": {"sharing_tags"}}[version] | {
        "cluster"
    }
    assert set(SUBSETS) - set(facts) == set(facts["skipped"]) == lacking, facts["skipped"]
    for name in set(SUBSETS) - set(facts["skipped"]) - {"subscribers", "cache", "sharing_tags"}:
        assert facts[name], name
    assert facts["cache"] == {"none": None}


def test_what_costs_or_is_secret_is_gathered_if_it_is_named(emulator):
    emu = emulator("3.6", phones=1)
    params = {"event": "E_UL_AOR_INSERT", "socket": "udp:127.0.0.1:19777", "expire": 600}
    run_module("mi_command", {**fifo_of(emu), "command": "event_subscribe", "params": params})

    def gathered(*subsets, **options):
        return run_module("facts", {**fifo_of(emu), "gather_subset": list(subsets), **options})["ansible_facts"][
            "opensips"
        ]

    costly = {"tcp", "rate_limits", "call_center", "shared_variables", "subscribers", "cache"}
    by_default = run_module("facts", fifo_of(emu))["ansible_facts"]["opensips"]
    assert not costly & set(by_default)
    facts = gathered(*costly)
    assert facts["shared_variables"] == {"debug": 7}
    (subscriber,) = facts["subscribers"]
    assert (subscriber["event"], subscriber["expires"]) == ("E_UL_AOR_INSERT", 600)
    assert "cache_keys" in facts["skipped"]["cache"]
    facts = gathered("cache", cache_keys=["a"], cache_system="redis:one")
    assert "cachedb_redis" in facts["skipped"]["cache"]


def tls_domains(**options):
    return run_module("facts", {**options, "gather_subset": ["tls"]})["ansible_facts"]["opensips"]["tls"]


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_certificates_of_tls_domains(emulator, version):
    emu = emulator(version, phones=0, modules="all")
    missing = tls_domains(**fifo_of(emu))[-1]
    assert missing["certificate_file"] == f"{emu.directory}/cert.pem"
    assert "No such file" in missing["certificate_error"]
    assert (missing["subject"], missing["not_after"]) == (None, None)
    Authority(pathlib.Path(emu.directory), "ca").issue("cert", address="127.0.0.1", days=20)
    found = tls_domains(**fifo_of(emu))[-1]
    assert (found["name"], found["role"], found["certificate_error"]) == ("sv", "server", None)
    assert (found["subject"], found["issuer"], found["subject_alt_names"]) == ("CN=cert", "CN=ca", ["IP:127.0.0.1"])
    end = datetime.datetime.strptime(found["not_after"], "%Y-%m-%dT%H:%M:%SZ")
    assert 18 < (end - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)).days < 21


def cluster_facts(node):
    options = {**fifo_of(node), "gather_subset": ["cluster", "sharing_tags", "status"]}
    facts = run_module("facts", options)["ansible_facts"]["opensips"]
    assert_documented({name: fact for name, fact in facts.items() if name != "skipped"})
    return facts


@pytest.mark.parametrize("version", ["3.6", "4.0"])
def test_each_node_of_a_cluster_reports_its_own_view(version):
    with Cluster(version, nodes=2) as cluster:
        cluster.wait_until_synced()
        first, second = (cluster_facts(node) for node in cluster.nodes)
        assert [facts["cluster"][0]["node_id"] for facts in (first, second)] == [1, 2]
        assert [(node["node_id"], node["link"]) for node in first["cluster"][0]["nodes"]] == [(2, "up")]
        assert first["cluster"][0]["synced"] and second["cluster"][0]["synced"]
        (dialogs,) = [row for row in first["status"] if row["identifier"] == "cap:dialog-dlg-repl"]
        assert (dialogs["group"], dialogs["ready"], dialogs["details"]) == ("clusterer", True, "synced")
        assert [facts["sharing_tags"][0]["state"] for facts in (first, second)] == ["active", "backup"]
        cluster.stop(0)
        # a ping later; links and topology are read one after the other
        alone = cluster_facts(cluster.nodes[1])
        for _turn in range(100):
            if alone["cluster"][0]["nodes"][0]["link"] != "up" and not alone["cluster"][0]["topology"][0]["neighbours"]:
                break
            alone = cluster_facts(cluster.nodes[1])
        assert alone["cluster"][0]["nodes"][0]["link"] in ("probe", "down")
        assert alone["cluster"][0]["topology"][0] == {"node_id": 2, "neighbours": []}
