# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small HTTP server; each test scripts what it answers."""

import json
import os
import socket
import threading

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import Fault, Peer


def plain_http(body, status="200 OK", content_type="application/json", length=None, extra=""):
    """A whole HTTP response."""
    head = "HTTP/1.1 {0}\r\nContent-Type: {1}\r\nContent-Length: {2}\r\n{3}\r\n".format(
        status, content_type, len(body) if length is None else length, extra
    )
    return head.encode("latin-1") + body


RESET = object()
# bytes that no TLS record begins with
BROKEN_TLS = object()


class Http(Peer):
    """respond(request) gives bytes, or an iterable of bytes, of seconds to sleep, BROKEN_TLS and RESET.

    request: dict of verb, target, headers (lower case names), body. tls: an ssl.SSLContext.
    """

    def __init__(self, respond, tls=None, family=socket.AF_INET, host="127.0.0.1"):
        super().__init__()
        self._respond = respond
        self._tls = tls
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.bind((host, 0))
        self.socket.listen(64)
        self.port = self.socket.getsockname()[1]
        self.seen = []
        self.running = 0
        self.most_running = 0
        self.finished = threading.Event()  # the client hung up on an endless answer
        self._lock = threading.Lock()

    def url(self, path="/mi", host="127.0.0.1"):
        return "{0}://{1}:{2}{3}".format("https" if self._tls else "http", host, self.port, path)

    def connect(self, path="/mi", **more):
        return Connection(dict({"url": self.url(path)}, **more))

    def stop(self):
        super().stop()
        self.socket.close()

    def _run(self):
        while self.wait_for(self.socket):
            connection, _address = self.socket.accept()
            self.in_background(self._one, connection)

    def _one(self, connection):
        connection.settimeout(5)
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            request = _read_http(connection)
            if request is not None:
                self.seen.append(request)
                with self._lock:
                    self.running += 1
                    self.most_running = max(self.most_running, self.running)
                try:
                    answer = self._respond(request)
                finally:
                    # before the client sees the answer: its next request may be here before this thread goes on
                    with self._lock:
                        self.running -= 1
                self._write(connection, answer)
        except (OSError, ValueError):
            self.finished.set()
        finally:
            connection.close()

    def _write(self, connection, answer):
        for piece in [answer] if isinstance(answer, bytes) else answer:
            if self._stopping.is_set():
                return
            if piece is RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                return
            if piece is BROKEN_TLS:
                os.write(connection.fileno(), b"this is no TLS" * 10)
            elif isinstance(piece, bytes):
                connection.sendall(piece)
            else:
                self._stopping.wait(piece)


def _read_http(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk or chunk[:1] == b"\x16":
            return None  # as a server to which a TLS handshake is nonsense
        data += chunk
    head, _blank, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    verb, target, _version = lines[0].split(" ")
    headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines[1:])}
    while len(body) < int(headers.get("content-length", 0)):
        chunk = connection.recv(65536)
        if not chunk:
            return None
        body += chunk
    return {"verb": verb, "target": target, "headers": headers, "body": body}


def json_http(answers):
    """respond() of mi_http of 3.x."""

    def respond(request):
        if request["verb"] != "POST":
            return plain_http(b"", "405 Method Not Allowed")
        try:
            message = json.loads(request["body"].decode("utf-8"))
        except ValueError:
            return plain_http(answers.render_json(Fault(-32700, "Parse error"), None))
        return plain_http(b"".join(answers.pieces(message["method"], message.get("params"), message.get("id"))))

    return respond
