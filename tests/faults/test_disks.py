# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks that are full, and runs that are killed: nobody gets a lamp that is wrong for good, and results are never lost."""

from __future__ import annotations

import collections
import os
import re
import resource
import shutil
import stat
import subprocess
import time

import pytest

from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

PHONES = 150


class Disk:
    """A place of a task's files. path: its directory. is_small: whether it has a disk of its own, which can be full."""

    def __init__(self, path, is_small=False):
        self.path = path
        self.is_small = is_small

    def fill(self, room):
        """Leave room bytes, or none to any file beyond that size; options for the module."""
        if not self.is_small:
            return {"largest_file": room}
        page = resource.getpagesize()
        free = os.statvfs(self.path).f_bavail * page
        (self.path / "filler").write_bytes(b"x" * (free - room))
        return {}

    def empty(self):
        if self.is_small:
            (self.path / "filler").unlink()


@pytest.fixture(params=["full disk", "limit of the size of a file"])
def disk(request, tmp_path):
    """A small disk of its own where that may be mounted; and what any user may have: files that cannot grow."""
    path = tmp_path / "disk"
    path.mkdir()
    if request.param != "full disk":
        yield Disk(path)
        return
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("needs root, to mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "none", path], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk may be mounted here")
    try:
        yield Disk(path, True)
    finally:
        subprocess.run(["umount", path], check=True)


def sent_to(emu, start=0):
    """{contact: the bodies of the NOTIFYs that it got, in order}; retransmissions count once."""
    bodies, calls = collections.defaultdict(list), set()
    for entry in emu.sip_log(start):
        contact = re.match(r"NOTIFY (\S+) ", entry["first"])
        call = dict(entry["headers"])["Call-ID"]
        if contact and call not in calls:
            calls.add(call)
            bodies[contact[1]].append(entry["body"])
    return bodies


# ---- lamps


class Lamps:
    """Mailboxes of all phones of an emulator, and a state file. path: the state file."""

    def __init__(self, emu, directory):
        self.emu = emu
        self.path = directory / "lamps.json"
        users = [phone["user"] for phone in emu.phones()]
        self._boxes = [{"aor": user, "account": f"sip:{user}@example.com"} for user in users]
        self._args = dict(fifo_of(emu), state_file=str(self.path))

    def args(self, new, first=PHONES, **more):
        return dict(self._args, mailboxes=[dict(each, new=new) for each in self._boxes[:first]], **more)

    def lit(self):
        """{contact: whether its lamp is on}, as the last NOTIFY that each phone got left it."""
        return {contact: "Messages-Waiting: yes" in bodies[-1] for contact, bodies in sent_to(self.emu).items()}

    def files(self):
        return sorted(os.listdir(self.path.parent))


@pytest.fixture
def lamps(emulator):
    def start(directory):
        return Lamps(emulator("3.6", phones=PHONES, dead=0, reject=0), directory)

    return start


def test_a_run_that_is_killed_leaves_no_lamp_wrong(lamps, tmp_path):
    """On; then off, killed half-way; then on again: those that went off must come on."""
    lamps = lamps(tmp_path)
    assert not run_module("mwi", lamps.args(1)).get("failed")
    start = len(lamps.emu.sip_log())
    process = ModuleProcess("mwi", lamps.args(0, rate=30))
    until = time.monotonic() + 60
    while len(sent_to(lamps.emu, start)) < 10 and process.running and time.monotonic() < until:
        time.sleep(0.02)
    assert process.kill()
    assert 0 < sum(lamps.lit().values()) < PHONES, "it was not killed half-way"
    again = run_module("mwi", lamps.args(1))
    assert not again.get("failed")
    assert all(lamps.lit().values()) and len(lamps.lit()) == PHONES
    assert again["summary"]["outcomes"]["accepted"] == PHONES
    # and what is known is told
    assert run_module("mwi", lamps.args(1))["summary"]["outcomes"]["already"] == PHONES
    assert lamps.files() == ["lamps.json", "lamps.json.lock"]
    assert stat.S_IMODE(lamps.path.stat().st_mode) == 0o600


