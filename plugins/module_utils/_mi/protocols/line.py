# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The line protocol of OpenSIPS 1.x and 2.x over FIFO and datagram.

Sources: mi_fifo/fifo_fnc.c, mi_fifo/mi_parser.c, mi_datagram/mi_datagram_parser.c of 1.11 and 2.4.
"""

import re
from typing import Any, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    RefusedRequest,
    RejectedCommand,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import NODES_OF_LINES
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import (
    Protocol,
    Request,
    check_method,
    check_text,
    decode_text,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout, Reply, TextTreeReply

_STATUS = re.compile(r"(\d{3})(?: ([^\n]*))?\Z")
_NOT_AVAILABLE = re.compile(r"command( '.*')? not available", re.IGNORECASE)
_BLANKS = " \t\v\f"
# what the server's parser takes for something else, unless the value is quoted
_SPECIAL = re.compile('["\n\r]|::')


class LineProtocol(Protocol):
    """Requests of text lines; replies of a status line and a tree."""

    name = "line"
    by_line = True
    positional = True
    in_parts = True

    def encode(self, method: str, params: Any, reply_to: Optional[str] = None, known: bool = True) -> Request:
        """The request as a Request.

        params: list of str in the command's order. reply_to: name of the reply FIFO, or None over a datagram socket.
        known: the command is one whose parameters were checked.
        Raises BadParameters or RefusedRequest.
        """
        check_method(method)
        if ":" in method:
            raise RefusedRequest(
                f"{method!r} is a name of OpenSIPS 4.0, and this server knows only the classic names",
                "Write the classic name of the command",
            )
        fifo = reply_to is not None
        if fifo and not reply_to:
            raise RefusedRequest("A request over FIFO needs a reply FIFO", "This is a bug of the caller")
        lines = [
            _quote(check_text(value, f"Parameter {number}"), number, fifo) for number, value in enumerate(params, 1)
        ]
        text = "".join([f"{line}\n" for line in [f":{method}:{reply_to or ''}", *lines]])
        # an empty line ends a request over FIFO
        return Request((f"{text}\n" if fifo else text).encode("utf-8"), method, lines=lines, known=known)

    def decode(self, data: bytes, request: Request) -> Reply:
        """The Reply in data (bytes). Raises ServerError or MalformedReply."""
        size = len(data)
        text = decode_text(data)
        del data
        if not text:
            raise MalformedReply("The server sent an empty reply", "See the log of the server")
        if text == "400 Parse_error":
            # without a line end: a datagram socket of 3.x or 4.x
            raise MalformedReply(
                f"The server answered {text!r} and speaks JSON-RPC", "Set protocol to jsonrpc, or auto"
            )
        status, _newline, body = text.partition("\n")
        code, reason = take_status(status, request)
        check_end(text[-1:], size)
        self.limit.check_values(text, NODES_OF_LINES)
        return TextTreeReply(body, None, code, reason, status=status)

    def parts(self, request: Request, layout: Layout) -> Any:
        """What decodes the reply to request (Request) while it comes, cut as layout (Layout) says."""
        from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line_parts import LineParts

        return LineParts(request, layout, self.limit)

    def check_marked_end(self, data: bytes) -> None:
        """Raise MalformedReply unless a success ends in its closing empty line."""
        if data[:1] == b"2":
            check_empty_line(data[-2:], len(data))


def take_status(status: str, request: Request) -> Tuple[int, str]:
    """(code, reason) of a reply's first line (str). Raises ServerError when it says no, MalformedReply when it is none."""
    match = _STATUS.match(status)
    if match is None:
        raise MalformedReply(
            f"The reply begins with {status[:60]!r}, not with a status such as '200 OK'",
            "Check protocol and transport: this may be no MI of OpenSIPS 1.x or 2.x",
        )
    code, reason = int(match.group(1)), match.group(2) or ""
    if code >= 300:
        if _NOT_AVAILABLE.match(reason):
            raise RejectedCommand(request.method, code, reason)
        raise ServerError(code, reason)
    return code, reason


def check_end(end: str, size: int) -> None:
    """Raise MalformedReply unless a success of size bytes ends in a line end. end: its last character."""
    if end != "\n":
        raise MalformedReply(
            f"The reply was cut off after {size} bytes",
            "Try again; if it persists, look into the server's log",
        )


def check_empty_line(end: bytes, size: int) -> None:
    """Raise MalformedReply unless a success of size bytes that came over FIFO ends in an empty line. end: its last two bytes."""
    if end != b"\n\n":
        raise MalformedReply(
            f"The reply was cut off after {size} bytes: its closing empty line is missing",
            "One line of it may exceed the server's 8,192 bytes; ask for less, or use another transport",
        )


def _line_before_others(line: str, what: str) -> str:
    """A line of a value, which has further lines, so that the FIFO reads it as it is. Raises BadParameters.

    Where the server takes the backslash of a quote away, it reads the last character of the line in the place of its line
    feed (mi_parse_node: pmax moves, and the next line begins behind it). So two blanks and CRLF are sent as one blank, LF
    and CRLF.
    """
    if '"' not in line:
        return line
    if not line.endswith("  \r"):
        raise BadParameters(
            f"{what} contains a quote before its last line, and the FIFO of 1.x and 2.x damages such text",
            "Remove the quotes (a display name works without them), or use a datagram socket or HTTP",
        )
    return f"{line[:-2]}\n\r"


def _quote(value: str, number: int, fifo: bool) -> str:
    """value as the server's parser wants it."""
    stripped = value.strip(f"{_BLANKS}\r\n")
    if stripped and stripped == value and not _SPECIAL.search(value):
        return value
    what = f"Parameter {number} ({value[:40]!r})"
    if not stripped:
        if not value:
            raise BadParameters(
                f"Parameter {number} is empty, which the line protocol cannot carry",
                "Leave it out, or use JSON-RPC (3.x)",
            )
        raise BadParameters(f"{what} is only white space, which the line protocol cannot carry", "Leave it out")
    if value.endswith("\\"):
        raise BadParameters(
            f"{what} must be quoted, but ends in a backslash, which the server would read as an escaped quote",
            "Remove the backslash",
        )
    if value.startswith('"'):
        raise BadParameters(
            f"{what} begins with a quote; the server's parser ends the value there",
            "Begin with another character",
        )
    if fifo and "\n" in value:
        if "\n\n" in value:
            raise BadParameters(
                f"{what} contains an empty line, which ends the request over FIFO",
                "Use CRLF line ends, or a datagram socket",
            )
        *lines, last = value.split("\n")
        if any(line.startswith('"') for line in (*lines, last)):
            raise BadParameters(f"{what} has a line that begins with a quote", "Begin the line with another character")
        value = "\n".join([*(_line_before_others(line, what) for line in lines), last])
    quoted = value.replace('"', '\\"')
    return f'"{quoted}"'
