# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A certificate in a file of this host, for the domains of tls.py: the server reports the file, not what is in it.

Certificate records:

subject             str or None   distinguished name, as RFC 4514 writes it: ``CN=sip.example.com,O=Example``
issuer              str or None   distinguished name
subject_alt_names   list or None  ``DNS:sip.example.com``, ``IP:192.0.2.1``, ``URI:sip:example.com``, ``email:a@b``
not_before          str or None   when it begins, ISO 8601 in UTC: ``2026-11-22T03:17:45Z``
not_after           str or None   when it ends, ISO 8601 in UTC
certificate_error   str or None   why the others are None

Of a chain, the first certificate counts: it is the server's own (SSL_CTX_use_certificate_chain_file). Private keys in the
same file are not looked at. Sources: RFC 5280, RFC 7468 (PEM), X.690 (DER).
"""

import binascii
import calendar
import os
import re
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record

# A chain with a key takes some 20 KB
_LARGEST_FILE = 1 << 20
# All forms that OpenSSL reads (pem.h)
_BEGIN = re.compile(b"-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE-----)")
_ATTRIBUTES = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}
_SUBJECT_ALT_NAME = "2.5.29.17"
# tags of X.690
_INTEGER, _OCTETS, _OID, _SEQUENCE, _SET = 0x02, 0x04, 0x06, 0x30, 0x31
_UTC_TIME, _GENERAL_TIME = 0x17, 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_ENCODINGS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1C: "utf-32-be", 0x1E: "utf-16-be"}
_TIME = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z\\Z")
# RFC 4514, 2.4
_SPECIAL = re.compile('([,+"\\\\<>;]|^[ #]| $)')
_EMPTY: Record = dict.fromkeys(
    ("subject", "issuer", "subject_alt_names", "not_before", "not_after", "certificate_error")
)


class NoCertificate(ValueError):
    """What a file has is no certificate that can be read; the text says why."""


class Element(NamedTuple):
    """One value of DER: its tag (int), and its content (bytes)."""

    tag: int
    content: bytes


def absent(reason: str) -> Record:
    """The record of a certificate that cannot be read."""
    return dict(_EMPTY, certificate_error=reason)


def read(path: str) -> Record:
    """The record of the certificate in a file. What is wrong with the file is in certificate_error."""
    if not os.path.isabs(path):
        return absent(f"{path} is relative to a directory that the server does not report")
    try:
        with os.fdopen(safe_file.open_input(path), "rb") as file:
            data = file.read(_LARGEST_FILE)
    except OSError as error:
        return absent(f"{path} cannot be read: {error.strerror}")
    try:
        return parse(data)
    except NoCertificate as error:
        return absent(f"{path}: {error}")


def parse(data: bytes) -> Record:
    """The record of the first certificate in data, which is PEM. Raises NoCertificate."""
    return parse_der(first_der(data))


def parse_der(der: bytes) -> Record:
    """The record of a certificate in DER. Raises NoCertificate."""
    try:
        return _certificate(der)
    except (ValueError, IndexError, OverflowError, StopIteration):
        raise NoCertificate("its certificate is damaged") from None


def read_der(der: bytes) -> Record:
    """The same record. What is wrong with the certificate is in certificate_error."""
    try:
        return parse_der(der)
    except NoCertificate as error:
        return absent(str(error))


def seconds_of(moment: str) -> float:
    """Seconds since 1970 of not_before or not_after."""
    return calendar.timegm(time.strptime(moment, "%Y-%m-%dT%H:%M:%SZ"))


def first_der(data: bytes) -> bytes:
    """The first certificate in data, which is PEM, as DER. Raises NoCertificate."""
    for der in ders(data):
        return der
    raise NoCertificate("it has no certificate in PEM")


def ders(data: bytes) -> Iterator[bytes]:
    """The certificates in data, which is PEM, as DER. Raises NoCertificate."""
    while True:
        begin = _BEGIN.search(data)
        text, end, data = data[begin.end() :].partition(b"-----END " + begin.group(1)) if begin else (b"", b"", b"")
        if not (begin and end):
            return
        try:
            der = binascii.a2b_base64(text)
            # behind the certificate: what it is trusted for
            yield der[: _length(der)] if b"TRUSTED" in begin.group(1) else der
        except (ValueError, IndexError):
            raise NoCertificate("its certificate is damaged") from None


def _certificate(der: bytes) -> Record:
    fields = list(_elements(_first(_first(der, _SEQUENCE), _SEQUENCE)))
    if fields[0].tag == _VERSION:
        del fields[0]
    # serial number, algorithm, issuer, validity, subject, key …
    issuer, validity, subject = fields[2:5]
    begin, end = _elements(validity.content)
    extensions = [field.content for field in fields[6:] if field.tag == _EXTENSIONS]
    return dict(
        _EMPTY,
        subject=_name(subject.content),
        issuer=_name(issuer.content),
        subject_alt_names=_alt_names(extensions[0]) if extensions else [],
        not_before=_moment(begin),
        not_after=_moment(end),
    )


def _elements(data: bytes) -> Iterator[Element]:
    """The values that stand one after the other in data. Raises ValueError, IndexError."""
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            width = length & 0x7F
            length = int.from_bytes(data[position : position + width], "big")
            position += width
        if position + length > len(data):
            raise ValueError("cut short")
        yield Element(tag, data[position : position + length])
        position += length


def _length(data: bytes) -> int:
    """Of the first value in data, with its tag and its length. Raises ValueError, IndexError."""
    width = data[1] & 0x7F if data[1] & 0x80 else 0
    return 2 + width + len(next(_elements(data)).content)


def _first(data: bytes, tag: int) -> bytes:
    """The content of the first value in data, which must have the tag."""
    element = next(_elements(data), None)
    if element is None or element.tag != tag:
        raise ValueError("another tag")
    return element.content


def _name(data: bytes) -> Optional[str]:
    """A distinguished name as RFC 4514 writes it: the last part first."""
    parts = ["+".join(map(_attribute, _elements(part.content))) for part in _elements(data)]
    return ",".join(reversed(parts)) or None


def _attribute(pair: Element) -> str:
    kind, value = _elements(pair.content)
    oid = _oid(kind.content)
    return f"{_ATTRIBUTES.get(oid, oid)}={_escaped(_text(value))}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _text(value: Element) -> str:
    """Text that can be shown: what is no text in its encoding, and control characters, are replaced."""
    found = value.content.decode(_ENCODINGS.get(value.tag, "ascii"), "replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in found)


def _oid(data: bytes) -> str:
    first, rest = data[0], data[1:]
    numbers = [min(first // 40, 2), first - 40 * min(first // 40, 2)]
    number = 0
    for byte in rest:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    return ".".join(map(str, numbers))


def _moment(value: Element) -> str:
    text = value.content.decode("ascii")
    if value.tag == _UTC_TIME:
        # RFC 5280, 4.1.2.5.1
        text = ("19" if text[:2] >= "50" else "20") + text
    match = _TIME.match(text)
    if match is None:
        raise ValueError("no time")
    year, month, day, hour, minute, second = match.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"


def _alt_names(extensions: bytes) -> List[str]:
    for extension in _elements(_first(extensions, _SEQUENCE)):
        oid, *_critical, value = _elements(extension.content)
        if _oid(oid.content) == _SUBJECT_ALT_NAME:
            names = map(_alt_name, _elements(_first(value.content, _SEQUENCE)))
            return [name for name in names if name is not None]
    return []


def _alt_name(name: Element) -> Optional[str]:
    kinds: Dict[int, Any] = {0x81: "email", 0x82: "DNS", 0x86: "URI"}
    if name.tag in kinds:
        return f"{kinds[name.tag]}:{_text(Element(0x16, name.content))}"
    return f"IP:{_address(name.content)}" if name.tag == 0x87 else None


def _address(packed: bytes) -> str:
    import socket

    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
