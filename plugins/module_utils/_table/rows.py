# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the user wants of a table: every row checked before anything is written."""

from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, NoReturn, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, first_few
from ansible_collections.community.opensips.plugins.module_utils._readers import row_file
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._table import passwords, plan
from ansible_collections.community.opensips.plugins.module_utils._table.tables import registry

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._schema.model import Table
    from ansible_collections.community.opensips.plugins.module_utils._table.columns import ComparedColumns
    from ansible_collections.community.opensips.plugins.module_utils._table.plan import Plan

# Errors that one message lists; the rest is counted
_SHOWN = 10
# ... up to so many, then nobody goes on looking
_ENOUGH = 5000


class Wanted:
    """One row of the user's list. number: its place, from 1 on. values: canonical values by column. key: those of the match columns.

    inserted: the whole new row, once it is known; each plan of the same request has it.
    """

    __slots__ = ("number", "values", "key", "inserted")

    def __init__(self, number: int, values: Dict[str, Any], key: Tuple[Any, ...]) -> None:
        self.number, self.values, self.key = number, values, key
        self.inserted: Optional[Dict[str, Any]] = None

    def for_row(self, _there: Optional[Dict[str, Any]]) -> Dict[str, Any]:
        """The values that its row must have. there: canonical values of the row that is there, None for a new one."""
        return self.values

    def columns(self) -> Iterable[str]:
        """Names of the columns that for_row() looks at or gives values of."""
        return self.values


