# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SIP side of the server: REGISTER fills the location table, other requests get an answer."""

import re
import secrets
import time
from urllib.parse import unquote

from . import sip
from .location import Contact, method_bits
from .memory import OutOfMemory

DEFAULT_EXPIRES = 3600
MAX_CONTACTS = 10

_CONTACT = re.compile(r'\s*((?:"(?:[^"\\]|\\.)*"|[^<",]*)<[^>]*>[^,]*|[^,<"]+)\s*(?:,|$)')


def contact_values(message):
    """Each value of each Contact header."""
    for name, value in message.headers:
        if sip.canonical(name) == "contact":
            for match in _CONTACT.finditer(value):
                if match.group(1).strip():
                    yield match.group(1).strip()


class Registrar:
    """save("location")."""

    def __init__(self, server):
        self.server = server
        self.state = server.state

    def on_request(self, message, address):
        method = message.method
        self.state.count("core:rcv_requests")
        if method == "ACK":
            return
        if method != "REGISTER":
            code = 200 if method == "OPTIONS" else 404
            self._answer(message, address, code)
            return
        code, extra = self._register(message)
        self._answer(message, address, code, extra)

    def _answer(self, message, address, code, extra=()):
        extra = list(extra) + [("Server", self.state.server_line)]
        self.server.sip.send(sip.answer(message, code, secrets.token_hex(8), extra), self._back(message, address))

    @staticmethod
    def _back(message, address):
        """Where the reply goes: the port of the top Via, with rport the one it came from (RFC 3261 18.2.2, 3581)."""
        via = message.get("via", "")
        if sip.header_param(via.partition(",")[0], "rport") is not None:
            return address
        match = re.search(r"UDP\s+(?:\[[^\]]*\]|[^:;\s]+)(?::(\d+))?", via, re.I)
        port = int(match.group(1) or 5060) if match else address[1]
        return (address[0], port) + tuple(address[2:])

    def aor_of(self, uri):
        """user, from 4.0 on user@domain; the user unescaped."""
        parsed = sip.parse_uri(uri)
        if parsed is None or not parsed.user or not parsed.host:
            return None
        user = unquote(parsed.user.partition(":")[0], errors="surrogateescape")
        return "%s@%s" % (user, parsed.host.lower()) if self.state.v >= (4, 0) else user

    def _register(self, message):
        _display, uri, _params = sip.name_addr(message.get("to", ""))
        aor = self.aor_of(uri)
        if aor is None:
            return 400, ()
        location = self.state.location
        default = message.get("expires")
        values = list(contact_values(message))
        if values == ["*"]:
            if default == "0":
                location.remove(aor)
            return 200, ()
        now = time.time()
        callid = message.get("call-id", "")
        cseq = int(message.get("cseq", "0").split()[0])
        for value in values:
            _display, contact_uri, params = sip.name_addr(value)
            if sip.parse_uri(contact_uri) is None:
                return 400, ()
            expires = sip.header_param(params, "expires") or default
            seconds = int(expires) if expires and expires.isdigit() else DEFAULT_EXPIRES
            known = location.find(aor, contact_uri)
            if known is not None and known.callid == callid and cseq <= known.cseq:
                return 400, (("P-Registrar-Error", "CSeq value is out of order"),)
            if seconds == 0:
                if known is not None:
                    location.remove_contact(aor, contact_uri)
                continue
            if known is None and len(location.get(aor) or ()) >= MAX_CONTACTS:
                self.state.count("registrar:rejected_regs")
                return 503, ()
            contact = Contact(
                contact_uri,
                now + seconds,
                sip.header_param(params, "q") or "",
                callid,
                cseq,
                message.get("user-agent") or "n/a",
                socket="udp:127.0.0.1:%d" % self.server.sip.port,
                methods=method_bits(message.get("allow")),
                sip_instance=(sip.header_param(params, "+sip.instance") or "").strip(),
            )
            try:
                location.save(aor, contact)
            except OutOfMemory:
                self.state.count("registrar:rejected_regs")
                return 500, (("P-Registrar-Error", "usrloc_record_new failed"),)
        self.state.count("registrar:accepted_regs")
        return 200, [("Contact", self._binding(contact, now)) for contact in location.get(aor) or ()]

    @staticmethod
    def _binding(contact, now):
        q = ";q=" + contact.q if contact.q else ""
        expires = contact.expires(now)
        return "<%s>%s;expires=%s" % (contact.uri, q, 0 if isinstance(expires, str) else expires)
