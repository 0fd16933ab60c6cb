# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The tables that the collection knows more of than their columns: a record each, in a file of its own."""

from typing import TYPE_CHECKING, List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._table.tables import (
    address,
    dbaliases,
    dialplan,
    dispatcher,
    domain,
    dr_carriers,
    dr_gateways,
    dr_groups,
    dr_rules,
    globalblacklist,
    grp,
    jwt_secrets,
    load_balancer,
    registrant,
    rtpengine,
    rtpproxy_sockets,
    speed_dial,
    subscriber,
    tls_mgm,
    userblacklist,
)
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._schema.model import Table

# In the order of the documentation
RECORDS = (
    dispatcher.RECORD,
    load_balancer.RECORD,
    dr_gateways.RECORD,
    dr_carriers.RECORD,
    dr_rules.RECORD,
    dr_groups.RECORD,
    address.RECORD,
    domain.RECORD,
    dialplan.RECORD,
    registrant.RECORD,
    rtpengine.RECORD,
    rtpproxy_sockets.RECORD,
    tls_mgm.RECORD,
    subscriber.RECORD,
    dbaliases.RECORD,
    grp.RECORD,
    speed_dial.RECORD,
    userblacklist.RECORD,
    globalblacklist.RECORD,
    jwt_secrets.RECORD,
)
_BY_NAME = {record.name: record for record in RECORDS}

# Columns that hold secrets, in whichever table they are
SECRETS = frozenset(column for record in RECORDS for column in record.secrets)


def of(name: str) -> "Record":
    """The Record of a table; one that says nothing for a table without a file."""
    return _BY_NAME.get(name) or Record(name)


def default_match(schema: "Table") -> Tuple[List[str], List[str]]:
    """(names of the columns that tell rows apart, those among them that a row may leave out); both empty if not known.

    schema: model.Table.
    """
    for words in map(str.split, of(schema.name).match.split("|")):
        if {word.strip("[]") for word in words} <= set(schema.columns):
            break
    if not words:
        words = schema.unique[0] if schema.unique else []
    match = [word.strip("[]") for word in words]
    return match, [word.strip("[]") for word in words if word[0] == "["]
