# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The media part of a call: an offer and an answer of one audio stream (RFC 3264, RFC 8866). No media is ever sent."""

import re
import socket
from typing import Any

TYPE = "application/sdp"
# payload types (RFC 3551): PCMU, PCMA
_OFFERED = "0 8"
_AUDIO = re.compile(rb"(?:^|\n)m=audio [0-9]{1,5} RTP/AVP ([0-9]{1,3})")


class Stream:
    """A UDP port for the audio stream, which is ours until close(): what comes there is not read, and is not refused."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))

    def offer(self) -> bytes:
        """A description that offers PCMU and PCMA."""
        return self._describe(_OFFERED)

    def answer(self, offer: bytes) -> bytes:
        """A description that accepts the first codec of an offer."""
        found = _AUDIO.search(offer)
        return self._describe(found.group(1).decode("ascii") if found else _OFFERED)

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _describe(self, payloads: str) -> bytes:
        address: Any = f"IN IP{6 if ':' in self._host else 4} {self._host}"
        port = self._socket.getsockname()[1]
        lines = [
            "v=0",
            f"o=- {port} 1 {address}",
            "s=-",
            f"c={address}",
            "t=0 0",
            f"m=audio {port} RTP/AVP {payloads}",
            "a=sendrecv",
            "",
        ]
        return "\r\n".join(lines).encode("ascii")
