# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Registered contacts out of the table that usrloc writes, as the same records that _readers/location.py makes of ul_dump.

What the columns hold (usrloc/ucontact.c db_insert_ucontact(), usrloc/udomain.c dbrow2info() of 2.4, 3.6, 4.0):

expires       Unix time; up to version 1011 of the table a time of the server's zone, which SQLite has as Unix time, too.
              0 is permanent, 10 (UL_EXPIRED_TIME) deleted.
q             -1 when the phone gave none; two digits of its three, as db_double2str() writes them
methods       bit mask, which the databases take for signed; NULL for all
cflags        names of branch flags with blanks between
domain        NULL or empty when usrloc keeps AORs without a domain
contact_id    the number that ul_dump shows, from 2.3 on

A database does not hold state, which is None, and the contacts that usrloc keeps in memory only. usrloc leaves the socket
of a contact that another server registered out of ul_dump; the table has it. A row without user, contact or expires is left
out, as usrloc does when it loads the table.
"""

import array
import datetime
import itertools
import re
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MalformedReply
from ansible_collections.community.opensips.plugins.module_utils._readers.contact_fields import Maker
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import integer, malformed
from ansible_collections.community.opensips.plugins.module_utils._table import preselection, schema
from ansible_collections.community.opensips.plugins.module_utils._table.columns import ComparedColumns
from ansible_collections.community.opensips.plugins.module_utils._table.database import CHUNK, TableOfOption
from ansible_collections.community.opensips.plugins.module_utils._table.errors import (
    BadRow,
    UnknownSchema,
    naming,
)

# Rows that are looked at before the server may write again: a few ms
PAGE = 2000

_OPTION = "location_db"
_LIKE = "location"
_DELETED = 10
_COLUMNS = (
    "username domain contact expires q callid cseq flags cflags user_agent received path socket methods sip_instance attr"
).split()
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})")


class LocationDatabase(TableOfOption):
    """The location table of a database."""

    def __init__(self, params: Dict[str, Any], table: str = "location") -> None:
        """params: the option location_db. table: how usrloc calls the table."""
        super().__init__(_OPTION, params, table)
        self._table = table

    def contacts(self, select: Optional[Dict[str, Any]] = None) -> Iterator[Dict[str, Any]]:
        """Yield contact records in the order of the table.

        select: mapping of the filter options, which the caller applies to what comes: the database leaves out most of what
        they would. Without it nothing is left out, and a registration that has run out has expires 0.
        """

        def conditions() -> Any:
            return self._real(preselection.conditions(select, int(time.time()), self._numeric))

        for rows in self._pages(conditions):
            maker = _RowMaker(self._table, self._has_id)
            for row in rows:
                record = maker.record(row)
                if record is not None:
                    yield record

    def by_aor(self, aors: List[str]) -> Dict[str, List[Dict[str, Any]]]:
        """{AOR as given: list of contact records} of all of them.

        An AOR with a domain finds the one without where the table has none, as ul_show_contact does. Raises BadParameters
        for an AOR without domain that the table has with one.
        """
        found: Dict[Any, Any] = {aor: [] for aor in aors}
        wanted: Dict[Any, Any] = {}
        for aor in found:
            user = aor.partition("@")[0]
            for name in (aor,) if aor == user else (aor, user):
                wanted.setdefault(name, []).append(aor)
        for rows in self._rows_of(wanted):
            maker = _RowMaker(self._table, self._has_id)
            for row in rows:
                named: Any = wanted.get(row[0])
                record = maker.record(row) if named else None
                if record is not None:
                    self._assign(record, row, named, found)
        return found

    def count(self) -> Tuple[int, int]:
        """(number of AORs, number of contacts), among them those that have run out: as the server's statistics."""
        # DISTINCT would keep the server from writing to SQLite for seconds
        hashes = array.array("q")
        for rows in self._pages(list, [self._fields["username"], self._fields["domain"]]):
            hashes.extend(map(hash, rows))
        # a set would take twice the memory
        return sum(1 for _each in itertools.groupby(sorted(hashes))), len(hashes)

    @staticmethod
    def _assign(
        record: Dict[str, Any], row: Tuple[Any, ...], named: List[str], found: Dict[str, List[Dict[str, Any]]]
    ) -> None:
        """Add a record to those of the AORs (named: with the row's username) that it belongs to."""
        user, domain = row[:2]
        if not domain:
            for aor in named:
                found[aor].append(record)
        elif record["aor"] in found:
            found[record["aor"]].append(record)
        elif user in found:
            raise BadParameters(
                f"The AOR {user!r} has no domain, and the location table has it with the domain {domain}",
                "Write it as user@domain",
            )

    def _rows_of(self, names: Dict[str, List[str]]) -> Iterator[List[Tuple[Any, ...]]]:
        """Pages of rows, among which are all that have one of names (AORs, and their users) for username."""
        # beyond ASCII MySQL compares by rules of its own, or refuses to
        ascii_only = all(ord(character) < 128 for name in names for character in name)
        if ascii_only and self._indexed:
            every = sorted(names)
            for start in range(0, len(every), CHUNK):
                where = self._real([[[("username", "in", every[start : start + CHUNK])]]])
                with naming(_OPTION):
                    yield from self._db.whole(self._name, self._columns, where, PAGE)
        elif names:
            where = []
            users = sorted({name.partition("@")[0] for name in names})
            if ascii_only and len(users) <= CHUNK:
                where = self._real([[[("username", "in", users)], [("username", "like", "%@%")]]])
            # to look for more of them would read the whole table again and again: rather once
            yield from self._pages(lambda: where)

    def _pages(self, conditions: Any, columns: Any = None) -> Iterator[List[Tuple[Any, ...]]]:
        """Pages of rows. conditions: function that gives them. columns: names in this database, those of a record if not given."""
        with naming(_OPTION):
            if self._key is None:
                yield from self._db.whole(self._name, columns or self._columns, conditions(), PAGE)
            else:
                yield from self._db.pages(self._name, columns or self._columns, self._key, conditions, PAGE)

    def _real(self, conditions: Any) -> List[Any]:
        """The conditions with the columns' names of this database."""
        return [
            [[(self._fields[name], how, value) for name, how, value in alternative] for alternative in alternatives]
            for alternatives in conditions
        ]

    def _check(self) -> None:
        """Whether this is a location table, and which one of them. Raises UnknownSchema."""
        columns_found, primary, indexes = self._db.describe(self._name)
        version = self._db.table_version(self._name)
        if version not in [variant.version for variant in schema.variants(_LIKE)]:
            known = "no version in the table version" if version is None else f"the version {version}"
            raise UnknownSchema(
                f"The table {self._name} of the {self._db.label} has {known}, and no location table of OpenSIPS has that",
                f"Set db_table to the table that usrloc writes to. Known versions are {schema.known_versions(_LIKE)}. To bring "
                "a table of another version to one of these, use opensips_schema",
            )
        chosen = schema.choose(_LIKE, version, [column.name for column in columns_found])
        found = ComparedColumns(chosen, columns_found)
        self._has_id = "contact_id" in chosen.columns
        columns = _COLUMNS + ["contact_id"] * self._has_id
        missing = [name for name in columns if name in found.missing]
        if missing:
            raise UnknownSchema(
                f"The table {self._name} of the {self._db.label} has no column {', '.join(missing)}, which version {version} has",
                "Set db_table to the table that usrloc writes to, or create it again with opensips_schema",
            )
        self._fields = {name: found.all[name].real_name for name in columns}
        self._columns = [self._fields[name] for name in columns]
        self._numeric = chosen.columns["expires"].type != "datetime"
        self._key = primary[0] if len(primary) == 1 else None
        self._indexed = any(names[0] == self._fields["username"] for names in indexes)


