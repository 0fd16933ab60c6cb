# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets that are larger than a server's memory: each phone is reached, and the memory lasts."""

import threading
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome, targets
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import Delivery
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal
from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._mi import governor
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import Governor
from ansible_collections.community.opensips.tests.emulator.client import Emulator
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module

MB = 1 << 20
VERSIONS = ("2.4", "3.6", "4.0")
HEADERS = {"Event": "check-sync", "Contact": "<sip:test@127.0.0.1>", "Subscription-State": "active"}
# what a server of that version is left with when nobody is registered, and room for some hundred transactions
SMALL = 8


def fifo(emu):
    return {"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir}


def udp(emu):
    return {"host": emu.udp[0], "port": emu.udp[1]}


def requests(emu, count):
    """SipRequests to phones of the emulator, over and over."""
    uris = ["sip:{0}@127.0.0.1:{1}".format(phone["user"], emu.phones_port) for phone in emu.phones()]
    return [SipRequest(targets.Target(None, uris[number % len(uris)]), "NOTIFY", HEADERS) for number in range(count)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("way", [fifo, udp])
def test_a_fleet_beyond_the_memory_of_its_server(version, way):
    """1,500 phones need more than all there is, and none is refused for want of memory."""
    with Emulator(version, phones=1500, dead=0, reject=0, wt_timer=1, shared_memory=SMALL, sip_log=False) as emu:
        before = emu.memory()
        uris = ["sip:{0}@127.0.0.1:{1}".format(phone["user"], emu.phones_port) for phone in emu.phones()]
        result = run_module("notify", dict(way(emu), uris=uris, event="check-sync"))
        after = emu.memory()
    assert result["summary"]["outcomes"]["accepted"] == 1500, result["summary"]
    assert after["out_of_memory"] == before["out_of_memory"] == 0
    pace = result["summary"]["pace"]
    assert pace["total_memory"] == SMALL * MB and pace["out_of_memory"] == 0
    assert pace["limited_by"] == "memory"
    # its share of what was free, and one transaction that is smaller than it is at first taken for
    assert after["max_used"] <= before["used"] + before["free"] * governor.DEFAULT_SHARE / 100 + 8000
    assert pace["least_free_memory"] >= after["total"] / 5 - 8000


@pytest.mark.parametrize("version", VERSIONS)
def test_server_share_is_kept(version):
    with Emulator(version, phones=400, dead=0, reject=0, wt_timer=1, shared_memory=SMALL, sip_log=False) as emu:
        before = emu.memory()
        uris = ["sip:{0}@127.0.0.1:{1}".format(phone["user"], emu.phones_port) for phone in emu.phones()]
        result = run_module("notify", dict(fifo(emu), uris=uris, event="check-sync", server_share=10))
        after = emu.memory()
    assert result["summary"]["outcomes"]["accepted"] == 400
    assert after["max_used"] <= before["used"] + before["free"] / 10 + 8000


@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_waits_while_others_need_the_memory(version):
    with Emulator(version, phones=100, dead=0, reject=0, wt_timer=1, shared_memory=SMALL, sip_log=False) as emu:
        held = emu.set_memory_aside((emu.memory()["free"] - MB) / MB)
        assert held
        uris = ["sip:{0}@127.0.0.1:{1}".format(phone["user"], emu.phones_port) for phone in emu.phones()]
        process = ModuleProcess("notify", dict(fifo(emu), uris=uris, event="check-sync"))
        time.sleep(2)
        assert process.running and emu.memory()["transactions"] == 0
        emu.set_memory_aside(0)
        result = process.result()
        assert emu.memory()["out_of_memory"] == 0
    assert result["summary"]["outcomes"]["accepted"] == 100
    assert result["summary"]["pace"]["limited_by"] == "memory"


def test_a_run_that_gets_no_memory_ends_and_can_be_resumed(tmp_path, monkeypatch):
    monkeypatch.setattr(governor, "PATIENCE", 0.5)
    with Emulator("3.6", phones=200, dead=0, reject=0, wt_timer=1, shared_memory=SMALL, sip_log=False) as emu:
        uris = ["sip:{0}@127.0.0.1:{1}".format(phone["user"], emu.phones_port) for phone in emu.phones()]
        sent = [SipRequest(target, "NOTIFY", HEADERS) for target in targets.of_uris(uris)]
        with Connection(fifo(emu)) as conn:
            with Journal("night", str(tmp_path)) as journal:
                delivery = Delivery(conn, journal=journal, governor=Governor(rate=100))
                found = []
                for request, result in delivery.run(sent):
                    found.append((request, result["outcome"]))
                    if len(found) == 20:
                        emu.set_memory_aside((emu.memory()["free"] - MB) / MB)
            outcomes = [each for _request, each in found]
            assert len(found) == 200 and delivery.stopped and "shared memory" in delivery.stopped
            assert 20 <= outcomes.count(outcome.ACCEPTED) < 200
            assert outcomes.count(outcome.ACCEPTED) + outcomes.count(outcome.NOT_SENT) == 200
            emu.set_memory_aside(0)
            with Journal("night", str(tmp_path)) as journal:
                assert journal.unknown() == []
                rest = [request for request in sent if not journal.done(request.key)]
                assert len(rest) == outcomes.count(outcome.NOT_SENT)
                again = [result["outcome"] for _request, result in Delivery(conn, journal=journal).run(rest)]
        assert again == [outcome.ACCEPTED] * len(rest)


@pytest.mark.parametrize("version", VERSIONS)
def test_phones_refused_for_want_of_memory_are_sent_to_later(version):
    """Others take the memory between two looks: the server refuses, and the phone is tried again."""
    with Emulator(version, phones=1, dead=0, reject=0, wt_timer=1, shared_memory=SMALL, sip_log=False) as emu:
        with Connection(fifo(emu)) as conn:
            conn.call("version")
            paced = Governor(rate=50)
            outcomes = []

            def run():
                for _request, result in Delivery(conn, governor=paced).run(requests(emu, 20)):
                    outcomes.append(result["outcome"])
                    if len(outcomes) == 5:
                        # room for no transaction, and for the replies to those that are under way
                        emu.set_memory_aside((emu.memory()["free"] - 3000) / MB)

            worker = threading.Thread(target=run)
            worker.start()
            deadline = time.monotonic() + 10
            while not emu.memory()["out_of_memory"] and time.monotonic() < deadline:
                time.sleep(0.02)
            assert emu.memory()["out_of_memory"] > 0
            emu.set_memory_aside(0)
            worker.join(30)
        assert outcomes == [outcome.ACCEPTED] * 20
        assert paced.report()["out_of_memory"] > 0


@pytest.mark.parametrize("share", [0, -5, 101])
def test_server_share_that_cannot_be_is_refused(share):
    with Emulator("3.6", phones=1) as emu:
        result = run_module("notify", dict(fifo(emu), select={}, event="check-sync", server_share=share))
        assert result["failed"] and "server_share" in result["msg"]
        assert not emu.sip_log()
