# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is rebooted by event auto, and who is left alone, by User-Agents as devices send them."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._sip import phone_data, presets
from ansible_collections.community.opensips.plugins.module_utils._sip.user_agent import parse_user_agent
from ansible_collections.community.opensips.plugins.module_utils._sip.vendors import (
    FAMILIES,
    authentication_hint,
    busy_codes,
    find_other,
)

# preset that reboots (or what comes nearest) → User-Agents
PHONES = {
    "yealink_reboot": [
        "Yealink SIP-T20P 9.73.0.50",
        "Yealink SIP-T27G 69.86.0.15",
        "Yealink SIP-T28P 2.71.14.4",
        "Yealink SIP-T46U 108.86.0.80",
        "Yealink SIP-T54W 96.86.0.100",
        "Yealink SIP-T58W 150.86.0.5",
        "Yealink SIP VP-T49G 51.80.0.100",
        "Yealink SIP-CP920 78.85.0.5",
        "Yealink W52P 25.81.0.10",
        "Yealink W60B 77.85.0.20",
        "Yealink W70B 146.85.0.37",
        "Yealink W80B 103.83.0.80",
        "Yealink SIP-T33G 124.86.0.75",
        "VP530P 23.70.0.40",
    ],
    "polycom_check_cfg": [
        "PolycomSoundPointIP-SPIP_550-UA/3.2.5.0589",
        "PolycomSoundStationIP-SPIP_6000-UA/3.0.4.0061",
        "PolycomVVX-VVX_411-UA/6.4.1.1234",
        "PolycomVVX-VVX_601-UA/6.4.3.2389",
        "Polycom/6.4.4.4346 PolycomVVX-VVX_450-UA/6.4.4.4346",
        "PolycomRealPresenceTrio-Trio_8800-UA/5.9.3.2857",
        "PolyEdge-Edge_E350-UA/8.0.1.2345",
        "PolyCCX-CCX_500-UA/7.2.1.0231",
    ],
    "snom_reboot": [
        "snom190/3.60x",
        "snom300/8.7.5.35",
        "snom370/8.7.5.35",
        "snom760/8.7.5.46",
        "snom821/873_19_20130321",
        "snomD785/10.1.64.14",
        "snomD865/10.1.169.16",
        "snomD140/10.1.127.10",
        "snomM300/05.20.0001 (MAC=000413123456; HW=1)",
        "snomM700/04.50.B14 (MAC=000413AABBCC; HW=2)",
        "snomPA1/8.7.3.19",
    ],
    "sipura_reboot": [
        "Cisco/SPA303-7.6.2c",
        "Cisco/SPA504G-7.6.2d",
        "Cisco/SPA525G2-7.6.2e",
        "Cisco/SPA112-1.4.1(SR5)",
        "Cisco/SPA122-1.3.5(004)",
        "Cisco/ATA191-MPP-11-1-0-MSR4",
        "Cisco/ATA192-12.0.1(SR3)",
        "Sipura/SPA2000-3.1.5",
        "Sipura/SPA841-3.1.4(a)",
    ],
    "linksys_cold_restart": [
        "Linksys/SPA941-5.1.8",
        "Linksys/SPA942-6.1.5(a)",
        "Linksys/SPA962-6.1.5(a)",
        "Linksys/PAP2T-5.1.6(LS)",
        "Linksys/SPA2102-5.2.10",
    ],
    "linksys_spa8000_check_cfg": ["Linksys/SPA8000-6.1.12"],
    "cisco_mpp_reboot": [
        "Cisco-CP-8841-3PCC/11.3.4_f0e2f0f1",
        "Cisco-CP-7841-3PCC/11.2.3_00a2b3c4d5e6",
        "Cisco-CP-6821-3PCC/12.0.1_a1b2c3d4e5f6",
    ],
    "cisco_check_cfg": ["Cisco-CP7960G/8.0", "Cisco-CP7940G/8.0", "CSCO/7 CP-7960/7.4"],
    "cisco_enterprise_reset": ["Cisco-CP8841/12.5.1", "Cisco-CP7841/14.1.1", "Cisco-CP7965G/9.4.2"],
    "grandstream_reboot": [
        "Grandstream BT200 1.2.5.3",
        "Grandstream GXP1625 1.0.7.6",
        "Grandstream GXP2170 1.0.11.62",
        "Grandstream GXP2140 1.0.9.135",
        "Grandstream GRP2614 1.0.5.48",
        "Grandstream GXV3275 1.0.3.220",
        "Grandstream DP750 1.0.11.5",
        "Grandstream HT801 1.0.33.4",
        "Grandstream HT814 1.0.31.2",
        "Grandstream HT-503  V1.1B 1.0.10.9",
        "Grandstream HT-502  V1.2A 1.0.5.10",
        "Grandstream WP820 1.0.3.8",
    ],
    "gigaset_reboot": [
        "Gigaset N510 IP PRO/42.250.00.000.000",
        "Gigaset N670 IP PRO/83.V2.39.0",
        "Gigaset N870 IP PRO/83.V2.11.0+build.9d5aa5d",
        "Gigaset C610 IP/42.207.00.000.000",
        "Gigaset DE410 IP PRO/02.00.13",
        "N510 IP PRO/42.245.00.000.000",
    ],
    "fanvil_reboot": [
        "Fanvil X3SP 2.10.2.3",
        "Fanvil X4 2.4.5",
        "Fanvil X6U 2.12.5.2",
        "Fanvil V65 2.12.2.2",
        "Fanvil i16V 2.8.12",
    ],
    "aastra_reboot": [
        "Aastra 6731i/3.3.1.4305",
        "Aastra 6757i/2.6.0.2019",
        "Aastra 57iCT/3.2.2.2044",
        "Mitel 6867i/5.1.0.1024",
        "Mitel 6930/5.1.0.3024",
        "Mitel 6863i/4.2.0.2023",
    ],
    "digium_check_cfg": ["Digium D40 1_4_0_0_57389", "Digium D65 2_9_9", "Digium D80 1_10_1"],
    "avaya_check_cfg": ["Avaya 1140E (04.04.33.00)", "Avaya J179 IP Phone 4.0.10.1", "Avaya one-X Deskphone 6.8.5"],
    "panasonic_check_cfg": ["Panasonic_KX-UT123/01.221", "Panasonic-KX-HDV130/08.003", "Panasonic_KX-TGP600/10.120"],
    "htek_reboot": ["Htek UC926 V2.0.4.4.47", "Htek UC924 V2.0.4.6.0", "Htek UC V20 V5.22.1.3"],
    "sangoma_reboot": ["Sangoma S500 2.0.4.60", "Sangoma S206 3.0.4.70", "Sangoma P330 4_6_1", "Sangoma P310 4_5_0"],
    "obihai_check_cfg": ["OBIHAI/OBi202-3.2.2.5921", "OBIHAI/OBi200-3.2.2.5921", "OBIHAI/OBi1032-5.1.11"],
    "audiocodes_check_cfg": [
        "AUDC-IPPhone/2.2.16 (420HD-Rev1; 00908F123456)",
        "AUDC-IPPhone-440HD_UC_2.0.13.120",
        "AUDC-IPPhone/3.4.2 (450HD-Rev0; 00908F9ABCDE)",
    ],
    "algo_reboot": ["Algo-8180/1.7.6", "Algo-8301/3.1.2", "Algo-8028/2.6.1"],
    "cyberdata_check_cfg": ["CyberData VoIP Intercom/10.1.2", "CyberData SIP Speaker/v20.3.0"],
    "alcatel_check_cfg": ["Alcatel IP2015 1.0.3", "Alcatel Temporis IP700G 1.4.2"],
    "patton_check_cfg": ["Patton M-ATA 3.3.2"],
    "technicolor_reboot": ["Thomson ST2030 hw5 fw2.74 00-18-F6-AA-BB-CC", "Technicolor TB30 fw2.80"],
    "vtech_check_cfg": ["VTech Vesa VSP726 2.1.4.0"],
    "bittel_reboot": ["Bittel HA9888 1.3.2"],
}

