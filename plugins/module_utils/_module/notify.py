# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_notify: a NOTIFY to each of many phones."""

import contextlib
import itertools
import time

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import registration, report, targets
from ansible_collections.community.opensips.plugins.module_utils._fleet.campaign import (
    Choice,
    LookUp,
    Rules,
    settled_keys,
)
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal, journal_path
from ansible_collections.community.opensips.plugins.module_utils._fleet.ownership import own_sockets
from ansible_collections.community.opensips.plugins.module_utils._fleet.plan import (
    CutOff,
    Plan,
    PlanFile,
    fingerprint_of,
)
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import (
    LeftOut,
    Selection,
    compile_regex,
    found_in,
)
from ansible_collections.community.opensips.plugins.module_utils._fleet.sources import PLAN
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module import sending
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    ArgumentSpec,
    select_spec,
    sending_spec,
)
from ansible_collections.community.opensips.plugins.module_utils._module.location import location_source
from ansible_collections.community.opensips.plugins.module_utils._module.run import TaskFailure, describe_failure
from ansible_collections.community.opensips.plugins.module_utils._sip import presets
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.request import uac_dlg_params, with_defaults
from ansible_collections.community.opensips.plugins.module_utils._sip.text import to_crlf
from ansible_collections.community.opensips.plugins.module_utils._table.errors import TableError


def spec():
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
    return select_spec().merged_with(sending_spec()).merged_with(own)


def run(task):
    """Find the phones, choose each one's Event, send, watch them come back, and account for all of them."""
    fleet = _Fleet(task)
    with location_source(task) as source, fleet.journal() as journal:
        fleet.find(source, journal)
        if fleet.is_plan:
            return fleet.planned()
        return fleet.send(journal)


