# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: the least that has to be written, against a model of a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._table import plan
from ansible_collections.community.opensips.plugins.module_utils._table.errors import AmbiguousKey
from ansible_collections.community.opensips.plugins.module_utils._table.rows import Request
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._table.conftest import (
    DEFAULTS,
    columns_of,
    variant_of,
)

VARIANT = variant_of("dispatcher")
COLUMNS = list(VARIANT.columns)


def request_of(rows, **params):
    request = Request(VARIANT, columns_of(VARIANT), dict(DEFAULTS, **params))
    request.add(rows)
    return request


def row(number, setid, destination, weight="1", attrs=None):
    values = dict.fromkeys(COLUMNS)
    values.update(
        id=number, setid=setid, destination=destination, weight=weight, attrs=attrs, state=0, probe_mode=0, priority=0
    )
    return values


def stored(table):
    """{key: [Stored]} of a list of rows, as it would be read."""
    found = {}
    for values in table:
        key = (values["setid"], values["destination"])
        found.setdefault(key, []).append(plan.Stored(values, {"id": values["id"]}))
    return found


def carry_out(made, table):
    """The table (list of rows) after a plan."""
    by_id = {values["id"]: dict(values) for values in table}
    for change in made.of(plan.DELETE):
        del by_id[change.identity["id"]]
    for change in made.of(plan.UPDATE):
        by_id[change.identity["id"]].update(change.written)
    following = 1000
    for change in made.of(plan.INSERT):
        following += 1
        by_id[following] = dict(change.after, id=following)
    return list(by_id.values())


def test_operations():
    table = [row(1, 1, "sip:a"), row(2, 1, "sip:b", "5"), row(3, 1, "sip:d"), row(4, 2, "sip:a")]
    wanted = [
        {"setid": 1, "destination": "sip:a"},
        {"setid": 1, "destination": "sip:b", "weight": 6, "attrs": None},
        {"setid": 1, "destination": "sip:c", "weight": 7},
    ]
    made = plan.make(request_of(wanted), stored(table))
    assert [each.operation for each in made.changes] == ["none", "change", "insert"]
    assert [each.number for each in made.changes] == [1, 2, 3]
    assert made.changes[1].written == {"weight": "6"}
    assert made.changes[1].before["weight"] == "5" and made.changes[1].identity == {"id": 2}
    assert made.changes[2].after["state"] == 0 and "id" not in made.changes[2].after
    assert made.counts() == {"insert": 1, "change": 1, "delete": 0, "none": 1}

    exact = plan.make(request_of(wanted, state="exact", scope={"setid": 1}), stored(table))
    assert [(each.operation, each.number, each.key) for each in exact.changes][3:] == [("delete", None, (1, "sip:d"))]

    absent = plan.make(request_of([wanted[0], wanted[2]], state="absent"), stored(table))
    assert [(each.operation, each.number) for each in absent.changes] == [("delete", 1), ("none", 2)]
    assert absent.changes[0].before == table[0] and absent.changes[0].after is None


def test_several_rows_with_one_key():
    table = [row(1, 1, "sip:a", "5"), row(2, 1, "sip:a", "6"), row(3, 1, "sip:a", "5")]
    wanted = [{"setid": 1, "destination": "sip:a", "weight": 6}]
    with pytest.raises(AmbiguousKey) as caught:
        plan.make(request_of(wanted), stored(table))
    assert "3 rows with setid=1 destination=sip:a" in str(caught.value)
    assert "match" in caught.value.hint
    made = plan.make(request_of(wanted, state="exact", scope={"setid": 1}), stored(table))
    # the one that is right stays
    assert [(each.operation, each.identity["id"]) for each in made.changes] == [
        ("none", 2),
        ("delete", 1),
        ("delete", 3),
    ]
    assert len(plan.make(request_of(wanted, state="absent"), stored(table)).of(plan.DELETE)) == 3


def test_rows_outside_of_the_scope_are_not_deleted():
    table = [row(1, 1, "sip:a", "9"), row(2, 1, "sip:b", "1")]
    wanted = [{"setid": 1, "destination": "sip:a", "weight": "1"}]
    made = plan.make(request_of(wanted, state="exact", scope={"weight": 1}), stored(table))
    # the listed one comes into the scope, the one that is in it and not listed goes
    assert [(each.operation, each.identity["id"]) for each in made.changes] == [("change", 1), ("delete", 2)]
    made = plan.make(request_of([], state="exact", scope={"weight": 9}), stored(table))
    assert [(each.operation, each.identity["id"]) for each in made.changes] == [("delete", 1)]


def test_what_new_rows_lack():
    gateways = variant_of("dr_gateways")
    request = Request(gateways, columns_of(gateways), dict(DEFAULTS))
    request.add([{"gwid": "a"}, {"gwid": "b", "address": "192.0.2.1"}])
    made = plan.make(request, {})
    assert plan.missing(request, made) == ["row 1, column address: is missing, and a new row requires it"]


ROWS = st.lists(
    st.builds(
        row,
        st.just(0),
        st.integers(1, 2),
        st.sampled_from(["sip:a", "sip:b", "sip:c"]),
        st.sampled_from("12"),
        st.sampled_from([None, "x"]),
    ),
    max_size=8,
)
GIVEN = st.lists(
    st.fixed_dictionaries(
        {"setid": st.integers(1, 2), "destination": st.sampled_from(["sip:a", "sip:b", "sip:c", "sip:d"])},
        optional={"weight": st.sampled_from([1, "2"]), "attrs": st.sampled_from([None, "x"])},
    ),
    max_size=6,
    unique_by=lambda each: (each["setid"], each["destination"]),
)


@given(ROWS, GIVEN, st.sampled_from(["present", "absent", "exact"]))
def test_a_plan_leads_to_what_is_wanted_and_a_second_one_is_empty(table, wanted, state):
    table = [dict(each, id=number) for number, each in enumerate(table, 1)]
    request = request_of(wanted, state=state, **({"scope": {"setid": [1, 2]}} if state == "exact" else {}))
    try:
        made = plan.make(request, stored(table))
    except AmbiguousKey:
        assert state == "present"
        return
    # every row of the user has an entry
    assert {each.number for each in made.changes} - {None} == set(range(1, len(wanted) + 1))
    after = carry_out(made, table)
    again = plan.make(request, stored(after))
    assert not again.changed
    keys = [(each["setid"], each["destination"]) for each in after]
    listed = {(each["setid"], each["destination"]) for each in wanted}
    if state == "absent":
        assert not listed & set(keys)
    else:
        assert listed <= set(keys)
    if state == "exact":
        assert sorted(keys) == sorted(listed)
    # whatever was not to be touched is as it was
    if state != "exact":
        untouched = [each for each in table if (each["setid"], each["destination"]) not in listed]
        assert [each for each in after if (each["setid"], each["destination"]) not in listed] == untouched
    # nothing is written that does not have to be
    for change in made.of(plan.UPDATE):
        assert change.written
        assert all(change.before[name] != value for name, value in change.written.items())
