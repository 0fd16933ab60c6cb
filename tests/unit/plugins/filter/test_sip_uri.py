# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter and the test sip_uri: what one builds, the other accepts, whatever the parts are."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.filter.sip_uri import FilterModule
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import parse_uri, validate_uri
from ansible_collections.community.opensips.plugins.test.sip_uri import TestModule

sip_uri = FilterModule().filters()["sip_uri"]
is_sip_uri = TestModule().tests()["sip_uri"]
ALL = ["sip", "sips", "tel"]
NOTHING = {"user": None, "password": None, "port": None, "params": {}, "headers": [], "aor": None, "number": None}


@pytest.mark.parametrize(
    "text, parts",
    [
        (
            "sip:1001@192.0.2.17:5060;transport=TLS;LR",
            {"user": "1001", "host": "192.0.2.17", "port": 5060, "params": {"transport": "TLS", "lr": None}, "aor": "1001@192.0.2.17"},
        ),
        ("sips:example.com", {"scheme": "sips", "host": "example.com"}),
        (
            "sip:front%20desk:a%40b@[2001:db8::1]?Route=%3Csip:p1%3E&Route=%3Csip:p2%3E",
            {
                "user": "front desk",
                "password": "a@b",
                "host": "2001:db8::1",
                "headers": [{"name": "Route", "value": "<sip:p1>"}, {"name": "Route", "value": "<sip:p2>"}],
                "aor": "front desk@[2001:db8::1]",
            },
        ),
        (
            "sip:+49-30-(1)2.3@example.com;user=phone",
            {"user": "+49-30-(1)2.3", "host": "example.com", "params": {"user": "phone"}, "aor": "+49-30-(1)2.3@example.com", "number": "+4930123"},
        ),
        ("sip:1-2@example.com", {"user": "1-2", "host": "example.com", "aor": "1-2@example.com"}),
        ("tel:+49-30-123;ext=5", {"scheme": "tel", "user": "+49-30-123", "host": None, "params": {"ext": "5"}, "number": "+4930123"}),
        (
            "tel:*31#;phone-context=example.com",
            {"scheme": "tel", "user": "*31#", "host": None, "params": {"phone-context": "example.com"}, "number": "*31#"},
        ),
    ],
)  # fmt: skip
def test_parts_and_back(text, parts):
    found = sip_uri(text)
    assert found == {"scheme": "sip", **NOTHING, **parts}
    assert parse_uri(sip_uri(found)) == parse_uri(text)
    assert is_sip_uri(text, ALL)
    assert is_sip_uri(text) is (parts.get("scheme") != "tel")


def test_what_phones_register_is_read_although_it_is_not_as_the_rfc_writes_it():
    odd = "sip:front desk@192.0.2.17"
    assert sip_uri(odd)["user"] == "front desk"
    assert not is_sip_uri(odd)
    assert sip_uri(sip_uri(odd)) == "sip:front%20desk@192.0.2.17"


def test_numbers_of_yaml_and_headers_as_a_mapping():
    parts = {"user": 1001, "host": "example.com", "port": "5062", "params": {"ttl": 1}, "headers": {"Subject": "a b"}}
    assert sip_uri(parts) == "sip:1001@example.com:5062;ttl=1?Subject=a%20b"
    assert sip_uri({"host": "[::1]", "port": ""}) == "sip:[::1]"
    # they follow from the others
    assert sip_uri({"host": "example.com", "aor": "2@other", "number": "3"}) == "sip:example.com"


