# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""free_ports(): tests that run at the same time do not give one port to two servers."""

from __future__ import annotations

import socket
import subprocess
import sys

from ansible_collections.community.opensips.tests.integration.support import opensips

OTHER = """\
import sys
from ansible_collections.community.opensips.tests.integration.support import opensips
taken, spare = map(int, sys.argv[1:])
opensips._PORTS = [taken] * 99 + [spare]
print(*opensips.free_ports(1))
"""


def test_another_process_gets_another_port():
    [taken] = opensips.free_ports(1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        spare = probe.getsockname()[1]
    command = [sys.executable, "-c", OTHER, str(taken), str(spare)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == [str(spare)], done.stderr
