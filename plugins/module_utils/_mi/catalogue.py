# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is known of each MI command: its names, its parameters by version, and whether it changes something.

The data (catalogue_data.COMMANDS) is one text, a record per command, tokens separated by white space:

    =NAME MODULE KIND SINCE-UNTIL, then sections, each begun by a token @KEY:
    @v4 the names in 4.0; @aka other spellings that 4.0 takes; @lost 4.0 knows the classic name no more
    @was, @now the names in older, in newer versions
    @mod FROM-TO the module in these versions; @built FROM-TO the build option that the command needs
    @dual min=N named=A,B first=X,Y a command that reads or writes: with what it writes
    @async FROM-TO the reply comes later; @old NAME=NAME names of parameters in the documentation of 1.x and 2.x
    @line FROM-TO, @rpc FROM-TO what the line protocol (1.x, 2.x), what JSON-RPC (3.x, 4.x) takes:
        "?" not known; ! named parameters only; #NAME integer; ~NAME yes or no; *NAME=TYPE array;
        ":" the forms follow, separated by "|". NAME=X: send X when left out; NAME*: takes the rest; NAME!: the word itself

A record is read when it is asked for, so that the start of a module costs next to nothing.
"""

import re

from ansible_collections.community.opensips.plugins.module_utils._mi.catalogue_data import COMMANDS
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, UnknownCommand

# Modules in the JSON that are parts of the core: nobody can load them
_CORE = frozenset(("core", "blacklists", "cache", "evi", "mem", "statistics", "status_report", "tcp"))

# JSON-RPC servers keep numbers in a signed 32-bit integer and clip what is larger (mi/item.c)
_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1


class Facts:
    """What a range of versions takes.

    forms: list of lists of (name, mark, filler), mark "" or one of "=*!"; None when not known.
    named_only: bool. ints, bools: sets of names. arrays: {name: type of the elements}.
    words: set of names that are sent as the words themselves. fitting: {names given: the form that has just these}, kept
    because a fleet's calls are all alike.
    """

    __slots__ = ("first", "last", "forms", "named_only", "ints", "bools", "arrays", "words", "fitting", "_names")

    def __init__(self, tokens):
        self.first, self.last = _span(tokens[0])
        self.forms = None
        self.named_only = "!" in tokens
        self.ints, self.bools, self.arrays = set(), set(), {}
        self.fitting, self._names = {}, None
        for position, token in enumerate(tokens[1:], 1):
            if token == ":":
                self.forms = _forms(tokens[position + 1 :])
                break
            if token[0] == "#":
                self.ints.add(token[1:])
            elif token[0] == "~":
                self.bools.add(token[1:])
            elif token[0] == "*":
                name, dummy, kind = token[1:].partition("=")
                self.arrays[name] = kind
        self.words = {slot[0] for form in self.forms or () for slot in form if slot[1] == "!"}

    def names(self):
        """Every name that some form knows, in their order."""
        if self._names is None:
            self._names = []
            for form in self.forms or ():
                self._names += [slot[0] for slot in form if slot[0] not in self._names]
        return self._names


class Command:
    """A record of the catalogue.

    name: the classic name. module: str. kind: "read", "write", "action" or "dual". since, until: "1.4" … "4.0".
    v4_names: list of module:command. aliases: other spellings of 4.0. lost: bool, 4.0 refuses the classic name.
    was, now: list of names in older and newer versions. modules: [(from, to, module)] where it differs.
    built: {build option}. write_if: {"min": int, "named": [str], "first": [str]} of a dual command, or {}.
    line, rpc: list of Facts. async_spans: [(from, to)]. always_async: bool, in every version.
    old_params: {name in old documentation: name}.
    """

    # fmt: off
    __slots__ = ("name", "module", "kind", "since", "until", "v4_names", "aliases", "lost", "was", "now", "modules", "built",
                 "write_if", "line", "rpc", "async_spans", "always_async", "old_params")
    # fmt: on

    def __init__(self, record):
        tokens = record.split()
        self.name, self.module, self.kind = tokens[:3]
        self.since, self.until = tokens[3].split("-")
        sections = {}
        for token in tokens[4:]:
            if token[0] == "@":
                section = []
                sections.setdefault(token[1:], []).append(section)
            else:
                section.append(token)
        joined = {key: [token for section in found for token in section] for key, found in sections.items()}
        self.v4_names = joined.get("v4", [])
        self.aliases = joined.get("aka", [])
        self.lost = "lost" in joined
        self.was = joined.get("was", [])
        self.now = joined.get("now", [])
        self.modules = [tuple(section[0].split("-")) + (section[1],) for section in sections.get("mod", ())]
        self.built = {" ".join(section[1:]) for section in sections.get("built", ())}
        self.write_if = _write_if(joined.get("dual", ()))
        self.line = [Facts(section) for section in sections.get("line", ())]
        self.rpc = [Facts(section) for section in sections.get("rpc", ())]
        self.async_spans = [_span(section[0]) for section in sections.get("async", ())]
        self.always_async = self.async_spans == [(_span(self.since)[0], _span(self.until)[0])]
        self.old_params = dict(token.split("=") for token in joined.get("old", ()))

    def spellings(self):
        """Every name that a server may list for it, the least ambiguous first."""
        return self.v4_names + [self.name]


def _span(text):
    return tuple(tuple(int(part) for part in version.split(".")) for version in text.split("-"))


def _forms(tokens):
    forms = [[]]
    for token in tokens:
        if token == "|":
            forms.append([])
            continue
        name, equals, filler = token.partition("=")
        mark = "=" if equals else name[-1] if name[-1] in "*!" else ""
        forms[-1].append((name.rstrip("*!"), mark, filler))
    return forms


def _write_if(tokens):
    rule = dict(token.split("=") for token in tokens)
    if not rule:
        return {}
    return {
        "min": int(rule["min"]) if "min" in rule else None,
        "named": rule["named"].split(",") if "named" in rule else [],
        "first": rule["first"].split(",") if "first" in rule else [],
    }


_found = {}
_spellings = {}


def _classic_of(spelling):
    """The classic name for a name of 4.0: full, alias or bare; None when unknown, or when a bare name fits several."""
    if not _spellings:
        for classic, full, aliases in re.findall(r"\n=(\S+) [^@]*@v4\s([^@]*)(?:@aka\s([^@]*))?", COMMANDS):
            for known in (full + aliases).split():
                bare = known.split(":")[-1]
                _spellings[known] = classic
                _spellings[bare] = classic if _spellings.get(bare, classic) == classic else None
    return _spellings.get(spelling)


def find(name):
    """The Command called so by its classic name, its 4.0 name or a bare 4.0 name that no other has; or None."""
    if name in _found:
        return _found[name]
    if not isinstance(name, str) or name.split() != [name]:
        return None
    start = COMMANDS.find(f"\n={name} ")
    if start < 0:
        classic = _classic_of(name)
        return find(classic) if classic else None
    _found[name] = Command(COMMANDS[start + 2 : COMMANDS.index("\n=", start + 2)])
    return _found[name]


def classic_name(name):
    """The classic name of a command, or the name itself when the catalogue does not know it."""
    command = find(name)
    return command.name if command else name


def nearest(name, offered=None, n=3):
    """Up to n names like this one (list of str): of what the server offers, else of the whole catalogue.

    A command of 4.0 is also found under its classic name.
    """
    import difflib

    if offered is None:
        offered = [record.split(None, 1)[0] for record in COMMANDS.split("\n=")[1:-1]]
    targets = {}
    for spelling in sorted(offered):
        targets[spelling] = spelling
        targets.setdefault(classic_name(spelling), spelling)
    best = []
    for match in difflib.get_close_matches(name, list(targets), n=2 * n):
        if targets[match] not in [targets[known] for known in best]:
            best.append(match)
    return best[:n]


def wire_name(name, offered):
    """The spelling of a command that a server understands whose `which` lists `offered` (set of str).

    4.0 always gets module:command, which is never ambiguous. Raises UnknownCommand.
    """
    if name in offered:
        return name
    command = find(name)
    if isinstance(name, str) and ":" not in name and (command is None or command.name != name):
        bare = sorted(spelling for spelling in offered if spelling.endswith(":" + name))
        if len(bare) > 1:
            raise UnknownCommand(name, bare, "More than one module has it: write {}".format(" or ".join(bare)))
        if bare:
            return bare[0]
    if command is None:
        raise UnknownCommand(name, nearest(str(name), offered))
    for spelling in command.spellings():
        if spelling in offered:
            return spelling
    renamed = [find(other) for other in command.now + command.was]
    candidates = [next((s for s in other.spellings() if s in offered), None) for other in renamed if other]
    candidates = [spelling for spelling in candidates if spelling]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        hint = "In this version its work is done by {}: call one of them".format(" and ".join(candidates))
        raise UnknownCommand(name, candidates, hint)
    raise UnknownCommand(name, nearest(name, offered), _why_missing(command))


def _why_missing(command):
    versions = f"OpenSIPS {command.since}"
    if command.until != command.since:
        versions += f" to {command.until}"
    modules = []
    for module in [command.module] + [entry[2] for entry in command.modules]:
        if module not in modules:
            modules.append(module)
    if _CORE.intersection(modules):
        text = f"It belongs to the core of {versions}: compare the version of the server"
    else:
        text = "It needs the module {} of {}: is it loaded?".format(" or ".join(modules), versions)
    if command.built:
        text += "; it needs a server built with {}".format(" or ".join(sorted(command.built)))
    return text


def _choose(ranges, version):
    """The Facts for a version: a tuple, a callable that gives it (asked only when it matters), or None: the newest."""
    if len(ranges) < 2:
        return ranges[0] if ranges else None
    version = version() if callable(version) else version
    if version is None:
        return ranges[-1]
    fitting = [facts for facts in ranges if facts.first <= tuple(version[:2])]
    return fitting[-1] if fitting else ranges[0]


def is_async(name, version):
    """Whether the server answers later, when the command's work is done (its async_rpl flag)."""
    command = find(name)
    if command is None or not command.async_spans:
        return False
    if command.always_async:
        return True
    version = version() if callable(version) else version
    if version is None:
        return True
    newest = _span(command.until)[0]
    return any(
        first <= tuple(version[:2]) and (tuple(version[:2]) <= last or last == newest)
        for first, last in command.async_spans
    )


