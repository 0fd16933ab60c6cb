# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""How long the server runs: uptime (core).

Record: now (str, ISO 8601), since (str, ISO 8601; when the server started), seconds (int). now and since are the server's
local time without a zone, so no epoch follows from them; seconds needs none.
"""

import re

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

_SECONDS = re.compile(r"([0-9]{1,18})( \[sec\])?\Z")


def parse(reply: Reply) -> shape.Record:
    """The record of an uptime reply: dict."""
    values = shape.flat(reply, "uptime")
    seconds = shape.needed(values.get("Up time"), "Up time")
    match = _SECONDS.match(seconds)
    if match is None:
        raise shape.malformed("Up time", seconds)
    return {
        "now": shape.moment(values.get("Now"), "Now"),
        "since": shape.moment(values.get("Up since"), "Up since"),
        "seconds": int(match.group(1)),
    }


def read(conn: Connection) -> shape.Record:
    """Ask the server: dict."""
    return parse(conn.call("uptime"))
