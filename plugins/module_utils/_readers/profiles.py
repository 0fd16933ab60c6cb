# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Dialog profiles and how many dialogs are in each: list_all_profiles, profile_get_size, profile_get_values (module dialog).

Profile records: name (str), has_values (bool), size (int, dialogs in it; of a profile with values the sum of them), shared
(bool or None: counted over several servers by way of a cachedb), replicated (bool or None: counted over a cluster), value_sizes
(list of {value (str), size (int)}, or None for a profile without values, and where the server cannot list them, as with
shared profiles). shared and replicated are None before 2.1.

Source: dialog/dlg_profile.c (mi_get_profile, mi_get_profile_values) of 1.11, 2.4, 3.6, 4.0.
"""

from typing import Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ReplyTooLarge, ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import dialog_profiles, shape


def parse_size(reply: Reply) -> shape.Record:
    """The profile in a profile_get_size reply: {name, size, shared, replicated}."""
    if reply.is_tree:
        nodes = [node["attributes"] for node in reply.result if node["name"] == "profile"]
        raw: Dict[str, Any] = nodes[0] if nodes else {}
    else:
        raw = shape.mapping(shape.mapping(reply.result, "profile_get_size").get("Profile"), "Profile")
    return {
        "name": shape.needed(raw.get("name"), "name"),
        "size": _size(raw),
        "shared": shape.switch(raw.get("shared"), "shared"),
        "replicated": shape.switch(raw.get("replicated"), "replicated"),
    }


def parse_values(reply: Reply) -> List[shape.Record]:
    """The values in a profile_get_values reply: list of {value (str), size (int)}; none of a profile without values."""
    if reply.is_tree:
        rows = [dict(node["attributes"], value=node["value"]) for node in reply.result if node["name"] == "value"]
    else:
        found = shape.sequence(reply.result, "profile_get_values")
        rows = [shape.mapping(row, "profile_get_values") for row in found]
    return [{"value": shape.text(row["value"], "value"), "size": _size(row)} for row in rows if row.get("value")]


def read(conn: Connection) -> List[shape.Record]:
    """Ask the server for every profile: list of records, in the order of the server."""
    return [_read_one(conn, name, has_values) for name, has_values in dialog_profiles.read(conn).items()]


def _read_one(conn: Connection, name: str, has_values: bool) -> shape.Record:
    found = parse_size(conn.call("profile_get_size", {"profile": name}))
    return {
        "name": name,
        "has_values": has_values,
        "size": found["size"],
        "shared": found["shared"],
        "replicated": found["replicated"],
        "value_sizes": _read_values(conn, name) if has_values else None,
    }


def _read_values(conn: Connection, name: str) -> Optional[List[shape.Record]]:
    try:
        return parse_values(conn.call("profile_get_values", {"profile": name}))
    except ReplyTooLarge:
        return None
    except ServerError as error:
        # "Unsupported command for shared profiles"
        if error.code != 405:
            raise
        return None


def _size(raw: Dict[str, Any]) -> int:
    size = shape.integer(raw.get("count"), "count")
    if size is None:
        raise shape.malformed("count", raw)
    return size
