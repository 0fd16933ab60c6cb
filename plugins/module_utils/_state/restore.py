# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Bring a server back to a snapshot: what is still there goes through the declarations of _state, the rest is accounted for.

Each part is planned before anything is written: its records are compared with what the server has, and become the wishes of
one or more declarations; records that cannot be one are results at once, with an outcome that says why.

What a server finds out by its own probes is left to it. MI cannot set a gateway or a destination of the load balancer to
what probing makes of it; a destination of the dispatcher that the server now probes was found dead since, so it is not made
active. Things that the server has and the snapshot has not stay as they are.
"""

from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    MIError,
    ReplyTooLarge,
    ServerError,
    UnknownCommand,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    blacklists,
    log_level,
    registrants,
)
from ansible_collections.community.opensips.plugins.module_utils._readers.contact_fields import METHODS
from ansible_collections.community.opensips.plugins.module_utils._state import engine, media_nodes, snapshot
from ansible_collections.community.opensips.plugins.module_utils._state.blacklists import Blacklist
from ansible_collections.community.opensips.plugins.module_utils._state.cache import Cache
from ansible_collections.community.opensips.plugins.module_utils._state.contacts import ALL, Contacts
from ansible_collections.community.opensips.plugins.module_utils._state.dispatcher import Dispatcher
from ansible_collections.community.opensips.plugins.module_utils._state.drouting import Drouting
from ansible_collections.community.opensips.plugins.module_utils._state.load_balancer import LoadBalancer
from ansible_collections.community.opensips.plugins.module_utils._state.log_level import LogLevel
from ansible_collections.community.opensips.plugins.module_utils._state.registrants import Registrants
from ansible_collections.community.opensips.plugins.module_utils._state.shared_variables import SharedVariables
from ansible_collections.community.opensips.plugins.module_utils._state.switches import Switches
from ansible_collections.community.opensips.plugins.module_utils._state.trace import Trace

PLANNED = "planned"
RESTORED = "restored"
UNCHANGED = "unchanged"
MISSING = "missing"
EXPIRED = "expired"
LEFT_ALONE = "left_alone"
UNSUPPORTED = "unsupported"
FAILED = "failed"
NOT_RUN = "not_run"
OUTCOMES = (PLANNED, RESTORED, UNCHANGED, MISSING, EXPIRED, LEFT_ALONE, UNSUPPORTED, FAILED, NOT_RUN)

# What stands for a value that may be a secret, and for one that differs from it
NOT_SHOWN = "VALUE_NOT_SHOWN"
DIFFERS = f"{NOT_SHOWN} (differs)"

Record = Dict[str, Any]
Entry = Dict[str, Any]
# (record, outcome, reason) of a record that no declaration gets
Left = Tuple[Record, str, str]


class Plan:
    """What becomes of one part. pushes: list of Push. left: records that no declaration gets."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pushes: List[Push] = []
        self.left: List[Left] = []

    def leave(self, record: Record, outcome: str, reason: str) -> None:
        """Account for a record that is not restored."""
        self.left.append((record, outcome, reason))

    def wish(self, kind: Any, params: Dict[str, Any], records: List[Record]) -> None:
        """Have a declaration (subclass of engine.State) restore records, if there are any. It may raise BadParameters."""
        if not records:
            return
        push = Push(records)
        self.pushes.append(push)
        try:
            push.state = _Kept(kind(params))
        except BadParameters as error:
            push.error = error


class Push:
    """One declaration for the engine. records: what it restores. result: as engine.push() returns it, once there is one.

    state: the declaration, None if it could not be made. error: what kept it from being pushed, or stopped it.
    """

    def __init__(self, records: List[Record]) -> None:
        self.records = records
        self.state: Optional[_Kept] = None
        self.result: Optional[Dict[str, Any]] = None
        self.error: Optional[MIError] = None
        self.is_planned = True


