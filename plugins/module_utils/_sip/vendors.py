# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Phone vendors: how a User-Agent names them, and which NOTIFY preset makes their phones reboot or look at their configuration.

The one table behind user_agent.py and presets.py. The order matters, the first match counts: SPA8000 before Linksys,
Cisco's SPA and MPP (3PCC) before its enterprise phones, Obihai before Poly.
"""

import re
from collections import namedtuple
from functools import lru_cache

# name      of the family, unique
# vendor    what results are counted by
# pattern   regex that finds the family in a User-Agent (any case)
# details   regex with the groups model and firmware (any case), "" when nothing is known
# reboot, check_cfg   preset keys for event=auto; both always there, the same where a vendor has only one of them
Family = namedtuple("Family", "name vendor pattern details reboot check_cfg")

# OpenSIPS keeps 255 characters in its table; more is nothing that a phone says, and would only cost time
MAX_LENGTH = 256

_NAME_MODEL_VERSION = r"%s[ /_-]+(?P<model>[\w+]+(?:-[\w+]+)*)[ /]+V?(?P<firmware>\d[\w.]*)"


def _same(key):
    return (key, key)


def _plain(name, pattern, presets, word=None):
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
        "^Cisco/SPA",
        r"Cisco/(?P<model>\w+)-(?P<firmware>[\w.()]+)",
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
    _plain("grandstream", "grandstream", ("grandstream_reboot", "grandstream_check_cfg"), r"Grandstream"),
    Family(
        "gigaset",
        "gigaset",
        r"gigaset|\bN510\b",
        r"\b(?:Gigaset[ -])?(?P<model>\w+(?:\s+IP)?(?:\s+PRO)?)\s*[/;]\s*(?P<firmware>\d[\d.]*)",
        "gigaset_reboot",
        "gigaset_check_cfg",
    ),
    _plain("fanvil", "fanvil", ("fanvil_reboot", "fanvil_check_cfg")),
    Family("aastra", "aastra", "aastra", _NAME_MODEL_VERSION % "Aastra", "aastra_reboot", "aastra_check_cfg"),
    Family("mitel", "mitel", "mitel", _NAME_MODEL_VERSION % "Mitel", "aastra_reboot", "aastra_check_cfg"),
    _plain("digium", "digium", _same("digium_check_cfg")),
    _plain("avaya", "avaya", _same("avaya_check_cfg")),
    _plain("panasonic", "panasonic", _same("panasonic_check_cfg")),
    _plain("htek", "htek", ("htek_reboot", "htek_check_cfg")),
    # its softphones Talk and Connect neither reboot nor have a configuration of their own
    _plain("sangoma", r"sangoma(?!.*(?:talk|connect))", ("sangoma_reboot", "sangoma_check_cfg")),
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


@lru_cache(maxsize=4096)
def find_family(user_agent):
    """The Family of a User-Agent, or None. A fleet has few different User-Agents, hence the cache."""
    for family in FAMILIES:
        if re.search(family.pattern, user_agent[:MAX_LENGTH], re.IGNORECASE):
            return family
    return None
