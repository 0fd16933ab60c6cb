# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_mwi: the voicemail lamps of phones (RFC 3842)."""

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._fleet import mailboxes as boxes
from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import report, targets
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut, Selection
from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module import sending
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    ArgumentSpec,
    select_spec,
    sending_spec,
)
from ansible_collections.community.opensips.plugins.module_utils._module.credentials import credentials_spec
from ansible_collections.community.opensips.plugins.module_utils._module.credentials import load as load_credentials
from ansible_collections.community.opensips.plugins.module_utils._module.location import location_source
from ansible_collections.community.opensips.plugins.module_utils._sip import message_summary
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError, SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.request import with_defaults

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.credentials import Credentials
    from ansible_collections.community.opensips.plugins.module_utils._fleet.results import Results
    from ansible_collections.community.opensips.plugins.module_utils._fleet.sending import Sending
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task


def _mailbox(**who: Any) -> Dict[str, Any]:
    """The options of a mailbox. who: those that say where its phones are."""
    counts = {name: {"type": "int", "default": 0} for name in boxes.COUNTS}
    return dict(who, account={"type": "str"}, **counts)


def spec() -> ArgumentSpec:
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
    return select_spec().merged_with(sending_spec()).merged_with(credentials_spec()).merged_with(own)


class Lamp:
    """The lamp of one mailbox. mailbox: dict of the options. body: of its NOTIFY. requests: SipRequests to its phones."""

    __slots__ = ("mailbox", "body", "requests")

    def __init__(self, mailbox: Dict[str, Any], body: str) -> None:
        self.mailbox = mailbox
        self.body = body
        self.requests: List[Any] = []


def run(task: "Task") -> Dict[str, Any]:
    """Make each mailbox's body, find its phones, send what changed, and account for all of them."""
    params = task.params
    sending.check_options(params)
    credentials = load_credentials(task)
    selection = Selection(params["select"] or {})
    lamps = _lamps(_mailboxes(params), params["domain"])
    if params["state_file"] is None:
        return _run(task, selection, lamps, None, credentials)
    with boxes.State(params["state_file"], read_only=task.check_mode) as state:
        return _run(task, selection, lamps, state, credentials)


def _run(
    task: "Task",
    selection: Selection,
    lamps: Sequence[Lamp],
    state: Optional[boxes.State],
    credentials: "Optional[Credentials]",
) -> Dict[str, Any]:
    current = [lamp for lamp in lamps if state is not None and state.is_current(lamp.mailbox)]
    changed = [lamp for lamp in lamps if state is None or not state.is_current(lamp.mailbox)]
    left_out = LeftOut()
    with location_source(task) as source:
        _find(
            source, selection, changed, left_out, with_defaults(task.params["headers"], message_summary.NOTIFY_HEADERS)
        )
        more = {"lookup": source.lookup(), "left_out": left_out.listed}
    requests = [request for lamp in changed for request in lamp.requests]
    left_out_counts = dict(left_out.counts)
    if task.check_mode:
        with sending.planned(task, requests) as results:
            _add_current(results, current)
        summary = dict(results.counts.summary(None, 0), left_out=left_out_counts)
        return sending.result_of(results, requests, summary, **more)
    if state is not None and changed:
        _forget(state, changed)
    with sending.prepared(task, requests, credentials=credentials) as run:

        def known() -> Dict[str, Any]:
            summary = dict(run.summary(), left_out=left_out_counts)
            return sending.result_of(run.results, requests, summary, run, **more)

        task.known = known
        _add_current(run.results, current)
        run.run()
    if state is not None and changed:
        _remember(state, changed, run)
    return sending.finish(task, run, known(), named=True)


def _add_current(results: "Results", lamps: Sequence[Lamp]) -> None:
    """Add the mailboxes that nothing is sent for."""
    for lamp in lamps:
        target = targets.Target(lamp.mailbox["aor"], lamp.mailbox["uri"])
        request = SipRequest(target, "NOTIFY", {}, label=_label(lamp.mailbox))
        results.add_other(report.settled(request, outcomes.ALREADY, "its numbers are those last sent"))


