# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""In what sources differ: the memories of nodes, a table, a snapshot. Nothing here asks a server, or knows Ansible.

A source has, for each kind of thing, entries: plain mappings. Some of their names identify an entry, the others are values. A
value that a source cannot tell is not in its entries, so None is a value as any other.
"""

from collections import Counter, OrderedDict
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

# What is wrong with a thing: some sources do not have it, or its values differ
ABSENT, DIFFERENT = "absent", "different"
OUTCOMES = (ABSENT, DIFFERENT)

# What a source has of a thing that ABSENT is about
IS_PRESENT, IS_ABSENT = "present", "absent"


class Difference(NamedTuple):
    """One thing, or one value of it, in which sources differ.

    kind: such as dispatcher. key: {name: value} that identifies the thing. field: the name of the value, None if the thing
    itself is missing. outcome: ABSENT or DIFFERENT. variants: list of {value, sources}, the one that most sources have first.
    minority: the sources that do not have that one; empty if no value is in more sources than each other one.
    """

    kind: str
    key: Dict[str, Any]
    field: Optional[str]
    outcome: str
    variants: List[Dict[str, Any]]
    minority: List[str]

    def plain(self) -> Dict[str, Any]:
        """The same as plain data."""
        return {
            "kind": self.kind,
            "key": dict(self.key),
            "field": self.field,
            "outcome": self.outcome,
            "variants": [dict(value, sources=list(value["sources"])) for value in self.variants],
            "minority": list(self.minority),
        }


def differences(
    kind: str, names: Sequence[str], sources: "Dict[str, List[Dict[str, Any]]]", ignored: Sequence[str] = ()
) -> Iterator[Difference]:
    """Yield the differences between sources, in the order of the entries.

    names: those that identify an entry. sources: {name of the source: list of entries}. ignored: names of values that are not
    compared.
    """
    indexed = OrderedDict((source, _by_key(names, entries)) for source, entries in sources.items())
    for key in _ordered(indexed.values()):
        thing = {name: value for name, value in zip(names, key) if value is not None}
        if key[-1]:
            # several things have the same key: the second one and further ones are told apart by their number
            thing["number"] = key[-1] + 1
        found = {source: entries.get(key) for source, entries in indexed.items()}
        lacking = [source for source, entry in found.items() if entry is None]
        if lacking:
            words = {source: IS_ABSENT if entry is None else IS_PRESENT for source, entry in found.items()}
            yield _difference(kind, thing, None, ABSENT, words)
        there = {source: entry for source, entry in found.items() if entry is not None}
        for field in _fields(there.values(), names, ignored):
            values = {source: entry[field] for source, entry in there.items() if field in entry}
            if len({_hashable(value) for value in values.values()}) > 1:
                yield _difference(kind, thing, field, DIFFERENT, values)


def _by_key(names: Sequence[str], entries: "List[Dict[str, Any]]") -> "Dict[Tuple[Any, ...], Dict[str, Any]]":
    """{values of names, and how many entries before have the same: entry}"""
    count: Dict[Tuple[Any, ...], int] = Counter()
    indexed = OrderedDict()
    for entry in entries:
        key = tuple(_hashable(entry.get(name)) for name in names)
        indexed[key + (count[key],)] = entry
        count[key] += 1
    return indexed


def _ordered(indexes: Any) -> "List[Tuple[Any, ...]]":
    keys = dict.fromkeys(key for index in indexes for key in index)
    return sorted(keys, key=lambda key: [(value is not None, _numbers_first(value)) for value in key])


def _numbers_first(value: Any) -> Tuple[bool, Any, str]:
    is_number = isinstance(value, (int, float))
    return not is_number, value if is_number else 0, "" if is_number else str(value)


def _fields(entries: Any, names: Sequence[str], ignored: Sequence[str]) -> List[str]:
    left_out = set(names) | set(ignored)
    return [name for name in dict.fromkeys(name for entry in entries for name in entry) if name not in left_out]


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(sorted((name, _hashable(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return tuple(_hashable(inner) for inner in value)
    # True is 1 for a dict
    return ("bool", value) if isinstance(value, bool) else value


def _difference(
    kind: str, key: Dict[str, Any], field: Optional[str], outcome: str, values: Dict[str, Any]
) -> Difference:
    groups: Dict[Any, Dict[str, Any]] = OrderedDict()
    for source, value in values.items():
        group = groups.setdefault(_hashable(value), {"value": value, "sources": []})
        group["sources"].append(source)
    ranked = sorted(groups.values(), key=lambda group: -len(group["sources"]))
    is_even = len(ranked) > 1 and len(ranked[0]["sources"]) == len(ranked[1]["sources"])
    minority = [] if is_even else [source for group in ranked[1:] for source in group["sources"]]
    return Difference(kind, key, field, outcome, ranked, minority)
