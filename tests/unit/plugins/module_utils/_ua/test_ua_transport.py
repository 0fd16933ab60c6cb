# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection over UDP whose other side goes away."""

import select
import socket
import sys
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._ua import errors, target
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import Transport

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports refusals to sockets without a peer")


def soon():
    return time.monotonic() + 5


@pytest.fixture(name="server")
def _server():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    yield sock
    sock.close()


@pytest.fixture(name="connection")
def _connection(server):
    connection = Transport(target.parse(f"udp:127.0.0.1:{server.getsockname()[1]}"), soon())
    yield connection
    connection.close()


def test_a_port_where_nothing_listens_is_said(server, connection):
    server.close()
    connection.send(b"OPTIONS", soon())
    with pytest.raises(errors.PortClosed):
        connection.receive(soon())


def test_a_server_that_was_heard_may_be_restarted(server, connection):
    """What it sends afterwards still counts, and requests are repeated until then."""
    connection.send(b"first", soon())
    data, client = server.recvfrom(100)
    server.sendto(b"answer to " + data, client)
    assert connection.receive(soon()) == b"answer to first"
    address = server.getsockname()
    server.close()
    # the second one meets the refusal of the first
    connection.send(b"lost", soon())
    connection.send(b"lost", soon())
    assert connection.receive(time.monotonic() + 0.2) is None
    # or a loop that waits for it would never rest
    assert select.select([connection], [], [], 0)[0] == []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(address)
        again.sendto(b"back", client)
        assert connection.receive(soon()) == b"back"
