# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The data of sources, and everything in which they differ.

The data of a source is plain, and can be kept as JSON:

format    int   1; data of another format is refused
opensips  str   version of the server, ``3.6.8``
taken     str   when, in UTC, ``2026-03-14T02:00:00Z``
kinds     dict  {name of a kind: list of entries}, only kinds that were read
skipped   dict  {name of a kind: why it was not read (str)}
"""

import re
import time
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._compare import host
from ansible_collections.community.opensips.plugins.module_utils._compare.differences import (
    OUTCOMES,
    Difference,
    differences,
)
from ansible_collections.community.opensips.plugins.module_utils._compare.kinds import KINDS
from ansible_collections.community.opensips.plugins.module_utils._compare.secrecy import without_secrets
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ReplyTooLarge,
    ServerError,
    UnknownCommand,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import version
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._state.snapshot import PARTS

FORMAT = 1
Data = Dict[str, Any]

# Values that say how an entry was read, and nothing of the thing
_OF_READING = {"modules": ["read_from"]}
_WHERE = {"memory": "in memory", "table": "in the table", "snapshot": "in the snapshot"}
# A hash is long, and only shows that something differs
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_LENGTH_OF_HASH = 12
# What runs down by itself
_OF_TIME = {"blacklists": ["expires"], "cache": ["expires"]}


def all_kinds() -> List[str]:
    """Every kind that can be compared with anything, in the order of results."""
    return list(dict.fromkeys([*KINDS, *PARTS]))


def read(conn: Connection, names: Sequence[str], settings: "host.Settings") -> Data:
    """The data of a server. names: kinds. Kinds that the server cannot tell are skipped; raises what else the readers raise."""
    data: Data = {
        "format": FORMAT,
        "opensips": version.read(conn)["version"],
        "taken": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "kinds": {},
        "skipped": {},
    }
    for name in names:
        try:
            data["kinds"][name] = without_secrets(KINDS[name].read(conn, settings))
        except (ServerError, UnknownCommand, ReplyTooLarge, host.NotHere) as error:
            if getattr(error, "is_over_limit", False):
                raise
            data["skipped"][name] = printable(str(error))
    return data


def checked(name: str, data: Any) -> Data:
    """The data of another node, as it was given. Raises BadParameters that names the option nodes."""
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("kinds"), dict):
        raise BadParameters(
            f"nodes: {printable(str(name), most=60)} is not data that opensips_compare returned",
            "Give it the value data of a result of opensips_compare of this version of the collection",
        )
    for kind, entries in data["kinds"].items():
        if kind not in KINDS or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise BadParameters(
                f"nodes: {printable(str(name), most=60)}: {printable(str(kind), most=60)} is not a list of entries of a known kind",
                f"The kinds are {', '.join(KINDS)}",
            )
    return data


class Ignored:
    """What the user does not want to be compared: kinds, and values of them."""

    def __init__(self, words: Sequence[str], with_states: bool = True) -> None:
        """words: such as ``dispatcher.socket``, or a kind. with_states: whether states are compared. Raises BadParameters."""
        self.kinds = {word for word in words if "." not in word}
        self._values: Dict[str, List[str]] = {}
        for word in words:
            kind, _dot, value = word.partition(".")
            if kind not in all_kinds():
                raise BadParameters(
                    f"ignore: there is no kind {printable(kind, most=60)!r}", f"The kinds are {', '.join(all_kinds())}"
                )
            self._values.setdefault(kind, []).append(value)
        self._with_states = with_states

    def values(self, kind: str) -> List[str]:
        """Names of the values of a kind that are not compared."""
        states = [] if self._with_states or kind not in KINDS else KINDS[kind].states
        return [*self._values.get(kind, ()), *states, *_OF_READING.get(kind, ()), *_OF_TIME.get(kind, ())]


def compare(
    sources: "Dict[str, Dict[str, List[Dict[str, Any]]]]",
    ignored: Ignored,
    keys: "Optional[Dict[str, List[str]]]" = None,
) -> Tuple[List[Difference], Dict[str, Dict[str, int]], Dict[str, str]]:
    """(differences, {kind: {source: number of entries}} of what was compared, {kind: why it was not compared}).

    sources: {name: {kind: entries}}. keys: {kind: names that identify an entry}, those of KINDS if not given.
    """
    keys = keys if keys is not None else {name: kind.key for name, kind in KINDS.items()}
    found: List[Difference] = []
    compared: Dict[str, Dict[str, int]] = {}
    skipped: Dict[str, str] = {}
    for kind, names in keys.items():
        there = {source: kinds[kind] for source, kinds in sources.items() if kind in kinds}
        if len(there) < 2 or kind in ignored.kinds:
            continue
        reason = _not_comparable(kind, there)
        if reason is not None:
            skipped[kind] = reason
            continue
        compared[kind] = {source: len(entries) for source, entries in there.items()}
        found += differences(kind, names, there, ignored.values(kind))
    return found, compared, skipped


def _not_comparable(kind: str, sources: Dict[str, List[Dict[str, Any]]]) -> Optional[str]:
    if kind != "modules":
        return None
    ways = {entry.get("read_from") for entries in sources.values() for entry in entries}
    if len(ways) < 2:
        return None
    partly = sorted(
        source
        for source, entries in sources.items()
        if any(entry.get("read_from") == host.FROM_COMMANDS for entry in entries)
    )
    return f"Only the modules with MI commands are known of {', '.join(partly)}. Run the module there as root, on the host of the server"


def summary(found: Sequence[Difference], compared: Dict[str, Dict[str, int]]) -> Dict[str, Any]:
    """Counts of differences: total, outcomes, kinds (zero included)."""
    return {
        "total": len(found),
        "outcomes": {outcome: sum(1 for one in found if one.outcome == outcome) for outcome in OUTCOMES},
        "kinds": {kind: sum(1 for one in found if one.kind == kind) for kind in compared},
    }


def lines(found: Sequence[Difference]) -> Iterator[str]:
    """Each difference as one line for people."""
    for one in found:
        yield line(one)


def line(one: Difference) -> str:
    """A difference as one line."""
    return f"{one.kind} {label(one.key)}{', ' if one.field else ''}{one.field or ''}: {words(one)}"


def label(key: Dict[str, Any]) -> str:
    """What identifies a thing, as text."""
    return " ".join(f"{name}={text(value)}" for name, value in key.items() if value is not None)


def words(one: Difference) -> str:
    """What differs, as text: the value of each source, the most frequent first."""
    return "; ".join(f"{text(group['value'])} {where(group['sources'])}" for group in one.variants)


def where(sources: Sequence[str]) -> str:
    """Where a value is, as words."""
    return _WHERE.get(sources[0]) or f"on {', '.join(sources)}"


def text(value: Any) -> str:
    """A value in a line."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(text, value)) or "empty"
    if isinstance(value, dict):
        return ", ".join(f"{name}={text(inner)}" for name, inner in value.items()) or "empty"
    words = str(value)
    return words[:_LENGTH_OF_HASH] if _HASH.match(words) else printable(words, most=200)
