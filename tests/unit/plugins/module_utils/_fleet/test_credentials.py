# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which entry answers which challenge of which phone, and entries that nobody could use."""

import json
import sys
import tracemalloc

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet import credentials
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._sip import digest

MD5, SHA, SHA512 = "0123456789abcdefABCDEF0123456789", "0" * 64, "f" * 64
HASHES = [each for each in digest.ALGORITHMS if digest.is_computable(each)]


def made(*rows, source="1"):
    found = credentials.Credentials()
    for row in rows:
        assert found.add(credentials.entry_of({"password": "secret", **row}, "here"), source)
    return found


def phone(aor=None, user_agent=None):
    return Target(aor, "sip:x@192.0.2.1", None if user_agent is None else {"user_agent": user_agent})


def chosen(found, target, realm, *algorithms):
    """Username of the secret for a realm, or None."""
    pair = found.choose(target, [digest.Challenge(realm, "n", each) for each in algorithms or ("MD5",)])
    return pair and pair[1].username


def test_the_most_specific_entry_counts():
    found = made(
        {"username": "all"},
        {"username": "yealinks", "vendor": "Yealink"},
        {"username": "realm", "realm": "r"},
        {"username": "realm of yealinks", "realm": "r", "vendor": "yealink"},
        {"username": "1001", "aor": "1001@example.com"},
        {"username": "1001 in r", "aor": "1001@example.com", "realm": "r"},
        {"username": "1002 by realm", "aor": "1002", "realm": "r"},
    )
    yealink, snom = "Yealink SIP-T46U 108.86.0.20", "snom370/8.7.5.35"
    assert chosen(found, phone("9"), "x") == "all"
    assert chosen(found, phone("9", snom), "x") == "all"
    assert chosen(found, phone("9", yealink), "x") == "yealinks"
    assert chosen(found, phone("9", snom), "r") == "realm"
    assert chosen(found, phone("9", yealink), "r") == "realm of yealinks"
    assert chosen(found, phone("1001@example.com", yealink), "x") == "1001"
    assert chosen(found, phone("1001@example.com", yealink), "r") == "1001 in r"
    assert chosen(found, phone("1002", snom), "r") == "1002 by realm"
    # it is for another realm
    assert chosen(found, phone("1002", snom), "x") == "all"
    # realms are compared exactly
    assert chosen(found, phone("9", snom), "R") == "all"
    assert chosen(found, phone(None), "r") == "realm"


def test_no_entry_is_for_the_same_user_of_another_domain():
    found = made({"username": "own", "aor": "1001@a.example"}, {"username": "bare", "aor": "1002"})
    assert chosen(found, phone("1001@a.example"), "x") == "own"
    assert chosen(found, phone("1001@b.example"), "x") is None
    assert chosen(found, phone("1002@b.example"), "x") is None
    assert chosen(found, phone("1002"), "x") == "bare"
    # a server without domains has each user once
    assert chosen(found, phone("1001"), "x") == "own"


def test_users_of_several_domains_on_a_server_without_domains():
    found = made(
        {"username": "a", "aor": "1001@a.example"}, {"username": "b", "aor": "1001@b.example"}, {"username": "all"}
    )
    assert chosen(found, phone("1001"), "b.example") == "b"
    # a default would send a digest of somebody else's password, too
    assert chosen(found, phone("1001"), "x") is None
    assert "several credentials" in found.reason(phone("1001"), [digest.Challenge("x", "n")])


def test_the_strongest_challenge_that_both_know():
    names = ["MD5", "SHA-256", "MD5-sess", "AKAv1-MD5", *(["SHA-512-256"] if "SHA-512-256" in HASHES else [])]
    challenges = [digest.Challenge("r", str(number), name) for number, name in enumerate(names)]
    challenge, _secret = made({"username": "a"}).choose(phone(), challenges)
    assert challenge.algorithm == HASHES[0]
    only_md5 = made({"username": "a", "password": None, "ha1": MD5, "realm": "r"})
    challenge, secret = only_md5.choose(phone(), challenges)
    assert (challenge.algorithm, challenge.nonce) == ("MD5", "0")
    assert secret.ha1_for(challenge) == MD5.lower()
    assert only_md5.choose(phone(), challenges[1:2]) is None
    assert only_md5.reason(phone(), challenges[1:2]) == (
        'the credentials for the realm "r" have no SHA-256 hash, and no password'
    )
    # of the first realm there is nothing
    challenge, _secret = only_md5.choose(phone(), [digest.Challenge("x", "n", "SHA-256"), challenges[0]])
    assert challenge.realm == "r"