@pytest.mark.parametrize(
    "given, message",
    [
        ("1001", "does not begin with sip:, sips: or tel:"),
        (1001, "must be text, not int"),
        (None, "must be text, not NoneType"),
        (["sip:a@b"], "must be text, not list"),
        ("sip:a@b;x;X=1", "the parameter x more than once"),
        ("sip:%ff@b", "escaped bytes that are not UTF-8"),
        ("sip:a@b?x=%ff", "escaped bytes that are not UTF-8"),
        ("sip:a@b\r\nRoute: c", "a carriage return"),
        ({}, "host is missing. Set it"),
        ({"host": "h", "hots": "i"}, "a URI has no hots. Its parts are scheme, user, password"),
        ({"host": "h", "scheme": "http"}, "scheme is 'http'. Use sip, sips or tel"),
        ({"host": "a;transport=tcp"}, "'a;transport=tcp' is not a host name"),
        ({"host": "evil@h"}, "'evil@h' is not a host name"),
        ({"host": "h?Route=x"}, "is not a host name"),
        ({"host": "h:5060"}, "is not an IPv6 address"),
        ({"host": "999.1.1.1"}, "is not an IPv4 address"),
        ({"host": "[::1"}, "is not an IPv6 address"),
        ({"host": "h", "port": 0}, "port is 0. Set it to a number from 1 to 65535"),
        ({"host": "h", "port": True}, "port is True"),
        ({"host": "h", "user": ""}, "user is missing"),
        ({"host": "h", "password": "x"}, "user is missing"),
        ({"host": "h", "user": ["a"]}, "user is a value of type list. Write it as text"),
        ({"host": "h", "user": True}, "user is a value of type bool"),
        ({"host": "h", "user": "\ud800"}, "user has a character that UTF-8 cannot carry"),
        ({"host": "h", "params": "lr"}, "params is 'lr'. Write a mapping"),
        ({"host": "h", "params": {"lr": True}}, "params.lr is a value of type bool"),
        ({"host": "h", "params": {"": "x"}}, "params has the name ''"),
        ({"host": "h", "params": {"x": 1, "X": 2}}, "the parameter x more than once"),
        ({"host": "h", "headers": "x"}, "headers is 'x'. Write a list"),
        ({"host": "h", "headers": [{"name": "a"}]}, "headers[0] is {'name': 'a'}. Write a mapping of name and value"),
        ({"scheme": "tel"}, "user: None is not a telephone number"),
        ({"scheme": "tel", "user": "+4930", "host": "h"}, "host: a tel URI has none"),
        ({"scheme": "tel", "user": "4930"}, "a local number without phone-context"),
        ({"scheme": "tel", "user": "+4930", "params": {"a b": "c"}}, "is not as in RFC 3966"),
    ],
)  # fmt: skip
def test_bad_input(given, message):
    with pytest.raises(AnsibleFilterError, match="^sip_uri: ") as raised:
        sip_uri(given)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "given",
    [
        "sip:1001:hunter2@[::1",
        "sip:front desk:hun ter2@::1",
        {"user": "1001", "password": "hunter2", "host": "999.1.1.1"},
        {"password": ["hunter2"], "user": "u", "host": "h"},
    ],
)
def test_errors_do_not_show_the_password(given):
    with pytest.raises(AnsibleFilterError) as raised:
        sip_uri(given)
    assert "hunter2" not in str(raised.value).replace(" ", "")


@pytest.mark.parametrize(
    "text", ["", "sip:", "sip:@h", "sip:a b@h", "sip:a@h;=x", "sip:a@h;x;x", "http://h", "sip:a@h%zz", "sip:%ff@h", None, 5, {}, ["sip:h"]]
)  # fmt: skip
def test_what_is_no_sip_uri(text):
    assert not is_sip_uri(text)
    assert not is_sip_uri(text, ALL)


@pytest.mark.parametrize("text", ["tel:", "tel:x", "tel:4930", "tel:+", "tel:+49;a b=c", "tel:+49;=c", "tel:+49;a=%zz"])
def test_what_is_no_tel_uri(text):
    assert not is_sip_uri(text, ["tel"])


def test_schemes():
    assert is_sip_uri("sips:h") and not is_sip_uri("sips:h", "sip") and is_sip_uri("tel:+49", schemes=["tel"])
    for wrong in ("http", [], None, 5, ["sip", "mailto"]):
        with pytest.raises(AnsibleFilterError, match="^sip_uri: schemes is "):
            is_sip_uri("sip:h", wrong)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
NAME = TEXT.filter(lambda name: name == name.strip())
HOST = st.one_of(
    st.from_regex(r"[a-z0-9]([a-z0-9\-]{0,8}[a-z])?(\.[a-z]{2,5})?", fullmatch=True).filter(lambda host: not host.isdigit()),
    st.ip_addresses().map(str),
)  # fmt: skip
SIP = st.fixed_dictionaries(
    {"scheme": st.sampled_from(["sip", "sips"]), "host": HOST},
    optional={
        "user": TEXT,
        "port": st.integers(1, 65535),
        "params": st.dictionaries(NAME.map(str.lower), st.none() | TEXT, max_size=3),
        "headers": st.lists(st.fixed_dictionaries({"name": NAME, "value": TEXT | st.just("")}), max_size=3),
    },
)
NUMBER = st.from_regex(r"\+[0-9][0-9\-.()]{0,12}", fullmatch=True)
TEL = st.fixed_dictionaries(
    {"scheme": st.just("tel"), "user": NUMBER},
    optional={"params": st.dictionaries(st.from_regex("[a-z][a-z0-9-]{0,6}", fullmatch=True), st.none() | TEXT, max_size=3)},
)  # fmt: skip


@given(SIP | TEL, st.none() | TEXT)
@settings(max_examples=150, deadline=None)
def test_any_parts_make_a_valid_uri_that_has_them(parts, password):
    # letters whose lower case has other letters are not what a name of a parameter is
    parts = dict(parts, params={name: value for name, value in parts.get("params", {}).items() if name.lower() == name})
    if password is not None and parts.get("user") and parts["scheme"] != "tel":
        parts["password"] = password
    built = sip_uri(parts)
    assert is_sip_uri(built, ALL)
    if parts["scheme"] != "tel":
        assert validate_uri(built) == built
    found = sip_uri(built)
    for name, value in parts.items():
        assert found[name] == value, name
    assert sip_uri(found) == built


@given(st.one_of(TEXT, st.from_regex(r"(sips?|tel):[ -~]{0,30}", fullmatch=True)))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text):
    accepted = is_sip_uri(text, ALL)
    try:
        found = sip_uri(text)
    except AnsibleFilterError:
        assert not accepted
        return
    if accepted:
        assert parse_uri(sip_uri(found)) == parse_uri(text)
