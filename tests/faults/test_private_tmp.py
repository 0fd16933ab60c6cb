# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server with a /tmp of its own (PrivateTmp of systemd, a container): the error says so, instead of what else might be wrong."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile

import pytest

from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import eventually
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import JsonFifo


@pytest.fixture
def private():
    """private(folder): a process called opensips that has another file system at folder, with a FIFO f in it."""
    with contextlib.ExitStack() as stack:
        bin_folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mi-"))
        program = os.path.join(bin_folder, "opensips")
        shutil.copy(shutil.which("sleep"), program)
        script = 'mount -t tmpfs none "$1" && mkfifo "$1/f" && exec "$0" 120'
        tried = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
        if os.geteuid() or tried.returncode:
            pytest.skip("needs root that may make mount namespaces")

        def start(folder):
            process = subprocess.Popen(["unshare", "-m", "sh", "-c", script, program, folder])
            stack.callback(process.wait)
            stack.callback(process.kill)
            assert eventually(lambda: os.path.exists(f"/proc/{process.pid}/root{folder}/f") and _runs(process.pid))
            return process

        yield start


def _runs(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as file:
        return file.read() == "opensips\n"


def test_the_fifo_is_in_the_servers_own_tmp(private, tmp_path):
    process = private(str(tmp_path))
    result = run_module("mi_command", {"command": "uptime", "fifo_path": str(tmp_path / "f"), "timeout": 1})
    assert result["failed"] and "There is no MI FIFO" in result["msg"]
    assert f"process {process.pid}" in result["msg"] and "PrivateTmp" in result["msg"]
    assert "/run/opensips" in result["msg"]


def test_the_replies_would_go_to_the_servers_own_tmp(private, tmp_path):
    """The FIFO is where both see it, and reply_dir is not: nothing comes back."""
    with JsonFifo(tmp_path, commands={"uptime": {}}, deaf_to=("version", "uptime")) as peer:
        process = private(peer.reply_dir)
        result = run_module("mi_command", dict({"command": "uptime", "timeout": 1}, **peer.options()))
    assert result["failed"] and result["error"]["type"] == "MITimeout"
    assert (
        f"process {process.pid}" in result["msg"] and peer.reply_dir in result["msg"] and "PrivateTmp" in result["msg"]
    )


def test_a_server_that_sees_the_same_files_is_not_blamed(private, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    private(str(elsewhere))
    with JsonFifo(tmp_path, commands={"uptime": {}}, deaf_to=("version", "uptime")) as peer:
        result = run_module("mi_command", dict({"command": "uptime", "timeout": 1}, **peer.options()))
    assert result["failed"] and "PrivateTmp" not in result["msg"] and "reply_dir" in result["msg"]
