# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which registered contacts a task is about."""

import fnmatch
import itertools
import re

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import MOST_MATCHED, Selection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import location
from ansible_collections.community.opensips.plugins.module_utils._sip.glob import glob
from ansible_collections.community.opensips.tests.unit import wire

_RECORDED = location.parse(wire.reply("3.6", "fifo", "odd_ul_dump"), "location")


def recorded():
    return [dict(each) for each in _RECORDED]


def contact(**fields):
    return dict(recorded()[0], **fields)


def chosen(given, contacts=None):
    """The users that are selected."""
    return [each["user"] for each in Selection(given).split(recorded() if contacts is None else contacts)[0]]


ALL = [each["user"] for each in recorded()]


def test_no_filter_selects_all():
    selected, left_out = Selection({}).split(recorded())
    assert [each["user"] for each in selected] == ALL and left_out == []
    assert (
        chosen(
            dict.fromkeys(
                ["aor", "exclude_aor", "limit", "sample", "seed", "branch_flags", "expires_within", "network"]
            )
        )
        == ALL
    )


FILTERS = [
    ("aor", ["1000*"], {"100000", "100001", "100002", "100003", "100004"}),
    ("aor", ["10000[12]", "noua"], {"100001", "100002", "noua"}),
    ("aor_regex", ["^mul", "I$"], {"multi"}),
    ("user_agent", ["^snom"], {"100002", "semi;colon"}),
    ("user_agent", ["YEALINK"], {"100000", "multi"}),
    ("user_agent", ["^$"], {"noua"}),
    ("contact", ["*transport=tls*", "sip:inst@*"], {"tls", "inst"}),
    ("network", ["10.0.0.0/8"], {"pathy"}),
    ("network", ["::1", "10.9.8.7"], {"multi", "pathy"}),
    ("network", ["10.9.8.200/24"], {"pathy"}),
    ("socket", ["udp:127.0.0.1:*"], set(ALL) - {"callee"}),
]


@pytest.mark.parametrize("name,values,expected", FILTERS)
def test_each_filter_and_its_exclusion(name, values, expected):
    included, excluded = chosen({name: values}), chosen({"exclude_" + name: values})
    assert set(included) == expected
    if name != "network":
        # of multi only one contact is in that network
        assert set(excluded) == set(ALL) - expected
    assert sorted(included + excluded) == sorted(ALL)
    # in the order of the server
    assert included == [user for user in ALL if user in included] or name == "network"
    for _record, reason in Selection({name: values}).split(recorded())[1]:
        assert reason == name + " does not match"
    for _record, reason in Selection({"exclude_" + name: values}).split(recorded())[1]:
        assert reason == "exclude_" + name + " matches"


def test_aor_with_and_without_a_domain():
    contacts = [
        contact(aor="alice@a.example", user="alice", domain="a.example"),
        contact(aor="alice@b.example", user="alice", domain="b.example"),
    ]

    def aors(given):
        return [each["aor"] for each in Selection(given).split(contacts)[0]]

    assert len(aors({"aor": ["alice"]})) == 2
    assert aors({"aor": ["*@b.example"]}) == ["alice@b.example"]
    assert aors({"domain": ["A.Example"]}) == ["alice@a.example"]
    assert aors({"exclude_domain": ["a.example"]}) == ["alice@b.example"]
    assert chosen({"domain": ["a.example"]}, [contact(domain=None)]) == []


def test_network_looks_at_where_the_register_came_from_too():
    behind_nat = contact(contact="sip:a@192.168.1.5:5060", received="sip:198.51.100.7:1024")
    for network in ("198.51.100.0/24", "192.168.0.0/16"):
        assert chosen({"network": [network]}, [behind_nat])
    named = contact(contact="sip:a@phone.example:5060", received=None)
    assert not chosen({"network": ["0.0.0.0/0"]}, [named])
    assert chosen({"network": ["2001:db8::/32"]}, [contact(contact="sip:a@[2001:db8::5]:5060")])


def test_filters_work_together():
    assert set(chosen({"user_agent": ["yealink", "snom"], "exclude_aor": ["multi"], "aor": ["*"]})) == {
        "100000",
        "100002",
        "semi;colon",
    }


def test_expiry():
    contacts = [
        contact(user="soon", expires=30),
        contact(user="later", expires=300),
        contact(user="gone", expires=0),
        contact(user="ever", expires=None, permanent=True),
    ]
    assert chosen({}, contacts) == ["soon", "later", "ever"]
    assert chosen({"expires_within": 30}, contacts) == ["soon"]
    assert chosen({"expires_within": 300}, contacts) == ["soon", "later"]
    assert "run out" in Selection({}).reason_out(contacts[2])


def test_flags():
    contacts = [
        contact(user="both", cflags=["NAT", "TLS"]),
        contact(user="one", cflags=["NAT"]),
        contact(user="none", cflags=None),
    ]
    assert chosen({"branch_flags": ["NAT"]}, contacts) == ["both", "one"]
    assert chosen({"branch_flags": ["NAT", "TLS"]}, contacts) == ["both"]


def fleet(size):
    return [
        contact(user=str(number), aor=str(number), contact="sip:{0}@192.0.2.1".format(number)) for number in range(size)
    ]


def test_sample_is_a_share_of_what_matches():
    for size, share, expected in (
        (100, 5, 5),
        (100, 100, 100),
        (100, 0.1, 1),
        (3, 50, 2),
        (1, 1, 1),
        (0, 50, 0),
        (10, 25, 3),
    ):
        assert len(chosen({"sample": share}, fleet(size))) == expected
    picked = chosen({"sample": 50, "aor": ["1*"]}, fleet(100))
    assert len(picked) == 6 and all(user.startswith("1") for user in picked)