class _Kept(engine.State):
    """A declaration whose first reading serves twice: for the plan, and for the push that follows."""

    def __init__(self, declaration: engine.State) -> None:
        self._declaration = declaration
        self._found: Any = None
        self._readings = 0
        self.THING = declaration.THING
        self.READS, self.WRITES = declaration.READS, declaration.WRITES
        self.ROUNDS, self.SETTLE = declaration.ROUNDS, declaration.SETTLE
        self.IN_FLIGHT = declaration.IN_FLIGHT

    def read(self, conn: Connection) -> Any:
        self._readings += 1
        if self._readings == 2:
            found, self._found = self._found, None
            return found
        found = self._declaration.read(conn)
        if self._readings == 1:
            self._found = found
        return found

    def items(self, found: Any) -> List[engine.Item]:
        return self._declaration.items(found)

    def requests(self, item: engine.Item) -> Iterable[engine.Request]:
        return self._declaration.requests(item)


class _Place:
    """Where and when a part is restored. conn: Connection. age: seconds since the snapshot was taken."""

    def __init__(self, conn: Connection, age: float) -> None:
        self.conn = conn
        self.age = age

    def present(self, name: str) -> Dict[Any, List[Record]]:
        """{key: records} of a part as the server has it now."""
        found: Dict[Any, List[Record]] = {}
        part = snapshot.PARTS[name]
        for record in snapshot.take_part(self.conn, name):
            found.setdefault(part.key(record), []).append(record)
        return found


def _log_level(plan: Plan, records: List[Record], place: _Place) -> None:
    levels = log_level.read(place.conn)
    pids = {(process["type"], number): process["pid"] for number, process in snapshot.numbered(levels["processes"])}
    names = {"all", *(["xlog"] if levels["xlog_level"] is not None else [])}
    consumers = {consumer["name"] for consumer in levels["consumers"]}
    params: Dict[str, Any] = {"log_level": None, "processes": [], "xlog_level": None, "consumers": []}
    kept = []
    for record in records:
        kind, name = record["kind"], record["name"]
        if kind == "process" and (name, record["number"]) in pids:
            entry = {"pid": pids[name, record["number"]], "type": None, "log_level": record["log_level"]}
            params["processes"].append(entry)
        elif kind == "consumer" and name in consumers:
            params["consumers"].append({key: record[key] for key in ("name", "level_filter", "muted")})
        elif kind in names:
            params["log_level" if kind == "all" else "xlog_level"] = record["log_level"]
        else:
            plan.leave(record, MISSING, "the server has no such process, or no such log level")
            continue
        kept.append(record)
    plan.wish(LogLevel, params, kept)


def _shared_variables(plan: Plan, records: List[Record], place: _Place) -> None:
    present = place.present(plan.name)
    makes_new = place.conn.version >= (3,)
    kept = []
    for record in records:
        if (record["name"],) not in present and not makes_new:
            plan.leave(record, MISSING, "the configuration of the server has no such variable")
        elif record["value"] in (None, ""):
            plan.leave(record, LEFT_ALONE, "it had no value, which shv_set cannot set")
        else:
            kept.append(record)
    plan.wish(SharedVariables, {"variables": kept}, kept)


def _cache(plan: Plan, records: List[Record], place: _Place) -> None:
    for system, keys in _grouped(records, "system").items():
        entries, kept = [], []
        for record in keys:
            left = _seconds_left(record["expires"] or None, place.age)
            if left == 0:
                plan.leave(record, EXPIRED, "its time has run out since")
                continue
            kept.append(record)
            entries.append({"key": record["key"], "value": record["value"], "expires": left, "state": "present"})
        plan.wish(Cache, {"system": system, "entries": entries}, kept)


