# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a User-Agent says: vendor, model, firmware."""

import re
from typing import Dict, Optional

from ansible_collections.community.opensips.plugins.module_utils._sip.vendors import MAX_LENGTH, find_family

UNKNOWN = "unknown"


def parse_user_agent(user_agent: Optional[str]) -> Dict[str, str]:
    """{"vendor", "model", "firmware"}, all str: vendor "unknown" and the others "" where the text does not tell.

    Takes anything that a location table may hold, None included, and never raises.
    """
    result = {"vendor": UNKNOWN, "model": "", "firmware": ""}
    if not isinstance(user_agent, str):
        return result
    family = find_family(user_agent)
    if family is None:
        return result
    result["vendor"] = family.vendor
    match = re.search(family.details, user_agent[:MAX_LENGTH], re.IGNORECASE)
    if match:
        result["model"] = match.group("model") or ""
        result["firmware"] = match.group("firmware") or ""
    return result
