# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Texts of opensips.cfg as tokens, settings, routes and calls.

Sources: cfg.lex and cfg.y (comments, strings, route blocks) of OpenSIPS 2.4 to 4.0.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
import typing as t

ROUTES = frozenset(
    ["route", "failure_route", "onreply_route", "branch_route", "error_route", "local_route"]
    + ["startup_route", "timer_route", "event_route"]
)

_TOKEN = re.compile(
    r"""
      (?P<blank>\s+)
    | (?P<line>\#[^\n]*)
    | (?P<comment>/\*)
    | (?P<string>"(?:[^"\\]|\\.)*" | '[^']*')
    | (?P<open>["'])
    | (?P<variable>\$[A-Za-z0-9_.]*\()
    | (?P<word>[A-Za-z0-9_]+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PARENTHESIS = re.compile(r"[()]")
_COMMENT = re.compile(r"/\*|\*/")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
# how many tokens of an argument count: those that name something are short
_LONGEST = 32
_NOT_IN_NAMES = frozenset("[{};")


class Broken(Exception):
    """A text whose strings, comments or braces do not end; the server would not take it either.

    What does not end begins at the position in the text, or at the token.
    """

    def __init__(self, message: str, position: int = 0, token: Token | None = None) -> None:
        super().__init__(message)
        self.position = position
        self.token = token


class Token(str):
    """A token that knows where it stands: file (None is the text itself), line (from 1) and order among all tokens."""

    __slots__ = ("file", "line", "order")
    file: str | None
    line: int
    order: int


def tokens(text: str, file: str | None = None) -> list[Token]:
    """The tokens of a configuration without comments and blanks. file: its name. Raises Broken."""
    found = []
    line = 1
    done = 0
    for start, word in _words(text):
        line += text.count("\n", done, start)
        done = start
        token = Token(word)
        token.file, token.line, token.order = file, line, 0
        found.append(token)
    return found


def _words(text: str) -> t.Iterator[tuple[int, str]]:
    """The tokens, and where each starts. Raises Broken."""
    position = 0
    # a quote that is missing turns all strings after it inside out
    doubtful = None
    # the pattern matches any character
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup
        if kind == "open":
            raise Broken(_unended(text, doubtful, position), position if doubtful is None else doubtful)
        position = match.end()
        if kind == "comment":
            position = _after_comment(text, position)
        elif kind == "variable":
            position = _after_variable(text, position)
            yield match.start(), text[match.start() : position]
        elif kind not in ("blank", "line"):
            if kind == "string" and doubtful is None and "\n" in match.group():
                doubtful = match.start()
            yield match.start(), match.group()


def _unended(text: str, doubtful: int | None, position: int) -> str:
    """What is wrong with a string that does not end. doubtful: where the first string with a line break starts; position: where this does."""
    if doubtful is None:
        return "a string does not end"
    lines = [text.count("\n", 0, place) + 1 for place in (position, doubtful)]
    return f"the string in line {lines[0]} does not end, or the one in line {lines[1]}, which has a line break"


def _after_comment(text: str, position: int) -> int:
    """Where a comment ends that began before position; they nest."""
    depth = 1
    start = position
    while depth:
        match = _COMMENT.search(text, position)
        if match is None:
            raise Broken("a comment does not end", start)
        depth += 1 if match.group() == "/*" else -1
        position = match.end()
    return position


def _after_variable(text: str, position: int) -> int:
    """Where a variable such as $(hdr(X){s.select,1,#}) ends; quotes, braces and # mean nothing inside of it."""
    depth = 1
    start = position
    while depth:
        match = _PARENTHESIS.search(text, position)
        if match is None:
            raise Broken("a variable does not end", start)
        depth += 1 if match.group() == "(" else -1
        position = match.end()
    return position


class Call(t.NamedTuple):
    """A call of a function. arguments: each as its tokens, joined."""

    name: Token
    arguments: list[str]


@dataclasses.dataclass
class Configuration:
    """settings: all tokens outside of the route blocks. routes: {"timer_route[x,30]": tokens of its block}, in their order.

    starts: the name of each route, and the first token of its definition, in their order.
    """

    settings: list[Token]
    routes: dict[str, list[Token]]
    starts: list[tuple[str, Token]] = dataclasses.field(compare=False)

    @classmethod
    def parse(cls, text: str) -> Configuration:
        """Raises Broken."""
        return cls.of_words(tokens(text))

    @classmethod
    def of_words(cls, words: t.Sequence[Token]) -> Configuration:
        """Of the tokens of a text. Raises Broken."""
        settings: list[Token] = []
        routes: dict[str, list[Token]] = {}
        starts: list[tuple[str, Token]] = []
        place = 0
        while place < len(words):
            body = _body(words, place)
            if body is None:
                settings.append(words[place])
                place += 1
                continue
            start, end = body
            name = "".join(words[place:start])
            # the server refuses a second one of the same name; both count here
            routes.setdefault(name, []).extend(words[start:end])
            starts.append((name, words[place]))
            place = end
        return cls(settings, routes, starts)

    @functools.cached_property
    def calls(self) -> list[Call]:
        """The calls of functions in all routes; those inside of other calls, such as async(), count too."""
        return [call for block in self.routes.values() for call in _calls(block)]

    def of(self, kind: str) -> list[str]:
        """The names of the routes of a kind, in their order."""
        return [name for name in self.routes if name.partition("[")[0] == kind]


def _body(words: t.Sequence[Token], place: int) -> tuple[int, int] | None:
    """Where the block of the route that begins at place starts and ends; None when no route begins there."""
    if words[place] not in ROUTES:
        return None
    start = place + 1
    if start < len(words) and words[start] == "[":
        # the name of a route holds none of these; without them each [ would be looked for to the end of the text
        while start + 1 < len(words) and words[start + 1] not in _NOT_IN_NAMES and words[start] != "]":
            start += 1
        if words[start] != "]":
            return None
        start += 1
    if start >= len(words) or words[start] != "{":
        return None
    depth = 0
    for end in range(start, len(words)):
        depth += {"{": 1, "}": -1}.get(words[end], 0)
        if not depth:
            return start, end + 1
    raise Broken("the block of a route does not end", token=words[place])


def _calls(words: list[Token]) -> t.Iterator[Call]:
    """The calls in the block of a route. A variable such as $shv(name) is one token, and no call."""
    # of each parenthesis that is open: where its content starts, and the commas in it
    opened: list[list[int]] = []
    for place, word in enumerate(words):
        if word == "(":
            opened.append([place])
        elif word == "," and opened:
            opened[-1].append(place)
        elif word == ")" and opened:
            marks = opened.pop()
            if marks[0] and _NAME.match(words[marks[0] - 1]):
                yield Call(words[marks[0] - 1], _arguments(words, [*marks, place]))


def _arguments(words: list[Token], marks: list[int]) -> list[str]:
    """Those between the marks, which are the places of the parenthesis, its commas and its end."""
    pairs = itertools.pairwise(marks)
    found = ["".join(words[start + 1 : min(end, start + 1 + _LONGEST)]) for start, end in pairs]
    return [] if found == [""] else found
