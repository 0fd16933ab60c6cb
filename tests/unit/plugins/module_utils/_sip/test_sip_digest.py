# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Challenges of phones, and answers to them: examples of the RFCs, and a server side of its own that checks any answer."""

import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._sip import digest
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.request import uac_dlg_params

HASHES = {"MD5": ("md5", 32), "SHA-256": ("sha256", 64), "SHA-512-256": ("sha512_256", 64)}
HAS_SHA_512_256 = digest.is_computable("SHA-512-256")
HERE = [name for name in HASHES if name != "SHA-512-256" or HAS_SHA_512_256]


def challenge_of(header):
    (challenge,) = digest.parse_challenges(header)
    return challenge


# The server side: it shares nothing with the library


def fields_of(value):
    """{name: value} of an Authorization header, which must be well-formed (RFC 3261 section 25.1)."""
    assert value.startswith("Digest ")
    rest, fields = value[len("Digest ") :], {}
    while rest:
        name, rest = rest.split("=", 1)
        assert re.match(r"[a-z]+\Z", name) and name not in fields, name
        if rest[0] == '"':
            text, at = [], 1
            while rest[at] != '"':
                at += rest[at] == "\\"
                text.append(rest[at])
                at += 1
            fields[name], rest = "".join(text), rest[at + 1 :]
        else:
            fields[name], _comma, after = rest.partition(",")
            rest = rest[len(fields[name]) :]
        assert rest == "" or rest.startswith(", "), rest
        rest = rest[2:]
    return fields


def is_right(value, method, password, body=""):
    """What a server that knows the password makes of an Authorization header (RFC 7616 section 3.4)."""
    got = fields_of(value)
    name, _dash, _sess = got["algorithm"].partition("-sess")

    def hashed(text):
        # OpenSSL's own name, for Pythons before 3.8
        kind = HASHES[name][0] if HASHES[name][0] in hashlib.algorithms_available else HASHES[name][0].replace("_", "-")
        return hashlib.new(kind, text.encode("utf-8")).hexdigest()

    a1 = hashed(got["username"] + ":" + got["realm"] + ":" + password)
    if got["algorithm"].endswith("-sess"):
        a1 = hashed(a1 + ":" + got["nonce"] + ":" + got["cnonce"])
    a2 = method + ":" + got["uri"]
    if got.get("qop") == "auth-int":
        a2 += ":" + hashed(body)
    middle = [got["nonce"]]
    if "qop" in got:
        middle += [got["nc"], got["cnonce"], got["qop"]]
    assert len(got["response"]) == HASHES[name][1]
    return got["response"] == hashed(":".join([a1, *middle, hashed(a2)]))


# Examples


