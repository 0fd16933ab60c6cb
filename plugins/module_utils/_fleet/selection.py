# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which registered contacts a task is about: one implementation of the filters for notify, mwi and facts."""

import collections
import hashlib
import ipaddress
import math
import re
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.glob import MOST_MATCHED, globs, normal_host
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import parse_uri

# Filters that also exist as exclude_*.
_BOTH_WAYS = ("aor", "aor_regex", "domain", "user_agent", "contact", "network", "socket")
# Those of them that are about the AOR alone.
_OF_AOR = _BOTH_WAYS[:3]


class Selection:
    """The filters of a task, compiled.

    given: mapping of the filter options (see the fragment _contacts); None and missing ones do not filter.
    filters: given. limit, seed: those options. The contacts go by one after another: only those that are selected are held.
    Raises BadParameters that names the option.
    """

    def __init__(self, given: Dict[str, Any]) -> None:
        self.filters = given
        self._include = [(name, _compile(name, given.get(name), name)) for name in _BOTH_WAYS if given.get(name)]
        self._exclude = [
            (name, _compile(name, given.get(f"exclude_{name}"), f"exclude_{name}"))
            for name in _BOTH_WAYS
            if given.get(f"exclude_{name}")
        ]
        self._expires_within = given.get("expires_within")
        self._flags = set(given.get("branch_flags") or ())
        self.limit = _at_least(given.get("limit"), "limit", 1)
        self._sample = given.get("sample")
        if self._sample is not None and not 0 < self._sample <= 100:
            raise BadParameters(f"sample is {self._sample}", "Set it to a percentage above 0 and at most 100")
        self.seed = str(given.get("seed") or "")
        _at_least(self._expires_within, "expires_within", 0)

    def reason_out(self, contact: Dict[str, Any]) -> Optional[str]:
        """Why a contact record is left out (str), or None when it is selected."""
        if contact["expires"] == 0:
            return "its registration has run out"
        for name, matches in self._include:
            if not matches(contact):
                return f"{name} does not match"
        for name, matches in self._exclude:
            if matches(contact):
                return f"exclude_{name} matches"
        if self._expires_within is not None and (
            contact["permanent"] or contact["expires"] is None or contact["expires"] > self._expires_within
        ):
            return "it expires later than expires_within"
        if self._flags and not self._flags <= set(contact["cflags"] or ()):
            return "it lacks one of branch_flags"
        return None

    def may_select(self, aor: str) -> bool:
        """Whether contacts of an AOR (str) may be selected, as far as the AOR tells."""
        user, at, domain = aor.rpartition("@")
        place = {"aor": aor, "user": user if at else aor, "domain": domain or None}
        return all(matches(place) for name, matches in self._include if name in _OF_AOR) and not any(
            matches(place) for name, matches in self._exclude if name in _OF_AOR
        )

    def keep(self, left_out: Any) -> "Keep":
        """A function that tells of a contact record whether it is selected, and puts it into left_out (LeftOut) when not.

        sample and limit need all that it keeps: see cut().
        """

        return Keep(self, left_out)

    def cut(self, kept: List[Dict[str, Any]], left_out: Any) -> List[Dict[str, Any]]:
        """What sample and limit leave of the contacts that keep() kept, in their order; the others go into left_out."""
        if self._sample is not None and kept:
            kept = _cut(kept, head_of(kept, self._sample, self.seed), "it is not in the sample", left_out)
        if self.limit is not None:
            kept = _cut(kept, set(range(self.limit)), "it is beyond limit", left_out)
        return kept

    def choose(self, source: Any, left_out: Any) -> List[Dict[str, Any]]:
        """The selected contacts of a source (see sources.py): list of records. left_out: takes the others."""
        return self.cut(list(source.contacts(self.keep(left_out))), left_out)

    def each_chosen(self, source: Any, left_out: Any) -> Iterable[Dict[str, Any]]:
        """As choose(), but one after another, and held only if sample or limit need all of them (iterable of records)."""
        if self._sample is None and self.limit is None:
            return source.contacts(self.keep(left_out))
        return self.choose(source, left_out)

    def split(
        self, contacts: Iterable[Dict[str, Any]]
    ) -> Tuple[List[Dict[str, Any]], List[Tuple[Dict[str, Any], str]]]:
        """(selected, [(contact, reason)] of those left out) of contacts at hand."""
        left_out = _Pairs()
        keep = self.keep(left_out)
        return self.cut([contact for contact in contacts if keep(contact)], left_out), left_out


class Keep:
    """See Selection.keep(). A source that filters by itself finds selection and left_out here."""

    __slots__ = ("selection", "left_out")

    def __init__(self, selection: Selection, left_out: Any) -> None:
        self.selection = selection
        self.left_out = left_out

    def __call__(self, contact: Dict[str, Any]) -> bool:
        reason = self.selection.reason_out(contact)
        if reason is not None:
            self.left_out.add(contact, reason)
        return reason is None


