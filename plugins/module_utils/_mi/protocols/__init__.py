# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Protocols turn (method, parameters) into bytes and bytes into a Reply; they know no transport."""

import re

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, RefusedRequest

# Longer names overflow a buffer of 2.3 and 2.4 and hang their FIFO; no command comes near this.
_METHOD = re.compile(r"[A-Za-z0-9_.\-]+(:[A-Za-z0-9_.\-]+)?\Z")
_MAX_METHOD = 128


class Request:
    """One encoded request.

    data: bytes to move (of the body, over HTTP). method: the MI command. id: what its reply must carry, or None.
    verb, path, content_type: for HTTP; path is appended to the URL of the endpoint.
    """

    __slots__ = ("data", "method", "id", "verb", "path", "content_type")

    def __init__(self, data, method, request_id=None, verb="POST", path="", content_type=None):
        self.data = data
        self.method = method
        self.id = request_id
        self.verb = verb
        self.path = path
        self.content_type = content_type


def check_method(method):
    """Raise RefusedRequest unless method can be the name of an MI command."""
    if not isinstance(method, str) or len(method) > _MAX_METHOD or not _METHOD.match(method):
        raise RefusedRequest(
            f"{repr(method):.80} cannot be the name of an MI command",
            "Names are letters, digits, '_', '-' and '.', optionally with one 'module:' before",
        )


def check_text(value, what="A value"):
    """Give value as text without NUL, which no protocol can carry; raise BadParameters otherwise.

    value: str or int. what: how to name it in the error.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadParameters(
            f"{what} is {repr(value):.80}; MI takes text and whole numbers",
            "Leave it out or write it as text",
        )
    text = str(value)
    if "\0" in text:
        raise BadParameters(f"{what} holds a NUL character", "Remove it; the server would cut the value there")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadParameters(f"{what} holds a character that UTF-8 cannot carry", "Remove it") from None
    return text


def decode_text(data):
    """Bytes of a reply as text; bytes that are not UTF-8 become U+FFFD (phones send them in User-Agents)."""
    return data.decode("utf-8", "replace")
