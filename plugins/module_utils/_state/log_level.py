# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Log levels: log_level (core, 2.2 and later; debug before), xlog_level (3.0), log_level_filter, log_mute_state (3.4)."""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import log_level
from ansible_collections.community.opensips.plugins.module_utils._state import engine

# L_ALERT and L_DBG of dprint.h
_LOWEST, _HIGHEST = -3, 4
# those of dprint.c
CONSUMERS = ("stderror", "syslog", "event")


class LogLevel(engine.State):
    """The level of all processes and of some, that of xlog(), filters and mute states of the consumers."""

    OPTIONS = {
        "log_level": {"type": "int"},
        "processes": {
            "type": "list",
            "elements": "dict",
            "options": {
                "pid": {"type": "int"},
                "type": {"type": "str"},
                "log_level": {"type": "int", "required": True},
            },
            "mutually_exclusive": [("pid", "type")],
            "required_one_of": [("pid", "type")],
        },
        "xlog_level": {"type": "int"},
        "consumers": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "choices": list(CONSUMERS), "required": True},
                "level_filter": {"type": "int"},
                "muted": {"type": "bool"},
            },
            "required_one_of": [("level_filter", "muted")],
        },
    }
    RULES = {"required_one_of": [("log_level", "processes", "xlog_level", "consumers")]}
    THING = "log level of"

    def __init__(self, params):
        self.level = params["log_level"]
        self.xlog = params["xlog_level"]
        self.processes = params["processes"] or []
        self.consumers = params["consumers"] or []
        _check_level("log_level", self.level)
        _check_level("xlog_level", self.xlog)
        for each in self.processes:
            _check_level(f"processes: log_level of {_label(each)}", each["log_level"])
        for each in self.consumers:
            _check_level(f"consumers: level_filter of {each['name']}", each["level_filter"])
        engine.check_unique("processes", [(each["pid"], each["type"]) for each in self.processes])
        engine.check_unique("consumers", [each["name"] for each in self.consumers])
        commands = []
        if self.level is not None or self.processes:
            commands.append("log_level")
        if self.xlog is not None:
            commands.append("xlog_level")
        if any(each["level_filter"] is not None for each in self.consumers):
            commands.append("log_level_filter")
        if any(each["muted"] is not None for each in self.consumers):
            commands.append("log_mute_state")
        # each of them reads and writes
        self.READS = self.WRITES = tuple(commands)

    def read(self, conn):
        """{"levels": record or None, "xlog_level": int or None, "consumers": {name: dict as wanted}}."""
        found = {"levels": None, "xlog_level": None, "consumers": {}}
        if "log_level" in self.READS:
            found["levels"] = log_level.parse(conn.call("log_level"))
            if self.processes and not found["levels"]["processes"]:
                raise BadParameters(
                    "processes is given, but this server has one log level for all", "It takes OpenSIPS 2.2 and later"
                )
        if self.xlog is not None:
            found["xlog_level"] = log_level.read_xlog(conn)
        for each in self.consumers:
            now = found["consumers"][each["name"]] = {}
            if each["level_filter"] is not None:
                now["level_filter"] = log_level.read_filter(conn, each["name"])
            if each["muted"] is not None:
                now["muted"] = log_level.read_muted(conn, each["name"])
        return found

    def items(self, found):
        """Items of all processes, of those named, of xlog() and of consumers, in this order. Raises BadParameters."""
        named = []
        for each in self.processes:
            named += self._named(each, found["levels"]["processes"])
        engine.check_unique("processes", [item.identity["pid"] for item in named])
        items = [self._all(found["levels"], named)] if self.level is not None else []
        items += named
        if self.xlog is not None:
            levels = {"xlog_level": found["xlog_level"]}, {"xlog_level": self.xlog}
            items.append(engine.Item(_identity("xlog"), *levels))
        for each in self.consumers:
            now = found["consumers"][each["name"]]
            items.append(engine.Item(_identity("consumer", name=each["name"]), now, {name: each[name] for name in now}))
        return items

    def requests(self, item):
        """One command, but two for a consumer of which both is wanted."""
        kind = item.identity["kind"]
        if kind == "all":
            yield "log_level", {"level": self.level}
            # it is for every process, also for those that shall keep another
            for other in item.given:
                yield "log_level", {"level": other.after["log_level"], "pid": other.identity["pid"]}
        elif kind == "process":
            yield "log_level", {"level": item.after["log_level"], "pid": item.identity["pid"]}
        elif kind == "xlog":
            yield "xlog_level", {"level": self.xlog}
        else:
            name = item.identity["name"]
            if item.before.get("level_filter") != item.after.get("level_filter"):
                yield "log_level_filter", {"consumer": name, "level_filter": item.after["level_filter"]}
            if item.before.get("muted") != item.after.get("muted"):
                yield "log_mute_state", {"consumer": name, "mute_state": int(item.after["muted"])}

    def _all(self, levels, named):
        """The Item of all processes but those that are named."""
        taken = {item.identity["pid"] for item in named}
        others = {each["log_level"] for each in levels["processes"] if each["pid"] not in taken}
        if not levels["processes"]:
            others = {levels["log_level"]}
        elif not others:
            others = {self.level}
        before = others.pop() if len(others) == 1 else None
        kept = [item for item in named if not item.differs and item.after["log_level"] != self.level]
        return engine.Item(_identity("all"), {"log_level": before}, {"log_level": self.level}, kept)

    @staticmethod
    def _named(each, processes):
        """The Items of the processes that an entry names."""
        chosen = [
            one
            for one in processes
            if (one["pid"] == each["pid"] if each["type"] is None else one["type"] == each["type"].strip())
        ]
        if not chosen:
            known = [f"{one['pid']} ({one['type']})" for one in processes]
            raise engine.unknown("process", _label(each), known, "processes")
        return [
            engine.Item(
                _identity("process", one["pid"], one["type"]),
                {"log_level": one["log_level"]},
                {"log_level": each["log_level"]},
            )
            for one in chosen
        ]


def _identity(kind, pid=None, process=None, name=None):
    return {"kind": kind, "pid": pid, "type": process, "name": name}


def _label(each):
    return f"with the pid {each['pid']}" if each["type"] is None else f"of the type {each['type']!r}"


def _check_level(option, level):
    if level is not None and not _LOWEST <= level <= _HIGHEST:
        raise BadParameters(
            f"{option} is {level}",
            f"Levels are {_LOWEST} (alert), -2, -1 (error), 1 (warning), 2, 3 (info) and {_HIGHEST} (debug)",
        )
