# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_compare: the memory of a server against tables, a snapshot and other nodes, and the role that compares all nodes."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import commands_of
from ansible_collections.community.opensips.tests.integration.support.databases import Database
from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import VERSIONS, fifo_of, hosts_of

KINDS = ["dispatcher", "load_balancer", "gateways", "carriers", "addresses", "domains", "registrants"]
SECRET = "Zq9marks3cret"


def rows_of(version):
    """Statements that make tables of what an emulator has in memory."""
    attrs = version not in ("1.11", "2.4")
    none = "NULL" if attrs else "'n'"
    yield from (
        "INSERT INTO dispatcher (setid, destination, weight, attrs, description) VALUES (1, 'sip:127.0.0.1:19001', '50', 'dc=a', 'gw one')",
        "INSERT INTO dispatcher (setid, destination, weight, attrs, description) VALUES (1, 'sip:127.0.0.1:19002', '50', 'dc=b', 'gw two')",
        "INSERT INTO dispatcher (setid, destination, weight, attrs, description, state)"
        f" VALUES (2, 'sip:127.0.0.2:19003;transport=udp', '1', {none}, {none}, 1)",
        "INSERT INTO load_balancer (group_id, dst_uri, resources) VALUES (1, 'sip:127.0.0.1:19101', 'pstn=32;transc=12')",
        "INSERT INTO load_balancer (group_id, dst_uri, resources) VALUES (1, 'sip:127.0.0.1:19102', 'pstn=16')",
        "INSERT INTO dr_gateways (gwid, type, address, attrs) VALUES ('gw1', 0, '127.0.0.1:19201', 'a1')",
        "INSERT INTO dr_gateways (gwid, type, address) VALUES ('gw2', 0, '127.0.0.1:19202')",
        "INSERT INTO dr_carriers (carrierid, gwlist, attrs) VALUES ('cr1', 'gw1', 'x')",
        "INSERT INTO dr_rules (groupid, prefix, timerec, routeid, gwlist) VALUES ('0', '40', '', '', '#cr1')",
        "INSERT INTO address (grp, ip, mask, port, proto, context_info) VALUES (1, '10.1.1.1', 32, 5060, 'udp', 'office')",
        "INSERT INTO address (grp, ip, mask, port, proto, context_info) VALUES (2, '10.2.0.0', 16, 0, 'any', 'dc')",
        "INSERT INTO domain (domain, last_modified) VALUES ('example.com', '2026-11-22 10:00:00')",
        "INSERT INTO domain (domain, last_modified) VALUES ('VoIP.example.org', '2026-11-22 10:00:00')",
    )
    for disabled in (0, 1):
        yield (
            "INSERT INTO dialplan (dpid, pr, match_op, match_exp, match_flags, subst_exp, repl_exp, attrs, disabled)"
            f" VALUES (1, 1, 1, '^0{disabled}', 0, '', '', '', {disabled})"
        )
    yield (
        "INSERT INTO dialplan (dpid, pr, match_op, match_exp, match_flags, subst_exp, repl_exp, attrs, disabled)"
        " VALUES (1, 0, 0, '0040', 0, '', '+', 'intl', 0)"
    )
    if version != "1.11":
        yield "UPDATE dispatcher SET priority = 1 WHERE setid = 2"
        yield "UPDATE domain SET attrs = 't=1' WHERE domain LIKE '%org'"
    for number in (1, 2):
        yield (
            "INSERT INTO registrant (registrar, aor, binding_URI, expiry, password)"
            f" VALUES ('sip:127.0.0.1:1980{number}', 'sip:trunk{number}@carrier.example', 'sip:trunk{number}@127.0.0.1:5060', 600, '{SECRET}')"
        )

    if not attrs:
        # the server does not report these
        yield "UPDATE registrant SET binding_params = 'p=1', forced_socket = 'udp:127.0.0.1:5060'"
        yield "UPDATE dr_gateways SET attrs = 'x'"


TABLES = (
    "dispatcher",
    "load_balancer",
    "dr_gateways",
    "dr_carriers",
    "dr_rules",
    "address",
    "domain",
    "dialplan",
    "registrant",
)


