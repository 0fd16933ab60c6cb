# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets: rules to stop by, batches, waiting, servers that share a table, plans, lamps from files, filters."""

from __future__ import annotations

import collections
import json
import re

import pytest

from ansible_collections.community.opensips.tests.emulator.phones import VENDORS
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.servers import VERSIONS, fifo_of

REBOOT = "check-sync;reboot=true"


def notify(emu, check=False, diff=False, **args):
    return run_module("notify", {**fifo_of(emu), "event": REBOOT, **args}, check=check, diff=diff)


def mwi(emu, check=False, **args):
    return run_module("mwi", {**fifo_of(emu), **args}, check=check)


def outcomes(result):
    """{outcome: how often}, without those that did not come."""
    return {name: many for name, many in result["summary"]["outcomes"].items() if many}


def requests(emu):
    """{user: how many NOTIFYs it got}; the retransmissions of one count once."""
    seen = collections.defaultdict(set)
    for entry in emu.sip_log():
        found = re.match(r"NOTIFY sip:([^@]+)@", entry["first"])
        if found:
            seen[found[1]].add(dict(entry["headers"])["Call-ID"])
    return {user: len(calls) for user, calls in seen.items()}


# ---- stopping


# two of two are more than 10 % beyond chance
@pytest.mark.parametrize("most, fewest", [(3, 4), ("10%", 2)])
def test_max_failures_stops_and_lists_the_rest(emulator, most, fewest):
    emu = emulator("3.6", phones=120, reject=0.5)
    result = notify(emu, select={}, max_failures=most, max_in_flight=1)
    assert result["failed"] and re.match(
        r"The run stopped: \d+ of \d+ phones failed, more than max_failures", result["msg"]
    )
    assert len(result["results"]) == 120
    found = outcomes(result)
    assert found["rejected"] >= fewest
    assert found["not_sent"] > 50
    not_sent = [each for each in result["results"] if each["outcome"] == "not_sent"]
    assert all("the run stopped" in each["reason"] for each in not_sent)
    got = requests(emu)
    assert sum(got.values()) == 120 - len(not_sent)
    assert not {each["aor"] for each in not_sent} & set(got)


def test_steps_end_with_the_one_that_fails(emulator):
    """All phones of a step are under way together, and none of the next one is before all have answered."""
    emu = emulator("3.6", phones=30, dead=100, fr_timeout=1)
    result = notify(emu, select={}, max_failures=0, step=10)
    assert result["failed"] and outcomes(result) == {"no_answer": 10, "not_sent": 20}
    assert len(requests(emu)) == 10


