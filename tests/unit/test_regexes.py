# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No regular expression of plugins/ takes more than a fixed number of steps for each character of what it looks at.

Servers, phones, files and other users choose that text, and no timeout ends the search. Counted are steps, not seconds.
"""

import ast
import importlib
import pathlib
import re

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet import selection
from ansible_collections.community.opensips.plugins.module_utils._mi import tree
from ansible_collections.community.opensips.plugins.module_utils._readers import location
from ansible_collections.community.opensips.plugins.module_utils._sip import secrecy, vendors
from ansible_collections.community.opensips.plugins.module_utils._table import views
from ansible_collections.community.opensips.tests import regexes

_PLUGINS = pathlib.Path(__file__).parents[2] / "plugins"
_PACKAGE = "ansible_collections.community.opensips.plugins"
_FUNCTIONS = frozenset("compile match fullmatch search split findall finditer sub subn".split())
# These look at constants of the collection only.
_OWN_TEXT = {"module_utils/_mi/catalogue.py: re.findall"}
# Only ever matched at the beginning of a text, although not by their name.
_MATCHED = {
    "module_utils/_readers/location.py: _DUMP_HEAD",
    "module_utils/_readers/location.py: _SHOW_HEAD",
    "plugin_utils/_config_options.py: _CHECKSUM",
    "plugin_utils/_config_options.py: _LINK",
    "plugin_utils/_config_options.py: _LINKS",
    "plugin_utils/_config_options.py: _PATHS",
    "plugin_utils/_config_options.py: _TEXTS",
    "plugin_utils/_config_values.py: _HOST",
    "plugin_utils/_config_values.py: _URL",
}
# Built while the code runs: where, and why it is tried elsewhere or needs no trial.
_BUILT = {
    ("doc_fragments/_connection.py", "pattern"): "constants, on text of the collection",
    ("doc_fragments/_contacts.py", "pattern"): "constants, on text of the collection",
    ("module_utils/_fleet/selection.py", "pattern"): "a user's pattern, on text of MOST_MATCHED characters",
    ("module_utils/_sip/glob.py", "sets"): "a user's pattern, on text of MOST_MATCHED characters",
    (
        "module_utils/_sip/glob.py",
        "''.join(('.' if char == '?' else re.escape(char) for char in text))",
    ): "test_shell_patterns_are_those_of_fnmatch",
    (
        "module_utils/_mi/tree.py",
        " ({'|'.join((re.escape(known_name) for known_name in known))})=",
    ): "test_attributes_of_trees",
    **dict.fromkeys(
        [
            ("module_utils/_readers/location.py", expression)
            for expression in (
                "{own}AOR:: (.*)\n|Domain:: ([^ \n]*)(?: .*)?\n",
                "{own + one}KV-Store:: .*\n|\n",
                "_CONTACT.format(c=own + one, f=own + one * 2)",
                "({own + one}Contact:: (?=.* Q=)).*\n|{own + one * 2}(?:{'|'.join(_FIELDS)}):: .*\n",
                "\n(?={own}AOR:: |Domain:: )",
            )
        ],
        "test_location_tables_as_text",
    ),
    (
        "module_utils/_mi/safe_file.py",
        "re.escape(name[:_NAME_OF_TEMPORARY]) + b'\\\\.[0-9a-f]{24}\\\\.new\\\\Z'",
    ): "plain text and a fixed length, on names of files",
    (
        "module_utils/_sip/secrecy.py",
        "'|'.join(map(_expression, forms))",
    ): "test_secrets_in_a_text",
    ("module_utils/_sip/uri.py", "[A-Za-z0-9{re.escape(allowed + more)}%]*"): "found among the compiled ones",
    ("module_utils/_sip/user_agent.py", "family.details"): "test_user_agents",
    ("module_utils/_sip/vendors.py", "family.pattern"): "test_user_agents",
    ("module_utils/_sip/vendors.py", "pattern"): "test_user_agents",
    (
        "module_utils/_table/views.py",
        "(?<![0-9])([0-9]+) {noun} loaded \\(([0-9]+) discarded\\)",
    ): "test_numbers_of_loaded_rows",
}


def _modules():
    """(path, module) of each file of plugins/."""
    for path in sorted(_PLUGINS.rglob("*.py")):
        name = path.relative_to(_PLUGINS).with_suffix("")
        yield str(path.relative_to(_PLUGINS)), importlib.import_module(".".join((_PACKAGE, *name.parts)))


def _uses(parsed):
    """{name: methods of patterns that are called on it}."""
    found = {}
    for node in ast.walk(parsed):
        if isinstance(node, ast.Attribute) and node.attr in _FUNCTIONS and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
    return found


def _compiled(value, seen):
    """The compiled patterns in a value of a module: in containers and classes, too."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _compiled(each, seen)
    elif isinstance(value, dict):
        yield from _compiled(list(value.values()), seen)
    elif isinstance(value, type) and value.__module__.startswith(_PACKAGE):
        yield from _compiled(list(vars(value).values()), seen)


