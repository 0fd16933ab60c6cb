# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_notify with unless_in_call: phones in a call are put off, tried again, and accounted for."""

import collections
import json
import signal
import tempfile
import time

import pytest

from ansible_collections.community.opensips.tests.emulator.client import Emulator
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.servers import VERSIONS, fifo_of

# phones of the emulator: every vendor's reboots at this Event
EVENT = "check-sync;reboot=true"


def args_of(emu, **whom):
    """Options of a task that does not try again. whom: in place of everybody."""
    options = {"event": EVENT, "unless_in_call": True, "retry_for": 0, "retry_interval": 1}
    return {**fifo_of(emu), **options, **(whom or {"select": {}})}


def outcomes(result):
    """{user: outcome} of a result."""
    return {entry["aor"].partition("@")[0]: entry["outcome"] for entry in result["results"]}


def counted(result):
    return {name: count for name, count in result["summary"]["outcomes"].items() if count}


def notified(emu):
    """{user: NOTIFYs that its phone got}."""
    return collections.Counter(
        entry["first"].partition("sip:")[2].partition("@")[0]
        for entry in emu.sip_log()
        if entry["first"].startswith("NOTIFY")
    )


def notify_until(emu, args, is_time, users):
    """The result of a task during which the calls of users end, once is_time() is true."""
    process = ModuleProcess("notify", args)
    until = time.monotonic() + 60
    while not is_time():
        assert time.monotonic() < until and process.running
        time.sleep(0.05)
    for user in users:
        emu.hang_up(user)
    return process.result()


@pytest.mark.parametrize("version", VERSIONS)
def test_phones_in_a_call_are_put_off_until_it_is_over(version):
    """Caller and callee, in calls that are up and in one that rings; the idle ones are done at once."""
    with Emulator(version, phones=8, keep_sip_log=True, reboot_seconds=0.1) as emu:
        emu.call("100000", "100001")
        emu.call("100002", rings=60)
        emu.call("100003")
        args = dict(args_of(emu), retry_for=6)
        result = notify_until(emu, args, lambda: emu.stats()["farm"]["boots"] == 4, ["100000", "100002"])
        assert emu.stats()["cut_calls"] == 0
        sent = notified(emu)
    found = outcomes(result)
    assert found.pop("100003") == "in_call" and set(found.values()) == {"accepted"} and len(found) == 7
    assert set(sent) == set(found) and set(sent.values()) == {1}
    entry = next(entry for entry in result["results"] if entry["outcome"] == "in_call")
    assert (entry["code"], entry["at"], entry["error"]["type"]) == (None, None, "PhoneInCall")
    assert "again" in entry["error"]["hint"] and entry["reason"]
    assert counted(result) == {"accepted": 7, "in_call": 1} and result["summary"]["sent"] == 7
    assert result["calls"]["known"] and result["calls"]["reason"] is None and result["calls"]["looks"] > 1
    # others who were in a call cost no pause, so those that are idle were sent to first
    times = {outcomes_at["aor"].partition("@")[0]: outcomes_at["at"] for outcomes_at in result["results"]}
    idle = [times[user] for user in ("100004", "100005", "100006", "100007")]
    assert max(idle) < min(times[user] for user in ("100000", "100001", "100002"))


def test_without_the_option_calls_do_not_matter():
    with Emulator("3.6", phones=2) as emu:
        emu.call("100000")
        result = run_module("notify", dict(fifo_of(emu), select={}, event=EVENT))
        assert emu.stats()["cut_calls"] == 1 and not emu.stats()["commands"].get("dlg_list")
    assert counted(result) == {"accepted": 2} and result["calls"] is None


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_phones_that_answer_that_they_are_busy(version):
    """Without the module dialog, only they say so; the task says what it could not know."""
    with Emulator(version, phones=3, without="dialog", busy_code=486, keep_sip_log=True) as emu:
        emu.call("100000")
        emu.call("100001")
        args = dict(args_of(emu), retry_for=4)
        result = notify_until(emu, args, lambda: notified(emu)["100000"], ["100000"])
        assert emu.stats()["cut_calls"] == 0
        sent = notified(emu)
    assert outcomes(result) == {"100000": "accepted", "100001": "in_call", "100002": "accepted"}
    assert sent["100000"] >= 2 and sent["100001"] >= 2 and sent["100002"] == 1
    assert result["summary"]["sent"] == sum(sent.values())
    entry = next(entry for entry in result["results"] if entry["outcome"] == "in_call")
    assert (entry["code"], entry["reason"]) == (486, "Busy Here") and entry["at"] is not None
    assert "486" in entry["error"]["message"]
    assert not result["calls"]["known"] and "dialog" in result["calls"]["reason"]
    assert "unless_in_call: whether phones are in a call is not known" in str(result["warnings"])


