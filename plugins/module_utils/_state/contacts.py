# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Registered contacts: ul_show_contact, ul_add, ul_rm_contact (module usrloc, 1.11 and later).

Sources: usrloc/ul_mi.c (mi_usrloc_add, mi_fix_aor), usrloc/urecord.c (get_simple_ucontact) and ucontact.c
(mem_update_ucontact) of 1.11, 2.4, 3.6, 4.0; qvalue.h.
"""

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
# What a new contact gets where nothing is said
_NEW_Q, _NEW_FLAGS = 1.0, 0


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

    def __init__(self, params):
        self.location_table = params["location_table"]
        self.exclusive = params["exclusive"]
        self.wanted = params["contacts"]
        # what an AOR that is named is to the server
        self.aor_of = str
        self.compares_uris = False
        for number, each in enumerate(self.wanted, 1):
            _check(each, f"Contact {number} of contacts ({each['aor'] or 'without AOR'})")
        self._check_together()

    def read(self, conn):
        """{AOR as named: list of contact records} of every AOR that is named."""
        aors = dict.fromkeys(each["aor"] for each in self.wanted)
        found = location.read_each(conn, aors, self.location_table)
        for aor, records in found.items():
            if isinstance(records, location.Doubtful):
                raise MalformedReply(
                    f"What the server says of the contacts of {aor!r} is not to be believed: {records.reason}",
                    "A phone may have line ends in its User-Agent. Remove the AOR with the command ul_rm, or leave it out",
                )
        self.compares_uris = conn.version >= _COMPARES_URIS
        if len({_user(aor) for aor in aors}) < len(aors) and self._cuts_domains(conn, aors):
            self.aor_of = _user
            self._check_together()
        self._check_same()
        # what has run out is still listed until the server's timer comes
        return {
            aor: [each for each in records if each["permanent"] or each["expires"] > 0]
            for aor, records in found.items()
        }

    def items(self, found):
        """One Item a contact that is named, one for each of an AOR that shall have none, and those that exclusive removes."""
        items = []
        for each in self.wanted:
            here = found[each["aor"]]
            if each["contact"] is None:
                items += [self._removal(each["aor"], record) for record in here] or [
                    engine.Item(self._identity(each["aor"], None), None, None)
                ]
                continue
            record = next((record for record in here if self._is_same(record["contact"], each["contact"])), None)
            if each["state"] == "absent":
                before = None if record is None else _values(record)
                items.append(engine.Item(self._identity(each["aor"], each["contact"]), before, None))
            else:
                items.append(self._presence(each, record))
        if self.exclusive:
            items += self._others(found)
        return items

    def requests(self, item):
        """ul_add, which also updates, or ul_rm_contact."""
        params = {
            key: item.identity[name]
            for key, name in (("table_name", "location_table"), ("aor", "aor"), ("contact", "contact"))
        }
        if item.after is None:
            yield "ul_rm_contact", params
            return
        methods = item.after["methods"]
        mask = ALL_METHODS if methods == [ALL] else sum(1 << METHODS.index(each) for each in methods)
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

    def _cuts_domains(self, conn, aors):
        """Whether the server keeps AORs without their domain, and so takes some of these for one: asked with a bare user."""
        try:
            location.read_aor(conn, _user(next(iter(aors))), self.location_table)
        except BadParameters:
            return False
        return True

    def _check_together(self):
        """Raise BadParameters for entries that speak of the same contact, or of an AOR that shall have none as well."""
        aors = [self.aor_of(each["aor"]) for each in self.wanted]
        engine.check_unique("contacts", [(aor, each["contact"]) for aor, each in zip(aors, self.wanted)])
        bare = {aor for aor, each in zip(aors, self.wanted) if each["contact"] is None}
        for aor, each in zip(aors, self.wanted):
            if aor in bare and each["contact"] is not None:
                raise BadParameters(
                    f"contacts: {aor} is named with the contact {each['contact']}, and once without any, which removes them all",
                    "Leave one out; to have no others than those you name, use exclusive",
                )

    def _check_same(self):
        """Raise BadParameters for entries of an AOR whose URIs are one contact to the server."""
        of_aor = {}
        for each in self.wanted:
            if each["contact"] is None:
                continue
            earlier = of_aor.setdefault(self.aor_of(each["aor"]), [])
            for other in earlier:
                if self._is_same(each["contact"], other):
                    raise BadParameters(
                        f"contacts: {other} and {each['contact']} are the same contact of {each['aor']} to the server",
                        "Leave one out",
                    )
            earlier.append(each["contact"])

    def _is_same(self, contact, other):
        """Whether two URIs are one contact to the server."""
        if contact == other or not self.compares_uris:
            return contact == other
        try:
            return parse_uri(contact).is_same_contact(parse_uri(other))
        except SipError:
            # a phone may have registered anything
            return False

    def _identity(self, aor, contact):
        return {"location_table": self.location_table, "aor": aor, "contact": contact}

    def _removal(self, aor, record, rank=0):
        return engine.Item(self._identity(aor, record["contact"]), _values(record), None, rank=rank)

    def _others(self, found):
        """Removals of the contacts that are not named, of AORs that are."""
        named = {}
        for each in self.wanted:
            named.setdefault(self.aor_of(each["aor"]), (each["aor"], set()))[1].add(each["contact"])
        return [
            # when the new ones are there
            self._removal(aor, each, rank=1)
            for aor, contacts in named.values()
            for each in (() if None in contacts else found[aor])
            if not any(self._is_same(each["contact"], contact) for contact in contacts)
        ]

    def _presence(self, wanted, record):
        before = None if record is None else _values(record)
        if before is not None and _lives_long_enough(wanted, record):
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


def _values(record):
    return {
        "expires": 0 if record["permanent"] else record["expires"],
        "q": record["q"],
        "flags": record["flags"],
        "methods": [ALL] if record["methods"] is None else record["methods"],
    }


def _lives_long_enough(wanted, record):
    """Whether a timed contact has so much of its life left that it needs no refresh, and not more than was wanted."""
    if record["permanent"] or not wanted["expires"]:
        return False
    least = wanted["expires"] // 2 if wanted["refresh_below"] is None else wanted["refresh_below"]
    return least < record["expires"] <= wanted["expires"]


def _in_order(methods):
    """The methods as the reader lists them."""
    if methods is None or ALL in methods:
        return methods
    return [each for each in METHODS if each in methods]


def _check(each, which):
    """Raise BadParameters for an entry that no server takes."""
    if not each["aor"].strip() or any(char.isspace() for char in each["aor"]):
        raise BadParameters(f"{which}: aor {each['aor']!r} is no address of record", "Write user or user@domain")
    if each["aor"].lower().startswith(("sip:", "sips:")):
        raise BadParameters(
            f"{which}: aor is a SIP URI, and the location table keeps AORs without the scheme",
            f"Write {each['aor'].partition(':')[2]}",
        )
    if each["contact"] is None:
        if each["state"] == "present":
            raise BadParameters(
                f"{which}: contact is missing", "Only state absent goes without: all contacts of the AOR"
            )
        return
    try:
        validate_contact(each["contact"])
    except SipError as error:
        raise BadParameters(f"{which}: contact: {error.message}", error.hint) from None
    if each["state"] == "absent":
        return
    if not 0 <= each["expires"] <= _INT_MAX:
        raise BadParameters(f"{which}: expires is {each['expires']}", "Give seconds, or 0 for a permanent contact")
    least = each["refresh_below"]
    if least is not None and not 0 <= least < each["expires"]:
        raise BadParameters(
            f"{which}: refresh_below is {least}, and expires {each['expires']}",
            "Give seconds fewer than expires; a permanent contact is never refreshed",
        )
    # "not" refuses nan as well
    if each["q"] is not None and not 0 <= each["q"] <= 1:
        raise BadParameters(f"{which}: q is {each['q']:g}", "Give a number from 0 to 1")
    if each["flags"] is not None and not 0 <= each["flags"] <= _INT_MAX:
        raise BadParameters(f"{which}: flags is {each['flags']}", "Give a bit mask of 31 bits")
    if each["methods"] is not None and (not each["methods"] or (ALL in each["methods"] and each["methods"] != [ALL])):
        raise BadParameters(
            f"{which}: methods is {', '.join(each['methods']) or 'an empty list'}",
            f"Name at least one, or {ALL} alone",
        )


def _user(aor):
    # as mi_fix_aor() cuts it
    return aor.partition("@")[0]
