# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make config_names.json from the sources of OpenSIPS: python -m data.read_opensips CHECKOUT

CHECKOUT is a git repository of OpenSIPS with its branches. What modules and the core export to the configuration is read from
their C tables (param_export_t, cmd_export_t, acmd_export_t), cfg.lex and cfg.y. Nothing of the text itself is kept.

A parameter has the types that it accepts: i (number), s (text). A function has the forms in which it can be called: before
3.0 the numbers of its parameters, from 3.0 on a letter for each (i number, s text, v variable, r regular expression), with =
if $ means nothing in it, ! if it must be a constant, and ? if it may be left out. A variable has no value.
"""

import argparse
import io
import itertools
import re
import subprocess
import tarfile

from . import config_names, layout, records

# version: the branch; that of the version which is not released yet is the main branch
BRANCHES = {version: version for version in config_names.VERSIONS} | {config_names.VERSIONS[-1]: "master"}

_COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|("(?:[^"\\\n]|\\.)*")', re.DOTALL)
_DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)(?!\()[ \t]+((?:\\\n|[^\n])+)", re.MULTILINE)
_TABLE = re.compile(r"\b(param_export_t|a?cmd_export_t|pv_export_t)\s+(\w+)\s*\[\s*\]\s*=\s*\{")
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*')
_TYPES = {"INT_PARAM": "i", "STR_PARAM": "s"}
_KINDS = {"CMD_PARAM_INT": "i", "CMD_PARAM_STR": "s", "CMD_PARAM_VAR": "v", "CMD_PARAM_REGEX": "r"}
# What a table of functions has for those that other modules call, not the configuration
_NOT_IN_ROUTES = {"0", "NO_SCRIPT", "-1", ""}
# The lexer's names of a token, as words
_NAME = re.compile(r'"?([a-zA-Z_][\w]*)"?\Z')
_LEX_DEFINITION = re.compile(r"^([A-Z][A-Z0-9_]*)[ \t]+(\S+)[ \t]*$", re.MULTILINE)
_LEX_RULE = re.compile(r"^<INITIAL>\{(\w+)\}\s*\{[^}]*?return\s+(\w+)\s*;", re.MULTILINE | re.DOTALL)
_ALTERNATIVE = re.compile(r"(?:^|\n)\s*\|")
_SETTING = re.compile(r"\s*([A-Z0-9_]+)\s+EQUAL\s+(\w+)[^{]*\{\s*(yyerror|\S*)")
_STATEMENT = re.compile(r"(?:\||cmd:)\s*([A-Z0-9_]+)((?:\s+[A-Za-z_0-9]+)*)\s*\{")
_SETTING_TYPES = {"NUMBER": "i", "snumber": "i", "STRING": "s"}
# cfg_pp.c: words that are no tokens of the grammar
_PREPROCESSED = ("include_file", "import_file")


def files(checkout, branch):
    """{path: text} of the C sources and the grammar of a branch."""
    archive = subprocess.run(
        ["git", "-C", checkout, "archive", branch], check=True, stdout=subprocess.PIPE, timeout=300
    ).stdout
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as stream:
        for member in stream:
            if member.isfile() and re.search(r"\.(c|h|cc|cpp|lex|y)\Z", member.name):
                found[member.name] = stream.extractfile(member).read().decode("utf-8", "replace")
    return found


def _bare(text):
    """C without comments, on which strings have no influence."""
    return _COMMENT.sub(lambda match: match[1] or " ", text)


def _block(text, start):
    """The text up to the brace that closes the one before start."""
    depth = 1
    for match in re.compile(r'"(?:[^"\\]|\\.)*"|[{}]').finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return text[start : match.start()]
    raise ValueError(f"a table does not end: {text[start : start + 80]!r}")


def _expanded(text, macros):
    """text with the macros that stand for values replaced, those in them too."""
    for _depth in range(6):
        new = _WORD.sub(lambda match: macros.get(match[0], match[0]), text)
        if new == text:
            break
        text = new
    return text


def _cells(text):
    """The parts of a C initializer: texts, and lists for those in braces."""
    root = [[""]]
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|[{}(),]|[^"{}(),]+', text):
        if token == "{":
            root.append([""])
        elif token == "}":
            inner = root.pop()
            root[-1][-1] = [cell.strip() if isinstance(cell, str) else cell for cell in inner]
        elif token == "," and not _in_call(root[-1][-1]):
            root[-1].append("")
        elif isinstance(root[-1][-1], str):
            root[-1][-1] += token
    return [cell for cell in root[0] if isinstance(cell, list)]


def _in_call(cell):
    return isinstance(cell, str) and cell.count("(") > cell.count(")")


def _string(cell):
    """The value of string literals side by side; None if it is something else."""
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"', cell) if isinstance(cell, str) else []
    return "".join(parts) if parts else None


def _tables(texts, macros):
    """[(sort of table, name, row)] of the tables in C texts."""
    for text in texts:
        for match in _TABLE.finditer(text):
            body = _DIRECTIVE.sub("", _block(text, match.end()))
            for row in _cells(_expanded(body, macros)):
                name = _string(row[0][0] if isinstance(row[0], list) else row[0])
                if name is not None:
                    yield match[1], name, row


def _form(row, is_async):
    """How a function can be called, from its row; None if the configuration cannot."""
    if len(row) < 3 or (not is_async and (len(row) < 4 or row[-1 if row[-1] else -2] in _NOT_IN_ROUTES)):
        return None
    if isinstance(row[2], str):
        return row[2] if re.fullmatch(r"\d+", row[2]) else None
    return "".join(_parameter(cell[0]) for cell in row[2] if isinstance(cell, list) and cell[0] not in ("0", ""))


def _parameter(flags):
    kind = next((letter for word, letter in _KINDS.items() if re.search(rf"\b{word}\b", flags)), None)
    if kind is None:
        raise ValueError(f"the type of a parameter: {flags!r}")
    signs = {"CMD_PARAM_NO_EXPAND": "=", "CMD_PARAM_STATIC": "!", "CMD_PARAM_OPT": "?"}
    return kind + "".join(sign for word, sign in signs.items() if re.search(rf"\b{word}\b", flags))


def _module(texts, headers):
    """What a module exports. texts: of its C files; headers: {name of a macro: its value} of the libraries."""
    texts = [_bare(text) for text in texts]
    macros = {**headers, **_macros(texts)}
    module = {"parameters": {}, "functions": {}, "variables": {}, "targets": {}}
    for sort, name, row in _tables(texts, macros):
        if sort == "pv_export_t":
            module["variables"][name] = {""}
        elif sort == "param_export_t":
            types = {letter for word, letter in _TYPES.items() if re.search(rf"\b{word}\b", str(row[1]))}
            module["parameters"].setdefault(name, set()).update(types)
            module["targets"]["parameters", name] = str(row[2] if len(row) > 2 else "")
        else:
            form = _form(row, sort == "acmd_export_t")
            if form is not None:
                module["functions"].setdefault(name, set()).add(form)
                module["targets"]["functions", name] = re.sub(r"\(\w+\)|\s", "", str(row[1]))
    return module


def _macros(texts):
    found = {}
    for text in texts:
        for name, value in _DEFINE.findall(text):
            if name not in _TYPES and not name.startswith("CMD_PARAM_"):
                found.setdefault(name, value.replace("\\\n", " ").strip())
    return found


def _names(lexer):
    """{token of the grammar: its words}"""
    words = {}
    for name, pattern in _LEX_DEFINITION.findall(lexer):
        parts = pattern.strip("()").split("|")
        words[name] = [match[1] for match in map(_NAME.match, parts) if match]
    found = {}
    for pattern, token in _LEX_RULE.findall(lexer):
        found.setdefault(token, []).extend(words.get(pattern, ()))
    return found


def _core(tree):
    """The global parameters and the functions of the core."""
    grammar, names = _bare(tree["cfg.y"]), _names(_bare(tree["cfg.lex"]))
    core = _module([tree[path] for path in ("core_cmds.c", "pvar.c") if path in tree], {})
    start = grammar.index("assign_stm:") + len("assign_stm:")
    for alternative in _ALTERNATIVE.split(grammar[start : grammar.index("module_stm:", start)]):
        match = _SETTING.match(alternative)
        # what has no meaning left is still in the grammar, for its error
        if match and match[2] != "error" and match[3] != "yyerror":
            for name in names.get(match[1], ()):
                core["parameters"].setdefault(name, set()).add(_SETTING_TYPES.get(match[2], "x"))
    for token, arguments in _STATEMENT.findall(grammar[re.search(r"^cmd:", grammar, re.MULTILINE).start() :]):
        words = arguments.split()
        if "error" in words or token == "ID":
            continue
        count = words.count("COMMA") + 1 if len(words) > 2 else 0
        for name in names.get(token, ()):
            core["functions"].setdefault(name, set()).add(str(count))
    return core


def read(checkout, branch):
    """{module: what it exports} of a branch."""
    tree = files(checkout, branch)
    headers = _macros(_bare(text) for path, text in tree.items() if re.match(r"(lib/|[^/]*\.h\Z)", path))
    by_module = {}
    for path, text in tree.items():
        # two protocols are in the core, and loaded like modules
        match = re.match(r"(?:modules|net(?=/proto_))/([^/]+)/", path)
        if match and path.endswith((".c", ".h", ".cc", ".cpp")):
            by_module.setdefault(match[1], []).append(text)
    found = {name: _module(texts, headers) for name, texts in by_module.items()}
    return {**found, "core": _core(tree)}


def _renamed(before, after):
    """{(kind, name): new name} of what has another name in the next version, but the same C variable or function."""
    new = {}
    for (kind, name), target in after.items():
        if (kind, name) not in before:
            new.setdefault((kind, target), []).append(name)
    found = {}
    for (kind, name), target in before.items():
        names = new.get((kind, target), ())
        if (kind, name) not in after and len(names) == 1 and re.search(r"\w{3}", target):
            found[kind, name] = names[0]
    return found


def join(read_of):
    """The value of config_names.json. read_of: {version: what read() returns}"""
    versions = config_names.VERSIONS
    found = {}
    for name in sorted({module for modules in read_of.values() for module in modules}):
        found[name] = _record({version: read_of[version].get(name) for version in versions}, versions)
    return {"modules": found}


def _record(parts, versions):
    """The record of a module. parts: {version: what read() returns of it, or None}"""
    there = ((version, None if part is None else "") for version, part in parts.items())
    module = {"versions": [entry[:2] for entry in records.ranges(there, versions)]}
    for kind in config_names.KINDS:
        module[kind] = {
            key: records.ranges(
                ((v, part and _joined(kind, part[kind].get(key))) for v, part in parts.items()), versions
            )
            for key in sorted({key for part in parts.values() if part for key in part[kind]})
        }
    module["renamed"] = {kind: {} for kind in config_names.KINDS}
    for old, new in itertools.pairwise(versions):
        if parts[old] and parts[new]:
            for (kind, was), now in _renamed(parts[old]["targets"], parts[new]["targets"]).items():
                module["renamed"][kind][was] = now
    return module


def _joined(kind, values):
    """What a version says of a name, as JSON has it; None if it does not have the name."""
    return values and ("|" if kind == "functions" else "").join(sorted(values))


def main():
    parser = argparse.ArgumentParser(
        prog="python -m data.read_opensips", description=__doc__.split("\n", maxsplit=1)[0]
    )
    parser.add_argument("checkout", help="a git repository of OpenSIPS, with its branches")
    checkout = parser.parse_args().checkout
    found = join({version: read(checkout, branch) for version, branch in BRANCHES.items()})
    with open(config_names.SOURCE, "w", encoding="utf-8") as stream:
        stream.write(layout.dumps(found))


if __name__ == "__main__":
    main()
