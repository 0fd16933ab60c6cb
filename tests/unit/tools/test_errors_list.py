# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide's list of errors is that of the code."""

import ast
import importlib.util
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
# these are never the type of an error by themselves
ABSTRACT = {"OpensipsError", "MIError", "SipError", "TableError", "ExplainedError", "TryAgain"}


def _tool():
    spec = importlib.util.spec_from_file_location("errors_list", ROOT / "tests" / "tools" / "errors_list.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = _tool()


def _subclasses():
    """Names of all classes of the library below OpensipsError."""
    bases = {}
    for path in TOOL.SOURCES.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {base.attr if isinstance(base, ast.Attribute) else base.id for base in node.bases}
    found = {"OpensipsError"}
    while True:
        more = {name for name, parents in bases.items() if parents & found} - found
        if not more:
            return found
        found |= more


def test_the_guide_lists_the_errors_of_the_code():
    text = TOOL.TARGET.read_text(encoding="utf-8")
    assert TOOL.page(text) == text, "run tests/tools/errors_list.py"


def test_every_error_that_a_user_can_see_has_a_remedy():
    assert {name for name, _meaning, _remedy in TOOL.errors()} == _subclasses() - ABSTRACT


def test_an_error_that_is_not_listed_is_found():
    text = TOOL.TARGET.read_text(encoding="utf-8")
    stale = text.replace("   * - ``MITimeout``", "   * - ``Timeout``")
    assert stale != text and TOOL.page(stale) == text
