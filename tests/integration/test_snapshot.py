# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_snapshot and opensips_restore: run-time state in a file, over a restart."""

from __future__ import annotations

import json
import os
import stat
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._readers import cache
from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.bad_input import assert_clear, commands_of
from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.module_here import run_module_here
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.servers import VERSIONS, fifo_of

SECRET = "Zq9mark-s3cret"
ONE, TWO = "sip:127.0.0.1:19001", "sip:127.0.0.1:19002"
# what reads; each server has some of them
READS = {"ul_dump", "ul_show_contact", "cache_fetch", "ds_list", "lb_list", "reg_list", "log_level", "shv_get"}
ALL_METHODS = "4294967295"


def aor_of(version, user):
    return f"{user}@127.0.0.1" if version == "4.0" else user


def permanent(version, user):
    return (
        "ul_add",
        {
            "table_name": "location",
            "aor": aor_of(version, user),
            "contact": f"sip:{user}@127.0.0.1:19999",
            "expires": 0,
            "q": "0.5",
            "flags": 0,
            "cflags": 0,
            "methods": ALL_METHODS,
        },
    )


def changes(version):
    """(method, params) that change every kind of state that a version has."""
    yield permanent(version, "permanent")
    yield "cache_store", {"system": "local", "attr": "user_1", "value": SECRET}
    yield "cache_store", {"system": "local", "attr": "user_2", "value": SECRET}
    yield "cache_store", {"system": "local", "attr": "other", "value": "x"}
    yield "shv_set", {"name": "debug", "type": "int", "value": -42}
    yield "ds_set_state", {"state": "i", "group": "1", "address": ONE}
    for _failure in range(3):
        yield "ds_set_state", {"state": "p", "group": "1", "address": TWO}
    yield "lb_status", {"destination_id": 1, "new_status": 0}
    yield "lb_resize", {"destination_id": 2, "res_name": "pstn", "new_capacity": 7}
    yield "dr_gw_status", {"gw_id": "gw1", "status": 0}
    yield "dr_carrier_status", {"carrier_id": "cr1", "status": 0}
    yield "rtpproxy_enable", {"url": "udp:127.0.0.1:19902", "enable": 0, **({"setid": 1} if version > "2" else {})}
    yield "nh_enable_ping", {"status": 0}
    yield "trace", {"mode": "off"}
    yield "log_level", {"level": 3}
    if version < "2":
        return
    yield "trace", {"id": "tid", "mode": "off"}
    if version < "3":
        return
    yield "shv_set", {"name": "made", "type": "str", "value": "123"}
    yield "dr_enable_probing", {"status": 0}
    yield "xlog_level", {"level": 4}
    yield "log_level_filter", {"consumer": "syslog", "level_filter": 1}
    yield "log_mute_state", {"consumer": "event", "mute_state": 0}
    yield "add_blacklist_rule", {"name": "net_filter", "rule": "udp,203.0.113.0/24,5060,bad"}
    yield "add_blacklist_rule", {"name": "net_filter", "rule": "203.0.114.0/24,0", "expire": 600}
    trunk = {"contact": "sip:trunk1@127.0.0.1:5060", "registrar": "sip:127.0.0.1:19801"}
    yield "reg_disable", {"aor": "sip:trunk1@carrier.example", **trunk}


class Result(dict):
    """What a module returned."""

    failed = property(lambda self: self.get("failed", False))
    msg = property(lambda self: self.get("msg", ""))


def run(name, args, check=False, **more):
    return Result(run_module(name, {**args, **more}, check=check, diff=True))


def outcomes(result):
    """{outcome: entries}, without outcomes that no entry has."""
    found = {}
    for entry in result["results"]:
        found.setdefault(entry["outcome"], []).append(entry)
    counts = {outcome: len(entries) for outcome, entries in found.items()}
    assert counts == {outcome: count for outcome, count in result["summary"]["outcomes"].items() if count}
    return found


def parts_of(path):
    """What a file has, without what time changes."""
    parts = json.loads(path.read_text(encoding="utf-8"))["parts"]
    return {
        name: [
            {key: value for key, value in record.items() if key != "expires" or not value} if "ip" in record else record
            for record in records
        ]
        for name, records in parts.items()
    }


