# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The server's processes: ps (core).

Process records: id (int), pid (int), type (str, such as ``SIP receiver udp:127.0.0.1:5060``), load (int or None, percent of
the last second; from the statistics of 2.4 and later, when read() is asked for it).
"""

import re
from typing import Iterable, Iterator, List, NamedTuple, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape, statistics

_RECEIVER = re.compile(r"SIP receiver (?:([a-z_]+):)?(\[[0-9A-Fa-f:.]+\]|[^:\s]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_LOAD = re.compile(r"load-proc-?([0-9]{1,9})\Z")


class Receiver(NamedTuple):
    """A socket that a process reads; servers name those of UDP only.

    protocol: in lower case, or None. host: as the server writes it, IPv6 addresses in brackets. port: int or None.
    """

    protocol: Optional[str]
    host: str
    port: Optional[int]


def receivers(records: Iterable[shape.Record]) -> Iterator[Receiver]:
    """The sockets that the processes read, with one entry for each process."""
    for record in records:
        found = _RECEIVER.match(record["type"] or "")
        if found:
            protocol, host, port = found.groups()
            yield Receiver(protocol.lower() if protocol else None, host, int(port) if port else None)


def parse(reply: Reply) -> List[shape.Record]:
    """The processes of a ps reply: list of records."""
    return [
        {
            "id": shape.integer(row.get("ID"), "ID"),
            "pid": shape.integer(row.get("PID"), "PID"),
            "type": shape.word(row.get("Type"), "Type"),
            "load": None,
        }
        for row in shape.rows(reply, "ps", "Process", "Processes")
    ]


def read(conn: Connection, load: bool = False) -> List[shape.Record]:
    """Ask the server: list of records. load: ask for the load of each process, too."""
    records = parse(conn.call("ps"))
    if not load or not conn.has("get_statistics"):
        return records
    try:
        found = statistics.parse(conn.call("get_statistics", {"statistics": ["load:"]}))
    except ServerError as error:
        if error.code != 404:
            raise
        return records
    loads = {}
    for name, value in found.get("load", {}).items():
        match = _LOAD.match(name)
        if match and isinstance(value, int):
            loads[int(match.group(1))] = value
    for record in records:
        record["load"] = loads.get(record["id"])
    return records