class Request:
    """All that is wanted of one table.

    columns: columns.ComparedColumns. match: list of names of the key columns. scope: {column: [canonical values]} or {}. state: present,
    absent or exact. rows: list of Wanted. option: the one that the rows came from, for messages.
    """

    def __init__(self, schema: "Table", columns: "ComparedColumns", params: Dict[str, Any]) -> None:
        """params: dict with state, match, scope, store_password, rows_file. Raises BadParameters."""
        self.option = f"rows_file {params['rows_file']}" if params.get("rows_file") else "rows"
        self.schema = schema
        self.columns = columns
        self.state = params["state"]
        self._record = registry.of(schema.name)
        self.rows: List[Any] = []
        self._store = params["store_password"]
        self.match, self._optional = self._find_match(params["match"])
        self.scope = self._check_scope(params["scope"])

    def add(self, rows: List[Dict[str, Any]]) -> None:
        """Check the user's rows (list of dict) and take them over. Raises BadParameters that names rows and columns."""
        self.add_numbered(enumerate(rows, 1))

    def add_numbered(self, rows: Iterable[Tuple[int, Dict[str, Any]]]) -> None:
        """The same for rows of which each comes with its place in the user's list."""
        problems: List[Any] = []
        seen: Dict[Any, Any] = {}
        for number, row in rows:
            try:
                wanted = self._check_row(number, row)
            except _Wrong as error:
                problems.extend(f"row {number}, {problem}" for problem in error.args[0])
                if len(problems) > _ENOUGH:
                    break
                continue
            before = seen.setdefault(wanted.key, number)
            if before != number:
                problems.append(f"rows {before} and {number} have the same key, {self.label(wanted.key)}")
            self.rows.append(wanted)
        if problems:
            _raise_all(
                self.option,
                problems,
                f"Nothing was written. Correct them; the key columns are {', '.join(self.match)}",
            )

    def warnings(self) -> List[str]:
        """What a server may refuse of the rows, as its configuration says: list of str."""
        if self.state == "absent":
            return []
        return [f"row {wanted.number}, {text}" for wanted in self.rows for text in self._record.warnings(wanted.values)]

    def refusals(self, _made: "Plan") -> List[str]:
        """Why a Plan must not be carried out, beside what new rows lack: list of str."""
        return []

    def expecting(self, _made: "Plan") -> "Request":
        """The Request whose rows are those that the table has once the Plan is carried out."""
        return self

    def scopes(self) -> Iterator[Dict[str, List[Any]]]:
        """Conditions, {column: values}, under which all rows are read, whether the user lists them or not."""
        if self.state == "exact":
            yield self.scope

    def scope_columns(self) -> Iterable[str]:
        """The columns that decide on what is in scope."""
        return self.scope

    def operation_of_rest(self, values: Dict[str, Any]) -> Optional[str]:
        """What becomes of a row (canonical values by column) that the user does not list: DELETE, or None for nothing."""
        return plan.DELETE if self.state == "exact" and self.in_scope(values) else None

    def in_scope(self, values: Dict[str, Any]) -> bool:
        """Whether a row (canonical values by column) is one that state=exact may delete."""
        return all(values[name] in allowed for name, allowed in self.scope.items())

    def columns_to_read(self) -> List[str]:
        """The columns that have to be read: all where rows may go, else those that the rows name."""
        if self.state != "present":
            return list(self.columns.all)
        named = set(self.match)
        for wanted in self.rows:
            named.update(wanted.columns())
        return [name for name in self.columns.all if name in named]

    def label(self, key: Tuple[Any, ...]) -> str:
        """A key as a line of text, for messages and the diff."""
        shown = self.key_of(key)
        return " ".join(f"{name}={'NULL' if value is None else printable(str(value))}" for name, value in shown.items())

    def key_of(self, key: Tuple[Any, ...]) -> Dict[str, Any]:
        """A key as a dict for results."""
        return {name: self.columns.all[name].shown(value) for name, value in zip(self.match, key)}

    def _find_match(self, given: Optional[List[str]]) -> Tuple[List[str], List[str]]:
        optional: List[Any] = []
        if given is None:
            match, optional = registry.default_match(self.schema)
            if not match:
                raise BadParameters(
                    f"match is not set, and the table {self.schema.name} has no unique key",
                    f"Set it to the columns that identify a row. The table has {', '.join(self.columns.all)}",
                )
        else:
            match = given
            if not match:
                raise BadParameters("match is empty", "Set it to the columns that identify a row, or remove it")
        found = [self._column("match", name) for name in match]
        for name in found:
            if found.count(name) > 1:
                raise BadParameters(f"match names {name} twice", "Name each column once")
            if name in registry.SECRETS:
                raise BadParameters(f"match names {name}, which is secret", "Name other columns")
        return found, optional

    def _column(self, option: str, name: str) -> str:
        column = self.columns.find(name)
        if column is None:
            nearest = self.columns.nearest(name)
            raise BadParameters(
                f"{option}: the table {self.schema.name} has no column {name!r}",
                nearest[0].upper() + nearest[1:],
            )
        return column.name

    def _check_scope(self, scope: Optional[Dict[str, Any]]) -> Dict[str, List[Any]]:
        if self.state != "exact":
            if scope is not None:
                raise BadParameters(
                    f"scope is given with state={self.state}",
                    "Remove it. It limits what state=exact may delete",
                )
            return {}
        if scope is None:
            column = self._record.scope
            raise BadParameters(
                f"state=exact without scope would delete every other row of {self.schema.name}",
                f"Set scope{(f', such as {{{column}: 1}}' if column else '')}. An empty mapping, {{}}, is the whole table",
            )
        checked = {}
        for name, values in scope.items():
            column = self._column("scope", name)
            values = values if isinstance(values, list) else [values]
            if not values:
                raise BadParameters(f"scope: {column} is an empty list", "Write the values that are in the scope")
            try:
                checked[column] = [self.columns.all[column].check(value) for value in values]
            except ValueError as error:
                raise BadParameters(f"scope: column {column}: {error}", "Correct it") from None
        return checked

    def check_emptying(self) -> None:
        """Raise BadParameters when the whole table would be emptied."""
        if self.state == "exact" and not self.scope and not self.rows:
            raise BadParameters(
                f"{self.option} is empty and scope names no column: this would delete all rows of {self.schema.name}",
                "Set rows. To delete all rows on purpose, name a column in scope with all of its values",
            )

    def _check_row(self, number: int, row: Any) -> "Wanted":
        if not isinstance(row, dict):
            raise _Wrong(["is not a mapping of columns to values"])
        named, problems = self._named(row)
        # a row that no server takes can still be deleted
        if self.state != "absent":
            problems += self._record.problems(named, self.schema.version)
        problems += self._complete(named)
        if self.schema.name == "subscriber":
            try:
                named = self._subscriber(named)
            except ValueError as error:
                problems.append(f"column {error}")
        values = {}
        for name, value in named.items():
            try:
                values[name] = self.columns.all[name].check(value)
            except ValueError as error:
                problems.append(f"column {name}: {error}")
        for name, allowed in self.scope.items():
            if name in values and values[name] not in allowed:
                shown = self.columns.all[name].shown(values[name])
                problems.append(f"column {name}: {shown!r} is not in scope")
        if problems:
            raise _Wrong(problems)
        return self._wanted(number, values, tuple(values[name] for name in self.match))

    def _wanted(self, number: int, values: Dict[str, Any], key: Tuple[Any, ...]) -> "Wanted":
        return Wanted(number, values, key)

    def _complete(self, named: Dict[str, Any]) -> List[str]:
        """Add to a row what scope and defaults tell of it: list of str, what is missing still."""
        problems = []
        for name, values in self.scope.items():
            if name not in named and len(values) == 1:
                named[name] = values[0]
            elif name not in named:
                problems.append(f"column {name}: is missing, and scope names it")
        for name in self.match:
            if name not in named and name in self._optional:
                named[name] = self.columns.all[name].default
            elif name not in named and name not in self.scope:
                problems.append(f"column {name}: is missing, and match names it")
        return problems

    def _subscriber(self, named: Dict[str, Any]) -> Dict[str, Any]:
        if self.state == "absent":
            # nobody shall have to know the password of what is to be removed
            return {name: value for name, value in named.items() if name not in self._record.secrets}
        return passwords.expand(named, self.columns, self._store)

    def _named(self, row: Dict[str, Any]) -> Tuple[Dict[str, Any], List[str]]:
        """(the row with the names that the schema has, what is wrong with its names)"""
        named, problems = {}, []
        for name, value in row.items():
            column = self.columns.find(name)
            if column is None:
                shown = printable(str(name), most=60)
                problems.append(f"column {shown}: is not in the table, {self.columns.nearest(shown)}")
                if len(problems) > _ENOUGH:
                    break
            elif column.name in named:
                problems.append(f"column {column.name}: is given twice")
            else:
                named[column.name] = value
        return named, problems


class _Wrong(Exception):
    """A row is not right; args[0]: list of str."""


def _raise_all(option: str, problems: List[str], hint: Optional[str]) -> NoReturn:
    raise BadParameters(f"{option}: {first_few(problems, _SHOWN)}", hint)


def load(path: str) -> List[Dict[str, Any]]:
    """The rows in a file: list of dict. Raises BadParameters."""
    return row_file.load(path, "rows_file", row_file.NULLS)
