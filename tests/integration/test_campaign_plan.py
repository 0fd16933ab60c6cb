# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A campaign reads the location table once: its plan is kept, and runs ask only for their own phones."""

from __future__ import annotations

import collections
import functools
import json
import re
import signal
import time

import pytest

from ansible_collections.community.opensips.tests.emulator.phones import VENDORS
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

VERSIONS = ["2.4", "3.6", "4.0"]
# the new firmware of all vendors
UPGRADED = "|".join(re.escape(new) for _vendor, _agent, _old, new in VENDORS)


def outcomes(result):
    return {name: many for name, many in result["summary"]["outcomes"].items() if many}


class Campaign:
    """A campaign on an emulator of its own, which counts the commands that it is asked."""

    def __init__(self, emu, directory, **args):
        self.emu = emu
        self.directory = directory
        self.way = fifo_of(emu)
        self.args = {"select": {}, "event": "check-sync;reboot=true", "campaign": "night", **args}

    @property
    def domain(self):
        return "@127.0.0.1" if self.emu.version == "4.0" else ""

    @property
    def how(self):
        """How contacts are read: text is not believed, whose contacts are asked for one by one."""
        return "show" if self.emu.version == "2.4" else "dump"

    def reading(self, aors):
        """The cost of reading a table with a number of AORs."""
        return {"ul_dump": 1} if self.how == "dump" else {"ul_dump": 1, "ul_show_contact": aors}

    @property
    def plan(self):
        """The lines of the plan, or None."""
        path = self.directory / "night.plan.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else None

    def options(self, **args):
        given = {**self.way, **self.args, "campaign_dir": str(self.directory), **args}
        return {name: value for name, value in given.items() if value is not None}

    def run(self, check=False, **args):
        return run_module("notify", self.options(**args), check=check)

    def sends(self, **args):
        """The result of a run, which must not fail."""
        result = self.run(**args)
        assert not result.get("failed"), result["msg"]
        return result

    def commands(self):
        """{classic name: how often it was asked for}."""
        names = {"usrloc:dump": "ul_dump", "usrloc:show_contact": "ul_show_contact"}
        counts = collections.Counter()
        for name, count in self.emu.stats()["commands"].items():
            counts[names.get(name, name)] += count
        return counts

    def cost(self, run):
        """({command: how often run asked for it}, its result), of the commands that read contacts."""
        before = self.commands()
        result = run()
        return {
            name: self.commands()[name] - before[name]
            for name in ("ul_dump", "ul_show_contact")
            if self.commands()[name] != before[name]
        }, result

    def notified(self):
        """{user: NOTIFYs that it got}; retransmissions of one count once."""
        seen = collections.defaultdict(set)
        for entry in self.emu.sip_log():
            found = re.match(r"NOTIFY sip:([^@]+)@", entry["first"])
            if found:
                seen[found[1]].add(dict(entry["headers"])["Call-ID"])
        return {user: len(calls) for user, calls in seen.items()}


@pytest.fixture
def campaign(emulator, tmp_path):
    def start(version, phones=24, args=None, **options):
        return Campaign(emulator(version, phones=phones, **options), tmp_path / "state", **(args or {}))

    return start


