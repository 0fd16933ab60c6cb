# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A SIP server of a test, over UDP, TCP and TLS: what it answers is a function of the request."""

import contextlib
import re
import socket
import ssl
import threading


def answer(request, code=200, reason="OK", **changed):
    """Bytes of a response to request (bytes); changed: other values for headers, such as call_id."""
    text = request.decode()
    values = {
        name: re.search(rf"^{name}: (.*)\r$", text, re.MULTILINE).group(1)
        for name in ("Via", "From", "To", "Call-ID", "CSeq")
    }
    values["To"] += ";tag=peer"
    values["Content-Length"] = "0"
    values.update(
        (name.replace("_", "-").title().replace("Id", "ID").replace("Cseq", "CSeq"), value)
        for name, value in changed.items()
    )
    lines = [f"SIP/2.0 {code} {reason}", *(f"{name}: {value}" for name, value in values.items()), "", ""]
    return "\r\n".join(lines).encode()


class Peer:
    """Listens on a port of loopback. reply: function of (request, number of the request) that gives bytes, a list of bytes, or
    None to stay silent. requests: list of bytes that came. target: transport:host:port."""

    def __init__(self, transport, reply, host="127.0.0.1", context=None):
        self._reply, self._context, self.requests = reply, context, []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(family, kind)
        self._socket.bind((host, 0))
        self.port = self._socket.getsockname()[1]
        self.target = f"{transport}:{f'[{host}]' if ':' in host else host}:{self.port}"
        if kind == socket.SOCK_STREAM:
            self._socket.listen(8)
        threading.Thread(target=self._datagrams if transport == "udp" else self._connections, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        # wakes the thread, too
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _datagrams(self):
        with contextlib.suppress(OSError):
            while True:
                data, address = self._socket.recvfrom(65535)
                if not data:
                    return  # shut down
                for part in self._parts(data):
                    self._socket.sendto(part, address)

    def _connections(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self._socket.accept()[0]
                with contextlib.suppress(OSError), contextlib.closing(self._wrapped(connection)) as wrapped:
                    wrapped.settimeout(5)
                    data = wrapped.recv(65535)
                    if data:
                        for part in self._parts(data):
                            wrapped.sendall(part)
                        # until the client hangs up
                        while self._reply(data, 0) is None and wrapped.recv(65535):
                            pass

    def _wrapped(self, connection):
        return connection if self._context is None else self._context.wrap_socket(connection, server_side=True)

    def _parts(self, data):
        self.requests.append(data)
        reply = self._reply(data, len(self.requests))
        return [] if reply is None else reply if isinstance(reply, list) else [reply]


def tls_context(certificate, key, client_ca=None):
    """A server's context; client_ca: path of the authority whose certificates clients must have."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
