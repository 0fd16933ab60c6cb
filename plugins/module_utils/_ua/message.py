# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""SIP messages of a user agent: as bytes, and out of bytes (RFC 3261, sections 7, 8 and 18.3). No I/O."""

import re
from typing import Iterable, List, NamedTuple, Optional, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._sip.headers import (
    CRLF,
    Headers,
    make_tag,
    parse_headers,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable, refuse_control_characters
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import BadResponse

USER_AGENT = "community.opensips"
# Bytes of a message: those of servers take some 500
MOST = 65536
# RFC 3261, 8.1.1.7: what begins with this is unique
_MAGIC = "z9hG4bK"
_MAX_FORWARDS = 70
_STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: ([^\r\n]*))?\r?\n")
_REQUEST = re.compile(r"([A-Z][A-Z0-9._-]{0,31}) ([^\s]{1,2048}) SIP/2\.0\r?\n")
# how a message begins, or the first bytes of it
_BEGINNING = re.compile(rb"SIP/2\.0 |[A-Z][A-Z0-9._-]{0,31}(?: |\Z)|S(?:I(?:P(?:/(?:2(?:\.(?:0)?)?)?)?)?)?\Z")
_END = re.compile(b"\r?\n\r?\n")
_BRANCH = re.compile(r";\s*branch\s*=\s*([^;,\s]+)", re.IGNORECASE)
_TAG = re.compile(r";\s*tag\s*=\s*([^;,\s]+)", re.IGNORECASE)
_NUMBER = re.compile("[0-9]{1,10}\\Z")
# what no line of ours may have, which repeat much of another side's (_sip/text.py); a line end is one of LF
_UNSENDABLE = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]|\r(?!\n)")

Fields = List[Tuple[str, str]]


class Request(NamedTuple):
    """A request on its way. data: bytes. branch, call_id, method, ruri: str. number: of its CSeq. fields: its headers in order."""

    data: bytes
    branch: str
    call_id: str
    method: str
    ruri: str
    number: int
    fields: Fields

    def value(self, name: str) -> str:
        """The value of the header of that name, as it was sent; empty if it has none."""
        return next((value for key, value in self.fields if key == name), "")


class Response(NamedTuple):
    """code: int. reason: str, as it came. headers: Headers. body: bytes."""

    code: int
    reason: str
    headers: Headers
    body: bytes

    def answers(self, request: Request) -> bool:
        """Whether it is a response to request (RFC 3261, 17.1.3)."""
        return (
            branch_of(self.headers) == request.branch
            and self.headers.get("Call-ID") == request.call_id
            and sequence_of(self.headers) == (request.number, request.method)
        )

    @property
    def status(self) -> str:
        """Code and reason for people (str)."""
        return f"{self.code} {printable(self.reason, most=60)}".rstrip()


class Received(NamedTuple):
    """A request that came. method, ruri: str. headers: Headers. body: bytes."""

    method: str
    ruri: str
    headers: Headers
    body: bytes


Message = Union[Response, Received]


def branch_of(headers: Headers) -> str:
    """The branch of the topmost Via, or an empty text."""
    found = _BRANCH.search(headers.get("Via") or "")
    return found.group(1) if found else ""


def sequence_of(headers: Headers) -> Tuple[int, str]:
    """(number, method) of CSeq; (-1, "") if it has none that can be read."""
    number, _blank, method = (headers.get("CSeq") or "").partition(" ")
    if not _is_number(number):
        return -1, ""
    return int(number), method.strip()


def _is_number(text: str) -> bool:
    return _NUMBER.match(text) is not None


def make_request(
    method: str, ruri: str, number: int, via: str, fields: Iterable[Tuple[str, str]], body: bytes = b""
) -> Request:
    """A request with a branch of its own.

    number: of CSeq. via: what stands before the branch, such as ``SIP/2.0/UDP 192.0.2.1:5060``. fields: all headers but Via,
    Max-Forwards, CSeq, User-Agent and Content-Length; Call-ID is among them. Raises SipSyntaxError for a value with a line end.
    """
    branch = _MAGIC + make_tag()
    lines = [
        ("Via", f"{via};branch={branch};rport"),
        ("Max-Forwards", str(_MAX_FORWARDS)),
        *fields,
        ("CSeq", f"{number} {method}"),
        ("User-Agent", USER_AGENT),
    ]
    return _request(method, ruri, number, branch, lines, body)


