# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Carriers of dynamic routing: dr_carrier_status (module drouting).

Carrier records: partition (str or None where drouting uses no partitions), id (str), enabled (bool),
attrs (str or None; 3.x and later).

Source: drouting/drouting.c of 1.11, 2.2, 2.4, 3.0, 3.6, 4.0.
"""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ServerError
from ansible_collections.community.opensips.plugins.module_utils._readers import partitions, shape


def parse(reply, carrier_id=None, partition=None):
    """The carriers of a dr_carrier_status reply: list of records.

    carrier_id: the one carrier that was asked for, whose name the reply does not repeat. partition: the one asked for.
    """
    if carrier_id is not None:
        return [_record(shape.flat(reply, "dr_carrier_status"), carrier_id, partition)]
    if reply.is_tree:
        return [_record(shape.fields(node), node["value"], partition) for node in reply.result if node["name"] == "ID"]
    return [_record(row, row.get("ID"), partition) for row in shape.rows(reply, "dr_carrier_status", "ID", "Carriers")]


def read(conn, partition=None, carrier_id=None):
    """Ask the server: list of records of one partition or all; with carrier_id only that carrier, empty when there is no such."""
    try:
        records = partitions.in_each(
            conn, "dr_carrier_status", partition, lambda reply, name: parse(reply, partition=name)
        )
    except ServerError as error:
        # before the first load of the tables
        if error.code == 404 and "No Data" in error.reason:
            return []
        raise
    return [each for each in records if carrier_id is None or each["id"] == carrier_id]


def _record(raw, carrier_id, partition):
    enabled = shape.switch(raw.get("Enabled"), "Enabled")
    if enabled is None:
        raise shape.malformed("A carrier without state", raw)
    return {
        "partition": partition,
        "id": shape.needed(carrier_id, "ID"),
        "enabled": enabled,
        "attrs": shape.word(raw.get("ATTRS"), "ATTRS"),
    }
