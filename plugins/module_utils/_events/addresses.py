# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The IPv4 address of this host to which a server sends its events, and the addresses that may send."""

import ipaddress
import socket
from typing import Any, List, Optional, Sequence
from urllib.parse import urlsplit

from ansible_collections.community.opensips.plugins.module_utils._events.receiver import Network
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

_LOOPBACK = "127.0.0.0/8"


class Addresses:
    """Where events come in.

    options: of the connection (ConnectionOptions). listen_host, advertise_host: str, or None to find them out. accept_from: list
    of str, or None. The attributes have the same names; networks: list of Network. remote: host of the server, or None for one
    that is reached by files. Raises BadParameters that names the option. Nothing is sent.
    """

    def __init__(
        self,
        options: Any,
        listen_host: Optional[str],
        advertise_host: Optional[str],
        accept_from: Optional[Sequence[str]],
    ) -> None:
        self.remote = host_of(options)
        self.listen_host: str = listen_host or own_address(self.remote)
        self.advertise_host: str = advertise_host or self.listen_host
        check_address("listen_host", self.listen_host, True)
        check_address("advertise_host", self.advertise_host, False)
        self.networks = networks(accept_from, self.remote, self.listen_host)


def host_of(options: Any) -> Optional[str]:
    """The host of a server that is not reached by files of this host, or None."""
    if options.host:
        return str(options.host)
    if options.url:
        return urlsplit(str(options.url)).hostname
    return None


def _addresses(host: str) -> List[str]:
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def own_address(remote: Optional[str]) -> str:
    """The IPv4 address of this host that the server can send to. No packet is sent to find it out."""
    if remote is None:
        return "127.0.0.1"
    for address in _addresses(remote):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            try:
                sock.connect((address, 9))
            except OSError:
                continue
            return str(sock.getsockname()[0])
    raise BadParameters(
        f"the server {printable(remote, most=80)} has no IPv4 address that can be reached, and OpenSIPS sends events over IPv4 only",
        "Set listen_host to the IPv4 address of this host that the server can send to, and accept_from to the server's",
    )


def check_address(name: str, address: str, may_be_any: bool) -> None:
    """Raise BadParameters if the option called name is no IPv4 address. may_be_any: whether 0.0.0.0 will do."""
    try:
        parsed = ipaddress.IPv4Address(address)
    except ValueError:
        raise BadParameters(
            f"{name} is {printable(address, most=80)!r}",
            "Write an IPv4 address: OpenSIPS sends events over IPv4 only, and stops while it looks up a name",
        ) from None
    if parsed.is_unspecified and not may_be_any:
        raise BadParameters(
            f"{name} is {address}, to which no server can send",
            "Set advertise_host to the IPv4 address of this host that the server can send to",
        )


def networks(given: Optional[Sequence[str]], remote: Optional[str], listen_host: str) -> List[Network]:
    """Who may send, as the option accept_from says, or the server and this host. Raises BadParameters."""
    if given is None:
        local = [_LOOPBACK] if remote is None or listen_host.startswith("127.") else []
        given = [*local, listen_host, *(_addresses(remote) if remote else [])]
    found: List[Network] = []
    for index, text in enumerate(given):
        try:
            found.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError:
            raise BadParameters(
                f"accept_from[{index}] is {printable(text, most=80)!r}",
                "Write an address or a network, such as 192.0.2.10 or 192.0.2.0/24",
            ) from None
    if not found:
        raise BadParameters("accept_from is empty", "List the addresses from which the server sends")
    return found
