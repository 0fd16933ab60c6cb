# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The options of opensips_notify that say what stands in headers of RFC 6665, and what contradicts them."""

from typing import Any, Dict, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._sip import presets
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError, SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import canonical
from ansible_collections.community.opensips.plugins.module_utils._sip.notification import (
    CONTACT,
    LEFT_OUT,
    SUBSCRIPTION_STATE,
    check_subscription_state,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import validate_uri

# header → the option that sets it
_OPTIONS = {"Event": "event", SUBSCRIPTION_STATE: "subscription_state", CONTACT: "contact_uri"}


def of(params: Dict[str, Any]) -> presets.Changes:
    """The Changes that the options ask for. params: mapping of options. Raises SipError or BadParameters that names the option."""
    _refuse_contradictions(params)
    if params["event_parameters"] and params["event"].strip().lower() == presets.AUTO:
        raise BadParameters(
            "event_parameters and event=auto are both set",
            "Set event to a preset or an Event, because parameters have a meaning for one vendor only",
        )
    return presets.Changes(
        _subscription_state(params["subscription_state"]),
        _contact_uri(params["contact_uri"]),
        params["event_parameters"],
    )


def _refuse_contradictions(params: Dict[str, Any]) -> None:
    """Refuse a header in headers that an option sets, too, and check what headers say themselves."""
    given = {canonical(name): value for name, value in params["headers"].items() if isinstance(name, str)}
    for header, option in _OPTIONS.items():
        value = given.get(header.lower())
        if value is None:
            continue
        if option == "event" or params[option] is not None:
            raise BadParameters(
                f"headers has {header}: {value}, and {option} is {params[option]}",
                f"Set {option}, and remove {header} from headers",
            )
        if header == SUBSCRIPTION_STATE and isinstance(value, str):
            check_subscription_state(value)


def _subscription_state(text: Optional[str]) -> Optional[str]:
    if text is None or text.strip().lower() == LEFT_OUT:
        return text and LEFT_OUT
    try:
        return check_subscription_state(text)
    except SipError as error:
        raise SipSyntaxError(f"subscription_state: {error.message}", error.hint) from error


def _contact_uri(text: Optional[str]) -> Optional[str]:
    if text is None:
        return None
    try:
        return validate_uri(text)
    except SipError as error:
        raise SipSyntaxError(f"contact_uri {text!r}: {error.message}", error.hint) from error
