# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a dialplan makes of a text: dp_translate (module dialplan).

A record: output (str, empty where the rule replaces nothing), attributes (str or None).

Source: dialplan/dialplan.c of 2.4, 3.6, 4.0.
"""

from typing import Dict, Optional, Union

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape


def parse(reply: Reply) -> shape.Record:
    """The record of a dp_translate reply: dict."""
    found = shape.flat(reply, "dp_translate")
    if "Output" not in found:
        raise shape.malformed("Output", reply.raw)
    return {
        "output": shape.text(found["Output"], "Output") or "",
        "attributes": shape.word(found.get("ATTRIBUTES"), "ATTRIBUTES"),
    }


def read(conn: Connection, dpid: int, text: str, partition: Optional[str] = None) -> Optional[shape.Record]:
    """Ask the server: dict, or None if no rule matches."""
    params: Dict[str, Union[int, str]] = {"dpid": dpid, "input": text}
    if partition is not None:
        params["partition"] = partition
    try:
        return parse(conn.call("dp_translate", params))
    except ServerError as error:
        # "No translation"; "No information available for dpid" where none of its rules are loaded
        if error.code == 404 and ("translation" in error.reason or "dpid" in error.reason):
            return None
        raise
