# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One run over many phones: requests go out, and each one's result is kept."""

import time
from typing import TYPE_CHECKING, Any, Dict, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import report

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import Delivery
    from ansible_collections.community.opensips.plugins.module_utils._fleet.results import Results
    from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
    from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError


class Sending:
    """A run. delivery: Delivery. requests: list of SipRequest. results: Results, which takes what becomes of each.

    seconds: that sending took, None before it ended.
    """

    def __init__(self, delivery: "Delivery", requests: Sequence["SipRequest"], results: "Results") -> None:
        self._delivery = delivery
        self.requests = requests
        self.results = results
        self.seconds: Any = None

    def run(self) -> None:
        """Send all. Each SipRequest has its result then, whatever went wrong."""
        started = time.monotonic()
        later = []
        for request, result in self._delivery.run(self.requests):
            try:
                self.results.add(request, report.result_of(request, result))
            except Exception as error:  # once the others are in, there may be room for it
                self.break_off(error)
                later.append((request, result))
        self.seconds = time.monotonic() - started
        for request, result in later:
            self.results.add(request, report.result_of(request, result))

    def break_off(self, error: BaseException) -> None:
        """Send nothing more, and let the task fail with an exception, unless something else broke the run off before."""
        self._delivery.break_off(error)

    @property
    def failure(self) -> Optional["MIError"]:
        """The MIError that broke the run off, or None."""
        return self._delivery.failure

    @property
    def stopped(self) -> Optional[str]:
        """Why the run ended before all were tried (str), or None."""
        return self._delivery.stopped

    @property
    def sent(self) -> int:
        """Requests that went out, as far as their results are known (int)."""
        return sum(request.outcome in outcomes.SENT for request in self.requests)

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
