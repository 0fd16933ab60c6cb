# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages from bytes: whatever comes, it is a message, more has to come, or it is a BadResponse."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._ua import errors, message
from ansible_collections.community.opensips.tests.integration.support.sip_peer import answer

FIELDS = [("From", "<sip:a@b>;tag=1"), ("To", "<sip:c@d>"), ("Call-ID", "x@y")]
REQUEST = message.make_request("OPTIONS", "sip:127.0.0.1", 1, "SIP/2.0/TCP 127.0.0.1:4000", FIELDS)
WHOLE = answer(REQUEST.data, 200, "OK", content_length="4") + b"body"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(WHOLE)))
def test_anything(data, cut):
    for text in (data, WHOLE[:cut] + data, b"SIP/2.0 " + data, b"INVITE sip:a SIP/2.0\r\n" + data):
        for is_whole in (False, True):
            try:
                found = message.take_message(text, is_whole)
            except errors.BadResponse:
                continue
            if found is not None and isinstance(found[0], message.Response):
                assert 100 <= found[0].code < 700


def test_cut_at_any_place():
    for end in range(len(WHOLE)):
        assert message.take_message(WHOLE[:end]) is None
    response, rest = message.take_message(WHOLE + b"SIP/2.0 ")
    assert (response.code, response.body, rest) == (200, b"body", b"SIP/2.0 ")
    assert response.answers(REQUEST)


def test_what_a_server_writes_is_shown_safely():
    response, _rest = message.take_message(answer(REQUEST.data, 200, "O\x1b[2JK" + "x" * 500))
    assert "\x1b" not in response.status and len(response.status) < 100