class LeftOut:
    """Contacts that nothing is sent to: all are counted, and the first of them listed.

    counts: {reason: number}. listed: list of dict (aor, contact, reason), LISTED at most.
    """

    LISTED = 1000

    def __init__(self, counts: Any = None, listed: Iterable[Any] = ()) -> None:
        self.counts = collections.Counter(counts or {})
        self.listed = list(listed)

    def add(self, contact: Dict[str, Any], reason: str, counted_as: Optional[str] = None) -> None:
        """Take in a contact record. counted_as: the reason without what only this contact has in it."""
        reason = printable(reason)
        self.counts[printable(counted_as) or reason] += 1
        if len(self.listed) < self.LISTED:
            self.listed.append({"aor": contact["aor"], "contact": contact["contact"], "reason": reason})


class _Pairs(list):
    def add(self, contact: Dict[str, Any], reason: str) -> None:
        self.append((contact, reason))


def head_of(contacts: Sequence[Any], percent: float, seed: Optional[str]) -> Set[int]:
    """Positions (set) of a percentage of contacts, one at least: the same phones each time for the same seed.

    contacts: list of mappings with aor and contact.
    """
    ranked = sorted(
        range(len(contacts)),
        key=lambda position: rank_of(seed, contacts[position]["aor"], contacts[position]["contact"]),
    )
    return set(ranked[: share_of(len(contacts), percent)])


def share_of(number: int, percent: float) -> int:
    """A percentage of a number of phones, rounded up."""
    return math.ceil(number * percent / 100.0)


def _cut(
    contacts: List[Dict[str, Any]], positions: Iterable[int], reason: str, left_out: LeftOut
) -> List[Dict[str, Any]]:
    for position, contact in enumerate(contacts):
        if position not in positions:
            left_out.add(contact, reason)
    return [contact for position, contact in enumerate(contacts) if position in positions]


def _at_least(value: Any, name: str, least: float) -> Any:
    if value is not None and value < least:
        raise BadParameters(f"{name} is {value}", f"Set it to {least} or more")
    return value


def rank_of(seed: Any, aor: Optional[str], contact: Optional[str]) -> bytes:
    """The place of a phone among others at random: the same each time for the same seed."""
    return hashlib.sha256("\0".join((seed, aor or "", contact or "")).encode("utf-8", "replace")).digest()


def _compile(name: str, value: Any, option: str) -> Callable[[Dict[str, Any]], bool]:
    """A function that tells of a contact record whether the filter called name matches it."""
    return _COMPILERS[name](value if isinstance(value, list) else [value], option)


def found_in(patterns: Iterable[Any], text: str) -> bool:
    """Whether one of the compiled patterns of a user is found in a text that a phone chose."""
    return any(pattern.search(text[:MOST_MATCHED]) for pattern in patterns)


def compile_regex(pattern: str, option: str) -> Any:
    """A regular expression of a user's, regardless of case. Raises BadParameters that names the option."""
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise BadParameters(
            f"{option}: {pattern!r} is not a regular expression: {error}",
            "Correct it. Write a backslash before a dot or plus that stands for itself",
        ) from error


def regexes(patterns: Iterable[str], option: str) -> Callable[[str], bool]:
    """A function that tells whether one of the regular expressions is found in a text, regardless of case.

    Raises BadParameters that names the option.
    """
    compiled = [compile_regex(pattern, option) for pattern in patterns]
    return lambda text: found_in(compiled, text or "")


def _aor(patterns: Any, option: str) -> Callable[[Dict[str, Any]], bool]:
    """A pattern with @ is about the whole AOR, one without about its user."""
    whole = globs([pattern for pattern in patterns if "@" in pattern])
    user = globs([pattern for pattern in patterns if "@" not in pattern])
    return lambda contact: whole(contact["aor"]) or user(contact["user"])


def _aor_regex(patterns: Any, option: str) -> Callable[[Dict[str, Any]], bool]:
    matches = regexes(patterns, option)
    return lambda contact: matches(contact["aor"])


def _domain(names: Any, option: str) -> Callable[[Dict[str, Any]], bool]:
    wanted = set(map(normal_host, names))
    return lambda contact: normal_host(contact["domain"] or "") in wanted


def _user_agent(patterns: Any, option: str) -> Callable[[Dict[str, Any]], bool]:
    matches = regexes(patterns, option)
    return lambda contact: matches(contact["user_agent"])


def _contact(patterns: Any, option: str) -> Callable[[Dict[str, Any]], bool]:
    matches = globs(patterns)
    return lambda contact: matches(contact["contact"])


def _socket(names: Any, option: str) -> Callable[[Dict[str, Any]], bool]:
    matches = globs(names)
    return lambda contact: matches(contact["socket"])


def _network(texts: Any, option: str) -> Callable[[Dict[str, Any]], bool]:
    networks = []
    for text in texts:
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            raise BadParameters(
                f"{option}: {text!r} is not a network: {error}", "Write it like 192.0.2.0/24"
            ) from error
    return lambda contact: any(address in network for address in addresses_of(contact) for network in networks)


def addresses_of(contact: Dict[str, Any]) -> Iterable[Any]:
    """Where a contact is: of where its REGISTER came from, and of its URI."""
    found = []
    for text in (contact["received"], contact["contact"]):
        if not text:
            continue
        try:
            found.append(ipaddress.ip_address(parse_uri(text).host.strip("[]")))
        except (SipError, ValueError, AttributeError):
            continue
    return found


_COMPILERS = {
    "aor": _aor,
    "aor_regex": _aor_regex,
    "domain": _domain,
    "user_agent": _user_agent,
    "contact": _contact,
    "network": _network,
    "socket": _socket,
}
