# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The one-line form of a contact, ul_show_contact up to 1.11.

``<uri>;q=0.5;expires=9;flags=0x0;cflags=0x0;socket=<udp:…>;callid=<…>;methods=0x40D;received=<…>;user_agent=<…>;path=<…>``
"""

import re
from typing import TYPE_CHECKING, Any, Dict, Tuple

from ansible_collections.community.opensips.plugins.module_utils._readers import shape

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._readers.contact_fields import Maker

# what stands between the URI and the Call-ID, and after that
_LINE_HEAD = re.compile(
    r">;q=([0-9.]*);expires=(-?[0-9]+);flags=0x([0-9A-F]+);cflags=0x([0-9A-F]+);socket=<([^>]*)>;callid=<"
)
_LINE_MIDDLE = re.compile(r">;methods=0x([0-9A-F]+)")
_RECEIVED, _AGENT, _PATH = ";received=<", ";user_agent=<", ";path=<"


def parse(value: str, place: Any, maker: "Maker") -> Dict[str, Any]:
    """The record of such a line at place (see Maker). Raises MalformedReply."""
    # a URI has no ">": a phone that writes one would choose what follows
    head: Any = _LINE_HEAD.match(value, max(0, value.find(">"))) if value.startswith("<") else None
    middle: Any = _LINE_MIDDLE.search(value, head.end()) if head else None
    if middle is None or place[1] is None:
        raise shape.malformed("Contact", value)
    priority, expires, flags, cflags, socket = head.groups()
    received, agent, path = _optional(value[middle.end() :])
    left = shape.integer(expires, "expires")
    get = {
        "Contact": value[1 : head.start()],
        # a permanent contact expires at 0, which this old command subtracts the time from
        "Expires": "permanent" if left is not None and left < 0 else left,
        "Q": priority,
        "Callid": value[head.end() : middle.start()],
        "User-agent": agent,
        "Received": received,
        "Path": path,
        "Flags": int(flags[:16], 16),
        "Socket": None if socket == "NULL" else socket,
        "Methods": int(middle.group(1)[:16], 16),
    }.get
    record = maker.loose(place, get)
    if int(cflags[:16], 16):
        # a mask of bits, whose names only the server knows
        record["cflags"] = None
    return record


def _optional(rest: str) -> Any:
    """(received, user_agent, path) of the end of such a line, each None when it is not there. Raises MalformedReply."""
    received = agent = path = None
    if rest.startswith(_RECEIVED):
        received, rest = _bracketed(rest, _RECEIVED, rest.find, (_AGENT, _PATH))
    if rest.startswith(_AGENT):
        # the phone chose it: what follows it is looked for from the end
        agent, rest = _bracketed(rest, _AGENT, rest.rfind, (_PATH,))
    if rest.startswith(_PATH):
        path, rest = _bracketed(rest, _PATH, rest.find, ())
    if rest:
        raise shape.malformed("The end of a contact", rest)
    return received, agent, path


def _bracketed(rest: str, mark: str, find: Any, following: Any) -> Tuple[str, str]:
    """(value, what follows): the value begins after mark and ends before ``>`` and the first of following, or the end."""
    ends = [end for end in (find(f">{label}") for label in following) if end >= 0]
    end = min(ends) if ends else len(rest) - 1
    return rest[len(mark) : end], rest[end + 1 :]
