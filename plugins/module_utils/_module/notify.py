# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_notify: a NOTIFY to each of many phones."""

from ansible_collections.community.opensips.plugins.module_utils._fleet import targets
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._module import sending
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    ArgumentSpec,
    contacts_spec,
    sending_spec,
)
from ansible_collections.community.opensips.plugins.module_utils._sip import presets
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.request import uac_dlg_params, with_defaults
from ansible_collections.community.opensips.plugins.module_utils._sip.text import to_crlf


def spec():
    """The module's own options."""
    own = ArgumentSpec(
        {
            "uri": {"type": "list", "elements": "str"},
            "aor": {"type": "list", "elements": "str"},
            "event": {"type": "str", "default": presets.AUTO},
            "action": {"type": "str", "choices": ["reboot", "check_cfg"], "default": "reboot"},
            "body": {"type": "str"},
        },
        required_one_of=[("uri", "aor", "contacts")],
        mutually_exclusive=[("uri", "aor", "contacts")],
    )
    return contacts_spec().merged_with(sending_spec()).merged_with(own)


def run(task):
    """Find the phones, choose each one's Event, send, and account for all of them."""
    params = task.params
    sending.check_options(params)
    _check_event(params)
    left_out = []
    if params["uri"] is not None:
        targets.check_uris(params["uri"], "uri")
        found = targets.of_uris(params["uri"])
    elif params["aor"] is not None:
        found = targets.of_aors(task.connection, params["aor"], params["table"])
    else:
        found, left_out = targets.of_selection(task.connection, params["contacts"], params["table"])
    result = sending.send(task, [_request(each, params) for each in found])
    result["left_out"] = [
        {"aor": contact["aor"], "contact": contact["contact"], "reason": reason} for contact, reason in left_out
    ]
    return result


def _check_event(params):
    """Try the request once, so that what is wrong with all of them is said before anything is sent."""
    if params["event"].strip().lower() == presets.AUTO:
        preset = presets.literal("check-sync")
    else:
        preset = presets.resolve(params["event"])
    headers, body = presets.headers_and_body(preset, "call-id", _body(params))
    example = "sip:user@example.com"
    merged = with_defaults(
        params["headers"], dict({"From": "<{0}>".format(example), "To": "<{0}>".format(example)}, **headers)
    )
    socket = params["socket"] if params["socket"] not in ("contact", "default") else None
    uac_dlg_params("NOTIFY", example, merged, body=body, socket=socket)


def _request(target, params):
    """The SipRequest to one phone; one with a problem when no Event fits it."""
    problem, preset, headers, body = None, None, {}, ""
    try:
        preset = presets.choose(params["event"], target.user_agent, params["action"])
        if preset is None:
            problem = "event auto does not know what reboots a phone with the User-Agent {0!r}; give the Event".format(
                target.user_agent
            )
        else:
            headers, body = presets.headers_and_body(preset, target.record, _body(params))
    except SipError as error:
        problem = str(error)
    label = {
        "event": preset.event if preset else None,
        "preset": preset.key if preset and preset.action != presets.LITERAL else None,
        "hint": (presets.fallback_note(preset, params["action"]) or preset.condition or None)
        if preset and params["event"] == presets.AUTO
        else None,
    }
    return SipRequest(target, "NOTIFY", with_defaults(params["headers"], headers), body, label, problem)


def _body(params):
    return None if params["body"] is None else to_crlf(params["body"])