def changes(name, params):
    """Whether the call changes something on the server: True, False, or None when the catalogue does not know it.

    In doubt a command that both reads and writes counts as writing.
    """
    command = find(name)
    if command is None:
        return None
    if command.kind != "dual":
        return command.kind != "read"
    if not params:
        return False
    if isinstance(params, dict):
        given = {command.old_params.get(param, param) for param in params}
        if command.write_if["named"]:
            return not given.isdisjoint(command.write_if["named"])
        params = _as_list(command, given, params)
    if not isinstance(params, (list, tuple)):
        return True
    rule = command.write_if
    return rule["min"] is None or len(params) >= rule["min"] or str(params[0]).lower() in rule["first"]


def _as_list(command, given, params):
    for facts in command.line:
        for form in facts.forms or ():
            if {slot[0] for slot in form} == given:
                return [params.get(slot[0]) for slot in form]
    return None


# --- Parameters ------------------------------------------------------------------------------------------------


def arrange_line(name, params, version):
    """The arguments of the line protocol (1.x, 2.x) in their order: list of str.

    params: dict (named), list (positional) or None. version: tuple of ints, or a callable that returns it.
    Raises BadParameters.
    """
    command = find(name)
    if not params and (params is None or isinstance(params, (dict, list, tuple))):
        return []
    if isinstance(params, (list, tuple)):
        flatten = command is not None and any(facts.arrays for facts in command.rpc)
        return [
            text for position, value in enumerate(params, 1) for text in _line_texts(name, position, value, flatten)
        ]
    given = _named(name, params)
    facts = _choose(_line_ranges(command), version) if command else None
    if facts is None or facts.forms is None:
        raise BadParameters(
            f"The order of the parameters of {name} is not known for this version",
            "Give them as a list, in the order of the module's documentation",
        )
    given = _renamed(command, facts, given)
    words = facts.words
    given = {param: value for param, value in given.items() if param not in words or _switched_on(name, param, value)}
    arguments = []
    for param, mark, filler in _form(name, facts, given, ordered=True):
        if param not in given:
            arguments.append(filler)
        elif mark == "!":
            arguments.append(param)
        else:
            arguments += _line_texts(name, param, given[param], mark == "*")
    return arguments


