# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Pipes of the rate limiter: rl_list (module ratelimit).

Pipe records: pipe (str, name), algorithm (str: TAILDROP, RED, SBT, NETWORK, FEEDBACK …), limit (int, requests an interval),
counter (int or None, requests in the interval before).

The server creates a pipe when the script first calls rl_check() for it. Sources: ratelimit/ratelimit.c, ratelimit_helper.c
(rl_map_print) of 1.11, 2.4, 3.6, 4.0.
"""

from typing import Any, Dict, List

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape


def parse(reply: Reply) -> List[shape.Record]:
    """The pipes of an rl_list reply: list of records."""
    if reply.is_tree:
        rows = [node["attributes"] for node in reply.result if node["name"] == "PIPE"]
    else:
        found = shape.sequence(shape.mapping(reply.result, "rl_list").get("Pipes"), "Pipes")
        rows = [shape.mapping(row, "Pipes") for row in found]
    # trees have the drop rate of all pipes as one more, JSON has an empty object for a pipe without algorithm
    return [_record(row) for row in rows if "id" in row]


def read(conn: Connection) -> List[shape.Record]:
    """Ask the server: list of records."""
    return parse(conn.call("rl_list"))


def _record(raw: Dict[str, Any]) -> shape.Record:
    limit = shape.integer(raw.get("limit"), "limit")
    if limit is None:
        raise shape.malformed("A pipe", raw)
    return {
        "pipe": shape.needed(raw.get("id"), "id"),
        "algorithm": shape.needed(raw.get("algorithm"), "algorithm"),
        "limit": limit,
        "counter": shape.integer(raw.get("counter"), "counter"),
    }
