# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Rows of a table, only to read: which columns, which rows, and how many of them."""

import itertools
import math
import re
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, NamedTuple, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.urls import without_url_secrets
from ansible_collections.community.opensips.plugins.module_utils._table.columns import ComparedColumn
from ansible_collections.community.opensips.plugins.module_utils._table.database import CHUNK
from ansible_collections.community.opensips.plugins.module_utils._table.push import Table

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._table.database import Database

# What a text column may hold of a secret, beside the password in a URL: the answer to a challenge, in the table sip_trace
_RESPONSE = re.compile(r'(\bresponse\s{0,4}=\s{0,4}"?)[0-9A-Fa-f]{16,128}')


class Found(NamedTuple):
    """rows: list of {column: value}, plain data. total: how many rows match. columns: those of rows. left_out: secret ones."""

    rows: List[Dict[str, Any]]
    total: int
    columns: List[str]
    left_out: List[str]
    version: Optional[int]


class RowQuery:
    """Rows of one table of an open database, in the order of its primary key."""

    def __init__(self, db: "Database", like: str, name: Optional[str] = None) -> None:
        """like: the table of OpenSIPS' schema that it is one of. name: as the database calls it. Raises UnknownSchema, BadParameters."""
        self._db = db
        self._table = Table(db, like, name or like)
        self._all = self._table.columns.all
        self.version = self._table.schema.version

    def find(
        self, columns: Optional[List[str]], where: Dict[str, Any], limit: Optional[int], is_plain: bool = True
    ) -> Found:
        """The rows that where selects, at most limit. columns: names, or None for all that hold no secret.

        is_plain: whether the rows are as a result shows them; else they have canonical values. Raises BadParameters that names the
        option.
        """
        shown = self._chosen(columns)
        conditions = self._conditions(where)
        left_out = [name for name, column in self._all.items() if column.secret and columns is None]
        # an expression of SQL counts faster than a loop does, but each database compares texts in its own way
        matching = self._select(shown, conditions, None if conditions else limit)
        rows = [
            {name: _plain(self._all[name], values[name]) if is_plain else values[name] for name in shown}
            for values in itertools.islice(matching, limit)
        ]
        total = len(rows) + sum(1 for _other in matching)
        if limit is not None and not conditions:
            total = self._table.count()
        return Found(rows, total, shown, left_out, self.version)

    def _select(
        self, shown: List[str], conditions: Dict[str, List[Any]], limit: Optional[int]
    ) -> Iterator[Dict[str, Any]]:
        """Canonical values of the rows, by column."""
        names = shown + [name for name in conditions if name not in shown]
        real = [self._all[name].real_name for name in names]
        where = {self._all[name].real_name: values for name, values in conditions.items()}
        with self._db.transaction(write=False):
            for row in self._db.select(self._table.name, real, where, order=self._table.order(), limit=limit):
                values = {name: self._all[name].stored(value) for name, value in zip(names, row)}
                # MySQL takes letters of both cases for the same
                if all(values[name] in allowed for name, allowed in conditions.items()):
                    yield values

    def _chosen(self, columns: Optional[List[str]]) -> List[str]:
        if columns is None:
            return [name for name, column in self._all.items() if not column.secret]
        if not columns:
            raise BadParameters("columns is empty", "Name the columns to return, or remove the option")
        return list(dict.fromkeys(self._open_column("columns", name).name for name in columns))

    def _conditions(self, where: Dict[str, Any]) -> Dict[str, List[Any]]:
        conditions = {}
        for name, given in where.items():
            column = self._open_column("where", name)
            values = given if isinstance(given, list) else [given]
            if not 1 <= len(values) <= CHUNK:
                raise BadParameters(
                    f"where: {column.name} has {len(values)} values", f"Give it from 1 to {CHUNK} values"
                )
            try:
                conditions[column.name] = [None if value is None else column.check(value) for value in values]
            except ValueError as error:
                raise BadParameters(f"where: column {column.name}: {error}", "Correct the value") from None
        return conditions

    def _open_column(self, option: str, name: Any) -> ComparedColumn:
        """A column that is no secret, by its name."""
        column = self._table.columns.find(name)
        if column is None:
            nearest = self._table.columns.nearest(name)
            raise BadParameters(
                f"{option}: the table {self._table.schema.name} has no column {str(name)!r}",
                nearest[0].upper() + nearest[1:],
            )
        if column.secret:
            raise BadParameters(f"{option}: the column {column.name} holds secrets", "Name other columns")
        return column


def _plain(column: ComparedColumn, value: Any) -> Any:
    """A canonical value as a result shows it."""
    value = column.shown(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return _RESPONSE.sub(r"\1********", without_url_secrets(value)) if isinstance(value, str) else value
