# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls that arrive at a cluster: at the address that follows a sharing tag, or through a server before the nodes."""

import asyncio
import random

from .memory import OutOfMemory

NO_HOLDER = "no node held the tag when it arrived"
NO_DESTINATION = "the edge had no active destination when it arrived"
NOT_RUNNING = "the edge sent it to a node that did not run"
NO_MEMORY = "the node had no memory for it"
GONE = "the node that served it went away"
UNKNOWN = "the node that got its end did not know it"
NO_HOLDER_AT_END = "no node held the tag at its end"
_INVITE = 900  # bytes


class Lost(Exception):
    """A call finds no node."""


class Call:
    """One call. member: where it arrived; server: of that node; dialog: there; is_over: whether it has ended or was lost."""

    def __init__(self, member, dialog):
        self.member, self.server, self.dialog, self.is_over = member, member.server, dialog, False

    @property
    def is_answered(self):
        return self.dialog.state >= 3


class ByTag:
    """Calls follow a sharing tag."""

    def __init__(self, hub, tag):
        self.hub, self.shtag = hub, tag

    def arrival(self):
        member = self.hub.holder(self.shtag)
        if member is None:
            raise Lost(NO_HOLDER)
        return member

    def end(self, call):
        """The node that gets the BYE of a call."""
        member = self.hub.holder(self.shtag)
        if member is None:
            raise Lost(NO_HOLDER_AT_END)
        return member

    def serves(self, member, call):
        return self.hub.holder(self.shtag) is member


class ByEdge:
    """An edge spreads the calls on its active destinations, where they stay."""

    shtag = None

    def __init__(self, hub, kind):
        self.hub, self.edge, self.kind = hub, hub.edges[0], kind
        self._turn = 0

    def _ports(self):
        """SIP ports of the active destinations."""
        state = self.edge.state
        active = {
            "dispatcher": lambda: [item.uri for item in state.dispatcher[1] if item.state == "Active"],
            "load_balancer": lambda: [item.uri for item in state.balanced if item.enabled],
            "drouting": lambda: [item.address for item in state.routing[None][0] if item.state == "Active"],
        }[self.kind]()
        return [int(text.rpartition(":")[2]) for text in active]

    def arrival(self):
        ports = self._ports()
        if not ports:
            raise Lost(NO_DESTINATION)
        self._turn += 1
        port = ports[self._turn % len(ports)]
        for member in self.hub.members:
            if member.is_up and member.server.sip.port == port:
                return member
        raise Lost(NOT_RUNNING)

    @staticmethod
    def end(call):
        return call.member

    @staticmethod
    def serves(member, call):
        return call.member is member


class Traffic:
    """rate: calls a second. seconds: (shortest, longest) of a call. tag: that they follow, or through: what of the edge has the nodes
    as destinations. rings: seconds."""

    def __init__(self, hub, rate, seconds, tag=None, through=None, rings=0.0, seed=1):
        self.hub, self.rate, self.seconds, self.rings = hub, rate, seconds, rings
        self.way = ByTag(hub, tag) if through is None else ByEdge(hub, through)
        self.random = random.Random(seed)
        self.made = self.answered = self.ended = 0
        self.reasons, self.at = {}, {}
        self.calls = []
        self._timer = None
        self._begun = None

    def start(self):
        self._begun = self.hub.loop.time()
        self._arrivals()

    def stop(self):
        """No more calls arrive."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def finish(self, wait):
        """Wait until all calls are over, or end them."""
        self.stop()
        while wait and self.calls:
            await asyncio.sleep(0.05)
        for call in list(self.calls):
            self._end(call)

    def _arrivals(self):
        due = int((self.hub.loop.time() - self._begun) * self.rate) + 1
        while self.made < due:
            self.made += 1
            self._arrive()
        self._timer = self.hub.loop.call_later(1.0 / self.rate, self._arrivals)

    def _arrive(self):
        try:
            member = self.way.arrival()
            member.server.transactions.begin(_INVITE)
        except Lost as lost:
            self._lose(str(lost))
            return
        except OutOfMemory:
            self._lose(NO_MEMORY)
            return
        self.at[member.node_id] = self.at.get(member.node_id, 0) + 1
        dialog = member.server.state.add_dialog(
            state=2 if self.rings else 3, shtag=self.way.shtag, callid=f"{self.made}-{id(self):x}@traffic"
        )
        call = Call(member, dialog)
        self.calls.append(call)
        if self.rings:
            self.hub.later(self.rings, lambda: self._answer(call))
        else:
            self._answer(call)
        self.hub.later(self.rings + self.random.uniform(*self.seconds), lambda: self._end(call))

    def _answer(self, call):
        """The 200 of the callee: it arrives at the node that sent the INVITE."""
        if call.is_over:
            return
        self.answered += 1
        call.server.transactions.answered(_INVITE)
        if not call.is_answered:
            call.server.state.answer(call.dialog)

    def _end(self, call):
        """The BYE arrives."""
        if call.is_over:
            return
        try:
            state = self.way.end(call).server.state
        except Lost as lost:
            self._lose(str(lost), call)
            return
        known = [dialog for dialog in state.calls() if dialog.did == call.dialog.did]
        if not known:
            self._lose(UNKNOWN, call)
            return
        self._over(call)
        self.ended += 1
        state.end_dialogs(known)

    def _over(self, call):
        call.is_over = True
        self.calls.remove(call)

    def _lose(self, reason, call=None):
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        if call is not None:
            self._over(call)

    def lose_calls_of(self, member):
        """The node goes away: with it the calls that it serves, and those that ring there."""
        gone = [
            call
            for call in self.calls
            if (self.way.serves(member, call) if call.is_answered else call.member is member)
        ]
        for call in gone:
            self._lose(GONE, call)

    def summary(self):
        return {
            "made": self.made,
            "answered": self.answered,
            "ended": self.ended,
            "lost": sum(self.reasons.values()),
            "up": sum(call.is_answered for call in self.calls),
            "at": {str(number): count for number, count in sorted(self.at.items())},
            "reasons": dict(self.reasons),
        }
