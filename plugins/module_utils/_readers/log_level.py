# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Log levels: log_level (core, 2.2 and later), debug before; xlog_level (3.0 and later); log_level_filter and log_mute_state
of the consumers of the log (3.4 and later).

Record: log_level (int or None; of all processes, None when they differ), processes (list of {pid (int), type (str),
log_level (int)}, empty before 2.2). read() adds xlog_level (int, None before 3.0) and consumers (list of {name (str),
level_filter (int, 0 for no filter), muted (bool)}, empty before 3.4).
Levels: -3 alert, -2 critical, -1 error, 1 warning, 2 notice, 3 info, 4 debug.
"""

from typing import List

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

# those of dprint.c
CONSUMERS = ("stderror", "syslog", "event")
_GLOBAL = ("New global log level", "New log level", "Log level", "DEBUG")


def parse(reply: Reply) -> shape.Record:
    """The record of a log_level (or debug) reply, to a question or to a change: dict."""
    processes = []
    if reply.is_tree or "Processes" in shape.mapping(reply.result, "log_level"):
        for row in shape.rows(reply, "log_level", "Process", "Processes"):
            processes.append(
                {
                    "pid": shape.integer(row.get("PID"), "PID"),
                    "type": shape.word(row.get("Type"), "Type"),
                    "log_level": shape.integer(row.get("Log level"), "Log level"),
                }
            )
    levels = {process["log_level"] for process in processes}
    if not processes:
        values = shape.flat(reply, "log_level")
        levels = {shape.integer(values[name], name) for name in _GLOBAL if name in values}
        if not levels:
            raise shape.malformed("log_level", reply.raw)
    return {"log_level": levels.pop() if len(levels) == 1 else None, "processes": processes}


def parse_xlog(reply: Reply) -> int:
    """The level of an xlog_level reply: int."""
    values = shape.flat(reply, "xlog_level")
    for name in ("xLog Level", "New xLog level", "New global xLog level"):
        if name in values:
            return _needed(reply, "xlog_level", name)
    raise shape.malformed("xlog_level", reply.raw)


def read(conn: Connection) -> shape.Record:
    """Ask the server: dict."""
    record = parse(conn.call("log_level"))
    record["xlog_level"] = read_xlog(conn) if conn.has("xlog_level") else None
    record["consumers"] = read_consumers(conn) if conn.has("log_level_filter") else []
    return record


def read_consumers(conn: Connection) -> List[shape.Record]:
    """Ask the server for each consumer of the log."""
    return [
        {"name": name, "level_filter": read_filter(conn, name), "muted": read_muted(conn, name)} for name in CONSUMERS
    ]


def parse_filter(reply: Reply) -> int:
    """The level of a log_level_filter reply: int, 0 for no filter."""
    return _needed(reply, "log_level_filter", "Log level filter")


def parse_muted(reply: Reply) -> bool:
    """Whether the consumer of a log_mute_state reply is muted: bool."""
    return bool(_needed(reply, "log_mute_state", "mute state"))


def read_xlog(conn: Connection) -> int:
    """Ask the server for the level of xlog(): int."""
    return parse_xlog(conn.call("xlog_level"))


def read_filter(conn: Connection, consumer: str) -> int:
    """Ask the server for the filter of a consumer (stderror, syslog, event): int. Raises ServerError 404 for an unknown one."""
    return parse_filter(conn.call("log_level_filter", {"consumer": consumer}))


def read_muted(conn: Connection, consumer: str) -> bool:
    """Ask the server whether a consumer is muted: bool."""
    return parse_muted(conn.call("log_mute_state", {"consumer": consumer}))


def _needed(reply: Reply, command: str, name: str) -> int:
    value = shape.integer(shape.flat(reply, command).get(name), name)
    if value is None:
        raise shape.malformed(command, reply.raw)
    return value
