# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Checks of where a server sends traffic: destinations, gateways, media nodes, and its own registrations.

Things are counted in groups (a dispatcher set, the nodes of a set …): too few active ones are a failure, some that are not
active are a warning.
"""

from collections import OrderedDict
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    FAILED,
    OK,
    WARNING,
    Entry,
    NotThere,
    entry,
    worst,
)
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    dispatcher as dispatcher_reader,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    gateways as gateways_reader,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    load_balancer as load_balancer_reader,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    media_nodes as media_nodes_reader,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    registrants as registrants_reader,
)
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record


class Count(NamedTuple):
    """Things in one group. total, active: int."""

    total: int
    active: int


class Check:
    """A check of things in groups.

    name: of the check. limit: name of the option. word: what an active one is called. commands: of which the server must have
    one. records: function that gives the records. subject: function that gives the group of one. is_active: function that
    tells whether it is active.
    """

    def __init__(
        self,
        name: str,
        limit: str,
        word: str,
        commands: Tuple[str, ...],
        records: Callable[[Server], Iterable[Record]],
        subject: Callable[[Record], str],
        is_active: Callable[[Record], bool],
    ) -> None:
        self.name = name
        self._limit = limit
        self._word = word
        self._commands = commands
        self._records = records
        self._subject = subject
        self._is_active = is_active

    def counts(self, server: Server) -> Dict[str, Count]:
        """{subject: Count}, read from the server. Raises NotThere."""
        server.require(*self._commands)
        return server.once(self.name, lambda: self._counted(server))

    def _counted(self, server: Server) -> Dict[str, Count]:
        counts: Dict[str, Count] = OrderedDict()
        for record in self._records(server):
            subject = self._subject(record)
            total, active = counts.get(subject, Count(0, 0))
            counts[subject] = Count(total + 1, active + bool(self._is_active(record)))
        return counts

    def __call__(self, server: Server) -> List[Entry]:
        """The entries of the check."""
        counts = self.counts(server)
        earlier = {} if server.before is None else server.before.counts(self.name)
        subjects = list(counts) + [subject for subject in earlier if subject not in counts]
        if not subjects:
            raise NotThere("The server has none")
        return [
            self._entry(server, subject, counts.get(subject, Count(0, 0)), earlier.get(subject)) for subject in subjects
        ]

    def _entry(self, server: Server, subject: str, count: Count, earlier: Optional[Count]) -> Entry:
        limit = server.limits[self._limit]
        outcome = OK if count.active == count.total else WARNING
        message = f"{count.active} of {count.total} {self._word}"
        is_worse = earlier is None or count.active < earlier.active or count.total < earlier.total
        if earlier is not None:
            outcome = worst((outcome, WARNING if is_worse else OK))
            message += f", {earlier.active} of {earlier.total} before"
        if count.active < limit:
            # what was so before is no reason to stop a restart
            outcome = FAILED if is_worse else WARNING
            message += f", at least {limit} expected"
        return entry(self.name, subject, outcome, message, count.active, limit)


def registrants(server: Server) -> List[Record]:
    """Those that this node keeps registered: in a cluster, the one that holds the sharing tag does."""
    records = [record for record in registrants_reader.read(server.connection) if record["enabled"] is not False]
    if not any(record["shtag"] for record in records):
        return records
    backup = {(tag["tag"], tag["cluster_id"]) for tag in server.sharing_tags() if tag["state"] == "backup"}
    return [record for record in records if (record["shtag"], record["cluster_id"]) not in backup]


CHECKS = (
    Check(
        "dispatcher",
        "minimum_destinations",
        "active",
        ("ds_list",),
        lambda server: dispatcher_reader.read(server.connection),
        lambda record: f"{record['partition']}:{record['set']}",
        lambda record: record["state"] == "active",
    ),
    Check(
        "load_balancer",
        "minimum_destinations",
        "enabled",
        ("lb_list",),
        lambda server: load_balancer_reader.read(server.connection),
        lambda record: f"group {record['group']}",
        lambda record: record["enabled"],
    ),
    Check(
        "gateways",
        "minimum_gateways",
        "active",
        ("dr_gw_status",),
        lambda server: gateways_reader.read(server.connection),
        lambda record: record["partition"] or "default",
        lambda record: record["enabled"],
    ),
    Check(
        "media_nodes",
        "minimum_media_nodes",
        "available",
        ("rtpengine_show", "rtpproxy_show"),
        lambda server: media_nodes_reader.read_all(server.connection),
        lambda record: f"{record['engine']} set {record['set']}",
        lambda record: record["available"],
    ),
    Check(
        "registrants",
        "minimum_registrants",
        "registered",
        ("reg_list",),
        registrants,
        lambda record: record["registrar"] or "no registrar",
        lambda record: record["state"] == "registered",
    ),
)
