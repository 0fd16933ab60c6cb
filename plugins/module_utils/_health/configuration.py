# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Sockets that a configuration file of OpenSIPS names (``socket=`` of 3.x and 4.x, ``listen=`` before), and its text.

It only reads what is written there: macros and included files are not followed.
"""

import os
import re
from typing import Iterator, List, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file

_LARGEST_FILE = 4 << 20
# what is not closed goes on to the end
_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|/\*.*?(?:\*/|\Z)|#[^\n]*', re.DOTALL)
_SOCKET = re.compile(r'^[ \t]*(?:socket|listen)[ \t]*=[ \t]*"?([A-Za-z_]+:[^\s"]+)', re.MULTILINE)


def path_of(arguments: Sequence[str]) -> Optional[str]:
    """The configuration file that a command line (list of str) names, or None if it does not with an absolute path."""
    words: Iterator[str] = iter(arguments)
    for word in words:
        if word.startswith("-f"):
            path = word[2:] or next(words, "")
            return path if os.path.isabs(path) else None
    return None


def read(path: str) -> List[str]:
    """The sockets in a configuration file, as they are written there: list of str. Raises OSError."""
    return parse(read_text(path))


def read_text(path: str) -> str:
    """The text of a configuration file. Raises OSError."""
    with os.fdopen(safe_file.open_input(path), "rb") as file:
        return file.read(_LARGEST_FILE).decode("utf-8", "replace")


def parse(text: str) -> List[str]:
    """The sockets in the text of a configuration: list of str."""
    return _SOCKET.findall(without_comments(text))


def without_comments(text: str) -> str:
    """The text of a configuration with a blank for each comment."""
    return _COMMENT.sub(lambda match: match.group() if match.group().startswith('"') else " ", text)
