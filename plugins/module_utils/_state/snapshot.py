# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Run-time state that a restart loses, as plain data: taken from a server, written to a file and loaded again.

A snapshot is a dict:

format    int   1; a file of another format is refused
opensips  str   version of the server, ``3.6.8``
taken     str   when, in UTC, ``2026-03-14T02:00:00Z``
parts     dict  {name of a part: list of records}, only parts that were read
skipped   dict  {name of a part: why it was not read (str)}

A record is a dict of the part's identity (which thing it is) and values (how it is), see PARTS. Records of dispatcher,
load_balancer, gateways, carriers, media_nodes and registrants have the names that facts give them.

What OpenSIPS does not report cannot be in a snapshot: the lifetime of a cachedb's keys, the bits of branch flags, passwords
of registrants (which are in their table). Contacts are the permanent ones: a phone registers again, and ul_add() could not
make its contact as it was, without Call-ID, Path and address.
"""

import calendar
import collections
import json
import os
import time
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet.sources import MISource, size_of
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ReplyTooLarge,
    ServerError,
    UnknownCommand,
    first_few,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    blacklists,
    cache,
    carriers,
    dispatcher,
    gateways,
    load_balancer,
    log_level,
    media_nodes,
    registrants,
    shared_variables,
    switches,
    trace,
    version,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

FORMAT = 1
# what a file may have: 100,000 contacts or keys take some 20 MB
MOST_BYTES = 256 * 1024 * 1024
_MOST_DIGITS = 20
_MOST_NAMED = 20
_LOCATION = "location"
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_NONE = type(None)
_TEXT, _OPTIONAL_TEXT = (str,), (str, _NONE)
_NUMBER, _OPTIONAL_NUMBER = (int,), (int, _NONE)
_FLAG, _OPTIONAL_FLAG = (bool,), (bool, _NONE)

Record = Dict[str, Any]
Snapshot = Dict[str, Any]


class CacheKeys:
    """Which keys of a cachedb a snapshot has. keys: list of str, each a name or a shell pattern.

    system: such as ``local`` or ``redis:one``. collection: of cachedb_local, where patterns are looked for; None for its default.
    expires: seconds that the keys live after the snapshot, 0 for ever, since OpenSIPS does not report it.
    """

    def __init__(
        self, keys: Sequence[str], system: str = "local", collection: Optional[str] = None, expires: int = 0
    ) -> None:
        self.keys = list(keys)
        self.system = system
        self.collection = collection
        self.expires = expires


class NotTaken(Exception):
    """Why a part, or some of it, cannot be taken. records: the rest of it (list), or None if there is none."""

    def __init__(self, reason: str, records: Optional[List[Record]] = None) -> None:
        super().__init__(reason)
        self.records = records


class Part:
    """One kind of state.

    read: function of a Connection and a CacheKeys or None that returns the records. identity, values: {name: types of it}
    of what says which thing a record is, and how it is. commands: MI commands of which the server must have one.
    secret: names of values that are not to be shown.
    """

    def __init__(
        self,
        read: Callable[[Connection, Optional[CacheKeys]], List[Record]],
        identity: Dict[str, Tuple[type, ...]],
        values: Dict[str, Tuple[type, ...]],
        commands: Sequence[str],
        secret: Sequence[str] = (),
    ) -> None:
        self.read = read
        self.identity = identity
        self.values = values
        self.commands = tuple(commands)
        self.secret = tuple(secret)

    def key(self, record: Record) -> Tuple[Any, ...]:
        """Equal for two records of the same thing."""
        return tuple(record[name] for name in self.identity)

    def order(self, record: Record) -> List[Any]:
        """A sort key of records; None comes first, and numbers count as numbers."""
        return [(part is not None, part if isinstance(part, int) else 0, str(part)) for part in self.key(record)]

    def check(self, record: Any) -> None:
        """Raise ValueError unless a record has all that the part's records have, and nothing else."""
        if not isinstance(record, dict):
            raise ValueError("it is not a mapping")
        types = dict(self.identity, **self.values)
        for name in record:
            if name not in types:
                raise ValueError(f"it has {printable(str(name), most=60)}, which such records do not have")
        for name, allowed in types.items():
            if name not in record:
                raise ValueError(f"{name} is missing")
            # exact types: bool is an int. pylint: disable=unidiomatic-typecheck
            if type(record[name]) not in allowed:
                raise ValueError(f"{name} has the wrong type")


