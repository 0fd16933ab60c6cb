# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Where contacts are read from, and what reading them costs.

A source has contacts(select=None), by_aor(aors), count(), lookup(), which tells what was done, and doubtful: {AOR: why
nothing is believed of its contacts}. DatabaseSource reads the table that usrloc writes to. MISource asks the server's memory
over MI, in one of two ways:

dump  ul_dump, the whole of all location tables at once. Servers of 3.x and 4.x make the list of AORs by walking it from its
      start for each AOR that they append (usrloc/ul_mi.c mi_usrloc_dump() calls add_mi_object() of mi/item.c, which calls
      cJSON_AddItemToArray()), so a table of U AORs takes them U * U / 2 steps; ``brief`` makes the same list.
show  ul_show_contact, one AOR after another, many in flight. A look into a hash table each, whatever the version.

Contacts of servers up to 2.4 never come from a dump, only the names of AORs do (``brief``): in its text a phone can write
contacts of another AOR. What ul_show_contact says of an AOR comes from those who may register it. Of 1.x it is made complete
by a dump, which adds nothing to send by. JSON needs no such care.

The model, in seconds, of a server with U AORs and C contacts in a table, which is asked for N AORs:

    dump  = _DUMP_BASE + sum over all tables of (_DUMP_PAIR * U * U) + _DUMP_CONTACT * C of all tables
    show  = N * lookup_seconds of the carrier
    brief = _DUMP_BASE + _BRIEF_AOR * U of all tables    up to 2.4; the contacts of the table are brief + show of U

_DUMP_PAIR     8.5e-9 s     0.8 s for 10,000 AORs, 3.1 s for 20,000, 22 s for 50,000, measured on 3.6 and 4.0. A newer
                            processor needed 2.4e-9 s, so what is expected is an upper bound rather than a mean.
_DUMP_CONTACT  1.2e-5 s     making, carrying and decoding one contact
_BRIEF_AOR     2e-6 s       the same for the name of an AOR
_DUMP_BASE     0.05 s       so that few AORs never cost a whole table
lookup_seconds 1/6000 s     over FIFO and datagrams (6,000 to 20,000 a second); 1/2000 s over HTTP, where one process serves all

U and C are the statistics ``TABLE-users`` and ``TABLE-contacts`` of the group ``usrloc`` (usrloc/udomain.c, all versions),
TABLE being ``location`` or any other that the script saves to. Over datagrams and HTTP AORs are always asked for one by
one: a datagram ends at 65,457 bytes, and httpd answers 500 where its buffer (buf_size) ends, which 10,000 contacts were
beyond on 2.4, 3.6 and 4.0. A server that keeps its contacts in a database only counts
none, and one without get_statistics does not tell: then up to _SHOW_UNCOUNTED AORs are asked for one by one, and for more
than that the table is dumped, unless it is known to be in a database.
"""

import time
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import Keep
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    MalformedReply,
    MITimeout,
    ServerError,
    UnknownCommand,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import location, statistics

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.carrier import Carrier
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
    from ansible_collections.community.opensips.plugins.module_utils._table.location import LocationDatabase

DUMP = "dump"
SHOW = "show"
DATABASE = "database"
PLAN = "plan"
NONE = "none"

_DUMP_PAIR = 8.5e-9
_DUMP_CONTACT = 1.2e-5
_BRIEF_AOR = 2e-6
# the first version whose replies are no text
_JSON = (3,)
_DUMP_BASE = 0.05
# AORs that are asked for one by one where nobody knows how large the table is
_SHOW_UNCOUNTED = 5000
# A dump may take this many times what is expected of it, and the base besides: 100,000 AORs took 319 s and more where twelve
# processes shared two processors.
_PATIENCE = 10
_PATIENCE_BASE = 30.0
# Seconds, a day: what a server announces may be any number.
_MOST_PATIENCE = 86400.0
# AORs or contacts that a server may count; more are no number of them
_MOST_COUNTED = 2**40
# seconds for a dump of nobody knows how many contacts
_PATIENCE_UNCOUNTED = 600.0
# Bytes of a dump for each AOR and each contact, at the most: a REGISTER of a phone seldom has as many.
_DUMP_AOR_BYTES = 512
_DUMP_CONTACT_BYTES = 4096
# contacts that surely fit into the 65,457 bytes of a datagram
_DATAGRAM_CONTACTS = 80


# The reason that counts where a database applied the filters.
LEFT_OUT_BY_DATABASE = "the database did not return it: the filters do not select it, or its registration has run out"


class Size:
    """How much is registered. users (AORs), contacts: int of one table, or None when the server does not tell.

    tables: {name: (users, contacts)} of all tables, which a dump lists.
    """

    def __init__(self, tables: Any, table: str) -> None:
        self.tables = tables
        self.users, self.contacts = tables.get(table, (None, None))

    @property
    def known(self) -> bool:
        """Whether the numbers are those of the memory. A server that has its contacts in a database only counts none."""
        return bool(self.users)


def size_of(conn: "Connection", table: str) -> Size:
    """The Size of a location table by the server's statistics."""
    try:
        found = statistics.read(conn, ["usrloc:"])["statistics"].get("usrloc", {})
    except (ServerError, UnknownCommand, MalformedReply):
        found = {}
    tables = {}
    for name, users in found.items():
        contacts = found.get(f"{name[: -len('users')]}contacts")
        if name.endswith("-users") and _is_count(users) and _is_count(contacts):
            tables[name[: -len("-users")]] = (users, contacts)
    return Size(tables, table)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < _MOST_COUNTED


