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
from collections import OrderedDict
from typing import Any, Callable, Collection, Dict, FrozenSet, Iterable, List, Optional, Sequence, Set, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._mi.catalogue_data import COMMANDS
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import UnknownCommand

Version = Tuple[int, ...]
# a version, a function that gives it (asked only when it matters), or None: the newest
AnyVersion = Union[Version, Callable[[], Version], None]
# (name, mark, filler) of a parameter; the parameters of one form
Form = List[Tuple[str, str, str]]

# Modules in the JSON that are parts of the core: nobody can load them
_CORE = frozenset(("core", "blacklists", "cache", "evi", "mem", "statistics", "status_report", "tcp"))


class Facts:
    """What a range of versions takes.

    forms: list of lists of (name, mark, filler), mark "" or one of "=*!"; None when not known.
    named_only: bool. ints, bools: sets of names. arrays: {name: type of the elements}.
    words: set of names that are sent as the words themselves. fitting: {names given: the form that has just these}, kept
    because a fleet's calls are all alike.
    """

    __slots__ = ("first", "last", "forms", "named_only", "ints", "bools", "arrays", "words", "fitting", "_names")

    def __init__(self, tokens: Sequence[str]) -> None:
        self.first, self.last = _span(tokens[0])
        self.forms: Any = None
        self.named_only = "!" in tokens
        self.ints: Set[str] = set()
        self.bools: Set[str] = set()
        self.arrays: Dict[str, str] = {}
        self.fitting: Dict[FrozenSet[str], Form] = {}
        self._names: Optional[List[str]] = None
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

    def names(self) -> List[str]:
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

    def __init__(self, record: str) -> None:
        tokens = record.split()
        self.name, self.module, self.kind = tokens[:3]
        self.since, self.until = tokens[3].split("-")
        sections: Dict[str, List[List[str]]] = {}
        for token in tokens[4:]:
            if token[0] == "@":
                section: List[str] = []
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
        self.write_if = _write_if(joined.get("dual", []))
        self.line = [Facts(section) for section in sections.get("line", ())]
        self.rpc = [Facts(section) for section in sections.get("rpc", ())]
        self.async_spans = [_span(section[0]) for section in sections.get("async", ())]
        self.always_async = self.async_spans == [(_span(self.since)[0], _span(self.until)[0])]
        self.old_params = dict(token.split("=") for token in joined.get("old", ()))

    def spellings(self) -> List[str]:
        """Every name that a server may list for it, the least ambiguous first."""
        return self.v4_names + [self.name]


def _span(text: str) -> Tuple[Version, ...]:
    return tuple(tuple(int(part) for part in version.split(".")) for version in text.split("-"))


def _forms(tokens: Sequence[str]) -> List[Form]:
    forms: List[Form] = [[]]
    for token in tokens:
        if token == "|":
            forms.append([])
            continue
        name, equals, filler = token.partition("=")
        mark = "=" if equals else name[-1] if name[-1] in "*!" else ""
        forms[-1].append((name.rstrip("*!"), mark, filler))
    return forms


def _write_if(tokens: Iterable[str]) -> Dict[str, Any]:
    rule = dict(token.split("=") for token in tokens)
    if not rule:
        return {}
    return {
        "min": int(rule["min"]) if "min" in rule else None,
        "named": rule["named"].split(",") if "named" in rule else [],
        "first": rule["first"].split(",") if "first" in rule else [],
    }


_found: Dict[str, Command] = {}
_spellings: Dict[str, Optional[str]] = {}


def _classic_of(spelling: str) -> Optional[str]:
    """The classic name for a name of 4.0: full, alias or bare; None when unknown, or when a bare name fits several."""
    if not _spellings:
        for classic, full, aliases in re.findall(r"\n=(\S+) [^@]*@v4\s([^@]*)(?:@aka\s([^@]*))?", COMMANDS):
            for known in (full + aliases).split():
                bare = known.split(":")[-1]
                _spellings[known] = classic
                _spellings[bare] = classic if _spellings.get(bare, classic) == classic else None
    return _spellings.get(spelling)


def find(name: Any) -> Optional[Command]:
    """The Command called so by its classic name, its 4.0 name or a bare 4.0 name that no other has; or None."""
    if name in _found:
        return _found[name]
    if not isinstance(name, str) or name.split() != [name]:
        return None
    start = COMMANDS.find(f"\n={name} ")
    if start < 0:
        classic = _classic_of(name)
        command = find(classic) if classic else None
        if command is not None:
            _found[name] = command
        return command
    _found[name] = Command(COMMANDS[start + 2 : COMMANDS.index("\n=", start + 2)])
    return _found[name]


