# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_mwi: the voicemail lamps of phones (RFC 3842)."""

import functools
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet import mailboxes as boxes
from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import publications, report, targets
from ansible_collections.community.opensips.plugins.module_utils._fleet.lamps import Lamp, LampSending, PhoneNotify
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut, Selection
from ansible_collections.community.opensips.plugins.module_utils._fleet.sending import Sending
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
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import aor_uri

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.credentials import Credentials
    from ansible_collections.community.opensips.plugins.module_utils._fleet.results import Results
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task


_COUNTS_SPEC = {name: {"type": "int", "default": 0} for name in boxes.COUNTS}


def _mailbox(**who: Any) -> Dict[str, Any]:
    """The options of a mailbox. who: those that say where its phones are."""
    others = {kind: {"type": "dict", "options": _COUNTS_SPEC} for kind in boxes.OTHER_CLASSES}
    return dict(
        who,
        account={"type": "str"},
        messages={"type": "dict", "options": others},
        message_headers={"type": "list", "elements": "dict"},
        **_COUNTS_SPEC,
    )


def _publishing() -> Dict[str, Any]:
    """The options of what goes to a presence server."""
    return {
        "delivery": {"type": "str", "choices": list(publications.DELIVERIES), "default": publications.NOTIFY},
        "presence_server": {"type": "str"},
        "expires": {"type": "int", "default": 3600},
        "exclusive": {"type": "bool", "default": False},
    }


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
            **_publishing(),
        ),
        required_one_of=[("uris", "aors", "mailboxes", "mailboxes_file")],
        mutually_exclusive=[
            ("uris", "aors", "mailboxes", "mailboxes_file"),
            ("account", "mailboxes"),
            ("account", "mailboxes_file"),
            ("messages", "mailboxes"),
            ("messages", "mailboxes_file"),
            ("message_headers", "mailboxes"),
            ("message_headers", "mailboxes_file"),
            ("uris", "select"),
        ],
    )
    return select_spec().merged_with(sending_spec()).merged_with(credentials_spec()).merged_with(own)


def run(task: "Task") -> Dict[str, Any]:
    """Make each mailbox's summary, find its phones or its presentity, send what changed, and account for all of them."""
    params = task.params
    sending.check_options(params)
    credentials = load_credentials(task)
    _check_publishing(params)
    selection = Selection(params["select"] or {})
    lamps = _lamps(_mailboxes(params), params["domain"])
    _check_presentities(lamps, params)
    if params["state_file"] is None:
        return _run(task, selection, lamps, None, credentials)
    with boxes.State(params["state_file"], read_only=task.check_mode) as state:
        return _run(task, selection, lamps, state, credentials)


def _check_publishing(params: Dict[str, Any]) -> None:
    """Refuse options that nothing could be published with."""
    publications.check_expires(params["expires"])
    if params["presence_server"]:
        targets.check_uris([params["presence_server"]], "presence_server")
    if not params["exclusive"]:
        return
    if params["state_file"] is None:
        raise BadParameters(
            "exclusive is true without a state_file", "Set state_file, which knows what earlier runs published"
        )
    if params["delivery"] == publications.NOTIFY:
        raise BadParameters(
            "exclusive is true, and delivery is notify",
            "Set delivery to publish or auto: only publications can be removed",
        )


def _check_presentities(lamps: Sequence[Lamp], params: Dict[str, Any]) -> None:
    """Refuse mailboxes that cannot be published."""
    if params["delivery"] == publications.NOTIFY:
        return
    for number, lamp in enumerate(lamps, 1):
        where = f"mailboxes entry {number}: " if len(lamps) > 1 else ""
        if lamp.mailbox["aor"]:
            _presentity(lamp.mailbox, params["domain"], where)
        elif params["delivery"] == publications.PUBLISH:
            raise BadParameters(
                f"{where}uri {lamp.mailbox['uri']} is the address of a phone, and delivery is publish",
                "Name the mailbox by its aor: a presence server knows AORs only",
            )


def _presentity(mailbox: Dict[str, Any], domain: Optional[str], where: str = "") -> str:
    """The URI that phones of a mailbox subscribe to."""
    try:
        return aor_uri(mailbox["aor"], domain)
    except SipError as error:
        hint = "Set domain to the domain of the phones' subscriptions" if "no domain" in error.message else error.hint
        raise SipSyntaxError(f"{where}{error.message}", hint) from error


