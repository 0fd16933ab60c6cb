# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether a running server has the rows of a table after a reload."""

import time
from typing import TYPE_CHECKING, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import first_few
from ansible_collections.community.opensips.plugins.module_utils._table.views import Finding, Pushed

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
    from ansible_collections.community.opensips.plugins.module_utils._table.plan import Change
    from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record

# Seconds until a server shows what it has reloaded
_SETTLE = 3.0
_PAUSE = 0.2
# Rows that one message lists
_SHOWN = 5


class Verification:
    """What is known of the rows.

    findings: list of views.Finding, one for each change of the plan. verified: True if the server has all rows, False if it
    lacks some, None if that is not known. reason: str, why it is not known, or None. problems: list of str, what it lacks.
    """

    def __init__(self, findings: "List[Finding]") -> None:
        self.findings = findings
        self.problems = [finding.message or "" for finding in findings if finding.verified is False]
        unknown = [finding.message or "" for finding in findings if finding.verified is None]
        self.reason = unknown[0] if unknown else None
        self.verified = False if self.problems else None if unknown else True

    def text(self) -> str:
        """The problems as one text."""
        return first_few(self.problems, _SHOWN)


def unknown(changes: "List[Change]", reason: Optional[str]) -> "Verification":
    """The Verification of rows of which nothing can be known. reason: a clause."""
    return Verification([Finding(None, reason)] * len(changes))


def verify(conn: "Connection", record: "Record", pushed: Pushed) -> "Verification":
    """The Verification of a table that was reloaded. Asks again for a few seconds while rows are missing.

    record: tables.record.Record. Raises what readers raise.
    """
    if record.view is None:
        return unknown(pushed.changes, record.unseen)
    deadline = time.monotonic() + _SETTLE
    while True:
        found = Verification(record.view.look(conn, pushed))
        if found.verified is not False or time.monotonic() > deadline:
            return found
        time.sleep(_PAUSE)
