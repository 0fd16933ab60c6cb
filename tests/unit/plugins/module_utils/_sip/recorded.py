# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What phones wrote, out of the recorded exchanges: found by its looks, so that no reader is needed."""

import json
import re

from ansible_collections.community.opensips.tests.unit import wire


def _texts():
    for _version, _file, exchange in wire.all_exchanges():
        reply = exchange.get("reply")
        text = reply.get("body") if isinstance(reply, dict) else reply
        if isinstance(text, str):
            yield text


def recorded_contacts():
    """URIs of the contacts in all recorded replies."""
    found = set()
    for text in _texts():
        found.update(re.findall(r'"Contact":\s*"(sip:[^"\\]+)"', text))
        found.update(re.findall(r"Contact:: (sip:\S+?)(?: Q=|\n)", text))
    return sorted(found)


def recorded_messages():
    """Header blocks of the phones' answers to t_uac_dlg, as JSON-RPC servers pass them on."""
    found = []
    for text in _texts():
        if text.startswith("{") and '"Message":"Via:' in text:
            found.append(json.loads(text)["result"]["Message"])
    return found


def recorded_user_agents():
    """User-Agents of the contacts in all recorded replies."""
    found = set()
    for text in _texts():
        found.update(re.findall(r'"User-agent":\s*"([^"\\]+)"', text))
        found.update(re.findall(r"User-agent:: (.+)\n", text))
    return sorted(found)
