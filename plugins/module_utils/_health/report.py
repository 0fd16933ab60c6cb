# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""All entries as one outcome, and as a line for a log."""

from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    FAILED,
    OK,
    OUTCOMES,
    UNKNOWN,
    WARNING,
    Entry,
    worst,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import first_few

# Entries of one outcome in a line: more of them make it too long for a log
_MOST_IN_LINE = 5
_MOST_IN_ERROR = 10
# From so many on, entries with the same message are one text
_SEVERAL = 3
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


class Unhealthy(OpensipsError):
    """A check of :ansplugin:`community.opensips.opensips_health#module` or :ansplugin:`community.opensips.opensips_diagnose#module` has an
    outcome of ``fail_on``.
    """

    remedy = "See ``checks`` in the result. To accept an outcome, change the limit, ``checks`` or ``fail_on``."


def summary(entries: Sequence[Entry]) -> Dict[str, Any]:
    """Counts of the entries."""
    found = [entry["outcome"] for entry in entries]
    order = (OK, WARNING, FAILED, UNKNOWN)
    return {"total": len(found), "outcomes": {outcome: found.count(outcome) for outcome in order}}


def outcome(entries: Sequence[Entry]) -> str:
    """The worst outcome of the entries."""
    return worst(entry["outcome"] for entry in entries)


def line(entries: Sequence[Entry], version: Optional[str], uptime: Optional[int]) -> str:
    """The entries in one line: what is not well, the worst first, and how many are."""
    name = f"OpenSIPS {version}" if version else "OpenSIPS"
    if uptime is not None:
        name += f" up {duration(uptime)}"
    parts = [f"{name}: {outcome(entries)}"]
    for wanted in reversed(OUTCOMES[1:]):
        found = _texts(entries, (wanted,), together=True)
        if found:
            parts.append(f"{wanted.capitalize()}: {first_few(found, _MOST_IN_LINE)}")
    parts.append(f"{sum(1 for entry in entries if entry['outcome'] == OK)} ok")
    return ". ".join(parts)


def failure(entries: Sequence[Entry], fail_on: Sequence[str]) -> Optional[Unhealthy]:
    """The error of a task that fails on these outcomes, or None."""
    found = _texts(entries, [outcome for outcome in reversed(OUTCOMES) if outcome in fail_on])
    if not found:
        return None
    return Unhealthy(
        first_few(found, _MOST_IN_ERROR),
        "See checks in the result. To accept an outcome, change the limit, checks or fail_on",
    )


def duration(seconds: int) -> str:
    """Seconds in words: ``3 d 4 h``."""
    parts = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or f"{seconds} s"


def _texts(entries: Sequence[Entry], outcomes: Sequence[str], together: bool = False) -> List[str]:
    """The entries with these outcomes as text, in the order of outcomes. together: those with the same message are one text."""
    found = [entry for outcome in outcomes for entry in entries if entry["outcome"] == outcome]
    if not together:
        return [_text(entry) for entry in found]
    messages = [entry["message"] for entry in found]
    return [
        _text(entry)
        if messages.count(entry["message"]) < _SEVERAL
        else f"{messages.count(entry['message'])} checks: {entry['message']}"
        for index, entry in enumerate(found)
        if messages.count(entry["message"]) < _SEVERAL or entry["message"] not in messages[:index]
    ]


def _text(entry: Entry) -> str:
    subject = f" {entry['subject']}" if entry["subject"] else ""
    return f"{entry['name']}{subject}: {entry['message']}".rstrip(".")
