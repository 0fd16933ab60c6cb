# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""An account at a server: its requests, with digest authentication where the server asks for it, and its registration.

RFC 3261, sections 10 and 22; RFC 8760 for SHA-256 and SHA-512/256.
"""

import time
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple, Type

from ansible_collections.community.opensips.plugins.module_utils._sip import digest, secrecy
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import CRLF
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import parse_uri
from ansible_collections.community.opensips.plugins.module_utils._ua.client import no_response
from ansible_collections.community.opensips.plugins.module_utils._ua.endpoint import Endpoint, Loop
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import (
    AuthenticationFailed,
    AuthenticationRequired,
    NotFound,
    NotRegistered,
    PortClosed,
    Refused,
    UserAgentError,
)
from ansible_collections.community.opensips.plugins.module_utils._ua.leg import Leg, elements, uri_in
from ansible_collections.community.opensips.plugins.module_utils._ua.message import Request, Response
from ansible_collections.community.opensips.plugins.module_utils._ua.transaction import ClientTransaction

# requests with other credentials: for a proxy and a server, each of them with a nonce that is too old once
_MOST_ROUNDS = 5
# seconds for ending what was begun
_LEAVING = 2.0
_CHALLENGES = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
_UNKNOWN_USER = (404, 410, 480, 604)
_INTERVAL_TOO_BRIEF = 423
_STALE = "The server calls each nonce too old: check its clock, nonce_expire and secret of its module auth, and whether several servers answer"
# seconds for which a server may make us register
_LONGEST = 3600

# {(whether a proxy asks, realm): header that answers}
_Credentials = Dict[Tuple[bool, str], Tuple[str, str]]


class Account(NamedTuple):
    """uri: of its AOR, user: of that URI (escaped), registrar: URI of its domain (all str). secret: a digest.Secret or None."""

    uri: str
    user: str
    registrar: str
    secret: Optional[digest.Secret]


class Party:
    """An account at an Endpoint. answer_time: seconds for a final response.

    realm, algorithm: of the last challenge that was answered (str), or None.
    """

    def __init__(self, loop: Loop, endpoint: Endpoint, account: Account, answer_time: float) -> None:
        self.loop = loop
        self.endpoint = endpoint
        self.account = account
        self.realm: Optional[str] = None
        self.algorithm: Optional[str] = None
        self._answer_time = answer_time
        # of the last request of ask()
        self._method = ""
        self._is_stale = False

    def shown(self, text: Optional[str], keep: str = "", most: Optional[int] = None) -> Optional[str]:
        """What the server chose, as results and messages show it: without secrets, and printable()."""
        return None if text is None else printable(self.endpoint.secrets.hide(text), keep, most)

    @property
    def leaving_time(self) -> float:
        """Seconds for each step that ends what was begun."""
        return min(_LEAVING, self._answer_time)

    def leg(self, remote: str, target: Optional[str] = None) -> Leg:
        """A new Leg to a URI."""
        return Leg(self.endpoint, self.account.uri, remote, self.account.user, target)

    def ask(
        self,
        leg: Leg,
        method: str,
        fields: Iterable[Tuple[str, str]] = (),
        body: bytes = b"",
        begun: Callable[[ClientTransaction], Any] = lambda _transaction: None,
    ) -> Response:
        """Send a request, answer challenges, and give the final response to the last one.

        begun: called with the transaction of each one. Raises NoResponse.
        """
        given: _Credentials = {}
        self._method, self._is_stale = method, False
        for _round in range(_MOST_ROUNDS):
            leg.credentials = list(given.values())
            request = leg.request(method, [*fields, *leg.credentials], body)
            transaction = self.endpoint.start(request, leg.address)
            begun(transaction)
            final = self._final(transaction)
            answered = self._credentials(final, request, given, body) if final.code in _CHALLENGES else None
            if answered is None:
                break
            given = answered
        return final

    def _final(self, transaction: ClientTransaction) -> Response:
        limit = self.leaving_time if self.loop.is_leaving else self._answer_time
        self.loop.run(lambda: transaction.final or self.endpoint.failure, time.monotonic() + limit)
        if transaction.final is None:
            raise self.endpoint.failure or no_response(self.endpoint)
        return transaction.final

    def _credentials(
        self, response: Response, request: Request, given: _Credentials, body: bytes
    ) -> Optional[_Credentials]:
        """What answers the challenges of a response, or None if they cannot be answered, or the answer was wrong."""
        found = dict(given)
        for realm, challenges in _by_realm(response).items():
            if realm in given:
                self._is_stale = any(challenge.stale for challenge in challenges)
                if not self._is_stale:
                    return None
            secret = self.account.secret
            known = [challenge for challenge in challenges if secret is not None and _can_answer(secret, challenge)]
            if secret is None or not known:
                continue
            chosen = min(known, key=lambda challenge: digest.ALGORITHMS.index(challenge.hash))
            text = body.decode("utf-8", "replace")
            found[realm] = digest.authorization(chosen, secret, request.method, request.ruri, text)
            self.endpoint.secrets.add(secrecy.of_answer(chosen, secret, found[realm][1]))
            self.realm, self.algorithm = chosen.realm, chosen.algorithm
        return found if found != given else None

    def refusal(self, response: Response) -> Refused:
        """The error for a response that is not accepted."""
        target = self.endpoint.transport.target
        kind, hint = self._kind(response)
        return kind(
            f"{target} answered {response.status} to {self._method}",
            hint,
            code=response.code,
            reason=response.reason,
        )

    def _kind(self, response: Response) -> Tuple[Type[Refused], str]:
        """(class of the error, hint) for a response."""
        name = self.account.uri
        if response.code in _UNKNOWN_USER:
            return NotFound, "Check whether the user exists and is registered, and the domain"
        if 300 <= response.code < 400:
            return Refused, self._redirection(response)
        if response.code not in _CHALLENGES and not (response.code == 403 and self.realm):
            return Refused, "Check the script of the server and its log. If the code is expected, add it to accept"
        if self.realm is None:
            asked = [realm for _is_proxy, realm in _by_realm(response)]
            realms = f" for the realm {self.shown(asked[0])!r}" if asked else ""
            return AuthenticationRequired, f"Set the password of {name}, or a hash{realms} that the server asks for"
        if self._is_stale:
            return AuthenticationFailed, _STALE
        return (
            AuthenticationFailed,
            f"Check the username and the password of {name} for the realm {self.shown(self.realm)!r}",
        )

    def _redirection(self, response: Response) -> str:
        contacts = elements(response.headers, "Contact")
        if not contacts:
            return "Check the script of the server. If the code is expected, add it to accept"
        return f"The server redirects to {self.shown(uri_in(contacts[0]), most=200)}. The module does not follow: test that with to and server"


def _by_realm(response: Response) -> Dict[Tuple[bool, str], List[digest.Challenge]]:
    name = _CHALLENGES.get(response.code, "")
    text = CRLF.join(f"{name}: {value}" for value in response.headers.get_all(name))
    found: Dict[Tuple[bool, str], List[digest.Challenge]] = {}
    for challenge in digest.parse_challenges(text):
        found.setdefault((challenge.is_proxy, challenge.realm), []).append(challenge)
    return found


def _can_answer(secret: digest.Secret, challenge: digest.Challenge) -> bool:
    return challenge.hash in digest.ALGORITHMS and digest.is_computable(challenge.hash) and secret.knows(challenge)


def failure_of(leave: Callable[[], Optional[str]]) -> Optional[str]:
    """What leave() gives, which ends what was begun: why the other side may still have it (str), or None.

    If it cannot be sent, that is why.
    """
    try:
        return leave()
    except UserAgentError as error:
        return error.message
    except SipSyntaxError as error:
        return str(error)


class Registration:
    """The registration of a Party. expires: seconds, what the server granted once it did. others: further contacts (list of str)."""

    def __init__(self, party: Party, expires: int) -> None:
        self.party = party
        self.expires = expires
        self.contact = party.endpoint.contact(party.account.user)
        self.others: List[str] = []
        self._leg = party.leg(party.account.uri, party.account.registrar)
        # whether the server may have it
        self._may_be_there = False

    def add(self, fields: Iterable[Tuple[str, str]] = ()) -> Response:
        """Register, and give the final response. Raises UserAgentError; NotRegistered for a 2xx that does not have the contact."""
        response = self._send(self.expires, fields)
        shortest = response.headers.get("Min-Expires") or ""
        if response.code == _INTERVAL_TOO_BRIEF and shortest.isdigit() and int(shortest[:9]) <= _LONGEST:
            response = self._send(int(shortest), fields)
        if response.code < 300:
            self._take(response)
        return response

    def _take(self, response: Response) -> None:
        own = self._own(response)
        if own is None:
            raise NotRegistered(
                f"The server answered {response.status} to the REGISTER of {self.party.account.uri}, without its contact",
                "Check whether the script of the server calls save() for each REGISTER, and its log",
            )
        self.expires = _expires(own, response, self.expires)
        self.others = [uri_in(text) for text in elements(response.headers, "Contact") if text is not own]

    def _own(self, response: Response) -> Optional[str]:
        ours = _identity(self.contact)
        found = elements(response.headers, "Contact")
        return next((text for text in found if _identity(uri_in(text)) == ours), None)

    def _send(self, expires: int, fields: Iterable[Tuple[str, str]] = ()) -> Response:
        contact = ("Contact", f"<{self.contact}>;expires={expires}")
        before, self._may_be_there = self._may_be_there, True
        try:
            final = self.party.ask(self._leg, "REGISTER", [contact, ("Expires", str(expires)), *fields])
        except PortClosed:
            self._may_be_there = before
            raise
        if final.code >= 300:
            self._may_be_there = False
        return final

    def remove(self) -> Optional[str]:
        """Unregister: why the server may still have the contact (str), or None if it does not."""
        return failure_of(self._remove) if self._may_be_there else None

    def _remove(self) -> Optional[str]:
        response = self._send(0)
        if response.code >= 300:
            return f"the server answered {response.status}"
        return None if self._own(response) is None else "the server still lists it"


def _identity(text: str) -> Any:
    """What of the URI of a contact a server keeps: user, host and port."""
    try:
        uri = parse_uri(text)
    except SipSyntaxError:
        return None
    return uri.user, uri.host.lower(), uri.port


def _expires(own: str, response: Response, otherwise: int) -> int:
    """Seconds that a server granted to a contact."""
    for name, _equals, value in (part.partition("=") for part in own.rpartition(">")[2].split(";")):
        if name.strip().lower() == "expires" and value.strip()[:9].isdigit():
            return int(value.strip()[:9])
    text = response.headers.get("Expires") or ""
    return int(text) if text.isdigit() and len(text) < 10 else otherwise
