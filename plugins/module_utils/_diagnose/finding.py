# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One finding: an entry as those of _health, and what to do about it (hint: str, or None)."""

from typing import Any, Optional

from ansible_collections.community.opensips.plugins.module_utils._health.entry import OK, Entry, entry


def finding(
    name: str,
    subject: Optional[str],
    outcome: str,
    message: str,
    value: Any = None,
    limit: Any = None,
    hint: Optional[str] = None,
) -> Entry:
    """A finding as plain data. hint: dropped if there is nothing to do."""
    return dict(entry(name, subject, outcome, message, value, limit), hint=None if outcome == OK else hint)


def with_hint(found: Entry, hint: Optional[str]) -> Entry:
    """An entry of _health as a finding."""
    return dict(found, hint=None if found["outcome"] == OK else hint)