def _calls(parsed):
    """(function, expression of the pattern, expression of the flags or None) of each call of a function of re."""
    for node in ast.walk(parsed):
        function = getattr(node, "func", None)
        if (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and function.value.id == "re"
            and function.attr in _FUNCTIONS
        ):
            place = {"compile": 1, "match": 2, "search": 2, "fullmatch": 2, "findall": 2, "finditer": 2}.get(
                function.attr
            )
            flags = [each.value for each in node.keywords if each.arg == "flags"]
            if place is not None and len(node.args) > place:
                flags = [node.args[place]]
            yield function.attr, node.args[0], flags[0] if flags else None


def _evaluate(expression, module):
    return eval(compile(ast.Expression(expression), module.__name__, "eval"), vars(module))  # noqa: S307 - our own source


def _source(expression):
    """An expression as text, the same on every Python: ast.unparse() quotes f-strings as each of them can."""
    if not isinstance(expression, ast.JoinedStr):
        return ast.unparse(expression)
    return "".join(
        part.value if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}" for part in expression.values
    )


def _found():
    """({(where, pattern, flags, use)}, expressions that are no constants): every regular expression of plugins/."""
    found, built = set(), set()
    for path, module in _modules():
        parsed = ast.parse((_PLUGINS / path).read_text(encoding="utf-8"))
        uses = _uses(parsed)
        for name, value in list(vars(module).items()):
            if getattr(value, "__module__", module.__name__) != module.__name__ and isinstance(value, type):
                continue
            for pattern in _compiled(value, set()):
                if isinstance(pattern.pattern, str):
                    where = f"{path}: {name}"
                    for use in uses.get(name) or {"match" if where in _MATCHED else "search"}:
                        found.add((where, pattern.pattern, pattern.flags, use))
        for use, expression, flags in _calls(parsed):
            try:
                pattern = _evaluate(expression, module)
                flags = _evaluate(flags, module) if flags is not None else 0
            except NameError:
                built.add((path, _source(expression)))
                continue
            if use != "compile":
                found.add((f"{path}: re.{use}", pattern, int(flags), use))
    return found, built


_ALL, _EXPRESSIONS = _found()


def test_all_are_found():
    assert {where for where, *_rest in _ALL} >= _OWN_TEXT
    assert len(_ALL) > 80
    assert {each.split(":")[0] for each, *_rest in _ALL} >= {"plugin_utils/_config.py", "module_utils/_readers/uac.py"}
    assert set(_BUILT) == _EXPRESSIONS, "say where the patterns of these are tried"


@pytest.mark.parametrize(
    ("where", "pattern", "flags", "use"),
    sorted(each for each in _ALL if each[0] not in _OWN_TEXT),
    ids=lambda value: str(value)[:60],
)
def test_twice_the_text_takes_twice_the_steps(where, pattern, flags, use):
    assert regexes.worst(pattern, flags, use) is None, where


@pytest.mark.parametrize("depth", [0, 1])
def test_location_tables_as_text(depth):
    for use in location._grammar("\t", depth):
        assert regexes.worst(use.__self__.pattern, use.__self__.flags, use.__name__) is None, use


def test_numbers_of_loaded_rows():
    view = views.Loaded("dialplan", "rules")
    assert regexes.worst(view._pattern.pattern, 0, "search") is None


