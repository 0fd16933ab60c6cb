# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_blacklist: rules."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import commands_of, run_cases
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

OLD = {"ip": "10.9.0.0/16", "proto": "udp", "port": 5060}
INVITES = {"ip": "10.10.0.0/16", "proto": "tcp", "match": "*INVITE*"}
NEW = {"ip": "10.7.1.2/16", "proto": "udp", "port": 5060}
SIX = {"ip": "2001:db8::/32", "except": True}


def absent(rule):
    return {**rule, "state": "absent"}


def args(name, *rules, **more):
    return {"name": name, "rules": list(rules), **more}


def texts(result):
    return [each["rule"] for each in result["results"]]


@pytest.mark.parametrize("version", ["3.6", "4.0"])
def test_rules(ansible, emulator, version):
    # the emulator dies, as a server does, when a rule follows the last one of a list that was deleted
    emu = emulator(version, phones=0, more_blacklists=True)
    wanted = args("net_filter", NEW, {**SIX, "expires": 600}, absent(OLD))
    plain = args("plain", absent(INVITES))
    results = ansible.run(
        [
            task("check", "blacklist", wanted, check_mode=True, diff=True),
            task("before", "mi_command", {"command": "list_blacklists", "params": {"name": "net_filter"}}),
            task("push", "blacklist", wanted, diff=True),
            task("again", "blacklist", wanted, diff=True),
            task("forever", "blacklist", args("net_filter", SIX)),
            task("forever again", "blacklist", args("net_filter", SIX)),
            task("only", "blacklist", args("net_filter", OLD, exclusive=True), diff=True),
            task("only again", "blacklist", args("net_filter", OLD, exclusive=True)),
            task("last", "blacklist", plain),
            task("last again", "blacklist", plain),
            task("then", "blacklist", args("plain", NEW, SIX)),
            task("wider", "blacklist", args("plain", {**OLD, "ip": "10.9.0.0/24"}, absent(OLD))),
            task("empty", "blacklist", args("plain", exclusive=True)),
            task("empty again", "blacklist", args("plain", exclusive=True)),
        ],
        fifo_of(emu),
    ).must_succeed()
    check, push = results["check"], results["push"]
    assert check["changed"] and push["changed"]
    assert check["results"] == push["results"]
    assert check["diff"] == push["diff"]
    assert [(each["rule"], each["before"], each["after"]) for each in push["results"]] == [
        ("udp,10.7.0.0/16,5060", None, {"permanent": True}),
        ("!2001:db8::/32,0", None, {"permanent": False}),
        ("udp,10.9.0.0/16,5060", {"permanent": True}, None),
    ]
    assert "10.7" not in str(results["before"]["result"])
    # what comes first keeps the list from being open in between
    assert [each["params"].get("expire") for each in push["results"][1]["requests"]] == [600]
    for name in ("again", "forever again", "only again", "last again", "empty again"):
        assert not results[name]["changed"], name
        assert not any(each["requests"] for each in results[name]["results"])
    assert results["forever"]["results"][0]["before"] == {"permanent": False}
    assert texts(results["only"]) == ["udp,10.9.0.0/16,5060", "!2001:db8::/32,0", "udp,10.7.0.0/16,5060"]
    assert list(results["only"]["diff"]["after"]) == ["net_filter udp,10.9.0.0/16,5060"]
    # the rule that had to step aside is accounted for, and stays
    last = results["last"]["results"]
    assert [(each["rule"], each["changed"]) for each in last] == [
        ("tcp,10.10.0.0/16,0,*INVITE*", True),
        ("udp,10.9.0.0/16,5060", False),
    ]
    assert [each["command"] for each in last[0]["requests"]] == [
        "del_blacklist_rule",
        "add_blacklist_rule",
        "del_blacklist_rule",
    ]
    assert results["then"]["changed"] and results["wider"]["changed"]
    assert len(results["empty"]["results"]) == 3
    assert emu.state()["blacklists"]["plain"] == []


@pytest.mark.parametrize("version", ["3.6", "4.0"])
def test_bad_input_is_refused_before_anything_is_written(ansible, emulator, version):
    emu = emulator(version, phones=0, more_blacklists=True)
    cases = {
        "unknown list": (args("nowhere", NEW), ["no blacklist nowhere", "fixed, net_filter, plain"]),
        "read-only": (args("fixed", NEW), ["fixed is read-only", "dst_blacklist"]),
        "expire": (args("plain", {**NEW, "expires": 60}), ["plain", "flag expire"]),
        "no address": (args("plain", {"ip": "example.com"}), ["example.com"]),
        "prefix": (args("plain", {"ip": "10.0.0.0/33"}), ["10.0.0.0/33"]),
        "zone": (args("plain", {"ip": "fe80::1%eth0"}), ["fe80::1%eth0"]),
        "port": (args("plain", {"ip": "10.0.0.1", "port": 65536}), ["65536"]),
        "lines": (args("plain", {"ip": "10.0.0.1", "match": "a\nb"}), ["entry 1", "match"]),
        "no seconds": (
            args("net_filter", {"ip": "10.0.0.1", "expires": 0}),
            ["entry 1 (10.0.0.1/32,0)", "expires is 0"],
        ),
        "absent": (args("net_filter", absent({"ip": "10.0.0.1", "expires": 9})), ["10.0.0.1/32,0", "state is absent"]),
        "twice": (args("plain", NEW, {**NEW, "ip": "10.7.0.0/16"}), ["rules: entries 1 and 2 are the same"]),
        "prefixes": (args("plain", {"ip": "10.0.0.0/8"}, {"ip": "10.0.0.0/24"}), ["10.0.0.0/8,0", "10.0.0.0/24,0"]),
        "prefix there": (
            args("plain", {**OLD, "ip": "10.9.0.0/24"}),
            ["udp,10.9.0.0/24,5060", "udp,10.9.0.0/16,5060", "absent"],
        ),
    }
    run_cases(ansible, "blacklist", cases, fifo_of(emu))
    assert set(commands_of(emu)) <= {"list_blacklists", "blacklists:list"}


@pytest.mark.parametrize("version", ["1.11", "2.4"])
def test_old_servers_cannot(ansible, emulator, version):
    emu = emulator(version, phones=0)
    run_cases(ansible, "blacklist", {"old": (args("net_filter", NEW), ["add_blacklist_rule", "3.4"])}, fifo_of(emu))