@pytest.mark.parametrize("version", VERSIONS)
def test_one_dump_for_canary_batches_waiting_and_resuming(campaign, version):
    campaign = campaign(version, 24, {"canary": 10, "wait": True, "wait_timeout": 20}, reboot=True, reboot_seconds=0.4)
    cost, planned = campaign.cost(lambda: campaign.sends(plan_only=True, wait=False))
    assert cost == campaign.reading(24) and not planned["changed"] and campaign.notified() == {}
    assert outcomes(planned) == {"planned": 24}
    assert planned["lookup"]["how"] == campaign.how and planned["lookup"]["users"] == 24
    order = [each["contact"] for each in planned["results"]]

    sent = []
    for batch, remaining in ((3, 21), (8, 13), (8, 5)):
        cost, result = campaign.cost(functools.partial(campaign.sends, batch=batch))
        # its own phones once, and then those that are still waited for
        assert set(cost) == {"ul_show_contact"} and cost["ul_show_contact"] >= 2 * batch
        assert result["lookup"]["how"] == "plan"
        assert result["summary"]["registered"] == {"back": batch}
        assert result["summary"]["remaining"] == remaining
        sent += [each["contact"] for each in result["results"]]
    # the plan that was shown is the order of sending
    assert sent == order[:19]
    # and the rest without a batch, as after an interruption
    result = campaign.sends()
    assert outcomes(result) == {"accepted": 24} and result["summary"]["earlier"] == 19
    assert set(campaign.notified().values()) == {1} and len(campaign.notified()) == 24
    cost, again = campaign.cost(campaign.sends)
    assert not again["changed"] and cost == {}
    assert campaign.commands()["ul_dump"] == 1


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_the_canary_is_the_sample_of_the_same_seed(campaign, version):
    campaign = campaign(version, 40)
    sample = campaign.run(check=True, campaign=None, select={"sample": 10.0, "seed": "s"}, campaign_dir=None)
    planned = campaign.sends(plan_only=True, canary=10.0, select={"seed": "s"})
    assert len(sample["results"]) == 4
    assert [each["aor"] for each in planned["results"]][:4] == [each["aor"] for each in sample["results"]]
    assert len(planned["results"]) == 40


@pytest.mark.parametrize("version", VERSIONS)
def test_killed_in_the_middle_and_resumed_without_reading_again(campaign, version):
    campaign = campaign(version, 120)
    process = ModuleProcess("notify", campaign.options(rate=100))
    until = time.monotonic() + 20
    while len(campaign.notified()) < 20 and time.monotonic() < until:
        time.sleep(0.01)
    assert process.kill(signal.SIGKILL)
    assert campaign.commands()["ul_dump"] == 1
    read = campaign.commands()["ul_show_contact"]
    assert read == (0 if campaign.how == "dump" else 120)
    result = campaign.sends()
    found = outcomes(result)
    assert set(found) <= {"accepted", "unknown"} and sum(found.values()) == 120
    assert set(campaign.notified().values()) == {1}
    assert campaign.commands()["ul_dump"] == 1
    # each that was left was asked for
    assert campaign.commands()["ul_show_contact"] == read + 120 - result["summary"]["earlier"]
    campaign.sends(resend_unknown=True)
    assert campaign.commands()["ul_dump"] == 1


def test_killed_while_the_table_is_read(campaign):
    """Nothing is kept then, and the next run begins anew."""
    campaign = campaign("3.6", 5)
    campaign.emu.fault("ul_dump", "slow", 3, count=1)
    process = ModuleProcess("notify", campaign.options())
    until = time.monotonic() + 20
    while not campaign.commands()["ul_dump"] and time.monotonic() < until:
        time.sleep(0.01)
    assert process.kill(signal.SIGKILL) and campaign.plan is None
    assert outcomes(campaign.sends()) == {"accepted": 5}


@pytest.mark.parametrize("version", VERSIONS)
def test_phones_that_registered_since_are_taken_in_at_the_end(campaign, version):
    campaign = campaign(version, 10)
    assert campaign.sends(batch=6)["summary"]["remaining"] == 4
    target = f"127.0.0.1:{campaign.emu.phones_port}"
    campaign.emu.add_contact("new1" + campaign.domain, "sip:code200@" + target, user_agent="Late/1.0")
    # not as long as any of the plan is left
    second = campaign.sends(batch=6)
    assert second["summary"]["remaining"] == 0 and len(second["results"]) == 4
    assert campaign.commands()["ul_dump"] == 1
    cost, third = campaign.cost(lambda: campaign.sends(batch=6))
    assert cost == campaign.reading(11) and third["lookup"]["how"] == campaign.how
    assert [each["aor"] for each in third["results"]] == ["new1" + campaign.domain]
    assert campaign.plan[-1] == {"phones": 11}
    # the same number of phones, so nothing is read
    cost, fourth = campaign.cost(lambda: campaign.sends(batch=6))
    assert cost == {} and not fourth["changed"] and fourth["summary"]["earlier"] == 11
    # one more that the filters leave out is read once, too
    campaign.emu.forget_contact("new1" + campaign.domain)
    assert campaign.cost(campaign.sends)[0] == {}
    assert set(campaign.notified().values()) == {1}