class _Publisher:
    """Makes publications. server: PresenceServer. state: State, or None."""

    def __init__(self, task: "Task", server: publications.PresenceServer, state: Optional[boxes.State]) -> None:
        self._params = task.params
        self._server = server
        self._state = state

    def _published(self, mailbox: Dict[str, Any]) -> Optional[publications.Published]:
        """The publication that there is, unless it has ended."""
        published = self._state.published(mailbox) if self._state is not None else None
        return published if published is not None and published.is_alive() else None

    def is_known(self, mailbox: Dict[str, Any]) -> bool:
        """Whether earlier runs published it, or found phones that subscribe."""
        return self._state is not None and bool(self._published(mailbox) or self._state.subscribers(mailbox))

    def refreshes(self, mailbox: Dict[str, Any]) -> bool:
        """Whether the presence server has its summary already."""
        return self._state is not None and self._state.is_published(mailbox, self._params["delivery"])

    def subscribers(self, mailbox: Dict[str, Any]) -> Sequence[str]:
        return self._state.subscribers(mailbox) if self._state is not None else ()

    def make(self, lamp: Lamp) -> publications.Publication:
        """The Publication of a Lamp."""
        published = self._published(lamp.mailbox)
        kind = publications.CREATED if published is None else publications.UPDATED
        if self.refreshes(lamp.mailbox):
            kind = publications.REFRESHED
        uri = _presentity(lamp.mailbox, self._params["domain"])
        return self._publication(lamp.mailbox["aor"], uri, lamp.body, published, kind, _label(lamp.mailbox))

    def removals(self, lamps: Sequence[Lamp]) -> "List[Tuple[str, publications.Publication]]":
        """(key, Publication) of what earlier runs published for mailboxes that are not among lamps."""
        keys = [boxes.key_of(lamp.mailbox) for lamp in lamps]
        others = self._state.other_publications(keys) if self._state is not None else []
        body = message_summary.build()
        return [
            (
                key,
                self._publication(aor, uri, body, published, publications.REMOVED, _label(dict(_NO_MAILBOX, aor=aor))),
            )
            for key, aor, uri, published in others
            if published.is_alive()
        ]

    def _publication(
        self, aor: str, uri: str, body: str, published: Any, kind: str, label: Dict[str, Any]
    ) -> publications.Publication:
        params = self._params
        return publications.Publication(
            aor, uri, self._server, body, published, kind, params["expires"], params["headers"], label
        )


_NO_MAILBOX = dict(dict.fromkeys(boxes.COUNTS, 0), uri=None, account=None, messages=None)


def _publisher(task: "Task", state: Optional[boxes.State]) -> Optional[_Publisher]:
    """Who publishes, or None where nobody can, or should."""
    delivery = task.params["delivery"]
    if delivery == publications.NOTIFY:
        return None
    try:
        server = publications.find_server(task.connection, task.params["presence_server"])
    except BadParameters as error:
        if delivery == publications.PUBLISH or task.params["exclusive"]:
            raise
        task.warn(f"delivery is auto, and only NOTIFYs are sent: {error}")
        return None
    return _Publisher(task, server, state)


def _run(
    task: "Task",
    selection: Selection,
    lamps: Sequence[Lamp],
    state: Optional[boxes.State],
    credentials: "Optional[Credentials]",
) -> Dict[str, Any]:
    delivery = task.params["delivery"]
    current = [lamp for lamp in lamps if state is not None and state.is_current(lamp.mailbox, delivery)]
    is_current = set(map(id, current))
    changed = [lamp for lamp in lamps if id(lamp) not in is_current]
    publisher = _publisher(task, state)
    removals = publisher.removals(lamps) if publisher is not None and task.params["exclusive"] else []
    left_out = LeftOut()
    with location_source(task) as source:
        _plan(task, source, selection, changed, left_out, publisher)
        more = {"lookup": source.lookup(), "left_out": left_out.listed}
    requests = [request for lamp in changed for request in lamp.requests]
    requests += [publication for _key, publication in removals]
    left_out_counts = dict(left_out.counts)
    if task.check_mode:
        with sending.planned(task, requests) as results:
            _add_current(results, current)
        summary = dict(results.counts.summary(None, 0), left_out=left_out_counts)
        return sending.result_of(results, requests, summary, **more)
    if state is not None and changed:
        _forget(state, changed)
    kind = Sending if delivery == publications.NOTIFY else LampSending
    with sending.prepared(task, requests, credentials=credentials, kind=kind) as run:

        def known() -> Dict[str, Any]:
            summary = dict(run.summary(), left_out=left_out_counts)
            return sending.result_of(run.results, requests, summary, run, **more)

        task.known = known
        _add_current(run.results, current)
        run.lamps = changed + [_removed(publication) for _key, publication in removals]
        run.run()
    if state is not None and requests:
        if task.params["exclusive"]:
            _drop_ended(state, lamps)
        _remember(state, changed, removals, delivery, run)
    return sending.finish(task, run, known(), named=True)


def _drop_ended(state: boxes.State, lamps: Sequence[Lamp]) -> None:
    """Forget the publications of mailboxes that are not among lamps, and that have ended by themselves."""
    for key, _aor, _uri, published in state.other_publications(boxes.key_of(lamp.mailbox) for lamp in lamps):
        if not published.is_alive():
            state.drop(key)


def _removed(publication: publications.Publication) -> Lamp:
    """The Lamp of a mailbox that goes."""
    lamp = Lamp({}, publication.body)
    lamp.publication = publication
    return lamp


