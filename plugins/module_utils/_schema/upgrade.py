# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""From the table that a database has to the one of a newer OpenSIPS: what becomes of each column, before anything is changed."""

import re
from typing import Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._schema import conversions, ddl
from ansible_collections.community.opensips.plugins.module_utils._schema.errors import (
    CannotUpgrade,
    Downgrade,
    ForeignColumns,
)
from ansible_collections.community.opensips.plugins.module_utils._schema.found import (
    DatabaseColumn,
    DatabaseTable,
    expected,
)
from ansible_collections.community.opensips.plugins.module_utils._schema.model import (
    Column,
    Table,
    known_versions,
    variants,
)

#: What to do about columns that the new version has no place for
EXTRA_COLUMNS = ("refuse", "keep", "drop")

_TEXTS = ("char", "text")
_TEXT = re.compile(r"('([^']|'')*'|\"([^\"]|\"\")*\")\Z")
_CALL = re.compile(r"(current_\w+|\w+\(.*\))\Z", re.IGNORECASE)


class Rows(NamedTuple):
    """A SELECT that makes rows of the new table. expressions: list of str, of Upgrade.columns. where: str or None."""

    expressions: List[str]
    where: Optional[str]


class Upgrade:
    """What becomes of one table.

    dialect: ``sqlite``, ``postgresql`` or ``mysql``. found: DatabaseTable. before, after: Table. columns: names (list of str) of the
    new table that have values from the old one. rows: list of Rows. kept: list of DatabaseColumn that stay although the new version
    has no place for them. dropped: names (list of str) that go. examined: of the dropped ones those that may go only if they hold
    nothing but their defaults: {name: default}. rows_before, rows_after: how many there are, int, once examine() has counted them.
    """

    def __init__(self, dialect: str, found: DatabaseTable, before: Table, after: Table) -> None:
        self.dialect, self.found, self.before, self.after = dialect, found, before, after
        self.columns: List[str] = []
        self.rows: List[Rows] = []
        self.kept: List[DatabaseColumn] = []
        self.dropped: List[str] = []
        self.examined: Dict[str, Optional[str]] = {}
        self.rows_before = self.rows_after = 0

    @property
    def table(self) -> str:
        """Its name."""
        return self.after.name

    def select(self, source: str) -> str:
        """The SELECT of the new rows from the table called ``source``."""
        name = quoted(self.dialect, source)
        # names of OpenSIPS' own tables and columns, and names that the database itself gave, quoted by its rules
        parts = [
            f"SELECT {', '.join(rows.expressions)} FROM {name}{' WHERE ' + rows.where if rows.where else ''}"  # nosec B608
            for rows in self.rows
        ]
        return " UNION ALL ".join(parts).replace(_SOURCE, name)

    def insert(self, source: str, target: str) -> List[str]:
        """The statement that copies the rows of one table into the other, in a list; empty for rows that cannot be copied."""
        if not self.rows:
            return []
        return [f"INSERT INTO {quoted(self.dialect, target)} ({', '.join(self.columns)}) {self.select(source)}"]  # nosec B608

    def read_new(self, target: str) -> str:
        """The SELECT of the same values from the new table."""
        return f"SELECT {', '.join(self.columns)} FROM {quoted(self.dialect, target)}"  # nosec B608

    def create(self, name: str) -> List[str]:
        """The statements that make the new table under this name."""
        statements = [ddl.create_table(self.dialect, self.after, name)]
        for column in self.kept:
            statements.append(
                f"ALTER TABLE {quoted(self.dialect, name)} ADD COLUMN {_foreign_ddl(self.dialect, column)}"
            )
        return statements


# Stands for the table that is read: an old table is called otherwise once it was put aside
_SOURCE = "\0"


