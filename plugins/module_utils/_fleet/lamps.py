# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The lamps of mailboxes: the NOTIFYs to their phones, the publications at their presence server, and one run over both."""

import time
from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import report
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import not_sent
from ansible_collections.community.opensips.plugins.module_utils._fleet.publications import Publication
from ansible_collections.community.opensips.plugins.module_utils._fleet.sending import Sending
from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest

# what phones answer that want a subscription (RFC 6665 sections 4.1.3 and 4.2.1.1; 481 was seen with baresip)
SUBSCRIBERS_CODES = (481, 489)
_SUBSCRIBE = (
    "The phone requires a subscription: allow unsolicited NOTIFYs in its settings, or set delivery to auto and name the mailbox by"
    " its aor, on a server with presence and presence_mwi"
)
# The processes of the presence server that take a PUBLISH take calls, too, and each waits for the database: 3.6.8 with PostgreSQL
# and 4 processes lost 632 of 3,000 that came as fast as they went
_PUBLICATIONS_IN_FLIGHT = 4
# passes over publications: all, from scratch, for longer
_PASSES = 3


class Lamp:
    """The lamp of one mailbox.

    mailbox: dict of the options. body: its message summary. requests: SipRequests that have results, in their order.
    publication: what is published for it now, or None. publish: function that makes the publication that its phones turn out
    to need, or None where there is no presence server.
    """

    __slots__ = ("mailbox", "body", "requests", "publication", "publish")

    def __init__(self, mailbox: Dict[str, Any], body: str) -> None:
        self.mailbox = mailbox
        self.body = body
        self.requests: List[Any] = []
        self.publication: Optional[Publication] = None
        self.publish: Any = None

    @property
    def is_set(self) -> bool:
        """Whether everything that was to be sent for it was accepted."""
        return bool(self.requests) and all(request.outcome == outcomes.ACCEPTED for request in self.requests)

    def subscribers(self) -> List[str]:
        """The phones that want a subscription, as a state file knows them (list of str)."""
        return [request.phone for request in self.requests if isinstance(request, PhoneNotify) and request.subscribes]


class PhoneNotify(SipRequest):
    """A NOTIFY to a phone that may want a subscription instead. lamp: Lamp. subscribes: whether it is known to want one."""

    __slots__ = ("lamp", "subscribes")

    def __init__(self, lamp: Lamp, subscribes: bool, *args: Any) -> None:
        super().__init__(*args)
        self.lamp = lamp
        self.subscribes = subscribes and self.problem is None

    @property
    def phone(self) -> str:
        """What a state file knows the phone by (str)."""
        return self.target.key[1] or ""

    def take_answer(self, outcome: str, record: Dict[str, Any]) -> bool:
        wants = outcome == outcomes.REJECTED and record["code"] in SUBSCRIBERS_CODES
        if wants and self.lamp.publish is not None:
            self.subscribes = True
        elif wants:
            record["error"] = outcomes.PhoneRejected(
                f"the phone answered {record['code']} {record['reason']}".rstrip(), _SUBSCRIBE
            )
        return wants and self.lamp.publish is not None


class LampSending(Sending):
    """A run over lamps (set before it runs): first what is known to be needed, then what the answers ask for."""

    lamps: Sequence[Lamp] = ()
    _sent = 0

    def run(self) -> None:
        """Send all. Each request of the lamps has its result then, whatever went wrong."""
        self._own = set(map(id, self.requests))
        # {SipRequest: latest result} of what another request follows, or a phone's result depends on
        self._held: Dict[SipRequest, Dict[str, Any]] = {}
        started = time.monotonic()
        self._pass([request for request in self.requests if self._is_notify(request)])
        # one alone, to see whether the server takes any
        publications = self._publications()
        if publications:
            self._delivery.limit(_PUBLICATIONS_IN_FLIGHT)
        self._pass(publications[:1])
        for publication in publications[:1]:
            self._judge(publication)
        for _number in range(_PASSES):
            pending = (
                []
                if self.stopped
                else [request for request in publications[1:] + publications[:1] if self._is_due(request)]
            )
            self._pass(pending)
        self.seconds = time.monotonic() - started
        for request in self.requests:
            if request.outcome is None:
                self._settle(request)

    @staticmethod
    def _is_notify(request: SipRequest) -> bool:
        """Whether it goes to a phone that takes NOTIFYs, as far as is known."""
        return not isinstance(request, Publication) and not (isinstance(request, PhoneNotify) and request.subscribes)

    def _publications(self) -> List[Publication]:
        """What is published: what was to be from the start, and what phones turned out to need."""
        for lamp in self.lamps:
            if lamp.publication is None and lamp.publish is not None and lamp.subscribers():
                lamp.publication = lamp.publish()
        return [lamp.publication for lamp in self.lamps if lamp.publication is not None]

    def _is_due(self, publication: Publication) -> bool:
        """Whether it is to be sent, for the first time or again."""
        return publication.goes_on or (publication.outcome is None and publication not in self._held)

    def _judge(self, publication: Publication) -> None:
        """End the run if the answer to the first publication is what every other one would get."""
        if publication.refusal is not None:
            self.break_off(publication.refusal)

    def _pass(self, requests: Sequence[SipRequest]) -> None:
        if not requests:
            return
        for request, result in self._delivery.run(requests):
            self._sent += result["outcome"] in outcomes.SENT
            if request.goes_on or id(request) not in self._own:
                self._held[request] = result
            else:
                self._held.pop(request, None)
                self._add(request, result)

    def _settle(self, request: SipRequest) -> None:
        """Add the result of a request that is held: for a phone that subscribes, that of its mailbox's publication."""
        result = self._held.get(request)
        if isinstance(request, PhoneNotify) and request.subscribes and request.lamp.publication is not None:
            published = self._held.get(request.lamp.publication)
            if published is not None and (result is None or published["outcome"] != outcomes.NOT_SENT):
                result = published
                request.label = dict(request.label, **request.lamp.publication.label_of_result())
        self._add(request, result or not_sent(self.stopped))

    def _add(self, request: SipRequest, result: Dict[str, Any]) -> None:
        try:
            self.results.add(request, report.result_of(request, result))
        except Exception as error:  # the results that are still to come must not be lost with it
            self.break_off(error)
            self.results.add(request, report.result_of(request, result))

    @property
    def sent(self) -> int:
        """Requests that went out, those included that others followed."""
        return self._sent
