# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make plugins/module_utils/_table/schema_data.py from tables.json.

The JSON holds every table as scripts/mysql of OpenSIPS makes it: {table: [shape]}. A shape has its releases, table_version,
primary_key, unique (keys) and columns, in their order.
"""

import os

from . import layout, records

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SOURCE = os.path.join(HERE, "tables.json")
TARGET = os.path.join(ROOT, "plugins", "module_utils", "_table", "schema_data.py")


def column(facts):
    """One column as a token: name:type, U unsigned, + filled in by the database, ? may be NULL, =default ("~" for a blank)."""
    if "~" in facts.get("default", ""):
        raise ValueError(f"a default with ~: {facts}")
    token = f"{facts['name']}:{facts['type']}"
    token += "U" if facts.get("unsigned") else ""
    token += "+" if facts.get("auto") else ""
    token += "?" if facts["null"] else ""
    if "default" in facts:
        token += "=" + facts["default"].replace(" ", "~")
    if " " in token:
        raise ValueError(f"a blank in {token!r}")
    return token


def keys(names):
    return ",".join(names) or "-"


def tokens(shape):
    """The tokens of a table's shape."""
    version = shape["table_version"]
    unique = ";".join(keys(names) for names in shape["unique"]) or "-"
    return [
        "-" if version is None else str(version),
        keys(shape["primary_key"] or ()),
        unique,
        *map(column, shape["columns"]),
    ]


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
    """The text of schema_data.py."""
    found = []
    for table, shapes in sorted(load().items()):
        found.append([f"={table}"])
        found += [["@" + ",".join(shape["releases"]), *tokens(shape)] for shape in shapes]
    return records.module("schema", "The database tables of OpenSIPS 1.11 to 4.1, a record each", "TABLES", found)
