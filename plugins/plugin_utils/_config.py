# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What differs between two texts of opensips.cfg, and what a running server needs to take the new one.

Sources: cfg.lex and cfg.y (comments, strings, route blocks), cfg_reload.c (reload_routes parses the whole file, but takes
the route blocks only), route.c and evi/evi_core.c of OpenSIPS 2.4 to 4.0.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils import _config_secrets

ROUTES = frozenset(
    ["route", "failure_route", "onreply_route", "branch_route", "error_route", "local_route"]
    + ["startup_route", "timer_route", "event_route"]
)
# the first server with the MI command reload_routes
RELOADS_SINCE = (3, 0)
MASK = _config_secrets.MASK

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
_NOT_IN_NAMES = frozenset("[{};")
_INCLUDES = frozenset(["include_file", "import_file"])
# what a macro processor, such as m4, would act on
_MACROS = re.compile(
    r"^[^\S\n]*(?:dnl\b|changequote\b|changecom\b|define\(|include\(|ifdef\(|ifelse\(|divert\()", re.MULTILINE
)


class Broken(Exception):
    """A text whose strings, comments or braces do not end; the server would not take it either."""


def tokens(text: str) -> list[str]:
    """The tokens of a configuration without comments and blanks. Raises Broken."""
    found = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        position = match.end()
        kind = match.lastgroup
        if kind == "comment":
            position = _after_comment(text, position)
        elif kind == "open":
            raise Broken("a string does not end")
        elif kind == "variable":
            position = _after_variable(text, position)
            found.append(text[match.start() : position])
        elif kind not in ("blank", "line"):
            found.append(match.group())
    return found


def _after_comment(text: str, position: int) -> int:
    """Where a comment ends that began before position; they nest."""
    depth = 1
    while depth:
        match = _COMMENT.search(text, position)
        if match is None:
            raise Broken("a comment does not end")
        depth += 1 if match.group() == "/*" else -1
        position = match.end()
    return position


def _after_variable(text: str, position: int) -> int:
    """Where a variable such as $(hdr(X){s.select,1,#}) ends; quotes, braces and # mean nothing inside of it."""
    depth = 1
    while depth:
        match = _PARENTHESIS.search(text, position)
        if match is None:
            raise Broken("a variable does not end")
        depth += 1 if match.group() == "(" else -1
        position = match.end()
    return position


@dataclasses.dataclass
class Configuration:
    """settings: all tokens outside of the route blocks. routes: {"timer_route[x,30]": tokens of its block}, in their order."""

    settings: list[str]
    routes: dict[str, list[str]]

    @classmethod
    def parse(cls, text: str) -> Configuration:
        """Raises Broken."""
        words = tokens(text)
        settings: list[str] = []
        routes: dict[str, list[str]] = {}
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
            place = end
        return cls(settings, routes)

    def of(self, kind: str) -> list[str]:
        """The names of the routes of a kind, in their order."""
        return [name for name in self.routes if name.partition("[")[0] == kind]


def _body(words: list[str], place: int) -> tuple[int, int] | None:
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
    raise Broken("the block of a route does not end")


@dataclasses.dataclass
class Change:
    """kind: none, text (comments and blanks only), routes or settings. action: none, reload_routes or restart."""

    kind: str
    action: str
    reasons: list[str]

    def plain(self) -> dict[str, t.Any]:
        return {**dataclasses.asdict(self), "reasons": [printable(each) for each in self.reasons]}


def change(new: str, old: str | None, version: str, preprocessed: bool = False) -> Change:
    """What it takes to get a server of version (such as 3.6) that runs old to run new; preprocessed: by opensips -p."""
    if old is None:
        return Change("settings", "restart", ["there was no configuration"])
    if old == new:
        return Change("none", "none", [])
    if preprocessed or _MACROS.search(old) or _MACROS.search(new):
        # a macro can make anything of anything, comments included
        return Change("settings", "restart", ["a preprocessor is used, so what changed cannot be told from the text"])
    try:
        before, after = Configuration.parse(old), Configuration.parse(new)
    except Broken as error:
        return Change("settings", "restart", [f"the text cannot be compared: {error}"])
    reasons = _needs_restart(before, after)
    names = _changed_routes(before, after)
    if reasons:
        return Change("settings", "restart", reasons)
    if not names:
        return Change("text", "none", ["only comments and blanks changed"])
    reasons = [f"changed: {', '.join(names)}"]
    numbers = tuple(int(part) for part in version.split("."))
    if numbers < RELOADS_SINCE:
        return Change("routes", "restart", [*reasons, f"OpenSIPS {version} has no reload_routes"])
    return Change("routes", "reload_routes", reasons)


def _changed_routes(before: Configuration, after: Configuration) -> list[str]:
    names = [*before.routes, *(name for name in after.routes if name not in before.routes)]
    return [name for name in names if before.routes.get(name) != after.routes.get(name)]


def _needs_restart(before: Configuration, after: Configuration) -> list[str]:
    """Why reload_routes would not do."""
    reasons = []
    if before.settings != after.settings:
        reasons.append("parameters or modules changed")
    if before == after:
        return reasons
    if _INCLUDES.intersection(before.settings, after.settings) or any(
        _INCLUDES.intersection(block) for each in (before, after) for block in each.routes.values()
    ):
        reasons.append("files are included, which may have changed too")
    if [before.routes[name] for name in before.of("startup_route")] != [
        after.routes[name] for name in after.of("startup_route")
    ]:
        reasons.append("startup_route runs at the start only")
    # timers are bound to the place of their route, with its interval; events are announced once
    if before.of("timer_route") != after.of("timer_route"):
        reasons.append("timer routes are set up at the start only")
    if sorted(before.of("event_route")) != sorted(after.of("event_route")):
        reasons.append("event routes are set up at the start only")
    gone = {name.partition("[")[2].rstrip("]") for name in before.routes if name not in after.routes} - {""}
    named = {word.strip("\"'") for word in after.settings if word[0] in "\"'"}
    if gone & named:
        reasons.append(f"a parameter names a route that is gone: {', '.join(sorted(gone & named))}")
    return reasons


def mask(text: str, secrets: t.Iterable[str] = (), length: int | None = None) -> str:
    """The text with the secrets, the passwords of URLs and the values of parameters that hold passwords replaced.

    It is cut off after length characters if there are more.
    """
    hidden = _config_secrets.spellings(secrets)
    is_cut = length is not None and len(text) > length
    if is_cut:
        text = text[:length]
        for secret in hidden:
            text = text[: len(text) - _begun(secret, text)]
    for secret in hidden:
        text = text.replace(secret, MASK)
    if is_cut:
        # the last word may be half a URL, of which the end would show that it has a password
        text = text[: max(map(text.rfind, " \t\r\n")) + 1]
    text = _config_secrets.without_parameters(_config_secrets.without_url_passwords(text))
    return f"{text[: max(0, length - 3)]}..." if is_cut else text


def _begun(secret: str, text: str) -> int:
    """How many characters at the end of text are the beginning of a secret."""
    return next((size for size in range(min(len(secret) - 1, len(text)), 0, -1) if text.endswith(secret[:size])), 0)
