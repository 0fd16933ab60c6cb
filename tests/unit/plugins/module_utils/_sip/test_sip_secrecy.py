# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that another side repeats: in no form are they shown, and what is no secret stays."""

import base64
from urllib.parse import quote

import pytest

from ansible_collections.community.opensips.plugins.module_utils._sip import digest, secrecy

DIGEST = "0123456789abcdef" * 2
PASSWORD = 'Pä ss/w+r%d?"x'
# it has what may be an escape, and a letter whose lower case is two
LIKE_ESCAPES = 'a\\b%41\\\\"c/%zz%20\u0130'


def code(text, before=b"", make=base64.b64encode):
    return make(before + text.encode()).decode()


FORMS = [
    str,
    str.upper,
    str.lower,
    lambda text: text[::-1],
    lambda text: text[::-1].upper(),
    lambda text: quote(text, safe=""),
    lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    lambda text: text[:4] + "".join(f"%{byte:02X}" for byte in text[4:].encode()),
    lambda text: text.replace("\\", "\\\\").replace('"', '\\"').replace("/", "\\/"),
    lambda text: text.encode().hex(),
    lambda text: text.encode().hex().upper(),
    code,
    lambda text: code(text, b"a:"),
    lambda text: code(text + ":more", b"alice"),
    lambda text: code(text, make=base64.urlsafe_b64encode).rstrip("="),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", [DIGEST, PASSWORD, LIKE_ESCAPES])
def test_every_form(secret, form):
    secrets = secrecy.Secrets()
    secrets.add([secret, "another"])
    shown = secrets.hide(f"Wrong <{form(secret)}> for alice")
    assert secrecy.MASK in shown and shown.startswith("Wrong <") and shown.endswith("> for alice")
    # base64 also has a few bits of what stands beside the secret
    assert len(shown.replace(secrecy.MASK, "")) <= len("Wrong <> for alice") + 20
    assert form(secret) not in shown and secrets.hide(shown) == shown


def test_the_bytes_of_a_digest_in_base64():
    secrets = secrecy.Secrets()
    secrets.add([DIGEST])
    text = base64.b64encode(bytes.fromhex(DIGEST)).decode()
    assert secrets.hide(f"a {text} b") in (f"a {secrecy.MASK}{text[-n:]} b" for n in (1, 2, 3))


def test_what_is_no_secret_stays():
    secrets = secrecy.Secrets(["sip:alice@example.com", "1001"])
    secrets.add(["alice", "1001", "Example.com", "abc"])
    text = "alice 1001 example.com abc 100%"
    assert secrets.hide(text) == text
    assert secrets.hide_in({"a": [text, 1, None, True]}) == {"a": [text, 1, None, True]}


def test_it_goes_through_plain_data():
    secrets = secrecy.Secrets()
    assert secrets.hide_in([PASSWORD]) == [PASSWORD]
    secrets.add([PASSWORD])
    assert secrets.hide_in({"reason": PASSWORD, "more": [{"message": PASSWORD.upper()}], "code": 403}) == {
        "reason": secrecy.MASK,
        "more": [{"message": secrecy.MASK}],
        "code": 403,
    }


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess", "SHA-256"])
def test_what_an_answer_has(algorithm):
    (challenge,) = digest.parse_challenges(
        f'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm={algorithm}'
    )
    secret = digest.Secret("alice", PASSWORD, {"SHA-256": "c" * 64}, "other")
    _name, value = digest.authorization(challenge, secret, "REGISTER", "sip:example.com")
    texts = secrecy.of_answer(challenge, secret, value)
    response = value.partition('response="')[2].partition('"')[0]
    assert texts == [response, digest.hash_text(challenge.hash, f"alice:r:{PASSWORD}"), "c" * 64, PASSWORD]