def _line_ranges(command):
    """What the line protocol takes, for a command that only 3.x calls so (trace): of its older name."""
    return command.line or [facts for other in command.was for facts in find(other).line]


def arrange_rpc(name, params, version):
    """The parameters of JSON-RPC and XML-RPC (3.x, 4.x): dict, list or None.

    params: dict (named), list (positional) or None. version: tuple of ints, or a callable that returns it.
    Raises BadParameters.
    """
    command = find(name)
    facts = _choose(command.rpc, version) if command else None
    if not params and (params is None or isinstance(params, (dict, list, tuple))):
        if facts is not None and facts.forms is not None:
            _form(name, facts, {}, ordered=False)
        return None
    if isinstance(params, (list, tuple)):
        if facts is None or facts.forms is None:
            return [_rpc_value(name, position, value, None) for position, value in enumerate(params, 1)]
        return _positional(command, name, facts, list(params))
    given = _named(name, params)
    if facts is None or facts.forms is None:
        return {param: _rpc_value(name, param, value, None) for param, value in given.items()}
    given = _renamed(command, facts, given)
    form = _form(name, facts, given, ordered=False)
    words = {word for old in command.line for word in old.words}
    arranged = {}
    for param, value in given.items():
        # a word of 1.x and 2.x (ul_dump brief) is a number in 3.x
        arranged[param] = 1 if param in words and value == param else _rpc_value(name, param, value, facts)
    for slot in form:
        arranged.setdefault(slot[0], slot[2])
    return arranged


