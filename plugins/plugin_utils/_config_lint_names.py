# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Rules of the lint about names: modules, their parameters, functions, variables, and global parameters."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._mi import catalogue
from ansible_collections.community.opensips.plugins.plugin_utils import _config_renamed as renamed
from ansible_collections.community.opensips.plugins.plugin_utils._config import Call, Token
from ansible_collections.community.opensips.plugins.plugin_utils._config_lint_base import (
    Checked,
    Finding,
    ModuleParameter,
    similar_names,
    unquoted,
    version_label,
)
from ansible_collections.community.opensips.plugins.plugin_utils._config_names import (
    CORE,
    TYPED_SINCE,
    VERSIONS,
    Form,
    Module,
    Name,
    forms,
    modules,
    modules_with,
)

_NUMBER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|[0-9]+)\Z|(?:yes|no|true|false|on|off|enable|disable)\Z")
_STRING = re.compile(r'(?:"(?:[^"\\]|\\.)*")+\Z|(?:\'[^\']*\')+\Z', re.DOTALL)
_NAMES = re.compile(r"[\w.|-]+\Z")
_VARIABLE = re.compile(r"\$\(?([A-Za-z_][\w.]*)")
# A variable within a text; $$ is the character
_IN_TEXT = re.compile(r"(?<!\$)(?:\$\$)*\$[A-Za-z_(]")
_TYPES = {"i": "a number", "s": "a text in quotes", "v": "a variable", "r": "a regular expression in quotes"}
# Modules that a hint names at most
_MOST_HOMES = 3
# Parts of the name of a variable, such as $msg.branch.uri
_MOST_PARTS = 8


def _type_of(value: str) -> str | None:
    """i, s or v of the text of a value; None for anything else, such as what a template is still to fill in."""
    if _NUMBER.match(value):
        return "i"
    if _STRING.match(value):
        return "s"
    return "v" if _VARIABLE.match(value) and value.count("$") == 1 else None


# Modules


def unknown_modules(checked: Checked) -> t.Iterator[Finding]:
    for name, token in checked.loads:
        module = modules().get(name)
        if module is None or name == CORE:
            yield Finding.at(
                token,
                "unknown_module",
                "warning",
                f"No version of {version_label(None)} has the module {name}. Its parameters and functions were not checked.",
                checked.similar(name, (module.name for module in modules().values() if module.is_in(checked.version))),
            )
        elif not module.is_in(checked.version):
            yield _of_other_version(
                checked, token, "module", f"the module {name}", module.versions, _module_hint(checked, name)
            )


def _module_hint(checked: Checked, name: str) -> str | None:
    new = modules().get(renamed.MODULES.get(name, ""))
    if new and new.is_in(checked.version):
        return f"Use the module {new.name}."
    if name == "event_route":
        return "Remove the line. The core has event routes."
    old = modules()[name]
    moved = sorted(
        {
            module.name
            for function in old.functions
            for module in modules_with("functions", function)
            if module.functions[function].at(checked.version) and module.is_in(checked.version)
        }
        - {name}
    )
    return f"Some of its functions are in: {', '.join(moved)}." if moved else None


def _of_other_version(
    checked: Checked, token: Token, kind: str, label: str, versions: t.Collection[int], hint: str | None
) -> Finding:
    """What another version has: removed_KIND, or newer_KIND."""
    older = [version for version in versions if version < (checked.version or 0)]
    if older:
        message = f"{checked.label} does not have {label}. The last version with it is {VERSIONS[max(older)]}."
        return Finding.at(token, f"removed_{kind}", "error", message, hint or "Remove it.")
    first = VERSIONS[min(versions)]
    message = f"{checked.label} does not have {label}. The first version with it is {first}."
    return Finding.at(token, f"newer_{kind}", "error", message, hint or f"Remove it, or run OpenSIPS {first} or later.")


def _new_name(checked: Checked, table: t.Mapping[str, Name], name: str, curated: t.Mapping[str, str]) -> str | None:
    """The name that the version has in the place of an older one."""
    new = table[name].renamed if name in table else ""
    return next(
        (other for other in (curated.get(name), new) if other and other in table and table[other].at(checked.version)),
        None,
    )


# Parameters of modules


def module_parameters(checked: Checked) -> t.Iterator[Finding]:
    for parameter in checked.parameters:
        matching = _matching(checked, parameter)
        if matching is None:
            continue
        if not matching and checked.is_whole:
            yield from _not_loaded(checked, parameter)
        for name in matching:
            if name in modules() and name != CORE:
                yield from _parameter(checked, modules()[name], parameter)


