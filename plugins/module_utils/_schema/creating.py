# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Making and upgrading the tables that a server needs: what is missing, the statements, and what the database has afterwards."""

import contextlib
from typing import Any, Dict, Iterable, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._schema import ddl, taken, upgrading
from ansible_collections.community.opensips.plugins.module_utils._schema.differences import Difference, differences
from ansible_collections.community.opensips.plugins.module_utils._schema.errors import SchemaError, WrongTables
from ansible_collections.community.opensips.plugins.module_utils._schema.found import (
    DatabaseTable,
    read_back,
    versions_of,
)
from ansible_collections.community.opensips.plugins.module_utils._schema.model import VERSION_TABLE, Table
from ansible_collections.community.opensips.plugins.module_utils._schema.upgrade import Upgrade

CREATED, UPGRADED, UNCHANGED, DIFFERS = "created", "upgraded", "unchanged", "differs"
PLANNED, NOT_MADE, NOT_UPGRADED, UNKNOWN = "planned", "not_created", "not_upgraded", "unknown"
OUTCOMES = (CREATED, UPGRADED, UNCHANGED, DIFFERS, PLANNED, NOT_MADE, NOT_UPGRADED, UNKNOWN)


class Change:
    """What becomes of one table.

    table: Table. found: DatabaseTable, None if the database has none. differences: list of Difference of the found one.
    statements: list of str that make or upgrade the table, empty if nothing is to be done. upgrade: Upgrade, or None. refusal: the
    SchemaError why the table cannot be made or upgraded, or None.
    """

    def __init__(self, dialect: str, table: Table, found: Optional[DatabaseTable], entered: Optional[int]) -> None:
        """entered: the version that the table version already has of it, or None."""
        self.table, self.found = table, found
        self.differences: List[Difference] = [] if found is None else differences(dialect, table, found)
        self.statements: List[str] = []
        if found is None:
            forget = [] if entered is None else [ddl.forget_version(table)]
            self.statements = forget + ddl.ddl(dialect, table)
        self.upgrade: Optional[Upgrade] = None
        self.refusal: Optional[SchemaError] = None

    def find_upgrade(self, connection: Any, choice: upgrading.Choice) -> None:
        """See what an upgrade of the found table would do."""
        if self.found is None or self.table.name == VERSION_TABLE:
            return
        try:
            self.upgrade = upgrading.plan_one(connection, self.found, self.table, choice)
        except SchemaError as error:
            self.refusal = error
        if self.upgrade is not None:
            self.statements = upgrading.statements(self.upgrade)

    def needed_names(self, dialect: str) -> List[str]:
        """The names (list of str) that must be free for the statements."""
        return taken.needed_names(dialect, self.table, self.found is not None) if self.is_needed else []

    @property
    def is_needed(self) -> bool:
        """Whether the table is to be made or upgraded."""
        return bool(self.statements)

    def problem(self) -> Optional[str]:
        """What keeps OpenSIPS from using the found table (str), None for nothing."""
        name, found = self.table.name, self.found
        if self.refusal is not None:
            return self.refusal.message
        if found is None or self.upgrade is not None:
            return None
        problems = [difference.problem for difference in self.differences if difference.problem is not None]
        if self.table.version is not None and found.version != self.table.version:
            has = "no version" if found.version is None else f"the version {found.version}"
            problems.insert(0, f"it has {has} in the table {VERSION_TABLE}, and OpenSIPS reads {self.table.version}")
        return f"{name}: {'; '.join(problems)}" if problems else None

    def outcome(self, stage: Optional[str]) -> str:
        """One of OUTCOMES. stage: None when the plan was carried out, else PLANNED, NOT_MADE or UNKNOWN."""
        if self.upgrade is not None:
            return {None: UPGRADED, NOT_MADE: NOT_UPGRADED}.get(stage, str(stage))
        if self.found is not None:
            return DIFFERS if self.differences or self.problem() else UNCHANGED
        return CREATED if stage is None else stage


