# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The phones of a fleet, as contacts_file of opensips_facts has them; one of one or several servers."""

from __future__ import annotations

import contextlib
import functools
import gzip
import ipaddress
import json
import os
import stat
import typing as t
import zlib

from ansible_collections.community.opensips.plugins.module_utils._fleet.firmware import FirmwareRules
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import Uri, parse_uri

# bytes of a line: usrloc keeps some kilobytes of a contact at most
_LONGEST_LINE = 1 << 18
# characters of a text of a phone; OpenSIPS keeps 255 of most
_LONGEST_TEXT = 1024
# seconds, some four months: a registration has no more that matters
_LONGEST_TIME = 10_000_000
_TRANSPORTS = frozenset(["udp", "tcp", "tls", "ws", "wss", "sctp"])
# what secure URIs travel over (RFC 3261 section 26.2.2, RFC 7118 section 5.2)
_SECURE = {None: "tls", "udp": "tls", "tcp": "tls", "ws": "wss"}
UNKNOWN = "unknown"
_BY_NAME = "host name"
_PREFIXES = {4: 24, 6: 64}


class PhonesError(ValueError):
    """A file is none of contacts, or no report of phones."""


class Phone:
    """One registered contact. FIELDS says what it has; change, and what is earlier, come from the comparison."""

    __slots__ = FIELDS = (
        "host",
        "aor",
        "contact",
        "user_agent",
        "vendor",
        "model",
        "firmware",
        "compliance",
        "expected",
        "transport",
        "network",
        "expires",
        "sip_instance",
        "socket",
        "change",
        "earlier_user_agent",
        "earlier_contact",
    )

    def __init__(self, **values: t.Any) -> None:
        for name in self.FIELDS:
            setattr(self, name, values.get(name))

    def row(self) -> list[t.Any]:
        """The values, in the order of FIELDS."""
        return [getattr(self, name) for name in self.FIELDS]


class Source(t.NamedTuple):
    """What is known of a server. contacts, doubtful, seconds: numbers, or None. left_out: {reason: number}. problem: why it was not read."""

    host: str
    file: str | None
    contacts: int | None
    doubtful: int
    left_out: dict[str, int]
    seconds: float | None
    problem: str | None


def source_of(given: t.Any) -> Source:
    """The Source of a mapping: host, file, read (what opensips_facts returned as contacts_file), problem."""
    if not isinstance(given, t.Mapping) or not given.get("host") or not (given.get("file") or given.get("problem")):
        raise PhonesError("A source is a mapping with host, and with file and read, or with problem")
    read = given.get("read") or {}
    lookup = read.get("lookup") or {}
    return Source(
        str(given["host"]),
        None if given.get("problem") else str(given["file"]),
        read.get("contacts"),
        int(read.get("doubtful") or 0),
        dict(read.get("left_out") or {}),
        lookup.get("seconds"),
        None if given.get("problem") is None else str(given["problem"]),
    )


def read(source: Source, rules: FirmwareRules) -> t.Iterator[tuple[Phone, int]]:
    """Yield each phone of a source, with a number that is the same for the same registration on another server."""
    count = 0
    for record in _records(source):
        count += 1
        yield (
            _phone(source.host, record, rules),
            hash((_text(record, "aor"), _text(record, "contact"), _text(record, "call_id"))),
        )
    if source.contacts is not None and count != source.contacts:
        raise PhonesError(
            f"The contacts of {source.host} in {source.file} are not complete: {count} of {source.contacts}"
        )


def open_regular(path: str) -> t.BinaryIO:
    """A file to read, that is neither waited for nor a device."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise PhonesError(f"{path} is not a regular file")
    return open(fd, "rb")


def _records(source: Source) -> t.Iterator[dict[str, t.Any]]:
    path = source.file or ""
    try:
        with contextlib.ExitStack() as stack:
            file: t.Any = stack.enter_context(open_regular(path))
            if path.endswith(".gz"):
                file = stack.enter_context(gzip.open(file))
            left = source.contacts
            # whoever made the file decides how much there is of it
            while left is None or left >= 0:
                line = file.readline(_LONGEST_LINE)
                if not line:
                    return
                left = None if left is None else left - 1
                yield _record(line)
    except (OSError, EOFError, ValueError, zlib.error, RecursionError) as error:
        raise PhonesError(f"The contacts of {source.host} cannot be read from {path}: {error}") from error


def _record(line: bytes) -> dict[str, t.Any]:
    record = json.loads(line)
    if not isinstance(record, dict) or not isinstance(record.get("aor"), str):
        raise ValueError("a line of it is no contact")
    return record


def _text(record: t.Mapping[str, t.Any], name: str) -> str:
    value = record.get(name)
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _phone(host: str, record: t.Mapping[str, t.Any], rules: FirmwareRules) -> Phone:
    contact, received, socket = (_text(record, name) for name in ("contact", "received", "socket"))
    agent = _text(record, "user_agent")
    found = rules.compare(agent or None)
    expires = record.get("expires")
    is_number = isinstance(expires, int) and not isinstance(expires, bool)
    return Phone(
        host=host,
        aor=_text(record, "aor"),
        contact=contact,
        user_agent=agent,
        vendor=found.vendor,
        model=found.model,
        firmware=found.firmware,
        compliance=found.state if rules else None,
        expected=_expected(found.expected),
        transport=transport_of(contact, socket),
        network=network_of(received, contact),
        expires=min(max(expires, 0), _LONGEST_TIME) if is_number else None,
        sip_instance=_text(record, "sip_instance") or None,
        socket=socket,
    )


@functools.lru_cache(maxsize=256)
def _expected(versions: tuple[str, ...]) -> str | None:
    return ", ".join(versions) or None


def transport_of(contact: str, socket: str) -> str:
    """How a phone is reached: by its contact, else by the server's socket that its REGISTER came to."""
    uri = _uri(contact)
    word = uri.param("transport") if uri is not None else None
    word = word.lower() if word and word.lower() in _TRANSPORTS else None
    if uri is not None and uri.scheme == "sips":
        return _SECURE.get(word, word or UNKNOWN)
    if word is None:
        word = socket.partition(":")[0].lower()
    return word if word in _TRANSPORTS else UNKNOWN


def network_of(received: str, contact: str) -> str:
    """The /24 or /64 that a phone is in: where its REGISTER came from, else the host of its contact."""
    for text in (received, contact):
        uri = _uri(text) if text else None
        if uri is not None and uri.host:
            return _network(uri.host)
    return UNKNOWN


@functools.lru_cache(maxsize=4096)
def _network(host: str) -> str:
    try:
        address: t.Any = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return _BY_NAME
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network(f"{str(address).partition('%')[0]}/{_PREFIXES[address.version]}", strict=False))


def _uri(text: str) -> Uri | None:
    try:
        return parse_uri(text)
    except SipError:
        return None