def _matching(checked: Checked, parameter: ModuleParameter) -> list[str] | None:
    """The modules that are loaded before and match, as in modparam.c: names with | between them, in any case.

    None if that is unknown: it is another regular expression.
    """
    if not _NAMES.match(parameter.module):
        return None
    wanted = parameter.module.lower().split("|")
    if not checked.is_whole:
        # another part may load it; of several, it may load one
        return [name for name in modules() if [name.lower()] == wanted]
    first = checked.first_loads
    return [name for name in first if first[name] < parameter.place.order and name.lower() in wanted]


def _not_loaded(checked: Checked, parameter: ModuleParameter) -> t.Iterator[Finding]:
    later = any(name == parameter.module for name, _token in checked.loads)
    yield Finding.at(
        parameter.place,
        "module_not_loaded",
        "error",
        f"The parameter {parameter.name} is set, but the module {parameter.module} is {'loaded later' if later else 'not loaded'}.",
        f'Load the module before this line: loadmodule "{parameter.module}.so".'
        if not later
        else "Move the line below loadmodule.",
    )


def _parameter(checked: Checked, module: Module, parameter: ModuleParameter) -> t.Iterator[Finding]:
    if not module.is_in(checked.version):
        return
    label = f"the parameter {parameter.name} of the module {module.name}"
    named = (checked, module, parameter.place, parameter.name, "parameter", label)
    yield from _set(named, "".join(parameter.value))


# what _set() and what it calls say of a parameter: where, which one, what kind of name it is, how a message calls it
_Named = tuple[Checked, Module, Token, str, str, str]


def _set(named: _Named, value: str) -> t.Iterator[Finding]:
    """A parameter of a module or of the core that is set to a value: whether there is one, by this name, with this type."""
    checked, module, token, key, _kind, label = named
    name = module.parameters.get(key)
    if name is None or not name.at(checked.version):
        yield _no_parameter(*named)
        return
    yield from _renamed_later(*named)
    yield from _wrong_value(token, _type_of(value), name.at(checked.version), label)


def _no_parameter(checked: Checked, module: Module, token: Token, key: str, kind: str, label: str) -> Finding:
    table = module.parameters
    new = _new_name(checked, table, key, renamed.PARAMETERS.get(module.name, {}))
    hint = f"Use {new}." if new else _elsewhere(checked, "parameters", key) if module.name != CORE else None
    if key in table:
        return _of_other_version(checked, token, kind, label, table[key].values, hint)
    there = (other for other, name in table.items() if name.at(checked.version))
    severity = "error" if checked.is_whole or module.name != CORE else "warning"
    return Finding.at(
        token,
        f"unknown_{kind}",
        severity,
        f"{checked.label} does not have {label}.",
        hint or checked.similar(key, there),
    )


def _elsewhere(checked: Checked, kind: str, name: str) -> str | None:
    """Which modules have a name that the one has no more."""
    found = [m.name for m in modules_with(kind, name) if getattr(m, kind)[name].at(checked.version) and m.name != CORE]
    if 0 < len(found) <= _MOST_HOMES:
        return f"Another module has it: {', '.join(found)}."
    return None


def _renamed_later(
    checked: Checked, module: Module, token: Token, key: str, kind: str, label: str
) -> t.Iterator[Finding]:
    """What works, but has a new name that works too, and does not work in a later version."""
    if checked.version is None:
        return
    table = module.parameters if kind != "function" else module.functions
    curated = (renamed.PARAMETERS if kind != "function" else renamed.FUNCTIONS).get(module.name, {})
    name = table[key]
    new = _new_name(checked, table, key, curated)
    if new and name.last < len(VERSIONS) - 1 and checked.version <= name.last:
        yield Finding.at(
            token,
            f"renamed_{kind}",
            "warning",
            f"OpenSIPS {VERSIONS[name.last + 1]} does not have {label}. {checked.label} has the new name too.",
            f"Use {new}.",
        )


def _wrong_value(token: Token, found: str | None, types: t.Collection[str], label: str) -> t.Iterator[Finding]:
    accepted = "".join(types)
    if found in ("i", "s") and accepted and "x" not in accepted and found not in accepted:
        yield Finding.at(
            token,
            "wrong_type",
            "error",
            f"The value of {label} is {_TYPES[found]}.",
            f"Write {' or '.join(_TYPES[kind] for kind in sorted(set(accepted)))}.",
        )


# Global parameters


def global_parameters(checked: Checked) -> t.Iterator[Finding]:
    for setting in checked.settings:
        label = f"the global parameter {setting.name}"
        named = (checked, modules()[CORE], setting.name, setting.name, "global_parameter", label)
        yield from _set(named, setting.value)


