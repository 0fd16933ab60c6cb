# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Events as OpenSIPS sends them (event_datagram, event_jsonrpc, event_stream), and the one shape that they get.

Servers before 3.0, and event_datagram of 3.0, send ``NAME``, then lines ``name::value`` and an empty line. All others send
JSON-RPC 2.0 notifications. On a stream, these follow each other without anything between.

An event record: name (str), params (dict), altered (list of str: names of the params whose text was changed, see safe()).
The params of the events in EVENTS have the same names and types on every version, and None for what a version does not
send. Others are as the server sends them; those without names are a list, ``unnamed``.

Sources: evi/, event_datagram.c, jsonrpc_send.c, stream_send.c, usrloc/udomain.c and ul_evi.c, dispatch.c, drouting.c,
lb_data.c, pike_funcs.c, clusterer_evi.c, sharing_tags.c, dlg_hash.c, mem/, pt_scaling.c, net_tcp.c of 1.11, 2.4, 3.0, 3.1, 3.6, 4.0.
"""

import json
import re
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
from ansible_collections.community.opensips.plugins.module_utils._readers import shape
from ansible_collections.community.opensips.plugins.module_utils._sip.user_agent import parse_user_agent

# a datagram cannot be larger
MOST_BYTES = 65535
# OpenSIPS counts threads, not params; no event of its modules has more than 20
_MOST_PARAMS = 200
_LARGEST = 1 << 63
# what begins a template of Ansible, wherever texts are put together: a brace before another one, or at the end
_BRACE = re.compile(r"\{(?=[{%#]|\Z)")
# it changes which characters begin a template
_HEADER = "#jinja2:"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,127}\Z")
_NO_WORD = re.compile(r"[^A-Za-z0-9_]")
_STRINGS_AND_BRACES = re.compile(rb'["\\{}\[\]]')

Field = Tuple[str, Callable[[Any, str], Any]]


class MalformedEvent(ValueError):
    """What came is no event of OpenSIPS. Users see only how many such things came."""


def _text(value: Any, name: str) -> Optional[str]:
    value = shape.text(value, name)
    return value or None


def _q(value: Any, name: str) -> Optional[float]:
    """usrloc sends q as thousandths, and -1 for none: over UDP of 2.4 as 18446744073709551615."""
    number = shape.integer(value, name)
    return None if number is None or not 0 <= number <= 1000 else number / 1000


def _bytes(value: Any, name: str) -> Optional[int]:
    """The server sends the low 32 bits, and takes the highest for the sign."""
    number = shape.integer(value, name)
    return None if number is None else number % (1 << 32)


def _enabled(value: Any, name: str) -> Optional[bool]:
    return {"enabled": True, "disabled": False}.get(str(value))


def _state(value: Any, name: str) -> Optional[str]:
    state = _text(value, name)
    return state and state.lower().replace(" ", "_")


def _link(value: Any, name: str) -> Optional[str]:
    number = shape.integer(value, name)
    return None if number is None else "up" if number else "down"


def _partition(value: Any, name: str) -> str:
    """The server leaves out the one that is used without partitions."""
    return _text(value, name) or "default"


_INT, _TEXT = shape.integer, _text
_AOR = {"domain": ("table", _TEXT), "aor": ("aor", _TEXT)}  # type: Dict[str, Field]
_CONTACT = dict(
    _AOR,
    uri=("contact", _TEXT),
    received=("received", _TEXT),
    path=("path", _TEXT),
    qval=("q", _q),
    user_agent=("user_agent", _TEXT),
    socket=("socket", _TEXT),
    bflags=("flags", _INT),
    expires=("expires_at", _INT),
    callid=("call_id", _TEXT),
    cseq=("cseq", _INT),
    attr=("attr", _TEXT),
    latency=("latency", _INT),
    shtag=("tag", _TEXT),
)  # type: Dict[str, Field]
_REFRESH = dict(_CONTACT, reason=("reason", _TEXT), req_callid=("request_call_id", _TEXT))  # type: Dict[str, Field]
_STATUS = {
    "partition": ("partition", _TEXT),
    "status": ("state", _state),
    "reason": ("reason", _TEXT),
}  # type: Dict[str, Field]
_SHM = {
    "usage": ("usage", _INT),
    "threshold": ("threshold", _INT),
    "used": ("used", _bytes),
    "size": ("size", _bytes),
}  # type: Dict[str, Field]
_MESSAGE = {
    "cluster_id": ("cluster_id", _INT),
    "src_id": ("node_id", _INT),
    "msg": ("message", _TEXT),
    "tag": ("tag", _TEXT),
}  # type: Dict[str, Field]

# event -> name of a parameter on the wire -> (name in the record, what converts it)
EVENTS = {
    "E_UL_AOR_INSERT": _AOR,
    "E_UL_AOR_DELETE": _AOR,
    "E_UL_CONTACT_INSERT": _CONTACT,
    "E_UL_CONTACT_UPDATE": _CONTACT,
    "E_UL_CONTACT_DELETE": _CONTACT,
    "E_UL_CONTACT_REFRESH": _REFRESH,
    "E_UL_LATENCY_UPDATE": _CONTACT,
    "E_DISPATCHER_STATUS": dict(
        _STATUS, partition=("partition", _partition), group=("set", _INT), address=("uri", _TEXT)
    ),
    "E_LOAD_BALANCER_STATUS": {"group": ("group", _INT), "uri": ("uri", _TEXT), "status": ("enabled", _enabled)},
    "E_DROUTING_STATUS": dict(_STATUS, gwid=("id", _TEXT), address=("address", _TEXT)),
    "E_PIKE_BLOCKED": {"ip": ("ip", _TEXT)},
    "E_CORE_THRESHOLD": {"source": ("source", _TEXT), "time": ("time", _INT), "extra": ("extra", _TEXT)},
    "E_CORE_SHM_THRESHOLD": _SHM,
    "E_CORE_PKG_THRESHOLD": dict(_SHM, pid=("pid", _INT)),
    "E_CLUSTERER_REQ_RECEIVED": _MESSAGE,
    "E_CLUSTERER_RPL_RECEIVED": _MESSAGE,
    "E_CLUSTERER_NODE_STATE_CHANGED": {
        "cluster_id": ("cluster_id", _INT),
        "node_id": ("node_id", _INT),
        "new_state": ("link", _link),
    },
    "E_CLUSTERER_SHARING_TAG_CHANGED": {
        "name": ("tag", _TEXT),
        "cluster": ("cluster_id", _INT),
        "state": ("state", _state),
        "reason": ("reason", _TEXT),
    },
    "E_DLG_STATE_CHANGED": {
        "id": ("id", _TEXT),
        "db_id": ("db_id", _TEXT),
        "callid": ("call_id", _TEXT),
        "from_tag": ("from_tag", _TEXT),
        "to_tag": ("to_tag", _TEXT),
        "old_state": ("old_state", _INT),
        "new_state": ("new_state", _INT),
    },
}  # type: Dict[str, Dict[str, Field]]
_OF_CONTACTS = frozenset(name for name, fields in EVENTS.items() if "user_agent" in fields)


def decode(data: bytes) -> shape.Record:
    """One datagram, or one object of a stream, as an event record. Raises MalformedEvent for anything else."""
    try:
        name, params = _json(data) if data.lstrip()[:1] == b"{" else _lines(data)
        return record(name, params)
    except MalformedEvent:
        raise
    except (MIError, ValueError, RecursionError, OverflowError) as error:
        raise MalformedEvent(str(error) or type(error).__name__) from error


def record(name: str, params: Any) -> shape.Record:
    """The event record of a name and what came with it (dict, list or None)."""
    if not isinstance(name, str) or not _NAME.match(name):
        raise MalformedEvent(f"an event has the name {name!r:.80}")
    given = _given(params)
    fields = EVENTS.get(name)
    values: Dict[str, Any] = {}
    for wire_name, (title, convert) in (fields or {}).items():
        values[title] = convert(given.get(wire_name), wire_name)
    for key, value in given.items():
        if key not in (fields or ()):
            values.setdefault(_word(key), _plain(value, key))
    if name in _OF_CONTACTS:
        values.update(_of_user_agent(values["user_agent"]))
    safe_values = {key: _safe(value) for key, value in values.items()}
    return {
        "name": name,
        "params": safe_values,
        "altered": sorted(key for key, value in values.items() if safe_values[key] != value),
    }


def safe(text: str) -> str:
    """A text in which Ansible finds no template, whatever stands before or behind it.

    Rulebooks hand events to playbooks as extra variables and as arguments, and Ansible evaluates templates in both: a phone
    could run commands on the controller by its User-Agent. A space follows each brace that could begin a template.
    """
    text = _BRACE.sub("{ ", text)
    return f" {text}" if text.startswith(_HEADER) else text


def _safe(value: Any) -> Any:
    if isinstance(value, list):
        return [_safe(item) for item in value]
    return safe(value) if isinstance(value, str) else value


def _given(params: Any) -> Dict[str, Any]:
    """The parameters as dict."""
    if params is None:
        return {}
    if isinstance(params, list):
        params = {"unnamed": params} if params else {}
    params = shape.mapping(params, "params")
    if len(params) > _MOST_PARAMS:
        raise MalformedEvent(f"an event has {len(params)} parameters")
    return params


def _word(key: str) -> str:
    return _NO_WORD.sub("_", key)[:64] or "_"


def _plain(value: Any, name: str) -> Any:
    """A value of a parameter that is not known: text, number, None, or a list of these."""
    if isinstance(value, list) and name == "unnamed":
        if len(value) > _MOST_PARAMS:
            raise MalformedEvent(f"an event has {len(value)} parameters")
        return [_plain(item, "value") for item in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and -_LARGEST <= value < _LARGEST:
        return value
    return shape.number(value, name)


def _of_user_agent(user_agent: Optional[str]) -> Dict[str, Any]:
    """Vendor, model and firmware: None where there is no User-Agent, or it does not tell."""
    found = parse_user_agent(user_agent)
    return {key: (found[key] or None) if user_agent else None for key in ("vendor", "model", "firmware")}


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    """The first of a repeated name counts."""
    found: Dict[str, Any] = {}
    for key, value in pairs:
        # a surrogate alone cannot be written anywhere
        if isinstance(value, str):
            value = value.encode("utf-8", "replace").decode("utf-8")
        found.setdefault(key, value)
    return found


def _json(data: bytes) -> Tuple[Any, Any]:
    found = json.loads(_decoded(data), object_pairs_hook=_unique, parse_constant=_no_constant)
    found = shape.mapping(found, "an event")
    if "method" not in found:
        raise MalformedEvent("an object is no event: it has no method")
    return found["method"], found.get("params")


def _lines(data: bytes) -> Tuple[str, Dict[str, Any]]:
    """event_datagram before 3.1: a value that has a line feed stands in quotes, with a backslash before each quote in it."""
    name, end, rest = _decoded(data).partition("\n")
    if not end:
        raise MalformedEvent("a datagram is no event: it has no line feed")
    named: Dict[str, Any] = {}
    unnamed: List[str] = []
    for key, value in _pairs(rest):
        if key is None:
            unnamed.append(value)
        else:
            named.setdefault(key, value)
    if unnamed:
        named.setdefault("unnamed", unnamed)
    return name, named


def _pairs(text: str) -> Iterator[Tuple[Optional[str], str]]:
    position = 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        key, colons, value = line.partition("::")
        start = position + len(key) + 2 if colons else position
        if text[start : start + 1] == '"':
            quoted = _quoted(text, start)
            if quoted is not None:
                value, end = quoted
                line = value
        if line:
            yield (key, value) if colons else (None, line)
        position = end + 1


_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\n', re.DOTALL)


def _quoted(text: str, start: int) -> Optional[Tuple[str, int]]:
    """(value, position of the line feed behind it) of a value in quotes, or None: without a line feed nothing is quoted."""
    match = _QUOTED.match(text, start)
    if match is None or "\n" not in match.group(1):
        return None
    return match.group(1).replace('\\"', '"'), match.end() - 1


class Splitter:
    """Cuts a stream into its JSON objects. Each byte is looked at once."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self._depth = 0
        self._in_string = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield each object (bytes) that is complete, and what is none. Raises MalformedEvent if one is too large."""
        self._buffer += data
        start = 0
        while True:
            found = _STRINGS_AND_BRACES.search(self._buffer, self._scanned)
            if found is None:
                # it may be one further: what a backslash takes its meaning from has not come yet
                self._scanned = max(self._scanned, len(self._buffer))
                break
            self._scanned = found.end()
            if self._step(found.group()):
                yield bytes(self._buffer[start : self._scanned])
                start = self._scanned
        if start:
            del self._buffer[:start]
            self._scanned -= start
        if len(self._buffer) > MOST_BYTES:
            raise MalformedEvent(f"a stream has more than {MOST_BYTES} bytes that are no event")

    def _step(self, mark: bytes) -> bool:
        """Whether an object ends with this mark."""
        if self._in_string:
            if mark == b"\\":
                self._scanned += 1
            elif mark == b'"':
                self._in_string = False
            return False
        if mark == b'"':
            self._in_string = True
        elif mark in b"{[":
            self._depth += 1
        elif mark in b"}]":
            self._depth = max(0, self._depth - 1)
            return self._depth == 0
        return False
