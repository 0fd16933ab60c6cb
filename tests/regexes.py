# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many steps a regular expression takes on hostile text: a backtracking matcher that counts, and what to attack with.

The matcher walks the tree that Python's own parser makes, and backtracks as Python's does, so its steps grow as Python's
time does. Hostile texts are made of the expression: what leads to each of its unbounded repeats, then what this repeats,
many times, then what fits nowhere. An expression is linear if twice the text takes twice the steps.
"""

from __future__ import annotations

import functools
import re
import sys
import typing as t
from re import _constants as sre
from re import _parser as parser

# Repeats that may go on this long are unbounded; what is bounded has less than the smallest text that is tried.
UNBOUNDED = 128
SIZES = (128, 256, 512)
# Steps a character that nobody need look at more closely.
_FEW = 8
# More growth than this, from one doubling to the next, is no noise.
_GROWTH = 2.6
_MOST = 600_000
_SEARCHING = frozenset(["search", "split", "findall", "finditer", "sub", "subn"])
_CATEGORIES = {
    sre.CATEGORY_DIGIT: str.isdigit,
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    sre.CATEGORY_NOT_DIGIT: lambda char: not char.isdigit(),
    sre.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    sre.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_SINGLE = (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN)

Match = t.Callable[[int], bool]


class TooMany(Exception):
    """The matcher took more steps than anybody would wait for."""


class Steps:
    """A compiled pattern that counts the steps it takes. use: the method of the pattern that is called, such as search."""

    def __init__(self, pattern: str, flags: int = 0, use: str = "search") -> None:
        tree = parser.parse(pattern, flags & ~re.DEBUG)
        self.tree = tree
        self._use = use
        self._sequence = self._compile(list(tree), tree.state.flags)
        self._text = ""
        self.count = 0

    def on(self, text: str) -> int:
        """The steps that the pattern takes on text."""
        self.matches(text)
        return self.count

    def matches(self, text: str) -> tuple[int, int] | None:
        """(beginning, end) of the last match that is found in text, as the use does."""
        self._text, self.count = text, 0
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(100_000)
        try:
            return self._run()
        finally:
            sys.setrecursionlimit(limit)

    def _run(self) -> tuple[int, int] | None:
        ends: list[int] = []

        def accept(position: int) -> bool:
            if self._use == "fullmatch" and position < len(self._text):
                return False
            ends.append(position)
            return True

        start, last = 0, None
        while start <= len(self._text):
            ends.clear()
            if self._sequence(start, accept):
                last = start, ends[0]
            if self._use not in _SEARCHING or last and self._use == "search":
                return last
            start = max(ends[0], start + 1) if ends else start + 1
        return last

    def _step(self) -> None:
        self.count += 1
        if self.count > _MOST:
            raise TooMany

    def _compile(self, nodes: list, flags: int) -> t.Callable[[int, Match], bool]:
        """What matches a sequence of nodes from a position on, and then goes on with a continuation."""
        parts = [self._node(node, flags) for node in nodes]

        def sequence(position: int, then: Match) -> bool:
            def at(index: int, position: int) -> bool:
                if index == len(parts):
                    return then(position)
                return parts[index](position, lambda following: at(index + 1, following))

            return at(0, position)

        return sequence

    def _node(self, node: t.Any, flags: int) -> t.Callable[[int, Match], bool]:
        kind, argument = node
        if kind in _SINGLE:
            return self._single(_fits(node, flags))
        if kind in _REPEATS:
            least, most, body = argument
            body = _unwrapped(list(body))
            if len(body) == 1 and body[0][0] in _SINGLE:
                return self._repeat_single(kind, least, most, _fits(body[0], flags))
            return self._repeat(kind, least, most, self._compile(body, flags))
        if kind is sre.SUBPATTERN:
            _group, added, removed, body = argument
            return self._compile(list(body), (flags | added) & ~removed)
        if kind is sre.BRANCH:
            return self._branch([self._compile(list(each), flags) for each in argument[1]])
        if kind is sre.AT:
            return self._anchor(argument, flags)
        if kind in (sre.ASSERT, sre.ASSERT_NOT):
            return self._look(kind is sre.ASSERT, argument[0], list(argument[1]), flags)
        if kind is sre.ATOMIC_GROUP:
            return self._atomic(self._compile(list(argument), flags))
        raise NotImplementedError(f"the matcher knows no {kind}")

    def _single(self, fits: t.Callable[[str], bool]) -> t.Callable[[int, Match], bool]:
        def single(position: int, then: Match) -> bool:
            self._step()
            return position < len(self._text) and fits(self._text[position]) and then(position + 1)

        return single

    def _repeat_single(
        self, kind: t.Any, least: int, most: int, fits: t.Callable[[str], bool]
    ) -> t.Callable[[int, Match], bool]:
        def taken(position: int, most: int) -> int:
            end = position
            while end < len(self._text) and end - position < most and fits(self._text[end]):
                self._step()
                end += 1
            self._step()
            return end

        def repeat(position: int, then: Match) -> bool:
            if kind is sre.MIN_REPEAT:
                end = taken(position, least)
                while end - position >= least:
                    self._step()
                    if then(end):
                        return True
                    if taken(end, 1) == end or end - position >= most:
                        return False
                    end += 1
                return False
            end = taken(position, most)
            if kind is sre.POSSESSIVE_REPEAT:
                return end - position >= least and then(end)
            while end - position >= least:
                self._step()
                if then(end):
                    return True
                end -= 1
            return False

        return repeat

    def _repeat(
        self, kind: t.Any, least: int, most: int, body: t.Callable[[int, Match], bool]
    ) -> t.Callable[[int, Match], bool]:
        def repeat(position: int, then: Match, count: int = 0) -> bool:
            self._step()

            def again() -> bool:
                # a body that took nothing is not repeated
                return count < most and body(
                    position, lambda end: (end != position or count < least) and repeat(end, then, count + 1)
                )

            if count < least:
                return again()
            return then(position) or again() if kind is sre.MIN_REPEAT else again() or then(position)

        return self._atomic(repeat) if kind is sre.POSSESSIVE_REPEAT else repeat

    @staticmethod
    def _branch(branches: list[t.Callable[[int, Match], bool]]) -> t.Callable[[int, Match], bool]:
        def branch(position: int, then: Match) -> bool:
            # no any(): its frames would be on the stack of C
            for each in branches:  # noqa: SIM110
                if each(position, then):
                    return True
            return False

        return branch

    def _atomic(self, body: t.Callable[[int, Match], bool]) -> t.Callable[[int, Match], bool]:
        def atomic(position: int, then: Match) -> bool:
            ends: list[int] = []
            return body(position, lambda end: ends.append(end) or True) and then(ends[0])

        return atomic

    def _anchor(self, where: t.Any, flags: int) -> t.Callable[[int, Match], bool]:
        def word(position: int) -> bool:
            return 0 <= position < len(self._text) and _CATEGORIES[sre.CATEGORY_WORD](self._text[position])

        def holds(position: int) -> bool:
            text = self._text
            if where is sre.AT_BEGINNING_STRING or where is sre.AT_BEGINNING and not flags & re.MULTILINE:
                return position == 0
            if where is sre.AT_BEGINNING:
                return position == 0 or text[position - 1] == "\n"
            if where is sre.AT_END_STRING:
                return position == len(text)
            if where is sre.AT_END:
                return (
                    position == len(text)
                    or text[position] == "\n"
                    and (position == len(text) - 1 or bool(flags & re.MULTILINE))
                )
            return (word(position - 1) != word(position)) is (where is sre.AT_BOUNDARY)

        def anchor(position: int, then: Match) -> bool:
            self._step()
            return holds(position) and then(position)

        return anchor

    def _look(self, wanted: bool, direction: int, nodes: list, flags: int) -> t.Callable[[int, Match], bool]:
        body = self._compile(nodes, flags)
        width = 0 if direction > 0 else parser.SubPattern(self.tree.state, nodes).getwidth()[0]

        def look(position: int, then: Match) -> bool:
            self._step()
            start = position - width
            found = start >= 0 and body(start, lambda _end: True)
            return found is wanted and then(position)

        return look


def _unwrapped(nodes: list) -> list:
    """The nodes of a group that only groups."""
    while len(nodes) == 1 and nodes[0][0] is sre.SUBPATTERN and not nodes[0][1][1] and not nodes[0][1][2]:
        nodes = list(nodes[0][1][3])
    return nodes


def _fits(node: t.Any, flags: int) -> t.Callable[[str], bool]:
    """Whether a node that stands for one character takes it."""
    kind, argument = node
    ignore_case = bool(flags & re.IGNORECASE)

    def same(code: int, char: str) -> bool:
        return ord(char) == code or ignore_case and chr(code).lower() == char.lower()

    def in_set(char: str) -> bool:
        items, negated = list(argument), False
        if items[0][0] is sre.NEGATE:
            items, negated = items[1:], True
        return negated is not any(one(item, char) for item in items)

    def one(item: t.Any, char: str) -> bool:
        kind, argument = item
        if kind is sre.LITERAL:
            return same(argument, char)
        if kind is sre.RANGE:
            chars = {char, char.lower(), char.upper()} if ignore_case else {char}
            return any(len(each) == 1 and argument[0] <= ord(each) <= argument[1] for each in chars)
        return _CATEGORIES[argument](char)

    def fits(char: str) -> bool:
        if kind is sre.LITERAL:
            return same(argument, char)
        if kind is sre.NOT_LITERAL:
            return not same(argument, char)
        if kind is sre.ANY:
            return char != "\n" or bool(flags & re.DOTALL)
        return in_set(char)

    return functools.lru_cache(maxsize=None)(fits)


# what characters of a class are tried, besides those that the pattern names
_COMMON = "0a \t\n.-:;=<>\"'\\/@Z_\0\x85é"


def _sample_char(node: t.Any, flags: int) -> str:
    kind, argument = node
    if kind is sre.LITERAL:
        return chr(argument)
    fits = _fits(node, flags)
    known = [each for each in argument if each[0] in (sre.LITERAL, sre.RANGE)] if kind is sre.IN else []
    named = [chr(each[1] if each[0] is sre.LITERAL else each[1][0]) for each in known]
    return next((char for char in [*named, *_COMMON, *map(chr, range(33, 1000))] if fits(char)), "")


def sample(nodes: t.Iterable, flags: int = 0, more: int = 0) -> str:
    """A short text that the nodes match; more: how often what need not be repeated is."""
    text = ""
    for kind, argument in nodes:
        if kind in _SINGLE:
            text += _sample_char((kind, argument), flags)
        elif kind in _REPEATS:
            text += sample(argument[2], flags, more) * max(argument[0], min(more, argument[1]))
        elif kind is sre.SUBPATTERN:
            text += sample(argument[3], flags, more)
        elif kind is sre.BRANCH:
            text += sample(argument[1][0], flags, more)
        elif kind is sre.ATOMIC_GROUP:
            text += sample(argument, flags, more)
    return text


def _unbounded(nodes: t.Iterable, flags: int, before: str) -> t.Iterator[tuple[str, list]]:
    """(what leads to it, its body) of each unbounded repeat."""
    for kind, argument in nodes:
        if kind in _REPEATS:
            if argument[1] >= UNBOUNDED:
                yield before, list(argument[2])
            yield from _unbounded(argument[2], flags, before)
        elif kind is sre.SUBPATTERN:
            yield from _unbounded(argument[3], flags, before)
        elif kind is sre.BRANCH:
            for each in argument[1]:
                yield from _unbounded(each, flags, before)
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            yield from _unbounded(argument[1], flags, before)
        elif kind is sre.ATOMIC_GROUP:
            yield from _unbounded(argument, flags, before)
        before += sample([(kind, argument)], flags)


def _tokens(nodes: t.Iterable, flags: int) -> t.Iterator[str]:
    """The characters and the runs of literals that a pattern names."""
    run = ""
    for kind, argument in [*nodes, (None, None)]:
        if kind is sre.LITERAL:
            run += chr(argument)
            continue
        if run:
            yield run
            yield from run if len(run) < 4 else ()
        run = ""
        if kind in _REPEATS:
            yield from _tokens(argument[2], flags)
            yield sample(argument[2], flags)
            yield sample(argument[2], flags, 1)
        elif kind is sre.SUBPATTERN:
            yield from _tokens(argument[3], flags)
        elif kind is sre.BRANCH:
            for each in argument[1]:
                yield from _tokens(each, flags)
        elif kind in _SINGLE:
            yield _sample_char((kind, argument), flags)
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            yield from _tokens(argument[1], flags)


def attacks(pattern: str, flags: int = 0) -> t.Iterator[tuple[str, str, str]]:
    """(beginning, what is repeated, end) of hostile texts."""
    tree = parser.parse(pattern, flags & ~re.DEBUG)
    flags = tree.state.flags
    repeats = list(_unbounded(tree, flags, ""))
    if not repeats:
        return
    # those of long patterns are alike: the first, the last, and some between
    befores = list(dict.fromkeys(["", *(before for before, _body in repeats)]))
    befores = [*befores[:: len(befores) // 8 + 1], befores[-1]]
    tokens = list(dict.fromkeys(_tokens(tree, flags)))
    whole = [sample(tree, flags), sample(tree, flags, 1)]
    units = [*tokens, *whole, "a", " ", "0", "\t", "\n"]
    chars = [each for each in tokens if len(each) == 1][:4]
    units += [first + second for first in chars for second in chars if first != second]
    # what lies between two repeats, so that the first could end at many places
    units += [later[len(first) :] for first in befores for later in befores if later.startswith(first)]
    units = list(dict.fromkeys(filter(None, units)))
    for before in befores:
        for unit in units:
            for end in ("\0", "\0\n\0"):
                yield before, unit, end


def worst(pattern: str, flags: int = 0, use: str = "search") -> tuple[str, str, str] | None:
    """An attack on which the steps grow faster than the text; None if none of attacks() does."""
    steps = Steps(pattern, flags, use)
    for before, unit, end in attacks(pattern, flags):
        # what is longer is repeated less often
        small, middle, large = (size // min(4, len(unit)) for size in SIZES)
        try:
            if steps.on(before + unit * middle + end) <= _FEW * middle * len(unit):
                continue
            small, middle, large = (steps.on(before + unit * size + end) for size in (small, middle, large))
        except TooMany:
            return before, unit, end
        if large - middle > _GROWTH * (middle - small):
            return before, unit, end
    return None
