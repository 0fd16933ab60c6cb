# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which phones one run of a campaign sends to: those of its plan that no earlier run did, looked up again, a batch at most."""

import collections
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import report
from ansible_collections.community.opensips.plugins.module_utils._fleet.order import Spread
from ansible_collections.community.opensips.plugins.module_utils._fleet.plan import gone, moved
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target, doubt_of, of_record

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.calls import Calls
    from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal
    from ansible_collections.community.opensips.plugins.module_utils._fleet.plan import Plan
    from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest


class Rules:
    """What a task says of each phone.

    make: function of a Target, gives its SipRequest. why_idle: function of a Target, why the phone has what is to be achieved
    and is left alone (str), or None. why_out: function of a Target, why the task is not about the phone (str), or None.
    """

    def __init__(
        self,
        make: Callable[[Target], "SipRequest"],
        why_idle: Callable[[Target], Optional[str]],
        why_out: Callable[[Target], Optional[str]] = lambda target: None,
    ) -> None:
        self.make = make
        self.why_idle = why_idle
        self.why_out = why_out
        self._by_agent: Dict[Any, Any] = {}

    def is_sendable(self, target: Target) -> bool:
        """Whether a request would go to a phone with this User-Agent, by what is known of it without asking the server."""
        if target.problem:
            return False
        agent = target.user_agent
        if agent not in self._by_agent:
            self._by_agent[agent] = self.why_idle(target) is None and not self.make(target).problem
        return self._by_agent[agent]


class Choice:
    """What one run does about each phone.

    rules: Rules. journal: of the campaign, or None. batch: the largest number to send to, or None. resend_unknown: whether
    to send again where an earlier run did not learn what came of it. calls: Calls of the server, or None. spread: Spread,
    whose limit holds for the batch.
    requests: SipRequests of this run, and those that cannot be sent, in order. already: SipRequests to phones that are as
    wanted. settled: results of earlier runs, unless there is a batch. earlier: phones that an earlier run did, and accepted_earlier those of
    them that accepted. remaining:
    phones for the next batch; as long as there are any, what cannot be sent waits for the last one.
    busy: SipRequests among requests to phones that are in a call; they take no place in a batch. Those that an earlier run put
    off come behind all others, in batches of their own. put_off: how many of remaining these are. is_waiting: whether all
    that is left to send to is in a call.
    """

    def __init__(
        self,
        rules: Rules,
        journal: "Optional[Journal]" = None,
        batch: Optional[int] = None,
        resend_unknown: bool = False,
        calls: "Optional[Calls]" = None,
        spread: Optional[Spread] = None,
    ) -> None:
        self._calls = calls
        self.busy: List[SipRequest] = []
        self._spread = spread or Spread()
        self._rules = rules
        self._journal = journal
        self._batch = batch
        self._resend_unknown = resend_unknown
        self.requests: List[SipRequest] = []
        self.already: List[SipRequest] = []
        self.settled: List[Dict[str, Any]] = []
        self.earlier = self.accepted_earlier = self.remaining = self.put_off = 0
        self.is_waiting = False
        # those of a plan whose turn it is
        self._waiting = self._spread.waiting(())
        self._unsendable: List[Any] = []

    def why_already(self, target: Target) -> Optional[str]:
        """Why a phone of already is left alone (str)."""
        return self._rules.why_idle(target)

    def is_nothing_left(self, targets: Sequence[Target]) -> bool:
        """Whether no phone of targets is there to be sent to, as far as the plan and earlier runs tell; not counting those in a call."""
        put_off = self._put_off_earlier()
        return not any(
            self._earlier(target) is None
            and self._rules.is_sendable(target)
            and not self._is_idle(target)
            and target.key not in put_off
            for target in targets
        )

    def _is_idle(self, target: Target) -> bool:
        """Whether an earlier run looked a phone up that needs nothing any more, whatever the plan says."""
        return self._journal is not None and self._journal.is_settled(target.key)

    def take(self, targets: Sequence[Target], look_up: Callable[[List[Target]], List[Target]]) -> None:
        """Choose among Targets. look_up: function of a list of Targets, gives those with the records of now."""
        left = [target for target in targets if not self._settle(target)]
        if self._batch is None:
            self._sort(look_up(left))
            return
        likely = [target for target in left if self._rules.is_sendable(target)]
        chosen = set(likely)
        # first those that no run put off
        put_off = self._put_off_earlier()
        untried = [target for target in likely if target.key not in put_off]
        others = sorted((target for target in likely if target.key in put_off), key=lambda target: put_off[target.key])
        # long calls are not to fill the group of those that are idle again
        first, behind = (untried, others) if untried else (sorted(others, key=self._is_in_call), [])
        waiting = self._waiting = self._spread.waiting(first)
        while len(self.requests) < self._batch:
            some = waiting.take(self._batch - len(self.requests))
            if not some:
                break
            self._sort(look_up(some))
        self.put_off = len(behind)
        if not waiting and not behind:
            # those that seemed to want nothing are asked for once, at the end
            self._sort(look_up([target for target in left if target not in chosen]))
        self.remaining = len(waiting) + self.put_off
        self.is_waiting = bool(self.busy) and not self.requests and not untried
        if not self.remaining:
            self.requests += self._unsendable
        self.requests += self.busy

    def _put_off_earlier(self) -> Dict[Tuple[Any, ...], int]:
        """{key: place in the line} of phones that were in a call when an earlier run came to them."""
        keys = () if self._journal is None else self._journal.was_put_off()
        return {key: place for place, key in enumerate(keys)}

    def _is_in_call(self, target: Target) -> bool:
        return self._calls is not None and self._calls.is_busy(target)

    def batches(self) -> Optional[int]:
        """How many batches the phones that are left need, this one included, or None without a batch."""
        if self._batch is None:
            return None
        return bool(self.requests) + self._waiting.batches(self._batch)

    def _sort(self, targets: Sequence[Target]) -> None:
        if self._calls is not None:
            self._calls.learn(targets)
            self._calls.renew()
        for target in targets:
            if self._settle(target):
                continue
            request = self._rules.make(target)
            if not target.problem and self._rules.why_idle(target) is not None:
                self.already.append(request)
            elif self._batch is None:
                # in its place; whether it is in a call shows when its turn comes
                self.requests.append(request)
            elif request.problem:
                # takes no place in a batch
                self._unsendable.append(request)
            elif len(self.requests) == self._batch or self._waiting.is_full(target):
                self._waiting.put_off(target)
            elif self._is_in_call(target):
                # tried again in this batch, it counts for its group
                self._waiting.add(target)
                self.busy.append(request)
            else:
                self._waiting.add(target)
                self.requests.append(request)

    def _earlier(self, target: Target) -> Optional[Tuple[str, Optional[int], Optional[str]]]:
        """(outcome, code, reason) that an earlier run left of a phone, or None."""
        if self._journal is None:
            return None
        done = self._journal.done(target.key)
        if done:
            return done["outcome"], done["code"], done["reason"]
        if self._journal.is_unknown(target.key) and not self._resend_unknown:
            return (
                outcomes.UNKNOWN,
                None,
                "an earlier run of the campaign ended before it knew; resend_unknown sends again",
            )
        return None

    def _settle(self, target: Target) -> bool:
        """Whether an earlier run did the phone; its outcome is told then."""
        earlier = self._earlier(target)
        if earlier is None:
            return False
        self.earlier += 1
        self.accepted_earlier += earlier[0] == outcomes.ACCEPTED
        if self._batch is None:
            # a batch tells only of itself: the others' results were returned with theirs
            outcome, code, reason = earlier
            entry = report.settled(self._rules.make(target), outcome, reason, code)
            self.settled.append(dict(entry, earlier=True))
        return True


