# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Where a SIP request is sent: a transport, a host and a port, as OpenSIPS writes its sockets."""

import re
from typing import NamedTuple

from ansible_collections.community.opensips.plugins.module_utils._ua.errors import BadTarget

TRANSPORTS = ("udp", "tcp", "tls")
_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
_TARGET = re.compile(r"(?:([A-Za-z_]+):)?(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]/@]+)(?::([0-9]{1,5}))?\Z")
_ADDRESS = re.compile(r"[0-9.]+\Z")
_HINT = "Write it as udp:192.0.2.1:5060, tcp:192.0.2.1 or tls:[2001:db8::1]:5061"
# A server that listens on these listens on the loopback address, too
_ANY = {"0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "::": "::1"}  # nosec B104 - compared, not bound


class Target(NamedTuple):
    """transport: udp, tcp or tls. host: a name or an address, an IPv6 one without brackets. port: int.

    is_domain: whether the SRV records of host name the servers, and their ports. Without any, host and port count.
    """

    transport: str
    host: str
    port: int
    is_domain: bool = False

    def __str__(self) -> str:
        return f"{self.transport}:{self.hostport}"

    @property
    def hostport(self) -> str:
        """Host and port as they stand in a URI (str); a domain has no port."""
        return self.host if self.is_domain else f"{bracketed(self.host)}:{self.port}"

    @property
    def uri(self) -> str:
        """The SIP URI of the target itself (str)."""
        return f"sip:{self.hostport}" + ("" if self.transport == "udp" else f";transport={self.transport}")

    @property
    def reachable(self) -> "Target":
        """The same target, with a loopback address in place of one that stands for all addresses."""
        return self._replace(host=_ANY.get(self.host, self.host))


def bracketed(host: str) -> str:
    """A host as it stands in a URI: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def parse(text: str, may_be_domain: bool = False) -> Target:
    """The Target that text names; UDP and the transport's own port by default. Raises BadTarget.

    may_be_domain: whether a name with a dot and without a port is a domain.
    """
    match = _TARGET.match(text)
    if match is None:
        raise BadTarget(f"{text!r} is not a socket", _HINT)
    transport = (match.group(1) or "udp").lower()
    if transport not in TRANSPORTS:
        raise BadTarget(f"{text!r} has the transport {transport}", f"Use {', '.join(TRANSPORTS)}")
    port = int(match.group(3) or _PORTS[transport])
    if not 0 < port < 65536:
        raise BadTarget(f"{text!r} has the port {port}", "Use a port from 1 to 65535")
    host = match.group(2).strip("[]")
    return Target(transport, host, port, may_be_domain and not match.group(3) and _is_domain(host))


def _is_domain(host: str) -> bool:
    return "." in host.rstrip(".") and ":" not in host and _ADDRESS.match(host) is None
