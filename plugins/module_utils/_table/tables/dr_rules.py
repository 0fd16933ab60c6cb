# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Rules of drouting.

A server skips a rule with a prefix, a time or a group that it cannot read; of a list of gateways it drops those that it does
not know. Source: modules/drouting/dr_load.c, routing.c, prefix_tree.c of 1.11, 2.4, 3.6, 4.0.
"""

from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._table import formats, views
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record

# The table of 3.0 and before: extra_prefix_chars is of 3.1
_DIGITS_ONLY = 3


def _check(row: Dict[str, Any], version: Optional[int]) -> List[str]:
    prefix = row.get("prefix")
    if prefix is None:
        return []
    check = formats.digits if version is not None and version <= _DIGITS_ONLY else formats.printable_prefix
    problem = check(str(prefix))
    return [f"column prefix: {str(prefix)!r} {problem}"] if problem else []


def _warnings(row: Dict[str, Any]) -> List[str]:
    prefix = row.get("prefix")
    if prefix is None or formats.digits(str(prefix)) is None:
        return []
    return [
        f"column prefix: {str(prefix)!r} has other characters than digits. The server accepts only those in the parameter "
        "extra_prefix_chars of drouting"
    ]


def _references(row: Dict[str, Any]) -> List[Tuple[str, str, str, str]]:
    return [
        ("gwlist", "dr_carriers", "carrierid", name) if is_carrier else ("gwlist", "dr_gateways", "gwid", name)
        for is_carrier, name in formats.destination_ids(str(row.get("gwlist") or ""))
    ]


RECORD = Record(
    "dr_rules",
    match="groupid prefix",
    scope="groupid",
    formats={
        "groupid": formats.rule_groups,
        "timerec": formats.timerec,
        "gwlist": formats.destinations,
    },
    check=_check,
    checked="prefix",
    warnings=_warnings,
    references=_references,
    view=views.Rules(),
    note="If several rules have the same prefix, add C(timerec) or C(priority) to O(match).",
)
