# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The hosts of a domain for SIP over one transport: its SRV records (RFC 3263 section 4.2, RFC 2782).

The standard library looks up addresses only, so the name servers of this host are asked here (RFC 1035, RFC 6891 for long
responses). The transport is given, so no NAPTR records are needed (RFC 3263 section 4.1).
"""

import contextlib
import os
import random
import socket
import struct
import time
from typing import Any, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._ua.errors import CannotResolve

_CONFIGURATION = "/etc/resolv.conf"
_PORT = 53
_NAMES = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
_SRV, _OPT, _IN = 33, 41, 1
_NO_ERROR, _NO_SUCH_NAME = 0, 3
_RESPONSE, _TRUNCATED, _WANTS_RECURSION = 0x8000, 0x0200, 0x0100
_SIZE = 1232
# as the C library does (resolv.conf(5)); seconds for one of the servers
_MOST_SERVERS, _ROUNDS, _PATIENCE = 3, 2, 1.0
_LONGEST_NAME = 255
_NONE = "."


class Record(NamedTuple):
    """priority, weight, port: int. host: str, without the dot at its end; ``.`` for a service that the domain does not have."""

    priority: int
    weight: int
    port: int
    host: str


class Malformed(ValueError):
    """What came is no response to the question."""


def hosts(domain: str, transport: str, deadline: float) -> List[Tuple[str, int]]:
    """(host, port) of each server of a domain, in the order in which to try them; none if the domain has no records.

    deadline: time.monotonic(). Half of the time until then is for this. Raises CannotResolve if the domain does not have the
    service, or is no name.
    """
    name = f"{_NAMES[transport]}.{domain.rstrip('.')}"
    found = in_order(_look_up(name, time.monotonic() + (deadline - time.monotonic()) / 2))
    if [record.host for record in found] == [_NONE]:
        raise CannotResolve(
            f"{domain} has no SIP service over {transport}: so says its SRV record {name}",
            "Use another transport, or add a port to the name",
        )
    return [(record.host, record.port) for record in found if record.host != _NONE]


def in_order(records: List[Record]) -> List[Record]:
    """The records by priority and, within one, by chance: one of twice the weight comes first twice as often (RFC 2782)."""

    def rank(record: Record) -> Tuple[int, float]:
        return record.priority, -(random.random() ** (1 / (record.weight or 0.01)))  # nosec B311 - no secret

    return sorted(records, key=rank)


def _look_up(name: str, deadline: float) -> List[Record]:
    question = _question(name)
    for server in _servers() * _ROUNDS:
        left = min(_PATIENCE, deadline - time.monotonic())
        if left <= 0:
            break
        with contextlib.suppress(OSError, Malformed):
            number = os.urandom(2)
            found = records_in(_ask(server, number + question, left), number + question)
            if found is not None:
                return found
    return []


def _servers() -> List[str]:
    """The addresses of the name servers of this host."""
    try:
        with open(_CONFIGURATION, encoding="utf-8", errors="replace") as file:
            words = [line.split() for line in file]
    except OSError:
        words = []
    return [line[1] for line in words if len(line) > 1 and line[0] == "nameserver"][:_MOST_SERVERS] or ["127.0.0.1"]


def _question(name: str) -> bytes:
    """A question without its number."""
    try:
        labels = [
            label.encode("idna") if not label.startswith("_") else label.encode("ascii") for label in name.split(".")
        ]
    except UnicodeError:
        raise CannotResolve(f"{name.partition('.')[2]} is no name of a host", "Check the name") from None
    encoded = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    if not all(labels) or len(encoded) > _LONGEST_NAME:
        raise CannotResolve(f"{name.partition('.')[2]} is no name of a host", "Check the name")
    head = struct.pack("!HHHHH", _WANTS_RECURSION, 1, 0, 0, 1)
    return head + encoded + struct.pack("!HH", _SRV, _IN) + b"\0" + struct.pack("!HHIH", _OPT, _SIZE, 0, 0)


def _ask(server: str, query: bytes, seconds: float) -> bytes:
    """The response of a name server to a query. Raises OSError."""
    deadline = time.monotonic() + seconds
    with _connected(server, socket.SOCK_DGRAM, seconds) as connection:
        connection.send(query)
        data: bytes = connection.recv(65535)
        while data[:2] != query[:2]:
            data = _received(connection, 65535, deadline)
    if len(data) < 4 or not struct.unpack("!H", data[2:4])[0] & _TRUNCATED:
        return data
    with _connected(server, socket.SOCK_STREAM, seconds) as connection:
        connection.sendall(struct.pack("!H", len(query)) + query)
        (size,) = struct.unpack("!H", _whole(connection, 2, deadline))
        return _whole(connection, size, deadline)


def _whole(connection: Any, size: int, deadline: float) -> bytes:
    """As many bytes of a stream, however slowly they come. Raises OSError, Malformed."""
    data = b""
    while len(data) < size:
        part = _received(connection, size - len(data), deadline)
        if not part:
            raise Malformed
        data += part
    return data


def _received(connection: Any, size: int, deadline: float) -> bytes:
    """What comes until then. Raises OSError."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout
    connection.settimeout(left)
    data: bytes = connection.recv(size)
    return data


