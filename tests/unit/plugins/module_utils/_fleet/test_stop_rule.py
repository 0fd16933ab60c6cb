# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a run stops: max_failures as a number and as a percentage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import StopRule
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
    """(done, failed) after each outcome; what was not sent is neither."""
    done = failed = 0
    for what in course:
        done += what != "not_sent"
        failed += what in FAILURES
        yield done, failed


@given(course=COURSE, most=st.integers(0, 12), text=st.booleans())
def test_a_number(course, most, text):
    expected = next((at for at, (_done, failed) in enumerate(counts(course)) if failed > most), None)
    stopped = first_stop(StopRule(str(most) if text else most), course)
    assert (stopped and stopped[0]) == expected


@given(course=COURSE, most=st.integers(0, 99))
def test_a_percentage_counts_from_the_20th(course, most):
    expected = next(
        (at for at, (done, failed) in enumerate(counts(course)) if done >= 20 and failed * 100 > most * done), None
    )
    stopped = first_stop(StopRule("{0}%".format(most)), course)
    assert (stopped and stopped[0]) == expected


@given(course=COURSE)
def test_none_never_stops(course):
    assert first_stop(StopRule(None), course) is None


def test_the_reason_says_how_many():
    _position, reason = first_stop(StopRule("2"), ["accepted", "rejected", "not_sent", "no_answer", "unknown"])
    assert reason == "the run stopped: 3 of 4 phones failed, more than max_failures (2)"


def test_zero_stops_at_the_first_failure():
    assert first_stop(StopRule("0"), ["accepted", "accepted", "rejected"])[0] == 2
    # of a percentage, the 20th is the first that counts
    assert first_stop(StopRule("0%"), ["rejected"] + ["accepted"] * 30)[0] == 19


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