# what it is → User-Agents
OTHERS = {
    "softphone": [
        "Sangoma Windows Softphone 3.18.2",
        "Sangoma macOS Softphone 3.18.2",
        "Sangoma Talk 2.1.0",
        "Sangoma Connect 3.6.1",
        "Zoiper rv2.10.11.7",
        "Zoiper r42008",
        "Z 5.6.1 v2.10.20.4 Zoiper",
        "Bria 4 release 4.8.1 stamp 84929",
        "X-Lite release 5.8.3 stamp 98890",
        "eyeBeam release 1102q stamp 51814",
        "LinphoneAndroid/5.2.5 (Pixel 7) LinphoneSDK/5.3.47",
        "Linphone Desktop/4.4.2 (belle-sip/5.0.55)",
        "MicroSIP/3.21.3",
        "Jitsi2.10.5550Linux",
        "Blink Pro 4.6.0 (MacOSX)",
        "Twinkle/1.10.2",
        "baresip v1.1.0 (x86_64/linux)",
        "PhonerLite 3.15",
        "Ekiga/4.0.1",
        "CSipSimple_hammerhead-23/r2457",
        "Groundwire 6.9.3",
        "3CXPhone for Windows 15.0",
        "3CXPhone 6.0.26523.0",
        "Cisco-CSF/12.8",
        "Cisco Jabber/14.1",
        "Grandstream Wave 1.0.3.34",
        "Mitel MiCollab Client 9.4",
        "Avaya Communicator/3.0 (2.1.4.84; Avaya CSDK; Microsoft Windows NT 6.1)",
        "Avaya Workplace/3.25",
        "PolycomRealPresence Desktop/3.10.3",
        "Panasonic Mobile Softphone/2.0",
        "Telephone 1.4.5",
        "PJSUA v2.12 Linux-5.15/x86_64/glibc-2.31",
        "JsSIP 3.9.0",
        "SIP.js/0.20.0",
        "friendly-scanner",
    ],
    "PBX": [
        "Asterisk PBX 18.15.0",
        "FPBX-16.0.33(18.15.0)",
        "PBXact-16.0.21(18.9)",
        "FreeSWITCH-mod_sofia/1.10.7-release~64bit",
        "Mitel-3300-ICP 14.0.0.92",
        "Mitel MiVoice Business 9.4",
        "Aastra Intelligate",
        "Aastra 470 R4.1",
        "Switchvox-7.8",
        "Sangoma Switchvox 8.0",
        "Kamailio (5.7.2 (x86_64/linux))",
        "OpenSIPS (3.3.0 (x86_64/linux))",
        "3CXPhoneSystem 16.0.6.641",
        "IP Office 10.1.0.3.0 build 3",
        "Avaya CM/R018x.00.0.822.0",
        "Avaya Aura Communication Manager 8.1",
        "Alcatel-Lucent OmniPCX Enterprise R12.4",
        "Panasonic KX-NS1000 v004.21",
        "Panasonic-MPR08-NSX1000/001.020",
        "Grandstream UCM6202 1.0.20.38",
        "Gigaset T500 PRO/1.0",
        "Linksys/SPA9000-6.1.5",
        "Cisco-CUCM11.5",
        "Yeastar P560 37.10.0.30",
    ],
    "gateway": [
        "Sangoma Vega 50/11.0",
        "VEGA400/10.01.02.2xS028",
        "Cisco-SIPGateway/IOS-16.12.4",
        "Audiocodes-Sip-Gateway-Mediant 1000/v.5.80A.055.002",
        "Audiocodes-Sip-Gateway-MP-118 FXS_FXO/v.6.60A.265.010",
        "Grandstream GXW4104 1.4.1.4",
        "Grandstream GXW4216 1.0.5.12",
        "Patton SN4638 5BIS MxSF v3.2.8.57",
        "Patton SmartNode SN4112 JS EUI R6.T",
        "Technicolor TG789vac v2 Build 10.5.2",
        "Thomson TG784 Build 8.4.2.V",
        "Linksys/SPA3102-5.1.10(GW)",
        "Linksys/WRP400-2.00.10",
        "Cisco/SPA8800-6.1.7",
        "Digium G100 2.1",
        "AVM FRITZ!Box 7590 154.07.29",
    ],
    "session border controller": [
        "Sangoma SBC/2.3",
        "AudioCodes SBC 7.40A",
        "Mitel Border GW/4.7.0.60",
        "Oracle ESBC/8.4",
        "Avaya SBCE 8.1 ASBC",
        "Polycom DMA 7000/10.0",
    ],
}

