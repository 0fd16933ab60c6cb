# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is wrong with a configuration, beyond what opensips -C says.

Each rule is a function of a Checked configuration that yields findings. What nobody can know from the text, because a file is
missing or a name is computed, is not reported.
"""

from __future__ import annotations

import posixpath
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils import _config_lint_names as names
from ansible_collections.community.opensips.plugins.plugin_utils import _config_lint_routes as routes
from ansible_collections.community.opensips.plugins.plugin_utils._config import Broken, Configuration, Token, tokens
from ansible_collections.community.opensips.plugins.plugin_utils._config_change import INCLUDES
from ansible_collections.community.opensips.plugins.plugin_utils._config_lint_base import (
    Checked,
    Finding,
    is_preprocessed,
)
from ansible_collections.community.opensips.plugins.plugin_utils._config_names import place_of

# Files inside of one another: cfg_pp.c stops at 20, cfg.lex of 2.4 at 10
_DEPTH = 20
# Four files that include the next four, and so on, are a million in ten steps
_MOST_INCLUDES = 10_000
# Names of the main route
_MAIN = frozenset(["route", "route[0]"])
_ORDER = ("error", "warning", "info")


def lint(
    text: str, version: str | None = None, file: str | None = None, included: t.Mapping[str, str] | None = None
) -> list[dict[str, t.Any]]:
    """Findings as records, in the order of the text. version: such as 3.6, or None: any. included: {path: text}."""
    found = list(_findings(text, None if version is None else place_of(version), file, included or {}))
    return [finding.record() for finding in found]


def _findings(text: str, version: int | None, file: str | None, included: t.Mapping[str, str]) -> t.Iterator[Finding]:
    if any(map(is_preprocessed, (text, *included.values()))):
        message = "A preprocessor is used, so nothing was checked."
        yield Finding.at(_place(file), "preprocessor", "info", message, "Check the output of the preprocessor.")
        return
    source = _Source(included)
    try:
        checked = source.checked(text, file, version)
    except Broken as error:
        message = f"The text cannot be read: {error}."
        yield Finding.at(source.where(error), "syntax", "error", message, "Close what begins in this line.")
        return
    yield from source.missing
    if not source.missing and not checked.is_whole:
        message = "The text loads no module, or has no main route. What other parts could define was not checked."
        yield Finding.at(
            _place(file), "part", "info", message, "Check the main file, and pass this text in the option included."
        )
    found = [finding for rule in (*names.RULES, *routes.RULES) for finding in rule(checked)]
    yield from sorted(found, key=lambda finding: (finding.order, _ORDER.index(finding.severity)))


def _place(file: str | None, line: int = 1) -> Token:
    """A token that stands for a line."""
    token = Token()
    token.file, token.line, token.order = file, line, 0
    return token


class _Source:
    """Reads a text with the files that it includes. file, text: what was read last. missing: a finding for each that is not there."""

    def __init__(self, files: t.Mapping[str, str]) -> None:
        self.files = {posixpath.normpath(path): text for path, text in files.items()}
        self.file: str | None = None
        self.text = ""
        self.missing: list[Finding] = []
        self._included = 0

    def checked(self, text: str, file: str | None, version: int | None) -> Checked:
        """What is to be checked. Raises Broken."""
        words = list(self.words(text, file, () if file is None else (posixpath.normpath(file),)))
        for order, word in enumerate(words):
            word.order = order
        configuration = Configuration.of_words(words)
        is_main = "loadmodule" in configuration.settings and bool(_MAIN.intersection(configuration.routes))
        return Checked(configuration, version, is_main and not self.missing)

    def where(self, error: Broken) -> Token:
        """Where what does not end begins."""
        return error.token or _place(self.file, self.text.count("\n", 0, error.position) + 1)

    def words(self, text: str, file: str | None, inside: tuple[str, ...]) -> t.Iterator[Token]:
        """The tokens of a text, with those of a file in the place of what includes it. Raises Broken."""
        self.file, self.text = file, text
        words = iter(tokens(text, file))
        for word in words:
            if word not in INCLUDES:
                yield word
                continue
            name = next(words, Token())
            path = self._path(name[1:-1], file)
            self._included += 1
            if path is None:
                self._miss(
                    word, f"The text of the included file {name} is missing.", "Pass its text in the option included."
                )
            elif path in inside:
                self._miss(word, f"The file {path} includes itself.", "Remove this line.", "error")
            elif len(inside) > _DEPTH or self._included > _MOST_INCLUDES:
                self._miss(word, "Files are included too often, or too deep.", "Include them from the main file.")
            else:
                yield from self.words(self.files[path], path, (*inside, path))
                self.file, self.text = file, text

    def _path(self, name: str, file: str | None) -> str | None:
        """The key of an included file: as it is written, beside the file that includes it, or the only one of its name."""
        beside = posixpath.join(posixpath.dirname(file or ""), name)
        for path in (posixpath.normpath(name), posixpath.normpath(beside)):
            if path in self.files:
                return path
        same = [path for path in self.files if posixpath.basename(path) == posixpath.basename(name)]
        return same[0] if len(same) == 1 else None

    def _miss(self, word: Token, reason: str, hint: str, severity: str = "info") -> None:
        message = f"{reason} What depends on it was not checked."
        # beyond the limit, one finding is enough
        if self._included <= _MOST_INCLUDES or all(found.message != message for found in self.missing):
            self.missing.append(Finding.at(word, "include", severity, message, hint))