class _RowMaker:
    """Makes records of rows. One serves a page, so that the texts that rows share do not fill the memory with a table."""

    def __init__(self, table: str, has_id: bool) -> None:
        self._table = table
        self._has_id = has_id
        self._maker = Maker()
        self._now = int(time.time())
        self._texts: Dict[Any, Any] = {}

    def record(self, row: Tuple[Any, ...]) -> Optional[Dict[str, Any]]:
        """The contact record of a row (values in the order of _COLUMNS, then contact_id); None for one that counts for nothing.

        Raises BadRow.
        """
        try:
            return self._record(row)
        except MalformedReply as error:
            raise BadRow(
                f"location_db: The row of the user {row[0]!r} has a value that OpenSIPS does not write: {error.message}",
                "Correct or delete the row",
            ) from None

    def _record(self, row: Tuple[Any, ...]) -> Optional[Dict[str, Any]]:
        (user, domain, contact, expires, q, call_id, cseq, flags, cflags, agent, received, path, socket, methods, instance,
         attr) = row[:16]  # fmt: skip
        for value in (user, domain, contact, call_id, received, path, socket, instance, attr, cflags):
            if value is not None and not isinstance(value, str):
                raise malformed("A column for text", value)
        if not user or not contact or expires is None:
            return None
        maker, shared = self._maker, self._shared
        aor = f"{user}@{domain}" if domain else user
        user, domain = maker.split(aor)
        expires, permanent = self._left(expires)
        contact_id = _unsigned(row[16], "contact_id", 64) if self._has_id else None
        return {
            "table": self._table,
            "aor": aor,
            "user": user,
            "domain": domain,
            "contact": contact,
            "contact_id": None if contact_id is None else str(contact_id),
            "expires": expires,
            "permanent": permanent,
            "q": maker.q[_digits_of(q)],
            "call_id": call_id or None,
            "cseq": integer(cseq, "cseq"),
            "user_agent": maker.agents[agent],
            "received": received or None,
            "path": shared(path),
            "state": None,
            "flags": _unsigned(flags, "flags", 32),
            "cflags": maker.cflags[cflags],
            "socket": shared(socket),
            "methods": maker.methods[_unsigned(methods, "methods", 32)],
            "attr": attr or None,
            "sip_instance": instance or None,
        }

    def _shared(self, text: Optional[str]) -> Optional[str]:
        return self._texts.setdefault(text, text) if text else None

    def _left(self, raw: Any) -> Tuple[Optional[int], bool]:
        """(seconds left or None, permanent) of the column expires."""
        # rows without one are left out
        moment: Any = raw if type(raw) is int else _moment(raw)  # pylint: disable=unidiomatic-typecheck
        if moment == 0:
            return None, True
        if moment == _DELETED or moment < self._now:
            return 0, False
        return moment - self._now, False


def _unsigned(raw: Any, what: str, bits: int) -> Optional[int]:
    """An int, which a database may have for negative; None stays None."""
    number = integer(raw, what)
    return None if number is None else number & ((1 << bits) - 1)


def _digits_of(q: Any) -> Optional[float]:
    """A raw q as usrloc counts it, in thousandths: 0.0 to 1.0, or None."""
    if isinstance(q, str):
        raise malformed("q", q)
    if q is None or q == -1:
        return None
    return min(1.0, max(0.0, round(float(q), 3)))


def _moment(raw: Any) -> Optional[int]:
    """A raw expires as Unix time. Times are of this host's zone, which is taken to be the server's."""
    if isinstance(raw, str):
        match: Any = _TIME.match(raw)
        if not match:
            raise malformed("expires", raw)
        try:
            year, month, day, hour, minute, second = map(int, match.groups())
            raw = datetime.datetime(year, month, day, hour, minute, second)
        except ValueError:
            raise malformed("expires", raw) from None
    if isinstance(raw, datetime.datetime):
        try:
            return int(time.mktime(raw.timetuple()))
        except (OverflowError, ValueError):
            raise malformed("expires", str(raw)) from None
    return integer(raw, "expires")
