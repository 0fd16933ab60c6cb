# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Finds the phones of a task: those that the options name or select, or those that the plan of the campaign has."""

import itertools
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet import targets
from ansible_collections.community.opensips.plugins.module_utils._fleet.campaign import Choice, LookUp, settled_keys
from ansible_collections.community.opensips.plugins.module_utils._fleet.order import FOUND, Order, Spread
from ansible_collections.community.opensips.plugins.module_utils._fleet.ownership import own_sockets
from ansible_collections.community.opensips.plugins.module_utils._fleet.plan import (
    CutOff,
    Plan,
    PlanFile,
    fingerprint_of,
)
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut, Selection
from ansible_collections.community.opensips.plugins.module_utils._fleet.sources import PLAN

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.calls import Calls
    from ansible_collections.community.opensips.plugins.module_utils._fleet.campaign import Rules
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection


class Finder:
    """Decides whom one run of a task sends to.

    params: options of opensips_notify (mapping). conn: Connection. rules: Rules. source: see sources.py. journal: of the
    campaign, or None. read_only: whether a new plan is not kept. is_plan: whether the whole plan is wanted, and nothing sent.
    calls: Calls of the server, or None.
    left_out: LeftOut, the registered contacts that are not sent to. lookup: how the phones were found (dict), after find().
    is_whole: whether find() looked up all that the options mean, rather than phones of a plan.

    spread: Spread, as the options want it.

    lookup["plan"] says what became of the plan of a campaign: made, kept, sorted since the options want another order, extended,
    or replaced since the options select otherwise than those it was made with. lookup["new"] is the number of phones that were appended to it.
    """

    def __init__(
        self,
        params: Dict[str, Any],
        conn: "Connection",
        rules: "Rules",
        source: Any,
        journal: Any,
        read_only: bool = False,
        is_plan: bool = False,
        calls: "Optional[Calls]" = None,
    ) -> None:
        self._params = params
        self._conn = conn
        self._rules = rules
        self._source = source
        self._journal = journal
        self._read_only = read_only
        self._is_plan = is_plan
        self._selection = Selection(params["select"] or {})
        self.spread = Spread(params["spread_by"], params["spread_limit"])
        self._order = Order(params["order"], self._selection.seed, self.spread)
        self._choice = Choice(rules, journal, params["batch"], params["resend_unknown"], calls, self.spread)
        self._foreign: Any = None
        # (AOR, contact) of what was registered besides the phones that are sent to
        self._seen: Iterable[Tuple[Any, Any]] = ()
        self.left_out = LeftOut()
        self.lookup: Any = None
        self._origin: Dict[str, Any] = {"plan": None, "new": None}
        self.is_whole = False

    def find(self) -> Choice:
        """The Choice: whom to send to, after looking the phones up, and setting aside those that are done or as wanted."""
        params = self._params
        if params["campaign"] is None or params["uris"] is not None:
            found = self._read()
            self.spread.check(found)
            self._choice.take(self._order.sort(found), list)
            self.lookup = dict(self._source.lookup(), **self._origin)
            return self._choice
        plan = self._plan()
        self.spread.check(plan.targets)
        self.left_out = plan.left_out
        self._choice.take(plan.targets, list if plan.fresh or self._is_plan else self._look_up(plan))
        self.lookup = dict(self._source.lookup(), **self._origin)
        if not plan.fresh:
            self.lookup.update(how=PLAN, users=self.lookup["users"] or plan.users)
        return self._choice

    def known(self) -> Iterable[Tuple[Any, Any]]:
        """(AOR, contact) of all that was registered, as far as this run has seen it (iterable)."""
        requests = self._choice.requests + self._choice.already
        return itertools.chain(
            self._seen,
            ((entry["aor"], entry["contact"]) for entry in self.left_out.listed),
            ((request.target.aor, request.target.contact) for request in requests),
        )

    def _plan(self) -> Plan:
        """The Plan of the campaign: the one that is kept, else one made or extended, and kept then unless read_only."""
        params, journal = self._params, self._journal
        file = PlanFile(params["campaign"], params["campaign_dir"])
        # a plan without its journal belongs to a campaign that somebody began again
        kept = None if journal is None or journal.is_new else file.load()
        self._origin["plan"] = "made"
        if kept is not None and kept.fingerprint != fingerprint_of(params):
            kept, self._origin["plan"] = None, "replaced"
        if kept is not None and not params["refresh"] and not self._is_outgrown(kept):
            self._origin["plan"] = "kept"
            # the order in which they were found is not known any more
            if self._order.name not in (kept.order, FOUND):
                self._sort(kept, file)
            return kept
        if kept is None:
            plan = self._new_plan()
        else:
            # sample and limit choose among newcomers: a phone of the plan that they would leave out now stays in it
            cut = CutOff()
            plan = kept.extended(self._new_plan(cut), self._selection.limit, journal.knows, cut)
            self._origin.update(plan="extended", new=max(0, len(plan.targets) - len(kept.targets)))
        self._seen = ((target.aor, target.contact) for target in plan.targets if not target.problem)
        if not self._read_only:
            file.save(plan)
        return plan

    def _is_outgrown(self, plan: Plan) -> bool:
        """Whether all phones of the plan are done and more have registered since."""
        if plan.users is None or not self._choice.is_nothing_left(plan.targets):
            return False
        return (self._source.count().users or 0) > plan.users

    def _new_plan(self, cut: Optional[CutOff] = None) -> Plan:
        """A Plan of what is registered now. cut: see targets.of_selection()."""
        # before the table is read: who registers meanwhile is a newcomer later
        users = self._source.count().users
        plan = Plan(fingerprint_of(self._params), users, self._read(cut), self.left_out)
        self._put_in_order(plan)
        return plan

    def _put_in_order(self, plan: Plan) -> None:
        plan.sort(self._order)
        if self._params["canary"]:
            seed, is_sendable = self._selection.seed, self._rules.is_sendable
            plan.put_canary_first(self._params["canary"], seed, is_sendable, self.spread)

    def _sort(self, plan: Plan, file: PlanFile) -> None:
        """Put a plan that is kept into another order."""
        self.spread.check(plan.targets)
        self._put_in_order(plan)
        self._origin["plan"] = "sorted"
        if not self._read_only:
            file.save(plan)

    def _look_up(self, plan: Plan) -> Callable[[List["Target"]], List["Target"]]:
        """A function that looks phones of the plan up again."""
        filters = self._selection.filters
        # with sample and limit a contact that the plan does not have may be one that they left out
        is_cut = filters.get("sample") is not None or filters.get("limit") is not None
        again = LookUp(
            self._source, plan, self._journal, lambda record: not is_cut and self._selection.reason_out(record) is None
        )
        self._seen = again.seen

        def look_up(some: List["Target"]) -> List["Target"]:
            found = self._own(again(some))
            # they are looked up again in the next run, but newcomers need not wait for them
            self._journal.settled(settled_keys(self._rules, some, found))
            return found

        return look_up

    def _read(self, cut: Optional[CutOff] = None) -> List["Target"]:
        """Targets of the phones that the options mean, each once; those that another server serves are left out.

        cut: see targets.of_selection().
        """
        params = self._params
        if params["uris"] is not None:
            targets.check_uris(params["uris"], "uris")
            found = targets.of_uris(params["uris"])
        elif params["aors"] is not None:
            found = targets.of_aors(self._source, params["aors"])
        else:
            found = targets.of_selection(self._source, self._selection, self.left_out, cut)
        self.is_whole = True
        return self._once(self._own(found))

    def _once(self, found: Iterable["Target"]) -> List["Target"]:
        seen: Dict[Any, Target] = {}
        once: List[Target] = []
        for target in found:
            # without a campaign each contact counts, also two of one phone
            key = target.key if self._params["campaign"] else (target.aor, target.contact)
            first = seen.setdefault(key, target)
            if first is target or not target.record:
                once.append(target)
            else:
                reason = f"the same phone is registered as {first.contact}, too"
                self.left_out.add(target.record, reason, "the same phone is registered with another contact, too")
        return once

    def _own(self, found: List["Target"]) -> List["Target"]:
        if self._params["own_only"] and self._foreign is None:
            self._foreign = own_sockets(self._conn, self._params["own_sockets"])
        own = []
        for target in found:
            reason = self._why_out(target)
            if reason is None:
                own.append(target)
            else:
                self.left_out.add(target.record, reason)
        return own

    def _why_out(self, target: "Target") -> Optional[str]:
        if not target.record or target.problem:
            return None
        foreign = self._foreign(target.record) if self._foreign is not None else None
        return foreign or self._rules.why_out(target)
