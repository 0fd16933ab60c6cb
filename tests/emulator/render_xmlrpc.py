# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""XML-RPC replies: mi_xmlrpc_ng of 2.4, of 3.x (4.0: mi_xmlrpc), and the single text of 1.11."""

_ESCAPES = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&#39;"})

_START = '<?xml version="1.0" encoding="UTF-8"?>\r\n<methodResponse>\r\n<params><param>\r\n'
_STOP = "</param></params>\r\n</methodResponse>\r\n"

_FAULT = (
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<methodResponse>\r\n<fault><value>\r\n<struct>\r\n'
    "<member>\r\n<name>faultCode</name>\r\n<value><int>%d</int></value>\r\n</member>\r\n"
    "<member>\r\n<name>faultString</name>\r\n<value><string>%s</string></value>\r\n</member>\r\n"
    "</struct>\r\n</value>\r\n</fault>\r\n</methodResponse>\r\n"
)

_OLD_START = '<?xml version="1.0" encoding="UTF-8"?>\r\n<methodResponse>\r\n'
_OLD_FAULT = (
    _OLD_START + "<fault>\r\n<value><struct>\r\n<member><name>faultCode</name>\r\n"
    "<value><i4>%d</i4></value></member>\r\n<member><name>faultString</name>\r\n"
    "<value><string>%s</string></value></member>\r\n</struct></value>\r\n</fault>\r\n</methodResponse>\r\n"
)


def escape(text):
    return text.translate(_ESCAPES)


def fault(code, message):
    return _FAULT % (code, escape(message))


def old_fault(code, message):
    return _OLD_FAULT % (code, escape(message))


def old_reply(text):
    """The old mi_xmlrpc (Abyss): CR is dropped and bytes beyond ASCII become DEL."""
    text = text.replace("\r\n", "\n")
    text = "".join("\x7f" * len(char.encode("utf-8", "surrogateescape")) if ord(char) > 126 else char for char in text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return (
        _OLD_START
        + "<params>\r\n<param><value><string>"
        + text
        + "</string></value></param>\r\n</params>\r\n</methodResponse>\r\n"
    )


def text_reply(text):
    """mi_xmlrpc_ng of 1.10 and 1.11: everything in one string."""
    return (
        _START.replace("<params><param>\r\n", "<params>\r\n<param><value><string>")
        + escape(text)
        + "</string></value></param>\r\n</params>\r\n</methodResponse>\r\n"
    )


# ---- 2.x: trees


def _member(name, value):
    return f"<member><name>{name}</name>{value}</member>"


def _node(node):
    name, value, attrs, kids, array = node
    if not attrs and not kids:
        return "<value>" + escape(value or "") + "</value>"
    parts = ["<value><struct>"]
    if value is not None:
        parts.append(_member("value", "<value>" + escape(value) + "</value>"))
    if attrs:
        parts.append(
            _member(
                "attributes",
                "<value><struct>"
                + "".join(
                    _member(escape(key), "<value>" + (escape(text) if text else "value") + "</value>")
                    for key, text in attrs
                )
                + "</struct></value>",
            )
        )
    if kids:
        # the doubled <value> is the server's
        parts.append(_member("kids", "<value>" + _nodes(kids, array) + "</value>"))
    parts.append("</struct></value>")
    return "".join(parts)


def _nodes(nodes, array):
    if array:
        name = escape(nodes[0][0]) if nodes and nodes[0][0] is not None else "name"
        values = "".join(_node(node) for node in nodes)
        array = f"<value><array><data>{values}</data></array></value>"
        return f"<value><struct><member><name>{name}</name>{array}</member></struct></value>"
    return (
        "<value><struct>"
        + "".join(_member("name" if node[0] is None else escape(node[0]), _node(node)) for node in nodes)
        + "</struct></value>"
    )


def tree_reply(tree):
    nodes, array = (tree.kids, tree.array) if tree is not None else ((), False)
    return _START + _nodes(nodes, array) + _STOP


# ---- 3.x, 4.x: values


def _value(value):
    if value is None:
        return "<value><nil/></value>"
    if value is True or value is False:
        return f"<value><boolean>{int(value)}</boolean></value>"
    if isinstance(value, int):
        if -2147483648 <= value <= 2147483647:
            return f"<value><int>{int(value)}</int></value>"
        return f"<value><double>{value:f}</double></value>"
    if isinstance(value, str):
        return "<value><string>" + escape(value) + "</string></value>"
    if isinstance(value, dict):
        return (
            "<value><struct>"
            + "".join(
                "<member><name>" + escape(key) + "</name>" + _value(item) + "</member>" for key, item in value.items()
            )
            + "</struct></value>"
        )
    return "<value><array><data>" + "".join(map(_value, value)) + "</data></array></value>"


def value_reply(value):
    return _START + _value(value) + _STOP


_RPC_FAULTS = {
    -32700: (32700, "parse error. not well formed"),
    -32600: (-32600, "server error. invalid xml-rpc. not conforming to spec."),
    -32601: (-32601, "server error. requested method not found"),
    -32602: (-32602, "server error. invalid method parameters"),
    -32000: (-32000, "server error"),
}


def rpc_fault(code, message):
    """Faults of the JSON-RPC core have texts of their own here; `data` is dropped."""
    return fault(*_RPC_FAULTS.get(code, (code, message)))