def _positional(command, name, facts, values):
    """A list as it is sent: checked against the forms of its length, made named where only that is understood."""
    fitting = [form for form in facts.forms if len(form) == len(values)]
    if not fitting:
        # 1.x and 2.x take the elements of an array one by one: so may the caller
        open_ended = [form for form in facts.forms if form and form[-1][0] in facts.arrays and len(form) < len(values)]
        if not open_ended:
            raise BadParameters(f"{name} does not take {len(values)} parameters", _list_forms(facts))
        fitting = [max(open_ended, key=len)]
        last = len(fitting[0]) - 1
        values = values[:last] + [values[last:]]
    if not facts.named_only and len(fitting) == 1:
        return [_rpc_value(name, slot[0], value, facts) for slot, value in zip(fitting[0], values)]
    names = [slot[0] for slot in fitting[0]]
    older = [[slot[0] for slot in form] for old in command.line for form in old.forms or () if len(form) == len(names)]
    if len(fitting) > 1 or any(form != names for form in older):
        # two readings: of two forms, or the order of 1.x and 2.x is another (t_uac_dlg)
        raise BadParameters(
            f"{name} does not tell {len(names)} parameters apart by position: name them", _list_forms(facts)
        )
    return {param: _rpc_value(name, param, value, facts) for param, value in zip(names, values)}


def _named(name, params):
    if not isinstance(params, dict):
        raise BadParameters(
            f"The parameters of {name} are of type {type(params).__name__}",
            "Give a dictionary (named parameters) or a list (positional parameters)",
        )
    for param in params:
        if not isinstance(param, str):
            raise BadParameters(f"{param!r} is no name of a parameter of {name}", "Put the name in quotes")
    return params


def _renamed(command, facts, given):
    """The parameters under the names of 3.x, where older documentation called them otherwise."""
    known = facts.names()
    renamed = {}
    for param, value in given.items():
        current = param if param in known else command.old_params.get(param, param)
        if current in renamed:
            raise BadParameters(f"{command.name} got its parameter {current} twice", "Leave one of them out")
        renamed[current] = value
    return renamed


def _form(name, facts, given, ordered):
    """The form that has just these names."""
    names = frozenset(given)
    if names in facts.fitting:
        return facts.fitting[names]
    for form in facts.forms:
        if all(slot[0] in given or slot[1] == "=" for slot in form) and len(given) == sum(
            slot[0] in given for slot in form
        ):
            facts.fitting[names] = form
            return form
    known = facts.names()
    for param in given:
        if param not in known:
            raise _unknown_parameter(name, param, known)
    larger = [form for form in facts.forms if set(given) < {slot[0] for slot in form}]
    if not larger:
        raise BadParameters(
            "{} does not take just these parameters: {}".format(name, ", ".join(given)), _list_forms(facts)
        )
    names = [slot[0] for slot in min(larger, key=len) if slot[0] in given or slot[1] != "="]
    missing = [param for param in names if param not in given]
    later = [param for param in names[names.index(missing[0]) :] if param in given]
    if ordered and later:
        why = f"{name} needs the parameter {missing[0]}, because {later[0]} comes after it"
    else:
        why = "{} needs {}the parameter {}".format(name, "also " if given else "", ", ".join(missing))
    raise BadParameters(why, _list_forms(facts))


