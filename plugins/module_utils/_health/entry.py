# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One outcome of a check.

Entries are plain data: name (str, of the check), subject (str or None: the server as a whole), outcome (str), value and
limit (number, text, bool or None), message (str).
"""

from typing import Any, Dict, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.urls import without_url_secrets
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

OK, UNKNOWN, WARNING, FAILED = "ok", "unknown", "warning", "failed"
# from best to worst
OUTCOMES = (OK, UNKNOWN, WARNING, FAILED)

Entry = Dict[str, Any]


class NotThere(Exception):
    """The server has nothing that a check could look at; the text says what is missing."""


class Unknown(Exception):
    """The server cannot report what a check is about; the text says why."""


def entry(name: str, subject: Optional[str], outcome: str, message: str, value: Any = None, limit: Any = None) -> Entry:
    """An entry as plain data."""
    return {
        "name": name,
        "subject": printable(subject),
        "outcome": outcome,
        "value": value,
        "limit": limit,
        "message": printable(without_url_secrets(message), most=300),
    }


def unknown(name: str, subject: Optional[str], why: str) -> Entry:
    """The entry for what the server cannot report."""
    return entry(name, subject, UNKNOWN, why)


def at_most(
    name: str, subject: Optional[str], value: float, limit: float, warn_at: float, unit: str, what: str = ""
) -> Entry:
    """The entry for a value with a maximum.

    warn_at: percentage of limit from which the outcome is a warning. unit: follows the number, such as `` %``. what: words
    after the value, such as ``of 64 MB``.
    """
    if value > limit:
        outcome = FAILED
    else:
        outcome = WARNING if warn_at < 100 and value > 0 and value >= limit * warn_at / 100 else OK
    message = f"{value:g}{unit}{f' {what}' if what else ''}, at most {limit:g}{unit}"
    return entry(name, subject, outcome, message, value, limit)


def at_least(name: str, value: float, limit: float, unit: str) -> Entry:
    """The entry for a value of the whole server with a minimum. unit: as in at_most()."""
    outcome = FAILED if value < limit else OK
    return entry(name, None, outcome, f"{value:g}{unit}, at least {limit:g}", value, limit)


def worst(outcomes: Any) -> str:
    """The worst of outcomes (iterable of str), ``ok`` of none."""
    return max(outcomes, key=OUTCOMES.index, default=OK)