def test_480_is_busy_for_vendors_that_mean_it():
    """A Yealink phone is in a call then, a Polycom one is not available."""
    with Emulator("3.6", phones=3, without="dialog", busy_code=480) as emu:
        emu.call("100000")
        emu.call("100001")
        result = run_module("notify", args_of(emu))
    assert outcomes(result) == {"100000": "in_call", "100001": "rejected", "100002": "accepted"}


@pytest.mark.parametrize("version", ["2.4", "4.0"])
def test_a_server_that_tracks_no_calls_tells_of_nobody_that_it_is_idle(version):
    with Emulator(version, phones=2) as emu:
        unknown = run_module("notify", args_of(emu))
        # one call since the start, which is over, shows that its routes make dialogs
        emu.call("100000", seconds=0)
        known = run_module("notify", args_of(emu))
    assert not unknown["calls"]["known"] and "create_dialog" in unknown["calls"]["reason"] and unknown["warnings"]
    assert known["calls"]["known"] and known["calls"]["dialogs"] == 0 and not known.get("warnings")
    assert counted(unknown) == counted(known) == {"accepted": 2}


def test_a_named_phone_in_a_call_fails_the_task_and_a_plan_shows_it():
    with Emulator("3.6", phones=2, keep_sip_log=True) as emu:
        emu.call("100000")
        named = args_of(emu, aors=["100000", "100001"])
        planned = run_module("notify", named, check=True)
        assert not notified(emu)
        result = run_module("notify", named)
        tolerated = run_module("notify", dict(named, max_failures="1"))
        uris = [phone["contact"] for phone in emu.phones()]
        by_uri = run_module("notify", args_of(emu, uris=uris))
        assert emu.stats()["cut_calls"] == 0
    assert [entry["reason"] for entry in planned["results"]] == ["the phone is in a call now", None]
    assert counted(planned) == {"planned": 2} and planned["calls"]["dialogs"] == 1
    assert result["failed"] and result["error"]["type"] == "NotAccepted" and "in_call" in result["msg"]
    assert outcomes(result) == outcomes(tolerated) == {"100000": "in_call", "100001": "accepted"}
    assert not tolerated.get("failed")
    assert by_uri["failed"] and [entry["outcome"] for entry in by_uri["results"]] == ["in_call", "accepted"]


def test_a_campaign_comes_back_to_them_behind_all_others(tmp_path):
    """They take no place in a batch, do not fail one that others follow, and have the last one."""
    with Emulator("3.6", phones=10, keep_sip_log=True) as emu:
        for number in range(0, 10, 3):
            emu.call(str(100000 + number))
        args = dict(args_of(emu), campaign="c", campaign_dir=str(tmp_path), batch=4)
        first, second = (run_module("notify", args) for _batch in range(2))
        for user in ("100000", "100006", "100009"):
            emu.hang_up(user)
        third = run_module("notify", args)
        fourth = run_module("notify", args)
        assert emu.stats()["cut_calls"] == 0
        sent = notified(emu)
    assert counted(first)["accepted"] == 4 and first["summary"]["remaining"] > 0 and not first.get("failed")
    assert counted(second)["accepted"] == 2 and second["summary"]["remaining"] > 0 and not second.get("failed")
    assert counted(third) == {"accepted": 3, "in_call": 1} and third["summary"]["remaining"] == 0
    # nothing of it is done, so the next run tries it
    assert counted(fourth) == {"in_call": 1} and fourth["summary"]["earlier"] == 9
    assert set(sent.values()) == {1} and len(sent) == 9
    lines = [json.loads(line) for line in (tmp_path / "c.jsonl").read_text().splitlines()]
    assert not any(line.get("outcome") == "in_call" for line in lines)
    # once, although it was tried often
    assert [line["put_off"][0] for line in lines if "put_off" in line].count("100003") == 1


