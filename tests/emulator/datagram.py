# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mi_datagram: UDP over IPv4 and IPv6, and Unix datagram sockets."""

import os
import socket

from . import faults, rpc
from .errors import PENDING, Starved
from .line_parser import ParseError, datagram_arguments
from .render_line import render

INTERNAL_ERROR = b"500 Internal error"  # MI_INTERNAL_ERROR of 3.x and 4.x
BUFFER = 65457  # DATAGRAM_SOCK_BUF_SIZE, in both directions


class Datagram:
    """One socket of mi_datagram."""

    def __init__(self, server, sock, crashes_without_method):
        self.server = server
        self.sock = sock
        self.line = server.state.tree
        self.unix = sock.family == socket.AF_UNIX
        self._fragile = crashes_without_method
        self._busy = False
        sock.setblocking(False)
        server.loop.add_reader(sock.fileno(), self._readable)

    def close(self):
        if self.sock.fileno() < 0:
            return
        self.server.loop.remove_reader(self.sock.fileno())
        path = self.sock.getsockname() if self.unix else None
        self.sock.close()
        if path and os.path.exists(path):
            os.unlink(path)

    def _readable(self):
        for _turn in range(64):
            try:
                data, address = self.sock.recvfrom(BUFFER)
            except OSError:
                return
            text = data.decode("utf-8", "surrogateescape")
            if self.line:
                self._line(text, address)
            else:
                self._json(text, address)
            if self._busy or self.sock.fileno() < 0:
                return

    def _serve(self, seconds, then):
        """Serve a request for that long, and take no other meanwhile; then call `then`."""
        self._busy = True
        self.server.loop.remove_reader(self.sock.fileno())
        self.server.loop.call_later(seconds, self._served, then)

    def _served(self, then):
        self._busy = False
        if self.sock.fileno() >= 0:
            then()
            self.server.loop.add_reader(self.sock.fileno(), self._readable)

    # ---- 1.x, 2.x

    def _line(self, text, address):
        server = self.server
        name, colon, rest = text[1:].partition(":")
        classic = server.lookup(name) if text[:1] == ":" and colon and rest[:1] == "\n" else None
        if classic is None:
            server.note(name or "?")
            self._send(name, b"500 command not available\n", address)
            return
        if server.lacks_handler(classic):
            self._send(name, b"500 Internal server error\n", address)
            return
        try:
            args = [] if server.takes_no_input(classic) else self._arguments(rest[1:])
        except ParseError:
            old = server.state.v < (2, 0)
            self._send(name, b"400 parse error in command\n" if old else b"400 parse_error\n", address)
            return
        outcome = server.call_line(classic, args, lambda late: self._send_line(name, late, address))
        if outcome is not PENDING:
            self._send_line(name, outcome, address)

    @staticmethod
    def _arguments(text):
        found = datagram_arguments(text.encode("utf-8", "surrogateescape"))
        if found is None:
            raise ParseError
        return [value.decode("utf-8", "surrogateescape") for value in found]

    def _send_line(self, name, outcome, address):
        code, reason, reply = (200, "OK", outcome.partial) if isinstance(outcome, Starved) else outcome
        if code is None:  # the handler gave up
            self._send(name, b"500 command failed\n", address)
            return
        end = "\n" if self.server.state.v >= (2, 2) and self.server.state.v[:2] != (2, 3) else ""
        data = render(code, reason, reply, end).encode("utf-8", "surrogateescape")
        if len(data) > BUFFER:
            self.server.stats_lost += 1
            return
        self._send(name, data, address)

    # ---- 3.x, 4.x

    def _json(self, text, address):
        server = self.server
        try:
            request, _end = rpc.parse(text)
        except ValueError:
            self._send("?", b"400 Parse_error", address)
            return
        if request.method is None and self._fragile:
            server.crash("datagram without a string method")
            return
        if server.lacks_handler(request.method):
            self._send(request.method, INTERNAL_ERROR, address)
            return
        outcome = rpc.run(server, request, lambda late: self._send_json(request, late, address))
        seconds = server.spent()
        if seconds:
            self._serve(seconds, lambda: self._send_json(request, outcome, address))
        elif outcome is not PENDING:
            self._send_json(request, outcome, address)

    def _send_json(self, request, outcome, address):
        if isinstance(outcome, Starved):
            self.server.stats_lost += 1  # sent to the address that another process remembers: none
            return
        text = rpc.text_of(request, outcome)
        if text is None:
            return
        data = text.encode("utf-8", "surrogateescape")
        if len(data) > BUFFER or request.bad_id:
            data = INTERNAL_ERROR
        self._send(request.method or "?", data, address)

    # ---- both

    def _send(self, method, data, address):
        if not address:
            return  # a Unix client without a socket of its own cannot be answered
        fault = self.server.faults.take(method)
        if fault is None:
            self._sendto(data, address)
            return
        data = faults.mangle(fault, data, 65507)
        if data is None or fault.kind == "reset":
            return
        if fault.delay:
            self.server.loop.call_later(fault.delay, self._sendto, data, address)
        else:
            self._sendto(data, address)

    def _sendto(self, data, address):
        try:
            self.sock.sendto(data, address)
        except OSError:
            self.server.stats_lost += 1


def bind_udp(host, port=0):
    """A UDP socket on that loopback address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def bind_unix(path):
    """A Unix datagram socket at that path, open to everybody on this machine as the FIFO is."""
    if os.path.exists(path):
        os.unlink(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(path)
    os.chmod(path, 0o666)
    return sock
