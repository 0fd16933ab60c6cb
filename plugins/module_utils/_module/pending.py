# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Reloads that a server still owes: what is in its tables, and not in its memory.

One small file for a server and a command, on the host that the task runs on. It is there from before rows are written until the
server has read them, so that the next run reloads although it finds nothing to change, whatever ended this one.
"""

import contextlib
import hashlib
import json
import os
from typing import Optional

from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import default_directory
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file

# bytes of a file
_MOST = 4096


class PendingReload:
    """A reload of one server.

    path: of its file. problem: str, why it could not be remembered, or None.
    """

    def __init__(
        self, server: str, command: Optional[str], partition: Optional[str] = None, directory: Optional[str] = None
    ) -> None:
        """server: str, how connections call it. command: the classic name. partition: str, or None: all of them."""
        self._about = {"server": server, "command": command, "partition": partition}
        self._directory = os.path.join(directory or default_directory(), "reloads")
        text = json.dumps(self._about, sort_keys=True)
        self.path = os.path.join(self._directory, f"{command}-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:24]}")
        self.problem: Optional[str] = None
        # what the file holds that clear() may remove
        self._mark: Optional[bytes] = None

    def exists(self) -> bool:
        """Whether the server still has to reload. Ask before the reload that clear() is about."""
        if safe_file.exists(self.path):
            self._mark = self._read()
            return True
        return False

    def note(self) -> None:
        """Remember that the server has to reload; where that cannot be done, problem says why."""
        mark = json.dumps(dict(self._about, mark=os.urandom(8).hex()), sort_keys=True).encode("utf-8") + b"\n"
        try:
            safe_file.make_directories(self._directory)
            safe_file.replace(self.path, [mark])
            self._mark = mark
        except OSError as error:
            self.problem = f"{self.path} cannot be written: {error.strerror or error}"

    def clear(self) -> None:
        """The server has reloaded. What another task has noted meanwhile stays: its rows may have come after the reload."""
        if self._mark is None or self._read() != self._mark:
            return
        with contextlib.suppress(OSError):
            os.unlink(safe_file.path_of(self.path))

    def _read(self) -> Optional[bytes]:
        try:
            with open(safe_file.open_own(self.path, os.O_RDONLY), "rb") as file:
                return file.read(_MOST)
        except OSError:
            return None
