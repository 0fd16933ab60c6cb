# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from collections import OrderedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import (
    SipError,
    SipRequestError,
    SipSyntaxError,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import parse_headers
from ansible_collections.community.opensips.plugins.module_utils._sip.request import (
    uac_dlg_params,
    with_defaults,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.text import to_crlf

FROM_TO = OrderedDict([("From", "<sip:100000@127.0.0.1>;tag=8755a8d0"), ("To", "<sip:100000@127.0.0.1>")])
RURI = "sip:100000@127.0.0.1:17036"


def headers(**more):
    result = OrderedDict(FROM_TO)
    result.update((name.replace("_", "-"), value) for name, value in more.items())
    return result


def test_the_recorded_request():
    # as in the wire corpus, uac_notify_ok on 3.6 and on 2.4
    block = "From: <sip:100000@127.0.0.1>;tag=8755a8d0\r\nTo: <sip:100000@127.0.0.1>\r\nEvent: check-sync\r\n"
    params = uac_dlg_params("NOTIFY", RURI, headers(Event="check-sync"))
    assert params == {"method": "NOTIFY", "ruri": RURI, "headers": block}
    assert uac_dlg_params("NOTIFY", RURI, headers(Event="check-sync"), classic=True)["headers"] == block + "\r\n"


def test_all_parameters():
    params = uac_dlg_params(
        "MESSAGE", "tel:+4930", headers(Content_Type="text/plain"), "a\nb\t", "sip:10.0.0.1;lr", "udp:[::1]:5060"
    )
    assert list(params) == ["method", "ruri", "next_hop", "socket", "headers", "body"]
    assert (params["next_hop"], params["socket"], params["body"]) == ("sip:10.0.0.1;lr", "udp:[::1]:5060", "a\nb\t")


def test_an_empty_body_is_none():
    for body in ("", None):
        assert "body" not in uac_dlg_params("NOTIFY", RURI, headers(), body)
        assert "body" not in uac_dlg_params("NOTIFY", RURI, headers(Content_Type="text/plain"), body)


@pytest.mark.parametrize(
    "socket",
    ["10.0.0.1", "udp:10.0.0.1:5060", "tls:pbx.example.com:5061", "[2001:db8::1]:5060", "hep_udp:10.0.0.1:9060"],
)
def test_sockets(socket):
    assert uac_dlg_params("NOTIFY", RURI, headers(), socket=socket)["socket"] == socket


@pytest.mark.parametrize(
    "change, error, part",
    [
        ({"method": "notify"}, SipSyntaxError, "upper case.*NOTIFY"),
        ({"method": "NO TIFY"}, SipSyntaxError, "not a SIP method"),
        ({"method": ""}, SipSyntaxError, "not a SIP method"),
        ({"method": None}, SipSyntaxError, "not a SIP method"),
        ({"method": "NOTIFY\r\n"}, SipSyntaxError, "not a SIP method"),
        ({"ruri": "not a uri"}, SipSyntaxError, "does not begin with sip:"),
        ({"ruri": None}, SipSyntaxError, "must be a string"),
        ({"ruri": "tel:+4930"}, SipRequestError, "next_hop"),
        ({"ruri": "sip:a#b@h"}, SipSyntaxError, "must not contain #"),
        ({"next_hop": "10.0.0.1"}, SipSyntaxError, "does not begin with sip:"),
        ({"next_hop": "tel:+4930"}, SipSyntaxError, "scheme tel"),
        ({"socket": "udp 10.0.0.1"}, SipSyntaxError, "not a socket"),
        ({"socket": 5060}, SipSyntaxError, "not a socket"),
        ({"headers": {"To": "<sip:a@h>"}}, SipRequestError, "no From"),
        ({"headers": {"f": "<sip:a@h>"}}, SipRequestError, "no To"),
        ({"headers": {}}, SipRequestError, "no From"),
        ({"headers": {"FROM": "alice", "t": "<sip:a@h>"}}, SipSyntaxError, "header From is not an address"),
        (
            {"headers": {"From": "<sip:a@h>", "To": "<sip:a b@h>"}},
            SipSyntaxError,
            "header To is not an address.*white space",
        ),
        ({"headers": headers(Content_Length=5)}, SipRequestError, "OpenSIPS computes it"),
        ({"headers": headers(CSeq="7 INVITE")}, SipRequestError, "CSeq"),
        ({"headers": headers(CSeq="9999999999 NOTIFY")}, SipRequestError, "CSeq"),
        ({"headers": headers(CSeq=7)}, SipRequestError, "CSeq"),
        ({"headers": headers(Call_ID="a b")}, SipRequestError, "Call-ID"),
        ({"headers": headers(Subject="a\r\nX: y")}, SipSyntaxError, "header injection"),
        ({"body": "hello"}, SipRequestError, "no Content-Type"),
        ({"body": b"hello", "headers": headers(c="text/plain")}, SipSyntaxError, "body must be a string"),
        ({"body": "a\0b", "headers": headers(c="text/plain")}, SipSyntaxError, "body contains a NUL"),
    ],
)
def test_what_is_refused(change, error, part):
    arguments = {"method": "NOTIFY", "ruri": RURI, "headers": headers(Event="check-sync")}
    arguments.update(change)
    with pytest.raises(error, match=part):
        uac_dlg_params(**arguments)


def test_what_is_fine():
    block = uac_dlg_params(
        "NOTIFY",
        RURI,
        {"f": "sip:a@h;tag=1", "T": '"Bob!" <sip:b@h>', "c": "text/plain", "CSeq": "7 NOTIFY", "i": "x@y"},
        "hi",
    )["headers"]
    assert parse_headers(block).to_dict() == {
        "From": ["sip:a@h;tag=1"],
        "To": ['"Bob!" <sip:b@h>'],
        "Content-Type": ["text/plain"],
        "CSeq": ["7 NOTIFY"],
        "Call-ID": ["x@y"],
    }


def test_an_odd_contact_goes_out_as_it_was_registered():
    odd = "sip:#31#@10.0.0.5:5060;ob;"
    values = {"From": "<sip:a@h>", "To": "<sip:a@h>", "Event": "check-sync"}
    assert uac_dlg_params("NOTIFY", odd, values, registered=True)["ruri"] == odd
    with pytest.raises(SipSyntaxError, match="must not contain #"):
        uac_dlg_params("NOTIFY", odd, values)


def test_what_the_user_gives_counts():
    merged = with_defaults(
        {"t": "<sip:x@y>", "Event": "talk"}, OrderedDict([("From", "f"), ("To", "t"), ("EVENT", "e")])
    )
    assert merged == {"From": "f", "t": "<sip:x@y>", "Event": "talk"}
    assert list(merged)[0] == "From"
    assert with_defaults(None, {"From": "f"}) == {"From": "f"}


def test_line_ends():
    assert to_crlf("a\nb\r\nc\rd\n") == "a\r\nb\r\nc\r\nd\r\n"


@settings(deadline=None)
@given(
    st.text(),
    st.text(),
    st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3),
    st.text(),
    st.booleans(),
)
def test_nothing_injects_a_line(method, user, more, body, registered):
    values = dict(more)
    values.setdefault("From", "<sip:a@h>")
    values.setdefault("To", "<sip:a@h>")
    values.setdefault("Content-Type", "text/plain")
    for call in ((method, RURI), ("NOTIFY", "sip:" + user), ("NOTIFY", "sip:%s@h" % user), ("NOTIFY", RURI)):
        try:
            params = uac_dlg_params(call[0], call[1], values, body, registered=registered)
        except SipError:
            continue
        assert not any(char.isspace() for char in params["method"] + params["ruri"])
        assert params["headers"].count("\n") == params["headers"].count("\r") == len(values)
        assert len(parse_headers(params["headers"]).to_dict()) == len(values)