def edited(path, change):
    """The file at path with what change(snapshot) makes of it."""
    taken = json.loads(path.read_text(encoding="utf-8"))
    change(taken)
    path.write_text(json.dumps(taken), encoding="utf-8")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "snapshot.json"


@pytest.fixture
def options(path):
    """options(emu, **more): options of both modules."""
    return lambda emu, **more: {**fifo_of(emu), "path": str(path), **more}


@pytest.fixture
def taken(emulator, options):
    """taken("3.6"): (emulator with every kind of state changed, result of its snapshot)."""

    def take(version, **more):
        emu = emulator(version, phones=1)
        with Connection(fifo_of(emu)) as conn:
            for method, params in changes(version):
                conn.call(method, params)
        keys = ["user_*", "user_1"] if version >= "3" else ["user_1", "user_2"]
        given = {"cache_keys": keys, "cache_expires": 0, **more}
        return emu, run("snapshot", options(emu, **{key: value for key, value in given.items() if value is not None}))

    return take


class TestRestart:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_every_kind_of_state_is_restored(self, version, emulator, taken, options, path):
        before, snapshot = taken(version)
        assert snapshot["changed"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        wanted = parts_of(path)
        assert snapshot["snapshot"]["parts"] == {name: len(records) for name, records in wanted.items()}
        assert snapshot["snapshot"]["skipped"] == {}
        # the phone registers by itself
        assert [contact["aor"] for contact in wanted["contacts"]] == [aor_of(version, "permanent")]
        assert [entry["key"] for entry in wanted["cache"]] == ["user_1", "user_2"]

        fresh = emulator(version, phones=0)
        check = run("restore", options(fresh), check=True)
        planned = outcomes(check)
        assert check["changed"]
        assert set(planned) <= {"planned", "unchanged", "left_alone"}
        assert fresh.state()["cache"] == {}

        result = run("restore", options(fresh))
        assert not result.failed, result
        restored = outcomes(result)
        assert len(restored["restored"]) == len(planned["planned"])
        assert result["diff"] == check["diff"]
        again = run("restore", options(fresh))
        assert not again["changed"]
        assert not any(entry["requests"] for entry in again["results"])
        assert again["diff"] == {"before": {}, "after": {}}

        second = run("snapshot", {**options(fresh), "cache_keys": ["user_1", "user_2"], "cache_expires": 0})
        # log levels, states, contacts … as they were
        assert not second["changed"]
        assert parts_of(path) == wanted

    @pytest.mark.parametrize("version", ["2.4", "4.0"])
    def test_what_is_new_on_the_server_stays(self, version, emulator, taken, options):
        taken(version)
        fresh = emulator(version, phones=0)
        with Connection(fifo_of(fresh)) as conn:
            conn.call(*permanent(version, "new"))
            conn.call("cache_store", {"system": "local", "attr": "new", "value": "x"})
        run("restore", options(fresh))
        assert "new" in fresh.state()["cache"]
        assert f'"{aor_of(version, "new")}"' in json.dumps(fresh.state()["location"])

    def test_the_level_of_a_process_goes_to_the_one_in_its_place(self, emulator, options):
        def receivers(conn):
            processes = conn.call("log_level").result["Processes"]
            return [each for each in processes if each["Type"].startswith("SIP receiver")]

        with Emulator("3.6", phones=0) as emu:
            with Connection(fifo_of(emu)) as conn:
                conn.call("log_level", {"level": 4, "pid": receivers(conn)[-1]["PID"]})
            run("snapshot", options(emu, parts=["log_level"]))
        # the type of a process has the port
        fresh = emulator("3.6", phones=0, sip_port=emu.sip[1], http_port=int(emu.http_base.rpartition(":")[2]))
        result = run("restore", options(fresh))
        (entry,) = [entry for entry in result["results"] if entry["changed"]]
        assert (entry["part"], entry["after"]) == ("log_level", {"log_level": 4})
        with Connection(fifo_of(fresh)) as conn:
            assert [each["Log level"] for each in receivers(conn)] == [2, 4]


@on_every_server
class TestOnEveryServer:
    """What emulated and real servers have: contacts, keys, log levels. The state is undone in place of a restart."""

    PARTS = ("log_level", "cache", "contacts")

    def test_state_comes_back(self, server, tmp_path):
        version = ".".join(map(str, server.version[:2]))
        path = tmp_path / "snapshot.json"
        args = {**server.ways["fifo"][0], "path": str(path)}
        parts = [part for part in self.PARTS if part != "cache" or server.has("cachedb_local")]
        with Connection(server.ways["fifo"][0]) as conn:
            conn.call(*permanent(version, "kept"))
            conn.call("log_level", {"level": 3})
            if "cache" in parts:
                conn.call("cache_store", {"system": "local", "attr": "kept", "value": SECRET})
            cache = {"cache_keys": ["kept"], "cache_expires": 0} if "cache" in parts else {}
            run("snapshot", {**args, **cache}, parts=parts)
            wanted = parts_of(path)
            conn.call("ul_rm", {"table_name": "location", "aor": aor_of(version, "kept")})
            conn.call("log_level", {"level": 2})
            if "cache" in parts:
                conn.call("cache_remove", {"system": "local", "attr": "kept"})
            result = run("restore", args)
            assert not result.failed, result
            assert {entry["part"] for entry in outcomes(result)["restored"]} == set(parts)
            assert not run("restore", args)["changed"]
            assert not run("snapshot", {**args, **cache}, parts=parts)["changed"]
            assert parts_of(path) == wanted
            # other tests find the server as it was
            conn.call("ul_rm", {"table_name": "location", "aor": aor_of(version, "kept")})
            conn.call("log_level", {"level": 2})


class TestWhatIsNotRestored:
    def test_what_no_longer_exists_is_named(self, emulator, taken, options, path):
        taken("3.6")
        gone = {
            "dispatcher": {"partition": "default", "set": 9, "uri": "sip:gone@192.0.2.1", "state": "active"},
            "load_balancer": {
                "id": 9,
                "uri": "sip:192.0.2.1",
                "group": 1,
                "enabled": True,
                "auto_reenable": True,
                "resources": {},
            },
            "gateways": {"partition": None, "id": "gone", "state": "active", "enabled": True},
            "carriers": {"partition": None, "id": "gone", "enabled": True},
            "media_nodes": {"engine": "rtpengine", "set": 1, "url": "udp:192.0.2.1:1", "enabled": True},
            "registrants": {"aor": "sip:gone@a.example", "contact": None, "registrar": None, "enabled": True},
            "trace": {"kind": "id", "id": "gone", "enabled": True},
            "blacklists": {
                "name": "gone",
                "ip": "192.0.2.1/32",
                "proto": "any",
                "port": 0,
                "match": None,
                "except": False,
                "expires": None,
            },
            "log_level": {
                "kind": "process",
                "name": "gone",
                "number": 1,
                "log_level": 4,
                "level_filter": None,
                "muted": None,
            },
        }

        def add(snapshot):
            for part, record in gone.items():
                snapshot["parts"][part].append(record)
            snapshot["parts"]["load_balancer"][0]["resources"]["fax"] = 5

        edited(path, add)
        result = run("restore", options(emulator("3.6", phones=0)))
        assert not result.failed, result
        found = outcomes(result)
        assert sorted(entry["part"] for entry in found["missing"]) == sorted([*gone, "load_balancer"])
        assert all(entry["reason"] and not entry["changed"] for entry in found["missing"])
        assert any("fax" in entry["reason"] for entry in found["missing"])
        # the rest is
        assert {entry["part"] for entry in found["restored"]} >= {"dispatcher", "load_balancer", "gateways"}
        assert "no longer has: " in str(result["warnings"])
        assert "dispatcher default 9 sip:gone@192.0.2.1" in str(result["warnings"])

    def test_a_variable_that_2_4_does_not_have_is_missing_and_3_6_makes_it(self, emulator, taken, options, path):
        taken("2.4")
        edited(path, lambda snapshot: snapshot["parts"]["shared_variables"].append({"name": "new", "value": SECRET}))
        for version, outcome in (("2.4", "missing"), ("3.6", "restored")):
            result = run("restore", options(emulator(version, phones=0)), parts=["shared_variables"])
            (entry,) = [entry for entry in result["results"] if entry["name"] == "new"]
            assert entry["outcome"] == outcome
            assert SECRET not in json.dumps(result)

    def test_what_has_run_out_is_not_restored_and_the_rest_gets_what_is_left(self, emulator, taken, options, path):
        taken("3.6", cache_expires=3600)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1000))
        edited(path, lambda snapshot: snapshot.update(taken=moment))
        fresh = emulator("3.6", phones=0)
        result = run("restore", options(fresh), parts=["cache", "blacklists"])
        found = outcomes(result)
        assert [(entry["part"], entry["ip"]) for entry in found["expired"]] == [("blacklists", "203.0.114.0/24")]
        stores = [
            request
            for entry in found["restored"]
            for request in entry["requests"]
            if request["command"] == "cache_store"
        ]
        assert len(stores) == 2
        assert all(2500 < store["params"]["expire"] <= 2600 for store in stores)

        edited(path, lambda snapshot: snapshot.update(taken="2020-01-01T00:00:00Z"))
        later = outcomes(run("restore", options(emulator("3.6", phones=0)), parts=["cache"]))
        assert [entry["key"] for entry in later["expired"]] == ["user_1", "user_2"]

    def test_what_probing_decides_is_left_to_it(self, emulator, options, path):
        emu = emulator("3.6", phones=0)
        run("snapshot", options(emu, parts=["dispatcher", "gateways", "load_balancer"]))

        def by_probing(snapshot):
            parts = snapshot["parts"]
            parts["gateways"][0].update(state="inactive", enabled=False)
            parts["gateways"][1].update(state="probing", enabled=False)
            parts["load_balancer"][0].update(enabled=False, auto_reenable=True)

        edited(path, by_probing)
        with Connection(fifo_of(emu)) as conn:
            for _failure in range(3):
                conn.call("ds_set_state", {"state": "p", "group": "1", "address": ONE})
            conn.call("dr_gw_status", {"gw_id": "gw2", "status": 0})
        result = run("restore", options(emu))
        found = outcomes(result)
        assert [(entry["part"], entry.get("id", entry.get("uri"))) for entry in found["left_alone"]] == [
            ("gateways", "gw1"),
            ("load_balancer", 1),
            ("dispatcher", ONE),
        ]
        # what was not switched off by command is switched on
        (entry,) = found["restored"]
        assert (entry["part"], entry["id"], entry["after"]["enabled"]) == ("gateways", "gw2", True)

    @pytest.mark.parametrize("version", ["2.4", "4.0"])
    def test_gateways_of_partitions(self, version, emulator, options, path):
        emu = emulator(version, phones=0, use_partitions=True)
        with Connection(fifo_of(emu)) as conn:
            conn.call("dr_gw_status", {"partition_name": "pstn", "gw_id": "gw1", "status": 0})
        run("snapshot", options(emu, parts=["gateways", "carriers"]))
        assert {record["partition"] for record in parts_of(path)["gateways"]} == {"pstn", "mobile"}
        result = run("restore", options(emulator(version, phones=0, use_partitions=True)))
        assert [(entry["partition"], entry["id"]) for entry in outcomes(result)["restored"]] == [("pstn", "gw1")]
        # one without partitions has none of them
        other = run("restore", options(emulator(version, phones=0)))
        assert set(outcomes(other)) == {"missing"}

    def test_a_destination_that_a_set_has_twice_is_left_alone(self, emulator, options, path):
        emu = emulator("3.6", phones=0)
        run("snapshot", options(emu, parts=["dispatcher"]))

        def double(snapshot):
            records = snapshot["parts"]["dispatcher"]
            records.append(dict(records[0], state="inactive"))

        edited(path, double)
        result = run("restore", options(emu))
        assert len(outcomes(result)["left_alone"]) == 2
        assert not result["changed"]

    def test_parts_that_the_server_does_not_have_are_unsupported_and_keep_none_back(self, emulator, taken, options):
        taken("3.6")
        fresh = emulator("3.6", phones=0, without=["dispatcher", "uac_registrant", "cfgutils"])
        result = run("restore", options(fresh))
        assert not result.failed, result
        found = outcomes(result)
        assert {entry["part"] for entry in found["unsupported"]} == {"dispatcher", "registrants", "shared_variables"}
        assert all("module" in entry["error"]["hint"] for entry in found["unsupported"])
        assert {entry["part"] for entry in found["restored"]} >= {"contacts", "cache", "load_balancer"}
        again = run("snapshot", options(fresh))
        assert set(again["snapshot"]["skipped"]) == {"dispatcher", "registrants", "shared_variables"}

    def test_branch_flags_are_not_and_it_says_so(self, emulator, taken, options, path):
        taken("3.6")
        edited(path, lambda snapshot: snapshot["parts"]["contacts"][0].update(branch_flags=["NAT"]))
        result = run("restore", options(emulator("3.6", phones=0)), parts=["contacts"])
        (entry,) = result["results"]
        assert "branch flags" in entry["reason"]
        assert "Branch flags are not restored" in str(result["warnings"])


