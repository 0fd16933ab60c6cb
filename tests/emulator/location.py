# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The location table: AORs and their contacts, kept as usrloc keeps them."""

import time

from . import sip
from .memory import Block, OutOfMemory

HASH_SIZE = 512
ALL_METHODS = 4294967295
MI_CALLID = "dfjrewr12386fd6-343@opensips.mi"
MI_USER_AGENT = "OpenSIPS MI Server"

# the bits of Allow, in the order of parse_methods.c
_METHOD_BITS = {
    "INVITE": 1,
    "CANCEL": 2,
    "ACK": 4,
    "BYE": 8,
    "INFO": 16,
    "OPTIONS": 32,
    "UPDATE": 64,
    "REGISTER": 128,
    "MESSAGE": 256,
    "SUBSCRIBE": 512,
    "NOTIFY": 1024,
    "PRACK": 2048,
    "REFER": 4096,
    "PUBLISH": 8192,
}


def method_bits(allow):
    """`INVITE, ACK, NOTIFY` -> 1029; None (no Allow header) -> all."""
    if allow is None:
        return ALL_METHODS
    bits = 0
    for name in allow.split(","):
        bits |= _METHOD_BITS.get(name.strip().upper(), 0)
    return bits


def core_hash(text):
    """core_hash() of hash_func.h, unmasked: ul_dump walks the AORs in its order."""
    data = text.encode("utf-8", "surrogateescape")
    total = 0
    end = len(data) - len(data) % 4
    for start in range(0, end, 4):
        value = int.from_bytes(data[start : start + 4], "big")
        total += value ^ (value >> 3)
    value = int.from_bytes(data[end:], "big")
    total = (total + (value ^ (value >> 3))) & 0xFFFFFFFF
    return (total + (total >> 11) + (total >> 13) + (total >> 23)) & 0xFFFFFFFF


class Contact:
    """One registered contact."""

    __slots__ = (
        "uri",
        "contact_id",
        "expires_at",
        "q",
        "callid",
        "cseq",
        "user_agent",
        "received",
        "path",
        "flags",
        "cflags",
        "socket",
        "methods",
        "attr",
        "sip_instance",
    )

    def __init__(
        self,
        uri,
        expires_at=0.0,
        q="",
        callid="",
        cseq=1,
        user_agent="n/a",
        received="",
        path="",
        flags=0,
        cflags="",
        socket="",
        methods=ALL_METHODS,
        attr="",
        sip_instance="",
    ):
        self.uri = uri
        self.contact_id = "0"
        self.expires_at = expires_at  # Unix time; 0: permanent
        self.q = q
        self.callid = callid
        self.cseq = cseq
        self.user_agent = user_agent
        self.received = received
        self.path = path
        self.flags = flags
        self.cflags = cflags
        self.socket = socket
        self.methods = methods
        self.attr = attr
        self.sip_instance = sip_instance

    def expires(self, now):
        """Seconds left, or `permanent`, `deleted` (negative never stored) or `expired`."""
        if self.expires_at == 0:
            return "permanent"
        # of whole seconds, as the server counts them
        left = int(self.expires_at) - int(now)
        return left if left > 0 else "expired"


def same_contact(uri, other):
    """compare_uris() of parser/parse_uri.c, which ignores a parameter without meaning to it that only one of the two has."""
    if uri == other:
        return True
    one, two = sip.parse_uri(uri), sip.parse_uri(other)
    if one is None or two is None:
        return False
    if (one.scheme, one.user, one.host.lower(), one.port) != (two.scheme, two.user, two.host.lower(), two.port):
        return False
    known = {"transport", "ttl", "user", "maddr", "method", "lr", "r2", "gr"}
    return all(
        one.params.get(name) == two.params.get(name)
        if name in known
        else one.params.get(name, two.params.get(name)) == two.params.get(name, one.params.get(name))
        for name in {*one.params, *two.params}
    )


