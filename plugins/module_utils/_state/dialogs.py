# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Calls that the server tracks: which of them a task is about, ending them, and waiting until they are over.

dlg_end_dlg answers when it has sent its two BYEs, or the CANCEL of a call that is not answered yet. The dialog is over
when both phones have answered, or after the server's fr_timeout when they are dead; then it stays in the list for some
seconds, in the state deleted (dialog/dlg_req_within.c, dlg_hash.c of 1.11, 2.4, 3.6, 4.0).
"""

import time

from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import regexes
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError, ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import Governor
from ansible_collections.community.opensips.plugins.module_utils._readers import dialogs
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.glob import globs
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import parse_uri

READS = ("dlg_list",)
WRITES = ("dlg_end_dlg",)

PLANNED = "planned"  # would be ended, in check mode
ENDED = "ended"  # by this task
GONE = "gone"  # ended without it
FAILED = "failed"  # is still there, although it was told to end
LEFT = "left"  # is still there, and was not told to end
OUTCOMES = (PLANNED, ENDED, GONE, FAILED, LEFT)

FILTERS = ("caller", "caller_regex", "callee", "callee_regex", "call_id", "older_than")

# Seconds until a call is over that was told to end: more than fr_timeout of tm, which is 30 by default
END_WAIT = 40.0

# The first look whether calls are over; later ones come at the interval of the task
_FIRST_LOOK = 0.1


class Filter:
    """The filters of a task, compiled.

    given: mapping with caller, callee (shell patterns), caller_regex, callee_regex, call_id (each list of str or None),
    older_than (seconds or None). Every one that is given must match; of a list, one element.
    Raises BadParameters that names the option.
    """

    def __init__(self, given):
        self._tests = []
        for side, field in (("caller", "from_uri"), ("callee", "to_uri")):
            if given.get(side) is not None:
                self._tests.append(_uri_test(_filled(given, side), field))
            if given.get(f"{side}_regex") is not None:
                matches = regexes(_filled(given, f"{side}_regex"), f"{side}_regex")
                self._tests.append(lambda dialog, matches=matches, field=field: matches(dialog[field]))
        if given.get("call_id") is not None:
            wanted = frozenset(_filled(given, "call_id"))
            self._tests.append(lambda dialog: dialog["call_id"] in wanted)
        self._older_than = given.get("older_than")
        if self._older_than is not None and self._older_than < 0:
            raise BadParameters(f"older_than is {self._older_than}", "Give seconds, 0 or more")

    @property
    def is_empty(self):
        """Whether it takes every dialog."""
        return not self._tests and self._older_than is None

    def matches(self, dialog, now):
        """Whether it takes a dialog record. now: epoch seconds."""
        # a call that is not answered yet has no age
        age = None if dialog["timestart"] is None else now - dialog["timestart"]
        if self._older_than is not None and (age is None or age < self._older_than):
            return False
        return all(test(dialog) for test in self._tests)


class Outcome:
    """What became of a dialog. dialog: its record. outcome: one of the words above. error: MIError or None.

    sent: whether dlg_end_dlg was sent for it.
    """

    __slots__ = ("dialog", "outcome", "error", "sent")

    def __init__(self, dialog, outcome=LEFT):
        self.dialog = dialog
        self.outcome = outcome
        self.error = None
        self.sent = False


class NotEnded(MIError):
    """Calls that should be over are not, or nobody knows whether they are."""

    maybe_sent = True


class Unfinished(Exception):
    """Reading failed while calls were ended or waited for. error: the MIError. outcomes: list of Outcome so far."""

    def __init__(self, error, outcomes):
        super().__init__(str(error))
        self.error = error
        self.outcomes = outcomes


def find(conn, wanted):
    """The dialogs that are not over and that a Filter takes: {id: record}."""
    now = time.time()
    return {
        dialog["id"]: dialog
        for dialog in dialogs.read_all(conn)
        if dialog["state"] != "deleted" and wanted.matches(dialog, now)
    }


def end(conn, found, wait=END_WAIT, interval=1.0, rate=None, outcomes=None):
    """End these dialogs and see that they are over: list of Outcome, in their order.

    found: list of records. wait: seconds until each must be over. interval: seconds between two looks. rate: calls a second.
    outcomes: a list that takes the Outcomes, for callers that want them whatever is raised. Raises Unfinished.
    """
    ended = [Outcome(dialog) for dialog in found]
    if outcomes is not None:
        outcomes.extend(ended)

    def starting(index):
        ended[index].sent = True

    requests = [request_of(dialog) for dialog in found]
    try:
        for index, reply in conn.call_many(requests, governor=Governor(rate), starting=starting):
            _note(ended[index], reply)
        _settle(conn, ended, wait, interval)
    except MIError as error:
        conclude(ended, error)
        raise Unfinished(error, ended) from error
    return ended


def conclude(outcomes, error):
    """Say of dialogs whose end was not waited for that nobody knows of it. error: why (MIError or str)."""
    for ended in outcomes:
        if ended.outcome == LEFT and (ended.sent or ended.error is not None):
            ended.outcome = FAILED
            ended.error = ended.error or NotEnded(
                f"Whether the call ended could not be read: {error}", "Run the task again to end what is left"
            )


def request_of(dialog):
    """The (method, params) that end a dialog. Its id is the hash entry and id in one, in the spelling of the server's version."""
    return "dlg_end_dlg", {"dialog_id": dialog["id"]}


