# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._sip import notification, presets
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.template import RequestTemplate

FROM = "sip:1001@example.com"


# those of RFC 6665 sections 4.1.3, 4.2.2 and 8.2.3
@pytest.mark.parametrize(
    "text",
    [
        "active",
        "active;expires=60",
        "pending;expires=600;x-more",
        "terminated",
        "terminated;reason=noresource",
        "terminated;reason=probation;retry-after=60",
        "terminated ; reason = timeout",
        'TERMINATED;REASON=invariant;x="a;b"',
        "active;expires=4294967295",
    ],
)
def test_subscription_states_of_the_grammar(text):
    assert notification.check_subscription_state(f" {text} ") == text


@pytest.mark.parametrize(
    "text, what",
    [
        ("", "begins with no state"),
        ("over", "begins with no state"),
        ("activ;expires=60", "begins with no state"),
        ("active;", "is not a parameter"),
        ("active expires=60", "begins with no state"),
        ("active;expires", "expires is not a number of seconds"),
        ("active;expires=soon", "expires is not a number of seconds"),
        ("active;expires=-1", "expires is not a number of seconds"),
        ("active;expires=4294967296", "expires is not a number of seconds"),
        ("active;expires=1;Expires=2", "expires is set more than once"),
        ("active;reason=timeout", "reason means nothing with active"),
        ("pending;retry-after=5", "retry-after means nothing with pending"),
        ("terminated;expires=0", "expires means nothing with terminated"),
        ("terminated;reason", "reason is not a word"),
        ('terminated;reason="timeout"', "reason is not a word"),
        ("terminated;reason=a b", "is not a parameter"),
        ("active\r\nX-Evil: 1", "header injection"),
    ],
)
def test_what_is_no_subscription_state_is_refused_with_the_reason(text, what):
    with pytest.raises(SipSyntaxError, match=what):
        notification.check_subscription_state(text)


@settings(deadline=None)
@given(st.text(alphabet='activepndgrm;=" \\\r\n0159-', max_size=40))
def test_any_state_is_sendable_or_refused(text):
    try:
        checked = notification.check_subscription_state(text)
    except SipSyntaxError:
        return
    assert "\r" not in checked and "\n" not in checked
    assert notification.check_subscription_state(checked) == checked


@pytest.mark.parametrize(
    "event, parameters, result",
    [
        ("resync", {}, "resync"),
        ("resync", {"profile": "https://h/a;b"}, 'resync;profile="https://h/a;b"'),
        ("check-sync", {"reboot": True, "delay": 5}, "check-sync;reboot=true;delay=5"),
        ("dialog", {"sla": None, "ma": "[2001:db8::1]"}, "dialog;sla;ma=[2001:db8::1]"),
        ("x", {"y": 'a"b\\c'}, 'x;y="a\\"b\\\\c"'),
        ("x", {"y": '"quoted"'}, 'x;y="\\"quoted\\""'),
        ("x", {"y": ""}, 'x;y=""'),
        ("check-sync;reboot=false", {"id": "1"}, "check-sync;reboot=false;id=1"),
    ],
)
def test_parameters_of_an_event_are_quoted_where_they_must_be(event, parameters, result):
    assert notification.with_parameters(event, parameters) == result
    assert presets.literal(result).event == result


@pytest.mark.parametrize(
    "event, parameters, what",
    [
        ("check-sync;reboot=true", {"Reboot": False}, "has Reboot already"),
        ("x", {"a b": "1"}, "is not the name of a parameter"),
        ("x", {1: "1"}, "is not the name of a parameter"),
        ("x", {"y": ["1"]}, "y must be a string, not list"),
        ("x", {"y": "1\r\nX-Evil: 1"}, "header injection"),
    ],
)
def test_parameters_that_cannot_be_sent(event, parameters, what):
    with pytest.raises(SipSyntaxError, match=what):
        notification.with_parameters(event, parameters)


@pytest.mark.parametrize(
    "socket, hop, contact",
    [
        ("udp:192.0.2.1:5060", "sip:1001@198.51.100.7", "<sip:192.0.2.1:5060>"),
        ("192.0.2.1", "sip:1001@198.51.100.7", "<sip:192.0.2.1>"),
        ("tcp:192.0.2.1:5061", "sip:1001@198.51.100.7", "<sip:192.0.2.1:5061;transport=tcp>"),
        ("TLS:[2001:db8::1]:5061", "sip:1001@198.51.100.7", "<sip:[2001:db8::1]:5061;transport=tls>"),
        ("udp:sip.example.com:5060", "sip:1001@nobody.invalid", "<sip:sip.example.com:5060>"),
        # the server knows its address, and finds the phone
        (None, "sip:1001@198.51.100.7:5062", "<sip:!!>"),
        (None, "sip:1001@[2001:db8::7]", "<sip:!!>"),
        (None, "sip:1001@198.51.100.7;transport=UDP", "<sip:!!>"),
        # it may not find the phone, and could not say so then
        (None, "sip:1001@phone.example.com", f"<{FROM}>"),
        (None, "sip:1001@198.51.100.7;transport=tcp", f"<{FROM}>"),
        (None, "sips:1001@198.51.100.7", f"<{FROM}>"),
        (None, "tel:+4930123456", f"<{FROM}>"),
        (None, "nonsense", f"<{FROM}>"),
    ],
)
def test_the_contact_is_the_address_that_the_server_sends_from(socket, hop, contact):
    assert notification.server_contact(socket, hop, FROM) == contact


def test_each_phone_gets_the_contact_of_its_own_socket():
    headers = dict(presets.headers_and_body(presets.find("snom_reboot"))[0])
    template = RequestTemplate("NOTIFY", headers)
    blocks = [
        template.params("sip:1@198.51.100.7", FROM, FROM, socket=socket)["headers"]
        for socket in ("udp:192.0.2.1:5060", "tcp:192.0.2.2:5060", None)
    ]
    assert [[line for line in block.split("\r\n") if line.startswith("Contact")] for block in blocks] == [
        ["Contact: <sip:192.0.2.1:5060>"],
        ["Contact: <sip:192.0.2.2:5060;transport=tcp>"],
        ["Contact: <sip:!!>"],
    ]
    own = RequestTemplate("NOTIFY", dict(headers, Contact="<sip:me@example.com>")).params(
        "sip:1@198.51.100.7", FROM, FROM, socket="udp:192.0.2.1:5060"
    )
    assert own["headers"].count("Contact: ") == 1 and "Contact: <sip:me@example.com>\r\n" in own["headers"]


def test_changes_of_a_task_go_before_what_presets_say():
    preset = presets.find("cisco_mpp_resync")
    changes = presets.Changes("active;expires=60", "sip:me@example.com", {"profile": "p"})
    headers, body = presets.headers_and_body(changes.applied_to(preset))
    assert list(headers.items()) == [
        ("Event", "resync;profile=p"),
        ("Subscription-State", "active;expires=60"),
        ("Contact", "<sip:me@example.com>"),
    ]
    assert "Subscription-State" not in presets.headers_and_body(presets.Changes("none").applied_to(preset))[0]
    assert presets.Changes().applied_to(preset) is preset
    # a fleet shares them
    assert changes.applied_to(preset) is changes.applied_to(preset)
    assert (preset.event, preset.subscription_state) == ("resync", "terminated")
