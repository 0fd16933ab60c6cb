# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make tables.json from a clone of OpenSIPS: python -m data.tables_source CLONE.

It reads scripts/mysql of each series' branch, and keeps types, sizes, defaults, keys, indexes and table versions as data.
What scripts/postgres and scripts/sqlite make of that follows rules, which plugins/module_utils/_schema/ddl.py has; a test
compares the two. Only the names of some of SQLite's indexes do not follow, and are kept.
"""

import argparse
import collections
import re
import subprocess
import sys

from . import layout, schema
from .read_opensips import BRANCHES

_TABLE = re.compile(r"CREATE TABLE (\w+) \( (.*) \)(?: ENGINE=(\w+))?\Z")
_INDEX = re.compile(r"CREATE INDEX (\w+) ON (\w+) \((.*)\)\Z")
_VERSION = re.compile(r"INSERT INTO version \(table_name, table_version\) values \('(\w+)','([0-9]+)'\)\Z")
_UNIQUE = re.compile(r"CONSTRAINT (\w+) UNIQUE \((.*)\)\Z")
_PRIMARY = re.compile(r"CONSTRAINT \w+ PRIMARY KEY \((.*)\)\Z")
_COLUMN = re.compile(
    r"(?P<name>\w+) (?P<type>[A-Z]+(\([0-9,]+\))?)(?P<unsigned> UNSIGNED)?(?P<auto> AUTO_INCREMENT)?(?P<primary> PRIMARY KEY)?"
    r"( DEFAULT (?P<default>'[^']*'|\S+))?(?P<filled> NOT NULL)?\Z"
)


class Unknown(Exception):
    """A script has what this program does not know; the text says where."""


def statements(text):
    """The statements of a script (list of str), without their semicolons, blanks made one."""
    return [" ".join(statement.split()) for statement in re.split(r";\s*(?:\n|\Z)", text) if statement.strip()]


def _parts(body):
    """The columns and constraints of a CREATE TABLE."""
    return [part.strip() for part in re.split(r",\s(?![^()]*\))", body)]


def _column(text):
    found = _COLUMN.match(text)
    if found is None:
        raise Unknown(text)
    column = {"name": found["name"], "type": found["type"].lower(), "null": not found["filled"]}
    column.update((flag, True) for flag in ("unsigned", "auto") if found[flag])
    default = found["default"]
    if default == "NULL":
        column["default"] = None
    elif default is not None:
        column["default"] = default.strip("'")
        if default[0] != "'" and column["type"].startswith("char"):
            column["bare"] = True
    return column, bool(found["primary"])


def _table(body, engine, script):
    shape = {
        "script": script,
        "engine": engine,
        "table_version": None,
        "primary_key": None,
        "indexes": [],
        "columns": [],
    }
    for part in _parts(body):
        unique, primary = _UNIQUE.match(part), _PRIMARY.match(part)
        if unique:
            shape["indexes"].append({"name": unique[1], "columns": unique[2].split(", "), "unique": True})
        elif primary:
            shape["primary_key"] = primary[1].split(", ")
        else:
            column, is_key = _column(part)
            shape["columns"].append(column)
            if is_key:
                shape["primary_key"] = [column["name"]]
    return shape


def shapes_of(script, text):
    """{table: shape} of a script of MySQL. Raises Unknown."""
    found, versions = {}, {}
    for statement in statements(text):
        table, index, version = _TABLE.match(statement), _INDEX.match(statement), _VERSION.match(statement)
        if table:
            found[table[1]] = _table(table[2], table[3], script)
        elif index:
            found[index[2]]["indexes"].append({"name": index[1], "columns": index[3].split(", "), "unique": False})
        elif version:
            versions[version[1]] = int(version[2])
        else:
            raise Unknown(f"{script}: {statement}")
    for table, version in versions.items():
        found[table]["table_version"] = version
    return found


def _git(clone, *command):
    return subprocess.run(["git", "-C", clone, *command], check=True, capture_output=True, text=True).stdout


def scripts(clone, branch, dialect):
    """{name of the script: its text} of a branch; empty where it has none of the dialect."""
    folder = f"scripts/{dialect}"
    listed = _git(clone, "ls-tree", "--name-only", branch, f"{folder}/").split()
    paths = [path for path in listed if path.endswith("-create.sql")]
    return {
        path[len(folder) + 1 : -len("-create.sql")]: _git(clone, "show", f"{branch}:{path}") for path in sorted(paths)
    }


def _name_indexes_of_sqlite(found, texts):
    """Keep the names of SQLite's indexes where they do not follow from those of MySQL."""
    named = collections.defaultdict(list)
    for text in texts.values():
        for statement in statements(text):
            index, table = _INDEX.match(statement), _TABLE.match(statement)
            if index:
                named[index[2]].append(index[1])
            elif table:
                named[table[1]] += [unique[1] for unique in map(_UNIQUE.match, _parts(table[2])) if unique]
    for table, names in named.items():
        for index, name in zip(found[table]["indexes"], names, strict=True):
            if name != f"{table}_{index['name']}":
                index["sqlite_name"] = name


def read(clone):
    """{series: {table: shape}} of a clone."""
    found = {}
    for series, branch in BRANCHES.items():
        found[series] = {}
        for script, text in scripts(clone, branch, "mysql").items():
            found[series].update(shapes_of(script, text))
        _name_indexes_of_sqlite(found[series], scripts(clone, branch, "sqlite"))
    return found


def merged(found):
    """What tables.json holds: {table: [shape with its releases]}, equal shapes of successive series made one."""
    tables = {}
    for series, shapes in found.items():
        for table, shape in shapes.items():
            known = tables.setdefault(table, [])
            if known and {**known[-1], "releases": None} == {**shape, "releases": None}:
                known[-1]["releases"].append(series)
            else:
                known.append({"releases": [series], **shape})
    return dict(sorted(tables.items()))


def main():
    """Write tables.json."""
    parser = argparse.ArgumentParser(
        prog="python -m data.tables_source", description="Makes tables.json from a clone of OpenSIPS."
    )
    parser.add_argument("clone", help="a clone of OpenSIPS with the branches of all series")
    clone = parser.parse_args().clone
    with open(schema.SOURCE, "w", encoding="utf-8") as stream:
        stream.write(layout.dumps(merged(read(clone))))


if __name__ == "__main__":
    sys.exit(main())
