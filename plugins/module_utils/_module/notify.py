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
from ansible_collections.community.opensips.plugins.module_utils._fleet.calls import Calls
from ansible_collections.community.opensips.plugins.module_utils._fleet.campaign import Rules
from ansible_collections.community.opensips.plugins.module_utils._fleet.finder import Finder
from ansible_collections.community.opensips.plugins.module_utils._fleet.firmware import (
    BEHIND,
    DONE,
    FirmwareRules,
    reason_of,
)
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal, journal_path
from ansible_collections.community.opensips.plugins.module_utils._fleet.notify import Notifies
from ansible_collections.community.opensips.plugins.module_utils._fleet.order import FOUND, ORDERS, SPREAD
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import compile_regex, found_in
from ansible_collections.community.opensips.plugins.module_utils._fleet.sending import Retries
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module import notify_headers, sending
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    ArgumentSpec,
    firmware_option,
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

# the end of the year 9999
_LAST_TIME = 253402300799.0


def spec() -> ArgumentSpec:
    """The module's own options."""
    own = ArgumentSpec(
        {
            "uris": {"type": "list", "elements": "str"},
            "aors": {"type": "list", "elements": "str"},
            "event": {"type": "str", "default": presets.AUTO},
            "action": {"type": "str", "choices": ["reboot", "check_cfg"], "default": "reboot"},
            "event_parameters": {"type": "dict", "default": {}},
            "subscription_state": {"type": "str"},
            "contact_uri": {"type": "str"},
            "body": {"type": "str"},
            "unless_user_agent": {"type": "str"},
            "firmware": firmware_option(),
            "unless_in_call": {"type": "bool", "default": False},
            "retry_for": {"type": "float", "default": 300},
            "retry_interval": {"type": "float", "default": 10},
            "own_only": {"type": "bool", "default": False},
            "own_sockets": {"type": "list", "elements": "str"},
            "campaign": {"type": "str"},
            "campaign_dir": {"type": "path"},
            "resend_unknown": {"type": "bool", "default": False},
            "batch": {"type": "int"},
            "step": {"type": "int"},
            "canary": {"type": "float"},
            "order": {"type": "str", "choices": list(ORDERS), "default": FOUND},
            "spread_by": {"type": "str"},
            "spread_limit": {"type": "int"},
            "send_until": {"type": "float"},
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
            ("uris", "firmware"),
            ("uris", "canary"),
        ],
        required_by={
            "campaign_dir": "campaign",
            "batch": "campaign",
            "canary": "campaign",
            "spread_limit": ["spread_by", "campaign"],
            "send_until": "campaign",
        },
        required_if=[
            ("plan_only", True, ["campaign"]),
            ("refresh", True, ["campaign"]),
            ("order", SPREAD, ["spread_by"]),
        ],
    )
    return select_spec().merged_with(sending_spec()).merged_with(credentials_spec()).merged_with(own)


def run(task: "Task") -> Dict[str, Any]:
    """Find the phones, choose each one's Event, send, watch them come back, and account for all of them."""
    params = task.params
    notifies = Notifies(params["event"], params["action"], params["headers"], params["body"], notify_headers.of(params))
    _check_options(params, notifies)
    credentials = load_credentials(task)
    firmware = FirmwareRules(params["firmware"])
    rules = Rules(notifies.request, _why_idle(params["unless_user_agent"], firmware), _why_out(firmware))
    is_plan = task.check_mode or params["plan_only"]
    with location_source(task) as source, _journal(task) as journal, _calls(task) as calls:
        finder = Finder(params, task.connection, rules, source, journal, task.check_mode, is_plan, calls)
        fleet = _Fleet(task, notifies, finder, finder.find(), firmware, credentials, calls)
        _warn_of_idle_rules(task, firmware, finder)
        return fleet.planned() if is_plan else fleet.send(source, journal)


