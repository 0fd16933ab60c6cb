# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which contacts a server itself serves, where several share one location table."""

import re

from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import glob
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import processes

_RECEIVER = re.compile(r"SIP receiver (?:[a-z_]+:)?(\[[0-9A-Fa-f:.]+\]|[^:\s]+)", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z_]+:)?(\[[0-9A-Fa-f:.]+\]|[^:\s]+)", re.IGNORECASE)


def own_sockets(conn, patterns):
    """A function that tells of a contact record why it is not this server's (str), or None when it is.

    patterns: shell patterns of the server's sockets, or None: then the addresses that its processes listen on count.
    Raises BadParameters when the server does not tell any.
    """
    if patterns:
        compiled = [glob(pattern, re.IGNORECASE) for pattern in patterns]

        def matches(socket):
            return any(each(socket) for each in compiled)

    else:
        hosts = _listening_hosts(conn)

        def matches(socket):
            found = _HOST.match(socket)
            return bool(found) and found.group(1).lower() in hosts

    def reason(contact):
        if contact["socket"] is None:
            return "the location table does not tell which server serves it"
        if not matches(contact["socket"]):
            return "another server serves it, through {0}".format(contact["socket"])
        return None

    return reason


def _listening_hosts(conn):
    hosts = set()
    for process in processes.read(conn):
        found = _RECEIVER.match(process["type"] or "")
        if found:
            hosts.add(found.group(1).lower())
    if not hosts:
        raise BadParameters(
            "own_only is set, but the server does not tell its sockets",
            "Set own_sockets, for example to udp:192.0.2.1:*",
        )
    return hosts
