# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""All findings in words."""

from typing import List, Sequence

from ansible_collections.community.opensips.plugins.module_utils._health.entry import OUTCOMES, Entry


def lines(entries: Sequence[Entry]) -> List[str]:
    """One line for each finding, the worst first, with what to do."""
    order = {outcome: -number for number, outcome in enumerate(OUTCOMES)}
    return [_line(entry) for entry in sorted(entries, key=lambda entry: order[entry["outcome"]])]


def _line(entry: Entry) -> str:
    subject = f" {entry['subject']}" if entry["subject"] else ""
    line = f"{entry['outcome'].upper()} {entry['name']}{subject}: {entry['message'].rstrip('.')}."
    return f"{line} What to do: {entry['hint'].rstrip('.')}." if entry["hint"] else line