def _why_idle(pattern: Optional[str], firmware: FirmwareRules) -> Callable[["Target"], Optional[str]]:
    """A function that tells of a Target why it has what is to be achieved (str), or None. pattern: of unless_user_agent, or None."""
    compiled = None if pattern is None else compile_regex(pattern, "unless_user_agent")

    def why(target: "Target") -> Optional[str]:
        if compiled is not None and found_in([compiled], target.user_agent or ""):
            return "its User-Agent matches unless_user_agent"
        found = firmware.compare(target.user_agent) if firmware else None
        return reason_of(found) if found is not None and found.state in DONE else None

    return why


def _why_out(firmware: FirmwareRules) -> Callable[["Target"], Optional[str]]:
    """A function that tells of a Target why the task is not about it (str), or None: nobody knows that its firmware is behind."""

    def why(target: "Target") -> Optional[str]:
        if not firmware or target.problem:
            return None
        found = firmware.compare(target.user_agent)
        return None if found.state in DONE or found.state == BEHIND else reason_of(found)

    return why


def _warn_of_idle_rules(task: "Task", firmware: FirmwareRules, finder: Finder) -> None:
    """Warn of rules that no phone matched, if the whole selection was looked up."""
    idle = firmware.idle() if finder.is_whole else []
    if idle:
        task.warn(f"No phone of the task matches {', '.join(idle)}. Correct vendor or model if there should be some")


@contextlib.contextmanager
def _journal(task: "Task") -> Iterator[Optional[Journal]]:
    """The Journal of the campaign, or None: there is no campaign, or check mode looks for one that is not there."""
    name, directory = task.params["campaign"], task.params["campaign_dir"]
    if name is None or task.check_mode and not safe_file.exists(journal_path(name, directory)):
        yield None
        return
    with Journal(name, directory, task.check_mode) as journal:
        yield journal


@contextlib.contextmanager
def _calls(task: "Task") -> Iterator[Optional[Calls]]:
    """The Calls of the server, or None: phones in a call are not put off. A server that cannot say who is in a call is a warning."""
    if not task.params["unless_in_call"]:
        yield None
        return
    with Calls(task.connection) as calls:
        calls.look()
        if not calls.known:
            task.warn(
                f"unless_in_call: whether phones are in a call is not known: {calls.reason}."
                " Only phones that answer that they are busy are tried again"
            )
        yield calls


