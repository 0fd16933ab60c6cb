# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a server answered to one MI command."""

from typing import Any, Dict, Iterable, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi import tree

Event = tree.Event


class Layout:
    """Where a large reply may be cut into parts: it lists things (location tables) that each list entries (AORs).

    outer, title, inner: what the values of 3.x and 4.x call them: ``{outer: [{title: ..., inner: [entry, ...]}, ...]}``.
    thing, entry: what the trees of 1.x and 2.x call a node of each.
    """

    __slots__ = ("outer", "title", "inner", "thing", "entry")

    def __init__(self, outer: str, title: str, inner: str, thing: str, entry: str) -> None:
        self.outer = outer
        self.title = title
        self.inner = inner
        self.thing = thing
        self.entry = entry


class Reply:
    """A successful reply.

    code: int, 200. message: str, the reason. raw: str, the reply as it came (bytes that are not UTF-8 shown as U+FFFD).
    is_tree: True for servers before 3.0, whose replies are trees of nodes.
    """

    __slots__ = ("code", "message", "_raw", "is_tree")

    def __init__(self, code: int, message: str, raw: Optional[str], is_tree: bool) -> None:
        self.code = code
        self.message = message
        self._raw = raw
        self.is_tree = is_tree

    @property
    def raw(self) -> str:
        return self._raw or ""

    @property
    def result(self) -> Any:
        """Plain data: the value of JSON-RPC or XML-RPC, or the list of nodes of a tree (see tree.py)."""
        raise NotImplementedError

    def walk(self) -> Iterable[Event]:
        """Yield (depth, name, value, attributes) of each node of a tree in document order.

        Raises TypeError for replies that are no trees.
        """
        raise NotImplementedError


class ValueReply(Reply):
    """A reply of OpenSIPS 3.0 and later: any JSON value."""

    __slots__ = ("_result",)

    def __init__(self, result: Any, raw: Optional[str], code: int = 200, message: str = "OK") -> None:
        super().__init__(code, message, raw, False)
        self._result = result

    @property
    def result(self) -> Any:
        return self._result

    def walk(self) -> Iterable[Event]:
        raise TypeError("this reply is a value, not a tree")


class TextTreeReply(Reply):
    """A tree that came as the text of the line protocol; parsed when it is looked at.

    text: the body, without the status line. raw: the whole, or None when it is status, a line end and text (a large reply
    is held once). flat: the transport dropped the indentation (old mi_xmlrpc).
    """

    __slots__ = ("_text", "_status", "_flat")

    def __init__(
        self,
        text: str,
        raw: Optional[str],
        code: int = 200,
        message: str = "OK",
        flat: bool = False,
        status: Optional[str] = None,
    ) -> None:
        super().__init__(code, message, raw, True)
        self._text = text
        self._status = status
        self._flat = flat

    @property
    def raw(self) -> str:
        return self._raw if self._raw is not None else f"{self._status}\n{self._text}"

    def walk(self) -> Iterable[Event]:
        return self._walk(self._text)

    def _walk(self, text: str) -> Iterable[Event]:
        events = tree.walk_text(text)
        return tree.nest_flat(events) if self._flat else events

    def lines(self) -> str:
        """The body's text, for readers of very large replies."""
        return self._text

    @property
    def result(self) -> Any:
        return tree.build(self.walk())

    def nodes_of(self, text: str) -> List[Dict[str, Any]]:
        """What result would be if the body were text."""
        return tree.build(self._walk(text))


class NodeTreeReply(Reply):
    """A tree whose structure the transport kept (mi_json, mi_xmlrpc_ng)."""

    __slots__ = ("_result",)

    def __init__(self, nodes: List[Dict[str, Any]], raw: Optional[str], code: int = 200, message: str = "OK") -> None:
        super().__init__(code, message, raw, True)
        self._result = nodes

    @property
    def result(self) -> Any:
        return self._result

    def walk(self) -> Iterable[Event]:
        return tree.walk_nodes(self._result)