def quoted(dialect: str, name: str) -> str:
    """A name of a database, quoted by its rules."""
    mark = "`" if dialect == "mysql" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def shape_of(dialect: str, found: DatabaseTable, after: Optional[Table] = None) -> Optional[Table]:
    """The Table of some release that a table of a database is, or is closest to. Several share a version. None: its version is unknown.

    after: what it is to become. Of those that are equally close it is the newest, but not newer than this one if there is a choice.
    """
    known = variants(found.name)
    limit = len(known) if after is None else [shape.releases for shape in known].index(after.releases)
    fitting = [(place, shape) for place, shape in enumerate(known) if shape.version in (None, found.version)]
    if not fitting:
        return None
    return min(fitting, key=lambda item: (_distance(found, expected(dialect, item[1])), item[0] > limit, -item[0]))[1]


def _distance(found: DatabaseTable, other: DatabaseTable) -> int:
    """How much two tables differ: columns that only one has first, then keys, then what the columns are.

    Columns behind all others were added: by an administrator, or by an upgrade that kept them.
    """
    added = list(found.columns)[len(other.columns) :] if _starts_with(found, other) else []
    names = (set(found.columns) ^ set(other.columns)) - set(added)
    both = [(found.columns[name], other.columns[name]) for name in set(found.columns) & set(other.columns)]
    changed = sum((one.type, one.null, one.default) != (two.type, two.null, two.default) for one, two in both)
    return 1000 * len(names) + 100 * len(_keys(found) ^ _keys(other)) + len(added) + changed


def _starts_with(found: DatabaseTable, other: DatabaseTable) -> bool:
    return list(found.columns)[: len(other.columns)] == list(other.columns)


def _keys(table: DatabaseTable) -> Set[Tuple[str, ...]]:
    keys = {tuple(index.columns) for index in table.indexes if index.unique}
    # the empty name tells the primary key from one that is only unique
    return {tuple(name.lower() for name in key) for key in keys | {("", *table.primary_key)}}


def plan(
    dialect: str, found: DatabaseTable, after: Table, extra_columns: str = "refuse", drop_columns: Iterable[str] = ()
) -> Optional[Upgrade]:
    """What becomes of a table: Upgrade, or None for one that has the newer shape already.

    found: what the database has. after: what it should have. extra_columns: one of EXTRA_COLUMNS. drop_columns: names of columns
    that go in any case. Raises Downgrade, ForeignColumns, CannotUpgrade.
    """
    before = shape_of(dialect, found, after)
    if before is None:
        known = "no version" if found.version is None else f"the version {found.version}, which is not known,"
        raise CannotUpgrade(
            f"The table {found.name} has {known} in the table version",
            f"Known versions are {known_versions(found.name)}",
        )
    if not _is_older(before, after):
        return None
    upgrade = Upgrade(dialect, found, before, after)
    if conversions.unreadable(before, after) is not None:
        # only an empty table is upgraded: examine() sees to it
        return upgrade
    used: Set[str] = set()
    values = _values(upgrade, used)
    extra = [column for name, column in found.columns.items() if name not in used]
    _sort_out(upgrade, extra, extra_columns, {name.lower() for name in drop_columns})
    values.update((column.name, _quoting(upgrade)(column.name)) for column in upgrade.kept)
    _fill(upgrade, values)
    return upgrade


def _is_older(before: Table, after: Table) -> bool:
    """Whether a table must change. Raises Downgrade."""
    order = [shape.releases for shape in variants(after.name)]
    old, new = order.index(before.releases), order.index(after.releases)
    if old > new and (before.version or 0) > (after.version or 0):
        raise Downgrade(
            f"The table {after.name} has the version {before.version} of {before.opensips}, and {after.opensips} has {after.version}",
            f"Set version to {before.releases[0]} or a newer one. Tables never go back to an older version",
        )
    return old < new


def _values(upgrade: Upgrade, used: Set[str]) -> Dict[str, str]:
    """{column of the new table: the expression that makes it}. used: names of old columns in lower case, which it adds to."""
    values: Dict[str, str] = {}
    for column in upgrade.after.columns.values():
        value = _value(upgrade, column, used)
        if value is not None:
            values[column.name] = value
    return values


