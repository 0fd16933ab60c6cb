# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's rows: what is wrong with them is said, all of it, before anything is read or written."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._table import rows
from ansible_collections.community.opensips.plugins.module_utils._table.columns import FoundColumn

A, B = {"setid": 1, "destination": "sip:a"}, {"setid": 1, "destination": "sip:b"}


def message_of(request_for, *args, **params):
    with pytest.raises(BadParameters) as caught:
        request_for(*args, **params)
    assert caught.value.hint
    return str(caught.value)


def test_every_mistake_is_told_with_its_row_and_column(request_for):
    text = message_of(
        request_for,
        "dispatcher",
        [
            dict(A, wieght=1),
            {"setid": "x", "destination": "y" * 193},
            {"destination": "sip:c"},
            dict(B, state=None),
            "sip:d",
        ],
    )
    for part in (
        "row 1, column wieght: is not in the table, did you mean weight?",
        "row 2, column setid: 'x' is not a whole number",
        "row 2, column destination: 'yyyy",
        "has 193 characters, and the column holds 192",
        "row 3, column setid: is missing, and match names it",
        "row 4, column state: may not be NULL",
        "row 5, is not a mapping",
        "the key columns are setid, destination",
    ):
        assert part in text


def test_a_thousand_mistakes_are_counted(request_for):
    text = message_of(request_for, "dispatcher", [{"nope": 1}] * 1000)
    assert "and 2990 more" in text and len(text) < 2000


def test_duplicate_keys_are_found_as_the_columns_have_them(request_for):
    text = message_of(request_for, "dispatcher", [A, B, {"setid": "1", "destination": "sip:a", "weight": 7}])
    assert "rows 1 and 3 have the same key, setid=1 destination=sip:a" in text


def test_names_of_columns_have_no_case(request_for):
    request = request_for("registrant", [{"AOR": "sip:a", "binding_uri": "sip:b", "Registrar": "sip:c"}])
    assert request.rows[0].values == {"aor": "sip:a", "binding_URI": "sip:b", "registrar": "sip:c"}
    assert "is given twice" in message_of(request_for, "domain", [{"domain": "a", "DOMAIN": "b"}])


def test_keys_of_an_address_may_be_left_out_as_far_as_they_have_usual_values(request_for):
    request = request_for("address", [{"grp": 1, "ip": "192.0.2.1"}, {"grp": 1, "ip": "192.0.2.1", "port": 5060}])
    assert [each.key for each in request.rows] == [(1, "192.0.2.1", 32, 0, "any"), (1, "192.0.2.1", 32, 5060, "any")]
    assert "column grp: is missing" in message_of(request_for, "address", [{"ip": "192.0.2.1"}])
    # with a match of one's own, nothing is guessed
    assert "column port: is missing" in message_of(request_for, "address", [{"ip": "192.0.2.1"}], match=["ip", "port"])


@pytest.mark.parametrize(
    "match, text",
    [
        ([], "match is empty"),
        (["setid", "SETID"], "match names setid twice"),
        (["sedit"], "no column 'sedit'. Did you mean setid?"),
    ],
)
def test_match(request_for, match, text):
    assert text in message_of(request_for, "dispatcher", [], match=match)


def test_a_table_without_unique_key_needs_match(request_for):
    text = message_of(request_for, "silo", [])
    assert "match is not set" in text and "src_addr" in text
    assert request_for("silo", [], match=["id"]).match == ["id"]


def test_nothing_is_found_by_a_secret(request_for):
    assert "secret" in message_of(request_for, "subscriber", [], match=["password"])


def test_scope_belongs_to_exact(request_for):
    assert "scope is given with state=present" in message_of(request_for, "dispatcher", [A], scope={"setid": 1})
    assert "such as {setid: 1}" in message_of(request_for, "dispatcher", [A], state="exact")
    assert request_for("dispatcher", [A], state="exact", scope={}).scope == {}


