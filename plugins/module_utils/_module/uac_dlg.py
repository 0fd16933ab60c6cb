# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_uac_dlg: one SIP request of any kind."""

import re
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet.challenge import Call
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module import credentials as accounts
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    TaskFailure,
    describe_error,
    describe_failure,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.request import uac_dlg_params
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable, to_crlf

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task

_CODES = re.compile(r"([1-6])xx\Z|([1-6][0-9][0-9])\Z", re.IGNORECASE)


def spec() -> ArgumentSpec:
    """The module's own options."""
    return ArgumentSpec(
        {
            "method": {"type": "str", "required": True},
            "ruri": {"type": "str", "required": True},
            "headers": {"type": "dict", "required": True},
            "next_hop": {"type": "str"},
            "socket": {"type": "str"},
            "body": {"type": "str"},
            "accept": {"type": "list", "elements": "str", "default": ["2xx"]},
        }
    ).merged_with(accounts.credentials_spec())


def run(task: "Task") -> Dict[str, Any]:
    """Check the request, send it, and fail unless the answer is one of accept."""
    params = task.params
    is_success = accepting(params["accept"])
    request = _params(params, classic=False)
    credentials = accounts.load(task)
    if task.check_mode:
        return {"changed": True, "outcome": outcomes.PLANNED, "requests": _requests(request), "error": None}
    result: Dict[str, Any] = {"changed": False, "outcome": outcomes.NOT_SENT, "requests": _requests(request)}
    task.known = lambda: result
    target = accounts.target_of(params["ruri"], params["headers"])
    accounts.complete(task, credentials, [target])
    if task.connection.version < (3,):
        request = _params(params, classic=True)
    call = Call(target, request, credentials)
    # those with credentials are nobody's business
    result["requests"] = _requests(call.params)
    reply = _exchange(task.connection, call, result)
    outcome, record = call.settle(*outcomes.of_reply(reply))
    error = outcomes.error_of(outcome, record, params["method"])
    is_explained = outcome == outcomes.REJECTED and record.pop("error", None) is not None
    record.pop("error", None)
    is_accepted = outcome != outcomes.NOT_SENT and record["code"] is not None and is_success(record["code"])
    result.update(record, outcome=outcome, changed=is_accepted or outcome == outcomes.UNKNOWN, error=None)
    result["authenticated"] = call.is_authenticated
    result["reason"] = printable(result["reason"])
    if is_accepted:
        return result
    raise TaskFailure(
        f"{params['method']}: {error}" if is_explained else _message(params["method"], outcome, record, error),
        dict(result, **_failure(None if call.is_open else reply, error, record)),
    )


def _exchange(connection: Any, call: Call, result: Dict[str, Any]) -> Any:
    """The last Reply, or the MIError that came instead: the request goes out again with what the phone asks for."""
    while True:
        call.sending()
        try:
            reply: Any = connection.call("t_uac_dlg", call.params)
        except MIError as failure:
            reply = failure
        # until the reply is understood
        result.update(changed=True, outcome=outcomes.UNKNOWN, authenticated=call.is_authenticated)
        if isinstance(reply, MIError) or not call.follow(*outcomes.of_reply(reply)):
            return reply


def _requests(params: Dict[str, Any]) -> List[Dict[str, Any]]:
    return [{"command": "t_uac_dlg", "params": params}]


def _failure(reply: Any, error: Optional[MIError], record: Dict[str, Any]) -> Dict[str, Any]:
    """What the result says of an answer that is no success."""
    if isinstance(reply, MIError):
        return describe_failure(reply)
    error = error or outcomes.PhoneRejected(f"the answer {record['code']} {record['reason']} is not one of accept")
    return {"error": describe_error(error)}


def _message(method: str, outcome: str, record: Dict[str, Any], error: Optional[MIError]) -> str:
    if record["code"] is None or outcome == outcomes.NOT_SENT:
        return str(error)
    hint = f". {error.hint}" if error is not None and error.hint else ""
    return f"The answer to {method} was {record['code']} {record['reason']} ({outcome}){hint}"


def _params(params: Dict[str, Any], classic: bool) -> Dict[str, Any]:
    return dict(
        uac_dlg_params(
            params["method"],
            params["ruri"],
            params["headers"],
            body=None if params["body"] is None else to_crlf(params["body"]),
            next_hop=params["next_hop"],
            socket=params["socket"],
            classic=classic,
        )
    )


def accepting(patterns: Sequence[str]) -> Callable[[int], bool]:
    """A function that tells of a code whether one of patterns (``2xx``, ``404``) takes it."""
    for pattern in patterns:
        if not _CODES.match(pattern):
            raise BadParameters(f"accept contains {pattern!r}", "Write codes such as 404, or classes such as 2xx")
    return lambda code: any(pattern.lower() in (str(code), f"{code // 100}xx") for pattern in patterns)
