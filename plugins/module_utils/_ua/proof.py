# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One test of a server, from the connection to the end of what was begun, and what is known of it at any moment."""

import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._sip.secrecy import Secrets
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._ua.call import Call, Receiver, confirm_text, send_text
from ansible_collections.community.opensips.plugins.module_utils._ua.endpoint import Endpoint, Loop
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import WouldRing
from ansible_collections.community.opensips.plugins.module_utils._ua.message import Response
from ansible_collections.community.opensips.plugins.module_utils._ua.party import Account, Party, Registration
from ansible_collections.community.opensips.plugins.module_utils._ua.subscription import Subscription
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target, bracketed
from ansible_collections.community.opensips.plugins.module_utils._ua.transaction import ClientTransaction
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import TlsFiles

ACCOUNT, PEER = "account", "peer"
# other contacts that a message names, and that a result lists
_SHOWN = 3
_MOST_CONTACTS = 100
# characters of a body that a result has
_MOST_TEXT = 8192


class Plan(NamedTuple):
    """What a test does.

    action: options, register, subscribe, message or call. server, peer_server: Target of each party. account, peer: Account; peer is None
    without one. to: URI to which the request goes (str). accepts: function of a code. fields: headers of the request. files: for
    TLS. answer_time, ring_time, talk_time: seconds. expires: of registrations, in seconds. text: of a message. event: of a
    subscription. hang_up: ACCOUNT
    or PEER. may_ring_others: whether the peer may have other contacts.
    """

    action: str
    server: Target
    account: Account
    to: str
    accepts: Callable[[int], bool]
    peer: Optional[Account] = None
    peer_server: Optional[Target] = None
    fields: Tuple[Tuple[str, str], ...] = ()
    files: TlsFiles = TlsFiles()
    answer_time: float = 5.0
    ring_time: float = 0.2
    talk_time: float = 0.5
    expires: int = 60
    text: str = ""
    event: str = "message-summary"
    hang_up: str = ACCOUNT
    may_ring_others: bool = False