def dump_seconds(size: Size) -> Optional[float]:
    """What a dump of 3.x and 4.x is expected to take (seconds), or None when nobody knows."""
    if not size.tables:
        return None
    pairs = sum(users * users for users, _contacts in size.tables.values())
    return _DUMP_BASE + _DUMP_PAIR * pairs + _DUMP_CONTACT * sum(contacts for _users, contacts in size.tables.values())


def brief_seconds(size: Size) -> Optional[float]:
    """What the names of all AORs are expected to take of servers up to 2.4 (seconds), or None when nobody knows."""
    if not size.tables:
        return None
    return _DUMP_BASE + _BRIEF_AOR * sum(users for users, _contacts in size.tables.values())


def dump_bytes(size: Size) -> Optional[int]:
    """What a dump is expected to have at most (bytes), or None when nobody knows."""
    if not size.tables:
        return None
    return sum(users * _DUMP_AOR_BYTES + contacts * _DUMP_CONTACT_BYTES for users, contacts in size.tables.values())


def show_seconds(aors: int, carrier: "Carrier") -> float:
    """What looking up a number of AORs one by one is expected to take (seconds)."""
    return aors * carrier.lookup_seconds


def cheaper_way(aors: int, size: Size, version: Tuple[int, ...], carrier: "Carrier") -> str:
    """DUMP or SHOW, for the contacts of a number of AORs."""
    if not carrier.holds_tables or version < _JSON:
        # a datagram does not hold a table, and by default neither does the buffer of httpd; text is not to be believed
        return SHOW
    if not size.known:
        # none counted, yet statistics there are: the table is in a database, and a dump would list nothing
        return SHOW if size.tables or aors <= _SHOW_UNCOUNTED else DUMP
    return DUMP if (dump_seconds(size) or 0.0) < show_seconds(aors, carrier) else SHOW


def _lookup(how: str, size: Optional[Size], seconds: float, expected: Optional[float]) -> Dict[str, Any]:
    """What lookup() of a source returns. size: Size, or None if nobody counted. expected: seconds, or None."""
    return {
        "how": how,
        "users": size and size.users,
        "contacts": size and size.contacts,
        "seconds": round(seconds, 3),
        "expected_seconds": None if expected is None else round(expected, 3),
    }


