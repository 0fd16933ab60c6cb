# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_health: whether a server can take traffic."""

from typing import Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._health import checks, report
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server
from ansible_collections.community.opensips.plugins.module_utils._health.snapshot import EMPTY, Snapshot, take
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.urls import without_url_secrets
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, check_answer_time
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task, TaskFailure, describe_error
from ansible_collections.community.opensips.plugins.module_utils._module.uac_dlg import accepting
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import UserAgentError
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target
from ansible_collections.community.opensips.plugins.module_utils._ua.target import parse as parse_target
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import TlsFiles, tls_context

_FAIL_ON = ["warning", "failed", "unknown"]
# Limits as options, and their defaults
_NUMBERS = {
    "minimum_uptime": 0,
    "maximum_links_down": 0,
    "maximum_transactions": None,
    "minimum_destinations": 1,
    "minimum_gateways": 1,
    "minimum_media_nodes": 1,
    "minimum_registrants": 1,
    "minimum_contacts": 0,
    "minimum_dialogs": 0,
}
_AMOUNTS = {
    "warn_at": 80.0,
    "maximum_shared_memory": 90.0,
    "maximum_private_memory": 95.0,
    "maximum_load": 90.0,
    "maximum_timeouts": 30.0,
    "maximum_retransmissions": 50.0,
    "maximum_contact_loss": 20.0,
    "maximum_dialog_loss": None,
    "minimum_certificate_days": 3.0,
    "warning_certificate_days": 30.0,
    "maximum_answer_time": 2.0,
}
_PERCENTAGES = (
    "warn_at",
    "maximum_shared_memory",
    "maximum_private_memory",
    "maximum_load",
    "maximum_timeouts",
    "maximum_retransmissions",
    "maximum_contact_loss",
    "maximum_dialog_loss",
)


def spec() -> ArgumentSpec:
    """The module's own options."""
    options: Dict[str, Dict[str, Any]] = {
        "checks": {"type": "list", "elements": "str", "default": ["default"]},
        "fail_on": {"type": "list", "elements": "str", "choices": _FAIL_ON, "default": ["failed"]},
        "compare_to": {"type": "dict"},
        "sockets": {"type": "list", "elements": "str"},
        "accept": {"type": "list", "elements": "str", "default": ["2xx", "3xx", "4xx"]},
        "sip_client_cert": {"type": "path"},
        "sip_client_key": {"type": "path"},
        "sip_server_name": {"type": "str"},
    }
    for kind, limits in (("int", _NUMBERS), ("float", _AMOUNTS)):
        for name, default in limits.items():
            options[name] = {"type": kind} if default is None else {"type": kind, "default": default}
    return ArgumentSpec(options, required_by={"sip_client_key": ("sip_client_cert",)})


def run(task: Task) -> Dict[str, Any]:
    """Run the checks, and fail if one of them has an outcome of fail_on."""
    params = task.params
    _check_limits(params)
    chosen = checks.choose(params["checks"], checks.names_of(params))
    before = None if params["compare_to"] is None else Snapshot(params["compare_to"])
    accepts = accepting(params["accept"])
    server = Server(task.connection, params, before, _sockets(params), accepts)
    entries, skipped = checks.run(server, chosen)
    taken = {} if server.is_lost else take(server, chosen.names)
    result: Dict[str, Any] = {
        "changed": False,
        "outcome": report.outcome(entries),
        "line": report.line(entries, taken.get("version"), taken.get("uptime")),
        "checks": entries,
        "summary": report.summary(entries),
        # not skipped: Ansible calls a task with that skipped
        "not_checked": {name: printable(without_url_secrets(reason)) for name, reason in skipped.items()},
        "snapshot": taken or EMPTY,
    }
    failure = report.failure(entries, params["fail_on"])
    if failure is not None:
        raise TaskFailure(result["line"], dict(result, error=describe_error(failure)))
    return result


def _check_limits(params: Dict[str, Any]) -> None:
    """Raise BadParameters for a limit that no server can be within, or that is none."""
    for name in (*_NUMBERS, *_AMOUNTS):
        value = params[name]
        if value is not None and not 0 <= value < float("inf"):
            raise BadParameters(f"{name} is {value:g}", "Set it to 0 or more")
    check_answer_time(params)
    for name in _PERCENTAGES:
        if params[name] is not None and params[name] > 100:
            raise BadParameters(f"{name} is {params[name]:g}", "Set it to a percentage, at most 100")
    if params["warning_certificate_days"] < params["minimum_certificate_days"]:
        raise BadParameters(
            "warning_certificate_days is less than minimum_certificate_days",
            "Set it to the same number of days, or more",
        )


def _sockets(params: Dict[str, Any]) -> Optional[List[Target]]:
    """The targets of the option, checked with the files for TLS. Raises BadParameters."""
    try:
        tls_context(TlsFiles(params["sip_client_cert"], params["sip_client_key"], params["sip_server_name"]))
    except UserAgentError as error:
        raise BadParameters(f"sip_client_cert: {error.message}", error.hint) from error
    if params["sockets"] is None:
        return None
    if not params["sockets"]:
        raise BadParameters("sockets is an empty list", "Add a socket, leave it out, or add '!options' to checks")
    found = []
    for number, text in enumerate(params["sockets"]):
        try:
            found.append(parse_target(text))
        except UserAgentError as error:
            raise BadParameters(f"sockets[{number}]: {error.message}", error.hint) from error
    return found
