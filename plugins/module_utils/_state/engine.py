# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The engine behind all modules that push run-time state: read, compare, write what differs, read back.

A declaration (a subclass of State) says what to read, what is wanted of it, and which requests lead there; everything else,
the order of things, errors, check mode, verification and the result, is here.
"""

import time
from collections.abc import Hashable
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MIError,
    ServerError,
    first_few,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import OutOfMemory
from ansible_collections.community.opensips.plugins.module_utils._mi.urls import MASK

# Things that a message names before it counts the rest
_MOST_NAMED = 20

# dict of what is compared, or None where there is nothing
Values = Any
Request = Tuple[str, Dict[str, Any]]


class Item:
    """One thing of the server, as it is and as it shall be.

    identity: dict that says which one it is, under the names of the module's options. before, after: dict of what is
    compared, None where there is, or shall be, nothing. given: whatever the declaration's requests() needs besides.
    rank: items of a lower one are written first, whatever their place among the results. actions: list of Request that go
    out after the others in any case, and count as a change. secrets: names of parameters that results do not show.
    hint: what to do if the server refuses a request, where its answer does not say it.
    """

    actions: Sequence[Request] = ()
    secrets: Sequence[str] = ()
    hint: Optional[str] = None

    def __init__(self, identity: Dict[str, Any], before: Values, after: Values, given: Any = None, rank: Any = 0):
        self.identity = identity
        # not Values, because declarations know which of their items have any
        self.before: Any = before
        self.after: Any = after
        self.given = given
        self.rank = rank

    @property
    def differs(self) -> bool:
        return bool(self.before != self.after)

    @property
    def label(self) -> str:
        """The identity as a line of text."""
        return " ".join(str(value) for value in self.identity.values() if value is not None)

    @property
    def key(self) -> Hashable:
        """Equal for two Items of the same thing."""
        return tuple(self.identity.items())


class State:
    """What a declaration gives. Its constructor takes the module's parameters, sends nothing and raises BadParameters.

    OPTIONS: the module's argument_spec. RULES: mutually_exclusive and the like, or {}. THING: what an item is, for messages.
    READS, WRITES: the MI commands that it takes; the constructor sets them where that depends on the parameters.
    ROUNDS: how often the writes may be needed until the state shows. SETTLE: seconds until a state may show after its write.
    IN_FLIGHT: requests that may wait for an answer, where each item has one request and their order does not matter.
    """

    OPTIONS: Dict[str, Any] = {}
    RULES: Dict[str, Any] = {}
    THING = "item"
    READS: Tuple[str, ...] = ()
    WRITES: Tuple[str, ...] = ()
    ROUNDS = 1
    SETTLE = 0.0
    IN_FLIGHT = 1

    def __init__(self, params: Dict[str, Any]):
        raise NotImplementedError

    def read(self, conn: Connection) -> Any:
        """What the server has now, in a form of the declaration's own. Raises what the readers raise."""
        raise NotImplementedError

    def items(self, found: Any) -> List[Item]:
        """The Items, one for each thing that the user named (and those to remove), given what read() found. Raises BadParameters."""
        raise NotImplementedError

    def requests(self, item: Item) -> Iterable[Request]:
        """The (method, params) that lead from item.before to item.after, in their order."""
        raise NotImplementedError


class StateNotReached(MIError):
    """The server accepted every request, but still reports another state."""

    remedy = "See whether something else changes the state, and look into the log of the server."
    maybe_sent = True

    def __init__(self, expected: Values, reported: Values):
        super().__init__(
            f"The server reports {_text_of(reported)}, expected {_text_of(expected)}",
            "Something else may have changed it in the meantime: check the log of the server, and run the task again",
        )


class PushFailed(Exception):
    """The server does not have the whole state.

    result: dict, as push() returns it, of what it has. error: MIError, what stopped the task or went wrong first.
    """

    def __init__(self, message: str, result: Dict[str, Any], error: MIError):
        super().__init__(message)
        self.result = result
        self.error = error