class Plan:
    """What becomes of each table.

    changes: list of Change, in the order in which they are carried out. leftovers: names (list of str) of tables that an upgrade
    which did not come to its end has left.
    """

    def __init__(self, changes: List[Change]) -> None:
        self.changes = changes
        self.leftovers: List[str] = []

    @property
    def is_needed(self) -> bool:
        """Whether anything is to be made, upgraded or cleaned up."""
        return bool(self.leftovers) or any(change.is_needed for change in self.changes)

    @property
    def upgrades(self) -> List[Upgrade]:
        """The upgrades (list of Upgrade) that are to be carried out."""
        return [change.upgrade for change in self.changes if change.upgrade is not None]

    def problems(self) -> List[str]:
        """What keeps OpenSIPS from using the tables that are there (list of str)."""
        found = [change.problem() for change in self.changes]
        return [problem for problem in found if problem is not None]

    def statements(self) -> List[str]:
        """All statements (list of str)."""
        cleaning = [f"DROP TABLE {name}" for name in self.leftovers]
        return cleaning + [statement for change in self.changes for statement in change.statements]

    def text(self) -> str:
        """The statements as a script."""
        return "".join(f"{statement};\n" for statement in self.statements())


def plan(
    dialect: str, there: Dict[str, DatabaseTable], tables: Iterable[Table], entered: Optional[Dict[str, int]] = None
) -> Plan:
    """The Plan for tables. there: what read_back() found. entered: {table: version} of the table version."""
    known = entered or {}
    return Plan([Change(dialect, table, there.get(table.name), known.get(table.name)) for table in tables])


def plan_of(connection: Any, tables: Iterable[Table], choice: Optional[upgrading.Choice] = None) -> Plan:
    """The Plan for the tables of a database. connection: as for read_back(). choice: how to upgrade those that are older, None: not."""
    wanted = list(tables)
    versions = versions_of(connection)
    there = read_back(connection, [table.name for table in wanted], versions)
    planned = plan(connection.engine, there, wanted, versions)
    planned.leftovers = upgrading.leftovers(connection)
    if choice is not None:
        for change in planned.changes:
            change.find_upgrade(connection, choice)
    _find_taken(connection, planned)
    return planned


def _find_taken(connection: Any, planned: Plan) -> None:
    """Refuse what the database would refuse halfway: names that something else has, and a table version that is a view."""
    names = {change.table.name: change.needed_names(connection.engine) for change in planned.changes}
    there = taken.taken(connection, [name for needed in names.values() for name in needed])
    # tables that another session has made since they were read: the plan under the lock finds them
    late = [change.table.name for change in planned.changes if change.found is None and change.table.name in there]
    for name in read_back(connection, late, {}) if late else ():
        there.pop(name, None)
    for change in planned.changes:
        if change.refusal is None:
            change.refusal = taken.refusal(change.table, names[change.table.name], there)
    for change in planned.changes[:1]:
        if change.table.name == VERSION_TABLE and change.found is not None and planned.is_needed:
            change.refusal = taken.version_refusal(connection)


def make(connection: Any, planned: Plan) -> None:
    """Carry out a plan, and see whether the database has what it should. Raises WrongTables, and what the database raises.

    connection: as for read_back(), and has ``execute(statement)`` and ``stream(statement)``. An error must roll back its
    transaction. MySQL has none for tables: those that were made are dropped again.
    """
    done: List[Change] = []
    undo: List[str] = []
    try:
        for change in planned.changes:
            if change.upgrade is not None:
                continue
            for statement in change.statements:
                connection.execute(statement)
                undo += ddl.undo(change.table, statement)
            done += [change] * change.is_needed
        _check(connection, done)
        # the last: MySQL cannot go back behind it
        upgrading.apply(connection, planned.upgrades)
    except BaseException:
        if connection.engine == "mysql":
            # which leaves out nothing: the last statement has a transaction of its own
            _undo(connection, [*reversed(undo), "COMMIT"])
        raise


def _check(connection: Any, done: List[Change]) -> None:
    """Raise WrongTables if the database made tables that OpenSIPS cannot use, as one without space for its keys might."""
    again = plan_of(connection, [change.table for change in done])
    wrong = again.problems() + [f"{change.table.name} is missing" for change in again.changes if change.found is None]
    if wrong:
        raise WrongTables(f"The database made other tables than it was asked for: {', '.join(wrong)}")


def _undo(connection: Any, statements: Iterable[str]) -> None:
    """Undo what was made, as far as the database lets us."""
    for statement in statements:
        with contextlib.suppress(Exception):
            connection.execute(statement)


def summary(planned: Plan, stage: Optional[str]) -> Dict[str, Any]:
    """{total, outcomes: {outcome: number of tables}}. stage: as for Change.outcome()."""
    outcomes = dict.fromkeys(OUTCOMES, 0)
    for change in planned.changes:
        outcomes[change.outcome(stage)] += 1
    return {"total": len(planned.changes), "outcomes": outcomes}