def drain(conn, wanted, wait, interval):
    """Wait until no dialog is left that a Filter takes: list of Outcome. Those still there are LEFT.

    Dialogs that begin meanwhile are waited for, too. Raises Unfinished.
    """
    start = time.monotonic()
    outcomes = {}
    while True:
        try:
            found = find(conn, wanted)
        except MIError as error:
            if not outcomes:
                raise
            raise Unfinished(error, list(outcomes.values())) from error
        for key, dialog in found.items():
            outcomes.setdefault(key, Outcome(dialog))
        for key, each in outcomes.items():
            each.outcome = LEFT if key in found else GONE
        left = wait - (time.monotonic() - start)
        if not found or left <= 0:
            return list(outcomes.values())
        time.sleep(min(interval, left))


def _note(each, reply):
    """Write down what the server answered to dlg_end_dlg."""
    if isinstance(reply, ServerError) and reply.code == 404:
        each.outcome = GONE
        return
    if isinstance(reply, MIError):
        each.error = reply
        # the server said no, or never got it; without an answer it may have acted
        each.sent = reply.maybe_sent
    else:
        each.sent = True


def _settle(conn, outcomes, wait, interval):
    """Look until the dialogs are over, and tell of each what became of it."""
    deadline = time.monotonic() + wait
    pause = _FIRST_LOOK
    waiting = {each.dialog["id"]: each for each in outcomes if each.outcome == LEFT}
    while waiting:
        there = {dialog["id"]: dialog for dialog in dialogs.read_all(conn) if dialog["state"] != "deleted"}
        for key in [key for key in waiting if key not in there]:
            each = waiting.pop(key)
            each.outcome, each.error = (ENDED, None) if each.sent else (GONE, None)
        refused = [key for key, each in waiting.items() if not each.sent]
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


def _filled(given, option):
    if not given[option]:
        raise BadParameters(f"{option} is an empty list", "Name something, or leave the option out")
    for each in given[option]:
        if not each.strip():
            raise BadParameters(f"{option} holds an empty text", "It would match nothing, or all: leave it out")
    return given[option]


def _uri_test(patterns, field):
    """A pattern with @ or a colon is about the URI, as it is or as user@host; one without is about the user."""
    whole = globs([each for each in patterns if "@" in each or ":" in each])
    user = globs([each for each in patterns if "@" not in each and ":" not in each])

    def test(dialog):
        uri = dialog[field]
        if uri is None:
            return False
        name, address = _short(uri)
        return whole(uri) or whole(address) or user(name)

    return test


def _short(uri):
    """(user or None, user@host or None) of a URI."""
    try:
        parsed = parse_uri(uri)
    except SipError:
        return None, None
    host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
    if not parsed.user:
        return None, host
    return parsed.user, f"{parsed.user}@{host}"
