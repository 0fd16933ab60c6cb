# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The columns of each table by table version, and which of them tell rows apart.

The data (schema_data.TABLES) is one text, a record per table, tokens separated by white space:

    =TABLE, then for each shape that the table has in some releases of OpenSIPS:
    @RELEASE,RELEASE TABLE_VERSION PRIMARY_KEY UNIQUE;UNIQUE COLUMN COLUMN ...
    TABLE_VERSION, keys: "-" where there is none; the columns of a key are separated by commas
    COLUMN is NAME:TYPE, then U: unsigned, +: filled in by the database, ?: may be NULL, =DEFAULT ("~" stands for a blank)

Source: scripts/mysql of 1.11 to 4.0 and of what will be 4.1, which scripts/postgres and scripts/sqlite follow.
"""

import re
from collections import OrderedDict
from typing import Any, Iterable, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._table.errors import UnknownSchema
from ansible_collections.community.opensips.plugins.module_utils._table.schema_data import TABLES

_COLUMN = re.compile(r"(\w+):([a-z]+)(?:\(([0-9]+)(?:,([0-9]+))?\))?(U?)(\+?)(\??)(?:=(.*))?\Z")

# The columns that tell rows apart, where the table has no unique key, or for a table that has one the same.
# A column in brackets that a row leaves out is taken to have its default. After "|": where the table has no such column.


class DeclaredColumn:
    """A column as OpenSIPS' own scripts make it.

    name: str. type: base type of MySQL (char, int, tinyint, smallint, bigint, float, double, text, blob, mediumblob,
    longblob, datetime). size: int or None. scale: int or None. unsigned, auto (the database fills it in), null: bool.
    default: str, or None when there is none.
    """

    __slots__ = ("name", "type", "size", "scale", "unsigned", "auto", "null", "default")

    def __init__(self, token: str) -> None:
        found: Any = _COLUMN.match(token)
        self.name: str
        self.type: str
        self.name, self.type, size, scale, unsigned, auto, null, default = found.groups()
        self.size = None if size is None else int(size)
        self.scale = None if scale is None else int(scale)
        self.unsigned, self.auto, self.null = bool(unsigned), bool(auto), bool(null)
        self.default = None if default is None else default.replace("~", " ")


class Schema:
    """One shape of a table.

    table: str. releases: list of OpenSIPS releases. version: int, None when OpenSIPS keeps none. primary_key: list of
    str. unique: list of list of str. columns: OrderedDict of DeclaredColumn by name.
    """

    def __init__(self, table: str, tokens: List[str]) -> None:
        self.table = table
        self.releases = tokens[0].split(",")
        self.version = None if tokens[1] == "-" else int(tokens[1])
        self.primary_key = _key(tokens[2])
        self.unique = [] if tokens[3] == "-" else [_key(each) for each in tokens[3].split(";")]
        self.columns = OrderedDict((column.name, column) for column in map(DeclaredColumn, tokens[4:]))


def _key(token: str) -> List[str]:
    return [] if token == "-" else token.split(",")


def names() -> List[str]:
    """Every table of every release, sorted: list of str."""
    return re.findall(r"(?m)^=(\w+)$", TABLES)


def variants(table: str) -> "List[Schema]":
    """Every Schema of a table, the oldest release first. Raises BadParameters for a table that OpenSIPS does not have."""
    start = TABLES.find(f"\n={table}\n") if re.match(r"\w+\Z", str(table)) else -1
    if start < 0:
        import difflib

        close = difflib.get_close_matches(str(table), names(), n=3)
        hint = f"Did you mean {' or '.join(close)}?" if close else f"It knows {', '.join(names())}"
        raise BadParameters(f"table: OpenSIPS has no table {table!r}", hint)
    record = TABLES[start : TABLES.index("\n=", start + 1)]
    return [Schema(table, each.split()) for each in record.split("@")[1:]]


def choose(table: str, version: Optional[int], real: Iterable[str]) -> "Schema":
    """The Schema of a table in a version that fits best. Several releases share a version although their columns differ.

    version: int, None when the database does not tell. real: names of the columns that are there.
    Raises UnknownSchema that tells the known versions.
    """
    known = variants(table)
    fitting = [each for each in known if each.version is None or each.version == version]
    if not fitting:
        listed = versions_listed(table)
        if version is None:
            message = f"The table 'version' of the database has no entry for {table}"
        else:
            message = f"The table {table} of the database has the version {version}, which is not known"
        raise UnknownSchema(message, f"Known versions are {listed}. Migrate the database with opensips-cli")
    real = {name.lower() for name in real}
    return min(reversed(fitting), key=lambda each: len(real ^ {name.lower() for name in each.columns}))


def versions_listed(table: str) -> str:
    """The known versions of a table for a message: str such as ``7 (OpenSIPS 1.11, 2.4), 8 (OpenSIPS 3.6)``."""
    releases: Any = OrderedDict()
    for each in variants(table):
        releases.setdefault(each.version, []).extend(each.releases)
    return ", ".join(f"{version} (OpenSIPS {', '.join(names)})" for version, names in releases.items())
