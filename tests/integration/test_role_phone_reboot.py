# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role phone_reboot, with phones that reboot."""

from __future__ import annotations

import csv
import io
import json
import os
import pathlib
import threading
import time

import pytest

from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

# phones that auto knows how to reboot
REBOOTING = {"exclude_user_agent": ["polycom"]}


@pytest.fixture
def farm_of(emulator):
    """farm_of(24): an emulator whose phones come back half a second after a reboot, with new firmware."""

    def start(count, version="3.6", **options):
        return emulator(version, **{"phones": count, "reboot": True, "reboot_seconds": 0.5, "upgrade": True, **options})

    return start


class Role:
    """What one run of the role gave: lines of progress, the end's message, the reports."""

    def __init__(self, results, folder):
        # tasks of a role are called "ROLE : NAME"
        for each in results:
            each.task = each.task.split(" : ")[-1]
        self.results = results
        self.output = results.output
        self.lines = self.shown("Show the progress")
        self.failures = [each.msg for each in results if each.failed]
        self.sent = [each for each in results if each.task == "Send, and wait for the phones" and "results" in each]
        self.plan = next(iter(self.shown("Show the plan")), None)
        self.files = sorted(pathlib.Path(folder).glob("*/*"))

    def shown(self, task):
        """What a task showed on each host."""
        return [each.msg for each in self.results if each.task == task and "msg" in each]

    @property
    def order(self):
        """The contacts of the plan, in the order in which it shows them."""
        start = next(number for number, line in enumerate(self.plan) if line.startswith("In this order"))
        return [line.split()[1] for line in self.plan[start + 1 :] if line.startswith("  ") and "sip:" in line]

    def report(self, suffix):
        return next(each for each in self.files if each.suffix == suffix).read_text(encoding="utf-8")

    @property
    def json(self):
        return json.loads(self.report(".json"))


@pytest.fixture
def role(ansible, tmp_path):
    """role({host: emulator}, batch=4, …): runs the role; each run has reports of its own."""
    count = 0

    def run(emulators, check=False, hosts=None, arguments=(), **variables):
        nonlocal count
        count += 1
        reports = tmp_path / f"reports{count}"
        options = {
            "campaign": "night",
            "report_dir": str(reports),
            "select": REBOOTING,
            "wait_timeout": 6,
            "max_failures": "50%",
            **variables,
        }
        common = {f"phone_reboot_{name}": value for name, value in options.items() if value is not None}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {
                "group/community.opensips.all": {"fifo_path": "{{ mi.fifo_path }}", "reply_dir": "{{ mi.reply_dir }}"}
            },
            "tasks": [
                {
                    "block": [
                        {
                            "name": "Run the role",
                            "ansible.builtin.include_role": {"name": "community.opensips.phone_reboot"},
                        }
                    ],
                    # a role that stops fails its host, and the helper wants plays that end well
                    "rescue": [
                        {
                            "name": "Failed",
                            "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg | default('') }}"},
                        }
                    ],
                }
            ],
        }
        inventory = {
            name: {
                **common,
                "phone_reboot_campaign_dir": str(tmp_path / f"journals-{name}"),
                "mi": fifo_of(emu),
                **(hosts or {}).get(name, {}),
            }
            for name, emu in emulators.items()
        }
        return Role(ansible.run_plays([play], inventory, check=check, arguments=arguments), reports)

    return run


def reads(emu):
    """How often the location table was read."""
    counts = emu.stats()["commands"]
    return counts.get("ul_dump", 0) + counts.get("usrloc:dump", 0)


def notified(emu):
    """{user: NOTIFYs that it got}."""
    counts = {}
    for each in emu.sip_log():
        if each["first"].startswith("NOTIFY"):
            user = each["first"].split("sip:")[1].split("@")[0]
            counts[user] = counts.get(user, 0) + 1
    return counts


