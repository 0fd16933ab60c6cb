# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a configuration can name in each version: modules, their parameters, functions and variables.

The data (_config_names_data.NAMES) is one text. Its first tokens are the versions, oldest first; a letter stands for each, a is
the first. A record for each module follows:

    =NAME RANGES        the module, and the versions that have it, such as bl (from 2.1 to 3.6)
    :NAME=VALUES        a parameter. Values: the types that it accepts: i number, s text, x something else
    /NAME=VALUES        a function. Values: the forms of its calls, see Form
    $NAME=VALUES        a variable. Its value is empty

VALUES is VALUE, if it is the same in all versions that have the module, or VALUE@RANGE,VALUE@RANGE. >NAME at the end is the name
in newer versions. The core is a module; its parameters are the global ones.
"""

from __future__ import annotations

import functools
import itertools
import re
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils._config_names_data import NAMES

CORE = "core"
# Place of a version among VERSIONS; None: any of them
Version = int | None

_WORDS = NAMES.split()
VERSIONS = tuple(itertools.takewhile(lambda word: word[0] != "=", _WORDS))
# From it on, the types of what a function takes are declared
TYPED_SINCE = VERSIONS.index("3.0")
_PARAMETER = re.compile(r"([isvr])(=?)(!?)(\??)")


class Parameter(t.NamedTuple):
    """What a function takes. kind: i number, s text, v variable, r regular expression."""

    kind: str
    is_literal: bool  # $ means nothing in a text
    is_constant: bool
    is_optional: bool


class Form:
    """How a function can be called. least, most: numbers of parameters. parameters: None before 3.0, where they have no types."""

    def __init__(self, text: str) -> None:
        self.parameters: list[Parameter] | None = None
        if text.isdigit():
            self.least = self.most = int(text)
            return
        self.parameters = [Parameter(kind, *map(bool, signs)) for kind, *signs in _PARAMETER.findall(text)]
        required = [place for place, parameter in enumerate(self.parameters, 1) if not parameter.is_optional]
        self.least, self.most = max(required, default=0), len(self.parameters)


class Name:
    """A name, and what each version says of it."""

    def __init__(self, text: str, spans: list[tuple[int, int]]) -> None:
        values, _sign, self.renamed = text.partition(">")
        parts = [part.partition("@") for part in values.split(",")]
        self.values = {
            version: value
            for value, _at, span in parts
            for first, last in ([_span(span)] if span else spans)
            for version in range(first, last + 1)
        }

    def at(self, version: Version) -> list[str]:
        """The values in a version, or of all; an empty list if it has no such name."""
        if version is None:
            return sorted(set(self.values.values()))
        return [self.values[version]] if version in self.values else []

    @property
    def first(self) -> int:
        return min(self.values)

    @property
    def last(self) -> int:
        return max(self.values)


class Module:
    """A module, with its names by kind."""

    def __init__(self, name: str, words: list[str]) -> None:
        self.name = name
        spans = [_span(text) for text in words[0].split(",")]
        self.versions = {version for first, last in spans for version in range(first, last + 1)}
        kinds: dict[str, dict[str, Name]] = {":": {}, "/": {}, "$": {}}
        for word in words[1:]:
            key, _sign, value = word[1:].partition("=")
            kinds[word[0]][key] = Name(value, spans)
        self.parameters, self.functions, self.variables = kinds.values()

    def is_in(self, version: Version) -> bool:
        return version is None or version in self.versions


def _span(text: str) -> tuple[int, int]:
    return ord(text[0]) - ord("a"), ord(text[1]) - ord("a")


@functools.cache
def modules() -> dict[str, Module]:
    """{name: module} of all, the core too."""
    starts = [place for place, word in enumerate(_WORDS) if word[0] == "="]
    records = (_WORDS[start:end] for start, end in itertools.pairwise(starts))
    return {record[0][1:]: Module(record[0][1:], record[1:]) for record in records}


@functools.lru_cache(maxsize=4096)
def modules_with(kind: str, name: str) -> list[Module]:
    """The modules that have a name of a kind (parameters, functions, variables) in any version."""
    return [module for module in modules().values() if name in getattr(module, kind)]


def forms(name: Name, version: Version) -> list[Form]:
    """How a function can be called in a version."""
    return [Form(text) for value in name.at(version) for text in value.split("|")]


def place_of(version: str) -> int:
    """The place of a version such as 3.6 or 3.6.8. Raises ValueError."""
    return VERSIONS.index(".".join(version.split(".")[:2]))
