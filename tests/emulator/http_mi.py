# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The MI modules behind httpd: mi_http, mi_json, mi_xmlrpc_ng (mi_xmlrpc), and the old mi_xmlrpc."""

import asyncio
from urllib.parse import unquote
from xml.etree import ElementTree

from . import render_line, render_xmlrpc, rpc
from .errors import PENDING, Starved
from .http import NO_URL, Response
from .render_json import MiJson

JSON = "application/json"
XML = "text/xml; charset=utf-8"


def _bytes(text):
    return text.encode("utf-8", "surrogateescape")


class _Late:
    """Waits for the reply of an asynchronous command, or for one that takes its time."""

    def __init__(self, server):
        self.server = server
        self.future = asyncio.get_running_loop().create_future()

    def __call__(self, outcome):
        if not self.future.done():
            self.future.set_result(outcome)

    async def settle(self, outcome):
        seconds = self.server.spent()
        if seconds:
            await asyncio.sleep(seconds)  # httpd serves nobody else meanwhile
        return await self.future if outcome is PENDING else outcome

    async def settle_tree(self, outcome):
        """The same for 1.x and 2.x, which give up when the reply has no room in the shared memory."""
        outcome = await self.settle(outcome)
        return (None, None, None) if isinstance(outcome, Starved) else outcome


class MiHttp:
    """JSON-RPC by POST, 3.0 to 4.0."""

    def __init__(self, server):
        self.server = server

    async def __call__(self, request):
        if request.method != "POST":
            return Response(405, JSON, endless=True)
        if request.content_type != "application/json" or not request.body:
            return Response(400, JSON, endless=True)
        try:
            parsed, _end = rpc.parse(request.body.decode("utf-8", "surrogateescape"))
        except ValueError:
            return Response(200, JSON, b'{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}')
        if self.server.lacks_handler(parsed.method):
            return Response(500, JSON, endless=True)
        late = _Late(self.server)
        outcome = await late.settle(rpc.run(self.server, parsed, late))
        if parsed.bad_id or isinstance(outcome, Starved):
            return Response(500, JSON, endless=True)
        text = rpc.text_of(parsed, outcome)
        if text is None:
            return Response(202, JSON, endless=True)
        return Response(200, JSON, _bytes(text), mi_method=parsed.method or "?")


class MiJsonGet:
    """GET /json/CMD?params=a,b of 1.11 and 2.4: every comma separates, nothing is quoted."""

    def __init__(self, server):
        self.server = server
        self.old = server.state.v < (2, 0)
        self.writer = MiJson(self.old)

    def _error(self, code, message, mi_method=None):
        if self.old:
            text = '{"error":"Internal server error"}' if code == 500 else ""
            return Response(200, None, _bytes(text), mi_method=mi_method)
        return Response(200, JSON, _bytes(self.writer.error(code, message)), mi_method=mi_method)

    async def __call__(self, request):
        path, _mark, query = request.target.partition("?")
        name = path.lstrip("/").partition("/")[2]
        if request.method != "GET":
            return self._error(406, "Unexpected method")
        if not name:
            return self._error(500, "Internal server error")
        classic = self.server.lookup(name)
        if classic is None:
            self.server.note(name)
            return self._error(500, "Command not found", name)
        late = _Late(self.server)
        code, message, tree = await late.settle_tree(self.server.call_line(classic, self._params(query), late))
        if code is None:
            return self._error(500, "Internal server error", name)
        if code >= 400:
            return self._error(code, message, name) if not self.old else Response(200, None, b"", mi_method=name)
        return Response(200, None if self.old else JSON, _bytes(self.writer.render(tree)), mi_method=name)

    @staticmethod
    def _params(query):
        for pair in query.split("&"):
            key, _mark, value = pair.partition("=")
            if key == "params" and value:
                parts = unquote(value.replace("+", " "), errors="surrogateescape").split(",")
                return parts[:-1] if parts[-1] == "" else parts
        return []


def _parse_call(body):
    """(method name, [param elements]) of a methodCall; raises ElementTree.ParseError, LookupError."""
    if b"<!DOCTYPE" in body:
        raise LookupError("methodCall")
    root = ElementTree.fromstring(body)
    if root.tag != "methodCall":
        raise LookupError("methodCall")
    name = root.findtext("methodName")
    if not name:
        raise LookupError("methodName")
    params = root.find("params")
    return name.strip(), [] if params is None else params.findall("param")