def _dispatcher(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    return _chosen(PARTS["dispatcher"], dispatcher.read(conn, full=False))


def _load_balancer(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    return [
        {
            "id": record["id"],
            "uri": record["uri"],
            "group": record["group"],
            "enabled": record["enabled"],
            "auto_reenable": record["auto_reenable"],
            "resources": {resource["name"]: resource["max"] for resource in record["resources"]},
        }
        for record in load_balancer.read(conn)
    ]


def _gateways(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    return _chosen(PARTS["gateways"], gateways.read(conn))


def _carriers(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    return _chosen(PARTS["carriers"], carriers.read(conn))


def _probing(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    return [{"name": name, "enabled": enabled} for name, enabled in switches.read(conn).items()]


def _media_nodes(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    return _chosen(PARTS["media_nodes"], media_nodes.read_all(conn))


def _registrants(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    return _chosen(PARTS["registrants"], registrants.read(conn))


def _contacts(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    records: List[Record] = []
    doubtful: Dict[Any, str] = {}
    tables = size_of(conn, _LOCATION).tables
    for table in tables or (_LOCATION,):
        source = MISource(conn, table)
        try:
            records += map(_contact, source.contacts(lambda contact: bool(contact["permanent"])))
        except BadParameters:
            if tables:
                raise
            # nothing is counted, and nothing is there: usrloc has no table before a script or a module uses one
            return []
        doubtful.update(source.doubtful)
    if doubtful:
        names = [f"{aor}: {reason}" for aor, reason in doubtful.items()]
        raise NotTaken(f"The contacts of some AORs cannot be read: {first_few(names, _MOST_NAMED)}", records)
    return records


def _contact(found: Record) -> Record:
    return {
        "location_table": found["table"],
        "aor": found["aor"],
        "contact": found["contact"],
        "q": found["q"],
        "flags": found["flags"],
        "methods": None if found["methods"] is None else list(found["methods"]),
        "branch_flags": None if found["cflags"] is None else list(found["cflags"]),
    }


def _cache(conn: Connection, keys: Optional[CacheKeys]) -> List[Record]:
    if keys is None or not keys.keys:
        raise NotTaken("cache_keys names no keys")
    names = [key for key in keys.keys if not cache.is_pattern(key)]
    reason = None
    try:
        names += cache.matching(conn, keys.system, filter(cache.is_pattern, keys.keys), keys.collection, "cache_system")
    except cache.NotListed as error:
        reason = error
    # one by one, because a list has keys that have run out, too
    found = cache.read(conn, keys.system, dict.fromkeys(names), "cache_system")
    records = [
        {"system": keys.system, "key": name, "value": value, "expires": keys.expires}
        for name, value in found.items()
        if value is not None
    ]
    if reason is not None:
        raise NotTaken(str(reason), records)
    return records


def _log_level(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    found = log_level.read(conn)
    # the level of most processes counts as that of all, because not every version has the same processes
    levels = collections.Counter(process["log_level"] for process in found["processes"])
    common = levels.most_common(1)[0][0] if levels else found["log_level"]
    records = [_level("all", level=common)]
    records += [
        _level("process", process["type"], number, level=process["log_level"])
        for number, process in numbered(found["processes"])
        if process["log_level"] != common
    ]
    if found["xlog_level"] is not None:
        records.append(_level("xlog", level=found["xlog_level"]))
    for consumer in found["consumers"]:
        records.append(
            _level("consumer", consumer["name"], level_filter=consumer["level_filter"], muted=consumer["muted"])
        )
    return records


def numbered(processes: Iterable[Record]) -> Iterator[Tuple[int, Record]]:
    """(number, process) of each of the processes, counted from 1 among those of its type: a process has another pid after a restart."""
    counts: Dict[Any, int] = {}
    for process in processes:
        counts[process["type"]] = number = counts.get(process["type"], 0) + 1
        yield number, process


def _level(
    kind: str,
    name: Optional[str] = None,
    number: Optional[int] = None,
    level: Optional[int] = None,
    level_filter: Optional[int] = None,
    muted: Optional[bool] = None,
) -> Record:
    return {
        "kind": kind,
        "name": name,
        "number": number,
        "log_level": level,
        "level_filter": level_filter,
        "muted": muted,
    }


def _blacklists(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    return [
        {
            "name": record["name"],
            "ip": f"{rule['ip']}/{rule['mask']}",
            "proto": rule["proto"],
            "port": rule["port"],
            "match": rule["match"],
            "except": rule["except"],
            "expires": rule["expires"],
        }
        for record in blacklists.read(conn)
        # of the configuration, so that a restart does not lose them
        if "read-only" not in record["flags"]
        for rule in record["rules"]
    ]


def _trace(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    found = trace.read(conn)
    records = [] if found["enabled"] is None else [{"kind": "global", "id": None, "enabled": found["enabled"]}]
    # an id may have several destinations, and one switch for all of them; what trace_start began has none
    switched: Dict[str, bool] = {}
    for destination in found["destinations"]:
        if not destination["dynamic"]:
            switched[destination["id"]] = switched.get(destination["id"], True) and destination["enabled"]
    return records + [{"kind": "id", "id": name, "enabled": enabled} for name, enabled in switched.items()]


def _shared_variables(conn: Connection, _cache: Optional[CacheKeys]) -> List[Record]:
    return [{"name": name, "value": value} for name, value in shared_variables.read(conn).items()]


def _chosen(part: Part, records: Iterable[Record]) -> List[Record]:
    """The records with the part's names only."""
    names = [*part.identity, *part.values]
    return [{name: record[name] for name in names} for record in records]


# In the order in which they are restored: what lets traffic in comes last
PARTS: Dict[str, Part] = {
    "log_level": Part(
        _log_level,
        {"kind": _TEXT, "name": _OPTIONAL_TEXT, "number": _OPTIONAL_NUMBER},
        {"log_level": _OPTIONAL_NUMBER, "level_filter": _OPTIONAL_NUMBER, "muted": _OPTIONAL_FLAG},
        ["log_level"],
    ),
    "shared_variables": Part(
        _shared_variables, {"name": _TEXT}, {"value": (int, str, _NONE)}, ["shv_get"], secret=["value"]
    ),
    "cache": Part(
        _cache,
        {"system": _TEXT, "key": _TEXT},
        {"value": _TEXT, "expires": _NUMBER},
        ["cache_fetch"],
        secret=["value"],
    ),
    "contacts": Part(
        _contacts,
        {"location_table": _TEXT, "aor": _TEXT, "contact": _TEXT},
        {
            "q": (float, int, _NONE),
            "flags": _OPTIONAL_NUMBER,
            "methods": (list, _NONE),
            "branch_flags": (list, _NONE),
        },
        ["ul_dump"],
    ),
    "blacklists": Part(
        _blacklists,
        {
            "name": _TEXT,
            "ip": _TEXT,
            "proto": _TEXT,
            "port": _OPTIONAL_NUMBER,
            "match": _OPTIONAL_TEXT,
            "except": _FLAG,
        },
        {"expires": _OPTIONAL_NUMBER},
        ["list_blacklists"],
    ),
    "trace": Part(_trace, {"kind": _TEXT, "id": _OPTIONAL_TEXT}, {"enabled": _FLAG}, ["trace"]),
    "registrants": Part(
        _registrants,
        {"aor": _TEXT, "contact": _OPTIONAL_TEXT, "registrar": _OPTIONAL_TEXT},
        {"enabled": _OPTIONAL_FLAG},
        ["reg_list"],
    ),
    "media_nodes": Part(
        _media_nodes,
        {"engine": _TEXT, "set": _OPTIONAL_NUMBER, "url": _TEXT},
        {"enabled": _FLAG},
        ["rtpengine_show", "rtpproxy_show"],
    ),
    "gateways": Part(
        _gateways,
        {"partition": _OPTIONAL_TEXT, "id": _TEXT},
        {"state": _TEXT, "enabled": _FLAG},
        ["dr_gw_status"],
    ),
    "carriers": Part(_carriers, {"partition": _OPTIONAL_TEXT, "id": _TEXT}, {"enabled": _FLAG}, ["dr_carrier_status"]),
    "load_balancer": Part(
        _load_balancer,
        {"id": _NUMBER, "uri": _TEXT, "group": _NUMBER},
        {"enabled": _OPTIONAL_FLAG, "auto_reenable": _OPTIONAL_FLAG, "resources": (dict,)},
        ["lb_list"],
    ),
    "dispatcher": Part(_dispatcher, {"partition": _TEXT, "set": _NUMBER, "uri": _TEXT}, {"state": _TEXT}, ["ds_list"]),
    "probing": Part(_probing, {"name": _TEXT}, {"enabled": _FLAG}, list(switches.COMMANDS.values())),
}


def chosen_parts(names: Optional[Sequence[str]]) -> List[str]:
    """The parts of a list of names, in the order of PARTS; all of them for None."""
    return [name for name in PARTS if names is None or name in names]


def take(
    conn: Connection,
    parts: Optional[Sequence[str]] = None,
    cache_keys: Optional[CacheKeys] = None,
) -> Snapshot:
    """The snapshot of a server. parts: names of PARTS, None for all. Raises what the readers raise, but for what skips a part."""
    snapshot: Snapshot = {
        "format": FORMAT,
        "opensips": version.read(conn)["version"],
        "taken": time.strftime(_MOMENT, time.gmtime()),
        "parts": {},
        "skipped": {},
    }
    for name in chosen_parts(parts):
        try:
            snapshot["parts"][name] = take_part(conn, name, cache_keys)
        except NotTaken as error:
            snapshot["skipped"][name] = printable(str(error))
            if error.records is not None:
                snapshot["parts"][name] = sorted(error.records, key=PARTS[name].order)
        except (ServerError, UnknownCommand, ReplyTooLarge) as error:
            if getattr(error, "is_over_limit", False) or isinstance(error, BadParameters):
                raise
            snapshot["skipped"][name] = printable(str(error))
    return snapshot


def has_part(conn: Connection, name: str) -> bool:
    """Whether the server has the commands of a part."""
    return any(conn.has(command) for command in PARTS[name].commands)


def take_part(conn: Connection, name: str, cache_keys: Optional[CacheKeys] = None) -> List[Record]:
    """The records of one part. Raises UnknownCommand if the server does not have it, NotTaken, and what the readers raise."""
    part = PARTS[name]
    if not has_part(conn, name):
        conn.require(part.commands[0])
    # in an order of their own, because a server has another one after each start
    return sorted(part.read(conn, cache_keys), key=part.order)


def age(snapshot: Snapshot, now: Optional[float] = None) -> float:
    """How long ago a snapshot was taken, in seconds; never less than 0, whatever clocks say."""
    return max(0.0, (time.time() if now is None else now) - _epoch(snapshot["taken"]))


def _epoch(moment: str) -> float:
    """Seconds since 1970 of a moment in UTC. Raises ValueError."""
    return float(calendar.timegm(time.strptime(moment, _MOMENT)))


def text_of(snapshot: Snapshot) -> Iterator[bytes]:
    """A snapshot as JSON, one record a line, so that two files can be compared by their lines."""
    yield b"{"
    for name in ("format", "opensips", "taken", "skipped"):
        yield f"{json.dumps(name)}: {json.dumps(snapshot[name])},\n ".encode("ascii")
    yield b'"parts": {'
    for number, (name, records) in enumerate(snapshot["parts"].items()):
        yield f"{',' if number else ''}\n  {json.dumps(name)}: [".encode("ascii")
        lines = ",".join(f"\n   {json.dumps(record)}" for record in records)
        yield f"{lines}]".encode("ascii")
    yield b"\n }}\n"


def write(snapshot: Snapshot, path: str) -> None:
    """Replace the file at path, mode 0600; either of both is there whole, whatever happens. Raises OSError."""
    safe_file.replace(path, text_of(snapshot))


def load(path: str, option: str = "path") -> Snapshot:
    """The snapshot in a file. Raises BadParameters that names the option (str) with its path."""
    try:
        with os.fdopen(safe_file.open_input(path), "rb") as source:
            data = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadParameters(
            f"{option}: {path} cannot be read: {error.strerror or error}",
            safe_file.remedy(error, "Name a file that opensips_snapshot wrote and that this user may read"),
        ) from error
    try:
        return _checked(data)
    except (ValueError, RecursionError) as error:
        reason = "it nests too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadParameters(
            f"{option}: {path} is not a snapshot: {printable(reason)}", "Name a file that opensips_snapshot wrote"
        ) from None


def _checked(data: bytes) -> Snapshot:
    """The snapshot that data holds. Raises ValueError, RecursionError."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
    try:
        snapshot = json.loads(data.decode("utf-8"), parse_int=_integer)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON (line {error.lineno}: {error.msg})") from None
    if not isinstance(snapshot, dict) or "format" not in snapshot:
        raise ValueError("it has no format")
    if snapshot["format"] != FORMAT or isinstance(snapshot["format"], bool):
        raise ValueError(f"its format is {snapshot['format']!r:.40}, and this collection reads format {FORMAT}")
    for name, kind in (("opensips", str), ("taken", str), ("parts", dict), ("skipped", dict)):
        if not isinstance(snapshot.get(name), kind):
            raise ValueError(f"{name} is missing or has the wrong type")
    _epoch(snapshot["taken"])
    for name, records in snapshot["parts"].items():
        _check_part(name, records)
    return snapshot


def _integer(digits: str) -> int:
    # more than any number of a server; a million digits take minutes
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"it has a number of {len(digits):,} digits")
    return int(digits)


def _check_part(name: str, records: Any) -> None:
    if name not in PARTS:
        raise ValueError(f"it has a part {printable(name, most=60)}; the parts are {', '.join(PARTS)}")
    if not isinstance(records, list):
        raise ValueError(f"{name} is not a list")
    for number, record in enumerate(records, 1):
        try:
            PARTS[name].check(record)
        except ValueError as error:
            raise ValueError(f"{name}: record {number}: {error}") from None