def socket_options(checked: Checked) -> t.Iterator[Finding]:
    for word in checked.configuration.settings:
        if checked.version is None or word not in renamed.SOCKET_OPTIONS:
            continue
        first, last, other = renamed.SOCKET_OPTIONS[word]
        versions = range(VERSIONS.index(first), VERSIONS.index(last) + 1)
        if checked.version not in versions:
            label = f"the socket option {word}"
            yield _of_other_version(checked, word, "socket_option", label, versions, f"Use {other}.")


# Functions


def functions(checked: Checked) -> t.Iterator[Finding]:
    for call in checked.calls:
        having = modules_with("functions", call.name)
        now = [module for module in having if module.functions[call.name].at(checked.version)]
        usable = [module for module in now if module.name in checked.loaded or not checked.is_whole]
        if usable:
            yield from _call(checked, call, usable)
            if usable[0].name == CORE:
                yield from _renamed_later(
                    checked, usable[0], call.name, call.name, "function", f"the function {call.name}"
                )
        elif now:
            yield _function_of_module(checked, call, now)
        elif not now:
            yield from _no_function(checked, call, having)


def _function_of_module(checked: Checked, call: Call, having: list[Module]) -> Finding:
    names = ", ".join(module.name for module in having)
    return Finding.at(
        call.name,
        "module_not_loaded",
        "error" if checked.is_known else "warning",
        f"The function {call.name} is called, but no module that has it is loaded.",
        f"Load one of these modules: {names}." if len(having) > 1 else f"Load the module {names}.",
    )


def _no_function(checked: Checked, call: Call, having: list[Module]) -> t.Iterator[Finding]:
    label = f"the function {call.name}"
    if having:
        known = [module for module in having if module.name in checked.loaded] or having
        versions = {version for module in known for version in module.functions[call.name].values}
        yield _of_other_version(
            checked, call.name, "function", label, versions, _function_hint(checked, call.name, known)
        )
    elif checked.is_known:
        there = (
            name
            for module in modules().values()
            for name, function in module.functions.items()
            if function.at(checked.version)
        )
        yield Finding.at(
            call.name,
            "unknown_function",
            "error",
            f"{checked.label} does not have {label}.",
            checked.similar(call.name, there),
        )


def _function_hint(checked: Checked, name: str, having: list[Module]) -> str | None:
    for module in having:
        curated = renamed.FUNCTIONS.get(module.name, {}).get(name)
        for new in filter(None, (curated, module.functions[name].renamed)):
            homes = [m.name for m in modules_with("functions", new) if m.functions[new].at(checked.version)]
            if homes:
                return f"Use {new}." if CORE in homes else f"Use {new} of the module {homes[0]}."
    return None


def _call(checked: Checked, call: Call, usable: list[Module]) -> t.Iterator[Finding]:
    """Whether a call fits one of the forms of its function."""
    known = [form for module in usable for form in forms(module.functions[call.name], checked.version)]
    count = len(call.arguments)
    fitting = [form for form in known if form.least <= count <= form.most]
    if not fitting:
        least, most = min(form.least for form in known), max(form.most for form in known)
        expected = str(least) if least == most else f"{least} to {most}"
        yield Finding.at(
            call.name,
            "wrong_parameters",
            "error",
            f"The function {call.name} is called with {count} parameters. {checked.label} expects {expected}.",
            "Change the call.",
        )
    elif checked.version is None:
        return
    elif checked.version < TYPED_SINCE and "" in call.arguments:
        message = f"The function {call.name} is called with an empty parameter. {checked.label} does not accept it."
        yield Finding.at(call.name, "wrong_parameters", "error", message, "Write a value for each parameter.")
    elif checked.version >= TYPED_SINCE:
        problems = [_mismatch(form, call.arguments) for form in fitting]
        if all(problems):
            message, hint = t.cast("tuple[str, str]", problems[0])
            yield Finding.at(call.name, "wrong_type", "error", f"{message.format(call.name)} in {checked.label}.", hint)


def _mismatch(form: Form, arguments: list[str]) -> tuple[str, str] | None:
    """What does not fit, and what to write; the name of the function is left out as {}."""
    for number, (parameter, argument) in enumerate(zip(form.parameters or (), arguments, strict=False), 1):
        label = f"parameter {number} of the function {{}}"
        if not argument:
            if not parameter.is_optional:
                return f"The call leaves out {label}, which is required", "Write a value."
            continue
        found = _type_of(argument)
        if found is None:
            continue
        if found == "v" and parameter.is_constant:
            return f"A variable is the value of {label}, which must be a constant", f"Write {_TYPES[parameter.kind]}."
        if found == "s" and parameter.is_constant and not parameter.is_literal and _IN_TEXT.search(argument):
            return f"A variable is in {label}, which must be a constant", "Write a text without variables."
        accepted = {"r": "sv", "v": "v"}.get(parameter.kind, f"{parameter.kind}v")
        if found not in accepted:
            return (
                f"The value of {label} is {_TYPES[found]}, which is the wrong type",
                f"Write {_TYPES[parameter.kind]}.",
            )
    return None