class Proof:
    """Runs a Plan. loop: the Loop, to break off. response: the final Response that counts, or None.

    run() raises UserAgentError; whatever it raises, it has ended what was begun. left: list of str, what the server may still have.
    """

    def __init__(self, plan: Plan) -> None:
        self.loop = Loop()
        self.response: Optional[Response] = None
        self.registrations: List[Tuple[Registration, Optional[str]]] = []
        self.left: List[str] = []
        self._plan = plan
        self._parties: Dict[str, Party] = {}
        self._secrets = Secrets(_public(plan))
        self._call: Optional[Call] = None
        self._receiver: Optional[Receiver] = None
        self._subscription: Optional[Subscription] = None
        # of the action itself: not of what came before and after it
        self._main: List[ClientTransaction] = []
        self._registered: List[Registration] = []
        self._started: Optional[float] = None
        self._seconds: Optional[float] = None

    def run(self) -> None:
        """Do it, and leave the server as it was."""
        started = self._started = time.monotonic()
        try:
            self._act()
        finally:
            self.loop.is_leaving = True
            self._leave()
            self._seconds = time.monotonic() - started

    def _act(self) -> None:
        party = self._connect(ACCOUNT, self._plan.server, self._plan.account)
        if self._plan.peer is not None and self._plan.peer_server is not None:
            self._prepare_peer(self._connect(PEER, self._plan.peer_server, self._plan.peer))
        first = len(party.endpoint.exchanges)
        try:
            self._take(self._actions()[self._plan.action](party), party)
        finally:
            self._main = self._main or _alike(party.endpoint.exchanges[first:])

    def _connect(self, name: str, target: Target, account: Account) -> Party:
        deadline = time.monotonic() + self._plan.answer_time
        if account.secret is not None:
            self._secrets.add(account.secret.texts)
        endpoint = self.loop.add(Endpoint(target, deadline, self._plan.files, name, self._secrets))
        self._parties[name] = Party(self.loop, endpoint, account, self._plan.answer_time)
        return self._parties[name]

    def _prepare_peer(self, peer: Party) -> None:
        """Register the other account, unless phones would ring that are not of this test."""
        registration = self._registration(peer)
        self._receiver = Receiver(peer, self._plan.account.uri, self._plan.ring_time)
        response = registration.add()
        if response.code >= 300:
            self.response = response
            raise peer.refusal(response)
        if registration.others and not self._plan.may_ring_others:
            raise WouldRing(
                f"{peer.account.uri} has other contacts: {', '.join(str(peer.shown(uri)) for uri in registration.others[:_SHOWN])}",
                "Use an account that no phone has, or set other_contacts to allow",
            )

    def _registration(self, party: Party) -> Registration:
        registration = Registration(party, self._plan.expires)
        self._registered.append(registration)
        return registration

    def _take(self, response: Response, party: Party) -> None:
        """Judge the response to the action."""
        self.response = response
        if not self._plan.accepts(response.code):
            raise party.refusal(response)

    def _actions(self) -> Dict[str, Callable[[Party], Response]]:
        return {
            "options": self._ask_options,
            "register": self._register,
            "subscribe": self._subscribe,
            "message": self._send_message,
            "call": self._make_call,
        }

    def _ask_options(self, party: Party) -> Response:
        leg = party.leg(self._plan.to)
        return party.ask(leg, "OPTIONS", [("Accept", "application/sdp"), *self._plan.fields])

    def _register(self, party: Party) -> Response:
        return self._registration(party).add(self._plan.fields)

    def _subscribe(self, party: Party) -> Response:
        plan = self._plan
        self._subscription = Subscription(party, plan.to, plan.event, plan.expires)
        self.response = self._subscription.add(plan.fields)
        if self._is_success(self.response):
            self._subscription.wait(plan.answer_time)
        return self.response

    def _send_message(self, party: Party) -> Response:
        plan = self._plan
        self.response = send_text(party, plan.to, plan.text, plan.fields, self._receiver)
        if self._is_success(self.response) and self._receiver is not None:
            confirm_text(self._receiver, plan.text, plan.answer_time)
        return self.response

    def _make_call(self, party: Party) -> Response:
        plan = self._plan
        self._call = Call(party, plan.to, self._receiver)
        self.response = self._call.begin(plan.fields)
        self._main = _alike(party.endpoint.exchanges)
        if self._is_success(self.response):
            self._call.confirm(plan.answer_time)
            self._call.talk(plan.talk_time)
            ended = self._call.hang_up(plan.answer_time, plan.hang_up == PEER)
            if ended is not None and ended.code >= 300:
                raise party.refusal(ended)
        return self.response

    def _is_success(self, response: Response) -> bool:
        return response.code < 300 and self._plan.accepts(response.code)

    def _leave(self) -> None:
        """End the call, unregister, close."""
        if self._call is not None:
            failure = self._call.end()
            if failure is not None:
                self.left.append(f"The call to {self._plan.to} may not have ended: {failure}")
        if self._subscription is not None:
            failure = self._subscription.remove()
            if failure is not None:
                uri, seconds = self._plan.account.uri, self._subscription.expires
                self.left.append(f"{uri} may still be subscribed for {seconds} seconds: {failure}")
        for registration in self._registered:
            failure = registration.remove()
            self.registrations.append((registration, failure))
            if failure is not None:
                uri = registration.party.account.uri
                self.left.append(f"{uri} may still be registered for {registration.expires} seconds: {failure}")
        if self._receiver is not None:
            self._receiver.close()
        self.loop.close()

    # What is known

    @property
    def certificate(self) -> Optional[bytes]:
        """The certificate of the server, in DER, or None."""
        return self._parties[ACCOUNT].endpoint.transport.certificate if ACCOUNT in self._parties else None

    @property
    def address(self) -> Optional[str]:
        """Address and port of the server, or None if it was not reached."""
        party = self._parties.get(ACCOUNT)
        if party is None:
            return None
        host, port = party.endpoint.transport.address[:2]
        return f"{bracketed(host)}:{port}"

    def timings(self) -> Dict[str, Optional[float]]:
        """Seconds; None for what did not come to pass."""
        found: Dict[str, Optional[float]] = dict.fromkeys(
            ("dns", "connect", "tls", "first_reply", "ringing", "final_reply", "setup", "total")
        )
        if ACCOUNT in self._parties:
            found.update(self._parties[ACCOUNT].endpoint.transport.spent._asdict())
        if self._main:
            first, last = self._main[0], self._main[-1]
            moments = {"first_reply": first.first_at, "ringing": last.ringing_at, "final_reply": last.final_at}
            if self._call is not None:
                moments["setup"] = self._call.established_at
            found.update((name, when - first.sent_at) for name, when in moments.items() if when is not None)
        if self._started is not None:
            found["total"] = time.monotonic() - self._started if self._seconds is None else self._seconds
        return {name: None if value is None else round(value, 4) for name, value in found.items()}

    def exchanges(self) -> List[Dict[str, Any]]:
        """Each request that was sent, in order of time, and its final response."""
        rows = [(sent, name) for name, party in self._parties.items() for sent in party.endpoint.exchanges]
        return [_exchange(sent, name) for sent, name in sorted(rows, key=lambda row: row[0].sent_at)]

    def authentication(self) -> Optional[Dict[str, Optional[str]]]:
        """Realm and algorithm of the challenge that the account answered last, or None."""
        party = self._parties.get(ACCOUNT)
        if party is None or party.realm is None:
            return None
        return {"realm": party.shown(party.realm), "algorithm": party.shown(party.algorithm)}

    def notification(self) -> Optional[Dict[str, Any]]:
        """The NOTIFY of a subscription, or None."""
        found = self._subscription.notification if self._subscription is not None else None
        if found is None:
            return None
        shown = self._parties[ACCOUNT].shown
        return {
            "event": self._plan.event,
            "state": shown(found.headers.get("Subscription-State")),
            "content_type": shown(found.headers.get("Content-Type")),
            "body": shown(found.body.decode("utf-8", "replace"), keep="\r\n\t", most=_MOST_TEXT),
        }

    def contacts(self) -> List[Dict[str, Any]]:
        """The registrations, and what became of them."""
        return [
            {
                "aor": registration.party.account.uri.partition(":")[2],
                "contact": registration.contact,
                "expires": registration.expires,
                "other_contacts": self._secrets.hide_in(registration.others[:_MOST_CONTACTS]),
                "removed": failure is None,
            }
            for registration, failure in self.registrations
        ]


def _alike(sent: List[ClientTransaction]) -> List[ClientTransaction]:
    """Those with the method of the first one: others belong to them, such as a PRACK to an INVITE."""
    return [transaction for transaction in sent if transaction.request.method == sent[0].request.method]


def _public(plan: Plan) -> List[str]:
    """What results show anyway."""
    accounts = [account for account in (plan.account, plan.peer) if account is not None]
    names = [account.secret.username for account in accounts if account.secret is not None]
    return [plan.to, *names, *(account.uri for account in accounts)]


def _exchange(transaction: ClientTransaction, name: str) -> Dict[str, Any]:
    final = transaction.final
    return {
        "party": name,
        "method": transaction.request.method,
        "code": final.code if final else None,
        "reason": printable(final.reason, most=100) if final else None,
        "seconds": round(transaction.final_at - transaction.sent_at, 4) if transaction.final_at else None,
        "repeated": transaction.repeated,
    }
