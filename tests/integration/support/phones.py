# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A few SIP phones of our own: they register at any server, answer as they are told, and remember what they got."""

from __future__ import annotations

import re
import socket
import threading
import time

REASONS = {
    100: "Trying",
    200: "OK",
    401: "Unauthorized",
    404: "Not Found",
    481: "Call Does Not Exist",
    486: "Busy Here",
    489: "Bad Event",
}
SILENT, TRYING = "silent", "trying"
# User-Agents
YEALINK, SNOM, POLYCOM = "Yealink SIP-T46U 108.86.0.20", "snom370/8.7.5.35", "PolycomVVX-VVX_411-UA/6.4.1.1234"
SECONDS = 5


class Message:
    """A SIP message: first (its first line), headers [(name, value)], body."""

    def __init__(self, data):
        head, _empty, self.body = data.decode().partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.headers = [
            (name.strip(), value.strip()) for name, _colon, value in (line.partition(":") for line in lines)
        ]

    def all(self, name):
        return [value for each, value in self.headers if each.lower() == name.lower()]

    def __getitem__(self, name):
        """The value of a header that is there once."""
        (value,) = self.all(name)
        return value

    @property
    def method(self):
        return self.first.split(" ")[0]

    @property
    def user(self):
        """User of the Request-URI."""
        return re.match(r"\S+ sips?:([^@;\s]*)@", self.first)[1]


class Phone:
    """A user agent: answers with code, or is SILENT, or only says TRYING."""

    def __init__(self, user, user_agent, answer=200, contact=None, call_id=None):
        self.user = user
        self.user_agent = user_agent
        self.answer = answer
        self.contact = contact
        self.call_id = call_id or f"call-{user}@phones"


class Phones:
    """Phones on one UDP socket. registrar: (host, port) of the server's SIP side."""

    def __init__(self, registrar):
        self.registrar = registrar
        self.requests = []
        self._phones = {}
        self._replies = []
        self._arrived = threading.Condition()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._cseq = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._socket.close()

    def uri(self, user):
        return f"sip:{user}@127.0.0.1:{self.port}"

    def add(self, phone):
        """Let a phone be there, unregistered."""
        phone.contact = phone.contact or self.uri(phone.user)
        self._phones[phone.user] = phone
        return phone

    def register(self, phone, aor=None, extra=()):
        """Add a phone and register it as aor (a user; its own if None); extra: further header lines."""
        self.add(phone)
        self._cseq += 1
        aor = f"sip:{aor or phone.user}@127.0.0.1"
        lines = [
            "REGISTER sip:127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bKreg{self._cseq}x{self.port}",
            f"From: <{aor}>;tag=reg{self._cseq}",
            f"To: <{aor}>",
            f"Call-ID: {phone.call_id}",
            f"CSeq: {self._cseq} REGISTER",
            "Max-Forwards: 10",
            f"Contact: <{phone.contact}>;expires=3600",
            "Allow: INVITE, ACK, BYE, NOTIFY",
            f"User-Agent: {phone.user_agent}",
            *extra,
            "Content-Length: 0",
            "\r\n",
        ]
        self._send_until_answered("\r\n".join(lines).encode(), phone.call_id, f"{self._cseq} REGISTER")

    def _send_until_answered(self, data, call_id, cseq):
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            self._socket.sendto(data, self.registrar)
            with self._arrived:
                self._arrived.wait_for(lambda: self._reply(call_id, cseq), 0.5)
            reply = self._reply(call_id, cseq)
            if reply is not None:
                assert reply.first.startswith("SIP/2.0 200"), reply.first
                return
        raise AssertionError(f"nobody answered {cseq} at {self.registrar}")

    def _reply(self, call_id, cseq):
        return next((each for each in self._replies if each["Call-ID"] == call_id and each["CSeq"] == cseq), None)

    def got(self, user, method="NOTIFY"):
        """Requests that a user got, without retransmissions."""
        seen = {}
        for each in list(self.requests):
            if each.method == method and each.user == user:
                seen.setdefault((each["Call-ID"], each["CSeq"]), each)
        return list(seen.values())

    def forget(self):
        self.requests.clear()

    def _serve(self):
        while True:
            try:
                data, address = self._socket.recvfrom(65535)
            except OSError:
                return
            if len(data) < 10:
                continue  # a ping
            message = Message(data)
            with self._arrived:
                if message.first.startswith("SIP/2.0"):
                    self._replies.append(message)
                else:
                    self.requests.append(message)
                self._arrived.notify_all()
            if not message.first.startswith("SIP/2.0"):
                self._answer(message, address)

    def _answer(self, message, address):
        phone = self._phones.get(message.user)
        answer = phone.answer if phone else 404
        if answer == SILENT:
            return
        code = 100 if answer == TRYING else answer
        lines = [f"SIP/2.0 {code} {REASONS.get(code, 'Whatever')}"]
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            tag = ";tag=phone" if name == "To" and code > 100 else ""
            lines += [f"{name}: {value}{tag}" for value in message.all(name)]
        if code == 401:
            lines.append('WWW-Authenticate: Digest realm="phones", nonce="1"')
        lines += ["Allow: INVITE, ACK, BYE, NOTIFY", "X-Twice: one", "X-Twice: two", "Content-Length: 0", "\r\n"]
        try:
            self._socket.sendto("\r\n".join(lines).encode(), address)
        except OSError:
            pass  # closed meanwhile


def assert_sound(message, method):
    """What holds for each request out of a dialog (RFC 3261, 8.1.1)."""
    assert message.first.endswith(" SIP/2.0")
    assert re.fullmatch(rf"[0-9]+ {method}", message["CSeq"])
    assert re.search(r";tag=[^;]+", message["From"])
    assert "tag=" not in message["To"]
    assert re.fullmatch(r"\S+", message["Call-ID"])
    assert re.search(r";branch=z9hG4bK[^;\s]+", message["Via"])
    assert int(message["Max-Forwards"]) > 0
    assert int(message["Content-Length"]) == len(message.body.encode())


def address(value):
    """The URI of From or To; OpenSIPS before 3.0 writes it without <>."""
    return re.sub(r"(?:.*<)?([^<>;]+).*", r"\1", value)
