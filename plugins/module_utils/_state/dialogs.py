# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Calls that the server tracks: which of them a task is about, ending them, and waiting until they are over.

dlg_end_dlg answers when it has sent its two BYEs, or the CANCEL of a call that is not answered yet. The dialog is over
when both phones have answered, or after the server's fr_timeout when they are dead; then it stays in the list for some
seconds, in the state deleted (dialog/dlg_req_within.c, dlg_hash.c of 1.11, 2.4, 3.6, 4.0).

In a cluster that replicates dialogs, a node lists those of its partners, too. Whose a dialog is its sharing tag says, which
the node replicates as the value dlgX_shtag: a node that has the tag as backup answers 403 to dlg_end_dlg, and neither pings
the dialog nor ends it when it has lasted too long. A dialog without a tag each node ends, pings and times out, so it is each
node's own; so is one that is not answered yet, because only what was answered is replicated (get_shtag_state in
dialog/dlg_replication.c, mi_terminate_dlg in dlg_req_within.c, dlg_timer.c of 3.0, 3.6, 4.0). The tags that count are those
of the cluster in which the node has the capability dialog-dlg-repl (clusterer_list_cap).
"""

import re
import time
from typing import Any, Callable, Dict, FrozenSet, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import regexes
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError, ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import Governor
from ansible_collections.community.opensips.plugins.module_utils._readers import cluster, dialog_profiles, dialogs
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.glob import globs
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import parse_uri
from ansible_collections.community.opensips.plugins.module_utils._state import engine

READS = ("dlg_list",)
WRITES = ("dlg_end_dlg",)

PLANNED = "planned"  # would be ended, in check mode
ENDED = "ended"  # by this task
GONE = "gone"  # ended without it
FAILED = "failed"  # is still there, although the task ended it
LEFT = "left"  # is still there, and the task did not end it
REPLICATED = "replicated"  # is another node's, whose sharing tag is backup here
OUTCOMES = (PLANNED, ENDED, GONE, FAILED, LEFT, REPLICATED)

_CAPABILITY = "dialog-dlg-repl"
_CLUSTER_READS = ("clusterer_list_cap", "clusterer_list_shtags")
_TAG = "dlgX_shtag"
_IS_BACKUP = "backup"

FILTERS = (
    "caller",
    "caller_regex",
    "callee",
    "callee_regex",
    "callee_contact",
    "callee_socket",
    "call_id",
    "profile",
    "older_than",
)

# RFC 3261 section 20.34: the URIs of a route set are in angle brackets
_ROUTE = re.compile(r"<([^<>]+)>")
_DEFAULT_PORTS = {"sip": 5060, "sips": 5061}

# Seconds until a call is over that the server ends: more than fr_timeout of tm, which is 30 by default
END_WAIT = 40.0

# The first look whether calls are over; later ones come at the interval of the task
_FIRST_LOOK = 0.1


# Says of a dialog record whether a filter takes it; None where the server does not show it yet
Test = Callable[[Dict[str, Any]], Optional[bool]]


class Filter:
    """The filters of a task, compiled.

    given: mapping with caller, callee, callee_contact, callee_socket (shell patterns), caller_regex, callee_regex, call_id
    (each list of str or None), profile (list of {name, value} or None), older_than (seconds or None). Every one that is given
    must match; of a list, one element. Raises BadParameters that names the option.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._tests: List[Test] = []
        for side, field in (("caller", "from_uri"), ("callee", "to_uri")):
            if given.get(side) is not None:
                self._tests.append(_uri_test(_filled(given, side), field))
            if given.get(f"{side}_regex") is not None:
                self._tests.append(_regex_test(_filled(given, f"{side}_regex"), f"{side}_regex", field))
        if given.get("callee_contact") is not None:
            matches = globs(_filled(given, "callee_contact"), ignore_case=True)
            self._tests.append(_where_test(lambda leg: any(map(matches, _addresses(leg)))))
        if given.get("callee_socket") is not None:
            is_socket = globs(_filled(given, "callee_socket"), ignore_case=True)
            self._tests.append(_where_test(lambda leg: is_socket(leg["bind_addr"])))
        if given.get("call_id") is not None:
            wanted = frozenset(_filled(given, "call_id"))
            self._tests.append(lambda dialog: dialog["call_id"] in wanted)
        self._profiles = _profiles(given.get("profile"))
        if self._profiles is not None:
            self._tests.append(_profile_test(self._profiles))
        self._older_than = given.get("older_than")
        if self._older_than is not None and self._older_than < 0:
            raise BadParameters(f"older_than is {self._older_than}", "Set it to a number of seconds, 0 or more")

    @property
    def is_empty(self) -> bool:
        """Whether it takes every dialog."""
        return not self._tests and self._older_than is None

    @property
    def needs_context(self) -> bool:
        """Whether it looks at what only dlg_list_ctx shows."""
        return self._profiles is not None

    @property
    def reads(self) -> Tuple[str, ...]:
        """The MI commands that it takes."""
        return READS + (("dlg_list_ctx", "list_all_profiles") if self.needs_context else ())

    def check(self, conn: Connection) -> None:
        """Raise BadParameters for what the server does not have: a filter that can never match would end no wait."""
        if self._profiles is None:
            return
        known = dialog_profiles.read(conn)
        for name, value in self._profiles:
            if name not in known:
                raise engine.unknown("dialog profile", name, known, "profile")
            if value is not None and not known[name]:
                raise BadParameters(f"profile: {name} has no values on this server", "Remove value")

    def matches(self, dialog: Dict[str, Any], now: float) -> Optional[bool]:
        """Whether it takes a dialog record, None where nobody knows yet. now: epoch seconds."""
        # a call that is not answered yet has no age
        age = None if dialog["timestart"] is None else now - dialog["timestart"]
        if self._older_than is not None and (age is None or age < self._older_than):
            return False
        verdicts = [test(dialog) for test in self._tests]
        if False in verdicts:
            return False
        return None if None in verdicts else True


