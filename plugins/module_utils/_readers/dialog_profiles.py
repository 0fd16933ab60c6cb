# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Dialog profiles that the configuration declares: list_all_profiles (module dialog, 1.9 and later).

Source: dialog/dlg_profile.c (mi_list_all_profiles) of 1.11, 2.4, 3.6, 4.0.
"""

from typing import Dict

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape


def parse(reply: Reply) -> Dict[str, bool]:
    """{name: whether the profile has values} of a list_all_profiles reply."""
    if reply.is_tree:
        return {node["name"]: shape.integer(node["value"], node["name"]) == 1 for node in reply.result}
    rows = shape.sequence(shape.mapping(reply.result, "list_all_profiles").get("Profiles"), "Profiles")
    profiles = [shape.mapping(row, "Profiles") for row in rows]
    # XML-RPC writes the bool as text
    return {
        shape.needed(row.get("name"), "name"): shape.switch(row.get("has value"), "has value") is True
        for row in profiles
    }


def read(conn: Connection) -> Dict[str, bool]:
    """Ask the server: {name: whether the profile has values}."""
    return parse(conn.call("list_all_profiles"))
