# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tm: t_uac_dlg, which sends a SIP request and answers with the phone's final reply."""

import ipaddress
import re
import secrets
import socket

from .. import sip
from ..errors import PENDING, MIError, Starved
from ..memory import OutOfMemory
from ..tree import array, node, tree
from . import command

_CSEQ = re.compile(r"^(\d+)\s+(\S+)$")


class _Request:
    """The checked parameters of one call."""

    __slots__ = ("method", "ruri", "uri", "next_hop", "hop", "has_socket", "headers", "body")


def _headers(state, params):
    text = params.text("headers", "")
    if state.tree:
        if text == ".":
            text = ""
    else:
        text = text.replace("\\r", "\r").replace("\\n", "\n")
    headers = sip.split_headers(text)
    if headers is None or text and not text.endswith("\n"):
        raise MIError(400, "Bad headers")
    return headers


def _parse(server, params):
    state = server.state
    request = _Request()
    request.method = params.text("method")
    request.ruri = params.text("ruri")
    request.uri = sip.parse_uri(request.ruri)
    if request.uri is None:
        raise MIError(400, "Invalid RURI" if state.tree else "Invalid ruri")
    next_hop = params.text("next_hop", ".")
    request.next_hop = None if next_hop == "." else next_hop
    request.hop = request.uri
    if request.next_hop:
        request.hop = sip.parse_uri(next_hop)
        if request.hop is None:
            raise MIError(400, "Invalid NEXTHOP" if state.tree else "Invalid next_hop")
    local = params.text("socket", ".")
    if local != "." and local not in server.local_sockets():
        raise MIError(404, "Local socket not found")
    request.has_socket = local != "."
    request.headers = _headers(state, params)
    request.body = params.text("body")
    return request


def _check(state, request):
    """mi_check_msg(): the order of the checks is the server's."""
    found = {}
    for name, value in request.headers:
        found.setdefault(sip.canonical(name), value)
    cut = state.v < (2, 0)  # 1.11 counts two letters too few
    if request.body and "content-type" not in found:
        raise MIError(400, "Content-Type missin" if cut else "Content-Type missing")
    if request.body and "content-length" in found:
        raise MIError(400, "Content-Length disallowe" if cut else "Content-Length disallowed")
    for name in ("to", "from"):
        if name not in found:
            raise MIError(400, name.capitalize() + " missing")
    cseq = found.get("cseq")
    if cseq is not None:
        match = _CSEQ.match(cseq)
        if match is None:
            raise MIError(400, "Bad CSeq number")
        if match.group(2) != request.method:
            raise MIError(400, "CSeq method mismatch")
    return found


def _party(value, brackets, tag=None):
    """A From or To value as t_msgbuilder prints it."""
    display, uri, params = sip.name_addr(value)
    known = sip.header_param(params, "tag")
    tag = known or tag
    if brackets or display or set(uri) & set(";?,"):
        uri = (display + " " if display else "") + "<" + uri + ">"
    return uri + (";tag=" + tag if tag else "")


def _destination(hop):
    """(address, family) of a numeric or local host; raises 476 for a name nobody knows."""
    port = hop.port or (5061 if hop.scheme == "sips" else 5060)
    if hop.host == "localhost":
        return ("127.0.0.1", port), socket.AF_INET
    try:
        address = ipaddress.ip_address(hop.host)
    except ValueError:
        # the emulator asks no name server: it stays on loopback
        raise MIError(476, "Unresolvable destination (476/MI/UAC)") from None
    return (hop.host, port), socket.AF_INET6 if address.version == 6 else socket.AF_INET


# get_hfblock(): what stands for the address of the socket, and the headers that are made anew without it
_OWN_ADDRESS = "!!"
_MADE_ANEW = ("to", "from", "cseq", "call-id")


def _asks_for_address(request):
    """Whether the server must find its socket before it can write the headers."""
    return not request.has_socket and any(
        _OWN_ADDRESS in value and sip.canonical(name) not in _MADE_ANEW for name, value in request.headers
    )


