# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_mwi: the voicemail lamps of phones (RFC 3842)."""

from ansible_collections.community.opensips.plugins.module_utils._fleet import mailboxes as boxes
from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import report, targets
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import Selection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module import sending
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    ArgumentSpec,
    select_spec,
    sending_spec,
)
from ansible_collections.community.opensips.plugins.module_utils._module.location import location_source
from ansible_collections.community.opensips.plugins.module_utils._sip import message_summary
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError, SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.request import with_defaults


def _mailbox(**who):
    """The options of a mailbox. who: those that say where its phones are."""
    counts = {name: {"type": "int", "default": 0} for name in boxes.COUNTS}
    return dict(who, account={"type": "str"}, **counts)


def spec():
    """The module's own options."""
    own = ArgumentSpec(
        dict(
            _mailbox(
                uris={"type": "list", "elements": "str"},
                aors={"type": "list", "elements": "str"},
            ),
            domain={"type": "str"},
            mailboxes={
                "type": "list",
                "elements": "dict",
                "options": _mailbox(uri={"type": "str"}, aor={"type": "str"}),
                "required_one_of": [("uri", "aor")],
                "mutually_exclusive": [("uri", "aor")],
            },
            mailboxes_file={"type": "path"},
            state_file={"type": "path"},
        ),
        required_one_of=[("uris", "aors", "mailboxes", "mailboxes_file")],
        mutually_exclusive=[
            ("uris", "aors", "mailboxes", "mailboxes_file"),
            ("account", "mailboxes"),
            ("account", "mailboxes_file"),
            ("uris", "select"),
        ],
    )
    return select_spec().merged_with(sending_spec()).merged_with(own)


def run(task):
    """Make each mailbox's body, find its phones, send what changed, and account for all of them."""
    sending.check_options(task.params)
    wanted = _mailboxes(task.params)
    prepared = _prepare(wanted, task.params)
    _check_twice(wanted)
    if task.params["state_file"] is None:
        return _run(task, prepared, None)
    with boxes.State(task.params["state_file"], read_only=task.check_mode) as state:
        return _run(task, prepared, state)


def _run(task, prepared, state):
    current = [mailbox for mailbox, _body in prepared if state is not None and state.is_current(mailbox)]
    changed = [(mailbox, body) for mailbox, body in prepared if state is None or not state.is_current(mailbox)]
    with location_source(task) as source:
        requests = _requests(task, source, changed)
        lookup = source.lookup()
    everything = [request for _mailbox, reached in requests for request in reached]
    if task.check_mode:
        results = sending.plan(everything)
        _tell_current(results, current)
        summary = results.counts.summary(None, 0)
        return _result(results, everything, lookup, summary, results.counts.of(outcomes.PLANNED) > 0)
    with sending.results_of(task) as results:
        if state is not None and changed:
            _forget(state, changed)
        sent = sending.Sending(task, everything, results)
        task.known = lambda: _result(results, everything, lookup, sent.counts(), sent.sent > 0)
        _tell_current(results, current)
        sent.run()
    if state is not None and changed:
        _remember(state, requests, results, sent)
    return sent.finish(task.known())


def _tell_current(results, current):
    """Add the mailboxes that nothing is sent for."""
    for mailbox in current:
        results.add_other(_unchanged(mailbox))


def _result(results, requests, lookup, summary, changed):
    return {
        "changed": changed,
        "results": results.entries(requests),
        "summary": summary,
        "lookup": lookup,
        "diff": results.counts.diff(),
    }


def _mailboxes(params):
    """The mailboxes as the options give them: list of dict."""
    if params["uris"] is not None or params["aors"] is not None:
        shared = {name: params[name] for name in ("account",) + boxes.COUNTS}
        given = [(uri, None) for uri in params["uris"] or ()] + [(None, aor) for aor in params["aors"] or ()]
        return [dict(shared, uri=uri, aor=aor) for uri, aor in given]
    if any(params[name] for name in boxes.COUNTS):
        raise BadParameters(
            "Numbers of messages are given beside a list of mailboxes",
            "Put new, old, urgent_new and urgent_old into each of them",
        )
    return params["mailboxes"] if params["mailboxes"] is not None else boxes.load(params["mailboxes_file"])


