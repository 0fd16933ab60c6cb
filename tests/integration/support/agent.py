# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A SIP user agent for tests of routes: it registers, calls and is called over UDP, TLS and WebSocket, and keeps what it gets."""

from __future__ import annotations

import base64
import os
import re
import socket
import struct
import threading
import time

from ansible_collections.community.opensips.plugins.module_utils._sip import digest

from .phones import Message

SECONDS = 5


def _connect(address):
    """A connection to a server that may only be starting."""
    until = time.monotonic() + SECONDS
    while True:
        try:
            return socket.create_connection(address, SECONDS)
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


class Datagrams:
    """UDP between a port of ours and the server's."""

    name = "UDP"

    def __init__(self, address):
        self._address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    def send(self, data):
        self._socket.sendto(data, self._address)

    def receive(self, seconds):
        self._socket.settimeout(seconds)
        return self._socket.recvfrom(65535)[0]

    def close(self):
        self._socket.close()


class Stream:
    """TLS: one connection to the server. context: ssl.SSLContext"""

    name = "TLS"

    def __init__(self, address, context):
        self._socket = context.wrap_socket(_connect(address), server_hostname=address[0])
        self.port = self._socket.getsockname()[1]
        self._data = b""

    def send(self, data):
        self._socket.sendall(data)

    def receive(self, seconds):
        self._socket.settimeout(seconds)
        while b"\r\n\r\n" not in self._data:
            self._read()
        head = self._data.partition(b"\r\n\r\n")[0]
        size = len(head) + 4 + int(re.search(rb"(?im)^Content-Length: *(\d+)", head)[1])
        while len(self._data) < size:
            self._read()
        message, self._data = self._data[:size], self._data[size:].lstrip(b"\r\n")
        return message

    def _read(self):
        data = self._socket.recv(65535)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._data += data

    def close(self):
        self._socket.close()


class WebSocket:
    """RFC 7118: a SIP message is a frame. context: ssl.SSLContext for wss, or None"""

    def __init__(self, address, context=None):
        self.name = "WSS" if context else "WS"
        self._socket = _connect(address)
        if context:
            self._socket = context.wrap_socket(self._socket, server_hostname=address[0])
        self.port = self._socket.getsockname()[1]
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET / HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Origin: http://{address[0]}\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n".encode()
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self._exactly(1)
        assert answer.startswith(b"HTTP/1.1 101"), answer

    def send(self, data):
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        self._socket.sendall(struct.pack("!BBH", 0x81, 0x80 | 126, len(data)) + mask + masked)

    def receive(self, seconds):
        self._socket.settimeout(seconds)
        _kind, size = self._exactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", self._exactly(2))
        return self._exactly(size)

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the server closed the connection")
            data += more
        return data

    def close(self):
        self._socket.close()


def challenges(message):
    """Those in an answer (Message)."""
    return digest.parse_challenges("\r\n".join(f"{name}: {value}" for name, value in message.headers))


class Agent:
    """A user of a domain, over one of the ways above. contact: what it registers; its own address if None."""

    def __init__(self, way, user, domain, password=None, contact=None):
        self._way = way
        self.user, self.domain = user, domain
        self._password = password
        self.contact = contact or f"sip:{user}@127.0.0.1:{way.port};transport={way.name.lower()}"
        self._number = 0
        self._kept = []
        self._came = threading.Condition()
        self._ends = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self._ends = True
        self._thread.join()
        self._way.close()

    def request(self, method, uri, *headers, body="", password=None, to=None, tag="", call_id=None):
        """The final answer (Message) to a request; with a password, a challenge is answered first."""
        call_id = call_id or f"{os.urandom(8).hex()}@test"
        parts = (method, uri, headers, body, to or uri, tag, call_id)
        final = self._transact(*parts)
        password = password or self._password
        if password and final.first.split()[1] in ("401", "407"):
            [challenge, *_others] = challenges(final)
            name, value = digest.answer(challenge, digest.Secret(self.user, password), method, uri, body)
            final = self._transact(method, uri, (*headers, f"{name}: {value}"), body, to or uri, tag, call_id)
        return final

    def register(self, **more):
        """The code that the server answers to a REGISTER."""
        uri = f"sip:{self.domain}"
        final = self.request("REGISTER", uri, "Expires: 600", to=f"sip:{self.user}@{self.domain}", **more)
        return int(final.first.split()[1])

    def message(self, user, **more):
        """The code that the server answers to a MESSAGE to a user of its domain."""
        final = self.request("MESSAGE", f"sip:{user}@{self.domain}", "Content-Type: text/plain", body="hello", **more)
        return int(final.first.split()[1])

    def receive(self, method, part="", seconds=SECONDS):
        """The first request (Message) of a method with a text in it that comes, or came; it is answered with 200."""
        return self._await(lambda message: message.method == method and part in message.body, seconds)

    def _transact(self, method, uri, headers, body, to, tag, call_id):
        self._number += 1
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/{self._way.name} 127.0.0.1:{self._way.port};branch=z9hG4bK{os.urandom(8).hex()};rport",
            f"From: <sip:{self.user}@{self.domain}>;tag=t{self._way.port}",
            f"To: <{to}>{';tag=' + tag if tag else ''}",
            f"Call-ID: {call_id}",
            f"CSeq: {self._number} {method}",
            f"Contact: <{self.contact}>",
            "Max-Forwards: 70",
            *headers,
            f"Content-Length: {len(body)}",
        ]
        self._way.send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        wanted = f"{self._number} {method}"
        return self._await(
            lambda message: (
                message.first.startswith("SIP/2.0") and message["CSeq"] == wanted and message.first[8] != "1"
            )
        )

    def _await(self, wanted, seconds=SECONDS):
        until = time.monotonic() + seconds
        with self._came:
            while True:
                for index, message in enumerate(self._kept):
                    if wanted(message):
                        return self._kept.pop(index)
                if not self._came.wait(max(until - time.monotonic(), 0)):
                    raise AssertionError(f"nothing came; before: {[message.first for message in self._kept]}")

    def _serve(self):
        """Answers each request with 200, and keeps everything."""
        while not self._ends:
            try:
                data = self._way.receive(0.2)
            except (TimeoutError, ConnectionError):
                continue
            if not data.strip():
                continue
            message = Message(data)
            if not message.first.startswith("SIP/2.0") and message.method != "ACK":
                self._answer(message)
            with self._came:
                self._kept.append(message)
                self._came.notify_all()

    def _answer(self, request):
        copied = [
            f"{name}: {value}"
            for name, value in request.headers
            if name in ("Via", "From", "Call-ID", "CSeq", "Record-Route")
        ]
        to = request["To"] if ";tag=" in request["To"] else request["To"] + ";tag=answer"
        lines = [
            "SIP/2.0 200 OK",
            *copied,
            f"To: {to}",
            f"Contact: <{self.contact}>",
            "Content-Length: 0",
        ]
        self._way.send(("\r\n".join(lines) + "\r\n\r\n").encode())
