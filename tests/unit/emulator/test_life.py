# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting, stopping, the command line, and leaving nothing behind."""

import json
import os
import subprocess
import sys
import time

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator, EmulatorError
from ansible_collections.community.opensips.tests.unit.emulator import raw_clients as raw

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def gone(pid):
    for _turn in range(100):
        try:
            os.kill(pid, 0)
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_nothing_is_left():
    emu = Emulator("3.6", phones=3).start()
    pid, directory = emu.pid, emu.directory
    emu.stop()
    assert gone(pid) and not os.path.exists(directory)
    with pytest.raises(EmulatorError):
        emu.stats()
    emu.stop()


def test_only_what_was_asked_for():
    with Emulator("3.6", phones=0, fifo=True) as emu:
        assert emu.fifo_path and not (emu.udp or emu.unix_path or emu.http_url)
    with Emulator("2.4", phones=0, http=False) as emu:
        assert emu.fifo_path and emu.udp and emu.unix_path and not emu.http_url


def test_the_child_dies_with_its_parent():
    code = (
        f"import sys; sys.path.insert(0, {TESTS!r})\n"
        "from emulator import Emulator\n"
        "emu = Emulator('3.6', phones=1).start()\n"
        "print(emu.pid, emu.directory, flush=True)\n"
        "import os; os.kill(os.getpid(), 9)\n"
    )
    output = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False).stdout
    pid, directory = output.decode().split()
    assert gone(int(pid)) and not os.path.exists(directory)


@pytest.mark.parametrize("command, directory", [(["-m", "emulator"], TESTS), ([os.path.join(TESTS, "emulator")], "/")])
def test_command_line(command, directory):
    process = subprocess.Popen(
        [sys.executable] + command + ["--version", "2.4", "--json", "--phones", "5"],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    ready = json.loads(process.stdout.readline())
    assert ready["version"] == "2.4" and os.path.exists(ready["fifo_path"])
    process.terminate()
    assert process.wait(5) == 0
    process.stdout.close()
    assert not os.path.exists(ready["directory"])


def test_help_and_greeting():
    command = [sys.executable, os.path.join(TESTS, "emulator")]
    text = subprocess.run(command + ["--help"], stdout=subprocess.PIPE, check=False).stdout.decode()
    for word in ("--version", "--phones", "--fault", "ul_dump=slow", "wrong_id"):
        assert word in text
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    lines = [process.stdout.readline().decode() for _number in range(3)]
    process.terminate()
    process.wait(5)
    process.stdout.close()
    assert "OpenSIPS 3.6" in lines[0] and "FIFO" in lines[1]


def test_bad_options_are_told():
    with pytest.raises(EmulatorError, match="--phones"):
        Emulator("3.6", phones="many").start()
    with pytest.raises(EmulatorError, match="did not start"):
        Emulator("3.6", phones=0, tls_cert="/nonexistent", tls_key="/nonexistent").start()


def test_kill_leaves_a_fifo_without_a_reader():
    with Emulator("3.6", phones=0) as emu:
        emu.kill()
        with pytest.raises(OSError):
            os.open(emu.fifo_path, os.O_WRONLY | os.O_NONBLOCK)
        assert raw.udp(emu.udp, b'{"jsonrpc":"2.0","id":1,"method":"pwd"}', raw.QUIET) is None
        with pytest.raises(ConnectionRefusedError):
            raw.web(emu.http_url, "POST", body=b"{}", content_type="application/json")


def test_exit_on_crash():
    with Emulator("3.6", phones=0, on_crash="exit", allow_crash=True) as emu:
        raw.fifo(emu, b":REPLY_FIFO:{}", raw.QUIET)
        assert gone(emu.pid) or emu._process.wait(5) == 139
