# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Sending one SIP request to each of many phones and accounting for every one of them."""

import collections
import time
from typing import TYPE_CHECKING, Any, Deque, Dict, Iterable, Iterator, List, Optional, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet.challenge import Call
from ansible_collections.community.opensips.plugins.module_utils._fleet.stop_rule import StopRule
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ConnectError,
    HTTPStatusError,
    MalformedReply,
    MIError,
    MITimeout,
    RefusedRequest,
    ServerError,
    UnexpectedError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import Governor, OutOfMemory
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.template import RequestTemplate

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.calls import Calls
    from ansible_collections.community.opensips.plugins.module_utils._fleet.credentials import Credentials
    from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal
    from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
    from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply

# Requests that the journal announces at once. After a crash that many more than were under way are unknown.
_ANNOUNCED = 64
# Errors that show that there is a server, and those that show none.
_ANSWERS = (ServerError, MalformedReply, HTTPStatusError)
_SILENCE = (ConnectError, MITimeout)
# Templates to keep: presets are few, but some bodies are each phone's own.
_TEMPLATES = 64


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def check_max_in_flight(max_in_flight: Optional[int]) -> None:
    """Raise BadParameters for a number that cannot be."""
    if max_in_flight is not None and not 1 <= max_in_flight <= 100000:
        raise BadParameters(f"max_in_flight is {max_in_flight}", "Set it to a number of requests, 1 or more")


class _UnderWay:
    """A request that was handed over.

    call: Call of it. started, at: time.monotonic() and time.time() when it was last sent; None: it was not. answered:
    time.monotonic() of the answer to that, or None. judged: (reply, outcome, record) of that, or None.
    """

    __slots__ = ("request", "call", "started", "at", "answered", "judged")

    def __init__(self, request: "SipRequest", call: Call) -> None:
        self.request = request
        self.call = call
        self.started: Any = None
        self.at: Any = None
        self.answered: Any = None
        self.judged: Any = None

    @property
    def is_unsent(self) -> bool:
        """Whether the phone got nothing that it may act on."""
        return self.at is None or self.call.is_open

    def judge(self, reply: "Union[Reply, MIError]") -> Tuple[str, Dict[str, Any]]:
        """(outcome, record) of a reply or the MIError that came instead."""
        if self.judged is None or self.judged[0] is not reply:
            if not self.call.is_open:
                self.answered = time.monotonic()
            self.judged = (reply, *self.request.read(reply))
        return self.judged[1:]