def test_why_there_is_nothing():
    found = made({"username": "a", "realm": "r"})
    assert found.reason(phone(), []) == "its challenge is not one of Digest authentication, or cannot be read"
    unknown = [digest.Challenge(realm, "n") for realm in ("one", "one", "two\u202e", "x" * 100, "four")]
    text = found.reason(phone(), unknown)
    assert text.startswith(
        'there are no credentials for the realm "one"; there are no credentials for the realm "two\\u202e"; '
    )
    assert text.endswith("and 1 more") and "x" * 60 not in text
    assert "AKA is not supported" in found.reason(phone(), [digest.Challenge("r", "n", "AKA")])
    assert "nonce has characters" in found.reason(phone(), [digest.Challenge("r", "n!")])


def test_a_realm_that_no_phone_has_is_told():
    found = made(
        {"username": "a", "realm": "Example.com"},
        {"username": "b", "realm": "other"},
        {"username": "c", "realm": "used"},
    )
    assert found.warning() is None
    assert chosen(found, phone(), "used") == "c"
    # perhaps no phone asks for anything today
    assert found.warning() is None
    for realm in ("example.com", *map(str, range(1000))):
        assert chosen(found, phone(), realm) is None
    text = found.warning()
    assert text.startswith('No phone asked for realm "Example.com"; realm "other", which credentials have')
    assert 'realm "example.com"' in text and "used" not in text and len(text) < 500


def test_sources_count_in_their_order_and_have_nothing_twice():
    found = made({"username": "list", "aor": "1001"}, {"username": "all"})

    def add(source, **row):
        return found.add(credentials.entry_of({"password": "x", **row}, "here"), source)

    assert add("2", username="file", aor="1001") and add("2", username="file", aor="1002") and add("2", username="file")
    assert not add("2", username="again", aor="1002")
    assert not add("1", username="again", aor="1001") and not add("1", username="again")
    assert add("2", username="realm", aor="1002", realm="r") and add("2", username="1002@a", aor="1002@a")
    assert chosen(found, phone("1001"), "x") == "list"
    assert chosen(found, phone("1002"), "x") == "file"
    assert chosen(found, phone("1002"), "r") == "realm"
    assert chosen(found, phone("3"), "x") == "list" or chosen(found, phone("3"), "x") == "all"


@pytest.mark.parametrize(
    "row, words",
    [
        ({}, "has neither a password nor a hash"),
        ({"username": "a"}, "has neither a password nor a hash"),
        ({"username": " ", "password": "SECRET"}, "has no username"),
        ({"password": "SECRET"}, "has no username"),
        ({"username": "a", "password": ""}, "has neither a password nor a hash"),
        ({"username": "a", "password": "SECRET", "ha1": MD5, "realm": "r"}, "has both password and ha1"),
        ({"username": "a", "ha1": MD5}, "has ha1, but no realm"),
        (
            {"username": "a", "ha1_sha256": SHA, "ha1_sha512t256": SHA512},
            "has ha1_sha256 and ha1_sha512t256, but no realm",
        ),
        ({"username": "a", "ha1": SHA, "realm": "r"}, "ha1 does not have 32 hexadecimal digits"),
        ({"username": "a", "ha1_sha256": MD5, "realm": "r"}, "ha1_sha256 does not have 64 hexadecimal digits"),
        ({"username": "a", "ha1_sha512t256": "g" * 64, "realm": "r"}, "ha1_sha512t256 does not have 64"),
        ({"username": "a", "ha1": "SECRET", "realm": "r"}, "ha1 does not have 32"),
        ({"username": "a", "password": "SECRET", "vendor": "yealnik"}, "there is no vendor 'yealnik'"),
        ({"username": "a", "password": "SECRET", "vendor": "unknown"}, "there is no vendor 'unknown'"),
        ({"username": "a!b", "password": "SECRET"}, "username has characters"),
        ({"username": "CORP\\rob", "password": "SECRET"}, "username has characters"),
        ({"username": "a\nb", "password": "SECRET"}, "username has characters"),
        ({"username": "a", "password": "SECRET", "realm": "r\x01"}, "realm has characters"),
        ({"username": "a", "password": "SECRET", "aor": "sip:1001@a"}, "aor is 'sip:1001@a'"),
        ({"username": "a", "password": "SECRET", "aor": "10 01"}, "aor is '10 01'"),
        ({"username": ["SECRET"], "password": "x"}, "username is not a text"),
        ({"username": "a", "password": 1.5}, "password is not a text"),
        ({"username": "a", "password": True}, "password is not a text"),
        ({"username": "a", "password": "SECRET\ud800"}, "password is not valid Unicode"),
    ],
)
def test_entries_that_nobody_could_use(row, words):
    with pytest.raises(BadParameters) as caught:
        credentials.entry_of(row, "credentials: entry 3")
    assert str(caught.value).startswith("credentials: entry 3")
    assert words in caught.value.message and caught.value.hint
    assert "SECRET" not in str(caught.value) and SHA not in str(caught.value)


