# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_compare: the memory of a server against its tables, a snapshot, or other nodes."""

import os
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._compare import comparison, secrecy
from ansible_collections.community.opensips.plugins.module_utils._compare.comparison import Ignored
from ansible_collections.community.opensips.plugins.module_utils._compare.host import Settings
from ansible_collections.community.opensips.plugins.module_utils._compare.kinds import KINDS, from_table
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, first_few
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, database_spec
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task, TaskFailure
from ansible_collections.community.opensips.plugins.module_utils._readers.dispatcher import DEFAULT_PARTITION
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._state import snapshot
from ansible_collections.community.opensips.plugins.module_utils._table.database import Database
from ansible_collections.community.opensips.plugins.module_utils._table.errors import UnknownSchema, naming
from ansible_collections.community.opensips.plugins.module_utils._table.reading import RowQuery

# Names of sources
MEMORY, TABLE, SNAPSHOT = "memory", "table", "snapshot"

# Differences that one message lists
_SHOWN = 5
_MOST_DIFFERENCES = 100000

Sources = Dict[str, Dict[str, List[Dict[str, Any]]]]


def spec() -> ArgumentSpec:
    """The module's own options."""
    database = database_spec()
    # each kind has a table of its own
    del database.spec["db_table"]
    return ArgumentSpec(
        {
            "kinds": {"type": "list", "elements": "str", "choices": comparison.all_kinds()},
            "database": database.to_option(),
            "tables": {"type": "dict", "default": {}},
            "partition": {"type": "str"},
            "snapshot": {"type": "path"},
            "nodes": {"type": "dict"},
            "name": {"type": "str", "default": MEMORY},
            "states": {"type": "bool"},
            "ignore": {"type": "list", "elements": "str", "default": []},
            "config_path": {"type": "path"},
            "limit": {"type": "int", "default": 1000},
            "return_data": {"type": "bool"},
            "fail_on_difference": {"type": "bool", "default": False},
        },
        withheld=("nodes",),
        mutually_exclusive=[("database", "snapshot", "nodes")],
    )


def run(task: Task) -> Dict[str, Any]:
    """Read, compare, and say in what the sources differ. Raises TaskFailure if that is a failure."""
    params = task.params
    made = _Comparison(task)
    found, compared, skipped = made.run()
    result: Dict[str, Any] = {
        "changed": False,
        "differences": [one.plain() for one in found[: params["limit"]]],
        "summary": comparison.summary(found, compared),
        "compared": compared,
        # not skipped: Ansible calls a task with that skipped
        "not_compared": dict(made.data["skipped"], **skipped),
        "opensips": made.data["opensips"],
    }
    if params["return_data"] if params["return_data"] is not None else not made.is_compared:
        result["data"] = made.data
    if found and params["fail_on_difference"]:
        listed = first_few(list(comparison.lines(found)), _SHOWN, more=" and {0} more")
        raise TaskFailure(f"{len(found)} difference{'' if len(found) == 1 else 's'}: {listed}", result)
    return result


