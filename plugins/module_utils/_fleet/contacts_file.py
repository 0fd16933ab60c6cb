# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A file of registered contacts, one JSON object a line: 100,000 of them need neither memory nor a result of 50 MB."""

import json
import zlib
from typing import Any, Dict, Iterable, Iterator

from ansible_collections.community.opensips.plugins.module_utils._fleet.results import check_path, unwritable
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file

OPTION = "contacts_file"
_GZIP = ".gz"
# zlib makes a gzip file of it (zlib.h, deflateInit2)
_GZIP_WINDOW = 31
# most of what gzip can save, in a quarter of the time
_LEVEL = 3
# bytes that are written at a time
_PART = 1 << 16


class ContactsFile:
    """Writes contacts (mappings) to path, compressed by gzip if the name ends so. Raises BadParameters that names the option.

    written: how many contacts the file has.
    """

    def __init__(self, path: str) -> None:
        check_path(path, OPTION)
        self.path = path
        self.written = 0

    def write(self, contacts: Iterable[Dict[str, Any]]) -> None:
        """Replace the file by one of these contacts, mode 0600; either of both is there whole, whatever happens."""
        lines = self._lines(contacts)
        try:
            safe_file.replace(self.path, _compressed(lines) if self.path.endswith(_GZIP) else lines)
        except OSError as error:
            raise unwritable(self.path, error, OPTION) from error

    def count(self, contacts: Iterable[Dict[str, Any]]) -> None:
        """Count the contacts, and write nothing."""
        self.written = sum(1 for _contact in contacts)

    def _lines(self, contacts: Iterable[Dict[str, Any]]) -> Iterator[bytes]:
        # gathered, since the server waits while it is not read from
        lines, size = [], 0
        encode = json.JSONEncoder(separators=(",", ":")).encode
        for contact in contacts:
            self.written += 1
            line = encode(contact)
            lines.append(line)
            size += len(line) + 1
            if size >= _PART:
                yield _joined(lines)
                lines, size = [], 0
        yield _joined(lines)


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def _compressed(parts: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    for part in parts:
        yield compressor.compress(part)
    yield compressor.flush()
