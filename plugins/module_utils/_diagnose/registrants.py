# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Registrations of the server elsewhere: those that are not registered, and why (module uac_registrant)."""

from collections import OrderedDict
from typing import Dict, List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._diagnose.finding import finding
from ansible_collections.community.opensips.plugins.module_utils._health import destinations
from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    FAILED,
    OK,
    WARNING,
    Entry,
    NotThere,
)
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import first_few
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record

_NAME = "registrants"
_MOST = 5
_REGISTERED = "registered"
# they do so at once, or after the next run of the timer
_ON_THE_WAY = ("registering", "authenticating", "not_registered", "unregistering", "authenticating_unregister")
_HINTS = {
    "wrong_credentials": "Correct the user name and the password of these registrants in their table, and reload it",
    "register_timeout": "The registrar does not answer: look at its address, at the network and at the firewall",
    "registrar_error": "The registrar refuses: its answer is in the trace of the server, or in a capture of the traffic",
    "internal_error": "See the log of the server",
}
_WAITING = "Run the module again later. If they stay so, see the log of the server and timer_interval of uac_registrant"


def read(server: Server) -> List[Record]:
    """The registrants that this node keeps registered. Raises NotThere."""
    server.require("reg_list")
    found = destinations.registrants(server)
    if not found:
        raise NotThere("The server has none")
    return found


def check(records: List[Record], before: List[Record]) -> List[Entry]:
    """One entry for each registrar and state that is not ``registered``. before: the records at the begin of the span."""
    states: Dict[Tuple[str, str], List[str]] = OrderedDict()
    for record in records:
        if record["state"] != _REGISTERED:
            states.setdefault((record["registrar"] or "no registrar", record["state"]), []).append(record["aor"])
    if not states:
        return [finding(_NAME, None, OK, f"All of {len(records)} registered", len(records))]
    earlier = {record["aor"]: record["state"] for record in before}
    return [_entry(registrar, state, aors, earlier) for (registrar, state), aors in states.items()]


def _entry(registrar: str, state: str, aors: List[str], earlier: Dict[str, str]) -> Entry:
    lost = sum(earlier.get(aor) == _REGISTERED for aor in aors)
    message = f"{len(aors)} {state}: {first_few(aors, _MOST, ', ', ' and {0} more')}"
    if lost:
        message += f". {lost} of them were registered when the span began"
    outcome = WARNING if state in _ON_THE_WAY else FAILED
    return finding(_NAME, registrar, outcome, message, len(aors), 0, _HINTS.get(state, _WAITING))