def test_over_http_the_silent_do_not_keep_it_from_reading_the_calls():
    """The server answers nothing else while a phone is waited for."""
    with Emulator("3.6", phones=6, fr_timeout=2) as emu:
        emu.set_phone("100001", behaviour="dead")
        emu.call("100002", seconds=4)
        emu.call("100003")
        options = {name: value for name, value in args_of(emu).items() if name not in fifo_of(emu)}
        result = run_module("notify", dict(options, url=emu.jsonrpc_url, timeout=20, retry_for=8))
        assert emu.stats()["cut_calls"] == 0
    assert counted(result) == {"accepted": 4, "no_answer": 1, "in_call": 1}


def test_all_are_in_the_file_once(tmp_path):
    path = tmp_path / "results.jsonl"
    with Emulator("3.6", phones=4) as emu:
        emu.call("100001", seconds=1)
        emu.call("100002")
        result = run_module("notify", dict(args_of(emu), retry_for=3, results_file=str(path)))
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert {entry["aor"]: entry["outcome"] for entry in written} == outcomes(result)
    assert len(written) == 4 and counted(result) == {"accepted": 3, "in_call": 1}


@pytest.mark.parametrize("ends", ["hang up", "signal"])
def test_a_run_that_ends_while_it_waits(tmp_path, ends):
    """It does not go on for nobody, and the journal has nobody who was put off as unknown."""
    with Emulator("3.6", phones=2) as emu:
        emu.call("100000")
        args = dict(args_of(emu), campaign="c", campaign_dir=str(tmp_path), retry_for=100)
        process = ModuleProcess("notify", args, pipe=ends == "hang up")
        journal = tmp_path / "c.jsonl"
        until = time.monotonic() + 60
        while not (journal.exists() and '"done"' in journal.read_text() and '"put_off"' in journal.read_text()):
            assert time.monotonic() < until and process.running
            time.sleep(0.05)
        if ends == "signal":
            process.kill(signal.SIGTERM)
        else:
            process.hang_up()
        assert process.wait(60)
        again = run_module("notify", dict(args, retry_for=0), check=True)
        assert emu.stats()["cut_calls"] == 0
    assert counted(again) == {"accepted": 1, "planned": 1}


def test_a_server_that_no_longer_tells_its_calls_ends_the_run(tmp_path):
    """It has the command, so nobody is taken for idle because it fails."""
    with Emulator("3.6", phones=2) as emu:
        emu.call("100000")
        emu.fault("dlg_list", "garbage")
        before = run_module("notify", dict(args_of(emu), timeout=1))
        emu.clear_faults()
        process = ModuleProcess("notify", dict(args_of(emu), retry_for=60, timeout=1))
        until = time.monotonic() + 60
        while not emu.state()["dialogs"] or emu.stats()["farm"]["boots"] < 1:
            assert time.monotonic() < until and process.running
            time.sleep(0.05)
        emu.fault("dlg_list", "garbage")
        during = process.result()
        assert emu.stats()["cut_calls"] == 0 and emu.stats()["farm"]["boots"] == 1
    assert before["failed"] and not before.get("results")
    assert during["failed"] and outcomes(during) == {"100000": "not_sent", "100001": "accepted"}


@pytest.mark.parametrize(
    "option,value", [("retry_for", -1), ("retry_for", 100000), ("retry_interval", 0), ("retry_interval", -5)]
)
def test_numbers_that_cannot_be(option, value):
    with Emulator("3.6", phones=1, keep_sip_log=True) as emu:
        result = run_module("notify", dict(args_of(emu), **{option: value}))
        assert not emu.sip_log()
    assert result["failed"] and option in result["msg"] and "seconds" in result["error"]["hint"]


