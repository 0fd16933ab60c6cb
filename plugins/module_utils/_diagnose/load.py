# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Load of the processes over a span, for each socket and kind of process, and whether they compute or wait."""

import re
from collections import OrderedDict
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.community.opensips.plugins.module_utils._diagnose.finding import finding, with_hint
from ansible_collections.community.opensips.plugins.module_utils._diagnose.span import Reading, Span
from ansible_collections.community.opensips.plugins.module_utils._health.entry import WARNING, Entry, Unknown, at_most
from ansible_collections.community.opensips.plugins.module_utils._health.resources import SIP_PROCESS

_LOAD = re.compile(r"load(1m|10m)?-proc-?([0-9]{1,9})\Z")
_FULL = 99.0
# Readings in which a process must be busy all the time to be called stuck
_LONG = 3
# Part of the busy time that a process computes
_COMPUTES = 0.5
_TCP = "tcp"


class Group(NamedTuple):
    """Processes of one kind, as the server calls them.

    ids: list of int. loads: percent of each reading, for all together. by_process: {id: percent of each reading}.
    """

    kind: str
    ids: List[int]
    loads: List[float]
    by_process: Dict[int, List[int]]

    @property
    def mean(self) -> float:
        return round(sum(self.loads) / len(self.loads), 1)

    @property
    def peak(self) -> float:
        return max(self.loads)


def groups(span: Span) -> List[Group]:
    """The processes of which the server reports the load. Raises Unknown if it reports none."""
    span.require_version((2, 4), "its load")
    kinds: Dict[str, List[int]] = OrderedDict()
    for process in span.processes:
        if process["id"] is not None:
            kinds.setdefault((process["type"] or "unknown").strip(), []).append(process["id"])
    loads = [_loads(reading, None) for reading in _useful(span)]
    found = [_group(kind, ids, loads) for kind, ids in kinds.items()]
    known = [group for group in found if group is not None]
    if not known:
        raise Unknown("The server does not report the load of its processes")
    return known


def _useful(span: Span) -> List[Reading]:
    """The first reading is about the second before the span."""
    return span.readings[1:] or span.readings


def _loads(reading: Reading, minutes: Optional[str]) -> Dict[int, int]:
    """{process: percent} of the last second, or of the last 1m or 10m."""
    matches = ((_LOAD.match(name), value) for name, value in reading.groups.get("load", {}).items())
    return {
        int(match.group(2)): value
        for match, value in matches
        if match and match.group(1) == minutes and isinstance(value, int)
    }


def _group(kind: str, ids: List[int], loads: List[Dict[int, int]]) -> Optional[Group]:
    by_process = {number: [found[number] for found in loads if number in found] for number in ids}
    by_process = {number: values for number, values in by_process.items() if values}
    if not by_process:
        return None
    means = [mean for mean in (_mean(found, ids) for found in loads) if mean is not None]
    return Group(kind, sorted(by_process), means, by_process)


def _mean(found: Dict[int, int], ids: List[int]) -> Optional[float]:
    """Of those ids that were found, or None."""
    values = [found[number] for number in ids if number in found]
    return sum(values) / len(values) if values else None


def processor_share(span: Span, ids: List[int]) -> Optional[float]:
    """Percent of the span that processes computed, on average, or None."""
    pids = [process["pid"] for process in span.processes if process["id"] in ids]
    used = [span.processor[pid] for pid in pids if pid in span.processor]
    return round(100.0 * sum(used) / len(used) / span.seconds, 1) if used and span.seconds > 0 else None


def plain(span: Span) -> List[Dict[str, Any]]:
    """The groups as plain data; empty if the server reports no load."""
    try:
        found = groups(span)
    except Unknown:
        return []
    minute, minutes = _loads(span.last, "1m"), _loads(span.last, "10m")
    return [
        {
            "type": group.kind,
            "processes": len(group.ids),
            "mean": group.mean,
            "peak": round(group.peak, 1),
            "last_minute": _rounded(_mean(minute, group.ids)),
            "last_ten_minutes": _rounded(_mean(minutes, group.ids)),
            "processor": processor_share(span, group.ids),
        }
        for group in found
    ]


def _rounded(value: Optional[float]) -> Optional[float]:
    return None if value is None else round(value, 1)


def check(span: Span, maximum: float, warn_at: float) -> List[Entry]:
    """Each group that serves SIP against maximum_load, others above it, and processes that were busy all the time."""
    entries: List[Entry] = []
    for group in groups(span):
        if SIP_PROCESS.search(group.kind):
            entries.append(_of_group(span, group, maximum, warn_at))
        elif group.mean > maximum:
            message = f"{group.mean:g} % in a process that serves no SIP, at most {maximum:g} %"
            entries.append(finding("load", group.kind, WARNING, message, group.mean, maximum, _hint(span, group)))
        entries += _stuck(span, group)
    if not entries:
        raise Unknown("The server reports no process that serves SIP")
    return entries


def _of_group(span: Span, group: Group, maximum: float, warn_at: float) -> Entry:
    words = f"of {span.seconds:.3g} s in {len(group.ids)} processes, peak {group.peak:.3g} %"
    share = processor_share(span, group.ids)
    if share is not None:
        words += f", {share:g} % computing"
    found = at_most("load", group.kind, group.mean, maximum, warn_at, " %", words)
    return with_hint(found, _hint(span, group))


def _hint(span: Span, group: Group) -> str:
    setting = "tcp_workers" if _TCP in group.kind.lower() else "udp_workers"
    if span.first.number("core", "slow_messages") is None:
        setting = "tcp_children" if _TCP in group.kind.lower() else "children"
    share = processor_share(span, group.ids)
    if share is None:
        return f"See sip, dns, sql and nosql for what is slow. Raise {setting} if nothing is"
    if share < _COMPUTES * group.mean:
        return f"The processes wait for others: see dns, sql and nosql for what is slow, call it with async(), or raise {setting}"
    return f"The processes compute: make the script do less, raise {setting} if processors are idle, or add a server"


def _stuck(span: Span, group: Group) -> List[Entry]:
    """Processes that were busy in each reading, where others of their group were not."""
    found = []
    for number, values in group.by_process.items():
        if len(values) < _LONG or min(values) < _FULL or len(group.ids) > 1 and group.mean >= _FULL:
            continue
        share = processor_share(span, [number])
        doing = "" if share is None else f", and computed for {share:g} % of it"
        message = f"Busy in all of {span.seconds:.3g} s{doing}"
        hint = "Set trap to see where it is: it may wait for another program, or not come to an end"
        found.append(finding("load", f"process {number} ({group.kind})", WARNING, message, 100.0, None, hint))
    return found
