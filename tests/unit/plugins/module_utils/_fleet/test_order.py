# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of sending, groups of phones, and how many of a group go in a batch."""

import collections

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._fleet.order import Order, Spread, Waiting
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters


def phone(aor, contact="sip:x@192.0.2.1", received=None):
    return Target(aor, contact, {"aor": aor, "contact": contact, "received": received})


def sort(order, targets, spread_by=None, seed=""):
    return [target.aor for target in Order(order, seed, Spread(spread_by)).sort(targets)]


# ---- groups


@pytest.mark.parametrize(
    ("spread_by", "contact", "received", "group"),
    [
        ("network", "sip:1@10.1.2.3:5060", None, "10.1.2.0/24"),
        # all phones of a site have its public address
        ("network", "sip:1@10.1.2.3:5060", "sip:203.0.113.9:40000", "203.0.113.0/24"),
        ("network/26", "sip:1@10.1.2.200", None, "10.1.2.192/26"),
        ("network/32", "sip:1@10.1.2.3", None, "10.1.2.3/32"),
        ("network/26", "sip:1@[2001:db8:1:2:3::4]:5060", None, "2001:db8:1:2::/64"),
        ("network/26/48", "sip:1@[2001:db8:1:2:3::4]", None, "2001:db8:1::/48"),
        ("network", "sip:1@[::ffff:10.1.2.3]", None, "10.1.2.0/24"),
        ("network", "sip:1@10.1.2.3", "sip:proxy.example.com", "10.1.2.0/24"),
        ("network", "sip:1@phone.example.com", None, None),
        ("network", "nonsense", None, None),
    ],
)
def test_networks(spread_by, contact, received, group):
    assert Spread(spread_by).group_of(phone("1", contact, received)) == group


@pytest.mark.parametrize(
    ("spread_by", "aor", "group"),
    [
        ("domain", "1@Berlin.example.com", "berlin.example.com"),
        ("domain", "1", None),
        ("^(..)[0-9]+", "be100@example.com", "be"),
        ("^(..)[0-9]+", "BE100@example.com", "be"),
        ("^..(?=[0-9])", "be100", "be"),
        ("^(be)?.*@", "mu1@example.com", None),
        ("^(be)", "mu1@example.com", None),
        # no word of its own, but an expression
        ("networks?-(.)", "network-a", "a"),
    ],
)
def test_domains_and_expressions(spread_by, aor, group):
    assert Spread(spread_by).group_of(phone(aor)) == group


@pytest.mark.parametrize(
    ("spread_by", "uri", "group"),
    [
        ("domain", "sip:1@example.com:5060;transport=tcp", "example.com"),
        ("domain", "sip:1@example.com", "example.com"),
        ("network", "sip:1@192.0.2.17:5060", "192.0.2.0/24"),
        ("sip:(.)", "sip:1@192.0.2.17", "1"),
    ],
)
def test_uris_that_are_given(spread_by, uri, group):
    assert Spread(spread_by).group_of(Target(None, uri)) == group


def test_an_aor_that_nobody_registered():
    nobody = Target("1@example.com", None, problem="no contact is registered")
    assert [Spread(spread_by).group_of(nobody) for spread_by in ("network", "domain", "^(.)")] == [
        None,
        "example.com",
        "1",
    ]


@pytest.mark.parametrize(
    "spread_by", ["network/", "network/0", "network/33", "network/x", "network/24/129", "network/24/56/1", "network/-1"]
)
def test_prefix_lengths_that_cannot_be(spread_by):
    with pytest.raises(BadParameters, match="spread_by '{0}' is not a network.*Write network/26".format(spread_by)):
        Spread(spread_by)


def test_what_else_is_refused():
    with pytest.raises(BadParameters, match="spread_by: '.' is not a regular expression"):
        Spread("(")
    with pytest.raises(BadParameters, match="spread_limit is 0. Set it to a number of phones"):
        Spread("network", 0)
    several = [phone("1"), phone("2")]
    with pytest.raises(BadParameters, match="spread_by 'networks' finds no group for any of 2 phones, such as 1"):
        Spread("networks").check(several)
    Spread("networks").check(several[:1])
    Spread("^1").check(several)
    Spread(None).check(several)


def test_the_summary_counts_groups():
    phones = [phone("a1"), phone("a2"), phone("b1"), phone("c")]
    assert Spread("^([ab])").summary(phones) == {"total": 2, "largest": 2, "ungrouped": 1}
    assert Spread("^x").summary(phones) == {"total": 0, "largest": 0, "ungrouped": 4}
    assert Spread().summary(phones) is None


# ---- order