class Outcome:
    """What became of a dialog. dialog: its record. outcome: one of the words above. error: MIError or None.

    sent: whether dlg_end_dlg was sent for it. is_sure: False where the server does not show yet whether the filters take it.
    """

    __slots__ = ("dialog", "outcome", "error", "sent", "is_sure")

    def __init__(self, dialog: Dict[str, Any], outcome: str = LEFT, is_sure: bool = True) -> None:
        self.dialog = dialog
        self.outcome = outcome
        self.is_sure = is_sure
        self.error: Optional[MIError] = None
        self.sent = False


class NotEnded(MIError):
    """Calls that the task had to end are not over, or it is not known whether they are."""

    remedy = "Run the task again. If calls remain, look at them with the command ``dlg_list``."
    maybe_sent = True


class Unfinished(Exception):
    """Reading failed while calls were ended or waited for. error: the MIError. outcomes: list of Outcome so far."""

    def __init__(self, error: MIError, outcomes: List[Outcome]) -> None:
        super().__init__(str(error))
        self.error = error
        self.outcomes = outcomes


class Look(NamedTuple):
    """Dialogs that are not over, each {id: record}. own: those of this node that the filters take.

    undecided: those of this node that they may take. replicated: those of other nodes that they take, or may take.
    """

    own: Dict[str, Dict[str, Any]]
    undecided: Dict[str, Dict[str, Any]]
    replicated: Dict[str, Dict[str, Any]]


class Looker:
    """Looks at the dialogs that a Filter takes, again and again. Which of them are this node's may change between two looks."""

    def __init__(self, conn: Connection, wanted: Filter) -> None:
        self._conn = conn
        self._wanted = wanted
        self._clusters: Optional[Set[int]] = None

    def look(self) -> Look:
        """The dialogs as they are now."""
        active = self._active_tags()
        found = Look({}, {}, {})
        now = time.time()
        context = self._wanted.needs_context or active is not None
        for dialog in dialogs.read_all(self._conn, context=context):
            verdict = dialog["state"] != "deleted" and self._wanted.matches(dialog, now)
            if verdict is not False:
                kind = found.own if verdict else found.undecided
                (found.replicated if _is_replicated(dialog, active) else kind)[dialog["id"]] = dialog
        return found

    def _active_tags(self) -> Optional[FrozenSet[str]]:
        """The sharing tags that this node holds; None where all dialogs are its own."""
        if self._clusters is None:
            self._clusters = self._replicating()
        if not self._clusters:
            return None
        tags = [tag for tag in cluster.read_sharing_tags(self._conn) if tag["cluster_id"] in self._clusters]
        if all(tag["state"] == "active" for tag in tags):
            return None
        return frozenset(tag["tag"] for tag in tags if tag["state"] == "active")

    def _replicating(self) -> Set[int]:
        """The clusters that the node replicates its dialogs in, which is one at most."""
        if not all(map(self._conn.has, _CLUSTER_READS)):
            return set()
        found = cluster.read_capabilities(self._conn)
        return {record["cluster_id"] for record in found if record["name"] == _CAPABILITY}