def tables(emu, version):
    """A database of an emulator, whose rows it has in memory."""
    file = f"{emu.directory}/opensips.sqlite"
    pathlib.Path(file).touch()
    made = Database("sqlite", f"sqlite:///{file}", {})
    made.create(version, *TABLES)
    made.execute(*rows_of(version))
    return made


def compare(emu, **options):
    return run_module("compare", {**fifo_of(emu), **options})


def found(result):
    """{(kind, the last word of the key, field): {source: value}} of the differences of a result."""
    return {
        (one["kind"], str(list(one["key"].values())[-1]), one["field"]): {
            source: value["value"] for value in one["variants"] for source in value["sources"]
        }
        for one in result["differences"]
    }


def rules_of(version):
    """What is found of rules that the server counts, or is asked for."""
    found = {}
    if version != "1.11":
        found["routing_rules", "40", "destinations"] = {"memory": ["#cr1"], "table": ["#cr1", "gw2"]}
    if version in ("3.6", "4.0"):
        found["dialplans", "0040", "attributes"] = {"memory": "intl", "table": "national"}
        found["dialplans", "default", "rules"] = {"memory": 2, "table": 3}
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_memory_against_its_tables(emulator, version):
    emu = emulator(version, phones=0)
    database = tables(emu, version)
    url = {"db_url": database.url}
    same = compare(emu, database=url, fail_on_difference=True)
    assert not same.get("failed") and not same["changed"] and same["summary"]["total"] == 0, same["differences"]
    assert set(KINDS) <= set(same["compared"])
    assert same["compared"]["addresses"] == {"memory": 2, "table": 2} and "data" not in same
    # nobody reloads what is changed then
    database.execute(
        "UPDATE dispatcher SET attrs = 'http://user:s3cret@192.0.2.9/' WHERE destination LIKE '%19001'",
        "DELETE FROM dispatcher WHERE destination LIKE '%19002'",
        "INSERT INTO load_balancer (group_id, dst_uri, resources) VALUES (7, 'sip:192.0.2.7', 'pstn=1')",
        "UPDATE load_balancer SET resources = 'pstn=33;transc=12' WHERE dst_uri LIKE '%19101'",
        "UPDATE dr_gateways SET address = '192.0.2.7', state = 1 WHERE gwid = 'gw1'",
        "INSERT INTO domain (domain, last_modified) VALUES ('example.net', '2026-11-22 10:00:00')",
        "UPDATE registrant SET expiry = 5 WHERE aor LIKE '%trunk1%'",
        "UPDATE dr_rules SET gwlist = '#cr1,gw2'",
        "UPDATE dialplan SET attrs = 'national' WHERE match_exp = '0040'",
        "UPDATE dialplan SET disabled = 0",
    )
    drift = compare(emu, database=url)
    differences = found(drift)
    attrs = differences.pop(("dispatcher", "sip:127.0.0.1:19001", "attrs"))
    assert attrs["memory"] == "dc=a" and attrs["table"].startswith("http://********@192.0.2.9/ (hash ")
    rules = {one: differences.pop(one) for one in list(differences) if one[0] in ("dialplans", "routing_rules")}
    assert rules == rules_of(version)
    assert differences == {
        ("dispatcher", "sip:127.0.0.1:19002", None): {"memory": "present", "table": "absent"},
        ("load_balancer", "sip:127.0.0.1:19101", "resources"): {
            "memory": {"pstn": 32, "transc": 12},
            "table": {"pstn": 33, "transc": 12},
        },
        ("load_balancer", "sip:192.0.2.7", None): {"memory": "absent", "table": "present"},
        ("gateways", "gw1", "address"): {"memory": "127.0.0.1:19201", "table": "192.0.2.7"},
        ("domains", "example.net", None): {"memory": "absent", "table": "present"},
        ("registrants", "sip:127.0.0.1:19801", "expires"): {"memory": 600, "table": 5},
    }
    assert drift["summary"]["outcomes"] == {"absent": 3, "different": 4 + len(rules)} and not drift["changed"]
    assert SECRET not in json.dumps(drift)
    states = compare(emu, database=url, states=True, kinds=["gateways"], ignore=["gateways.address"], limit=1)
    field, off = ("enabled", False) if version == "1.11" else ("state", "disabled_mi")
    assert found(states) == {
        ("gateways", "gw1", field): {"memory": True if version == "1.11" else "active", "table": off}
    }
    failed = compare(emu, database=url, fail_on_difference=True, kinds=["domains"])
    assert failed["failed"] and failed["msg"] == (
        "1 difference: domains name=example.net: absent in memory; present in the table"
    )
    assert set(commands_of(emu)) <= READS


