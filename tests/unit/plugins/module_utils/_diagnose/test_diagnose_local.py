# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What /proc says of processes and sockets of this host."""

import os
import socket

from ansible_collections.community.opensips.plugins.module_utils._diagnose import local


def test_a_process():
    assert local.parent_of(os.getpid()) == os.getppid()
    # the kernel counts in ticks, and ansible-test gives each test a process that has used none
    while sum(os.times()[:2]) < 0.05:
        pass
    assert local.processor_seconds([os.getpid(), 1 << 30])[os.getpid()] > 0
    # neither an opensips, nor there
    assert local.known([os.getpid(), 1 << 30]) == set()
    assert local.status(1 << 30) is None


def test_sockets():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, socket.socket(
        socket.AF_INET, socket.SOCK_DGRAM
    ) as sender:
        sock.bind(("127.0.0.1", 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _number in range(50):
            sender.sendto(b"x" * 1000, sock.getsockname())
        found = local.udp_sockets(os.getpid())[sock.getsockname()]
    assert found.size > 0 and found.dropped > 0
