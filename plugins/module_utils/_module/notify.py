# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_notify: a NOTIFY to each of many phones."""

import collections
import contextlib
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, Optional

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import registration, report
from ansible_collections.community.opensips.plugins.module_utils._fleet.campaign import Rules
from ansible_collections.community.opensips.plugins.module_utils._fleet.finder import Finder
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal, journal_path
from ansible_collections.community.opensips.plugins.module_utils._fleet.notify import Notifies
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import compile_regex, found_in
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module import sending
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    ArgumentSpec,
    select_spec,
    sending_spec,
)
from ansible_collections.community.opensips.plugins.module_utils._module.credentials import credentials_spec
from ansible_collections.community.opensips.plugins.module_utils._module.credentials import load as load_credentials
from ansible_collections.community.opensips.plugins.module_utils._module.location import location_source
from ansible_collections.community.opensips.plugins.module_utils._module.run import TaskFailure, describe_failure
from ansible_collections.community.opensips.plugins.module_utils._sip import preset_data, presets
from ansible_collections.community.opensips.plugins.module_utils._table.errors import TableError

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.campaign import Choice
    from ansible_collections.community.opensips.plugins.module_utils._fleet.credentials import Credentials
    from ansible_collections.community.opensips.plugins.module_utils._fleet.results import Results
    from ansible_collections.community.opensips.plugins.module_utils._fleet.sending import Sending
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task


def spec() -> ArgumentSpec:
    """The module's own options."""
    own = ArgumentSpec(
        {
            "uris": {"type": "list", "elements": "str"},
            "aors": {"type": "list", "elements": "str"},
            "event": {"type": "str", "default": presets.AUTO},
            "action": {"type": "str", "choices": ["reboot", "check_cfg"], "default": "reboot"},
            "body": {"type": "str"},
            "unless_user_agent": {"type": "str"},
            "own_only": {"type": "bool", "default": False},
            "own_sockets": {"type": "list", "elements": "str"},
            "campaign": {"type": "str"},
            "campaign_dir": {"type": "path"},
            "resend_unknown": {"type": "bool", "default": False},
            "batch": {"type": "int"},
            "canary": {"type": "float"},
            "plan_only": {"type": "bool", "default": False},
            "refresh": {"type": "bool", "default": False},
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "float", "default": 300},
        },
        required_one_of=[("uris", "aors", "select")],
        mutually_exclusive=[
            ("uris", "aors", "select"),
            ("uris", "own_only"),
            ("uris", "unless_user_agent"),
            ("uris", "canary"),
        ],
        required_by={"campaign_dir": "campaign", "batch": "campaign", "canary": "campaign"},
        required_if=[("plan_only", True, ["campaign"]), ("refresh", True, ["campaign"])],
    )
    return select_spec().merged_with(sending_spec()).merged_with(credentials_spec()).merged_with(own)


def run(task: "Task") -> Dict[str, Any]:
    """Find the phones, choose each one's Event, send, watch them come back, and account for all of them."""
    params = task.params
    notifies = Notifies(params["event"], params["action"], params["headers"], params["body"])
    _check_options(params, notifies)
    credentials = load_credentials(task)
    rules = Rules(notifies.request, _is_wanted(params["unless_user_agent"]))
    is_plan = task.check_mode or params["plan_only"]
    with location_source(task) as source, _journal(task) as journal:
        finder = Finder(params, task.connection, rules, source, journal, task.check_mode, is_plan)
        fleet = _Fleet(task, notifies, finder, finder.find(), credentials)
        return fleet.planned() if is_plan else fleet.send(source, journal)


def _is_wanted(pattern: Optional[str]) -> Callable[["Target"], bool]:
    """A function that tells of a Target whether its User-Agent is the wanted one. pattern: of unless_user_agent, or None."""
    if pattern is None:
        return lambda target: False
    compiled = compile_regex(pattern, "unless_user_agent")
    return lambda target: found_in([compiled], target.user_agent or "")


@contextlib.contextmanager
def _journal(task: "Task") -> Iterator[Optional[Journal]]:
    """The Journal of the campaign, or None: there is no campaign, or check mode looks for one that is not there."""
    name, directory = task.params["campaign"], task.params["campaign_dir"]
    if name is None or task.check_mode and not safe_file.exists(journal_path(name, directory)):
        yield None
        return
    with Journal(name, directory, task.check_mode) as journal:
        yield journal


