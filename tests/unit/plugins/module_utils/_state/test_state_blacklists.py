# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pushes of rules to blacklists never do what makes a server lose rules, or crash: the emulator dies as a server does."""

import random

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._state import engine
from ansible_collections.community.opensips.plugins.module_utils._state.blacklists import Blacklist, Plan, Rule
from ansible_collections.community.opensips.tests.emulator import Emulator, HarmfulRequest

NETWORKS = ["10.0.0.0/16", "10.1.0.0/16", "10.1.0.0/24", "10.2.0.0/16", "2001:db8::/32", "10.3.3.3"]


def rule(ip, expires=None, **more):
    return {
        "ip": ip,
        "proto": "any",
        "port": 0,
        "match": None,
        "except": False,
        "expires": expires,
        "state": "present",
        **more,
    }


def texts(plan):
    return [each.text for each in plan.rules]


def plan_of(expires, *rules):
    return Plan("list", [Rule(each) for each in rules], expires)


def sent(requests):
    return [(method.partition("_")[0], params["rule"], params.get("expire")) for method, params in requests]


@pytest.mark.parametrize(
    "given, text",
    [
        (rule("10.7.1.2/16"), "10.7.0.0/16,0"),
        (rule(" 10.7.1.2 ", proto="udp", port=5060), "udp,10.7.1.2/32,5060"),
        (rule("10.0.0.0/255.0.0.0", match="a,b*"), "10.0.0.0/8,0,a,b*"),
        (rule("2001:0DB8::1/32", **{"except": True}), "!2001:db8::/32,0"),
        # what Python writes with dots would be taken for IPv4
        (rule("::ffff:1.2.3.4"), None),
    ],
)
def test_rules_as_the_server_takes_them(given, text):
    written = Rule(given).text
    assert written == text if text else "." not in written


def test_what_the_server_shows_is_the_rule_that_was_given():
    shown = {
        "ip": "2001:DB8:0:0:0:0:0:0",
        "mask": 32,
        "proto": "udp",
        "port": 0,
        "match": None,
        "except": False,
        "expires": None,
    }
    assert Rule(shown).text == Rule(rule("2001:db8::/32", proto="udp")).text


def test_the_only_rule_and_those_with_another_behind_are_just_deleted():
    plan = plan_of(False, rule("10.0.0.1"), rule("10.0.0.2"))
    assert sent(plan.delete(plan.rules[0])) == [("del", "10.0.0.1/32,0", None)]
    assert sent(plan.delete(plan.rules[0])) == [("del", "10.0.0.2/32,0", None)]
    assert plan.rules == []


def test_the_last_rule_of_a_list_without_expiry():
    plan = plan_of(False, rule("10.0.0.1"), rule("10.0.0.2"), rule("10.0.0.3"))
    assert sent(plan.delete(plan.rules[2])) == [
        ("del", "10.0.0.2/32,0", None),
        ("add", "10.0.0.2/32,0", None),
        ("del", "10.0.0.3/32,0", None),
    ]
    assert texts(plan) == ["10.0.0.1/32,0", "10.0.0.2/32,0"]
    assert plan.moved == {"10.0.0.2/32,0"}


def test_the_last_rule_of_a_list_with_expiry():
    plan = plan_of(True, rule("10.0.0.1"), rule("10.0.0.2"), rule("10.0.0.3", 60), rule("10.0.0.4", 90))
    assert sent(plan.delete(plan.rules[3])) == [
        # first what might be gone meanwhile
        ("del", "10.0.0.3/32,0", None),
        ("del", "10.0.0.1/32,0", None),
        ("del", "10.0.0.2/32,0", None),
        ("del", "10.0.0.4/32,0", None),
        ("add", "10.0.0.2/32,0", None),
        ("add", "10.0.0.1/32,0", None),
        ("add", "10.0.0.3/32,0", 60),
    ]
    assert texts(plan) == ["10.0.0.1/32,0", "10.0.0.2/32,0", "10.0.0.3/32,0"]


def test_a_rule_that_expires_soon_is_none_that_stays_behind():
    plan = plan_of(True, rule("10.0.0.1"), rule("10.0.0.2"), rule("10.0.0.3", 2))
    assert len(plan.delete(plan.rules[1])) > 1
    plan = plan_of(True, rule("10.0.0.1"), rule("10.0.0.2"), rule("10.0.0.3", 60))
    assert len(plan.delete(plan.rules[1])) == 1


@pytest.mark.parametrize("version", ["3.6", "4.0"])
def test_a_walk_through_two_lists_hurts_no_server(version):
    pick = random.Random(4)
    moved = 0
    with Emulator(version, phones=0, more_blacklists=True, udp=True) as emu:
        with Connection({"host": emu.udp[0], "port": emu.udp[1]}) as conn:
            for _turn in range(300):
                name = pick.choice(["plain", "net_filter"])
                rules = [
                    rule(
                        pick.choice(NETWORKS),
                        state=pick.choice(["present", "present", "absent"]),
                        match=pick.choice([None, None, "*x*"]),
                    )
                    for _number in range(pick.randint(0, 4))
                ]
                for each in rules:
                    if name == "net_filter" and each["state"] == "present" and pick.random() < 0.4:
                        each["expires"] = pick.choice([100, 200])
                params = {"name": name, "rules": rules, "exclusive": pick.random() < 0.3}
                try:
                    state = Blacklist(params)
                    planned = engine.push(conn, state, True)
                except BadParameters:
                    continue
                done = engine.push(conn, Blacklist(params), False)
                assert done["results"] == planned["results"]
                assert not engine.push(conn, Blacklist(params), False)["changed"]
                moved += bool(state._moved)
    assert moved > 3


def test_the_emulator_would_have_said_so():
    with pytest.raises(HarmfulRequest):
        with Emulator("3.6", phones=0, more_blacklists=True, udp=True) as emu:
            with Connection({"host": emu.udp[0], "port": emu.udp[1]}) as conn:
                conn.call("del_blacklist_rule", {"name": "plain", "rule": "tcp,10.10.0.0/16,0,*INVITE*"})
                conn.call("list_blacklists")