class TestKeys:
    @pytest.mark.parametrize("version", ["1.11", "2.4"])
    def test_a_server_that_cannot_list_keys_says_so_and_gives_those_that_are_named(self, version, taken, path):
        _emu, result = taken(version, cache_keys=["user_*", "other", "absent"])
        assert [record["key"] for record in parts_of(path)["cache"]] == ["other"]
        assert "user_*" in result["snapshot"]["skipped"]["cache"]
        assert "user_*" in str(result["warnings"])

    def test_a_cachedb_other_than_local_cannot_list_keys(self, emulator, options):
        result = run("snapshot", options(emulator("3.6"), cache_keys=["a*"], cache_system="redis:one", cache_expires=0))
        assert "redis:one" in result["snapshot"]["skipped"]["cache"]

    @pytest.mark.parametrize("version", ["3.6", "4.0"])
    def test_a_collection_that_the_server_does_not_have(self, version, emulator, options, path):
        emu = emulator(version, phones=0)
        given = {"cache_keys": ["a*"], "cache_expires": 0, "parts": ["cache"]}
        result = run("snapshot", options(emu, cache_collection="gone", **given))
        assert_clear(result, ["cache_collection: the server has no collection gone"], version)
        assert not path.exists()
        assert not run("snapshot", options(emu, cache_collection="default", **given)).failed

    @pytest.mark.parametrize("version", ["3.6", "4.0"])
    def test_a_key_that_has_run_out_is_not_taken(self, version, emulator, options, path):
        emu = emulator(version, phones=0)
        with Connection(fifo_of(emu)) as conn:
            conn.call("cache_store", {"system": "local", "attr": "user_1", "value": "1", "expire": 1})
            conn.call("cache_store", {"system": "local", "attr": "user_2", "value": "2"})
            time.sleep(1.5)
            listed = conn.call("cache_fetch_chunk", {"glob": "user_*"}).result["keys"]
        assert len(listed) == 2
        run("snapshot", options(emu, cache_keys=["user_*"], cache_expires=0, parts=["cache"]))
        assert [record["key"] for record in parts_of(path)["cache"]] == ["user_2"]


