# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import string
import unicodedata
from collections import OrderedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import (
    SipError,
    SipRequestError,
    SipSyntaxError,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import (
    COMPACT,
    canonical,
    classic_block,
    flatten,
    format_headers,
    make_tag,
    parse_headers,
    unescape_crlf,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._sip.recorded import recorded_messages


def build_headers(headers):
    """The block of a mapping."""
    return format_headers(flatten(headers))


SENDABLE = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp"), blacklist_characters="!\\"))
# names that are no compact forms and never alone in a request
NAMES = st.text(string.ascii_letters + string.digits + "-_", min_size=1).map("X-".__add__)
BLOCKS = st.lists(
    st.tuples(NAMES, st.one_of(SENDABLE, st.lists(SENDABLE, min_size=1, max_size=3))),
    max_size=6,
    unique_by=lambda pair: pair[0].lower(),
)


@settings(deadline=None)
@given(BLOCKS)
def test_what_is_built_is_read_back(pairs):
    block = build_headers(OrderedDict(pairs))
    expected = {name: [v.strip() for v in (value if isinstance(value, list) else [value])] for name, value in pairs}
    for text in (block, classic_block(block), block.replace("\r\n", "\n")):
        headers = parse_headers(text)
        assert headers.to_dict() == expected
        assert list(headers) == [name for name, value in pairs]


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.one_of(st.text(), st.lists(st.text())), max_size=3))
def test_nothing_slips_through(headers):
    try:
        block = build_headers(headers)
    except SipError:
        return
    count = sum(len(value) if isinstance(value, list) else 1 for value in headers.values())
    lines = block.split("\r\n")
    assert len(lines) == count + 1 and lines[-1] == ""
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for line in lines for char in line)
    # no line end of OpenSIPS' own making, and no lone exclamation mark, either
    assert unescape_crlf(block) == block
    block.encode("utf-8")


@settings(deadline=None)
@given(
    st.sampled_from("\r\n\0\t\x0b\x1f\x7f\x85\u2028\ud800"),
    st.text(),
    st.text(),
    st.sampled_from(["Subject", "From", "X-A"]),
)
def test_control_characters_are_refused_wherever_they_are(char, before, after, name):
    with pytest.raises(SipSyntaxError, match=name):
        build_headers({name: before + char + after})
    with pytest.raises(SipSyntaxError, match="header name"):
        build_headers({before + char + after: "x"})


@pytest.mark.parametrize("value", ["a\\r\\nX-Evil: 1", "a\\nb", "\\\\n"])
def test_line_ends_that_opensips_3_makes_itself_are_refused(value):
    with pytest.raises(SipSyntaxError, match="header injection"):
        build_headers({"X-A": value})


@pytest.mark.parametrize("name", ["X-A", "Subject", "Event", "Contact"])
@pytest.mark.parametrize("value", ["hi!there", "a!b!c", "bye!", "!", "!!!", "a!!!!!b", "!! !"])
def test_single_exclamation_marks_are_refused(name, value):
    with pytest.raises(SipRequestError, match="exclamation mark"):
        build_headers({name: value})


def test_exclamation_marks_that_do_no_harm():
    assert build_headers({"Contact": "<sip:!!>"}) == "Contact: <sip:!!>\r\n"
    # From and To are written anew by the server
    assert build_headers({"f": '"Hey!" <sip:a!b@h>', "To": "<sip:!@h>"}) == 'f: "Hey!" <sip:a!b@h>\r\nTo: <sip:!@h>\r\n'
    with pytest.raises(SipRequestError, match="header name"):
        build_headers({"X!": "a"})


@pytest.mark.parametrize("name", ["Content-Length", "content-length", "CONTENT-LENGTH", "l", "L"])
def test_content_length_is_refused_with_the_reason(name):
    with pytest.raises(SipRequestError, match="OpenSIPS computes it"):
        build_headers({name: "5"})


@pytest.mark.parametrize("name", ["Via", "v", "max-forwards"])
def test_headers_that_the_server_adds_are_refused(name):
    with pytest.raises(SipRequestError, match="the request would have two"):
        build_headers({name: "1"})