def test_attributes_of_trees():
    for name in tree._ATTRIBUTES:
        assert regexes.worst(tree._splitter(name).pattern, 0, "finditer") is None


def test_secrets_in_a_text():
    hidden = secrecy.Secrets()
    hidden.add(["secret-1001", "aaaaaaaa"])
    assert hidden.hide("it is Secret-1001") == f"it is {secrecy.MASK}"
    assert regexes.worst(hidden._pattern.pattern, re.IGNORECASE, "finditer") is None


@pytest.mark.parametrize(
    "pattern",
    [each for family in vendors.FAMILIES for each in (family.pattern, family.details)]
    + [pattern for _what, pattern in vendors.OTHERS],
)
def test_user_agents_are_cut_off_before_they_are_looked_at(pattern):
    steps = regexes.Steps(pattern, re.IGNORECASE, "search")
    for before, unit, end in regexes.attacks(pattern, re.IGNORECASE):
        count = vendors.MAX_LENGTH // len(unit) + 1
        assert steps.on((before + unit * count + end)[: vendors.MAX_LENGTH]) < 200 * vendors.MAX_LENGTH


# what is known to be slow, and its like that is not
_SLOW = [
    (r"\+[0-9\-.()]*[0-9][0-9\-.()]*|[0-9A-Fa-f*#\-.()]+", "fullmatch"),
    (r"[^<>,]*<[^>]*>", "findall"),
    (r"[A-Za-z][A-Za-z0-9+.-]*://[^\s:/@\"']*:[^\s\"']*@", "sub"),
    (r"Contact:: (.*) Q=(.*)\nExpires:: ", "finditer"),
    (r"(.*)\n", "finditer"),
    (r"\s+$", "search"),
    (r"<(.*?)>;q=([0-9.]*);callid=<(.*?)>;methods=0x", "match"),
    (r"(value: )'.*?' (for )", "sub"),
    (r"<([^<>]*)>\s*(.*)", "fullmatch"),
    (r"(?:a+)+b", "match"),
    (r"(?:a|a)*b", "match"),
    (r"\s*x\s*(\s*)\s*y", "match"),
    (r"a.*?b.*?c", "search"),
    (r"(?i)x\w+\s*\w+:", "match"),
]
_FAST = [
    (r" ([A-Za-z_][A-Za-z0-9_-]*)=", "finditer"),
    (r"\s+", "sub"),
    (r"[^<>]*<[^<>]*>", "match"),
    (r'"(?:[^"\\]|\\.)*"', "match"),
    (r"(a{1,20}){1,20}b", "match"),
    (r"(?:[^\n]*)\n", "match"),
    (r"(?=a)(?!b)a*c", "match"),
    (r"^dnl\b", "search"),
]


@pytest.mark.parametrize(("pattern", "use"), _SLOW)
def test_slow_ones_are_found_out(pattern, use):
    assert regexes.worst(pattern, 0, use) is not None


@pytest.mark.parametrize(("pattern", "use"), _FAST)
def test_fast_ones_are_left_alone(pattern, use):
    assert regexes.worst(pattern, 0, use) is None


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(a|ab)(c|bcd)(d*)", "abcd"),
        (r"\bfoo\b.*?bar\Z", "a foo and bar"),
        (r"(?P<x>[a-c]+)(?<!c)d", "abd"),
        (r"(?i)HELLO(?: world){2}", "hello WORLD world"),
        (r"[^\s\d]+\s\d{2,3}$", "abc 123"),
        (r"a(?=b)(?!bc)b", "abd"),
    ],
)
@pytest.mark.parametrize("use", ["match", "fullmatch", "search"])
def test_the_counting_matcher_matches_as_pythons_does(pattern, text, use):
    for tried in (text, text[:-1], "x" + text, text + "\n", ""):
        expected = getattr(re.compile(pattern), use)(tried)
        assert regexes.Steps(pattern, 0, use).matches(tried) == (expected.span() if expected else None)


def test_text_for_users_patterns_is_cut_off():
    seen = []

    class Pattern:
        @staticmethod
        def search(text):
            seen.append(len(text))

    assert not selection.found_in([Pattern], "x" * 100_000)
    assert seen == [selection.MOST_MATCHED]
