# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Destinations of the dispatcher. Source: modules/dispatcher/dispatch.c of 1.11, 2.4, 3.6, 4.0."""

from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._readers import dispatcher
from ansible_collections.community.opensips.plugins.module_utils._table import formats, views
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection


def _read(conn: "Connection", partition: Optional[str]) -> Dict[Tuple[Any, ...], Dict[str, Any]]:
    wanted = partition or dispatcher.DEFAULT_PARTITION
    return {
        (record["set"], record["uri"]): record
        for record in dispatcher.read(conn, partition)
        if record["partition"] == wanted
    }


RECORD = Record(
    "dispatcher",
    match="setid destination",
    scope="setid",
    formats={
        "destination": formats.sip_uri,
        "socket": formats.socket,
        "weight": formats.weight,
        "state": formats.one_of(0, 1, 2),
    },
    sockets="socket",
    view=views.Listing(
        "ds_list",
        "setid destination",
        _read,
        facts=lambda row: dict(views.attributes(row), **views.socket_of(row)),
    ),
)
