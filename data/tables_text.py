# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the lists of tables in the module's documentation and in tables.rst, from the records in _table/tables.

Each list stands between a line with BEGIN and one with END; the rest of these files is written by hand.
"""

import os
import re
import textwrap

from . import package, pages

BEGIN = "Begin of the list of tables, made by: python -m data"
END = "End of the list of tables"


def _records():
    package.ensure()
    from ansible_collections.community.opensips.plugins.module_utils._table import schema
    from ansible_collections.community.opensips.plugins.module_utils._table.tables import registry

    return [record for record in registry.RECORDS if record.match or record.view], schema, registry


class _List:
    """A generator of a list within a file that is otherwise written by hand. TARGET: the file."""

    def __init__(self, *path):
        self.TARGET = os.path.join(package.ROOT, *path)

    def generate(self):
        with open(self.TARGET, encoding="utf-8") as stream:
            return pages.replaced(stream.read(), BEGIN, END, self._text(*_records()))


class _Option(_List):
    """The default of the option match, in the module's documentation."""

    def _text(self, records, schema, registry):
        return "".join(
            textwrap.fill(
                f"- V({record.name}) uses {_columns(record, schema, registry)}.",
                width=138,
                initial_indent=" " * 6,
                subsequent_indent=" " * 8,
                break_long_words=False,
                break_on_hyphens=False,
            )
            + "\n"
            for record in records
        )


class _Page(_List):
    """The table of tables.rst."""

    def _text(self, records, schema, registry):
        head = ["Table", "Columns of ``match``", "Columns that are checked", "How the reload is verified"]
        rows = []
        for record in records:
            checked = ", ".join(f"``{name}``" for name in record.checked) or "none"
            seen = record.view.text if record.view else f"It is not verified: {record.unseen}."
            rows.append([f"``{record.name}``", _rst(_columns(record, schema, registry)), checked, _rst(seen)])
        return "\n".join(["", *pages.table("18 26 26 30", head, rows), ""])


def _columns(record, schema, registry):
    """The columns that tell rows apart, as Ansible's markup."""
    found = {}
    for variant in schema.variants(record.name):
        match, optional = registry.default_match(variant)
        found.setdefault((tuple(match), tuple(optional)), variant.version)
    texts = []
    for number, ((match, optional), version) in enumerate(found.items()):
        text = _listed([name for name in match if name not in optional])
        if optional:
            text += f"; and {_listed(optional)}, which have a default"
        texts.append(text if number == 0 else f"from table version {version} on {text}")
    return "; ".join(texts)


def _listed(names):
    return ", ".join(f"C({name})" for name in names)


def _rst(text):
    return re.sub(r"[CV]\(([^)]*)\)", r"``\1``", text)


OPTION = _Option("plugins", "modules", "opensips_table.py")
PAGE = _Page("docs", "docsite", "rst", "tables.rst")
