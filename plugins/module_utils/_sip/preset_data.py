# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The NOTIFY presets: what makes which phone reboot, look at its configuration, or report.

Sources, of the vendor as a whole: AST asterisk pjsip_notify.conf.sample, FS freeswitch sofia_reg.c, FP FusionPBX event_notify, RS FreePBX restart module,
WZ wazo-provd-plugins, FX a FreePBX 17 page, VD the vendor's own manual, GEM the gem opensips-mi.
``uncertain``: sources disagree, or only one shows it.
No NOTIFY event is known for Escene and Unify (OpenStage): there is none here.
"""

from typing import Any, Dict, Sequence, Tuple

CHECK_CFG = "check_cfg"
REBOOT = "reboot"
REPORT = "report"
PUSH = "push"

_SYNC = "check-sync"
_SYNC_NO_REBOOT = "check-sync;reboot=false"
_SYNC_REBOOT = "check-sync;reboot=true"

_CISCO_CALL_ID = "The phone compares RegisterCallId with the Call-ID of its own registration."

# Subscription-State of a NOTIFY that nobody subscribed to. RFC 6665 section 8.2 wants this header and Contact in each one. Asterisk
# sends this to every phone (AST: res_pjsip_notify.c), and FreeSWITCH terminated;reason=noresource (FS: traces of 1.4), both with a
# Contact. No phone is known that refuses either.
TERMINATED = "terminated"
# of the patches for Asterisk that serve the enterprise phones (WZ)
_ACTIVE = "active"

_TEXT = (("Content-Type", "text/plain"),)
_SERVICE_CONTROL_BODY = (
    "action=%s\r\nRegisterCallId={%%(call_id)s}\r\n"
    "ConfigVersionStamp={0000000000000000}\r\nDialplanVersionStamp={0000000000000000}\r\nSoftkeyVersionStamp={0000000000000000}\r\n"
)
_PRT_BODY = "action=prt-report\r\nRegisterCallId={%(call_id)s}\r\n"

# another spelling → key
ALIASES = {"astra_check_cfg": "aastra_check_cfg"}


def _preset(
    vendor: str,
    action: str,
    event: str,
    sources: str,
    condition: str = "",
    uncertain: bool = False,
    headers: Sequence[Tuple[str, str]] = (),
    body: str = "",
    subscription_state: str = TERMINATED,
) -> Dict[str, Any]:
    return {
        "vendor": vendor,
        "action": action,
        "event": event,
        "subscription_state": subscription_state,
        "sources": tuple(sources.split()),
        "condition": condition,
        "uncertain": uncertain,
        "headers": headers,
        "body": body,
    }


# key → fields of presets.Preset
PRESETS = {
    # the keys of the gem opensips-mi
    "aastra_check_cfg": _preset("aastra", CHECK_CFG, _SYNC, "AST FP GEM"),
    "aastra_xml": _preset(
        "aastra",
        PUSH,
        "aastra-xml",
        "AST VD GEM",
        "The phone requires 'sip xml notify event: 1'. The body is XML for the phone, or empty.",
        headers=(("Content-Type", "application/xml"),),
    ),
    "digium_check_cfg": _preset("digium", CHECK_CFG, _SYNC, "AST FP GEM"),
    "linksys_cold_restart": _preset(
        "linksys", REBOOT, "reboot_now", "AST FS GEM", "Not for the SPA8000, which requires check-sync."
    ),
    "linksys_warm_restart": _preset(
        "linksys", REBOOT, "restart_now", "AST FS GEM", "Not for the SPA8000, which requires check-sync."
    ),
    "polycom_check_cfg": _preset(
        "polycom",
        CHECK_CFG,
        _SYNC,
        "AST FP GEM",
        'Reboots when its configuration changed, or always with voIpProt.SIP.specialEvent.checkSync.alwaysReboot="1".',
    ),
    "sipura_check_cfg": _preset("sipura", CHECK_CFG, "resync", "AST FS RS GEM"),
    "sipura_get_report": _preset("sipura", REPORT, "report", "AST FS RS GEM"),
    "snom_check_cfg": _preset("snom", CHECK_CFG, _SYNC_NO_REBOOT, "AST FS WZ GEM"),
    "snom_reboot": _preset("snom", REBOOT, _SYNC_REBOOT, "AST FS WZ GEM"),
    "cisco_check_cfg": _preset("cisco", CHECK_CFG, _SYNC, "AST FS GEM", "For the 7940 and 7960 with SIP firmware."),
    "avaya_check_cfg": _preset("avaya", CHECK_CFG, _SYNC, "VD WZ GEM", "For the 11xx and 12xx."),
    # ours
    "aastra_reboot": _preset("aastra", REBOOT, _SYNC_REBOOT, "AST FP", uncertain=True),
    "linksys_spa8000_check_cfg": _preset("linksys", CHECK_CFG, _SYNC, "AST FS", "For the SPA8000."),
    "sipura_reboot": _preset("sipura", REBOOT, "reboot", "AST FS RS", uncertain=True),
    "cisco_mpp_resync": _preset(
        "cisco", CHECK_CFG, "resync", "VD", "event_parameters may name another profile, such as profile: URL."
    ),
    "cisco_mpp_reboot": _preset("cisco", REBOOT, "reboot_now", "VD"),
    "cisco_mpp_restart": _preset("cisco", REBOOT, "restart_now", "VD"),
    "cisco_mpp_report": _preset("cisco", REPORT, "report", "VD", uncertain=True),
    "cisco_enterprise_restart": _preset(
        "cisco",
        CHECK_CFG,
        "service-control",
        "FS VD WZ",
        f"Unregisters and reads its configuration again. {_CISCO_CALL_ID}",
        subscription_state=_ACTIVE,
        headers=_TEXT,
        body=_SERVICE_CONTROL_BODY % "restart",
    ),
    "cisco_enterprise_reset": _preset(
        "cisco",
        REBOOT,
        "service-control",
        "VD WZ",
        _CISCO_CALL_ID,
        subscription_state=_ACTIVE,
        headers=_TEXT,
        body=_SERVICE_CONTROL_BODY % "reset",
    ),
    "cisco_enterprise_prt_report": _preset(
        "cisco",
        REPORT,
        "service-control",
        "VD",
        f"Uploads a problem report to the address in its configuration. {_CISCO_CALL_ID}",
        subscription_state=_ACTIVE,
        headers=_TEXT,
        body=_PRT_BODY,
    ),
    "snom_reboot_legacy": _preset("snom", REBOOT, "reboot", "AST FS WZ", "For very old firmware only."),
    "yealink_check_cfg": _preset("yealink", CHECK_CFG, _SYNC_NO_REBOOT, "VD FS"),
    "yealink_reboot": _preset("yealink", REBOOT, _SYNC_REBOOT, "VD FS"),
    "grandstream_check_cfg": _preset(
        "grandstream",
        CHECK_CFG,
        "resync",
        "FP RS",
        "Sources disagree: see grandstream_check_sync.",
        uncertain=True,
    ),
    "grandstream_check_sync": _preset(
        "grandstream",
        CHECK_CFG,
        _SYNC,
        "FP RS",
        "Sources disagree: see grandstream_check_cfg.",
        uncertain=True,
    ),
    "grandstream_reboot": _preset("grandstream", REBOOT, _SYNC_REBOOT, "FP RS"),
    "gigaset_check_cfg": _preset("gigaset", CHECK_CFG, _SYNC_NO_REBOOT, "VD"),
    "gigaset_reboot": _preset("gigaset", REBOOT, _SYNC_REBOOT, "VD"),
    "fanvil_check_cfg": _preset("fanvil", CHECK_CFG, _SYNC, "FP FX", "Some models reboot on it."),
    "fanvil_reboot": _preset("fanvil", REBOOT, _SYNC_REBOOT, "FP FX"),
    "panasonic_check_cfg": _preset("panasonic", CHECK_CFG, _SYNC, "VD"),
    "auerswald_check_cfg": _preset("auerswald", CHECK_CFG, _SYNC, "VD", uncertain=True),
    "htek_check_cfg": _preset("htek", CHECK_CFG, "resync", "FP WZ", uncertain=True),
    "htek_reboot": _preset("htek", REBOOT, _SYNC_REBOOT, "FP WZ"),
    "sangoma_check_cfg": _preset("sangoma", CHECK_CFG, _SYNC_NO_REBOOT, "FX FP"),
    "sangoma_reboot": _preset("sangoma", REBOOT, _SYNC_REBOOT, "FX FP"),
    "obihai_check_cfg": _preset(
        "obihai", CHECK_CFG, "resync", "VD", "The phone reboots, and reads its configuration then."
    ),
    "audiocodes_check_cfg": _preset("audiocodes", CHECK_CFG, _SYNC, "RS VD"),
    "audiocodes_sbc_check_cfg": _preset(
        "audiocodes", CHECK_CFG, _SYNC_NO_REBOOT, "RS VD", "For the SBC, where it must be enabled."
    ),
    "algo_check_cfg": _preset("algo", CHECK_CFG, _SYNC, "FP RS"),
    "algo_reboot": _preset("algo", REBOOT, _SYNC_REBOOT, "FP RS"),
    "cyberdata_check_cfg": _preset("cyberdata", CHECK_CFG, _SYNC, "RS WZ"),
    "alcatel_check_cfg": _preset("alcatel", CHECK_CFG, _SYNC, "RS WZ"),
    "patton_check_cfg": _preset("patton", CHECK_CFG, _SYNC, "RS WZ"),
    "technicolor_check_cfg": _preset("technicolor", CHECK_CFG, _SYNC_NO_REBOOT, "VD"),
    "technicolor_reboot": _preset("technicolor", REBOOT, _SYNC_REBOOT, "VD"),
    "vtech_check_cfg": _preset("vtech", CHECK_CFG, _SYNC, "", uncertain=True),
    "bittel_check_cfg": _preset("bittel", CHECK_CFG, _SYNC_NO_REBOOT, "", uncertain=True),
    "bittel_reboot": _preset("bittel", REBOOT, _SYNC_REBOOT, "", uncertain=True),
}
