# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One run over many phones: requests go out, and each one's result is kept. Phones in a call are tried again, pass after pass."""

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import report
from ansible_collections.community.opensips.plugins.module_utils._fleet.registration import slept

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.calls import Calls
    from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import Delivery
    from ansible_collections.community.opensips.plugins.module_utils._fleet.results import Results
    from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
    from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError

# why a run sends nothing more after the time that it had
IS_OVER = "the time of the run is over (send_until)"
# Seconds, a year: no task runs as long, and timers have a limit.
_FAR_AWAY = 365 * 86400
# Seconds that a run ends early, so that what is being written then is not late.
_EARLY = 0.25


class Retries:
    """When phones that were in a call are tried again.

    seconds: for which they are, from the end of the first pass on; 0: not at all. interval: seconds between two passes.
    """

    def __init__(self, seconds: float = 0.0, interval: float = 10.0) -> None:
        self.seconds = seconds
        self.interval = interval


class Sending:
    """A run. delivery: Delivery. requests: list of SipRequest. results: Results, which takes what becomes of each.

    busy: those of requests whose phones were in a call before the run; the first pass leaves them out. retries: Retries.
    calls: Calls of the server, or None. step: number of requests whose answers are waited for before others go out, or None.
    most: phones that are sent to; phones in a call beyond that are for the next run.
    seconds: that sending took, pauses between passes not counted; None before it ended.
    left: number of requests that were not sent, and have no result, since the time of the run was over, or it had sent to most;
    they are for the next one. left_in_call: how many of them are to phones that were in a call.
    """

    def __init__(
        self,
        delivery: "Delivery",
        requests: Sequence["SipRequest"],
        results: "Results",
        busy: Sequence["SipRequest"] = (),
        retries: Optional[Retries] = None,
        calls: "Optional[Calls]" = None,
        step: Optional[int] = None,
        most: Optional[int] = None,
    ) -> None:
        self._delivery = delivery
        self.requests = requests
        self.results = results
        self._retries = retries or Retries()
        self._calls = calls
        self._step = step
        self._most = float("inf") if most is None else most
        # {SipRequest: its latest result} of phones that are in a call, and how often such a phone was sent to and answered that
        self._busy = busy
        self._put_off: Dict[SipRequest, Dict[str, Any]] = {}
        self._busy_answers = 0
        self._later: List[Any] = []
        self.seconds: Any = None
        self.left = self.left_in_call = 0
        # phones that are done
        self._done = 0
        # whether phones in a call would have been tried again, but for the time of the run
        self._is_cut_short = False

    def run(self) -> None:
        """Send all, and again to phones that were in a call. Each SipRequest has its result then, whatever went wrong."""
        self.seconds = 0.0
        try:
            self._put_off = {request: self._delivery.hold_back(request) for request in self._busy}
            first = [request for request in self.requests if request not in self._put_off]
            while first:
                # what a run that stopped does not send has a result, too
                number = len(first) if self._step is None or self._ends() else self._step
                self._pass(first[:number])
                first = first[number:]
            deadline = time.monotonic() + self._retries.seconds
            while self._put_off and self._done < self._most and self._waits(deadline):
                self._again()
            self._leave()
            self._is_cut_short = bool(self._put_off) and time.monotonic() < deadline
        finally:
            # who still is in a call, and what there was no room for
            for request, result in self._later + list(self._put_off.items()):
                self.results.add(request, report.result_of(request, result))

    def _again(self) -> None:
        """Send to phones that were in a call, as far as they are not any more, until the run has sent to as many as it may."""
        waiting = list(self._put_off)
        while waiting and self._done < self._most and not self._ends():
            number = int(min(self._most - self._done, self._step or len(waiting), len(waiting)))
            self._pass(waiting[:number])
            waiting = waiting[number:]

    def _leave(self) -> None:
        """Leave phones in a call to the next run if this one would try them again, but for having sent to as many as it may."""
        if self._done >= self._most and self._retries.seconds:
            self.left_in_call = len(self._put_off)
            self.left += self.left_in_call
            self._put_off = {}

    def _pass(self, requests: Sequence["SipRequest"]) -> None:
        started = time.monotonic()
        for request, result in self._delivery.run(requests):
            self._put_off.pop(request, None)
            if self._is_left(result):
                self.left += 1
                continue
            if result["outcome"] == outcomes.IN_CALL:
                self._put_off[request] = result
                self._busy_answers += result["at"] is not None
                continue
            self._done += result["at"] is not None
            try:
                self.results.add(request, report.result_of(request, result))
            except Exception as error:  # once the others are in, there may be room for it
                self.break_off(error)
                self._later.append((request, result))
        self.seconds += time.monotonic() - started

    def _waits(self, deadline: float) -> bool:
        """Pause until the next pass, the last of which is at the deadline; False if there is none."""
        left = deadline - time.monotonic()
        # to ask for 20,000 calls takes the server longer than the interval may be
        pause = max(self._retries.interval, self._calls.pause if self._calls is not None else 0.0)
        return left > 0 and not self._ends() and slept(min(pause, left), self._ends)

    def _ends(self) -> bool:
        return self._delivery.stopped is not None

    def break_off(self, error: BaseException) -> None:
        """Send nothing more, and let the task fail with an exception, unless something else broke the run off before."""
        self._delivery.break_off(error)

    @contextlib.contextmanager
    def until(self, end: Optional[float]) -> Iterator[None]:
        """Send nothing after a time inside the with block. end: Unix time, or None."""
        seconds = None if end is None else end - _EARLY - time.time()
        if seconds is None or seconds > _FAR_AWAY:
            yield
            return
        if seconds <= 0:
            self._delivery.end(IS_OVER)
        timer = threading.Timer(max(0, seconds), self._delivery.end, [IS_OVER])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @property
    def is_over(self) -> bool:
        """Whether the run ended since its time was over."""
        return self._delivery.stopped == IS_OVER

    def _is_left(self, result: Dict[str, Any]) -> bool:
        # of a phone that asked for credentials, the reason begins with its answer
        return self.is_over and result["outcome"] == outcomes.NOT_SENT and (result["reason"] or "").endswith(IS_OVER)

    @property
    def failure(self) -> Optional["MIError"]:
        """The MIError that broke the run off, or None."""
        return self._delivery.failure

    @property
    def stopped(self) -> Optional[str]:
        """Why the run ended before all were tried (str), or None."""
        # its time may be over after the last one was sent
        return None if self.is_over and not self.left and not self._is_cut_short else self._delivery.stopped

    @property
    def sent(self) -> int:
        """Requests that went out, as far as their results are known (int)."""
        return self._busy_answers + sum(request.outcome in outcomes.SENT for request in self.requests)

    @property
    def changed(self) -> bool:
        """Whether a phone accepted, or may have."""
        return any(request.outcome in (outcomes.ACCEPTED, outcomes.UNKNOWN) for request in self.requests)

    def summary(self) -> Dict[str, Any]:
        """The summary of the results so far, with the pace of the run."""
        summary = self.results.counts.summary(self.seconds, self.sent)
        if self.requests:
            summary["pace"] = self._delivery.pace()
        return summary