def test_a_run_whose_time_is_over_leaves_who_asked_for_credentials(tmp_path):
    """The answer comes too late for another request, so the phone is for the next run, and nothing is done about it."""
    with Emulator("3.6", phones=1, challenge=1.0, faults=["t_uac_dlg=slow:5*1"]) as emu:
        credentials = [{"username": "100000", "password": "secret"}]
        args = args_of(emu, aors=["100000"], campaign="c", campaign_dir=str(tmp_path), credentials=credentials)
        first = run_module("notify", dict(args, send_until=time.time() + 3))
        second = run_module("notify", args)
    assert not first.get("failed") and first["results"] == [] and first["summary"]["total"] == 0
    assert first["summary"]["remaining"] == 1 and "send_until" in first["stopped"]
    assert counted(second) == {"accepted": 1} and second["summary"]["earlier"] == 0


def test_a_run_whose_time_is_over_says_so_of_phones_in_a_call():
    """They would have been tried again."""
    with Emulator("3.6", phones=2) as emu, tempfile.TemporaryDirectory() as directory:
        emu.call("100000")
        args = args_of(emu, select={}, campaign="c", campaign_dir=directory)
        cut = run_module("notify", dict(args, retry_for=60, send_until=time.time() + 5))
        whole = run_module("notify", dict(args, send_until=time.time() + 60))
    assert "send_until" in cut["stopped"] and whole["stopped"] is None
    assert not cut.get("failed") and counted(whole)["in_call"] == 1


def test_long_calls_do_not_keep_a_group_from_those_that_are_idle_again(tmp_path):
    """Even those that were put off first; and a batch that could send to nobody else waits for them."""
    with Emulator("3.6", phones=6, reboot=False) as emu:
        for phone in emu.phones():
            emu.call(phone["user"])
        limit = {"batch": 6, "spread_by": "network", "spread_limit": 2}
        args = args_of(emu, select={}, campaign="c", campaign_dir=str(tmp_path), **limit)
        tried = [set(outcomes(run_module("notify", args))) for _batch in range(3)]
        for user in tried[1]:
            emu.hang_up(user)
        fourth = run_module("notify", args)
        looks = emu.stats()["commands"]["dlg_list"]
        args["retry_for"] = 60
        fifth = notify_until(emu, args, lambda: emu.stats()["commands"]["dlg_list"] > looks, tried[0] | tried[2])
        assert emu.stats()["cut_calls"] == 0
    assert len(set.union(*tried)) == 6
    assert outcomes(fourth) == dict.fromkeys(tried[1], "accepted") and fourth["summary"]["remaining"] == 4
    assert counted(fifth) == {"accepted": 2} and fifth["summary"]["remaining"] == 2


def test_a_batch_of_phones_in_a_call_sends_to_no_more_than_its_size(tmp_path):
    """A canary is one phone, also where all were in a call when it began."""
    with Emulator("3.6", phones=5, reboot=False) as emu:
        for phone in emu.phones():
            emu.call(phone["user"])
        args = args_of(emu, select={}, campaign="c", campaign_dir=str(tmp_path), retry_for=60)
        process = ModuleProcess("notify", dict(args, batch=1))
        journal = tmp_path / "c.jsonl"
        until = time.monotonic() + 60
        while not (journal.exists() and journal.read_text().count('"put_off"') == 5):
            assert time.monotonic() < until and process.running
            time.sleep(0.05)
        for phone in emu.phones():
            emu.hang_up(phone["user"])
        canary = process.result()
        others = run_module("notify", dict(args, batch=4, step=3))
    assert counted(canary) == {"accepted": 1}
    assert (canary["summary"]["remaining"], canary["summary"]["put_off"]) == (4, 4)
    assert counted(others) == {"accepted": 4} and others["summary"]["remaining"] == 0