class _Fleet:
    """The phones of one task on their way through it. is_plan: the whole plan is wanted, and nothing is sent."""

    def __init__(self, task):
        self._task = task
        self._params = params = task.params
        self.is_plan = task.check_mode or params["plan_only"]
        self._left_out = LeftOut()
        self._contents = {}
        self._lookup = None
        _check_options(params)
        wanted = params["unless_user_agent"]
        self._as_wanted = None if wanted is None else compile_regex(wanted, "unless_user_agent")
        self._selection = Selection(params["select"] or {})
        self._source = None
        self._rules = Rules(lambda target: _request(target, params, self._contents), self._is_wanted)
        self._choice = self._foreign = None
        # (AOR, contact) of what was registered besides the phones that are sent to
        self._seen = ()

    def _is_wanted(self, target):
        return self._as_wanted is not None and found_in([self._as_wanted], target.user_agent or "")

    @contextlib.contextmanager
    def journal(self):
        """The Journal of the campaign, or None: there is no campaign, or check mode looks for one that is not there."""
        name, directory, read_only = self._params["campaign"], self._params["campaign_dir"], self._task.check_mode
        if name is None or read_only and not safe_file.exists(journal_path(name, directory)):
            yield None
            return
        with Journal(name, directory, read_only) as journal:
            yield journal

    def find(self, source, journal):
        """Decide whom to send to: look the phones up, and set those aside that are done, or that are as wanted.

        source: see sources.py. journal: of the campaign, or None.
        """
        params, self._source = self._params, source
        self._choice = Choice(self._rules, journal, params["batch"], params["resend_unknown"])
        if params["campaign"] is None or params["uris"] is not None:
            self._choice.take(self._read(), list)
            self._lookup = self._source.lookup()
            return
        plan = self._plan(journal)
        self._left_out = plan.left_out
        self._choice.take(plan.targets, list if plan.fresh or self.is_plan else self._look_up(plan, journal))
        self._lookup = self._source.lookup()
        if not plan.fresh:
            self._lookup.update(how=PLAN, users=self._lookup["users"] or plan.users)

    def _plan(self, journal):
        """The Plan of the campaign: the one that is kept, else one made or extended, and kept then unless in check mode."""
        params = self._params
        file = PlanFile(params["campaign"], params["campaign_dir"])
        # a plan without its journal tells of a campaign that somebody began anew
        kept = None if journal is None or journal.is_new else file.load()
        if kept is not None and kept.fingerprint != fingerprint_of(params):
            kept = None
        if kept is not None and not params["refresh"] and not self._is_outgrown(kept):
            return kept
        if kept is None:
            plan = self._new_plan()
        else:
            # sample and limit choose among newcomers: a phone of the plan that they would leave out now stays in it
            cut = CutOff()
            plan = kept.extended(self._new_plan(cut), self._selection.limit, journal.knows, cut)
        self._seen = ((each.aor, each.contact) for each in plan.targets if not each.problem)
        if not self._task.check_mode:
            file.save(plan)
        return plan

    def _is_outgrown(self, plan):
        """Whether all phones of the plan are done and more have registered since."""
        if plan.users is None or not self._choice.is_nothing_left(plan.targets):
            return False
        return (self._source.count().users or 0) > plan.users

    def _new_plan(self, cut=None):
        """A Plan of what is registered now. cut: see targets.of_selection()."""
        params = self._params
        # before the table is read: who registers meanwhile is a newcomer later
        users = self._source.count().users
        plan = Plan(fingerprint_of(params), users, self._read(cut), self._left_out)
        if params["canary"]:
            seed = (params["select"] or {}).get("seed")
            plan.put_canary_first(params["canary"], str(seed or ""), self._rules.is_sendable)
        return plan

    def _look_up(self, plan, journal):
        """A function that looks phones of the plan up again."""
        filters = self._params["select"] or {}
        # with sample and limit a contact that the plan does not have may be one that they left out
        is_cut = filters.get("sample") is not None or filters.get("limit") is not None
        again = LookUp(
            self._source, plan, journal, lambda record: not is_cut and self._selection.reason_out(record) is None
        )
        self._seen = again.seen

        def look_up(some):
            found = self._own(again(some))
            # they are looked up again in the next run, but newcomers need not wait for them
            journal.settled(settled_keys(self._rules, some, found))
            return found

        return look_up

    def _read(self, cut=None):
        """Targets of the phones that the options mean, each once; those that another server serves are left out.

        cut: see targets.of_selection().
        """
        params = self._params
        if params["uris"] is not None:
            targets.check_uris(params["uris"], "uris")
            found = targets.of_uris(params["uris"])
        elif params["aors"] is not None:
            found = targets.of_aors(self._source, params["aors"])
        else:
            found = targets.of_selection(self._source, self._selection, self._left_out, cut)
        seen, once = {}, []
        for target in self._own(found):
            # without a campaign each contact counts, also two of one phone
            key = target.key if params["campaign"] else (target.aor, target.contact)
            first = seen.setdefault(key, target)
            if first is target or not target.record:
                once.append(target)
            else:
                reason = f"the same phone is registered as {first.contact}, too"
                self._left_out.add(target.record, reason, "the same phone is registered with another contact, too")
        return once

    def _own(self, found):
        if not self._params["own_only"]:
            return found
        if self._foreign is None:
            self._foreign = own_sockets(self._task.connection, self._params["own_sockets"])
        own = []
        for target in found:
            reason = self._foreign(target.record) if target.record and not target.problem else None
            if reason is None:
                own.append(target)
            else:
                self._left_out.add(target.record, reason)
        return own

    def planned(self):
        """The whole plan: who, with what Event, in what order, and why others are left out."""
        results = sending.plan(self._choice.requests)
        self._tell_others(results)
        result = self._result(results, results.counts.summary(None, 0))
        result["changed"] = self._task.check_mode and results.counts.of(outcomes.PLANNED) > 0
        return result

    def send(self, journal):
        """Send, and watch the phones come back if that is wanted."""
        with sending.results_of(self._task) as results:
            sent = sending.Sending(self._task, self._choice.requests, results, journal)
            registered = {}
            self._task.known = lambda: self._sent_result(results, sent, registered)
            self._tell_others(results)
            sent.run()
            if self._params["wait"] and sent.failure is None:
                try:
                    self._watch(results, registered, journal)
                except (MIError, TableError) as error:
                    raise TaskFailure(
                        f"What went out was sent, but watching for registrations ended early: {error}",
                        dict(self._sent_result(results, sent, registered), **describe_failure(error)),
                    ) from error
        return sent.finish(self._sent_result(results, sent, registered))

    def _sent_result(self, results, sent, registered):
        result = self._result(results, sent.counts(), registered)
        result["changed"] = sent.sent > 0
        return result

    def _watch(self, results, registered, journal):
        """Add to results what the location table shows of the phones that accepted, and count them in registered (dict).

        Those that only read their configuration need not register anew, so nobody waits for them.
        """
        waiting = {
            id(request.target): request
            for request in self._choice.requests
            if results.outcome(request) == outcomes.ACCEPTED and request.label["action"] != presets.CHECK_CFG
        }
        accepted = [request.target for request in waiting.values()]
        started = time.monotonic()
        known = itertools.chain(
            self._seen,
            ((each["aor"], each["contact"]) for each in self._left_out.listed),
            ((each.target.aor, each.target.contact) for each in self._choice.requests),
            ((each.target.aor, each.target.contact) for each in self._choice.already),
        )
        back = registration.wait_for_registrations(self._source, accepted, self._params["wait_timeout"], known)
        for target, record in back:
            seconds = round(time.monotonic() - started, 1)
            _note_registered(results, waiting.pop(id(target)), registration.BACK, record["user_agent"], seconds)
            registered[registration.BACK] = registered.get(registration.BACK, 0) + 1
            if journal is not None and not record["sip_instance"] and record["contact"] != target.contact:
                # the same phone under another contact: later runs of the campaign are not to take it for a new one
                key = target.aor or "", record["contact"]
                if not journal.knows(key):
                    journal.finished(key, outcomes.ACCEPTED, None, "registered anew")
        for request in waiting.values():
            _note_registered(results, request, registration.NOT_BACK, None, None)
        if waiting:
            registered[registration.NOT_BACK] = len(waiting)

    @property
    def _is_told(self):
        """Whether phones that no batch is for are told of: once, with the last one."""
        return self.is_plan or not self._choice.remaining

    def _tell_others(self, results):
        """Add the phones that no request is made for."""
        for request in self._choice.already if self._is_told else ():
            results.add_other(_as_wanted(request.target))
        for entry in self._choice.settled:
            results.add_other(entry)

    def _result(self, results, summary, registered=None):
        choice = self._choice
        summary.update(
            earlier=choice.earlier,
            remaining=choice.remaining,
            left_out=dict(self._left_out.counts) if self._is_told else {},
        )
        if self._params["wait"]:
            summary["registered"] = registered or {}
        return {
            "results": results.entries(choice.requests),
            "summary": summary,
            "left_out": self._left_out.listed if self._is_told else [],
            "lookup": self._lookup,
            "diff": results.counts.diff(),
        }