def test_a_disk_that_is_full_before_anything_is_sent(lamps, disk):
    lamps = lamps(disk.path)
    assert not run_module("mwi", lamps.args(1)).get("failed")
    start = len(lamps.emu.sip_log())
    before = lamps.path.read_bytes()
    # all are to change, so the new state has no mailbox in it: not even that fits
    result = run_module("mwi", lamps.args(0), **disk.fill(0))
    assert result["failed"] and "state_file" in result["msg"] and str(lamps.path) in result["msg"]
    assert sent_to(lamps.emu, start) == {}
    assert lamps.path.read_bytes() == before
    assert not [name for name in lamps.files() if name.endswith(".new")]


def test_a_disk_that_is_full_in_the_end(lamps, disk):
    """All were sent: the results are returned, the task fails, and the next run sends again rather than believing the old file."""
    lamps = lamps(disk.path)
    # few enough to fit
    assert not run_module("mwi", lamps.args(1, first=10)).get("failed")
    # room for a state without mailboxes, and none for one with 150
    result = run_module("mwi", lamps.args(0), **disk.fill(4096))
    assert result["failed"] and "state_file" in result["msg"] and result["error"]["type"] == "StateError"
    assert result["summary"]["outcomes"]["accepted"] == PHONES == len(result["results"])
    assert result["changed"] and result["summary"]["sent"] == PHONES
    assert not any(lamps.lit().values())
    assert not [name for name in lamps.files() if name.endswith(".new")]
    disk.empty()
    again = run_module("mwi", lamps.args(1))
    assert again["summary"]["outcomes"]["accepted"] == PHONES and all(lamps.lit().values())


# ---- campaigns


def test_a_journal_with_4_kB_left(emulator, disk):
    """Whoever was reached is told of, nobody else is, and the next run sends to nobody twice."""
    emu = emulator("3.6", phones=200, dead=0, reject=0)
    args = dict(fifo_of(emu), select={}, event="check-sync", campaign="night", campaign_dir=str(disk.path))
    # the plan is there already
    assert not run_module("notify", dict(args, plan_only=True)).get("failed")
    journal = disk.path / "night.jsonl"
    result = run_module("notify", args, **disk.fill(4096))
    assert result["failed"] and str(journal) in result["msg"], result["msg"]
    reached = set(sent_to(emu))
    by_contact = {each["contact"]: each["outcome"] for each in result["results"]}
    assert len(by_contact) == 200
    assert {contact for contact, outcome in by_contact.items() if outcome == "accepted"} == reached
    assert 0 < len(reached) < 200
    assert {outcome for contact, outcome in by_contact.items() if contact not in reached} == {"not_sent"}
    assert result["summary"]["sent"] == len(reached)
    disk.empty()
    final = run_module("notify", args)
    assert not final.get("failed")
    assert max(len(bodies) for bodies in sent_to(emu).values()) == 1
    outcomes = {each["contact"]: each["outcome"] for each in final["results"]}
    # of those that the journal announced in vain it has no room to say so
    assert set(outcomes.values()) == {"accepted", "unknown"}
    assert set(sent_to(emu)) == reached | {contact for contact, outcome in outcomes.items() if outcome == "accepted"}
    again = run_module("notify", dict(args, resend_unknown=True))
    assert again["summary"]["outcomes"]["accepted"] == 200


def test_a_plan_that_does_not_fit(emulator, disk):
    emu = emulator("3.6", phones=200, dead=0, reject=0)
    args = dict(fifo_of(emu), select={}, event="check-sync", campaign="night", campaign_dir=str(disk.path))
    result = run_module("notify", args, **disk.fill(4096))
    assert result["failed"] and "The plan" in result["msg"] and result["error"]["type"] == "PlanError"
    assert sent_to(emu) == {}
    assert not [name for name in os.listdir(disk.path) if name.endswith((".new", ".plan.jsonl"))]


