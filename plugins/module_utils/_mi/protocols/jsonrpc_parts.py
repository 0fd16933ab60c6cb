# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""JSON-RPC replies with large lists, decoded while they come: each entry of a list as soon as it is whole."""

import json
import re
from typing import Any, Callable, Dict, Generator, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.limits import (
    NESTING,
    ReplyLimit,
    check_nesting,
    number_options,
    too_deep,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.backlog import Backlog
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import (
    PRINT_FAILED,
    explain,
    take_message,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout, ValueReply

_BLANKS = re.compile(r"[ \t\n\r]*")
_AFTER_ENTRY = re.compile(r"[ \t\n\r]*([,\]])[ \t\n\r]*")
# What is kept of a reply that is no JSON, to say how it ends.
_TAIL = 200


class _NoJson(Exception):
    """The text is no JSON from here on."""


def _skip_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


class JsonRpcParts:
    """Decodes ``{"result": {outer: [{title: ..., inner: [entry, ...]}, ...]}, ...}`` (names: see Layout).

    Parts are ValueReplys of the same shape with some of the entries, and with what their thing told before them; entries
    that come before the title wait for it. A part without entries ends each thing, another one the reply, so nothing else
    of the value is lost. raw of parts is empty.
    """

    def __init__(self, request: Request, layout: Layout, limit: Optional[ReplyLimit] = None) -> None:
        self._request = request
        self._layout = layout
        self._backlog = Backlog(limit)
        self._at = 0
        self._raw_decode = json.JSONDecoder().raw_decode
        self._message: Any = None
        self._ended = False
        self._broken = False
        self._parts: List[ValueReply] = []
        self._run = self._read_message()

    def feed(self, data: bytes) -> List[ValueReply]:
        """Take bytes; the parts (list of Reply) that got complete with them. Raises MalformedReply for absurd sizes."""
        if self._backlog.add(data):
            self._advance()
        return self._taken()

    def complete(self) -> bool:
        """Whether what came is a whole reply."""
        self._backlog.join()
        self._advance()
        return self._ended or self._backlog.text.endswith(PRINT_FAILED)

    def finish(self, marked_end: bool = False) -> List[ValueReply]:  # pylint: disable=unused-argument
        """The rest of the parts once nothing comes any more. Raises as JsonRpcProtocol.decode()."""
        self._backlog.join(final=True)
        self._advance()
        text = self._backlog.text
        if self._message is None:
            try:
                message = json.loads(text, **number_options(text))
            except (ValueError, RecursionError):
                raise explain(text) from None
            check_nesting(message)
            # no object, so this raises
            take_message(message, text, self._request)
        if not self._ended or _skip_blanks(text, self._at) < len(text):
            raise explain(f"{{{text}")
        text = "" if "result" in self._message else json.dumps(self._message)
        self._parts.append(take_message(self._message, text, self._request))
        return self._taken()

    def _taken(self) -> List[ValueReply]:
        parts, self._parts = self._parts, []
        return parts

    def _advance(self) -> None:
        if self._broken:
            self._backlog.forget(max(0, len(self._backlog.text) - _TAIL))
        elif not self._ended:
            options = number_options(self._backlog.text)
            if options:
                self._raw_decode = json.JSONDecoder(**options).raw_decode
            try:
                next(self._run)
            except StopIteration:
                self._ended = True
            except _NoJson:
                self._broken = True
        if self._ended:
            # what follows is looked at when all has come
            self._backlog.forget(self._at)
            self._at = 0

    # These are coroutines: each yields when it needs more text, and goes on with what has come when it is resumed.

    def _more(self) -> Generator[None, None, None]:
        self._backlog.forget(self._at)
        self._at = 0
        yield

    def _char(self) -> Generator[None, None, str]:
        """The next character that is no blank; not yet taken."""
        while True:
            self._at = _skip_blanks(self._backlog.text, self._at)
            if self._at < len(self._backlog.text):
                return self._backlog.text[self._at]
            yield from self._more()

    def _value(self) -> Generator[None, None, Any]:
        """Any value, whole."""
        yield from self._char()
        while True:
            try:
                value, end = self._raw_decode(self._backlog.text, self._at)
            except ValueError:
                end = None
            except RecursionError:
                raise too_deep() from None
            # a number that ends where the text does may go on
            if end is not None and end < len(self._backlog.text):
                self._at = end
                return check_nesting(value)
            yield from self._more()

    def _read_message(self) -> Generator[None, None, None]:
        if (yield from self._char()) != "{":
            # not an object, which finish() explains
            while True:
                yield from self._more()
        self._message = {}
        yield from self._object(self._message, "result", "{", self._read_result)

    def _object(
        self,
        members: Dict[str, Any],
        special: str,
        opening: str,
        read: Callable[[Dict[str, Any]], Generator[None, None, Any]],
    ) -> Generator[None, None, None]:
        """An object, its values into members; a value called special that begins with opening is read by read(members)."""
        self._at += 1
        if (yield from self._char()) == "}":
            self._at += 1
            return
        streamed = False
        while True:
            if (yield from self._char()) != '"':
                raise _NoJson()
            key = yield from self._value()
            if (yield from self._char()) != ":":
                raise _NoJson()
            self._at += 1
            begins = yield from self._char()
            if key == special:
                if streamed:
                    # the last of two would count, and the first has been given away
                    raise _NoJson()
                streamed = begins == opening
            members[key] = yield from read(members) if key == special and streamed else self._value()
            ends = yield from self._char()
            self._at += 1
            if ends == "}":
                return
            if ends != ",":
                raise _NoJson()

    def _read_result(self, _message: Dict[str, Any]) -> Generator[None, None, Dict[str, Any]]:
        result: Dict[str, Any] = {}
        yield from self._object(result, self._layout.outer, "[", self._read_things)
        return result

    def _read_things(self, _result: Dict[str, Any]) -> Generator[None, None, List[Any]]:
        """The list of things; it stays empty, since its parts are given away."""
        self._at += 1
        if (yield from self._char()) == "]":
            self._at += 1
            return []
        while True:
            if (yield from self._char()) == "{":
                thing: Any = {}
                yield from self._object(thing, self._layout.inner, "[", self._read_entries)
            else:
                thing = yield from self._value()
            self._give(thing)
            ends = yield from self._char()
            self._at += 1
            if ends == "]":
                return []
            if ends != ",":
                raise _NoJson()

    def _read_entries(self, thing: Dict[str, Any]) -> Generator[None, None, List[Any]]:
        """The list of entries; those that come last, which were not given away."""
        self._at += 1
        entries: List[Any] = []
        if (yield from self._char()) == "]":
            self._at += 1
            return entries
        while True:
            yield from self._char()
            if self._take_entries(entries):
                return entries
            if entries and self._layout.title in thing:
                self._give(dict(thing, **{self._layout.inner: entries}))
                entries = []
            yield from self._more()

    def _take_entries(self, entries: List[Any]) -> bool:
        """Add to entries those that are whole. Whether their list ended."""
        text, at, decode = self._backlog.text, self._at, self._raw_decode
        ended = False
        try:
            while not ended:
                entry, end = decode(text, at)
                if text.startswith(",{", end):
                    end += 1
                else:
                    after = _AFTER_ENTRY.match(text, end)
                    if after is None:
                        break
                    end = after.end()
                    ended = after.group(1) == "]"
                # counting is quicker than looking at each value
                if text.count("[", at, end) + text.count("{", at, end) > NESTING:
                    check_nesting(entry)
                entries.append(entry)
                at = end
        except ValueError:
            pass
        except RecursionError:
            raise too_deep() from None
        self._at = at
        return ended

    def _give(self, thing: Any) -> None:
        self._parts.append(ValueReply({self._layout.outer: [thing]}, ""))
