# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watching phones register anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._fleet import registration
from ansible_collections.community.opensips.plugins.module_utils._fleet.registration import Watch
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ConnectError

BEFORE = {
    "aor": "alice",
    "contact": "sip:alice@192.0.2.1:5060",
    "expires": 300,
    "call_id": "before",
    "cseq": 10,
    "user_agent": "Phone 1.0",
    "sip_instance": None,
}
INSTANCE = "<urn:uuid:00000000-0000-1000-8000-000000000001>"
OTHER_INSTANCE = "<urn:uuid:00000000-0000-1000-8000-000000000002>"
ELSEWHERE = "sip:alice@192.0.2.1:40000"


def record(**changed):
    return dict(BEFORE, **changed)


def target(**changed):
    before = record(**changed)
    return Target(before["aor"], before["contact"], before)


def looks(targets, *tables):
    """The pairs that each look at a table yields."""
    watch = Watch(targets)
    return [list(watch.look(table)) for table in tables]


@pytest.mark.parametrize(
    "before, after",
    [
        ({}, {"call_id": "after"}),
        ({}, {"cseq": 1}),
        ({}, {"user_agent": "Phone 2.0"}),
        ({}, {"user_agent": None}),
        ({}, {"contact": ELSEWHERE, "call_id": "after"}),
        ({"sip_instance": INSTANCE}, {"contact": ELSEWHERE, "cseq": 1}),
        ({"sip_instance": INSTANCE}, {"contact": ELSEWHERE, "user_agent": "Phone 2.0"}),
        # the new firmware gives an instance, the old one did not
        ({"sip_instance": None}, {"sip_instance": INSTANCE, "call_id": "after"}),
        ({"sip_instance": INSTANCE}, {"sip_instance": None, "call_id": "after"}),
    ],
)
def test_back(before, after):
    phone, new = target(**before), record(**dict(before, **after))
    assert looks([phone], [new]) == [[(phone, new)]]


@pytest.mark.parametrize(
    "before, after",
    [
        ({}, {}),
        ({}, {"expires": 3600}),
        ({}, {"cseq": 11}),
        ({}, {"cseq": None}),
        # what ul_dump and ul_show_contact of 1.11 make of an empty value
        ({"call_id": ""}, {"call_id": None}),
        ({"cseq": None}, {"cseq": 1}),
        ({}, {"aor": "bob", "call_id": "after"}),
        # it is on its way out
        ({}, {"expires": 0, "call_id": "after"}),
        # another phone of the same AOR
        ({"sip_instance": INSTANCE}, {"sip_instance": OTHER_INSTANCE, "call_id": "after"}),
        # the same registration from a new address: no restart
        ({"sip_instance": INSTANCE}, {"contact": ELSEWHERE, "cseq": 11}),
    ],
)
def test_not_back(before, after):
    new = record(**dict(before, **after))
    assert looks([target(**before)], [new]) == [[]]


def test_each_is_back_once():
    phone, new = target(), record(call_id="after")
    watch = Watch([phone])
    assert len(watch) == 1
    assert list(watch.look([new, new])) == [(phone, new)]
    assert len(watch) == 0
    assert list(watch.look([new])) == []


def test_one_registration_is_one_phone():
    """Two phones of one AOR without instances, both with new contacts: one that is back is not the other's sign, ever."""
    first = target(contact="sip:alice@192.0.2.1")
    second = target(contact="sip:alice@192.0.2.2")
    back = record(contact=ELSEWHERE, call_id="after")
    other = record(contact="sip:alice@192.0.2.2:41000", call_id="after too")
    once, again, third = looks([first, second], [back], [back, back], [back, other])
    assert [new for _target, new in once] == [back]
    assert again == []
    assert [new for _target, new in third] == [other]
    assert {id(each) for each, _new in once + third} == {id(first), id(second)}


def test_another_phone_of_the_aor_that_did_not_restart():
    first, second = target(contact="sip:alice@192.0.2.1"), target(contact="sip:alice@192.0.2.2")
    # the record of the second has a new Call-ID; the first's is as before
    table = [record(contact="sip:alice@192.0.2.2", call_id="after"), record(contact="sip:alice@192.0.2.1")]
    assert looks([first, second], table) == [[(second, table[0])]]


def test_a_phone_that_was_there_before_is_no_sign_of_another():
    """It was not sent to, so nobody waits for it."""
    phone, other = target(), record(contact=ELSEWHERE, call_id="other")
    watch = Watch([phone], [("alice", ELSEWHERE), ("bob", ELSEWHERE)])
    assert list(watch.look([BEFORE, other])) == []
    new = record(contact="sip:alice@192.0.2.1:41000", call_id="after")
    assert list(watch.look([other, new])) == [(phone, new)]


PHONES = st.lists(
    st.tuples(st.sampled_from(["alice", "bob"]), st.sampled_from(["1", "2", "3"]), st.booleans()),
    max_size=6,
    unique_by=lambda each: each[:2],
)