@pytest.mark.parametrize(
    "scope, text",
    [
        ({"set": 1}, "scope: the table dispatcher has no column 'set'. Did you mean setid or"),
        ({"setid": "x"}, "scope: column setid: 'x' is not a whole number"),
        ({"setid": []}, "scope: setid is an empty list"),
        ({"setid": 2}, "row 1, column setid: 1 is not in scope"),
        ({"setid": [2, 3]}, "row 1, column setid: 1 is not in scope"),
        ({"state": [0, 1]}, "row 1, column state: is missing, and scope names it"),
    ],
)
def test_rows_are_in_the_scope(request_for, scope, text):
    assert text in message_of(request_for, "dispatcher", [A], state="exact", scope=scope)


def test_the_scope_completes_rows(request_for):
    request = request_for("dispatcher", [{"destination": "sip:a"}], state="exact", scope={"setid": "1", "state": 0})
    assert request.rows[0].key == (1, "sip:a") and request.rows[0].values["state"] == 0
    several = {"setid": [1, 2]}
    assert "setid: is missing" in message_of(
        request_for, "dispatcher", [{"destination": "a"}], state="exact", scope=several
    )


def test_a_whole_table_is_not_emptied(request_for):
    assert "delete all rows" in message_of(request_for, "dispatcher", [], state="exact", scope={})
    assert request_for("dispatcher", [], state="exact", scope={"setid": 1}).rows == []


def test_only_what_is_needed_is_read(request_for):
    assert request_for("dispatcher", [A, dict(B, weight=1)]).columns_to_read() == ["setid", "destination", "weight"]
    assert "attrs" in request_for("dispatcher", [A], state="absent").columns_to_read()


def test_subscribers(request_for):
    user = {"username": "alice", "domain": "example.com"}
    (row,) = request_for("subscriber", [dict(user, password="wonderland")]).rows
    assert row.values["ha1"] and row.values["password"] == ""
    text = message_of(request_for, "subscriber", [dict(user, password="")])
    assert "row 1, column password: must be a text" in text
    # 25 characters fit into the column, any number into a hash
    assert request_for("subscriber", [dict(user, password="x" * 26)])
    text = message_of(request_for, "subscriber", [dict(user, password="s3cret" * 5)], store_password=True)
    assert "column password: the value has 30 characters, and the column holds 25" in text and "s3cret" not in text
    # and who goes does not need one
    (row,) = request_for("subscriber", [dict(user, password="")], state="absent").rows
    assert row.values == user


def test_columns_of_ones_own_are_columns(request_for):
    more = [FoundColumn("account", "int", "INTEGER", null=True)]
    (row,) = request_for("subscriber", [{"username": "a", "domain": "b", "ACCOUNT": "7"}], more=more).rows
    assert row.values["account"] == 7


def test_files(write):
    expected = [{"setid": "1", "destination": "sip:a", "attrs": "x, y"}, {"setid": "1", "destination": "sip:ü"}]
    text = '\ufeffsetid,destination,attrs\r\n1,sip:a,"x, y"\r\n1,sip:ü,\r\n'
    assert rows.load(write("rows.csv", text)) == expected
    assert rows.load(write("rows.JSON", expected)) == expected


def test_null_of_an_export_is_null(write):
    """As MySQL and PostgreSQL (\\N), and phpMyAdmin (NULL) write it: as text, no server could use the value."""
    text = "setid,destination,attrs,socket\n1,sip:a,\\N,NULL\n"
    assert rows.load(write("rows.csv", text)) == [{"setid": "1", "destination": "sip:a", "attrs": None, "socket": None}]


@pytest.mark.parametrize(
    "name, content, text",
    [
        ("a.json", "{", "cannot be read"),
        ("a.json", {"setid": 1}, "is not a list"),
        ("a.csv", "setid,destination\n1\n", "line 2 has another number of cells"),
        ("a.csv", "setid,destination\n1,2,3\n", "line 2 has another number of cells"),
        ("a.csv", 'setid\n"1\n', "cannot be read"),
    ],
)
def test_bad_files(write, name, content, text):
    path = write(name, content)
    with pytest.raises(BadParameters) as caught:
        rows.load(path)
    assert path in str(caught.value) and text in str(caught.value)


def test_no_file():
    with pytest.raises(BadParameters, match="No such file"):
        rows.load("/nonexistent/rows.csv")