class TestOneServer:
    def test_canary_then_batches_then_a_report(self, role, farm_of, tmp_path):
        emu = farm_of(24)
        emu.set_phone("100003", behaviour="dead")
        emu.set_phone("100004", behaviour="reject", code=481)
        done = role({"sip": emu}, canary=10, batch=8)
        assert done.failures == []
        labels = [line.split(":")[0] for line in done.lines]
        assert labels == ["canary", "batch 1 of 3", "batch 2 of 3", "batch 3 of 3"]
        assert done.lines[0].startswith("canary: 3 phones, ")
        assert done.lines[-1].endswith("21 of 21 done")
        found = done.json
        assert found["summary"]["total"] == 21
        assert found["summary"]["states"] == {"back": 19, "rejected": 1, "no_answer": 1}
        # SIP itself sends again to a phone that is silent
        assert {user: count for user, count in notified(emu).items() if count > 1 and user != "100003"} == {}
        rows = list(csv.DictReader(io.StringIO(done.report(".csv"), newline="")))
        assert sorted(row["aor"] for row in rows) == sorted(each["aor"] for each in found["results"])
        assert {row["batch"] for row in rows} == set(labels)
        page = done.report(".html")
        assert "<title>Phone reboot: night</title>" in page
        assert "batch 2 of 3" in page
        assert {oct(each.stat().st_mode & 0o777) for each in done.files} == {"0o600"}
        # Ansible gets the results in a file, and only those that need attention beside it
        assert sum(len(each["results"]) for each in done.sent) == 2
        assert all(each["changed"] for each in done.sent)
        assert {path.suffix for path in tmp_path.glob("journals-sip/*")} == {".jsonl"}

    def test_check_mode_shows_the_plan_and_sends_nothing(self, role, farm_of, tmp_path):
        emu = farm_of(8)
        done = role({"sip": emu}, check=True, arguments=["--diff"])
        assert done.plan[0] == "7 phones: 7 planned"
        assert "In this order, of which the first 1 is the canary:" in done.plan
        assert any("1: exclude_user_agent matches" in line for line in done.plan)
        assert (done.lines, done.files, notified(emu)) == ([], [], {})
        assert not (tmp_path / "journals-sip").exists()
        # it reports the change that a run makes, and shows it
        assert [each.task for each in done.results if each.get("changed")] == ["Look up the phones and their Events"]
        added = [line.split()[1] for line in done.output.splitlines() if line.startswith("+") and "sip:" in line]
        assert added == done.order
        planned = role({"sip": emu}, check=True, report_plan=True)
        assert [each.stem.endswith("-plan") for each in planned.files] == [True] * 3
        assert planned.json["summary"]["states"] == {"planned": 7}
        assert notified(emu) == {}

    def test_a_campaign_that_the_role_names(self, role, farm_of, tmp_path):
        emu = farm_of(4)
        for number in range(100000, 100004):
            emu.set_phone(str(number), behaviour="reject", code=481)
        stopped = role({"sip": emu}, campaign=None, canary=30, wait=False, max_failures=0)
        (shown,) = stopped.shown("Show the campaign")
        name = shown.split()[1]
        assert shown.startswith(f"Campaign {name} begins. ") and f"-e phone_reboot_campaign={name}." in shown
        assert any(f"run the campaign again with -e phone_reboot_campaign={name}:" in text for text in stopped.failures)
        journal = tmp_path / "journals-sip" / f"{name}-sip.jsonl"
        assert f"tail -F {journal}" in shown and journal.exists()
        resumed = role({"sip": emu}, campaign=name, wait=False, max_failures="")
        assert resumed.shown("Show the campaign")[0].startswith(f"Campaign {name} continues")
        assert resumed.json["summary"]["earlier"] == 1 and set(notified(emu).values()) == {1}
        # a run over no phone writes no report; and of two campaigns that the role named, one is kept, if the other is old
        nobody = role({"sip": emu}, campaign=None, select={"aor": ["nobody"]}, keep_campaigns=1)
        assert journal.exists()
        eight_days_ago = time.time() - 8 * 86400
        os.utime(journal, (eight_days_ago, eight_days_ago))
        nobody = role({"sip": emu}, campaign=None, select={"aor": ["nobody"]}, keep_campaigns=1)
        assert (nobody.failures, nobody.files) == ([], [])
        assert nobody.shown("Show that there is nothing to report") == [
            "No phone is selected on any host. Nothing was sent, and no report is written"
        ]
        assert not journal.exists()

    def test_stops_when_too_many_fail_and_goes_on_later(self, role, farm_of):
        emu = farm_of(16)
        for number in range(100000, 100016):
            emu.set_phone(str(number), behaviour="reject", code=481)
        stopped = role({"sip": emu}, canary=25, batch=4, max_failures="10%")
        assert [line.split(":")[0] for line in stopped.lines] == ["canary"]
        assert any("more than max_failures (10%)" in failure and "night" in failure for failure in stopped.failures)
        assert stopped.json["summary"]["states"] == {"rejected": 4, "not_sent": 10}
        assert "<b>Stopped.</b>" in stopped.report(".html")
        canary = set(notified(emu))
        for number in range(100000, 100016):
            emu.set_phone(str(number), behaviour="ok")
        resumed = role({"sip": emu}, canary=25, batch=4, max_failures="10%")
        assert resumed.failures == []
        assert resumed.json["summary"]["states"] == {"back": 10, "rejected": 4}
        assert resumed.json["summary"]["earlier"] == 4
        assert {user: count for user, count in notified(emu).items() if count > 1} == {}
        assert len(canary) == 4

    def test_stops_when_phones_do_not_come_back(self, role, farm_of):
        emu = farm_of(8, reboot=False)
        done = role({"sip": emu}, canary=50, wait_timeout=2)
        assert [line.split(":")[0] for line in done.lines] == ["canary"]
        assert any("0 of 4 phones that accepted came back" in failure for failure in done.failures)
        assert done.json["summary"]["states"] == {"not_back": 4, "not_sent": 3}

    def test_a_second_run_changes_nothing_once_all_are_as_wanted(self, role, farm_of):
        emu = farm_of(4)
        role({"sip": emu})
        agents = {each["user_agent"] for each in emu.phones()}
        again = role(
            {"sip": emu}, campaign="second", unless_user_agent="|".join(agent.replace(".", r"\.") for agent in agents)
        )
        assert again.json["summary"]["states"] == {"already": 3}
        assert not any(each.get("changed") for each in again.results)

    def test_a_server_that_is_gone_fails_before_anything(self, role, farm_of):
        emu = farm_of(4)
        options = fifo_of(emu)
        emu.kill()
        done = role({"sip": emu}, hosts={"sip": {"mi": options}})
        assert any("No process reads the FIFO" in failure for failure in done.failures)
        assert (done.plan, done.lines, done.files) == (None, [], [])

    def test_aors_and_uris(self, role, farm_of):
        emu = farm_of(8)
        by_aor = role({"sip": emu}, select=None, campaign="aors", aors=["100000", "100002"], canary=50, batch=10)
        assert by_aor.json["summary"]["states"] == {"back": 2}
        uris = [each["contact"] for each in emu.phones()[:3]]
        by_uri = role(
            {"sip": emu}, select=None, campaign="uris", uris=uris, event="check-sync;reboot=true", canary=0, batch=2
        )
        assert [line.split(":")[0] for line in by_uri.lines] == ["batches 1 to 2 of 2"]
        assert by_uri.json["summary"]["states"] == {"accepted": 3}


