# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What phones require before they obey a NOTIFY: settings, and the account that they check if they ask for authentication.

The texts are shown to people: in hints of results, and on the page of the presets. Only what a source shows is here.
"""

from collections import namedtuple
from typing import Any, Sequence

# whether a phone answers a NOTIFY with a challenge (401)
BY_DEFAULT = "by default"
IF_SET = "if set"
UNKNOWN = "unknown"

# title         which phones, in words
# setup         what must be set on the phone, and what its settings change: sentences, "" where nothing is known
# challenges    BY_DEFAULT, IF_SET or UNKNOWN
# setting       the setting that decides it: follows "by default (" or "if ", "" for UNKNOWN
# account       the account that the phone checks then: follows "It checks", "" where no source shows it
# uncertain     True where no manual names the account, but others report it
# busy          SIP codes beside 486 and 600 by which the phone says that it is in a call, or not to be disturbed
# sources       keys of SOURCES, separated by blanks
Phone = namedtuple("Phone", "title setup challenges setting account uncertain busy sources")

# key → (title, link or "")
SOURCES = {
    # of presets, for several vendors
    "AST": (
        "Asterisk, pjsip_notify.conf.sample and res_pjsip_notify.c",
        "https://github.com/asterisk/asterisk/blob/master/configs/samples/pjsip_notify.conf.sample",
    ),
    "FS": (
        "FreeSWITCH, sofia_reg.c",
        "https://github.com/signalwire/freeswitch/blob/master/src/mod/endpoints/mod_sofia/sofia_reg.c",
    ),
    "FP": (
        "FusionPBX, event_notify",
        "https://github.com/fusionpbx/fusionpbx/blob/master/app/switch/resources/scripts/app/event_notify/index.lua",
    ),
    "RS": ("FreePBX, module restart", "https://github.com/FreePBX/restart"),
    "FX": ("A page about FreePBX 17", ""),
    "WZ": ("Wazo, provd plugins", "https://github.com/wazo-platform/wazo-provd-plugins"),
    "VD": ("The manual of the vendor", ""),
    "GEM": ("The gem opensips-mi", "https://rubygems.org/gems/opensips-mi"),
    # of phones
    "AASTRA": (
        "Aastra, IP Phone Release Notes 2.2",
        "http://www.manualsdir.com/manuals/42769/aastra-telecom-rev-06-rn-001029-00.html?page=96",
    ),
    "AUERSWALD": (
        "Auerswald, COMfortel D-series: unsolicited NOTIFY",
        "http://wiki.auerswald.de/doku.php?id=products:comfortel-d-series:d-100-200:developer:unsolicited_notify",
    ),
    "CISCO_ATA": ("Cisco ATA 191 and ATA 192 Administration Guide for Multiplatform Firmware, SIP Settings", ""),
    "CISCO_MPP": (
        "Cisco IP Phone 8800 Series Multiplatform Phones Administration Guide, SIP NOTIFY XML-Service",
        "https://manualshive.com/en/manual/cisco/8851/65565?page=71",
    ),
    "CISCO_RESYNC": (
        "Cisco IP Phone 6800 Series Multiplatform Phones Administration Guide, Resync From SIP",
        "https://www.easymanua.ls/cisco/ip-phone-6851/manual?p=182",
    ),
    "CISCO_SPA": (
        "Cisco SPA100 Series Administration Guide, Resync From SIP",
        "https://www.easymanua.ls/cisco/spa112/manual/105397?p=64",
    ),
    "GIGASET": (
        "Gigaset PRO, check-sync",
        "https://teamwork.gigaset.com/gigawiki/pages/viewpage.action?pageId=1348174511",
    ),
    "GRANDSTREAM": (
        "Grandstream GXV34x0 Administration Guide, SIP Realm used for Challenging INVITE & NOTIFY",
        "https://www.easymanua.ls/grandstream-networks/gxv34-0-series/manual/1345305?p=46",
    ),
    "LINKSYS": (
        "Cisco Small Business IP Telephony Devices Provisioning Guide, Enables",
        "https://www.manualowl.com/m/Linksys/SPA921/Manual/40160?page=53",
    ),
    "OBIHAI": (
        "Obihai, OBi Administration Guide, X_AcceptResync",
        "https://manualshive.com/en/manual/obihai/obi1062/3153653?page=192",
    ),
    "PANASONIC": (
        "Panasonic KX-UTG Administrator Guide, 2.4.5",
        "https://manualshive.com/en/manual/panasonic/kx-utg200/268466?page=54",
    ),
    "PATTON": (
        "Patton, SmartWare Software Configuration Guide, Notification",
        "http://phone.manualsonline.com/manuals/mfg/patton_electronics/smartnode_4110_series.html?p=620",
    ),
    "POLYCOM": (
        "Polycom, SoundPoint IP Administrator Guide, Request Validation",
        "https://azmanual.top/manuals/183764/polycom-version-14x-17.html?page=125",
    ),
    "SNOM": ("Snom, challenge_checksync", "https://service.snom.com/display/wiki/challenge_checksync"),
    "TECHNICOLOR": (
        "Technicolor TB30s SIP Administrator Guide, Reboot on Notify",
        "https://www.easymanua.ls/technicolor/tb30/manual?p=192",
    ),
    "YEALINK": (
        "Yealink, SIP-T5 Administrator's Guide, rebooting issues",
        "https://manualshive.com/en/manual/yealink/cp969/909068?page=779",
    ),
    "YEALINK_DND": (
        "Yealink, SIP-T2xP Administrator's Guide, features.dnd_refuse_code",
        "https://www.easymanua.ls/yealink/sip-t2xp/manual/592030?p=333",
    ),
    "YEALINK_TRUST": (
        "Yealink, SIP-T5 Administrator's Guide, Accept SIP Trust Server Only",
        "https://manualshive.com/en/manual/yealink/sip-t5-series/sip-t5-series_administrators-manual_3909785-497.html",
    ),
}

_LINE = "the user ID of its line (the Auth ID, if set) and the password of the line"
_RESYNC = "Auth Resync-Reboot"
_FROM_SIP = (
    "Provision Enable and Resync From SIP must be yes, as they are by default."
    " A resync waits until the lines are idle, at most Forced Resync Delay (4 hours by default)."
)
_WHITELIST = (
    "If the whitelist is on (sip whitelist: 1), the phone rejects a NOTIFY that comes from another server than its own."
)
_NO_TALK = "Not for the softphones Talk and Connect."


def _phone(
    title: str,
    setup: str = "",
    sources: str = "",
    challenges: str = UNKNOWN,
    setting: str = "",
    account: str = "",
    uncertain: bool = False,
    busy: Sequence[int] = (),
) -> Any:
    return Phone(title, setup, challenges, setting, account, uncertain, busy, sources)


# name of the family in vendors.py → Phone
PHONES = {
    "linksys_spa8000": _phone("Linksys SPA8000", _FROM_SIP, "LINKSYS", BY_DEFAULT, _RESYNC, _LINE, uncertain=True),
    "linksys": _phone("Linksys SPA and PAP2T", _FROM_SIP, "LINKSYS", BY_DEFAULT, _RESYNC, _LINE, uncertain=True),
    "sipura": _phone("Sipura SPA", _FROM_SIP, "LINKSYS", BY_DEFAULT, _RESYNC, _LINE, uncertain=True),
    "cisco_spa": _phone(
        "Cisco SPA, ATA 191 and ATA 192", _FROM_SIP, "CISCO_ATA CISCO_SPA LINKSYS", BY_DEFAULT, _RESYNC, _LINE
    ),
    "cisco_mpp": _phone(
        "Cisco 6800, 7800, 8800 and 9800 with multiplatform firmware (3PCC)",
        _FROM_SIP,
        "CISCO_MPP CISCO_RESYNC",
        BY_DEFAULT,
        _RESYNC,
        _LINE,
    ),
    "cisco_7940": _phone("Cisco 7940 and 7960 with SIP firmware"),
    "cisco_enterprise": _phone("Cisco 7800 and 8800 with enterprise firmware"),
    "obihai": _phone(
        "Obihai OBi",
        "X_AcceptResync must not be no. By default, it is yes without authentication.",
        "OBIHAI",
        IF_SET,
        "X_AcceptResync is yes with authentication",
        "AuthUserName and AuthPassword of its service",
        uncertain=True,
    ),
    "polycom": _phone(
        "Poly and Polycom VVX, Edge E, CCX, Trio and SoundPoint",
        "If voIpProt.SIP.requestValidation.x.method is source, the phone obeys only the servers of its registrations.",
        "POLYCOM",
        IF_SET,
        "voIpProt.SIP.requestValidation.x.method is digest or both, for the request NOTIFY",
        "reg.x.auth.userId and reg.x.auth.password of its line, in the realm PolycomSPIP by default",
    ),
    "snom": _phone(
        "Snom D-series, M-series and older",
        "",
        "SNOM",
        IF_SET,
        "challenge_checksync is on (challenge_reboot for the Event reboot)",
        "the user name and the password of its SIP identity",
    ),
    "yealink": _phone(
        "Yealink",
        "sip.notify_reboot_enable on the phone: 1 (the default) reboots on every check-sync, 0 only with reboot=true, 2 never."
        " If sip.trust_ctrl is 1, the phone obeys only its SIP server and its outbound proxy.",
        "YEALINK YEALINK_TRUST YEALINK_DND",
        busy=(480,),
    ),
    "grandstream": _phone(
        "Grandstream GRP, GXP, GXV, WP, DP and HT",
        "If Accept Incoming SIP from Proxy Only is set, the phone ignores requests that do not name its server.",
        "GRANDSTREAM",
        BY_DEFAULT,
        "Disable SIP NOTIFY Authentication, P4428",
        "the Authenticate ID and the password of its SIP account",
        uncertain=True,
    ),
    "gigaset": _phone(
        "Gigaset PRO",
        "The NOTIFY must name a SIP account of the phone. N610, N670 and N870 reboot from 2.52 on, with CheckSyncRebootEnabled."
        " N510 and N720 never reboot.",
        "GIGASET",
    ),
    "fanvil": _phone("Fanvil and LINKVIL"),
    "aastra": _phone("Aastra", _WHITELIST, "AASTRA"),
    "mitel": _phone("Mitel 6800 and 6900", _WHITELIST, "AASTRA"),
    "digium": _phone("Digium D-series"),
    "avaya": _phone("Avaya 1100, 1200 and J100"),
    "auerswald": _phone(
        "Auerswald COMfortel D-series",
        "/provisioning/sip/active must be set, and the server must be in the allowlist of the phone.",
        "AUERSWALD",
    ),
    "panasonic": _phone("Panasonic KX", "CFG_RESYNC_FROM_SIP must be the Event that is sent, check-sync.", "PANASONIC"),
    "htek": _phone("Htek"),
    "sangoma": _phone("Sangoma S-series and P-series", _NO_TALK),
    "audiocodes": _phone("AudioCodes 400HD"),
    "algo": _phone("Algo"),
    "cyberdata": _phone("CyberData"),
    "alcatel": _phone("Alcatel Temporis, IP and Myriad"),
    "patton": _phone(
        "Patton M-ATA",
        "The device requires 'notify check-sync accept'.",
        "PATTON",
        IF_SET,
        "Inbound Authentication is configured",
    ),
    "technicolor": _phone(
        "Thomson ST and Technicolor TB",
        "The manual sets sw_notify_autoprovision=1, AutoprovisionFlag=1, and AuthNotifyCheckSync to the address of the server.",
        "TECHNICOLOR",
    ),
    "vtech": _phone("VTech"),
    "bittel": _phone("Bittel"),
}


def authentication(phone: Any) -> str:
    """Whether a Phone asks for authentication, and what it checks then: sentences (str), "" if nothing is known."""
    if phone.challenges == UNKNOWN:
        return ""
    when = f"by default ({phone.setting})" if phone.challenges == BY_DEFAULT else f"if {phone.setting}"
    checks = f" It {'probably ' if phone.uncertain else ''}checks {phone.account}." if phone.account else ""
    return f"The phone asks for authentication {when}.{checks}"
