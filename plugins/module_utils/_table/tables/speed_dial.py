# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Short numbers that a user dials instead of a URI. Source: sdlookup.c of speeddial 2.4, 3.6, 4.0."""

from typing import Optional

from ansible_collections.community.opensips.plugins.module_utils._table import formats
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record

# The server copies it behind four bytes of a buffer of 256, and does not look at its length
_MOST = 251


def _new_uri(text: str) -> Optional[str]:
    if len(text.encode("utf-8", "replace")) > _MOST:
        return f"has more than the {_MOST} bytes that the server can hold"
    if text.lower().startswith("sips:"):
        return "begins with sips:, and the server would put sip: before it"
    return formats.gateway_address(text)


RECORD = Record(
    "speed_dial",
    match="username domain sd_domain sd_username",
    scope="domain",
    formats={"username": formats.not_empty, "sd_username": formats.not_empty, "new_uri": _new_uri},
    unseen="OpenSIPS reads it each time that it needs it",
)
