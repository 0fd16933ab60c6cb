# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Status reports: sr_list_status (core, 3.3 and later; module status_report in 4.0).

Status records: group (str, ``clusterer``), identifier (str, ``cap:dialog-dlg-repl``), ready (bool), status (int, negative
where not ready; 1 is ready, 2 is ready and reloading), details (str or None, ``synced``).

Source: status_report.c, status_report.h of 3.3, 3.6, 4.0. A server that does not report a group answers 404 to it.
"""

from typing import Any, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape


def parse(reply: Reply, group: Optional[str] = None) -> List[shape.Record]:
    """The identifiers of an sr_list_status reply: list of records. group: the one that was asked for, None for all."""
    if reply.is_tree:
        # no server that has the command answers trees
        raise shape.malformed("sr_list_status", "a tree")
    if group is not None:
        return _identifiers(group, reply.result)
    records = []
    for row in shape.sequence(reply.result, "sr_list_status"):
        row = shape.mapping(row, "sr_list_status")
        records += _identifiers(shape.needed(row.get("Name"), "Name"), row.get("Identifiers"))
    return records


def read(conn: Connection, group: Optional[str] = None) -> List[shape.Record]:
    """Ask the server: list of records, of one group or of all. Raises ServerError 404 for a group that it does not have."""
    return parse(conn.call("sr_list_status", None if group is None else {"group": group}), group)


def _identifiers(group: str, rows: Any) -> List[shape.Record]:
    return [_record(group, shape.mapping(row, "Identifiers")) for row in shape.sequence(rows, "Identifiers")]


def _record(group: str, raw: Any) -> shape.Record:
    ready = shape.switch(raw.get("Readiness"), "Readiness")
    status = shape.integer(raw.get("Status"), "Status")
    if ready is None or status is None:
        raise shape.malformed("A status", raw)
    return {
        "group": group,
        "identifier": shape.needed(raw.get("Name"), "Name"),
        "ready": ready,
        "status": status,
        "details": shape.word(raw.get("Details"), "Details"),
    }