def _contacts(plan: Plan, records: List[Record], _place: _Place) -> None:
    for table, contacts in _grouped(records, "location_table").items():
        entries = []
        for record in contacts:
            methods = record["methods"]
            if methods is not None and not all(method in METHODS for method in methods):
                raise BadParameters(
                    f"contacts: {record['contact']} of {record['aor']} has a method that OpenSIPS does not know",
                    "Take the snapshot again",
                )
            entries.append(
                {
                    "aor": record["aor"],
                    "contact": record["contact"],
                    "state": "present",
                    "expires": 0,
                    "refresh_below": None,
                    "q": record["q"],
                    "flags": record["flags"],
                    "methods": [ALL] if methods is None else methods,
                }
            )
        plan.wish(Contacts, {"contacts": entries, "exclusive": False, "location_table": table}, contacts)


def _blacklists(plan: Plan, records: List[Record], place: _Place) -> None:
    lists = {found["name"]: found["flags"] for found in blacklists.read(place.conn)}
    for name, rules in _grouped(records, "name").items():
        entries, kept = [], []
        for record in rules:
            flags = lists.get(name)
            left = _seconds_left(record["expires"], place.age)
            if flags is None:
                plan.leave(record, MISSING, "the server has no such blacklist")
            elif "read-only" in flags:
                plan.leave(record, LEFT_ALONE, "the blacklist is read-only")
            elif left == 0:
                plan.leave(record, EXPIRED, "its time has run out since")
            elif left is not None and "expire" not in flags:
                plan.leave(record, LEFT_ALONE, "the blacklist does not have the flag expire any more")
            else:
                kept.append(record)
                entries.append(dict(record, port=record["port"] or 0, expires=left, state="present"))
        plan.wish(Blacklist, {"name": name, "rules": entries, "exclusive": False}, kept)


def _trace(plan: Plan, records: List[Record], place: _Place) -> None:
    present = place.present(plan.name)
    params: Dict[str, Any] = {"enabled": None, "ids": []}
    kept = []
    for record in records:
        if (record["kind"], record["id"]) not in present:
            plan.leave(record, MISSING, "the server has no such trace id")
            continue
        kept.append(record)
        if record["kind"] == "global":
            params["enabled"] = record["enabled"]
        else:
            params["ids"].append({"id": record["id"], "enabled": record["enabled"]})
    plan.wish(Trace, params, kept)


# A registrant of which nothing is said
_REGISTRANT = {name: option.get("default") for name, option in Registrants.OPTIONS["registrants"]["options"].items()}


def _registrants(plan: Plan, records: List[Record], place: _Place) -> None:
    found = registrants.read(place.conn)
    present = {snapshot.PARTS[plan.name].key(record): record for record in found}
    kept, entries = [], []
    for record in records:
        if snapshot.PARTS[plan.name].key(record) not in present:
            plan.leave(record, MISSING, "the server has no such registrant")
        elif record["enabled"] is None:
            plan.leave(record, LEFT_ALONE, "the server of the snapshot did not report whether it is enabled")
        else:
            entry = dict(_REGISTRANT, **record)
            try:
                Registrants({"registrants": [entry]}).items(found)
            except BadParameters as error:
                # the server would switch another one
                plan.leave(record, LEFT_ALONE, error.message)
            else:
                kept.append(record)
                entries.append(entry)
    plan.wish(Registrants, {"registrants": entries}, kept)


def _media_nodes(plan: Plan, records: List[Record], place: _Place) -> None:
    present = place.present(plan.name)
    for name, nodes in _grouped(records, "engine").items():
        takes_set = media_nodes.takes_set(name, place.conn.version)
        entries: Dict[Any, Record] = {}
        kept = []
        for record in nodes:
            alike = [node for node in nodes if node["url"] == record["url"] and node["enabled"] != record["enabled"]]
            if (name, record["set"], record["url"]) not in present:
                plan.leave(record, MISSING, "the server has no such node")
            elif alike and not takes_set:
                plan.leave(record, LEFT_ALONE, "this server can only switch it in all of its sets, which differ")
            else:
                kept.append(record)
                wanted_set = record["set"] if takes_set else None
                entry = {"url": record["url"], "set": wanted_set, "enabled": record["enabled"]}
                entries[record["url"], wanted_set] = entry
        plan.wish(media_nodes.MediaNodes, {"engine": name, "nodes": list(entries.values())}, kept)


