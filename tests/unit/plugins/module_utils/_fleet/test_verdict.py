# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A green task means what it says."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.verdict import verdict


@pytest.mark.parametrize(
    "named, failed, good, max_failures, fails",
    [
        (True, 0, 0, None, False),
        (True, 0, 5, None, False),
        (True, 1, 5, None, True),
        (True, 1, 0, None, True),
        # a number is exact, and allows also that nobody accepts
        (True, 1, 0, "1", False),
        (True, 2, 9, "1", True),
        # a share that is not exceeded beyond chance, but nobody accepted
        (True, 3, 22, "10%", False),
        (True, 1, 0, "10%", True),
        (True, 20, 20, "10%", True),
        # of a selection some may be off
        (False, 9, 1, None, False),
        (False, 9, 0, None, True),
        (False, 9, 0, "10", True),
        (False, 0, 0, None, False),
    ],
)
def test_whether_a_task_fails(named, failed, good, max_failures, fails):
    problem = verdict(named, failed, good, max_failures)
    assert bool(problem) == fails
    if fails:
        assert str(failed) in problem or problem == "The phone did not accept"