def _fill(upgrade: Upgrade, values: Dict[str, str]) -> None:
    kept = {column.name for column in upgrade.kept}
    upgrade.columns = [quoted(upgrade.dialect, name) if name in kept else name for name in values]
    for source in conversions.sources(upgrade.before, upgrade.after):
        changed = {name: made(upgrade.dialect, _quoting(upgrade)) for name, made in source.values.items()}
        where = None if source.where is None else source.where(upgrade.dialect, _quoting(upgrade))
        upgrade.rows.append(Rows(list({**values, **changed}.values()), where))


def _quoting(upgrade: Upgrade) -> conversions.Quoting:
    """The function that quotes the name of an old column, as the database writes it; the empty name is the table itself."""
    return lambda name: quoted(upgrade.dialect, upgrade.found.columns[name.lower()].name) if name else _SOURCE


def _value(upgrade: Upgrade, column: Column, used: Set[str]) -> Optional[str]:
    """The expression (str) of a new column, or None for its default. used: names of old columns, which it adds to. Raises CannotUpgrade."""
    there, name = upgrade.found.columns, column.name.lower()
    found = conversions.conversion(upgrade.before, upgrade.after, column.name)
    if found is not None and all(old.lower() in there for old in found.needs):
        used.update(old.lower() for old in found.needs)
        return found.expression(upgrade.dialect, _quoting(upgrade))
    if name in there:
        used.add(name)
        return _copied(upgrade, column)
    if column.default is None and not (column.null or column.auto):
        raise CannotUpgrade(
            f"The table {upgrade.table} has no column {column.name}, which {upgrade.after.opensips} requires",
            f"It is not the table of OpenSIPS {upgrade.before.releases[-1]}. Add the column, or rename the table",
        )
    return None


def _copied(upgrade: Upgrade, column: Column) -> str:
    value = _quoting(upgrade)(column.name)
    before = upgrade.before.columns.get(column.name)
    if before is not None and column.type in _TEXTS and before.type not in _TEXTS:
        return conversions.as_text(upgrade.dialect, value)
    return value


def _sort_out(upgrade: Upgrade, extra: List[DatabaseColumn], extra_columns: str, drop: Set[str]) -> None:
    """Decide about the columns that the new table has no place for. Raises ForeignColumns."""
    obsolete = {name.lower(): column for name, column in upgrade.before.columns.items()}
    foreign = []
    for column in extra:
        name = column.name.lower()
        if name in drop or extra_columns == "drop":
            upgrade.dropped.append(column.name)
        elif extra_columns == "keep":
            upgrade.kept.append(column)
        elif name in obsolete:
            upgrade.dropped.append(column.name)
            # a number that the database gave a row says nothing
            if not obsolete[name].auto:
                upgrade.examined[column.name] = obsolete[name].default
        else:
            foreign.append(column.name)
    if foreign:
        raise ForeignColumns(
            f"The table {upgrade.table} has columns that no version of OpenSIPS has: {', '.join(foreign)}",
            _extra_hint(upgrade, foreign),
        )


def _extra_hint(upgrade: Upgrade, names: List[str]) -> str:
    listed = ", ".join(f"{upgrade.table}.{name}" for name in names)
    return f"Nothing was changed. Set extra_columns to keep, or list in drop_columns what may go: {listed}"


def _foreign_ddl(dialect: str, column: DatabaseColumn) -> str:
    default = "" if column.default is None else f" DEFAULT {_default_of(column)}"
    # NOT NULL needs a default: rows of the new server do not have the column
    null = "" if column.null or column.default is None else " NOT NULL"
    return f"{quoted(dialect, column.name)} {column.type}{default}{null}"


def _default_of(column: DatabaseColumn) -> str:
    """The default of a column as SQL."""
    text = column.default_sql
    if text is None:
        return _literal(str(column.default))
    # brackets: of an expression. SQLite leaves them out, and takes a text in double quotes only without them
    return text if _TEXT.match(text) else f"({text})"


def _literal(default: str) -> str:
    """A default of read_back() as SQL: it has no quotes there."""
    return default if _CALL.match(default) else ddl.literal(default)