class _Comparison:
    """run() reads what has to be compared. data: of the server, see comparison.read()."""

    def __init__(self, task: Task) -> None:
        """Checks all options. Raises BadParameters."""
        params = task.params
        self._task = task
        self._params = params
        self.is_compared = any(params[name] is not None for name in ("database", "snapshot", "nodes"))
        is_with_states = params["states"] if params["states"] is not None else params["database"] is None
        self._ignored = Ignored(params["ignore"], is_with_states)
        if not 1 <= params["limit"] <= _MOST_DIFFERENCES:
            raise BadParameters(f"limit is {params['limit']}", f"Set it to a number from 1 to {_MOST_DIFFERENCES}")
        self._nodes = {str(name): comparison.checked(name, data) for name, data in (params["nodes"] or {}).items()}
        if params["name"] in self._nodes:
            raise BadParameters(f"name: nodes has {params['name']}, too", "Give this server another name")
        self._check_tables()
        self._snapshot = self._load_snapshot()
        self._kinds = self._chosen_kinds()
        self.data: Dict[str, Any] = {"skipped": {}, "opensips": None}

    def run(self) -> Tuple[Any, Any, Any]:
        """What comparison.compare() returns. Raises what readers raise, and TableError."""
        if self._snapshot is not None:
            return self._against_snapshot(self._snapshot)
        if self._params["database"] is not None:
            return self._against_tables(self._params["database"])
        self._read()
        sources: Sources = {self._params["name"]: self.data["kinds"]}
        sources.update((name, data["kinds"]) for name, data in self._nodes.items())
        return comparison.compare(sources, self._ignored)

    def _read(self) -> None:
        settings = Settings(self._params["partition"], self._params["config_path"])
        self.data = comparison.read(self._task.connection, self._kinds, settings)

    # Options

    def _check_tables(self) -> None:
        """Raise BadParameters for a table that no kind has."""
        if self._params["tables"] and self._params["database"] is None:
            raise BadParameters("tables is set, but database is not", "Set database, or remove tables")
        for kind, name in self._params["tables"].items():
            if kind not in KINDS or KINDS[kind].table is None:
                raise BadParameters(
                    f"tables: {printable(str(kind), most=60)!r} is not a kind with a table",
                    f"These have one: {', '.join(_with_tables())}",
                )
            if not isinstance(name, str) or not name:
                raise BadParameters(f"tables: {kind} is not the name of a table", "Write the name of the table")

    def _load_snapshot(self) -> Optional[Dict[str, Any]]:
        return None if self._params["snapshot"] is None else snapshot.load(self._params["snapshot"], "snapshot")

    def _chosen_kinds(self) -> List[str]:
        """The kinds to read: what was asked for, or all that can be compared. Raises BadParameters."""
        params = self._params
        if self._snapshot is not None:
            able, reason = list(self._snapshot["parts"]), "the snapshot does not have it"
        elif params["database"] is not None:
            able, reason = _with_tables(), "it has no table"
        else:
            able, reason = list(KINDS), "it can only be compared with a snapshot"
        chosen = params["kinds"] if params["kinds"] is not None else able
        for kind in chosen:
            if kind not in able:
                raise BadParameters(
                    f"kinds: {kind} cannot be compared: {reason}", f"These can be: {', '.join(able) or 'none'}"
                )
        return [kind for kind in able if kind in chosen and kind not in self._ignored.kinds]

    # Tables

    def _against_tables(self, options: Dict[str, Any]) -> Tuple[Any, Any, Any]:
        memory: Dict[str, List[Dict[str, Any]]] = {}
        table: Dict[str, List[Dict[str, Any]]] = {}
        skipped: Dict[str, str] = {}
        with naming("database"):
            db = Database(options, any_text=True, read_only=True)
            # before the server is asked
            db.open()
        with db:
            self._read()
            for kind in self._kinds:
                try:
                    found = self._with_table(db, kind)
                except UnknownSchema as error:
                    if self._params["kinds"] is not None:
                        raise
                    skipped[kind] = printable(str(error))
                    continue
                if found is not None:
                    memory[kind], table[kind] = found
        differences, compared, reasons = comparison.compare({self._params["name"]: memory, TABLE: table}, self._ignored)
        return differences, compared, dict(skipped, **reasons)

    def _with_table(self, db: Database, kind: str) -> Optional[Tuple[List[Dict[str, Any]], List[Dict[str, Any]]]]:
        """The entries of the server, and of the table; None if the server can tell nothing of the kind."""
        is_read, can_ask = kind in self.data["kinds"], KINDS[kind].can_ask(self._task.connection)
        if not is_read and not can_ask:
            return None
        partition = self._params["partition"] or DEFAULT_PARTITION
        with naming("database"):
            query = RowQuery(db, KINDS[kind].table or "", self._params["tables"].get(kind))
            rows = query.find(None, {}, None, is_plain=False).rows
        memory: List[Dict[str, Any]] = []
        table: List[Dict[str, Any]] = []
        if is_read:
            memory += from_table(self.data["kinds"][kind], partition)
            table += secrecy.without_secrets(KINDS[kind].of_rows(rows, partition))
        if can_ask:
            self._ask(kind, rows, memory, table)
        return memory, table

    def _ask(self, kind: str, rows: List[Any], memory: List[Any], table: List[Any]) -> None:
        """Add the rules that the server was asked for, as it and the table have them."""
        answers = KINDS[kind].ask(self._task.connection, rows, self._params["partition"])
        partition = self._params["partition"] or DEFAULT_PARTITION
        for entries, found in ((memory, answers.memory), (table, answers.table)):
            entries += [dict(secrecy.without_secrets(entry), partition=partition) for entry in found]
        if answers.left:
            self._task.warn(f"{kind}: {answers.left} rules were not asked for, after the first {len(answers.table)}")
        if answers.problem:
            self._task.warn(f"{kind}: the server was not asked for single rules: {answers.problem}")
        if table:
            self.data["skipped"].pop(kind, None)

    # Snapshots

    def _against_snapshot(self, taken: Dict[str, Any]) -> Tuple[Any, Any, Any]:
        now = snapshot.take(self._task.connection, [kind for kind in self._kinds if kind != "cache"])
        if "cache" in self._kinds:
            self._take_cache(now, taken["parts"]["cache"])
        secret = os.urandom(32)
        sources = {
            name: {
                kind: [secrecy.hidden(record, snapshot.PARTS[kind].secret, secret) for record in records]
                for kind, records in parts.items()
                if kind in self._kinds
            }
            for name, parts in ((self._params["name"], now["parts"]), (SNAPSHOT, taken["parts"]))
        }
        keys = {kind: list(snapshot.PARTS[kind].identity) for kind in self._kinds}
        self.data = {
            "format": comparison.FORMAT,
            "opensips": now["opensips"],
            "taken": now["taken"],
            "kinds": sources[self._params["name"]],
            "skipped": now["skipped"],
        }
        return comparison.compare(sources, self._ignored, keys)

    def _take_cache(self, now: Dict[str, Any], records: List[Dict[str, Any]]) -> None:
        """Add the keys of the snapshot as they are now."""
        systems: Dict[str, List[str]] = {}
        for record in records:
            systems.setdefault(record["system"], []).append(record["key"])
        found: List[Dict[str, Any]] = []
        for system, keys in systems.items():
            part = snapshot.take(self._task.connection, ["cache"], snapshot.CacheKeys(keys, system))
            now["skipped"].update(part["skipped"])
            found += part["parts"].get("cache", [])
        if "cache" not in now["skipped"]:
            now["parts"]["cache"] = found


def _with_tables() -> List[str]:
    return [name for name, kind in KINDS.items() if kind.table is not None]
