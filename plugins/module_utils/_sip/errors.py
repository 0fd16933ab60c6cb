# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Errors of the SIP half of the library.

All are ValueErrors: bad data was handed in, nothing has been sent.
"""

from typing import Iterable

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError


class SipError(OpensipsError, ValueError):
    """What was given is no SIP, or none that can be sent."""


class SipSyntaxError(SipError):
    """A URI, a header, an Event or a body is not valid SIP."""

    remedy = "Correct what the message names."


class SipRequestError(SipError):
    """The request is valid SIP, but ``t_uac_dlg`` of OpenSIPS refuses it, or sends something else."""

    remedy = "Correct what the message names."


class UnknownPreset(SipError):
    """There is no NOTIFY preset of that name.

    ``name`` is what was asked for, ``nearest`` a list of the preset keys closest to it.
    """

    remedy = (
        "Use one of the nearest keys in the message, or see "
        ":ref:`ansible_collections.community.opensips.docsite.presets`."
    )

    def __init__(self, name: str, nearest: Iterable[str]) -> None:
        self.name = name
        self.nearest = list(nearest)
        hint = f"Did you mean {', '.join(self.nearest)}?" if self.nearest else ""
        super().__init__(f"there is no NOTIFY preset {name!r}", hint)
