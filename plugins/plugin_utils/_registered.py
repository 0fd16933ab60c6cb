# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Registered phones as records of hosts, out of contact records (module_utils/_readers/location.py)."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import parse_uri
from ansible_collections.community.opensips.plugins.module_utils._sip.user_agent import parse_user_agent
from ansible_collections.community.opensips.plugins.plugin_utils._phones import transport_of

# the names of what phone() returns
FIELDS = (
    "aor", "contact", "address", "sip_port", "transport", "user_agent", "vendor", "model", "firmware", "expires", "socket",
    "instance", "server",
)  # fmt: skip
# those that phones have in common, as a rule
SHARED = frozenset(("address", "transport", "user_agent", "vendor", "model", "firmware", "socket", "server"))
# a fleet has few different User-Agents, unless they have the phones' addresses in them
_device = functools.lru_cache(maxsize=5000)(parse_user_agent)
# RFC 3261 section 19.1.2
_PORTS = {"tls": 5061, "wss": 443, "ws": 80}
_PORT = 5060


def phone(contact: t.Mapping[str, t.Any], server: str) -> dict[str, t.Any]:
    """The variables of a phone, out of its contact record. server: name of the server."""
    transport = transport_of(contact["contact"], contact["socket"] or "")
    address, port = place_of(contact, transport)
    return {
        "aor": contact["aor"],
        "contact": contact["contact"],
        "address": address,
        "sip_port": port,
        "transport": transport,
        "user_agent": contact["user_agent"],
        **_device(contact["user_agent"]),
        "expires": contact["expires"],
        "socket": contact["socket"],
        "instance": contact["sip_instance"],
        "server": server,
    }


def place_of(contact: t.Mapping[str, t.Any], transport: str) -> tuple[str | None, int | None]:
    """(address, port) where the server reaches a phone, each None if its URI does not tell. Names are not resolved."""
    try:
        uri = parse_uri(contact["received"] or contact["contact"])
    except SipError:
        return None, None
    if not uri.host:
        return None, None
    return uri.host, uri.port or _PORTS.get(transport, _PORT)


def registration(contact: t.Mapping[str, t.Any]) -> tuple[t.Any, ...]:
    """What tells one registration from all others. The nodes of a cluster may each have it: the Call-ID goes with it."""
    return contact["aor"], contact["contact"], contact["received"], contact["call_id"]
