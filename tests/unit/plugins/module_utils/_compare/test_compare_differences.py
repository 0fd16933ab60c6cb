# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sources differ in, and which of them is apart from the others."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._compare.differences import differences


def found(sources, names=("id",), ignored=()):
    return [one.plain() for one in differences("thing", list(names), sources, ignored)]


def test_the_same_is_no_difference():
    entries = [{"id": 1, "a": None, "b": [1, {"c": 2}]}]
    assert found({"x": entries, "y": [dict(entries[0])]}) == []


def test_a_value_that_differs_with_who_has_it():
    one = found({"x": [{"id": 1, "a": 5}], "y": [{"id": 1, "a": 6}], "z": [{"id": 1, "a": 5}]})
    assert one == [
        {
            "kind": "thing",
            "key": {"id": 1},
            "field": "a",
            "outcome": "different",
            "variants": [{"value": 5, "sources": ["x", "z"]}, {"value": 6, "sources": ["y"]}],
            "minority": ["y"],
        }
    ]


def test_of_two_nobody_is_apart():
    (one,) = found({"x": [{"id": 1, "a": 5}], "y": [{"id": 1, "a": 6}]})
    assert one["minority"] == []
    (one,) = found({name: [{"id": 1, "a": name in "xy"}] for name in "wxyz"})
    assert one["minority"] == []


def test_a_thing_that_is_missing():
    three = {"x": [{"id": 2}], "y": [], "z": [{"id": 2}]}
    (one,) = found(three)
    assert (one["outcome"], one["field"], one["minority"]) == ("absent", None, ["y"])
    assert one["variants"] == [{"value": "present", "sources": ["x", "z"]}, {"value": "absent", "sources": ["y"]}]
    # those that have it are compared all the same
    three["x"][0]["a"], three["z"][0]["a"] = 1, 2
    assert [each["field"] for each in found(three)] == [None, "a"]


@pytest.mark.parametrize(("one", "two"), [(True, 1), (None, ""), ("1", 1), ([], None), ([1, 2], [2, 1])])
def test_what_python_may_take_for_the_same(one, two):
    assert len(found({"x": [{"id": 1, "a": one}], "y": [{"id": 1, "a": two}]})) == 1


def test_what_a_source_cannot_tell_is_not_compared():
    assert found({"x": [{"id": 1, "a": 5}], "y": [{"id": 1}]}) == []


def test_what_is_ignored():
    assert found({"x": [{"id": 1, "a": 5}], "y": [{"id": 1, "a": 6}]}, ignored=["a"]) == []


def test_things_with_the_same_key_are_told_apart():
    (one,) = found({"x": [{"id": 1}, {"id": 1}], "y": [{"id": 1}]})
    assert one["key"] == {"id": 1, "number": 2}


def test_the_order_is_that_of_the_keys():
    sources = {"x": [{"id": key} for key in (10, None, 9, "b", "a")], "y": []}
    assert [one["key"].get("id") for one in found(sources)] == [None, 9, 10, "a", "b"]