def test_newcomers_that_the_filters_leave_out_are_read_once(campaign):
    campaign = campaign("3.6", 4, {"select": {"exclude_aor": ["visitor*"]}})
    campaign.sends()
    campaign.emu.add_contact("visitor", "sip:visitor@127.0.0.1:9")
    cost, result = campaign.cost(campaign.sends)
    assert cost == {"ul_dump": 1} and not result["changed"]
    assert result["summary"]["left_out"] == {"exclude_aor matches": 1}
    assert campaign.cost(campaign.sends)[0] == {}


@pytest.mark.parametrize("version", ["2.4", "4.0"])
def test_refresh_appends_what_the_plan_does_not_know(campaign, version):
    campaign = campaign(version, 6)
    campaign.sends(plan_only=True)
    target = f"127.0.0.1:{campaign.emu.phones_port}"
    # as many as before
    campaign.emu.forget_contact("100000" + campaign.domain)
    campaign.emu.add_contact("new" + campaign.domain, "sip:code200@" + target)
    assert len(campaign.sends(plan_only=True)["results"]) == 6
    cost, planned = campaign.cost(lambda: campaign.sends(plan_only=True, refresh=True))
    assert cost == campaign.reading(6)
    assert [each["aor"] for each in planned["results"]][-1] == "new" + campaign.domain
    assert len(planned["results"]) == 7
    gone = next(each for each in planned["results"] if each["aor"].startswith("100000"))
    assert (gone["outcome"], gone["reason"]) == ("not_sent", "it is no longer registered")
    assert outcomes(campaign.sends()) == {"accepted": 6, "not_sent": 1}
    assert "100000" not in campaign.notified()


@pytest.mark.parametrize("version", VERSIONS)
def test_what_happened_to_the_phones_meanwhile_counts(campaign, version):
    campaign = campaign(version, 6, {"unless_user_agent": "^Wanted"})
    campaign.sends(plan_only=True)
    phones = campaign.emu.phones()
    aor = [phone["user"] + campaign.domain for phone in phones]
    campaign.emu.forget_contact(aor[0])
    for number, agent in ((1, "Wanted/2.0"), (2, "Other/2.0")):
        campaign.emu.forget_contact(aor[number])
        campaign.emu.add_contact(aor[number], phones[number]["contact"], user_agent=agent)
    found = {each["aor"]: each for each in campaign.sends()["results"]}
    assert [found[each]["outcome"] for each in aor] == ["not_sent", "already"] + ["accepted"] * 4
    assert found[aor[0]]["reason"] == "it is no longer registered"
    assert found[aor[2]]["user_agent"] == "Other/2.0"
    assert sorted(campaign.notified()) == sorted(phone["user"] for phone in phones[2:])


def test_a_batch_is_filled_past_phones_that_want_nothing(campaign):
    campaign = campaign("3.6", 8, {"unless_user_agent": "^Wanted"})
    order = campaign.sends(plan_only=True)["results"]
    for number, each in enumerate(order[:5]):
        campaign.emu.forget_contact(each["aor"])
        if number in (1, 3):
            campaign.emu.add_contact(each["aor"], each["contact"], user_agent="Wanted/1")
    first = campaign.sends(batch=2)
    assert outcomes(first) == {"accepted": 2} and first["summary"]["remaining"] == 1
    # what nothing was sent to is told of with the last
    last = campaign.sends(batch=2)
    assert outcomes(last) == {"accepted": 1, "already": 2, "not_sent": 3} and last["summary"]["remaining"] == 0


