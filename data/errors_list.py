# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the list of errors in docs/docsite/rst/guide.rst from the classes in plugins/module_utils that have a remedy."""

import ast
import pathlib

from . import pages

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "plugins" / "module_utils"
TARGET = str(ROOT / "docs" / "docsite" / "rst" / "guide.rst")
BEGIN, END = "Errors: made by data/errors_list.py, do not edit.", "End of the errors."
# the most usual ones come first
FIRST = ("_mi", "_sip", "_table")


def remedy_of(node):
    """The remedy (str) of a class (ast.ClassDef), or None."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and [target.id for target in statement.targets] == ["remedy"]:
            return ast.literal_eval(statement.value)
    return None


def errors():
    """(name, meaning, remedy) of each kind of error that a user can see."""
    paths = sorted(SOURCES.rglob("*.py"), key=lambda path: (order(path), path))
    for path in paths:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            remedy = remedy_of(node) if isinstance(node, ast.ClassDef) else None
            if remedy:
                meaning = " ".join(ast.get_docstring(node).partition("\n\n")[0].split())
                yield node.name, meaning, remedy


def order(path):
    floor = path.relative_to(SOURCES).parts[0]
    return FIRST.index(floor) if floor in FIRST else len(FIRST)


def page(text):
    """The page (str) with the list as it is now."""
    rows = [[f"``{name}``", meaning, remedy] for name, meaning, remedy in errors()]
    table = pages.table("25 35 40", ["``error.type``", "What it means", "What to do"], rows)
    return pages.replaced(text, BEGIN, END, "\n".join(["", *table, ""]))


def generate():
    """The guide, with the list as it is now."""
    with open(TARGET, encoding="utf-8") as stream:
        return page(stream.read())