READS = {
    command
    for names in (
        "dp_translate dr_number_routing dialplan:translate drouting:number_routing",
        "which version ds_list lb_list dr_gw_status dr_carrier_status address_dump subnet_dump domain_dump reg_list sr_list_reports arg ps",
        "dispatcher:list load_balancer:list drouting:gw_status drouting:carrier_status permissions:address_dump",
        "permissions:subnet_dump domain:dump uac_registrant:list status_report:list_reports core:version core:which core:arg core:ps",
        "status_report:reports tls_list tls_mgm:list",
    )
    for command in names.split()
}


def test_rules_of_a_module_that_is_not_loaded(emulator):
    result = compare(emulator("3.6", phones=0, modules="base"), kinds=["dialplans"])
    assert result["not_compared"] == {
        "dialplans": "The server has no reports of dialplan. Is its module dialplan loaded?"
    }


def test_nodes_against_each_other(emulator):
    one, two = emulator("3.6", phones=0), emulator("3.6", phones=0)
    first = compare(one)
    assert first["data"]["format"] == 1 and first["differences"] == [] and first["compared"] == {}
    assert {entry["module"] for entry in first["data"]["kinds"]["modules"]} > {"dispatcher", "tm"}
    assert "configuration" in first["not_compared"]
    inactive = {"state": "i", "group": 1, "address": "sip:127.0.0.1:19001"}
    set_state = {**fifo_of(two), "command": "ds_set_state", "params": inactive}
    assert not run_module("mi_command", set_state).get("failed")
    same = compare(one, nodes={"other": first["data"]})
    assert (
        same["summary"]["total"] == 0
        and "data" not in same
        and same["compared"]["dispatcher"] == {"memory": 3, "other": 3}
    )
    drift = compare(two, name="sip2", nodes={"sip1": first["data"], "sip3": first["data"]})
    (difference,) = drift["differences"]
    assert found(drift) == {
        ("dispatcher", "sip:127.0.0.1:19001", "state"): {"sip1": "active", "sip2": "inactive", "sip3": "active"}
    }
    assert difference["minority"] == ["sip2"] and difference["variants"][0]["value"] == "active"
    assert compare(two, nodes={"sip1": first["data"]}, states=False)["summary"]["total"] == 0
    assert compare(two, nodes={"sip1": first["data"]}, ignore=["dispatcher"])["compared"].get("dispatcher") is None


@on_every_server
class TestEveryServer:
    """What a server tells of itself; of a real one the host tells more."""

    @classmethod
    def play(cls, ansible, servers, phones):
        return ansible.play(
            [task("data", "compare", {"return_data": True}), task("check", "compare", {}, check_mode=True)],
            hosts_of(servers),
        ).must_succeed()

    def test_version_and_modules(self, results, server):
        data = results["data"]["data"]
        (version,) = data["kinds"]["versions"]
        assert version["version"].startswith(".".join(map(str, server.version[:2])))
        assert {"tm", "usrloc"} <= {entry["module"] for entry in data["kinds"]["modules"]}
        assert data["kinds"].keys() == results["check"]["data"]["kinds"].keys()

    def test_what_the_host_tells(self, results, server):
        data = results["data"]["data"]
        if server.name.startswith("emulated"):
            assert "does not run on the host" in data["skipped"]["configuration"]
            return
        (file,) = data["kinds"]["configuration"]
        assert file["file"] == "opensips.cfg" and not file["changed_since_start"]
        modules = {entry["module"]: entry for entry in data["kinds"]["modules"]}
        # they have no commands
        assert {"signaling", "mi_fifo"} <= set(modules)
        assert modules["tm"] == {"module": "tm", "read_from": "process", "replaced": False}


