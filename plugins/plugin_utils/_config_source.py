# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A configuration that is checked against its host: its sockets, the parameters of its modules, and how messages name them.

What the text does not show is not there: a text that a preprocessor changes, or that is broken, has nothing, and one that includes
files has no parameters, because a file may set them again. A value that is no number or plain text is None.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils._config import Broken, Configuration, Token
from ansible_collections.community.opensips.plugins.plugin_utils._config_change import INCLUDES
from ansible_collections.community.opensips.plugins.plugin_utils._config_lint_base import (
    Checked,
    ModuleParameter,
    is_preprocessed,
    unquoted,
)

# Options of the role opensips_server that it writes as parameters of modules
_OPTIONS = {
    ("mi_datagram", "socket_name"): "opensips_server_mi_datagram_socket",
    ("httpd", "ip"): "opensips_server_mi_http_address",
    ("httpd", "port"): "opensips_server_mi_http_port",
    ("tls_mgm", "certificate"): "opensips_server_tls_certificate",
    ("tls_mgm", "private_key"): "opensips_server_tls_private_key",
    ("tls_mgm", "ca_list"): "opensips_server_tls_ca",
}
# ... and that it writes as they are
_TEXTS = ("opensips_server_globals_text", "opensips_server_modules_text", "opensips_server_routes")
# modparam.c: names with | between them; anything else is another regular expression
_NAMES = re.compile(r"[\w|]+\Z")
_PLAIN = re.compile(r"[0-9]+\Z|\"[^\\]*\"\Z|'.*'\Z", re.DOTALL)
# cfg.y: what may follow an address, and how many words it has
_FLAGS = frozenset(
    ["anycast", "frag", "reuse_port", "accept_subdomain"]
    + ["proxy_protocol", "allow_proxy_protocol", "send_proxy_protocol"]
)
_VALUED = frozenset(["use_workers", "use_children", "tos", "tag", "use_auto_scaling_profile"])
# Words of a socket that count
_LONGEST = 128


class Socket(t.NamedTuple):
    """A socket that is listened on. label: its option or line. text: PROTOCOL:ADDRESS:PORTS. words: flags that follow, in lower case."""

    label: str
    text: str
    words: frozenset[str]


class Parameter(t.NamedTuple):
    """The value of a parameter of a module. label: its option or line."""

    label: str
    value: str | None


class Source:
    """A text, and what it is called. options: those of the role, if it wrote the text from them."""

    def __init__(self, text: str, name: str = "", options: t.Mapping[str, t.Any] | None = None) -> None:
        self._name = name
        self._options = options or {}
        self._lines = {option: lines for option in _TEXTS if (lines := _lines_of(self._options.get(option), text))}
        try:
            found = Configuration.parse("" if options is None and is_preprocessed(text) else text)
        except Broken:
            # opensips -C says so
            found = Configuration([], {}, [])
        self._words = found.settings
        # whether a file that is included may set a parameter again
        self.may_set_more = bool(INCLUDES.intersection(found.settings))
        self._checked = Checked(Configuration([], {}, []) if self.may_set_more else found, None, False)

    def where(self, *labels: str) -> str:
        """How a message names what has these labels."""
        each = list(dict.fromkeys(labels))
        text = " and ".join(filter(None, (", ".join(each[:-1]), each[-1])))
        return f"{self._name}, {text}" if self._name and any(label.startswith("line ") for label in each) else text

    def sockets(self) -> t.Iterator[Socket]:
        written = self._options.get("opensips_server_sockets") or []
        places = [
            place
            for place, (name, sign) in enumerate(zip(self._words, self._words[1:], strict=False))
            if name in ("socket", "listen") and sign == "="
        ]
        for number, place in enumerate(places):
            text, words = _socket(self._words[place + 2 : place + 2 + _LONGEST])
            # the role writes them before everything else
            option = f"opensips_server_sockets[{number}]" if number < len(written) else None
            yield Socket(option or self._line(self._words[place]), text, words)

    def parameters(self, module: str, name: str) -> list[Parameter]:
        """The values of a parameter, in the order of the text."""
        found = [each for each in self._checked.parameters if each.name == name]
        return [
            Parameter(self._label(module, each), _plain(each) if _NAMES.match(each.module) else None)
            for each in found
            if not _NAMES.match(each.module) or module in each.module.lower().split("|")
        ]

    def parameter(self, module: str, name: str) -> Parameter | None:
        """The last value of a parameter, which counts."""
        return next(reversed(self.parameters(module, name)), None)

    def load(self, module: str) -> str | None:
        """The label of the line that loads a module."""
        return next((self._line(token) for name, token in self._checked.loads if name == module), None)

    def _label(self, module: str, parameter: ModuleParameter) -> str:
        line = self._line(parameter.place)
        if not self._options or not line.startswith("line "):
            return line
        if parameter.name in ((self._options.get("opensips_server_modparams") or {}).get(module) or {}):
            return f"opensips_server_modparams.{module}.{parameter.name}"
        return _OPTIONS.get((module, parameter.name), line)

    def _line(self, token: Token) -> str:
        for option, (first, last, offset) in self._lines.items():
            if first <= token.line <= last:
                return f"{option}, line {token.line - first + offset}"
        return f"line {token.line}"


def _lines_of(part: t.Any, text: str) -> tuple[int, int, int] | None:
    """(first, last, number of the first in the part) of the lines of a text that are a part of it, which the role writes without blanks around it."""
    stripped = part.strip() if isinstance(part, str) else ""
    start = text.find(stripped)
    if not stripped or start < 0:
        return None
    first = text.count("\n", 0, start) + 1
    return first, first + stripped.count("\n"), part[: part.find(stripped)].count("\n") + 1


def _plain(parameter: ModuleParameter) -> str | None:
    if len(parameter.value) == 1 and _PLAIN.match(parameter.value[0]):
        return unquoted(parameter.value[0])
    return None


def _socket(words: t.Sequence[Token]) -> tuple[str, frozenset[str]]:
    """(PROTOCOL:ADDRESS:PORTS, flags) of what begins with it; the text is "" if it is nothing of the kind."""
    if len(words) < 3 or words[1] != ":":
        return "", frozenset()
    end = _after_address(words, 2)
    address = "".join(unquoted(word) for word in words[2:end])
    text = f"{words[0].lower()}:{address}"
    if words[end : end + 1] == [":"]:
        start, end = end + 1, _after_ports(words, end + 1)
        # cfg.y of 2.4 to 3.0: the default port
        if words[start:end] != ["any"]:
            text += f":{''.join(words[start:end])}"
    return text, frozenset(_flags(words, end))


def _after_address(words: t.Sequence[Token], place: int) -> int:
    if words[place] == "[":
        return words.index("]", place) + 1 if "]" in words[place:] else len(words)
    place += 1
    while words[place : place + 1] in (["."], ["-"]):
        place += 2
    return min(place, len(words))


def _after_ports(words: t.Sequence[Token], place: int) -> int:
    place += 1
    while words[place : place + 1] in ([","], ["-"]):
        place += 2
    return min(place, len(words))


def _flags(words: t.Sequence[Token], place: int) -> t.Iterator[str]:
    while place < len(words):
        word = words[place].lower()
        place += 1
        if word in _FLAGS:
            yield word
        elif word in _VALUED:
            place += 1
        elif word == "as" and place < len(words):
            place = _after_address(words, place)
            if words[place : place + 1] == [":"]:
                place = _after_ports(words, place + 1)
        else:
            return