def test_a_step_waits_for_the_answers_of_the_one_before(emulator):
    emu = emulator("3.6", phones=9, dead=100, fr_timeout=1)
    result = notify(emu, select={}, step=3)
    assert outcomes(result) == {"no_answer": 9}
    users = [re.match(r"NOTIFY sip:([^@]+)@", entry["first"])[1] for entry in emu.sip_log()]
    order = list(dict.fromkeys(users))
    # those of a step are sent again and again until the server gives up, and only then the next one begins
    assert min(users.count(user) for user in order) > 1
    assert users == sorted(users, key=lambda user: order.index(user) // 3)


def test_a_stopped_campaign_goes_on(emulator, tmp_path):
    emu = emulator("3.6", phones=60, reject=0.2)
    campaign = {"select": {}, "campaign": "c", "campaign_dir": str(tmp_path)}
    stopped = notify(emu, max_failures=1, max_in_flight=1, **campaign)
    assert stopped["failed"] and outcomes(stopped)["not_sent"]
    rest = notify(emu, **campaign)
    assert outcomes(rest) == {"accepted": 48, "rejected": 12}
    assert rest["summary"]["earlier"] == 60 - outcomes(stopped)["not_sent"]
    assert set(requests(emu).values()) == {1}


# ---- batches


@pytest.mark.parametrize("version", ["2.4", "4.0"])
def test_batches_until_none_remain(emulator, tmp_path, version):
    emu = emulator(version, phones=50, dead=0.04, fr_timeout=0.5)
    remaining, seen = [], []
    while not remaining or remaining[-1]:
        result = notify(emu, select={}, campaign="b", campaign_dir=str(tmp_path), batch=20)
        assert result["changed"]
        remaining.append(result["summary"]["remaining"])
        seen += [each["contact"] for each in result["results"]]
    assert remaining == [30, 10, 0]
    assert sorted(seen) == sorted(phone["contact"] for phone in emu.phones())
    assert requests(emu) == {phone["user"]: 1 for phone in emu.phones()}
    done = notify(emu, select={}, campaign="b", campaign_dir=str(tmp_path), batch=20)
    assert not done["changed"] and done["results"] == [] and done["summary"]["earlier"] == 50


def test_batches_tell_once_of_phones_that_nothing_is_sent_to(emulator, tmp_path):
    emu = emulator("3.6", phones=24, reboot=True, reboot_seconds=0.2, upgrade=True)
    vendors = {each["aor"]: each["vendor"] for each in notify(emu, check=True, select={})["results"]}
    as_wanted = {aor for aor, vendor in vendors.items() if vendor == "snom"}
    left_out = {aor for aor, vendor in vendors.items() if vendor == "polycom"}
    news = [re.escape(new) for vendor, _agent, _old, new in VENDORS]
    args = {
        "select": {"exclude_user_agent": ["polycom"]},
        "unless_user_agent": "|".join(["snom", *news]),
        "campaign": "once",
        "campaign_dir": str(tmp_path),
        "batch": 6,
        "wait": True,
        "wait_timeout": 20,
    }
    assert {each["aor"] for each in notify(emu, check=True, **args)["left_out"]} == left_out
    runs = []
    while not runs or runs[-1]["summary"]["remaining"]:
        runs.append(notify(emu, **args))
    assert len(runs) > 2 and as_wanted and left_out
    *first, last = runs
    assert all(each["left_out"] == [] and set(outcomes(each)) == {"accepted"} for each in first)
    assert {each["aor"] for each in last["left_out"]} == left_out
    found = [(entry["aor"], entry["outcome"]) for run in runs for entry in run["results"]]
    # those of earlier batches have the new firmware meanwhile, and are not told of again
    sent = set(vendors) - as_wanted - left_out
    assert sorted(found) == sorted([(aor, "already") for aor in as_wanted] + [(aor, "accepted") for aor in sent])


# ---- waiting, and what is wanted already


@pytest.mark.parametrize("version", VERSIONS)
def test_waiting_until_phones_are_back(emulator, version):
    emu = emulator(version, phones=16, reject=0.1, reboot=True, reboot_seconds=0.5, upgrade=True)
    domain = "@127.0.0.1" if version == "4.0" else ""
    # it accepts and does nothing
    emu.add_contact("code200" + domain, f"sip:code200@127.0.0.1:{emu.phones_port}", user_agent="Lazy/1.0")
    result = notify(emu, select={}, wait=True, wait_timeout=4)
    newer = {agent % old: agent % new for _vendor, agent, old, new in VENDORS}
    registered = collections.Counter()
    for each in result["results"]:
        registered[each.get("registered")] += 1
        if each.get("registered") == "back":
            assert each["new_user_agent"] == newer[each["user_agent"]]
            assert 0 < each["back_seconds"] < 5
    assert registered == {"back": 14, "not_back": 1, None: 2}
    assert result["summary"]["registered"] == {"back": 14, "not_back": 1}
    lazy = next(each for each in result["results"] if each["user_agent"] == "Lazy/1.0")
    assert (lazy["outcome"], lazy["registered"], lazy["new_user_agent"]) == ("accepted", "not_back", None)
    assert emu.stats()["commands"].get("ul_dump", emu.stats()["commands"].get("usrloc:dump", 0)) < 10


def test_waiting_ends_once_all_are_back(emulator):
    emu = emulator("3.6", phones=5, reboot=True, reboot_seconds=0.3, upgrade=True)
    result = notify(emu, select={}, wait=True, wait_timeout=100)
    assert result["summary"]["registered"] == {"back": 5}
    assert max(each["back_seconds"] for each in result["results"]) < 20


@pytest.mark.parametrize("version", ["1.11", "3.6"])
def test_a_second_run_changes_nothing_once_the_fleet_is_upgraded(emulator, version):
    emu = emulator(version, phones=8, reboot=True, reboot_seconds=0.2, upgrade=True)
    wanted = "|".join(re.escape(new) for _vendor, _agent, _old, new in VENDORS)
    args = {"select": {}, "unless_user_agent": wanted, "wait": True, "wait_timeout": 20}
    first = notify(emu, **args)
    assert first["changed"] and outcomes(first) == {"accepted": 8} and first["summary"]["registered"] == {"back": 8}
    second = notify(emu, **args)
    assert not second["changed"] and outcomes(second) == {"already": 8}
    assert sum(requests(emu).values()) == 8


# ---- several servers


@pytest.mark.parametrize("version", VERSIONS)
def test_servers_that_share_a_table_send_to_no_phone_twice(emulator, version):
    """Both tables hold all contacts; each server sends to those that registered through it."""
    both = [emulator(version, phones=6), emulator(version, phones=0)]
    domain = "@127.0.0.1" if version == "4.0" else ""
    sockets = [f"udp:127.0.0.1:{emu.sip[1]}" for emu in both]
    for number, phone in enumerate(both[0].phones()[:5]):
        for emu in both:
            emu.add_contact(f"1{number}{domain}", phone["contact"] + ";line=2", socket=sockets[1])
    results = [
        notify(emu, select={}, own_only=True, own_sockets=[own]) for emu, own in zip(both, sockets, strict=False)
    ]
    assert [len(each["results"]) for each in results] == [6, 5]
    assert [len(each["left_out"]) for each in results] == [5, 0]
    assert {each["reason"] for each in results[0]["left_out"]} == {"another server serves it, through " + sockets[1]}
    sent = [each["contact"] for result in results for each in result["results"]]
    assert len(sent) == len(set(sent)) == 11
    # what the processes listen on decides where nothing is given
    both[0].add_contact("far" + domain, "sip:far@127.0.0.1:9", socket="udp:192.0.2.7:5060")
    planned = notify(both[0], check=True, select={}, own_only=True)
    assert [each["aor"] for each in planned["left_out"]] == ["far" + domain]


# ---- plans


@pytest.mark.parametrize("version", VERSIONS)
def test_check_mode_gives_the_whole_plan(emulator, tmp_path, version):
    emu = emulator(version, phones=9)
    domain = "@127.0.0.1" if version == "4.0" else ""
    emu.add_contact("odd" + domain, "sip:odd@127.0.0.1:9", user_agent="Unheard/1.0")
    args = {"select": {"exclude_user_agent": ["polycom"]}, "event": "auto", "unless_user_agent": "^Mitel", "campaign": "p",
            "campaign_dir": str(tmp_path)}  # fmt: skip
    plan = notify(emu, check=True, diff=True, **args)
    assert plan["changed"] and requests(emu) == {} and not list(tmp_path.iterdir())
    assert outcomes(plan) == {"already": 1, "not_sent": 1, "planned": 7}
    assert [each["reason"] for each in plan["left_out"]] == ["exclude_user_agent matches"]
    assert all(each["event"] and each["preset"] for each in plan["results"] if each["outcome"] == "planned")
    planned = [each for each in plan["results"] if each["outcome"] == "planned"]
    lines = [f"{each['aor']} {each['contact']} {each['event']}" for each in planned]
    assert plan["diff"]["after"].splitlines() == lines and len(lines) == 7

    done = notify(emu, **args)
    order = [each["contact"] for each in plan["results"]]
    assert [each["contact"] for each in done["results"]] == order
    sent = [(each["contact"], each["event"]) for each in done["results"] if each["outcome"] == "accepted"]
    assert sent == [(each["contact"], each["event"]) for each in plan["results"] if each["outcome"] == "planned"]
    # afterwards there is nothing left to plan
    again = notify(emu, check=True, **args)
    assert not again["changed"] and outcomes(again) == {"accepted": 7, "already": 1, "not_sent": 1}


# ---- lamps


def boxes_of(emu, **numbers):
    domain = "@127.0.0.1" if emu.version == "4.0" else ""
    return [
        {"aor": phone["user"] + domain, "account": f"sip:{phone['user']}@example.com", **numbers}
        for phone in emu.phones()
    ]


def write_boxes(path, boxes):
    if path.suffix == ".json":
        path.write_text(json.dumps(boxes), encoding="utf-8")
    else:
        names = list(boxes[0])
        path.write_text(
            "\n".join([",".join(names)] + [",".join(str(each[name]) for name in names) for each in boxes]) + "\n",
            encoding="utf-8",
        )


@pytest.mark.parametrize(
    "version, name", [("1.11", "boxes.csv"), ("2.4", "boxes.json"), ("3.6", "boxes.csv"), ("4.0", "boxes.json")]
)
def test_lamps_from_a_file_only_where_a_number_changed(emulator, tmp_path, version, name):
    emu = emulator(version, phones=10)
    path, state = tmp_path / name, tmp_path / "state"
    boxes = boxes_of(emu, new=1, old=2)
    write_boxes(path, boxes)
    args = {"mailboxes_file": str(path), "state_file": str(state)}
    planned = mwi(emu, check=True, **args)
    assert planned["changed"] and not state.exists()
    first = mwi(emu, **args)
    assert first["changed"] and outcomes(first) == {"accepted": 10}
    second = mwi(emu, **args)
    assert not second["changed"] and outcomes(second) == {"already": 10}
    boxes[3]["new"], boxes[7]["old"] = 0, 5
    write_boxes(path, boxes)
    third = mwi(emu, **args)
    assert third["changed"] and outcomes(third) == {"accepted": 2, "already": 8}
    changed = {boxes[3]["aor"], boxes[7]["aor"]}
    assert {each["aor"] for each in third["results"] if each["outcome"] == "accepted"} == changed
    bodies = [entry["body"] for entry in emu.sip_log()[-2:]]
    assert {"Voice-Message: 0/2 (0/0)" in body or "Voice-Message: 1/5 (0/0)" in body for body in bodies} == {True}


def test_lamps_that_were_not_accepted_are_sent_again(emulator, tmp_path):
    emu = emulator("3.6", phones=20, reject=0.2, fr_timeout=0.5)
    args = {"mailboxes": boxes_of(emu, new=3), "state_file": str(tmp_path / "state")}
    assert outcomes(mwi(emu, **args)) == {"accepted": 16, "rejected": 4}
    rejecting = [phone["user"] for phone in emu.phones() if phone["behaviour"] == "reject"]
    again = mwi(emu, **args)
    assert outcomes(again) == {"already": 16, "rejected": 4}
    assert sorted(each["aor"] for each in again["results"] if each["outcome"] == "rejected") == sorted(rejecting)
    for user in rejecting:
        emu.set_phone(user, behaviour="answer")
    assert outcomes(mwi(emu, **args)) == {"already": 16, "accepted": 4}
    assert not mwi(emu, **args)["changed"]


def test_a_mailbox_of_two_phones_is_done_when_both_have_it(emulator, tmp_path):
    emu = emulator("3.6", phones=2)
    emu.add_contact("100000", f"sip:rejectme@127.0.0.1:{emu.phones_port}", user_agent="Stubborn/1.0")
    args = {"mailboxes": boxes_of(emu, new=1), "state_file": str(tmp_path / "state")}
    assert outcomes(mwi(emu, **args)) == {"accepted": 2, "rejected": 1}
    assert outcomes(mwi(emu, **args)) == {"accepted": 1, "rejected": 1, "already": 1}


# ---- filters


@pytest.fixture(scope="module")
def mixed():
    """An emulator with contacts that differ in all that filters look at."""
    from ansible_collections.community.opensips.tests.emulator import Emulator

    with Emulator("4.0", phones=0, fr_timeout=0.3) as emu:
        for number in range(8):
            emu.add_contact(
                f"user{number}@{'a' if number < 4 else 'b'}.example",
                f"sip:user{number}@10.0.{number}.1:5060",
                expires=1800 if number == 5 else 3600,
                user_agent=f"{'Snom' if number % 2 else 'Yealink'} {number}.0",
                socket=f"udp:192.0.2.{number % 3}:5060",
                received=f"sip:203.0.113.{number}:1024" if number == 2 else "",
                cflags="NAT VIP" if number == 6 else "NAT" if number == 7 else "",
            )
        yield emu


@pytest.mark.parametrize("filters, users", [
    ({}, "01234567"),
    ({"aor": ["user[0-2]"]}, "012"),
    ({"aor": ["*@b.example"]}, "4567"),
    ({"aor_regex": ["^USER[17]@"]}, "17"),
    ({"domain": ["A.example"]}, "0123"),
    ({"user_agent": ["snom"]}, "1357"),
    ({"user_agent": [r"^yealink [04]\."]}, "04"),
    ({"contact": ["sip:*@10.0.3.*"]}, "3"),
    ({"network": ["10.0.0.0/23", "203.0.113.2"]}, "012"),
    ({"socket": ["udp:192.0.2.1:*"]}, "147"),
    ({"expires_within": 2000}, "5"),
    ({"branch_flags": ["NAT"]}, "67"),
    ({"branch_flags": ["NAT", "VIP"]}, "6"),
    ({"limit": 3}, 3),
    ({"sample": 25, "seed": "s"}, 2),
    ({"exclude_aor": ["user[0-2]"]}, "34567"),
    ({"exclude_aor_regex": ["[0-6]@"]}, "7"),
    ({"exclude_domain": ["a.example"]}, "4567"),
    ({"exclude_user_agent": ["snom"]}, "0246"),
    ({"exclude_contact": ["*@10.0.3.1:*"]}, "0124567"),
    ({"exclude_network": ["10.0.0.0/22"]}, "4567"),
    ({"exclude_socket": ["*:192.0.2.1:*"]}, "02356"),
    ({"user_agent": ["snom"], "domain": ["a.example"], "exclude_aor": ["user1"]}, "3"),
])  # fmt: skip
def test_each_filter(mixed, filters, users):
    plan = notify(mixed, check=True, select=filters)
    selected = sorted(each["aor"][4] for each in plan["results"])
    if isinstance(users, int):
        assert len(selected) == users
    else:
        assert "".join(selected) == users
    assert sorted(selected + [each["aor"][4] for each in plan["left_out"]]) == list("01234567")
    assert all(each["reason"] for each in plan["left_out"])
    if "seed" in filters:
        again = notify(mixed, check=True, select=filters)
        assert [each["aor"] for each in again["results"]] == [each["aor"] for each in plan["results"]]

    # the same filters, and so the same phones, in the other modules
    facts = run_module("facts", {**fifo_of(mixed), "gather_subset": ["contacts"], "select": filters})
    assert sorted(each["user"][4] for each in facts["ansible_facts"]["opensips"]["contacts"]) == selected
    mailboxes = [{"aor": f"user{number}@{'a' if number < 4 else 'b'}.example", "new": 1} for number in range(8)]
    lamps = mwi(mixed, check=True, mailboxes=mailboxes, select=filters)
    planned = sorted(each["aor"][4] for each in lamps["results"] if each["outcome"] == "planned")
    # limit takes the first ones in the order of the mailboxes
    assert planned == selected if "limit" not in filters else len(planned) == users
    assert len(lamps["left_out"]) == sum(lamps["summary"]["left_out"].values()) == 8 - len(selected)
    assert all(each["reason"] for each in lamps["left_out"])
