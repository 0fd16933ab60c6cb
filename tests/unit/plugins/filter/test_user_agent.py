# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters user_agent and notify_event: they say what the modules say, of anything that a phone may have written."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.filter.notify_event import FilterModule as EventFilters
from ansible_collections.community.opensips.plugins.filter.user_agent import FilterModule as AgentFilters
from ansible_collections.community.opensips.plugins.module_utils._sip import presets

user_agent = AgentFilters().filters()["user_agent"]
notify_event = EventFilters().filters()["notify_event"]
YEALINK = "Yealink SIP-T46U 108.86.0.20"
WRONG = [5, True, ["snom"], {"user_agent": "snom"}]


def test_what_a_user_agent_says():
    assert user_agent(YEALINK) == {"vendor": "yealink", "model": "T46U", "firmware": "108.86.0.20"}
    assert user_agent("snom") == {"vendor": "snom", "model": "", "firmware": ""}
    for unknown in (None, "", "a phone"):
        assert user_agent(unknown) == {"vendor": "unknown", "model": "", "firmware": ""}


def test_the_event_of_each_action():
    reboot = notify_event(YEALINK)
    assert (reboot["preset"], reboot["event"]) == ("yealink_reboot", "check-sync;reboot=true")
    assert (reboot["action"], reboot["vendor"], reboot["reason"]) == ("reboot", "yealink", None)
    check = notify_event(YEALINK, action="check_cfg")
    assert (check["preset"], check["event"]) == ("yealink_check_cfg", "check-sync;reboot=false")
    stand_in = notify_event("PolycomVVX-VVX_411-UA/5.9.6")
    assert (stand_in["preset"], stand_in["action"]) == ("polycom_check_cfg", "check_cfg")
    assert "stands in for reboot" in stand_in["hint"]


@pytest.mark.parametrize(
    "text, vendor, reason",
    [
        ("a phone", "unknown", "does not know what reboots a phone with the User-Agent 'a phone'"),
        (None, "unknown", "does not know what reboots a phone"),
        ("Asterisk PBX 20", "unknown", "leaves a PBX alone"),
        ("evil\x1b[2J", "unknown", r"\x1b[2J"),
    ],
)
def test_no_event(text, vendor, reason):
    found = notify_event(text)
    assert found["vendor"] == vendor
    assert reason in found["reason"]
    assert [found[name] for name in ("preset", "event", "action", "hint")] == [None] * 4
    assert found["reason"].isprintable()


@pytest.mark.parametrize("wrong", WRONG)
def test_bad_input(wrong):
    with pytest.raises(AnsibleFilterError, match="^user_agent: the User-Agent must be text, not "):
        user_agent(wrong)
    with pytest.raises(AnsibleFilterError, match="^notify_event: the User-Agent must be text, not "):
        notify_event(wrong)
    with pytest.raises(AnsibleFilterError, match="^notify_event: there is no action .* Use reboot or check_cfg"):
        notify_event(YEALINK, wrong)


KNOWN = st.sampled_from([YEALINK, "snom", "Grandstream", "Cisco-CP-8845-3PCC/11", "Linksys/SPA", "Asterisk"])


@given(
    st.builds("{}{}{}".format, st.text(max_size=8), KNOWN | st.just(""), st.text(max_size=8)),
    st.sampled_from(["reboot", "check_cfg"]),
)
@settings(max_examples=100, deadline=None)
def test_any_user_agent(text, action):
    found = notify_event(text, action)
    assert found["vendor"] == user_agent(text)["vendor"]
    preset = presets.choose(presets.AUTO, text, action)
    # what the module sends
    assert found["preset"] == (preset and preset.key)
    assert (found["reason"] is None) is (preset is not None)
    assert (found["event"] is None) is (preset is None)