class _Entry:
    """What became of an item. sent: whether a request of it went out. answered: whether the server answered one.

    planned: it goes out without check mode.
    """

    def __init__(self, item: Item, requests: List[Request]):
        self.item = item
        self.requests = requests
        self.error: Optional[MIError] = None
        self.sent = self.answered = self.planned = False

    @property
    def has_acted(self) -> bool:
        """Whether its actions went out, or would."""
        return bool(self.item.actions) and (self.sent or self.planned) and self.error is None

    def _masked(self, params: Dict[str, Any]) -> Dict[str, Any]:
        secrets = self.item.secrets
        return {name: MASK if name in secrets and value else value for name, value in params.items()}

    def result(self, after: Values) -> Dict[str, Any]:
        return dict(
            self.item.identity,
            changed=self.item.before != after or self.has_acted,
            before=self.item.before,
            after=after,
            requests=[{"command": method, "params": self._masked(params)} for method, params in self.requests],
            error=self.error,
        )


def push(
    conn: Connection,
    state: State,
    check_mode: bool,
    set_known: Optional[Callable[[Callable[[], Dict[str, Any]]], None]] = None,
) -> Dict[str, Any]:
    """Make the server as the State wants it: dict with changed, results and diff. error in results: MIError or None.

    set_known: called before anything is written, with a function that returns the same as far as it is known then.
    Raises PushFailed when a write was refused or the state does not show, and the errors of reading before anything was written.
    """
    conn.require(*(state.READS + state.WRITES))
    items = state.items(state.read(conn))
    entries = [_Entry(item, [*(state.requests(item) if item.differs else ()), *item.actions]) for item in items]
    for entry in entries:
        for method, params in entry.requests:
            conn.check(method, params)
    if check_mode or not any(entry.requests for entry in entries):
        for entry in entries:
            entry.planned = True
        return _result(entries, [entry.item.after for entry in entries])
    if set_known is not None:
        set_known(lambda: _as_sent(entries))
    stopped = _write(conn, entries, state.IN_FLIGHT)
    if stopped is not None and not any(entry.sent for entry in entries):
        # the server is not there: reading would wait for it once more
        raise PushFailed(_failure_text(state, entries, stopped), _as_sent(entries), stopped)
    try:
        now = _settled(conn, state, entries)
    except MIError as error:
        text = f"{_failure_text(state, entries, stopped)} (what was written could not be read back: {error})"
        raise PushFailed(text, _as_sent(entries), stopped or error) from error
    # what the declaration does not list any more is gone
    after = [now[entry.item.key].before if entry.item.key in now else None for entry in entries]
    for entry, values in zip(entries, after):
        entry.error = _judged(entry, values, stopped is not None)
    result = _result(entries, after)
    errors = [entry.error for entry in entries if entry.error is not None]
    if errors or any(values != entry.item.after for entry, values in zip(entries, after)):
        raise PushFailed(_failure_text(state, entries, stopped), result, stopped or errors[0])
    return result


def _judged(entry: _Entry, after: Values, is_stopped: bool) -> Optional[MIError]:
    """The error of an entry once it was read back."""
    if after == entry.item.after:
        # it came about by itself in between, as when what was to be removed has run out
        return None if isinstance(entry.error, ServerError) and not entry.item.actions else entry.error
    if entry.error is not None:
        return entry.error
    if is_stopped and not entry.sent and after == entry.item.before:
        # it was not tried
        return None
    return StateNotReached(entry.item.after, after)


def _as_sent(entries: List[_Entry]) -> Dict[str, Any]:
    """The result without a look at the server: what went out counts as written."""
    return _result(entries, [entry.item.after if entry.sent else entry.item.before for entry in entries])


def _write(conn: Connection, entries: List[_Entry], in_flight: int = 1) -> Optional[MIError]:
    """Send the requests; one item's refusal does not keep others back. Returns the error that stopped all, or None.

    in_flight: how many may wait for an answer, if the items have one each, and none of them has to come before another.
    """
    waiting = [entry for entry in entries if entry.requests]
    if len({entry.item.rank for entry in waiting}) > 1 or any(len(entry.requests) > 1 for entry in waiting):
        in_flight = 1
    owners: List[_Entry] = []

    def starting(index: int) -> None:
        owners[index].sent = True

    # call_many(), because it paces by the server's memory: very many contacts would use all of a small one
    for index, outcome in conn.call_many(_requests(waiting, owners), max_in_flight=in_flight, starting=starting):
        entry = owners[index]
        if isinstance(outcome, MIError):
            entry.error = _advised(outcome, entry.item.hint)
            if not isinstance(outcome, ServerError) or isinstance(outcome, OutOfMemory):
                entry.sent = outcome.maybe_sent or entry.answered
                for other in owners:
                    if other.sent and not other.answered and other.error is None:
                        # nobody will know what became of it
                        other.error = outcome
                return outcome
        entry.answered = True
    return None