def test_numbers_in_aors_count_as_numbers():
    aors = ["10", "9", "1", "02", "2", "a10", "a9", "B1", "100@x", "9@x", "1" + "0" * 5000]
    phones = [phone(aor) for aor in aors]
    assert sort("aor", phones)[:-1] == ["1", "02", "2", "9", "9@x", "10", "100@x", "1" + "0" * 5000, "a9", "a10"]
    assert sort("aor", phones)[-1] == "B1"


@given(st.lists(st.integers(0, 10**12), unique=True))
def test_users_that_are_numbers_are_in_the_order_of_numbers(numbers):
    assert sort("aor", [phone(str(number)) for number in numbers]) == [str(number) for number in sorted(numbers)]


def test_equal_phones_keep_their_order():
    phones = [phone("1", "sip:b@x"), phone("0", "sip:c@x"), phone("1", "sip:a@x")]
    order = Order("aor", "", Spread()).sort(phones)
    assert [target.contact for target in order] == ["sip:c@x", "sip:b@x", "sip:a@x"]
    assert Order("found", "", Spread()).sort(phones) == phones


def test_random_is_the_same_for_a_seed():
    phones = [phone(str(number)) for number in range(50)]
    first = sort("random", phones, seed="a")
    assert first == sort("random", phones[::-1], seed="a")
    assert sorted(first) == sorted(target.aor for target in phones)
    assert first != sort("random", phones, seed="b") != [target.aor for target in phones]


def test_groups_of_one_size_take_turns():
    phones = [phone(aor) for aor in ("a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3")]
    assert sort("spread", phones, "^(.)") == ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"]


def test_larger_groups_have_more_turns():
    phones = [phone("a{0}".format(number)) for number in range(4)] + [phone("b0"), phone("b1"), phone("x")]
    assert sort("spread", phones, "^([ab])") == ["a0", "b0", "a1", "x", "a2", "b1", "a3"]


GROUPS = st.lists(st.sampled_from("aaabcd"), max_size=60)


@given(GROUPS)
def test_any_part_of_a_spread_order_has_its_share_of_each_group(groups):
    phones = [phone("{0}{1}".format(group, number)) for number, group in enumerate(groups)]
    found = sort("spread", phones, "^(.)")
    assert sorted(found) == sorted(target.aor for target in phones)
    sizes = collections.Counter(groups)
    for end in range(len(found) + 1):
        counts = collections.Counter(aor[0] for aor in found[:end])
        for group, size in sizes.items():
            assert abs(counts[group] - size * end / len(found)) <= len(sizes)


# ---- batches


def batches(groups, size, limit):
    """What each batch has, until nothing is left."""
    left = [(group, number) for number, group in enumerate(groups)]
    while left:
        waiting = Waiting(left, lambda pair: pair[0], limit)
        batch = waiting.take(size)
        yield batch
        left = [pair for pair in left if pair not in batch]


@given(GROUPS, st.integers(1, 9), st.one_of(st.none(), st.integers(1, 4)))
def test_nobody_is_lost_and_no_batch_exceeds_a_limit(groups, size, limit):
    found = list(batches(groups, size, limit))
    assert sorted(sum(found, [])) == sorted((group, number) for number, group in enumerate(groups))
    for number, batch in enumerate(found):
        counts = collections.Counter(group for group, _number in batch)
        assert len(batch) <= size and (limit is None or max(counts.values()) <= limit)
        # a batch has room only if all who wait are of groups that are full
        if len(batch) < size:
            assert all(counts[group] == limit for group, _number in sum(found[number + 1 :], []))
        # and they keep their order
        assert [place for _group, place in batch] == sorted(place for _group, place in batch)
    assert Waiting(groups, lambda group: group, limit).batches(size) == len(found)


def test_what_was_taken_and_not_sent_to_leaves_room():
    waiting = Waiting(["a1", "a2", "a3", "b1"], lambda name: name[0], 1)
    assert waiting.take(4) == ["a1", "b1"]
    # a1 is gone
    waiting.add("b1")
    assert waiting.take(4) == ["a2"]
    waiting.add("a2")
    assert waiting.take(4) == [] and len(waiting) == 1
    assert waiting.batches(4) == 1


def test_one_that_has_moved_into_a_full_group_waits():
    waiting = Waiting(["a1", "b1"], lambda name: name[0], 1)
    assert waiting.take(2) == ["a1", "b1"]
    waiting.add("a1")
    assert waiting.is_full("a9") and not waiting.is_full("b1")
    waiting.put_off("a9")
    assert len(waiting) == 1 and waiting.take(1) == [] and waiting.batches(2) == 1
