# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether a task that tried all of its phones fails.

Phones that were named, by aors, uris or a mailbox, are each wanted: one that did not accept is a failure, unless max_failures
allows it. Of a selection some may be off: it fails if nobody accepted. Phones that nothing had to be sent to are no failures:
those that filters left out, that are already as wanted, or whose outcome an earlier run of the campaign has.
"""

from typing import Any, Optional

from ansible_collections.community.opensips.plugins.module_utils._fleet.stop_rule import Limit


def verdict(named: bool, failed: int, good: int, max_failures: Any = None) -> Optional[str]:
    """Why a task fails (str), or None.

    named: whether the options named the phones. failed: phones that did not accept in this run (int). good: phones that
    accepted, in this run or an earlier one, or had nothing to accept (int). max_failures: see Limit.
    """
    if not failed or not _is_failure(named, failed, good, Limit(max_failures)):
        return None
    if good:
        return f"{failed} of {failed + good} phones did not accept"
    return "The phone did not accept" if failed == 1 else f"None of {failed} phones accepted"


def _is_failure(named: bool, failed: int, good: int, limit: Any) -> bool:
    if not named:
        return not good
    if limit.given is None:
        return True
    return limit.is_exceeded(failed, failed + good) or not (good or limit.is_exact)
