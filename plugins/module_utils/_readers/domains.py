# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Domains that the server is responsible for: domain_dump (module domain).

Domain records: name (str), attributes (str or None; 1.x does not tell them). Only where db_mode caches the table; else
the server answers an error.
"""

from ansible_collections.community.opensips.plugins.module_utils._readers import shape


def parse(reply):
    """The domains of a domain_dump reply: list of records."""
    if reply.is_tree:
        return [
            _record(value, attributes.get("attributes"))
            for _depth, name, value, attributes in reply.walk()
            if name == "" and (value or attributes)
        ]
    return [_record(row.get("name"), row.get("attributes")) for row in shape.rows(reply, "domain_dump", "", "Domains")]


def read(conn):
    """Ask the server: list of records."""
    return parse(conn.call("domain_dump"))


def _record(name, attributes):
    return {"name": shape.needed(name, "name"), "attributes": shape.word(attributes, "attributes")}
