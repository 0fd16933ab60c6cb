# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The plan of a campaign: which phones it sends to, in what order, kept beside its journal so that it is made only once.

The plan of campaign NAME is the file NAME.plan.jsonl in the directory of the journal, mode 0600, one JSON object a line:

- ``{"plan": 1, "campaign": NAME, "fingerprint": HEX, "users": INT or null, "left_out": {REASON: NUMBER},
  "order": WORDS}`` first: fingerprint is that of the options which select, users the AORs that were registered when the table was
  read, order how its phones are sorted, see order.py,
- ``{"left_out": [aor, contact, reason]}`` for the first thousand of those that are left out,
- ``{"phone": [aor, contact, sip_instance, user_agent, call_id, received]}`` for each phone, in the order of sending; contact and what
  follows are null for an AOR that nobody had registered, or whose contacts were doubtful: then one more text says why. One
  more text also follows for a phone that registers without an instance and has moved: the contact that the journal knows it by,
- ``{"phones": NUMBER}`` last.

It is written as another file and renamed, so either the old or the new one is there at any moment. A file that ends without
its last line was cut off by somebody else, and is refused. Who is done is the journal's business.
"""

import hashlib
import itertools
import json
import os
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import JournalError, journal_path
from ansible_collections.community.opensips.plugins.module_utils._fleet.order import FOUND, Order, Spread
from ansible_collections.community.opensips.plugins.module_utils._fleet.outcome import NOBODY
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut, rank_of, share_of
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import DOUBTFUL, Target
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file

GONE = "it is no longer registered"
_FORMAT = 1
_FIELDS = ("aor", "contact", "sip_instance", "user_agent", "call_id", "received")
_TEXTS = frozenset([str, type(None)])
# options that decide whom a plan holds; where the contacts are read from does not
_SELECTING = ("select", "aors", "location_table", "own_only", "own_sockets")


class PlanError(JournalError):
    """The plan cannot be used: not permitted, cut off, or not the plan of this campaign."""

    remedy = "Make a new plan, or correct its path or permissions."


def fingerprint_of(params: Dict[str, Any]) -> str:
    """What is the same as long as the options of a task select the same (str). params: mapping of options."""
    given = {name: params.get(name) for name in _SELECTING}
    if params.get("firmware"):
        # it decides whom the task is about, but a campaign without it is what it was
        given["firmware"] = params["firmware"]
    given["select"] = _without_none(given["select"])
    return hashlib.sha256(json.dumps(given, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest()


def _without_none(filters: Any) -> Any:
    return filters and {name: value for name, value in filters.items() if value is not None}


class Plan:
    """Whom a campaign sends to.

    fingerprint: see fingerprint_of(). users: AORs that were registered when it was made, or None. targets: list of Target in
    the order of sending. left_out: LeftOut. fresh: whether the records of targets are those of the server; else they have
    only _FIELDS, as they were when the plan was made. order: the name of the Order that targets have.
    """

    def __init__(
        self,
        fingerprint: str,
        users: Optional[int],
        targets: List[Target],
        left_out: LeftOut,
        fresh: bool = True,
        order: str = FOUND,
    ) -> None:
        self.fingerprint = fingerprint
        self.users = users
        self.targets = targets
        self.left_out = left_out
        self.fresh = fresh
        self.order = order

    def sort(self, order: Order) -> None:
        """Put the phones into an Order."""
        self.targets = order.sort(self.targets)
        self.order = order.name

    def put_canary_first(
        self,
        percent: float,
        seed: Optional[str],
        is_sendable: Callable[[Target], bool],
        spread: Optional[Spread] = None,
    ) -> int:
        """Move a percentage of the phones that can be sent to to the head, the same ones for the same seed.

        is_sendable: function of a Target. spread: Spread, which may leave room for fewer. Gives how many there are.
        """
        sendable = [target for target in self.targets if is_sendable(target)]
        ranked = sorted(sendable, key=lambda target: rank_of(seed, target.aor, target.contact))
        chosen = set((spread or Spread()).waiting(ranked).take(share_of(len(sendable), percent)))
        self.targets = [target for target in self.targets if target in chosen] + [
            target for target in self.targets if target not in chosen
        ]
        return len(chosen)

    def extended(
        self,
        read: "Plan",
        limit: Optional[int] = None,
        knows: Callable[[Tuple[Any, ...]], bool] = lambda key: False,
        cut: "Optional[CutOff]" = None,
    ) -> "Plan":
        """The Plan of the same phones in the same order, and then those that only read (Plan, just made) has.

        limit: how many phones there may be altogether, or None. knows: function of a key, whether the journal has it.
        cut: CutOff of those of read that are left out unless they are in this plan. Phones that read does not have are no
        longer registered.
        """
        newcomers = {target.place: target for target in read.targets}
        now = self._now(newcomers, knows)
        self._doubt(newcomers, now)
        # who was nobody is a newcomer once somebody registered the AOR
        targets = [
            now.get(target) or gone(target) for target in self.targets if target in now or target.contact is not None
        ]
        come: List[Any] = []
        for target in newcomers.values():
            reason = cut.get(id(target.record)) if cut else None
            if reason is None and limit is not None and len(targets) + len(come) >= limit:
                reason = "it is beyond limit"
            if reason is None:
                come.append(target)
            elif target.record:
                read.left_out.add(target.record, reason)
        return Plan(read.fingerprint, read.users, targets + come, read.left_out, order=self.order)

    def _doubt(self, found: Dict[Any, Target], now: Dict[Target, Target]) -> None:
        """Put the problem of each doubtful AOR of found ({place: Target}) to its phones in this plan, and so into now."""
        doubtful = {
            target.aor: target for target in found.values() if target.contact is None and target.problem != NOBODY
        }
        for target in self.targets:
            if target.aor in doubtful and target not in now:
                fresh = doubtful[target.aor]
                found.pop(fresh.place, None)
                now[target] = gone(target, fresh.problem)

    def _now(self, found: Dict[Any, Target], knows: Callable[[Tuple[Any, ...]], bool]) -> Dict[Target, Target]:
        """{Target of this plan: the Target that it is now}. found: {place: Target}; what is left in it is new."""
        now: Dict[Target, Target] = {}
        missing: Dict[Any, List[Target]] = {}
        others: Dict[Any, List[Target]] = {}
        for target in self.targets:
            fresh = found.pop(target.place, None)
            if fresh is None:
                missing.setdefault(target.aor, []).append(target)
            else:
                now[target] = fresh if target.known_as is None else fresh.known_like(target)
        for target in found.values():
            if target.aor in missing:
                others.setdefault(target.aor, []).append(target)
        for aor in others:
            elsewhere = moved(missing[aor], others[aor], knows)
            for target in missing[aor]:
                if target in elsewhere:
                    fresh = found.pop(elsewhere[target].place)
                    now[target] = fresh.known_like(target)
        return now

    def lines(self, campaign: str) -> Iterator[Dict[str, Any]]:
        """The lines of its file (yields dict)."""
        yield {
            "plan": _FORMAT,
            "campaign": campaign,
            "fingerprint": self.fingerprint,
            "users": self.users,
            "left_out": dict(self.left_out.counts),
            "order": self.order,
        }
        for phone in self.left_out.listed:
            yield {"left_out": [phone["aor"], phone["contact"], phone["reason"]]}
        for target in self.targets:
            record = target.record or {}
            more: List[Any] = [] if target.known_as is None else [target.known_as]
            if target.contact is None and target.problem != NOBODY:
                more = [target.problem]
            yield {"phone": [target.aor, target.contact] + [record.get(name) for name in _FIELDS[2:]] + more}
        yield {"phones": len(self.targets)}


def gone(target: Target, problem: Optional[str] = GONE) -> Target:
    """A Target of a plan that is not registered any more, or cannot be sent to for another problem."""
    if target.contact is None:
        return target if problem == GONE else Target(target.aor, None, problem=problem)
    return Target(target.aor, target.contact, target.record, problem=problem, known_as=target.known_as)


def moved(
    missing: Sequence[Target], others: Sequence[Target], knows: Callable[[Tuple[Any, ...]], bool]
) -> Dict[Target, Target]:
    """{Target: the Target that is the same phone under another contact}, for phones that register without an instance.

    missing: Targets of one AOR as the plan has them, which are not registered like that. others: Targets that are registered
    at the AOR, and that the plan does not have; each is one phone at most. knows: function of a key, whether the journal has it.
    """
    missing = [target for target in missing if target.contact is not None and not target.record["sip_instance"]]
    others = [target for target in others if target.record and not target.record["sip_instance"]]
    found = {}
    for is_one in (
        # what the journal has beside the plan is how one that is done came back, whatever it calls itself since
        lambda target, other: knows(other.place) and knows(target.key),
        lambda target, other: _is_alike(target, other) and other.record["call_id"] == target.record["call_id"],
        _is_alike,
    ):
        for target in missing:
            if target in found:
                continue
            for other in others:
                if is_one(target, other) and (knows(target.key) or not knows(other.place)):
                    others.remove(other)
                    found[target] = other
                    break
    return found


def _is_alike(target: Target, other: Target) -> bool:
    return other.user_agent == target.user_agent


class CutOff(dict):
    """What sample and limit leave out of a selection, in the place of a LeftOut: {id of a contact record: reason}."""

    def add(self, contact: Dict[str, Any], reason: str) -> None:
        self[id(contact)] = reason


class PlanFile:
    """The file in which a campaign (its name) keeps its plan. Raises BadParameters for a name that is no file name."""

    def __init__(self, campaign: str, directory: Optional[str] = None) -> None:
        self.path = f"{journal_path(campaign, directory)[: -len('.jsonl')]}.plan.jsonl"
        self._campaign = campaign

    def load(self) -> Optional[Plan]:
        """The Plan, or None when there is none. Raises PlanError."""
        try:
            with open(safe_file.open_own(self.path, os.O_RDONLY), "rb") as lines:
                return _Reader(self.path, self._campaign).read(lines)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PlanError(
                f"The plan {self.path} cannot be read: {error.strerror}",
                safe_file.remedy(error, "Correct campaign_dir or its permissions"),
            ) from error

    def save(self, plan: Plan) -> None:
        """Put a Plan in the place of the one before. Raises PlanError."""
        try:
            safe_file.replace(self.path, map(_line, plan.lines(self._campaign)))
        except OSError as error:
            raise PlanError(
                f"The plan {self.path} cannot be written: {error.strerror}",
                safe_file.remedy(error, "Set campaign_dir to a directory that this user may write to"),
            ) from error


def _line(entry: Any) -> bytes:
    return (f"{json.dumps(entry, separators=(',', ':'))}\n").encode("ascii")


def _foreign(path: str, campaign: str, what: str) -> Exception:
    return PlanError(
        f"{path} is not the plan of campaign {campaign}: {what}",
        "Move the file away and run again. The run makes a new plan, and sends nothing to phones that are done",
    )


class _Reader:
    """Takes a plan apart, and trusts nothing in it."""

    def __init__(self, path: str, campaign: str) -> None:
        self._path, self._campaign = path, campaign
        self._plan: Any = None
        self._phones = None
        self._agents: Dict[Any, Any] = {}

    def read(self, lines: Iterable[bytes]) -> Plan:
        number = 0
        # each run reads all of it: a thousand lines at a time is twice as fast as line by line
        for some in iter(lambda: list(itertools.islice(lines, 1000)), []):
            for entry in self._entries(some, number):
                number += 1
                try:
                    self._take(entry, number)
                except (KeyError, TypeError, ValueError, AttributeError) as error:
                    raise self._broken(number) from error
        if self._phones is None:
            raise self._error("it is cut off")
        return self._plan

    def _entries(self, lines: List[bytes], number: int) -> Any:
        """What is on lines. number: of lines before them."""
        if not lines[-1].endswith(b"\n"):
            raise self._error(f"it is cut off in line {number + len(lines)}")
        try:
            return json.loads((b"[" + b",".join(lines) + b"]").decode("ascii"))
        except (ValueError, RecursionError) as several:
            for place, line in enumerate(lines, number + 1):
                try:
                    json.loads(line.decode("ascii"))
                except (ValueError, RecursionError) as error:
                    raise self._broken(place) from error
            # one by one they are whole
            raise self._error("it is broken") from several

    def _take(self, entry: Any, number: int) -> None:
        if number == 1:
            self._head(entry)
        elif self._phones is not None:
            raise self._error("there is more after its last line")
        elif "phone" in entry:
            self._plan.targets.append(self._target(*_list(entry["phone"])))
        elif "left_out" in entry:
            aor, contact, reason = _list(entry["left_out"])
            self._plan.left_out.listed.append({"aor": aor, "contact": contact, "reason": reason})
        else:
            self._phones = entry["phones"]
            if self._phones != len(self._plan.targets):
                raise self._error(f"it has {len(self._plan.targets)} phones instead of {self._phones}")

    def _head(self, entry: Any) -> None:
        if (entry.get("plan"), entry.get("campaign")) != (_FORMAT, self._campaign):
            raise self._error("its first line is not that of this campaign")
        users, counts = entry["users"], entry["left_out"]
        if not (users is None or _is_count(users)) or not all(_is_count(count) for count in counts.values()):
            raise self._broken(1)
        self._plan = Plan(str(entry["fingerprint"]), users, [], LeftOut(counts), False, str(entry["order"]))

    def _target(
        self, aor: Any, contact: Any, sip_instance: Any, user_agent: Any, call_id: Any, received: Any, *more: Any
    ) -> Target:
        if not (
            {type(contact), type(sip_instance), type(user_agent), type(call_id), type(received)} <= _TEXTS
            and isinstance(aor, str)
            and aor
        ):
            raise TypeError(aor)
        if more and not (len(more) == 1 and isinstance(more[0], str) and more[0]):
            raise TypeError(more)
        if more and contact is None and not more[0].startswith(DOUBTFUL):
            raise ValueError(more)
        if contact is None:
            return Target(aor, None, problem=more[0] if more else NOBODY)
        record = {
            "aor": aor,
            "contact": contact,
            "sip_instance": sip_instance,
            "user_agent": self._agents.setdefault(user_agent, user_agent),
            "call_id": call_id,
            "received": received,
        }
        return Target(aor, contact, record, None, *more)

    def _broken(self, number: int) -> Exception:
        return self._error(f"line {number} is broken")

    def _error(self, what: str) -> Exception:
        return _foreign(self._path, self._campaign, what)


def _list(value: Any) -> List[Any]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
