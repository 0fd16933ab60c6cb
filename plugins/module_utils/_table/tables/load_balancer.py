# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Destinations of the load balancer. Source: modules/load_balancer/lb_data.c, lb_parser.c of 1.11, 2.4, 3.6, 4.0."""

from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._readers import load_balancer
from ansible_collections.community.opensips.plugins.module_utils._table import formats, views
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection


def _read(conn: "Connection", _partition: Optional[str]) -> Dict[Tuple[Any, ...], Dict[str, Any]]:
    return {
        (record["group"], record["uri"]): dict(
            record, resources={resource["name"]: resource["max"] for resource in record["resources"]}
        )
        for record in load_balancer.read(conn)
    }


def _facts(row: Dict[str, Any]) -> Dict[str, Any]:
    facts = views.attributes(row)
    pairs = [pair.partition("=")[::2] for pair in (row.get("resources") or "").strip(";").split(";")]
    # those that come from FreeSWITCH have an address in place of a number
    if all(name and number.isdecimal() and len(number) < 20 for name, number in pairs):
        facts["resources"] = {name.strip(): int(number) for name, number in pairs}
    return facts


RECORD = Record(
    "load_balancer",
    match="group_id dst_uri",
    scope="group_id",
    formats={
        "dst_uri": formats.sip_uri,
        "resources": formats.resources,
    },
    view=views.Listing("lb_list", "group_id dst_uri", _read, facts=_facts),
)