class _Fleet:
    """The phones of one task, once they are found.

    notifies: Notifies. finder: Finder. choice: Choice, what finder found. credentials: Credentials, or None.
    """

    def __init__(
        self,
        task: "Task",
        notifies: Notifies,
        finder: Finder,
        choice: "Choice",
        credentials: "Optional[Credentials]" = None,
    ) -> None:
        self._task = task
        self._params = task.params
        self._notifies = notifies
        self._finder = finder
        self._choice = choice
        self._credentials = credentials

    def planned(self) -> Dict[str, Any]:
        """The result of a run that sends nothing: who, with what Event, in what order, and why others are left out."""
        with sending.planned(self._task, self._choice.requests) as results:
            self._add_others(results, is_last=True)
        result = self._result(results, results.counts.summary(None, 0), is_last=True)
        result["changed"] = self._task.check_mode and results.counts.of(outcomes.PLANNED) > 0
        if self._task.diff_mode:
            result["diff"] = report.diff_of_plan(self._choice.requests)
        return result

    def send(self, source: Any, journal: Optional[Journal]) -> Dict[str, Any]:
        """Send, and watch the phones come back if that is wanted. Gives the result."""
        choice, is_last = self._choice, not self._choice.remaining
        registered: Dict[str, int] = collections.Counter()
        with sending.prepared(self._task, choice.requests, journal, self._credentials) as run:

            def known() -> Dict[str, Any]:
                return self._result(run.results, run.summary(), is_last, run, registered)

            self._task.known = known
            self._add_others(run.results, is_last)
            run.run()
            if self._params["wait"] and run.failure is None:
                try:
                    self._watch(source, run, registered, journal)
                except (MIError, TableError) as error:
                    raise TaskFailure(
                        f"What went out was sent, but watching for registrations ended early: {error}",
                        dict(known(), **describe_failure(error)),
                    ) from error
        named = self._params["select"] is None
        return sending.finish(self._task, run, known(), named, earlier=choice.accepted_earlier)

    def _watch(self, source: Any, run: "Sending", registered: Dict[str, int], journal: Optional[Journal]) -> None:
        """Add to the results what the location table shows of the phones that accepted, and count them in registered.

        Those that only read their configuration need not register again, so nobody waits for them.
        """
        waiting = {
            request.target: request
            for request in self._choice.requests
            if request.outcome == outcomes.ACCEPTED and request.label["action"] != preset_data.CHECK_CFG
        }
        watch = registration.Watch(waiting, self._finder.known())
        seen = registration.wait_for_registrations(
            source, watch, self._params["wait_timeout"], lambda: run.failure is not None
        )
        for target, record, seconds in seen:
            back = {"registered": registration.BACK, "new_user_agent": record["user_agent"], "back_seconds": seconds}
            run.results.update(waiting.pop(target), back)
            registered[registration.BACK] += 1
            if journal is not None:
                journal.moved(target, record)
        if run.failure is not None:
            return
        for request in waiting.values():
            missing = {"registered": registration.NOT_BACK, "new_user_agent": None, "back_seconds": None}
            run.results.update(request, missing)
            registered[registration.NOT_BACK] += 1

    def _add_others(self, results: "Results", is_last: bool) -> None:
        """Add the phones that no request is made for. is_last: whether no batch follows, which would have them, too."""
        reason = "its User-Agent matches unless_user_agent"
        for request in self._choice.already if is_last else ():
            results.add_other(report.settled(self._notifies.none(request.target), outcomes.ALREADY, reason))
        for entry in self._choice.settled:
            results.add_other(entry)

    def _result(
        self,
        results: "Results",
        summary: Dict[str, Any],
        is_last: bool,
        run: "Optional[Sending]" = None,
        registered: Optional[Dict[str, int]] = None,
    ) -> Dict[str, Any]:
        choice, left_out = self._choice, self._finder.left_out
        summary.update(
            earlier=choice.earlier,
            remaining=choice.remaining,
            left_out=dict(left_out.counts) if is_last else {},
        )
        if self._params["wait"]:
            summary["registered"] = dict(registered or {})
        more = {"left_out": left_out.listed if is_last else [], "lookup": self._finder.lookup}
        return sending.result_of(results, choice.requests, summary, run, **more)


def _check_options(params: Dict[str, Any], notifies: Notifies) -> None:
    """Refuse what no phone could be sent."""
    sending.check_options(params)
    notifies.check(params["socket"] if params["socket"] not in ("contact", "default") else None)
    if params["batch"] is not None and params["batch"] < 1:
        raise BadParameters(f"batch is {params['batch']}", "Set it to a number of phones, 1 or more")
    if params["canary"] is not None and not 0 <= params["canary"] <= 100:
        raise BadParameters(f"canary is {params['canary']}", "Set it to a percentage from 0 to 100")
    if params["wait"] and params["uris"] is not None:
        raise BadParameters(
            "wait and uris are both set", "wait requires registered phones: use aors or select, or remove wait"
        )
    if not 0 < params["wait_timeout"] <= 86400:
        raise BadParameters(
            f"wait_timeout is {params['wait_timeout']}", "Set it to a number of seconds, above 0 and at most 86400"
        )
