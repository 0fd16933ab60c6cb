# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the rules of the lint share: findings, and the configuration as they see it."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import re
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils._config import Call, Configuration, Token
from ansible_collections.community.opensips.plugins.plugin_utils._config_change import MACROS
from ansible_collections.community.opensips.plugins.plugin_utils._config_names import CORE, VERSIONS, Module, modules

# Tokens of a modparam that count
_LONGEST = 64
# Similar names cost time, so that only the first findings have them, and only of names that may be one
_SUGGESTIONS = 20
_LONGEST_NAME = 64
_SIMILAR = 3
# Characters of a message or a hint
_LONGEST_TEXT = 500
_LIKENESS = 0.7  # as difflib counts
# What the C preprocessor, Jinja and shells act on
_TEMPLATE = re.compile(r"^#(?:define|ifdef|ifndef|undef|endif)\b|\{[%{]|^[ \t]*\$\{\w", re.MULTILINE)
_MODULE_FILE = re.compile(r"(?:.*/)?([^/]+?)(?:\.so)?\Z")
# Words of cfg.lex before a parenthesis that call nothing
STATEMENTS = frozenset(
    [
        "if",
        "else",
        "while",
        "for",
        "in",
        "switch",
        "case",
        "default",
        "and",
        "or",
        "not",
        "return",
        "route",
        "exit",
        "drop",
    ]
)


@dataclasses.dataclass
class Finding:
    """rule: its name. severity: error (the server does not start, or fails at this place), warning or info. order: of its token."""

    rule: str
    severity: str
    line: int
    file: str | None
    message: str
    hint: str
    order: int

    def record(self) -> dict[str, t.Any]:
        """Without what only sorts findings."""
        found = dataclasses.asdict(self)
        del found["order"]
        return found

    @classmethod
    def at(cls, token: Token, rule: str, severity: str, message: str, hint: str) -> Finding:
        texts = [printable(text, most=_LONGEST_TEXT) or "" for text in (message, hint)]
        file = token.file and printable(token.file)
        return cls(rule, severity, token.line, file, texts[0], texts[1], token.order)


def is_preprocessed(text: str) -> bool:
    """Whether something may still act on a text, so that it does not show what the server reads."""
    return bool(MACROS.search(text) or _TEMPLATE.search(text))


def version_label(place: int | None) -> str:
    if place is None:
        return f"OpenSIPS {VERSIONS[0]} to {VERSIONS[-1]}"
    return f"OpenSIPS {VERSIONS[place]}"


def unquoted(word: str) -> str:
    return word[1:-1] if word[:1] in ("'", '"') else word


def similar_names(names: t.Sequence[str]) -> str:
    return f"Similar names: {', '.join(names)}." if names else "Check the name."


class ModuleParameter(t.NamedTuple):
    """modparam("module", "name", value). value: its tokens. place: of modparam."""

    module: str
    name: str
    value: list[Token]
    place: Token


class Setting(t.NamedTuple):
    """name = value. value: its first token."""

    name: Token
    value: Token


@dataclasses.dataclass
class Checked:
    """A configuration to check. version: place of a version, or None: any. is_whole: it is no part, and no file is missing."""

    configuration: Configuration
    version: int | None
    is_whole: bool
    suggestions: int = _SUGGESTIONS

    def similar(self, name: str, candidates: t.Iterable[str]) -> str:
        """A hint with names like this one. candidates: looked at only if names are suggested."""
        found: list[str] = []
        if self.is_suggested(name):
            found = difflib.get_close_matches(name, sorted(set(candidates)), _SIMILAR, _LIKENESS)
        return similar_names(found)

    def is_suggested(self, name: str) -> bool:
        """Whether to look for similar names, which counts."""
        self.suggestions -= 1
        return self.suggestions >= 0 and len(name) <= _LONGEST_NAME

    @property
    def label(self) -> str:
        return version_label(self.version)

    @functools.cached_property
    def loads(self) -> list[tuple[str, Token]]:
        """[(name of the module, the token)] of loadmodule, in their order."""
        settings = self.configuration.settings
        pairs = [(settings[place + 1], word) for place, word in enumerate(settings[:-1]) if word == "loadmodule"]
        return [(_MODULE_FILE.sub(r"\1", unquoted(name)), name) for name, word in pairs if name[0] in "\"'"]

    @functools.cached_property
    def first_loads(self) -> dict[str, int]:
        """{name of the module: order of its first loadmodule}"""
        first: dict[str, int] = {}
        for name, token in self.loads:
            first.setdefault(name, token.order)
        return first

    @functools.cached_property
    def loaded(self) -> dict[str, Module]:
        """{name: module} of the modules that are loaded, and the core; those that nobody knows are missing."""
        known = modules()
        return {name: known[name] for name in [CORE, *(name for name, _token in self.loads)] if name in known}

    @functools.cached_property
    def is_known(self) -> bool:
        """Whether nothing but the known modules can define names."""
        return self.is_whole and all(name in modules() for name, _token in self.loads)

    @functools.cached_property
    def parameters(self) -> list[ModuleParameter]:
        settings = self.configuration.settings
        places = [
            place
            for place, word in enumerate(settings)
            if word == "modparam" and settings[place + 1 : place + 2] == ["("]
        ]
        return [found for place in places if (found := self._parameter(place))]

    def _parameter(self, place: int) -> ModuleParameter | None:
        words = self.configuration.settings[place + 2 : place + 2 + _LONGEST]
        if (
            len(words) < 6
            or words[1] != ","
            or words[3] != ","
            or not all(word[0] in "\"'" for word in (words[0], words[2]))
        ):
            return None
        end = words.index(")") if ")" in words else len(words)
        return ModuleParameter(unquoted(words[0]), unquoted(words[2]), words[4:end], self.configuration.settings[place])

    @functools.cached_property
    def settings(self) -> list[Setting]:
        """The global parameters."""
        words = self.configuration.settings
        return [
            Setting(name, value)
            for name, sign, value in zip(words, words[1:], words[2:], strict=False)
            if sign == "=" and value != "=" and re.fullmatch(r"[A-Za-z_]\w*", name)
        ]

    @functools.cached_property
    def calls(self) -> list[Call]:
        """The calls of functions in the routes, in the order of the text."""
        return [call for call in self.configuration.calls if call.name not in STATEMENTS]