@pytest.mark.parametrize(
    "one, two",
    [
        ("From", "f"),
        ("From", "FROM"),
        ("event", "o"),
        ("Call-ID", "i"),
        ("CSeq", "cseq"),
        ("c", "Content-Type"),
        ("T", "to"),
    ],
)
def test_single_headers_are_refused_twice(one, two):
    with pytest.raises(SipRequestError, match="more than once"):
        build_headers(OrderedDict([(one, "a"), (two, "a")]))
    with pytest.raises(SipRequestError, match="more than once"):
        build_headers({one: ["a", "b"]})


def test_values():
    headers = OrderedDict(
        [
            ("Expires", 60),
            ("X-Flag", True),
            ("Route", ["<sip:a>", "<sip:b>"]),
            ("Subject", ""),
            ("X-B", " b  "),
            ("X-C", ("c", 1)),
        ]
    )
    assert (
        build_headers(headers)
        == "Expires: 60\r\nX-Flag: true\r\nRoute: <sip:a>\r\nRoute: <sip:b>\r\nSubject: \r\nX-B: b\r\nX-C: c\r\nX-C: 1\r\n"
    )
    assert build_headers({}) == ""
    assert classic_block("A: b\r\n") == "A: b\r\n\r\n"


@pytest.mark.parametrize(
    "value, part",
    [
        (None, "not empty"),
        (1.5, "not float"),
        ({"a": 1}, "not dict"),
        (b"x", "not bytes"),
        ([["a"]], "not list"),
        ([], "empty list"),
    ],
)
def test_values_of_other_types(value, part):
    with pytest.raises(SipSyntaxError, match="X-A.*" + part):
        build_headers({"X-A": value})


@pytest.mark.parametrize("name", ["", "X A", "X-A:", "Ünder", "(x)", "a@b", 5, None])
def test_names_that_are_no_tokens(name):
    with pytest.raises(SipSyntaxError, match="header name"):
        build_headers({name: "x"})


def test_headers_must_be_a_mapping():
    for headers in (None, "From: x", ["From: x"]):
        with pytest.raises(SipSyntaxError, match="mapping"):
            build_headers(headers)


@pytest.mark.parametrize("name", ["From", "Event", "Content-Type"])
def test_empty_single_headers(name):
    with pytest.raises(SipRequestError, match="is empty"):
        build_headers({name: "  "})


def test_reading_a_block():
    headers = parse_headers(
        "\r\nv: one\r\nVIA: two\r\nSubject : I know\r\n\tyou're there,\r\n  pick up\r\nnonsense\r\nm:<sip:a@b>\r\n\r\nBody: no header\r\n"
    )
    assert headers.to_dict() == {
        "Via": ["one", "two"],
        "Subject": ["I know you're there, pick up"],
        "Contact": ["<sip:a@b>"],
    }
    assert headers.get("via") == "one"
    assert headers.get("To") is None and headers.get("To", "x") == "x"
    assert "CONTACT" in headers and "m" in headers and "Body" not in headers
    assert len(headers) == 3


def test_every_compact_form_is_its_long_form():
    for short, name in COMPACT.items():
        assert parse_headers("%s: x" % short.upper()).to_dict() == {name: ["x"]}
        assert canonical(short) == canonical(name)


def test_recorded_replies_of_phones_are_read():
    messages = recorded_messages()
    assert len(messages) > 5
    for message in messages:
        headers = parse_headers(message)
        assert headers.get("cseq").endswith("NOTIFY")
        assert headers.to_dict()["Content-Length"] == ["0"]
        spelt = message.replace("\r", "\\r").replace("\n", "\\n")
        assert parse_headers(unescape_crlf(spelt)).to_dict() == headers.to_dict()


@settings(deadline=None)
@given(st.text())
def test_reading_anything_never_fails(text):
    headers = parse_headers(text)
    assert len(headers) == len(headers.to_dict())


def test_tags_are_tokens_and_differ():
    tags = {make_tag() for _dummy in range(1000)}
    assert len(tags) == 1000
    assert all(len(tag) == 16 and tag.isalnum() for tag in tags)
