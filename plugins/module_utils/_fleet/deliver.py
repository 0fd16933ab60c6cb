# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Sending one SIP request to each of many phones and accounting for every one of them."""

import collections
import time

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import JournalError
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import Governor, OutOfMemory
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.template import RequestTemplate

# Requests that the journal announces at once. After a crash that many more than were under way are unknown.
_ANNOUNCED = 64
# Templates to keep: presets are few, but some bodies are each phone's own.
_TEMPLATES = 64


class SipRequest:
    """One request to one phone.

    target: Target. method: str. headers: mapping. body: str, "" for none. label: dict of what results say of it (event, preset …).
    """

    __slots__ = ("target", "method", "headers", "body", "label", "problem")

    def __init__(self, target, method, headers, body="", label=None, problem=None):
        self.target = target
        self.method = method
        self.headers = headers
        self.body = body
        self.label = label or {}
        self.problem = target.problem or problem

    @property
    def key(self):
        """What a journal knows the phone by."""
        return self.target.key

    def params(self, template, from_uri=None, socket=None):
        """Parameters of t_uac_dlg. template: RequestTemplate of this request. socket: "contact" for the one of the registration.

        Raises SipError.
        """
        target = self.target
        next_hop, path, registered_socket = target.way()
        if path:
            # RFC 3327: the path of the registration becomes the route, and its first element the next hop
            next_hop = _first_uri(path)
        to_uri = target.to_uri()
        return template.params(
            target.contact,
            from_uri or to_uri,
            to_uri,
            next_hop=next_hop,
            socket=registered_socket if socket == "contact" else socket,
            path=path,
            registered=target.record is not None,
        )


def _lower_first(text):
    return text[:1].lower() + text[1:]


def _first_uri(path):
    start = path.find("<")
    return path[start + 1 : path.find(">", start)] if start >= 0 else path.split(",")[0].strip()


def check_max_in_flight(max_in_flight):
    """Raise BadParameters for a number that cannot be."""
    if max_in_flight is not None and not 1 <= max_in_flight <= 100000:
        raise BadParameters("max_in_flight is {0}".format(max_in_flight), "Give a number from 1 on")


