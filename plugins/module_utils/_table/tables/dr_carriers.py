# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Carriers of drouting. Source: modules/drouting/routing.c (add_carrier) of 1.11, 2.4, 3.6, 4.0."""

from typing import Any, Dict, List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._readers import carriers
from ansible_collections.community.opensips.plugins.module_utils._table import formats, views
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record


def _references(row: Dict[str, Any]) -> List[Tuple[str, str, str, str]]:
    return [
        ("gwlist", "dr_gateways", "gwid", name)
        for is_carrier, name in formats.destination_ids(str(row.get("gwlist") or ""))
        if not is_carrier
    ]


RECORD = Record(
    "dr_carriers",
    match="carrierid",
    formats={
        "carrierid": formats.identifier,
        "gwlist": formats.gateways,
    },
    references=_references,
    view=views.Listing(
        "dr_carrier_status",
        "carrierid",
        lambda conn, partition: {(record["id"],): record for record in carriers.read(conn, partition)},
    ),
)
