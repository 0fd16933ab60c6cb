# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the TLS sockets of a server present, against what was pushed.

Which domain a connection gets: one that matches the address exactly hides all that match any. Of these, the SIP domain that the client
names (SNI) decides: exact names first, then patterns, then those that match any (tls_domain.c of 3.6, 4.0). 2.x knows addresses only.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, NamedTuple, Optional, Set

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._tls import material
from ansible_collections.community.opensips.plugins.module_utils._ua import handshake
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import TlsFiles

_ANY = "*"
_AT_A_TIME = 8
# names that one domain is asked for
_NAMES = 16


class CertificateNotPresented(OpensipsError):
    """After the reload, a TLS socket presents another certificate than the one that was pushed."""

    remedy = "Look at the log of the server, and for another domain that matches the same address or SIP domain."


class Expected(NamedTuple):
    """A server domain. addresses: those that it matches, as host:port, or ``*``. sip_domains: the same. certificate: DER, or None."""

    addresses: List[str]
    sip_domains: List[str]
    certificate: Optional[bytes]


class Question(NamedTuple):
    """A handshake: with a target, for a name (str or None)."""

    target: Target
    server_name: Optional[str]


class Sockets(NamedTuple):
    """The TLS sockets of a server. targets: list of Target. are_given: whether they are those of the task. reason: why none is known, or None."""

    targets: List[Target]
    are_given: bool
    reason: Optional[str]


def questions(expected: Expected, sockets: Sockets, claimed: Set[str], by_name: bool) -> List[Question]:
    """The handshakes that show a domain. claimed: addresses that other domains match exactly.

    by_name: whether the server looks at the name that a client asks for.
    """
    found = _targets(expected.addresses, sockets, claimed)
    names = [_server_name(name) for name in expected.sip_domains[:_NAMES]] if by_name else [None]
    return [Question(target, name) for target in found for name in names]


def ask(wanted: List[Question], timeout: float) -> Dict[Question, handshake.Seen]:
    """What each of them shows, several at a time. timeout: seconds for each."""
    unique = list(dict.fromkeys(wanted))
    if not unique:
        return {}
    with ThreadPoolExecutor(min(len(unique), _AT_A_TIME)) as pool:
        seen = pool.map(lambda question: _see(question, timeout), unique)
        return dict(zip(unique, seen))


def entry(question: Question, seen: handshake.Seen, expected: Expected) -> Dict[str, Any]:
    """A handshake as a result shows it: socket, server_name, is_expected, certificate, error."""
    return {
        "socket": str(question.target),
        "server_name": question.server_name,
        "is_expected": None if seen.certificate is None else seen.certificate == expected.certificate,
        "certificate": None if seen.certificate is None else material.describe_der(seen.certificate),
        "error": seen.error,
    }


def is_in_use(entries: List[Dict[str, Any]]) -> Optional[bool]:
    """Whether all sockets that answered present the certificate; None if none did."""
    known = [found["is_expected"] for found in entries if found["is_expected"] is not None]
    return all(known) if known else None


def difference(name: str, entries: List[Dict[str, Any]], certificate: bytes) -> CertificateNotPresented:
    """The error for a domain of which a socket presents something else."""
    wrong = next(found for found in entries if found["is_expected"] is False)
    asked = f" for {wrong['server_name']}" if wrong["server_name"] else ""
    there = wrong["certificate"]
    return CertificateNotPresented(
        f"{wrong['socket']} presents{asked} the certificate {there['subject']} that ends at {there['not_after']} (SHA-256"
        f" {there['sha256'][:16]}…), not the one of the domain {name} ({material.digest(certificate)[:16]}…)",
        "Another domain may match the same address or SIP domain. The log of the server says what it did not load",
    )


def _see(question: Question, timeout: float) -> handshake.Seen:
    return handshake.see(question.target.reachable, timeout, TlsFiles(server_name=question.server_name))


def _targets(addresses: List[str], sockets: Sockets, claimed: Set[str]) -> List[Target]:
    if _ANY in addresses:
        return [target for target in sockets.targets if _place(target) not in claimed]
    if not sockets.are_given:
        return [] if sockets.reason else [_target(place) for place in addresses]
    listed = {_place(target): target for target in sockets.targets}
    return [listed[place] for place in addresses if place in listed] or _named(sockets.targets)


def _target(place: str) -> Target:
    host, _colon, port = place.rpartition(":")
    return Target("tls", host.strip("[]"), int(port))


def _named(sockets: List[Target]) -> List[Target]:
    """The sockets that are given by a name: which address it is, only the server knows."""
    return [target for target in sockets if any(letter.isalpha() for letter in target.host) and ":" not in target.host]


def _place(target: Target) -> str:
    return f"{target.reachable.host}:{target.port}"


def _server_name(pattern: str) -> Optional[str]:
    """A name that a pattern matches; None for any, which is what a client without SNI gets."""
    return None if pattern == _ANY else pattern.replace(_ANY, "any")
