# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.name_addr import (
    NameAddr,
    validate_name_addr,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import (
    Uri,
    aor_uri,
    parse_uri,
    split_aor,
    validate_contact,
    validate_uri,
)

TEXT = st.text(max_size=12)
NAME = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=8)
HOST = st.one_of(
    st.from_regex(r"\A[a-z]([a-z0-9-]{0,6}[a-z0-9])?(\.[a-z]([a-z0-9-]{0,6}[a-z0-9])?){0,2}\Z"),
    st.ip_addresses().map(str),
)
PARAM = st.tuples(NAME, st.one_of(st.none(), TEXT))
URIS = st.builds(
    Uri,
    scheme=st.sampled_from(["sip", "sips"]),
    user=st.one_of(st.none(), st.text(min_size=1, max_size=12)),
    host=HOST,
    port=st.one_of(st.none(), st.integers(1, 65535)),
    params=st.lists(PARAM, max_size=3),
    headers=st.lists(st.tuples(NAME, TEXT), max_size=2),
)


@settings(deadline=None)
@given(URIS)
def test_a_uri_survives_writing_and_reading_and_is_valid(uri):
    text = str(uri)
    assert parse_uri(text) == uri
    assert validate_uri(text) == text
    assert not any(char.isspace() for char in text)


@settings(deadline=None)
@given(URIS, TEXT)
def test_a_password_survives(uri, password):
    uri.user = uri.user or "u"
    uri.password = password
    assert parse_uri(str(uri)) == uri


@settings(deadline=None)
@given(st.text())
def test_reading_anything_gives_a_uri_or_a_syntax_error(text):
    for read in (parse_uri, validate_uri, validate_contact, validate_name_addr, split_aor):
        for candidate in (text, "sip:" + text, "tel:" + text, "<sip:" + text, '"a" <sip:a@b>' + text):
            try:
                read(candidate)
            except SipSyntaxError as error:
                assert str(error)


@settings(deadline=None)
@given(st.text())
def test_what_is_called_valid_cannot_break_a_request(text):
    for check in (validate_uri, validate_contact):
        for candidate in ("sip:" + text, "sip:a@" + text, "sip:" + text + "@example.com", "sip:a@b;" + text):
            try:
                assert check(candidate) == candidate
            except SipSyntaxError:
                continue
            assert not any(
                char.isspace() or ord(char) < 0x21 or char in '<>"' or ord(char) == 0x7F for char in candidate
            )


def test_the_parts_of_a_uri():
    uri = parse_uri("SIPS:al%20ice:se:cret@[2001:DB8::1]:5071;Transport=TLS;lr?Subject=a%26b&Route=")
    assert (uri.scheme, uri.user, uri.password, uri.host, uri.port) == (
        "sips",
        "al ice",
        "se:cret",
        "2001:DB8::1",
        5071,
    )
    assert uri.param("transport") == "TLS"
    assert uri.param("LR") == ""
    assert uri.param("ob") is None
    assert uri.headers == [("Subject", "a&b"), ("Route", "")]
    assert str(uri.bare) == "sips:al%20ice@[2001:DB8::1]"


def test_uris_are_compared_as_rfc_3261_says():
    assert parse_uri("sip:%61lice@EXAMPLE.com;Transport=udp;lr") == parse_uri("sip:alice@example.com;lr;transport=udp")
    assert parse_uri("sip:Alice@example.com") != parse_uri("sip:alice@example.com")
    assert parse_uri("sip:example.com") != parse_uri("sip:example.com:5060")
    assert len({parse_uri("sip:a@Host"), parse_uri("sip:a@host")}) == 1


def test_tel():
    uri = parse_uri("tel:+49(30)123-4;phone-context=example.com")
    assert (uri.scheme, uri.user, uri.host) == ("tel", "+49(30)123-4", "")
    assert uri.param("phone-context") == "example.com"
    assert str(uri) == "tel:+49(30)123-4;phone-context=example.com"
    with pytest.raises(SipSyntaxError, match="scheme tel"):
        validate_uri("tel:+4930")
    assert validate_uri("tel:+4930", schemes=("tel",))
    with pytest.raises(SipSyntaxError, match="no telephone number"):
        parse_uri("tel:alice")
    with pytest.raises(SipSyntaxError, match="no host to send to"):
        validate_contact("tel:+4930")


