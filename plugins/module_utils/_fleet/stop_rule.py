# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""When failures stop a run: more than a number of phones, or a share of them that is beyond chance."""

import math
from typing import Any, Optional

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters

FAILURES = (outcomes.REJECTED, outcomes.NO_ANSWER, outcomes.UNREACHABLE, outcomes.UNKNOWN)
# quantile of the normal distribution for an interval that holds the true share in 99.9 % of all cases
_Z = 3.2905


def least_share(bad: int, whole: int) -> float:
    """The lower end of the Wilson interval (99.9 %) of a share: of 22 phones of which 3 failed, 0.026; 0.0 of no phones.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    if not bad:
        return 0.0
    share, square = bad / float(whole), _Z * _Z
    spread = _Z * math.sqrt(share * (1 - share) / whole + square / (4.0 * whole * whole))
    return max(0.0, (share + square / (2.0 * whole) - spread) / (1 + square / whole))


class Limit:
    """How many phones may fail: a number (int or text), or a percentage of those done (text such as ``5%``); None: all.

    A number is exact. A percentage is exceeded when the share of failures is beyond what chance does to so few phones.
    Raises BadParameters.
    """

    def __init__(self, given: Any, option: str = "max_failures") -> None:
        self.given = given
        self._number = self._percent = None
        if given is None:
            return
        text = str(given).strip()
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
                f"{option} is {given!r}", "Set it to a number such as 10, or to a percentage such as 5%"
            )

    @property
    def is_exact(self) -> bool:
        """Whether it is a number."""
        return self._number is not None

    def is_exceeded(self, bad: int, whole: int) -> bool:
        """Whether so many failures (int) among so many phones (int) are too many."""
        if self._number is not None:
            return bad > self._number
        # most runs are below their limit: then nothing else is computed
        return (
            self._percent is not None
            and bad * 100.0 > self._percent * whole
            and least_share(bad, whole) * 100 > self._percent
        )


class StopRule:
    """Counts outcomes, and tells when a run stops. max_failures: see Limit. Raises BadParameters."""

    def __init__(self, max_failures: Any) -> None:
        self._limit = Limit(max_failures)
        self._done = self._failed = 0

    def count(self, outcome: str) -> Optional[str]:
        """Take one outcome into account; why the run is to stop (str), or None."""
        # a phone in a call comes again, and is no failure of what is sent
        if outcome in (outcomes.NOT_SENT, outcomes.IN_CALL):
            return None
        self._done += 1
        if outcome not in FAILURES:
            return None
        self._failed += 1
        if not self._limit.is_exceeded(self._failed, self._done):
            return None
        return f"the run stopped: {self._failed} of {self._done} phones failed, more than max_failures ({self._limit.given})"
