# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the requests of a registration, a message or a call have in common: Call-ID, tags, CSeq, route (RFC 3261, section 12)."""

import os
import socket
from typing import Any, Iterable, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import Headers, make_tag
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import parse_uri
from ansible_collections.community.opensips.plugins.module_utils._ua.endpoint import Endpoint
from ansible_collections.community.opensips.plugins.module_utils._ua.message import (
    Received,
    Request,
    Response,
    make_request,
    tag_of,
)

_DEFAULT_PORT = 5060
# a MESSAGE must not have one (RFC 3428, section 4), and REGISTER has its own
_WITH_CONTACT = ("INVITE", "OPTIONS", "SUBSCRIBE")
# routes that are followed, and bytes of headers that are looked at
_MOST_ROUTES = 20
_MOST_TEXT = 8192


def elements(headers: Headers, name: str) -> List[str]:
    """Each element of a header that is a list of addresses, such as Contact: commas in quotes and brackets separate nothing."""
    text = ",".join(headers.get_all(name))[:_MOST_TEXT]
    found, start, is_quoted, is_uri = [], 0, False, False
    for index, char in enumerate(text):
        if char == '"' and not is_uri:
            is_quoted = not is_quoted
        elif char in "<>" and not is_quoted:
            is_uri = char == "<"
        elif char == "," and not is_quoted and not is_uri:
            found.append(text[start:index])
            start = index + 1
    found.append(text[start:])
    return [part.strip() for part in found if part.strip()]


def uri_in(address: str) -> str:
    """The URI of an address, with or without brackets (str)."""
    _name, bracket, rest = address.rpartition("<")
    return rest.partition(">")[0] if bracket else address.partition(";")[0].strip()


class Leg:
    """One Call-ID and the tags of both sides, at an Endpoint.

    local, remote: URIs of From and To (str). target: of the request line. user: the user of our Contact, escaped.
    credentials: headers that authenticated the last request of Party.ask().
    """

    def __init__(self, endpoint: Endpoint, local: str, remote: str, user: str, target: Optional[str] = None) -> None:
        self.endpoint = endpoint
        self.contact = f"<{endpoint.contact(user)}>"
        self.target = target or remote
        self.call_id = f"{os.urandom(16).hex()}@{endpoint.transport.local_host}"
        self.local_tag = make_tag()
        self.remote_tag = ""
        self.routes: List[str] = []
        self.number = 0
        self.credentials: List[Tuple[str, str]] = []
        self._knows_contact = False
        self._local = f"<{local}>"
        self._remote = f"<{remote}>"

    @classmethod
    def of_invite(cls, endpoint: Endpoint, invite: Received, user: str, tag: str) -> "Leg":
        """Our side of a call that came. tag: ours."""
        from_, to = invite.headers.get("From") or "", invite.headers.get("To") or ""
        leg = cls(endpoint, uri_in(to), uri_in(from_), user)
        leg.call_id = invite.headers.get("Call-ID") or ""
        leg.local_tag, leg.remote_tag = tag, tag_of(from_)
        leg.routes = elements(invite.headers, "Record-Route")[:_MOST_ROUTES]
        leg._aim_at(_contact(invite.headers))
        return leg

    def establish(self, response: Response) -> "Leg":
        """The same leg, with what a 2xx to the INVITE says."""
        self.remote_tag = tag_of(response.headers.get("To") or "")
        self.routes = elements(response.headers, "Record-Route")[-_MOST_ROUTES:][::-1]
        self._aim_at(_contact(response.headers))
        return self

    def _aim_at(self, contact: str) -> None:
        """Send what follows to the contact of the other side, if it has one."""
        self.target = contact or self.target
        self._knows_contact = bool(contact)

    def forked(self, response: Response) -> "Leg":
        """The leg to another phone that answered the same INVITE."""
        other = Leg(self.endpoint, "", "", "")
        other.__dict__.update(self.__dict__)
        return other.establish(response)

    def request(
        self, method: str, fields: Iterable[Tuple[str, str]] = (), body: bytes = b"", number: Optional[int] = None
    ) -> Request:
        """The next request of this leg. number: of CSeq, for an ACK. Raises SipSyntaxError for a value with a line end."""
        if number is None:
            self.number += 1
            number = self.number
        own = [
            ("From", f"{self._local};tag={self.local_tag}"),
            ("To", f"{self._remote};tag={self.remote_tag}" if self.remote_tag else self._remote),
            ("Call-ID", self.call_id),
            *(("Route", route) for route in self.routes),
        ]
        if method in _WITH_CONTACT:
            own.append(("Contact", self.contact))
        return make_request(method, self.target, number, self.endpoint.via, [*own, *fields], body)

    @property
    def address(self) -> Any:
        """Where requests inside of a call go over UDP, if the server is not on their way; None for the server.

        Over TCP and TLS, phones have one connection, which is the one to the server.
        """
        if self.endpoint.is_stream or self.routes or not self._knows_contact:
            return None
        return _address_of(self.target, self.endpoint.transport.address)


def _contact(headers: Headers) -> str:
    found = elements(headers, "Contact")
    return uri_in(found[0]) if found else ""


def _address_of(target: str, server: Any) -> Any:
    """The address of a URI with an IP address, of the same family as server; None otherwise."""
    try:
        uri = parse_uri(target)
        family = socket.AF_INET6 if ":" in uri.host else socket.AF_INET
        socket.inet_pton(family, uri.host)
    except (SipSyntaxError, OSError, ValueError, UnicodeError):
        return None
    if (len(server) == 4) is not (family == socket.AF_INET6) or uri.param("transport", "udp") != "udp":
        return None
    return (uri.host, uri.port or _DEFAULT_PORT)