class TestOneReading:
    """The location table is read once, whatever the number of batches."""

    @pytest.mark.parametrize("version", ["2.4", "3.6", "4.0"])
    def test_canary_batches_waiting_and_a_second_run(self, role, farm_of, version):
        emu = farm_of(24, version)
        done = role({"sip": emu}, canary=10, batch=6)
        assert done.failures == [] and len(done.lines) == 4
        assert done.json["summary"]["states"] == {"back": 21}
        assert reads(emu) == 1
        # what was shown is the order of sending, and its head is the canary
        assert "In this order, of which the first 3 are the canary:" in done.plan
        batches = {each["contact"]: each["batch"] for each in done.json["results"]}
        assert [batches[contact] for contact in done.order] == ["canary"] * 3 + [
            f"batch {number} of 3" for number in (1, 2, 3) for _phone in range(6)
        ][: len(done.order) - 3]
        again = role({"sip": emu}, canary=10, batch=6)
        assert again.failures == [] and again.lines == [] and reads(emu) == 1

    def test_says_how_long_it_takes(self, role, farm_of):
        done = role({"sip": farm_of(4)}, check=True)
        (shown,) = [each.msg for each in done.results if each.task == "Show how long reading them takes"]
        assert shown == "Reading 4 contacts, about 1 s. If the campaign has a plan, they are not read again"

    def test_phones_that_register_meanwhile(self, role, farm_of):
        emu = farm_of(8)
        role({"sip": emu}, check=True)
        # kept by a run that stopped
        stopped = role({"sip": emu}, canary=0, batch=4, wait=False, max_failures=0)
        assert stopped.failures == [] and reads(emu) == 2
        emu.add_contact("late", f"sip:code200@127.0.0.1:{emu.phones_port}", user_agent="Yealink SIP-T46U 108.86.0.20")
        done = role({"sip": emu}, canary=0, batch=4, wait=False)
        assert [line.split(":")[0] for line in done.lines] == ["batch 1 of 1"]
        assert notified(emu)["code200"] == 1 and reads(emu) == 3

    def test_one_that_is_gone_is_no_newcomer_and_keeps_none_away(self, role, farm_of):
        emu = farm_of(6)
        users = [phone["user"] for phone in emu.phones()]
        given = {"select": {}, "event": "check-sync;reboot=true", "canary": 0, "batch": 3, "wait": False}
        for user in users:
            emu.set_phone(user, behaviour="reject", code=481)
        stopped = role({"sip": emu}, **{**given, "batch": 1, "max_failures": 0})
        assert len(stopped.lines) == 1 and len(stopped.failures) == 1
        left = [user for user in users if user not in notified(emu)]
        for user in users:
            emu.set_phone(user, behaviour="ok")
        # the plan has it still
        emu.forget_contact(left[0])
        done = role({"sip": emu}, **given)
        assert [line.split(":")[0] for line in done.lines] == ["batches 1 to 2 of 2"]
        assert done.json["summary"]["states"] == {"accepted": 4, "not_sent": 1, "rejected": 1}
        for number in range(2):
            emu.add_contact(f"new{number}", f"sip:code200@127.0.0.1:{emu.phones_port}")
        last = role({"sip": emu}, **given)
        assert last.failures == [] and [line.split(":")[0] for line in last.lines] == ["batch 1 of 1"]
        assert notified(emu) == {**dict.fromkeys([user for user in users if user != left[0]], 1), "code200": 2}

    def test_refresh(self, role, farm_of):
        emu = farm_of(4)
        role({"sip": emu}, wait=False)
        role({"sip": emu}, wait=False)
        assert reads(emu) == 1
        emu.add_contact("late", f"sip:code200@127.0.0.1:{emu.phones_port}", user_agent="Yealink SIP-T46U 108.86.0.20")
        refreshed = role({"sip": emu}, wait=False, refresh=True)
        assert reads(emu) == 2
        assert refreshed.shown("Show where the plan comes from") == [
            "The location table was read again. Phones that the plan did not have: 1"
        ]
        other = role({"sip": emu}, wait=False, select={"user_agent": ["yealink"]})
        assert other.shown("Show where the plan comes from")[0].startswith(
            "The plan of the campaign was made for another selection"
        )
        assert set(notified(emu).values()) == {1}