def test_own_only_looks_at_the_socket_of_now(campaign):
    campaign = campaign("3.6", 3, {"own_only": True})
    campaign.emu.add_contact("far", "sip:far@127.0.0.1:9", socket="udp:192.0.2.7:5060")
    planned = campaign.sends(plan_only=True)
    assert len(planned["results"]) == 3 and len(planned["left_out"]) == 1
    phone = campaign.emu.phones()[0]
    campaign.emu.forget_contact(phone["user"])
    campaign.emu.add_contact(phone["user"], phone["contact"], socket="udp:192.0.2.7:5060")
    result = campaign.sends()
    assert outcomes(result) == {"accepted": 2}
    assert result["summary"]["left_out"] == {"another server serves it, through udp:192.0.2.7:5060": 2}
    assert campaign.commands()["ul_dump"] == 1
    # newcomers need not wait for one that another server serves now
    campaign.emu.add_contact("far2", "sip:far2@127.0.0.1:9", socket="udp:192.0.2.7:5060")
    assert campaign.cost(campaign.sends)[0] == {"ul_dump": 1}


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_aors_are_looked_up_once_and_then_as_they_are_needed(campaign, version):
    campaign = campaign(version, 8, {"select": None})
    campaign.args["aors"] = [phone["user"] for phone in campaign.emu.phones()] + ["late", "never"]
    cost, planned = campaign.cost(lambda: campaign.sends(plan_only=True))
    assert cost == {"ul_show_contact": 10} and planned["lookup"]["how"] == "show"
    assert [each["outcome"] for each in planned["results"]] == ["planned"] * 8 + ["not_sent"] * 2
    cost, first = campaign.cost(lambda: campaign.sends(batch=5))
    assert cost == {"ul_show_contact": 5} and outcomes(first) == {"accepted": 5}
    campaign.emu.add_contact("late", f"sip:code200@127.0.0.1:{campaign.emu.phones_port}")
    cost, last = campaign.cost(lambda: campaign.run(batch=5))
    assert cost == {"ul_show_contact": 5} and outcomes(last) == {"accepted": 4, "not_sent": 1}
    assert last["failed"] and "never: not_sent" in last["msg"] and last["error"]["type"] == "NotAccepted"
    assert campaign.notified()["code200"] == 1 and campaign.commands()["ul_dump"] == 0


def test_other_filters_make_another_plan(campaign):
    campaign = campaign("3.6", 10)
    first = campaign.sends(select={"aor": ["10000[0-3]"]})
    assert outcomes(first) == {"accepted": 4}
    cost, second = campaign.cost(campaign.sends)
    assert cost == {"ul_dump": 1} and second["summary"]["earlier"] == 4
    assert outcomes(second) == {"accepted": 10}
    assert set(campaign.notified().values()) == {1}


def test_check_mode_uses_the_plan_and_writes_nothing(campaign):
    campaign = campaign("3.6", 6)
    first = campaign.run(check=True)
    assert first["lookup"]["how"] == "dump" and not campaign.directory.exists()
    campaign.run(check=True, plan_only=True)
    assert not campaign.directory.exists()
    campaign.sends(batch=2)
    before = {path.name: path.read_bytes() for path in campaign.directory.iterdir()}
    cost, plan = campaign.cost(lambda: campaign.run(check=True))
    assert cost == {} and plan["lookup"] == {**plan["lookup"], "how": "plan", "users": 6}
    assert collections.Counter(each["outcome"] for each in plan["results"]) == {"accepted": 2, "planned": 4}
    campaign.run(check=True, refresh=True)
    assert {path.name: path.read_bytes() for path in campaign.directory.iterdir()} == before


