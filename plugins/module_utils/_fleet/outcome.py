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
already       nothing was sent because the phone is as wanted
planned       check mode would send
"""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError, ServerError
from ansible_collections.community.opensips.plugins.module_utils._readers import uac

ACCEPTED = "accepted"
REJECTED = "rejected"
NO_ANSWER = "no_answer"
UNREACHABLE = "unreachable"
NOT_SENT = "not_sent"
UNKNOWN = "unknown"
ALREADY = "already"
PLANNED = "planned"
OUTCOMES = (ACCEPTED, REJECTED, NO_ANSWER, UNREACHABLE, NOT_SENT, UNKNOWN, ALREADY)
# the outcomes of requests that went out
SENT = (ACCEPTED, REJECTED, NO_ANSWER, UNKNOWN)

# what tm says for itself when it cannot send
_UNREACHABLE_CODES = (475, 476, 477, 478, 479)


def of_reply(reply, headers=True):
    """(outcome, record of the answer) of a t_uac_dlg Reply or the MIError that came instead.

    The record is that of _readers.uac; of an MIError it has only code (None unless the server gave one), reason and headers.
    headers: take the phone's answer apart, too; a fleet saves that.
    """
    if isinstance(reply, ServerError):
        record = uac.parse_error(reply)
        if record is None:
            # httpd of 2.x loses an answer so when it has no memory for it
            lost = reply.code == 500 and reply.reason.strip().lower() == "internal server error"
            return UNKNOWN if lost else NOT_SENT, {"code": reply.code, "reason": reply.reason, "headers": {}}
        return UNREACHABLE, record
    if isinstance(reply, MIError):
        return (UNKNOWN if reply.maybe_sent else NOT_SENT), {"code": None, "reason": str(reply), "headers": {}}
    try:
        record = uac.parse(reply, headers)
    except MIError as error:
        return UNKNOWN, {"code": None, "reason": str(error), "headers": {}}
    return _of_record(record), record


def _of_record(record):
    code, answered = record["code"], record["message"] is not None
    if code == 408 and not answered:
        return NO_ANSWER
    if code in _UNREACHABLE_CODES and not answered:
        return UNREACHABLE
    if code < 200 or (code == 202 and not answered):
        return UNKNOWN
    return ACCEPTED if code < 300 else REJECTED


_NOTES = {
    401: "The phone wants authentication, and t_uac_dlg has no credentials: let the phone accept NOTIFYs from its proxy",
    404: "The phone does not know the user: it may have been configured anew, wait until it registers",
    480: "The phone is not available at the moment: send again later",
    481: "The phone accepts this NOTIFY only within a subscription",
    486: "The phone is in a call: send again later",
    489: "The phone does not know this Event: choose another preset",
    503: "The phone is overloaded, or not yet up again: send again later",
}
_NOTES[407] = _NOTES[401]


def note_on(outcome, record):
    """A sentence that says what to do about an outcome which operators often meet, or None."""
    if outcome == NO_ANSWER:
        return "Check the phone's power and network, then send again"
    if outcome == UNREACHABLE:
        return "Check the contact's host name, and the routes from the server"
    return _NOTES.get(record["code"]) if outcome == REJECTED else None