def _note_registered(results, request, word, user_agent, seconds):
    results.update(request, {"registered": word, "new_user_agent": user_agent, "back_seconds": seconds})


def _as_wanted(target):
    """The result of a phone that is left alone."""
    request = SipRequest(target, "NOTIFY", {}, label=_label(None, None, None, None))
    reason = "its User-Agent matches unless_user_agent"
    return report.settled(request, outcomes.ALREADY, reason)


def _check_options(params):
    """Refuse what no phone could be sent."""
    sending.check_options(params)
    _check_event(params)
    if params["batch"] is not None and params["batch"] < 1:
        raise BadParameters(f"batch is {params['batch']}", "Give a number from 1 on")
    if params["canary"] is not None and not 0 <= params["canary"] <= 100:
        raise BadParameters(f"canary is {params['canary']}", "Give a percentage from 0 to 100")
    if params["wait"] and params["uris"] is not None:
        raise BadParameters(
            "wait is set, and uris", "wait needs registered phones: use aors or select, or leave wait out"
        )
    if not 0 < params["wait_timeout"] <= 86400:
        raise BadParameters(f"wait_timeout is {params['wait_timeout']}", "Give seconds, above 0 and up to 86400")


def _check_event(params):
    """Try the request once, so that what is wrong with all of them is said before anything is sent."""
    if params["event"].strip().lower() == presets.AUTO:
        preset = presets.literal("check-sync")
    else:
        preset = presets.resolve(params["event"])
    headers, body = presets.headers_and_body(preset, "call-id", _body(params))
    example = "sip:user@example.com"
    merged = with_defaults(params["headers"], dict({"From": f"<{example}>", "To": f"<{example}>"}, **headers))
    socket = params["socket"] if params["socket"] not in ("contact", "default") else None
    uac_dlg_params("NOTIFY", example, merged, body=body, socket=socket)


def _request(target, params, contents):
    """The SipRequest to one phone; one with a problem when no Event fits it.

    contents: {preset key: (headers, body)} of presets that say the same to every phone, which is checked once then.
    """
    problem, preset, headers, body = None, None, {}, ""
    try:
        preset = presets.choose(params["event"], target.user_agent, params["action"])
        if preset is None:
            problem = presets.why_none(target.user_agent, params["action"])
        else:
            headers, body = contents.get(preset.key) or _content(preset, target, params)
            if not preset.needs_call_id:
                contents[preset.key] = (headers, body)
    except SipError as error:
        problem = str(error)
    automatic = preset is not None and params["event"].strip().lower() == presets.AUTO
    label = _label(
        preset.event if preset else None,
        preset.key if preset and preset.action != presets.LITERAL else None,
        preset.action if preset else None,
        (presets.fallback_note(preset, params["action"]) or preset.condition or None) if automatic else None,
    )
    return SipRequest(target, "NOTIFY", headers, body, label, problem)


def _label(event, preset, action, hint):
    """What results tell of a request besides what became of it."""
    return {"event": event, "preset": preset, "action": action, "hint": hint, "earlier": False}


def _content(preset, target, params):
    headers, body = presets.headers_and_body(preset, target.record, _body(params))
    return with_defaults(params["headers"], headers), body


def _body(params):
    return None if params["body"] is None else to_crlf(params["body"])
