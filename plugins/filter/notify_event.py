# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter that says which NOTIFY event=auto sends to a phone. It is documented beside this file."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.module_utils._sip import presets
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._sip.user_agent import parse_user_agent


def notify_event(user_agent: t.Any, action: str = presets.REBOOT) -> dict[str, t.Any]:
    if not isinstance(user_agent, (str, type(None))):
        raise AnsibleFilterError(f"notify_event: the User-Agent must be text, not {type(user_agent).__name__}")
    try:
        preset = presets.match(user_agent, action)
    except SipSyntaxError as error:
        raise AnsibleFilterError(f"notify_event: {error}") from None
    vendor = parse_user_agent(user_agent)["vendor"]
    if preset is None:
        reason = printable(presets.why_none(user_agent, action))
        return {**dict.fromkeys(("preset", "event", "action", "hint"), None), "vendor": vendor, "reason": reason}
    return {
        "preset": preset.key,
        "event": preset.event,
        "action": preset.action,
        "hint": presets.hint(preset, action, user_agent),
        "vendor": vendor,
        "reason": None,
    }


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"notify_event": notify_event}
