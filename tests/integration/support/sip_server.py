# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small SIP registrar and proxy over UDP, TCP and TLS, where no OpenSIPS is installed: it does what a script of OpenSIPS does.

It is a stateless proxy (RFC 3261, section 16.11) that asks each account for its password, records its route, and finds users in
its location table. Phones are reached on the connection on which they came.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import selectors
import socket
import threading

from ansible_collections.community.opensips.tests.emulator import sip
from ansible_collections.community.opensips.tests.emulator.digest import Demand, Doorkeeper
from ansible_collections.community.opensips.tests.integration.support.opensips import free_ports

REALM, PASSWORD = "test", "secret"
_EXPIRES = re.compile(r";\s*expires=(\d+)")
_LENGTH = re.compile(rb"^content-length:\s*(\d+)", re.IGNORECASE | re.MULTILINE)


class Flow:
    """One phone's way back: a socket, and an address over UDP. key: host:port of the phone."""

    def __init__(self, transport, sock, address):
        self.transport, self.sock, self.address, self.data = transport, sock, address, b""
        self.key = f"{address[0]}:{address[1]}"

    def send(self, data):
        with contextlib.suppress(OSError):
            if self.transport == "udp":
                self.sock.sendto(data, self.address)
            else:
                self.sock.sendall(data)


