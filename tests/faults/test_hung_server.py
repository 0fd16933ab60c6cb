# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that hangs: every task ends by its timeout, and says what is known of each phone."""

from __future__ import annotations

import fcntl
import os
import signal

import pytest

from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, ways_of

TIMEOUT = 1
# far more than any of these tasks may take; a task that hangs takes for ever
SECONDS = 30


def start(name, args):
    return ModuleProcess(name, dict(args, timeout=TIMEOUT))


def ends(name, args):
    """The result of a module that must end by itself."""
    return result_of(start(name, args))


def result_of(process):
    if not process.wait(SECONDS):
        process.kill()
        pytest.fail(f"the module hangs, with timeout {TIMEOUT}")
    return process.result()


@pytest.fixture
def unread_fifo(tmp_path):
    """Connection options of a FIFO that somebody has open for reading, and does not read."""
    path = str(tmp_path / "f")
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR)
    yield {"fifo_path": path, "reply_dir": str(tmp_path)}
    os.close(fd)
    assert os.listdir(str(tmp_path)) == ["f"]


@pytest.mark.parametrize("protocol", ["auto", "line"])
def test_a_fifo_that_nobody_reads(unread_fifo, protocol):
    result = ends("mi_command", {"command": "uptime", "protocol": protocol, **unread_fifo})
    assert result["failed"] and not result.get("changed")
    assert result["error"]["type"] == "MITimeout"
    assert "accepts no more requests" in result["msg"] and "OpenSIPS hangs" in result["msg"]


URIS = [f"sip:{number}@192.0.2.1" for number in range(100)]
TASKS = {
    "notify": {"uris": URIS, "event": "check-sync"},
    "uac_dlg": {"method": "OPTIONS", "ruri": URIS[0], "headers": {"From": "<sip:a@b>", "To": "<sip:a@b>"}},
    "reload": {"tables": ["dispatcher"]},
    "health": {},
    "diagnose": {"duration": 1},
}


@pytest.mark.parametrize("module", sorted(TASKS))
def test_every_kind_of_task(unread_fifo, module):
    result = ends(module, {**TASKS[module], **unread_fifo})
    assert result["failed"] and not result.get("changed"), result
    if module == "notify":
        assert {each["outcome"] for each in result["results"]} == {"not_sent"}
        assert result["summary"]["sent"] == 0 and len(result["results"]) == len(URIS)


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_a_server_that_stops_altogether(emulator, version):
    emu = emulator(version, phones=0, allow_crash=True)
    ways = ways_of(emu)
    os.kill(emu.pid, signal.SIGSTOP)
    try:
        started = {
            way: start("mi_command", {"command": "uptime", **options}) for way, (options, _protocol) in ways.items()
        }
        for way, process in started.items():
            result = result_of(process)
            assert result["failed"] and result["error"]["type"] == "MITimeout", (way, result["msg"])
    finally:
        os.kill(emu.pid, signal.SIGCONT)


def test_a_lock_that_another_process_holds(emulator):
    """Requests to a server before 3.0, and of more than a page, lock the FIFO; the one that holds the lock may hang."""
    emu = emulator("3.6", phones=0)
    holder = os.open(emu.fifo_path, os.O_WRONLY | os.O_NONBLOCK)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        result = ends("notify", {"uris": URIS, "event": "check-sync", **fifo_of(emu)})
    finally:
        os.close(holder)
    assert result["failed"] and not result["changed"]
    assert {each["outcome"] for each in result["results"]} == {"not_sent"}