def test_a_configuration_that_changed(emulator, tmp_path):
    emu, path = emulator("3.6", phones=0), tmp_path / "opensips.cfg"
    path.write_text("# one\n", encoding="utf-8")
    before = compare(emu, kinds=["configuration"], config_path=str(path))["data"]
    path.write_text("# two\n", encoding="utf-8")
    after = compare(emu, kinds=["configuration"], config_path=str(path), nodes={"before": before})
    assert [one["field"] for one in after["differences"]] == ["sha256"]
    # what is in it is not shown
    assert "two" not in json.dumps(after)


def test_memory_against_a_snapshot(emulator, tmp_path):
    emu = emulator("4.0", phones=0)
    store = {"command": "cache_store", "params": {"system": "local", "attr": "k", "value": SECRET}}
    assert not run_module("mi_command", {**fifo_of(emu), **store}).get("failed")
    path = tmp_path / "snapshot.json"
    taken = run_module("snapshot", {**fifo_of(emu), "path": str(path), "cache_keys": ["k"], "cache_expires": 0})
    assert not taken.get("failed"), taken
    same = compare(emu, snapshot=str(path))
    assert same["summary"]["total"] == 0 and same["compared"]["cache"] == {"memory": 1, "snapshot": 1}, same[
        "differences"
    ]
    store["params"]["value"] = f"{SECRET}2"
    run_module("mi_command", {**fifo_of(emu), **store})
    run_module("drouting", {**fifo_of(emu), "gateways": [{"id": "gw1", "enabled": False}]})
    drift = compare(emu, snapshot=str(path))
    values = found(drift)
    assert values.pop(("gateways", "gw1", "enabled")) == {"memory": False, "snapshot": True}
    assert values.pop(("gateways", "gw1", "state"))["snapshot"] == "active"
    (hashes,) = values.values()
    assert list(values) == [("cache", "k", "value")] and hashes["memory"] != hashes["snapshot"]
    assert SECRET not in json.dumps(drift)
    some = compare(emu, snapshot=str(path), kinds=["gateways"], ignore=["gateways.state"])
    assert some["summary"]["kinds"] == {"gateways": 1}


CASES = {
    "no such kind to ignore": ({"ignore": ["gateway.state"]}, "ignore: there is no kind 'gateway'"),
    "no table": ({"kinds": ["modules"], "database": {"db_url": "sqlite:////nowhere"}}, "kinds: modules cannot be compared: it has no table"),
    "only in snapshots": ({"kinds": ["cache"]}, "kinds: cache cannot be compared: it can only be compared with a snapshot"),
    "no database": ({"tables": {"dispatcher": "d"}}, "tables is set, but database is not"),
    "table of no kind": ({"tables": {"modules": "m"}, "database": {"db_url": "sqlite:////nowhere"}}, "tables: 'modules' is not a kind with a table"),
    "table without name": ({"tables": {"domains": 5}, "database": {"db_url": "sqlite:////nowhere"}}, "tables: domains is not the name of a table"),
    "no snapshot": ({"snapshot": "/nowhere.json"}, "snapshot: /nowhere.json cannot be read"),
    "no data": ({"nodes": {"sip2": {"format": 2}}}, "nodes: sip2 is not data that opensips_compare returned"),
    "broken data": ({"nodes": {"sip2": {"format": 1, "kinds": {"domains": [5]}}}}, "nodes: sip2: domains is not a list of entries"),
    "same name": ({"nodes": {"memory": {"format": 1, "kinds": {}}}}, "name: nodes has memory, too"),
    "limit": ({"limit": 0}, "limit is 0"),
    "two at once": ({"snapshot": "/nowhere.json", "nodes": {}}, "mutually exclusive"),
    "no file": ({"database": {"db_url": "sqlite:////nowhere"}}, "database: There is no file /nowhere"),
}  # fmt: skip


