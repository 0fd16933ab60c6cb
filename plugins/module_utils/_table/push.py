# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Rows into a table: read what is needed, write the difference in one transaction, read it back before it counts."""

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, first_few
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._table import plan, schema
from ansible_collections.community.opensips.plugins.module_utils._table.columns import ComparedColumns
from ansible_collections.community.opensips.plugins.module_utils._table.database import CHUNK, TryAgain
from ansible_collections.community.opensips.plugins.module_utils._table.errors import (
    ChangedMeanwhile,
    CommitUnknown,
    DatabaseUnreachable,
    NotConverged,
    TableError,
)
from ansible_collections.community.opensips.plugins.module_utils._table.rows import Request
from ansible_collections.community.opensips.plugins.module_utils._table.tables import registry

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._table.database import Database
    from ansible_collections.community.opensips.plugins.module_utils._table.plan import Change, Plan

# How often a transaction is begun that loses a deadlock
_TRIES = 3
# Rows that one message lists
_SHOWN = 5


class Table:
    """A table of a database, its version checked.

    name: as the database calls it. schema: model.Table. columns: ComparedColumns. record: tables.record.Record.
    """

    def __init__(self, db: "Database", like: str, name: str) -> None:
        """like: the table of OpenSIPS' schema that it is one of. Raises UnknownSchema."""
        self.name = name
        self._db = db
        found, primary, self._indexes = db.describe(name)
        self.schema = schema.choose(like, db.table_version(name), [column.name for column in found])
        self.columns = ComparedColumns(self.schema, found, registry.SECRETS)
        self.record = registry.of(like)
        self._primary = [column for column in self.columns.all.values() if column.real_name in primary]

    def request(self, params: Dict[str, Any], rows: List[Dict[str, Any]]) -> Request:
        """The rows.Request for the user's rows. Raises BadParameters."""
        request = Request(self.schema, self.columns, params)
        request.add(rows)
        request.check_emptying()
        return request

    def compare(self, request: Request) -> "Plan":
        """The Plan, as the table is now. Nothing is locked."""
        with self._db.transaction(write=False):
            made = plan.make(request, self._read(request))
        refuse(request.option, plan.missing(request, made), "Nothing was written. Set the columns in these rows")
        refuse(request.option, request.refusals(made), "Nothing was written")
        return made

    def unknown_references(self, request: Request) -> List[str]:
        """What the user's rows name in other tables of the database and these do not have: list of str.

        Only where tables have the names that OpenSIPS gives them: of others nobody knows which belong together.
        """
        if self.name != self.schema.name:
            return []
        named: Dict[Any, Any] = {}
        for wanted in request.rows:
            for column, table, key, value in self.record.references(wanted.values):
                named.setdefault((table, key), {}).setdefault(value, (wanted.number, column))
        problems = []
        for (table, key), values in named.items():
            there = self._db.values(table, key, list(values))
            for value, (number, column) in values.items():
                if there is not None and value not in there:
                    problems.append(
                        (number, f"row {number}, column {column}: {table} has no row with {key}={printable(value)}")
                    )
        return [problem for _number, problem in sorted(problems)]

    def count(self, where: Optional[Dict[str, List[Any]]] = None) -> int:
        """How many rows the table has. where: {column: list of values}, or None: all."""
        real_names = {self.columns.all[name].real_name: values for name, values in (where or {}).items()}
        with self._db.transaction(write=False):
            return self._db.count(self.name, real_names)

    def reload_problems(self, made: "Plan") -> List[str]:
        """Why a server must not read the table as a Plan leaves it: list of str."""
        whole = self.record.whole
        return (
            [] if whole is None else whole.problems(self.rows_after(made, whole.columns.split()), self.schema.version)
        )

    def rows_after(self, made: "Plan", names: List[str]) -> List[Dict[str, Any]]:
        """The rows of the table as a Plan leaves them: canonical values of those columns of names that the table has."""
        columns = [self.columns.all[name] for name in names if name in self.columns.all]
        primary = self._primary or columns
        real = [column.real_name for column in [*primary, *columns]]
        rows: Dict[Any, Any] = {}
        with self._db.transaction(write=False):
            for row in self._db.select(self.name, real, {}, False):
                identity = dict(zip([column.real_name for column in primary], row))
                values = [column.stored(value) for column, value in zip(columns, row[len(primary) :])]
                rows[_key(identity)] = dict(zip([column.name for column in columns], values))
        for change in made.changes:
            if change.operation == plan.DELETE:
                rows.pop(_key(change.identity), None)
            elif change.operation == plan.UPDATE:
                rows[_key(change.identity)].update(change.written)
            elif change.operation == plan.INSERT:
                rows[change] = change.after
        return list(rows.values())

    def order(self) -> List[str]:
        """The columns of the primary key, as the database calls them; none if the table has no such key."""
        return [column.real_name for column in self._primary]

    def check_writable(self) -> None:
        """Raise a TableError when a transaction could not be undone."""
        self._db.check_transactional(self.name)

    def push(self, request: Request) -> "Plan":
        """Write the difference, all or nothing: the Plan that was carried out, with the identities of new rows. Raises TableError.

        CommitUnknown is the one after which it may have been written.
        """
        return push_together(self._db, [(self, request)])[0]

    def plan_locked(self, request: Request) -> "Plan":
        """The Plan inside of a transaction that writes: nobody else can change the rows any more. Raises TableError."""
        made = self.find_changes(request)
        _raise_meanwhile(plan.missing(request, made) or request.refusals(made))
        return made

    def undo(self, request: Request, made: "Plan") -> bool:
        """Take back the Plan that push() carried out: False if somebody has changed these rows since. Raises TableError."""
        with self._db.transaction(True, self.name):
            if self.find_changes(request.expecting(made)).changed:
                return False
            self._apply(made.inverse())
            if _operations(self.find_changes(request)) != _operations(made):
                raise NotConverged("The database did not keep the previous rows", "The new rows are there")
        return True

    def find_changes(self, request: Request) -> "Plan":
        """The Plan inside of a transaction that writes, whatever it is."""
        return plan.make(request, self._read(request, lock=True))

    def apply(self, request: Request, made: "Plan") -> None:
        """Write a Plan, and read it back. Inside of a transaction. Raises TableError."""
        self._apply(made)
        self._verify(request, made)

    # Reading

    def _read(self, request: Request, lock: bool = False) -> Dict[Tuple[Any, ...], List[plan.Stored]]:
        """The rows that matter: {key: list of plan.Stored}."""
        found: Dict[Any, Any] = {}
        scopes = list(request.scopes())
        seen: Optional[Set[Any]] = set() if not set(request.scope_columns()) <= set(request.match) else None
        names = request.columns_to_read()
        for conditions in scopes:
            self._collect(found, request, names, conditions, None, lock, seen)
        if not scopes or seen is not None:
            for keys, conditions in self._chunks(request.match, [wanted.key for wanted in request.rows]):
                self._collect(found, request, names, conditions, keys, lock, seen)
        return found

    def with_keys(self, match: List[str], keys: List[Tuple[Any, ...]], names: List[str]) -> Dict[Tuple[Any, ...], Any]:
        """The rows that have one of the keys: {key: {column: canonical value}}. Inside of a transaction.

        keys: tuples of values of the columns match. names: columns to read. MySQL takes letters of both cases for the same, and so
        does whoever asks it.
        """
        fold: Callable[[Any], Any] = str.lower if self._db.engine == "mysql" else str
        wanted = {tuple(map(fold, key)): key for key in keys}
        columns = [self.columns.all[name] for name in [*match, *names]]
        found: Dict[Tuple[Any, ...], Any] = {}
        for _keys, conditions in self._chunks(match, keys):
            where = {self.columns.all[name].real_name: values for name, values in conditions.items()}
            for row in self._db.select(self.name, [column.real_name for column in columns], where):
                values = [column.stored(value) for column, value in zip(columns, row)]
                key = wanted.get(tuple(map(fold, values[: len(match)])))
                if key is not None:
                    found[key] = dict(zip(names, values[len(match) :]))
        return found

    def _chunks(self, match: List[str], keys: List[Tuple[Any, ...]]) -> Any:
        """(set of keys, {column: values} that all of their rows have) until all keys were there."""
        # SQLite before 3.32 takes no more than 999 values in all
        size = CHUNK // len(match)
        if len(keys) > size and not self.finds(match, keys):
            # each chunk would read the whole table: rather once
            yield set(keys), _conditions(match, keys, size)
            return
        for start in range(0, len(keys), size):
            chunk = keys[start : start + size]
            yield set(chunk), _conditions(match, chunk, size)

    def finds(self, match: List[str], keys: Any) -> bool:
        """Whether an index of the table leads to few rows for each of keys, tuples of values of the columns match."""
        for names in self._indexes:
            places = []
            for name in names:
                column = self.columns.find(name)
                if column is None or column.name not in match:
                    break
                places.append(match.index(column.name))
            if places and 2 * len({tuple(key[place] for place in places) for key in keys}) >= len(keys):
                return True
        return False

    def _collect(
        self,
        found: Any,
        request: Request,
        names: List[str],
        conditions: Any,
        keys: Any,
        lock: bool,
        seen: Optional[Set[Tuple[Any, ...]]],
    ) -> None:
        """Add the rows under conditions to found, those of keys (None: all) that were not seen."""
        columns = [self.columns.all[name] for name in names]
        key_of = [names.index(name) for name in request.match]
        primary = self._primary or [self.columns.all[name] for name in request.match]
        real = [column.real_name for column in columns] + [column.real_name for column in primary]
        where = {self.columns.all[name].real_name: values for name, values in conditions.items()}
        # text that is text already needs no call
        readers = [(column.kind == "text", column.stored) for column in columns]
        for row in self._db.select(self.name, real, where, lock):
            values = [
                value if is_text and isinstance(value, str) else stored(value)
                for (is_text, stored), value in zip(readers, row)
            ]
            key = tuple(values[place] for place in key_of)
            if keys is not None and key not in keys:
                # a database may take letters of both cases for the same
                continue
            identity = row[len(columns) :]
            if seen is not None:
                if tuple(identity) in seen:
                    continue
                seen.add(tuple(identity))
            stored = plan.Stored(
                dict(zip(names, values)), dict(zip([column.real_name for column in primary], identity))
            )
            found.setdefault(key, []).append(stored)

    # Writing

    def _apply(self, made: "Plan") -> None:
        for identities in _grouped(made.of(plan.DELETE), lambda change: change.identity):
            self._db.delete(self.name, identities)
        for updates in _grouped(made.of(plan.UPDATE), self._update):
            columns = [name[4:] for name in updates[0] if name.startswith("set_")]
            identity = [name[3:] for name in updates[0] if name.startswith("is_")]
            self._db.update(self.name, columns, identity, updates)
        numbered: Set[Any] = set()
        for rows in _grouped(made.of(plan.INSERT), self._insert):
            self._db.insert(self.name, rows)
            numbered.update(
                column.real_name for column in self.columns.all.values() if column.auto and column.real_name in rows[0]
            )
        for column in numbered:
            self._db.follow_up(self.name, column)

    def _update(self, change: "Change") -> Dict[str, Any]:
        row = {f"set_{self.columns.all[name].real_name}": value for name, value in change.written.items()}
        row.update((f"is_{name}", value) for name, value in change.identity.items())
        return row

    def _insert(self, change: "Change") -> Dict[str, Any]:
        return {self.columns.all[name].real_name: value for name, value in change.after.items()}

    def _verify(self, request: Request, made: "Plan") -> None:
        """Read back. Raises NotConverged, which rolls everything back."""
        expected = request.expecting(made)
        again = plan.make(expected, self._read(expected))
        if again.changed:
            different = [self._difference(request, change) for change in again.changes if change.differs]
            raise NotConverged(
                f"The database did not keep what was written: {first_few(different, _SHOWN, more=' and {0} more')}",
                "Nothing was written: the transaction was rolled back. Check triggers, character sets and the SQL mode",
            )
        _identify(made, again)

    def _difference(self, request: Request, change: "Change") -> str:
        """How a row that was read back differs from what was written (str)."""
        label = request.label(change.key)
        if change.operation == plan.UPDATE:
            shown = [
                (name, self.columns.all[name].shown(change.before[name]), self.columns.all[name].shown(value))
                for name, value in sorted(change.written.items())
            ]
            return f"{label}: {', '.join(f'{name} is {there!r}, expected {wanted!r}' for name, there, wanted in shown)}"
        return f"{label} {'is not there' if change.operation == plan.INSERT else 'is still there'}"


