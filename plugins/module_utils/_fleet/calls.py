# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which phones are in a call now, by the dialogs that the server tracks.

A phone is in a call if one of the two sides of a dialog that is not over, also of one that still rings, is the phone's:

- the contact of the side is the phone's: the same user at the same host and port as its contact, or at the address that its
  REGISTER came from, which is what a server behind which NAT is writes into dialogs. Parameters do not matter.
- the URI of the side, From or To, is the AOR. Of an AOR without a domain only the user is compared. If the contact of the side
  is that of another phone of the AOR, this one is idle.

A phone that rings and is called by another name than its AOR cannot be known: until the answer the server has no contact of it.
Nor can calls that another server routes, or that the routes of this one make no dialog of.
"""

import collections
import contextlib
import time
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError, ServerError, UnknownCommand
from ansible_collections.community.opensips.plugins.module_utils._readers import dialogs, statistics
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import parse_uri, split_aor
from ansible_collections.community.opensips.plugins.module_utils._sip.vendors import busy_codes

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target

# Seconds for which a look counts, and how many times as long as the look took: then looking costs a tenth of the time at most.
_FRESH, _SPARING = 2.0, 9.0
_PORTS = {"sips": 5061}
_TRACKED = "processed_dialogs"

# (user, host, port)
Address = Tuple[str, str, int]


class _Side:
    """One side of a dialog that is not over. host: of its URI. contacts: Addresses that it answered with or called from.

    dialog: as dialogs.scan() yields it, without what is not needed here.
    """

    __slots__ = ("host", "contacts", "dialog")

    def __init__(self, host: str, contacts: Set[Address], dialog: Any) -> None:
        self.host = host
        self.contacts = contacts
        self.dialog = dialog


class Calls:
    """The calls of a server. conn: Connection of the task, whose options are those of another one for looking, also while it sends.

    known: whether the server can say who is in a call. reason: why not (str), or None. looks: how often it was asked (int). Use as a
    context manager, or close().
    """

    def __init__(self, conn: Connection) -> None:
        self._task_conn = conn
        self._conn = Connection(conn.options)
        self.known = self._has_command = True
        self.reason: Optional[str] = None
        self._looked_at: Optional[float] = None
        # how often the server was asked, with success
        self.looks = 0
        self._dialogs = 0
        self._seconds = self._all_seconds = 0.0
        self._by_contact: Dict[Address, List[_Side]] = {}
        self._by_user: Dict[str, List[_Side]] = {}
        # {AOR: Addresses of its phones}, as far as they are known
        self._phones: Dict[str, Set[Address]] = {}
        # {id of a _Side's dialog: whether it is one}
        self._believed: Dict[int, bool] = {}

    def __enter__(self) -> "Calls":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, and pass its warnings on."""
        with contextlib.suppress(MIError):
            self._conn.close()
        self._task_conn.warnings.extend(text for text in self._conn.warnings if text not in self._task_conn.warnings)

    def look(self) -> None:
        """Ask the server for its dialogs. Raises MIError where the server does not answer; one that cannot say is no error."""
        if not self._has_command:
            return
        started = time.monotonic()
        self._by_contact, self._by_user, self._believed, self._dialogs = {}, {}, {}, 0
        try:
            for dialog in dialogs.scan(self._conn):
                self._take(dialog)
            if self._dialogs:
                # so those that it did not list before were not there
                self.known, self.reason = True, None
            elif not self.looks:
                self._check_tracking()
        except UnknownCommand:
            self._has_command = False
            self._know_nothing("the server has no command dlg_list, so its module dialog is not loaded")
        self.looks += 1
        self._looked_at = time.monotonic()
        self._seconds = self._looked_at - started
        self._all_seconds += self._seconds

    def renew(self) -> None:
        """look(), unless the last one still counts."""
        if self._looked_at is None or time.monotonic() - self._looked_at >= self.pause:
            self.look()

    @property
    def pause(self) -> float:
        """Seconds from the end of a look until the next one is worth its cost."""
        return max(_FRESH, _SPARING * self._seconds)

    def learn(self, targets: Iterable["Target"]) -> None:
        """Take note of phones (Targets), so that one phone of an AOR is not taken for another one of it."""
        targets = [target for target in targets if target.aor is not None]
        phones = collections.Counter(target.aor for target in targets)
        for target in targets:
            # most AORs have one phone
            if phones[target.aor] > 1:
                self._phones.setdefault(str(target.aor), set()).update(_addresses(target))

    def is_busy(self, target: "Target") -> bool:
        """Whether a phone is in a call, by the last look. Raises MIError, since what 1.x and 2.x list has to be asked for again."""
        if not self._dialogs:
            return False
        ours = _addresses(target)
        sides = [side for address in ours for side in self._by_contact.get(address, ())]
        for user, host in _names(target):
            sides += [
                side
                for side in self._by_user.get(user, ())
                if host in (None, side.host) and not self._is_of_another(side, target, ours)
            ]
        return any(map(self._is_believed, sides))

    @staticmethod
    def is_busy_answer(target: "Target", code: Optional[int]) -> bool:
        """Whether a phone that answers with a code says that it is in a call."""
        return code in busy_codes(target.user_agent)

    def report(self) -> Dict[str, Any]:
        """What a result has of the calls: dict of known, reason, dialogs (of the last look), looks and seconds (of all)."""
        return {
            "known": self.known,
            "reason": self.reason,
            "dialogs": self._dialogs if self.known else None,
            "looks": self.looks,
            "seconds": round(self._all_seconds, 3),
        }

    def _is_of_another(self, side: _Side, target: "Target", ours: Set[Address]) -> bool:
        """Whether a side which has the AOR of target shows another phone of this AOR."""
        others = self._phones.get(target.aor or "", set()) - ours
        return bool(side.contacts & others)

    def _is_believed(self, side: _Side) -> bool:
        key = id(side.dialog)
        if key not in self._believed:
            self._believed[key] = dialogs.is_shown(self._conn, side.dialog)
        return self._believed[key]

    def _take(self, dialog: Any) -> None:
        record = dialog.record
        if record["state"] == "deleted":
            return
        self._dialogs += 1
        caller = record["caller"]
        # what it takes to ask for it again; SDPs of 20,000 calls are many
        small = dialog._replace(
            record={"id": record["id"], "call_id": record["call_id"], "caller": {"tag": caller["tag"]}}
        )
        for uri, legs in ((record["from_uri"], [caller]), (record["to_uri"], record["callees"])):
            contacts = {address for leg in legs for address in _address(leg["contact"])}
            user, host = _name(uri)
            side = _Side(host, contacts, small)
            if user:
                self._by_user.setdefault(user, []).append(side)
            for address in contacts:
                self._by_contact.setdefault(address, []).append(side)

    def _check_tracking(self) -> None:
        """A server whose routes make no dialogs lists none, however many calls it has."""
        try:
            found = statistics.read(self._conn, ["dialog:"])["statistics"].get("dialog", {})
        except ServerError:
            found = {}
        if not found.get(_TRACKED):
            self._know_nothing(
                "the server lists no calls, and does not report that it has tracked any since it started:"
                " its routes may not call create_dialog()"
            )

    def _know_nothing(self, reason: str) -> None:
        self.known, self.reason = False, reason


