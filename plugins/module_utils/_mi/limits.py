# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""How much of what a server answers is held in memory, and how deep it may nest: what answers may not be a server."""

import re
import sys
import threading
from typing import Any, Dict, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    ReplyTooLarge,
)

MEGABYTE = 1 << 20
# max_reply_size, in megabytes. 100,000 contacts take some 60.
DEFAULT_REPLY_SIZE = 256
# A dump may have this many times max_reply_size where the server's statistics announce a table of that size.
MOST_ANNOUNCED = 16
# Lists and mappings in each other: no OpenSIPS nests more than ten, and Python gives up at some hundreds.
NESTING = 64
# What is made of a reply may need this many times max_reply_size.
_DECODED = 4
# Bytes that Python needs for what begins at each of these, at the most.
JSON_VALUES = (("{", 240), ("[", 64), (",", 64))
NODES_OF_JSON = (("{", 480), ("[", 64), (",", 480))
NODES_OF_LINES = (("\n", 480),)
ELEMENTS = (("<", 200),)
# Where Python itself has no limit, it takes a time for such a number that grows with the square of its digits.
_LONG_NUMBER = re.compile("(?<![0-9])[0-9]{400}")
_HAS_LIMIT = hasattr(sys, "get_int_max_str_digits")


class ReplyLimit:
    """How many bytes may be held of replies that are under way, all of a connection's together. most: int."""

    def __init__(self, most: int = DEFAULT_REPLY_SIZE * MEGABYTE) -> None:
        self.most = most
        self._held = 0
        # over HTTP several threads read
        self._lock = threading.Lock()

    def hold(self, count: int, where: str) -> None:
        """Hold count more bytes. Raises ReplyTooLarge; where (str): what they come from."""
        with self._lock:
            self._held += count
            too_many = self._held > self.most
        if too_many:
            raise too_large(where, self.most)

    def let_go(self, count: int) -> None:
        """Hold count bytes less."""
        with self._lock:
            self._held -= count

    def check_values(self, text: str, weights: Sequence[Tuple[str, int]]) -> None:
        """Raise ReplyTooLarge if what is made of text may need many times its size. weights: one of the constants above."""
        most = _DECODED * self.most
        heaviest = max(weight for _mark, weight in weights)
        if len(text) * heaviest > most and sum(text.count(mark) * weight for mark, weight in weights) > most:
            raise ReplyTooLarge(
                f"The reply of {len(text)} characters has more values than max_reply_size allows",
                "Ask for less, or raise max_reply_size",
                is_over_limit=True,
            )


def too_large(where: str, most: int) -> ReplyTooLarge:
    """The error for a reply that exceeds the limit (most, bytes). where (str): what it comes from."""
    # smaller requests would not help against a reply that does not end
    return ReplyTooLarge(
        f"The reply from {where} is larger than max_reply_size ({round(most / MEGABYTE, 3):g} MB); the rest was not read",
        "Check which program answers there. If it is the server, request less, or raise max_reply_size",
        is_over_limit=True,
    )


def nests_too_deeply(value: Any, most: int = NESTING) -> bool:
    """Whether lists, tuples and mappings nest more than most deep in value."""
    level = [value]
    for _depth in range(most + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, (dict, list, tuple))
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list, tuple))
        ]
        if not level:
            return False
    return True


def check_nesting(value: Any, most: int = NESTING) -> Any:
    """value, or MalformedReply if it nests too deeply."""
    if nests_too_deeply(value, most):
        raise too_deep()
    return value


def too_deep() -> MalformedReply:
    """The error for a reply that nests too deeply."""
    return MalformedReply(
        "The reply nests values too deeply",
        "OpenSIPS sends no such reply: check which program answers at this FIFO, socket or url",
    )


def number_options(text: str) -> Dict[str, Any]:
    """Keyword arguments of json's decoders for text: long numbers are a ValueError. Most text needs none, which is quicker."""
    return {} if _HAS_LIMIT or not _LONG_NUMBER.search(text) else {"parse_int": _short_number}


def _short_number(digits: str) -> int:
    if len(digits) > 400:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def refuse_deep_params(name: str, params: Any) -> None:
    """Raise BadParameters for parameters of the command name that nest too deeply to be looked at."""
    if nests_too_deeply(params):
        raise BadParameters(
            f"The parameters of {name} nest lists or mappings more than {NESTING} deep",
            "Use texts, numbers, and flat lists of them",
        )
