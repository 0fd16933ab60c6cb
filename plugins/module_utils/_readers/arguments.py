# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The command line with which the server was started: arg (core). Source: mi_core.c of 1.11, 2.4, 3.6, 4.0."""

from typing import List

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape


def parse(reply: Reply) -> List[str]:
    """The words of the command line in an arg reply: list of str."""
    if reply.is_tree:
        return [shape.written(node) if node["name"] else node["value"] for node in reply.result]
    return [shape.text(word, "arg") or "" for word in shape.sequence(reply.result, "arg")]


def read(conn: Connection) -> List[str]:
    """Ask the server: list of str."""
    return parse(conn.call("arg"))