def _gateways(plan: Plan, records: List[Record], place: _Place) -> None:
    present = place.present(plan.name)
    # 1.x does not report why a gateway is off
    tells_why = place.conn.version >= (2,)
    entries, kept = [], []
    for record in records:
        now = present.get((record["partition"], record["id"]))
        enabled = record["enabled"]
        if now is None:
            plan.leave(record, MISSING, "the server has no such gateway")
            continue
        if tells_why and record["state"] != "disabled_mi":
            if now[0]["state"] not in ("disabled_mi", record["state"]):
                plan.leave(record, LEFT_ALONE, f"it is {now[0]['state']} now, which the server's probing decides")
                continue
            # what is probing or inactive was not switched off
            enabled = now[0]["state"] == "disabled_mi" or now[0]["enabled"]
            if not enabled:
                plan.leave(record, UNCHANGED, f"it is {now[0]['state']}, as in the snapshot")
                continue
        kept.append(record)
        entries.append({"partition": record["partition"], "id": record["id"], "enabled": enabled})
    plan.wish(Drouting, {"gateways": entries, "carriers": None, "probing": None}, kept)


def _carriers(plan: Plan, records: List[Record], place: _Place) -> None:
    kept = _still_there(plan, records, place, "the server has no such carrier")
    plan.wish(Drouting, {"gateways": None, "carriers": kept, "probing": None}, kept)


def _load_balancer(plan: Plan, records: List[Record], place: _Place) -> None:
    present = place.present(plan.name)
    entries, kept = [], []
    for record in records:
        now = present.get((record["id"], record["uri"], record["group"]))
        if now is None:
            plan.leave(record, MISSING, "the server has no such destination")
            continue
        gone = [name for name in record["resources"] if name not in now[0]["resources"]]
        for name in gone:
            plan.leave(dict(record, resource=name), MISSING, f"the destination has no resource {name} any more")
        entry = {
            "id": record["id"],
            "uri": None,
            "group": None,
            "enabled": _lb_enabled(record, now[0]),
            "resources": {name: limit for name, limit in record["resources"].items() if name not in gone},
        }
        if entry["enabled"] is None and record["enabled"] != now[0]["enabled"]:
            plan.leave(record, LEFT_ALONE, "whether it is enabled, the server's probing decides")
        if entry["enabled"] is not None or entry["resources"]:
            kept.append(record)
            entries.append(entry)
    plan.wish(LoadBalancer, {"destinations": entries}, kept)


def _lb_enabled(record: Record, now: Record) -> Optional[bool]:
    """The wish for a destination, None where probing switched it off, then or now."""
    if record["enabled"]:
        return None if not now["enabled"] and now["auto_reenable"] else True
    return None if record["auto_reenable"] else False


def _dispatcher(plan: Plan, records: List[Record], place: _Place) -> None:
    part = snapshot.PARTS[plan.name]
    present: Dict[Any, List[Record]] = {}
    for record in snapshot.take_part(place.conn, plan.name):
        present.setdefault(_folded(part.key(record)), []).append(record)
    taken: Dict[Any, int] = {}
    for record in records:
        key = _folded(part.key(record))
        taken[key] = taken.get(key, 0) + 1
    kept = []
    for record in records:
        key = _folded(part.key(record))
        now = present.get(key)
        if now is None:
            plan.leave(record, MISSING, "the server has no such destination")
        elif len(now) > 1 or taken[key] > 1:
            plan.leave(record, LEFT_ALONE, "the set has it more than once, and ds_set_state changes only the first one")
        elif record["state"] == "active" and now[0]["state"] == "probing":
            plan.leave(record, LEFT_ALONE, "it is probing now, which the server's probing decides")
        else:
            kept.append(record)
    plan.wish(Dispatcher, {"destinations": kept}, kept)


