# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Secrets in texts of opensips.cfg, in differences of them, and in what OpenSIPS says of them. Each text is read once."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils import _config_values

MASK = "********"

# What may be a URL goes on to a blank, or to the end of the text in quotes; a password may hold an apostrophe
_URL_END = re.compile(r'\s|(?<!\\)"')
# modparam("module", "name", and the quote before a text
_PARAMETER = re.compile(
    r"modparam[ \t]{0,8}\([ \t]{0,8}\"[^\"\n]{1,80}\"[ \t]{0,8},[ \t]{0,8}\"([^\"\n]{1,80})\"[ \t]{0,8},[ \t]{0,8}(?=\")"
)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
# Parameters of modules whose values are secret, such as auth_password of httpd, secret of auth, credential of uac
_SECRET_NAMES = ("passw", "secret", "credential")


def mask(text: str, secrets: t.Iterable[t.Any] = (), length: int | None = None) -> str:
    """The text with the secrets, the passwords of URLs and the values of parameters that hold passwords replaced.

    It is cut off after length characters if there are more.
    """
    hidden = _spellings(secrets)
    most = len(text) if length is None else length
    is_cut = len(text) > most
    if is_cut:
        text = text[:most]
        for secret in hidden:
            text = text[: len(text) - _begun(secret, text)]
    for secret in hidden:
        text = text.replace(secret, MASK)
    if is_cut:
        # the last word may be half a URL, of which the end would show that it has a password
        text = text[: max(map(text.rfind, " \t\r\n")) + 1]
    text = _without_parameters(_without_url_passwords(text))
    return f"{text[: max(0, most - 3)]}..." if is_cut else text


def _begun(secret: str, text: str) -> int:
    """How many characters at the end of text are the beginning of a secret."""
    return next((size for size in range(min(len(secret) - 1, len(text)), 0, -1) if text.endswith(secret[:size])), 0)


def _spellings(secrets: t.Iterable[t.Any]) -> list[str]:
    """The secrets as they are, and as they stand in quotes in a configuration; the longest first."""
    plain = {str(secret) for secret in secrets} - {""}
    return sorted(plain | {_as_quoted(secret) for secret in plain}, key=len, reverse=True)


def _as_quoted(secret: str) -> str:
    try:
        return _config_values.string(secret)[1:-1]
    except ValueError:
        return secret


def _without_url_passwords(text: str) -> str:
    """scheme://user:password@host without the password, which goes on to the last @."""
    parts: list[str] = []
    done = 0
    while True:
        mark = text.find("://", done)
        if mark < 0:
            return "".join(parts) + text[done:]
        start = mark + 3
        found = _URL_END.search(text, start)
        end = found.start() if found else len(text)
        colon, at = text.find(":", start, end), text.rfind("@", start, end)
        if 0 <= colon < at:
            parts += [text[done : colon + 1], MASK, text[at:end]]
        else:
            parts.append(text[done:end])
        done = end


def _without_parameters(text: str) -> str:
    """modparam("module", "name", "value") without the value, where the name says that it is secret."""
    parts: list[str] = []
    done = 0
    for match in _PARAMETER.finditer(text):
        if match.start() < done or not any(word in match[1].lower() for word in _SECRET_NAMES):
            continue
        value = _TEXT.match(text, match.end())
        parts += [text[done : match.end()], f'"{MASK}"']
        # a text that does not end goes on to the end of what there is
        done = value.end() if value else len(text)
    return "".join(parts) + text[done:]