class Delivery:
    """Sends SipRequests and accounts for each of them.

    conn: Connection. from_uri, socket: as for SipRequest.params(). governor: Governor that paces the run, or None.
    max_in_flight: requests that may wait for their phone. stop: StopRule. journal: Journal of a campaign, or None.
    stopped: why the run stopped (str), or None. failure: the JournalError that stopped it, or None; what was under way has
    its results nevertheless.
    """

    def __init__(
        self, conn, from_uri=None, socket="contact", governor=None, max_in_flight=None, stop=None, journal=None
    ):
        self._conn = conn
        self._from_uri = from_uri
        self._socket = socket
        self._governor = governor or Governor()
        self._max_in_flight = max_in_flight
        self._stop = stop or StopRule(None)
        self._journal = journal
        self._announced = collections.deque()
        # {number: (SipRequest, time.monotonic() and time.time() when it was handed over)}
        self._under_way = {}
        self._aside = collections.deque()
        self._templates = {}
        self._classic = False
        # numbers of requests under way that were about to be written at least
        self._begun = set()
        self.stopped = self.failure = None
        if journal is not None:
            journal.unsent = self._unsent

    def run(self, sip_requests):
        """Yield (SipRequest, result) for each of sip_requests (iterable), those that are not sent included.

        result: dict of outcome, code, reason, note, at (Unix time of sending, or None) and seconds from sending to the answer.
        """
        replies = self._conn.call_many(
            self._mi_requests(iter(sip_requests)), self._max_in_flight, self._governor, starting=self._begun.add
        )
        for index, reply in replies:
            yield from self._set_aside()
            request, started, at = self._under_way.pop(index)
            if isinstance(reply, OutOfMemory):
                self._stop_run("the run stopped: {0}".format(_lower_first(str(reply))))
            what, record = outcomes.of_reply(reply, headers=False)
            self._note(request, what, record)
            yield request, _result(what, record, time.monotonic() - started, at)
        yield from self._set_aside()

    def under_way(self):
        """The ids of the SipRequests that may have gone out without a result, after run() raised (set of int)."""
        return {id(entry[0]) for number, entry in self._under_way.items() if number in self._begun}

    def _unsent(self):
        """The keys of what was announced, and certainly not written."""
        unsent = [request.key for request, _params in self._announced]
        return unsent + [entry[0].key for number, entry in self._under_way.items() if number not in self._begun]

    def _stop_run(self, reason):
        if reason is not None and self.stopped is None:
            self.stopped = reason
            # also what is on its way out, or was refused and would go out again
            self._governor.end(reason)

    def _mi_requests(self, sip_requests):
        """(method, params) of what can be sent, each announced in the journal before it goes out."""
        self._classic = self._conn.version < (3,)
        count = 0
        while True:
            ready = self._announce(sip_requests)
            if not ready:
                return
            while self._announced:
                if self.stopped:
                    self._withdraw(sip_requests)
                    return
                request, params = self._announced.popleft()
                # the time of day puts the runs of a campaign, and those of several servers, on one time line
                self._under_way[count] = (request, time.monotonic(), time.time())
                count += 1
                yield "t_uac_dlg", params

    def _announce(self, sip_requests):
        """Up to a batch of (SipRequest, params) that can be sent; the others are put aside with their reason."""
        ready = []
        for request in sip_requests:
            problem = request.problem
            if problem is None:
                try:
                    ready.append((request, request.params(self._template(request), self._from_uri, self._socket)))
                except SipError as error:
                    problem = str(error)
            if problem is not None:
                self._aside.append((request, not_sent(problem)))
            if len(ready) == _ANNOUNCED:
                break
        # before the journal knows of them: if the process ends here, they are withdrawn
        self._announced.extend(ready)
        if ready and not self._journalled("sending", [request.key for request, _params in ready]):
            self._withdraw(sip_requests)
            return []
        return ready

    def _journalled(self, method, *args):
        """Whether the journal, if there is one, took it. If it cannot be written, nothing more is sent."""
        if self._journal is None:
            return True
        try:
            getattr(self._journal, method)(*args)
        except JournalError as error:
            self.failure = self.failure or error
            self._stop_run("the run stopped: {0}".format(_lower_first(error.message)))
            return False
        return True

    def _template(self, request):
        """What a request shares with others that have the very same headers and body."""
        key = (request.method, id(request.headers), request.body)
        if key not in self._templates:
            if len(self._templates) > _TEMPLATES:
                self._templates.clear()
            # the headers stay with their id as long as the template does
            template = RequestTemplate(request.method, request.headers, request.body, self._classic)
            self._templates[key] = (template, request.headers)
        return self._templates[key][0]

    def _withdraw(self, sip_requests):
        """The run stopped: what was announced or not yet looked at is not sent."""
        self._journalled("withdraw", [request.key for request, _params in self._announced])
        for request, _params in self._announced:
            self._aside.append((request, not_sent(self.stopped)))
        self._announced.clear()
        for request in sip_requests:
            self._aside.append((request, not_sent(request.problem or self.stopped)))

    def _set_aside(self):
        while self._aside:
            yield self._aside.popleft()

    def _note(self, request, what, record):
        if what == outcomes.NOT_SENT:
            self._journalled("withdraw", [request.key])
        elif what != outcomes.UNKNOWN:
            self._journalled("finished", request.key, what, record["code"], record["reason"])
        self._stop_run(self._stop.count(what))


class StopRule:
    """When a run stops: after a number of failures (int), or a percentage of those done (text such as ``5%``); None: never.

    A percentage counts from the 20th phone on, so that one dead phone at the beginning does not stop a fleet.
    Raises BadParameters.
    """

    _FROM = 20
    _FAILURES = (outcomes.REJECTED, outcomes.NO_ANSWER, outcomes.UNREACHABLE, outcomes.UNKNOWN)

    def __init__(self, max_failures):
        self._number = self._percent = None
        self._done = self._failed = 0
        self._given = max_failures
        if max_failures is None:
            return
        text = str(max_failures).strip()
        try:
            if text.endswith("%"):
                self._percent = float(text[:-1])
            else:
                self._number = int(text)
        except ValueError:
            self._percent = -1
        if (self._percent is not None and not 0 <= self._percent < 100) or (
            self._number is not None and self._number < 0
        ):
            raise BadParameters(
                "max_failures is {0!r}".format(max_failures), "Give a number such as 10, or a percentage such as 5%"
            )

    def count(self, outcome):
        """Take one outcome into account; why the run is to stop (str), or None."""
        if outcome == outcomes.NOT_SENT:
            return None
        self._done += 1
        self._failed += outcome in self._FAILURES
        over = (self._number is not None and self._failed > self._number) or (
            self._percent is not None and self._done >= self._FROM and self._failed * 100.0 > self._percent * self._done
        )
        if not over:
            return None
        return "the run stopped: {0} of {1} phones failed, more than max_failures ({2})".format(
            self._failed, self._done, self._given
        )


def not_sent(reason):
    """The result of a SipRequest that nothing was sent for."""
    return _result(outcomes.NOT_SENT, {"code": None, "reason": reason}, None)


def _result(what, record, seconds, at=None):
    return {
        "outcome": what,
        "code": record["code"],
        "reason": record["reason"],
        "note": outcomes.note_on(what, record),
        "at": None if at is None or what == outcomes.NOT_SENT else round(at, 3),
        "seconds": None if seconds is None else round(seconds, 3),
    }
