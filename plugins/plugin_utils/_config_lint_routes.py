# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Rules of the lint about routes: called and missing, defined twice, never used."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils._config import Call, Token
from ansible_collections.community.opensips.plugins.plugin_utils._config_lint_base import Checked, Finding, unquoted

# {function: [(which of its parameters, from 0, names a route, the kind of route)]}. Sources: tm.c, dialog.c, b2b_logic.c,
# event_routing.c, and cfg.y for the statements
_NAMING = {
    "route": [(0, "route")],
    "async": [(1, "route")],
    "launch": [(1, "route")],
    "t_on_failure": [(0, "failure_route")],
    "t_on_branch": [(0, "branch_route")],
    "t_on_reply": [(0, "onreply_route")],
    "dlg_on_answer": [(0, "route")],
    "dlg_on_timeout": [(0, "route")],
    "dlg_on_hangup": [(0, "route")],
}
# Routes that only a name makes the server run. It runs the others itself
_NAMED = frozenset(["route", "failure_route", "branch_route", "onreply_route"])
# A server may have several of these with one name
_REPEATED = frozenset(["timer_route"])
_NAME = re.compile(r"([a-z_]+)(?:\[(.*)\])?\Z", re.DOTALL)
_WORD = re.compile(r"[A-Za-z0-9_.:-]+")


def _split(route: str) -> tuple[str, str]:
    """Kind and name of a route. The main route has the number 0, and so has a reply route without a name."""
    match = _NAME.match(route)
    kind, name = (match[1], match[2] or "") if match else (route, "")
    name = unquoted(name.partition(",")[0])
    return kind, "0" if name == "" else name


def missing_routes(checked: Checked) -> t.Iterator[Finding]:
    if not checked.is_whole:
        return
    defined = {_split(route) for route in checked.configuration.routes}
    for call, kind, name in _named(checked):
        if (kind, name) not in defined:
            yield Finding.at(
                call.name,
                "missing_route",
                "error",
                f"{call.name}() names {kind}[{name}], which is not defined.",
                f"Define {kind}[{name}], or remove the call.",
            )


def _named(checked: Checked) -> t.Iterator[tuple[Call, str, str]]:
    """[(call, kind, name)] of the routes that calls name, unless the name is computed."""
    for call in checked.configuration.calls:
        for place, kind in _NAMING.get(call.name, ()):
            argument = call.arguments[place] if place < len(call.arguments) else ""
            name = unquoted(argument)
            if _WORD.fullmatch(name):
                yield call, kind, name


def duplicate_routes(checked: Checked) -> t.Iterator[Finding]:
    first: dict[tuple[str, str], Token] = {}
    for route, token in checked.configuration.starts:
        key = _split(route)
        if key in first and key[0] not in _REPEATED:
            message = f"{route} is defined twice. The first definition is in line {first[key].line}."
            yield Finding.at(token, "duplicate_route", "error", message, "Remove one of them.")
        first.setdefault(key, token)


def unused_routes(checked: Checked) -> t.Iterator[Finding]:
    if not checked.is_whole or _has_computed_names(checked):
        return
    defined = [(route, token, *_split(route)) for route, token in checked.configuration.starts]
    words = _words(checked)
    for route, token, kind, name in defined:
        if kind in _NAMED and name != "0" and name not in words:
            yield Finding.at(
                token,
                "unused_route",
                "warning",
                f"Nothing names {route}.",
                "Remove it, or call it.",
            )


def _has_computed_names(checked: Checked) -> bool:
    """Whether a call names a route by a variable, so that it may be any."""
    return any(
        "$" in argument
        for call in checked.configuration.calls
        for place, _kind in _NAMING.get(call.name, ())
        for argument in call.arguments[place : place + 1]
    )


def _words(checked: Checked) -> set[str]:
    """All that may name a route: the words and the texts of the configuration, without the names in its definitions."""
    found: set[str] = set()
    for block in (checked.configuration.settings, *checked.configuration.routes.values()):
        for word in block:
            found.add(unquoted(word))
            found.update(_WORD.findall(word))
    return found


RULES: tuple[t.Callable[[Checked], t.Iterator[Finding]], ...] = (missing_routes, duplicate_routes, unused_routes)
