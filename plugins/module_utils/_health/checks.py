# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""All checks by name, which of them a task means, and running them."""

import time
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._health import (
    certificates,
    destinations,
    nodes,
    resources,
    sockets,
    traffic,
)
from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    FAILED,
    OK,
    WARNING,
    Entry,
    NotThere,
    Unknown,
    entry,
    unknown,
)
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError, MITimeout

Check = Callable[[Server], List[Entry]]
DEFAULT = "default"
MI = "mi"
OPTIONS = "options"
_NO_ANSWER = "The server does not answer over MI"


def _mi(server: Server) -> List[Entry]:
    version = ".".join(map(str, server.connection.version))
    # opening the connection took longer: it found out the protocol
    started = time.monotonic()
    server.uptime()
    seconds = round(time.monotonic() - started, 4)
    return [entry(MI, None, OK, f"OpenSIPS {version} answered after {seconds:g} s", seconds)]


_ALL: Tuple[Tuple[str, Check], ...] = (
    (MI, _mi),
    ("uptime", traffic.uptime),
    ("status", nodes.readiness),
    ("capabilities", nodes.capabilities),
    ("links", nodes.links),
    ("shared_memory", resources.shared_memory),
    ("private_memory", resources.private_memory),
    ("load", resources.load),
    ("transactions", traffic.transactions),
    ("timeouts", traffic.timeouts),
    ("retransmissions", traffic.retransmissions),
    *((check.name, check) for check in destinations.CHECKS),
    ("contacts", traffic.contacts),
    ("dialogs", traffic.dialogs),
    ("certificates", certificates.certificates),
    (OPTIONS, sockets.options),
)
CHECKS: Dict[str, Check] = dict(_ALL)


class Chosen(NamedTuple):
    """names: checks to run, in the order of CHECKS. named: those that must have an entry, even if there is nothing to check."""

    names: List[str]
    named: Set[str]


class Outcome(NamedTuple):
    """entries: of all checks. skipped: {name: reason}."""

    entries: List[Entry]
    skipped: Dict[str, str]


def choose(elements: Iterable[str], wanted: Iterable[str] = (), known: Iterable[str] = tuple(CHECKS)) -> Chosen:
    """The checks that the option means. wanted: names that other options are about. known: all names. Raises BadParameters."""
    elements = list(elements)
    names = [element.lstrip("!") for element in elements]
    for name in names:
        if name != DEFAULT and name not in known:
            raise BadParameters(
                f"checks: there is no check {name!r}",
                f"The checks are {', '.join(known)}, and default for all of them. To leave one out, write '!' before it",
            )
    left_out = {element[1:] for element in elements if element.startswith("!")}
    named = {element for element in elements if not element.startswith("!") and element != DEFAULT}
    if DEFAULT in left_out or MI in left_out:
        raise BadParameters("checks: default and mi cannot be left out", "Name the checks to run")
    is_all = DEFAULT in elements or not named
    chosen = [name for name in known if name == MI or name not in left_out and (is_all or name in named)]
    return Chosen(chosen, named | (set(wanted) & set(chosen)))


def run(server: Server, chosen: Chosen) -> Outcome:
    """Run the checks. What a check cannot find out is in its entry."""
    entries: List[Entry] = []
    skipped: Dict[str, str] = {}
    for name in chosen.names:
        try:
            entries += _run(server, name)
        except NotThere as error:
            if server.before is not None and server.before.has(name):
                entries.append(entry(name, None, WARNING, f"It was there in compare_to. {error}"))
            elif name in chosen.named:
                entries.append(unknown(name, None, str(error)))
            else:
                skipped[name] = str(error)
        except Unknown as error:
            entries.append(unknown(name, None, str(error)))
        except OpensipsError as error:
            entries.append(_failure(server, name, error))
    return Outcome(entries, skipped)


def _run(server: Server, name: str) -> List[Entry]:
    if server.is_lost and not (name == OPTIONS and server.sockets is not None):
        raise Unknown(_NO_ANSWER)
    return CHECKS[name](server)


def _failure(server: Server, name: str, error: OpensipsError) -> Entry:
    """The entry of a check that an error ended. A server that does not answer is not asked again."""
    if isinstance(error, MITimeout) or isinstance(error, MIError) and error.ends_all or name == MI:
        server.is_lost = True
    return entry(name, None, FAILED, str(error)) if name == MI else unknown(name, None, str(error))


def names_of(limits: Dict[str, Any]) -> List[str]:
    """The checks that options name by being set (limits: all of them)."""
    set_by = {
        "contacts": limits["minimum_contacts"] > 0,
        "dialogs": limits["minimum_dialogs"] > 0,
        OPTIONS: limits["sockets"] is not None,
    }
    return [name for name, is_set in set_by.items() if is_set]
