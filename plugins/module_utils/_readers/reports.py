# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a part of the server reports of itself: sr_list_reports (core, from OpenSIPS 3.3 on).

Source: status_report.c of 3.6, 4.0.
"""

from typing import TYPE_CHECKING, Dict, List

from ansible_collections.community.opensips.plugins.module_utils._readers import shape

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
    from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply


def parse(reply: "Reply") -> Dict[str, List[str]]:
    """{identifier: list of str, the oldest first} of an sr_list_reports reply for one group."""
    found = {}
    for identifier in shape.sequence(reply.result, "sr_list_reports"):
        identifier = shape.mapping(identifier, "sr_list_reports")
        lines = [
            shape.word(shape.mapping(report, "Reports").get("Log"), "Log") or ""
            for report in shape.sequence(identifier.get("Reports"), "Reports")
        ]
        found[shape.needed(identifier.get("Name"), "Name")] = lines
    return found


def read(conn: "Connection", group: str) -> Dict[str, List[str]]:
    """Ask the server. group: str, such as ``drouting``."""
    return parse(conn.call("sr_list_reports", {"group": group}))
