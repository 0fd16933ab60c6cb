# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Phone vendors: how a User-Agent names them, and which NOTIFY preset makes their phones reboot or look at their configuration.

The one table behind user_agent.py and presets.py. The order matters, the first match counts: SPA8000 before Linksys,
Cisco's SPA and MPP (3PCC) before its enterprise phones, Obihai before Poly.

What registers beside phones, and is the same vendor's now and then, stands in a table of its own: whole sites hang on a
PBX, a gateway or a session border controller, and a softphone has no reboot.
"""

import re
from collections import namedtuple
from functools import lru_cache
from typing import Any, FrozenSet, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._sip.phone_data import PHONES

# name      of the family, unique
# vendor    what results are counted by
# pattern   regex that finds the family in a User-Agent (any case)
# details   regex with the groups model and firmware (any case), "" when nothing is known
# reboot, check_cfg   preset keys for event=auto; both always there, the same where a vendor has only one of them
Family = namedtuple("Family", "name vendor pattern details reboot check_cfg")

# OpenSIPS keeps 255 characters in its table; more is nothing that a phone says, and would only cost time
MAX_LENGTH = 256

_NAME_MODEL_VERSION = r"%s[ /_-]+(?P<model>[\w+]+(?:-[\w+]+)*)[ /]+V?(?P<firmware>\d[\w.]*)"


def _same(key: str) -> Tuple[str, str]:
    return (key, key)


def _plain(name: str, pattern: str, presets: Any, word: Optional[str] = None) -> Any:
    """A family whose vendor is its name and whose User-Agent is ``word MODEL FIRMWARE`` in some punctuation."""
    return Family(name, name, pattern, _NAME_MODEL_VERSION % (word or name), *presets)


FAMILIES = (
    Family(
        "linksys_spa8000",
        "linksys",
        "^Linksys/SPA8000",
        r"Linksys/(?P<model>SPA8000)-(?P<firmware>[\w.()]+)",
        *_same("linksys_spa8000_check_cfg"),
    ),
    Family(
        "linksys",
        "linksys",
        "^Linksys/",
        r"Linksys/(?P<model>\w+)-(?P<firmware>[\w.()]+)",
        "linksys_cold_restart",
        "linksys_warm_restart",
    ),
    Family(
        "sipura",
        "sipura",
        "^Sipura/SPA",
        r"Sipura/(?P<model>\w+)-(?P<firmware>[\w.()]+)",
        "sipura_reboot",
        "sipura_check_cfg",
    ),
    Family(
        "cisco_spa",
        "cisco",
        "^Cisco/(?:SPA|ATA19)",
        r"Cisco/(?P<model>\w+)-(?P<firmware>[\w.()-]+)",
        "sipura_reboot",
        "sipura_check_cfg",
    ),
    Family(
        "cisco_mpp",
        "cisco",
        r"Cisco-CP-\w+-3PCC",
        r"Cisco-(?P<model>CP-\w+)-3PCC/(?P<firmware>[^\s_/]+)",
        "cisco_mpp_reboot",
        "cisco_mpp_resync",
    ),
    Family(
        "cisco_7940",
        "cisco",
        "CP-?79[46]0G?",
        r"(?P<model>CP-?79[46]0G?)/(?P<firmware>[\w.]+)",
        *_same("cisco_check_cfg"),
    ),
    Family(
        "cisco_enterprise",
        "cisco",
        "Cisco-CP(?!.*3PCC)",
        r"Cisco-(?P<model>CP-?\w+)/(?P<firmware>[\w.]+)",
        "cisco_enterprise_reset",
        "cisco_enterprise_restart",
    ),
    Family(
        "obihai", "obihai", "OBIHAI/OBi", r"OBIHAI/(?P<model>OBi\w+)-(?P<firmware>[\w.]+)", *_same("obihai_check_cfg")
    ),
    Family(
        "polycom",
        "polycom",
        r"\bpoly",
        r"Poly\w*-(?P<model>[\w-]+?)-UA/(?P<firmware>\d[\d.]*)",
        *_same("polycom_check_cfg"),
    ),
    Family(
        "snom", "snom", r"\bsnom", r"snom[ -]?(?P<model>[\w+]+)/(?P<firmware>\d[\w.]*)", "snom_reboot", "snom_check_cfg"
    ),
    Family(
        "yealink",
        "yealink",
        "yealink|vp530p",
        r"(?<![\w-])(?:Yealink\s+(?:SIP-)?)?(?P<model>[\w-]+)\s+(?P<firmware>\d[\w.]*)",
        "yealink_reboot",
        "yealink_check_cfg",
    ),
    # the adapters of the HT series name the version of their hardware first
    Family(
        "grandstream",
        "grandstream",
        "grandstream",
        r"Grandstream[ /_-]+(?P<model>[\w+]+(?:-[\w+]+)*)[ /]+(?:V\d[\w.]*\s+)?V?(?P<firmware>\d[\w.]*)",
        "grandstream_reboot",
        "grandstream_check_cfg",
    ),
    Family(
        "gigaset",
        "gigaset",
        r"gigaset|\bN510\b",
        r"\b(?:Gigaset[ -])?(?P<model>\w+(?:\s+IP)?(?:\s+PRO)?)\s*[/;]\s*(?P<firmware>\d[\w.]*)",
        "gigaset_reboot",
        "gigaset_check_cfg",
    ),
    _plain("fanvil", "fanvil", ("fanvil_reboot", "fanvil_check_cfg")),
    Family("aastra", "aastra", "aastra", _NAME_MODEL_VERSION % "Aastra", "aastra_reboot", "aastra_check_cfg"),
    Family("mitel", "mitel", "mitel", _NAME_MODEL_VERSION % "Mitel", "aastra_reboot", "aastra_check_cfg"),
    _plain("digium", "digium", _same("digium_check_cfg")),
    _plain("avaya", "avaya", _same("avaya_check_cfg")),
    _plain("panasonic", "panasonic", _same("panasonic_check_cfg")),
    Family(
        "htek",
        "htek",
        "htek",
        r"Htek[ /_-]+(?P<model>UC V\d+|[\w+]+(?:-[\w+]+)*)[ /]+V?(?P<firmware>\d[\w.]*)",
        "htek_reboot",
        "htek_check_cfg",
    ),
    _plain("sangoma", "sangoma", ("sangoma_reboot", "sangoma_check_cfg")),
    Family(
        "audiocodes",
        "audiocodes",
        "AUDC-IPPhone",
        r"AUDC-IPPhone[-/](?:(?P<model>\d\w*?)_UC_)?(?P<firmware>\d[\d.]*)",
        *_same("audiocodes_check_cfg"),
    ),
    _plain("algo", r"\balgo\b", ("algo_reboot", "algo_check_cfg")),
    _plain("cyberdata", "cyberdata", _same("cyberdata_check_cfg")),
    _plain("alcatel", "^alcatel", _same("alcatel_check_cfg")),
    _plain("patton", "^patton", _same("patton_check_cfg")),
    _plain(
        "technicolor", "thomson|technicolor", ("technicolor_reboot", "technicolor_check_cfg"), "(?:Thomson|Technicolor)"
    ),
    _plain("vtech", "vtech", _same("vtech_check_cfg")),
    _plain("bittel", "bittel", ("bittel_reboot", "bittel_check_cfg")),
)


# what the device is → regex that finds it in a User-Agent (any case)
OTHERS = (
    (
        "PBX",
        r"asterisk|fpbx|freepbx|\b(?:ip-?)?pbx|pbxact|switchvox|freeswitch|mod_sofia|yeastar|mypbx|elastix|issabel|3cxphonesystem"
        r"|3cx phone system|kamailio|opensips|openser|ser \(|-icp\b|mivoice (?:business|office|mx|5000|connect)|mx-one"
        r"|intelligate|ascotel|aastra[ _-]*(?:400|415|430|470|a5000)\b|avaya[ _-]*(?:cm|aura|ip ?office|sipenablement)|^ip office"
        r"|omnipcx|\box[oe]_|cucm|broadworks|metaswitch|kx-(?:tde|tda|ncp|ns|hts)|mpr\d+-ns|\bucm ?6|gigaset t[35]00|spa9000"
        r"|starface|swyx|^innovaphone-?i?pva|nec-i |univerge|openscape|hipath",
    ),
    (
        "gateway",
        r"gateway|\bgxw|vega[ /_-]?\d|mediant|\bmp-?1\d\d|smartnode|patton[ _-]*sn|spa8800|spa400\b|spa3102|\bwrp?t?\d+|\bwag\d"
        r"|netborder|\bios-\d|\bt[cgd]\d{3}|fritz!?box|digium g[12]\d\d|speedport|mediatrix",
    ),
    (
        "session border controller",
        r"sbc\b|border|acme ?packet|\bmbg\b|sonus|ribbon|oracle|expressway|\bcube\b|tandberg/\d+ \([xc]|\bdma\b|\brmx",
    ),
    (
        "softphone",
        r"soft-?phone|desktop|windows|\bmac ?os|android|\biphone|\bios\b|\bmobile|sangoma[ _-]*(?:talk|connect)|zoiper|\bbria"
        r"|x-lite|eyebeam|counterpath|linphone|microsip|jitsi|\bblink\b|twinkle|baresip|phoner|ekiga|csipsimple|acrobits|groundwire"
        r"|3cx ?phone|jabber|cisco-csf|grandstream wave|\bgs ?wave|micollab|blustar|one-x agent|communicator|workplace|equinox"
        r"|^telephone\b|pjsua|pjsip|jssip|sip\.js|sipml5|webrtc|\bmizu|telepathy|sipp\b|sipsak|friendly-scanner",
    ),
)


@lru_cache(maxsize=4096)
def find_family(user_agent: str) -> Any:
    """The Family of a User-Agent, or None. A fleet has few different User-Agents, hence the cache."""
    for family in FAMILIES:
        if re.search(family.pattern, user_agent[:MAX_LENGTH], re.IGNORECASE):
            return family
    return None


@lru_cache(maxsize=4096)
def find_other(user_agent: str) -> Any:
    """What a device is that is no phone by its User-Agent ("softphone", "PBX", ...), or None."""
    for what, pattern in OTHERS:
        if re.search(pattern, user_agent[:MAX_LENGTH], re.IGNORECASE):
            return what
    return None


# RFC 3261 21.4.24 and 21.6.1
_BUSY_CODES = frozenset([486, 600])


def _find_phone(user_agent: Optional[str]) -> Any:
    """The entry of PHONES for a User-Agent, or None."""
    family = find_family(user_agent) if isinstance(user_agent, str) else None
    return PHONES.get(family.name) if family else None


def authentication_hint(user_agent: Optional[str]) -> Optional[str]:
    """Which account the phone checks if it answers a NOTIFY with a challenge: a sentence, or None where no source shows it."""
    phone = _find_phone(user_agent)
    if phone is None or not phone.account:
        return None
    checks = "probably checks" if phone.uncertain else "checks"
    return f"{phone.title}: the phone {checks} {phone.account}. Its setting for this is {phone.setting}"


def busy_codes(user_agent: Optional[str]) -> FrozenSet[int]:
    """The SIP codes with which a phone with this User-Agent says that it is in a call (frozenset of int)."""
    phone = _find_phone(user_agent)
    return _BUSY_CODES.union(phone.busy) if phone else _BUSY_CODES
