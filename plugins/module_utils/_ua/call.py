# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A call and a message from one account to another one, or to a phone (RFC 3261, sections 13 to 15; RFC 3262; RFC 3428).

Whatever happens, Call.end() ends the call: by CANCEL, by ACK and BYE, or by BYE.
"""

import time
from typing import Any, Dict, Iterable, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._ua.endpoint import refuse
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import NotDelivered
from ansible_collections.community.opensips.plugins.module_utils._ua.leg import Leg, uri_in
from ansible_collections.community.opensips.plugins.module_utils._ua.message import Received, Response, derive, tag_of
from ansible_collections.community.opensips.plugins.module_utils._ua.party import Party, failure_of
from ansible_collections.community.opensips.plugins.module_utils._ua.sdp import TYPE, Stream
from ansible_collections.community.opensips.plugins.module_utils._ua.transaction import (
    ClientTransaction,
    ServerTransaction,
)

ALLOW = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS")
_TEXT = ("Content-Type", "text/plain;charset=UTF-8")
_RELIABLE = "100rel"
# reliable provisional responses of one phone, and phones that answer: more are an attack
_MOST_PROVISIONAL, _MOST_FORKS = 32, 16
_HINT = "Check the routes of the server, and whether another phone of this user answered"


class Receiver:
    """What the other account receives: an INVITE, which it answers, a BYE, and a MESSAGE.

    A request is of this test if it has the Call-ID of the sender's leg or, behind a back-to-back user agent, its user in From.
    Others are refused as if nobody were there. ring_time: seconds between 180 and 200.
    invite, message: what came (ServerTransaction), or None. is_over: whether a BYE came.
    """

    def __init__(self, party: Party, sender: str, ring_time: float) -> None:
        self.party = party
        self.invite: Optional[ServerTransaction] = None
        self.message: Optional[ServerTransaction] = None
        self.leg: Optional[Leg] = None
        self.is_over = False
        self.call_id: Optional[str] = None
        self._sender = sender
        self._ring_time = ring_time
        self._stream = Stream(party.endpoint.transport.local_host)
        party.endpoint.handler = self._take

    def close(self) -> None:
        """Give the port of the media back."""
        self._stream.close()

    @property
    def is_answered(self) -> bool:
        return self.invite is not None and 200 <= self.invite.code < 300

    def _take(self, transaction: ServerTransaction) -> None:
        method, headers = transaction.request.method, transaction.request.headers
        if self.leg is not None and headers.get("Call-ID") == self.leg.call_id and method == "BYE":
            self.is_over = True
            transaction.answer(200, "OK")
        elif method == "INVITE" and self.invite is None and self._is_of_test(transaction.request):
            self._ring(transaction)
        elif method == "MESSAGE" and self.message is None and self._is_of_test(transaction.request):
            self.message = transaction
            transaction.answer(200, "OK")
        else:
            refuse(transaction)

    def _is_of_test(self, request: Received) -> bool:
        return request.headers.get("Call-ID") == self.call_id or self._sender == uri_in(
            request.headers.get("From") or ""
        )

    def _ring(self, transaction: ServerTransaction) -> None:
        self.invite = transaction
        party = self.party
        self.leg = Leg.of_invite(party.endpoint, transaction.request, party.account.user, transaction.tag)
        transaction.answer(180, "Ringing", [("Contact", self.leg.contact)])
        party.loop.later(self._ring_time, self._pick_up)

    def _pick_up(self) -> None:
        if self.invite is not None and self.leg is not None:
            fields = [("Contact", self.leg.contact), ALLOW, ("Content-Type", TYPE)]
            self.invite.answer(200, "OK", fields, self._stream.answer(self.invite.request.body))


class Call:
    """A call of a Party to a URI. receiver: who answers it, or None for a phone.

    established_at: when both sides had it (time.monotonic()), or None. first: the first INVITE, last: the last one
    (ClientTransaction), or None.
    """

    def __init__(self, party: Party, uri: str, receiver: Optional[Receiver] = None) -> None:
        self.established_at: Optional[float] = None
        self.first: Optional[ClientTransaction] = None
        self.last: Optional[ClientTransaction] = None
        self._party = party
        self._loop = party.loop
        self._receiver = receiver
        self._leg = party.leg(uri)
        self._stream = Stream(party.endpoint.transport.local_host)
        self._is_over = False
        # {tag of a phone: RSeq of the last reliable provisional response}
        self._reliable: Dict[str, int] = {}
        self._ended_forks = 0
        if receiver is not None:
            receiver.call_id = self._leg.call_id
        party.endpoint.handler = self._take

    def begin(self, fields: Iterable[Tuple[str, str]]) -> Response:
        """Call, and give the final response; a 2xx is acknowledged. Raises UserAgentError."""
        own = [ALLOW, ("Content-Type", TYPE)]
        final = self._party.ask(self._leg, "INVITE", [*own, *fields], self._stream.offer(), self._note)
        if final.code < 300:
            self._acknowledge(final)
        return final

    def confirm(self, limit: float) -> None:
        """Wait until both sides have the call. limit: seconds for the ACK. Raises NotDelivered."""
        receiver = self._receiver
        if receiver is not None:
            if not receiver.is_answered:
                raise NotDelivered("The call was answered, but not by the peer", _HINT)
            invite = receiver.invite
            self._await(lambda: invite is not None and invite.is_acknowledged, limit, "ACK", "peer")
        self.established_at = time.monotonic()

    def talk(self, seconds: float) -> None:
        """Let the call last, unless the other side ends it."""
        until = time.monotonic() + seconds
        while self._loop.run(lambda: self._is_over or self._forks(), until) and not self._is_over:
            # they must not wait for the end of this call
            self._end_forks()

    def hang_up(self, limit: float, is_receiver: bool = False) -> Optional[Response]:
        """End the call by BYE: the response, or None if the other side had ended it.

        is_receiver: whether the other account does. limit: seconds until the other side has it. Raises UserAgentError.
        """
        receiver = self._receiver
        if self._is_over:
            return None
        if is_receiver and receiver is not None and receiver.leg is not None:
            final = receiver.party.ask(receiver.leg, "BYE")
            self._await(lambda: self._is_over, limit, "BYE of the peer", "account")
            return final
        final = self._party.ask(self._leg, "BYE")
        if self._is_over:
            # the other side's BYE crossed ours
            return None
        self._is_over = True
        if receiver is not None:
            self._await(lambda: receiver.is_over, limit, "BYE", "peer")
        return final

    def end(self) -> Optional[str]:
        """End what is left of the call: why the other side may still have it (str), or None. Never raises UserAgentError."""
        self._stream.close()
        return failure_of(self._end) or self._rest()

    def _rest(self) -> Optional[str]:
        """Why the other side may still have the call, or None."""
        last, failure = self.last, self._party.endpoint.failure
        if last is None or self._is_over or (last.final is not None and last.final.code >= 300):
            return None
        return "the INVITE has no final response" if failure is None else failure.message

    def _end(self) -> None:
        last = self.last
        if last is None or self._party.endpoint.failure is not None:
            return
        if last.final is None:
            self._cancel(last)
        if last.final is not None and last.final.code < 300 and not self._is_over:
            if last.success is None:
                self._acknowledge(last.final)
            self._is_over = True
            self._party.ask(self._leg, "BYE")
        self._end_forks()

    def _cancel(self, invite: ClientTransaction) -> None:
        """Cancel, and wait for the end: the other side may answer meanwhile."""
        endpoint = self._party.endpoint
        now, limit = time.monotonic(), self._party.leaving_time
        # before a provisional response, a CANCEL may overtake the INVITE (RFC 3261, 9.1)
        self._loop.run(lambda: invite.provisional or invite.final or endpoint.failure, now + limit / 4)
        if invite.final is None:
            endpoint.start(derive(invite.request, "CANCEL"))
            self._loop.run(lambda: invite.final or endpoint.failure, now + limit)

    def _forks(self) -> List[Response]:
        """The responses of other phones that answered the same call, and still have it."""
        return [] if self.last is None else self.last.others[self._ended_forks : _MOST_FORKS]

    def _end_forks(self) -> None:
        """End the calls of other phones: each is a call of its own (RFC 3261, 13.2.2.4)."""
        while self._forks() and self.last is not None:
            leg = self._leg.forked(self._forks()[0])
            self._ended_forks += 1
            self._send_ack(leg, self.last)
            self._party.ask(leg, "BYE")

    def _note(self, transaction: ClientTransaction) -> None:
        self.first = self.first or transaction
        self.last = transaction
        transaction.on_provisional = self._answer_reliable

    def _answer_reliable(self, response: Response) -> None:
        """Answer a reliable provisional response by a PRACK, unless it was answered before (RFC 3262, section 4)."""
        number = response.headers.get("RSeq") or ""
        if _RELIABLE not in (response.headers.get("Require") or "").lower() or not number.isdigit() or len(number) > 10:
            return
        tag = tag_of(response.headers.get("To") or "")
        before = self._reliable.get(tag)
        if before is not None and int(number) != before + 1 or len(self._reliable) >= _MOST_PROVISIONAL:
            return
        self._reliable[tag] = int(number)
        if self.last is not None:
            leg = self._leg.forked(response)
            prack = leg.request("PRACK", [("RAck", f"{int(number)} {self.last.request.number} INVITE")])
            self._leg.number = leg.number
            self._party.endpoint.start(prack, leg.address)

    def _acknowledge(self, response: Response) -> None:
        self._leg.establish(response)
        if self.last is not None:
            self.last.success = self._send_ack(self._leg, self.last)

    def _send_ack(self, leg: Leg, invite: ClientTransaction) -> Any:
        ack = leg.request("ACK", leg.credentials, number=invite.request.number)
        self._party.endpoint.send(ack.data, leg.address)
        return ack

    def _await(self, condition: Any, limit: float, what: str, whom: str) -> None:
        if not self._loop.run(condition, time.monotonic() + limit):
            raise NotDelivered(
                f"The {what} did not come to the {whom}",
                "Check whether the script of the server calls record_route() for the INVITE and loose_route() for what follows",
            )

    def _take(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if request.method == "BYE" and request.headers.get("Call-ID") == self._leg.call_id:
            self._is_over = True
            transaction.answer(200, "OK")
        else:
            refuse(transaction)


def send_text(
    party: Party, uri: str, text: str, fields: Iterable[Tuple[str, str]], receiver: Optional[Receiver]
) -> Response:
    """Send a MESSAGE, and give the final response. receiver: who gets it, or None for a phone. Raises UserAgentError."""
    leg = party.leg(uri)
    if receiver is not None:
        receiver.call_id = leg.call_id
    return party.ask(leg, "MESSAGE", [_TEXT, *fields], text.encode("utf-8"))


def confirm_text(receiver: Receiver, text: str, limit: float) -> None:
    """Wait until the text is there. limit: seconds. Raises NotDelivered."""
    receiver.party.loop.run(lambda: receiver.message, time.monotonic() + limit)
    if receiver.message is None:
        raise NotDelivered("The server accepted the message, but it did not come to the peer", _HINT)
    if receiver.message.request.body != text.encode("utf-8"):
        raise NotDelivered("Another text came to the peer", "Check whether the script of the server changes the body")