def test_sample_is_the_same_for_the_same_seed():
    first = chosen({"sample": 10, "seed": "a"}, fleet(200))
    assert chosen({"sample": 10, "seed": "a"}, fleet(200)) == first
    # whatever the order in which the server lists them
    assert sorted(chosen({"sample": 10, "seed": "a"}, fleet(200)[::-1])) == sorted(first)
    assert chosen({"sample": 10, "seed": "b"}, fleet(200)) != first
    assert chosen({"sample": 10}, fleet(200)) == chosen({"sample": 10}, fleet(200))
    # growing it keeps those that were chosen before
    assert set(first) <= set(chosen({"sample": 30, "seed": "a"}, fleet(200)))
    # no part of the fleet is preferred
    thirds = [
        sum(1 for user in chosen({"sample": 30, "seed": "s"}, fleet(300)) if int(user) // 100 == third)
        for third in range(3)
    ]
    assert sum(thirds) == 90 and all(10 <= count <= 50 for count in thirds)


def test_limit_comes_last():
    selected, left_out = Selection({"limit": 3}).split(fleet(5))
    assert [each["user"] for each in selected] == ["0", "1", "2"]
    assert [(each["user"], reason) for each, reason in left_out] == [
        ("3", "it is beyond limit"),
        ("4", "it is beyond limit"),
    ]
    sampled, left_out = Selection({"limit": 2, "sample": 50}).split(fleet(10))
    assert len(sampled) == 2 and len(left_out) == 8
    assert sorted(reason for _each, reason in left_out) == ["it is beyond limit"] * 3 + ["it is not in the sample"] * 5


def test_nobody_is_lost():
    for given in (
        {"sample": 33, "limit": 2, "user_agent": ["i"]},
        {"exclude_network": ["127.0.0.0/8"]},
        {"aor": ["nobody"]},
    ):
        selected, left_out = Selection(given).split(recorded())
        assert sorted(each["contact"] for each in selected + [record for record, _reason in left_out]) == sorted(
            each["contact"] for each in recorded()
        )


@pytest.mark.parametrize(
    "given,names",
    [
        ({"user_agent": ["("]}, ["user_agent", "'('"]),
        ({"exclude_user_agent": ["ok", "*"]}, ["exclude_user_agent", "'*'"]),
        ({"aor_regex": ["[a"]}, ["aor_regex"]),
        ({"exclude_aor_regex": ["+49"]}, ["exclude_aor_regex", "+49"]),
        ({"network": ["10.0.0.0/33"]}, ["network", "10.0.0.0/33"]),
        ({"exclude_network": ["phones.example"]}, ["exclude_network", "phones.example"]),
        ({"network": [""]}, ["network"]),
        ({"limit": 0}, ["limit"]),
        ({"limit": -1}, ["limit"]),
        ({"sample": 0}, ["sample"]),
        ({"sample": 101}, ["sample"]),
        ({"sample": -5}, ["sample"]),
        ({"sample": float("nan")}, ["sample"]),
        ({"expires_within": -1}, ["expires_within"]),
    ],
)
def test_what_cannot_be_is_named(given, names):
    with pytest.raises(BadParameters) as refused:
        Selection(given)
    assert all(name in str(refused.value) for name in names)
    assert refused.value.hint


def test_glob_of_a_plus_is_literal():
    assert chosen({"aor": ["+49*"]}, [contact(aor="+4930", user="+4930"), contact(aor="4930", user="4930")]) == [
        "+4930"
    ]


@pytest.mark.parametrize(
    "given, may",
    [
        ({}, True),
        ({"user_agent": ["nothing"], "network": ["192.0.2.0/24"], "exclude_contact": ["*"]}, True),
        ({"aor": ["al*"]}, True),
        ({"aor": ["bob"]}, False),
        ({"domain": ["example.com"], "aor_regex": ["^a"]}, True),
        ({"domain": ["example.org"]}, False),
        ({"exclude_aor": ["alice@*"]}, False),
    ],
)
def test_what_an_aor_alone_tells(given, may):
    assert Selection(given).may_select("alice@example.com") == may


@pytest.mark.parametrize("name", ["[::1]", "::1", "[0:0:0:0:0:0:0:1]", "[0:0::1]"])
@pytest.mark.parametrize("domain", ["[::1]", "[0:0:0:0:0:0:0:1]"])
def test_domains_that_are_ipv6_addresses(name, domain):
    at = [contact(user="alice", domain=domain), contact(user="bob", domain="[::2]"), contact(user="carol", domain=None)]
    assert chosen({"domain": [name]}, at) == ["alice"]
    assert chosen({"exclude_domain": [name]}, at) == ["bob", "carol"]


@pytest.mark.parametrize(
    "pattern",
    ["", "*", "**", "a", "a*", "*a", "*a*", "a*a", "a?c", "?*?", "a*b*c", "*ab*ab", "a.c", "[ab]*", "a\n*", "A*"],
)
def test_shell_patterns_are_those_of_fnmatch(pattern):
    for flags in (0, re.IGNORECASE):
        matches, expected = glob(pattern, flags), re.compile(fnmatch.translate(pattern), flags)
        for text in ("".join(each) for count in range(5) for each in itertools.product("abcA.\n", repeat=count)):
            assert matches(text) == bool(expected.match(text)), text


def test_patterns_see_the_beginning_of_a_text():
    """A phone chose it, and a user's pattern may take a time that grows fast with it."""
    assert chosen({"user_agent": ["end$"]}, [contact(user_agent="x" * MOST_MATCHED + "end")]) == []
    assert len(chosen({"user_agent": ["^x"]}, [contact(user_agent="x" * 100000)])) == 1
