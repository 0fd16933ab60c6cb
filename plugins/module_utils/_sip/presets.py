# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""NOTIFY presets: finding one by its key or by a phone's User-Agent, and what it puts into the request."""

import re
from collections import OrderedDict
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import (
    SipRequestError,
    SipSyntaxError,
    UnknownPreset,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.notification import (
    CONTACT,
    LEFT_OUT,
    PARAMETER_VALUE,
    SERVER_CONTACT,
    SUBSCRIPTION_STATE,
    with_parameters,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.preset_data import (
    ALIASES,
    CHECK_CFG,
    PRESETS,
    REBOOT,
    TERMINATED,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.text import TOKEN, refuse_control_characters
from ansible_collections.community.opensips.plugins.module_utils._sip.vendors import find_family, find_other, setup_hint

AUTO = "auto"
LITERAL = "literal"

# RFC 6665 section 8.4: event-type *(SEMI event-param); a value is a token, a host or a quoted string
_EVENT = re.compile(rf"({TOKEN})((?:\s*;\s*{TOKEN}(?:\s*=\s*{PARAMETER_VALUE})?)*)")

# no real Event begins like that; with a hyphen some do (avaya-cm-feature-status)
_VENDOR_PREFIXES = tuple(sorted({f"{key.split('_')[0]}_" for key in list(PRESETS) + list(ALIASES)}))
_EVENTS = {fields["event"].partition(";")[0] for fields in PRESETS.values()}
_EVENTS_FLAT = {event.replace("-", "_"): event for event in _EVENTS}


class Preset:
    """A NOTIFY event with all that goes with it.

    key        name of the preset (of a literal Event: the Event itself)
    vendor     whose phones it is for, "" for a literal Event
    action     "check_cfg", "reboot", "report", "push" or "literal"
    event      value of the Event header
    subscription_state   value of the Subscription-State header, "" to send none
    contact    value of the Contact header, "" to send none
    headers    further headers, tuple of (name, value)
    body       body, "%(call_id)s" standing for the Call-ID of the phone's registration; "" for none
    condition  what the phone must have set or be, in words; may be ""
    sources    where it is known from (see preset_data)
    uncertain  True when sources disagree or only one shows it
    """

    __slots__ = (
        "key",
        "vendor",
        "action",
        "event",
        "subscription_state",
        "contact",
        "headers",
        "body",
        "condition",
        "sources",
        "uncertain",
    )

    def __init__(
        self,
        key: str,
        vendor: str,
        action: str,
        event: str,
        subscription_state: str = TERMINATED,
        contact: str = SERVER_CONTACT,
        headers: Sequence[Tuple[str, str]] = (),
        body: str = "",
        condition: str = "",
        sources: Sequence[str] = (),
        uncertain: bool = False,
    ) -> None:
        self.key = key
        self.vendor = vendor
        self.action = action
        self.event = event
        self.subscription_state = subscription_state
        self.contact = contact
        self.headers = headers
        self.body = body
        self.condition = condition
        self.sources = sources
        self.uncertain = uncertain

    @property
    def needs_call_id(self) -> bool:
        """True when the body names the Call-ID of the phone's registration, so that only a looked-up contact will do."""
        return "%(call_id)s" in self.body

    def but(self, **fields: Any) -> "Preset":
        """The same with other fields."""
        return Preset(**dict({name: getattr(self, name) for name in self.__slots__}, **fields))

    def __repr__(self) -> str:
        return f"Preset({self.key!r})"


_ALL = {key: Preset(key=key, **fields) for key, fields in PRESETS.items()}


def find(key: str) -> Optional[Preset]:
    """The Preset of that key, or None. Case does not matter, nor whether it is written with - or _."""
    key = key.strip().lower().replace("-", "_")
    return _ALL.get(ALIASES.get(key, key))


def nearest(key: str) -> List[str]:
    """Up to three preset keys most like ``key``, for error messages."""
    return get_close_matches(key.strip().lower().replace("-", "_"), sorted(list(_ALL) + list(ALIASES)), n=3, cutoff=0.6)


def literal(event: str) -> Preset:
    """A Preset of any Event (RFC 6665) such as ``check-sync;reboot=true``; SipSyntaxError when it is none."""
    refuse_control_characters(f"the event {event!r}", event)
    event = event.strip()
    if not _EVENT.fullmatch(event):
        raise SipSyntaxError(
            f"{event!r} is neither a preset nor an Event",
            "An Event is a token with parameters, such as check-sync;reboot=true",
        )
    return Preset(event, "", LITERAL, event)


def resolve(event: Any) -> Preset:
    """The Preset of a key, or else of a literal Event.

    What looks like a misspelt key is UnknownPreset rather than an Event that no phone knows.
    """
    if not isinstance(event, str):
        raise SipSyntaxError(f"the event must be a string, not {type(event).__name__}")
    preset = find(event)
    if preset:
        return preset
    _refuse_misspelt(event)
    return literal(event)


def _refuse_misspelt(event: str) -> None:
    word = event.partition(";")[0].strip()
    if word.lower() == AUTO:
        raise SipSyntaxError("the event auto requires the User-Agent of a phone")
    preset = find(word)
    if preset and "_" in word:
        raise SipSyntaxError(
            f"the preset {preset.key} has no parameters",
            f"Set event_parameters, or write the Event itself: {preset.event};...",
        )
    flat = word.lower().replace("-", "_")
    if word.startswith(_VENDOR_PREFIXES) or get_close_matches(flat, list(_ALL), n=1, cutoff=0.85):
        raise UnknownPreset(event, nearest(word))
    # check_sync for check-sync
    if word not in _EVENTS and flat in _EVENTS_FLAT:
        raise UnknownPreset(event, [_EVENTS_FLAT[flat]])


def match(user_agent: Optional[str], action: str = REBOOT) -> Optional[Preset]:
    """The Preset that makes the phone with this User-Agent do ``action`` ("reboot" or "check_cfg"); None for an unknown phone, and for
    what is no phone: see why_none.

    Where a vendor has no event for the action, the nearest that it has: the Preset's own ``action`` tells, see also fallback_note.
    """
    if action not in (REBOOT, CHECK_CFG):
        raise SipSyntaxError(f"there is no action {action!r}", "Use reboot or check_cfg")
    family = find_family(user_agent) if isinstance(user_agent, str) else None
    if family is None or find_other(user_agent):
        return None
    return _ALL[family.reboot if action == REBOOT else family.check_cfg]


def why_none(user_agent: Optional[str], action: str = REBOOT) -> Optional[str]:
    """Why match() knows nothing for this User-Agent (str): what is to be told to the user, and the way out."""
    what = find_other(user_agent) if isinstance(user_agent, str) else None
    if what:
        return f"event auto leaves a {what} alone ({user_agent!r}); give the Event to send to it all the same"
    does = {REBOOT: "reboots a phone", CHECK_CFG: "makes a phone check its configuration"}[action]
    return f"event auto does not know what {does} with the User-Agent {user_agent!r}; give the Event"


def choose(event: str, user_agent: Optional[str], action: str = REBOOT) -> Optional[Preset]:
    """The Preset for one phone: by its User-Agent when ``event`` is auto (None when unknown), else resolve(event)."""
    if isinstance(event, str) and event.strip().lower() == AUTO:
        return match(user_agent, action)
    return resolve(event)


class Changes:
    """What a task sends instead of what presets say, whatever the Event is.

    subscription_state: value of the header, LEFT_OUT for none, or None for that of the preset. contact_uri: URI for Contact, or
    None. event_parameters: mapping of further parameters of the Event. All are checked.
    """

    def __init__(
        self,
        subscription_state: Optional[str] = None,
        contact_uri: Optional[str] = None,
        event_parameters: Optional[Dict[str, Any]] = None,
    ) -> None:
        self._fields = {}
        if subscription_state is not None:
            self._fields["subscription_state"] = "" if subscription_state == LEFT_OUT else subscription_state
        if contact_uri is not None:
            self._fields["contact"] = f"<{contact_uri}>"
        self._parameters = event_parameters or {}
        self._applied: Dict[str, Preset] = {}

    def applied_to(self, preset: Preset) -> Preset:
        """The Preset with these changes; raises SipSyntaxError for parameters that its Event has already."""
        if not self._fields and not self._parameters:
            return preset
        if preset.key not in self._applied:
            event = with_parameters(preset.event, self._parameters)
            self._applied[preset.key] = preset.but(event=event, **self._fields)
        return self._applied[preset.key]


def fallback_note(preset: Preset, action: str) -> Optional[str]:
    """A sentence when ``preset`` (of match) does something else than ``action``, else ""."""
    if preset.action == action:
        return ""
    does = {
        CHECK_CFG: "makes the phone check its configuration, and reboot only where its settings say so",
        REBOOT: "reboots the phone, which then reads its configuration",
    }
    return f"{preset.key} stands in for {action}: it {does[preset.action]}"


@lru_cache(maxsize=4096)
def hint(preset: Preset, action: str, user_agent: Optional[str]) -> Optional[str]:
    """What a person should know about a preset that event auto chose for a phone: sentences, or None.

    A fleet has few different User-Agents: its phones share the text.
    """
    note = fallback_note(preset, action)
    return " ".join(filter(None, (note and f"{note}.", preset.condition, setup_hint(user_agent)))) or None


def headers_and_body(
    preset: Preset, contact: Any = None, body: Optional[str] = None
) -> Tuple[Dict[str, Any], Optional[str]]:
    """(headers, body) of the NOTIFY, to be merged with From, To and what the user adds.

    ``contact``: a location record (mapping; its ``call_id`` is used) or the Call-ID itself; wanted only when the preset
    needs it, then SipRequestError tells of a missing one. ``body`` replaces the preset's own (XML for aastra_xml).
    The headers are an OrderedDict; the body is "" when there is none.
    """
    headers = OrderedDict([("Event", preset.event)])
    for name, value in ((SUBSCRIPTION_STATE, preset.subscription_state), (CONTACT, preset.contact)):
        if value:
            headers[name] = value
    headers.update(preset.headers)
    if body is not None:
        return headers, body
    if preset.needs_call_id:
        return headers, preset.body % {"call_id": _registration_call_id(preset, contact)}
    return headers, preset.body


def _registration_call_id(preset: Preset, contact: Any) -> str:
    if hasattr(contact, "get"):
        contact = contact.get("call_id")
    if not contact:
        raise SipRequestError(
            f"the preset {preset.key} requires the Call-ID of the phone's registration",
            "Use aors or select instead of uris, so that the module looks up the registration",
        )
    # the phone chose it: it must not get to write further lines into our body
    refuse_control_characters("the Call-ID of the registration", contact)
    return str(contact)
