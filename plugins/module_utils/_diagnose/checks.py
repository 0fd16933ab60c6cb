# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""All checks by name, and running them on what was seen."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._diagnose import (
    load,
    memory,
    queues,
    registrants,
    server,
    slow,
)
from ansible_collections.community.opensips.plugins.module_utils._diagnose.finding import finding
from ansible_collections.community.opensips.plugins.module_utils._diagnose.slow import Collection
from ansible_collections.community.opensips.plugins.module_utils._diagnose.span import Span
from ansible_collections.community.opensips.plugins.module_utils._diagnose.thresholds import Thresholds
from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._health.checks import MI, Chosen
from ansible_collections.community.opensips.plugins.module_utils._health.entry import UNKNOWN, Entry, NotThere, Unknown
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record

REGISTRANTS = "registrants"


class Seen(NamedTuple):
    """Everything that the checks look at. limits: options of the task (dict). no_events: why no events came, or None.

    registrants_before, registrants_after: function that reads them, or the records; both raise NotThere.
    """

    limits: Dict[str, Any]
    span: Span
    slow: Collection
    thresholds: Thresholds
    no_events: Optional[str]
    registrants_before: List[Record]
    registrants_after: Callable[[], List[Record]]


Check = Callable[[Seen], List[Entry]]


def _slow(kind: str) -> Check:
    return lambda seen: slow.check(
        kind, seen.span, seen.slow.kinds[kind], seen.thresholds, seen.limits["maximum_slow"], seen.no_events
    )


def _limited(check: Callable[[Span, float, float], List[Entry]], limit: str) -> Check:
    return lambda seen: check(seen.span, seen.limits[limit], seen.limits["warn_at"])


_ALL: Tuple[Tuple[str, Check], ...] = (
    (MI, lambda seen: server.answers(seen.span)),
    ("uptime", lambda seen: server.runs(seen.span)),
    ("load", _limited(load.check, "maximum_load")),
    ("receive_queues", lambda seen: queues.check(seen.span)),
    ("shared_memory", _limited(memory.check_shared, "maximum_shared_memory")),
    ("private_memory", _limited(memory.check_private, "maximum_private_memory")),
    *((kind, _slow(kind)) for kind in slow.KINDS),
    (REGISTRANTS, lambda seen: registrants.check(seen.registrants_after(), seen.registrants_before)),
)
CHECKS: Dict[str, Check] = dict(_ALL)
# those that events are about
OF_EVENTS: Set[str] = set(slow.KINDS)


def run(seen: Seen, chosen: Chosen) -> Tuple[List[Entry], Dict[str, str]]:
    """(findings, {check: why it was left out})."""
    entries: List[Entry] = []
    left_out: Dict[str, str] = {}
    for name in chosen.names:
        try:
            entries += CHECKS[name](seen)
        except NotThere as error:
            if name in chosen.named:
                entries.append(finding(name, None, UNKNOWN, str(error)))
            else:
                left_out[name] = str(error)
        except (Unknown, OpensipsError) as error:
            entries.append(finding(name, None, UNKNOWN, str(error)))
    return entries, left_out
