# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the list of errors in docs/docsite/rst/troubleshooting.rst from plugins/module_utils.

The classes that have a remedy are listed, each with the messages that it is raised with.
"""

import ast
import pathlib
import re

from . import pages

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "plugins" / "module_utils"
TARGET = str(ROOT / "docs" / "docsite" / "rst" / "troubleshooting.rst")
BEGIN, END = "Errors: made by data/errors_list.py, do not edit.", "End of the errors."
# the most usual ones come first
FIRST = ("_mi", "_sip", "_table")
# words that a message needs to be found by
MEANINGFUL = 3
# a kind with more messages than this names the option in them, so a list is of no use
MOST = 30


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


def messages():
    """{name of a class: its messages (set of str)}, as far as they stand where it is raised; what is not known yet is …"""
    found = {}
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", None))
                found.setdefault(name, set()).add(literal(node.args[0]))
    return {name: sorted(texts - {""}) for name, texts in found.items()}


def literal(node):
    """The text of an expression (ast.expr) that is a string; empty if it says too little by itself."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
    text = " ".join(re.sub(r"…[… ]*…", "…", text).replace("`", "'").split())
    return text if len(re.findall(r"[a-z]{2,}", text)) >= MEANINGFUL else ""


def entry(name, meaning, remedy, texts):
    """Lines about a kind of error."""
    lines = [name, "^" * len(name), "", meaning, "", f"**What to do:** {remedy}", ""]
    if 0 < len(texts) <= MOST:
        lines += ["Messages:", "", *[f"- ``{text}``" for text in texts], ""]
    return lines


def page(text):
    """The page (str) with the list as it is now."""
    found = messages()
    lines = [line for name, meaning, remedy in errors() for line in entry(name, meaning, remedy, found.get(name, []))]
    return pages.replaced(text, BEGIN, END, "\n".join(["", *lines, ""]))


def generate():
    """The page on troubleshooting, with the list as it is now."""
    with open(TARGET, encoding="utf-8") as stream:
        return page(stream.read())
