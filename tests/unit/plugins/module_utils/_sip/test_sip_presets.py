# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from collections import OrderedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._sip import presets
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import (
    SipRequestError,
    SipSyntaxError,
    UnknownPreset,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.preset_data import PRESETS
from ansible_collections.community.opensips.plugins.module_utils._sip.request import (
    uac_dlg_params,
    with_defaults,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.vendors import FAMILIES
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._sip.recorded import recorded_user_agents

ALL = {key: presets.find(key) for key in PRESETS}
GEM_KEYS = (
    "aastra_check_cfg aastra_xml digium_check_cfg linksys_cold_restart linksys_warm_restart polycom_check_cfg sipura_check_cfg"
    " sipura_get_report snom_check_cfg snom_reboot cisco_check_cfg avaya_check_cfg astra_check_cfg"
).split()


@pytest.mark.parametrize("key", GEM_KEYS)
def test_every_key_of_the_gem_works(key):
    assert presets.resolve(key).event


def test_keys_are_found_in_any_spelling():
    aastra = presets.find("aastra_check_cfg")
    assert presets.find("astra_check_cfg") is aastra
    assert presets.find(" Aastra-Check-Cfg ") is aastra
    assert presets.find("nokia_check_cfg") is None


@pytest.mark.parametrize("preset", ALL.values(), ids=lambda preset: preset.key)
def test_every_preset_makes_a_request_that_is_not_refused(preset):
    headers, body = presets.headers_and_body(preset, {"call_id": "0004f2-1@10.0.0.5"})
    headers = with_defaults(headers, {"From": "<sip:100@10.0.0.5>", "To": "<sip:100@10.0.0.5>"})
    params = uac_dlg_params("NOTIFY", "sip:100@10.0.0.5:5060", headers, body)
    assert "Event: %s\r\n" % preset.event in params["headers"]
    assert "%" not in params.get("body", "")
    assert preset.key == preset.key.lower() and "_" in preset.key and "-" not in preset.key
    # what it says of itself fits what it does
    assert not (preset.action == "check_cfg" and "reboot=true" in preset.event)
    assert presets.literal(preset.event).event == preset.event


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_has_presets_for_auto(family):
    everything = ALL
    for key in (family.reboot, family.check_cfg):
        assert everything[key].action in ("reboot", "check_cfg")
    # who has a preset that reboots uses it for that
    own = [
        preset
        for preset in everything.values()
        if preset.key.startswith(family.name + "_") and preset.action == "reboot"
    ]
    assert bool(own) <= (everything[family.reboot].action == "reboot")


def test_every_pattern_compiles_and_names_its_groups():
    for family in FAMILIES:
        assert set(re.compile(family.details).groupindex) == {"model", "firmware"}
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


@pytest.mark.parametrize(
    "user_agent, reboot, check_cfg",
    [
        ("Yealink SIP-T46U 108.86.0.20", "check-sync;reboot=true", "check-sync;reboot=false"),
        ("VP530P 23.70.0.40", "check-sync;reboot=true", "check-sync;reboot=false"),
        ("snom370/8.7.5.35", "check-sync;reboot=true", "check-sync;reboot=false"),
        ("PolycomVVX-VVX_411-UA/6.4.1.1234", "check-sync", "check-sync"),
        ("Polycom/6.4.4.4346 PolycomVVX-VVX_450-UA/6.4.4.4346", "check-sync", "check-sync"),
        ("Grandstream GXP2170 1.0.11.48", "check-sync;reboot=true", "resync"),
        ("Linksys/SPA8000-6.1.12", "check-sync", "check-sync"),
        ("Linksys/SPA942-6.1.5(a)", "reboot_now", "restart_now"),
        ("Linksys/PAP2T-5.1.6(LS)", "reboot_now", "restart_now"),
        ("Sipura/SPA841-3.1.4(a)", "reboot", "resync"),
        ("Cisco/SPA504G-7.6.2c", "reboot", "resync"),
        ("Cisco-CP-8841-3PCC/11.3.4_f0e2f0f1", "reboot_now", "resync"),
        ("Cisco-CP7960G/8.0", "check-sync", "check-sync"),
        ("Cisco-CP8841/12.5.1", "service-control", "service-control"),
        ("Aastra 6731i/3.3.1.4305", "check-sync;reboot=true", "check-sync"),
        ("Mitel 6867i/5.1.0.1024", "check-sync;reboot=true", "check-sync"),
        ("OBIHAI/OBi202-3.2.2.5921", "resync", "resync"),
        ("AUDC-IPPhone/2.2.16 (420HD-Rev1; 00908F123456)", "check-sync", "check-sync"),
        ("Fanvil X4 2.4.5", "check-sync;reboot=true", "check-sync"),
        ("N510 IP PRO/42.250.00.000.000", "check-sync;reboot=true", "check-sync;reboot=false"),
        ("Htek UC926 V2.0.4.4.47", "check-sync;reboot=true", "resync"),
        ("Sangoma S500 V2.0.4.48", "check-sync;reboot=true", "check-sync;reboot=false"),
    ],
)
def test_auto_knows_the_phone(user_agent, reboot, check_cfg):
    for spelling in (user_agent, user_agent.lower()):
        assert presets.match(spelling).event == reboot
        assert presets.match(spelling, "check_cfg").event == check_cfg


@pytest.mark.parametrize(
    "user_agent",
    [
        "",
        "n/a",
        None,
        5,
        "ESCENE ES330",
        "OpenStage_60_V3 R5.5.0",
        "OpenScape Desk Phone CP600",
        "Sangoma Talk 1.2",
        "Sangoma Connect 3",
        "Asterisk PBX",
        "Algorithm/1",
    ],
)
def test_auto_leaves_the_unknown_alone(user_agent):
    assert presets.match(user_agent) is None
    assert presets.choose("auto", user_agent) is None


def test_recorded_phones_are_known():
    known = {agent for agent in recorded_user_agents() if presets.match(agent)}
    assert len(known) >= 6
    assert not any(
        re.search("yealink|grandstream|snom|polycom|spa504|3pcc", agent, re.I)
        for agent in set(recorded_user_agents()) - known
    )


def test_cisco_enterprise_phones_restart_to_read_and_reset_to_reboot():
    contact = {"call_id": "00082fb6-1@10.0.0.7"}
    headers, body = presets.headers_and_body(presets.match("Cisco-CP8841/12.5.1"), contact)
    assert headers == OrderedDict(
        [
            ("Event", "service-control"),
            ("Subscription-State", "active"),
            ("Contact", "<sip:!!>"),
            ("Content-Type", "text/plain"),
        ]
    )
    assert body.split("\r\n") == [
        "action=reset",
        "RegisterCallId={00082fb6-1@10.0.0.7}",
        "ConfigVersionStamp={0000000000000000}",
        "DialplanVersionStamp={0000000000000000}",
        "SoftkeyVersionStamp={0000000000000000}",
        "",
    ]
    dummy, body = presets.headers_and_body(presets.match("Cisco-CP8841/12.5.1", "check_cfg"), "abc")
    assert body.startswith("action=restart\r\nRegisterCallId={abc}\r\n")
    dummy, body = presets.headers_and_body(presets.find("cisco_enterprise_prt_report"), {"call_id": "abc"})
    assert body == "action=prt-report\r\nRegisterCallId={abc}\r\n"


@pytest.mark.parametrize("contact", [None, {}, {"call_id": None}, ""])
def test_a_missing_call_id_is_told(contact):
    with pytest.raises(SipRequestError, match="Call-ID of the phone's registration.*aors"):
        presets.headers_and_body(presets.find("cisco_enterprise_reset"), contact)


def test_a_phone_cannot_write_into_our_body_by_its_call_id():
    with pytest.raises(SipSyntaxError, match="Call-ID"):
        presets.headers_and_body(presets.find("cisco_enterprise_reset"), {"call_id": "a}\r\naction=x"})


def test_a_body_of_ones_own():
    headers, body = presets.headers_and_body(presets.find("aastra_xml"), None, "<AastraIPPhoneTextScreen/>")
    assert headers["Content-Type"] == "application/xml" and body == "<AastraIPPhoneTextScreen/>"
    assert presets.headers_and_body(presets.find("aastra_xml"))[1] == ""


@pytest.mark.parametrize(
    "event",
    [
        "check-sync",
        "check-sync;reboot=true",
        "aastra.winfo",
        'resync;profile="http://h/a;b"',
        "x;y=[::1]",
        "talk",
        "reboot_now",
        "avaya-cm-feature-status",
        "a ; b = c",
    ],
)
def test_literal_events(event):
    preset = presets.resolve(" %s " % event)
    assert (preset.event, preset.action, preset.vendor) == (event, "literal", "")
    headers = [("Event", event), ("Subscription-State", "terminated"), ("Contact", "<sip:!!>")]
    assert presets.headers_and_body(preset) == (OrderedDict(headers), "")


@pytest.mark.parametrize("event", ["", "check sync", "check-sync;", ";reboot", "a;b=", "a,b", 'a;b="c', "a;b=c d", "ä"])
def test_what_is_neither_a_preset_nor_an_event(event):
    with pytest.raises(SipSyntaxError, match="neither a preset nor an Event"):
        presets.resolve(event)


def test_an_event_with_a_line_end():
    with pytest.raises(SipSyntaxError, match="header injection"):
        presets.resolve("check-sync\r\nX-Evil: 1")


@pytest.mark.parametrize(
    "event, near",
    [
        ("snom_rebot", "snom_reboot"),
        ("polycom-chek-cfg", "polycom_check_cfg"),
        ("yealink_restart", "yealink_"),
        ("astra_chek_cfg", "a"),
        ("check_sync", "check-sync"),
        ("restart-now", "restart_now"),
    ],
)
def test_misspelt_keys_are_not_sent_as_events(event, near):
    with pytest.raises(UnknownPreset) as caught:
        presets.resolve(event)
    assert any(key.startswith(near) for key in caught.value.nearest)
    assert "Did you mean" in str(caught.value)


def test_a_key_takes_no_parameters():
    with pytest.raises(SipSyntaxError, match="has no parameters.*resync;"):
        presets.resolve('cisco_mpp_resync;profile="x"')


def test_auto_wants_a_user_agent():
    with pytest.raises(SipSyntaxError, match="User-Agent"):
        presets.resolve("auto")
    assert presets.choose(" AUTO ", "snom370/8.7.5.35").key == "snom_reboot"
    assert presets.choose("auto", "snom370/8.7.5.35", "check_cfg").key == "snom_check_cfg"
    assert presets.choose("talk", "snom370/8.7.5.35").event == "talk"
    with pytest.raises(SipSyntaxError, match="no action"):
        presets.match("snom370/8.7.5.35", "explode")


def test_fallbacks_are_said():
    assert presets.fallback_note(presets.match("snom370/8"), "reboot") == ""
    assert "polycom_check_cfg stands in for reboot" in presets.fallback_note(
        presets.match("PolycomVVX-VVX_411-UA/6"), "reboot"
    )
    assert "linksys_warm_restart stands in for check_cfg" in presets.fallback_note(
        presets.match("Linksys/SPA942-6", "check_cfg"), "check_cfg"
    )


@settings(deadline=None)
@given(st.text())
def test_any_event_resolves_or_is_told(event):
    try:
        headers, dummy = presets.headers_and_body(presets.resolve(event), "call-id")
        assert "\r" not in headers["Event"] and "\n" not in headers["Event"]
    except (SipSyntaxError, UnknownPreset):
        pass
