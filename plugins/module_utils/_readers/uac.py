# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

r"""What became of a SIP request: t_uac_dlg (module tm).

Record:

code      int          SIP status; 408 also when nobody answered, 476 when the destination cannot be resolved,
                       202 when the server could not wait for the answer
reason    str          reason phrase
headers   dict         {name: [values]} of the answer, in order; empty without an answer of the phone
body      str or None  body of the answer
ruri      str or None  Request-URI for further requests, where the answer made a dialog
next_hop  str or None  next hop for further requests
routes    list of str  route set for further requests, name-addr each
message   str or None  the answer without its first line, lines ended with CRLF

The server answers five nodes, ``.`` for none, up to 2.3 without names (but 2.2 has them); 3.x and later a value.
A request that it could not send is a node of its own up to 2.4, and an error from 3.0 on: see parse_error().

Source: tm/mi.c of 1.11, 2.4, 3.6.
"""

import re
from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.reply import TextTreeReply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import (
    Headers,
    parse_headers,
    unescape_crlf,
)

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply

_EMPTY = {"body": None, "ruri": None, "next_hop": None}
_NAMES = ("Status", "RURI", "Next-hop", "Routes", "Message")
_STATUS = re.compile(r"\s*([1-6][0-9]{2})(?: (.*))?\Z", re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")
_NOT_SENT = re.compile(r"(\([0-9]{3}/MI/UAC\)|MI/UAC failed)\s*\Z")


def parse(reply: "Reply", headers: bool = True) -> Dict[str, Any]:
    """The record of a t_uac_dlg reply: dict. headers: take the answer apart; without, all but code, reason and message stay empty."""
    raw = _raw(reply)
    code, reason, message = _status(raw, reply)
    if not headers:
        return dict(_EMPTY, code=code, reason=reason, headers={}, routes=[], message=message)
    record = _make(code, reason, raw, lines_of(message))
    message = record["message"]
    if message is not None:
        head, _blank, body = message.partition("\r\n\r\n")
        record["headers"], record["body"] = parse_headers(head).to_dict(), body or None
    return record


def headers_of(record: Dict[str, Any]) -> Headers:
    """The headers of the answer in a record, also in one that parse() left whole."""
    if record.get("more"):
        return record["more"]
    message = lines_of(record.get("message")) or ""
    return parse_headers(message.partition("\r\n\r\n")[0])


def parse_pua(reply: "Reply") -> Dict[str, Any]:
    """The record of a pua_publish reply (module pua_mi), with the headers that it reports: SIP-ETag and Expires."""
    if reply.is_tree:
        found = {node["name"] or "reply": node["value"] for node in reply.result}
    else:
        found = shape.mapping(reply.result, "pua_publish")
    match = _STATUS.match(shape.text(found.get("reply"), "reply") or "")
    if match is None:
        raise shape.malformed("reply", reply.raw)
    headers = Headers()
    for name, header in (("ETag", "SIP-ETag"), ("Expires", "Expires")):
        if found.get(name) is not None:
            headers.add(header, str(found[name]))
    # the server has an answer, or says 408 for itself
    code = int(match.group(1))
    record = _make(code, (match.group(2) or "").strip(), {}, None if code == 408 else "")
    return dict(record, more=headers)


def _raw(reply: "Reply") -> Dict[str, Any]:
    """The reply in the shape of 3.x: dict."""
    if reply.is_tree:
        return _of_text(reply.lines()) if isinstance(reply, TextTreeReply) else _of_nodes(reply.result)
    return {} if reply.result == "Accepted" else shape.mapping(reply.result, "t_uac_dlg")


def parse_error(error: Any) -> Optional[Dict[str, Any]]:
    """The same record for a ServerError with which 3.x and later say that a request could not be sent; None for others."""
    if not _NOT_SENT.search(error.reason) or not 100 <= error.code < 700:
        return None
    return _make(error.code, error.reason, {}, None)


def _of_text(text: str) -> Dict[str, Any]:
    """A text tree in the shape of 3.x. The message is taken as it stands: its lines are no nodes."""
    text = text[:-1] if text.endswith("\n") else text
    # FIFO and some datagrams end in an empty line
    text = text[:-1] if text.endswith("\n") else text
    if not text.startswith("Status::"):
        return dict(zip(_NAMES, text.split("\n", len(_NAMES) - 1)))
    head, _mark, message = text.partition("\nMessage:: ")
    return _collect([line.partition(":: ")[::2] for line in head.split("\n")] + [("Message", message)])


def _of_nodes(nodes: Any) -> Dict[str, Any]:
    """A tree that is none of text, in the shape of 3.x."""
    pairs = [(node["name"], node["value"]) for node in nodes]
    if not any(name for name, _value in pairs):
        pairs = [(name, value) for name, (_none, value) in zip(_NAMES, pairs)]
    return _collect(pairs)


def _collect(pairs: Any) -> Dict[str, Any]:
    """One dict of the named values; "Routes" may come once a route."""
    raw: Dict[Any, Any] = {}
    for name, value in pairs:
        if name in _NAMES:
            raw[name] = ", ".join(part for part in (raw.get(name), value) if part)
    return raw


def _status(raw: Dict[str, Any], reply: "Reply") -> Tuple[Any, Any, Any]:
    """(code, reason, message as it came or None)"""
    status = _given(raw.get("Status"), "Status")
    if status is None:
        if reply.code == 202 or reply.result == "Accepted":
            return 202, "Accepted", None
        raise shape.malformed("Status", reply.raw)
    match = _STATUS.match(status)
    if match is None:
        raise shape.malformed("Status", status)
    return int(match.group(1)), (match.group(2) or "").strip(), _given(raw.get("Message"), "Message")


def _make(code: Any, reason: Any, raw: Dict[str, Any], message: Any) -> Dict[str, Any]:
    if message is not None:
        head, _blank, body = message.partition("\r\n\r\n")
        if not body:
            # transports differ in the line ends they leave
            message = head.rstrip("\r\n") + "\r\n\r\n"
    return {
        "code": code,
        "reason": reason,
        "headers": {},
        "body": None,
        "ruri": _given(raw.get("RURI"), "RURI"),
        "next_hop": _given(raw.get("Next-hop"), "Next-hop"),
        "routes": _routes(raw.get("Routes")),
        "message": message,
    }


def _given(value: Any, what: str) -> Optional[str]:
    """Text of the reply, None for the ``.`` that stands for none."""
    value = shape.text(value, what)
    return None if value is None or value.strip() in ("", ".") else value


def lines_of(text: Any) -> Any:
    """The message of a record as a phone wrote it, with CRLF line ends, whatever the server made of them; None of None."""
    if text is None:
        return None
    if "\n" not in text and "\\r\\n" in text:
        text = unescape_crlf(text)
    return _LINE_END.sub("\r\n", text)


def _routes(value: Any) -> Any:
    if isinstance(value, list):
        value = ", ".join(shape.text(route, "Routes") or "" for route in value)
    value = _given(value, "Routes")
    if value is None:
        return []
    return [route.replace("Route:", "", 1).strip() for route in _name_addrs(value)]


def _name_addrs(text: str) -> Any:
    """The addresses with angle brackets in a list that is separated by commas, with the names before them."""
    found = []
    *whole, _rest = text.split(">")
    for part in whole:
        before, bracket, uri = part.partition("<")
        if bracket:
            found.append(f"{before.rpartition(',')[2]}<{uri}>")
    return found
