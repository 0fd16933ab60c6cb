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

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MIError,
    ServerError,
    first_few,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import OutOfMemory
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

_SHOWN = 20


class Item:
    """One thing of the server, as it is and as it shall be.

    identity: dict that tells which one it is. before, after: dict of what is compared, None where there is, or shall be,
    nothing. given: whatever the declaration's requests() wants to know besides. rank: those of a lower one are written
    first, whatever their place among the results.
    """

    def __init__(self, identity, before, after, given=None, rank=0):
        self.identity = identity
        self.before = before
        self.after = after
        self.given = given
        self.rank = rank

    @property
    def differs(self):
        return self.before != self.after

    @property
    def label(self):
        """The identity as a line of text."""
        return " ".join(str(value) for value in self.identity.values() if value is not None)


class State:
    """What a declaration gives. Its constructor takes the module's parameters and raises BadParameters.

    OPTIONS: the module's argument_spec. RULES: mutually_exclusive and the like, or {}. THING: what an item is, for messages.
    READS, WRITES: the MI commands that it takes; the constructor sets them where that depends on the parameters.
    ROUNDS: how often the writes may be needed until the state shows. SETTLE: seconds until a state may show after its write.
    """

    OPTIONS = {}
    RULES = {}
    THING = "item"
    READS = ()
    WRITES = ()
    ROUNDS = 1
    SETTLE = 0.0

    def read(self, conn):
        """What the server has now, in a form of the declaration's own. Raises what the readers raise."""
        raise NotImplementedError

    def items(self, found):
        """The Items, one for each thing that the user named (and those to remove), given what read() found. Raises BadParameters."""
        raise NotImplementedError

    def requests(self, item):
        """The (method, params) that lead from item.before to item.after, in their order."""
        raise NotImplementedError


class PushFailed(Exception):
    """Not everything is as wanted. result: dict, as push() returns it, of what is."""

    def __init__(self, message, result):
        super().__init__(message)
        self.result = result


class _Entry:
    """What became of an item. sent: whether a request of it went out. answered: whether the server answered one."""

    def __init__(self, item, requests):
        self.item = item
        self.requests = requests
        self.error = None
        self.sent = self.answered = False

    def result(self, after):
        entry = dict(self.item.identity)
        entry.update(
            changed=self.item.before != after,
            before=self.item.before,
            after=after,
            requests=[{"command": method, "params": params} for method, params in self.requests],
        )
        if self.error is not None:
            entry["error"] = printable(str(self.error))
        return entry


def push(conn, state, check_mode, tell=None):
    """Make the server as the State wants it: dict with changed, results and diff.

    tell: called before anything is written, with a function that gives the same as far as it is known then.
    Raises PushFailed when a write was refused or the state does not show, and the errors of reading before anything was written.
    """
    conn.require(*(state.READS + state.WRITES))
    items = state.items(state.read(conn))
    entries = [_Entry(item, list(state.requests(item)) if item.differs else []) for item in items]
    for entry in entries:
        for method, params in entry.requests:
            conn.check(method, params)
    if check_mode or not any(entry.requests for entry in entries):
        return _result(entries, [entry.item.after for entry in entries])
    if tell is not None:
        tell(lambda: _as_sent(entries))
    stopped = _write(conn, entries)
    if stopped is not None and not any(entry.sent for entry in entries):
        # the server is not there: reading would wait for it once more
        raise PushFailed(_say(state, entries, stopped), _as_sent(entries))
    try:
        now = _settled(conn, state, entries)
    except MIError as error:
        raise PushFailed(
            f"{_say(state, entries, stopped)} (and what was written could not be read back: {error})",
            _as_sent(entries),
        ) from error
    # what the declaration does not list any more is gone
    after = [now[_key(entry.item)].before if _key(entry.item) in now else None for entry in entries]
    for entry, each in zip(entries, after):
        if isinstance(entry.error, ServerError) and each == entry.item.after:
            # it came about by itself in between, as when what was to be removed has run out
            entry.error = None
    result = _result(entries, after)
    if any(entry.error for entry in entries) or any(each != entry.item.after for each, entry in zip(after, entries)):
        raise PushFailed(_say(state, entries, stopped, after), result)
    return result


