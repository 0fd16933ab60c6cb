# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Softphones of other authors: what the modules get from them, and what they show, on servers emulated and real.

They are what Debian has. The answers are those of Debian 12: baresip 1.0.0, linphone 5.1.65 and twinkle 1.10.2. None of them asks
for credentials, and none starts anew because of a NOTIFY.
"""

from __future__ import annotations

import contextlib
import re

import pytest

from ansible_collections.community.opensips.tests.integration.support import presence, softphones
from ansible_collections.community.opensips.tests.integration.support.fixtures import REAL
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import RealOpensips, find_binary
from ansible_collections.community.opensips.tests.integration.support.phones import Message
from ansible_collections.community.opensips.tests.integration.support.servers import Emulated

USERS = {softphones.Baresip: "2001", softphones.Linphone: "2002", softphones.Twinkle: "2003"}
TEXT = 'The server restarts at 5 p.m.: "Grüße"'
CONTACT = {"Contact": "<sip:ansible@127.0.0.1>"}
# a NOTIFY as RFC 6665 wants it
SUBSCRIBED = {"Subscription-State": "active;expires=600", **CONTACT}
LAST = {"Subscription-State": "terminated;reason=noresource", **CONTACT}

# request: what baresip, linphone and twinkle answer to it: code and reason, or several where what the module sends may change
ANSWERS = {
    # baresip looks for the subscription whatever the Event is, linphone takes every Event, and twinkle knows those that it knows
    "check-sync": [(481, "Subscription Does Not Exist"), (200, "Ok"), (489, "Bad Event")],
    "check-sync, the last of a subscription": [(481, "Subscription Does Not Exist"), (200, "Ok"), (489, "Bad Event")],
    "unknown Event": [(481, "Subscription Does Not Exist"), (200, "Ok"), (489, "Bad Event")],
    # baresip and twinkle want the Subscription-State that RFC 6665 does
    "check-sync without Subscription-State": [
        (400, "Bad Subscription-State Header"),
        (200, "Ok"),
        (400, "Subscription-State header missing"),
    ],
    "check-sync as the module makes it": [
        {(400, "Bad Subscription-State Header"), (481, "Subscription Does Not Exist")},
        (200, "Ok"),
        {(400, "Contact header missing"), (400, "Subscription-State header missing"), (489, "Bad Event")},
    ],
    "lamp": [(481, "Subscription Does Not Exist"), (200, "Ok"), (200, "OK")],
    "lamp as the module makes it": [
        (481, "Subscription Does Not Exist"),
        (200, "Ok"),
        {(400, "Contact header missing"), (200, "OK")},
    ],
    "MESSAGE": [(200, "OK"), (200, "Ok"), (200, "OK")],
    "MESSAGE in HTML": [(415, "Unsupported Media Type"), (415, "Unsupported media type"), (200, "OK")],
    "MESSAGE without a body": [
        (415, "Unsupported Media Type"),
        (500, "Server internal error"),
        (415, "Unsupported Media Type"),
    ],
    "OPTIONS": [(200, "OK"), (200, "Ok"), (200, "OK")],
    # none of them takes it out of a call
    "REFER": [(501, "Not Implemented"), (603, "Decline"), (403, "Forbidden")],
    "INFO": [
        (481, "Call Does Not Exist"),
        (481, "Call/transaction does not exist"),
        (481, "Call Leg/Transaction Does Not Exist"),
    ],
}
# request: the module, and its options
REQUESTS = {
    "check-sync": ("notify", {"event": "check-sync", "headers": SUBSCRIBED}),
    "check-sync, the last of a subscription": ("notify", {"event": "check-sync", "headers": LAST}),
    "unknown Event": ("notify", {"event": "no-such-event;one=1", "headers": SUBSCRIBED}),
    "check-sync without Subscription-State": (
        "uac_dlg",
        {"method": "NOTIFY", "headers": {"Event": "check-sync", **CONTACT}},
    ),
    "check-sync as the module makes it": ("notify", {"event": "check-sync"}),
    "lamp": ("mwi", {"new": 2, "old": 1, "headers": CONTACT}),
    "lamp as the module makes it": ("mwi", {"new": 3}),
    "MESSAGE": ("uac_dlg", {"method": "MESSAGE", "headers": {"Content-Type": "text/plain"}, "body": TEXT}),
    "MESSAGE in HTML": (
        "uac_dlg",
        {"method": "MESSAGE", "headers": {"Content-Type": "text/html"}, "body": "<i>No</i>"},
    ),
    "MESSAGE without a body": ("uac_dlg", {"method": "MESSAGE"}),
    "OPTIONS": ("uac_dlg", {"method": "OPTIONS"}),
    "REFER": ("uac_dlg", {"method": "REFER", "headers": {"Refer-To": "<sip:2009@127.0.0.1>"}}),
    "INFO": ("uac_dlg", {"method": "INFO"}),
}


def send(server, phone, module, options):
    """What the module returned for the phone: a dict with outcome, code, reason and error."""
    if module == "uac_dlg":
        addresses = {"From": "<sip:ansible@127.0.0.1>", "To": f"<sip:{phone.user}@127.0.0.1>"}
        headers = {**addresses, **options.get("headers", {})}
        return run_module(module, {**server.connection, "ruri": phone.contact, **options, "headers": headers})
    (result,) = run_module(module, {**server.connection, "aors": [server.aor(phone.user)], **options})["results"]
    assert result["contact"] == phone.contact
    return result


@contextlib.contextmanager
def ended(server):
    """The server, which nothing that phones did may have ended before."""
    try:
        yield server
        if isinstance(server, RealOpensips):
            assert server.alive(), server.log()[-3000:]
    finally:
        server.stop()


@pytest.fixture(scope="module", params=["2.4", "3.6", "4.0", REAL])
def server(request):
    """Where they register."""
    with ended(RealOpensips(find_binary()) if request.param == "real" else Emulated(request.param, phones=0)) as server:
        yield server


@pytest.fixture(scope="module")
def phones(server):
    """{kind: a softphone, or why there is none (str)}, the same for all tests."""
    with contextlib.ExitStack() as stack:
        started = {}
        for kind, user in USERS.items():
            try:
                started[kind] = stack.enter_context(contextlib.closing(kind(user, server)))
            except softphones.NotHere as reason:
                started[kind] = str(reason)
        yield started


@pytest.fixture(params=USERS, ids=lambda kind: kind.PROGRAM)
def phone(phones, request):
    found = phones[request.param]
    if isinstance(found, str):
        pytest.skip(found)
    pid = found.pid
    yield found
    # nothing that it got made it end, or start anew
    assert found.running and found.pid == pid


@pytest.mark.parametrize("request_name", REQUESTS)
def test_what_it_answers(server, phone, request_name):
    expected = ANSWERS[request_name][list(USERS).index(type(phone))]
    result = send(server, phone, *REQUESTS[request_name])
    answer = (result["code"], result["reason"])
    assert answer in (expected if isinstance(expected, set) else {expected})
    accepted = result["code"] < 300
    assert result["outcome"] == ("accepted" if accepted else "rejected")
    if not accepted:
        assert result["error"]["type"] == "PhoneRejected"
        assert f"{result['code']} {result['reason']}" in result["error"]["message"]


def test_it_shows_a_message(server, phone):
    start = len(phone.output)
    assert send(server, phone, *REQUESTS["MESSAGE"])["code"] == 200
    shown = {
        softphones.Baresip: f'^sip:ansible@127.0.0.1: "{re.escape(TEXT)}"$',
        softphones.Linphone: f"Message received from sip:ansible@127.0.0.1: {re.escape(TEXT)}$",
        softphones.Twinkle: f"^Received message\n.*sip:ansible@127.0.0.1\n.*\n{re.escape(TEXT)}$",
    }
    phone.await_output(shown[type(phone)], start)


def test_a_lamp_reaches_it(server, phone):
    """None of them shows a lamp that it did not ask for."""
    start = len(phone.log)
    send(server, phone, "mwi", {"new": 4, "old": 2, "urgent_new": 1, "headers": CONTACT})
    lamp = r"Event: message-summary\s.*Messages-Waiting: yes\s.*Voice-Message: 4/2 \(1/0\)"
    phone.await_log(rf"NOTIFY {re.escape(phone.contact)} SIP/2.0\s.*{lamp}", start)


def test_the_headers_of_its_answers(server, phone):
    options = send(server, phone, *REQUESTS["OPTIONS"])
    if isinstance(phone, softphones.Linphone):
        # it says nothing of itself
        assert set(options["headers"]) == {"Via", "From", "To", "Call-ID", "CSeq"}
        return
    assert {"NOTIFY", "MESSAGE", "REFER"} <= set(options["headers"]["Allow"][0].split(","))
    server_header = {softphones.Baresip: "baresip v", softphones.Twinkle: "Twinkle/"}[type(phone)]
    assert options["headers"]["Server"][0].startswith(server_header)
    # a phone that describes its media does so in the body
    described = options["headers"].get("Content-Type") == ["application/sdp"]
    assert described == isinstance(phone, softphones.Baresip) == bool(options["body"])
    refused = send(server, phone, *REQUESTS["MESSAGE without a body"])
    assert "text" in refused["headers"]["Accept"][0]


def test_its_registration(server, phone):
    facts = run_module("facts", {**server.connection, "gather_subset": ["contacts"]})["ansible_facts"]["opensips"]
    (found,) = [contact for contact in facts["contacts"] if contact["user"] == phone.user]
    assert (found["aor"], found["contact"]) == (server.aor(phone.user), phone.contact)
    agent = {softphones.Baresip: "baresip v", softphones.Linphone: "Linphone", softphones.Twinkle: "Twinkle/"}
    assert found["user_agent"].startswith(agent[type(phone)])
    assert 0 < found["expires"] <= softphones.EXPIRES
    assert found["socket"] == "udp:{}:{}".format(*server.sip)
    # twinkle knows nothing of RFC 5626
    instance = found["sip_instance"]
    assert (
        instance is None
        if isinstance(phone, softphones.Twinkle)
        else re.fullmatch("<urn:uuid:[0-9a-f-]{36}>", instance)
    )
    # linphone does not say what it takes, so it is all
    assert found["methods"] is None if isinstance(phone, softphones.Linphone) else "NOTIFY" in found["methods"]
    # each registered from where its Contact is, without a proxy between
    assert (found["received"], found["path"], found["q"], found["attr"]) == (None,) * 4


def test_it_is_left_alone_by_itself(server, phone):
    start = len(phone.log)
    for action in ("reboot", "check_cfg"):
        result = send(server, phone, "notify", {"event": "auto", "action": action})
        assert (result["outcome"], result["code"]) == ("not_sent", None)
        assert "softphone" in result["reason"] and result["user_agent"] in result["reason"]
    # what comes now is the first that it gets
    send(server, phone, *REQUESTS["OPTIONS"])
    phone.await_log("OPTIONS sip:", start)
    assert "NOTIFY sip:" not in phone.log[start:]


def test_who_registers_again_is_back(server, phones):
    """The port is another one after a restart: it is its instance (RFC 5626) that says which phone it is."""
    phone = phones[softphones.Linphone]
    if isinstance(phone, str):
        pytest.skip(phone)
    before, start = phone.contact, len(phone.log)
    options = {"event": "check-sync", "aors": [server.aor(phone.user)], "wait": True, "wait_timeout": 30}
    notify = ModuleProcess("notify", {**server.connection, **options})
    phone.await_log("NOTIFY sip:.*SIP/2.0 200 Ok", start)
    phone.restart()
    (result,) = notify.result()["results"]
    assert (result["outcome"], result["registered"]) == ("accepted", "back")
    assert result["contact"] == before != phone.contact


# what phones that have subscribed to their message summary answer
SUBSCRIBERS = {
    # kind: to what does not belong to the subscription, to a lamp outside of it, and once it is over
    softphones.Baresip: [(481, "Subscription Does Not Exist")] * 3,
    softphones.Twinkle: [(489, "Bad Event"), (403, "Forbidden"), (481, "Call Leg/Transaction Does Not Exist")],
}


@pytest.fixture(scope="module", params=["2.4", "3.6", "4.0", REAL])
def notifier(request):
    """A server that takes subscriptions."""
    if request.param == "real":
        lacking = presence.missing(find_binary())
        if lacking:
            pytest.skip(f"opensips has no {', '.join(lacking)}")
        started = presence.RealPresence(find_binary())
    else:
        started = Emulated(request.param, phones=0, presence="server")
    with ended(started) as server:
        yield server


@pytest.fixture(scope="module", params=SUBSCRIBERS, ids=lambda kind: kind.PROGRAM)
def subscriber(notifier, request):
    """A phone that subscribes."""
    try:
        phone = request.param(USERS[request.param], notifier, mwi=True)
    except softphones.NotHere as reason:
        pytest.skip(str(reason))
    with contextlib.closing(phone):
        yield phone


class Subscription:
    """The dialog that the server has with a phone, for requests in it."""

    def __init__(self, server, phone):
        self._server, self._phone = server, phone
        first = Message(phone.await_log(r"^NOTIFY sip:.*?\n\n")[0].replace("\n", "\r\n").encode())
        self._headers = {name: first[name] for name in ("From", "To", "Call-ID")}
        # above those of the NOTIFYs that the server has sent itself
        self._cseq = 100

    def notify(self, event, state, new=None):
        """(outcome, code and reason of the answer) of a NOTIFY in it; new: how many messages it tells of."""
        self._cseq += 1
        headers = {
            **self._headers,
            "CSeq": f"{self._cseq} NOTIFY",
            "Event": event,
            "Subscription-State": state,
            **CONTACT,
        }
        options = {"method": "NOTIFY", "ruri": self._phone.contact, "headers": headers}
        if new is not None:
            headers["Content-Type"] = "application/simple-message-summary"
            options["body"] = f"Messages-Waiting: yes\nVoice-Message: {new}/0 (0/0)\n"
        return answer_of(run_module("uac_dlg", {**self._server.connection, **options}))


def answer_of(result):
    return result["outcome"], (result["code"], result["reason"])


def test_a_published_lamp_reaches_it(notifier, subscriber):
    start = len(subscriber.log)
    options = {"aors": [notifier.aor(subscriber.user)], "domain": "127.0.0.1", "delivery": "publish", "new": 6}
    (result,) = run_module("mwi", {**notifier.connection, **options})["results"]
    assert (result["outcome"], result["code"]) == ("accepted", 200)
    subscriber.await_log(r"^NOTIFY sip:.*Event: message-summary.*Voice-Message: 6/0.*SIP/2.0 200 OK", start)
    if isinstance(subscriber, softphones.Baresip):
        assert subscriber.await_mwi().endswith("Voice-Message: 6/0 (0/0)\n")


def test_notifies_in_a_subscription_and_beside_it(notifier, subscriber):
    unknown, beside, late = SUBSCRIBERS[type(subscriber)]
    subscription = Subscription(notifier, subscriber)
    accepted, start = ("accepted", (200, "OK")), len(subscriber.output)
    assert subscription.notify("message-summary", "active;expires=600", new=7) == accepted
    assert subscription.notify("check-sync;reboot=true", "active") == ("rejected", unknown)
    for name in ("check-sync", "check-sync, the last of a subscription", "unknown Event"):
        assert answer_of(send(notifier, subscriber, *REQUESTS[name])) == ("rejected", unknown)
    assert answer_of(send(notifier, subscriber, *REQUESTS["lamp"])) == ("rejected", beside)
    # none of that harmed it
    assert subscription.notify("message-summary", "active;expires=600", new=8) == accepted
    assert subscription.notify("message-summary", "terminated;reason=noresource", new=9) == accepted
    assert subscription.notify("message-summary", "active;expires=600", new=10) == ("rejected", late)
    if isinstance(subscriber, softphones.Baresip):
        subscriber.await_output("^mwi: subscription for .* closed", start)
        # before them those of the lamp that was published
        assert subscriber.shown_counts()[-3:] == ["7/0", "8/0", "9/0"]
    else:
        subscriber.await_output("MWI subscription terminated: noresource", start)
    assert subscriber.running


def test_a_lamp_for_phones_whose_subscription_nobody_takes(server):
    """Nothing is there for it that they did not ask for."""
    for kind, (_unknown, beside, _late) in SUBSCRIBERS.items():
        try:
            phone = kind("2004", server, mwi=True)
        except softphones.NotHere as reason:
            pytest.skip(str(reason))
        with contextlib.closing(phone):
            phone.await_log(r"^SUBSCRIBE sip:\S+ SIP/2.0.*^Event: message-summary.*^SIP/2.0 404 Not Found")
            assert answer_of(send(server, phone, *REQUESTS["lamp"])) == ("rejected", beside)
