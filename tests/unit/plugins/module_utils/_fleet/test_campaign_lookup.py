# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phones of a plan, looked up again before they are sent to."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.campaign import LookUp
from ansible_collections.community.opensips.plugins.module_utils._fleet.outcome import NOBODY
from ansible_collections.community.opensips.plugins.module_utils._fleet.plan import GONE, Plan
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
from ansible_collections.community.opensips.plugins.module_utils._readers.location import Doubtful

ONE, TWO, THREE, FOUR = ("sip:alice@192.0.2.{0}".format(host) for host in "1234")
INSTANCE, OTHER = "<urn:uuid:1>", "<urn:uuid:2>"


def record(contact=ONE, sip_instance=None, user_agent="Phone 1", expires=60, aor="alice", call_id="x"):
    return {
        "aor": aor,
        "contact": contact,
        "sip_instance": sip_instance,
        "user_agent": user_agent,
        "expires": expires,
        "call_id": call_id,
    }


def planned(*records):
    return [Target(each["aor"], each["contact"], each) for each in records]


class Source:
    """The contacts of AORs as they are now. asked: AORs of each question."""

    def __init__(self, *records):
        self.records = records
        self.asked = []

    def by_aor(self, aors, never_dump=False):
        assert never_dump
        self.asked.append(list(aors))
        return {aor: [each for each in self.records if each["aor"] == aor] for aor in aors}


class Journal:
    def __init__(self, *done):
        self._done = done

    def knows(self, key):
        return key in self._done


def look_up(targets, *now, **options):
    """[(contact, problem)] of targets as they are found."""
    selects = options.pop("selects", lambda record: True)
    plan = Plan("", 1, targets, LeftOut(), fresh=False)
    source = Source(*now)
    found = LookUp(source, plan, options.pop("journal", Journal()), selects)(options.pop("asked", targets))
    assert len(source.asked) == 1
    return [(each.contact, each.problem) for each in found]


@pytest.mark.parametrize(
    "before, now, expected",
    [
        # as it was, whatever it calls itself now
        (record(), record(user_agent="Phone 2"), (ONE, None)),
        # an instance that moved
        (record(sip_instance=INSTANCE), record(TWO, INSTANCE, "Phone 2"), (TWO, None)),
        # gone, expired, or another phone
        (record(), None, (ONE, GONE)),
        (record(), record(expires=0), (ONE, GONE)),
        (record(sip_instance=INSTANCE), record(TWO, OTHER), (ONE, GONE)),
        (record(sip_instance=INSTANCE), record(ONE, OTHER), (ONE, GONE)),
        (record(sip_instance=INSTANCE), record(TWO), (ONE, GONE)),
        # without an instance: the same kind of phone under another contact
        (record(), record(TWO), (TWO, None)),
        (record(), record(TWO, user_agent="Phone 2"), (ONE, GONE)),
        (record(), record(TWO, OTHER), (ONE, GONE)),
        # what ul_show_contact of 1.11 tells
        (record(sip_instance=INSTANCE), record(ONE), (ONE, None)),
    ],
)
def test_one_phone(before, now, expected):
    assert look_up(planned(before), *([now] if now else [])) == [expected]


def test_the_instance_stays_where_the_server_does_not_tell_it():
    targets = planned(record(sip_instance=INSTANCE))
    plan = Plan("", 1, targets, LeftOut(), fresh=False)
    (found,) = LookUp(Source(record()), plan, Journal(), lambda record: True)(targets)
    assert found.key == ("alice", INSTANCE)


def test_phones_of_one_aor_do_not_stand_in_for_each_other():
    targets = planned(record(ONE), record(TWO))
    # the second is asked for in a later batch, and is not the first one under another contact
    assert look_up(targets, record(TWO), asked=targets[:1]) == [(ONE, GONE)]
    assert look_up(targets, record(TWO), record(THREE)) == [(THREE, None), (TWO, None)]
    assert look_up(targets, record(THREE)) == [(THREE, None), (TWO, GONE)]


def test_one_that_moved_is_taken_once():
    targets = planned(record(ONE), record(TWO))
    plan = Plan("", 1, targets, LeftOut(), fresh=False)
    again = LookUp(Source(record(THREE)), plan, Journal(), lambda record: True)
    assert [[each.contact for each in again([target])] for target in targets] == [[THREE], [TWO]]