class XmlRpcTree:
    """mi_xmlrpc_ng of 1.11 and 2.4: only strings, none empty."""

    def __init__(self, server):
        self.server = server
        self.old = server.state.v < (2, 0)

    def _fault(self, code, message, mi_method=None):
        return Response(200, XML, _bytes(render_xmlrpc.fault(code, message)), mi_method=mi_method)

    async def __call__(self, request):
        if request.method != "POST":
            return self._fault(405, "Unexpected method (only POST is accepted)")
        # errors before the command runs all say this: the code is a static variable of another file
        nothing = self._fault(401, "Empty request")
        if self.old:
            nothing = Response(200, XML, NO_URL)
        try:
            name, params = _parse_call(request.body)
            args = [self._string(param) for param in params]
        except (ElementTree.ParseError, LookupError):
            return nothing
        nothing.mi_method = name
        classic = self.server.lookup(name)
        if classic is None:
            self.server.note(name)
            return nothing
        if self.server.lacks_handler(name):
            return nothing
        late = _Late(self.server)
        code, message, tree = await late.settle_tree(self.server.call_line(classic, args, late))
        if code is None:
            return nothing
        if self.old:
            text = render_line.render(code, message, tree, "").partition("\n")[2] if code < 400 else ""
            return Response(200, XML, _bytes(render_xmlrpc.text_reply(text)), mi_method=name)
        if code >= 400:
            return self._fault(code, message, name)
        return Response(200, XML, _bytes(render_xmlrpc.tree_reply(tree)), mi_method=name)

    @staticmethod
    def _string(param):
        text = param.findtext("value/string")
        if not text:
            raise LookupError("string")
        return text


class XmlRpcValue:
    """mi_xmlrpc_ng of 3.x, mi_xmlrpc of 4.0: named parameters travel as one struct."""

    def __init__(self, server):
        self.server = server

    async def __call__(self, request):
        if request.method != "POST":
            return Response(405, XML, endless=True)
        name = "?"
        try:
            name, elements = _parse_call(request.body)
            params = self._params(elements)
        except ElementTree.ParseError:
            return self._fault(-32700, "", name)
        except (LookupError, ValueError):
            return self._fault(-32600, "", name)
        if self.server.lacks_handler(name):
            return Response(500, XML, endless=True)
        late = _Late(self.server)
        outcome = await late.settle(self.server.call_rpc(name, params, late))
        if isinstance(outcome, Starved):
            return Response(500, XML, endless=True)
        if outcome[0] == "error":
            return self._fault(outcome[1], outcome[2], name)
        return Response(200, XML, _bytes(render_xmlrpc.value_reply(outcome[1])), mi_method=name)

    @staticmethod
    def _fault(code, message, name):
        return Response(200, XML, _bytes(render_xmlrpc.rpc_fault(code, message)), mi_method=name)

    def _params(self, elements):
        values = [element.find("value") for element in elements]
        if len(values) == 1 and values[0] is not None and values[0].find("struct") is not None:
            return {
                member.findtext("name"): self._value(member.find("value"))
                for member in values[0].find("struct").findall("member")
            }
        return [self._value(value) for value in values]

    def _value(self, value):
        if value is None or not len(value):
            raise LookupError("value")
        kind = value[0]
        if kind.tag == "string" and kind.text:
            return kind.text
        if kind.tag in ("int", "i4") and kind.text:
            return int(kind.text)
        if kind.tag == "array" and kind.find("data") is not None:
            return [self._value(item) for item in kind.find("data").findall("value")]
        raise LookupError("value")


# the length of these is one or more too small in tm; this module prints up to the end of the string instead
_WHOLE = {"Content-Type missin": "Content-Type missing", "Content-Length disallowe": "Content-Length disallowed"}


class OldXmlRpc:
    """mi_xmlrpc of 1.4 to 1.11, on a port of its own: the reply is one text."""

    def __init__(self, server):
        self.server = server

    async def __call__(self, request):
        try:
            name, params = _parse_call(request.body)
            args = [param.findtext("value/string") or param.findtext("value") or "" for param in params]
        except (ElementTree.ParseError, LookupError):
            return self._send(render_xmlrpc.old_fault(-503, "Call XML not a proper XML-RPC call."), None)
        classic = self.server.lookup(name)
        if classic is None:
            self.server.note(name)
            return self._send(render_xmlrpc.old_fault(-506, f"Requested command ({name}) is not available!"), name)
        late = _Late(self.server)
        code, message, tree = await late.settle_tree(self.server.call_line(classic, args, late))
        if code is None:
            return self._send(render_xmlrpc.old_fault(-500, "Command failed"), name)
        if code >= 400:
            return self._send(render_xmlrpc.old_fault(code, _WHOLE.get(message, message)), name)
        return self._send(render_xmlrpc.old_reply(render_line.render_text(tree)), name)

    @staticmethod
    def _send(text, name):
        return Response(200, XML, _bytes(text), mi_method=name)
