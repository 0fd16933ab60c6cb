# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulated servers for the tests of a module."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.tests.emulator import Emulator


class Servers(dict):
    """{version: (Emulator, Connection)}, each started when it is asked for: ansible-test runs each test in a process of its own."""

    def __init__(self, timeout):
        super().__init__()
        self._timeout = timeout

    def __missing__(self, version):
        emu = Emulator(version, phones=0).start()
        options = {"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir, "timeout": self._timeout}
        self[version] = emu, Connection(options)
        return self[version]

    def close(self):
        for emu, conn in self.values():
            conn.close()
            emu.__exit__(None, None, None)


@pytest.fixture(scope="module")
def servers(request):
    """Servers of any version, with the TIMEOUT of the test module where it has one."""
    started = Servers(getattr(request.module, "TIMEOUT", None))
    try:
        yield started
    finally:
        started.close()
