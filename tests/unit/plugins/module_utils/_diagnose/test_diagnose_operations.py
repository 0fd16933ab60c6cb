# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was slow, in words without secrets."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._diagnose.operations import describe

INVITE = (
    "INVITE sip:1001:secret@example.com;user=phone?Replaces=secret SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.1\r\nI: a84b4c76e66710\r\nCSeq: 7 INVITE\r\n"
    'Authorization: Digest username="1001", response="secret"\r\n\r\nCall-ID: secret\r\n'
)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("msg processing", "sip"),
        ("dns", "dns"),
        ("mysql query", "sql"),
        ("mysql prep stmt", "sql"),
        ("pgsql async query", "sql"),
        ("cachedb_local insert", "nosql"),
        ("MongoDB raw find", "nosql"),
        ("mongodb raw remove", "nosql"),
        ("Cassandra query", "nosql"),
        ("tcp ops", "tcp"),
        ("WSS ops", "tcp"),
        ("WS start handshake", "tcp"),
        ("MSRP ops", "tcp"),
        ("something new", "other"),
        (None, "other"),
    ],
)
def test_kinds(source, kind):
    assert describe(source, None).kind == kind


def test_a_request():
    found = describe("msg processing", INVITE)
    assert (found.text, found.subject, found.call_id) == ("INVITE", "sip:1001@example.com;user=phone", "a84b4c76e66710")
    assert "secret" not in repr(found)


def test_a_response():
    found = describe("msg processing", "SIP/2.0 200 OK\r\nCSeq: 7 BYE\r\nCall-ID: x\r\n\r\n")
    assert (found.text, found.subject, found.call_id) == ("200 to BYE", None, "x")


@pytest.mark.parametrize("text", ["", "\0\1", "GET / HTTP/1.1", "INVITE", "SIP/2.0 20", "x" * 70000])
def test_what_is_no_message(text):
    assert describe("msg processing", text).text == "unknown"


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        (
            "select password from subscriber where username='alice' AND domain = 'example.com'",
            "select password from subscriber where username=? AND domain = ?",
        ),
        ("insert into t1 (a,b,c) values (1,'x',-2.5)", "insert into t1 (a,b,c) values (?, ...,-?)"),
        ("select a from t where b='it''s \\' or c='secret'", "select a from t where b=?"),
        ("select a from t where b='x\\' and c='secret' and d=1", "select a from t where b=?"),
        ('select a from t where b="sec\\"ret"', "select a from t where b=?"),
        ("select a\n  from t where b='secret", "select a from t where b=?"),
        ("select a from t where b=$q$secret$q$ limit 5", "select a from t where b=?"),
    ],
)
def test_statements_have_no_values(statement, shown):
    found = describe("pgsql query", statement).text
    assert found == shown and "secret" not in found


def test_long_and_strange_text_is_cut_and_escaped():
    found = describe("dns", "\x1b[2J" + "a" * 1000)
    assert found.text.startswith("\\x1b") and len(found.text) < 250
