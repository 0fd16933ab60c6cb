# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Connections of TCP, TLS and WebSocket, and of the cluster's binary protocol: list_tcp_conns (core; module tcp in 4.0).

Connection records: id (int), proto (str: tcp, tls, ws, wss, bin, hep_tcp …), state (str: ok, connecting, eof, bad, error),
remote_ip (str), remote_port (int), local_ip (str), local_port (int), expires_at (str or None, ISO 8601 in the server's local
time: when it is closed if it is not used), tls_version, tls_cipher (str or None; 4.0).

Ports that stand for a connection ("Alias port") are left out: JSON repeats the name, so that only the last could be read.

A server without sockets of TCP answers nothing. Sources: net/net_tcp.c of 1.11, 2.4, 3.6, 4.0; net/tcp_conn_defs.h.
"""

import re
from typing import Any, Dict, List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

# enum tcp_conn_states
_STATES = {-2: "error", -1: "bad", 0: "ok", 1: "connecting", 2: "eof"}
# an IPv6 address stands without brackets
_ADDRESS = re.compile(r"\[?([0-9A-Fa-f.:]+?)\]?:([0-9]{1,5})\Z")


def parse(reply: Reply) -> List[shape.Record]:
    """The connections of a list_tcp_conns reply: list of records."""
    if reply.is_tree:
        return [_record(dict(node["attributes"])) for node in reply.result if node["name"] == "Connection"]
    if reply.result is None:
        return []
    rows = shape.sequence(shape.mapping(reply.result, "list_tcp_conns").get("Connections"), "Connections")
    return [_record(shape.mapping(row, "Connections")) for row in rows]


def read(conn: Connection) -> List[shape.Record]:
    """Ask the server: list of records."""
    return parse(conn.call("list_tcp_conns"))


def _record(raw: Dict[str, Any]) -> shape.Record:
    get = raw.get
    number, state = shape.integer(get("ID"), "ID"), shape.integer(get("State"), "State")
    if number is None or state not in _STATES:
        raise shape.malformed("A connection", raw)
    # 1.x calls them so
    remote_ip, remote_port = _address(get("Remote", get("Source")), "Remote")
    local_ip, local_port = _address(get("Local", get("Destination")), "Local")
    return {
        "id": number,
        "proto": shape.needed(get("Type"), "Type").lower(),
        "state": _STATES[state],
        "remote_ip": remote_ip,
        "remote_port": remote_port,
        "local_ip": local_ip,
        "local_port": local_port,
        "expires_at": shape.moment(get("Lifetime"), "Lifetime"),
        "tls_version": shape.word(get("TLS Version"), "TLS Version"),
        "tls_cipher": shape.word(get("TLS Cipher"), "TLS Cipher"),
    }


def _address(value: Any, name: str) -> Tuple[str, int]:
    match = _ADDRESS.match(shape.needed(value, name))
    if match is None:
        raise shape.malformed(name, value)
    return match.group(1), int(match.group(2))
