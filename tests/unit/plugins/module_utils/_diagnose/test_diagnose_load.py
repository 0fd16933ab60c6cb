# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The load of processes over a span."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._diagnose import load
from ansible_collections.community.opensips.plugins.module_utils._diagnose.span import Reading

RECEIVER = "SIP receiver udp:192.0.2.1:5060"


class Span:
    """Readings of two receivers. loads: [(percent of the first one, of the second one)], one a second."""

    first = last = Reading(0.0, 0.0, {"core": {"slow_messages": 0}})
    processor = {}

    def __init__(self, loads):
        self.processes = [{"id": number, "pid": 100 + number, "type": RECEIVER} for number in (1, 2)]
        self.seconds = len(loads) - 1.0
        self.readings = [
            Reading(float(moment), 0.0, {"load": {"load-proc-1": one, "load-proc-2": other}})
            for moment, (one, other) in enumerate(loads)
        ]

    def require_version(self, since, what):
        pass


def outcomes(loads):
    return {entry["subject"]: entry["outcome"] for entry in load.check(Span(loads), 90.0, 80.0)}


def test_the_first_reading_is_of_the_second_before():
    (group,) = load.groups(Span([(100, 100), (10, 20), (30, 40)]))
    assert (group.mean, group.peak) == (25.0, 35.0)
    # there is no other one
    (group,) = load.groups(Span([(100, 50)]))
    assert group.mean == 75.0


@pytest.mark.parametrize(
    ("loads", "stuck"),
    [
        ([(0, 0), (100, 10), (100, 0), (100, 5)], ["process 1 (" + RECEIVER + ")"]),
        # not long enough, and not all the time
        ([(100, 10), (100, 10), (100, 0)], []),
        ([(0, 0), (100, 10), (98, 0), (100, 5)], []),
        # that the group is busy says enough
        ([(0, 0), (100, 100), (100, 99), (100, 100)], []),
    ],
)
def test_a_process_that_is_busy_alone(loads, stuck):
    assert [subject for subject in outcomes(loads) if subject.startswith("process")] == stuck


def test_the_limit():
    assert outcomes([(0, 0), (95, 95)]) == {RECEIVER: "failed"}
    assert outcomes([(0, 0), (75, 75)]) == {RECEIVER: "warning"}
    assert outcomes([(0, 0), (5, 5)]) == {RECEIVER: "ok"}
