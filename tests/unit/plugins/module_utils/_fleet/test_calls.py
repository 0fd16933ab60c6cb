# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which phones are in a call, by what emulated servers list."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.calls import Calls
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._readers import dialogs
from ansible_collections.community.opensips.tests.emulator.client import Emulator

VERSIONS = ["1.11", "2.4", "3.6", "4.0"]
NOBODY = "sip:nobody@192.0.2.99"
DOMAIN = "1001@example.com"


def phone(aor, contact, received=None, user_agent="Yealink"):
    return Target(aor, contact, {"received": received, "user_agent": user_agent, "sip_instance": None})


@pytest.fixture(scope="module", params=VERSIONS)
def emu(request):
    with Emulator(request.param, phones=0) as started:
        yield started


def looked(emu, *targets, **call):
    """Whether each of targets is in a call, while there is this one."""
    emu.set_dialogs(0)
    emu.add_dialog(**dict({"from_uri": NOBODY, "caller_contact": NOBODY, "to_uri": NOBODY}, **call))
    with Connection({"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir}) as conn, Calls(conn) as calls:
        calls.look()
        calls.learn(targets)
        assert calls.known and calls.report()["dialogs"] == 1
        return [calls.is_busy(target) for target in targets]


@pytest.mark.parametrize(
    "target,call,expected",
    [
        # by the contact of either side, whatever its parameters and the default port
        (phone(DOMAIN, "sip:x@192.0.2.1:5060"), {"caller_contact": "sip:x@192.0.2.1;transport=udp"}, True),
        (phone(DOMAIN, "sip:x@192.0.2.1"), {"callee_contact": "sip:x@192.0.2.1:5060;ob"}, True),
        (phone(DOMAIN, "sip:x@192.0.2.1"), {"callee_contact": "sip:x@192.0.2.1:5062"}, False),
        (phone(DOMAIN, "sip:x@192.0.2.1"), {"callee_contact": "sip:y@192.0.2.1"}, False),
        (phone(DOMAIN, "sip:x@[2001:DB8::1]:5070"), {"callee_contact": "sip:x@[2001:db8::1]:5070"}, True),
        # behind NAT the server writes where the REGISTER came from
        (
            phone(DOMAIN, "sip:x@10.0.0.1:5060", "sip:198.51.100.1:40000"),
            {"caller_contact": "sip:x@198.51.100.1:40000"},
            True,
        ),
        (
            phone(DOMAIN, "sip:x@10.0.0.1:5060", "sip:198.51.100.1:40000"),
            {"caller_contact": "sip:z@198.51.100.1:40000"},
            False,
        ),
        # by the AOR, of a call that rings, too
        (phone(DOMAIN, "sip:x@192.0.2.1"), {"to_uri": "sip:1001@EXAMPLE.com:5060", "state": 2}, True),
        (phone(DOMAIN, "sip:x@192.0.2.1"), {"to_uri": "sip:1001@example.com", "state": 1}, True),
        (phone(DOMAIN, "sip:x@192.0.2.1"), {"from_uri": "sips:1001@example.com", "caller_contact": ""}, True),
        (phone(DOMAIN, "sip:x@192.0.2.1"), {"to_uri": "sip:1001@example.org"}, False),
        (phone("1001", "sip:x@192.0.2.1"), {"to_uri": "sip:1001@example.org"}, True),
        (phone("1001", "sip:x@192.0.2.1"), {"to_uri": "sip:1002@example.org"}, False),
        (phone("a b", "sip:x@192.0.2.1"), {"to_uri": "sip:a%20b@example.org"}, True),
        # the AOR calls under its name from where no phone of it is known to be: behind NAT without a trace
        (phone(DOMAIN, "sip:x@10.0.0.1"), {"to_uri": "sip:1001@example.com", "callee_contact": "sip:q@9.9.9.9"}, True),
        # a URI stands for itself
        (Target(None, "sip:1001@192.0.2.1:5060"), {"caller_contact": "sip:1001@192.0.2.1"}, True),
        (Target(None, "sip:1001@example.com"), {"to_uri": "sip:1001@example.com"}, True),
        (Target(None, "sip:1001@example.com"), {"to_uri": "sip:1001@example.org"}, False),
        # it is over
        (phone(DOMAIN, "sip:x@192.0.2.1"), {"to_uri": "sip:1001@example.com", "state": 5}, None),
        # not even addresses
        (phone(DOMAIN, "x"), {"to_uri": "tel:+49301234", "from_uri": "", "caller_contact": "<>"}, False),
        (Target(DOMAIN, None, problem="no contact is registered"), {}, False),
    ],
)
def test_a_phone_is_known_by_its_contact_or_its_aor(emu, target, call, expected):
    if expected is None:
        with pytest.raises(AssertionError):
            looked(emu, target, **call)
    else:
        assert looked(emu, target, **call) == [expected]


def test_of_two_phones_of_an_aor_the_one_that_calls_is_busy(emu):
    """Unless it cannot be told which one it is."""
    desk, mobile = phone(DOMAIN, "sip:1001@192.0.2.1"), phone(DOMAIN, "sip:1001@192.0.2.2")
    to = "sip:1001@example.com"
    assert looked(emu, desk, mobile, to_uri=to, callee_contact="sip:1001@192.0.2.2") == [False, True]
    assert looked(emu, desk, mobile, from_uri=to, caller_contact="sip:1001@192.0.2.1") == [True, False]
    assert looked(emu, desk, mobile, to_uri=to, state=2) == [True, True]
    assert looked(emu, desk, mobile, to_uri=to, callee_contact="sip:1001@203.0.113.5") == [True, True]


def test_what_a_phone_writes_into_its_sdp_makes_nobody_busy(emu):
    """Up to 2.4, lines in an SDP look like those of the server."""
    sdp = (
        "v=0\r\n\ndialog::  ID=1234567\n\tstate:: 4\n\tuser_flags:: 0\n\ttimestart:: 1\n\ttimeout:: 0\n\tcallid:: forged\n"
        f"\tfrom_uri:: sip:{DOMAIN}\n\tto_uri:: sip:{DOMAIN}\n\tcaller_tag:: t\n\tcaller_contact:: sip:1001@192.0.2.1\n"
    )
    emu.set_dialogs(0)
    emu.add_dialog(from_uri="sip:bad@example.com", caller_contact="sip:bad@192.0.2.66", caller_sdp=sdp)
    with Connection({"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir}) as conn, Calls(conn) as calls:
        calls.look()
        assert not calls.is_busy(phone(DOMAIN, "sip:1001@192.0.2.1"))
        assert calls.is_busy(phone("bad@example.com", "sip:bad@192.0.2.66"))


def test_a_server_without_a_trace_of_calls_may_track_them_nevertheless():
    with Emulator("3.6", phones=0) as emu:
        with Connection({"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir}) as conn, Calls(conn) as calls:
            calls.look()
            assert not calls.known and "create_dialog" in calls.reason
            emu.add_dialog(to_uri="sip:1001@example.com")
            calls.look()
            assert calls.known and calls.reason is None and calls.is_busy(phone(DOMAIN, "sip:x@192.0.2.1"))


def test_all_pages_are_read(emu):
    emu.set_dialogs(250)
    with Connection({"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir}) as conn:
        for page in (None, 7, 1):
            assert len(list(dialogs.scan(conn, page))) == 250


class _Shrinking:
    """A connection to a server whose calls end while it lists them. ends: how many before each page, from the front."""

    def __init__(self, conn, emu, left):
        self._conn, self._emu, self._left = conn, emu, left
        self.carrier, self.warnings = conn.carrier, conn.warnings
        self.asked = []

    def call(self, method, params=None):
        self.asked.append(params["index"])
        if len(self.asked) == 2:
            # more than pages overlap
            self._emu.keep_dialogs(self._left)
        return self._conn.call(method, params)


def test_calls_that_end_meanwhile_hide_none(emu):
    """The list moves up, so that the next page would begin behind what the last one ended with."""
    emu.set_dialogs(100)
    with Connection({"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir}) as conn:
        shrinking = _Shrinking(conn, emu, 70)
        there = {dialog.record["call_id"] for dialog in dialogs.scan(shrinking, 20)}
        last = {dialog.record["call_id"] for dialog in dialogs.scan(conn)}
    assert last <= there and len(last) == 70
    assert any(after < before for before, after in zip(shrinking.asked, shrinking.asked[1:]))
