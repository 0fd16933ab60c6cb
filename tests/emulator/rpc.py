# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A JSON-RPC request of 3.x and 4.x as parse_mi_request() sees it, and its reply as text."""

import json
import re

from .errors import PENDING
from .render_json import JsonRpc

_decoder = json.JSONDecoder()
_SPACE = re.compile(r"[\s\x00-\x20]*")


class Request:
    """A parsed request; `notification`: it has no id."""

    __slots__ = ("ident", "notification", "method", "params", "invalid", "bad_id")


def parse(text, start=0):
    """(Request, where the JSON ends); raises ValueError when it is no JSON. Text behind it is left alone."""
    value, end = _decoder.raw_decode(text, _SPACE.match(text, start).end())
    request = Request()
    members = {key.lower(): item for key, item in value.items()} if isinstance(value, dict) else {}
    request.invalid = request.bad_id = False
    request.notification = "id" not in members
    ident = members.get("id")
    if isinstance(ident, (bool, list, dict)):
        request.invalid = request.bad_id = True
    elif isinstance(ident, (int, float)):
        ident = max(-2147483648, min(2147483647, int(ident)))
    request.ident = ident
    if members.get("jsonrpc") != "2.0":
        request.invalid = True
    method = members.get("method")
    request.method = method if isinstance(method, str) else None
    if request.method is None:
        request.invalid = True
    params = members.get("params")
    if "params" in members and not isinstance(params, (list, dict)):
        request.invalid = True
        params = None
    request.params = params
    return request, end


def text_of(request, outcome):
    """The reply as text; None when none is due (notification)."""
    if outcome[0] == "result":
        return None if request.notification else JsonRpc.result(outcome[1], request.ident)
    _kind, code, message, data = outcome
    if request.notification and code not in (-32700, -32600):
        return None
    return JsonRpc.error(code, message, data, request.ident)


def run(server, request, done):
    """The outcome of the request, or PENDING."""
    if request.invalid:
        return ("error", -32600, "Invalid Request", None)
    return server.call_rpc(request.method, request.params, done)


__all__ = ["PENDING", "Request", "parse", "run", "text_of"]
