# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What phones want before they obey a NOTIFY: which setting, whether they ask for authentication, and with which account.

Texts are shown to people: in hints of results, and on the page of the presets. Only what a source shows is here.
"""

from collections import namedtuple

# whether a phone answers a NOTIFY with a challenge (401)
BY_DEFAULT = "by default"
IF_SET = "if set"
NEVER_SEEN = "not known"

# title         which phones, in words
# setup         what must be set on the phone (sentences), "" where nothing is known to be required
# challenges    BY_DEFAULT, IF_SET or NEVER_SEEN
# setting       the phone's setting that decides it, "" where none is known
# account       the account that it checks then: follows "the phone checks", "" where none is known
# uncertain     True where no manual names the account, but others report it
# busy          SIP codes beside 486 and 600 by which the phone says that it is in a call
# sources       keys of SOURCES
Phone = namedtuple("Phone", "title setup challenges setting account uncertain busy sources")

# what each code of a source stands for → (title, link or "")
SOURCES = {
    "CISCO_ATA": (
        "Cisco ATA 191 and ATA 192 Multiplatform Administration Guide: SIP Settings",
        "",
    ),
    "CISCO_MPP": (
        "Cisco IP Phone 8800 Series Multiplatform Phones Administration Guide: SIP NOTIFY XML-Service, SIP Settings",
        "https://manualshive.com/en/manual/cisco/8851/65565?page=71",
    ),
    "LINKSYS": (
        "Cisco Small Business IP Telephony Devices Provisioning Guide: Enables",
        "https://www.manualowl.com/m/Linksys/SPA921/Manual/40160?page=53",
    ),
    "SNOM_SYNC": ("Snom: challenge_checksync", "https://service.snom.com/display/wiki/challenge_checksync"),
    "POLYCOM_VALIDATION": (
        "Polycom UC Software 4.1.6, Administrator's Guide: voIpProt.SIP.requestValidation",
        "https://azmanual.top/manuals/183764/polycom-version-14x-17.html?page=125",
    ),
    "OBIHAI": (
        "Obihai, OBi Device Administration Guide: X_AcceptResync",
        "https://manualshive.com/en/manual/obihai/obi1062/3153653?page=192",
    ),
    "GRANDSTREAM": (
        "Grandstream GXV34x0 Administration Guide: SIP Realm used for Challenging INVITE & NOTIFY",
        "https://www.easymanua.ls/grandstream-networks/gxv34-0-series/manual/1345305?p=46",
    ),
}

_LINE = "the user ID of its line (the Auth ID, if set) and the password of the line"
_RESYNC = "Auth Resync-Reboot"

# name of the family in vendors.py → Phone
PHONES = {
    "cisco_spa": Phone("Cisco SPA and ATA", "", BY_DEFAULT, _RESYNC, _LINE, False, (), "CISCO_ATA LINKSYS"),
    "cisco_mpp": Phone("Cisco MPP", "", BY_DEFAULT, _RESYNC, _LINE, False, (), "CISCO_MPP"),
    "linksys": Phone("Linksys", "", BY_DEFAULT, _RESYNC, _LINE, True, (), "LINKSYS"),
    "linksys_spa8000": Phone("Linksys SPA8000", "", BY_DEFAULT, _RESYNC, _LINE, True, (), "LINKSYS"),
    "sipura": Phone("Sipura", "", BY_DEFAULT, _RESYNC, _LINE, True, (), "LINKSYS"),
    "snom": Phone(
        "Snom",
        "",
        IF_SET,
        "challenge_checksync",
        "the user name and the password of its SIP identity",
        False,
        (),
        "SNOM_SYNC",
    ),
    "polycom": Phone(
        "Poly and Polycom",
        "",
        IF_SET,
        "voIpProt.SIP.requestValidation.x.method",
        "the credentials of its line, reg.x.auth.userId and reg.x.auth.password",
        False,
        (),
        "POLYCOM_VALIDATION",
    ),
    "obihai": Phone(
        "Obihai",
        "",
        IF_SET,
        "X_AcceptResync",
        "AuthUserName and AuthPassword of its service",
        True,
        (),
        "OBIHAI",
    ),
    "grandstream": Phone(
        "Grandstream",
        "",
        BY_DEFAULT,
        "Disable SIP NOTIFY Authentication (P4428)",
        "the Authenticate ID and the password of its SIP account",
        True,
        (),
        "GRANDSTREAM",
    ),
}