def test_what_the_filters_leave_out_stands_in_for_nobody():
    assert look_up(planned(record()), record(TWO), selects=lambda record: False) == [(ONE, GONE)]


def test_one_that_moved_stays_what_the_plan_knows():
    """So that the journal notes it as done, and no later batch sends to it again."""
    targets = planned(record(ONE), record(TWO))
    plan = Plan("", 1, targets, LeftOut(), fresh=False)
    found = LookUp(Source(record(THREE), record(TWO)), plan, Journal(), lambda record: True)(targets)
    assert [(each.contact, each.key) for each in found] == [(THREE, ("alice", ONE)), (TWO, ("alice", TWO))]
    # and moves once more
    again = LookUp(Source(record(FOUR), record(TWO)), Plan("", 1, found, LeftOut()), Journal(), lambda record: True)
    assert [(each.contact, each.key) for each in again(found[:1])] == [(FOUR, ("alice", ONE))]
    stays = LookUp(Source(record(THREE)), Plan("", 1, found, LeftOut()), Journal(), lambda record: True)
    assert [(each.contact, each.key) for each in stays(found[:1])] == [(THREE, ("alice", ONE))]


def test_what_is_that_of_a_phone_that_is_done_is_nobody_elses():
    targets = planned(record(ONE), record(TWO))
    done = ("alice", ONE)
    # the first moved, and the second is gone
    assert look_up(targets, record(THREE), asked=targets[1:], journal=Journal(done)) == [(TWO, GONE)]
    # both moved
    now = [record(THREE), record(FOUR)]
    assert look_up(targets, *now, asked=targets[1:], journal=Journal(done)) == [(FOUR, None)]
    # the journal tells how the first came back, whatever it calls itself since
    for agent in ("Phone 1", "Phone 2"):
        now = [record(THREE), record(FOUR, user_agent=agent)]
        back = Journal(done, ("alice", FOUR))
        assert look_up(targets, *now, asked=targets[1:], journal=back) == [(THREE, None)]
        assert look_up(targets, now[1], asked=targets[1:], journal=back) == [(TWO, GONE)]


def test_who_moved_where_is_seen_by_the_call_id():
    """A phone that only got another port from its NAT keeps it."""
    targets = planned(record(ONE, call_id="one"), record(TWO, call_id="two"))
    now = [record(THREE, call_id="two"), record(FOUR, call_id="new")]
    assert look_up(targets, *now) == [(FOUR, None), (THREE, None)]


def test_all_contacts_of_an_aor_are_noted():
    """Also those that nobody asked for: whoever waits for a phone is not to take one of them for it."""
    targets = planned(record(ONE), record(ONE, aor="bob"))
    plan = Plan("", 1, targets, LeftOut(), fresh=False)
    again = LookUp(
        Source(record(ONE), record(TWO, OTHER), record(ONE, aor="bob")), plan, Journal(), lambda record: False
    )
    again(targets)
    assert again.seen == [("alice", ONE), ("alice", TWO)]


def test_an_aor_that_nobody_had_registered():
    nobody = [Target("alice", None, problem=NOBODY)]
    assert look_up(nobody) == [(None, NOBODY)]
    assert look_up(nobody, record(ONE), record(TWO)) == [(ONE, None), (TWO, None)]
    assert look_up(nobody, record(), selects=lambda record: False) == [(None, NOBODY)]


def test_the_order_is_that_of_the_plan():
    targets = planned(record(ONE), record(ONE, aor="bob"), record(TWO))
    now = [record(ONE, aor="bob"), record(TWO), record(ONE)]
    assert look_up(targets, *now) == [(ONE, None), (ONE, None), (TWO, None)]


def test_a_doubtful_aor_is_not_sent_to_whatever_the_plan_has():
    targets = planned(record(ONE), record(TWO)) + [Target("alice", None, problem=NOBODY)]
    plan = Plan("", 1, targets + planned(record(THREE, aor="bob")), LeftOut(), fresh=False)
    source = Source()
    source.by_aor = lambda aors, never_dump: {"alice": Doubtful("a line"), "bob": [record(THREE, aor="bob")]}
    found = LookUp(source, plan, Journal(), lambda record: True)(plan.targets)
    assert [(each.contact, each.problem) for each in found] == [
        (ONE, "doubtful: a line"),
        (TWO, "doubtful: a line"),
        (None, "doubtful: a line"),
        (THREE, None),
    ]
