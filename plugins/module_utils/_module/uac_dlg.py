# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_uac_dlg: one SIP request of any kind."""

import re

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import TaskFailure, describe_failure
from ansible_collections.community.opensips.plugins.module_utils._sip.request import uac_dlg_params
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable, to_crlf

_CODES = re.compile(r"([1-6])xx\Z|([1-6][0-9][0-9])\Z", re.IGNORECASE)


def spec():
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
    )


def run(task):
    """Check the request, send it, and fail unless the answer is one of accept."""
    params = task.params
    accepted = _accepted(params["accept"])
    request = _params(params, classic=False)
    if task.check_mode:
        return {"changed": True, "request": request}
    result = {"changed": False, "outcome": outcomes.NOT_SENT, "note": None, "request": request}
    task.known = lambda: result
    if task.connection.version < (3,):
        result["request"] = request = _params(params, classic=True)
    try:
        answered = task.connection.call("t_uac_dlg", request)
    except MIError as error:
        answered = error
    # until the answer is understood
    result.update(changed=True, outcome=outcomes.UNKNOWN)
    what, record = outcomes.of_reply(answered)
    result.update(record, changed=what in outcomes.SENT, outcome=what, note=outcomes.note_on(what, record))
    result["reason"] = printable(result["reason"])
    if record["code"] is None or what == outcomes.NOT_SENT:
        error = describe_failure(answered) if isinstance(answered, MIError) else {"error": None}
        raise TaskFailure(str(answered) if isinstance(answered, MIError) else record["reason"], dict(result, **error))
    if not accepted(record["code"]):
        text = f"The answer to {params['method']} was {record['code']} {record['reason']} ({what})"
        raise TaskFailure(text + (f". {result['note']}" if result["note"] else ""), result)
    return result


def _params(params, classic):
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


def _accepted(patterns):
    """A function that tells of a code whether one of patterns (``2xx``, ``404``) takes it."""
    for pattern in patterns:
        if not _CODES.match(pattern):
            raise BadParameters(f"accept holds {pattern!r}", "Write codes such as 404, or classes such as 2xx")
    return lambda code: any(str(code) == each or each.lower() == f"{code // 100}xx" for each in patterns)
