# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The difference between the rows that are there and those that are wanted: the least that has to be written."""

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._table import columns
from ansible_collections.community.opensips.plugins.module_utils._table.errors import AmbiguousKey

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._table.rows import Request, Wanted

# What a row needs
INSERT, UPDATE, DELETE, NONE = "insert", "change", "delete", "none"
OPERATIONS = (INSERT, UPDATE, DELETE, NONE)


class Change:
    """What becomes of one row.

    operation: one of OPERATIONS. number: place in the user's list, None for a row that the user did not list. key: tuple.
    before, after: canonical values by column, None where there is no row. identity: {column: value} that finds the row.
    """

    __slots__ = ("operation", "number", "key", "before", "after", "identity")

    def __init__(
        self,
        operation: str,
        number: Optional[int],
        key: Tuple[Any, ...],
        before: Any,
        after: Any,
        identity: Any = None,
    ) -> None:
        self.operation, self.number, self.key = operation, number, key
        self.before, self.after, self.identity = before, after, identity

    @property
    def differs(self) -> bool:
        """Whether anything is written."""
        return self.operation != NONE

    @property
    def written(self) -> Dict[str, Any]:
        """Of an update, the values that change."""
        return {name: value for name, value in self.after.items() if self.before[name] != value}

    def inverse(self) -> "Change":
        """What takes it back."""
        operation = {INSERT: DELETE, DELETE: INSERT}.get(self.operation, self.operation)
        return Change(operation, self.number, self.key, self.after, self.before, self.identity)


class Plan:
    """The Changes, those of the user's rows first, in their order."""

    def __init__(self, changes: "List[Change]") -> None:
        self.changes = changes

    def of(self, operation: str) -> "List[Change]":
        return [change for change in self.changes if change.operation == operation]

    @property
    def changed(self) -> bool:
        return any(change.differs for change in self.changes)

    def inverse(self) -> "Plan":
        """What takes the changes back. Rows that are inserted again must have been read with all of their columns."""
        return Plan([change.inverse() for change in self.changes if change.differs])

    def counts(self) -> Dict[str, int]:
        """{operation: number of rows}"""
        counts = dict.fromkeys(OPERATIONS, 0)
        for change in self.changes:
            counts[change.operation] += 1
        return counts


class Stored:
    """A row of the database. values: canonical values by column. identity: {column: value} that finds it again."""

    __slots__ = ("values", "identity")

    def __init__(self, values: Dict[str, Any], identity: Optional[Dict[str, Any]]) -> None:
        self.values, self.identity = values, identity


def make(request: "Request", table: "Dict[Tuple[Any, ...], List[Stored]]") -> "Plan":
    """The Plan for a rows.Request. table: the Stored rows that are there, {key: list}. Raises AmbiguousKey."""
    changes = []
    rest = dict(table)
    for wanted in request.rows:
        there = rest.pop(wanted.key, ())
        if request.state == "absent":
            changes += [_deletion(wanted.number, wanted.key, row) for row in there] or [
                Change(NONE, wanted.number, wanted.key, None, None)
            ]
        elif not there:
            changes.append(_insertion(request, wanted))
        else:
            changes += _update(request, wanted, there)
    for key, there in rest.items():
        changes += _rest(request, key, there)
    return Plan(changes)


def _rest(request: "Request", key: Tuple[Any, ...], there: "List[Stored]") -> "List[Change]":
    """The changes of rows that the user does not list."""
    changes = []
    for row in there:
        operation = request.operation_of_rest(row.values)
        if operation == DELETE:
            changes.append(_deletion(None, key, row))
        elif operation == NONE:
            changes.append(Change(NONE, None, key, row.values, row.values, row.identity))
    return changes


def _update(request: "Request", wanted: "Wanted", there: "List[Stored]") -> "List[Change]":
    """The changes that leave one row of those with the wanted key, as it is wanted."""
    if len(there) > 1 and request.state == "present":
        raise AmbiguousKey(
            f"Row {wanted.number}: the table has {len(there)} rows with {request.label(wanted.key)}",
            "Add columns to match so that each row has its own key, or delete the surplus rows",
        )
    kept = there[0]
    if len(there) > 1:
        kept = min(there, key=lambda row: (_differs(wanted, row), not request.in_scope(row.values)))
    after = wanted.for_row(kept.values)
    operation = UPDATE if _differ(after, kept.values) else NONE
    # of 100,000 rows that are as wanted, one mapping each is enough
    before = {name: kept.values[name] for name in after} if operation == UPDATE else after
    surplus = [row for row in there if row is not kept and request.in_scope(row.values)]
    return [Change(operation, wanted.number, wanted.key, before, after, kept.identity)] + [
        _deletion(None, wanted.key, row) for row in surplus
    ]


def _differs(wanted: "Wanted", row: "Stored") -> bool:
    return _differ(wanted.for_row(row.values), row.values)


def _differ(values: Dict[str, Any], there: Dict[str, Any]) -> bool:
    """Whether one of the values is not the one that is there."""
    return any(there[name] != value for name, value in values.items())


def _deletion(number: Optional[int], key: Tuple[Any, ...], row: "Stored") -> "Change":
    return Change(DELETE, number, key, row.values, None, row.identity)


def _insertion(request: "Request", wanted: "Wanted") -> "Change":
    """A new row: the schema's defaults for what it leaves out."""
    if wanted.inserted is not None:
        return Change(INSERT, wanted.number, wanted.key, None, wanted.inserted)
    values = {}
    given = wanted.for_row(None)
    for column in request.columns.all.values():
        if column.name in given:
            values[column.name] = given[column.name]
        elif column.default is not columns.NOTHING:
            values[column.name] = column.default
    wanted.inserted = values
    return Change(INSERT, wanted.number, wanted.key, None, values)


def missing(request: "Request", plan: "Plan") -> List[str]:
    """What new rows lack: list of str, one for each column that has no default and is not given."""
    needed = [column.name for column in request.columns.all.values() if column.needed]
    return [
        f"row {change.number}, column {name}: is missing, and a new row requires it"
        for change in plan.of(INSERT)
        for name in needed
        if name not in change.after
    ]
