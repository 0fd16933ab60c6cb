# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""results_file: the same results as without it, in a file; and none of them held."""

import json

import pytest

from ansible_collections.community.opensips.tests.emulator.client import Emulator
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module

WAY = ("fifo_path", "reply_dir")


def way(emu):
    return {name: getattr(emu, name) for name in WAY}


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def same(entry):
    """What is the same in two runs."""
    return {name: value for name, value in entry.items() if name not in ("at", "seconds")}


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_a_fleet_in_a_file(version, tmp_path):
    path = tmp_path / "results.jsonl"
    with Emulator(version, phones=60, dead=0.05, reject=0.1, fr_timeout=1, reboot=False) as emu:
        args = dict(way(emu), select={}, event="check-sync")
        held = run_module("notify", args)
        filed = run_module("notify", dict(args, results_file=str(path)))
        planned = run_module("notify", dict(args, results_file=str(tmp_path / "plan.jsonl")), check=True)
    by_contact = {entry["contact"]: same(entry) for entry in held["results"]}
    written = lines(path)
    assert {entry["contact"]: same(entry) for entry in written} == by_contact and len(written) == 60
    assert [same(entry) for entry in filed["results"]] == [same(entry) for entry in held["results"]]
    assert held["summary"]["omitted"] == filed["summary"]["omitted"] == 0
    for name in ("total", "outcomes", "vendors", "user_agents", "sent"):
        assert filed["summary"][name] == held["summary"][name]
    assert len(planned["results"]) == 60 and not (tmp_path / "plan.jsonl").exists()


def test_lamps_in_a_file(tmp_path):
    path = tmp_path / "results.jsonl"
    with Emulator("3.6", phones=5, dead=0, reject=0) as emu:
        facts = run_module("facts", dict(way(emu), gather_subset=["contacts"]))["ansible_facts"]["opensips"]["contacts"]
        aors = [contact["aor"] for contact in facts]
        boxes = [{"aor": aor, "new": 1, "account": "sip:{0}@example.com".format(aor)} for aor in aors]
        result = run_module("mwi", dict(way(emu), mailboxes=boxes, results_file=str(path)))
    assert result["changed"] and result["summary"]["outcomes"]["accepted"] == 5
    assert sorted(entry["aor"] for entry in lines(path)) == sorted(aors)


def test_of_a_large_fleet_those_that_need_attention_are_returned(tmp_path):
    """All of them are in the file, and with results=all in the result."""
    path = tmp_path / "results.jsonl"
    with Emulator("3.6", phones=1010, dead=0, reject=0.02, reject_codes=[481], reboot=False) as emu:
        args = dict(way(emu), select={}, event="check-sync")
        filed = run_module("notify", dict(args, results_file=str(path)))
        everything = run_module("notify", dict(args, results="all"))
        planned = run_module("notify", args, check=True)
    bad = [same(entry) for entry in everything["results"] if entry["outcome"] != "accepted"]
    assert [same(entry) for entry in filed["results"]] == bad and bad
    assert all(entry["error"]["type"] == "PhoneRejected" for entry in bad)
    assert filed["summary"]["omitted"] == 1010 - len(bad) and len(lines(path)) == 1010
    assert len(everything["results"]) == 1010 and everything["summary"]["omitted"] == 0
    assert planned["results"] == [] and planned["summary"]["omitted"] == 1010


def test_a_file_that_cannot_be_written_is_told_of_before_anything_is_sent(tmp_path):
    with Emulator("3.6", phones=3) as emu:
        args = dict(way(emu), select={}, event="check-sync", results_file=str(tmp_path / "none" / "results.jsonl"))
        result = run_module("notify", args)
        assert result["failed"] and "results_file" in result["msg"]
        assert not emu.sip_log()


def test_a_file_of_the_campaign_is_refused(tmp_path):
    """It would be emptied, and nobody would know who is done."""
    with Emulator("3.6", phones=3, dead=0, reject=0, reboot=False) as emu:
        args = dict(way(emu), select={}, event="check-sync", campaign="night", campaign_dir=str(tmp_path))
        assert not run_module("notify", args).get("failed")
        for name in ("night.jsonl", "night.plan.jsonl"):
            before = (tmp_path / name).read_text()
            result = run_module("notify", dict(args, results_file=str(tmp_path / name)))
            assert result["failed"] and "results_file" in result["msg"]
            assert (tmp_path / name).read_text() == before
        link = tmp_path / "other"
        link.symlink_to(tmp_path / "night.jsonl")
        assert run_module("notify", dict(args, results_file=str(link)))["failed"]


def test_check_mode_looks_at_the_file_too(tmp_path):
    with Emulator("3.6", phones=3) as emu:
        args = dict(way(emu), select={}, event="check-sync", results_file=str(tmp_path / "none" / "results.jsonl"))
        result = run_module("notify", args, check=True)
        assert result["failed"] and "results_file" in result["msg"]