def _is_replicated(dialog: Dict[str, Any], active: Optional[FrozenSet[str]]) -> bool:
    """Whether a dialog record is another node's. active: tags that this node holds, None where all are its own."""
    if active is None or dialog["context"] is None:
        return False
    tag = dialog["context"]["values"].get(_TAG)
    return tag is not None and tag not in active


def end(
    conn: Connection,
    found: Iterable[Dict[str, Any]],
    wait: float = END_WAIT,
    interval: float = 1.0,
    rate: Optional[float] = None,
    outcomes: Optional[List[Outcome]] = None,
) -> List[Outcome]:
    """End these dialogs and see that they are over: list of Outcome, in their order. They are those of this node.

    found: list of records. wait: seconds until each must be over. interval: seconds between two looks. rate: calls a second.
    outcomes: a list that takes the Outcomes, for callers that want them whatever is raised. Raises Unfinished.
    """
    ended = [Outcome(dialog) for dialog in found]
    if outcomes is not None:
        outcomes.extend(ended)

    def starting(index: int) -> None:
        ended[index].sent = True

    requests = [request_of(waited.dialog) for waited in ended]
    try:
        for index, reply in conn.call_many(requests, governor=Governor(rate), starting=starting):
            _note(ended[index], reply)
        _settle(conn, ended, wait, interval)
    except MIError as error:
        conclude(ended, error)
        raise Unfinished(error, ended) from error
    return ended


def conclude(outcomes: List[Outcome], error: Union[MIError, str]) -> None:
    """Say of dialogs whose end was not waited for that nobody knows of it. error: why (MIError or str)."""
    for ended in outcomes:
        if ended.outcome == LEFT and (ended.sent or ended.error is not None):
            ended.outcome = FAILED
            ended.error = ended.error or NotEnded(
                f"Whether the call ended could not be read: {error}", "Run the task again to end what is left"
            )


def request_of(dialog: Dict[str, Any]) -> engine.Request:
    """The (method, params) that end a dialog. Its id is the hash entry and id in one, in the spelling of the server's version."""
    return "dlg_end_dlg", {"dialog_id": dialog["id"]}


def drain(
    conn: Connection, wanted: Filter, wait: float, interval: float, sleep: Callable[[float], None] = time.sleep
) -> List[Outcome]:
    """Wait until no dialog is left that a Filter takes: list of Outcome. Those still there are LEFT.

    Dialogs that begin meanwhile are waited for, too. So are those of which the server does not show yet where they go, if they
    are there from the start: of later ones the answer shows it. Raises Unfinished.
    """
    start = time.monotonic()
    looker = Looker(conn, wanted)
    outcomes: Dict[str, Outcome] = {}
    undecided: Optional[Dict[str, Dict[str, Any]]] = None
    while True:
        try:
            found = looker.look()
        except MIError as error:
            if not outcomes:
                raise
            raise Unfinished(error, list(outcomes.values())) from error
        undecided = {key: dialog for key, dialog in found.undecided.items() if undecided is None or key in undecided}
        for key, dialog in found.own.items():
            outcomes.setdefault(key, Outcome(dialog))
        for key, waited in outcomes.items():
            waited.outcome = _waited_for(key, found)
        left = wait - (time.monotonic() - start)
        if left <= 0 or not (found.own or undecided):
            unsure = [Outcome(dialog, is_sure=False) for dialog in undecided.values()]
            others = [Outcome(dialog, REPLICATED) for key, dialog in found.replicated.items() if key not in outcomes]
            return list(outcomes.values()) + unsure + others
        sleep(min(interval, left))


def _waited_for(key: str, found: Look) -> str:
    """The outcome of a dialog that is waited for; its tag may have moved to another node meanwhile."""
    if key in found.own:
        return LEFT
    return REPLICATED if key in found.replicated else GONE


def _note(ended: Outcome, reply: Any) -> None:
    """Write down what the server answered to dlg_end_dlg."""
    if isinstance(reply, ServerError) and reply.code == 404:
        ended.outcome = GONE
        return
    if isinstance(reply, ServerError) and reply.code == 403 and _IS_BACKUP in reply.reason:
        ended.outcome, ended.error = _refused_by_backup(ended.dialog)
        return
    if isinstance(reply, MIError):
        ended.error = reply
        # the server said no, or never got it; without an answer it may have acted
        ended.sent = reply.maybe_sent
    else:
        ended.sent = True


def _refused_by_backup(dialog: Dict[str, Any]) -> Tuple[str, Optional[MIError]]:
    """(outcome, error) of a dialog whose tag this node does not hold: it moved meanwhile, or before the call was answered."""
    if dialog["timestart"] is not None:
        return REPLICATED, None
    return FAILED, NotEnded(
        "The sharing tag of this call moved to another node before the call was answered, so no node ends it",
        "Wait until it is answered or over, with state=drained",
    )