class _Fleet:
    """The phones of one task, once they are found.

    notifies: Notifies. finder: Finder. choice: Choice, what finder found. firmware: FirmwareRules. credentials: Credentials,
    or None. calls: Calls of the server, or None.
    """

    def __init__(
        self,
        task: "Task",
        notifies: Notifies,
        finder: Finder,
        choice: "Choice",
        firmware: FirmwareRules,
        credentials: "Optional[Credentials]" = None,
        calls: Optional[Calls] = None,
    ) -> None:
        self._calls = calls
        self._task = task
        self._params = task.params
        self._notifies = notifies
        self._finder = finder
        self._choice = choice
        self._credentials = credentials
        self._firmware = firmware
        # {one of COMPLIANCE: number} of the phones that came back
        self._compliance: Dict[str, int] = collections.Counter()

    def planned(self) -> Dict[str, Any]:
        """The result of a run that sends nothing: who, with what Event, in what order, and why others are left out."""
        with sending.planned(self._task, self._choice.requests, self._calls) as results:
            self._add_others(results, is_last=True)
        result = self._result(results, results.counts.summary(None, 0), is_last=True)
        result["summary"]["batches"] = self._choice.batches()
        self._warn_of_ungrouped(result["summary"]["groups"])
        result["changed"] = self._task.check_mode and results.counts.of(outcomes.PLANNED) > 0
        if self._task.diff_mode:
            result["diff"] = report.diff_of_plan(self._choice.requests)
        return result

    def send(self, source: Any, journal: Optional[Journal]) -> Dict[str, Any]:
        """Send, and watch the phones come back if that is wanted. Gives the result."""
        choice, is_last = self._choice, not self._choice.remaining
        registered: Dict[str, int] = collections.Counter()
        # the next batch, which comes to them, is not to wait for them, unless it could send to nobody else
        waits = is_last or choice.is_waiting
        retries = Retries(self._params["retry_for"] if waits else 0.0, self._params["retry_interval"])
        with sending.prepared(
            self._task, choice.requests, journal, self._credentials, choice.busy, retries, self._calls
        ) as run:

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
        put_off = 0 if is_last else run.results.counts.of(outcomes.IN_CALL)
        return sending.finish(self._task, run, known(), named, choice.accepted_earlier, put_off)

    def _warn_of_ungrouped(self, groups: Optional[Dict[str, int]]) -> None:
        if groups is not None and groups["ungrouped"]:
            self._task.warn(
                f"spread_by {self._params['spread_by']} finds no group for {groups['ungrouped']} phones."
                " They are a group of their own"
            )

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
            back.update(self._compared(record["user_agent"]))
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

    def _compared(self, user_agent: Optional[str]) -> Dict[str, str]:
        """What the result of a phone that came back tells of its firmware (dict), empty without rules."""
        if not self._firmware:
            return {}
        state = self._firmware.compare(user_agent).state
        self._compliance[state] += 1
        return {"compliance": state}

    def _add_others(self, results: "Results", is_last: bool) -> None:
        """Add the phones that no request is made for. is_last: whether no batch follows, which would have them, too."""
        for request in self._choice.already if is_last else ():
            reason = self._choice.why_already(request.target)
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
            remaining=choice.remaining + (run.left if run is not None else 0),
            put_off=choice.put_off + (run.left_in_call if run is not None else 0),
            groups=self._finder.spread.summary(request.target for request in choice.requests),
            left_out=dict(left_out.counts) if is_last else {},
        )
        if self._params["wait"]:
            summary["registered"] = dict(registered or {})
            if self._firmware:
                summary["compliance"] = dict(self._compliance)
        more = {"left_out": left_out.listed if is_last else [], "lookup": self._finder.lookup}
        more["calls"] = None if self._calls is None else self._calls.report()
        return sending.result_of(results, choice.requests, summary, run, **more)


def _check_options(params: Dict[str, Any], notifies: Notifies) -> None:
    """Refuse what no phone could be sent."""
    sending.check_options(params)
    notifies.check(params["socket"] if params["socket"] not in ("contact", "default") else None)
    if params["batch"] is not None and params["batch"] < 1:
        raise BadParameters(f"batch is {params['batch']}", "Set it to a number of phones, 1 or more")
    if params["step"] is not None and params["step"] < 1:
        raise BadParameters(f"step is {params['step']}", "Set it to a number of phones, 1 or more")
    if params["canary"] is not None and not 0 <= params["canary"] <= 100:
        raise BadParameters(f"canary is {params['canary']}", "Set it to a percentage from 0 to 100")
    if not 0 <= params["retry_for"] <= 86400:
        raise BadParameters(
            f"retry_for is {params['retry_for']:g}", "Set it to a number of seconds, at least 0 and at most 86400"
        )
    if not 1 <= params["retry_interval"] <= 3600:
        raise BadParameters(
            f"retry_interval is {params['retry_interval']:g}",
            "Set it to a number of seconds, at least 1 and at most 3600",
        )
    if params["spread_limit"] is not None and params["batch"] is None and not params["plan_only"]:
        raise BadParameters(
            f"spread_limit is {params['spread_limit']}, and batch is not set",
            "Set batch and campaign: the limit is for one batch. Run the task again until summary.remaining is 0",
        )
    if params["send_until"] is not None and not 0 <= params["send_until"] <= _LAST_TIME:
        raise BadParameters(
            f"send_until is {params['send_until']}", "Set it to a time in seconds since 1970, such as 1795318012"
        )
    if params["wait"] and params["uris"] is not None:
        raise BadParameters(
            "wait and uris are both set", "wait requires registered phones: use aors or select, or remove wait"
        )
    if not 0 < params["wait_timeout"] <= 86400:
        raise BadParameters(
            f"wait_timeout is {params['wait_timeout']}", "Set it to a number of seconds, above 0 and at most 86400"
        )