# Variables


def variables(checked: Checked) -> t.Iterator[Finding]:
    for token, name in _variables(checked):
        having = modules_with("variables", name)
        now = [module for module in having if module.variables[name].at(checked.version)]
        if having and not now:
            yield _variable_of_other_version(checked, token, name, having)
        elif checked.is_known and not having:
            message = f"{checked.label} does not have the variable ${name}."
            yield Finding.at(token, "unknown_variable", "error", message, "Check the name.")
        elif checked.is_known and not any(module.name in checked.loaded for module in now):
            message = f"The variable ${name} is used, but no module that has it is loaded."
            yield Finding.at(token, "module_not_loaded", "error", message, f"Load the module {now[0].name}.")


def _variable_of_other_version(checked: Checked, token: Token, name: str, having: list[Module]) -> Finding:
    versions = {version for module in having for version in module.variables[name].values}
    new = renamed.VARIABLES.get(name)
    hint = f"Use {new}." if new else None
    return _of_other_version(checked, token, "variable", f"the variable ${name}", versions, hint)


def _variables(checked: Checked) -> t.Iterator[tuple[Token, str]]:
    """[(token, name)] of the variables in routes, outside of texts."""
    for block in checked.configuration.routes.values():
        for place, word in enumerate(block):
            if word[0] != "$":
                continue
            if word == "$":
                name = _dotted(block, place + 1)
            else:
                match = _VARIABLE.match(word)
                name = match[1] if match else ""
            if name:
                yield word, name


def _dotted(words: list[Token], place: int) -> str:
    """The name of a variable without parentheses: words with dots between them."""
    if place >= len(words) or not re.match(r"[A-Za-z_]", words[place]):
        return ""
    end = place + 1
    while words[end : end + 1] == ["."] and end < place + 2 * _MOST_PARTS:
        end += 2
    return "".join(words[place:end])


# MI commands that the function mi() of mi_script runs


def mi_commands(checked: Checked) -> t.Iterator[Finding]:
    for call in checked.calls:
        text = unquoted(call.arguments[0]) if call.name == "mi" and call.arguments else ""
        name = text.split()[0] if text.strip() else ""
        if re.fullmatch(r"[\w:]+", name):
            yield from _mi_command(checked, call.name, name)


def _mi_command(checked: Checked, token: Token, name: str) -> t.Iterator[Finding]:
    command = catalogue.find(name)
    if command is None:
        message = f"No version of {version_label(None)} has the MI command {name}. A module of your own may have it."
        similar = catalogue.nearest(name) if checked.is_suggested(name) else []
        yield Finding.at(token, "unknown_mi_command", "warning", message, similar_names(similar))
        return
    if checked.version is None:
        return
    first, last = _number(command.since), _number("3.6" if command.lost and name == command.name else command.until)
    versions = [place for place, version in enumerate(VERSIONS) if first <= _number(version) <= last]
    if versions and checked.version not in versions:
        new = [*(command.v4_names if command.lost else ()), *command.now]
        hint = f"Use {' or '.join(new)}." if new and checked.version > max(versions) else None
        yield _of_other_version(checked, token, "mi_command", f"the MI command {name}", versions, hint)


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


# Conditions


def bare_operands(checked: Checked) -> t.Iterator[Finding]:
    """method == "INVITE" and the like, which newer versions took out of the grammar."""
    if checked.version is None or checked.version <= VERSIONS.index(renamed.OPERANDS_UNTIL):
        return
    for block in checked.configuration.routes.values():
        for place, word in enumerate(block[:-2]):
            if word in renamed.OPERANDS and place and block[place - 1] in _BEFORE_OPERAND and _compares(block, place):
                yield Finding.at(
                    word,
                    "removed_operand",
                    "error",
                    f"{checked.label} cannot compare {word}. The last version that can is {renamed.OPERANDS_UNTIL}.",
                    f"Use {renamed.OPERANDS[word]}.",
                )


_BEFORE_OPERAND = frozenset(["(", "&", "|", "!", "and", "or", "not"])


def _compares(words: list[Token], place: int) -> bool:
    if words[place] == "msg":
        return words[place + 1 : place + 3] == [":", "len"]
    return "".join(words[place + 1 : place + 3]) in ("==", "!=", "=~", "!~")


RULES: tuple[t.Callable[[Checked], t.Iterator[Finding]], ...] = (
    unknown_modules,
    module_parameters,
    global_parameters,
    socket_options,
    functions,
    variables,
    mi_commands,
    bare_operands,
)
