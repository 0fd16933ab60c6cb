# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event interface: subscriptions, and the events that those who subscribed get over UDP and TCP.

What a server does to itself with TCP, measured on 2.4.11, 3.6.8 and 4.0.1: an event that event_jsonrpc or event_stream cannot
send, because nobody listens, stays in the shared memory for ever (320 bytes on 2.4, 416 on 3.6, 424 on 4.0, of a contact's
event). event_jsonrpc (before 3.1) ends the server with an event that has no parameters.
"""

import json
import socket
import time

from ..errors import MIError
from ..memory import Block, OutOfMemory
from ..tree import array, attributes, node
from . import command

_LEAK = {"2.4": 320, "3.6": 416, "4.0": 424}
_V1 = [
    "E_CORE_THRESHOLD",
    "E_CORE_SHM_THRESHOLD",
    "E_CORE_PKG_THRESHOLD",
    "E_UL_AOR_INSERT",
    "E_UL_AOR_DELETE",
    "E_DISPATCHER_STATUS",
    "E_PIKE_BLOCKED",
]
_V2 = _V1[:5] + [
    "E_UL_CONTACT_INSERT",
    "E_UL_CONTACT_DELETE",
    "E_UL_CONTACT_UPDATE",
    "E_UL_LATENCY_UPDATE",
    "E_DLG_STATE_CHANGED",
    "E_DISPATCHER_STATUS",
    "E_LOAD_BALANCER_STATUS",
    "E_DROUTING_STATUS",
    "E_PIKE_BLOCKED",
]
_V3 = [
    "E_CORE_SR_STATUS_CHANGED",
    "E_CORE_THRESHOLD",
    "E_CORE_SHM_THRESHOLD",
    "E_CORE_PKG_THRESHOLD",
    "E_CORE_PROC_AUTO_SCALE",
    "E_CORE_TCP_DISCONNECT",
    "E_UL_AOR_INSERT",
    "E_UL_AOR_DELETE",
    "E_UL_CONTACT_INSERT",
    "E_UL_CONTACT_UPDATE",
    "E_UL_CONTACT_DELETE",
    "E_UL_CONTACT_REFRESH",
    "E_UL_LATENCY_UPDATE",
    "E_DLG_STATE_CHANGED",
    "E_DISPATCHER_STATUS",
    "E_LOAD_BALANCER_STATUS",
    "E_DROUTING_STATUS",
    "E_PIKE_BLOCKED",
    "E_CORE_LOG",
]
_V4 = _V3[:6] + ["E_PROFILING_SCRIPT", "E_PROFILING_PROC"] + _V3[6:]


def _transports(state):
    """event_stream came in place of event_jsonrpc, which is as old as 2.1."""
    return ("udp", "unix") + (("tcp",) if state.v >= (3, 1) else ("jsonrpc",) if state.v >= (2, 0) else ())


def event_names(state):
    """The events of the modules that every emulated server has, then those of the script and of clusterer."""
    return [*_event_names(state), *state.more_events]


def _event_names(state):
    return _V4 if state.v >= (4, 0) else _V3 if state.v >= (3, 0) else _V2 if state.v >= (2, 0) else _V1


@command("events_list", no_input=True)
def events_list(server, params):
    names = event_names(server.state)
    if server.state.tree:
        return array([node("Event", name, attributes(id=index)) for index, name in enumerate(names)])
    return {"Events": [{"name": name, "id": index} for index, name in enumerate(names)]}


def _purge(state):
    now = time.time()
    for event in list(state.subscribers):
        sockets = state.subscribers[event]
        for name in [name for name, (expire, since) in sockets.items() if expire and since + expire <= now]:
            del sockets[name]
        if not sockets:
            del state.subscribers[event]


@command("subscribers_list", "[event] [socket]")
def subscribers_list(server, params):
    state = server.state
    _purge(state)
    names = event_names(state)
    wanted = params.text("event")
    if wanted is not None and wanted not in names:
        raise MIError(404, "Event not published")
    chosen = [
        (names.index(event), event, sockets) for event, sockets in state.subscribers.items() if wanted in (None, event)
    ]
    chosen.sort()
    if state.tree:
        return array(
            [
                node(
                    "Event",
                    event,
                    attributes(id=index),
                    [
                        node("Subscriber", None, attributes(socket=name, expire=expire))
                        for name, (expire, _since) in sockets.items()
                    ],
                    array=True,
                )
                for index, event, sockets in chosen
            ]
        )
    now = time.time()
    listed = [
        {
            "name": event,
            "id": index,
            "Subscribers": [
                {"socket": name, "expire": expire, "ttl": int(since + expire - now + 0.999)}
                for name, (expire, since) in sockets.items()
            ],
        }
        for index, event, sockets in chosen
    ]
    if wanted is None:
        return {"Events": listed}
    found = listed[0] if listed else {"name": wanted, "id": names.index(wanted), "Subscribers": []}
    target = params.text("socket")
    if target is not None:
        for item in found.pop("Subscribers"):
            if item["socket"] == target:
                return {"Event": dict(found, Subscriber=item)}
        raise MIError(404, "Subscriber does not exist")
    return {"Event": found}


@command("event_subscribe", "event socket [expire]")
def event_subscribe(server, params):
    state = server.state
    event, name = params.text("event"), params.text("socket")
    kind, _colon, rest = name.partition(":")
    if event not in event_names(state) or not rest or kind not in _transports(state):
        raise MIError(400, "Bad parameter" + (" value" if params.rpc else ""))
    expire = params.int("expire", 3600)
    sockets = state.subscribers.setdefault(event, {})
    if expire == 0 and "expire" in params:
        sockets.pop(name, None)
        return
    sockets[name] = (expire, time.time())
    if server.notify not in state.location.listeners:
        state.location.listeners.append(server.notify)


@command("raise_event", "event params ...")
def raise_event(server, params):
    event = params.text("event")
    if event not in event_names(server.state):
        raise MIError(404, "Event not registered")
    _purge(server.state)
    if event not in server.state.subscribers:
        raise MIError(480, "Temporarily Unavailable")
    try:
        fields = json.loads(params.text("params") or "null")
    except ValueError:
        raise MIError(400, "Bad Params") from None
    server.notify.send(event, fields)


def _fields(state, event, aor, contact):
    fields = {} if state.tree else {"domain": "location"}
    fields["aor"] = aor
    if contact is None:
        return fields
    none = "" if state.tree else None
    fields.update(
        uri=contact.uri,
        received=contact.received or none,
        path=contact.path or none,
        qval=int(float(contact.q) * 1000) if contact.q else -1,
    )
    if not state.tree:
        fields["user_agent"] = contact.user_agent
    fields.update(
        socket=contact.socket,
        bflags=0,
        expires=int(contact.expires_at),
        callid=contact.callid,
        cseq=contact.cseq,
        attr=contact.attr,
        latency=0,
    )
    if not state.tree:
        fields["shtag"] = ""
    return fields


class Notifier:
    """Sends events to the sockets that asked for them."""

    def __init__(self, server):
        self.server = server
        self.state = server.state
        self._sock = None
        self._streams = {}  # (host, port) -> socket

    def __call__(self, event, aor, contact):
        if event in self.state.subscribers:
            self.send(event, _fields(self.state, event, aor, contact))

    def send(self, event, fields):
        """fields: dict of the parameters in their order, or None."""
        _purge(self.state)
        if event not in event_names(self.state):
            return
        # the last that subscribed is the first to get it
        for name in reversed(list(self.state.subscribers.get(event, ()))):
            kind, host, port = (name.split(":") + ["", ""])[:3]
            if host.startswith("127.") and port.isdigit():
                (self._datagram if kind == "udp" else self._stream)((host, int(port)), event, fields)

    def _datagram(self, address, event, fields):
        text = _lines(event, fields) if self.state.tree else _json(event, fields, {})
        if self._sock is None:
            self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.sendto(text.encode("utf-8", "surrogateescape"), address)

    def _stream(self, address, event, fields):
        old = self.state.v < (3, 1)
        if old and fields is None:
            self.server.crash(f"event_jsonrpc: {event} has no parameters")
            return
        data = _json(event, fields, {"id": None} if old else {}).encode("utf-8", "surrogateescape")
        try:
            if address not in self._streams:
                self._streams[address] = socket.create_connection(address, 1)
            self._streams[address].sendall(data)
        except OSError:
            stream = self._streams.pop(address, None)
            if stream is not None:
                stream.close()
            self._leak()

    def _leak(self):
        size = _LEAK.get(".".join(map(str, self.state.v[:2])), 400)
        try:
            self.state.memory.take(Block(size, size, 1))
        except OutOfMemory:
            pass

    def close(self):
        for sock in [*self._streams.values(), *([self._sock] if self._sock else [])]:
            sock.close()


def _lines(event, fields):
    lines = [event] + [f"{name}::{_written(value)}" for name, value in (fields or {}).items()]
    return "\n".join(lines) + "\n\n"


def _written(value):
    """As event_datagram before 3.1 writes a value: one with a line feed, such as a SIP message, stands in quotes."""
    if isinstance(value, int):
        return value % (1 << 64)
    text = str(value)
    return '"{}"'.format(text.replace('"', '\\"')) if "\n" in text else text


def _json(event, fields, first):
    found = {**first, "jsonrpc": "2.0", "method": event}
    if fields is not None:
        # 2.4 writes neither received nor path if they are empty
        found["params"] = {
            name: value for name, value in fields.items() if not (first and name in ("received", "path") and not value)
        }
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False)