def test_bad_input_is_refused(emulator):
    emu = emulator("3.6", phones=0)
    for name, (options, words) in CASES.items():
        result = compare(emu, **options)
        assert result.get("failed") and words in result["msg"], (name, result["msg"])
    assert not commands_of(emu)


# The role


@pytest.fixture
def role(ansible, tmp_path):
    """role({host: emulator}, ignore=…): (results by task, lines that it showed, {suffix: path} of the newest report)."""

    def run(emulators, check=False, hosts=None, **variables):
        play = {
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {
                "group/community.opensips.all": {name: f"{{{{ mi.{name} }}}}" for name in ("fifo_path", "reply_dir")}
            },
            "tasks": [
                {
                    "block": [{"name": "Run", "ansible.builtin.include_role": {"name": "community.opensips.compare"}}],
                    "rescue": [{"name": "Failed", "ansible.builtin.debug": {"msg": "failed"}}],
                }
            ],
        }
        common = {
            "compare_dir": str(tmp_path / "reports"),
            **{f"compare_{key}": value for key, value in variables.items()},
        }
        inventory = {
            name: {**common, "mi": fifo_of(emu), **(hosts or {}).get(name, {})} for name, emu in emulators.items()
        }
        results = ansible.run_plays([play], inventory, check=check)
        shown = [each.msg for each in results if each.task.endswith("Show the differences")]
        return (
            [each.msg for each in results if each.failed],
            shown[0],
            {path.suffix: path for path in sorted((tmp_path / "reports").glob("*"))},
            [each.task for each in results if each.get("changed")],
        )

    return run


def test_the_role_reports_who_differs_in_what(role, emulator):
    one, two, three = (emulator("3.6", phones=0) for _each in range(3))
    database = tables(one, "3.6")
    database.execute("UPDATE domain SET attrs = '<script>' WHERE domain = 'example.com'")
    run_module("drouting", {**fifo_of(two), "gateways": [{"id": "gw1", "enabled": False}]})
    gone = fifo_of(three)
    three.kill()
    failures, lines, files, changed = role(
        {"sip1": one, "sip2": two, "sip3": three},
        hosts={"sip1": {"compare_database": {"db_url": database.url}}, "sip3": {"mi": gone}},
    )
    assert changed == []
    assert lines[0] == "2 nodes: 1 difference (gateways 1)"
    assert lines[1].startswith("sip3 was not read: No process reads the FIFO")
    assert "  gateways partition=default id=gw1, state: active on sip1; disabled_mi on sip2" in lines
    assert "sip1 and its tables: 1 difference" in lines
    assert "  domains name=example.com, attributes: not set in memory; <script> in the table" in lines
    # of the server that was not read, and nobody else
    assert len([text for text in failures if "The report does not have this server" in text]) == 1
    report = json.loads(files[".json"].read_text(encoding="utf-8"))
    assert (report["report"], report["format"]) == ("comparison", 1)
    assert report["summary"]["kinds"]["gateways"] == 1 and report["summary"]["table"] == {"sip1": 1}
    assert report["summary"]["not_read"] == ["sip3"]
    assert [node["node"] for node in report["nodes"]] == ["sip1", "sip2", "sip3"]
    page = files[".html"].read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page and "disabled_mi" in page
    assert {oct(path.stat().st_mode & 0o777) for path in files.values()} == {"0o600"}


def test_the_role_fails_for_a_difference_and_writes_nothing_in_check_mode(role, emulator):
    one, two = emulator("3.6", phones=0), emulator("4.0", phones=0)
    options = {"kinds": ["versions", "domains"], "ignore": ["domains"], "fail_on_difference": True}
    failures, lines, files, changed = role({"sip1": one, "sip2": two}, check=True, **options)
    assert lines[0] == "2 nodes: 1 difference (versions 1)" and files == {} and changed == []
    assert failures == ["1 difference. See the lines above, or the report"] * 2
    options["ignore"].append("versions.version")
    failures, lines, files, changed = role({"sip1": one, "sip2": two}, **options)
    assert failures == [] and lines[0] == "2 nodes: no difference" and set(files) == {".html", ".json"}
