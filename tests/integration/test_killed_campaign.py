# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A campaign whose module processes are killed at random moments: no phone is sent to twice, and every one is accounted for."""

from __future__ import annotations

import collections
import json
import os
import random
import re
import signal
import time

import pytest

from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

PHONES = 160
OUTCOMES = {
    "answer": "accepted",
    "reject": "rejected",
    "dead": "no_answer",
    "provisional": "no_answer",
    "challenge": "accepted",
}


class Campaign:
    """A campaign against an emulator of its own. way: connection options."""

    def __init__(self, emu, way, directory):
        self.emu = emu
        self.journal = directory / "night.jsonl"
        # slow enough for several kills
        self.args = dict(way, select={}, event="check-sync", campaign="night", campaign_dir=str(directory), rate=200)
        self.args["credentials"] = [{"username": "ansible", "password": "secret"}]

    def start(self):
        return ModuleProcess("notify", self.args)

    def run(self, **args):
        """The result of a run that is let come to its end."""
        result = run_module("notify", dict(self.args, rate=None, **args))
        assert not result.get("failed"), result["msg"]
        return result

    def interrupt(self, chance, signum):
        """Start a run and end it somewhere in its middle, sometimes before it sends."""
        process = self.start()
        before = self._size()
        until = time.monotonic() + 20
        if chance.random() < 0.9:
            while self._size() == before and process.running and time.monotonic() < until:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.35))
        else:
            time.sleep(chance.uniform(0, 0.4))
        return process.kill(signum)

    def _size(self):
        return self.journal.stat().st_size if self.journal.exists() else 0

    def unknown(self):
        """AORs (or URIs without) that the journal announced, and neither settled nor withdrew; each has one phone."""
        pending = set()
        for line in self.journal.read_bytes().splitlines(True):
            if not line.endswith(b"\n"):
                break
            entry = json.loads(line)
            pending.update(aor or phone for aor, phone in entry.get("sending", ()))
            pending.difference_update(aor or phone for aor, phone in entry.get("withdrawn", ()))
            if "done" in entry:
                pending.discard(entry["done"][0] or entry["done"][1])
        return pending

    def requests(self):
        """{contact: how many NOTIFYs it got that it acts on}; the retransmissions of one count once."""
        asks = {phone["contact"] for phone in self.emu.phones() if phone["behaviour"] == "challenge"}
        seen = collections.defaultdict(set)
        for entry in self.emu.sip_log():
            contact, headers = re.match(r"NOTIFY (\S+) ", entry["first"]), dict(entry["headers"])
            if contact and (contact[1] not in asks or "Authorization" in headers):
                seen[contact[1]].add(headers["Call-ID"])
        return {contact: len(calls) for contact, calls in seen.items()}

    def files_left(self):
        return [name for name in os.listdir(self.emu.reply_dir) if name.startswith("opensips_mi_")]


@pytest.fixture
def campaign(emulator, tmp_path):
    def start(version):
        emu = emulator(
            version,
            phones=PHONES,
            dead=0.04,
            reject=0.05,
            provisional=0.02,
            challenge=0.3,
            challenge_user="ansible",
            fr_timeout=0.8,
        )
        return Campaign(emu, fifo_of(emu), tmp_path / "state")

    return start


