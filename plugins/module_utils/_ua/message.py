# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""SIP messages of a user agent: requests as bytes, responses out of bytes (RFC 3261, sections 7, 8.1.1 and 18.3)."""

import os
import re
from typing import Iterable, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._sip.headers import (
    CRLF,
    Headers,
    make_tag,
    parse_headers,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable, refuse_control_characters
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import BadResponse

USER_AGENT = "community.opensips"
_USER = "ansible"
# Bytes of a response: those of servers take some 500
MOST = 65536
# RFC 3261, 8.1.1.7: what begins with this is unique
_MAGIC = "z9hG4bK"
_MAX_FORWARDS = 70
_STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: ([^\r\n]*))?\r?\n")
_END = re.compile(b"\r?\n\r?\n")
_BRANCH = re.compile(r";\s*branch\s*=\s*([^;,\s]+)", re.IGNORECASE)


class Request(NamedTuple):
    """A request on its way. data: bytes. branch, call_id, method: what a response to it repeats (str)."""

    data: bytes
    branch: str
    call_id: str
    method: str


class Response(NamedTuple):
    """code: int. reason: str, as it came. headers: Headers. body: bytes."""

    code: int
    reason: str
    headers: Headers
    body: bytes

    def answers(self, request: Request) -> bool:
        """Whether it is a response to request (RFC 3261, 17.1.3)."""
        found = _BRANCH.search(self.headers.get("Via") or "")
        sequence = (self.headers.get("CSeq") or "").split()
        return (
            found is not None
            and found.group(1) == request.branch
            and self.headers.get("Call-ID") == request.call_id
            and sequence[-1:] == [request.method]
        )

    @property
    def status(self) -> str:
        """Code and reason for people (str)."""
        return f"{self.code} {printable(self.reason, most=60)}".rstrip()


def make_request(
    method: str,
    ruri: str,
    transport: str,
    local: str,
    headers: Iterable[Tuple[str, str]] = (),
) -> Request:
    """A request outside of a dialog, without a body.

    method, ruri: str. transport: udp, tcp or tls. local: host and port from which it is sent, as in a URI. headers: further
    ones, (name, value). Raises SipSyntaxError for a value with a line end.
    """
    branch = _MAGIC + make_tag()
    call_id = f"{os.urandom(16).hex()}@{local.rpartition(':')[0]}"
    user = f"sip:{_USER}@{local}"
    lines = [
        ("Via", f"SIP/2.0/{transport.upper()} {local};branch={branch};rport"),
        ("Max-Forwards", str(_MAX_FORWARDS)),
        ("From", f"<{user}>;tag={make_tag()}"),
        ("To", f"<{ruri}>"),
        ("Call-ID", call_id),
        ("CSeq", f"1 {method}"),
        ("Contact", f"<{user}{'' if transport == 'udp' else f';transport={transport}'}>"),
        ("User-Agent", USER_AGENT),
        *headers,
        ("Content-Length", "0"),
    ]
    for name, value in lines:
        refuse_control_characters(f"the header {name}", value)
    head = CRLF.join([f"{method} {ruri} SIP/2.0", *(f"{name}: {value}" for name, value in lines), "", ""])
    return Request(head.encode("utf-8"), branch, call_id, method)


def parse_response(data: bytes) -> Response:
    """The Response in a datagram. Raises BadResponse."""
    found = take_response(data, is_whole=True)
    if found is None:
        raise BadResponse("What came ends before the end of its headers")
    return found[0]


def take_response(data: bytes, is_whole: bool = False) -> Optional[Tuple[Response, bytes]]:
    """(the first Response in data, what follows it), or None while more has to come. Raises BadResponse.

    is_whole: data is a datagram, so the body ends with it (RFC 3261, 18.3).
    """
    data = data.lstrip(b"\r\n")
    end = _END.search(data)
    if end is None:
        if data and not b"SIP/2.0 ".startswith(data[:8]) or len(data) > MOST:
            raise BadResponse(f"What came is no SIP response: {data[:40]!r}")
        return None
    head, rest = data[: end.end()].decode("utf-8", "replace"), data[end.end() :]
    status = _STATUS.match(head)
    if status is None:
        raise BadResponse(f"What came is no SIP response: {data[:40]!r}")
    headers = parse_headers(head[status.end() :])
    length = len(rest) if is_whole else _content_length(headers)
    if length > len(rest):
        return None
    return Response(int(status.group(1)), status.group(2) or "", headers, rest[:length]), rest[length:]


def _content_length(headers: Headers) -> int:
    text = headers.get("Content-Length") or ""
    if not text.isdigit() or len(text) > 9 or int(text) > MOST:
        raise BadResponse(f"The Content-Length of the response is {printable(text, most=40)!r}")
    return int(text)
