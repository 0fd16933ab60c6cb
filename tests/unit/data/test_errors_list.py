# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of errors on the page on troubleshooting is that of the code."""

import ast

from ansible_collections.community.opensips.data import errors_list
from ansible_collections.community.opensips.plugins.module_utils._module import run
from ansible_collections.community.opensips.plugins.module_utils._table import database, errors

# these are never the type of an error by themselves
ABSTRACT = {
    "OpensipsError",
    "MIError",
    "SipError",
    "TableError",
    "SchemaError",
    "ExplainedError",
    "PhoneError",
    "TryAgain",
}
# the option that has it is named by BadParameters
ABSTRACT |= {"UserAgentError", "BadTarget"}


def _subclasses():
    """Names of all classes of the library below OpensipsError."""
    bases = {}
    for path in errors_list.SOURCES.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {base.attr if isinstance(base, ast.Attribute) else base.id for base in node.bases}
    found = {"OpensipsError"}
    while True:
        more = {name for name, parents in bases.items() if parents & found} - found
        if not more:
            return found
        found |= more


def test_every_error_that_a_user_can_see_has_a_remedy():
    assert {name for name, _meaning, _remedy in errors_list.errors()} == _subclasses() - ABSTRACT


def test_an_error_that_is_not_listed_is_found():
    text = errors_list.generate()
    stale = text.replace("\nMITimeout\n", "\nTimeout\n")
    assert stale != text and errors_list.page(stale) == text


def test_the_messages_of_a_kind_are_listed():
    found = errors_list.messages()
    assert "Another run of campaign … is still active" in found["JournalError"]
    assert "- ``Another run of campaign … is still active``\n" in errors_list.generate()


def test_a_message_that_is_data_is_not_listed():
    assert errors_list.literal(errors_list.ast.parse("f'{where}: {error}'").body[0].value) == ""


def test_no_error_without_a_remedy_is_raised_by_itself():
    """But for what is caught again, and named by another one: BadTarget, and what keeps a NOTIFY from being sent."""
    caught = {("_ua/target.py", "BadTarget"), ("_sip/digest.py", "SipError")}
    # describe_error() calls it by the class above it
    abstract = ABSTRACT - {"TryAgain"}
    raised = {
        (path.relative_to(errors_list.SOURCES).as_posix(), node.exc.func.id)
        for path in errors_list.SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name)
    }
    assert len(raised) > 100 and {place for place in raised if place[1] in abstract} == caught


def test_a_kind_without_a_remedy_has_the_name_of_the_one_above():
    assert [
        run.describe_error(kind("no"))["type"] for kind in (database.TryAgain, errors.DatabaseLocked, errors.TableError)
    ] == [
        "DatabaseLocked",
        "DatabaseLocked",
        "TableError",
    ]
