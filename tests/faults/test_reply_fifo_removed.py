# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Something cleans reply_dir up (systemd-tmpfiles, tmpreaper) while reply FIFOs are in use: no reply that came is lost."""

from __future__ import annotations

import contextlib
import os
import threading

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import fifo
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ConnectError
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import eventually
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    Behaviour,
    JsonFifo,
    LineFifo,
)

PHONES = 100


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


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_a_fleet_keeps_its_results(emulator, version):
    emu = emulator(version, phones=PHONES)
    uris = [phone["contact"] for phone in emu.phones()]
    process = ModuleProcess("notify", {"uri": uris, "event": "check-sync", "timeout": 2, "rate": 200, **fifo_of(emu)})
    assert eventually(emu.sip_log, 20)
    with cleaner(emu.reply_dir) as removed:
        result = process.result()
    assert removed, "nothing was tried"
    outcomes = result["summary"]["outcomes"]
    assert len(result["results"]) == PHONES == sum(outcomes.values())
    assert outcomes["accepted"], result["msg"]
    assert "Errno" not in result.get("msg", "")
    # accepted, unless the FIFO went before the server opened it
    reached = {entry["first"].split()[1] for entry in emu.sip_log()}
    assert {each["contact"] for each in result["results"] if each["outcome"] == "accepted"} <= reached
    assert not {each["contact"] for each in result["results"] if each["outcome"] == "not_sent"} & reached
