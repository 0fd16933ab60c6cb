# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The credentials of phones that ask for authentication, and which of them answers which challenge."""

from typing import TYPE_CHECKING, Optional, Sequence, Tuple

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
    from ansible_collections.community.opensips.plugins.module_utils._sip.digest import Challenge, Secret


class Credentials:
    """The accounts that a task has. It is complete before the run begins: choosing reads nothing."""

    def choose(self, target: "Target", challenges: "Sequence[Challenge]") -> "Optional[Tuple[Challenge, Secret]]":
        """The strongest of the challenges of a phone that there is a secret for, and that secret; None if there is none.

        The most specific entry counts for each realm: that of the AOR, then of the realm, then of the vendor, then the default.
        """
        raise NotImplementedError

    def reason(self, target: "Target", challenges: "Sequence[Challenge]") -> str:
        """Why choose() has nothing for these challenges (a clause, str): it names the realms that the phone asks for."""
        raise NotImplementedError
