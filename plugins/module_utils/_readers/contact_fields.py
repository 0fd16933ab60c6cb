# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Contact records out of the raw fields that usrloc writes (see location.py for their keys)."""

from typing import Any, Callable, Dict, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._readers import shape

# the bits of Allow, the least significant first
METHODS = (
    "INVITE CANCEL ACK BYE INFO OPTIONS UPDATE REGISTER MESSAGE SUBSCRIBE NOTIFY PRACK REFER PUBLISH OTHER".split()
)
ALL_METHODS = 0xFFFFFFFF
# permanent is what usrloc keeps as 0; the rest has no time left
EXPIRES = {"permanent": (None, True), "expired": (0, False), "deleted": (0, False)}
# how users know what records call otherwise
_NAMES_FOR_USERS = {"table": "location_table", "cflags": "branch_flags"}


# Values of a field that are remembered. Some phones have their MAC address in the User-Agent, and Paths may differ for each:
# then nothing repeats, and what is remembered must not grow with the table.
_MOST_KNOWN = 5000


class _Known(dict):
    """What a repeating raw value means, worked out once; equal texts become one object."""

    def __init__(self, meaning: Callable[[Any], Any]) -> None:
        self._meaning = meaning
        super().__init__()

    def __missing__(self, raw: Any) -> Any:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        self[raw] = value = self._meaning(raw)
        return value


def _user_agent(raw: Any) -> Optional[str]:
    value = shape.word(raw, "User-agent")
    return None if value == "n/a" else value


def _repeating(what: Any) -> Any:
    return lambda raw: shape.word(raw, what)


def rename_for_users(record: Dict[str, Any]) -> Dict[str, Any]:
    """The contact record itself, with the names of keys that users know. In place, because there may be 100,000 of them."""
    for name, known_as in _NAMES_FOR_USERS.items():
        record[known_as] = record.pop(name)
    return record


def seconds_left(raw: Any) -> Tuple[Optional[int], bool]:
    """(expires, permanent) of a raw Expires."""
    if isinstance(raw, str) and raw in EXPIRES:
        return EXPIRES[raw]
    return shape.integer(raw, "Expires"), False


def _methods(raw: Any) -> Any:
    mask = shape.integer(raw, "Methods")
    if mask is None or mask == ALL_METHODS or mask < 0:
        return None
    return [name for bit, name in enumerate(METHODS) if mask >> bit & 1]


class Maker:
    """Makes records, and holds what repeats among them. tables: names of the location tables that were read of (list of str).

    A place is (table, aor, user, domain), what all contacts of an AOR share.
    """

    def __init__(self) -> None:
        self.tables: List[Any] = []
        self.q = _Known(lambda raw: shape.number(raw, "Q"))
        self.agents = _Known(_user_agent)
        self.states = _Known(_repeating("State"))
        self.sockets = _Known(_repeating("Socket"))
        self.flags = _Known(lambda raw: shape.integer(raw, "Flags"))
        self.cflags = _Known(lambda raw: shape.words(raw, "Cflags"))
        self.methods = _Known(_methods)
        self.domains = _Known(lambda raw: raw)
        self.paths = _Known(_repeating("Path"))

    def saw(self, table: Any) -> None:
        """Remember the name of a table."""
        if table not in self.tables:
            self.tables.append(table)

    def split(self, aor: str) -> Tuple[str, Optional[str]]:
        """(user, domain) of an AOR."""
        user, at, domain = aor.rpartition("@")
        return (user, self.domains[domain]) if at else (aor, None)

    def loose(self, place: Any, get: Callable[..., Any]) -> Dict[str, Any]:
        """A record of text fields in any order; get: of a dict of raw values."""
        expires, permanent = seconds_left(get("Expires"))
        return {
            "table": place[0],
            "aor": place[1],
            "user": place[2],
            "domain": place[3],
            "contact": shape.needed(get("Contact"), "Contact"),
            "contact_id": shape.word(get("ContactID"), "ContactID"),
            "expires": expires,
            "permanent": permanent,
            "q": shape.number(get("Q"), "Q"),
            "call_id": shape.word(get("Callid"), "Callid"),
            "cseq": shape.integer(get("Cseq"), "Cseq"),
            "user_agent": _user_agent(get("User-agent")),
            "received": shape.word(get("Received"), "Received"),
            "path": shape.word(get("Path"), "Path"),
            "state": shape.word(get("State"), "State"),
            "flags": shape.integer(get("Flags"), "Flags"),
            "cflags": shape.words(get("Cflags"), "Cflags"),
            "socket": shape.word(get("Socket"), "Socket"),
            "methods": _methods(get("Methods")),
            "attr": shape.word(get("Attr"), "Attr"),
            "sip_instance": shape.word(get("SIP_instance"), "SIP_instance"),
        }