def _folded(key: Tuple[Any, ...]) -> Tuple[Any, ...]:
    # as ds_set_state compares URIs
    return (*key[:-1], key[-1].lower())


def _probing(plan: Plan, records: List[Record], place: _Place) -> None:
    kept = _still_there(plan, records, place, "the configuration of the server does not use it")
    plan.wish(Switches, {"switches": kept}, kept)


def _still_there(plan: Plan, records: List[Record], place: _Place, reason: str) -> List[Record]:
    """The records whose thing the server still has; the others are left for a reason."""
    part, present = snapshot.PARTS[plan.name], place.present(plan.name)
    kept = []
    for record in records:
        if part.key(record) in present:
            kept.append(record)
        else:
            plan.leave(record, MISSING, reason)
    return kept


def _grouped(records: List[Record], name: str) -> Dict[Any, List[Record]]:
    """{value: records}, of the records' value of a name."""
    groups: Dict[Any, List[Record]] = {}
    for record in records:
        groups.setdefault(record[name], []).append(record)
    return groups


def _seconds_left(expires: Optional[int], age: float) -> Optional[int]:
    """What is left of a lifetime (seconds, None for ever) after an age; 0 if nothing is."""
    return None if expires is None else max(0, int(expires - age))


_PLANNERS: Dict[str, Callable[[Plan, List[Record], _Place], None]] = {
    "log_level": _log_level,
    "shared_variables": _shared_variables,
    "cache": _cache,
    "contacts": _contacts,
    "blacklists": _blacklists,
    "trace": _trace,
    "registrants": _registrants,
    "media_nodes": _media_nodes,
    "gateways": _gateways,
    "carriers": _carriers,
    "load_balancer": _load_balancer,
    "dispatcher": _dispatcher,
    "probing": _probing,
}
# Errors of one part, which keep none of the others back
_OF_PART = (BadParameters, ServerError, UnknownCommand, MalformedReply, ReplyTooLarge)


class Restore:
    """A restore: plan(), then run() unless in check mode, then results().

    conn: Connection. taken: snapshot. parts: names of those to restore, None for all that it has. stopped: MIError that ended run().
    """

    def __init__(self, conn: Connection, taken: snapshot.Snapshot, parts: Optional[Sequence[str]] = None) -> None:
        self._conn = conn
        self._taken = taken
        self._names = [name for name in snapshot.chosen_parts(parts) if name in taken["parts"]]
        self._place = _Place(conn, snapshot.age(taken))
        self.plans: List[Plan] = []
        self.stopped: Optional[MIError] = None

    def plan(self) -> None:
        """Read what the server has, and find out what would be written. Raises errors that concern the server as a whole."""
        for name in self._names:
            plan = Plan(name)
            self.plans.append(plan)
            records = list(self._taken["parts"][name])
            if not records:
                continue
            try:
                _PLANNERS[name](plan, records, self._place)
            except _OF_PART as error:
                plan.left.clear()
                plan.pushes[:] = [_failed(records, error)]
            for push in plan.pushes:
                self._try(push)

    def _try(self, push: Push) -> None:
        if push.state is None:
            return
        try:
            push.result = engine.push(self._conn, push.state, check_mode=True)
        except _OF_PART as error:
            push.error = error

    def run(self) -> None:
        """Write what differs, part after part; one that fails keeps none back, unless the server cannot be asked any more."""
        for push in self._pushes():
            if self.stopped is not None or push.result is None:
                continue
            if push.result["changed"]:
                self._write(push)
            else:
                push.is_planned = False

    def _write(self, push: Push) -> None:
        if push.state is None:
            return

        def set_known(known: Callable[[], Dict[str, Any]]) -> None:
            push.is_planned = False
            self._known = push, known

        try:
            push.result = engine.push(self._conn, push.state, False, set_known)
        except engine.PushFailed as error:
            push.result = error.result
            if not isinstance(error.error, (ServerError, engine.StateNotReached)):
                self.stopped = error.error
        except MIError as error:
            self.stopped = push.error = error
        push.is_planned = False
        self._known = None

    _known: Any = None

    def catch_up(self) -> None:
        """Take into the results what is known of a push that something ended."""
        if self._known is not None:
            push, known = self._known
            push.result = known()

    def _pushes(self) -> Iterator[Push]:
        return (push for plan in self.plans for push in plan.pushes)

    def results(self, check_mode: bool) -> List[Entry]:
        """One entry for each record, part after part."""
        entries: List[Entry] = []
        for plan in self.plans:
            for push in plan.pushes:
                entries += _entries(plan.name, push, check_mode)
            for record, outcome, reason in plan.left:
                entries.append(_left_entry(plan.name, record, outcome, reason))
        return entries


