# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Registrations of the server elsewhere.

Source: modules/uac_registrant/reg_db_handler.c of 1.11, 2.4, 3.6, 4.0. One that is removed is unregistered first.
"""

from ansible_collections.community.opensips.plugins.module_utils._readers import registrants
from ansible_collections.community.opensips.plugins.module_utils._table import formats, views
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record

RECORD = Record(
    "registrant",
    scope="registrar",
    secrets="password",
    formats={
        "registrar": formats.sip_uri_without_user,
        "proxy": lambda text: formats.sip_uri_without_user(text) if text else None,
        "third_party_registrant": lambda text: formats.sip_uri(text) if text else None,
        "aor": formats.sip_uri,
        "binding_URI": formats.sip_uri,
        "forced_socket": formats.socket,
    },
    sockets="forced_socket",
    view=views.Listing(
        "reg_list",
        "aor",
        lambda conn, _partition: {(record["aor"],): {} for record in registrants.read(conn)},
        facts=views.nothing,
        gone=False,
    ),
)