def test_a_journal_that_was_removed_begins_anew(campaign):
    campaign = campaign("3.6", 3)
    campaign.sends()
    (campaign.directory / "night.jsonl").unlink()
    cost, _result = campaign.cost(campaign.sends)
    assert cost == {"ul_dump": 1} and set(campaign.notified().values()) == {2}


@pytest.mark.parametrize("broken", ["cut", "foreign", "garbage", "journal"])
@pytest.mark.parametrize("args", [{}, {"batch": 2}, {"plan_only": True}, {"refresh": True}, {"check": True}])
def test_a_plan_that_is_none_sends_nothing(campaign, broken, args):
    campaign = campaign("3.6", 4)
    campaign.sends(plan_only=True)
    path = campaign.directory / "night.plan.jsonl"
    whole = path.read_bytes()
    path.write_bytes(
        {
            "cut": whole[:-5],
            "foreign": whole.replace(b'"night"', b'"day"'),
            "garbage": b"\x00" * 100,
            "journal": (campaign.directory / "night.jsonl").read_bytes(),
        }[broken]
    )
    result = campaign.run(**args)
    assert (
        result["failed"]
        and "is not the plan of campaign night" in result["msg"]
        and "Move the file away" in result["msg"]
    )
    assert result["error"]["type"] == "PlanError"
    assert campaign.notified() == {}


@pytest.mark.parametrize(
    "args, words",
    [
        ({"campaign": None, "campaign_dir": None, "plan_only": True}, ["plan_only", "campaign"]),
        ({"campaign": None, "campaign_dir": None, "refresh": True}, ["refresh", "campaign"]),
        ({"campaign": None, "campaign_dir": None, "canary": 5}, ["campaign", "canary"]),
        ({"canary": -1}, ["canary", "-1"]),
        ({"canary": 101}, ["canary", "101"]),
        ({"select": None, "uris": ["sip:a@b"], "canary": 5}, ["uri", "canary"]),
    ],
)
def test_options_that_cannot_be(campaign, args, words):
    result = campaign("3.6", 1).run(**args)
    assert result["failed"] and all(word in result["msg"] for word in words)


def test_uris_need_no_plan(campaign):
    campaign = campaign("3.6", 4, {"select": None})
    campaign.args["uris"] = [phone["contact"] for phone in campaign.emu.phones()]
    planned = campaign.sends(plan_only=True)
    assert {each["outcome"] for each in planned["results"]} == {"planned"} and planned["lookup"]["how"] == "none"
    assert campaign.notified() == {} and campaign.plan is None
    assert outcomes(campaign.sends(batch=3)) == {"accepted": 3}
    assert campaign.cost(campaign.sends)[0] == {}


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_waiting_over_datagrams(campaign, version):
    """300 phones, which no datagram holds."""
    campaign = campaign(version, 200, reboot=True, reboot_seconds=0.3, register="direct")
    campaign.way = {"host": campaign.emu.udp[0], "port": campaign.emu.udp[1]}
    result = campaign.sends(wait=True, wait_timeout=20)
    assert outcomes(result) == {"accepted": 200} and result["summary"]["registered"] == {"back": 200}


def test_left_out_contacts_are_counted_and_listed_in_part(campaign):
    campaign = campaign("3.6", 1200, register="direct")
    result = campaign.run(check=True, select={"aor": ["10000[0-4]"], "exclude_aor": ["100003"], "limit": 3})
    assert len(result["results"]) == 3 and len(result["left_out"]) == 1000
    assert result["summary"]["left_out"] == {
        "aor does not match": 1195,
        "exclude_aor matches": 1,
        "it is beyond limit": 1,
    }


def test_a_dump_has_more_time_than_timeout(campaign):
    campaign = campaign("3.6", 3)
    campaign.emu.fault("ul_dump", "slow", 2.5, count=1)
    result = campaign.sends(timeout=1)
    assert outcomes(result) == {"accepted": 3}
    assert result["lookup"]["seconds"] > 2 and result["lookup"]["expected_seconds"] < 1


