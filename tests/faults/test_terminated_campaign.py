# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run of a campaign that a signal ends: phones that were only announced are not unknown, and get their request from the next run."""

from __future__ import annotations

import json
import signal
import time

import pytest

from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

PHONES = 80


def pending(journal):
    """Phones that a journal announced, and neither settled nor withdrew."""
    found = set()
    for line in journal.read_bytes().splitlines():
        entry = json.loads(line)
        found.update(map(tuple, entry.get("sending", ())))
        found.difference_update(map(tuple, entry.get("withdrawn", ())))
        found.discard(tuple(entry.get("done", ())))
    return found


@pytest.mark.parametrize("version, way, signum", [
    ("3.6", "fifo", signal.SIGTERM), ("2.4", "fifo", signal.SIGINT), ("3.6", "udp", signal.SIGTERM), ("3.6", "http", signal.SIGTERM),
])  # fmt: skip
def test_ended_by_a_signal(emulator, tmp_path, version, way, signum):
    emu = emulator(version, phones=PHONES)
    ways = {"fifo": fifo_of(emu), "udp": {"host": emu.udp[0], "port": emu.udp[1]}, "http": {"url": emu.http_url}}
    uris = [phone["contact"] for phone in emu.phones()]
    journal = tmp_path / "state" / "night.jsonl"
    args = dict(ways[way], uris=uris, event="check-sync", campaign="night", campaign_dir=str(journal.parent))
    process = ModuleProcess("notify", dict(args, rate=30))
    until = time.monotonic() + 20
    while len(emu.sip_log()) < 5 and time.monotonic() < until:
        time.sleep(0.01)
    assert process.running
    process.kill(signum)
    # 64 were announced at once; what may have gone out are the few that no phone had answered yet
    unknown = pending(journal)
    assert len(unknown) < 10, unknown

    sent = len(emu.sip_log())
    result = run_module("notify", args)
    outcomes = result["summary"]["outcomes"]
    assert outcomes["unknown"] == len(unknown)
    assert outcomes["accepted"] == PHONES - len(unknown)
    # nobody got it twice
    assert len(emu.sip_log()) - sent >= PHONES - sent - len(unknown)
    assert len({entry["first"].split()[1] for entry in emu.sip_log()}) == len(emu.sip_log())


@pytest.mark.parametrize(
    "way, more", [("fifo", {}), ("http", {}), ("fifo", {"wait": True})], ids=["fifo", "http", "wait"]
)
def test_ended_since_nobody_waits_for_its_result(emulator, tmp_path, way, more):
    """Ctrl-C over ssh with pipelining: no signal comes, only standard output is closed."""
    emu = emulator("3.6", phones=PHONES, reboot=False)
    ways = {"fifo": fifo_of(emu), "http": {"url": emu.http_url}}
    journal = tmp_path / "state" / "night.jsonl"
    args = dict(ways[way], select={}, event="check-sync", campaign="night", campaign_dir=str(journal.parent))
    process = ModuleProcess("notify", dict(args, rate=None if more else 20, **more), pipe=True)
    until = time.monotonic() + 20
    while len(emu.sip_log()) < (PHONES if more else 5) and time.monotonic() < until:
        time.sleep(0.01)
    assert process.running
    process.hang_up()
    # neither the 75 others, nor the 300 s in which phones may come back
    assert process.wait(60)
    sent = len(emu.sip_log())
    assert sent == PHONES if more else sent < PHONES
    # all that were sent to had their answer
    assert pending(journal) == set()
    result = run_module("notify", args)
    assert result["summary"]["outcomes"]["accepted"] == PHONES and result["summary"]["sent"] == PHONES - sent
    assert len(emu.sip_log()) == PHONES


def test_a_run_that_breaks_off_withdraws_what_it_announced(emulator, tmp_path):
    """The server goes away: the next run sends to those that this one had announced and not sent to."""
    emu = emulator("3.6", phones=PHONES, allow_crash=True)
    uris = [phone["contact"] for phone in emu.phones()]
    journal = tmp_path / "state" / "night.jsonl"
    args = dict(fifo_of(emu), uris=uris, event="check-sync", campaign="night", campaign_dir=str(journal.parent))
    process = ModuleProcess("notify", dict(args, rate=25, timeout=2))
    until = time.monotonic() + 20
    while len(emu.sip_log()) < 5 and time.monotonic() < until:
        time.sleep(0.01)
    emu.kill()
    result = process.result()
    unknown = {each["contact"] for each in result["results"] if each["outcome"] == "unknown"}
    assert result["summary"]["outcomes"]["not_sent"]
    assert {phone for _aor, phone in pending(journal)} == unknown