def _failed(records: List[Record], error: MIError) -> Push:
    push = Push(records)
    push.error = error
    return push


def _left_entry(name: str, record: Record, outcome: str, reason: str, error: Optional[MIError] = None) -> Entry:
    identity = {key: record[key] for key in snapshot.PARTS[name].identity}
    return dict(
        identity,
        part=name,
        outcome=outcome,
        changed=False,
        before=None,
        after=None,
        requests=[],
        reason=reason,
        error=error,
    )


def _entries(name: str, push: Push, check_mode: bool) -> Iterator[Entry]:
    if push.result is None:
        outcome = UNSUPPORTED if isinstance(push.error, UnknownCommand) else FAILED
        for record in push.records:
            yield _left_entry(name, record, outcome, str(push.error), push.error)
        return
    secret = snapshot.PARTS[name].secret
    flagged = _flagged(push.records) if name == "contacts" else ()
    for entry in push.result["results"]:
        shown = _without_values(entry, secret) if secret else entry
        outcome = _outcome(entry, push.is_planned, check_mode)
        if outcome == NOT_RUN:
            shown = dict(shown, changed=False, after=shown["before"], requests=[])
        reason = None
        if entry["changed"] and (entry.get("aor"), entry.get("contact")) in flagged:
            reason = "its branch flags are not restored, because no MI command sets them by their names"
        yield dict(shown, part=name, outcome=outcome, reason=reason)


def _flagged(records: List[Record]) -> Any:
    return {(record["aor"], record["contact"]) for record in records if record["branch_flags"]}


def _outcome(entry: Entry, is_planned: bool, check_mode: bool) -> str:
    if entry["error"] is not None:
        return FAILED
    if is_planned:
        return (PLANNED if check_mode else NOT_RUN) if entry["changed"] else UNCHANGED
    if entry["changed"]:
        return RESTORED
    # one whose turn never came
    return NOT_RUN if entry["requests"] else UNCHANGED


def _without_values(entry: Entry, secret: Sequence[str]) -> Entry:
    """A result of the engine without values that may be secrets."""
    before, after = entry["before"], entry["after"]
    differs = before is not None and after is not None and before != after
    error = entry["error"]
    if isinstance(error, engine.StateNotReached):
        # its message has the values
        error = engine.StateNotReached({"value": NOT_SHOWN}, {"value": DIFFERS})
    return dict(
        entry,
        before=_hidden(before, secret, NOT_SHOWN),
        after=_hidden(after, secret, DIFFERS if differs else NOT_SHOWN),
        requests=[dict(request, params=_hidden(request["params"], secret, NOT_SHOWN)) for request in entry["requests"]],
        error=error,
    )


def _hidden(values: Optional[Dict[str, Any]], secret: Sequence[str], shown: str) -> Optional[Dict[str, Any]]:
    if values is None:
        return None
    return {name: shown if name in secret else value for name, value in values.items()}