class Moving:
    """Phones of an emulator that register without an instance, each time with another contact."""

    def __init__(self, campaign):
        self._campaign = campaign
        for phone in campaign.emu.phones():
            campaign.emu.forget_contact(phone["user"] + campaign.domain)

    def register(self, user, *places, agent="X/1", call_id="x", answer=200):
        """The contacts of user are those places from now on."""
        emu, aor = self._campaign.emu, user + self._campaign.domain
        emu.forget_contact(aor)
        for place in places:
            contact = f"sip:code{answer}@127.0.0.1:{emu.phones_port};{user}={place}"
            emu.add_contact(aor, contact, user_agent=agent, callid=f"{call_id}-{place}", sip_instance="")

    def notified(self, user):
        """The places of user that a NOTIFY went to, each Call-ID once."""
        found = {}
        for entry in self._campaign.emu.sip_log():
            match = re.match(rf"NOTIFY sip:[^ ]*;{user}=(\w+)", entry["first"])
            if match:
                found[dict(entry["headers"])["Call-ID"]] = match[1]
        return list(found.values())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("batch", [1, None])
def test_a_phone_of_the_same_aor_is_not_taken_for_one_that_came_back(campaign, version, batch):
    campaign = campaign(version, 1, {"wait": True, "wait_timeout": 1.5, "batch": batch})
    moving = Moving(campaign)
    moving.register("desk", "a", "b")
    if batch is None:
        assert campaign.sends()["summary"]["registered"] == {"not_back": 2}
    else:
        for remaining in (1, 0):
            result = campaign.sends()
            assert outcomes(result) == {"accepted": 1} and result["summary"]["remaining"] == remaining
            assert result["summary"]["registered"] == {"not_back": 1}
    assert sorted(moving.notified("desk")) == ["a", "b"]
    assert "registered anew" not in (campaign.directory / "night.jsonl").read_text()


def test_one_that_the_filters_leave_out_is_not_taken_for_one_that_came_back(campaign):
    campaign = campaign("3.6", 1, {"select": {"contact": ["*=a"]}, "wait": True, "wait_timeout": 1.5})
    Moving(campaign).register("desk", "a", "b")
    assert campaign.sends()["summary"]["registered"] == {"not_back": 1}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("moves_on", [True, False])
def test_a_phone_that_moved_before_its_batch_is_sent_to_once(campaign, version, moves_on):
    campaign = campaign(version, 1, {"batch": 2})
    moving = Moving(campaign)
    users = [f"user{number}" for number in range(6)]
    for user in users:
        moving.register(user, 1)
    first = campaign.sends(plan_only=True)["results"][0]["aor"].partition("@")[0]
    moving.register(first, 2)
    for remaining in (4, 2, 0):
        assert campaign.sends()["summary"]["remaining"] == remaining
        if moves_on:
            moving.register(first, 9 - remaining)
    assert [moving.notified(user) for user in users] == [["2"] if user == first else ["1"] for user in users]


def test_two_phones_of_an_aor_that_both_moved_are_sent_to_once_each(campaign):
    campaign = campaign("3.6", 1, {"batch": 1})
    moving = Moving(campaign)
    moving.register("desk", "a1", "b1")
    campaign.sends()
    moving.register("desk", "a2", "b2")
    campaign.sends()
    moving.register("desk", "a3", "b3")
    assert campaign.sends()["summary"]["sent"] == 0
    assert sorted(moving.notified("desk")) == ["a1", "b2"]