# neither
UNKNOWN = ["3Com-SIP-Phone/V7.1.53.53", "OpenStage_60_V3 R5.5.0", "Wildix W-AIR 6.50", "n/a", "", None]


def test_there_are_enough_of_them():
    rows = [each for some in (PHONES, OTHERS) for texts in some.values() for each in texts] + UNKNOWN
    assert len(rows) >= 150 and len(set(rows)) == len(rows)


@pytest.mark.parametrize("user_agent, preset", [(each, key) for key, some in sorted(PHONES.items()) for each in some])
def test_phones_get_the_preset_of_their_vendor(user_agent, preset):
    assert find_other(user_agent) is None
    assert presets.choose("auto", user_agent, "reboot").key == preset


@pytest.mark.parametrize("user_agent, what", [(each, what) for what, some in sorted(OTHERS.items()) for each in some])
def test_what_is_no_phone_is_never_chosen_for(user_agent, what):
    assert find_other(user_agent) == what
    for action in ("reboot", "check_cfg"):
        assert presets.choose("auto", user_agent, action) is None
        assert presets.why_none(user_agent, action).startswith("event auto leaves a {0} alone".format(what))


@pytest.mark.parametrize("user_agent", UNKNOWN)
def test_unknown_ones_are_left_alone(user_agent):
    assert presets.choose("auto", user_agent, "reboot") is None
    assert "does not know what reboots a phone" in presets.why_none(user_agent)
    assert "check its configuration" in presets.why_none(user_agent, "check_cfg")


