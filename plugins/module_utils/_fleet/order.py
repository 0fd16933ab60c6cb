# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""In what order phones are sent to, and how many of a group at a time, so that no site restarts as a whole.

A group is a text: a network such as ``192.0.2.0/24``, a domain, or what a regular expression finds in the AOR. Phones
without one have the group None, and are a group of their own.
"""

import collections
import heapq
import ipaddress
import itertools
import re
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, Iterable, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import (
    addresses_of,
    compile_regex,
    rank_of,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._sip.glob import MOST_MATCHED, normal_host
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target

FOUND = "found"
AOR = "aor"
RANDOM = "random"
SPREAD = "spread"
ORDERS = (FOUND, AOR, RANDOM, SPREAD)

_NETWORK = re.compile(r"network(?:/([^/]*))?(?:/([^/]*))?\Z")
# prefix lengths that are used if none is given: {version of IP: (bits, all bits)}
_PREFIXES = {4: (24, 32), 6: (64, 128)}
# an IPv4 address in a URI as nearly all phones write it; a fleet has too many of them to take each apart
_USUAL_URI = re.compile(r"sips?:(?:[A-Za-z0-9_.+-]+@)?([0-9.]+)(?:[:;]|\Z)")
_DIGITS = re.compile("[0-9]+")

GroupOf = Callable[["Target"], Optional[str]]


def grouping(spread_by: Optional[str]) -> GroupOf:
    """A function of a Target that gives its group. spread_by: value of the option, or None: all are one group.

    Raises BadParameters that names the option.
    """
    if spread_by is None:
        return lambda target: None
    if spread_by == "domain":
        return _domain
    if re.match(r"network(/|\Z)", spread_by):
        return _Network(spread_by)
    return _Found(spread_by)


def _domain(target: "Target") -> Optional[str]:
    aor = target.aor or target.contact or ""
    domain = aor.rpartition("@")[2] if "@" in aor else ""
    # of a URI that was given: without its port and parameters
    return normal_host(domain if target.aor else re.split(r"[;?>]", domain)[0].rpartition(":")[0] or domain) or None


class _Network:
    """Groups by the address that a REGISTER came from, else by that of the contact."""

    def __init__(self, spread_by: str) -> None:
        match = _NETWORK.match(spread_by)
        if match is None:
            raise _no_prefix(spread_by)
        self._bits = {
            version: _bits(spread_by, text, *_PREFIXES[version]) for version, text in zip((4, 6), match.groups())
        }
        # {address or text of one: name}; phones behind NAT have the same address
        self._names: Dict[Any, Optional[str]] = {None: None}

    def __call__(self, target: "Target") -> Optional[str]:
        record = target.record or {"received": None, "contact": target.contact}
        usual = _USUAL_URI.match(record["received"] or record["contact"] or "")
        name = None if usual is None else self._usual_name(usual.group(1))
        return name or self._name(next(iter(addresses_of(record)), None))

    def _usual_name(self, text: str) -> Optional[str]:
        if text not in self._names:
            self._names[text] = self._name(_ipv4(text))
        return self._names[text]

    def _name(self, address: Any) -> Optional[str]:
        address = getattr(address, "ipv4_mapped", None) or address
        if address not in self._names:
            network = ipaddress.ip_network((int(address), self._bits[address.version]), strict=False)
            self._names[address] = str(network)
        return self._names[address]


def _ipv4(text: str) -> "Optional[ipaddress.IPv4Address]":
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        return None


def _bits(spread_by: str, text: Optional[str], usual: int, most: int) -> int:
    if text is None:
        return usual
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise _no_prefix(spread_by)
    return int(text)


def _no_prefix(spread_by: str) -> BadParameters:
    return BadParameters(
        f"spread_by {spread_by!r} is not a network",
        "Write network/26 for a prefix length of IPv4 from 1 to 32, and network/26/56 for that of IPv6 from 1 to 128, too",
    )


class _Found:
    """Groups by what a regular expression finds in the AOR: its first group, or all of it."""

    def __init__(self, pattern: str) -> None:
        self._pattern = compile_regex(pattern, "spread_by")
        self._group = 1 if self._pattern.groups else 0

    def __call__(self, target: "Target") -> Optional[str]:
        match = self._pattern.search((target.aor or target.contact or "")[:MOST_MATCHED])
        # case does not matter for the expression
        return (match.group(self._group) or "").lower() or None if match else None


class Spread:
    """How many phones of a group go in one batch. spread_by: value of the option, see grouping(). limit: of phones, or None.

    Raises BadParameters that names the option.
    """

    def __init__(self, spread_by: Optional[str] = None, limit: Optional[int] = None) -> None:
        if limit is not None and limit < 1:
            raise BadParameters(f"spread_limit is {limit}", "Set it to a number of phones, 1 or more")
        self.spread_by = spread_by
        self.limit = limit
        self.group_of = grouping(spread_by)

    def check(self, targets: Sequence["Target"]) -> None:
        """Raise BadParameters if several Targets have no group, none of them."""
        if self.spread_by is None or len(targets) < 2 or any(self.group_of(target) is not None for target in targets):
            return
        name = printable(targets[0].aor or targets[0].contact)
        raise BadParameters(
            f"spread_by {self.spread_by!r} finds no group for any of {len(targets)} phones, such as {name}",
            "Set it to network, to domain if AORs have one, or to a regular expression that is found in the AORs",
        )

    def waiting(self, targets: Iterable["Target"]) -> "Waiting":
        """Targets that wait for the batches."""
        return Waiting(targets, self.group_of, self.limit)

    def summary(self, targets: Iterable["Target"]) -> Optional[Dict[str, int]]:
        """How many groups Targets have, how many phones the largest has, and how many phones have none (dict).

        None if nothing says what a group is.
        """
        if self.spread_by is None:
            return None
        counts = collections.Counter(map(self.group_of, targets))
        ungrouped = counts.pop(None, 0)
        return {"total": len(counts), "largest": max(counts.values(), default=0), "ungrouped": ungrouped}


class Order:
    """Sorts phones. order: one of ORDERS. seed: of the random order (str). spread: Spread.

    name: what the plan of a campaign knows it by. The seed is a part of the selection, which the plan knows anyway.
    """

    def __init__(self, order: str, seed: str, spread: Spread) -> None:
        self._order = order
        self._seed = seed
        self._group_of = spread.group_of
        self.name = f"{SPREAD} {spread.spread_by}" if order == SPREAD else order

    def sort(self, targets: List["Target"]) -> List["Target"]:
        """Targets in this order; those that are equal keep theirs."""
        if self._order == AOR:
            return sorted(targets, key=natural)
        if self._order == RANDOM:
            return sorted(targets, key=lambda target: rank_of(self._seed, target.aor, target.contact))
        return self._spread(targets) if self._order == SPREAD else targets

    def _spread(self, targets: Sequence["Target"]) -> List["Target"]:
        """The groups by turns. One that is twice as large has its turn twice as often, so that it is not left over."""
        groups: Dict[Any, List[Target]] = {}
        for target in targets:
            groups.setdefault(self._group_of(target), []).append(target)
        turns = [
            ((2 * number + 1) / (2.0 * len(members)), place, target)
            for place, members in enumerate(groups.values())
            for number, target in enumerate(members)
        ]
        turns.sort(key=lambda turn: turn[:2])
        return [target for _when, _place, target in turns]


def natural(target: "Target") -> Tuple[str, str]:
    """What to sort a Target by so that numbers in AORs count as such: 2 before 10. URIs are sorted like AORs."""
    text = target.aor or target.contact or ""
    return _DIGITS.sub(_padded, text.lower()), text


def _padded(match: Any) -> str:
    digits = match.group().lstrip("0")
    return f"{len(digits):05d}{digits}"


class Waiting:
    """Phones that wait for their turn, of which each group has a limit.

    targets: in their order. group_of: function that gives the group of one. limit: of phones of a group, or None.
    Groups are asked for only as far as phones are taken: most of a plan waits for later batches.
    """

    def __init__(self, targets: Iterable[Any], group_of: Callable[[Any], Any], limit: Optional[int]) -> None:
        self._targets = list(targets)
        self._group_of = group_of
        self._limit = float("inf") if limit is None else limit
        self._next = 0
        self._counts: Dict[Any, int] = collections.Counter()
        # {group: (place, Target) of those that found it full}, and places of the first ones of groups that have room again
        self._put_off: Dict[Any, Deque[Any]] = {}
        self._again: List[Tuple[int, int, Any]] = []
        self._put_off_count = 0
        # those that were taken, and are full groups' as they are now
        self._later: List[Any] = []

    def __len__(self) -> int:
        return len(self._targets) - self._next + self._put_off_count + len(self._later)

    def put_off(self, target: Any) -> None:
        """Keep one that was taken for a later batch."""
        self._later.append(target)

    def is_full(self, target: Any) -> bool:
        """Whether a phone, as it is now, has to wait since its group has its limit."""
        return self._counts[self._group_of(target)] >= self._limit

    def add(self, target: Any) -> None:
        """Count a phone that is sent to."""
        self._counts[self._group_of(target)] += 1

    def take(self, number: int) -> List[Any]:
        """The next Targets, at most number, so that no group exceeds its limit if all of them are added."""
        taken: List[Any] = []
        room: Dict[Any, int] = collections.Counter()
        self._again = [
            (waiting[0][0], index, group)
            for index, (group, waiting) in enumerate(self._put_off.items())
            if waiting and self._counts[group] < self._limit
        ]
        heapq.heapify(self._again)
        while len(taken) < number:
            target = self._one(room)
            if target is None:
                break
            taken.append(target)
        return taken

    def _one(self, taken: Dict[Any, int]) -> Any:
        """The next Target that fits, or None. taken: {group: number} of this turn."""
        while self._again:
            _place, index, group = heapq.heappop(self._again)
            if self._counts[group] + taken[group] < self._limit:
                waiting = self._put_off[group]
                _place, target = waiting.popleft()
                self._put_off_count -= 1
                taken[group] += 1
                if waiting:
                    heapq.heappush(self._again, (waiting[0][0], index, group))
                return target
        while self._next < len(self._targets):
            place, target = self._next, self._targets[self._next]
            self._next += 1
            group = self._group_of(target)
            if self._counts[group] + taken[group] < self._limit:
                taken[group] += 1
                return target
            self._put_off.setdefault(group, collections.deque()).append((place, target))
            self._put_off_count += 1
        return None

    def batches(self, size: int) -> int:
        """How many batches of a size those need that still wait."""
        if self._limit == float("inf"):
            return -(-len(self) // size)
        put_off = sorted(itertools.chain.from_iterable(self._put_off.values()), key=lambda pair: pair[0])
        left = [target for _place, target in put_off] + self._targets[self._next :] + self._later
        # nothing is counted as sent, so each turn is a batch; each one's group is asked for once
        others = Waiting(map(self._group_of, left), lambda group: group, int(self._limit))
        count = 0
        while len(others):
            others.take(size)
            count += 1
        return count
