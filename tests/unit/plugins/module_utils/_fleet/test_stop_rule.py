# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a run stops: max_failures as a number and as a percentage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet.stop_rule import Limit, StopRule, least_share
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters

FAILURES = ("rejected", "no_answer", "unreachable", "unknown")
COURSE = st.lists(st.sampled_from(outcomes.OUTCOMES), max_size=120)


def first_stop(rule, course):
    """(position, reason) of the first outcome that stops the run; None when none does."""
    for position, what in enumerate(course):
        reason = rule.count(what)
        if reason is not None:
            return position, reason
    return None


def counts(course):
    """(done, failed) after each outcome; what was not sent is neither, nor a phone in a call."""
    done = failed = 0
    for what in course:
        done += what not in ("not_sent", "in_call")
        failed += what in FAILURES
        yield done, failed


@given(course=COURSE, most=st.integers(0, 12), text=st.booleans())
def test_a_number(course, most, text):
    expected = next((at for at, (_done, failed) in enumerate(counts(course)) if failed > most), None)
    stopped = first_stop(StopRule(str(most) if text else most), course)
    assert (stopped and stopped[0]) == expected


@given(course=COURSE, most=st.integers(0, 99))
def test_a_percentage_stops_when_it_is_beyond_chance(course, most):
    expected = next(
        (at for at, (done, failed) in enumerate(counts(course)) if least_share(failed, done) * 100 > most), None
    )
    stopped = first_stop(StopRule("{0}%".format(most)), course)
    assert (stopped and stopped[0]) == expected


@pytest.mark.parametrize(
    "bad, whole, limit, exceeded",
    [
        (3, 22, "10%", False),  # of a fleet of which 5 % fail
        (2, 5, "10%", False),
        (2, 2, "10%", True),
        (10, 100, "10%", False),
        (11, 100, "10%", False),
        (23, 100, "10%", True),
        (1150, 10000, "10%", True),
        (600, 12000, "10%", False),
        (1, 100000, "0%", True),
        (0, 0, "0%", False),
        (3, 3, 3, False),
        (4, 1000, "3", True),
    ],
)
def test_how_many_are_too_many(bad, whole, limit, exceeded):
    assert Limit(limit).is_exceeded(bad, whole) is exceeded


@given(whole=st.integers(1, 10**6), data=st.data())
def test_the_lower_end_of_the_interval(whole, data):
    """It is the share from which what was seen is as far as 99.9 % of all samples are at most."""
    bad = data.draw(st.integers(1, whole))
    least = least_share(bad, whole)
    assert 0 < least < bad / float(whole)
    assert bad / float(whole) - least == pytest.approx(3.2905 * (least * (1 - least) / whole) ** 0.5, rel=1e-6)


def test_the_lower_end_without_failures_is_none():
    assert least_share(0, 100) == least_share(0, 0) == 0.0


@given(failing=st.floats(0, 0.05), seed=st.integers(0, 2**32))
def test_a_fleet_below_the_limit_is_not_stopped_by_its_first_phones(failing, seed):
    """The share of this fleet is half of the limit."""
    import random

    chance = random.Random(seed)
    course = ["no_answer" if chance.random() < failing else "accepted" for _each in range(2000)]
    assert first_stop(StopRule("25%"), course) is None


@given(course=COURSE)
def test_none_never_stops(course):
    assert first_stop(StopRule(None), course) is None


def test_the_reason_says_how_many():
    _position, reason = first_stop(StopRule("2"), ["accepted", "rejected", "not_sent", "no_answer", "unknown"])
    assert reason == "the run stopped: 3 of 4 phones failed, more than max_failures (2)"


def test_zero_stops_at_the_first_failure():
    assert first_stop(StopRule("0"), ["accepted", "accepted", "rejected"])[0] == 2
    assert first_stop(StopRule("0%"), ["accepted", "rejected", "accepted"])[0] == 1


@pytest.mark.parametrize(
    "value", ["", "x", "-1", "1.5", "5 percent", "%", "-1%", "100%", "nan%", "inf%", "5%%", "1e999%"]
)
def test_what_is_no_number_and_no_percentage(value):
    with pytest.raises(BadParameters, match="max_failures is ") as raised:
        StopRule(value)
    assert repr(value) in str(raised.value)


@pytest.mark.parametrize("value", [" 3 ", "3", 3, "2.5%", " 5 %", "0%"])
def test_what_is_one(value):
    assert StopRule(value).count("accepted") is None
