# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_notify: a NOTIFY to each of many phones."""

import os
import time

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import registration, report, targets
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal, journal_path
from ansible_collections.community.opensips.plugins.module_utils._fleet.ownership import own_sockets
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import compile_regex
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module import sending
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    ArgumentSpec,
    contacts_spec,
    sending_spec,
)
from ansible_collections.community.opensips.plugins.module_utils._sip import presets
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.request import uac_dlg_params, with_defaults
from ansible_collections.community.opensips.plugins.module_utils._sip.text import to_crlf


def spec():
    """The module's own options."""
    own = ArgumentSpec(
        {
            "uri": {"type": "list", "elements": "str"},
            "aor": {"type": "list", "elements": "str"},
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
            "wait": {
                "type": "dict",
                "options": {
                    "for": {"type": "str", "choices": ["registration"], "default": "registration"},
                    "timeout": {"type": "float", "default": 300},
                },
            },
        },
        required_one_of=[("uri", "aor", "contacts")],
        mutually_exclusive=[
            ("uri", "aor", "contacts"),
            ("uri", "wait"),
            ("uri", "own_only"),
            ("uri", "unless_user_agent"),
        ],
        required_by={"campaign_dir": "campaign", "batch": "campaign"},
    )
    return contacts_spec().merged_with(sending_spec()).merged_with(own)


def run(task):
    """Find the phones, choose each one's Event, send, watch them come back, and account for all of them."""
    fleet = _Fleet(task)
    fleet.find()
    if task.check_mode:
        return fleet.planned()
    return fleet.send()


class _Fleet:
    """The phones of one task on their way through it."""

    def __init__(self, task):
        self._task = task
        self._params = params = task.params
        self._left_out = []
        # SipRequests to phones that are as wanted, and results of those that nothing is sent to
        self._already, self._settled = [], []
        self._requests = []
        self._earlier = self._remaining = 0
        self._contents = {}
        sending.check_options(params)
        _check_event(params)
        wanted = params["unless_user_agent"]
        self._as_wanted = None if wanted is None else compile_regex(wanted, "unless_user_agent")
        if params["batch"] is not None and params["batch"] < 1:
            raise BadParameters("batch is {0}".format(params["batch"]), "Give a number from 1 on")
        if params["wait"] and not 0 < params["wait"]["timeout"] <= 86400:
            raise BadParameters(
                "wait.timeout is {0}".format(params["wait"]["timeout"]), "Give seconds, above 0 and up to 86400"
            )

    def find(self):
        """Look the phones up, and set those aside that another server serves or that are as wanted."""
        params, connection = self._params, self._task.connection
        if params["uri"] is not None:
            targets.check_uris(params["uri"], "uri")
            found = targets.of_uris(params["uri"])
        elif params["aor"] is not None:
            found = targets.of_aors(connection, params["aor"], params["table"])
        else:
            found, self._left_out = targets.of_selection(connection, params["contacts"], params["table"])
        if params["own_only"]:
            found = self._own(found)
        seen = {}
        for target in found:
            request = _request(target, params, self._contents)
            # without a campaign each contact counts, also two of one phone
            key = request.key if params["campaign"] else (target.aor, target.contact)
            if seen.setdefault(key, target) is not target and target.record:
                reason = "the same phone is registered as {0}, too".format(seen[key].contact)
                self._left_out.append((target.record, reason))
            elif self._as_wanted and self._as_wanted.search(target.user_agent or ""):
                self._already.append(request)
            else:
                self._requests.append(request)

    def _own(self, found):
        foreign = own_sockets(self._task.connection, self._params["own_sockets"])
        own = []
        for target in found:
            reason = foreign(target.record) if target.record else None
            if reason is None:
                own.append(target)
            else:
                self._left_out.append((target.record, reason))
        return own

    def planned(self):
        """The whole plan: who, with what Event, in what order, and why others are left out."""
        if self._params["campaign"] and os.path.exists(
            journal_path(self._params["campaign"], self._params["campaign_dir"])
        ):
            with self._journal(read_only=True) as journal:
                self._consult(journal)
        results = sending.plan(self._requests)
        result = self._result(results, None, 0)
        result["changed"] = any(each["outcome"] == outcomes.PLANNED for each in results)
        return result

    def send(self):
        """Send, and watch the phones come back if that is wanted."""
        if not self._params["campaign"]:
            return self._send(None)
        with self._journal() as journal:
            self._consult(journal)
            return self._send(journal)

    def _send(self, journal):
        sent = sending.Sending(self._task, self._requests, journal)
        if self._params["wait"] and sent.failure is None:
            self._watch(sent.results, journal)
        result = self._result(sent.results, sent.seconds, sent.sent)
        result["changed"] = sent.sent > 0
        return sent.finish(result)

    def _journal(self, read_only=False):
        return Journal(self._params["campaign"], self._params["campaign_dir"], read_only)

    def _consult(self, journal):
        """Leave to earlier runs of the campaign what they did, and take no more than a batch of the rest."""
        batch, todo, unsendable = self._params["batch"], [], []
        for request in self._requests:
            done = journal.done(request.key)
            if done:
                self._earlier += 1
                self._settle_earlier(request, done["outcome"], done["code"], done["reason"])
            elif journal.is_unknown(request.key) and not self._params["resend_unknown"]:
                self._earlier += 1
                reason = "an earlier run of the campaign ended before it knew; resend_unknown sends again"
                self._settle_earlier(request, outcomes.UNKNOWN, None, reason)
            elif request.problem and batch is not None:
                unsendable.append(request)
            elif batch is not None and len(todo) == batch:
                self._remaining += 1
            else:
                todo.append(request)
        # those that cannot be sent to take no place in a batch, and are told of with the last one
        self._requests = todo if self._remaining else todo + unsendable
        if batch is not None:
            # an earlier batch told of them
            self._already = [request for request in self._already if not journal.done(request.key)]

    def _settle_earlier(self, request, what, code, reason):
        # a batch tells only of itself: the others' results were returned with theirs
        if self._params["batch"] is None:
            self._settled.append(dict(report.settled(request, what, reason, code), earlier=True))

    def _watch(self, results, journal):
        """Add to results what the location table shows of the phones that accepted.

        Those that only read their configuration need not register anew, so nobody waits for them.
        """
        waited = self._params["wait"]
        by_target = {id(request.target): entry for request, entry in zip(self._requests, results)}
        accepted = [
            request.target
            for request, entry in zip(self._requests, results)
            if entry["outcome"] == outcomes.ACCEPTED and entry["action"] != presets.CHECK_CFG
        ]
        for target in accepted:
            by_target[id(target)].update(registered=registration.NOT_BACK, new_user_agent=None, back_seconds=None)
        started = time.monotonic()
        back = registration.wait_for_registrations(
            self._task.connection, accepted, waited["timeout"], self._params["table"]
        )
        try:
            for target, record in back:
                by_target[id(target)].update(
                    registered=registration.BACK,
                    new_user_agent=record["user_agent"],
                    back_seconds=round(time.monotonic() - started, 1),
                )
                if journal is not None and not record["sip_instance"] and record["contact"] != target.contact:
                    # the same phone under another contact: later runs of the campaign are not to take it for a new one
                    journal.finished((target.aor or "", record["contact"]), outcomes.ACCEPTED, None, "registered anew")
        except MIError as error:
            # what was sent must not be lost with it
            self._task.warn("Watching for registrations ended early: {0}".format(error))

    def _result(self, results, seconds, sent):
        for entry in results:
            entry.setdefault("earlier", False)
        # phones that no batch is for are told of once, with the last one
        told = self._task.check_mode or not self._remaining
        entries = [_as_wanted(request.target) for request in self._already if told] + self._settled + results
        summary = report.summary(entries, seconds, sent)
        summary.update(earlier=self._earlier, remaining=self._remaining)
        if self._params["wait"]:
            summary["registered"] = report.count(entries, "registered")
        return {
            "results": entries,
            "summary": summary,
            "left_out": [
                {"aor": each["aor"], "contact": each["contact"], "reason": reason}
                for each, reason in self._left_out
                if told
            ],
            "diff": report.diff(entries),
        }


