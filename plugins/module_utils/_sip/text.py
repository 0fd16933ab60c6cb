# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Characters: what may travel in SIP, and how a refused one is named to a person."""

import re
from typing import Optional, TypeVar

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError

# what is text, or may be None
_Text = TypeVar("_Text", str, Optional[str])

# RFC 3261 section 25.1: token
TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"

# C0, DEL, C1, Unicode's own line ends, and lone surrogates (no UTF-8 exists for them)
_UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Of those, and of what is neither seen nor joins letters: marks and embeddings that turn the direction, tags, no characters
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e0fff]"
)
_TOKEN = re.compile(TOKEN)
_NAMES = {"\r": "a carriage return", "\n": "a line feed", "\0": "a NUL character", "\t": "a tab"}


def is_token(text: str) -> bool:
    """True when ``text`` is an RFC 3261 token."""
    return _TOKEN.fullmatch(text) is not None


def name_character(char: str) -> str:
    """A name for ``char`` that can stand in an error message."""
    return _NAMES.get(char) or f"the character U+{ord(char):04X}"


def refuse_control_characters(what: str, text: str) -> None:
    """Raise SipSyntaxError when ``text`` has a character that no SIP line may have; ``what`` names it in the message."""
    found = _UNSENDABLE.search(text)
    if not found:
        return
    char = found.group()
    if char in "\r\n\0":
        hint = "It would end the line early and let the rest pass as another header (header injection)"
    else:
        hint = "Remove it"
    raise SipSyntaxError(f"{what} contains {name_character(char)} at position {found.start() + 1}", hint)


def printable(text: _Text, keep: str = "", most: Optional[int] = None) -> _Text:
    r"""Text for people, with characters that cannot be seen escaped as in ``\x1b`` and ``\u202e``; None stays None.

    Servers, phones and files choose what such text quotes. Control characters (C0, C1), line ends included, would act on a
    terminal or pass as lines of somebody else's; those that turn the direction of text hide what stands there. This is for
    messages, warnings, reasons and reports; values that a playbook works with, such as a User-Agent, stay as they are.
    keep: characters that stay. most: characters after which it is cut, or None.
    """
    if text is None:
        return None
    if most is not None and len(text) > most:
        text = f"{text[: most - 3]}..."
    if text.isprintable():
        return text
    return _UNSEEN.sub(lambda match: match.group() if match.group() in keep else ascii(match.group())[1:-1], text)


def to_crlf(text: str) -> str:
    """``text`` with every line end (LF, CR or CRLF) as CRLF, as SIP bodies want it (a YAML block has LF)."""
    return re.sub("\r\n|\r|\n", "\r\n", text)
