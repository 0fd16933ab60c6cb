# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Checks of what a server does: transactions (module tm), contacts (usrloc) and dialogs (dialog)."""

from typing import Dict, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    FAILED,
    OK,
    WARNING,
    Entry,
    NotThere,
    Unknown,
    at_least,
    at_most,
    entry,
)
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server

# Bytes of shared memory for a transaction, measured with 3.6 and 4.0
_TRANSACTION = 7 * 1024
# below, a percentage says little
_FEW_TRANSACTIONS = 20
_TOTAL = ("UAS_transactions", "UAC_transactions")
_TIMEOUTS, _REPEATED, _LOCAL = "timeout_finalresponse", "retransmission_req_T1_1", "local_replies"
COUNTERS = (*_TOTAL, _TIMEOUTS, _REPEATED, _LOCAL)
_CONTACTS = "-contacts"


def uptime(server: Server) -> List[Entry]:
    """Seconds since the server started, against minimum_uptime."""
    return [at_least("uptime", server.uptime(), server.limits["minimum_uptime"], " s")]


def transactions(server: Server) -> List[Entry]:
    """Transactions in use against maximum_transactions."""
    found = server.module_statistics("tm", "tm")
    value = server.counter(found, "inuse_transactions")
    limit = server.limits["maximum_transactions"]
    if limit is None:
        limit = server.counter(server.statistics("shmem"), "total_size") // 2 // _TRANSACTION
    return [at_most("transactions", None, value, limit, server.limits["warn_at"], "", "in use")]


def timeouts(server: Server) -> List[Entry]:
    """Transactions without a final response against maximum_timeouts.

    timeout_finalresponse counts only those whose request was never repeated (tm/timer.c, final_response_handler() looks at
    the list of repetitions): over UDP none. The others were repeated, and the server made the final response itself, so the
    smaller of these two counters is how many they are at most.
    """
    grown, since = _growth(server, "timeouts")
    count = grown[_TIMEOUTS] + min(grown[_REPEATED], grown[_LOCAL])
    return [_part(server, "timeouts", count, grown, f"without a final response, {since}")]


def retransmissions(server: Server) -> List[Entry]:
    """Transactions whose request was sent again against maximum_retransmissions. Each counts once, in its first repetition."""
    grown, since = _growth(server, "retransmissions")
    return [_part(server, "retransmissions", grown[_REPEATED], grown, f"with a repeated request, {since}")]


def _growth(server: Server, name: str) -> Tuple[Dict[str, int], str]:
    """The counters since an earlier run, or since the start, and words for that. name: of the check."""
    server.require_version((3, 4), name)
    found = server.module_statistics("tm", "tm")
    values = {counter: server.counter(found, counter) for counter in COUNTERS}
    if server.before is None or not server.before.is_same_run(server.uptime()):
        return values, "since the start"
    return {counter: server.before.growth(counter, value) for counter, value in values.items()}, "since compare_to"


def _part(server: Server, name: str, count: int, grown: Dict[str, int], words: str) -> Entry:
    total = sum(grown[counter] for counter in _TOTAL)
    # a transaction may have begun before, and one with several branches counts several times
    percent = round(min(100.0, 100.0 * count / total), 1) if total else (100.0 if count else 0.0)
    limit, warn_at = server.limits[f"maximum_{name}"], server.limits["warn_at"]
    checked = at_most(name, None, percent, limit, warn_at, " %", f"({count} of {total}) {words}")
    if total < _FEW_TRANSACTIONS and checked["outcome"] == FAILED:
        checked["outcome"] = WARNING
    return checked


def count_contacts(server: Server) -> int:
    """Contacts in all location tables."""
    found = server.module_statistics("usrloc", "usrloc")
    counts = [value for name, value in found.items() if name.endswith(_CONTACTS) and isinstance(value, int)]
    if not counts:
        raise NotThere("The server has no location table")
    return sum(counts)


def count_dialogs(server: Server) -> int:
    """Confirmed dialogs, in a cluster the replicated ones as well."""
    return server.counter(server.module_statistics("dialog", "dialog"), "active_dialogs")


def contacts(server: Server) -> List[Entry]:
    """Contacts against minimum_contacts, and against those before."""
    return _enough(server, "contacts", count_contacts(server))


def dialogs(server: Server) -> List[Entry]:
    """Dialogs against minimum_dialogs, and against those before."""
    return _enough(server, "dialogs", count_dialogs(server))


def _enough(server: Server, name: str, count: int) -> List[Entry]:
    entries = [at_least(name, count, server.limits[f"minimum_{name}"], f" {name}")]
    loss = server.limits[f"maximum_{name[:-1]}_loss"]
    if server.before is not None and loss is not None:
        entries.append(_compared(name, count, server.before.count(name), loss))
    return entries


def _compared(name: str, count: int, before: Optional[int], loss: float) -> Entry:
    if before is None:
        raise Unknown(f"compare_to has no number of {name}")
    lost, limit = _loss(count, before), before * (100.0 - loss) / 100
    outcome = FAILED if count < limit else OK
    message = f"{count}, {before} before: {lost:g} % fewer, at most {loss:g} %"
    return entry(name, "compared", outcome, message, count, limit)


def _loss(count: int, before: int) -> float:
    return round(100.0 * (before - count) / before, 1) if before > count else 0.0


def counters(server: Server) -> Dict[str, int]:
    """The counters that a later run compares with: {name: int}."""
    found = server.statistics("tm")
    return {name: found[name] for name in COUNTERS if isinstance(found.get(name), int)}
