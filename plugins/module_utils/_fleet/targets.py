# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whom a task sends to: URIs as given, the contacts of AORs, or a selection of all registered contacts."""

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet.outcome import NOBODY
from ansible_collections.community.opensips.plugins.module_utils._readers.location import Doubtful
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import aor_uri, parse_uri, validate_contact
from ansible_collections.community.opensips.plugins.module_utils._sip.user_agent import parse_user_agent

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut, Selection

# what the problem of an AOR begins with whose contacts are not to be believed
DOUBTFUL = "doubtful: "

# what stands for bytes that are no text, and the texts of a registration that go into a request
_REPLACED = "\ufffd"
_IN_REQUESTS = (
    ("contact", "the contact"),
    ("aor", "the AOR"),
    ("received", "the address that the REGISTER came from"),
    ("path", "the path of the registration"),
)


class Target:
    """One phone to send to.

    aor (str or None), contact (URI), record: contact record of the location table, or None for a URI as given.
    problem: why nothing can be sent (str), or None. known_as: the contact that a campaign knows the phone by when it is
    registered with another one now (str), or None.
    """

    __slots__ = ("aor", "contact", "record", "problem", "known_as")

    def __init__(
        self,
        aor: Optional[str],
        contact: Any,
        record: Any = None,
        problem: Optional[str] = None,
        known_as: Optional[str] = None,
    ) -> None:
        self.aor = aor
        self.contact = contact
        self.record = record
        self.problem = problem
        self.known_as = known_as

    @property
    def key(self) -> Tuple[Any, ...]:
        """What a campaign knows the phone by: (AOR or "", its instance, or else its contact).

        A phone may come back from a reboot with another contact; its +sip.instance stays. One without it keeps what the
        plan of the campaign knew it by.
        """
        return self.aor or "", self.known_as or self._phone

    @property
    def place(self) -> Tuple[Any, ...]:
        """The key of who is registered like that now, whatever a campaign knew it by before."""
        return self.aor or "", self._phone

    @property
    def _phone(self) -> Any:
        return self.record and self.record["sip_instance"] or self.contact

    def known_like(self, target: "Target") -> "Target":
        """This phone as a campaign knows target, which it was before (Target)."""
        return Target(target.aor, self.contact, self.record, self.problem, known_as=target.key[1])

    @property
    def user_agent(self) -> Optional[str]:
        return self.record["user_agent"] if self.record else None

    @property
    def vendor(self) -> Optional[str]:
        return parse_user_agent(self.user_agent)["vendor"] if self.record else None

    def to_uri(self) -> str:
        """The URI for To and From: the AOR's where there is one, with the contact's host when the server keeps no domain."""
        contact = parse_uri(self.contact)
        if contact.scheme == "tel" and self.record:
            # that it names no host is to be said, not that the AOR has no domain
            validate_contact(self.contact)
        bare = contact.bare
        return aor_uri(self.aor, bare.hostport) if self.aor else str(bare)

    def way(self) -> Tuple[Optional[str], Optional[str], Optional[str]]:
        """(next_hop or None, path or None, socket or None): the way that the phone's REGISTER came, back."""
        if not self.record:
            return None, None, None
        return self.record["received"], self.record["path"], self.record["socket"]


def of_uris(uris: Iterable[str]) -> List[Target]:
    """Targets of URIs, each once."""
    return [Target(None, uri) for uri in _once(uris)]


def of_aors(source: Any, aors: Iterable[str]) -> List[Target]:
    """Targets of the contacts of AORs, see by_aor()."""
    return [target for targets in by_aor(source, aors).values() for target in targets]


def by_aor(source: Any, aors: Iterable[str]) -> Dict[str, List[Target]]:
    """{AOR: Targets of its contacts}, in the order given; one Target with a problem for an AOR that nobody registered, or
    that is doubtful.

    source: see sources.py. Raises MIError when it cannot be read, BadParameters for an AOR without the domain that the
    server wants.
    """
    aors = _once(aors)
    found = source.by_aor(aors)
    targets = OrderedDict()
    for aor in aors:
        alive = [record for record in found[aor] if record["expires"] != 0]
        targets[aor] = [of_record(record, aor) for record in alive]
        if not alive:
            targets[aor].append(Target(aor, None, problem=doubt_of(found[aor]) or NOBODY))
    return targets


def doubt_of(found: Any) -> Optional[str]:
    """The problem of an AOR (str) whose contacts, as a source gives them, are not to be believed; None for others."""
    return DOUBTFUL + found.reason if isinstance(found, Doubtful) else None


def of_selection(source: Any, selection: "Selection", left_out: "LeftOut", cut: Any = None) -> List[Target]:
    """Targets of the registered contacts that a Selection selects; left_out (LeftOut) takes the others.

    cut: CutOff, takes what sample and limit leave out, which is among the targets then. A doubtful AOR is a Target with a
    problem, unless the filters leave it out whatever its contacts are.
    """
    if cut is None:
        records = selection.choose(source, left_out)
    else:
        records = list(source.contacts(selection.keep(left_out)))
        selection.cut(records, cut)
    return [of_record(record) for record in records] + [
        Target(aor, None, problem=DOUBTFUL + reason)
        for aor, reason in source.doubtful.items()
        if selection.may_select(aor)
    ]


def of_record(record: Dict[str, Any], aor: Optional[str] = None) -> Target:
    """The Target of a contact record. aor: what the server was asked for; up to 1.11 it does not report the AOR."""
    return Target(record["aor"] or aor, record["contact"], record, _unreadable(record))


def _unreadable(record: Dict[str, Any]) -> Optional[str]:
    """Why nothing can be sent to a contact whose texts are not those that the phone registered (str), or None."""
    for name, word in _IN_REQUESTS:
        if _REPLACED in (record.get(name) or ""):
            return f"{word} is not UTF-8, so it cannot be sent as the phone registered it: correct the phone's settings"
    return None


def _once(texts: Iterable[str]) -> List[str]:
    seen: Dict[Any, Any] = {}
    for text in texts:
        seen.setdefault(text, None)
    return list(seen)


def check_uris(uris: Iterable[str], option: str) -> None:
    """Raise SipError that names the option and the URI unless all can be sent to."""
    from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
    from ansible_collections.community.opensips.plugins.module_utils._sip.uri import validate_uri

    for uri in uris:
        try:
            validate_uri(uri)
        except SipError as error:
            raise SipSyntaxError(f"{option} {uri!r}: {error.message}", error.hint) from error
