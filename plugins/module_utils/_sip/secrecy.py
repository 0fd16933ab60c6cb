# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Secrets in what another side sent: a server or a phone may repeat the credentials that it was sent, in any form.

A digest is as good as a weak password, and an HA1 as good as any. A text is found in any letter case, backwards, escaped in
part or whole (RFC 3986 section 2.1, RFC 3261 section 25.1), and in base64 and hexadecimal digits, wherever it stands in them.
"""

import base64
import re
from typing import Any, Iterable, List, Optional, Set
from urllib.parse import unquote

from ansible_collections.community.opensips.plugins.module_utils._sip import digest

MASK = "********"
# below, a text is in many others, and is no secret
_SHORTEST = 4
# of base64: less is in many texts
_SHORTEST_CODE = 8
# one escape within another, and there is an end to it
_ESCAPES = 3
_RESPONSE = re.compile(r'\bresponse="([0-9A-Fa-f]+)"')


def of_answer(challenge: "digest.Challenge", secret: "digest.Secret", value: str) -> List[str]:
    """What nobody may see of an answer to a challenge. value: of the header that digest.authorization() made."""
    return [*_RESPONSE.findall(value), secret.ha1_for(challenge), *secret.texts]


class Secrets:
    """Texts that are hidden in what another side sent. public: texts that hide nothing, such as an AOR: a password may be in one."""

    def __init__(self, public: Iterable[str] = ()) -> None:
        self._public = " ".join(public).lower()
        self._texts: Set[str] = set()
        self._pattern: Optional[Any] = None
        self._forms: List[str] = []
        # in lower case, and without what may be an escape: a password may have a backslash, or look like an escape
        self._lower: List[str] = []
        self._bare: List[str] = []

    def add(self, texts: Iterable[str]) -> None:
        """Hide these, too."""
        for text in texts:
            if len(text) >= _SHORTEST and text not in self._texts and text.lower() not in self._public:
                self._texts.add(text)
                forms = list(_forms(text))
                self._forms += forms
                self._lower += [form.lower() for form in forms]
                self._bare += map(_bare, forms)
                self._pattern = None

    def hide(self, text: str) -> str:
        """A text with a mask in place of each secret."""
        if not self.occur_in(text):
            return text
        if self._pattern is None:
            # a longer one may have a shorter one in it
            forms = sorted(set(self._forms), key=len, reverse=True)
            self._pattern = re.compile("|".join(map(_expression, forms)), re.IGNORECASE)
        found: str = self._pattern.sub(MASK, text)
        return found

    def hide_in(self, value: Any) -> Any:
        """The same for each text in plain data."""
        if isinstance(value, dict):
            return {key: self.hide_in(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.hide_in(part) for part in value]
        return self.hide(value) if isinstance(value, str) else value

    def occur_in(self, text: str) -> bool:
        """Whether it is worth a closer look; of a hundred thousand phones, hardly one repeats anything."""
        lower = text.lower()
        if any(form in lower for form in self._lower):
            return True
        if "%" not in text and "\\" not in text:
            return False
        bare = _bare(text)
        return any(form in bare for form in self._bare)


def _forms(text: str) -> Iterable[str]:
    data = text.encode("utf-8", "surrogatepass")
    yield text
    yield text[::-1]
    yield data.hex()
    yield from _codes(data)
    if len(text) % 2 == 0 and re.match(r"[0-9A-Fa-f]+\Z", text):
        yield from _codes(bytes.fromhex(text))


def _bare(text: str) -> str:
    """A text in lower case, without escapes."""
    for _time in range(_ESCAPES):
        text = unquote(text).replace("\\", "")
    return text.lower()


def _codes(data: bytes) -> Iterable[str]:
    """What base64 makes of data, whatever stands before and after it (str): of both alphabets."""
    for before in range(3):
        code = base64.b64encode(bytes(before) + data).decode("ascii").rstrip("=")
        # the first characters have bits of what stands before, and the last one has some of what follows
        code = code[(0, 2, 3)[before] : None if (before + len(data)) % 3 == 0 else -1]
        if len(code) >= _SHORTEST_CODE:
            yield code
            yield code.replace("+", "-").replace("/", "_")


def _expression(text: str) -> str:
    """A regular expression for a text, each character of which may be escaped."""
    return "".join(_character(char) for char in text)


def _character(char: str) -> str:
    # of a character beyond ASCII, each byte
    written = ("".join(f"%{byte:02x}" for byte in case.encode("utf-8", "surrogatepass")) for case in _cases(char))
    return "|".join([rf"(?:\\?{re.escape(char)}", *written]) + ")"


def _cases(char: str) -> List[str]:
    return sorted({char, char.lower(), char.upper()})
