# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each fault, over each carrier it makes sense on."""

import http.client
import json
import time

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator, EmulatorError
from ansible_collections.community.opensips.tests.unit.emulator import raw_clients as raw

PWD = b'{"jsonrpc":"2.0","id":1,"method":"pwd"}'


@pytest.fixture(scope="module")
def emu():
    with Emulator("3.6", phones=1) as emulator:
        yield emulator


@pytest.fixture(params=["fifo", "udp", "unix", "http"])
def ask(request, emu):
    def over(timeout=3.0):
        if request.param == "fifo":
            return raw.fifo(emu, b":REPLY_FIFO:" + PWD, timeout)
        if request.param == "http":
            return raw.web(emu.http_url, "POST", body=PWD, content_type="application/json", timeout=timeout)[2]
        if request.param == "udp":
            return raw.udp(emu.udp, PWD, timeout)
        return raw.unix(emu.unix_path, PWD, timeout)

    over.carrier = request.param
    yield over
    emu.clear_faults()
    assert json.loads(over())["result"]["WD"] == emu.directory


def test_count_and_clear(emu, ask):
    emu.fault("pwd", "garbage", count=2)
    good = [ask().startswith(b"{") for _turn in range(3)]
    assert good == [False, False, True]
    emu.fault("*", "garbage")
    assert not ask().startswith(b"{")


def test_slow(emu, ask):
    emu.fault("pwd", "slow", 0.5)
    started = time.monotonic()
    assert json.loads(ask())["id"] == 1
    assert time.monotonic() - started >= 0.5


def test_no_reply(emu, ask):
    emu.fault("pwd", "no_reply", count=1)
    try:
        assert ask(raw.QUIET) is None
    except OSError:  # over HTTP the client's own timeout
        assert ask.carrier == "http"


def test_bytes(emu, ask):
    emu.fault("pwd", "truncated", count=1)
    cut = ask()
    whole = ask()
    assert whole.startswith(cut) and 0 < len(cut) < len(whole)
    emu.fault("pwd", "wrong_id", count=1)
    assert json.loads(ask())["id"] not in (1, None)
    emu.fault("pwd", "non_utf8", count=1)
    with pytest.raises(UnicodeDecodeError):
        ask().decode("utf-8")
    emu.fault("pwd", "oversized", 200000, count=1)
    reply = json.loads(ask())
    assert len(reply["result"]) > (60000 if ask.carrier in ("udp", "unix") else 199000)


def test_empty_and_reset(emu, ask):
    emu.fault("pwd", "empty", count=1)
    assert not ask(1.0)
    emu.fault("pwd", "reset", count=1)
    if ask.carrier == "http":
        with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
            ask()
    else:
        assert not ask(raw.QUIET)


@pytest.mark.parametrize("status", [401, 404, 500])
def test_http_statuses(emu, status):
    emu.fault("pwd", f"http_{status}", count=1)
    assert raw.web(emu.http_url, "POST", body=PWD, content_type="application/json")[0] == status


def test_line_protocol():
    with Emulator("2.4", phones=1, faults=["uptime=truncated*1", "version=oversized:100000"]) as emu:
        cut = raw.fifo(emu, b":uptime:REPLY_FIFO\n\n")
        assert cut.startswith(b"200 OK\n") and not cut.endswith(b"\n\n")
        assert raw.fifo(emu, b":uptime:REPLY_FIFO\n\n").endswith(b"\n\n")
        assert len(raw.fifo(emu, b":version:REPLY_FIFO\n\n")) >= 99000
        assert emu.stats()["faults"] == {"truncated": 1, "oversized": 1}


def test_unknown_fault_is_refused(emu):
    with pytest.raises(EmulatorError, match="there is no fault"):
        emu.fault("pwd", "explode")
    with pytest.raises(EmulatorError, match="--fault"):
        Emulator("3.6", faults=["pwd=explode"]).start()
