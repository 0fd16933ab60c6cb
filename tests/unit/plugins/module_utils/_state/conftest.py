# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulated servers for the tests of a module."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.tests.emulator import Emulator


@pytest.fixture(scope="module")
def servers(request):
    """{version: (Emulator, Connection)} for the VERSIONS of the test module, and its TIMEOUT where it has one."""
    started = {}
    timeout = getattr(request.module, "TIMEOUT", None)
    try:
        for version in request.module.VERSIONS:
            emu = Emulator(version, phones=0).start()
            options = {"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir, "timeout": timeout}
            started[version] = emu, Connection(options)
        yield started
    finally:
        for emu, conn in started.values():
            conn.close()
            emu.__exit__(None, None, None)