def _names(target: "Target") -> Iterator[Tuple[str, Optional[str]]]:
    """(user, host or None for any) of the AOR, or of the URI of a phone that is no AOR's."""
    if target.aor is None:
        user, host = _name(target.contact)
        if user:
            yield user, host
        return
    try:
        user, domain = split_aor(target.aor)
    except SipError:
        return
    yield user, (domain or "").partition(":")[0].lower() or None


def _addresses(target: "Target") -> Set[Address]:
    """Where dialogs may have a phone: at its contact, and with the contact's user where its REGISTER came from."""
    found = set(_address(target.contact))
    received = (target.record or {}).get("received")
    for _user, host, port in _address(received):
        found.update((user, host, port) for user, _host, _port in list(found))
    return found


def _address(uri: Optional[str]) -> List[Address]:
    """[Address] of a URI, [] of none."""
    if not uri:
        return []
    try:
        parsed = parse_uri(uri)
    except SipError:
        return []
    if not parsed.host:
        return []
    return [(parsed.user or "", parsed.host.lower(), parsed.port or _PORTS.get(parsed.scheme, 5060))]


def _name(uri: Optional[str]) -> Tuple[str, str]:
    """(user, host) of a URI, empty where it has none."""
    try:
        parsed = parse_uri(uri or "")
    except SipError:
        return "", ""
    return parsed.user or "", parsed.host.lower()
