# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Versions of firmware as vendors write them: 108.86.0.20, 7.6.2c, 2_9_9, 3.1.4(a), 10.1-rc1."""

import re
from typing import Any, Tuple

# a User-Agent has 255 characters in the tables of OpenSIPS
_MOST_PARTS = 64
_PART = re.compile(r"[0-9]{1,18}|[a-z]+")
_HAS_NUMBER = re.compile("[0-9]")
_MARK = re.compile("[vr](?=[0-9])")
_BEFORE_RELEASE = frozenset(["alpha", "beta", "dev", "pre", "preview", "rc", "snapshot"])
# how a part compares with the end of the other version
_EARLIER, _END, _LETTER, _NUMBER = range(4)


def is_version(text: Any) -> bool:
    """Whether a text can be compared as a version: it has a number."""
    return isinstance(text, str) and _HAS_NUMBER.search(text) is not None


def version_key(text: str) -> Tuple[Any, ...]:
    """What orders versions: the key of an older one is less, and those of equal ones are equal.

    Parts are compared as numbers, so 108.86.0.9 is older than 108.86.0.20. A letter makes a version newer (7.6.2c after 7.6.2), a
    further number more so, and words such as rc or beta make it older. Case, separators, a V or R in front, and zeros at the end
    do not matter.
    """
    text = text.strip().lower()
    marked = _MARK.match(text)
    found = _PART.findall(text, marked.end() if marked else 0)
    parts = [_key_of(part) for part in found[:_MOST_PARTS]]
    while parts and parts[-1] == (_NUMBER, 0, ""):
        parts.pop()
    return tuple(parts) + ((_END, 0, ""),)


def _key_of(part: str) -> Tuple[int, int, str]:
    if part.isdigit():
        return _NUMBER, int(part), ""
    return (_EARLIER if part in _BEFORE_RELEASE else _LETTER), 0, part
