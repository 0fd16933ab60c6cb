# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make plugins/module_utils/_schema/tables_data.py from tables.json, which tables_source.py makes.

The JSON holds every table as scripts/mysql of OpenSIPS makes it: {table: [shape]}. A shape has its releases, script, engine,
table_version, primary_key, indexes (name, columns, unique, and sqlite_name where it does not follow from the name) and columns,
in their order. A column has its name, type, null, unsigned, auto, default (null for DEFAULT NULL, absent for none), and bare for
a text whose default is a number without quotes.
"""

import difflib
import os

from . import layout, records
from .config_names import VERSIONS

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SOURCE = os.path.join(HERE, "tables.json")
TARGET = os.path.join(ROOT, "plugins", "module_utils", "_schema", "tables_data.py")

_SAME = "^"
_RUN = ".."


def column(facts):
    """One column as a token: name:type, U unsigned, + filled in by the database, ? may be NULL, =default ("~" for a blank)."""
    default = facts.get("default")
    if "~" in (default or "") or (default or "").startswith("="):
        raise ValueError(f"a default with ~ or =: {facts}")
    token = f"{facts['name']}:{facts['type']}"
    token += "U" if facts.get("unsigned") else ""
    token += "+" if facts.get("auto") else ""
    if facts["null"]:
        token += "?" if default is not None or "default" in facts else "??"
    if default is not None:
        token += "=" * (1 + facts.get("bare", False)) + default.replace(" ", "~")
    if " " in token:
        raise ValueError(f"a blank in {token!r}")
    return token


def keys(names):
    return ",".join(names) or "-"


def index(facts):
    """One index as a token: ! for a unique one, its name, /name of SQLite, :columns."""
    name = "/".join(filter(None, (facts["name"], facts.get("sqlite_name"))))
    return f"{'!' * facts['unique']}{name}:{keys(facts['columns'])}"


def _columns(shape, before):
    """The columns of a shape as tokens; runs of those that the shape before has, too, by their names."""
    after, known = ([column(facts) for facts in one["columns"]] if one else [] for one in (shape, before))
    found = []
    for how, low, high, first, last in difflib.SequenceMatcher(None, known, after, autojunk=False).get_opcodes():
        if how == "equal":
            names = [known[place].partition(":")[0] for place in (low, high - 1)]
            found.append(_RUN.join(dict.fromkeys(names)))
        else:
            found += after[first:last]
    return found


def _series(releases):
    """Releases as a token, runs of at least three by their ends."""
    ends = [map(VERSIONS.index, found[:2]) for found in records.ranges(((name, "") for name in releases), VERSIONS)]
    runs = [VERSIONS[first : last + 1] for first, last in ends]
    return ",".join(f"{run[0]}{_RUN}{run[-1]}" if len(run) > 2 else ",".join(run) for run in runs)


def _head(shape):
    script = shape["script"] if shape["engine"] == "InnoDB" else f"{shape['script']}/{shape['engine']}"
    return [script, keys(shape["primary_key"] or ()), ";".join(map(index, shape["indexes"])) or "-"]


def tokens(shape, before=None):
    """The tokens of a table's shape behind its releases. before: the shape before it."""
    version = shape["table_version"]
    head = _head(shape)
    known = _head(before) if before else [None] * len(head)
    head = [_SAME if mine == theirs else mine for mine, theirs in zip(head, known, strict=True)]
    return ["-" if version is None else str(version), *head, *_columns(shape, before)]


def load():
    """{table: [shape]} of tables.json."""
    return layout.load(SOURCE)


def by_release():
    """{release: {table: shape}} of what load() gives."""
    found = {}
    for table, shapes in load().items():
        for shape in shapes:
            for release in shape["releases"]:
                found.setdefault(release, {})[table] = shape
    return found


def generate():
    """The text of tables_data.py."""
    found = [VERSIONS]
    for table, shapes in sorted(load().items()):
        found.append([f"={table}"])
        for before, shape in zip([None, *shapes], shapes):
            found.append(["@" + _series(shape["releases"]), *tokens(shape, before)])
    return records.module(
        "schema", "The database tables of OpenSIPS 1.11 to 4.1, a record each", "TABLES", found, reader="model"
    )
