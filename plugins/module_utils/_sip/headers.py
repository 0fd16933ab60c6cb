# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Header blocks: building one for t_uac_dlg, reading one that a phone sent (RFC 3261 section 7.3)."""

import os
import re
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipRequestError, SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.text import is_token, refuse_control_characters

CRLF = "\r\n"

# RFC 3261 section 7.3.3, and the IANA registry of header fields
COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}

# headers of which a request has one at most
SINGLE = frozenset(
    "call-id content-disposition content-type cseq date event expires from min-se mime-version organization priority rack"
    " refer-to referred-by replaces reply-to session-expires sip-if-match subject subscription-state to user-agent".split()
)

# of those, the ones whose grammar allows nothing after the colon
_MAY_BE_EMPTY = frozenset(("organization", "subject"))

# the server writes these itself, whatever it is given (seen on 1.11 to 4.0)
SERVER_MADE = {
    "content-length": "OpenSIPS computes it from the body and refuses one that it is given (Content-Length disallowed)",
    "max-forwards": "OpenSIPS adds its own; the request would have two",
    "via": "OpenSIPS adds its own; the request would have two",
}

_SPELT_LINE_END = re.compile(r"\\[rn]")

# t_uac_dlg makes these anew, so that its substitution of "!" does not touch them (tm/mi.c, skip_hf)
_REWRITTEN = frozenset(("from", "to", "call-id", "cseq"))


def full_name(name: str) -> str:
    """The long form of a compact header name; any other name as it is."""
    return COMPACT.get(name.lower(), name)


def canonical(name: str) -> str:
    """The long form in lower case: two spellings of one header have the same."""
    return full_name(name).lower()


def make_tag() -> str:
    """A random tag for From: 64 bits as hexadecimal digits (RFC 3261 section 19.3 asks for 32)."""
    return os.urandom(8).hex()


def check_name(name: Any) -> None:
    """Raise SipSyntaxError unless ``name`` is a header name that can be sent."""
    if not isinstance(name, str):
        raise SipSyntaxError(f"a header name must be a string, not {name!r}")
    refuse_control_characters(f"the header name {name!r}", name)
    if not is_token(name):
        raise SipSyntaxError(
            f"{name!r} is not a header name", "A name has letters, digits and any of -.%*_+`'~, and no colon or space"
        )
    if "!" in name:
        raise SipRequestError(
            f"the header name {name!r} has an exclamation mark",
            "Remove it: OpenSIPS replaces it, which damages the request",
        )


