# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The words of a report: states of phones, remedies, and numbers as people read them."""

from __future__ import annotations

import typing as t

from ansible_collections.community.opensips.plugins.module_utils._fleet.outcome import NOBODY
from ansible_collections.community.opensips.plugins.module_utils._sip import remedies
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

Entry = dict[str, t.Any]

# (state, words of the legend, what it means), in the order in which bars and tables show them
STATES = (
    ("back", "Back", "accepted, and registered again"),
    ("accepted", "Accepted", "answered 2xx"),
    ("already", "Unchanged", "nothing sent: no change was required"),
    ("planned", "Planned", "check mode: nothing sent"),
    ("behind", "Still behind", "accepted, and registered again, but with older firmware than expected"),
    ("not_back", "Not back", "accepted, but did not register again in time"),
    ("rejected", "Rejected", "answered a code other than 2xx"),
    ("no_answer", "No answer", "did not answer before the server's timeout"),
    ("unreachable", "Unreachable", "the server could not send to the phone"),
    ("unknown", "Unknown", "sent, or may have been; the answer is not known"),
    ("in_call", "In a call", "in a call each time that a run came to it"),
    ("not_sent", "Not sent", "nothing was sent"),
)
LABELS = {state: label for state, label, _meaning in STATES}
GOOD = frozenset(["back", "accepted", "already", "planned"])

_NOT_BACK = "Check the phone: it received the NOTIFY, but its settings may ignore it, or it is still starting"
_BY_STATE = {
    "behind": "Check the firmware that the provisioning server offers this phone, or wait until it has loaded it",
    "not_back": _NOT_BACK,
    "no_answer": "Check the phone's power, network and NAT. It is registered until its registration expires",
    "unreachable": "Check the host name of the contact, and the routes from the server",
    "unknown": "Check whether it registers again. To send again, set resend_unknown",
    "rejected": "Look the code up in the phone's manual",
    "in_call": "Run the same campaign again when the call is over: it sends only to the phones that are left",
    "not_sent": "Correct the problem that the reason names, then run the same campaign again",
}


def state_of(entry: Entry) -> str:
    """The state of a result: its outcome, and of those that accepted whether they came back.

    A phone that only reads its configuration need not register again, so it is not missed.
    """
    registered = entry.get("registered") if entry["outcome"] == "accepted" else None
    if registered == "not_back" and (entry.get("preset") or "").endswith("_check_cfg"):
        return "accepted"
    if registered == "back" and entry.get("compliance") == "behind":
        return "behind"
    return registered or entry["outcome"]


def remedy(entry: Entry) -> str:
    """What to do about a result that needs attention."""
    state, reason = state_of(entry), entry.get("reason") or ""
    if state == "rejected":
        # the module knows the phone's vendor, and whether credentials were sent
        return entry.get("advice") or remedies.remedy(entry.get("code")) or _BY_STATE[state]
    if state == "not_sent" and "the run stopped" in reason:
        return "Find out why the run stopped, then run the same campaign again"
    if state == "not_sent" and reason.startswith("the window ended"):
        return "Run the same campaign again when the window is open"
    if state == "not_sent" and "event auto" in reason:
        return "Set event to a preset or an Event for these phones"
    if state == "not_sent" and NOBODY in reason:
        return remedies.UNREGISTERED
    return _BY_STATE.get(state, "")


def number(value: float) -> str:
    """1234567 as 1,234,567; 3.14 as 3.1."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def share(part: int, whole: int) -> str:
    """A percentage that says 100 % and 0 % only where that is exactly so."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if part and percent < 0.1:
        return "< 0.1 %"
    if part < whole and percent > 99.9:
        return "> 99.9 %"
    return f"{f'{percent:.1f}'.removesuffix('.0')} %"


def duration(seconds: float | None) -> str:
    """Seconds as people read them: 21 ms, 1.4 s, 3 min 20 s, 1 h 05 min."""
    if seconds is None:
        return "–"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{f'{seconds:.1f}'.removesuffix('.0')} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{number(hours)} h {minutes:02d} min"


def clock(seconds: float) -> str:
    """The same in less room: 21 ms, 1.4 s, 3:20 min, 1:05 h."""
    if seconds < 59.95:
        return duration(seconds)
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} min" if minutes < 60 else f"{number(minutes // 60)}:{minutes % 60:02d} h"


_LIMITS = {
    "rate": "limited by rate",
    "memory": "limited by the server's memory",
    "answers": "limited by max_in_flight",
    "carrier": "limited by the speed at which the server reads",
}


def limit(pace: t.Mapping[str, t.Any]) -> str:
    """What held a run back and how much memory its server had left, in words; empty when neither is known."""
    words = [_LIMITS.get(pace.get("limited_by") or "", "")]
    least, total = pace.get("least_free_memory"), pace.get("total_memory")
    if least is not None and total:
        words.append(f"at least {number(least >> 20)} of {number(total >> 20)} MB of its memory were free")
    if pace.get("out_of_memory"):
        words.append(f"{number(pace['out_of_memory'])} requests were refused for lack of memory, and sent again")
    return ", ".join(filter(None, words))


def phones(count: int) -> str:
    """1 phone, 2 phones."""
    return f"{number(count)} phone{'' if count == 1 else 's'}"


def clean(value: t.Any, keep: str = "") -> str:
    """Text that came from a phone or a server, fit for people and for text files. keep: characters to leave as they are."""
    return printable(str(value), keep)