class TestSeveralServers:
    def test_one_report_for_all(self, role, farm_of):
        emulators = {"sip1": farm_of(6), "sip2": farm_of(4, "2.4")}
        done = role(emulators, own_only=False)
        assert done.failures == []
        assert len(done.files) == 3
        found = done.json["results"]
        assert sorted((host, sum(each["host"] == host for each in found)) for host in emulators) == [
            ("sip1", 5),
            ("sip2", 3),
        ]
        assert {each["state"] for each in found} == {"back"}

    def test_a_shared_location_table_is_split_among_them(self, role, farm_of):
        # two hosts that reach the same server: each with the sockets of one
        emu = farm_of(6)
        socket = f"udp:127.0.0.1:{emu.sip[1]}"
        hosts = {
            "sip1": {"phone_reboot_own_sockets": [socket]},
            "sip2": {"phone_reboot_own_sockets": ["udp:192.0.2.77:*"]},
        }
        done = role({"sip1": emu, "sip2": emu}, hosts=hosts)
        assert done.failures == []
        found = done.json
        assert {each["host"] for each in found["results"]} == {"sip1"}
        assert found["left_out"][f"another server serves it, through {socket}"] == 5
        assert set(notified(emu).values()) == {1}


def test_phones_in_a_call_are_done_at_the_end(role, farm_of):
    """They take no place in a batch, nor in the canary; they come behind all others, and in the next run if they still are in a call."""
    emu = farm_of(24)
    users = [phone["user"] for phone in emu.phones() if phone["vendor"] != "polycom"]
    for user in users[:6]:
        emu.call(user)
    played = role({"night": emu}, batch=6, canary=10, wait=False, retry_for=0)
    assert emu.stats()["cut_calls"] == 0
    # the canary has as many phones as it was planned with
    assert played.lines[0].startswith("canary: ") and "3 accepted" in played.lines[0]
    # that of a turn of their own, unless no run came to one of them before the last batch, which has them all then
    assert played.lines[-1].endswith("6 in a call; 15 of 21 done")
    (left,) = played.shown("Show how many phones are still in a call")
    assert left.startswith("6 phones are still in a call, and got nothing. To try again, run the same command")
    assert played.json["summary"]["states"] == {"accepted": 15, "in_call": 6}
    assert "In a call" in played.report(".html") and not played.failures
    for user in users[:5]:
        emu.hang_up(user)
    resumed = role({"night": emu}, batch=6, wait=False, retry_for=0)
    assert emu.stats()["cut_calls"] == 0
    assert "1 in a call; 5 of 6 done" in resumed.lines[-1]
    # the outcomes of earlier runs are those of the campaign
    assert resumed.json["summary"]["states"] == {"accepted": 20, "in_call": 1}


