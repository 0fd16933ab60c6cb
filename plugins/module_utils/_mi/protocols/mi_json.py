# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The GET form of mi_json, OpenSIPS 1.11 to 2.4: ``GET /json/COMMAND?params=a,b``.

Source: mi_json/http_fnc.c of 1.11 and 2.4.
"""

import json
from typing import Any, Dict, List, NoReturn, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    RejectedCommand,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import (
    NESTING,
    NODES_OF_JSON,
    check_nesting,
    number_options,
    too_deep,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import (
    Pairs,
    Protocol,
    Request,
    check_method,
    check_text,
    decode_text,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import NodeTreeReply

_PARTS = frozenset(("value", "attributes", "children"))


class MiJsonProtocol(Protocol):
    """Parameters in the query, split by the server at every comma; replies as JSON objects that stand for a tree."""

    name = "mi_json"
    positional = True

    def encode(self, method: str, params: Any, reply_to: Optional[str] = None, known: bool = True) -> Request:
        """The request as a Request; params: list of str. Raises BadParameters or RefusedRequest."""
        from urllib.parse import quote

        check_method(method)
        values = []
        for number, value in enumerate(params, 1):
            text = check_text(value, f"Parameter {number}")
            if "," in text:
                raise BadParameters(
                    f"Parameter {number} contains a comma, which mi_json cannot carry",
                    "Use the FIFO, a datagram socket or mi_xmlrpc_ng for this command",
                )
            if not text:
                raise BadParameters(f"Parameter {number} is empty, which mi_json cannot carry", "Leave it out")
            values.append(text)
        path = f"/{quote(method, safe='')}"
        if values:
            path += f"?params={quote(','.join(values))}"
        return Request(b"", method, verb="GET", path=path)

    def decode(self, data: bytes, request: Request) -> NodeTreeReply:
        """The Reply in data (bytes); an empty one is a success without nodes. Raises ServerError or MalformedReply."""
        text = decode_text(data)
        if not text.strip():
            return NodeTreeReply([], text)
        self.limit.check_values(text, NODES_OF_JSON)
        try:
            # SIP messages come with raw CRLF inside strings; keys repeat
            message = json.loads(text, strict=False, object_pairs_hook=Pairs, **number_options(text))
        except RecursionError:
            raise too_deep() from None
        except ValueError:
            raise MalformedReply(
                f"The reply is not JSON but {text.strip()[:60]!r}",
                "Check url: mi_json usually answers at /json",
            ) from None
        # an object is a list of pairs, and its node has the list of its children
        check_nesting(message, 2 * NESTING)
        if not isinstance(message, Pairs):
            raise MalformedReply(f"The reply is not a JSON object but {text[:60]!r}", "Check url")
        error = dict(message).get("error") if len(message) == 1 else None
        if error is not None:
            _raise(error, request)
        if any(key in ("jsonrpc",) for key, _value in message):
            raise MalformedReply("The server speaks JSON-RPC", "Set protocol to jsonrpc, or auto")
        return NodeTreeReply(_nodes(message), text)


def _raise(error: Any, request: Request) -> NoReturn:
    if isinstance(error, Pairs):
        error = dict(error)
        code, reason = error.get("code"), str(error.get("message", ""))
        if isinstance(code, int):
            if reason == "Command not found":
                raise RejectedCommand(request.method, code, reason)
            raise ServerError(code, reason)
    raise ServerError(500, str(error))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    raise MalformedReply(f"A value of the reply is {value!r}", "Check url")


def _nodes(pairs: Pairs) -> List[Dict[str, Any]]:
    """The nodes that an object stands for."""
    if all(key in _PARTS for key, _value in pairs):
        return _unnamed(pairs)
    nodes: List[Dict[str, Any]] = []
    for name, value in pairs:
        if isinstance(value, list) and not isinstance(value, Pairs):
            nodes.extend(_node(name, element) for element in value)
        else:
            nodes.append(_node(name, value))
    return nodes


def _unnamed(pairs: Pairs) -> List[Dict[str, Any]]:
    """Nodes without a name are written as bare parts, each beginning with its value."""
    nodes: List[Dict[str, Any]] = []
    for key, value in pairs:
        if key == "value" and not isinstance(value, list):
            nodes.append(_node("", value))
        elif key == "value":
            # nodes that are called "value"
            nodes.extend(_node("value", element) for element in ([value] if isinstance(value, Pairs) else value))
        else:
            if not nodes:
                nodes.append(_node("", None))
            nodes[-1][key] = _part(key, value)
    return nodes


def _part(key: str, value: Any) -> Any:
    if not isinstance(value, Pairs):
        if value is None:
            return {} if key == "attributes" else []
        raise MalformedReply(f"The reply's {key} are {value!r}", "Check url")
    if key == "attributes":
        return {name: _text(content) for name, content in value}
    return _nodes(value)


def _node(name: str, value: Any) -> Dict[str, Any]:
    node: Dict[str, Any] = {"name": name, "value": "", "attributes": {}, "children": []}
    if isinstance(value, Pairs):
        for key, part in value:
            if key == "value":
                node["value"] = _text(part)
            elif key in _PARTS:
                node[key] = _part(key, part)
            else:
                raise MalformedReply(f"A node of the reply has the part {key!r}", "Check url")
    else:
        node["value"] = _text(value)
    return node
