# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users as opensips_subscriber takes them: good ones become rows, bad ones are named before anything is written."""

import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._table import accounts, passwords
from ansible_collections.community.opensips.plugins.module_utils._table.tables import speed_dial

SECRET = "Zq9marks3cret"


def accounts_of(entries=None, path=None, **options):
    params = {"subscribers": entries, "subscribers_file": path, "domain": "example.com", "state": "present"}
    return accounts.accounts_of(dict(params, **options))


def user(name="1001", **values):
    return dict(values, username=name)


def test_entries_become_rows():
    dial = {"sd_username": "7", "new_uri": "sip:bob@x", "fname": None}
    first, second = accounts_of(
        [
            user(password=SECRET, aliases=["alice", "bob@b.org"], groups=["intl"], speed_dials=[dial]),
            user("1002", domain="b.org", ha1="AB" * 16, columns={"rpid": 5}, groups=[], aliases=None),
        ]
    )
    owner = {"username": "1001", "domain": "example.com"}
    assert first.row == dict(owner, password=SECRET) and first.owner == ("1001", "example.com")
    assert first.belongings == {
        "aliases": [
            dict(owner, alias_username="alice", alias_domain="example.com"),
            dict(owner, alias_username="bob", alias_domain="b.org"),
        ],
        "groups": [dict(owner, grp="intl")],
        "speed_dials": [dict(owner, sd_username="7", sd_domain="example.com", new_uri="sip:bob@x")],
    }
    # phones and databases write hexadecimal digits in either case, and the server compares text
    assert second.row == {"username": "1002", "domain": "b.org", "ha1": "ab" * 16, "rpid": 5}
    assert (second.number, second.belongings) == (2, {"groups": []})


def test_files_say_the_same(tmp_path):
    csv = tmp_path / "users.csv"
    csv.write_text(
        "username,password,aliases,groups,speed_dials,rpid\n"
        "1001,a b,alice +49@b.org,intl local,7=sip:bob@x 8=sip:eve@x,sip:r\n"
        "1002,c,,NULL,,\n",
        encoding="utf-8",
    )
    rows = [
        dict(
            user(password="a b", rpid="sip:r", aliases="alice +49@b.org", groups="intl local"),
            speed_dials="7=sip:bob@x 8=sip:eve@x",
        ),
        dict(user("1002", password="c"), groups=None),
    ]
    (tmp_path / "users.json").write_text(json.dumps(rows), encoding="utf-8")
    found = accounts_of(path=str(csv))
    assert found == accounts_of(path=str(tmp_path / "users.json"))
    assert [row["sd_username"] for row in found[0].belongings["speed_dials"]] == ["7", "8"]
    assert found[0].row["rpid"] == "sip:r" and found[0].row["password"] == "a b"
    assert found[1].belongings == {"groups": []}


@pytest.mark.parametrize(
    "entries, words",
    [
        ([user("")], "row 1, username: is missing"),
        ([user("a@b")], "row 1, username: 'a@b' cannot be part of an address of record"),
        ([user("a:b")], "username: 'a:b' cannot be"),
        ([user("a b")], "username: 'a b' cannot be"),
        ([user(domain="a\r\nb")], "row 1, domain: 'a"),
        ([user(password=7)], "row 1, password: must be a text that is not empty; put quotes around a number"),
        ([user(password="")], "password: must be a text that is not empty"),
        ([user(ha1=SECRET)], "row 1, ha1: must have 32 hexadecimal digits"),
        ([user(ha1_sha256="a" * 32)], "ha1_sha256: must have 64 hexadecimal digits"),
        ([user(columns={"HA1": "x"})], "columns: HA1 is an option of its own"),
        ([user(aliases=["a@b@c"])], "aliases: 'a@b@c' is not a user"),
        ([user(aliases=["1001"])], "aliases: 1001@example.com is the user itself"),
        ([user(aliases=["a", "a@example.com"])], "row 1, aliases: a@example.com is listed twice"),
        ([user(groups=[" "])], "groups: ' ' is not the name of a group"),
        ([user(groups=["a", "a"])], "row 1, groups: a is listed twice"),
        ([user(speed_dials=[{"sd_username": "7"}])], "is not a speed dial"),
        ([user(speed_dials=[{"sd_username": "7", "new_uri": "sip:a@b", "to": "x"}])], "'to' is not a speed dial"),
        ([user(), user("2"), user(domain="example.com")], "rows 1 and 3 are the same user, 1001@example.com"),
        ([user(aliases=["a"]), user("2", aliases=["a"])], "rows 1 and 2 have the same alias, a@example.com"),
        ([user(aliases=["2"]), user("2")], "row 1, aliases: 2@example.com is the user of row 2"),
    ],
)
def test_bad_entries_are_named(entries, words):
    with pytest.raises(BadParameters) as error:
        accounts_of(entries)
    assert words in str(error.value) and "Nothing was written" in str(error.value)
    assert SECRET not in str(error.value)


def test_all_bad_entries_are_listed_at_once(tmp_path):
    path = tmp_path / "users.csv"
    path.write_text("username,speed_dials\na b,\n1001,7\n1001,\n1001,\n", encoding="utf-8")
    with pytest.raises(BadParameters) as error:
        accounts_of(path=str(path))
    for words in ("subscribers_file", "row 1, username", "row 2, speed_dials: '7'", "rows 3 and 4 are the same user"):
        assert words in str(error.value)
    with pytest.raises(BadParameters) as error:
        accounts_of([user()], domain=None)
    assert "Set it here, or set the option domain for all" in str(error.value)


def test_users_that_are_removed_need_nothing_but_a_name():
    (found,) = accounts_of([user(password=7, aliases=["1001"])], state="absent")
    assert found.row == {"username": "1001", "domain": "example.com"} and not found.belongings


def test_generated_passwords_differ():
    made = {passwords.generate(20) for _time in range(100)}
    assert len(made) == 100 and all(len(password) == 20 and password.isalnum() for password in made)
    assert not set("".join(made)) & set("0O1lIo")


def test_what_stays_behind_is_unusable():
    """2.4 compares 32 characters whatever the column holds."""
    new, old = ("ha1", "ha1_sha256"), ("ha1", "ha1b")
    assert passwords.unusable("ha1_sha256", new) == "" and passwords.unusable("password", old) == ""
    first, second = (passwords.unusable("ha1b", old) for _time in range(2))
    assert len(first) == len(second) == 32 and first != second


def test_the_realm_of_hashes():
    assert passwords.hashes("a", "d", "p", ["ha1", "ha1b"]) == passwords.hashes("a", "d", "p", ["ha1", "ha1b"], "d")
    assert passwords.hashes("a", "d", "p", ["ha1"], "r") == passwords.hashes("a", "r", "p", ["ha1"])
    of_domain = passwords.hashes("a@d", "r", "p", ["ha1"])["ha1"]
    assert passwords.hashes("a", "d", "p", ["ha1b"], "r") == {"ha1b": of_domain}


@pytest.mark.parametrize(
    "uri, is_good",
    [
        ("sip:bob@example.com", True),
        # the server adds the scheme
        ("bob@example.com", True),
        ("sips:bob@example.com", False),
        ("sip:b b@example.com", False),
        ("sip:" + "b" * 235 + "@example.com", True),
        # one byte behind the end of the server's buffer
        ("sip:" + "b" * 236 + "@example.com", False),
    ],
)
def test_uris_of_speed_dials(uri, is_good):
    row = {"username": "a", "sd_username": "7", "new_uri": uri}
    assert (speed_dial.RECORD.problems(row) == []) is is_good