def _settle(conn: Connection, outcomes: List[Outcome], wait: float, interval: float) -> None:
    """Look until the dialogs are over, and write down what became of each."""
    deadline = time.monotonic() + wait
    pause = _FIRST_LOOK
    waiting = {ended.dialog["id"]: ended for ended in outcomes if ended.outcome == LEFT}
    while waiting:
        there = {dialog["id"]: dialog for dialog in dialogs.read_all(conn) if dialog["state"] != "deleted"}
        for key in [key for key in waiting if key not in there]:
            ended = waiting.pop(key)
            ended.outcome, ended.error = (ENDED if ended.sent else GONE), None
        refused = [key for key, ended in waiting.items() if not ended.sent]
        for key in refused:
            waiting.pop(key).outcome = FAILED
        left = deadline - time.monotonic()
        if waiting and left <= 0:
            for ended in waiting.values():
                ended.outcome = FAILED
                ended.error = ended.error or NotEnded(
                    f"The server ends the call, but still lists it after {wait:g} seconds",
                    "The server gives up on a phone that does not answer after fr_timeout: increase wait_timeout",
                )
            return
        if waiting:
            time.sleep(max(0.0, min(pause, left)))
            pause = min(2 * pause, interval)


def _filled(given: Mapping[str, Any], option: str) -> List[str]:
    if not given[option]:
        raise BadParameters(f"{option} is an empty list", "Add an element, or remove the option")
    if not all(text.strip() for text in given[option]):
        raise BadParameters(f"{option} contains an empty text", "It would match nothing, or everything: remove it")
    filled: List[str] = given[option]
    return filled


def _uri_test(patterns: List[str], field: str) -> Test:
    """A pattern with @ or a colon is about the URI, as it is or as user@host; one without is about the user."""
    whole = globs([pattern for pattern in patterns if "@" in pattern or ":" in pattern])
    user = globs([pattern for pattern in patterns if "@" not in pattern and ":" not in pattern])

    def test(dialog: Dict[str, Any]) -> bool:
        uri = dialog[field]
        if uri is None:
            return False
        name, address = _short(uri)
        return whole(uri) or (address is not None and whole(address)) or (name is not None and user(name))

    return test


def _regex_test(patterns: List[str], option: str, field: str) -> Test:
    matches = regexes(patterns, option)
    return lambda dialog: matches(dialog[field])


def _where_test(matches: Callable[[Dict[str, Any]], bool]) -> Test:
    """About the legs that were answered, since the server has no contact of others. Before the answer nobody knows."""

    def test(dialog: Dict[str, Any]) -> Optional[bool]:
        legs = [leg for leg in dialog["callees"] if leg["contact"] is not None]
        return any(map(matches, legs)) if legs else None

    return test


def _profiles(given: Optional[List[Dict[str, Any]]]) -> Optional[List[Tuple[str, Optional[str]]]]:
    """The option profile as list of (name, value or None)."""
    if given is None:
        return None
    if not given:
        raise BadParameters("profile is an empty list", "Name a dialog profile, or remove the option")
    return [(profile["name"], profile["value"]) for profile in given]


def _profile_test(wanted: List[Tuple[str, Optional[str]]]) -> Test:
    def test(dialog: Dict[str, Any]) -> Optional[bool]:
        # a phone's SDP may hide what follows it in the text of 1.x and 2.x
        if dialog["context"] is None:
            return None
        return any(
            profile["name"] == name and value in (None, profile["value"])
            for profile in dialog["context"]["profiles"]
            for name, value in wanted
        )

    return test


def _addresses(leg: Dict[str, Any]) -> Set[str]:
    """Where a leg is reached, in every spelling that a pattern may have: its contact, and the proxies of its route set.

    Each as the URI that it is, host, host:port and user@host, without a user @host.
    """
    found = set()
    for uri in [leg["contact"], *_ROUTE.findall(leg["route_set"] or "")]:
        found.add(uri)
        try:
            parsed = parse_uri(uri)
        except SipError:
            continue
        host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
        found.update(
            (host, f"{host}:{parsed.port or _DEFAULT_PORTS.get(parsed.scheme, 5060)}", f"{parsed.user or ''}@{host}")
        )
    return found


def _short(uri: str) -> Tuple[Optional[str], Optional[str]]:
    """(user or None, user@host or None) of a URI."""
    try:
        parsed = parse_uri(uri)
    except SipError:
        return None, None
    host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
    if not parsed.user:
        return None, host
    return parsed.user, f"{parsed.user}@{host}"
