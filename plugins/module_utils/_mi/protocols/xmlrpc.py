# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""XML-RPC: the old mi_xmlrpc (1.4 to 1.11), mi_xmlrpc_ng (1.10 to 3.6) and mi_xmlrpc (4.0), all over HTTP.

Sources: mi_xmlrpc/xr_server.c of 1.11, mi_xmlrpc_ng/http_fnc.c of 2.4 and 3.6.
"""

import re
from typing import TYPE_CHECKING, Any, Dict, List, NoReturn, Optional, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    RejectedCommand,
    RejectedParameters,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import (
    ELEMENTS,
    NESTING,
    NODES_OF_LINES,
    ReplyLimit,
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
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import (
    NodeTreeReply,
    Reply,
    TextTreeReply,
    ValueReply,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # nosec B405

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# The server decodes these once more after its XML parser did.
_DECODED_TWICE = re.compile("&#[0-9][0-9];")
_INTS = ("int", "i4", "i8")
_MAX_INT = 2147483647


class XmlRpcProtocol(Protocol):
    """Positional parameters as strings, ints and arrays; named ones as one struct (3.x and later)."""

    name = "xmlrpc"
    # the old mi_xmlrpc of 1.x answers in threads that share memory without a lock: two at a time crash the server
    one_at_a_time = True

    def __init__(self, limit: Optional[ReplyLimit] = None) -> None:
        super().__init__(limit)
        # True for servers before 3.0, whose replies are trees; learnt from the first reply that tells
        self.tree_replies: Optional[bool] = None

    @property
    def positional(self) -> bool:
        return bool(self.tree_replies)

    def encode(self, method: str, params: Any, reply_to: Optional[str] = None, known: bool = True) -> Request:
        """The request as a Request; params: dict, list or None. Raises BadParameters or RefusedRequest."""
        check_method(method)
        if isinstance(params, dict):
            members = "".join(
                f"<member>\n<name>{_escape(key, 'The name of a parameter')}</name>\n{_value(value, key)}</member>\n"
                for key, value in params.items()
            )
            values = [f"<value><struct>\n{members}</struct></value>\n"] if params else []
        else:
            values = [_value(value, number) for number, value in enumerate(params or (), 1)]
        listed = "".join(f"<param>\n{value}</param>\n" for value in values)
        text = f"<?xml version='1.0'?>\n<methodCall>\n<methodName>{method}</methodName>\n<params>\n{listed}</params>\n</methodCall>\n"
        return Request(text.encode("utf-8"), method, content_type="text/xml")

    def decode(self, data: bytes, request: Request) -> Reply:
        """The Reply in data (bytes). Raises ServerError or MalformedReply."""
        text = decode_text(data)
        self.limit.check_values(text, ELEMENTS)
        self.limit.check_values(text, NODES_OF_LINES)
        root = _parse(data, text)
        fault = root.find("fault")
        if fault is not None:
            _fault(fault, request)
        value = root.find("params/param/value")
        if value is None:
            # mi_xmlrpc_ng of 2.3 leaves the value element out
            value = root.find("params/param")
        if value is None:
            raise MalformedReply("The XML-RPC reply has no value", "Check url and protocol")
        result, typed = _read(value)
        return self._reply(result, typed, text)

    def _reply(self, result: Any, typed: bool, text: str) -> Reply:
        if isinstance(result, Pairs):
            if result:
                self.tree_replies = not typed
            if self.tree_replies or (self.tree_replies is None and not result):
                return NodeTreeReply(_nodes(result), text)
        elif isinstance(result, str):
            if self.tree_replies is None and (":: " in result or result.endswith("\n") or not result):
                self.tree_replies = True
            if self.tree_replies:
                # the old mi_xmlrpc writes the tree as text, without its indentation
                return TextTreeReply(result, text, flat=True)
        elif isinstance(result, list):
            if self.tree_replies is None:
                self.tree_replies = False
            if self.tree_replies and all(isinstance(element, str) for element in result):
                return TextTreeReply("\n".join(result), text, flat=True)
        return ValueReply(_plain(result), text)


def _escape(value: Any, what: str) -> str:
    text = check_text(value, what)
    if not text:
        raise BadParameters(
            f"{what} is empty, which XML-RPC of OpenSIPS cannot carry", "Leave it out, or use JSON-RPC (3.x)"
        )
    if _ILLEGAL.search(text):
        raise BadParameters(
            f"{what} contains a character that XML does not allow", "Remove it, or use another transport"
        )
    decoded = _DECODED_TWICE.search(text)
    if decoded:
        raise BadParameters(
            f"{what} contains {decoded.group(0)!r}, which the server would decode twice",
            "Write the character itself",
        )
    # a bare CR would reach the server as LF
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _value(value: Any, name: Union[str, int]) -> str:
    if isinstance(value, (list, tuple)):
        return f"<value><array><data>\n{''.join(_value(element, name) for element in value)}</data></array></value>\n"
    text = _escape(value, f"Parameter {name}")
    if isinstance(value, int):
        if abs(value) > _MAX_INT:
            raise BadParameters(
                f"Parameter {str(name):.80} is {text:.80}, beyond the server's 32-bit integers",
                "Write it as text",
            )
        return f"<value><int>{text}</int></value>\n"
    return f"<value><string>{text}</string></value>\n"


def _parse(data: bytes, text: str) -> "Element":
    # entities, which could grow or read files, need a document type, and that is refused before the parser sees it
    from xml.etree import ElementTree  # nosec B405

    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise MalformedReply("The reply contains a document type, which OpenSIPS never sends", "Check url")
    try:
        # what a phone calls itself may hold characters that no XML may hold, and the server writes them as they are
        root = ElementTree.fromstring(_ILLEGAL.sub("\ufffd", _keep_cr(text)).encode("utf-8"))  # nosec B314
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        hint = "Check url: mi_xmlrpc usually answers at /RPC2 or /xmlrpc"
        if text.strip().endswith("</methodResponse>"):
            raise MalformedReply(f"The reply is broken XML: {error}", hint) from error
        raise MalformedReply(f"The reply is not XML-RPC, or was cut off: {text.strip()[:60]!r}", hint) from error
    if root.tag != "methodResponse":
        raise MalformedReply(
            f"The reply is not an XML-RPC response but {text.strip()[:60]!r}",
            "Check url and protocol: 1.11 serves XML-RPC at /xmlrpc",
        )
    return root


def _keep_cr(text: str) -> str:
    """The server writes CR as it is, which XML parsers drop; as a reference it stays what the server meant."""
    start, end = text.find("<methodResponse>"), text.rfind("</methodResponse>")
    if "\r" not in text or not 0 <= start < end:
        return text
    return text[:start] + text[start:end].replace("\r", "&#13;") + text[end:]


def _read(element: "Element", depth: int = 0) -> Tuple[Any, bool]:
    """(value, whether its leaves are typed) of a value element."""
    children = list(element)
    if depth > NESTING:
        raise too_deep()
    if not children:
        return element.text or "", False
    child = children[0]
    if child.tag == "string":
        return child.text or "", True
    if child.tag in _INTS:
        digits = child.text or ""
        try:
            # more than 64 bits have would take long to read
            return int(digits if len(digits) < 24 else ""), True
        except ValueError:
            raise MalformedReply(f"The XML-RPC reply has the int {child.text!r:.80}", "Check url") from None
    if child.tag == "value":
        return _read(child, depth + 1)
    if child.tag == "struct":
        members, typed = Pairs(), True
        for member in child.findall("member"):
            value, value_typed = _read(_child(member, "value"), depth + 1)
            members.append((_child(member, "name").text or "", value))
            typed = typed and value_typed
        return members, typed
    if child.tag == "array":
        values = [_read(element, depth + 1) for element in _child(child, "data").findall("value")]
        return [value for value, _typed in values], all(typed for _value, typed in values)
    if child.tag in ("nil", "boolean", "double"):
        return child.text, True
    raise MalformedReply(f"The XML-RPC reply has a value of type {child.tag!r}", "Check url")


def _child(element: "Element", tag: str) -> "Element":
    found = element.find(tag)
    if found is None:
        raise MalformedReply(f"The XML-RPC reply has a {element.tag} without {tag}", "Check url")
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Pairs):
        return {name: _plain(content) for name, content in value}
    if isinstance(value, list):
        return [_plain(element) for element in value]
    return value


def _fault(element: "Element", request: Request) -> NoReturn:
    value, _typed = _read(_child(element, "value"))
    fault = dict(value) if isinstance(value, Pairs) else {}
    try:
        code = int(fault.get("faultCode", ""))
    except (TypeError, ValueError):
        raise MalformedReply("The XML-RPC fault carries no code", "Check url") from None
    reason = str(fault.get("faultString", ""))
    if code in (-506, -32601, 32601) or (code, reason) == (401, "Empty request"):
        # 2.x says "Empty request" whatever was wrong; the command and its parameters were checked before
        raise RejectedCommand(request.method, code, reason)
    if code in (-32602, 32602):
        raise RejectedParameters(code, reason)
    raise ServerError(code, reason)


def _nodes(members: Pairs) -> List[Dict[str, Any]]:
    """The nodes that a struct of mi_xmlrpc_ng 2.x stands for; "name" is what it calls nodes without a name."""
    nodes: List[Dict[str, Any]] = []
    for name, value in members:
        name = "" if name == "name" else name
        if isinstance(value, list) and not isinstance(value, Pairs):
            nodes.extend(_node(name, element) for element in value)
        else:
            nodes.append(_node(name, value))
    return nodes


def _node(name: str, value: Any) -> Dict[str, Any]:
    node: Dict[str, Any] = {"name": name, "value": "", "attributes": {}, "children": []}
    if isinstance(value, Pairs):
        for key, part in value:
            if key == "kids" and isinstance(part, Pairs):
                node["children"] = _nodes(part)
            elif key == "attributes" and isinstance(part, Pairs):
                # an attribute without a value is written as the word "value"
                node["attributes"] = {name: "" if content == "value" else str(content) for name, content in part}
            elif key == "value" and isinstance(part, (str, int)):
                node["value"] = str(part)
            else:
                raise MalformedReply(f"A node of the reply has the part {key!r}", "Check url")
    elif isinstance(value, (str, int)):
        node["value"] = str(value)
    else:
        raise MalformedReply(f"A node of the reply is {value!r}", "Check url")
    return node
