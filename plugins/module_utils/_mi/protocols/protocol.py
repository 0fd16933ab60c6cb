# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Protocols turn (method, parameters) into bytes and bytes into a Reply; they know no transport."""

import re
from typing import TYPE_CHECKING, Any, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, RefusedRequest
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import ReplyLimit
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout, Reply

# Longer names overflow a buffer of 2.3 and 2.4 and hang their FIFO; no command comes near this.
_METHOD = re.compile(r"[A-Za-z0-9_.\-]+(:[A-Za-z0-9_.\-]+)?\Z")
_MAX_METHOD = 128


if TYPE_CHECKING:
    _ListOfPairs = List[Tuple[str, Any]]
else:
    _ListOfPairs = list


class Pairs(_ListOfPairs):
    """(name, value) of what a reply has under names, an object or a struct, in its order and with repeated names."""


class Request:
    """One encoded request.

    data: bytes to move (of the body, over HTTP). method: the MI command. id: what its reply must carry, or None.
    verb, path, content_type: for HTTP; path is appended to the URL of the endpoint.
    lines: the parameters as the line protocol writes them (list of str). known: their command is one whose parameters were checked.
    """

    __slots__ = ("data", "method", "id", "verb", "path", "content_type", "lines", "known")

    def __init__(
        self,
        data: bytes,
        method: str,
        request_id: Optional[int] = None,
        verb: str = "POST",
        path: str = "",
        content_type: Optional[str] = None,
        lines: Sequence[str] = (),
        known: bool = True,
    ) -> None:
        self.data = data
        self.method = method
        self.id = request_id
        self.verb = verb
        self.path = path
        self.content_type = content_type
        self.lines = lines
        self.known = known


class Protocol:
    """How one generation of servers writes requests and replies. The attributes of a class tell what it can do.

    name: of the option protocol (str). by_line: requests and replies are lines of text (bool). positional: parameters are
    texts in the command's order, without names (bool). has_ids: a reply carries the id of its request (bool).
    in_parts: parts() decodes a reply while it comes (bool). one_at_a_time: some servers bear no two requests at once (bool).
    limit: ReplyLimit of what is decoded.
    """

    name = ""
    by_line = False
    has_ids = False
    in_parts = False
    one_at_a_time = False

    def __init__(self, limit: Optional[ReplyLimit] = None) -> None:
        self.limit = limit or ReplyLimit()

    @property
    def positional(self) -> bool:
        return False

    def encode(self, method: str, params: Any, reply_to: Optional[str] = None, known: bool = True) -> Request:
        """The request as a Request.

        params: dict, list or None, as arrange.py makes them for the protocol. reply_to: name of the reply FIFO, or None.
        known: the command is one whose parameters were checked (bool). Raises BadParameters or RefusedRequest.
        """
        raise NotImplementedError

    def decode(self, data: bytes, request: Request) -> Reply:
        """The Reply in data (bytes). Raises ServerError, MalformedReply or ReplyTooLarge."""
        raise NotImplementedError

    def parts(self, request: Request, layout: Layout) -> Any:
        """What decodes the reply to request (Request) while it comes, cut as layout (Layout) says."""
        raise NotImplementedError

    def complete(self, data: bytes) -> bool:
        """Whether data, all that one opening of the reply FIFO brought, is a whole reply."""
        return bool(data)

    def check_marked_end(self, data: bytes) -> None:
        """Raise MalformedReply unless data, a reply that came over a carrier which marks its end, has that mark."""


def check_method(method: object) -> None:
    """Raise RefusedRequest unless method can be the name of an MI command."""
    if not isinstance(method, str) or len(method) > _MAX_METHOD or not _METHOD.match(method):
        raise RefusedRequest(
            f"{repr(method):.80} cannot be the name of an MI command",
            "Names are letters, digits, '_', '-' and '.', optionally with one 'module:' before",
        )


def check_text(value: object, what: str = "A value") -> str:
    """Give value as text without NUL, which no protocol can carry; raise BadParameters otherwise.

    value: str or int. what: how to name it in the error.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadParameters(
            f"{what} is {repr(value):.80}, but MI accepts only texts and whole numbers",
            "Leave it out or write it as text",
        )
    text = str(value)
    if "\0" in text:
        raise BadParameters(
            f"{what} contains a NUL character", "Remove it, because the server would cut the value there"
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadParameters(f"{what} contains a character that UTF-8 cannot carry", "Remove it") from None
    return text


def decode_text(data: bytes) -> str:
    """Bytes of a reply as text; bytes that are not UTF-8 become U+FFFD (phones send them in User-Agents)."""
    return data.decode("utf-8", "replace")
