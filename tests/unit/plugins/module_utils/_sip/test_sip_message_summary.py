# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re

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
OTHERS = st.dictionaries(
    st.sampled_from(["Video-Message", "Fax-Message", "Pager-Message", "Multimedia-Message", "Text-Message", "None"]),
    NUMBERS,
)
TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=20).map(str.strip)
HEADERS = st.lists(
    st.dictionaries(st.sampled_from(["To", "From", "Subject", "Date", "Priority", "X-Length"]), TEXT, min_size=1),
    max_size=3,
)

# RFC 3842 section 5.2, written down from there: message-summary and its parts, of lines that all end in CRLF
_TOKEN = r"[A-Za-z0-9.!%*_+`'~-]+"
_STATUS = re.compile(r"Messages-Waiting[ \t]*:\s*(yes|no)", re.I)
_ACCOUNT = re.compile(r"Message-Account[ \t]*:\s*(sips?:\S+|[A-Za-z][A-Za-z0-9+.-]*:\S+)", re.I)
_LINE = re.compile(
    r"(voice-message|video-message|fax-message|pager-message|multimedia-message|text-message|none)[ \t]*:\s*"
    r"(\d+)\s*/\s*(\d+)(?:\s*\(\s*(\d+)\s*/\s*(\d+)\s*\))?",
    re.I,
)
_EXTENSION = re.compile(f"({_TOKEN})[ \t]*:(.*)", re.S)


def read(body):
    """(status, account, {class: numbers}, [{header: text}]) of a body that follows the grammar of RFC 3842 to the letter."""
    assert body.endswith("\r\n")
    first, *groups = body[:-2].split("\r\n\r\n")
    status, *lines = first.split("\r\n")
    account, classes = None, {}
    if lines and _ACCOUNT.fullmatch(lines[0]):
        account = _ACCOUNT.fullmatch(lines.pop(0))[1]
    for line in lines:
        name, *numbers = _LINE.fullmatch(line).groups()
        assert name.lower() not in classes
        classes[name.lower()] = [int(number or 0) for number in numbers]
        assert all(0 <= number <= 2**32 - 1 for number in classes[name.lower()])
    headers = [dict(_EXTENSION.fullmatch(line).groups() for line in group.split("\r\n")) for group in groups]
    return _STATUS.fullmatch(status)[1].lower(), account, classes, headers


@settings(deadline=None)
@given(NUMBERS, OTHERS, st.sampled_from([None, "sip:*97@example.com", "sips:box@[::1]", "tel:+4930123"]), HEADERS)
def test_what_is_built_is_read_back(voice, others, account, headers):
    body = summary.build(account, others=others, headers=headers, **voice)
    expected = dict(others)
    expected["Voice-Message"] = voice
    waiting = any(numbers["new"] > 0 for numbers in expected.values())
    status, found_account, classes, found_headers = read(body)
    assert (status == "yes") == waiting and found_account == account
    assert classes == {name.lower(): list(numbers.values()) for name, numbers in expected.items()}
    assert [{name: text.strip() for name, text in group.items()} for group in found_headers] == headers
    parsed = summary.parse(body)
    assert {name: parsed[name] for name in ("waiting", "account", "messages")} == {
        "waiting": waiting,
        "account": account,
        "messages": expected,
    }
    # any case, any order of lines, any line end
    lines = body.partition("\r\n\r\n")[0].rstrip("\r\n").split("\r\n")
    assert summary.parse("\n".join(line.swapcase() for line in reversed(lines)))["messages"] == expected
    assert body.count("\n") == body.count("\r\n")


def test_the_example_of_rfc_3842():
    """Section 5.2's example, with the headers of two messages."""
    headers = [
        {
            "To": "<alice@atlanta.example.com>",
            "From": "<bob@biloxi.example.com>",
            "Subject": "carpool tomorrow?",
            "Date": "Sun, 09 Jul 2000 21:23:01 -0700",
            "Priority": "normal",
            "Message-ID": "13784434989@vmail.example.com",
        },
        {"To": "<alice@example.com>", "From": "<cathy-the-bob@example.com>", "Priority": "urgent"},
    ]
    body = summary.build("sip:alice@vmail.example.com", 2, 8, 0, 2, headers=headers)
    assert body == (
        "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\nVoice-Message: 2/8 (0/2)\r\n\r\n"
        + "".join(f"{name}: {text}\r\n" for name, text in headers[0].items())
        + "\r\n"
        + "".join(f"{name}: {text}\r\n" for name, text in headers[1].items())
    )
    assert summary.parse(body)["headers"] == headers


@pytest.mark.parametrize(
    "headers, part",
    [
        ([{}], "entry 1 must be a mapping"),
        (["To: x"], "entry 1 must be a mapping"),
        ([{"To": "a"}, {"T o": "x"}], "entry 2: 'T o' is not a header name"),
        ([{"To": "a\r\n\r\nVoice-Message: 9/9"}], "entry 1: To"),
        ([{"To": None}], "entry 1: To must be a string"),
        ([{"Urgent": True}], "entry 1: Urgent must be a string"),
    ],
)
def test_headers_that_are_refused(headers, part):
    with pytest.raises(SipSyntaxError, match=part):
        summary.build(headers=headers)


def test_classes_by_the_names_of_options():
    every = {name: {"new": number} for number, name in enumerate(summary.CLASSES) if name != "voice"}
    _status, _account, classes, _headers = read(summary.build(others=every))
    assert classes == {summary.CLASSES[name].lower(): [number, 0, 0, 0] for number, name in enumerate(summary.CLASSES)}


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
        "headers": [{"To": "<alice@atlanta.example.com>"}],
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