def test_phones_that_an_interrupted_run_put_off_are_counted(role, farm_of, tmp_path):
    """They come behind those that it did not come to."""
    emu = farm_of(3, reboot=False)
    emu.call("100000")
    task = {"select": {}, "event": "check-sync;reboot=true", "batch": 1, "order": "aor"}
    campaign = {"campaign": "night", "campaign_dir": str(tmp_path / "journals-night"), "unless_in_call": True}
    run_module("notify", {**fifo_of(emu), **task, **campaign})
    emu.hang_up("100000")
    done = role({"night": emu}, **task, canary=0, wait=False)
    assert done.lines == [
        "batches 1 to 2 of 2: 1 phone, 1 accepted; 1 of 2 done",
        "again 1 of 1: 1 phone, 1 accepted; 2 of 2 done",
    ]
    (shown,) = done.shown("Show how many phones were in a call")
    assert shown.startswith("1 phone was in a call")


def test_a_role_shows_that_calls_are_not_known(role, farm_of):
    emu = farm_of(4, without="dialog")
    (shown,) = role({"night": emu}, wait=False).shown("Show what is not known of calls")
    assert "dialog" in shown and "phone_reboot_unless_in_call" in shown
    assert not role({"night": emu}, wait=False, unless_in_call=False, campaign="b").shown(
        "Show what is not known of calls"
    )


class TestHoldFile:
    def test_no_batch_begins_while_it_exists(self, role, farm_of, tmp_path):
        emu = farm_of(4, reboot=False)
        hold = tmp_path / "hold"
        hold.touch()
        held = []

        def release():
            # the plan is made: without the file, the first batch would be sent now
            while not reads(emu):
                time.sleep(0.1)
            time.sleep(4)
            held.append(notified(emu))
            hold.unlink()

        releasing = threading.Thread(target=release, daemon=True)
        releasing.start()
        done = role({"sip": emu}, select={}, event="check-sync;reboot=true", canary=0, wait=False, hold_file=str(hold))
        releasing.join()
        assert (done.failures, held) == ([], [{}])
        assert len(notified(emu)) == 4
