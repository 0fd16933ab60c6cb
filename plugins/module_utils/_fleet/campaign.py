# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which phones one run of a campaign sends to: those of its plan that no earlier run did, looked up again, a batch at most."""

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import report
from ansible_collections.community.opensips.plugins.module_utils._fleet.plan import GONE
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target, of_record


class Rules:
    """What a task says of each phone.

    make: function of a Target, gives its SipRequest. is_wanted: function of a Target, whether the phone is as wanted, and is
    left alone.
    """

    def __init__(self, make, is_wanted):
        self.make = make
        self.is_wanted = is_wanted
        self._by_agent = {}

    def is_sendable(self, target):
        """Whether a request would go to a phone with this User-Agent, by what is known of it without asking the server."""
        if target.problem:
            return False
        agent = target.user_agent
        if agent not in self._by_agent:
            self._by_agent[agent] = not self.is_wanted(target) and not self.make(target).problem
        return self._by_agent[agent]


class Choice:
    """What one run does about each phone.

    rules: Rules. journal: of the campaign, or None. batch: the largest number to send to, or None. resend_unknown: whether
    to send again where an earlier run did not learn what came of it.
    requests: SipRequests of this run, and those that cannot be sent, in order. already: SipRequests to phones that are as
    wanted. settled: results of earlier runs, unless there is a batch. earlier: phones that an earlier run did. remaining:
    phones for the next batch; as long as there are any, what cannot be sent waits for the last one.
    """

    def __init__(self, rules, journal=None, batch=None, resend_unknown=False):
        self._rules = rules
        self._journal = journal
        self._batch = batch
        self._resend_unknown = resend_unknown
        self.requests, self.already, self.settled = [], [], []
        self.earlier = self.remaining = 0
        self._unsendable = []

    def is_nothing_left(self, targets):
        """Whether no phone of targets is there to be sent to, as far as the plan tells."""
        return not any(self._earlier(target) is None and self._rules.is_sendable(target) for target in targets)

    def take(self, targets, look_up):
        """Choose among Targets. look_up: function of a list of Targets, gives those with the records of now."""
        left = [target for target in targets if not self._settle(target)]
        if self._batch is None:
            self._sort(look_up(left))
            return
        likely = [target for target in left if self._rules.is_sendable(target)]
        likely_ids = {id(target) for target in likely}
        position = 0
        while position < len(likely) and len(self.requests) < self._batch:
            some = likely[position : position + self._batch - len(self.requests)]
            position += len(some)
            self._sort(look_up(some))
        self.remaining += len(likely) - position
        if not self.remaining:
            # those that seemed to want nothing are asked for once, at the end
            self._sort(look_up([target for target in left if id(target) not in likely_ids]))
        if not self.remaining:
            self.requests += self._unsendable

    def _sort(self, targets):
        for target in targets:
            if self._settle(target):
                continue
            request = self._rules.make(target)
            if not target.problem and self._rules.is_wanted(target):
                self.already.append(request)
            elif self._batch is None:
                self.requests.append(request)
            elif request.problem:
                # takes no place in a batch
                self._unsendable.append(request)
            elif len(self.requests) == self._batch:
                self.remaining += 1
            else:
                self.requests.append(request)

    def _earlier(self, target):
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

    def _settle(self, target):
        """Whether an earlier run did the phone; its outcome is told then."""
        earlier = self._earlier(target)
        if earlier is None:
            return False
        self.earlier += 1
        if self._batch is None:
            # a batch tells only of itself: the others' results were returned with theirs
            outcome, code, reason = earlier
            entry = report.settled(self._rules.make(target), outcome, reason, code)
            self.settled.append(dict(entry, earlier=True))
        return True


class LookUp:
    """Looks phones of a plan up again.

    source: see sources.py. plan: Plan. journal: of the campaign. selects: function of a contact record, whether a contact
    that the plan does not know may be the one of a phone that it does know.
    """

    def __init__(self, source, plan, journal, selects):
        self._source = source
        self._journal = journal
        self._selects = selects
        self._known = {target.key for target in plan.targets}

    def __call__(self, targets):
        """Targets with the records of now, in the order of targets; a phone that is gone has a problem."""
        by_aor = {}
        for target in targets:
            by_aor.setdefault(target.aor, []).append(target)
        found = self._source.by_aor(by_aor, never_dump=True)
        now = {}
        for aor, asked in by_aor.items():
            alive = [of_record(record, aor) for record in found[aor] if record["expires"] != 0]
            now.update(self._match(asked, alive))
        return [fresh for target in targets for fresh in now[id(target)]]

    def _match(self, asked, alive):
        """{id of a Target of the plan: [Targets of now]} of one AOR."""
        now = {}
        for target in asked:
            fresh = next((each for each in alive if _is_same(target, each)), None)
            if fresh is not None:
                alive.remove(fresh)
                now[id(target)] = [_with_instance(target, fresh)]
        others = [each for each in alive if each.key not in self._known]
        for target in asked:
            if id(target) not in now:
                now[id(target)] = self._stand_ins(target, others)
        return now

    def _stand_ins(self, target, others):
        """What there is in the place of a phone that is not there as the plan knows it. Takes it out of others."""
        if target.contact is None:
            # nobody had registered the AOR
            come = [each for each in others if self._selects(each.record)]
            del others[:]
            return come or [target]
        for each in others:
            if self._is_moved(target, each):
                others.remove(each)
                self._known.add(each.key)
                return [each]
        return [Target(target.aor, target.contact, target.record, problem=GONE)]

    def _is_moved(self, target, other):
        """Whether a phone that registers without an instance is here under another contact."""
        if target.record["sip_instance"] or other.record["sip_instance"]:
            return False
        if self._journal.done(other.key) or self._journal.is_unknown(other.key):
            # an earlier run took it for that, whatever it calls itself since
            return True
        return other.user_agent == target.user_agent and self._selects(other.record)


def _is_same(target, other):
    if target.key == other.key:
        return True
    # ul_show_contact of 1.11 does not tell the instance
    return target.contact is not None and target.contact == other.contact and not other.record["sip_instance"]


def _with_instance(target, other):
    if target.key == other.key:
        return other
    return Target(target.aor, other.contact, dict(other.record, sip_instance=target.record["sip_instance"]))
