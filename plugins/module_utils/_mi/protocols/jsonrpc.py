# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""JSON-RPC 2.0 of OpenSIPS 3.x and 4.x over FIFO, datagram and HTTP.

Sources: mi/mi.c, mi_fifo/fifo_fnc.c, mi_datagram/datagram_fnc.c, mi_http of 3.6 and 4.0.
"""

import json
import os
from typing import TYPE_CHECKING, Any, Dict, Optional, Union

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    MIError,
    RefusedRequest,
    RejectedCommand,
    RejectedParameters,
    ReplyTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import (
    JSON_VALUES,
    NESTING,
    ReplyLimit,
    check_nesting,
    number_options,
    too_deep,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import (
    Protocol,
    Request,
    check_method,
    check_text,
    decode_text,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout, ValueReply

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc_parts import JsonRpcParts

# The server prints ids as 32-bit integers.
_MAX_ID = 2147483647
# Parse error, and invalid request: prepare_mi_response() of mi/mi.c answers nothing else without an id.
_WITHOUT_ID = (-32700, -32600)
PRINT_FAILED = "failed to print response"
_NESTING = 8


class JsonRpcProtocol(Protocol):
    """Requests and replies as JSON objects; one request, never a batch, always with a string method."""

    name = "jsonrpc"
    has_ids = True
    in_parts = True

    def __init__(self, limit: Optional[ReplyLimit] = None) -> None:
        super().__init__(limit)
        # not to be guessed by those who may be able to send us a reply
        self._id = int.from_bytes(os.urandom(4), "big") & _MAX_ID

    def encode(self, method: str, params: Any, reply_to: Optional[str] = None, known: bool = True) -> Request:
        """The request as a Request.

        params: dict, list or None; values are str, int, lists of them, or lists of objects (dict). reply_to: name of the reply FIFO, or None.
        Raises BadParameters or RefusedRequest.
        """
        check_method(method)
        if reply_to is not None and not reply_to:
            raise RefusedRequest("A request over FIFO needs a reply FIFO", "This is a bug of the caller")
        self._id = self._id % _MAX_ID + 1
        message: Dict[str, Any] = {"jsonrpc": "2.0", "id": self._id, "method": method}
        if params:
            message["params"] = _check_params(params)
        text = json.dumps(message)
        if reply_to is None:
            return Request(text.encode("ascii"), method, self._id, content_type="application/json")
        return Request(f":{reply_to}:{text}\n".encode("ascii"), method, self._id)

    def decode(self, data: bytes, request: Request) -> ValueReply:
        """The Reply in data (bytes). Raises ServerError, MalformedReply or ReplyTooLarge."""
        text = decode_text(data)
        del data
        self.limit.check_values(text, JSON_VALUES)
        try:
            message = json.loads(text, **number_options(text))
        except RecursionError:
            raise too_deep() from None
        except ValueError:
            raise explain(text) from None
        if text.count("[") + text.count("{") > NESTING:
            check_nesting(message)
        return take_message(message, text, request)

    def parts(self, request: Request, layout: Layout) -> "JsonRpcParts":
        """What decodes the reply to request (Request) while it comes, cut as layout (Layout) says."""
        from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc_parts import JsonRpcParts

        return JsonRpcParts(request, layout, self.limit)

    def complete(self, data: bytes) -> bool:
        """Whether data is a whole reply: long asynchronous ones come in several openings of the reply FIFO."""
        if not data.rstrip().endswith(b"}"):
            return data.endswith(PRINT_FAILED.encode("ascii"))
        text = decode_text(data)
        try:
            self.limit.check_values(text, JSON_VALUES)
            json.loads(text, **number_options(text))
        except ValueError:
            return False
        except (MIError, RecursionError):
            # decode() says why it is none
            pass
        return True


def take_message(message: Any, text: str, request: Request) -> ValueReply:
    """The Reply that a decoded message (any JSON value) is; text: what it was decoded from. Raises as decode()."""
    if not isinstance(message, dict):
        raise MalformedReply(
            f"The reply is not a JSON-RPC object but {text[:60]!r}",
            "Check protocol and transport, over HTTP also url",
        )
    error = message.get("error")
    if error is None and "result" not in message:
        raise MalformedReply(
            f"The reply has neither result nor error: {text[:60]!r}",
            "Check protocol and transport, over HTTP also url",
        )
    answered = message.get("id")
    # 1.0 and True equal 1, and are no ids of ours
    is_ours = isinstance(answered, int) and not isinstance(answered, bool) and answered == request.id
    if not is_ours and not (answered is None and _is_unread(error)):
        raise MalformedReply(
            f"The reply has the id {answered!r}, but the request had {request.id}",
            "Another client may use the same socket: try again",
            unrelated=answered is not None,
        )
    if error is not None:
        return _error(error, request, text)
    return ValueReply(message["result"], text)


def _is_unread(error: Any) -> bool:
    """Whether an error is one of those that a server has for what it could not read, and so may not know the id of."""
    code = error.get("code") if isinstance(error, dict) else None
    return isinstance(code, int) and code in _WITHOUT_ID


def _check_params(params: Any) -> Any:
    if isinstance(params, dict):
        return {check_text(key, "A parameter's name"): _check_value(value, key, 0) for key, value in params.items()}
    if isinstance(params, (list, tuple)):
        return [_check_value(value, number, 0) for number, value in enumerate(params, 1)]
    raise BadParameters(f"params is {params!r}", "Write a mapping or a list")


def _check_value(value: Any, name: Union[str, int], depth: int) -> Any:
    if isinstance(value, (list, tuple)):
        if depth == _NESTING:
            raise BadParameters(f"Parameter {name} nests lists too deeply", "Write a flat list")
        return [_check_value(element, name, depth + 1) for element in value]
    if depth and isinstance(value, dict):
        # an object, of which config_push_bulk takes an array; null is a value there
        return {
            check_text(key, f"A key in parameter {name}"): None if element is None else _check_scalar(element, name)
            for key, element in value.items()
        }
    return _check_scalar(value, name)


def _check_scalar(value: Any, name: Union[str, int]) -> Union[str, int]:
    text = check_text(value, f"Parameter {name}")
    if isinstance(value, int):
        if abs(value) > _MAX_ID:
            raise BadParameters(f"Parameter {name} is {value}, beyond the server's 32-bit integers", "Write it as text")
        return int(value)
    return text


def explain(text: str) -> MIError:
    """The error for a reply that is not JSON."""
    stripped = text.strip()
    if stripped.endswith(PRINT_FAILED):
        return ReplyTooLarge(
            f"The server could not print its reply into its FIFO buffer ({PRINT_FAILED!r})",
            "One value exceeds about 4,090 bytes; use a datagram socket or HTTP for this command",
        )
    if stripped == "500 Internal error":
        return ReplyTooLarge(
            "The server answered 500 Internal error: the reply does not fit into a datagram of 65,457 bytes",
            "Use FIFO or HTTP for this command, or ask for less",
        )
    if stripped == "400 Parse_error":
        return ServerError(400, "Parse_error")
    if stripped.lower().startswith(("500 command not available", "400 parse")):
        return MalformedReply(
            f"The server answered {stripped[:60]!r} in the line protocol of 1.x and 2.x",
            "Set protocol to line, or auto",
        )
    if not stripped:
        return MalformedReply("The reply is empty", "See the log of the server")
    if stripped[0] in "{[":
        return MalformedReply(
            f"The reply was cut off or is not valid JSON: it ends in {stripped[-40:]!r}",
            "Try again; if it persists, use another transport",
        )
    return MalformedReply(
        f"The reply is not JSON but {stripped[:60]!r}", "Check protocol and transport, over HTTP also url"
    )


def _error(error: Any, request: Request, text: str) -> ValueReply:
    """Raise what error says; a code of 2xx is how some commands say that there was nothing to do (ul_sync)."""
    if not isinstance(error, dict) or isinstance(error.get("code"), bool) or not isinstance(error.get("code"), int):
        raise MalformedReply(f"The reply's error is {error!r}", "Check protocol and transport, over HTTP also url")
    code, reason, data = error["code"], str(error.get("message", "")), error.get("data")
    if 200 <= code < 300:
        return ValueReply(None, text, code, reason)
    if code in (-32601, -32001):
        raise RejectedCommand(request.method, code, reason, data)
    if code == -32602:
        raise RejectedParameters(code, reason, data)
    raise ServerError(code, reason, data)