def _unknown_parameter(name, param, known):
    if not known:
        return BadParameters(f"{name} has no parameter {param}: in this version it takes none", "Leave it out")
    import difflib

    close = difflib.get_close_matches(param, known, n=1) or [word for word in known if word.lower() == param.lower()]
    hint = "It knows {}".format(", ".join(known)) + (f"; did you mean {close[0]}?" if close else "")
    return BadParameters(f"{name} has no parameter {param}", hint)


def _list_forms(facts, limit=6):
    forms = [", ".join(slot[0] for slot in form if slot[1] != "=") or "nothing" for form in facts.forms]
    more = f" or one of {len(forms) - limit} others" if len(forms) > limit else ""
    return "It takes: {}".format(" | ".join(forms[:limit])) + more


def _refused(name, param, value, facts=None):
    """The error for a value that no version of the protocol carries."""
    what = f"Parameter {param} of {name}"
    if value is None:
        return BadParameters(f"{what} is null", "Leave the parameter out")
    if isinstance(value, bool):
        word = '"y" or "n"' if facts is not None and param in facts.bools else 'such as "on", "yes" or "1"'
        return BadParameters(
            f"{what} is the boolean {str(value).lower()}, which MI does not know",
            f"Put the word that the command wants in quotes, {word}",
        )
    if isinstance(value, (list, tuple)):
        if value:
            return BadParameters(f"{what} is a list", "Give one value")
        return BadParameters(f"{what} is an empty list", "Name at least one element")
    if isinstance(value, (int, float)):
        return BadParameters(f"{what} is a number beyond 64 bits", "Put it in quotes if it is a text")
    return BadParameters(f"{what} is of type {type(value).__name__}", "Give a text or a number")


def _is_number(value):
    """Numbers of up to 64 bits, and fractions; not booleans, not the infinite ones."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return -(2**63) <= value < 2**64


def _switched_on(name, param, value):
    if isinstance(value, bool) or value not in (0, 1, "0", "1", param):
        raise BadParameters(f"Parameter {param} of {name} is a switch", "Give 1, or leave it out")
    return value not in (0, "0")


def _line_texts(name, param, value, takes_many):
    if isinstance(value, str):
        return [value]
    if _is_number(value):
        return [str(value)]
    if takes_many and value and isinstance(value, (list, tuple)):
        return [text for element in value for text in _line_texts(name, param, element, False)]
    raise _refused(name, param, value)


def _rpc_value(name, param, value, facts):
    """A value as JSON-RPC carries it. facts: None when the catalogue knows nothing of the parameters."""
    kind = facts.arrays.get(param) if facts is not None else "any" if isinstance(value, (list, tuple, dict)) else None
    if kind is not None:
        elements = value if isinstance(value, (list, tuple)) or facts is None else [value]
        if not elements and facts is not None:
            raise _refused(name, param, elements)
        if kind != "string":
            return _json_able(name, param, elements)
        return [_rpc_value(name, param, element, _NO_ARRAYS) for element in elements]
    if isinstance(value, str):
        return value
    if not _is_number(value):
        raise _refused(name, param, value, facts)
    is_int = facts is not None and param in facts.ints
    if not is_int:
        return value if isinstance(value, int) and _INT_MIN <= value <= _INT_MAX else str(value)
    if value != int(value) or not _INT_MIN <= value <= _INT_MAX:
        raise BadParameters(
            f"Parameter {param} of {name} is {value}, not a whole number of 32 bits",
            "Put it in quotes if it is a text",
        )
    return int(value)


_NO_ARRAYS = Facts(["3.0-4.0", "?"])


def _json_able(name, param, value):
    import json

    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadParameters(
            f"Parameter {param} of {name} is no JSON value: {error}", "Give texts and numbers"
        ) from None
    if isinstance(value, dict):
        return value
    return list(value)
