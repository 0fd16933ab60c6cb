# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Replies of the line protocol with large lists, cut into parts while they come: each of whole entries."""

from typing import List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import ReplyLimit
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.backlog import Backlog
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line import (
    LineProtocol,
    check_empty_line,
    check_end,
    take_status,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout, TextTreeReply


class LineParts:
    """Cuts a reply before lines that begin an entry or a thing (see Layout), things being at the top and entries in them.

    Parts are TextTreeReplys; one that begins inside a thing has the line of the thing before it.
    """

    def __init__(self, request: Request, layout: Layout, limit: Optional[ReplyLimit] = None) -> None:
        self._request = request
        self._thing = f"\n{layout.thing}:: "
        self._marks = (self._thing, f"\n\t{layout.entry}:: ")
        self._backlog = Backlog(limit)
        self._status: Optional[str] = None
        # what the status line says: (code, reason), or the error that it is
        self._answered: Optional[Tuple[int, str]] = None
        self._error: Optional[MIError] = None
        # the thing that the next part belongs to: its line, without the line end
        self._header = ""
        self._searched = 0
        self._size = 0
        self._begin = b""
        self._end = b""
        self._parts: List[TextTreeReply] = []

    def feed(self, data: bytes) -> List[TextTreeReply]:
        """Take bytes; the parts (list of Reply) that got complete with them. Raises MalformedReply for absurd sizes."""
        self._size += len(data)
        self._begin = self._begin or data[:1]
        self._end = (self._end + data)[-2:]
        if self._backlog.add(data):
            self._advance()
        return self._taken()

    def complete(self) -> bool:
        """Whether what came is a whole reply: the line protocol opens a reply FIFO once."""
        return bool(self._size)

    def finish(self, marked_end: bool = False) -> List[TextTreeReply]:
        """The rest of the parts once nothing comes any more; marked_end: the carrier marks the end with an empty line.

        Raises as LineProtocol.decode() and check_marked_end().
        """
        self._backlog.join(final=True)
        self._advance()
        if marked_end and self._begin == b"2":
            check_empty_line(self._end, self._size)
        if self._status is None:
            # not even one line, which is always an error
            LineProtocol().decode(self._backlog.text.encode("utf-8"), self._request)
        if self._error is not None:
            raise self._error
        check_end(self._end[-1:].decode("latin-1"), self._size)
        self._give(self._backlog.text)
        return self._taken()

    def _taken(self) -> List[TextTreeReply]:
        parts, self._parts = self._parts, []
        return parts

    def _advance(self) -> None:
        if self._status is None:
            end = self._backlog.text.find("\n")
            if end < 0:
                self._backlog.forget(0)
                return
            self._status = self._backlog.text[:end]
            # so that every line of the body has a line end before it
            self._backlog.forget(end)
            try:
                self._answered = take_status(self._status, self._request)
            except MIError as error:
                self._error = error
        text = self._backlog.text
        if self._error is not None:
            self._backlog.forget(len(text))
            return
        cut = max(_last(text, mark, self._searched) for mark in self._marks)
        if cut > 0:
            self._give(text[:cut])
        self._backlog.forget(max(0, cut))
        # a mark may have come in part
        self._searched = max(0, len(self._backlog.text) - max(len(mark) for mark in self._marks))

    def _give(self, text: str) -> None:
        """text: begins with the line end before its first line, and lacks its last one."""
        body = text[1:] if text.startswith(self._thing) else self._header + text
        if self._thing in text:
            line = _last(text, self._thing, 0) + 1
            if line:
                self._header = text[line:].partition("\n")[0]
        code, reason = self._answered or (0, "")
        self._parts.append(TextTreeReply(f"{body}\n", None, code, reason, status=self._status))


def _last(text: str, mark: str, start: int) -> int:
    """Where mark, which begins with a line end, comes last in text from start on; -1 when nowhere.

    A line end after CR is inside a value (see tree.text_lines), where a phone may have written anything.
    """
    at = text.rfind(mark, start)
    while at > 0 and text[at - 1] == "\r":
        at = text.rfind(mark, start, at + len(mark) - 1)
    return at
