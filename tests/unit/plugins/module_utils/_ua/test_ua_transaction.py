# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Responses to an INVITE of ours, and what is sent again (RFC 3261, sections 13.2.2.4 and 17.1.1)."""

import math

import pytest

from ansible_collections.community.opensips.plugins.module_utils._ua import message
from ansible_collections.community.opensips.plugins.module_utils._ua.transaction import ClientTransaction

FIELDS = [("From", "<sip:a@b>;tag=1"), ("To", "<sip:c@d>"), ("Call-ID", "x@y")]
INVITE = message.make_request("INVITE", "sip:c@d", 1, "SIP/2.0/UDP 127.0.0.1:4000", FIELDS)


def response(code, tag):
    text = f"SIP/2.0 {code} X\r\nTo: <sip:c@d>;tag={tag}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
    return message.take_message(text.encode())[0]


@pytest.fixture
def sent():
    """Lines of request that were sent."""
    return []


@pytest.fixture
def transaction(sent):
    return ClientTransaction(INVITE, lambda data, _address: sent.append(data.split(b" ")[0].decode()), False)


def test_each_phone_that_answers_counts_once(transaction):
    for tag in ("one", "two", "one", "two", "three", "two"):
        transaction.take(response(200, tag))
    assert message.tag_of(transaction.final.headers.get("To")) == "one"
    assert [message.tag_of(other.headers.get("To")) for other in transaction.others] == ["two", "three"]


def test_a_repeated_answer_gets_the_ack_again(transaction, sent):
    transaction.take(response(200, "one"))
    transaction.take(response(200, "one"))
    # nobody has made the ACK yet
    assert sent == ["INVITE"]
    transaction.success = message.derive(INVITE, "ACK", "<sip:c@d>;tag=one")
    transaction.take(response(200, "one"))
    transaction.take(response(200, "two"))
    assert sent == ["INVITE", "ACK"]


def test_each_refusal_gets_an_ack(transaction, sent):
    transaction.take(response(486, "one"))
    transaction.take(response(486, "one"))
    assert sent == ["INVITE", "ACK", "ACK"] and transaction.final.code == 486


def test_a_provisional_response_ends_the_repetition(transaction):
    assert transaction.due < math.inf
    transaction.take(response(180, "one"))
    assert transaction.due == math.inf and transaction.ringing_at is not None
    transaction.take(response(200, "one"))
    # one that was overtaken
    transaction.take(response(183, "one"))
    assert transaction.provisional.code == 180