@pytest.mark.parametrize("version, seed, signum", [
    ("3.6", 1, signal.SIGKILL), ("2.4", 2, signal.SIGKILL), ("4.0", 3, signal.SIGKILL), ("1.11", 4, signal.SIGKILL),
    ("3.6", 5, signal.SIGTERM), ("2.4", 6, signal.SIGTERM),
])  # fmt: skip
def test_killed_and_resumed(campaign, version, seed, signum):
    campaign, chance = campaign(version), random.Random(seed)
    killed = sum(campaign.interrupt(chance, signum) for _time in range(chance.randint(2, 4)))
    assert killed, "no run was killed, so nothing was tried"
    # only SIGKILL leaves anything behind
    left = campaign.files_left()
    assert signum == signal.SIGKILL or not left
    unknown = campaign.unknown() if campaign.journal.exists() else set()
    sent_before = campaign.requests()

    final = campaign.run()
    assert_accounts(campaign, final)
    reported = {each["aor"]: each["contact"] for each in final["results"] if each["outcome"] == "unknown"}
    assert set(reported) == unknown
    assert all(each["earlier"] for each in final["results"] if each["outcome"] == "unknown")
    requests = campaign.requests()
    assert max(requests.values()) == 1
    for contact in reported.values():
        assert requests.get(contact, 0) == sent_before.get(contact, 0)
    # reply FIFOs of runs that were killed are in nobody's way, and no new ones stay
    assert sorted(campaign.files_left()) == sorted(left)

    again = campaign.run()
    assert not again["changed"] and campaign.requests() == requests
    assert [(each["contact"], each["outcome"]) for each in again["results"]] == [
        (each["contact"], each["outcome"]) for each in final["results"]
    ]
    resent = campaign.run(resend_unknown=True)
    assert_accounts(campaign, resent)
    assert resent["summary"]["outcomes"]["unknown"] == 0
    after = campaign.requests()
    assert {
        contact: after[contact] - requests.get(contact, 0)
        for contact in after
        if after[contact] != requests.get(contact, 0)
    } == {contact: 1 for contact in reported.values()}


def assert_accounts(campaign, result):
    """Each phone has one outcome, and it is the one that it brought about itself unless nobody knows."""
    phones = {phone["contact"]: phone["behaviour"] for phone in campaign.emu.phones()}
    assert sorted(each["contact"] for each in result["results"]) == sorted(phones)
    for each in result["results"]:
        assert each["outcome"] in ("unknown", OUTCOMES[phones[each["contact"]]]), each


def test_over_udp_with_uris(emulator, tmp_path):
    """Where the fleet is given as URIs, UDP serves, too."""
    emu = emulator("3.6", phones=PHONES, dead=0.04, fr_timeout=0.8)
    campaign = Campaign(emu, {"host": emu.udp[0], "port": emu.udp[1]}, tmp_path / "state")
    del campaign.args["select"]
    campaign.args["uris"] = [phone["contact"] for phone in emu.phones()]
    # named phones that are dead would fail the task
    campaign.args["max_failures"] = str(PHONES)
    chance = random.Random(7)
    assert sum(campaign.interrupt(chance, signal.SIGKILL) for _time in range(3))
    unknown = campaign.unknown()
    final = campaign.run()
    assert_accounts(campaign, final)
    assert {each["contact"] for each in final["results"] if each["outcome"] == "unknown"} == unknown
    assert max(campaign.requests().values()) == 1


def test_a_second_run_at_the_same_time_is_refused(campaign):
    campaign = campaign("3.6")
    # the second one may take a while to start
    campaign.args["rate"] = 30
    first = campaign.start()
    until = time.monotonic() + 20
    while not campaign.journal.exists() and time.monotonic() < until:
        time.sleep(0.01)
    second = run_module("notify", campaign.args)
    assert second["failed"] and "Another run of campaign night is still active" in second["msg"]
    assert first.result()["summary"]["outcomes"]["accepted"]
    assert max(campaign.requests().values()) == 1


def test_the_server_dies_in_the_middle(campaign):
    """What was not taken is not_sent and is sent by the next run; what was under way is unknown."""
    campaign = campaign("3.6")
    campaign.args["timeout"] = 3
    process = campaign.start()
    until = time.monotonic() + 20
    while len(campaign.requests()) < 20 and time.monotonic() < until:
        time.sleep(0.01)
    campaign.emu.kill()
    result = process.result()
    outcomes = result["summary"]["outcomes"]
    assert sum(outcomes.values()) == PHONES
    assert outcomes["accepted"] and outcomes["not_sent"]
    not_sent = {each["contact"] for each in result["results"] if each["outcome"] == "not_sent"}
    assert not not_sent & set(campaign.requests())
    unknown = {each["aor"]: each["contact"] for each in result["results"] if each["outcome"] == "unknown"}
    assert set(unknown) == campaign.unknown()
