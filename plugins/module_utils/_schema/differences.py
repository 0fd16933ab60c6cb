# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What differs between the table that a database has and the one that OpenSIPS' scripts make."""

import re
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.community.opensips.plugins.module_utils._schema.found import (
    DatabaseColumn,
    DatabaseIndex,
    DatabaseTable,
    expected,
)
from ansible_collections.community.opensips.plugins.module_utils._schema.model import Table

COLUMN, PRIMARY_KEY, INDEX = "column", "primary_key", "index"

# Types that take each other's values
_FAMILIES = (
    ("text", re.compile(r"char|text|clob")),
    ("moment", re.compile(r"date|time")),
    ("number", re.compile(r"int|serial|float|double|real|numeric|decimal|bool")),
    ("bytes", re.compile(r"blob|bytea|binary")),
)


class Difference(NamedTuple):
    """One difference.

    kind: COLUMN, PRIMARY_KEY or INDEX. name: str. before: what the database has (dict, or list of names for a key), None if nothing.
    after: what it should have, None if nothing. problem: what OpenSIPS cannot do because of it (str), None if it does not matter.
    """

    kind: str
    name: str
    before: Any
    after: Any
    problem: Optional[str]

    def described(self) -> Dict[str, Any]:
        """The difference as plain data."""
        return {
            "kind": self.kind,
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "harmful": self.problem is not None,
        }


def differences(dialect: str, table: Table, found: DatabaseTable) -> List[Difference]:
    """What differs (list of Difference): columns, the primary key, indexes."""
    wanted = expected(dialect, table)
    differing = _columns(wanted, found)
    if [name.lower() for name in wanted.primary_key] != [name.lower() for name in found.primary_key]:
        differing.append(Difference(PRIMARY_KEY, PRIMARY_KEY, found.primary_key, wanted.primary_key, None))
    return differing + _indexes(wanted, found)


def _columns(wanted: DatabaseTable, found: DatabaseTable) -> List[Difference]:
    differing = []
    for key, column in wanted.columns.items():
        there = found.columns.get(key)
        before, after = _column(there), _column(column)
        if before != after:
            differing.append(Difference(COLUMN, column.name, before, after, _problem(column, there)))
    for key, column in found.columns.items():
        if key not in wanted.columns:
            needed = not column.null and column.default is None and not column.auto
            problem = f"{column.name} has no default, and OpenSIPS does not write it" if needed else None
            differing.append(Difference(COLUMN, column.name, _column(column), None, problem))
    return differing


def _column(column: Optional[DatabaseColumn]) -> Optional[Dict[str, Any]]:
    if column is None:
        return None
    return {"type": column.type, "null": column.null, "default": column.default, "auto": column.auto}


def _problem(wanted: DatabaseColumn, found: Optional[DatabaseColumn]) -> Optional[str]:
    """What OpenSIPS cannot do with a column (str), None for nothing."""
    if found is None:
        return f"it has no column {wanted.name}"
    if _family(wanted.type) != _family(found.type):
        return f"{found.name} is {found.type}, and OpenSIPS reads {wanted.type}"
    if found.null or found.auto or found.default is not None:
        return None
    if wanted.auto or wanted.null or wanted.default is not None:
        return f"{found.name} has no default, and OpenSIPS may leave it out"
    return None


def _family(kind: str) -> Optional[str]:
    return next((family for family, pattern in _FAMILIES if pattern.search(kind)), None)


def _indexes(wanted: DatabaseTable, found: DatabaseTable) -> List[Difference]:
    """Indexes by what they cover: their names are nothing that OpenSIPS uses."""
    there = [_covered(index) for index in found.indexes]
    differing = []
    for index in wanted.indexes:
        if _covered(index) in there:
            there.remove(_covered(index))
        else:
            differing.append(Difference(INDEX, index.name, None, _index(index), None))
    for index in found.indexes:
        if _covered(index) in there:
            there.remove(_covered(index))
            differing.append(Difference(INDEX, index.name, _index(index), None, None))
    return differing


def _covered(index: DatabaseIndex) -> Any:
    return [name.lower() for name in index.columns], index.unique


def _index(index: DatabaseIndex) -> Dict[str, Any]:
    return {"columns": list(index.columns), "unique": index.unique}
