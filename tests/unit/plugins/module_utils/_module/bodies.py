# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the bodies of modules that send, against a server that answers by the user that a request goes to."""

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.community.opensips.plugins.module_utils._module.run import Task, TaskFailure
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import Datagram, Fault

SNOM = "snom370/8.7.5.35"


def _registered(user):
    """A contact of ul_show_contact. The user agent of a phone is Snom's, unless its user says otherwise."""
    return {
        "Contact": f"sip:{user}@192.0.2.1:5060",
        "Expires": 600,
        "User-agent": "Softphone/1" if user.startswith("soft") else SNOM,
        "Socket": "udp:192.0.2.9:5060",
        "Callid": user,
        "Cseq": 1,
    }


def _show(params):
    user = params["aor"].partition("@")[0]
    if user.startswith("nobody"):
        return Fault(404, "AOR not found")
    users = ["a", "b"] if user == "two" else [user]
    return {"AOR": params["aor"], "Contacts": [_registered(each) for each in users]}


def _dump(_params):
    users = ["a", "b", "no", "dead", "soft"]
    aors = [{"AOR": user, "Contacts": [_registered(user)]} for user in users]
    return {"Domains": [{"name": "location", "AORs": aors}]}


def _answer(params):
    user = params["ruri"].partition(":")[2].partition("@")[0]
    if user.startswith("no"):
        return {"Status": "489 Bad Event", "Message": "Via: x\r\n\r\n"}
    if user.startswith("dead"):
        return {"Status": "408 Request Timeout"}
    return {"Status": "200 OK", "Message": "Via: x\r\n\r\n"}


def server():
    """A Datagram peer with phones a, b, no (rejects), dead (no answer) and soft (no Event fits), and AOR two of a and b."""
    return Datagram(commands={"ul_show_contact": _show, "ul_dump": _dump, "t_uac_dlg": _answer})


def run(body, peer, check=False, **args):
    """(message or None, result) of a module's body with these options. message: of the failure, its lines included."""
    spec = body.spec()
    checked = ArgumentSpecValidator(spec.spec, spec.rules["mutually_exclusive"]).validate(args)
    assert not checked.error_messages, checked.error_messages
    with peer.connect(timeout=5) as conn:
        task = Task(checked.validated_parameters, check, False, conn, lambda text: None)
        try:
            return None, body.run(task)
        except TaskFailure as failure:
            return "\n".join([str(failure)] + failure.lines), failure.result


def sent(peer):
    """The Request-URIs that got a request (list)."""
    return [params["ruri"] for method, params in peer.requests if method == "t_uac_dlg"]