@pytest.mark.parametrize(
    "text, part",
    [
        ("", "empty"),
        ("not a uri", "does not begin with sip:"),
        ("alice@example.com", "does not begin with sip:"),
        ("http://example.com", "does not begin with sip:"),
        ("sip:", "no host"),
        ("sip:alice@", "no host"),
        ("sip:alice@:5060", "no host"),
        ("sip:@example.com", "no user"),
        ("sip:alice@example.com:0", "port"),
        ("sip:alice@example.com:70000", "port"),
        ("sip:alice@example.com:", "port"),
        ("sip:alice@example.com:5060x", "port"),
        ("sip:alice@[2001:db8::1", "closing bracket"),
        ("sip:alice@[2001:db8::1]x", "follows the IPv6"),
        ("sip:alice@[2001:db8::zz]", "not an IPv6"),
        ("sip:alice@[fe80::1%eth0]", "not an IPv6"),
        ("sip:alice@2001:db8::1", "without brackets"),
        ("sip:alice@10.0.0.256", "not an IPv4"),
        ("sip:alice@10.0.0", "not an IPv4"),
        ("sip:alice@-example-.com", "not a host name"),
        ("sip:alice@a..b", "not a host name"),
        ("sip:al ice@example.com", "white space"),
        ("sip:alice@example.com ", "white space"),
        ("sip:alice@exam<ple.com", "character <"),
        ("sip:al%ice@example.com", "hexadecimal"),
        ("sip:al#ice@example.com", "user .* must not contain #"),
        ("sip:a@b@example.com", "user .* must not contain @"),
        ("sip:alice@example.com;x=a b", "white space"),
        ("sip:alice@example.com;x=a,b", "parameters .* must not contain ,"),
        ("sip:alice@example.com;;lr", "parameter without a name"),
        ("sip:alice@example.com\r\nEvil: 1", "carriage return"),
        ("sip:alice\n@example.com", "line feed"),
        ("sip:alice\0@example.com", "NUL"),
        (None, "must be a string"),
        (5060, "must be a string"),
    ],
)
def test_what_is_sent_is_checked_strictly(text, part):
    with pytest.raises(SipSyntaxError, match=part):
        validate_uri(text)


@pytest.mark.parametrize(
    "contact, user, host",
    [
        ("sip:#31#@10.0.0.5:5060;ob", "#31#", "10.0.0.5"),
        ("sip:john@corp.example@10.0.0.5", "john@corp.example", "10.0.0.5"),
        ("sip:al%ice@my_pbx_1", "al%ice", "my_pbx_1"),
        ("sip:10.0.0.5:1024;;rinstance=abc;", None, "10.0.0.5"),
        ("SIP:x@[::1]:5060;transport=tcp", "x", "::1"),
        ("sip:6f1_\\u@10.0.0.5", "6f1_\\u", "10.0.0.5"),
    ],
)
def test_odd_contacts_stay_reachable(contact, user, host):
    assert validate_contact(contact) == contact
    uri = parse_uri(contact)
    assert (uri.user, uri.host) == (user, host)
    validate_uri(str(uri.bare))


def test_every_recorded_contact_is_read():
    from ansible_collections.community.opensips.tests.unit.plugins.module_utils._sip.recorded import recorded_contacts

    contacts = recorded_contacts()
    assert len(contacts) > 20
    for contact in contacts:
        validate_contact(contact)
        assert parse_uri(str(parse_uri(contact))) == parse_uri(contact)


@settings(deadline=None)
@given(
    st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp"))),
    URIS,
    st.lists(st.tuples(NAME, st.one_of(st.none(), NAME)), max_size=3),
)
def test_a_name_addr_survives_writing_and_reading(display, uri, params):
    address = NameAddr(uri, display, params)
    assert validate_name_addr(str(address)) == address


def test_reading_addresses():
    address = validate_name_addr('"A. \\"Bob\\" <x>" <sip:bob@example.com;transport=tcp>;tag=a1;Q="0;5"')
    assert address.display == 'A. "Bob" <x>'
    assert str(address.uri) == "sip:bob@example.com;transport=tcp"
    assert address.tag == "a1"
    assert address.param("q") == "0;5"
    # without brackets, parameters belong to the header
    address = validate_name_addr("sip:bob@example.com;tag=a1")
    assert (address.tag, address.uri.params) == ("a1", [])
    assert validate_name_addr("Bob Smith <sip:bob@example.com>").display == "Bob Smith"


@pytest.mark.parametrize(
    "text, part",
    [
        ("Jürgen <sip:j@example.com>", "requires quotes"),
        ("<sip:j@example.com", "not an address"),
        ('"Bob <sip:j@example.com>', "not an address"),
        ("<sip:j@>", "no host"),
        ("<sip:j@h>;=x", "cannot be read"),
        ("<sip:j@h> hello", "cannot be read"),
        ('"a <sip:ok@ok>;z" <sip:not ok@h>', "white space"),
        ("bob", "does not begin"),
    ],
)
def test_addresses_that_are_none(text, part):
    with pytest.raises(SipSyntaxError, match=part):
        validate_name_addr(text)


def test_aors():
    assert split_aor("alice") == ("alice", "")
    assert split_aor("alice@example.com") == ("alice", "example.com")
    assert split_aor("sip:al%20ice@example.com;transport=tcp") == ("al ice", "example.com")
    assert aor_uri("alice", "example.com") == "sip:alice@example.com"
    assert aor_uri("alice@example.org", "example.com") == "sip:alice@example.org"
    assert aor_uri("al ice#1@example.com") == "sip:al%20ice%231@example.com"
    assert aor_uri("alice", "[2001:db8::1]") == "sip:alice@[2001:db8::1]"
    with pytest.raises(SipSyntaxError, match="no domain.*alice@example.com"):
        aor_uri("alice")
    with pytest.raises(SipSyntaxError, match="no user"):
        aor_uri("@example.com")
    with pytest.raises(SipSyntaxError, match="host name"):
        aor_uri("alice", "example!")


@settings(deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1))
def test_the_user_of_an_aor_survives_in_its_uri(user):
    assert parse_uri(aor_uri(user + "@example.com")).user == user
