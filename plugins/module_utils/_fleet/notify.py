# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which NOTIFY each phone gets: by a preset for its User-Agent, a named preset, or a literal Event."""

from typing import TYPE_CHECKING, Any, Dict, Optional

from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._sip import presets
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.request import uac_dlg_params, with_defaults
from ansible_collections.community.opensips.plugins.module_utils._sip.text import to_crlf

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target

_EXAMPLE = "sip:user@example.com"


class Notifies:
    """Makes the NOTIFY of each phone.

    event: key of a preset, ``auto`` or an Event. action: reboot or check_cfg, for auto. headers: further ones (mapping).
    body: in place of the preset's, or None. changes: presets.Changes of what presets say, or None.
    """

    def __init__(
        self, event: str, action: str, headers: Any, body: Optional[str], changes: Optional[presets.Changes] = None
    ) -> None:
        self._event = event
        self._is_auto = event.strip().lower() == presets.AUTO
        self._action = action
        self._headers = headers
        self._body = None if body is None else to_crlf(body)
        self._changes = changes or presets.Changes()
        # {preset key: (headers, body)} of presets that say the same to every phone: it is checked once then
        self._contents: Dict[Any, Any] = {}

    def check(self, socket: Optional[str] = None) -> None:
        """Try the request once, so that what is wrong with all of them is said before anything is sent; raises SipError.

        socket: of the server, or None.
        """
        preset = presets.literal("check-sync") if self._is_auto else presets.resolve(self._event)
        headers, body = presets.headers_and_body(self._changes.applied_to(preset), "call-id", self._body)
        addresses = {"From": f"<{_EXAMPLE}>", "To": f"<{_EXAMPLE}>"}
        merged = with_defaults(self._headers, dict(addresses, **headers))
        uac_dlg_params("NOTIFY", _EXAMPLE, merged, body=body, socket=socket)

    def request(self, target: "Target") -> SipRequest:
        """The SipRequest to one phone (Target); one with a problem if no Event fits it."""
        problem, preset, headers, body = None, None, {}, ""
        try:
            preset = presets.choose(self._event, target.user_agent, self._action)
            if preset is None:
                problem = presets.why_none(target.user_agent, self._action)
            else:
                preset = self._changes.applied_to(preset)
                headers, body = self._content(preset, target)
        except SipError as error:
            problem = str(error)
        return SipRequest(target, "NOTIFY", headers, body, self._label(preset, target.user_agent), problem)

    def none(self, target: "Target") -> SipRequest:
        """The SipRequest to a phone that is left alone, whatever Event would fit it."""
        return SipRequest(target, "NOTIFY", {}, label=self._label(None))

    def _content(self, preset: Any, target: "Target") -> Any:
        if preset.key in self._contents:
            return self._contents[preset.key]
        headers, body = presets.headers_and_body(preset, target.record, self._body)
        content = with_defaults(self._headers, headers), body
        if not preset.needs_call_id:
            self._contents[preset.key] = content
        return content

    def _label(self, preset: Any, user_agent: Optional[str] = None) -> Dict[str, Any]:
        """What results tell of a request besides what became of it."""
        label = dict.fromkeys(("event", "preset", "action", "hint"))
        if preset is not None:
            label.update(event=preset.event, action=preset.action)
            if preset.action != presets.LITERAL:
                label["preset"] = preset.key
            if self._is_auto:
                label["hint"] = presets.hint(preset, self._action, user_agent)
        return dict(label, earlier=False)
