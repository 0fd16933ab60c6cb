# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._sip.versions import is_version, version_key

# from the oldest to the newest
ORDERED = [
    ["108.86.0.9", "108.86.0.20", "108.86.0.70", "108.87.0.15", "108.100.0.1"],
    ["7.6.2-rc1", "7.6.2-rc2", "7.6.2", "7.6.2c", "7.6.2d", "7.6.2.1", "7.6.3"],
    ["10.1.64.14-beta", "10.1.64.14", "10.1.169.11"],
    ["2_8_9", "2_9_9", "2_10_0"],
    ["3.1.4", "3.1.4(a)", "3.1.4(b)", "3.1.5"],
    ["R5.4.9", "R5.5.0", "r5.5.1"],
]
EQUAL = [("1.2", "1.2.0.0"), ("V2.0.4.4.47", "2.0.4.4.47"), ("7.6.2C", "7.6.2c"), ("12-0-1", "12.0.1"), ("5.01", "5.1")]


@pytest.mark.parametrize("versions", ORDERED, ids=lambda versions: versions[0])
def test_an_older_version_is_less(versions):
    keys = [version_key(version) for version in versions]
    assert keys == sorted(keys) and len(set(keys)) == len(keys)


@pytest.mark.parametrize("one, other", EQUAL)
def test_versions_that_are_equal(one, other):
    assert version_key(one) == version_key(other)


@pytest.mark.parametrize(
    "text, right", [("1", True), ("v1", True), ("", False), ("latest", False), (None, False), (1, False)]
)
def test_what_is_a_version(text, right):
    assert is_version(text) == right


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_texts_can_be_compared(one, other):
    one, other = version_key(one), version_key(other)
    assert (one < other) + (one == other) + (other < one) == 1
