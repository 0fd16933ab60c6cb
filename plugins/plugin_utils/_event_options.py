# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The options of the event source, checked: its own, and those of a connection, which are the same in every module."""

from __future__ import annotations

import re
import socket
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._events.addresses import Addresses
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.options import resolve
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    connection_options,
    connection_spec,
    of_environment,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils._server import validated

# where the options come from, for messages
_PLACE = "the event source"
OWN = {
    "events": {"type": "list", "elements": "str", "required": True},
    "server": {"type": "str"},
    "event_transport": {"type": "str", "choices": ["udp", "tcp"], "default": "udp"},
    "listen_host": {"type": "str"},
    "listen_port": {"type": "int", "default": 0},
    "advertise_host": {"type": "str"},
    "accept_from": {"type": "list", "elements": "str"},
    "subscription_expires": {"type": "int", "default": 60},
    "check_interval": {"type": "float", "default": 10},
    "buffer_size": {"type": "int", "default": 10000},
}
_LIMITS = {
    "listen_port": (0, 65535),
    "subscription_expires": (10, 86400),
    "check_interval": (1, 3600),
    "buffer_size": (100, 1000000),
}
# the names of events, and shell patterns for them
_EVENT = re.compile(r"[A-Za-z0-9_*?\[\]!-]+\Z")


class SourceOptions:
    """The options as attributes. connection: options for Connection. environment: names of those that variables gave.

    server: how events name the server. advertise_host: the IPv4 address to which the server sends. networks: who may send.
    """

    events: list[str]
    event_transport: str
    listen_host: str
    listen_port: int
    advertise_host: str
    subscription_expires: int
    check_interval: float
    buffer_size: int

    def __init__(self, given: dict[str, t.Any]) -> None:
        """Raises BadParameters that names the option. Nothing is sent."""
        values = validated({**OWN, **connection_spec().spec}, given, _PLACE)
        self.environment = of_environment(values, given)
        self.connection = connection_options(values)
        for name in OWN:
            setattr(self, name, values[name])
        _check(values)
        with self.connect() as connection:
            addresses = Addresses(
                connection.options, values["listen_host"], values["advertise_host"], values["accept_from"]
            )
        self.server: str = values["server"] or addresses.remote or socket.gethostname()
        self.listen_host, self.advertise_host = addresses.listen_host, addresses.advertise_host
        self.networks = addresses.networks

    def connect(self) -> Connection:
        """A new Connection, not yet opened. Raises BadParameters if its options contradict each other."""
        return Connection(resolve(self.connection, self.environment, _PLACE))


def _check(values: dict[str, t.Any]) -> None:
    if not values["events"]:
        raise BadParameters("events is empty", "List the events, such as E_UL_CONTACT_INSERT or E_CLUSTERER_*")
    for index, name in enumerate(values["events"]):
        if not _EVENT.match(name):
            raise BadParameters(
                f"events[{index}] is {printable(name, most=80)!r}",
                "Write a name, such as E_UL_CONTACT_INSERT, or a shell pattern",
            )
    for name, (least, most) in _LIMITS.items():
        if not least <= values[name] <= most:
            raise BadParameters(f"{name} is {values[name]}", f"Set it to a number from {least} to {most}")
    if values["check_interval"] * 2 > values["subscription_expires"]:
        raise BadParameters(
            f"check_interval is {values['check_interval']:g}, and subscription_expires {values['subscription_expires']}",
            "Set check_interval to at most half of subscription_expires: otherwise a subscription ends before it is renewed",
        )
