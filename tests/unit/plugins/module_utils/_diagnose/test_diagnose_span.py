# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a server was restarted between two readings, by its clock."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._diagnose.span import Reading, has_restarted


@pytest.mark.parametrize(
    "clocks, expected",
    [
        # (seconds of this host, of the server)
        ([(0, 1000), (5, 1005), (10, 1010)], False),
        ([(0, 1000), (5, 3)], True),
        # it had only just started, and did so again
        ([(0, 1), (5, 2), (10, 7)], True),
        ([(0, 4), (5, 4)], True),
        # it starts
        ([(0, 0), (5, 4), (10, 9)], False),
        ([(0, 0), (1, 0), (2, 1)], False),
        # it is too busy to count, or does not count
        ([(0, 1000), (10, 1003)], False),
        ([(0, None), (5, None)], False),
        ([(0, 1000), (5, None), (10, 1010)], False),
        ([(0, 1000)], False),
    ],
)
def test_restarts(clocks, expected):
    readings = [
        Reading(float(moment), 0.0, {"core": {} if clock is None else {"timestamp": clock}}) for moment, clock in clocks
    ]
    assert has_restarted(readings) is expected
