# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_dialog: ending calls, and waiting until they are over."""

import time
from typing import Any, Callable, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, first_few
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    Task,
    TaskFailure,
    describe_error,
    describe_failure,
)
from ansible_collections.community.opensips.plugins.module_utils._state import dialogs

# Seconds to wait for calls that the task does not end
_DRAIN_WAIT = 300.0
_NAMED = 5


def spec() -> ArgumentSpec:
    """The module's own options."""
    texts = {"type": "list", "elements": "str"}
    return ArgumentSpec(
        {
            "state": {"type": "str", "choices": ["absent", "drained"], "required": True},
            "caller": dict(texts),
            "caller_regex": dict(texts),
            "callee": dict(texts),
            "callee_regex": dict(texts),
            "callee_contact": dict(texts),
            "callee_socket": dict(texts),
            "profile": {
                "type": "list",
                "elements": "dict",
                "options": {"name": {"type": "str", "required": True}, "value": {"type": "str"}},
            },
            "call_id": dict(texts),
            "older_than": {"type": "int"},
            "all": {"type": "bool", "default": False},
            "wait_timeout": {"type": "float"},
            "wait_interval": {"type": "float", "default": 1.0},
            "end_after_timeout": {"type": "bool", "default": False},
            "rate": {"type": "float"},
        }
    )


def run(task: Task) -> Dict[str, Any]:
    """End the calls that the filters take, or wait until they are over: the result (dict)."""
    wanted = _checked(task.params)
    ends = task.params["state"] == "absent" or task.params["end_after_timeout"]
    task.connection.require(*(wanted.reads + (dialogs.WRITES if ends else ())))
    wanted.check(task.connection)
    start = time.monotonic()
    if task.check_mode:
        found = dialogs.Looker(task.connection, wanted).look()
        word = dialogs.PLANNED if ends else dialogs.LEFT
        outcomes = [dialogs.Outcome(dialog, word) for dialog in found.own.values()]
        return _result(outcomes + _replicated(found), time.monotonic() - start)
    ended: List[dialogs.Outcome] = []

    def known() -> Dict[str, Any]:
        dialogs.conclude(ended, "the task was interrupted")
        return _result(ended, time.monotonic() - start)

    task.known = known
    try:
        outcomes = (_absent if task.params["state"] == "absent" else _drained)(task, wanted, ended)
    except dialogs.Unfinished as error:
        result = _result(error.outcomes, time.monotonic() - start)
        raise TaskFailure(str(error), dict(result, **describe_failure(error.error))) from error
    result = _result(outcomes, time.monotonic() - start)
    problem = _problem(outcomes, result["seconds"])
    if problem is not None:
        raise TaskFailure(str(problem), dict(result, error=describe_error(problem)))
    return result


def _checked(params: Dict[str, Any]) -> dialogs.Filter:
    """The Filter of the task. Raises BadParameters."""
    wanted = dialogs.Filter(params)
    if params["all"] and not wanted.is_empty:
        raise BadParameters("all is set together with a filter", "Remove all, or the filters")
    if params["end_after_timeout"] and params["state"] != "drained":
        raise BadParameters("end_after_timeout is set, but state is absent", "Remove it, or set state=drained")
    ends = params["state"] == "absent" or params["end_after_timeout"]
    if wanted.is_empty and ends and not params["all"]:
        raise BadParameters(
            "No filter is set, so the task would end every call of the server",
            f"Set one of {', '.join(dialogs.FILTERS)}, or all=true to end every call",
        )
    for option, least in (("wait_timeout", 0), ("wait_interval", 0.05)):
        if params[option] is not None and params[option] < least:
            raise BadParameters(f"{option} is {params[option]:g}", f"Set it to {least:g} or more")
    if params["rate"] is not None and params["rate"] <= 0:
        raise BadParameters(f"rate is {params['rate']:g}", "Set it to a number of calls per second above 0")
    return wanted


def _absent(task: Task, wanted: dialogs.Filter, ended: List[dialogs.Outcome]) -> List[dialogs.Outcome]:
    """The Outcomes. ended: list that takes those of calls that the task ends."""
    params = task.params
    found = dialogs.Looker(task.connection, wanted).look()
    wait = dialogs.END_WAIT if params["wait_timeout"] is None else params["wait_timeout"]
    others = _replicated(found)
    try:
        own = dialogs.end(task.connection, found.own.values(), wait, params["wait_interval"], params["rate"], ended)
    except dialogs.Unfinished as error:
        error.outcomes = error.outcomes + others
        raise
    return own + others


