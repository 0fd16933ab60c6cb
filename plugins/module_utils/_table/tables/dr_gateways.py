# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Gateways of drouting. Source: modules/drouting/dr_load.c, routing.c (add_dst) of 1.11, 2.4, 3.6, 4.0."""

from ansible_collections.community.opensips.plugins.module_utils._readers import gateways
from ansible_collections.community.opensips.plugins.module_utils._table import formats, views
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record

RECORD = Record(
    "dr_gateways",
    match="gwid",
    scope="type",
    formats={
        "gwid": formats.identifier,
        "address": formats.gateway_address,
        "socket": formats.socket,
        "probe_mode": formats.one_of(0, 1, 2),
        "state": formats.one_of(0, 1, 2),
    },
    sockets="socket",
    view=views.Listing(
        "dr_gw_status",
        "gwid",
        lambda conn, partition: {(record["id"],): record for record in gateways.read(conn, partition)},
    ),
)