def test_a_results_file_that_ends_early(emulator, disk):
    """The task returns the results, and the file has whole lines."""
    emu = emulator("3.6", phones=200, dead=0, reject=0)
    path = disk.path / "results.jsonl"
    args = dict(fifo_of(emu), select={}, event="check-sync", results_file=str(path))
    result = run_module("notify", args, **disk.fill(8192))
    assert not result.get("failed") and "ends early" in str(result["warnings"])
    written = path.read_text()
    assert written.endswith("}\n")
    assert 0 < written.count("\n") < 200 == len(result["results"]) == len(sent_to(emu))


# ---- paths


def test_paths_beyond_ascii_under_an_ascii_locale(emulator, tmp_path, monkeypatch):
    emu = emulator("3.6", phones=2, dead=0, reject=0)
    directory = tmp_path / "büro \u2603"
    directory.mkdir()
    for name, value in (("LC_ALL", "C"), ("PYTHONCOERCECLOCALE", "0"), ("PYTHONUTF8", "0")):
        monkeypatch.setenv(name, value)
    args = dict(fifo_of(emu), results_file=str(directory / "ergebnis ä"))
    campaign = dict(args, select={}, event="check-sync", campaign="night", campaign_dir=str(directory / "ö"))
    lamps = dict(
        args, aors=[emu.phones()[0]["user"]], account="sip:a@example.com", new=1, state_file=str(directory / "ü")
    )
    for check in (True, False):
        for module, each in (("notify", campaign), ("mwi", lamps)):
            result = run_module(module, each, check=check)
            assert not result.get("failed"), result["msg"]
    assert sorted(os.listdir(directory)) == ["ergebnis ä", "ö", "ü", "ü.lock"]
    assert sorted(os.listdir(directory / "ö")) == ["night.jsonl", "night.plan.jsonl"]
    # and what goes wrong is said
    (directory / "ü").unlink()
    os.mkfifo(directory / "ü")
    result = run_module("mwi", lamps)
    assert result["failed"] and str(directory / "ü") in result["msg"] and "FIFO" in result["msg"]


# ---- reports


def test_a_report_that_cannot_be_written(ansible, disk):
    """What became of the phones is shown nevertheless, and the role fails."""
    disk.fill(0)
    directory = disk.path
    if not disk.is_small:
        # no limit reaches the processes of Ansible, so something else is in the way
        directory = disk.path / "file"
        directory.write_text("")
    phone = {"aor": "1001", "contact": "sip:1001@192.0.2.1", "outcome": "no_answer", "reason": "Request Timeout"}
    summary = {"seconds": 1.0, "sent": 1}
    variables = {
        "phone_reboot_report_dir": str(directory),
        "phone_reboot__name": "night",
        "phone_reboot__total": 1,
        "phone_reboot__time": "now",
        "result": {"results": [phone], "summary": summary, "left_out": []},
        "phone_reboot__parts": ["{{ result | community.opensips.opensips_report_part('here') }}"],
    }
    role = {
        "name": "report",
        "ansible.builtin.include_role": {"name": "community.opensips.phone_reboot", "tasks_from": "report.yml"},
    }
    failed = {"name": "failed", "ansible.builtin.debug": {"msg": "{{ ansible_failed_task.name }}"}}
    tasks = [{"block": [role], "rescue": [failed]}]
    results = ansible.run_plays([{"hosts": "all", "gather_facts": False, "tasks": tasks}], {"here": variables})
    shown = next(each for each in results if each.task.endswith("Show what became of the phones"))
    assert "1001" in str(shown.msg) and "Request Timeout" in str(shown.msg)
    assert results["failed"].msg in ("Create the directory of the report", "Write the report as HTML, CSV and JSON")
    assert ".html" not in str(shown.msg)
