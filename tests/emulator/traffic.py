# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls that arrive at a cluster, at the address that follows a sharing tag."""

import asyncio
import random

NO_HOLDER = "no node held the tag when it arrived"
GONE = "the node that served it went away"
UNKNOWN = "the node that held the tag at its end did not know it"
NO_HOLDER_AT_END = "no node held the tag at its end"


class Call:
    """One call. member: where it arrived; dialog: there; over: whether it has ended or was lost."""

    def __init__(self, member, dialog):
        self.member, self.dialog, self.is_over = member, dialog, False

    @property
    def is_answered(self):
        return self.dialog.state >= 3


class Traffic:
    """rate: calls a second. seconds: (shortest, longest) of a call. tag: the one that the address follows. rings: seconds."""

    def __init__(self, hub, rate, seconds, tag="vip", rings=0.0, seed=1):
        self.hub, self.rate, self.seconds, self.tag, self.rings = hub, rate, seconds, tag, rings
        self.random = random.Random(seed)
        self.made = self.answered = self.ended = 0
        self.reasons = {}
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
        member = self.hub.holder(self.tag)
        if member is None:
            self._lose(NO_HOLDER)
            return
        dialog = member.server.state.add_dialog(
            state=2 if self.rings else 3, shtag=self.tag, callid=f"{self.made}-{id(self):x}@traffic"
        )
        call = Call(member, dialog)
        self.calls.append(call)
        if self.rings:
            self.hub.later(self.rings, lambda: self._answer(call))
        else:
            self.answered += 1
        self.hub.later(self.rings + self.random.uniform(*self.seconds), lambda: self._end(call))

    def _answer(self, call):
        if not call.is_over:
            self.answered += 1
            call.member.server.state.answer(call.dialog)

    def _end(self, call):
        """The BYE arrives."""
        if call.is_over:
            return
        member = self.hub.holder(self.tag)
        if member is None:
            self._lose(NO_HOLDER_AT_END, call)
            return
        state = member.server.state
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
        serves = self.hub.holder(self.tag) is member
        for call in list(self.calls):
            if serves if call.is_answered else call.member is member:
                self._lose(GONE, call)

    def summary(self):
        return {
            "made": self.made,
            "answered": self.answered,
            "ended": self.ended,
            "lost": sum(self.reasons.values()),
            "up": sum(call.is_answered for call in self.calls),
            "reasons": dict(self.reasons),
        }