@pytest.mark.parametrize("version", VERSIONS)
def test_phones_that_are_done_and_moved_are_no_newcomers(campaign, version):
    campaign = campaign(version, 1)
    moving = Moving(campaign)
    users = ["user1", "user2", "user3"]
    for user in users:
        moving.register(user, 1)
    assert outcomes(campaign.sends()) == {"accepted": 3}
    for place in (2, 3):
        for user in users:
            moving.register(user, place, call_id="after")
        moving.register(f"late{place}", 1)
        result = campaign.sends()
        assert result["lookup"]["how"] == campaign.how and result["summary"]["sent"] == 1
        assert outcomes(result) == {"accepted": 2 + place}
    assert [moving.notified(user) for user in users] == [["1"]] * 3
    assert moving.notified("late2") == moving.notified("late3") == ["1"]
    # what the plan says of them is kept
    for user in users:
        moving.register(user, 4, call_id="after")
    assert campaign.cost(campaign.sends)[0] == {}


@pytest.mark.parametrize("version", ["2.4", "3.6"])
@pytest.mark.parametrize("cut", [{"limit": 3}, {"sample": 50.0, "seed": "a"}])
def test_refresh_keeps_phones_that_sample_and_limit_would_leave_out_now(campaign, version, cut):
    campaign = campaign(version, 8, {"select": cut})
    planned = {each["aor"] for each in campaign.sends(plan_only=True)["results"]}
    for number in range(12):
        campaign.emu.add_contact(f"a{number}" + campaign.domain, f"sip:code200@127.0.0.1:{campaign.emu.phones_port}")
    for phone in campaign.emu.phones():
        if "sample" in cut and phone["user"] + campaign.domain not in planned:
            campaign.emu.forget_contact(phone["user"] + campaign.domain)
    result = campaign.sends(refresh=True)
    assert set(outcomes(result)) == {"accepted"}
    found = {each["aor"] for each in result["results"]}
    assert planned <= found and ("sample" in cut or found == planned)
    # of all that are registered now nobody is lost
    assert len(found) + sum(result["summary"]["left_out"].values()) == (20 if "limit" in cut else 16)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("batch", [10, None])
def test_phones_that_need_nothing_any_more_keep_no_newcomers_away(campaign, version, batch):
    campaign = campaign(version, 6, {"unless_user_agent": "^Wanted"})
    campaign.sends(plan_only=True)
    gone, wanted = campaign.emu.phones()[:2]
    for phone in (gone, wanted):
        campaign.emu.forget_contact(phone["user"] + campaign.domain)
    campaign.emu.add_contact(wanted["user"] + campaign.domain, wanted["contact"], user_agent="Wanted/1")
    assert outcomes(campaign.sends(batch=batch)) == {"accepted": 4, "not_sent": 1, "already": 1}
    # nobody is new, so nothing is read, and the plan still shows them
    cost, planned = campaign.cost(lambda: campaign.sends(plan_only=True))
    assert cost == {} and planned["lookup"]["how"] == "plan"
    for number in range(4):
        campaign.emu.add_contact(f"new{number}" + campaign.domain, f"sip:code200@127.0.0.1:{campaign.emu.phones_port}")
    cost, planned = campaign.cost(lambda: campaign.sends(plan_only=True))
    assert cost == campaign.reading(9)
    new = {each["aor"] for each in planned["results"] if each["outcome"] == "planned"}
    assert new == {f"new{number}" + campaign.domain for number in range(4)}
    # one that was gone is sent to when it is there again
    campaign.emu.add_contact(gone["user"] + campaign.domain, gone["contact"])
    assert campaign.sends(batch=10)["summary"]["sent"] == 5
    assert campaign.notified()[gone["user"]] == 1


def test_phones_that_are_left_keep_newcomers_away(campaign):
    """A look at the plan alone settles nobody."""
    campaign = campaign("3.6", 4)
    campaign.sends(plan_only=True)
    campaign.emu.forget_contact("100000")
    for number in range(2):
        campaign.emu.add_contact(f"new{number}", f"sip:code200@127.0.0.1:{campaign.emu.phones_port}")
    for args in ({"plan_only": True}, {"check": True}):
        assert campaign.cost(lambda args=args: campaign.run(**args))[0] == {}
    assert "settled" not in (campaign.directory / "night.jsonl").read_text()
