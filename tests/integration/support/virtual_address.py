# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The virtual address of a cluster: a UDP port whose packets reach the node that holds the sharing tag."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading

# seconds between two looks at the tags, and until a node has answered
PERIOD = 0.05
TIMEOUT = 1.0
_VIA = re.compile(rb"^Via: SIP/2\.0/UDP ([^\s:;]+):(\d+)", re.MULTILINE)


class VirtualAddress:
    """nodes: (address of the MI datagram socket, address of SIP) of each. holder: number of the node that has the address.

    While no node holds the tag, or more than one, it stays where it was, as the address of a host does.
    """

    def __init__(self, address, nodes, tag):
        self.address = address
        self.holder = None
        self._nodes = nodes
        self._tag = tag
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._follow, daemon=True)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def close(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def move(self, number):
        """Bring the address to a node."""
        self.holder = number

    def _follow(self):
        while not self._stop.wait(PERIOD):
            holders = [number for number, (address, _sip) in enumerate(self._nodes) if self._holds(address)]
            if len(holders) == 1 and holders[0] != self.holder:
                self.move(holders[0])

    def _holds(self, address):
        tags = mi(address, "clusterer_list_shtags") or []
        return any(tag["Tag"] == self._tag and tag["State"] == "active" for tag in tags)


class Forwarder(VirtualAddress):
    """A UDP port of loopback whose packets go to the node. Answers do not pass here: a node sends them from its own address."""

    def __init__(self, port, nodes, tag):
        super().__init__(("127.0.0.1", port), nodes, tag)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(self.address)
        self._socket.settimeout(0.2)
        self._threads.append(threading.Thread(target=self._forward, daemon=True))
        self.start()

    def close(self):
        super().close()
        self._socket.close()

    def _forward(self):
        while not self._stop.is_set():
            # refused: what a node that is down sends back
            with contextlib.suppress(TimeoutError, ConnectionError):
                packet = self._socket.recv(65535)
                if self.holder is not None:
                    self._socket.sendto(packet, self._nodes[self.holder][1])


class ReplyRouter:
    """Sends each answer of a sipp to the topmost Via, as SIP requires (RFC 3261, 18.2.2).

    sipp itself sends it to where the first request of the call came from, which is wrong after the call has moved to another node.
    """

    def __init__(self, host):
        self._stop = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.settimeout(0.2)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def _run(self):
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError, ConnectionError):
                packet = self._socket.recv(65535)
                via = _VIA.search(packet)
                self._socket.sendto(packet, (via[1].decode(), int(via[2])))


def mi(address, method, **params):
    """The result of a command that a datagram socket got; None if it does not answer, or answers an error."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, **({"params": params} if params else {})}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(TIMEOUT)
        sock.connect(address)
        try:
            sock.send(json.dumps(request).encode())
            return json.loads(sock.recv(65535)).get("result")
        except (OSError, ValueError):
            return None
