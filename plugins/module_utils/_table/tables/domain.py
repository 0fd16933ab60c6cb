# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Domains of the server. Source: modules/domain/domain.c of 1.11, 2.4, 3.6, 4.0."""

from ansible_collections.community.opensips.plugins.module_utils._readers import domains
from ansible_collections.community.opensips.plugins.module_utils._table import views
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record

RECORD = Record(
    "domain",
    match="domain",
    view=views.Listing(
        "domain_dump",
        "domain",
        lambda conn, _partition: {(record["name"].lower(),): {} for record in domains.read(conn)},
        things=lambda row: [(row["domain"].lower(),)],
        facts=views.nothing,
    ),
)
