# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""URLs as messages and results show them: without what may be a secret."""

import re

MASK = "********"
_BLANKS = re.compile(r"(\s+)")


def shown_url(url: str) -> str:
    """A URL (str) without user, password, query and fragment; what stood in their places is a mask."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        scheme, rest = "", url
    # a password may hold any other character of a URL, so all before the last @ is hidden
    before, at, rest = rest.rpartition("@")
    place = min(rest.find(sign) if sign in rest else len(rest) for sign in "?#")
    tail = rest[place + 1 :]
    return scheme + mark + (MASK if before else "") + at + rest[: place + 1] + (MASK if tail else "")


def without_url_secrets(text: str) -> str:
    """A text (str) whose URLs are shown as by shown_url(). A URL ends at a blank."""
    if "://" not in text:
        return text
    return "".join(_shown_word(word) for word in _BLANKS.split(text))


def _shown_word(word: str) -> str:
    head, mark, rest = word.partition("://")
    return head + shown_url(mark + rest) if mark else word
