# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether two tables have the same rows: their number, and a checksum that does not depend on the order."""

import hashlib
from typing import Any, NamedTuple

_MODULUS = 2**256


class Digest(NamedTuple):
    """rows: their number. checksum: int."""

    rows: int
    checksum: int


def digest(connection: Any, select: str) -> Digest:
    """The Digest of what a SELECT (str) gives. connection: has ``stream(statement)``, an iterator of tuples."""
    count, checksum = 0, 0
    for row in connection.stream(select):
        count += 1
        # a sum: the same row twice must count twice
        checksum = (checksum + int.from_bytes(hashlib.sha256(_bytes_of(row)).digest(), "big")) % _MODULUS
    return Digest(count, checksum)


def _bytes_of(row: Any) -> bytes:
    return repr([_plain(value) for value in row]).encode("utf-8", "surrogateescape")


def _plain(value: Any) -> Any:
    """A value as each driver gives it: text may come as bytes, bytes as a view."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, (memoryview, bytearray)):
        return bytes(value)
    return int(value) if isinstance(value, bool) else value
