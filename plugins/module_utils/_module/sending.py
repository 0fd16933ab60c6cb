# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the bodies of opensips_notify and opensips_mwi share: sending, results, and what a run that stopped leaves."""

import contextlib
import os
from typing import TYPE_CHECKING, Any, Dict, Iterator, Optional, Sequence, Type

from ansible_collections.community.opensips.plugins.module_utils._fleet import listener, report
from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import (
    Delivery,
    check_max_in_flight,
)
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import journal_path
from ansible_collections.community.opensips.plugins.module_utils._fleet.plan import PlanFile
from ansible_collections.community.opensips.plugins.module_utils._fleet.results import Results, ResultsFile, check_path
from ansible_collections.community.opensips.plugins.module_utils._fleet.sending import Retries, Sending
from ansible_collections.community.opensips.plugins.module_utils._fleet.stop_rule import StopRule
from ansible_collections.community.opensips.plugins.module_utils._fleet.verdict import verdict
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import Governor, check_rate, check_share
from ansible_collections.community.opensips.plugins.module_utils._module.credentials import complete
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    TaskFailure,
    describe_error,
    describe_failure,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import flatten
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import validate_uri

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.calls import Calls
    from ansible_collections.community.opensips.plugins.module_utils._fleet.credentials import Credentials
    from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal
    from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
    from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task

# Phones that the message of a task lists.
_LINES = 20


def check_options(params: Dict[str, Any]) -> None:
    """Refuse options that no request could be made with; raises BadParameters or SipError."""
    check_rate(params["rate"])
    check_share(params["server_share"])
    check_max_in_flight(params["max_in_flight"])
    if params["results_file"] is not None:
        _check_results_file(params)
    StopRule(params["max_failures"])
    flatten(params["headers"])
    if params["from_uri"]:
        validate_uri(params["from_uri"])


def _check_results_file(params: Dict[str, Any]) -> None:
    """Refuse a results_file that could not be written, or that is another file of the task."""
    check_path(params["results_file"])
    others = {name: params.get(name) for name in ("state_file", "mailboxes_file", "credentials_file")}
    if params.get("campaign"):
        others["campaign's journal"] = journal_path(params["campaign"], params["campaign_dir"])
        others["campaign's plan"] = PlanFile(params["campaign"], params["campaign_dir"]).path
    for name, path in others.items():
        if path is not None and _is_same_file(path, params["results_file"]):
            raise BadParameters(f"results_file {params['results_file']} is also the {name}", "Set it to another file")


def _is_same_file(path: str, other: str) -> bool:
    try:
        return os.path.realpath(safe_file.path_of(path)) == os.path.realpath(safe_file.path_of(other))
    except OSError:
        # who opens it says what is wrong with it
        return False


@contextlib.contextmanager
def planned(task: "Task", requests: Sequence["SipRequest"], calls: "Optional[Calls]" = None) -> Iterator[Results]:
    """The Results of a run that sends nothing. In check mode they go to no file. calls: Calls that are looked at, or None."""
    results = _results(task, None if task.check_mode else task.params["results_file"])
    try:
        for request in requests:
            is_busy = calls is not None and not request.problem and calls.is_busy(request.target)
            results.add(request, report.planned(request, is_busy))
        yield results
    finally:
        results.close()
    if results.problem is not None:
        task.warn(results.problem)


def _results(task: "Task", path: Optional[str]) -> Results:
    file = None if path is None else ResultsFile(path, task.params["results_append"])
    return Results(file, task.params["results"])


@contextlib.contextmanager
def prepared(
    task: "Task",
    requests: Sequence["SipRequest"],
    journal: "Optional[Journal]" = None,
    credentials: "Optional[Credentials]" = None,
    busy: Sequence["SipRequest"] = (),
    retries: Optional[Retries] = None,
    calls: "Optional[Calls]" = None,
    kind: Type[Sending] = Sending,
) -> Iterator[Any]:
    """A Sending (of a kind) that is ready to run, as the options want it. It breaks off if nobody waits for the result any more.

    Its results go to the file of results_file, if there is one. credentials: of the options, yet without those of a database.
    busy, retries, calls: as for Sending.
    """
    params = task.params
    complete(task, credentials, (request.target for request in requests))
    results = _results(task, params["results_file"])
    delivery = Delivery(
        task.connection,
        from_uri=params["from_uri"],
        socket=None if params["socket"] == "default" else params["socket"],
        governor=Governor(params["rate"], params["server_share"]),
        max_in_flight=params["max_in_flight"],
        stop=StopRule(params["max_failures"]),
        journal=journal,
        credentials=credentials,
        calls=calls,
    )
    run = kind(delivery, requests, results, busy, retries, calls, params.get("step"), params.get("batch"))
    try:
        with listener.watched(run.break_off), run.until(params.get("send_until")):
            yield run
    finally:
        results.close()
    doubt = None if credentials is None else credentials.warning()
    if doubt is not None:
        task.warn(doubt)


def result_of(
    results: Results,
    requests: Sequence["SipRequest"],
    summary: Dict[str, Any],
    run: Optional[Sending] = None,
    **more: Any,
) -> Dict[str, Any]:
    """What a module returns. run: Sending, or None where nothing is sent. more: further keys."""
    entries = results.entries(requests)
    summary["omitted"] = max(0, summary["total"] - len(entries))
    changed = results.counts.of(outcomes.PLANNED) > 0 if run is None else run.changed
    return dict(
        more,
        changed=changed,
        results=entries,
        summary=summary,
        stopped=run and run.stopped,
        diff=results.counts.diff(),
    )


def finish(
    task: "Task", run: Sending, result: Dict[str, Any], named: bool, earlier: int = 0, put_off: int = 0
) -> Dict[str, Any]:
    """Return result, or raise TaskFailure with it: the run stopped or broke off, or too few phones accepted.

    named: whether the options name the phones (see verdict.py). earlier: phones that accepted in an earlier run.
    put_off: phones in a call that a later run comes to.
    """
    if run.results.problem is not None:
        task.warn(run.results.problem)
    if run.failure is not None:
        total = len(run.requests)
        message = f"The run stopped after {run.sent} of {total} requests: {run.failure}"
        raise TaskFailure(message, dict(result, **describe_failure(run.failure)))
    failed = run.results.failures(run.requests)
    if run.stopped and not run.is_over:
        tried = [entry for entry in failed if entry["outcome"] != outcomes.NOT_SENT]
        stopped = outcomes.RunStopped(
            run.stopped[0].upper() + run.stopped[1:], "Find the cause, then run the task again"
        )
        raise _failure(stopped, result, tried, len(tried))
    counts = run.results
    problem = verdict(named, counts.failed - put_off, counts.accepted + earlier, task.params["max_failures"])
    if problem is not None:
        raise _failure(
            outcomes.NotAccepted(problem, "Each entry of results has its error"), result, failed, counts.failed
        )
    return result


def _failure(error: "MIError", result: Dict[str, Any], entries: Sequence[Dict[str, Any]], number: int) -> TaskFailure:
    """The TaskFailure of an MIError, with one line for each phone. number: of phones, of which entries may be the first ones."""
    lines = [report.line_of(entry) for entry in entries[:_LINES]]
    # for one phone, there is room for what to do
    if number == len(lines) == 1 and (entries[0]["error"] or {}).get("hint"):
        lines = [f"{lines[0]}. {entries[0]['error']['hint']}"]
    if number > len(lines):
        lines.append(f"and {number - len(lines)} more")
    return TaskFailure(error.message, dict(result, error=describe_error(error)), lines)