def _connected(server: str, kind: int, seconds: float) -> Any:
    family, _kind, protocol, _name, address = socket.getaddrinfo(server, _PORT, 0, kind, 0, socket.AI_NUMERICHOST)[0]
    connection = socket.socket(family, kind, protocol)
    connection.settimeout(seconds)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def records_in(data: bytes, query: bytes) -> Optional[List[Record]]:
    """The SRV records of a response to query, or None if the name server could not answer. Raises Malformed."""
    question = query[12 : query.index(b"\0", 12) + 5]
    if len(data) < 12 or data[:2] != query[:2] or data[12 : 12 + len(question)].lower() != question.lower():
        raise Malformed
    flags, questions, answers = struct.unpack("!HHH", data[2:8])
    if not flags & _RESPONSE or questions != 1:
        raise Malformed
    if flags & 0xF == _NO_SUCH_NAME:
        return []
    return None if flags & 0xF != _NO_ERROR else list(_answers(data, 12 + len(question), answers))


def _answers(data: bytes, start: int, count: int) -> Iterator[Record]:
    for _number in range(count):
        _owner, start = _name(data, start)
        if len(data) < start + 10:
            raise Malformed
        kind, group, _seconds, size = struct.unpack("!HHIH", data[start : start + 10])
        start, end = start + 10, start + 10 + size
        if end > len(data):
            raise Malformed
        if (kind, group) == (_SRV, _IN):
            yield _record(data, start, end)
        start = end


def _record(data: bytes, start: int, end: int) -> Record:
    if end - start < 7:
        raise Malformed
    host, stop = _name(data, start + 6)
    if stop != end:
        raise Malformed
    priority, weight, port = struct.unpack("!HHH", data[start : start + 6])
    return Record(priority, weight, port, host)


def _name(data: bytes, start: int) -> Tuple[str, int]:
    """(the name at a place, where it ends). A pointer leads backwards only, so each name ends (RFC 1035, 4.1.4)."""
    labels: List[str] = []
    end, limit, length = None, start, 0
    while True:
        size = data[start] if start < len(data) else _LONGEST_NAME
        if size >= 0xC0 and start + 1 < len(data):
            end = start + 2 if end is None else end
            start = (size & 0x3F) << 8 | data[start + 1]
            if start >= limit:
                raise Malformed
            limit = start
            continue
        length += size + 1
        if size > 63 or length > _LONGEST_NAME or start + size >= len(data):
            raise Malformed
        if size == 0:
            return ".".join(labels) or _NONE, start + 1 if end is None else end
        labels.append(_label(data[start + 1 : start + 1 + size]))
        start += size + 1


def _label(label: bytes) -> str:
    """A label of a host name."""
    if not all(byte in b"-_" or chr(byte).isalnum() and byte < 128 for byte in label):
        raise Malformed
    return label.decode("ascii")