def settled_keys(rules: Rules, asked: Iterable[Target], found: Iterable[Target]) -> List[Tuple[Any, ...]]:
    """Keys of phones that the plan would send to, and that need nothing as they are now.

    rules: Rules. asked: Targets of the plan. found: what looking them up gave (Targets).
    """
    sendable = {target.key for target in found if rules.is_sendable(target)}
    return [target.key for target in asked if rules.is_sendable(target) and target.key not in sendable]


class LookUp:
    """Looks phones of a plan up again.

    source: see sources.py. plan: Plan. journal: of the campaign. selects: function of a contact record, whether a contact
    that the plan does not know may be the one of a phone that it does know.
    seen: (AOR, contact) of all that was registered, of AORs with more than one contact.
    """

    def __init__(self, source: Any, plan: "Plan", journal: Any, selects: Callable[[Dict[str, Any]], bool]) -> None:
        self._source = source
        self._journal = journal
        self._selects = selects
        self.seen: List[Any] = []
        counts = collections.Counter(target.aor for target in plan.targets)
        # those of the plan at each AOR that has more than one
        self._together: Dict[Any, Any] = {}
        for target in plan.targets:
            if counts[target.aor] > 1:
                self._together.setdefault(target.aor, []).append(target)

    def __call__(self, targets: Sequence[Target]) -> List[Target]:
        """Targets with the records of now, in the order of targets; a phone that is gone has a problem."""
        by_aor: Dict[Any, Any] = {}
        for target in targets:
            by_aor.setdefault(target.aor, []).append(target)
        found = self._source.by_aor(by_aor, never_dump=True)
        now: Dict[Any, Any] = {}
        for aor, asked in by_aor.items():
            doubt = doubt_of(found[aor])
            if doubt is not None:
                now.update((target, [gone(target, doubt)]) for target in asked)
                continue
            alive = [of_record(record, aor) for record in found[aor] if record["expires"] != 0]
            if len(alive) > 1:
                self.seen += [(phone.aor, phone.contact) for phone in alive]
            # also those that are done or have not been asked for yet: what is theirs is nobody else's
            now.update(self._match(asked, self._together.get(aor, asked), alive))
        return [fresh for target in targets for fresh in now[target]]

    def _match(
        self, asked: Sequence[Target], planned: Sequence[Target], alive: List[Target]
    ) -> Dict[Target, List[Target]]:
        """{Target of asked: [Targets of now]} of one AOR. planned: all that the plan has there."""
        now, missing = {}, []
        for target in planned:
            fresh = next((phone for phone in alive if _is_same(target, phone)), None)
            if fresh is None:
                missing.append(target)
            else:
                alive.remove(fresh)
                now[target] = [_renewed(target, fresh)]
        selected = [phone for phone in alive if self._selects(phone.record)]
        may_be = [phone for phone in alive if phone in selected or self._journal.knows(phone.key)]
        elsewhere = moved(missing, may_be, self._journal.knows)
        come = [phone for phone in selected if phone not in elsewhere.values()]
        for target in asked:
            if target in elsewhere:
                now[target] = [elsewhere[target].known_like(target)]
            elif target not in now:
                # nobody had registered the AOR, or the phone is gone
                now[target] = (target.contact is None and come) or [gone(target)]
        return now


def _is_same(target: Target, other: Target) -> bool:
    if target.place == other.place:
        return True
    # ul_show_contact of 1.11 does not tell the instance
    return target.contact is not None and target.contact == other.contact and not other.record["sip_instance"]


def _renewed(target: Target, other: Target) -> Target:
    if target.place != other.place:
        other = Target(target.aor, other.contact, dict(other.record, sip_instance=target.record["sip_instance"]))
    return other if target.known_as is None else other.known_like(target)