class MISource:
    """The contacts of one location table, as the server tells them over MI. conn: Connection.

    doubtful: {AOR: why nothing is believed of its contacts (str)}, of what was read so far.
    """

    def __init__(self, conn: "Connection", table: str) -> None:
        self._conn = conn
        self._table = table
        self._size: Any = None
        self._how, self._seconds = NONE, 0.0
        self._expected: Optional[float] = None
        self.doubtful: Dict[Any, Any] = {}

    def count(self) -> Size:
        """The Size of the table, asked for once."""
        if self._size is None:
            self._size = size_of(self._conn, self._table)
        return self._size

    def cost(self) -> Dict[str, Any]:
        """What contacts() is going to cost: dict of users, contacts and expected_seconds, each None when nobody knows."""
        size = self.count()
        expected = self._contacts_seconds(size)
        return {
            "users": size.users,
            "contacts": size.contacts,
            "expected_seconds": None if expected is None else round(expected, 1),
        }

    def lookup(self) -> Dict[str, Any]:
        """What was read so far, as results have it: dict of how, users, contacts, seconds, expected_seconds."""
        return _lookup(self._how, self._size, self._seconds, self._expected)

    def reconnect(self) -> None:
        """Begin anew with a server that was lost: it may have been started again."""
        self._conn.close()

    def contacts(self, select: Optional[Callable[[Dict[str, Any]], bool]] = None) -> Iterator[Dict[str, Any]]:
        """Yield the contact records of the table. select: function of a record, whether to yield it, called once for each.

        Raises BadParameters for a table that the server does not have, DumpTimeout.
        """
        size = self.count()
        is_text = self._conn.version < _JSON
        started = self._begin(SHOW if is_text else DUMP, self._contacts_seconds(size))
        try:
            if is_text:
                yield from self._each_shown(size, select)
            elif self._is_beyond_datagram(size):
                yield from location.iter_each_shown(self._conn, self._table, select, doubt=self._doubt)
            else:
                yield from self._dump(size, select)
        finally:
            self._seconds += time.monotonic() - started

    def _is_beyond_datagram(self, size: Size) -> bool:
        """Whether a dump may not fit into a datagram, in which case 1.x and 2.x do not answer at all."""
        return self._conn.carrier.largest_reply is not None and not 0 < (size.contacts or 0) <= _DATAGRAM_CONTACTS

    def _contacts_seconds(self, size: Size) -> Optional[float]:
        """What contacts() is expected to take (seconds), or None when nobody knows."""
        if self._conn.version >= _JSON:
            return dump_seconds(size)
        names = brief_seconds(size)
        return None if names is None else names + show_seconds(size.users or 0, self._conn.carrier)

    def _doubt(self, aor: Optional[str], reason: str) -> None:
        if aor is not None:
            self.doubtful[aor] = reason

    def by_aor(self, aors: Iterable[str], never_dump: bool = False) -> Dict[str, Any]:
        """{AOR as given: list of contact records}. Raises as contacts() does, and BadParameters for an AOR without domain."""
        aors = list(aors)
        if not aors:
            return {}
        conn = self._conn
        expected = show_seconds(len(aors), conn.carrier)
        # few are not worth the question how many there are
        may_dump = not never_dump and expected > _DUMP_BASE
        if may_dump and cheaper_way(len(aors), self.count(), conn.version, conn.carrier) == DUMP:
            # one AOR tells by itself what is wrong with all: an unknown table, or domains that are missing
            location.read_aor(conn, aors[0], self._table)
            return self._pick(aors)
        started = self._begin(SHOW, expected)
        try:
            found = location.read_each(conn, aors, self._table)
        finally:
            self._seconds += time.monotonic() - started
        for aor, records in found.items():
            if isinstance(records, location.Doubtful):
                self.doubtful[aor] = records.reason
        return found

    def _begin(self, how: str, expected: Optional[float]) -> float:
        # what was dumped is told of, not what was asked for besides
        self._how = how if self._how != DUMP else DUMP
        self._expected = None if expected is None else (self._expected or 0.0) + expected
        return time.monotonic()

    def _dump(self, size: Size, select: Optional[Callable[[Dict[str, Any]], bool]]) -> Iterator[Dict[str, Any]]:
        expected = dump_seconds(size)
        patience = _patience(expected)
        if self._conn.carrier.largest_reply is not None:
            # it is small, or does not come at all
            patience = None
        try:
            yield from location.iter_read(self._conn, self._table, select, patience, self._doubt, dump_bytes(size))
        except MITimeout as error:
            raise DumpTimeout(error, size, expected) from error

    def _each_shown(self, size: Size, select: Optional[Callable[[Dict[str, Any]], bool]]) -> Iterator[Dict[str, Any]]:
        """Of a server whose replies are text: the AORs first, and then each one's contacts."""
        conn = self._conn
        # what does not fit into a datagram is not answered at all
        patience = None if conn.carrier.largest_reply is not None else _patience(brief_seconds(size))
        if conn.version >= (2,) or self._is_beyond_datagram(size):
            yield from location.iter_each_shown(conn, self._table, select, patience, self._doubt)
            return
        # what ul_show_contact of 1.x leaves out
        rest = location.read_rest(conn, self._table, patience)
        for record in location.iter_each_shown(conn, self._table, None, patience, self._doubt):
            location.complete(record, rest)
            if select is None or select(record):
                yield record

    def _pick(self, aors: List[str]) -> Dict[str, Any]:
        """The contacts of many AORs out of a dump."""
        found: Dict[Any, Any] = {aor: [] for aor in aors}
        bare: Dict[Any, Any] = {}
        for aor in aors:
            # servers that keep AORs without a domain cut off the one that they are asked for
            bare.setdefault(aor.partition("@")[0], []).append(aor)

        def asked(record: Dict[str, Any]) -> List[str]:
            return [record["aor"]] if "@" in record["aor"] else bare.get(record["aor"], [])

        for record in self.contacts(lambda record: any(aor in found for aor in asked(record))):
            for aor in asked(record):
                if aor in found:
                    found[aor].append(record)
        for kept, reason in self.doubtful.items():
            for aor in [kept] if kept in found else bare.get(kept, []):
                found[aor] = location.Doubtful(reason)
        return found


