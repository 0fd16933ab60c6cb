# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What became of one phone, in the same words everywhere.

accepted      the phone answered 2xx
rejected      the phone answered with another final code
no_answer     the phone did not answer before the server's fr_timeout (408)
unreachable   the server could not send to it: the name does not resolve, or sending failed
not_sent      nothing was sent, the reason says why
unknown       it was sent, or may have been, and the server did not say what came of it
in_call       the phone was in a call each time that the run came to it, by the server's dialogs or by its answer; not done
already       nothing was sent because the phone has what is to be achieved
planned       check mode would send
"""

from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError, ServerError
from ansible_collections.community.opensips.plugins.module_utils._readers import uac
from ansible_collections.community.opensips.plugins.module_utils._sip.remedies import UNREGISTERED, remedy

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply

ACCEPTED = "accepted"
REJECTED = "rejected"
NO_ANSWER = "no_answer"
UNREACHABLE = "unreachable"
NOT_SENT = "not_sent"
UNKNOWN = "unknown"
IN_CALL = "in_call"
ALREADY = "already"
PLANNED = "planned"
# in the order of a summary
OUTCOMES = (ACCEPTED, REJECTED, NO_ANSWER, UNREACHABLE, NOT_SENT, UNKNOWN, IN_CALL, ALREADY, PLANNED)
# the outcomes of requests that went out
SENT = (ACCEPTED, REJECTED, NO_ANSWER, UNKNOWN)
# the outcomes that nobody has to do anything about
GOOD = (ACCEPTED, ALREADY, PLANNED)

# the reason of an AOR without a contact
NOBODY = "no contact is registered"

# what tm says for itself when it cannot send
_UNREACHABLE_CODES = (475, 476, 477, 478, 479)


class PhoneError(MIError):
    """Why one phone did not accept. The task goes on with the others."""


class PhoneRejected(PhoneError):
    """The phone answered with another code than 2xx."""

    remedy = "Read ``code`` and ``reason``. The ``hint`` says what to do about this code."
    maybe_sent = True


class CredentialsMissing(PhoneRejected):
    """The phone asked for credentials, and the task has none for it or for its realm. Nothing more was sent to it."""

    remedy = "Set ``credentials``, or add an entry for the phone or its realm. The ``hint`` names the account, if it is known."


class CredentialsRefused(PhoneRejected):
    """The phone refused the credentials that the task has for it."""

    remedy = (
        "Check the user name and the password. The ``hint`` names the account that the phone checks, if it is known."
    )


class ChallengeUnsupported(PhoneRejected):
    """The phone asked for an authentication that the task cannot do: not Digest, an unknown algorithm, or a faulty challenge."""

    remedy = "See ``message``. Configure the phone to ask for Digest authentication, or for none."


class PhoneSilent(PhoneError):
    """The phone did not answer within ``fr_timeout`` of the server."""

    remedy = "Check the phone's power, network and NAT, then send again."
    maybe_sent = True


class PhoneUnreachable(PhoneError):
    """The server could not send to the phone."""

    remedy = "Check the host name of the contact, and the routes from the server."


class PhoneNotSent(PhoneError):
    """Nothing was sent to the phone."""

    remedy = "See ``message``. Correct the cause, then send again."


class PhoneUnknown(PhoneError):
    """A request was sent to the phone, or may have been, and the answer is not known."""

    remedy = "Check what the phone did. To send again within a campaign, set ``resend_unknown``."
    maybe_sent = True


class PhoneInCall(PhoneError):
    """The phone was in a call each time that the run came to it. It is not done."""

    remedy = "Run the task again when the call is over."


class RunStopped(MIError):
    """The run stopped before all phones were tried, because too many failed or the server had no memory."""

    remedy = "Find out why, then run the task again. With ``campaign``, it sends only to the phones that are left."


class NotAccepted(MIError):
    """All phones were tried, and too few accepted."""

    remedy = "See ``results`` for the reason of each phone. Set ``max_failures`` to tolerate some."


_ERRORS = {
    REJECTED: PhoneRejected,
    NO_ANSWER: PhoneSilent,
    UNREACHABLE: PhoneUnreachable,
    NOT_SENT: PhoneNotSent,
    UNKNOWN: PhoneUnknown,
    IN_CALL: PhoneInCall,
}
# what to do about these depends on no code
_EXPLAINED = (NO_ANSWER, UNREACHABLE, IN_CALL)


def of_reply(reply: "Union[Reply, MIError]", headers: bool = True) -> Tuple[str, Dict[str, Any]]:
    """(outcome, record of the answer) of a t_uac_dlg Reply or the MIError that came instead.

    The record is that of _readers.uac; of an MIError it has only code (None unless the server gave one), reason, headers,
    and error, the MIError itself.
    headers: take the phone's answer apart, too; a fleet saves that.
    """
    if isinstance(reply, ServerError):
        record = uac.parse_error(reply)
        if record is None:
            # httpd of 2.x loses an answer so when it has no memory for it
            lost = reply.code == 500 and reply.reason.strip().lower() == "internal server error"
            return UNKNOWN if lost else NOT_SENT, _of_error(reply, reply.code, reply.reason)
        return UNREACHABLE, record
    if isinstance(reply, MIError):
        return (UNKNOWN if reply.maybe_sent else NOT_SENT), _of_error(reply)
    try:
        record = uac.parse(reply, headers)
    except MIError as error:
        return UNKNOWN, _of_error(error)
    return of_record(record)


def _of_error(error: Any, code: Optional[int] = None, reason: Optional[str] = None) -> Any:
    return {"code": code, "reason": str(error) if reason is None else reason, "headers": {}, "error": error}


def of_record(record: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
    """(outcome, record) of a record of _readers.uac."""
    return _outcome_of(record), record


def _outcome_of(record: Dict[str, Any]) -> str:
    code, answered = record["code"], record["message"] is not None
    if code == 408 and not answered:
        return NO_ANSWER
    if code in _UNREACHABLE_CODES and not answered:
        return UNREACHABLE
    if code < 200 or (code == 202 and not answered):
        return UNKNOWN
    return ACCEPTED if code < 300 else REJECTED


def error_of(outcome: str, record: Dict[str, Any], method: str = "NOTIFY") -> Optional[MIError]:
    """The MIError that says why a phone did not accept, with what to do about it, or None for outcomes that are GOOD.

    record: as of_reply() gives it; code and reason do. method: of the request.
    """
    if outcome in GOOD:
        return None
    if record.get("error") is not None:
        return record["error"]
    kind = _ERRORS[outcome]
    hint = remedy(record["code"], method) if outcome == REJECTED else None
    if outcome in _EXPLAINED:
        hint = kind.remedy.rstrip(".")
    if outcome == NOT_SENT and record["reason"] == NOBODY:
        hint = UNREGISTERED
    return kind(_message(outcome, record["code"], record["reason"] or ""), hint)


def _message(outcome: str, code: Optional[int], reason: Optional[str]) -> Any:
    if outcome == NO_ANSWER:
        return "the phone did not answer before the server's fr_timeout"
    answer = f"{code} {reason}".strip()
    if outcome == IN_CALL and code is not None:
        return f"the phone is in a call: it answered {answer}"
    return {REJECTED: f"the phone answered {answer}", UNREACHABLE: f"the server cannot send to it: {answer}"}.get(
        outcome, reason
    )
