# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The httpd of OpenSIPS: one process that serves one request at a time, as libmicrohttpd does it there."""

import asyncio
import base64
import socket
import ssl
import struct
from email.utils import formatdate
from http.client import responses

from . import faults

NO_URL = b"<html><body>Unable to parse URL!</body></html>"
NOT_SUPPORTED = b"<html><body>Unsupported HTTP request!</body></html>"
HTML = "text/html"
MAX_HEAD = 32768
# 2.x to 3.5 take a body only if it comes in one piece, which ends near the size of libmicrohttpd's pool
ONE_PIECE = 15000


class Request:
    """One HTTP request."""

    __slots__ = ("method", "target", "headers", "body")

    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body

    @property
    def content_type(self):
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def root(self):
        """First part of the path."""
        return self.target.partition("?")[0].lstrip("/").partition("/")[0]


class Response:
    """What to send. `endless`: a chunked body whose last chunk never comes. `hang_up`: close without a word."""

    __slots__ = ("status", "content_type", "body", "endless", "hang_up", "extra", "mi_method")

    def __init__(self, status=200, content_type=HTML, body=b"", endless=False, hang_up=False, extra=(), mi_method=None):
        self.status, self.content_type, self.body = status, content_type, body
        self.endless, self.hang_up, self.extra, self.mi_method = endless, hang_up, extra, mi_method


def tls_context(options):
    """An SSLContext from --tls-cert and friends, or None."""
    if not options.tls_cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.tls_cert, options.tls_key)
    if options.tls_client_ca:
        context.load_verify_locations(options.tls_client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class HttpServer:
    """An HTTP side. `handlers`: root -> coroutine(Request) giving a Response."""

    def __init__(self, server, handlers):
        self.server = server
        self.handlers = handlers
        self.lock = asyncio.Lock()
        self._listener = None
        self._writers = set()
        self.port = 0

    async def start(self, port):
        self._listener = await asyncio.start_server(
            self._client, "127.0.0.1", port, ssl=tls_context(self.server.options), limit=1 << 20
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    def close(self):
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for writer in list(self._writers):
            writer.transport.abort()

    async def _client(self, reader, writer):
        self._writers.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _read(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, _mark, rest = head.partition("\r\n")
        method, target, _version = first.split(" ", 2)
        headers = {}
        for line in rest.split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip().lower()] = value.strip()
        body = b""
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body = await self._chunks(reader)
        elif headers.get("content-length"):
            body = await reader.readexactly(int(headers["content-length"]))
        return Request(method, target, headers, body)

    @staticmethod
    async def _chunks(reader):
        body = b""
        while True:
            size = int((await reader.readline()).partition(b";")[0], 16)
            chunk = await reader.readexactly(size + 2)
            if not size:
                return body
            body += chunk[:-2]

    async def _exchange(self, reader, writer):
        """One request and its answer; True when the connection stays open."""
        request = await self._read(reader, writer)
        async with self.lock:  # a t_uac_dlg keeps everybody waiting, as in the real server
            response = await self._respond(request)
            if self._listener is None:  # crashed meanwhile
                return False
        fault = self.server.faults.take(response.mi_method) if response.mi_method else None
        if fault is not None:
            if fault.kind == "reset":
                self._reset(writer)
                return False
            if fault.kind == "no_reply":
                await reader.read()  # until the client gives up
                return False
            if fault.delay:
                await asyncio.sleep(fault.delay)
            status = fault.status
            if status:
                response = Response(status, HTML, b"<html><body>%s</body></html>" % responses[status].encode())
            else:
                response.body = faults.mangle(fault, response.body)
        if response.hang_up:
            return False
        keep = request.method != "GET" and request.headers.get("connection", "").lower() != "close"
        writer.write(self._head(response, keep) + response.body)
        await writer.drain()
        if response.endless:
            await reader.read()
            return False
        return keep

    @staticmethod
    def _head(response, keep):
        lines = [
            f"HTTP/1.1 {response.status} {responses.get(response.status, '')}",
            "Date: " + formatdate(usegmt=True),
        ]
        if not keep:
            lines.append("Connection: close")
        lines += ["{}: {}".format(*pair) for pair in response.extra]
        if response.content_type:
            lines.append("Content-Type: " + response.content_type)
        lines.append("Transfer-Encoding: chunked" if response.endless else f"Content-Length: {len(response.body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    @staticmethod
    def _reset(writer):
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    def _authorized(self, request):
        user = self.server.options.http_user
        if not user:
            return True
        kind, _mark, token = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(token).decode("utf-8")
        except ValueError:
            return False
        return kind.lower() == "basic" and given == f"{user}:{self.server.options.http_password}"

    async def _respond(self, request):
        if not self._authorized(request):
            return Response(
                401,
                HTML,
                b"<html><body>Unauthorized</body></html>",
                extra=(("WWW-Authenticate", 'Basic realm="OpenSIPS MI"'),),
            )
        if request.method not in ("GET", "POST"):
            return Response(406, HTML, NOT_SUPPORTED)
        handler = self.handlers.get(request.root())
        state = self.server.state
        if request.method == "POST":
            known = ("application/json", "text/xml", "application/x-www-form-urlencoded")
            if request.content_type not in known:
                return Response(hang_up=True)
            limit = self.server.options.receive_buf_size
            if state.v >= (3, 6) and len(request.body) > limit:
                return Response(400, "application/json", endless=True)
            if state.v < (3, 6) and len(request.body) > ONE_PIECE:
                return Response(hang_up=True)
        if handler is None:
            if state.v >= (2, 1):
                return Response(400, HTML, NO_URL)
            kind = "text/xml; charset=utf-8" if request.content_type == "text/xml" else HTML
            return Response(200, kind, NO_URL)
        return await handler(request)
