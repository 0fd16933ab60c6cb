# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The database tables of each release series of OpenSIPS, as its scripts make them.

The data (tables_data.TABLES) is one text, tokens separated by white space. It begins with the releases, the oldest first. A record
per table follows:

    =TABLE, then for each shape that the table has in some releases of OpenSIPS, the oldest first:
    @RELEASE,RELEASE..RELEASE TABLE_VERSION SCRIPT[/ENGINE] PRIMARY_KEY INDEX;INDEX COLUMN COLUMN ...
    TABLE_VERSION, keys: "-" where there is none; the columns of a key are separated by commas
    INDEX is NAME[/NAME_OF_SQLITE]:COLUMN,COLUMN with "!" in front of a unique one
    COLUMN is NAME:TYPE, then U: unsigned, +: filled in by the database, ?: may be NULL and is by default, ??: may be NULL,
    =DEFAULT ("~" stands for a blank), ==DEFAULT: a number as the default of a text, without quotes
    of the shape before: "^" stands for its SCRIPT, PRIMARY_KEY or INDEXes, NAME for a column, NAME..NAME for a run of columns

Source: scripts/mysql of OpenSIPS 1.11 to 4.0 and of what will be 4.1. What scripts/postgres and scripts/sqlite make of it
follows rules, which ddl.py has.
"""

import re
from collections import OrderedDict
from typing import Any, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, did_you_mean
from ansible_collections.community.opensips.plugins.module_utils._schema.tables_data import TABLES

#: Every release series that the data knows, the oldest first
RELEASES = tuple(TABLES[: TABLES.index("=")].split())

#: The table that has the versions of the others; it is made by the script standard, and before any other
VERSION_TABLE = "version"

_COLUMN = re.compile(r"(\w+):([a-z]+)(?:\(([0-9]+)(?:,([0-9]+))?\))?(U?)(\+?)(\??\??)(?:=(.*))?\Z")
_UNQUOTED = ("int", "tinyint", "smallint", "bigint", "float", "double")
_SAME = "^"
_RUN = ".."


class Column:
    """A column as OpenSIPS' own scripts make it.

    name: str. type: base type of MySQL (char, int, tinyint, smallint, bigint, float, double, text, blob, mediumblob,
    longblob, datetime). size: int or None. scale: int or None. unsigned, auto (the database fills it in), null: bool.
    default: str, or None when there is none. literal: what stands behind DEFAULT (``''``, ``0``, ``NULL``), or None.
    """

    __slots__ = ("name", "type", "size", "scale", "unsigned", "auto", "null", "default", "literal")

    def __init__(self, token: str) -> None:
        found: Any = _COLUMN.match(token)
        self.name: str
        self.type: str
        self.name, self.type, size, scale, unsigned, auto, null, default = found.groups()
        self.size = None if size is None else int(size)
        self.scale = None if scale is None else int(scale)
        self.unsigned, self.auto, self.null = bool(unsigned), bool(auto), bool(null)
        bare = default is not None and default[:1] == "="
        self.default = None if default is None else default[bare:].replace("~", " ")
        self.literal = self._literal(bare, null)

    def _literal(self, bare: bool, null: str) -> Optional[str]:
        if self.default is None:
            return "NULL" if null == "?" else None
        return self.default if bare or self.type in _UNQUOTED else f"'{self.default}'"


class Index:
    """A key beside the primary one.

    name: as MySQL has it. sqlite_name: as SQLite has it. columns: list of str. unique: bool.
    """

    __slots__ = ("name", "sqlite_name", "columns", "unique")

    def __init__(self, table: str, token: str) -> None:
        """table: its name."""
        names, _colon, columns = token.lstrip("!").partition(":")
        self.name, _slash, other = names.partition("/")
        self.sqlite_name = other or f"{table}_{self.name}"
        self.columns = columns.split(",")
        self.unique = token[0] == "!"


class Table:
    """One shape of a table.

    name: str. releases: list of str, such as 3.6. version: int, None when OpenSIPS keeps none. script: what OpenSIPS' scripts call the group of
    tables (``standard``, ``auth_db``). engine: of MySQL. primary_key: list of str. indexes: list of Index.
    columns: OrderedDict of Column by name.
    """

    def __init__(self, name: str, tokens: List[str], before: "Optional[Table]" = None) -> None:
        """before: the shape before this one."""
        releases, version, script, key, indexes = tokens[:5]
        self.name = name
        self.releases = _releases(releases)
        self.version = None if version == "-" else int(version)
        known: Any = before
        if script == _SAME:
            script = f"{known.script}/{known.engine}"
        self.script, _slash, engine = script.partition("/")
        self.engine = engine or "InnoDB"
        self.primary_key: List[str] = known.primary_key if key == _SAME else _listed(key, ",")
        self.indexes: List[Index] = (
            known.indexes if indexes == _SAME else [Index(name, token) for token in _listed(indexes, ";")]
        )
        self.columns = OrderedDict((column.name, column) for column in _columns(tokens[5:], before))

    @property
    def opensips(self) -> str:
        """The releases for a message, such as ``OpenSIPS 3.2 to 3.6`` or ``OpenSIPS 4.0``."""
        return releases_text(self.releases)

    @property
    def unique(self) -> List[List[str]]:
        """The columns of each unique key beside the primary one."""
        return [index.columns for index in self.indexes if index.unique]


def releases_text(releases: List[str]) -> str:
    """Releases for a message, the oldest first: ``OpenSIPS 1.11, 2.2 to 2.4``."""
    places = [RELEASES.index(release) for release in releases]
    runs: List[List[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return "OpenSIPS " + ", ".join(" to ".join(RELEASES[place] for place in sorted({run[0], run[-1]})) for run in runs)


def _listed(token: str, separator: str) -> List[str]:
    return [] if token == "-" else token.split(separator)


def _releases(token: str) -> List[str]:
    """The releases of ``1.11,2.2..2.4``."""
    found: List[str] = []
    for part in token.split(","):
        first, run, last = part.partition(_RUN)
        found += RELEASES[RELEASES.index(first) : RELEASES.index(last or first) + 1]
    return found


def _columns(tokens: List[str], before: Optional[Table]) -> List[Column]:
    found: List[Column] = []
    known = [] if before is None else list(before.columns.values())
    places = {column.name: place for place, column in enumerate(known)}
    for token in tokens:
        if ":" in token:
            found.append(Column(token))
            continue
        first, _run, last = token.partition(_RUN)
        found += known[places[first] : places[last or first] + 1]
    return found


def names() -> List[str]:
    """Every table of every release, sorted: list of str."""
    return re.findall(r"(?m)^=(\w+)$", TABLES)


def variants(table: str) -> List[Table]:
    """Every shape of a table, that of the oldest release first. Raises BadParameters for a table that OpenSIPS does not have."""
    start = TABLES.find(f"\n={table}\n") if re.match(r"\w+\Z", str(table)) else -1
    if start < 0:
        raise BadParameters(f"table: OpenSIPS has no table {table!r}", _hint(str(table)))
    record = TABLES[start : TABLES.index("\n=", start + 1)]
    found: List[Table] = []
    for text in record.split("@")[1:]:
        found.append(Table(table, text.split(), found[-1] if found else None))
    return found


def releases_by_version(table: str) -> "OrderedDict[Optional[int], List[str]]":
    """{version: the releases that have it}, the oldest first. None: OpenSIPS keeps no version of the table."""
    found: OrderedDict[Optional[int], List[str]] = OrderedDict()
    for shape in variants(table):
        found.setdefault(shape.version, []).extend(shape.releases)
    return found


def known_versions(table: str) -> str:
    """The versions of a table for a message, such as ``7 (OpenSIPS 1.11 to 3.1), 8 (OpenSIPS 3.2 to 4.1)``."""
    known = releases_by_version(table).items()
    return ", ".join(f"{version} ({releases_text(releases)})" for version, releases in known)


def _hint(name: str) -> str:
    """What to say to a name that no table has."""
    return did_you_mean(name, names(), f"It knows {', '.join(names())}")