def test_a_hash_that_python_lacks(monkeypatch):
    monkeypatch.setattr(digest, "is_computable", lambda name: name != "SHA-512-256")
    row = {"username": "a", "realm": "r", "ha1_sha512t256": SHA512}
    with pytest.raises(
        digest.AlgorithmMissing, match="entry 2: Python on this host cannot compute SHA-512-256, which ha1_sha512t256"
    ):
        credentials.entry_of(row, "credentials: entry 2")
    # with another one, that one is used
    found = made({**row, "password": None, "ha1": MD5})
    both = [digest.Challenge("r", "n", "SHA-512-256"), digest.Challenge("r", "n", "MD5")]
    assert found.choose(phone(), both)[0].algorithm == "MD5"
    assert "cannot compute SHA-512-256" in found.reason(phone(), both[:1])


def test_a_password_may_have_any_character():
    found = made({"username": "a", "password": "\n \"\\'!\0\x1b,\n"})
    _challenge, secret = found.choose(phone(), [digest.Challenge("r", "n")])
    assert secret.password == "\n \"\\'!\0\x1b,\n"
    # a number of JSON
    assert (
        made({"username": 1001, "password": 1234}).choose(phone(), [digest.Challenge("r", "n")])[1].password == "1234"
    )


def rows(path):
    return [credentials.entry_of(row, where) for where, row in credentials.load(str(path), "credentials_file")]


def test_files(tmp_path):
    file = tmp_path / "phones.csv"
    file.write_text(
        f'aor,username,password,realm,ha1,vendor\n1001,u1,"p,\n""1""",,,\n,u2,,r,{MD5},\n,admin,x,,,snom\n',
        encoding="utf-8",
    )
    expected = [
        credentials.Entry(aor="1001", username="u1", password='p,\n"1"'),
        credentials.Entry(username="u2", realm="r", ha1_realm="r", ha1=MD5),
        credentials.Entry(username="admin", password="x", vendor="snom"),
    ]
    assert rows(file) == expected
    file = tmp_path / "phones.json"
    entries = [
        {"aor": "1001", "username": "u1", "password": 'p,\n"1"', "realm": None},
        {"username": "u2", "realm": "r", "ha1": MD5},
    ]
    file.write_text(json.dumps(entries), encoding="utf-8")
    assert rows(file) == expected[:2]


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("a.csv", "username,passwort\n1001,SECRET\n", "entry 1 has unknown names: passwort"),
        ("a.csv", "username,password\n1001\n", "line 2 has another number of cells"),
        ("a.csv", "username,password,username\n", "has the name username twice"),
        ("a.csv", "username,password\n1001,SECRET\n1002,\n", "entry 2 has neither a password nor a hash"),
        ("a.json", '[{"username": "a", "SECRET": "x"}]', "entry 1 has unknown names"),
        ("a.json", '{"username": "a"}', "cannot be read"),
        ("a.json", '[{"username": "a", "password": ["SECRET"]}]', "cannot be read"),
    ],
)
def test_files_that_nobody_could_use(tmp_path, name, text, words):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadParameters) as caught:
        rows(tmp_path / name)
    message = str(caught.value)
    assert message.startswith(f"credentials_file {tmp_path / name}") and words in message
    assert "SECRET" not in message or "names" in words


def test_rows_of_subscriber():
    row = {
        "username": "1001",
        "domain": "a.example",
        "password": "",
        "ha1": MD5,
        "ha1_sha256": SHA,
        "ha1_sha512t256": "",
    }
    found = credentials.Credentials()
    assert found.add(credentials.of_subscriber(row), "3")
    assert chosen(found, phone("1001@a.example"), "a.example", "MD5", "SHA-256") == "1001"
    # a hash is for its realm
    assert chosen(found, phone("1001@a.example"), "b.example") is None
    clear = credentials.Credentials()
    assert clear.add(credentials.of_subscriber({**row, "password": "x"}), "3")
    assert chosen(clear, phone("1001@a.example"), "b.example") == "1001"
    for nothing in (
        {"ha1": "x", "ha1_sha256": ""},
        {"domain": "", "ha1": MD5},
        {"username": ""},
        {"username": "a!b"},
        {"domain": "a\nb"},
    ):
        assert credentials.of_subscriber({**row, **nothing}) is None, nothing


@pytest.mark.skipif(sys.version_info < (3, 8), reason="strings are larger there")
def test_memory_of_100000_entries():
    """Some 300 bytes each, so that the memory of a server's host is left to the server."""
    tracemalloc.start()
    found = credentials.Credentials()
    for number in range(20000):
        found.add(
            credentials.Entry(aor=f"{number}@example.com", username=str(number), password=f"p{number}-12345678"), "2"
        )
    _size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak / 20000 < 400