def _as_wanted(target):
    """The result of a phone that is left alone."""
    request = SipRequest(target, "NOTIFY", {}, label={"event": None, "preset": None, "action": None, "hint": None})
    reason = "its User-Agent matches unless_user_agent"
    return dict(report.settled(request, outcomes.ALREADY, reason), earlier=False)


def _check_event(params):
    """Try the request once, so that what is wrong with all of them is said before anything is sent."""
    if params["event"].strip().lower() == presets.AUTO:
        preset = presets.literal("check-sync")
    else:
        preset = presets.resolve(params["event"])
    headers, body = presets.headers_and_body(preset, "call-id", _body(params))
    example = "sip:user@example.com"
    merged = with_defaults(
        params["headers"], dict({"From": "<{0}>".format(example), "To": "<{0}>".format(example)}, **headers)
    )
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
            problem = "event auto does not know what reboots a phone with the User-Agent {0!r}; give the Event".format(
                target.user_agent
            )
        else:
            headers, body = contents.get(preset.key) or _content(preset, target, params)
            if not preset.needs_call_id:
                contents[preset.key] = (headers, body)
    except SipError as error:
        problem = str(error)
    automatic = preset is not None and params["event"].strip().lower() == presets.AUTO
    label = {
        "event": preset.event if preset else None,
        "preset": preset.key if preset and preset.action != presets.LITERAL else None,
        "action": preset.action if preset else None,
        "hint": (presets.fallback_note(preset, params["action"]) or preset.condition or None) if automatic else None,
    }
    return SipRequest(target, "NOTIFY", headers, body, label, problem)


def _content(preset, target, params):
    headers, body = presets.headers_and_body(preset, target.record, _body(params))
    return with_defaults(params["headers"], headers), body


def _body(params):
    return None if params["body"] is None else to_crlf(params["body"])