def header_text(name: str, value: Any) -> str:
    """The value of the header ``name`` as it is sent: str, int or bool (true, false) as text, blanks at the ends cut off."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int):
        text = str(value)
    elif isinstance(value, str):
        text = value
    else:
        raise SipSyntaxError(
            f"the header {name} must be a string, not {_type_name(value)}", "Put quotes around the value"
        )
    refuse_control_characters(f"the header {name}", text)
    escape = _SPELT_LINE_END.search(text)
    if escape:
        raise SipSyntaxError(
            f"the header {name} contains {escape.group()}",
            "Remove it: OpenSIPS 3.0 and later send it as a line end, so the rest would become another header (header injection)",
        )
    if canonical(name) not in _REWRITTEN:
        check_exclamation_marks(f"the header {name}", text)
    return text.strip(" ")


def _type_name(value: object) -> str:
    return "empty" if value is None else type(value).__name__


def check_exclamation_marks(what: str, value: str) -> None:
    """Refuse a ``!`` that does not come in a pair; ``what`` names the value in the message.

    t_uac_dlg writes ``!!`` as the address of its socket. With one single mark it cuts off the rest of the header, with two it
    reads past the end of its memory: OpenSIPS 2.4, 3.6 and 4.0 were seen to crash (tm/mi.c, get_hfblock).
    """
    if "!" in value.replace("!!", ""):
        raise SipRequestError(
            f"{what} has a single exclamation mark",
            "Remove it: t_uac_dlg of OpenSIPS damages such a request, and crashes at the second one."
            " !! is allowed: the server replaces it by its address and port",
        )


def flatten(headers: Any) -> List[Tuple[str, str]]:
    """[(name, text)] of a mapping name → value or list of values, checked and in its order.

    Refused: what check_name and header_text refuse, headers that the server makes (SERVER_MADE), a second one of a SINGLE header
    (in whatever spelling), an empty SINGLE header, an empty list.
    """
    if not hasattr(headers, "items"):
        raise SipSyntaxError(f"headers must be a mapping of names to values, not {_type_name(headers)}")
    flat = []
    seen: Dict[str, str] = {}
    for name, values in headers.items():
        check_name(name)
        key = canonical(name)
        if key in SERVER_MADE:
            raise SipRequestError(f"the header {name} cannot be set", SERVER_MADE[key])
        if isinstance(values, (list, tuple)) and not values:
            raise SipSyntaxError(f"the header {name} has an empty list of values", "Leave it out")
        for value in values if isinstance(values, (list, tuple)) else (values,):
            text = header_text(name, value)
            if key in SINGLE:
                _check_single(name, key, text, seen)
            flat.append((name, text))
    return flat


def _check_single(name: str, key: str, text: str, seen: Dict[str, str]) -> None:
    if key in seen:
        also = "" if seen[key] == name else f" (as {seen[key]} and as {name})"
        raise SipRequestError(f"the header {full_name(name)} is set more than once{also}", "Set it once")
    if not text and key not in _MAY_BE_EMPTY:
        raise SipRequestError(f"the header {name} is empty")
    seen[key] = name


def format_headers(flat: Iterable[Tuple[str, str]]) -> str:
    """The block of already checked (name, text) pairs, CRLF after each header, without the empty line that ends it."""
    return "".join(f"{name}: {text}{CRLF}" for name, text in flat)


def classic_block(block: str) -> str:
    """The form that 1.x and 2.x want: the block with the empty line at its end."""
    return block + CRLF


class Headers:
    """Headers as received: in order, names in any case, compact names as their long forms, repeated ones together."""

    def __init__(self) -> None:
        self._values: Dict[str, List[str]] = {}
        self._names: Dict[str, str] = {}

    def add(self, name: str, value: str) -> None:
        """Append a value; the first spelling of a name is kept."""
        key = canonical(name)
        self._names.setdefault(key, full_name(name))
        self._values.setdefault(key, []).append(value)

    def get(self, name: str, default: Optional[str] = None) -> Optional[str]:
        """The first value of ``name``."""
        values = self._values.get(canonical(name))
        return values[0] if values else default

    def get_all(self, name: str) -> List[str]:
        """All values of ``name``, in order; commas inside of them are not looked at."""
        return list(self._values.get(canonical(name), ()))

    def __contains__(self, name: str) -> bool:
        return canonical(name) in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.values())

    def __len__(self) -> int:
        return len(self._names)

    def to_dict(self) -> Dict[str, Any]:
        """Plain data: {name: [values]} in order."""
        return {self._names[key]: list(values) for key, values in self._values.items()}


def parse_headers(text: str) -> Headers:
    """Headers of a block, up to the first empty line or the end. Reads CRLF and bare LF, folded lines, compact names.

    A line that is no header is passed over: this reads what any phone sends.
    """
    headers = Headers()
    # one line end before the block is harmless, an empty line ends it
    block = re.split("\r?\n\r?\n", text.lstrip("\r\n"), maxsplit=1)[0]
    for line in re.split("\r?\n", re.sub("\r?\n[ \t]+", " ", block)):
        name, colon, value = line.partition(":")
        if colon and name.strip():
            headers.add(name.strip(), value.strip())
    return headers


def unescape_crlf(text: str) -> str:
    r"""Real line ends for text where they are spelled ``\r\n`` (as OpenSIPS' own unescape_crlf does)."""
    return text.replace("\\r", "\r").replace("\\n", "\n")
