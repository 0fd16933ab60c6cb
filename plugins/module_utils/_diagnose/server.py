# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether the server answered over MI all the time, and whether it is still the same run of it."""

from typing import List

from ansible_collections.community.opensips.plugins.module_utils._diagnose.finding import finding
from ansible_collections.community.opensips.plugins.module_utils._diagnose.span import Span
from ansible_collections.community.opensips.plugins.module_utils._health.entry import FAILED, OK, WARNING, Entry

# seconds that a server which is well does not need, not even a busy one
_SLOW_REPLY = 1.0


def answers(span: Span) -> List[Entry]:
    """The replies over MI."""
    slowest = round(max(reading.took for reading in span.readings), 3)
    replies = f"{len(span.readings)} replies, the slowest after {slowest:g} s"
    if span.failure is not None:
        message = f"The server stopped answering after {span.seconds:.3g} s ({replies}): {span.failure}"
        hint = "Set trap to see where its processes are, and see its log"
        return [finding("mi", None, FAILED, message, slowest, _SLOW_REPLY, hint)]
    outcome = OK if slowest <= _SLOW_REPLY else WARNING
    hint = "See load. A process of MI serves one request at a time: another client may ask for much"
    return [finding("mi", None, outcome, replies, slowest, _SLOW_REPLY, hint)]


def runs(span: Span) -> List[Entry]:
    """The time since the start."""
    if span.has_restarted:
        hint = "See the log of the server and of the system: it crashed, ran out of memory, or somebody restarted it"
        return [finding("uptime", None, FAILED, "The server was restarted in the span", span.uptime, None, hint)]
    return [finding("uptime", None, OK, f"Up for {span.uptime} s when the span began", span.uptime)]