def test_the_example_of_rfc_2617():
    challenge = challenge_of(
        'WWW-Authenticate: Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",'
        ' opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    secret = digest.Secret("Mufasa", "Circle Of Life")
    name, value = digest.answer(challenge, secret, "GET", "/dir/index.html", cnonce="0a4f113b")
    assert name == "Authorization"
    assert value == (
        'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",'
        ' uri="/dir/index.html", response="6629fae49393a05397450978507c4ef1", algorithm=MD5,'
        ' opaque="5ccc069c403ebaf9f0171e9517f40e41", qop=auth, nc=00000001, cnonce="0a4f113b"'
    )


def test_the_example_of_rfc_2069_with_erratum_749():
    challenge = challenge_of(
        'WWW-Authenticate: Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    )
    _name, value = digest.answer(challenge, digest.Secret("Mufasa", "CircleOfLife"), "GET", "/dir/index.html")
    fields = fields_of(value)
    assert fields["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert not {"qop", "nc", "cnonce", "opaque"} & set(fields)


@pytest.mark.parametrize(
    "algorithm, response",
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616(algorithm, response):
    parts = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    both = "".join(f"WWW-Authenticate: {parts.format(each)}\r\n" for each in ("SHA-256", "MD5"))
    challenge = next(each for each in digest.parse_challenges(both) if each.algorithm == algorithm)
    _name, value = digest.answer(
        challenge,
        digest.Secret("Mufasa", "Circle of Life"),
        "GET",
        "/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert fields_of(value)["response"] == response


@pytest.mark.skipif(not HAS_SHA_512_256, reason="OpenSSL lacks SHA-512/256")
def test_the_example_of_rfc_7616_with_erratum_4897():
    """The RFC's own response is that of another hash. userhash, which a client may ignore, changes the username alone."""
    challenge = challenge_of(
        'WWW-Authenticate: Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256,'
        ' nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS",'
        " charset=UTF-8, userhash=true"
    )
    _name, value = digest.answer(
        challenge,
        digest.Secret("J\u00e4s\u00f8n Doe", "Secret, or not?"),
        "GET",
        "/doe.json",
        cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    )
    fields = fields_of(value)
    assert fields["response"] == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    assert fields["username"] == "J\u00e4s\u00f8n Doe" and "userhash" not in fields


# Reading


@pytest.mark.parametrize(
    "header",
    [
        'WWW-Authenticate: Digest realm="a", nonce="n"',
        'www-authenticate:dIGEST Realm = "a" , NONCE= "n"',
        'WWW-Authenticate: Digest realm=a, nonce=n, algorithm="MD5"',
        'WWW-Authenticate: Digest realm="a" nonce="n"',
        'WWW-Authenticate: Digest\r\n realm="a",\r\n\tnonce="n"',
        'WWW-Authenticate:, ,Digest ,realm="a",,nonce="n",',
        'WWW-Authenticate: Digest realm="\\a", nonce="n", x="a \\"quoted\\", comma = b"',
        'WWW-Authenticate: Digest realm="a", nonce="n", realm="b"',
        'WWW-Authenticate: Digest realm="a", nonce="n", domain="sip:x", charset=UTF-8, userhash=true, qop=""',
        'SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP a\r\nWWW-Authenticate: Digest realm="a", nonce="n"\r\n\r\nbody',
        'WWW-Authenticate: Basic realm="b"\r\nWWW-Authenticate: Digest realm="a", nonce="n"',
        'WWW-Authenticate: Basic Zm9vOmJhcg==, Digest realm="a", nonce="n", Bearer realm="x", error="y"',
        'WWW-Authenticate: Negotiate, Digest realm="a", nonce="n", NTLM',
        'WWW-Authenticate: Digest realm="a", Digest realm="a", nonce="n"',
    ],
)
def test_one_challenge_in_any_form(header):
    assert digest.parse_challenges(header) == [digest.Challenge("a", "n")]


def test_all_that_a_challenge_has():
    assert digest.parse_challenges(
        'WWW-Authenticate: Digest realm="a", nonce="n", algorithm=sha-512-256-SESS, qop="AUTH , auth-int,token", opaque="", stale=TRUE\r\n'
        'Proxy-Authenticate: Digest realm="p", nonce="m", stale=false, Digest realm="q", nonce="o", algorithm=AKAv1-MD5'
    ) == [
        digest.Challenge("a", "n", "SHA-512-256-sess", ("auth", "auth-int", "token"), "", True),
        digest.Challenge("p", "m", is_proxy=True),
        digest.Challenge("q", "o", "AKAv1-MD5", is_proxy=True),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "WWW-Authenticate:",
        "WWW-Authenticate: Digest",
        'WWW-Authenticate: Digest realm="a"',
        'WWW-Authenticate: Digest realm="a", nonce=""',
        'WWW-Authenticate: Digest nonce="n"',
        'WWW-Authenticate: Digest realm="a", nonce="n',
        'WWW-Authenticate: Digest realm="a", nonce="n", x=',
        'WWW-Authenticate: Digest realm="a", nonce="n" @@',
        'WWW-Authenticate: Basic realm="a", nonce="n"',
        'Via: x\r\n\r\nWWW-Authenticate: Digest realm="a", nonce="n"',
        'X-WWW-Authenticate: Digest realm="a", nonce="n"',
        'WWW-Authenticate: Digest realm="a", nonce="{}"'.format("n" * 100000),
        'WWW-Authenticate: Digest realm="a", nonce="n", opaque="{}"'.format("\\x" * 40000),
        "WWW-Authenticate: " + 'a="\\",' * 20000,
        "WWW-Authenticate: " + "Digest " * 10000,
        "\r\n" * 50000,
    ],
)
def test_no_challenge(header):
    assert digest.parse_challenges(header) == []


def test_thousands_of_challenges_are_not_looked_at():
    header = "WWW-Authenticate: " + ", ".join(f'Digest realm="{number}", nonce="n"' for number in range(5000))
    assert [each.realm for each in digest.parse_challenges(header)] == [str(number) for number in range(16)]
    lines = "".join(f'Proxy-Authenticate: Digest realm="{number}", nonce="n"\r\n' for number in range(5000))
    assert len(digest.parse_challenges(lines)) == 16


def quoted(text, escape):
    """A quoted-string. escape: whether what needs none is escaped, too."""
    return '"' + "".join("\\" + char if char in '"\\' or escape else char for char in text) + '"'


# what SIP allows between quotes, and t_uac_dlg in a header; blanks at the ends are a header's own
TEXTS = st.text(
    st.characters(min_codepoint=32, blacklist_categories=("Cc", "Cs", "Zl", "Zp"), blacklist_characters="!\ufffd"),
    min_size=1,
    max_size=30,
).filter(lambda text: not re.search(r"\\[rn]", text.replace("\\", "\\\\")))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_server_takes_any_answer(data):
    realm, nonce, user, password, body = (data.draw(TEXTS) for _each in range(5))
    opaque = data.draw(st.none() | TEXTS)
    algorithm = data.draw(st.sampled_from([None, *(name + sess for name in HERE for sess in ("", "-sess"))]))
    qop = data.draw(st.sampled_from([None, "auth", "auth-int", "auth-int,auth", "other", "auth, auth-int"]))
    escape = data.draw(st.booleans())
    is_proxy = data.draw(st.booleans())
    parts = {"realm": quoted(realm, escape), "nonce": quoted(nonce, escape)}
    parts.update({"algorithm": algorithm} if algorithm else {})
    parts.update({"qop": quoted(qop, False)} if qop else {})
    parts.update({"opaque": quoted(opaque, escape)} if opaque is not None else {})
    header = "Proxy-Authenticate" if is_proxy else "WWW-Authenticate"
    text = ",".join(f"{name}={value}" for name, value in data.draw(st.permutations(sorted(parts.items()))))
    challenge = challenge_of(f"{header}: Digest {text}\r\n")
    assert digest.problem(challenge) is None
    hashes = {name: digest.hash_text(name, f"{user}:{realm}:{password}") for name in HERE}
    by_password = digest.Secret(user, password)
    by_hash = digest.Secret(user, None, {name: value.upper() for name, value in hashes.items()}, realm)
    for secret in (by_password, by_hash):
        assert secret.knows(challenge)
        name, value = digest.answer(challenge, secret, "NOTIFY", "sip:1001@192.0.2.1:5060;x=y", body)
        assert name == ("Proxy-Authorization" if is_proxy else "Authorization")
        assert is_right(value, "NOTIFY", password, body)
        assert not is_right(value, "MESSAGE", password, body) and not is_right(value, "NOTIFY", password + "x", body)
        fields = fields_of(value)
        assert (fields["username"], fields["realm"], fields["nonce"]) == (user, realm, nonce)
        assert fields.get("opaque") == opaque
        expected = {None: None, "auth-int": "auth-int", "other": None}.get(qop, "auth")
        assert fields.get("qop") == expected
        # what the server is sent has it as one header
        headers = {"From": "<sip:a@b>", "To": "<sip:a@b>", name: value}
        sent = uac_dlg_params("NOTIFY", "sip:a@192.0.2.1", headers)["headers"]
        assert sent.count("\r\n") == 3 and sent.endswith(f"{name}: {value}\r\n")


_PIECES = [*'\r\n\t\0 !"\\,=rnaD\x7f\x85\u2028\ud800\ufffd;:', "Digest ", "realm=", 'nonce="', "algorithm="]
HOSTILE = st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)


@settings(max_examples=500, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_challenge_gets_anything_else_into_the_answer(realm, nonce, opaque, rest):
    """Whatever a phone says: an answer is one header with exactly what is known, or there is none."""
    texts = [
        f'WWW-Authenticate: Digest realm="{realm}", nonce="{nonce}", opaque="{opaque}"{rest}\r\n',
        f"Proxy-Authenticate: {rest}{realm}={nonce},{opaque}",
        rest + realm + nonce + opaque,
    ]
    given_ones = [digest.Challenge(realm, nonce, opaque=opaque), digest.Challenge(realm, "n", algorithm=rest)]
    for challenge in [found for text in texts for found in digest.parse_challenges(text)] + given_ones:
        try:
            name, value = digest.answer(challenge, digest.Secret("1001", "secret"), "NOTIFY", "sip:1001@192.0.2.1")
        except SipError as error:
            assert digest.problem(challenge) is not None and "secret" not in str(error)
            continue
        fields = fields_of(value)
        assert (fields["realm"], fields["nonce"], fields.get("opaque")) == (
            challenge.realm,
            challenge.nonce,
            challenge.opaque,
        )
        assert set(fields) <= set("username realm nonce uri response algorithm opaque qop nc cnonce".split())
        assert value.isprintable() or "\xa0" in value
        assert "!" not in value and not re.search(r"\\[rn]", value)
        headers = {"From": "<sip:a@b>", "To": "<sip:a@b>", name: value}
        assert uac_dlg_params("NOTIFY", "sip:a@192.0.2.1", headers)["headers"].count("\r\n") == 3


def test_what_cannot_be_sent_back_is_a_problem():
    for text in ("a!b", "a!!b", "DOMAIN\\\\name", "\ufffd", "a\x01b"):
        challenge = challenge_of(f'WWW-Authenticate: Digest realm="a", nonce="{text}"')
        assert "nonce has characters" in digest.problem(challenge)
    # as every Windows domain before a name with r or n
    with pytest.raises(SipError, match="username has characters"):
        digest.answer(digest.Challenge("a", "n"), digest.Secret("DOMAIN\\rob", "x"), "NOTIFY", "sip:a@b")
    with pytest.raises(SipError, match="address has characters"):
        digest.answer(digest.Challenge("a", "n"), digest.Secret("rob", "x"), "NOTIFY", "sip:a!!@b")


def test_an_algorithm_that_nobody_knows():
    assert digest.problem(digest.Challenge("a", "n", "AKAv1-MD5")) == "the algorithm AKAv1-MD5 is not supported"
    assert not digest.Secret("a", None, {"MD5": "0" * 32}, "a").knows(digest.Challenge("a", "n", "SHA-256"))
    assert not digest.Secret("a", None, {"MD5": "0" * 32}, "a").knows(digest.Challenge("A", "n", "MD5"))


def test_a_python_without_sha_512_256(monkeypatch):
    """As on CentOS 7, with OpenSSL 1.0.2."""

    def old(name, data, **kwargs):
        if "512" in name:
            raise ValueError("unsupported hash type " + name)
        return new(name, data, **kwargs)

    new = hashlib.new
    monkeypatch.setattr(digest.hashlib, "new", old)
    digest.is_computable.cache_clear()
    try:
        assert not digest.is_computable("SHA-512-256") and digest.is_computable("SHA-256")
        challenge = digest.Challenge("a", "n", "SHA-512-256-sess")
        assert digest.problem(challenge) == "Python on this host cannot compute SHA-512-256"
        with pytest.raises(digest.AlgorithmMissing, match="OpenSSL 1.1.1"):
            digest.hash_text("SHA-512-256", "x")
        with pytest.raises(SipError, match="cannot compute SHA-512-256"):
            digest.answer(challenge, digest.Secret("a", "b"), "NOTIFY", "sip:a@b")
    finally:
        digest.is_computable.cache_clear()


def test_each_answer_has_another_cnonce():
    challenge = digest.Challenge("a", "n", qop=("auth",))
    values = {digest.answer(challenge, digest.Secret("a", "b"), "NOTIFY", "sip:a@b")[1] for _each in range(20)}
    assert len(values) == 20
    _name, value = digest.answer(challenge, digest.Secret("a", "b"), "NOTIFY", "sip:a@b", count=26)
    assert fields_of(value)["nc"] == "0000001a" and is_right(value, "NOTIFY", "b")
