# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a phone reads from a NOTIFY, and what is wrong with it by RFC 6665. Written from the RFC, not from the collection."""

import re

from . import sip

STATES = ("active", "pending", "terminated")
_SPLIT = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')


def _value(text):
    """(word, {parameter: value}) of `word;a=b;c="d;e"`; a flag has the value True."""
    word, *parts = (part.strip() for part in _SPLIT.split(text))
    parameters = {}
    for part in parts:
        name, mark, value = part.partition("=")
        parameters[name.strip().lower()] = value.strip().strip('"') if mark else True
    return word, parameters


def parse(message):
    """{event, event_parameters, state, state_parameters, contact} of a NOTIFY: None, or {}, for what is not there."""
    event, event_parameters = _value(message.get("event", ""))
    state, state_parameters = _value(message.get("subscription-state", ""))
    contact = message.get("contact")
    return {
        "event": event or None,
        "event_parameters": event_parameters,
        "state": state.lower() or None,
        "state_parameters": state_parameters,
        "contact": contact and sip.name_addr(contact)[1],
    }


def code_of(message):
    """The code with which a phone that follows RFC 6665 refuses a NOTIFY, or None."""
    for name in ("event", "subscription-state", "contact"):
        values = [value for header, value in message.headers if sip.canonical(header) == name]
        if len(values) != 1:
            return 489 if name == "event" and not values else 400
    found = parse(message)
    uri = sip.parse_uri(found["contact"])
    if found["state"] not in STATES or uri is None or not uri.host or "!" in found["contact"]:
        return 400
    wrong = ("expires",) if found["state"] == "terminated" else ("reason", "retry-after")
    return 400 if any(name in found["state_parameters"] for name in wrong) else None