def refuse(option: str, problems: List[str], hint: str) -> None:
    """Raise BadParameters if there are problems with the rows of an option."""
    if problems:
        raise BadParameters(f"{option}: {first_few(problems, _SHOWN, more=' and {0} more')}", hint)


def _raise_meanwhile(problems: List[str]) -> None:
    """Raise ChangedMeanwhile for problems that were not there before the tables were locked."""
    if problems:
        raise ChangedMeanwhile(
            f"Another session changed rows at the same time: {problems[0]}",
            "Nothing was written. Run the task again",
        )


def push_together(  # type: ignore[return]  # the last try returns or raises
    db: "Database", pushes: "List[Tuple[Table, Request]]", check: "Callable[[List[Plan]], List[str]]" = lambda made: []
) -> "List[Plan]":
    """Write the differences of several tables, all or nothing: the Plans that were carried out. Raises TableError.

    CommitUnknown is the one after which they may have been written. check: says why the Plans must not be carried out (list of str).
    """
    names = [table.name for table, _request in pushes]
    for left in reversed(range(_TRIES)):
        try:
            with db.transaction(True, *names):
                # again, now that nobody else can change them
                made = [table.plan_locked(request) for table, request in pushes]
                _raise_meanwhile(check(made))
                for (table, request), its in zip(pushes, made):
                    table.apply(request, its)
            return made
        except TryAgain:
            if not left:
                raise
        except CommitUnknown as error:
            return _settle(db, pushes, made, error)


