# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What to do about a SIP code with which a phone answered a request (RFC 3261 section 21, RFC 6665 for 489)."""

from typing import Optional

# about an AOR without a contact
UNREGISTERED = "Check the AOR, and whether its phone registers"

_AUTHENTICATION = "The phone asks for credentials: set the option credentials"
_NO_NOTIFY = "The phone does not support NOTIFY: use another way to reboot it"
_BUSY = "The phone is in a call: send again later"

_BY_CODE = {
    401: _AUTHENTICATION,
    403: "Allow NOTIFYs from the server in the phone's settings",
    404: "The phone does not know the user: its registration may be outdated, so wait until it registers again",
    405: _NO_NOTIFY,
    407: _AUTHENTICATION,
    408: "Check the phone's power, network and NAT",
    480: "The phone is not available at the moment: send again later",
    481: "The phone requires a subscription: allow unsolicited NOTIFYs in its settings",
    486: _BUSY,
    489: "The phone does not know this Event: choose another preset",
    501: _NO_NOTIFY,
    503: "The phone is overloaded or still starting: send again later",
    600: _BUSY,
}

# where a NOTIFY differs from other methods
_NOT_SUPPORTED = "The phone does not support {}: choose another method"
_OF_OTHERS = {
    403: "Allow {} from the server in the phone's settings",
    405: _NOT_SUPPORTED,
    481: "The phone takes {} only within a call or a subscription",
    489: "The phone does not know this Event: choose another one",
    501: _NOT_SUPPORTED,
}


def remedy(code: Optional[int], method: str = "NOTIFY") -> Optional[str]:
    """What to do about a code (int or None): a sentence (str), or None for a code that needs the phone's manual."""
    if code is None:
        return None
    if method != "NOTIFY" and code in _OF_OTHERS:
        return _OF_OTHERS[code].format(method)
    return _BY_CODE.get(code)