class TestSecrets:
    def test_values_are_in_the_file_only(self, taken, emulator, options, path):
        _emu, snapshot = taken("3.6")
        assert SECRET in path.read_text(encoding="utf-8")
        fresh = emulator("3.6", phones=0)
        with Connection(fifo_of(fresh)) as conn:
            conn.call("cache_store", {"system": "local", "attr": "user_1", "value": f"{SECRET}-old"})
        result = run("restore", options(fresh))
        assert not result.failed, result
        for text in (json.dumps(snapshot), json.dumps(result)):
            assert SECRET not in text
        changed = {entry.get("key"): entry for entry in result["results"] if entry["part"] == "cache"}
        assert changed["user_1"]["before"] != changed["user_1"]["after"]
        assert result["diff"]["after"]["cache local user_1"] != result["diff"]["before"]["cache local user_1"]

    def test_nor_in_errors(self, taken, emulator, options, monkeypatch):
        """A store that is answered, but does not show."""
        taken("3.6")
        monkeypatch.setattr(cache, "read", lambda conn, system, keys, option="": dict.fromkeys(keys, f"{SECRET}-old"))
        result = run_module_here("restore", options(emulator("3.6", phones=0), parts=["cache"]))
        assert result["failed"]
        assert SECRET not in json.dumps(result)
        assert "cache local user_1: The server reports value" in result["msg"]
        assert {entry["error"]["type"] for entry in outcomes(result)["failed"]} == {"StateNotReached"}

    def test_nor_where_the_transport_cannot_carry_them(self, emulator, taken, options, path):
        taken("2.4")
        edited(path, lambda snapshot: snapshot["parts"]["cache"][0].update(value=f"{SECRET}, with a comma"))
        fresh = emulator("2.4", phones=0)
        result = run("restore", {"url": fresh.mi_json_url, "path": str(path)}, parts=["cache"])
        assert_clear(result, ["comma"], "mi_json")
        assert SECRET not in json.dumps(result)


