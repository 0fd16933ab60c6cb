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

# lib/reg/config.h of 2.4
MAX_USER_AGENT, MAX_CALL_ID, MAX_USER = 255, 255, 64

# what no To may have in its URI: the whole request is dropped then
_NOT_IN_TO = re.compile(r'[\s\0"]')
_ESCAPE = re.compile("%(.{0,2})", re.S)
_Q = re.compile(r"[01]?(\.[0-9]*)?\Z")
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
        message.came_from(address)
        if method == "ACK":
            return
        presence = self.server.presence
        if method in ("PUBLISH", "SUBSCRIBE") and presence is not None and self.server.options.presence == "server":
            presence.on_request(
                message, lambda code, extra=(), tag=None: self._answer(message, address, code, extra, tag)
            )
            return
        if method != "REGISTER":
            code = self.state.options_code if method == "OPTIONS" else 404
            if code is not None:
                self._answer(message, address, code)
            return
        code, extra = self._register(message)
        if code is not None:
            self._answer(message, address, code, extra)

    def _answer(self, message, address, code, extra=(), tag=None):
        extra = list(extra) + [("Server", self.state.server_line)]
        self.server.sip.send(
            sip.answer(message, code, tag or secrets.token_hex(8), extra), self._back(message, address)
        )

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
        if parsed is None or not parsed.user or not parsed.host or parsed.user.count(":") > 1:
            return None
        if any(not re.match("[2-7][0-9A-Fa-f]", code) or code.lower() == "7f" for code in _ESCAPE.findall(parsed.user)):
            # only what can be printed is unescaped
            return None
        user = unquote(parsed.user.partition(":")[0], errors="surrogateescape")
        return f"{user}@{parsed.host.lower()}" if self.state.v >= (4, 0) else user

    def _aor(self, message):
        """(code of the answer, None for none; AOR) of a REGISTER."""
        _display, uri, _params = sip.name_addr(message.get("to", ""))
        if _NOT_IN_TO.search(uri):
            return None, None
        aor = self.aor_of(uri)
        if aor is None or len(message.get("call-id", "")) > MAX_CALL_ID:
            return 400, None
        return (500 if len(aor.partition("@")[0]) > MAX_USER else 200), aor

    def _register(self, message):
        code, aor = self._aor(message)
        if code != 200:
            return code, ()
        location = self.state.location
        default = message.get("expires")
        values = list(contact_values(message))
        if values == ["*"]:
            if default == "0":
                location.remove(aor)
            return 200, ()
        now = time.time()
        callid, user_agent = message.get("call-id", ""), message.get("user-agent", "")
        cseq = int(message.get("cseq", "0").split()[0])
        for value in values:
            _display, contact_uri, params = sip.name_addr(value)
            code = self._fault_of(contact_uri, params)
            if code is not None:
                return code, ()
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
                user_agent if 0 < len(user_agent) < MAX_USER_AGENT else "n/a",
                socket=f"udp:127.0.0.1:{self.server.sip.port}",
                methods=method_bits(message.get("allow")),
                sip_instance=sip.header_param(params, "+sip.instance") or "",
            )
            try:
                location.save(aor, contact)
            except OutOfMemory:
                self.state.count("registrar:rejected_regs")
                return 500, (("P-Registrar-Error", "usrloc_record_new failed"),)
        self.state.count("registrar:accepted_regs")
        return 200, [("Contact", self._binding(contact, now)) for contact in location.get(aor) or ()]

    @staticmethod
    def _fault_of(uri, params):
        """The code of the answer to a Contact that is refused, or None. White space in a URI goes on behind its user only."""
        user = uri.partition("@")[0]
        if "\n" in user:
            return 500
        if '"' in user or '\\"' in params or sip.parse_uri(re.sub(r"[\s\0]", "", uri)) is None:
            return 400
        return None if _Q.match(sip.header_param(params, "q") or "") else 400

    @staticmethod
    def _binding(contact, now):
        q = ";q=" + contact.q if contact.q else ""
        expires = contact.expires(now)
        return f"<{contact.uri}>{q};expires={0 if isinstance(expires, str) else expires}"
