# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_reload: have the server read tables, or its routes, again."""

from typing import Any, Dict, List

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.pending import PendingReload
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    Task,
    TaskFailure,
    describe_error,
    describe_failure,
)
from ansible_collections.community.opensips.plugins.module_utils._state import reload

PLANNED = "planned"
RELOADED = "reloaded"
FAILED = "failed"
NOT_RUN = "not_run"
OUTCOMES = (PLANNED, RELOADED, FAILED, NOT_RUN)


def spec() -> ArgumentSpec:
    """The module's own options."""
    return ArgumentSpec(
        {
            "tables": {"type": "list", "elements": "str", "required": True},
            "partition": {"type": "str"},
            "inherit_state": {"type": "bool"},
            "wait_timeout": {"type": "float", "default": reload.DEFAULT_WAIT},
        }
    )


def run(task: Task) -> Dict[str, Any]:
    """Check all that is named, then reload one after another; the first that fails ends it."""
    params = task.params
    if not params["tables"]:
        raise BadParameters("tables is an empty list", "Add a table, or routes")
    if params["wait_timeout"] <= 0:
        raise BadParameters(f"wait_timeout is {params['wait_timeout']:g}", "Set it to a number of seconds above 0")
    # before the connection is opened, so that its name is the one that opensips_table uses
    server = task.connection.carrier.describe()
    planned = [
        reload.plan(task.connection, name, params["partition"], params["inherit_state"]) for name in params["tables"]
    ]
    entries: List[Dict[str, Any]] = []
    for plan in planned:
        # tables that one command reads are reloaded once
        first = plan.key() not in [other.key() for other in planned[: len(entries)]]
        entries.append(_entry(plan, first))
    if task.check_mode:
        return _result(entries)

    def known() -> Dict[str, Any]:
        _skip(entries)
        return _result(entries)

    task.known = known
    done = {}
    for plan, entry in zip(planned, entries):
        if entry["requests"]:
            pending = PendingReload(server, reload.command_of(plan.name), params["partition"])
            pending.exists()
            try:
                done[plan.key()] = reload.run(task.connection, plan, params["wait_timeout"])
            except MIError as error:
                entry.update(outcome=FAILED, error=describe_error(error), changed=error.maybe_sent)
                _skip(entries)
                raise TaskFailure(_text(error, entries), dict(_result(entries), **describe_failure(error))) from error
            pending.clear()
        entry.update(outcome=RELOADED, seconds=done[plan.key()]["seconds"])
    return _result(entries)


def _entry(planned: reload.Planned, first: bool) -> Dict[str, Any]:
    return {
        "name": planned.name,
        "command": planned.command,
        "params": planned.params,
        "background": planned.background,
        "outcome": PLANNED,
        "changed": True,
        "requests": [{"command": planned.command, "params": planned.params}] if first else [],
        "error": None,
    }


def _skip(entries: List[Dict[str, Any]]) -> None:
    for entry in entries:
        if entry["outcome"] == PLANNED:
            entry.update(outcome=NOT_RUN, changed=False, requests=[])


def _text(error: MIError, entries: List[Dict[str, Any]]) -> str:
    """The error, and what else was to be reloaded."""
    text = str(error)
    for outcome, heading in ((RELOADED, "Reloaded before"), (NOT_RUN, "Not reloaded")):
        names = [entry["name"] for entry in entries if entry["outcome"] == outcome]
        if names:
            text = f"{text.rstrip('.')}. {heading}: {', '.join(names)}"
    return text


def _result(entries: List[Dict[str, Any]]) -> Dict[str, Any]:
    requests = [request for entry in entries if entry["changed"] for request in entry["requests"]]
    counts = {word: sum(1 for entry in entries if entry["outcome"] == word) for word in OUTCOMES}
    return {
        "changed": any(entry["changed"] for entry in entries),
        "results": entries,
        "summary": {"total": len(entries), "outcomes": counts},
        "diff": {"before": {"reloads": []}, "after": {"reloads": requests}},
    }
