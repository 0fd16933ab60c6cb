# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event interface: subscriptions, and the usrloc events sent to UDP subscribers."""

import json
import socket
import time

from ..errors import MIError
from ..tree import array, attributes, node
from . import command

_TRANSPORTS = ("udp", "unix", "tcp", "jsonrpc")
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


def event_names(state):
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
    if event not in event_names(state) or not rest or kind not in _TRANSPORTS:
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
    if params.text("event") not in event_names(server.state):
        raise MIError(404, "Event not registered")


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
    """Sends usrloc events to the UDP sockets that asked for them."""

    def __init__(self, state):
        self.state = state
        self._sock = None

    def __call__(self, event, aor, contact):
        targets = self.state.subscribers.get(event)
        if not targets or event not in event_names(self.state):
            return
        data = self._text(event, _fields(self.state, event, aor, contact)).encode("utf-8", "surrogateescape")
        if self._sock is None:
            self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for name in targets:
            kind, host, port = (name.split(":") + ["", ""])[:3]
            if kind == "udp" and host.startswith("127.") and port.isdigit():
                self._sock.sendto(data, (host, int(port)))

    def _text(self, event, fields):
        if self.state.tree:
            lines = [event] + [
                f"{name}::{value % (1 << 64) if name == 'qval' else value}" for name, value in fields.items()
            ]
            return "\n".join(lines) + "\n\n"
        return json.dumps(
            {"jsonrpc": "2.0", "method": event, "params": fields}, separators=(",", ":"), ensure_ascii=False
        )

    def close(self):
        if self._sock is not None:
            self._sock.close()