def _advised(error: MIError, hint: Optional[str]) -> MIError:
    """The same error, with a hint if the server's refusal has none."""
    if hint is not None and error.hint is None and isinstance(error, ServerError):
        error.hint = hint
        error.args = (f"{error.message}. {hint}",)
    return error


def _requests(entries: List[_Entry], owners: List[_Entry]) -> Iterator[Request]:
    """The requests of each entry, up to one that fails. owners: list that gets the entry of each request that is taken."""
    for entry in sorted(entries, key=lambda entry: entry.item.rank):
        for request in entry.requests:
            if entry.error is not None:
                break
            owners.append(entry)
            yield request


def _settled(conn: Connection, state: State, entries: List[_Entry]) -> Dict[Hashable, Item]:
    """{key: Item} as the server has it, after it had time, and further writes where one is not enough."""
    wanted = {entry.item.key: entry for entry in entries}
    rounds, deadline = state.ROUNDS - 1, time.monotonic() + state.SETTLE
    while True:
        now = {item.key: item for item in state.items(state.read(conn))}
        late = [item for key, item in now.items() if item.differs and key in wanted and wanted[key].error is None]
        if not late:
            return now
        if rounds > 0:
            rounds -= 1
            for item in late:
                entry = wanted[item.key]
                again = _Entry(item, list(state.requests(item)))
                _write(conn, [again])
                entry.requests += again.requests
                entry.error = again.error
        elif time.monotonic() < deadline:
            time.sleep(0.1)
        else:
            return now


def _result(entries: List[_Entry], after: Sequence[Values]) -> Dict[str, Any]:
    results = [entry.result(values) for entry, values in zip(entries, after)]
    diff: Dict[str, Dict[str, Any]] = {"before": {}, "after": {}}
    for entry, result in zip(entries, results):
        if result["changed"]:
            for side in ("before", "after"):
                if result[side] is not None:
                    diff[side][entry.item.label] = result[side]
    return {"changed": any(result["changed"] for result in results), "results": results, "diff": diff}


def _failure_text(state: State, entries: List[_Entry], stopped: Optional[MIError]) -> str:
    """What was refused, what the server does not have in the end, and how many were not tried."""
    failed = [f"{state.THING} {entry.item.label}: {entry.error}" for entry in entries if entry.error is not None]
    text = first_few(failed, _MOST_NAMED)
    if stopped is not None:
        waiting = sum(1 for entry in entries if entry.requests and not entry.sent and entry.error is None)
        text += f"; {waiting} more not tried" if waiting else ""
    return text or "Everything was written"


def _text_of(values: Values) -> str:
    if values is None:
        return "absent"
    return ", ".join(f"{name} {value}" for name, value in values.items()) or "present"


def unknown(thing: str, wanted: str, known: Iterable[str], option: str) -> BadParameters:
    """The error for a thing that the server does not have: names those that it has.

    thing: what it is. wanted: the one that was named. known: those that the server has. option: the option that named it.
    """
    names = sorted(set(known))
    if names:
        hint = f"It has: {first_few(names, _MOST_NAMED, ', ', ' and {0} more')}"
    else:
        hint = f"It has no {thing} at all: check its table, and reload it"
    return BadParameters(f"{option}: the server has no {thing} {wanted}", hint)


def check_unique(option: str, keys: Iterable[Hashable]) -> None:
    """Raise BadParameters if two entries of the option's list name the same thing. keys: one for each entry."""
    for earlier, number, name in _shared_keys([key] for key in keys):
        raise BadParameters(f"{option}: entries {earlier} and {number} are the same: {name}", "Remove one of them")


def check_apart(option: str, matches: Iterable[Iterable[Hashable]]) -> None:
    """Raise BadParameters if two entries of the option's list match the same thing. matches: for each entry, the keys of what it matches."""
    for earlier, number, name in _shared_keys(matches):
        raise BadParameters(f"{option}: entries {earlier} and {number} both match {name}", "Change one of them")


def _shared_keys(matches: Iterable[Iterable[Hashable]]) -> Iterator[Tuple[int, int, Hashable]]:
    """(number of an entry, number of a later one, the name of a key that both have)"""
    seen: Dict[Hashable, int] = {}
    for number, keys in enumerate(matches, 1):
        for key in keys:
            earlier = seen.setdefault(key, number)
            if earlier != number:
                yield (
                    earlier,
                    number,
                    " ".join(str(part) for part in key if part is not None) if isinstance(key, tuple) else key,
                )
