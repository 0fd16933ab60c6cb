# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The parameters of an MI command as a protocol carries them: checked, in their order, under the names of the version."""

from typing import Any, Dict, List, Optional, Sequence, Union, cast

from ansible_collections.community.opensips.plugins.module_utils._mi.catalogue import (
    AnyVersion,
    Command,
    Facts,
    Form,
    choose,
    find,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters

# JSON-RPC servers keep numbers in a signed 32-bit integer and clip what is larger (mi/item.c)
_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1


def arrange_line(name: str, params: Any, version: AnyVersion) -> List[str]:
    """The arguments of the line protocol (1.x, 2.x) in their order: list of str.

    params: dict (named), list (positional) or None. version: tuple of ints, or a callable that returns it.
    Raises BadParameters.
    """
    command: Any = find(name)
    if not params and (params is None or isinstance(params, (dict, list, tuple))):
        return []
    if isinstance(params, (list, tuple)):
        flatten = command is not None and any(facts.arrays for facts in command.rpc)
        return [
            text for position, value in enumerate(params, 1) for text in _line_texts(name, position, value, flatten)
        ]
    given = _named(name, params)
    facts = choose(_line_ranges(command), version) if command else None
    if facts is None or facts.forms is None:
        raise BadParameters(
            f"The order of the parameters of {name} is not known for this version",
            "Write them as a list, in the order of the documentation of the OpenSIPS module",
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


def _line_ranges(command: Command) -> List[Facts]:
    """What the line protocol takes, for a command that only 3.x calls so (trace): of its older name."""
    return command.line or [facts for other in command.was for facts in cast(Command, find(other)).line]


def arrange_rpc(name: str, params: Any, version: AnyVersion) -> Any:
    """The parameters of JSON-RPC and XML-RPC (3.x, 4.x): dict, list or None.

    params: dict (named), list (positional) or None. version: tuple of ints, or a callable that returns it.
    Raises BadParameters.
    """
    command: Any = find(name)
    facts = choose(command.rpc, version) if command else None
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


def _positional(command: Command, name: str, facts: Facts, values: List[Any]) -> Any:
    """A list as it is sent: checked against the forms of its length, made named where only that is understood."""
    fitting = [form for form in facts.forms if len(form) == len(values)]
    if not fitting:
        # 1.x and 2.x take the elements of an array one by one: so may the caller
        open_ended = [form for form in facts.forms if form and form[-1][0] in facts.arrays and len(form) < len(values)]
        if not open_ended:
            raise BadParameters(f"{name} does not accept {len(values)} parameters", _list_forms(facts))
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
            f"{name}: a list of {len(names)} parameters is ambiguous",
            f"Name them. {_list_forms(facts)}",
        )
    return {param: _rpc_value(name, param, value, facts) for param, value in zip(names, values)}


def _named(name: str, params: Any) -> Dict[str, Any]:
    if not isinstance(params, dict):
        raise BadParameters(
            f"The parameters of {name} are of type {type(params).__name__}",
            "Write a mapping (named parameters) or a list (positional parameters)",
        )
    for param in params:
        if not isinstance(param, str):
            raise BadParameters(f"{param!r} is not the name of a parameter of {name}", "Put the name in quotes")
    return params


def _renamed(command: Command, facts: Facts, given: Dict[str, Any]) -> Dict[str, Any]:
    """The parameters under the names of 3.x, where older documentation called them otherwise."""
    known = facts.names()
    renamed = {}
    for param, value in given.items():
        current = param if param in known else command.old_params.get(param, param)
        if current in renamed:
            raise BadParameters(
                f"{command.name}: the parameter {current} is set twice, under its old and its new name",
                "Remove one of them",
            )
        renamed[current] = value
    return renamed


def _form(name: str, facts: Facts, given: Dict[str, Any], ordered: bool) -> Form:
    """The form that has just these names."""
    forms: List[Form] = facts.forms
    names = frozenset(given)
    if names in facts.fitting:
        return facts.fitting[names]
    for form in forms:
        if all(slot[0] in given or slot[1] == "=" for slot in form) and len(given) == sum(
            slot[0] in given for slot in form
        ):
            facts.fitting[names] = form
            return form
    known = facts.names()
    for param in given:
        if param not in known:
            raise _unknown_parameter(name, param, known)
    larger = [form for form in forms if set(given) < {slot[0] for slot in form}]
    if not larger:
        raise BadParameters(f"{name} does not accept exactly these parameters: {', '.join(given)}", _list_forms(facts))
    expected = [slot[0] for slot in min(larger, key=len) if slot[0] in given or slot[1] != "="]
    missing = [param for param in expected if param not in given]
    later = [param for param in expected[expected.index(missing[0]) :] if param in given]
    if ordered and later:
        why = f"{name} requires the parameter {missing[0]}, because {later[0]} comes after it"
    else:
        why = f"{name} {'also ' if given else ''}requires the parameter {', '.join(missing)}"
    raise BadParameters(why, _list_forms(facts))


def _unknown_parameter(name: str, param: str, known: Sequence[str]) -> BadParameters:
    if not known:
        return BadParameters(f"{name} has no parameter {param}: in this version, it has no parameters", "Remove it")
    import difflib

    close = difflib.get_close_matches(param, known, n=1) or [word for word in known if word.lower() == param.lower()]
    hint = f"It has {', '.join(known)}{(f'; did you mean {close[0]}?' if close else '')}"
    return BadParameters(f"{name} has no parameter {param}", hint)


def _list_forms(facts: Facts, limit: int = 6) -> str:
    forms = [", ".join(slot[0] for slot in form if slot[1] != "=") or "nothing" for form in facts.forms]
    more = f" or one of {len(forms) - limit} others" if len(forms) > limit else ""
    return f"It accepts: {' | '.join(forms[:limit])}{more}"


def _refused(name: str, param: Union[str, int], value: Any, facts: Optional[Facts] = None) -> BadParameters:
    """The error for a value that no version of the protocol carries."""
    what = f"Parameter {param} of {name}"
    if value is None:
        return BadParameters(f"{what} is null", "Leave the parameter out")
    if isinstance(value, bool):
        word = '"y" or "n"' if facts is not None and param in facts.bools else 'such as "on", "yes" or "1"'
        return BadParameters(
            f"{what} is the boolean {str(value).lower()}, which MI does not know",
            f"Write the word that the command expects in quotes, {word}",
        )
    if isinstance(value, (list, tuple)):
        if value:
            return BadParameters(f"{what} is a list", "Set it to one value")
        return BadParameters(f"{what} is an empty list", "Name at least one element")
    if isinstance(value, (int, float)):
        return BadParameters(f"{what} is a number beyond 64 bits", "Put it in quotes if it is a text")
    return BadParameters(f"{what} is of type {type(value).__name__}", "Set it to a text or a number")


def _is_number(value: Any) -> bool:
    """Numbers of up to 64 bits, and fractions; not booleans, not the infinite ones."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return -(2**63) <= value < 2**64


def _switched_on(name: str, param: str, value: Any) -> bool:
    if isinstance(value, bool) or value not in (0, 1, "0", "1", param):
        raise BadParameters(f"Parameter {param} of {name} is a switch", "Set it to 1, or remove it")
    return value not in (0, "0")


def _line_texts(name: str, param: Union[str, int], value: Any, takes_many: bool) -> List[str]:
    if isinstance(value, str):
        return [value]
    if _is_number(value):
        return [str(value)]
    if takes_many and value and isinstance(value, (list, tuple)):
        return [text for element in value for text in _line_texts(name, param, element, False)]
    raise _refused(name, param, value)


def _rpc_value(name: str, param: Any, value: Any, facts: Optional[Facts]) -> Any:
    """A value as JSON-RPC carries it. facts: None when the catalogue knows nothing of the parameters."""
    kind = facts.arrays.get(param) if facts is not None else "any" if isinstance(value, (list, tuple, dict)) else None
    if kind is not None:
        elements = value if isinstance(value, (list, tuple)) or facts is None else [value]
        if not elements and facts is not None:
            raise _refused(name, param, elements)
        if kind == "object":
            return _json_able(name, param, [_object(name, param, element) for element in elements])
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


def _object(name: str, param: Union[str, int], element: Any) -> Dict[str, Any]:
    # the server passes over what is none, and says nothing
    if not isinstance(element, dict):
        raise BadParameters(
            f"An element of parameter {param} of {name} is {element!r}, not a mapping",
            "Write a list of mappings, such as name and value for config_push_bulk",
        )
    return element


_NO_ARRAYS = Facts(["3.0-4.0", "?"])


def _json_able(name: str, param: Union[str, int], value: Any) -> Any:
    import json

    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadParameters(
            f"Parameter {param} of {name} cannot be written as JSON: {error}", "Use only texts and numbers"
        ) from None
    if isinstance(value, dict):
        return value
    return list(value)