def build(server, request, found, branch):
    """The request as bytes."""
    state = server.state
    endpoint = server.sip
    callid = found.get("call-id") or endpoint.new_callid(state.first_pid)
    lines = [
        f"{request.method} {request.ruri} SIP/2.0",
        f"Via: SIP/2.0/UDP {server.via_host(request.hop)};branch={branch}",
        "To: " + _party(found["to"], not state.tree),
        "From: " + _party(found["from"], True, f"{secrets.token_hex(16)}-{secrets.token_hex(2)}"),
        "CSeq: " + (found.get("cseq") or "10 " + request.method),
        "Call-ID: " + callid,
    ]
    body = (request.body or "").encode("utf-8", "surrogateescape")
    names = {sip.canonical(name) for name, _value in request.headers}
    if "max-forwards" not in names:
        lines.append("Max-Forwards: 70")
    lines.append(f"Content-Length: {len(body)}")
    if "user-agent" not in names:
        lines.append("User-Agent: " + state.server_line)
    own_address = server.via_host(request.hop)
    lines += [
        f"{name}: {value.replace(_OWN_ADDRESS, own_address)}"
        for name, value in request.headers
        if sip.canonical(name) not in (*_MADE_ANEW, "content-length")
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape") + body


def _reply(state, status, message, room):
    """room: whether the shared memory has room for it."""
    if not state.tree:
        if not room:
            return Starved()
        value = {"Status": status}
        if message is not None:
            value["Message"] = message
        return value
    if not room:
        names = (None, None) if state.v < (2, 2) else ("Status", "Message")
        return Starved(tree(*map(node, names, (status, message))))
    parts = [status, ".", ".", ".", "." if message is None else message]
    if state.v < (2, 2):
        return tree(*(node(None, part) for part in parts))
    return tree(*map(node, ("Status", "RURI", "Next-hop", "Routes", "Message"), parts))


def _failed(state, error):
    """The reply when t_uac() fails: an error from 3.0 on, before that a success that tells of it."""
    if state.tree:
        return tree(node(None, f"{error.code} {error.message}"))
    raise error


def _handler_failed(state):
    """The error when a handler returns nothing."""
    if state.tree:
        return MIError(500, "command 't_uac_dlg' failed")
    return MIError(-32000, "Server error", "Command handler returned null")


@command("t_uac_dlg", "method ruri next_hop socket headers [body]", waits=True)
def t_uac_dlg(server, params, done):
    state = server.state
    request = _parse(server, params)
    found = _check(state, request)
    try:
        if request.hop.params.get("transport", "udp").lower() != "udp" or request.hop.scheme == "sips":
            raise MIError(500, "Server error occurred (1/MI/UAC)")  # there is no TCP or TLS listener
        address, family = _destination(request.hop)
        if family not in server.sip.sockets:
            raise MIError(500, "Server error occurred (1/MI/UAC)")
    except MIError as error:
        if _asks_for_address(request):
            # get_hfblock() fails before t_uac() could say why
            raise _handler_failed(state) from error
        return _failed(state, error)
    branch = server.sip.new_branch()
    data = build(server, request, found, branch)
    try:
        server.sip.send_request(
            branch,
            data,
            server.reachable(address),
            family,
            lambda *answer: done(_reply(state, *answer)),
        )
    except OutOfMemory:
        return _failed(state, MIError(500, "Server error occurred (2/MI/UAC)"))
    return PENDING


@command("t_uac_cancel", "callid cseq")
def t_uac_cancel(server, params):
    raise MIError(481, "No such transaction")


@command("t_hash", no_input=True)
def t_hash(server, params):
    slots = range(65536)
    if server.state.tree:
        return array([node(None, f"{slot} Current=0 Total=0") for slot in slots])
    return [{"index": slot, "Current": 0, "Total": 0} for slot in slots]


@command("t_reply", "code reason trans_id to_tag new_headers [body]")
def t_reply(server, params):
    raise MIError(404, "Transaction not found")
