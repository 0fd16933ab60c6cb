# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A SIP request as named parameters of t_uac_dlg, with all refusals in one place."""

import re
from collections import OrderedDict
from typing import Any, Dict, Mapping, Optional

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipRequestError, SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import (
    canonical,
    classic_block,
    flatten,
    format_headers,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.name_addr import validate_name_addr
from ansible_collections.community.opensips.plugins.module_utils._sip.text import is_token, refuse_control_characters
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import (
    parse_uri,
    validate_contact,
    validate_uri,
)

_SOCKET = re.compile(r"(?:[A-Za-z_]+:)?(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.\-]+)(?::[0-9]{1,5})?")
_CSEQ = re.compile(r"([0-9]{1,10})\s+(\S+)")


def uac_dlg_params(
    method: str,
    ruri: str,
    headers: Any,
    body: Optional[str] = None,
    next_hop: Optional[str] = None,
    socket: Optional[str] = None,
    classic: bool = False,
    registered: bool = False,
) -> Dict[str, Any]:
    """Checked parameters for t_uac_dlg: an OrderedDict of method, ruri, headers, and where given next_hop, socket, body.

    method      SIP method, in upper case
    ruri        URI to send to; ``registered`` says that a phone registered it (see validate_contact)
    headers     mapping name → value or list of values; see headers.flatten for what is refused
    body        str; "" and None both mean none
    next_hop    URI that the request goes to instead of the ruri
    socket      of the server, ``[proto:]host[:port]``
    classic     True for OpenSIPS 1.x and 2.x: the header block then ends in an empty line

    Raises SipSyntaxError or SipRequestError; the message names the parameter and the remedy.
    """
    check_method(method)
    flat = flatten(headers)
    _check_headers(method, {canonical(name): text for name, text in flat}, body)
    block = format_headers(flat)
    return assemble(method, ruri, classic_block(block) if classic else block, body, next_hop, socket, registered)


def assemble(
    method: str,
    ruri: str,
    block: str,
    body: Optional[str] = None,
    next_hop: Optional[str] = None,
    socket: Optional[str] = None,
    registered: bool = False,
) -> Dict[str, Any]:
    """The parameters of t_uac_dlg: all in one place, whoever makes them. block: checked headers, CRLF after each.

    Others as for uac_dlg_params(). The addresses are checked, method and body are not.
    """
    params: Dict[str, Any] = OrderedDict([("method", method), ("ruri", check_ruri(ruri, registered, next_hop))])
    if next_hop:
        params["next_hop"] = validate_uri(next_hop)
    if socket:
        params["socket"] = check_socket(socket)
    params["headers"] = block
    if body:
        params["body"] = body
    return params


def check_method(method: Any) -> str:
    """Return the method, or raise SipSyntaxError."""
    if not isinstance(method, str) or not is_token(method):
        raise SipSyntaxError(f"{method!r} is not a SIP method", "A method is a word such as NOTIFY")
    if method != method.upper():
        raise SipSyntaxError(
            f"the method {method} is not in upper case", f"SIP methods are case-sensitive: write {method.upper()}"
        )
    return method


def check_ruri(ruri: str, registered: bool, next_hop: Optional[str]) -> str:
    """Return the Request-URI, or raise; registered: a phone registered it. A tel: URI needs a next_hop."""
    if registered:
        return validate_contact(ruri)
    if parse_uri(ruri).scheme == "tel" and not next_hop:
        raise SipRequestError(f"the ruri {ruri} has no host to send to", "Set next_hop, or use a sip: URI")
    return validate_uri(ruri, schemes=("sip", "sips", "tel"))


def check_socket(socket: Any) -> str:
    """Return the text of a server's socket, or raise SipSyntaxError."""
    if not isinstance(socket, str) or not _SOCKET.fullmatch(socket):
        raise SipSyntaxError(
            f"{socket!r} is not a socket", "Write it like udp:192.0.2.1:5060, as in the server's configuration"
        )
    return socket


def _check_headers(method: str, present: Dict[str, str], body: Optional[str]) -> None:
    """``present``: canonical name → text (of a repeated header the last)."""
    for name in ("From", "To"):
        if name.lower() not in present:
            raise SipRequestError(
                f"the headers have no {name}", "OpenSIPS refuses a request without it; write it like <sip:user@host>"
            )
        _check_address(name, present[name.lower()])
    _check_body(present, body)
    cseq = present.get("cseq")
    if cseq is not None:
        match = _CSEQ.fullmatch(cseq)
        if not match or int(match.group(1)) > 2147483647 or match.group(2) != method:
            raise SipRequestError(f"the CSeq {cseq!r} is not a number and {method}", "Leave it out: OpenSIPS makes one")
    call_id = present.get("call-id")
    if call_id is not None and re.search(r"\s", call_id):
        raise SipRequestError(f"the Call-ID {call_id!r} contains white space", "Leave it out: OpenSIPS makes one")


def _check_address(name: str, text: str) -> None:
    try:
        validate_name_addr(text)
    except SipSyntaxError as error:
        raise SipSyntaxError(f"the header {name} is not an address: {error.message}", error.hint) from None


def _check_body(present: Dict[str, str], body: Any) -> None:
    if body is None or body == "":
        return
    if not isinstance(body, str):
        raise SipSyntaxError(f"the body must be a string, not {type(body).__name__}")
    if not present.get("content-type"):
        raise SipRequestError(
            "there is a body, but no Content-Type",
            "OpenSIPS refuses such a request: add the header Content-Type, such as text/plain",
        )
    # line ends are welcome here, and tabs
    refuse_control_characters("the body", re.sub("[\r\n\t]", " ", body))


def with_defaults(headers: Any, defaults: Mapping[str, Any]) -> Dict[str, Any]:
    """``headers`` preceded by those of ``defaults`` that it does not name itself (in any case or compact form); an OrderedDict."""
    headers = headers or {}
    named = {canonical(name) for name in headers if isinstance(name, str)}
    merged = OrderedDict((name, value) for name, value in defaults.items() if canonical(name) not in named)
    merged.update(headers)
    return merged
