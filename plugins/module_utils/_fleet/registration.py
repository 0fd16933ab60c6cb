# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Watching the location table until phones that were sent to have registered anew."""

import time
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ConnectError, MITimeout

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target

BACK = "back"
NOT_BACK = "not_back"
# Seconds between two looks.
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 15.0
# Seconds between two looks at whether waiting is over.
_NAP = 0.5
# Seconds in which a server may be started again.
_PATIENCE = 30.0


class Watch:
    """Which of some targets have registered anew since they were looked up.

    A registration is new when its Call-ID is another one, its CSeq restarted, or the phone calls itself otherwise. It is
    the same phone's when the AOR and the instance (or, without one, the contact) are the same, or when the contact is one
    that the AOR did not have before.
    """

    def __init__(self, targets: Iterable["Target"], known: Iterable[Tuple[Any, Any]] = ()) -> None:
        """targets: Targets with the records of before. known: (AOR, contact) of others that were registered before."""
        self._waiting: Dict[Any, Any] = {}
        self._known: Dict[Any, Any] = {}
        for target in targets:
            self._waiting.setdefault(target.aor, []).append(target)
            self._known.setdefault(target.aor, set()).add(target.contact)
        for aor, contact in known:
            if aor in self._known:
                self._known[aor].add(contact)

    def __len__(self) -> int:
        return sum(len(targets) for targets in self._waiting.values())

    def aors(self) -> List[str]:
        """The AORs of those that are still waited for (list)."""
        return list(self._waiting)

    def look(self, contacts: Iterable[Dict[str, Any]]) -> Iterator[Tuple["Target", Dict[str, Any]]]:
        """Yield (target, new contact record) for each target that contacts (records) show to be back; each once."""
        for record in contacts:
            waiting = self._waiting.get(record["aor"])
            if not waiting or record["expires"] == 0:
                continue
            for target in waiting:
                if self._is_back(target, record):
                    waiting.remove(target)
                    if not waiting:
                        del self._waiting[record["aor"]]
                    # the next look shows it again, and it is no sign of another phone
                    self._known[record["aor"]].add(record["contact"])
                    yield target, record
                    break

    def _is_back(self, target: "Target", record: Dict[str, Any]) -> bool:
        before = target.record
        if before["sip_instance"] and record["sip_instance"]:
            same = before["sip_instance"] == record["sip_instance"]
        else:
            same = record["contact"] == target.contact or record["contact"] not in self._known[target.aor]
        if not same:
            return False
        # ul_dump and ul_show_contact of 1.11 write what is empty in two ways
        if any((record[name] or None) != (before[name] or None) for name in ("call_id", "user_agent")):
            return True
        return record["cseq"] is not None and before["cseq"] is not None and record["cseq"] < before["cseq"]


def wait_for_registrations(
    source: Any, watch: Watch, timeout: float, is_over: Callable[[], bool] = lambda: False
) -> Iterator[Tuple["Target", Dict[str, Any], float]]:
    """Yield (target, new contact record, seconds) as targets come back, until all are or timeout (seconds) is over.

    source: see sources.py. watch: Watch. is_over: function, whether to stop before that. Each look asks for the AORs that are
    still waited for. Looks that fail for want of the server are repeated; raises MIError once none came through for some
    time, or the last one did not.
    """
    began = time.monotonic()
    deadline = began + timeout
    pause = _FIRST_PAUSE
    failing_since = None
    while len(watch):
        started = time.monotonic()
        try:
            # a dump for each look would load the server more than all requests do
            found = source.by_aor(watch.aors(), never_dump=True)
            failing_since = None
        except (ConnectError, MITimeout):
            found, failing_since = {}, failing_since or started
            now = time.monotonic()
            if now >= deadline or now - failing_since >= _PATIENCE:
                raise
            source.reconnect()
        for contacts in found.values():
            for target, record in watch.look(contacts):
                yield target, record, round(time.monotonic() - began, 1)
        # a large table is asked less often, so that watching does not load the server
        pause = min(_LONGEST_PAUSE, max(pause * 1.3, 5 * (time.monotonic() - started)))
        left = deadline - time.monotonic()
        # the last look is at the deadline
        if not len(watch) or left <= 0 or not slept(min(pause, left), is_over):
            return


def slept(seconds: float, is_over: Callable[[], bool]) -> bool:
    """Sleep; False if is_over() before that."""
    end = time.monotonic() + seconds
    while not is_over():
        left = end - time.monotonic()
        if left <= 0:
            return True
        time.sleep(min(left, _NAP))
    return False
