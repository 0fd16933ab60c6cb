# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Shell patterns for texts in which IPv6 addresses stand in brackets: contacts, sockets, AORs.

To fnmatch ``[2001:db8::1]`` is one character of a set. Here such brackets stand for themselves, and addresses are compared,
not their spellings: ``[::1]`` is ``[0:0:0:0:0:0:0:1]``, as OpenSIPS prints it.
"""

import fnmatch
import re
from typing import Callable, Iterable, Match

# RFC 3986 section 3.2.2; with the wildcards that may stand in a pattern
_BRACKETED = re.compile(r"\[([0-9A-Fa-f.*?]*:[0-9A-Fa-f:.*?]*)\]")


# Characters of a text that patterns of a user are tried on. OpenSIPS keeps 255 of each; phones chose the text, and no
# timeout ends a search.
MOST_MATCHED = 1024
# stand for the brackets of an address, while a pattern is taken apart
_OPEN, _CLOSE = "\x02", "\x03"


def globs(patterns: Iterable[str], ignore_case: bool = False) -> Callable[[str], bool]:
    """A function that tells of a text, or None, whether one of the shell patterns (list of str) matches all of it."""
    compiled = [glob(pattern, re.IGNORECASE if ignore_case else 0) for pattern in patterns]

    def matches(text: str) -> bool:
        if text is None:
            return False
        # also as it stands: a pattern may have wildcards in the place of the brackets
        spellings = {text, normal_addresses(text)}
        return any(match(spelling) for spelling in spellings for match in compiled)

    return matches


def glob(pattern: str, flags: int = 0) -> Callable[[str], bool]:
    """A function that tells of a text, as normal_addresses() gives it, whether a shell pattern matches all of it.

    flags: of re. Before Python 3.9, the expressions of fnmatch try every way to divide a text among the stars.
    """
    pattern = _BRACKETED.sub(_held, pattern)
    if "[" in pattern:
        sets = fnmatch.translate(pattern.replace(_OPEN, "[[]").replace(_CLOSE, "]"))
        whole = re.compile(sets, flags)
        return lambda text: len(text) <= MOST_MATCHED and whole.match(text) is not None
    texts = pattern.replace(_OPEN, "[").replace(_CLOSE, "]").split("*")
    pieces = [
        re.compile("".join("." if char == "?" else re.escape(char) for char in text), flags | re.DOTALL)
        for text in texts
    ]

    def matches(text: str) -> bool:
        found = pieces[0].match(text)
        if found is None or len(pieces) == 1:
            return found is not None and found.end() == len(text)
        for piece in pieces[1:-1]:
            found = piece.search(text, found.end())
            if found is None:
                return False
        # each character of a pattern stands for one
        start = len(text) - len(texts[-1])
        return start >= found.end() and pieces[-1].match(text, start) is not None

    return matches


def normal_addresses(text: str) -> str:
    """The text with each IPv6 address in brackets as RFC 5952 writes it."""
    return _BRACKETED.sub(lambda found: f"[{_normal(found.group(1))}]", text) if "[" in text else text


def normal_host(text: str) -> str:
    """A domain or address in lower case; an IPv6 address as RFC 5952 writes it, in brackets, also if it came without."""
    if text.count(":") > 1 and not text.startswith("["):
        text = f"[{text}]"
    return normal_addresses(text).lower()


def _held(found: Match[str]) -> str:
    inside = found.group(1)
    if inside.count(":") < 2:
        # a set of characters after all
        return found.group(0)
    return _OPEN + _normal(inside) + _CLOSE


def _normal(text: str) -> str:
    from ipaddress import AddressValueError, IPv6Address

    try:
        return str(IPv6Address(text))
    except AddressValueError:
        return text.lower()
