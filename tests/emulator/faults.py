# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Misbehaviour on demand: what a broken network, proxy or server would do to a reply."""

import re

KINDS = {
    "no_reply": "the command runs, and nothing is answered",
    "slow": "the reply comes late (argument: seconds, default: 1)",
    "garbage": "printable nonsense in place of the reply",
    "non_utf8": "bytes that are not UTF-8 in place of the reply",
    "truncated": "the first half of the reply",
    "wrong_id": "a JSON-RPC reply with another id (other protocols: the reply unchanged)",
    "oversized": "a well-formed reply of many bytes (argument: bytes, default: 67108864; datagrams: 65507)",
    "empty": "no bytes (HTTP: an empty body)",
    "reset": "HTTP: the connection is reset; FIFO: opened and closed; datagram: nothing",
    "http_401": "HTTP status 401 (other transports: garbage)",
    "http_404": "HTTP status 404",
    "http_500": "HTTP status 500",
}

_ALIASES = {
    "nonutf8": "non_utf8",
    "cut": "truncated",
    "http401": "http_401",
    "http404": "http_404",
    "http500": "http_500",
    "silence": "no_reply",
    "delay": "slow",
}

GARBAGE = b"%!PS-Adobe <garbage> ]]} \x01 this is no reply\n"
NON_UTF8 = b"\xff\xfe\x00\x80\xc3\x28 not text \xf0\x28\x8c\xbc\n"


class Fault:
    """One planned fault."""

    __slots__ = ("kind", "argument", "left")

    def __init__(self, kind, argument=None, count=None):
        kind = _ALIASES.get(kind, kind)
        if kind not in KINDS:
            raise ValueError(f"there is no fault {kind!r}. There are: {', '.join(KINDS)}")
        self.kind = kind
        self.argument = argument
        self.left = count  # None: for ever

    @property
    def delay(self):
        return float(self.argument or 1) if self.kind == "slow" else 0.0

    @property
    def status(self):
        return int(self.kind[5:]) if self.kind.startswith("http_") else None


def parse(text):
    """`METHOD=KIND[:ARGUMENT][*COUNT]` -> (method, Fault); the method may be `*`."""
    method, equals, rest = text.partition("=")
    if not equals or not method or not rest:
        raise ValueError("a fault is METHOD=KIND[:ARGUMENT][*COUNT], as ul_dump=slow:2.5*3")
    rest, star, count = rest.partition("*")
    kind, _mark, argument = rest.partition(":")
    return method, Fault(kind, argument or None, int(count) if star else None)


class Faults:
    """The faults of a server, by method; `*` stands for every method."""

    def __init__(self):
        self._by_method = {}
        self.played = {}

    def set(self, method, fault):
        self._by_method[method] = fault

    def clear(self, method=None):
        if method is None:
            self._by_method.clear()
        else:
            self._by_method.pop(method, None)

    def take(self, method):
        """The fault for this request, or None; counts it."""
        if not self._by_method:
            return None
        for key in (method, "*"):
            fault = self._by_method.get(key)
            if fault is None:
                continue
            if fault.left is not None:
                fault.left -= 1
                if fault.left <= 0:
                    del self._by_method[key]
            self.played[fault.kind] = self.played.get(fault.kind, 0) + 1
            return fault
        return None


def _oversized(reply, size):
    """A reply that is well formed and has at least `size` bytes."""
    filler = b"x" * max(0, size - 100)
    if reply.startswith(b"{"):
        ident = re.search(rb'"id":([^{}]*)}$', reply)
        return b'{"jsonrpc":"2.0","result":"' + filler + b'","id":' + (ident.group(1) if ident else b"1") + b"}"
    if reply.startswith(b"<"):
        return (
            b'<?xml version="1.0"?><methodResponse><params><param><value><string>'
            + filler
            + b"</string></value></param></params></methodResponse>"
        )
    lines = (filler[:1000] + b"\n") * (len(filler) // 1001 + 1)
    return b"200 OK\n" + lines + b"\n"


def mangle(fault, reply, limit=None):
    """The bytes to send instead of `reply`; None: nothing at all. `limit`: the most a datagram holds."""
    kind = fault.kind
    if kind == "no_reply":
        return None
    if kind == "garbage" or kind.startswith("http_"):
        return GARBAGE
    if kind == "non_utf8":
        return NON_UTF8
    if kind == "truncated":
        return reply[: len(reply) // 2]
    if kind == "wrong_id":
        return re.sub(rb'"id":[^{}]*}$', b'"id":987654321}', reply)
    if kind == "oversized":
        size = int(fault.argument or 67108864)
        return _oversized(reply, min(size, limit) if limit else size)
    if kind in ("empty", "reset"):
        return b""
    return reply
