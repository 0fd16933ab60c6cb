# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_health: whether a server can take traffic."""

from typing import Any, Dict

from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task

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
    raise NotImplementedError