def _replicated(found: dialogs.Look) -> List[dialogs.Outcome]:
    """Outcomes of the calls that are another node's."""
    return [dialogs.Outcome(dialog, dialogs.REPLICATED) for dialog in found.replicated.values()]


def _drained(task: Task, wanted: dialogs.Filter, ended: List[dialogs.Outcome]) -> List[dialogs.Outcome]:
    params = task.params
    wait = _DRAIN_WAIT if params["wait_timeout"] is None else params["wait_timeout"]
    outcomes = dialogs.drain(task.connection, wanted, wait, params["wait_interval"])
    left = [waited.dialog for waited in outcomes if waited.outcome == dialogs.LEFT and waited.is_sure]
    if not left or not params["end_after_timeout"]:
        return outcomes
    over = [waited for waited in outcomes if waited.outcome != dialogs.LEFT or not waited.is_sure]
    ended.extend(over)
    try:
        return over + dialogs.end(
            task.connection, left, dialogs.END_WAIT, params["wait_interval"], params["rate"], ended
        )
    except dialogs.Unfinished as error:
        error.outcomes = over + error.outcomes
        raise


def _problem(outcomes: List[dialogs.Outcome], seconds: float) -> Optional[dialogs.NotEnded]:
    """The MIError of a task that leaves calls, or None."""
    failed = [ended for ended in outcomes if ended.outcome == dialogs.FAILED]
    if failed:
        return dialogs.NotEnded(
            f"{len(failed)} of {_calls(len(outcomes))} did not end: {_named(failed, lambda ended: str(ended.error))}"
        )
    left = [waited for waited in outcomes if waited.outcome == dialogs.LEFT]
    if left:
        now = time.time()
        names = _named(left, lambda waited: _age(waited.dialog, now))
        return dialogs.NotEnded(
            f"{_calls(len(left))} left after {seconds:g} seconds: {names}",
            "Increase wait_timeout, or end them with end_after_timeout",
        )
    return None


def _calls(number: int) -> str:
    return "1 call" if number == 1 else f"{number} calls"


def _named(outcomes: List[dialogs.Outcome], note: Callable[[dialogs.Outcome], str]) -> str:
    names = [
        f"{known.dialog['call_id']} from {known.dialog['from_uri']} to {known.dialog['to_uri']} ({note(known)})"
        for known in outcomes
    ]
    return first_few(names, _NAMED)


def _age(dialog: Dict[str, Any], now: float) -> str:
    if dialog["timestart"] is None:
        return "not answered yet"
    return f"for {max(0.0, now - dialog['timestart']):.0f} seconds"


def _result(outcomes: List[dialogs.Outcome], seconds: float) -> Dict[str, Any]:
    results = [_entry(known) for known in outcomes]
    diff: Dict[str, Dict[str, Any]] = {"before": {}, "after": {}}
    for entry in results:
        if entry["changed"]:
            diff["before"][f"{entry['call_id']} {entry['id']}"] = {
                name: entry[name] for name in ("from_uri", "to_uri", "state")
            }
    counts = {word: sum(1 for known in outcomes if known.outcome == word) for word in dialogs.OUTCOMES}
    return {
        "changed": any(entry["changed"] for entry in results),
        "results": results,
        "summary": {"total": len(results), "outcomes": counts},
        "seconds": round(seconds, 3),
        "diff": diff,
    }


def _entry(known: dialogs.Outcome) -> Dict[str, Any]:
    there = known.outcome in (dialogs.FAILED, dialogs.LEFT, dialogs.REPLICATED)
    state = {"state": known.dialog["state"]}
    entry = {name: known.dialog[name] for name in ("id", "call_id", "from_uri", "to_uri", "state", "timestart")}
    entry.update(
        callee_contacts=[leg["contact"] for leg in known.dialog["callees"] if leg["contact"] is not None],
        outcome=known.outcome,
        changed=known.outcome in (dialogs.PLANNED, dialogs.ENDED),
        before=state,
        after=state if there else None,
        requests=[],
        error=None if known.error is None else describe_error(known.error),
    )
    if known.sent or known.outcome == dialogs.PLANNED:
        method, params = dialogs.request_of(known.dialog)
        entry["requests"] = [{"command": method, "params": params}]
    return entry