class DatabaseSource:
    """The contacts of a location table in a database, as MISource gives those of the memory.

    database: see LocationDatabase in _table/location.py. doubtful: none, since a column holds nothing but itself.
    """

    doubtful: Dict[Any, Any] = {}

    def __init__(self, database: "LocationDatabase", table: str) -> None:
        self._database = database
        self._table = table
        self._size: Any = None
        self._how, self._seconds = NONE, 0.0

    def count(self) -> Size:
        """The Size of the table, counted once."""
        if self._size is None:
            self._size = Size({self._table: self._database.count()}, self._table)
        return self._size

    def lookup(self) -> Dict[str, Any]:
        """As MISource.lookup()."""
        return _lookup(self._how, self._size, self._seconds, None)

    def contacts(self, select: Any = None) -> Iterator[Dict[str, Any]]:
        """As MISource.contacts(). Of a Keep the database gets the filters; what it leaves out by itself is counted as that."""
        filters = select.selection.filters if isinstance(select, Keep) else None
        seen = 0
        started = self._begin()
        try:
            for record in self._database.contacts(filters):
                seen += 1
                if select is None or select(record):
                    yield record
            if filters is not None:
                rest = self.count().contacts - seen
                if rest > 0:
                    select.left_out.counts[LEFT_OUT_BY_DATABASE] += rest
        finally:
            self._seconds += time.monotonic() - started

    def by_aor(self, aors: Iterable[str], never_dump: bool = False) -> Dict[str, Any]:
        """As MISource.by_aor()."""
        started = self._begin()
        try:
            return self._database.by_aor(list(aors)) if aors else {}
        finally:
            self._seconds += time.monotonic() - started

    def _begin(self) -> float:
        self._how = DATABASE
        return time.monotonic()


def _patience(expected: Optional[float]) -> Optional[float]:
    """How long (seconds) a reply may take that is expected to take so long (seconds or None)."""
    return _PATIENCE_UNCOUNTED if expected is None else min(_MOST_PATIENCE, _PATIENCE_BASE + _PATIENCE * expected)


class DumpTimeout(MITimeout):
    """The server did not list its location table within ten times the expected time."""

    remedy = "Name the AORs, or read the contacts from the database with ``location_db``."

    def __init__(self, error: MITimeout, size: Size, expected: Optional[float]) -> None:
        if expected is None:
            counted = "nobody knows how many contacts"
        else:
            counted = f"{sum(contacts for _users, contacts in size.tables.values()):,} contacts, which were expected to take about {max(1, expected):.0f} s"
        super().__init__(
            f"Reading the location table with ul_dump took too long ({counted}): {error.message.rstrip('.')}",
            "Read the contacts from the database with location_db, give the AORs in aor, or use the FIFO if another "
            "transport was used; the option timeout does not apply to a dump",
        )
