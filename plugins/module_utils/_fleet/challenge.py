# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Phones that ask for credentials: what goes out again after a 401 or 407, and why not (RFC 3261 section 22).

A request that may be challenged has a Call-ID, a CSeq and a From tag of ours, so nothing of a later request is taken from a
phone but its challenge. The request with credentials has the same Call-ID and From tag, and the next CSeq.

A proxy (407) and a phone (401) get one answer each. Once in a request, a challenge that says ``stale=true`` gets one more.
"""

import os
import re
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet.credentials import Credentials
from ansible_collections.community.opensips.plugins.module_utils._readers import uac
from ansible_collections.community.opensips.plugins.module_utils._sip import digest, secrecy, vendors
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import (
    CRLF,
    canonical,
    make_tag,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.name_addr import validate_name_addr

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target

# who may ask for credentials: the header of the challenge of each
_CHALLENGES = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
_FORBIDDEN = 403
_FOLD = re.compile("\r\n[ \t]+")
# what the headers begin with that make the requests one call, in long and compact form
_OURS = frozenset("CcFfIi")
_TAG = re.compile(r";\s*tag\s*=\s*([^;\s]+)", re.IGNORECASE)


class Call:
    """One request, which goes out again with credentials if its phone asks for them.

    target: Target. params: of t_uac_dlg. credentials: Credentials, or None. params then have what a further request needs.
    is_open: the last answer was a challenge, and what answers it has not gone out.
    is_authenticated: a request with credentials went out.
    """

    __slots__ = (
        "is_open",
        "is_authenticated",
        "params",
        "_target",
        "_credentials",
        "_call_id",
        "_cseq",
        "_blanks",
        "_tag",
        "_rest",
        "_answers",
        "_is_renewed",
        "_record",
        "_refusal",
        "_secrets",
    )

    def __init__(self, target: "Target", params: Dict[str, Any], credentials: "Optional[Credentials]") -> None:
        self.is_open = self.is_authenticated = False
        self.params = params
        self._target = target
        self._credentials = credentials
        # {whether a proxy asked: line of the header that answers it}
        self._answers: Dict[bool, str] = {}
        self._is_renewed = False
        # of the last challenge, and why it is not answered
        self._record: Any = None
        self._refusal: Optional[outcomes.PhoneRejected] = None
        self._secrets: Optional[secrecy.Secrets] = None
        if credentials is not None:
            self._identify()

    def sending(self) -> None:
        """The request goes out, whichever it is now."""
        self.is_authenticated = bool(self._answers)
        self.is_open = False

    def follow(self, outcome: str, record: Dict[str, Any]) -> bool:
        """Whether params are now those of a request that answers a challenge. outcome, record: of the answer (see of_reply())."""
        if outcome != outcomes.REJECTED or record["code"] not in _CHALLENGES:
            return False
        self._record, self._refusal = self._without_secrets(record), None
        try:
            line = self._answer(record["code"] == 407, uac.lines_of(record["message"]) or "")
        except outcomes.PhoneRejected as refusal:
            self._refusal = refusal
            return False
        self._cseq += 1
        self._answers[record["code"] == 407] = line
        self.is_open = True
        self.params = dict(self.params, headers=self._block())
        return True

    def settle(self, outcome: str, record: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
        """(outcome, record) of the phone, given those of the last request: with the reason if credentials are the matter.

        If the request with credentials did not go out, the phone got nothing that it may act on, and it is not_sent.
        """
        record = self._without_secrets(record)
        if outcome == outcomes.NOT_SENT and self._answers:
            # the server refused it, or had no memory for it
            self.is_open, self.is_authenticated = True, self._is_renewed or len(self._answers) > 1
        if self.is_open:
            return outcomes.NOT_SENT, self._unsent(record)
        error = self._error(record) if outcome == outcomes.REJECTED else None
        return outcome, record if error is None else dict(record, error=error)

    def _unsent(self, record: Dict[str, Any]) -> Dict[str, Any]:
        """The last answer of the phone, with the reason of a record why nothing went out after it."""
        cause = record.get("error")
        reason = record["reason"] if cause is None else cause.message
        last = self._without_secrets(self._record)
        reason = f"{_answered(last)}, and the request with credentials was not sent: {reason}"
        return dict(last, reason=reason, error=outcomes.PhoneNotSent(reason, cause and cause.hint))

    def _without_secrets(self, value: Any) -> Any:
        """What a phone answered (plain data) without the credentials that it was sent, if it repeats them."""
        return value if self._secrets is None else self._secrets.hide_in(value)

    def _error(self, record: Dict[str, Any]) -> Optional[outcomes.PhoneRejected]:
        code = record["code"]
        if code == _FORBIDDEN and self._answers:
            return self._refused(record)
        return self._refusal if code in _CHALLENGES else None

    def _refused(self, record: Dict[str, Any]) -> outcomes.PhoneRejected:
        return outcomes.CredentialsRefused(
            f"{_answered(record)} to the credentials", self._hint("Check the user name and the password of its entry")
        )

    def _hint(self, advice: str) -> str:
        """Advice, with the account that the phone checks where that is known."""
        account = vendors.authentication_hint(self._target.user_agent)
        return advice if account is None else f"{advice}. {account}"

    # ---- the answer to a challenge

    def _answer(self, is_proxy: bool, message: str) -> str:
        """The line of the header that answers a challenge. Raises PhoneRejected."""
        challenges = [found for found in digest.parse_challenges(message) if found.is_proxy is is_proxy]
        if not challenges:
            raise self._unsupported("it has no challenge for Digest authentication")
        found = None if self._credentials is None else self._credentials.choose(self._target, challenges)
        if found is None:
            raise self._missing(challenges)
        challenge, secret = found
        if is_proxy in self._answers:
            if not challenge.stale:
                raise self._refused(self._record)
            if self._is_renewed:
                raise self._unsupported("it calls the nonce stale again that it has just sent")
            self._is_renewed = True
        if not self._is_ours(message):
            raise self._unsupported("its Call-ID, CSeq or From tag is not that of the request")
        try:
            name, value = digest.answer(
                challenge, secret, self.params["method"], self.params["ruri"], self.params.get("body", "")
            )
            self._hide(secrecy.of_answer(challenge, secret, value), secret.username)
            return f"{name}: {value}{self._blanks}"
        except (SipError, ValueError) as error:
            raise self._unsupported(getattr(error, "message", "it has characters that are no text")) from None

    def _hide(self, texts: List[str], username: str) -> None:
        if self._secrets is None:
            self._secrets = secrecy.Secrets([username, self.params["ruri"]])
        self._secrets.add(texts)

    def _unsupported(self, reason: Optional[str]) -> outcomes.PhoneRejected:
        advice = self._hint("Configure the phone to ask for Digest authentication, or for none")
        return outcomes.ChallengeUnsupported(f"{_answered(self._record)}, which cannot be answered: {reason}", advice)

    def _missing(self, challenges: List[Any]) -> outcomes.PhoneRejected:
        problems = [digest.problem(challenge) for challenge in challenges]
        if None not in problems:
            return self._unsupported(problems[0])
        credentials = Credentials() if self._credentials is None else self._credentials
        advice = (
            "Set the option credentials"
            if self._credentials is None
            else "Add an entry for the phone or its realm to the option credentials"
        )
        reason = credentials.reason(self._target, challenges)
        return outcomes.CredentialsMissing(f"{_answered(self._record)}: {reason}", self._hint(advice))

    # ---- what makes the requests one call

    def _identify(self) -> None:
        """Give the request a Call-ID, a CSeq and a From tag unless it has them."""
        block = self.params["headers"]
        # the FIFO of 1.x and 2.x takes quotes in a line that ends so
        self._blanks = "  " if block.endswith(CRLF + CRLF) else ""
        self._call_id, self._cseq, self._tag = os.urandom(16).hex(), 1, ""
        rest = []
        for line in block.split(CRLF):
            if line[:1] not in _OURS:
                rest.append(line)
                continue
            name, _colon, value = line.partition(":")
            key, value = canonical(name), value.strip()
            if key == "call-id":
                self._call_id = value
            elif key == "cseq":
                self._cseq = int(value.split()[0])
            elif key == "from":
                rest.append(self._tagged(line, value))
            else:
                rest.append(line)
        self._rest = CRLF.join(rest)
        self.params = dict(self.params, headers=self._block())

    def _tagged(self, line: str, value: str) -> str:
        """The line of From with a tag."""
        found = _TAG.search(value, value.rfind(">") + 1)
        tag = found.group(1) if found else validate_name_addr(value).tag
        self._tag = tag or make_tag()
        return line if tag else f"{line};tag={self._tag}"

    def _block(self) -> str:
        lines = [f"Call-ID: {self._call_id}", f"CSeq: {self._cseq} {self.params['method']}", *self._answers.values()]
        return CRLF.join([*lines, self._rest])

    def _is_ours(self, message: str) -> bool:
        """Whether an answer is one to the last request. tm goes by the Via alone."""
        values = dict.fromkeys(("call-id", "cseq", "from"), "")
        for line in _FOLD.sub(" ", message).split(CRLF):
            if not line:
                break
            name, _colon, value = line.partition(":")
            key = canonical(name.strip()) if line[:1] in _OURS else ""
            if key in values:
                values[key] = value.strip()
        tag = _TAG.search(values["from"], values["from"].rfind(">") + 1)
        return (
            values["call-id"] == self._call_id
            and values["cseq"].split() == [str(self._cseq), self.params["method"]]
            and tag is not None
            and tag.group(1) == self._tag
        )


def _answered(record: Dict[str, Any]) -> str:
    return f"the phone answered {record['code']} {record['reason']}".strip()
