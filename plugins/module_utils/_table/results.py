# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a task returns of a plan: an entry for each row, counts and a diff, without secrets."""

from typing import TYPE_CHECKING, Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._table import columns, plan
from ansible_collections.community.opensips.plugins.module_utils._table.tables import registry

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._table.plan import Change, Plan
    from ansible_collections.community.opensips.plugins.module_utils._table.rows import Request

INSERTED, UPDATED, DELETED, UNCHANGED = "inserted", "updated", "deleted", "unchanged"
PLANNED, NOT_WRITTEN, UNKNOWN = "planned", "not_written", "unknown"
OUTCOMES = (INSERTED, UPDATED, DELETED, UNCHANGED, PLANNED, NOT_WRITTEN, UNKNOWN)

# The outcome of an operation that was carried out
_DONE = {plan.INSERT: INSERTED, plan.UPDATE: UPDATED, plan.DELETE: DELETED, plan.NONE: UNCHANGED}


def outcome_of(operation: str, stage: Optional[str]) -> str:
    """The outcome (one of OUTCOMES) of a row. stage: None when the plan was carried out, else PLANNED, NOT_WRITTEN or UNKNOWN."""
    return _DONE[operation] if stage is None or operation == plan.NONE else stage


def entries(request: "Request", made: "Plan", stage: Optional[str]) -> List[Dict[str, Any]]:
    """An entry (dict) for each plan.Change of made, in its order. stage: as for outcome_of()."""
    return [_entry(request, change, stage) for change in made.changes]


def summary(made: "Plan", stage: Optional[str]) -> Dict[str, Any]:
    """{total, outcomes: {outcome: number of rows}, operations: {operation: number of rows}}"""
    operations = made.counts()
    outcomes = dict.fromkeys(OUTCOMES, 0)
    for operation, count in operations.items():
        outcomes[outcome_of(operation, stage)] += count
    return {"total": len(made.changes), "outcomes": outcomes, "operations": operations}


def diff(request: "Request", made: "Plan") -> Dict[str, Dict[str, Any]]:
    """{before, after}: only what changes; of rows that are updated, the columns that are."""
    found: Dict[Any, Any] = {"before": {}, "after": {}}
    for change in made.changes:
        if change.operation == plan.NONE:
            continue
        label = request.label(change.key)
        if label in found["before"] or label in found["after"]:
            label += f" ({' '.join(f'{name}={value}' for name, value in change.identity.items())})"
        if change.operation == plan.UPDATE:
            written = change.written
            found["before"][label] = without_secrets(request, {name: change.before[name] for name in written})
            found["after"][label] = mark_secrets(change, without_secrets(request, written))
        elif change.operation == plan.INSERT:
            found["after"][label] = without_secrets(request, change.after)
        else:
            found["before"][label] = without_secrets(request, change.before)
    return found


def _entry(request: "Request", change: "Change", stage: Optional[str]) -> Dict[str, Any]:
    before, after = without_secrets(request, change.before), without_secrets(request, change.after)
    if change.operation == plan.UPDATE:
        mark_secrets(change, after)
    changed = change.operation != plan.NONE and stage != NOT_WRITTEN
    return {
        "row": change.number,
        "key": request.key_of(change.key),
        "operation": change.operation,
        "outcome": outcome_of(change.operation, stage),
        "changed": changed,
        "before": before,
        "after": before if stage == NOT_WRITTEN else after,
        "primary_key": change.identity,
        "verified": None,
        "error": None,
    }


def without_secrets(request: "Request", values: Optional[Dict[str, Any]]) -> Any:
    """Canonical values (dict by column, or None) as a result shows them."""
    if values is None:
        return None
    known = request.columns.all
    return {name: known[name].shown(value) for name, value in values.items()}


def mark_secrets(change: "Change", shown: Dict[str, Any]) -> Dict[str, Any]:
    """So that it shows that a secret changes, if not to what."""
    for name in change.written:
        if shown[name] == columns.HIDDEN and name in registry.SECRETS and change.before[name]:
            shown[name] = columns.HIDDEN_CHANGED
    return shown