def _check_twice(wanted):
    seen = {}
    for number, mailbox in enumerate(wanted, 1):
        before = seen.setdefault(boxes.key_of(mailbox), number)
        if before != number:
            raise BadParameters(
                f"Entries {before} and {number} of the mailboxes are the same mailbox, {boxes.key_of(mailbox)}",
                "Leave one out",
            )


def _prepare(wanted, params):
    """(mailbox, body) of each; what is wrong with any of them is said before anything is sent."""
    targets.check_uris([each["uri"] for each in wanted if each["uri"]], "uri")
    return [
        (mailbox, _body(mailbox, params["domain"], number if len(wanted) > 1 else None))
        for number, mailbox in enumerate(wanted, 1)
    ]


def _body(mailbox, domain, number):
    """The message summary of one mailbox; number: its place in the list, for the error."""
    account = mailbox["account"] or mailbox["uri"] or mailbox["aor"]
    try:
        return message_summary.build(account, *boxes.counts_of(mailbox), domain=domain)
    except SipError as error:
        if "no domain" in error.message and not mailbox["account"]:
            # the AOR serves as the account only if it can
            return message_summary.build(None, *boxes.counts_of(mailbox))
        if number is None and "no domain" in error.message:
            raise SipSyntaxError(f"account {account!r} has no domain", "Write it as a URI, or set domain") from None
        if number is None:
            raise
        raise SipSyntaxError(f"mailboxes entry {number}: {error.message}", error.hint) from error


def _requests(task, source, changed):
    """[(mailbox, its SipRequests)] for each mailbox."""
    by_aor = {}
    aors = [mailbox["aor"] for mailbox, _body in changed if mailbox["aor"]]
    if aors:
        by_aor = targets.by_aor(source, aors)
    left_out = {}
    if task.params["select"] is not None:
        records = [each.record for reached in by_aor.values() for each in reached if each.record]
        left_out = {id(record): reason for record, reason in Selection(task.params["select"]).split(records)[1]}
    headers = with_defaults(task.params["headers"], message_summary.NOTIFY_HEADERS)
    requests = []
    for mailbox, body in changed:
        reached = targets.of_uris([mailbox["uri"]]) if mailbox["uri"] else by_aor[mailbox["aor"]]
        reached = [_filtered(each, left_out) for each in reached]
        requests.append((mailbox, [SipRequest(each, "NOTIFY", headers, body, _label(mailbox)) for each in reached]))
    return requests


def _filtered(target, left_out):
    """The target, with a problem if the filters leave it out. left_out: {id of a record: reason}."""
    reason = left_out.get(id(target.record))
    if reason is None:
        return target
    return targets.Target(target.aor, target.contact, target.record, f"left out: {reason}")


def _forget(state, changed):
    """Forget, on disk, what is about to change: whatever happens to this run, the next one sends it."""
    for mailbox, _body in changed:
        state.forget(mailbox)
    state.save()


def _remember(state, requests, results, sent):
    """Remember the mailboxes all of whose phones accepted. Where that fails, the task fails with its results."""
    complete = [
        mailbox
        for mailbox, reached in requests
        if reached and all(results.outcome(request) == outcomes.ACCEPTED for request in reached)
    ]
    if not complete:
        return
    for mailbox in complete:
        state.remember(mailbox)
    try:
        state.save()
    except boxes.StateError as error:
        sent.break_off(error)


def _unchanged(mailbox):
    target = targets.Target(mailbox["aor"], mailbox["uri"])
    request = SipRequest(target, "NOTIFY", {}, label=_label(mailbox))
    return report.settled(request, outcomes.ALREADY, "its numbers are those last sent")


def _label(mailbox):
    return dict(
        ((name, mailbox[name]) for name in boxes.COUNTS),
        event=message_summary.EVENT,
        mailbox=mailbox["account"] or mailbox["uri"] or mailbox["aor"],
        waiting=bool(mailbox["new"]),
    )
