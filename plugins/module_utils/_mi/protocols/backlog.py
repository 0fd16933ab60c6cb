# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the incremental decoders share: the text of a reply that has come and is not yet used."""

import codecs
from typing import List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ReplyTooLarge
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import ReplyLimit

# Characters of one entry, with all contacts of an AOR; no server has memory for such a one.
_MOST = 64 * 1024 * 1024


class Backlog:
    """Bytes in, text out. What was no whole entry is tried again once it has doubled, so the work is linear in the reply.

    text: str, what add() or join() made of the bytes, without what forget() dropped. limit: ReplyLimit, of one entry, too.
    """

    def __init__(self, limit: Optional[ReplyLimit] = None) -> None:
        self._most = min(_MOST, (limit or ReplyLimit()).most)
        # as decode_text(), but for characters that are split among chunks
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.text = ""
        self._new: List[str] = []
        self._size = 0
        self._wanted = 0

    def add(self, data: bytes) -> bool:
        """Take bytes. Whether text has grown enough to look at it again."""
        new = self._decode(data)
        self._new.append(new)
        self._size += len(new)
        if len(self.text) + self._size > 2 * self._most:
            raise self._endless()
        if self._size < self._wanted:
            return False
        self.join()
        return True

    def join(self, final: bool = False) -> None:
        """Make text of all that has come; final: nothing comes any more."""
        if final:
            self._new.append(self._decode(b"", True))
        self.text += "".join(self._new)
        self._new = []
        self._size = 0

    def forget(self, count: int) -> None:
        """Drop the first characters of text, which were used; the rest waits for more."""
        self.text = self.text[count:]
        self._wanted = len(self.text)
        if self._wanted > self._most:
            raise self._endless()

    def _endless(self) -> ReplyTooLarge:
        return ReplyTooLarge(
            f"One entry of the reply has more than {self._most} characters: {self.text[:40]!r}",
            "Check which program answers there. If it is the server, see its log, and report the problem with its version",
            is_over_limit=True,
        )
