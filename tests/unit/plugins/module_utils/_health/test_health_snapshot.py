# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparing with an earlier run."""

import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._health.snapshot import EMPTY, FORMAT, Snapshot
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters


def snapshot(**values):
    return Snapshot({**EMPTY, "format": FORMAT, **values})


def test_the_whole_result_works_as_well():
    assert Snapshot({"outcome": "ok", "snapshot": {**EMPTY, "contacts": 7}}).count("contacts") == 7


def test_text_of_a_template():
    assert snapshot(contacts="7", uptime="12").count("contacts") == 7


def test_counts_of_one_check():
    active = {"dispatcher default:1": {"total": 2, "active": 1}, "gateways default": {"total": 1, "active": 1}}
    found = snapshot(active=active)
    assert found.counts("dispatcher") == {"default:1": (2, 1)} and found.counts("media_nodes") == {}
    assert found.has("gateways") and not found.has("media_nodes") and not found.has("contacts")


@pytest.mark.parametrize(
    ("before", "ago", "now", "same"),
    [(100, 50, 150, True), (100, 50, 3, False), (100, 50, 60, False), (None, 50, 60, False)],
)
def test_same_run(before, ago, now, same):
    assert snapshot(uptime=before, taken=time.time() - ago).is_same_run(now) is same


def test_growth():
    before = snapshot(counters={"UAC_transactions": 10})
    assert before.growth("UAC_transactions", 25) == 15
    # reset_statistics, and what was not counted before
    assert before.growth("UAC_transactions", 4) == 4 and before.growth("local_replies", 4) == 4


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"format": 2},
        {"format": None},
        {"snapshot": 1},
        {**EMPTY, "contacts": []},
        {**EMPTY, "contacts": "nan?"},
        {**EMPTY, "active": [1]},
        {**EMPTY, "active": {"a b": 1}},
        {**EMPTY, "counters": {"a": "x"}},
        {**EMPTY, "uptime": True},
    ],
)
def test_what_is_no_snapshot(plain):
    with pytest.raises(BadParameters) as caught:
        Snapshot(plain)
    assert "compare_to" in str(caught.value) and caught.value.hint
