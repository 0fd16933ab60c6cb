# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network on loopback that duplicates, loses and re-orders the datagrams between clients and a server."""

from __future__ import annotations

import heapq
import itertools
import os
import random
import re
import selectors
import socket
import tempfile
import threading
import time

_ID = re.compile(rb'"id":\s*(\d+)')
# Seconds by which a datagram, or its copy, may come later than others
_LATE = 0.03


class LossyNetwork:
    """Forwards between clients, who send to address, and server: (host, port) of UDP, or the path of a Unix socket.

    duplicate, late: the shares of datagrams, either way, that come twice, and later than others. lose: the share of those
    that are about may_lose (bytes in the request) and of their replies that never come. lost: requests (bytes) of which
    something was lost. counts: {what happened: how often}.
    """

    def __init__(self, server, duplicate=0.0, late=0.0, lose=0.0, may_lose=b"", seed=1):
        self._server = server
        self._shares = {"duplicated": duplicate, "late": late, "lost": lose}
        self._may_lose = may_lose
        self._random = random.Random(seed)
        self._folder = tempfile.TemporaryDirectory(prefix="lossy-")
        self._names = itertools.count()
        self._front = self._socket()
        self.address = self._front.getsockname()
        self.lost = []
        self.counts = dict.fromkeys(self._shares, 0)
        # {client's address: our socket towards the server}, {id, or our socket: the request}
        self._ways = {}
        self._requests = {}
        self._due = []
        self._numbers = itertools.count()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._front, selectors.EVENT_READ, None)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def options(self):
        """Connection options of a client."""
        if isinstance(self._server, str):
            return {"socket_path": self.address}
        return {"host": self.address[0], "port": self.address[1]}

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._stopping.set()
        self._thread.join(10)
        for sock in [self._front, *self._ways.values()]:
            sock.close()
        self._selector.close()
        self._folder.cleanup()

    def _socket(self):
        if isinstance(self._server, str):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            sock.bind(os.path.join(self._folder.name, str(next(self._names))))
        else:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        return sock

    def _way(self):
        """A socket towards the server."""
        sock = self._socket()
        if sock.family != socket.AF_UNIX:
            # its port may have been that of a client to whom something is still on its way
            sock.connect(self._server)
        return sock

    def _run(self):
        while not self._stopping.is_set():
            pause = max(0.0, self._due[0][0] - time.monotonic()) if self._due else 0.05
            for key, _events in self._selector.select(min(pause, 0.05)):
                self._take(key.fileobj, key.data)
            self._deliver()

    def _deliver(self):
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            _when, number, sock, data, address = heapq.heappop(self._due)
            try:
                sock.sendto(data, address)
            except BlockingIOError:
                # the queue of a Unix socket is short
                heapq.heappush(self._due, (now + 0.002, number, sock, data, address))
            except OSError:
                # the client has gone
                continue

    def _take(self, sock, client):
        try:
            data, sender = sock.recvfrom(65535)
        except OSError:
            return
        if client is None:
            if sender not in self._ways:
                self._ways[sender] = self._way()
                self._selector.register(self._ways[sender], selectors.EVENT_READ, sender)
            way = self._ways[sender]
            request = self._requests[self._id(data, way)] = data
            self._forward(way, data, self._server, request)
        else:
            self._forward(self._front, data, client, self._requests.get(self._id(data, sock), b""))

    @staticmethod
    def _id(data, way):
        """What ties a reply to its request: the id, or the socket that the client made for it."""
        found = _ID.search(data)
        return int(found[1]) if found else way

    def _forward(self, sock, data, address, request):
        if self._may_lose and self._may_lose in request and self._happens("lost"):
            self.lost.append(request)
            return
        for _copy in range(2 if self._happens("duplicated") else 1):
            delay = self._random.uniform(0, _LATE) if self._happens("late") else 0.0
            heapq.heappush(self._due, (time.monotonic() + delay, next(self._numbers), sock, data, address))

    def _happens(self, what):
        happens = self._random.random() < self._shares[what]
        self.counts[what] += happens
        return happens
