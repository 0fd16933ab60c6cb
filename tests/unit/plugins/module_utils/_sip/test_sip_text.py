# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that people see."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._sip import uri
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

# controls of C0 and C1, DEL, line ends, what turns the direction of text, what is invisible, halves of characters
ACTING = [chr(code) for code in list(range(32)) + list(range(127, 160))]
ACTING += list("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ud800\udfff")


@pytest.mark.parametrize("char", ACTING, ids=ascii)
def test_what_acts_on_a_terminal_is_escaped(char):
    assert printable("a" + char + "b") == "a" + ascii(char)[1:-1] + "b"


@pytest.mark.parametrize(
    "text", ["", "OK", "Gr\u00fc\u00dfe", "\u4f60\u597d", "\\x1b", "'\"", "\u05e9\u05dc\u05d5\u05dd"]
)
def test_other_text_stays_as_it_is(text):
    assert printable(text) == text


def test_nothing_stays_nothing():
    assert printable(None) is None


@given(st.text())
def test_any_text_becomes_printable_once(text):
    shown = printable(text)
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")]
    assert printable(shown) == shown
    shown.encode("utf-8")


def test_a_uri_has_a_length():
    uri.parse_uri("sip:" + "a" * 1000 + "@h")
    with pytest.raises(SipSyntaxError) as caught:
        uri.parse_uri("sip:" + "a" * 100000 + "@h")
    assert len(str(caught.value)) < 200
