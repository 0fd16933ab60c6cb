# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Registered contacts: ul_show_contact, ul_add, ul_rm_contact (module usrloc, 1.11 and later).

Sources: usrloc/ul_mi.c (mi_usrloc_add, mi_fix_aor), usrloc/urecord.c (get_simple_ucontact) and ucontact.c
(mem_update_ucontact) of 1.11, 2.4, 3.6, 4.0; qvalue.h.
"""

from typing import Any, Callable, Dict, Iterator, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MalformedReply
from ansible_collections.community.opensips.plugins.module_utils._readers import location
from ansible_collections.community.opensips.plugins.module_utils._readers.contact_fields import ALL_METHODS, METHODS
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import parse_uri, validate_contact
from ansible_collections.community.opensips.plugins.module_utils._state import engine

ALL = "all"
# From here on usrloc compares URIs (compare_uris), before it compares their text
_COMPARES_URIS = (3, 1)
# The server keeps thousandths (qvalue.h), and its numbers in a signed integer of 32 bits
_Q_DIGITS = 3
_INT_MAX = 2**31 - 1
# What a new contact gets by default
_NEW_Q, _NEW_FLAGS = 1.0, 0


Record = Dict[str, Any]
# {AOR as named: its records}
Found = Dict[str, List[Record]]


class Contacts(engine.State):
    """Contacts of AORs, each there, for ever or for a time, or not."""

    OPTIONS = {
        "contacts": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "aor": {"type": "str", "required": True},
                "contact": {"type": "str"},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                "expires": {"type": "int", "default": 0},
                "refresh_below": {"type": "int"},
                "q": {"type": "float"},
                "flags": {"type": "int"},
                "methods": {"type": "list", "elements": "str", "choices": [ALL] + METHODS},
            },
        },
        "exclusive": {"type": "bool", "default": False},
        "location_table": {"type": "str", "default": "location"},
    }
    THING = "contact"
    READS = ("ul_show_contact",)
    WRITES = ("ul_add", "ul_rm_contact")
    IN_FLIGHT = 32

    def __init__(self, params: Dict[str, Any]):
        self.location_table = params["location_table"]
        self.exclusive = params["exclusive"]
        self.wanted = params["contacts"]
        # what an AOR that is named is to the server
        self.aor_of: Callable[[str], str] = str
        self.compares_uris = False
        for number, entry in enumerate(self.wanted, 1):
            _check(entry, f"contacts: entry {number} ({entry['aor'] or 'without AOR'})")
        self._check_together()

    def read(self, conn: Connection) -> Found:
        """{AOR as named: list of contact records} of every AOR that is named."""
        aors = dict.fromkeys(entry["aor"] for entry in self.wanted)
        found = location.read_each(conn, aors, self.location_table)
        for aor, records in found.items():
            if isinstance(records, location.Doubtful):
                raise MalformedReply(
                    f"The reply of the server about the contacts of {aor!r} is ambiguous: {records.reason}",
                    "A phone may have line ends in its User-Agent. Remove the AOR with the command ul_rm, or from contacts",
                )
        self.compares_uris = conn.version >= _COMPARES_URIS
        if len({_user(aor) for aor in aors}) < len(aors) and self._cuts_domains(conn, aors):
            self.aor_of = _user
            self._check_together()
        self._check_same()
        # what has run out is still listed until the server's timer comes
        return {
            aor: [record for record in records if record["permanent"] or record["expires"] > 0]
            for aor, records in found.items()
        }

    def items(self, found: Found) -> List[engine.Item]:
        """One Item a contact that is named, one for each of an AOR that shall have none, and those that exclusive removes."""
        items = []
        for entry in self.wanted:
            here = found[entry["aor"]]
            if entry["contact"] is None:
                items += [self._removal(entry["aor"], record) for record in here] or [
                    engine.Item(self._identity(entry["aor"], None), None, None)
                ]
                continue
            same = [record for record in here if self._is_same(record["contact"], entry["contact"])]
            if entry["state"] == "absent":
                before = _values(same[0]) if same else None
                # where matching_mode is by Call-ID, a contact may be there more than once, and each request removes one
                items.append(engine.Item(self._identity(entry["aor"], entry["contact"]), before, None, given=len(same)))
            else:
                items.append(self._presence(entry, same[0] if same else None))
        if self.exclusive:
            items += self._others(found)
        return items

    def requests(self, item: engine.Item) -> Iterator[engine.Request]:
        """ul_add, which also updates, or ul_rm_contact."""
        params = {
            key: item.identity[name]
            for key, name in (("table_name", "location_table"), ("aor", "aor"), ("contact", "contact"))
        }
        if item.after is None:
            for _copy in range(item.given or 1):
                yield "ul_rm_contact", params
            return
        methods = item.after["methods"]
        mask = ALL_METHODS if methods == [ALL] else sum(1 << METHODS.index(method) for method in methods)
        params.update(
            expires=item.after["expires"],
            q=f"{item.after['q']:g}",
            flags=item.after["flags"],
            # the names of branch flags, which is all that a server tells of them, cannot be turned into the bits
            cflags=0,
            # as text, since it is more than JSON-RPC's integers hold
            methods=str(mask),
        )
        yield "ul_add", params

    def _cuts_domains(self, conn: Connection, aors: Dict[str, None]) -> bool:
        """Whether the server keeps AORs without their domain, and so takes some of these for one: asked with a bare user."""
        try:
            location.read_aor(conn, _user(next(iter(aors))), self.location_table)
        except BadParameters:
            return False
        return True

    def _check_together(self) -> None:
        """Raise BadParameters for entries that speak of the same contact, or of an AOR that shall have none as well."""
        pairs = [(self.aor_of(entry["aor"]), entry["contact"]) for entry in self.wanted]
        engine.check_unique("contacts", pairs)
        bare = {aor for aor, contact in pairs if contact is None}
        for aor, contact in pairs:
            if aor in bare and contact is not None:
                raise BadParameters(
                    f"contacts: {aor} has an entry with {contact}, and one without contact, which removes all its contacts",
                    "Remove one of the entries. To keep only the contacts in the list, set exclusive",
                )

    def _check_same(self) -> None:
        """Raise BadParameters for entries of an AOR whose URIs are one contact to the server."""
        of_aor: Dict[str, List[str]] = {}
        for entry in self.wanted:
            aor, contact = entry["aor"], entry["contact"]
            if contact is None:
                continue
            earlier = of_aor.setdefault(self.aor_of(aor), [])
            for other in earlier:
                if self._is_same(contact, other):
                    raise BadParameters(
                        f"contacts: for this server, {other} and {contact} are the same contact of {aor}",
                        "Remove one of them",
                    )
            earlier.append(contact)

    def _is_same(self, contact: str, other: str) -> bool:
        """Whether two URIs are one contact to the server."""
        if contact == other or not self.compares_uris:
            return contact == other
        try:
            return parse_uri(contact).is_same_contact(parse_uri(other))
        except SipError:
            # a phone may have registered anything
            return False

    def _identity(self, aor: str, contact: Optional[str]) -> Dict[str, Any]:
        return {"location_table": self.location_table, "aor": aor, "contact": contact}

    def _removal(self, aor: str, record: Record, rank: int = 0) -> engine.Item:
        return engine.Item(self._identity(aor, record["contact"]), _values(record), None, rank=rank)

    def _others(self, found: Found) -> List[engine.Item]:
        """Removals of the contacts that are not named, of AORs that are."""
        named: Dict[str, Any] = {}
        for entry in self.wanted:
            named.setdefault(self.aor_of(entry["aor"]), (entry["aor"], set()))[1].add(entry["contact"])
        return [
            # when the new ones are there
            self._removal(aor, record, rank=1)
            for aor, contacts in named.values()
            for record in (() if None in contacts else found[aor])
            if not any(self._is_same(record["contact"], contact) for contact in contacts)
        ]

    def _presence(self, wanted: Dict[str, Any], record: Optional[Record]) -> engine.Item:
        before = None if record is None else _values(record)
        if record is not None and before is not None and _lives_long_enough(wanted, record):
            before["expires"] = wanted["expires"]
        after = {
            "expires": wanted["expires"],
            "q": wanted["q"] if wanted["q"] is None else round(wanted["q"], _Q_DIGITS),
            "flags": wanted["flags"],
            "methods": _in_order(wanted["methods"]),
        }
        for name, value in after.items():
            if value is None and before is not None:
                after[name] = before[name]
        if after != before:
            # it is written as a whole, and nothing cannot be written
            for name, value in (("q", _NEW_Q), ("flags", _NEW_FLAGS), ("methods", [ALL])):
                if after[name] is None:
                    after[name] = value
        return engine.Item(self._identity(wanted["aor"], wanted["contact"]), before, after)


def _values(record: Record) -> Dict[str, Any]:
    return {
        "expires": 0 if record["permanent"] else record["expires"],
        "q": record["q"],
        "flags": record["flags"],
        "methods": [ALL] if record["methods"] is None else record["methods"],
    }


def _lives_long_enough(wanted: Dict[str, Any], record: Record) -> bool:
    """Whether a timed contact has so much of its life left that it needs no refresh, and not more than was wanted."""
    if record["permanent"] or not wanted["expires"]:
        return False
    least = wanted["expires"] // 2 if wanted["refresh_below"] is None else wanted["refresh_below"]
    return bool(least < record["expires"] <= wanted["expires"])


def _in_order(methods: Optional[List[str]]) -> Optional[List[str]]:
    """The methods as the reader lists them."""
    if methods is None or ALL in methods:
        return methods
    return [method for method in METHODS if method in methods]


def _check(entry: Dict[str, Any], which: str) -> None:
    """Raise BadParameters for an entry that no server takes."""
    if not entry["aor"].strip() or any(char.isspace() for char in entry["aor"]):
        raise BadParameters(f"{which}: aor {entry['aor']!r} is not an address of record", "Write user or user@domain")
    if entry["aor"].lower().startswith(("sip:", "sips:")):
        raise BadParameters(
            f"{which}: aor is a SIP URI, and the location table stores AORs without the scheme",
            f"Write {entry['aor'].partition(':')[2]}",
        )
    if entry["contact"] is None:
        if entry["state"] == "present":
            raise BadParameters(
                f"{which}: contact is missing",
                "Set contact. Only state=absent works without it, and removes all contacts of the AOR",
            )
        return
    try:
        validate_contact(entry["contact"])
    except SipError as error:
        raise BadParameters(f"{which}: contact: {error.message}", error.hint) from None
    if entry["state"] == "absent":
        return
    if not 0 <= entry["expires"] <= _INT_MAX:
        raise BadParameters(
            f"{which}: expires is {entry['expires']}",
            f"Set it to a number of seconds up to {_INT_MAX}, or to 0 for a permanent contact",
        )
    least = entry["refresh_below"]
    if least is not None and not 0 <= least < entry["expires"]:
        raise BadParameters(
            f"{which}: refresh_below is {least}, and expires {entry['expires']}",
            "Set it to less than expires. A permanent contact is never refreshed",
        )
    # "not" refuses nan as well
    if entry["q"] is not None and not 0 <= entry["q"] <= 1:
        raise BadParameters(f"{which}: q is {entry['q']:g}", "Set it to a number from 0 to 1")
    if entry["flags"] is not None and not 0 <= entry["flags"] <= _INT_MAX:
        raise BadParameters(f"{which}: flags is {entry['flags']}", "Set it to a bit mask of at most 31 bits")
    if entry["methods"] is not None and (
        not entry["methods"] or (ALL in entry["methods"] and entry["methods"] != [ALL])
    ):
        raise BadParameters(
            f"{which}: methods is {', '.join(entry['methods']) or 'an empty list'}",
            f"List at least one method, or {ALL} alone",
        )


def _user(aor: str) -> str:
    # as mi_fix_aor() cuts it
    return aor.partition("@")[0]