def _as_sent(entries):
    """The result without a look at the server: what went out counts as written."""
    return _result(entries, [entry.item.after if entry.sent else entry.item.before for entry in entries])


def _key(item):
    return tuple(item.identity.items())


def _write(conn, entries):
    """Send the requests, one at a time; one item's refusal does not keep others back. Returns the error that stopped all, or None."""
    turn = []

    def starting(_index):
        turn[0].sent = True

    # call_many(), because it paces by the server's memory: very many contacts would use all of a small one
    for _index, outcome in conn.call_many(_requests(entries, turn), max_in_flight=1, starting=starting):
        entry = turn[0]
        if isinstance(outcome, MIError):
            entry.error = outcome
            if not isinstance(outcome, ServerError) or isinstance(outcome, OutOfMemory):
                entry.sent = outcome.maybe_sent or entry.answered
                return outcome
        entry.answered = True
    return None


def _requests(entries, turn):
    """The requests of each entry, up to one that fails. turn: list that is made to hold the entry whose request is out."""
    for entry in sorted(entries, key=lambda each: each.item.rank):
        turn[:] = [entry]
        for request in entry.requests:
            if entry.error is not None:
                break
            yield request


def _settled(conn, state, entries):
    """{key: Item} as the server has it, after it had time, and further writes where one is not enough."""
    wanted = {_key(entry.item): entry for entry in entries}
    rounds, deadline = state.ROUNDS - 1, time.monotonic() + state.SETTLE
    while True:
        now = {_key(item): item for item in state.items(state.read(conn))}
        late = [item for key, item in now.items() if item.differs and key in wanted and wanted[key].error is None]
        if not late:
            return now
        if rounds > 0:
            rounds -= 1
            for item in late:
                entry = wanted[_key(item)]
                again = _Entry(item, list(state.requests(item)))
                _write(conn, [again])
                entry.requests += again.requests
                entry.error = again.error
        elif time.monotonic() < deadline:
            time.sleep(0.1)
        else:
            return now


def _result(entries, after):
    results = [entry.result(each) for entry, each in zip(entries, after)]
    diff = {"before": {}, "after": {}}
    for entry, result in zip(entries, results):
        if result["changed"]:
            for side in ("before", "after"):
                if result[side] is not None:
                    diff[side][entry.item.label] = result[side]
    return {"changed": any(each["changed"] for each in results), "results": results, "diff": diff}


def _say(state, entries, stopped, after=None):
    """The text of a failure: what was refused, what did not become as wanted, what was not tried."""
    parts = []
    for number, entry in enumerate(entries):
        if entry.error is not None:
            parts.append(f"{state.THING} {entry.item.label}: {entry.error}")
        # what was not sent may have been changed by something else meanwhile
        elif (
            after is not None
            and after[number] != entry.item.after
            and (entry.sent or after[number] != entry.item.before)
        ):
            parts.append(
                f"{state.THING} {entry.item.label} did not become as wanted: wanted {_show(entry.item.after)}, it is {_show(after[number])}"
            )
    text = first_few(parts, _SHOWN)
    if stopped is not None:
        waiting = sum(1 for entry in entries if entry.requests and not entry.sent and entry.error is None)
        text += f"; {waiting} more not tried" if waiting else ""
    return text or "All was written"


def _show(values):
    if values is None:
        return "absent"
    return ", ".join(f"{name} {value}" for name, value in values.items()) or "present"


def unknown(thing, wanted, known, option):
    """The BadParameters for a thing that the server does not have: names the known ones.

    thing: what it is. wanted: str. known: iterable of str. option: the option that named it.
    """
    known = sorted(set(known))
    if not known:
        hint = "The server has none; check its table and reload it"
    else:
        hint = f"The server has {first_few(known, _SHOWN, ', ', ' and {0} more')}"
    return BadParameters(f"{option}: the server has no {thing} {wanted}", hint)


def check_unique(option, keys):
    """Raise BadParameters when two entries of the option's list mean the same thing. keys: one hashable for each entry."""
    seen = {}
    for number, key in enumerate(keys, 1):
        before = seen.setdefault(key, number)
        if before != number:
            shown = " ".join(str(each) for each in key if each is not None) if isinstance(key, tuple) else key
            raise BadParameters(f"Entries {before} and {number} of {option} are the same: {shown}", "Leave one out")