class TestFailures:
    def test_one_part_that_fails_keeps_none_back(self, taken, emulator, options, path):
        taken("3.6")

        def worse(snapshot):
            snapshot["parts"]["log_level"][0].update(log_level=99)
            snapshot["parts"]["cache"][0].update(system="redis:one")

        edited(path, worse)
        fresh = emulator("3.6", phones=0)
        result = run("restore", options(fresh))
        assert result.failed
        found = outcomes(result)
        assert {entry["part"] for entry in found["failed"]} == {"log_level", "cache"}
        assert {entry["error"]["type"] for entry in found["failed"]} == {"BadParameters", "CacheFailed"}
        assert {entry["part"] for entry in found["restored"]} >= {"cache", "contacts", "dispatcher", "probing"}
        assert "redis:one" in result["msg"]

    def test_a_server_that_is_lost_leaves_the_rest_not_run(self, taken, emulator, options):
        taken("3.6")
        fresh = emulator("3.6", phones=0)
        fresh.fault("ul_add", "no_reply")
        result = run("restore", options(fresh, timeout=1))
        assert result.failed
        found = outcomes(result)
        assert {entry["part"] for entry in found["restored"]} <= {"log_level", "shared_variables", "cache"}
        assert {entry["part"] for entry in found["failed"]} == {"contacts"}
        assert {entry["part"] for entry in found["not_run"]} >= {"dispatcher", "load_balancer", "probing"}
        assert "not tried" in result["msg"]
        fresh.clear_faults()
        assert not run("restore", options(fresh)).failed


