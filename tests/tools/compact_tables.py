# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make plugins/module_utils/_table/schema_data.py from tests/unit/fixtures/tables.json.

The JSON holds every table as scripts/mysql of OpenSIPS makes it. Releases whose table is the same become one record.

Usage: compact_tables.py [--check]
"""

import json
import os
import sys
import textwrap

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCE = os.path.join(ROOT, "tests", "unit", "fixtures", "tables.json")
TARGET = os.path.join(ROOT, "plugins", "module_utils", "_table", "schema_data.py")

HEADER = '''\
# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

# Made by tests/tools/compact_tables.py, do not edit. One text, read lazily by schema.py: it costs no start-up time.

"""The database tables of OpenSIPS 1.11 to 4.1, a record each; the format is told in schema.py."""

TABLES = """
'''


def column(facts):
    """One column as a token: name:type, U unsigned, + filled in by the database, ? may be NULL, =default ("~" for a blank)."""
    if "~" in facts.get("default", ""):
        raise ValueError(f"a default with ~: {facts}")
    token = "{}:{}".format(facts["name"], facts["type"])
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


def variants(data, table):
    """[(releases, tokens)] of a table, one for each shape that it has in some releases."""
    found = []
    for release, tables in data.items():
        if table not in tables:
            continue
        facts = tables[table]
        version = facts["table_version"]
        tokens = ["-" if version is None else str(version), keys(facts["primary_key"] or ())]
        tokens.append(";".join(keys(unique) for unique in facts["unique"]) or "-")
        tokens += [column(each) for each in facts["columns"]]
        for releases, known in found:
            if known == tokens:
                releases.append(release)
                break
        else:
            found.append(([release], tokens))
    return found


def generate(data):
    """The text of schema_data.py for the JSON's data."""
    wrapper = textwrap.TextWrapper(width=118, subsequent_indent=" ", break_long_words=False, break_on_hyphens=False)
    lines = [HEADER]
    for table in sorted({table for tables in data.values() for table in tables}):
        lines.append(f"={table}\n")
        for releases, tokens in variants(data, table):
            lines.append(wrapper.fill(" ".join(["@" + ",".join(releases), *tokens])) + "\n")
    lines.append('="""\n')
    return "".join(lines)


def main(arguments):
    with open(SOURCE, encoding="utf-8") as stream:
        text = generate(json.load(stream))
    if arguments == ["--check"]:
        with open(TARGET, encoding="utf-8") as stream:
            return 0 if stream.read() == text else f"{TARGET} is not what {__file__} makes"
    with open(TARGET, "w", encoding="utf-8") as stream:
        stream.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
