# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Something cleans reply_dir up (systemd-tmpfiles, tmpreaper) while reply FIFOs are in use: no reply that came is lost."""

from __future__ import annotations

import contextlib
import json
import os
import threading

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import fifo
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ConnectError
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import eventually
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    Behaviour,
    JsonFifo,
    LineFifo,
)

PHONES = 60


@contextlib.contextmanager
def cleaner(directory):
    """Removes reply FIFOs again and again; gives the list of what it removed."""
    removed, stop = [], threading.Event()

    def clean():
        while not stop.wait(0.002):
            for name in os.listdir(directory):
                if name.startswith("opensips_mi_"):
                    with contextlib.suppress(OSError):
                        os.unlink(os.path.join(directory, name))
                        removed.append(name)

    worker = threading.Thread(target=clean)
    worker.start()
    try:
        yield removed
    finally:
        stop.set()
        worker.join()


def sweep(peer):
    for name in peer.leftovers():
        os.unlink(os.path.join(peer.reply_dir, name))


@pytest.mark.parametrize("peer_class, answer", [(JsonFifo, {"a": "1"}), (LineFifo, "a:: 1\n")])
def test_the_reply_that_came_counts(tmp_path, peer_class, answer):
    """Removed after the server opened it: the reply is there, and the next request has another FIFO."""
    with peer_class(tmp_path, commands={"uptime": answer}) as peer:

        def swept(_params):
            sweep(peer)
            return answer

        peer.answers.commands["uptime"] = swept
        with peer.connect(timeout=5) as conn:
            for _each in range(3):
                assert conn.call("uptime").code == 200
        assert peer.leftovers() == []


def test_removed_between_two_pieces_of_a_reply(tmp_path, monkeypatch):
    """The rest cannot come any more: an error of this request, which the server may have done."""
    monkeypatch.setattr(fifo, "_REOPEN_GRACE", 0.2)

    def half(reply, _request_id):
        fd = reply.open()
        sweep(peer)
        reply._write(fd, b'{"jsonrpc": "2.0", "result": {"a')

    with JsonFifo(tmp_path, commands={"uptime": Behaviour(half)}) as peer:
        with peer.connect(timeout=5) as conn:
            with pytest.raises(ConnectError) as lost:
                conn.call("uptime")
            assert lost.value.maybe_sent and "removed" in str(lost.value) and "reply_dir" in str(lost.value)
            assert conn.call("version")


def test_a_fleet_keeps_its_results(tmp_path):
    """Each FIFO is removed as the server writes its answer into it."""
    uris = [f"sip:{number}@192.0.2.1" for number in range(40)]

    def answer(reply, request_id):
        fd = reply.open()
        if fd is not None:
            os.unlink(reply.path)
            result = {"Status": "200 OK", "Message": "Via: x\r\n\r\n"}
            reply._write(fd, json.dumps({"jsonrpc": "2.0", "id": request_id, "result": result}).encode())

    with JsonFifo(tmp_path, commands={"t_uac_dlg": Behaviour(answer)}) as peer:
        result = run_module("notify", dict(peer.options(), uris=uris, event="check-sync", timeout=5, max_in_flight=4))
        assert peer.leftovers() == []
    assert not result.get("failed"), result["msg"]
    assert {each["outcome"] for each in result["results"]} == {"accepted"} and len(result["results"]) == len(uris)


def test_a_cleaner_at_work(emulator):
    """Whatever it removes and when, each phone has a result, and those that are accepted were reached."""
    emu = emulator("2.4", phones=PHONES)
    uris = [phone["contact"] for phone in emu.phones()]
    process = ModuleProcess("notify", {"uris": uris, "event": "check-sync", "timeout": 2, "rate": 200, **fifo_of(emu)})
    assert eventually(emu.sip_log, 20)
    with cleaner(emu.reply_dir) as removed:
        result = process.result()
    assert removed, "nothing was tried"
    outcomes = {each["contact"]: each["outcome"] for each in result["results"]}
    assert len(outcomes) == PHONES
    reached = {entry["first"].split()[1] for entry in emu.sip_log()}
    assert {contact for contact, outcome in outcomes.items() if outcome == "accepted"} <= reached
    assert not {contact for contact, outcome in outcomes.items() if outcome == "not_sent"} & reached