class TestBadInput:
    def test_snapshot(self, emulator, options, tmp_path):
        emu = emulator("3.6", phones=0)
        link = tmp_path / "link.json"
        link.symlink_to(tmp_path / "elsewhere")
        cases = {
            "no lifetime": ({"cache_keys": ["a"]}, ["cache_keys", "cache_expires"]),
            "empty key": ({"cache_keys": [""], "cache_expires": 0}, ["cache_keys: entry 1 is empty"]),
            "cache without keys": ({"parts": ["cache"]}, ["cache_keys is empty"]),
            "no parts": ({"parts": []}, ["parts is an empty list"]),
            "a lifetime before now": ({"cache_keys": ["a"], "cache_expires": -1}, ["cache_expires is -1"]),
            "no system": ({"cache_system": " "}, ["cache_system is empty"]),
            "no directory": ({"path": str(tmp_path / "no" / "x.json")}, ["path:", "cannot be written"]),
            "a link": ({"path": str(link)}, ["path:", "symbolic link"]),
        }
        for name, (arguments, words) in cases.items():
            assert_clear(run("snapshot", {**options(emu), **arguments}), words, name)
        assert commands_of(emu) == {}

    def test_restore(self, emulator, options, path):
        emu = emulator("3.6", phones=0)
        whole = {"format": 1, "opensips": "3.6.8", "taken": "2026-03-14T02:00:00Z", "parts": {}, "skipped": {}}
        state = {"partition": "default", "set": 1, "uri": ONE}
        cases = {
            "no JSON": ("{", ["is not JSON"]),
            "no snapshot": ("[]", ["no format"]),
            "another format": (dict(whole, format=2), ["format is 2", "format 1"]),
            "no moment": (dict(whole, taken="yesterday"), ["yesterday"]),
            "a part that none has": (dict(whole, parts={"dialogs": []}), ["dialogs", "dispatcher"]),
            "no list": (dict(whole, parts={"dispatcher": {}}), ["dispatcher is not a list"]),
            "no state": (dict(whole, parts={"dispatcher": [state]}), ["dispatcher: record 1: state is missing"]),
            "a number": (dict(whole, parts={"dispatcher": [dict(state, state=1)]}), ["state has the wrong type"]),
            "more": (dict(whole, parts={"dispatcher": [dict(state, state="active", x=1)]}), ["record 1: it has x"]),
            "deep": ("[" * 100000, ["nests too deeply"]),
            "digits": ('{"format": ' + "1" * 1000 + "}", ["1,000 digits"]),
        }
        for name, (content, words) in cases.items():
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
            assert_clear(run("restore", options(emu)), ["path: ", *words], name)
        path.write_text(json.dumps(whole), encoding="utf-8")
        assert_clear(run("restore", options(emu), parts=["cache"]), ["parts: ", "has no cache"], "not in it")
        assert_clear(run("restore", options(emu), parts=[]), ["parts is an empty list"], "none")
        os.unlink(path)
        assert_clear(run("restore", options(emu)), ["path: ", "cannot be read"], "no file")
        assert commands_of(emu) == {}

    def test_a_file_that_others_may_have_written_is_refused(self, emulator, options, taken, path):
        taken("3.6")
        path.parent.chmod(0o1777)
        path.chmod(0o666)
        assert_clear(run("restore", options(emulator("3.6", phones=0))), ["path: "], "everybody may write to it")