def _add_current(results: "Results", lamps: Sequence[Lamp]) -> None:
    """Add the mailboxes that nothing is sent for."""
    for lamp in lamps:
        target = targets.Target(lamp.mailbox["aor"], lamp.mailbox["uri"])
        request = SipRequest(target, "NOTIFY", {}, label=dict(_label(lamp.mailbox), delivery=None))
        results.add_other(report.settled(request, outcomes.ALREADY, "its numbers are those last sent"))


def _mailboxes(params: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The mailboxes as the options give them: list of dict."""
    if params["uris"] is not None or params["aors"] is not None:
        shared = {name: params[name] for name in ("account", "messages", "message_headers") + boxes.COUNTS}
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
        return _summary(mailbox, account, domain)
    except SipError as error:
        if "no domain" in error.message and not mailbox["account"]:
            # the AOR serves as the account only if it can
            return _summary(mailbox, None, domain)
        if number is None and "no domain" in error.message:
            raise SipSyntaxError(f"account {account!r} has no domain", "Write it as a URI, or set domain") from None
        if number is None:
            raise
        raise SipSyntaxError(f"mailboxes entry {number}: {error.message}", error.hint) from error


def _summary(mailbox: Dict[str, Any], account: Optional[str], domain: Optional[str]) -> str:
    new, old, urgent_new, urgent_old = boxes.counts_of(mailbox)
    others, headers = boxes.others_of(mailbox), mailbox["message_headers"] or ()
    return message_summary.build(account, new, old, urgent_new, urgent_old, domain, others, headers)


def _plan(
    task: "Task",
    source: Any,
    selection: Selection,
    lamps: Sequence[Lamp],
    left_out: LeftOut,
    publisher: Optional[_Publisher],
) -> None:
    """Give each Lamp its requests, and what is to be published for it."""
    is_auto = task.params["delivery"] == publications.AUTO
    to_phones = []
    for lamp in lamps:
        if publisher is not None and lamp.mailbox["aor"]:
            if is_auto:
                lamp.publish = functools.partial(publisher.make, lamp)
            if not is_auto or publisher.is_known(lamp.mailbox):
                lamp.publication = publisher.make(lamp)
            if not is_auto or publisher.refreshes(lamp.mailbox):
                lamp.requests = [lamp.publication]
                continue
        to_phones.append(lamp)
    headers = with_defaults(task.params["headers"], message_summary.NOTIFY_HEADERS)
    _find(source, selection, to_phones, left_out, headers, publisher)


def _find(
    source: Any,
    selection: Selection,
    lamps: Sequence[Lamp],
    left_out: LeftOut,
    headers: Any,
    publisher: Optional[_Publisher],
) -> None:
    """Give each Lamp its NOTIFYs. left_out: LeftOut, takes the contacts that selection leaves out. headers: of the NOTIFYs."""
    aors = [lamp.mailbox["aor"] for lamp in lamps if lamp.mailbox["aor"]]
    by_aor = targets.by_aor(source, aors) if aors else {}
    selected = _selected(selection, by_aor, left_out)
    for lamp in lamps:
        mailbox = lamp.mailbox
        reached = targets.of_uris([mailbox["uri"]]) if mailbox["uri"] else selected[mailbox["aor"]]
        if lamp.publication is not None and all(target.problem == outcomes.NOBODY for target in reached):
            # its phones subscribe, and are away
            lamp.requests = [lamp.publication]
            continue
        label = _label(mailbox)
        subscribers = set(publisher.subscribers(mailbox)) if publisher is not None else ()
        lamp.requests = [
            PhoneNotify(lamp, target.key[1] in subscribers, target, "NOTIFY", headers, lamp.body, label)
            for target in reached
        ]


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


def _remember(
    state: boxes.State,
    lamps: Sequence[Lamp],
    removals: "Sequence[Tuple[str, publications.Publication]]",
    delivery: str,
    run: "Sending",
) -> None:
    """Remember what was accepted. Where that fails, the task fails with its results."""
    for lamp in lamps:
        _remember_lamp(state, lamp, delivery)
    for key, publication in removals:
        if publication.outcome in (outcomes.ACCEPTED, outcomes.ALREADY):
            state.drop(key)
    try:
        state.save()
    except boxes.StateError as error:
        run.break_off(error)


def _remember_lamp(state: boxes.State, lamp: Lamp, delivery: str) -> None:
    publication = lamp.publication
    if publication is not None and publication.answered is not None:
        state.remember_publication(lamp.mailbox, publication.uri, publication.answered)
    if delivery == publications.AUTO and any(isinstance(request, PhoneNotify) for request in lamp.requests):
        state.remember_subscribers(lamp.mailbox, lamp.subscribers())
    if lamp.is_set:
        state.remember(lamp.mailbox, delivery)


def _label(mailbox: Dict[str, Any]) -> Dict[str, Any]:
    others = boxes.others_of(mailbox)
    return dict(
        ((name, mailbox[name]) for name in boxes.COUNTS),
        event=message_summary.EVENT,
        mailbox=mailbox["account"] or mailbox["uri"] or mailbox["aor"],
        waiting=bool(mailbox["new"] or any(numbers["new"] for numbers in others.values())),
        messages=others,
        delivery=publications.NOTIFY,
        publication=None,
    )
