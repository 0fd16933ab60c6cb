# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords become hashes: by the examples of the RFCs, by md5sum and openssl."""

import hashlib

import pytest

from ansible_collections.community.opensips.plugins.module_utils._table import passwords, schema
from ansible_collections.community.opensips.plugins.module_utils._table.columns import ComparedColumns, FoundColumn

# {release: columns}
COLUMNS = {variant.releases[-1]: list(variant.columns) for variant in schema.variants("subscriber")}


def columns_of(release, without=()):
    (variant,) = [each for each in schema.variants("subscriber") if release in each.releases]
    return ComparedColumns(
        variant, [FoundColumn(name, "text", "CHAR", length=64) for name in variant.columns if name not in without]
    )


def test_hashes_of_the_rfcs():
    # RFC 2617, 3.5, and RFC 7616, 3.9.1: what H(A1) has to be for their responses
    ha1 = passwords.hashes("Mufasa", "testrealm@host.com", "Circle Of Life", ["ha1"])["ha1"]
    assert ha1 == "939e7578ed9e3c518a452acee763bce9"
    both = passwords.hashes("Mufasa", "http-auth@example.org", "Circle of Life", ["ha1", "ha1_sha256"])
    uri = "/dir/index.html"
    rest = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v:00000001:f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ:auth"
    for column, algorithm, response in (
        ("ha1", "md5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("ha1_sha256", "sha256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ):
        ha2 = hashlib.new(algorithm, ("GET:" + uri).encode()).hexdigest()
        text = "{0}:{1}:{2}".format(both[column], rest, ha2)
        assert hashlib.new(algorithm, text.encode()).hexdigest() == response


def test_hashes_of_other_tools():
    # printf %s 'alice:example.com:wonderland' | openssl dgst -sha512-256; ... 'alice@example.com:example.com:wonderland' | md5sum
    found = passwords.hashes("alice", "example.com", "wonderland", ["ha1_sha512t256", "ha1b", "username", "rpid"])
    assert found == {
        "ha1_sha512t256": "9485c7b52baa1fc08914b6e75e4adc1d5a0845968231acfbb4d364fa3e4dd28b",
        "ha1b": "5f3b4d392d62686136b6dcfbeec41c21",
    }


@pytest.mark.parametrize(
    "release, made",
    [
        ("2.4", {"ha1", "ha1b"}),
        ("3.4", {"ha1", "ha1_sha256", "ha1_sha512t256"}),
        ("4.0", {"ha1", "ha1_sha256", "ha1_sha512t256"}),
    ],
)
def test_each_version_gets_its_hashes(release, made):
    row = passwords.expand(
        {"username": "alice", "domain": "example.com", "password": "wonderland"}, columns_of(release), False
    )
    assert {name for name in row if name.startswith("ha1")} == made
    assert row["password"] == ""
    stored = passwords.expand(
        {"username": "alice", "domain": "example.com", "password": "wonderland"}, columns_of(release), True
    )
    assert stored == dict(row, password="wonderland")


def test_umlauts_are_utf8():
    found = passwords.hashes("jürgen", "example.com", "schön", ["ha1"])["ha1"]
    assert found == hashlib.md5("jürgen:example.com:schön".encode()).hexdigest()


def test_numbers_are_users():
    row = passwords.expand({"username": 1001, "domain": "example.com", "password": "x"}, columns_of("4.0"), False)
    assert row["ha1"] == hashlib.md5(b"1001:example.com:x").hexdigest()


def test_a_row_without_a_password_stays():
    row = {"username": "alice", "ha1": "0" * 32}
    assert passwords.expand(row, columns_of("4.0"), False) is row


@pytest.mark.parametrize(
    "row, text",
    [
        ({"password": ""}, "not empty"),
        ({"password": None}, "not empty"),
        ({"password": 4711}, "put quotes"),
        ({"password": "s3cret", "ha1": "x"}, "together with ha1"),
        ({"password": "s3cret", "domain": ""}, "require domain"),
        ({"password": "s3cret", "username": None}, "require username"),
        ({"password": "s3cret\ud800"}, "not valid Unicode"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(row, text):
    row = dict({"username": "alice", "domain": "example.com"}, **row)
    with pytest.raises(ValueError) as caught:
        passwords.expand(row, columns_of("4.0"), False)
    assert text in str(caught.value) and "s3cret" not in str(caught.value) and "4711" not in str(caught.value)


def test_a_table_without_hashes():
    bare = columns_of("4.0", without=("ha1", "ha1_sha256", "ha1_sha512t256"))
    row = {"username": "alice", "domain": "example.com", "password": "x"}
    with pytest.raises(ValueError, match="store_password"):
        passwords.expand(row, bare, False)
    assert passwords.expand(row, bare, True)["password"] == "x"
