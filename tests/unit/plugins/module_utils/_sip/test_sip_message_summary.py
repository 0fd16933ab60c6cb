# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._sip import message_summary as summary
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.request import (
    uac_dlg_params,
    with_defaults,
)

COUNT = st.integers(0, 4294967295)
NUMBERS = st.tuples(COUNT, COUNT, COUNT, COUNT).map(
    lambda n: {
        "new": max(n[0], n[2]),
        "old": max(n[1], n[3]),
        "urgent_new": min(n[0], n[2]),
        "urgent_old": min(n[1], n[3]),
    }
)
OTHERS = st.dictionaries(st.sampled_from(["Fax-Message", "Text-Message", "Pager-Message", "None"]), NUMBERS)


@settings(deadline=None)
@given(NUMBERS, OTHERS, st.sampled_from([None, "sip:*97@example.com", "sips:box@[::1]", "tel:+4930123"]))
def test_what_is_built_is_read_back(voice, others, account):
    body = summary.build(account, others=others, **voice)
    expected = dict(others)
    expected["Voice-Message"] = voice
    waiting = any(numbers["new"] > 0 for numbers in expected.values())
    assert summary.parse(body) == {"waiting": waiting, "account": account, "messages": expected}
    # any case, any order of lines, any line end
    lines = body.split("\r\n")[:-1]
    assert summary.parse("\n".join(line.swapcase() for line in reversed(lines)))["messages"] == expected
    assert body.endswith("\r\n") and body.count("\n") == body.count("\r\n") == len(lines)


def test_the_recorded_body():
    # as in the wire corpus, uac_notify_mwi
    assert (
        summary.build("*97@127.0.0.1", 5, 2, 1, 0)
        == "Messages-Waiting: yes\r\nMessage-Account: sip:*97@127.0.0.1\r\nVoice-Message: 5/2 (1/0)\r\n"
    )


def test_messages_waiting_follows_from_the_numbers():
    assert summary.build(old=7).startswith("Messages-Waiting: no\r\n")
    assert summary.build(new=1).startswith("Messages-Waiting: yes\r\n")
    assert summary.build(others={"fax-message": {"new": 1}}).startswith("Messages-Waiting: yes\r\n")


def test_the_notify_is_not_refused():
    headers = with_defaults(summary.NOTIFY_HEADERS, {"From": "<sip:a@h>", "To": "<sip:a@h>"})
    assert uac_dlg_params("NOTIFY", "sip:a@h", headers, summary.build(new=1))["body"]


@pytest.mark.parametrize(
    "numbers, part",
    [
        ({"new": -1}, "new is -1"),
        ({"old": 4294967296}, "old is 4294967296"),
        ({"new": 1, "urgent_new": 2}, "urgent_new is 2, but new is only 1"),
        ({"old": 1, "urgent_old": 2}, "urgent_old is 2, but old is only 1"),
        ({"new": 1.0}, "new must be a whole number"),
        ({"new": "many"}, "new must be a whole number"),
        ({"new": "-1"}, "new must be a whole number"),
        ({"new": True}, "new must be a whole number"),
        ({"old": None}, "old must be a whole number"),
        ({"others": {"Fox-Message": {}}}, "not a message class"),
        ({"others": {"voice-message": {}}}, "more than once"),
        ({"others": {"Fax-Message": {"news": 1}}}, "mapping with any of"),
        ({"others": {"Fax-Message": 3}}, "mapping with any of"),
        ({"others": {"Fax-Message": {"urgent_new": 1}}}, "urgent_new is 1"),
    ],
)
def test_numbers_that_are_refused(numbers, part):
    with pytest.raises(SipSyntaxError, match=part):
        summary.build(**numbers)


def test_numbers_from_a_csv_file():
    assert summary.build(new="05", old=" 2 ") == summary.build(new=5, old=2)


def test_accounts():
    assert summary.account_uri("alice", "example.com") == "sip:alice@example.com"
    assert summary.account_uri("alice@example.org", "example.com") == "sip:alice@example.org"
    assert summary.account_uri("SIPS:alice@example.org") == "SIPS:alice@example.org"
    with pytest.raises(SipSyntaxError, match="no domain"):
        summary.account_uri("alice")
    for account in ("sip:", "sip:a b@h", "a\r\nVoice-Message: 9/9@h", "", None, 5, "tel:alice"):
        with pytest.raises(SipSyntaxError):
            summary.account_uri(account, "example.com")


def test_reading_what_others_write():
    text = (
        "voice-message: 2 / 8(0/2)\nMESSAGES-WAITING:YES\nMessage-Account: sip:alice@vmail.example.com\n"
        "Fax-Message: 1/0\nX-Odd: no numbers\n\nTo: <alice@atlanta.example.com>\n"
    )
    assert summary.parse(text) == {
        "waiting": True,
        "account": "sip:alice@vmail.example.com",
        "messages": {
            "Voice-Message": {"new": 2, "old": 8, "urgent_new": 0, "urgent_old": 2},
            "Fax-Message": {"new": 1, "old": 0, "urgent_new": 0, "urgent_old": 0},
        },
    }
    for text in ("", "Voice-Message: 1/0\r\n", "Messages-Waiting: perhaps\r\n"):
        with pytest.raises(SipSyntaxError, match="Messages-Waiting"):
            summary.parse(text)


@settings(deadline=None)
@given(st.text())
def test_reading_anything_gives_a_summary_or_a_syntax_error(text):
    for candidate in (text, "Messages-Waiting: yes\r\n" + text, "Messages-Waiting: no\r\nVoice-Message: " + text):
        try:
            summary.parse(candidate)
        except SipSyntaxError:
            pass
