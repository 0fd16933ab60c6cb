# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_restore: bring a server back to the state in a file."""

from typing import Any, Dict, List

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, first_few
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task, TaskFailure, describe_error
from ansible_collections.community.opensips.plugins.module_utils._module.snapshot import (
    check_parts,
    describe,
    parts_option,
)
from ansible_collections.community.opensips.plugins.module_utils._state import restore, snapshot

# Beyond so many, entries that need no attention are left out; messages name so many things
LISTED = 1000
_MOST_NAMED = 20
# What every entry has besides its identity
_COMMON = ("part", "outcome", "changed", "before", "after", "requests", "reason", "error")
_QUIET = (restore.RESTORED, restore.UNCHANGED, restore.PLANNED)


def spec() -> ArgumentSpec:
    """The module's own options."""
    return ArgumentSpec(
        {
            "path": {"type": "path", "required": True},
            "parts": parts_option(),
            "results": {"type": "str", "choices": ["auto", "all", "attention"], "default": "auto"},
        }
    )


def run(task: Task) -> Dict[str, Any]:
    """Plan all parts, then write what differs. Raises TaskFailure if something of it is not as in the snapshot."""
    params = task.params
    check_parts(params["parts"])
    taken = snapshot.load(params["path"])
    for name in params["parts"] or ():
        if name not in taken["parts"]:
            raise BadParameters(
                f"parts: {params['path']} has no {name}. It has: {', '.join(taken['parts']) or 'none'}",
                "Remove it from parts, or take the snapshot again",
            )
    job = restore.Restore(task.connection, taken, params["parts"])
    job.plan()

    def known() -> Dict[str, Any]:
        job.catch_up()
        return _result(task, taken, job.results(task.check_mode))

    if not task.check_mode:
        task.known = known
        job.run()
    entries = job.results(task.check_mode)
    result = _result(task, taken, entries)
    _warn(task, entries)
    _refuse_failed(job, entries, result)
    return result


def _refuse_failed(job: restore.Restore, entries: List[Dict[str, Any]], result: Dict[str, Any]) -> None:
    """Raise TaskFailure if something failed, or stopped the rest. entries: job.results(). result: of the task."""
    failed = [entry for entry in entries if entry["outcome"] == restore.FAILED]
    if not failed and job.stopped is None:
        return
    error = job.stopped or failed[0]["error"]
    texts = [f"{_label(entry)}: {entry['error']}" for entry in failed]
    not_run = result["summary"]["outcomes"][restore.NOT_RUN]
    text = first_few(texts, _MOST_NAMED) or str(error)
    raise TaskFailure(
        f"{text}; {not_run} more not tried" if not_run else text, dict(result, error=describe_error(error))
    )


def _label(entry: Dict[str, Any]) -> str:
    """The part and the identity of an entry as a line of text."""
    values = (value for name, value in entry.items() if name not in _COMMON and value is not None)
    return " ".join(map(str, [entry["part"], *values]))


def _warn(task: Task, entries: List[Dict[str, Any]]) -> None:
    """Say what the server no longer has, and cannot do."""
    for outcome, text in (
        (restore.MISSING, "The server no longer has"),
        (restore.UNSUPPORTED, "The server cannot restore"),
    ):
        names = [_label(entry) for entry in entries if entry["outcome"] == outcome]
        if names:
            task.warn(f"{text}: {first_few(names, _MOST_NAMED, ', ', ' and {0} more')}")
    flagged = [
        _label(entry) for entry in entries if entry["reason"] and entry["outcome"] in _QUIET and entry["changed"]
    ]
    if flagged:
        task.warn(f"Branch flags are not restored: {first_few(flagged, _MOST_NAMED, ', ', ' and {0} more')}")


def _result(task: Task, taken: snapshot.Snapshot, entries: List[Dict[str, Any]]) -> Dict[str, Any]:
    counts = {outcome: sum(1 for entry in entries if entry["outcome"] == outcome) for outcome in restore.OUTCOMES}
    result = {
        "changed": any(entry["changed"] for entry in entries),
        "snapshot": describe(taken, task.params["path"]),
        "results": _listed(entries, task.params["results"]),
        "summary": {"total": len(entries), "outcomes": counts},
    }
    if task.diff_mode:
        result["diff"] = _diff(entries)
    return result


def _listed(entries: List[Dict[str, Any]], results: str) -> List[Dict[str, Any]]:
    """The entries that the option results chooses, their errors as plain data."""
    if results == "attention" or (results == "auto" and len(entries) > LISTED):
        entries = [entry for entry in entries if entry["outcome"] not in _QUIET or entry["reason"]]
    return [dict(entry, error=None if entry["error"] is None else describe_error(entry["error"])) for entry in entries]


def _diff(entries: List[Dict[str, Any]]) -> Dict[str, Any]:
    """What differs, under the name of each thing."""
    diff: Dict[str, Any] = {"before": {}, "after": {}}
    for entry in entries:
        if entry["changed"]:
            for side in ("before", "after"):
                if entry[side] is not None:
                    diff[side][_label(entry)] = entry[side]
    return diff