@pytest.mark.parametrize(
    "user_agent, model, firmware",
    [
        ("Gigaset N870 IP PRO/83.V2.11.0+build.9d5aa5d", "N870 IP PRO", "83.V2.11.0"),
        ("Gigaset N510 IP PRO/42.250.00.000.000", "N510 IP PRO", "42.250.00.000.000"),
        ("Htek UC V20 V5.22.1.3", "UC V20", "5.22.1.3"),
        ("Grandstream HT-503  V1.1B 1.0.10.9", "HT-503", "1.0.10.9"),
        ("Grandstream HT814 1.0.31.2", "HT814", "1.0.31.2"),
        ("Cisco/ATA191-MPP-11-1-0-MSR4", "ATA191", "MPP-11-1-0-MSR4"),
        ("Cisco/ATA192-12.0.1(SR3)", "ATA192", "12.0.1(SR3)"),
    ],
)
def test_model_and_firmware(user_agent, model, firmware):
    record = parse_user_agent(user_agent)
    assert (record["model"], record["firmware"]) == (model, firmware)


def test_the_hint_says_what_yealink_phones_do_by_default():
    assert "1 (the default) reboots on every check-sync" in presets.find("yealink_check_cfg").condition


@pytest.mark.parametrize(
    "user_agent, account, setting",
    [
        ("Cisco/SPA504G-7.6.2c", "checks the user ID of its line (the Auth ID, if set)", "Auth Resync-Reboot"),
        ("Cisco/ATA192-12.0.1(SR3)", "checks the user ID of its line", "Auth Resync-Reboot"),
        ("Cisco-CP-8841-3PCC/11.3.4_f0e2f0f1", "checks the user ID of its line", "Auth Resync-Reboot"),
        ("Linksys/PAP2T-5.1.6(LS)", "probably checks the user ID of its line", "Auth Resync-Reboot"),
        ("snomD785/10.1.64.14", "checks the user name and the password of its SIP identity", "challenge_checksync"),
        ("PolyEdge-Edge_E350-UA/8.0.1.2345", "reg.x.auth.userId", "voIpProt.SIP.requestValidation"),
        ("Grandstream HT801 1.0.33.4", "probably checks the Authenticate ID", "Disable SIP NOTIFY Authentication"),
    ],
)
def test_the_hint_says_which_account_a_phone_checks(user_agent, account, setting):
    hint = authentication_hint(user_agent)
    assert account in hint and setting in hint


@pytest.mark.parametrize("user_agent", ["Yealink SIP-T46U 108.86.0.80", "OpenStage_60_V3 R5.5.0", "", None])
def test_nothing_is_guessed_about_the_account_of_other_phones(user_agent):
    assert authentication_hint(user_agent) is None


def test_a_phone_in_a_call_is_busy_by_its_codes():
    for user_agent in ["OpenStage_60_V3 R5.5.0", None, *(each for some in PHONES.values() for each in some)]:
        assert busy_codes(user_agent) >= {486, 600}


def test_every_phone_of_the_data_is_a_family_and_has_known_sources():
    assert set(phone_data.PHONES) <= {family.name for family in FAMILIES}
    for phone in phone_data.PHONES.values():
        assert set(phone.sources.split()) <= set(phone_data.SOURCES), phone.title
        assert not phone.account or phone.setting, phone.title