def derive(request: Request, method: str, to: Optional[str] = None) -> Request:
    """The ACK (RFC 3261, 17.1.1.3) or the CANCEL (9.1) of an INVITE: it has the same branch. to: another value of To."""
    kept = ("Via", "Max-Forwards", "From", "To", "Call-ID", "Route")
    lines = [(name, value) for name, value in request.fields if name in kept]
    if to is not None:
        lines = [(name, to if name == "To" else value) for name, value in lines]
    lines += [("CSeq", f"{request.number} {method}"), ("User-Agent", USER_AGENT)]
    return _request(method, request.ruri, request.number, request.branch, lines, b"")


def _request(method: str, ruri: str, number: int, branch: str, lines: Fields, body: bytes) -> Request:
    call_id = next(value for name, value in lines if name == "Call-ID")
    data = _compose(f"{method} {ruri} SIP/2.0", lines, body)
    return Request(data, branch, call_id, method, ruri, number, lines)


def _compose(first: str, fields: Iterable[Tuple[str, str]], body: bytes) -> bytes:
    lines = [*fields, ("Content-Length", str(len(body)))]
    refuse_control_characters("the first line", first)
    for name, value in lines:
        refuse_control_characters(f"the header {name}", value)
    head = CRLF.join([first, *(f"{name}: {value}" for name, value in lines), "", ""])
    return head.encode("utf-8", "replace") + body


def make_response(
    request: Received, code: int, reason: str, tag: str, fields: Iterable[Tuple[str, str]] = (), body: bytes = b""
) -> bytes:
    """A response (RFC 3261, 8.2.6). tag: for To, where the request has none. fields: further headers, such as Contact."""
    headers = request.headers
    lines = [(name, value) for name in ("Via", "Record-Route", "From") for value in headers.get_all(name)]
    lines += [("To", value if tag_of(value) else f"{value};tag={tag}") for value in headers.get_all("To")]
    lines += [(name, value) for name in ("Call-ID", "CSeq") for value in headers.get_all(name)]
    return _compose(f"SIP/2.0 {code} {reason}", [*lines, *fields, ("User-Agent", USER_AGENT)], body)


def tag_of(address: str) -> str:
    """The tag of a From or To, or an empty text."""
    found = _TAG.search(address.rpartition(">")[2])
    return found.group(1) if found else ""


def take_message(data: bytes, is_whole: bool = False) -> Optional[Tuple[Message, bytes]]:
    """(the first message in data, what follows it), or None while more has to come. Raises BadResponse.

    is_whole: data is a datagram, so the body ends with it (RFC 3261, 18.3), and an incomplete message is a bad one.
    """
    data = data.lstrip(b"\r\n")
    end = _END.search(data)
    if end is None:
        if is_whole or len(data) > MOST or data and not _BEGINNING.match(data):
            raise BadResponse(f"What came is no SIP message: {data[:40]!r}")
        return None
    head, rest = _UNSENDABLE.sub(" ", data[: end.end()].decode("utf-8", "replace")), data[end.end() :]
    status, request = _STATUS.match(head), _REQUEST.match(head)
    first = status or request
    if first is None:
        raise BadResponse(f"What came is no SIP message: {data[:40]!r}")
    headers = parse_headers(head[first.end() :])
    length = len(rest) if is_whole else _content_length(headers)
    if length > len(rest):
        return None
    body, rest = rest[:length], rest[length:]
    if status is not None:
        return Response(int(status.group(1)), status.group(2) or "", headers, body), rest
    return Received(first.group(1), first.group(2), headers, body), rest


def _content_length(headers: Headers) -> int:
    text = headers.get("Content-Length") or ""
    if not _is_number(text) or int(text) > MOST:
        raise BadResponse(f"The Content-Length of the message is {printable(text, most=40)!r}")
    return int(text)