class Location:
    """The table `location`. What it holds is taken from `memory`, a SharedMemory.

    compares_uris: whether contacts are the same whose URIs are, as from 3.1 on, or those whose text is.
    """

    def __init__(self, memory, compares_uris=False):
        self.memory = memory
        self._is_same = same_contact if compares_uris else str.__eq__
        self.aors = {}  # AOR -> [Contact], the best q first
        self.inserted = self.expired = 0
        self._order = None
        self._label = 0
        self.listeners = []  # called with (event, aor, contact)

    def __len__(self):
        return len(self.aors)

    def contact_count(self):
        return sum(map(len, self.aors.values()))

    def ordered(self):
        """AORs in the order of the hash table."""
        if self._order is None or len(self._order) != len(self.aors):
            self._order = sorted(self.aors, key=lambda aor: (core_hash(aor) & (HASH_SIZE - 1), aor))
        return self._order

    def get(self, aor):
        return self.aors.get(aor)

    def find(self, aor, uri):
        for contact in self.aors.get(aor, ()):
            if self._is_same(contact.uri, uri):
                return contact
        return None

    def save(self, aor, contact):
        """Add the contact, or replace the one with the same URI. Raises OutOfMemory."""
        contacts = self.aors.get(aor)
        if contacts is None:
            self._take_both(aor, contact)
            contacts = self.aors[aor] = []
            self._order = None
            self._notify("E_UL_AOR_INSERT", aor, None)
        elif self.find(aor, contact.uri) is None:
            self._take(contact)
        for index, known in enumerate(contacts):
            if self._is_same(known.uri, contact.uri):
                # mem_update_ucontact() leaves the URI as it is
                contact.uri = known.uri
                self._exchange(known, contact)
                contact.contact_id = known.contact_id
                contacts[index] = contact
                self._notify("E_UL_CONTACT_UPDATE", aor, contact)
                break
        else:
            self._label += 1
            contact.contact_id = str(((core_hash(aor) & 0x3FFF) << 48) | (self._label & 0xFFFFFFFFFFFF))
            contacts.append(contact)
            self.inserted += 1
            self._notify("E_UL_CONTACT_INSERT", aor, contact)
        if len(contacts) > 1:
            contacts.sort(key=lambda item: -float(item.q or -1))

    def _take_both(self, aor, contact):
        """Memory of a new AOR with its first contact: both or nothing."""
        self._take(contact)
        try:
            self.memory.take(self.memory.sizes.aor, len(aor))
        except OutOfMemory:
            self._give(contact)
            raise

    def _exchange(self, known, contact):
        """Memory of a contact that replaces another."""
        self._give(known)
        try:
            self._take(contact)
        except OutOfMemory:
            self._take(known)
            raise

    def _take(self, contact):
        self.memory.take(*self._size(contact))

    def _give(self, contact):
        self.memory.give(*self._size(contact))

    def _size(self, contact):
        """(Block, bytes of text) of a contact."""
        sizes = self.memory.sizes
        block = sizes.contact
        if contact.sip_instance:
            block = Block(*map(sum, zip(block, sizes.instance, strict=True)))
        return block, sum(map(len, (contact.uri, contact.user_agent, contact.callid, contact.sip_instance)))

    def remove_contact(self, aor, uri):
        contacts = self.aors[aor]
        for contact in contacts:
            if self._is_same(contact.uri, uri):
                self._give(contact)
                self._notify("E_UL_CONTACT_DELETE", aor, contact)
        contacts[:] = [contact for contact in contacts if not self._is_same(contact.uri, uri)]
        if not contacts:
            self.remove(aor)

    def remove(self, aor):
        contacts = self.aors.pop(aor, None)
        if contacts is not None:
            self._order = None
            self.memory.give(self.memory.sizes.aor, len(aor))
            for contact in contacts:
                self._give(contact)
                self._notify("E_UL_CONTACT_DELETE", aor, contact)
            self._notify("E_UL_AOR_DELETE", aor, None)

    def sweep(self, now=None):
        """Drop what has expired."""
        now = now or time.time()
        dead = [
            (aor, contact.uri)
            for aor, contacts in self.aors.items()
            for contact in contacts
            if 0 < contact.expires_at <= now
        ]
        for aor, uri in dead:
            self.expired += 1
            self.remove_contact(aor, uri)

    def _notify(self, event, aor, contact):
        for listener in self.listeners:
            listener(event, aor, contact)