def _mailboxes(params: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The mailboxes as the options give them: list of dict."""
    if params["uris"] is not None or params["aors"] is not None:
        shared = {name: params[name] for name in ("account",) + boxes.COUNTS}
        uris, aors = (OrderedDict.fromkeys(params[name] or ()) for name in ("uris", "aors"))
        given = [(uri, None) for uri in uris] + [(None, aor) for aor in aors]
        return [dict(shared, uri=uri, aor=aor) for uri, aor in given]
    if any(params[name] for name in boxes.COUNTS):
        raise BadParameters(
            "new, old, urgent_new or urgent_old is set together with a list of mailboxes",
            "Set the numbers of messages in each entry of the list",
        )
    return params["mailboxes"] if params["mailboxes"] is not None else boxes.load(params["mailboxes_file"])


def _check_twice(mailboxes: Sequence[Dict[str, Any]]) -> None:
    seen: Dict[Any, Any] = {}
    for number, mailbox in enumerate(mailboxes, 1):
        before = seen.setdefault(boxes.key_of(mailbox), number)
        if before != number:
            raise BadParameters(
                f"Entries {before} and {number} of the mailboxes are the same mailbox, {boxes.key_of(mailbox)}",
                "Remove one of them",
            )


def _lamps(mailboxes: Sequence[Dict[str, Any]], domain: Optional[str]) -> List[Lamp]:
    """The Lamp of each mailbox; what is wrong with any of them is said before anything is sent."""
    targets.check_uris([mailbox["uri"] for mailbox in mailboxes if mailbox["uri"]], "uri")
    lamps = [
        Lamp(mailbox, _body(mailbox, domain, number if len(mailboxes) > 1 else None))
        for number, mailbox in enumerate(mailboxes, 1)
    ]
    _check_twice(mailboxes)
    return lamps


def _body(mailbox: Dict[str, Any], domain: Optional[str], number: Optional[int]) -> str:
    """The message summary of one mailbox; number: its place in the list, for the error."""
    account = mailbox["account"] or mailbox["uri"] or mailbox["aor"]
    try:
        new, old, urgent_new, urgent_old = boxes.counts_of(mailbox)
        return message_summary.build(account, new, old, urgent_new, urgent_old, domain=domain)
    except SipError as error:
        if "no domain" in error.message and not mailbox["account"]:
            # the AOR serves as the account only if it can
            return message_summary.build(None, *boxes.counts_of(mailbox))
        if number is None and "no domain" in error.message:
            raise SipSyntaxError(f"account {account!r} has no domain", "Write it as a URI, or set domain") from None
        if number is None:
            raise
        raise SipSyntaxError(f"mailboxes entry {number}: {error.message}", error.hint) from error


def _find(source: Any, selection: Selection, lamps: Sequence[Lamp], left_out: LeftOut, headers: Any) -> None:
    """Give each Lamp its requests. left_out: LeftOut, takes the contacts that selection leaves out. headers: of the NOTIFYs."""
    aors = [lamp.mailbox["aor"] for lamp in lamps if lamp.mailbox["aor"]]
    by_aor = targets.by_aor(source, aors) if aors else {}
    selected = _selected(selection, by_aor, left_out)
    for lamp in lamps:
        mailbox = lamp.mailbox
        reached = targets.of_uris([mailbox["uri"]]) if mailbox["uri"] else selected[mailbox["aor"]]
        label = _label(mailbox)
        lamp.requests = [SipRequest(target, "NOTIFY", headers, lamp.body, label) for target in reached]


def _selected(selection: Selection, by_aor: Dict[str, List["Target"]], left_out: LeftOut) -> Dict[str, List["Target"]]:
    """by_aor, {AOR: Targets}, without those that a Selection leaves out."""
    records = [target.record for found in by_aor.values() for target in found if target.record]
    kept = selection.cut(list(filter(selection.keep(left_out), records)), left_out)
    if len(kept) == len(records):
        return by_aor
    chosen = set(map(id, kept))
    return {
        aor: [target for target in found if target.record is None or id(target.record) in chosen]
        for aor, found in by_aor.items()
    }


def _forget(state: boxes.State, lamps: Sequence[Lamp]) -> None:
    """Forget, on disk, what is about to change: whatever happens to this run, the next one sends it."""
    for lamp in lamps:
        state.forget(lamp.mailbox)
    state.save()


def _remember(state: boxes.State, lamps: Sequence[Lamp], run: "Sending") -> None:
    """Remember the mailboxes all of whose phones accepted. Where that fails, the task fails with its results."""
    complete = [
        lamp.mailbox
        for lamp in lamps
        if lamp.requests and all(request.outcome == outcomes.ACCEPTED for request in lamp.requests)
    ]
    if not complete:
        return
    for mailbox in complete:
        state.remember(mailbox)
    try:
        state.save()
    except boxes.StateError as error:
        run.break_off(error)


def _label(mailbox: Dict[str, Any]) -> Dict[str, Any]:
    return dict(
        ((name, mailbox[name]) for name in boxes.COUNTS),
        event=message_summary.EVENT,
        mailbox=mailbox["account"] or mailbox["uri"] or mailbox["aor"],
        waiting=bool(mailbox["new"]),
    )
