# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Gateways of dynamic routing: dr_gw_status, dr_enable_probing (module drouting).

Gateway records: partition (str or None where drouting uses no partitions), id (str), address (str or None, as in the
table: host, host:port or IP), state (active, inactive, probing, or disabled_mi: switched off by command; 1.x does not
tell why a gateway is off and always says inactive), enabled (bool: the state is active), attrs (str or None; 3.x and later).

Source: drouting/drouting.c of 1.11, 2.2, 2.4, 3.0, 3.6, 4.0.
"""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ServerError
from ansible_collections.community.opensips.plugins.module_utils._readers import partitions, shape

_STATES = {"Active": "active", "Inactive": "inactive", "Probing": "probing", "Disabled MI": "disabled_mi"}


def parse(reply, gw_id=None, partition=None):
    """The gateways of a dr_gw_status reply: list of records.

    gw_id: the one gateway that was asked for, whose name the reply does not repeat. partition: the one that was asked for.
    """
    if gw_id is not None:
        return [_record(shape.flat(reply, "dr_gw_status"), gw_id, partition)]
    if reply.is_tree:
        return [_record(shape.fields(node), node["value"], partition) for node in reply.result if node["name"] == "ID"]
    return [_record(row, row.get("ID"), partition) for row in shape.rows(reply, "dr_gw_status", "ID", "Gateways")]


def read(conn, partition=None, gw_id=None):
    """Ask the server: list of records of one partition or all; with gw_id only that gateway, empty when there is no such."""
    try:
        records = partitions.in_each(conn, "dr_gw_status", partition, lambda reply, name: parse(reply, partition=name))
    except ServerError as error:
        # before the first load of the tables
        if error.code == 404 and "No Data" in error.reason:
            return []
        raise
    # a question for one gateway would not tell its address
    return [each for each in records if gw_id is None or each["id"] == gw_id]


def parse_probing(reply):
    """Whether gateways are probed, from a dr_enable_probing reply (3.0 and later): bool."""
    enabled = shape.switch(shape.flat(reply, "dr_enable_probing").get("Status"), "Status")
    if enabled is None:
        raise shape.malformed("Status", reply.raw)
    return enabled


def read_probing(conn):
    """Ask the server: bool."""
    return parse_probing(conn.call("dr_enable_probing"))


def _record(raw, gw_id, partition):
    if "State" in raw:
        state = shape.word(raw["State"], "State")
        if state not in _STATES:
            raise shape.malformed("State", state)
        state = _STATES[state]
    else:
        enabled = shape.switch(raw.get("Enabled"), "Enabled")
        if enabled is None:
            raise shape.malformed("A gateway without state", raw)
        state = "active" if enabled else "inactive"
    return {
        "partition": partition,
        "id": shape.needed(gw_id, "ID"),
        "address": shape.word(raw.get("IP"), "IP"),
        "state": state,
        "enabled": state == "active",
        "attrs": shape.word(raw.get("ATTRS"), "ATTRS"),
    }
