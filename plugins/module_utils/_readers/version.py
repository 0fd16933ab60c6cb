# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the server is: version (core).

Record: server (str, as the server says it), product (str), version (str, ``1.11.11``), flavour (str or None, such as
``notls`` or ``beta``), numbers (list of int, [1, 11, 11]), arch (str or None, ``x86_64``), os (str or None, ``linux``).
"""

import re

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

_SERVER = re.compile(
    r"(?P<product>[^\s(]+) \((?P<version>[0-9]{1,9}(\.[0-9]{1,9})*)(-(?P<flavour>[^\s()]+))?( \((?P<arch>[^/()]+)/(?P<os>[^()]+)\))?\)"
)


def parse(reply: Reply) -> shape.Record:
    """The record of a version reply: dict."""
    server = shape.needed(shape.flat(reply, "version").get("Server"), "Server")
    match = _SERVER.match(server)
    if match is None:
        raise shape.malformed("Server", server)
    return {
        "server": server,
        "product": match.group("product"),
        "version": match.group("version"),
        "flavour": match.group("flavour"),
        "numbers": [int(part) for part in match.group("version").split(".")],
        "arch": match.group("arch"),
        "os": match.group("os"),
    }


def read(conn: Connection) -> shape.Record:
    """Ask the server: dict."""
    return parse(conn.call("version"))