class SipServer:
    """Runs in a thread until it is closed. users: those that exist, empty for everybody. tls: an ssl.SSLContext, or None.

    demand: how it asks for passwords (digest.Demand). ports: {transport: port}, or None for free ones.
    location: {user: {contact: Flow}}. methods: of the requests that came, in order. faults: what no client should have sent.
    Set these to have it misbehave: drop (methods that it does not answer), refuse ({method: code}), forget (whether it answers a
    REGISTER without keeping it), keep (whether it does not let go of a contact), records (whether it records its route),
    lamp (the body of each NOTIFY, or None for a server without presence), garble (function of a message on its way, that gives
    the bytes that are sent instead).
    """

    def __init__(self, users=("alice", "bob"), tls=None, demand=None, ports=None):
        self.users = users
        self.demand = demand or Demand(realms=(REALM,), password=PASSWORD, refusal=401)
        self.location, self.methods, self.faults, self.counts = {}, [], [], {}
        self.drop, self.refuse, self.forget, self.keep, self.records = set(), {}, False, False, True
        self.garble = None
        self.lamp = "Messages-Waiting: yes\r\nVoice-Message: 2/0\r\n"
        self._flows, self._doorkeepers, self._answered = {}, {}, set()
        self._selector = selectors.DefaultSelector()
        self._tls = tls
        self.ports = ports or dict(zip(("udp", "tcp", "tls"), free_ports(3), strict=True))
        self._sockets = [self._listen(name) for name in self.ports if name != "tls" or tls]
        self._wake, waker = socket.socketpair()
        self._sockets += [self._wake, waker]
        self._selector.register(waker, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def target(self, transport="udp"):
        """Its socket, as opensips_sip takes it."""
        return f"{transport}:127.0.0.1:{self.ports[transport]}"

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self._wake.send(b"x")
        self._thread.join(10)
        for sock in [*self._sockets, *(flow.sock for flow in self._flows.values())]:
            sock.close()

    def contacts(self, user):
        """The contacts of a user (list of str)."""
        return list(self.location.get(user, ()))

    def _listen(self, transport):
        sock = socket.socket(type=socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM)
        sock.bind(("127.0.0.1", self.ports[transport]))
        if transport != "udp":
            sock.listen(16)
        self._selector.register(sock, selectors.EVENT_READ, transport)
        return sock

    def _run(self):
        while True:
            for key, _events in self._selector.select():
                if key.data is None:
                    return
                with contextlib.suppress(OSError):
                    self._read(key.fileobj, key.data)

    def _read(self, sock, data):
        if data == "udp":
            payload, address = sock.recvfrom(65535)
            self._take(payload, self._flows.setdefault(f"{address[0]}:{address[1]}", Flow("udp", sock, address)))
        elif isinstance(data, str):
            self._accept(sock, data)
        else:
            self._read_stream(data)

    def _accept(self, sock, transport):
        connection, address = sock.accept()
        connection.settimeout(5)
        if transport == "tls":
            connection = self._tls.wrap_socket(connection, server_side=True)
        flow = Flow(transport, connection, address)
        self._flows[flow.key] = flow
        self._selector.register(connection, selectors.EVENT_READ, flow)

    def _read_stream(self, flow):
        piece = flow.sock.recv(65535)
        if not piece:
            self._selector.unregister(flow.sock)
            flow.sock.close()
        flow.data += piece
        while b"\r\n\r\n" in flow.data:
            head, _mark, rest = flow.data.partition(b"\r\n\r\n")
            end = len(head) + 4 + int(_LENGTH.search(head).group(1))
            if len(rest) + len(head) + 4 < end:
                return
            message, flow.data = flow.data[:end], flow.data[end:]
            self._take(message, flow)

    def _take(self, data, flow):
        message = sip.Message(data)
        if message.is_reply:
            self._send_back(message)
            return
        method = message.method
        self.methods.append(method)
        to_tag = sip.header_param(sip.name_addr(message.get("to", ""))[2], "tag")
        if method in self.drop or method == "ACK" and (self._branch(message), to_tag) in self._answered:
            return
        message.came_from(flow.address)
        code, extra, target = self._route(message, flow, to_tag)
        if target is not None:
            self._forward(message, flow, target)
        elif method != "ACK":
            self._answered.add((self._branch(message), "own"))
            flow.send(self._garbled(sip.answer(message, code, "own", extra)))
            if method == "SUBSCRIBE" and code == 200 and self.lamp is not None:
                flow.send(self._notify(message, flow))

    def _garbled(self, data):
        return data if self.garble is None else self.garble(data)

    def _route(self, message, flow, to_tag):
        """(code, headers, None) of an answer, or (0, (), the Flow where a request goes on)."""
        method, uri = message.method, sip.parse_uri(message.first.split(" ")[1])
        if method in self.refuse:
            return self.refuse[method], (), None
        if method == "SUBSCRIBE" and self.lamp is not None:
            code, extra = self._judge(message, sip.parse_uri(sip.name_addr(message.get("from"))[1]).user)
            own = f"<sip:presence@127.0.0.1:{self.ports[flow.transport]}>"
            return code, [*extra, ("Contact", own), ("Expires", message.get("expires"))], None
        if to_tag is not None:
            return 404, (), self._flows.get(f"{uri.host}:{uri.port}") if self.records else None
        if method == "CANCEL":
            return 404, (), next(iter(self.location.get(uri.user, {}).values()), None)
        if method == "OPTIONS" and uri.user is None:
            return 200, (), None
        if method in ("REGISTER", "INVITE", "MESSAGE"):
            user = sip.parse_uri(sip.name_addr(message.get("from"))[1]).user
            code, extra = self._judge(message, user)
            if code != 200:
                return code, extra, None
            if method == "REGISTER":
                return 200, self._register(message, user, flow), None
        return 404, (), next(iter(self.location.get(uri.user, {}).values()), None)

    def _judge(self, message, user):
        if self.users != () and user not in self.users:
            return 403, ()
        keeper = self._doorkeepers.setdefault(user, Doorkeeper(user, self.demand, self.counts, self.faults))
        return keeper.judge(message)

    def _register(self, message, user, flow):
        value = message.get("contact")
        contact = sip.name_addr(value)[1]
        bindings = self.location.setdefault(user, {})
        found = _EXPIRES.search(value)
        if found and int(found.group(1)) == 0:
            if not self.keep:
                bindings.pop(contact, None)
        elif not self.forget:
            bindings[contact] = flow
        return [("Contact", f"<{contact}>;expires=30") for contact in bindings]

    def _forward(self, message, flow, target):
        branch = hashlib.sha256(self._branch(message).encode()).hexdigest()[:20]
        transport = target.transport
        own = f"127.0.0.1:{self.ports[transport]}"
        via = f"SIP/2.0/{transport.upper()} {own};branch=z9hG4bK{branch};flow={flow.key.replace(':', '-')}"
        lines = [message.first, f"Via: {via}"]
        if message.method == "INVITE" and self.records:
            lines.append(f"Record-Route: <sip:{own};lr>")
        lines += [f"{name}: {value}" for name, value in message.headers if sip.canonical(name) != "route"]
        target.send(self._garbled("\r\n".join([*lines, "", ""]).encode() + message.body))

    def _send_back(self, message):
        """A reply goes on to the Via behind ours."""
        index = next(index for index, (name, _value) in enumerate(message.headers) if sip.canonical(name) == "via")
        flow = self._flows.get((sip.header_param(message.headers[index][1], "flow") or "").replace("-", ":"))
        headers = [*message.headers[:index], *message.headers[index + 1 :]]
        if flow is not None:
            lines = [message.first, *(f"{name}: {value}" for name, value in headers), "", ""]
            flow.send(self._garbled("\r\n".join(lines).encode() + message.body))

    def _notify(self, message, flow):
        """The NOTIFY (bytes) that a SUBSCRIBE asks for."""
        contact = sip.name_addr(message.get("contact", "<>"))[1]
        state = "active;expires=30" if message.get("expires") != "0" else "terminated"
        lines = [
            f"NOTIFY {contact} SIP/2.0",
            f"Via: SIP/2.0/{flow.transport.upper()} 127.0.0.1:{self.ports[flow.transport]};branch=z9hG4bKn{self._branch(message)}",
            f"From: <{message.first.split(' ')[1]}>;tag=own",
            f"To: {message.get('from')}",
            f"Call-ID: {message.get('call-id')}",
            f"CSeq: {message.get('cseq').split()[0]} NOTIFY",
            f"Event: {message.get('event')}",
            f"Subscription-State: {state}",
            "Content-Type: application/simple-message-summary",
            f"Content-Length: {len(self.lamp)}",
            "",
            self.lamp,
        ]
        return "\r\n".join(lines).encode()

    @staticmethod
    def _branch(message):
        return sip.header_param(message.get("via", ""), "branch") or ""
