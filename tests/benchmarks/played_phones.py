# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Phones that a process of its own plays on loopback, fast enough to not slow a server down.

They share a few sockets. All answer 200 to every NOTIFY, except the dead: those have a socket that nobody reads.
With a delay they also register again after a NOTIFY, as rebooted phones do.
"""

import contextlib
import heapq
import multiprocessing
import os
import re
import selectors
import signal
import socket
import time

SOCKETS = 8
_BUFFER = 4 << 20
# what an answer copies from its request, in any order; OpenSIPS writes whole names, one to a line
_COPIED = re.compile(rb"^(?:Via|From|To|Call-ID|CSeq): [^\r\n]*\r\n", re.MULTILINE)
_RURI = re.compile(rb"NOTIFY sip:([^@;> ]+)@")
# seconds until a REGISTER without an answer is sent again, and how often it is sent at most
_AGAIN, _TRIES = 2.0, 5
_BURST = 64


class Phones:
    """So many phones, of which the first are dead. contacts: {user: URI}, with the dead evenly among the living."""

    def __init__(self, count, dead, ports, dead_port):
        self.dead = int(count * dead)
        self.living = count - self.dead
        every = count // self.dead if self.dead else 0
        self.contacts = {}
        silent = 0
        for number in range(count):
            if every and number % every == 0 and silent < self.dead:
                silent += 1
                self.contacts[f"dead{number}"] = f"sip:dead{number}@127.0.0.1:{dead_port}"
            else:
                self.contacts[f"phone{number}"] = f"sip:phone{number}@127.0.0.1:{ports[number % len(ports)]}"

    def uris(self, living):
        """URIs of the living, or of the dead."""
        return [uri for user, uri in self.contacts.items() if user.startswith("dead") != living]


@contextlib.contextmanager
def played(count, dead, registrar=None, back_after=None):
    """Phones, while a process plays them. dead: share of them.

    registrar: (host, port) where they register again, back_after: seconds after they got a NOTIFY; None: they do not.
    """
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(_bound()) for _number in range(SOCKETS)]
        unread = stack.enter_context(_bound())
        ports = [each.getsockname()[1] for each in sockets]
        player = _Player(sockets, registrar, back_after)
        process = multiprocessing.get_context("fork").Process(target=player.run, daemon=True)
        process.start()
        stack.callback(process.join)
        stack.callback(process.terminate)
        yield Phones(count, dead, ports, unread.getsockname()[1])


@contextlib.contextmanager
def _bound():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        # as much as the system allows
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        yield sock


class _Player:
    """Answers, and registers again. All in one thread: the order of events does not matter, their number does."""

    def __init__(self, sockets, registrar, back_after):
        self._sockets = sockets
        self._registrar = registrar
        self._back_after = back_after
        self._due = []
        self._registering = {}

    def run(self):
        # what the parent does at a signal is not for its child
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with selectors.DefaultSelector() as selector:
            for sock in self._sockets:
                selector.register(sock, selectors.EVENT_READ)
            parent = os.getppid()
            # an orphan ends by itself
            while os.getppid() == parent:
                for key, _events in selector.select(0.05):
                    self._serve(key.fileobj)
                self._register_due()

    def _serve(self, sock):
        for _number in range(_BURST):
            try:
                data, address = sock.recvfrom(65535)
            except OSError:
                return
            if data.startswith(b"NOTIFY "):
                self._answer(sock, data, address)
            elif data.startswith(b"SIP/2.0 200"):
                match = re.search(rb"^Call-ID: ([^\r\n]*)", data, re.MULTILINE)
                self._registering.pop(match and match.group(1), None)

    def _answer(self, sock, data, address):
        # a To without a tag gets one
        copied = b"".join(
            line if not line.startswith(b"To:") or b";tag=" in line else line[:-2] + b";tag=phone\r\n"
            for line in _COPIED.findall(data)
        )
        sock.sendto(b"SIP/2.0 200 OK\r\n" + copied + b"Content-Length: 0\r\n\r\n", address)
        if self._back_after is not None:
            user = _RURI.match(data).group(1)
            call_id = b"%s-%.6f@phones" % (user, time.time())
            self._registering[call_id] = (sock, user)
            heapq.heappush(self._due, (time.monotonic() + self._back_after, call_id, 1))

    def _register_due(self):
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            _at, call_id, number = heapq.heappop(self._due)
            if call_id not in self._registering:
                continue
            sock, user = self._registering[call_id]
            sock.sendto(_register(call_id, number, user, sock.getsockname()[1], self._registrar), self._registrar)
            if number < _TRIES:
                heapq.heappush(self._due, (now + _AGAIN, call_id, number + 1))


def _register(call_id, number, user, port, registrar):
    domain = b"%s:%d" % (registrar[0].encode(), registrar[1])
    return b"".join([
        b"REGISTER sip:%s SIP/2.0\r\n" % domain,
        b"Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%s%d\r\n" % (port, call_id.partition(b"@")[0], number),
        b"From: <sip:%s@127.0.0.1>;tag=%s\r\n" % (user, user),
        b"To: <sip:%s@127.0.0.1>\r\n" % user,
        b"Call-ID: %s\r\nCSeq: %d REGISTER\r\n" % (call_id, number),
        b"Contact: <sip:%s@127.0.0.1:%d>\r\nExpires: 7200\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n" % (user, port),
    ])  # fmt: skip