class Delivery:
    """Sends SipRequests and accounts for each of them, whatever goes wrong.

    conn: Connection. from_uri, socket: as for SipRequest.params(). governor: Governor that paces the run, or None.
    max_in_flight: requests that may wait for their phone. stop: StopRule. journal: Journal of a campaign, or None.
    credentials: Credentials for phones that ask for them, or None.
    calls: Calls of the server, so that phones in a call are put off, or None.
    stopped: why the run stopped (str), or None. failure: what broke it off (MIError): the server was lost, or something
    unexpected happened; or None.
    """

    def __init__(
        self,
        conn: "Connection",
        from_uri: Optional[str] = None,
        socket: Optional[str] = "contact",
        governor: Optional[Governor] = None,
        max_in_flight: Optional[int] = None,
        stop: Optional[StopRule] = None,
        journal: "Optional[Journal]" = None,
        credentials: "Optional[Credentials]" = None,
        calls: "Optional[Calls]" = None,
    ) -> None:
        self._calls = calls
        # the look at the calls with which what is announced was compared
        self._compared_with = 0
        self._conn = conn
        self._from_uri = from_uri
        self._socket = socket
        self._governor = governor or Governor()
        self._max_in_flight = max_in_flight
        self._stop = stop or StopRule(None)
        self._journal = journal
        self._credentials = credentials
        self._announced: Deque[Any] = collections.deque()
        # {number: _UnderWay}
        self._under_way: Dict[Any, Any] = {}
        self._aside: Deque[Any] = collections.deque()
        self._templates: Dict[Any, Any] = {}
        self._classic = False
        # requests went unanswered, and nothing was answered since
        self._is_silent = self._ends = False
        self.stopped: Optional[str] = None
        self.failure: Optional[MIError] = None

    def run(self, sip_requests: Iterable["SipRequest"]) -> Iterator[Tuple["SipRequest", Dict[str, Any]]]:
        """Yield (SipRequest, result) for each of sip_requests (iterable), those that are not sent included. Raises nothing.

        result: dict of outcome, code, reason, error (MIError or None), authenticated (whether credentials went out), at (Unix
        time of sending, or None) and seconds from sending to the answer. With credentials, these are of the request with them.
        """
        waiting = iter(sip_requests)
        if self._journal is not None:
            self._journal.unsent = self._unsent
        try:
            if self._calls is not None:
                self._calls.renew()
            replies = self._conn.call_many(
                self._mi_requests(waiting),
                self._max_in_flight,
                self._governor,
                starting=self._starting,
                follow=self._follow,
            )
            for index, reply in replies:
                yield from self._set_aside()
                try:
                    settled = self._settle(self._under_way[index], reply)
                except Exception as error:  # the answers that are still to come must not be lost with it
                    self.break_off(error)
                    continue
                del self._under_way[index]
                yield settled
            self._look_for_server()
        except Exception as error:  # whatever it is, what is known of each phone is yielded
            self.break_off(error)
        yield from self._account(waiting)

    def limit(self, max_in_flight: int) -> None:
        """Let so many requests wait for their answer from now on, unless the user said how many."""
        if self._max_in_flight is None:
            self._max_in_flight = max_in_flight

    def break_off(self, error: BaseException) -> None:
        """Send nothing more, because of an exception. The answers to what is under way are still taken."""
        if self.failure is None:
            self.failure = error if isinstance(error, MIError) else UnexpectedError(error)
        self._stop_run(f"the run stopped: {self.failure}")

    def end(self, reason: str) -> None:
        """Send nothing more, for a reason that is no failure. The answers to what is under way are still taken."""
        self._stop_run(reason)

    def pace(self) -> Dict[str, Any]:
        """What limited the speed of the run (dict)."""
        return self._governor.report()

    def _unsent(self) -> List[Tuple[Any, ...]]:
        """The keys of what was announced, and certainly not written; nothing else is written from here on."""
        # first, for threads of HTTP that are about to begin
        self._ends = True
        unsent = [request.key for request, _params in self._announced]
        return unsent + [waiting.request.key for waiting in self._under_way.values() if waiting.is_unsent]

    def _stop_run(self, reason: Optional[str]) -> None:
        if reason is not None and self.stopped is None:
            self.stopped = reason
            # also what is on its way out, or was refused and would go out again
            self._governor.end(reason)

    def _starting(self, index: int) -> None:
        # the time of day puts the runs of a campaign, and those of several servers, on one time line
        under_way = self._under_way[index]
        under_way.started, under_way.at, under_way.answered = time.monotonic(), time.time(), None
        under_way.call.sending()
        # after that, so that either this or _unsent() sees what the other did
        if self._ends:
            raise RefusedRequest("The run ends", None)

    def _follow(self, index: int, reply: "Union[Reply, MIError]") -> Optional[Dict[str, Any]]:
        """Parameters of the request with credentials that a reply asks for, or None."""
        under_way = self._under_way[index]
        try:
            outcome, record = under_way.judge(reply)
            if isinstance(reply, MIError) or not under_way.call.follow(outcome, record):
                return None
        except Exception as error:  # the answers that are still to come must not be lost with it
            self.break_off(error)
            return None
        self._is_silent = False
        return None if self.stopped else under_way.call.params

    def _settle(self, under_way: _UnderWay, reply: "Union[Reply, MIError]") -> Tuple["SipRequest", Dict[str, Any]]:
        """(SipRequest, result) of a reply or the MIError that came instead."""
        return self._conclude(under_way, *under_way.judge(reply), reply=reply)

    def _conclude(
        self,
        under_way: _UnderWay,
        outcome: str,
        record: Dict[str, Any],
        reply: "Union[Reply, MIError, None]" = None,
    ) -> Tuple["SipRequest", Dict[str, Any]]:
        call = under_way.call
        if call.is_open and self.stopped:
            record = dict(record, reason=self.stopped)
        outcome, record = call.settle(outcome, record)
        if outcome == outcomes.REJECTED and self._says_busy(under_way.request, record["code"]):
            outcome = outcomes.IN_CALL
        under_way.request.goes_on = under_way.request.take_answer(outcome, record)
        self._note(under_way.request, outcome, record, reply)
        seconds = None if None in (under_way.started, under_way.answered) else under_way.answered - under_way.started
        return under_way.request, _result(outcome, record, seconds, under_way.at, call.is_authenticated)

    def _says_busy(self, request: "SipRequest", code: Optional[int]) -> bool:
        """Whether a code with which a phone rejects means that it is in a call, and such phones are put off."""
        return self._calls is not None and self._calls.is_busy_answer(request.target, code)

    def _has_new_look(self) -> bool:
        """Whether the server was asked for its calls since what is announced was compared with them; it is asked if it is time."""
        if self._calls is None:
            return False
        try:
            # over HTTP it would answer after all phones that are asked now
            if not self._conn.carrier.serial:
                self._calls.renew()
        except MIError as error:
            self.break_off(error)
        return self._calls.looks != self._compared_with

    def _puts_off(self, request: "SipRequest") -> bool:
        """Whether nothing is sent to the phone of a request now, since it is in a call; then it has its result."""
        if self._calls is None:
            return False
        try:
            if not self._calls.is_busy(request.target):
                return False
        except MIError as error:
            # it may be in a call
            self.break_off(error)
            return False
        self._aside.append((request, self.hold_back(request)))
        return True

    def hold_back(self, request: "SipRequest") -> Dict[str, Any]:
        """Note that nothing is sent to the phone of a SipRequest now, since it is in a call; its result."""
        result = _in_call()
        self._note(request, result["outcome"], result)
        return result

    def _judge(self, reply: "Union[Reply, MIError]") -> None:
        """End the run if a reply shows that it cannot go on."""
        if isinstance(reply, OutOfMemory):
            self._stop_run(f"the run stopped: {_lower_first(str(reply))}")
        elif isinstance(reply, MIError) and (isinstance(reply, UnexpectedError) or reply.ends_all):
            self.break_off(reply)
        if not isinstance(reply, MIError) or isinstance(reply, _ANSWERS):
            self._is_silent = False
        elif isinstance(reply, _SILENCE):
            self._is_silent = True

    def _look_for_server(self) -> None:
        """Raise MIError if the last requests went unanswered because the server is gone."""
        if not self._is_silent or self.failure is not None:
            return
        try:
            self._conn.call("version")
        except _ANSWERS:
            pass

    def _mi_requests(self, sip_requests: Iterator["SipRequest"]) -> Iterator[Tuple[str, Dict[str, Any]]]:
        """(method, params) of what can be sent, each announced in the journal before it goes out."""
        self._classic = self._conn.version < (3,)
        count = 0
        while True:
            self._announce(sip_requests)
            if not self._announced and not self.stopped:
                return
            while self._announced:
                if self.stopped:
                    break
                request, params = self._announced[0]
                if self._has_new_look() and self._puts_off(request):
                    self._announced.popleft()
                    continue
                if self.stopped:
                    break
                self._announced.popleft()
                # only a request of our own making can be answered for
                is_ours = request.command == "t_uac_dlg"
                call = Call(request.target, params, self._credentials if is_ours else None)
                self._under_way[count] = _UnderWay(request, call)
                count += 1
                yield request.command, call.params
            if self.stopped:
                self._withdraw(sip_requests)
                return

    def _announce(self, sip_requests: Iterator["SipRequest"]) -> None:
        """Put up to a batch of (SipRequest, params) that can be sent on self._announced; the others aside with their reason."""
        self._compared_with = 0 if self._calls is None else self._calls.looks
        for request in sip_requests:
            problem = request.problem
            if problem is None and self._puts_off(request):
                continue
            if problem is None:
                try:
                    params = request.params(self._template(request), self._from_uri, self._socket)
                    self._announced.append((request, params))
                except SipError as error:
                    problem = str(error)
                except Exception as error:  # the answers that are still to come must not be lost with it
                    self.break_off(error)
                    problem = self.stopped
            if problem is not None:
                self._aside.append((request, not_sent(problem)))
            if self.stopped or len(self._announced) == _ANNOUNCED:
                break
        # they are there before the journal knows of them: if the process ends here, they are withdrawn
        if self._announced:
            self._journalled("sending", [request.key for request, _params in self._announced])

    def _journalled(self, method: str, *args: Any) -> None:
        """Tell the journal, if there is one. If it cannot be written to, nothing more is sent."""
        if self._journal is not None:
            try:
                getattr(self._journal, method)(*args)
            except Exception as error:  # as above
                self.break_off(error)

    def _template(self, request: "SipRequest") -> Any:
        """What a request shares with others that have the very same headers and body."""
        key = (request.method, id(request.headers), request.content)
        if key not in self._templates:
            if len(self._templates) > _TEMPLATES:
                self._templates.clear()
            # the headers stay with their id as long as the template does
            template = RequestTemplate(request.method, request.headers, request.content, self._classic)
            self._templates[key] = (template, request.headers)
        return self._templates[key][0]

    def _withdraw(self, sip_requests: Iterable["SipRequest"]) -> None:
        """The run stopped: what was announced or not yet looked at is not sent."""
        if self._announced:
            self._journalled("withdraw", [request.key for request, _params in self._announced])
        for request, _params in self._announced:
            self._aside.append((request, not_sent(self.stopped)))
        self._announced.clear()
        for request in sip_requests:
            self._aside.append((request, not_sent(request.problem or self.stopped)))

    def _account(self, sip_requests: Iterable["SipRequest"]) -> Iterator[Tuple["SipRequest", Dict[str, Any]]]:
        """Yield what is known of the requests that call_many() gave no outcome for."""
        yield from self._set_aside()
        left, self._under_way = self._under_way, {}
        for under_way in left.values():
            outcome = outcomes.NOT_SENT if under_way.at is None else outcomes.UNKNOWN
            yield self._conclude(under_way, outcome, {"code": None, "reason": self.stopped})
        self._withdraw(sip_requests)
        yield from self._set_aside()

    def _set_aside(self) -> Iterator[Tuple["SipRequest", Dict[str, Any]]]:
        while self._aside:
            yield self._aside.popleft()

    def _note(
        self, request: "SipRequest", outcome: str, record: Dict[str, Any], reply: "Union[Reply, MIError, None]" = None
    ) -> None:
        """Write an outcome down, and see whether the run goes on after it. It has a result, whatever happens here."""
        try:
            if outcome == outcomes.NOT_SENT:
                self._journalled("withdraw", [request.key])
            elif outcome == outcomes.IN_CALL:
                self._journalled("put_off", request.key)
            elif outcome != outcomes.UNKNOWN:
                self._journalled("finished", request.key, outcome, record["code"], record["reason"])
            if not request.goes_on:
                self._stop_run(self._stop.count(outcome))
            if reply is not None:
                self._judge(reply)
        except Exception as error:  # the answers that are still to come must not be lost with it
            self.break_off(error)


def not_sent(reason: Optional[str]) -> Dict[str, Any]:
    """The result of a SipRequest that nothing was sent for."""
    return _result(outcomes.NOT_SENT, {"code": None, "reason": reason}, None)


def _in_call() -> Dict[str, Any]:
    """The result of a SipRequest that nothing was sent for, since its phone is in a call."""
    return _result(outcomes.IN_CALL, {"code": None, "reason": "the phone is in a call"}, None)


def _result(
    outcome: str,
    record: Dict[str, Any],
    seconds: Optional[float],
    at: Optional[float] = None,
    authenticated: bool = False,
) -> Dict[str, Any]:
    return {
        "outcome": outcome,
        "code": record["code"],
        "reason": record["reason"],
        "error": outcomes.error_of(outcome, record),
        "authenticated": authenticated,
        "at": None if at is None or outcome == outcomes.NOT_SENT else round(at, 3),
        "seconds": None if seconds is None else round(seconds, 3),
    }
