# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Requests that well-formed bytes carry and that still hurt a server; refused whatever the caller passes."""

import re

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import RefusedRequest

_UAC_DLG = frozenset(("t_uac_dlg", "tm:uac_dlg"))
_HEADERS_POSITION = 4
# the server writes these itself and does not look for marks in them
_OWN = re.compile(r"(from|f|to|t|call-id|i|cseq)\s*:", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n|\\r\\n|\\n|\\r")


def refuse_harmful(name, params):
    """Raise RefusedRequest when the command name with params (as arranged for the server) would hurt it.

    t_uac_dlg: ``!!`` in a header stands for the server's own address; a lone ``!`` garbles the request on every version,
    and two of them crash 2.4, 3.6 and 4.0 (tm/mi.c, get_hfblock; seen on running servers).
    """
    if name not in _UAC_DLG or not params:
        return
    if isinstance(params, dict):
        headers = params.get("headers")
    else:
        headers = params[_HEADERS_POSITION] if len(params) > _HEADERS_POSITION else None
    if not isinstance(headers, str) or "!" not in headers:
        return
    for line in _LINE_END.split(headers):
        if "!" in line.replace("!!", "") and not _OWN.match(line):
            raise RefusedRequest(
                "A header holds a single '!' ({0!r}), which garbles the request or crashes the server".format(
                    line[:60]
                ),
                "Remove it; '!!' stands for the server's own address",
            )