def _settle(
    db: "Database", pushes: "List[Tuple[Table, Request]]", made: "List[Plan]", error: CommitUnknown
) -> "List[Plan]":
    """The Plans made, if a COMMIT whose answer was lost (error) was carried out; else raises the TableError that is true."""
    try:
        db.reopen()
        with db.transaction(True, *[table.name for table, _request in pushes]):
            # under the lock, so that the lost connection does nothing any more
            found = [table.find_changes(request.expecting(its)) for (table, request), its in zip(pushes, made)]
    except TableError:
        raise error from None
    if not any(its.changed for its in found):
        for its, again in zip(made, found):
            _identify(its, again)
        return made
    if [_operations(its) for its in found] == [_operations(its) for its in made]:
        raise DatabaseUnreachable(
            error.message, "Nothing was written: the table was read again. Run the task again"
        ) from None
    raise error


def _operations(made: "Plan") -> List[str]:
    return [change.operation for change in made.changes]


def _key(identity: Dict[str, Any]) -> Tuple[Any, ...]:
    """What a Stored has to find its row again, as a key."""
    return tuple(sorted(identity.items()))


def _identify(made: "Plan", found: Any) -> None:
    """Give the new rows of a Plan the identities that a later Plan found."""
    identities = {change.number: change.identity for change in found.changes}
    for change in made.changes:
        if change.operation == plan.INSERT:
            change.identity = identities.get(change.number)


def _conditions(match: List[str], keys: List[Tuple[Any, ...]], size: int) -> Dict[str, List[Any]]:
    """{column: values} for those columns of the keys that have few values."""
    conditions = {}
    for place, name in enumerate(match):
        values = {key[place] for key in keys}
        if len(values) <= size:
            conditions[name] = sorted(values, key=lambda value: (value is not None, value))
    return conditions


def _grouped(changes: "List[Change]", make: "Callable[[Change], Dict[str, Any]]") -> Any:
    """Lists of what make() gives for each change, those with the same columns together."""
    groups: Dict[Any, Any] = {}
    for change in changes:
        row = make(change)
        groups.setdefault(tuple(row), []).append(row)
    return groups.values()
