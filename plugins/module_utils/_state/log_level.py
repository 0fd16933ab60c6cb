# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Log levels: log_level (core, 2.2 and later; debug before), xlog_level (3.0), log_level_filter, log_mute_state (3.4)."""

from typing import Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import log_level
from ansible_collections.community.opensips.plugins.module_utils._state import engine

# L_ALERT and L_DBG of dprint.h
_LOWEST, _HIGHEST = -3, 4


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
                "name": {"type": "str", "choices": list(log_level.CONSUMERS), "required": True},
                "level_filter": {"type": "int"},
                "muted": {"type": "bool"},
            },
            "required_one_of": [("level_filter", "muted")],
        },
    }
    RULES = {"required_one_of": [("log_level", "processes", "xlog_level", "consumers")]}
    THING = "log level of"

    def __init__(self, params: Dict[str, Any]):
        self.level = params["log_level"]
        self.xlog = params["xlog_level"]
        self.processes = params["processes"] or []
        self.consumers = params["consumers"] or []
        _check_level("log_level", self.level)
        _check_level("xlog_level", self.xlog)
        for number, entry in enumerate(self.processes, 1):
            _check_level(f"processes: log_level of entry {number} (process {_label(entry)})", entry["log_level"])
        for number, entry in enumerate(self.consumers, 1):
            _check_level(f"consumers: level_filter of entry {number} ({entry['name']})", entry["level_filter"])
        engine.check_unique("processes", [(entry["pid"], entry["type"]) for entry in self.processes])
        engine.check_unique("consumers", [entry["name"] for entry in self.consumers])
        # each of them reads and writes
        self.READS = self.WRITES = tuple(self._commands())

    def _commands(self) -> Iterator[str]:
        if self.level is not None or self.processes:
            yield "log_level"
        if self.xlog is not None:
            yield "xlog_level"
        if any(entry["level_filter"] is not None for entry in self.consumers):
            yield "log_level_filter"
        if any(entry["muted"] is not None for entry in self.consumers):
            yield "log_mute_state"

    def read(self, conn: Connection) -> Dict[str, Any]:
        """{"levels": record or None, "xlog_level": int or None, "consumers": {name: dict of what is wanted of it}}."""
        found: Dict[str, Any] = {"levels": None, "xlog_level": None, "consumers": {}}
        if "log_level" in self.READS:
            found["levels"] = log_level.parse(conn.call("log_level"))
            if self.processes and not found["levels"]["processes"]:
                raise BadParameters(
                    "processes: this server has one log level for all processes",
                    "Use log_level instead. Levels of processes require OpenSIPS 2.2 or later",
                )
        if self.xlog is not None:
            found["xlog_level"] = log_level.read_xlog(conn)
        for entry in self.consumers:
            now = found["consumers"][entry["name"]] = {}
            if entry["level_filter"] is not None:
                now["level_filter"] = log_level.read_filter(conn, entry["name"])
            if entry["muted"] is not None:
                now["muted"] = log_level.read_muted(conn, entry["name"])
        return found

    def items(self, found: Dict[str, Any]) -> List[engine.Item]:
        """Items of all processes, of those named, of xlog() and of consumers, in this order. Raises BadParameters."""
        matches = [self._named(entry, found["levels"]["processes"]) for entry in self.processes]
        engine.check_apart("processes", [[item.identity["pid"] for item in match] for match in matches])
        named = [item for match in matches for item in match]
        items = [self._all(found["levels"], named)] if self.level is not None else []
        items += named
        if self.xlog is not None:
            levels = {"xlog_level": found["xlog_level"]}, {"xlog_level": self.xlog}
            items.append(engine.Item(_identity("xlog"), *levels))
        for entry in self.consumers:
            now = found["consumers"][entry["name"]]
            after = {name: entry[name] for name in now}
            items.append(engine.Item(_identity("consumer", name=entry["name"]), now, after))
        return items

    def requests(self, item: engine.Item) -> Iterator[Tuple[str, Dict[str, Any]]]:
        """One command, but two for a consumer of which both is wanted."""
        kind = item.identity["kind"]
        if kind == "all":
            yield "log_level", {"level": self.level}
            # it is for every process, also for those that keep another level
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

    def _all(self, levels: Dict[str, Any], named: List[engine.Item]) -> engine.Item:
        """The Item of all processes but those that are named."""
        taken = {item.identity["pid"] for item in named}
        others = {process["log_level"] for process in levels["processes"] if process["pid"] not in taken}
        if not levels["processes"]:
            others = {levels["log_level"]}
        elif not others:
            others = {self.level}
        before = others.pop() if len(others) == 1 else None
        kept = [item for item in named if not item.differs and item.after["log_level"] != self.level]
        return engine.Item(_identity("all"), {"log_level": before}, {"log_level": self.level}, kept)

    @staticmethod
    def _named(entry: Dict[str, Any], processes: List[Dict[str, Any]]) -> List[engine.Item]:
        """The Items of the processes that an entry names."""
        matching = [process for process in processes if _matches(entry, process)]
        if not matching:
            known = [f"{process['pid']} ({process['type']})" for process in processes]
            raise engine.unknown("process", _label(entry), known, "processes")
        return [
            engine.Item(
                _identity("process", process["pid"], process["type"]),
                {"log_level": process["log_level"]},
                {"log_level": entry["log_level"]},
            )
            for process in matching
        ]


def _identity(
    kind: str, pid: Optional[int] = None, process_type: Optional[str] = None, name: Optional[str] = None
) -> Dict[str, Any]:
    return {"kind": kind, "pid": pid, "type": process_type, "name": name}


def _matches(entry: Dict[str, Any], process: Dict[str, Any]) -> bool:
    if entry["type"] is None:
        return bool(process["pid"] == entry["pid"])
    return bool(process["type"] == entry["type"].strip())


def _label(entry: Dict[str, Any]) -> str:
    return f"with the pid {entry['pid']}" if entry["type"] is None else f"of the type {entry['type']!r}"


def _check_level(option: str, level: Optional[int]) -> None:
    if level is not None and not _LOWEST <= level <= _HIGHEST:
        raise BadParameters(
            f"{option} is {level}",
            f"Levels are {_LOWEST} (alert), -2 (critical), -1 (error), 1 (warning), 2 (notice), 3 (info) and {_HIGHEST} (debug)",
        )