def modules() -> FrozenSet[str]:
    """Every module that has commands in some version: frozenset of str."""
    return frozenset(re.findall(r"\n=\S+ (\S+)", COMMANDS)) - _CORE


def is_core(command: Command) -> bool:
    """Whether a command belongs to a part of the core, which nobody can load."""
    return command.module in _CORE


def classic_name(name: str) -> str:
    """The classic name of a command, or the name itself when the catalogue does not know it."""
    command = find(name)
    return command.name if command else name


def nearest(name: str, offered: Optional[Iterable[str]] = None, n: int = 3) -> List[str]:
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
    best: List[str] = []
    for match in difflib.get_close_matches(name, list(targets), n=2 * n):
        if targets[match] not in [targets[known] for known in best]:
            best.append(match)
    return best[:n]


def wire_name(name: str, offered: Collection[str]) -> str:
    """The spelling of a command that a server understands whose `which` lists `offered` (set of str).

    4.0 always gets module:command, which is never ambiguous. Raises UnknownCommand.
    """
    if name in offered:
        return name
    command = find(name)
    if isinstance(name, str) and ":" not in name and (command is None or command.name != name):
        bare = sorted(spelling for spelling in offered if spelling.endswith(f":{name}"))
        if len(bare) > 1:
            raise UnknownCommand(name, bare, f"More than one module has it: write {' or '.join(bare)}")
        if bare:
            return bare[0]
    if command is None:
        raise UnknownCommand(name, nearest(str(name), offered))
    for spelling in command.spellings():
        if spelling in offered:
            return spelling
    renamed = [find(other) for other in command.now + command.was]
    found = [next((s for s in other.spellings() if s in offered), None) for other in renamed if other]
    candidates = [spelling for spelling in found if spelling]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        hint = f"In this version its work is done by {' and '.join(candidates)}: call one of them"
        raise UnknownCommand(name, candidates, hint)
    raise UnknownCommand(name, nearest(name, offered), _why_missing(command))


def _why_missing(command: Command) -> str:
    relatives = [command] + [other for other in map(find, command.was + command.now) if other]
    core = [other for other in relatives if _CORE.intersection(_modules(other))]
    # a module can have had it under another name, so each is named once
    homes: OrderedDict[str, List[Command]] = OrderedDict()
    for other in relatives:
        homes.setdefault("the core" if other in core else " or ".join(_modules(other)), []).append(other)
    if core == relatives:
        text = f"It belongs to the core of {_versions(command)}: compare the version of the server"
    elif len(homes) == 1:
        text = f"It needs the module {' or '.join(_modules(command))} of {_versions(*relatives)}: is it loaded?"
    else:
        # another module's, or the core's, before it or since
        places = [f"{home} ({_versions(*others)})" for home, others in homes.items()]
        text = f"It needs the module {' or '.join(places)}: is it loaded?"
    if command.built:
        text += f"; it needs a server built with {' or '.join(sorted(command.built))}"
    return text


def _modules(command: Command) -> List[str]:
    modules = []
    for module in [command.module] + [entry[2] for entry in command.modules]:
        if module not in modules:
            modules.append(module)
    return modules


def _versions(*commands: Command) -> str:
    since = min((command.since for command in commands), key=_span)
    until = max((command.until for command in commands), key=_span)
    return f"OpenSIPS {since}" if until == since else f"OpenSIPS {since} to {until}"


def choose(ranges: Sequence[Facts], version: AnyVersion) -> Optional[Facts]:
    """The Facts for a version: a tuple, a callable that gives it (asked only when it matters), or None: the newest."""
    if len(ranges) < 2:
        return ranges[0] if ranges else None
    version = version() if callable(version) else version
    if version is None:
        return ranges[-1]
    fitting = [facts for facts in ranges if facts.first <= tuple(version[:2])]
    return fitting[-1] if fitting else ranges[0]


def is_async(name: str, version: AnyVersion) -> bool:
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


def changes(name: str, params: Any) -> Optional[bool]:
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


def _as_list(command: Command, given: Collection[Any], params: Dict[str, Any]) -> Optional[List[Any]]:
    for facts in command.line:
        for form in facts.forms or ():
            if {slot[0] for slot in form} == given:
                return [params.get(slot[0]) for slot in form]
    return None
