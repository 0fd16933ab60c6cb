# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ports of the host that other programs use are found in what the kernel lists."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.plugins.filter import opensips_config

REST = "00000000:00000000 00:00000000 00000000   107        0"
ANY6, LOOPBACK6 = "0" * 32, "00000000000000000000000001000000"
MAPPED = "0000000000000000FFFF0000010200C0"


def listening(*sockets, own=(), more=""):
    """What a host lists. sockets: (table, address and port as the kernel writes them, state, inode)."""
    lines = [
        f"{table} {number}: {place} {'0' * (32 if table.endswith('6') else 8)}:0000 {state} {REST} {inode} 2 0 0"
        for number, (table, place, state, inode) in enumerate(sockets)
    ]
    links = [f"lrwx------ 1 root root 64 Nov 29 05:00 {number} -> socket:[{inode}]" for number, inode in enumerate(own)]
    return "\n".join([*lines, "total 0", *links, more])


def problems(text, *sockets, **options):
    check = opensips_config.FilterModule().filters()["opensips_config_problems"]
    named = {f"opensips_server_{name}": value for name, value in options.items()}
    return check({"opensips_server_sockets": list(sockets), **named}, listening=text)


UDP_5060 = ("udp", "010200C0:13C4", "07", 71)


@pytest.mark.parametrize(
    "entry, socket",
    [
        (UDP_5060, "udp:192.0.2.1:5060"),
        (UDP_5060, "udp:192.0.2.1 use_workers 2"),
        (UDP_5060, "hep_udp:192.0.2.1:5060"),
        (UDP_5060, "udp:192.0.2.1:5058-5060"),
        (UDP_5060, "udp:*:5060"),
        (UDP_5060, "udp:0.0.0.0:5060"),
        (("udp", "00000000:13C4", "07", 71), "udp:192.0.2.1:5060"),
        (("udp", "00000000:13C4", "07", 71), "udp:eth0:5060"),
        (("udp6", f"{ANY6}:13C4", "07", 71), "udp:192.0.2.1:5060"),
        (("udp6", f"{MAPPED}:13C4", "07", 71), "udp:192.0.2.1:5060"),
        (("tcp6", f"{LOOPBACK6}:13C5", "0A", 71), "tls:[::1]"),
        (("tcp", "0100007F:01BB", "0A", 71), "wss:127.0.0.1:443"),
    ],
)
def test_a_port_of_another_program(entry, socket):
    [problem] = problems(listening(entry), "udp:192.0.2.9:9", socket)
    assert problem.startswith("opensips_server_sockets[1]: another program on the host uses the port of ")
    assert socket.split()[0] in problem and "choose another port" in problem
    assert problems(listening(entry, own=[70, 71]), socket) == [], "of the server itself"
    assert problems(listening(entry, more="unreadable"), socket) == [], "nobody knows whose"


@pytest.mark.parametrize(
    "entry, socket",
    [
        (UDP_5060, "udp:192.0.2.2:5060"),
        (UDP_5060, "udp:192.0.2.1:5061"),
        (UDP_5060, "tcp:192.0.2.1:5060"),
        (UDP_5060, "udp:eth0:5060"),
        (UDP_5060, "sctp:192.0.2.1:5060"),
        (("udp6", f"{LOOPBACK6}:13C4", "07", 71), "udp:[2001:db8::1]:5060"),
        (("udp6", f"{LOOPBACK6}:13C4", "07", 71), "udp:192.0.2.1:5060"),
        # a connection, and a port without a default
        (("tcp", "010200C0:13C4", "01", 71), "tcp:192.0.2.1:5060"),
        (("tcp", "010200C0:13C4", "0A", 71), "ws:192.0.2.1"),
    ],
)
def test_a_port_that_is_free(entry, socket):
    assert problems(listening(entry), socket) == []


def test_ports_of_mi_and_of_metrics():
    text = listening(("udp", "0100007F:1F90", "07", 5), ("tcp", "0100007F:22B8", "0A", 6))
    options = {
        "mi_datagram_socket": "udp:127.0.0.1:8080",
        "mi_http_address": "127.0.0.1",
        "mi_http_port": 8888,
    }
    assert [each.partition(":")[0] for each in problems(text, **options)] == [
        "opensips_server_mi_datagram_socket",
        "opensips_server_mi_http_port",
    ]
    moved = {"httpd": {"port": 8889}, "mi_datagram": {"socket_name": "unix:/run/opensips/mi"}}
    assert problems(text, modparams=moved, **options) == []
    assert problems(text, modparams={"httpd": None}) == []
