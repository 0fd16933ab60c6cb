# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON as the servers print it: JSON-RPC of 3.x and 4.x, and the mi_json of 1.11 and 2.4."""

import json

_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class JsonRpc:
    """Compact JSON, `/` not escaped, UTF-8 as it is (cJSON's printer)."""

    @staticmethod
    def result(value, request_id):
        return f'{{"jsonrpc":"2.0","result":{_dumps(value)},"id":{_dumps(request_id)}}}'

    @staticmethod
    def error(code, message, data, request_id):
        error = {"code": code, "message": message}
        if data is not None:
            error["data"] = data
        return f'{{"jsonrpc":"2.0","error":{_dumps(error)},"id":{_dumps(request_id)}}}'


class MiJson:
    """mi_json: `{"NAME":[{"value":..,"attributes":..,"children":..}]}`; duplicate keys do occur.

    1.11 escapes only quotes and backslashes: its CR and LF are raw, so its replies are not always JSON.
    """

    def __init__(self, old):
        escapes = {'"': '\\"', "\\": "\\\\"}
        if not old:
            escapes.update({"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "/": "\\/"})
        self._escapes = str.maketrans(escapes)

    def _quote(self, text):
        return '"' + text.translate(self._escapes) + '"'

    def _members(self, node, named):
        name, value, attrs, kids, array = node
        if named and name is not None and value is not None and not attrs and not kids:
            return self._quote(name) + ": " + self._quote(value)
        parts = []
        if value is not None:
            parts.append('"value":' + self._quote(value))
        if attrs:
            parts.append(
                '"attributes":{'
                + ", ".join(self._quote(key) + ": " + (self._quote(text) if text else "null") for key, text in attrs)
                + "}"
            )
        if kids:
            parts.append('"children":' + self._nodes(kids, array))
        text = ", ".join(parts)
        if named and name is not None:
            text = self._quote(name) + ": {" + text + "}"
        return text

    def _nodes(self, nodes, array):
        if array:
            return f"{{{self._quote(nodes[0][0] or '')}: [{', '.join('{' + self._members(node, False) + '}' for node in nodes)}]}}"
        return "{" + ", ".join([self._members(node, True) for node in nodes]) + "}"

    def render(self, tree):
        """The body; empty when the reply has no nodes."""
        if tree is None or not tree.kids:
            return ""
        return self._nodes(tree.kids, tree.array)

    def error(self, code, message):
        return '{"error": {"code": %d, "message": %s}}' % (code, self._quote(message))