def test_contacts_that_cannot_be_read_are_named(emulator, options, path):
    """A phone may write lines into its User-Agent that look like those of the server."""
    emu = emulator("2.4", phones=0)
    emu.add_contact("honest", "sip:honest@127.0.0.1:19999", expires=0)
    forged = "x\n\t\tContact:: sip:forged@192.0.2.1 Q=\n\t\t\tExpires:: permanent"
    emu.add_contact("liar", "sip:liar@127.0.0.1:19999", expires=0, user_agent=forged)
    result = run("snapshot", options(emu, parts=["contacts"]))
    assert not result.failed, result
    assert [record["aor"] for record in parts_of(path)["contacts"]] == ["honest"]
    assert "liar" in result["snapshot"]["skipped"]["contacts"]
    assert "contacts is not in the snapshot as a whole" in str(result["warnings"])


def test_check_mode_writes_no_file_and_only_reads(emulator, options, path):
    emu = emulator("2.4", phones=1)
    result = run("snapshot", options(emu), check=True)
    assert result["changed"]
    assert not path.exists()
    assert not [name for name in commands_of(emu) if name.endswith(("_set", "_add", "_store", "_reload"))]


def test_a_snapshot_of_the_same_state_is_no_change(taken, options):
    emu, first = taken("3.6")
    given = {"cache_keys": ["user_*"], "cache_expires": 3600}
    assert first["changed"]
    assert not run("snapshot", options(emu, **given))["changed"]
    with Connection(fifo_of(emu)) as conn:
        conn.call("ds_set_state", {"state": "a", "group": "1", "address": ONE})
    assert run("snapshot", options(emu, **given))["changed"]


def test_very_many_entries_are_counted_and_left_out(taken, emulator, options, path):
    taken("3.6")

    def more(snapshot):
        entry = snapshot["parts"]["cache"][0]
        snapshot["parts"] = {"cache": [dict(entry, key=f"key_{number}") for number in range(1200)]}

    edited(path, more)
    fresh = emulator("3.6", phones=0)
    result = run("restore", options(fresh))
    assert (len(fresh.state()["cache"]), result["results"]) == (1200, [])
    assert result["summary"]["outcomes"]["restored"] == result["summary"]["total"] == 1200
    assert len(run("restore", options(fresh), results="all")["results"]) == 1200