@given(phones=PHONES, data=st.data())
def test_whoever_restarts_is_back_and_nobody_else(phones, data):
    """With instances: exactly those that restarted, in whichever order and however often the table is looked at."""
    made = [
        target(aor=aor, contact="sip:{0}@192.0.2.{1}".format(aor, host), sip_instance="<{0}{1}>".format(aor, host))
        for aor, host, _restarts in phones
    ]
    table = [
        dict(each.record, call_id="after", contact=each.contact + ":40000") if restarts else each.record
        for each, (_aor, _host, restarts) in zip(made, phones)
    ]
    watch = Watch(made)
    back = []
    for _look in range(2):
        back += [id(each) for each, _new in watch.look(data.draw(st.permutations(table)))]
    assert sorted(back) == sorted(id(each) for each, phone in zip(made, phones) if phone[2])
    assert len(watch) == len(made) - len(back)


class Source:
    """Stands for a source: each look shows the next table, the last one for ever. Its clock runs by sleeping only."""

    def __init__(self, monkeypatch, *tables):
        self.tables = list(tables)
        # the AORs of each look
        self.asked = []
        self.now = 1000.0
        monkeypatch.setattr(registration.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(registration.time, "sleep", self.sleep)

    def by_aor(self, aors, never_dump=False):
        assert never_dump
        self.asked.append(list(aors))
        table = self.tables.pop(0) if len(self.tables) > 1 else self.tables[0]
        return {aor: [each for each in table if each["aor"] == aor] for aor in aors}

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


def waiting(source, phones, timeout, known=()):
    """(target, record) of those that come back."""
    watch = Watch(phones, known)
    for phone, new, _seconds in registration.wait_for_registrations(source, watch, timeout):
        yield phone, new


def test_waiting_ends_when_nobody_reads_the_result(monkeypatch):
    source = Source(monkeypatch, [BEFORE])
    over = iter([False, False, True])
    assert list(registration.wait_for_registrations(source, Watch([target()]), 600, lambda: next(over))) == []
    assert source.now < 1002


def test_waiting_ends_when_all_are_back(monkeypatch):
    phone, new = target(), record(call_id="after")
    source = Source(monkeypatch, [BEFORE], [BEFORE], [new])
    assert list(waiting(source, [phone], 600)) == [(phone, new)]
    assert len(source.asked) == 3
    assert source.now < 1010


def test_each_look_asks_for_those_that_are_waited_for(monkeypatch):
    phones = [target(aor=aor) for aor in ("alice", "bob", "carol")]
    before = [each.record for each in phones]
    back = [record(aor=aor, call_id="after") for aor in ("alice", "bob", "carol")]
    source = Source(monkeypatch, before, [before[0], back[1], before[2]], [back[0], before[2]], [back[2]])
    found = [each.aor for each, _new in waiting(source, phones, 600)]
    assert found == ["bob", "alice", "carol"]
    assert source.asked == [["alice", "bob", "carol"]] * 2 + [["alice", "carol"], ["carol"]]


def test_waiting_ends_at_the_timeout_with_a_last_look(monkeypatch):
    source = Source(monkeypatch, [BEFORE])
    assert list(waiting(source, [target()], 60)) == []
    assert source.now == pytest.approx(1060)
    # one poll for the whole fleet, not one a second
    assert len(source.asked) < 20


def test_what_was_there_before_is_nobody_who_is_back(monkeypatch):
    other = record(contact=ELSEWHERE, call_id="other")
    source = Source(monkeypatch, [BEFORE, other])
    found = waiting(source, [target()], 60, [("alice", ELSEWHERE)])
    assert list(found) == []


def test_nobody_to_wait_for(monkeypatch):
    source = Source(monkeypatch, [])
    assert list(waiting(source, [], 60)) == []
    assert (source.asked, source.now) == ([], 1000.0)


class Flaky(Source):
    """A server that does not answer the looks whose numbers are in lost."""

    def __init__(self, monkeypatch, lost, *tables):
        super().__init__(monkeypatch, *tables)
        self.lost, self.looks, self.reconnected = lost, 0, 0

    def by_aor(self, aors, never_dump=False):
        self.looks += 1
        if self.looks in self.lost:
            raise ConnectError("gone")
        return super().by_aor(aors, never_dump)

    def reconnect(self):
        self.reconnected += 1


def test_a_look_that_fails_is_repeated(monkeypatch):
    phone, new = target(), record(call_id="after")
    source = Flaky(monkeypatch, {1, 2, 4}, [BEFORE], [new])
    assert list(waiting(source, [phone], 600)) == [(phone, new)]
    assert (source.looks, source.reconnected) == (5, 3)


@pytest.mark.parametrize("timeout, end", [(600, 1045), (5, 1006)])
def test_a_server_that_stays_lost_ends_the_waiting(monkeypatch, timeout, end):
    source = Flaky(monkeypatch, range(2, 1000), [BEFORE])
    with pytest.raises(ConnectError):
        list(waiting(source, [target()], timeout))
    assert source.looks > 2 and source.now < end
