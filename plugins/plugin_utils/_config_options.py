# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Checks the values of the options of the role opensips_server, before any of them gets into a file or a command.

A message names the option, with the index or the key of the entry. It shows the value only if that cannot be a secret.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils import _config_parts as parts
from ansible_collections.community.opensips.plugins.plugin_utils import _config_values as values

# Paths get into configurations, units of systemd and patterns of file names, where other characters have meanings
_PATH = re.compile(r"(?:/[A-Za-z0-9._@+,=~:-]+)+\Z")
# ... and this one only into the configuration
_DIRECTORY = re.compile(r"(?:/[A-Za-z0-9._@+,=~:-]+)+/?\Z")
# The owner can read and write. So 416, which YAML makes of 0640 without quotes, is no mode.
_MODE = re.compile(r"0?[0-7]?[67][0-7]{2}\Z")
_NOT_FOR_OTHERS = re.compile(r"[0-7]*0\Z")
# useradd(8), and numbers
_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}\$?\Z")
_SERVICE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,127}\Z")
_SUITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_~+-]{0,127}\Z")
_LINK = re.compile(r"[a-z][a-z0-9+.-]*:[^\s\x00-\x1f\x7f\"]+\Z")
# The series that the role supports, and releases of them
_VERSION = re.compile(r"(?:2\.4|3\.[0-6]|4\.0)(?:\.[0-9]{1,3})?\Z")
_CHECKSUM = re.compile(r"[a-z0-9]+:[^\s\x00-\x1f\x7f]+\Z")
_DATAGRAM = re.compile(r"udp:(?P<host>\*|\[[0-9A-Fa-f:]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}\Z|(?:unix:)?(?P<path>/\S+)\Z")
_GLOBAL = re.compile(r"[a-z][a-z0-9_]*\Z")
_REPLY_DIR = 90

_PATH_RULE = "Use an absolute path of letters, digits and . _ - @ + , = ~ : that does not end with a slash"
_ACCOUNT_RULE = "Use the name or the number of an account: letters, digits and . _ -"
_LINK_RULE = "Use a URL without blanks and quotes"


# takes a value, and raises ValueError if it is wrong
_Check = t.Callable[[t.Any], object]


class _Rule(t.NamedTuple):
    """pattern: what a value must match. remedy: how to write it."""

    pattern: re.Pattern[str]
    remedy: str


_PATHS = _Rule(_PATH, _PATH_RULE)
_MODES = _Rule(_MODE, 'Use an octal mode in quotes that lets the owner read and write, such as "0640"')
_ACCOUNTS = _Rule(_ACCOUNT, _ACCOUNT_RULE)
_LINKS = _Rule(_LINK, _LINK_RULE)
# Options of a role that are one text, used whatever the configuration is made of
_TEXTS = {
    "opensips_server_version": _Rule(
        _VERSION,
        "Use a series, such as 3.6, or an exact release, such as 3.6.8, in quotes. The role supports 2.4, 3.0 to 3.6, and 4.0",
    ),
    "opensips_server_binary": _PATHS,
    "opensips_server_config_path": _PATHS,
    "opensips_server_mi_fifo_path": _PATHS,
    "opensips_server_mi_reply_dir": _PATHS,
    "opensips_server_apt_keyring": _PATHS,
    "opensips_server_config_mode": _MODES,
    "opensips_server_mi_fifo_mode": _MODES,
    "opensips_server_mi_reply_dir_mode": _MODES,
    "opensips_server_user": _ACCOUNTS,
    "opensips_server_group": _ACCOUNTS,
    "opensips_server_config_owner": _ACCOUNTS,
    "opensips_server_mi_group": _ACCOUNTS,
    "opensips_server_service": _Rule(_SERVICE, "Use the name of a service: letters, digits and . _ - @ :"),
    "opensips_server_apt_url": _LINKS,
    "opensips_server_apt_key_url": _LINKS,
    "opensips_server_yum_url": _LINKS,
    "opensips_server_yum_key_url": _LINKS,
    "opensips_server_apt_suite": _Rule(_SUITE, "Use the name of a suite, such as bookworm"),
    "opensips_server_apt_key_checksum": _Rule(_CHECKSUM, "Use ALGORITHM:CHECKSUM, such as sha256:0123"),
}
_SERVER_URL = re.compile(
    r"\A//(?:[^:@/]+(?::[^@]*)?@)?(?:\[[0-9A-Fa-f:]+\]|unix\([^)@]+\)|[A-Za-z0-9_.-]*)(?::[0-9]{1,5})?/[^/@?]+(?:\?.*)?\Z"
)
_SERVER_REMEDY = "Write it as {}://user:password@host/database. The password must not contain an at sign"
# What follows the scheme and its colon. Source: parse_db_url() of db/db_id.c, 2.4 to 4.0.
_DATABASES = {
    "sqlite": _Rule(re.compile(r"///+[^/?]"), "Write it as sqlite:////path/of/the/file"),
    "mysql": _Rule(_SERVER_URL, _SERVER_REMEDY.format("mysql")),
    "postgres": _Rule(_SERVER_URL, _SERVER_REMEDY.format("postgres")),
}
# opensips_schema also accepts the names of SQLAlchemy
_KINDS_OF_TABLES = {**{name: name for name in _DATABASES}, "postgresql": "postgres", "mariadb": "mysql"}
_CLOSED = ("opensips_server_mi_fifo_mode", "opensips_server_mi_reply_dir_mode")
_NUMBERS = (
    "opensips_server_log_level",
    "opensips_server_xlog_level",
    "opensips_server_udp_workers",
    "opensips_server_tcp_workers",
    "opensips_server_mi_http_port",
    "opensips_server_mi_http_receive_size",
)


def problems(options: t.Mapping[str, t.Any], known: t.Mapping[str, t.Any] | None = None) -> list[str]:
    """What is wrong with options of the role, as sentences; those that are None, empty or not there are fine.

    known: what only a configuration that is written from data needs: protocols (names of protocols), databases (schemes of
    URLs), modules (names of modules that are loaded), elsewhere ({global parameter: the option to set instead}), constants
    (global parameters without quotes), series (of OpenSIPS, such as 3.6). None: the configuration is not written from data.
    """
    found = list(_text_problems(options))
    if known is not None:
        check = _Written(options, known)
        found += [problem for method in check.METHODS for problem in method(check)]
        found += parts.problems(options, known)
    elif options.get("opensips_server_parts"):
        found.append(
            "opensips_server_parts requires the configuration of the role. "
            "Remove opensips_server_config_file and opensips_server_config_template, or remove opensips_server_parts."
        )
    return found


def _text_problems(options: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for option, rule in _TEXTS.items():
        value = options.get(option)
        if value is None or value == "":
            continue
        if not rule.pattern.match(str(value)):
            yield f"{option} is {values.excerpt(value)}. {rule.remedy}."
        elif option in _CLOSED and not _NOT_FOR_OTHERS.match(str(value)):
            yield (
                f"{option} is {values.excerpt(value)}, which lets every user of the host control the server. "
                "Use a mode that ends with 0, and add the users who need access to the group opensips_server_mi_group."
            )
    length = len(str(options.get("opensips_server_mi_reply_dir") or ""))
    if length > _REPLY_DIR:
        yield (
            f"opensips_server_mi_reply_dir has {length} characters. Use at most {_REPLY_DIR}: OpenSIPS accepts 127 characters "
            "together with the name of a reply FIFO."
        )


class _Written:
    """The options that a configuration is written from."""

    def __init__(self, options: t.Mapping[str, t.Any], known: t.Mapping[str, t.Any]) -> None:
        self._options = options
        self._known = known

    def _list(self, option: str) -> list[t.Any]:
        value = self._options.get(option)
        return list(value) if isinstance(value, (list, tuple)) else []

    def _dict(self, option: str) -> dict[t.Any, t.Any]:
        value = self._options.get(option)
        return dict(value) if isinstance(value, dict) else {}

    def numbers(self) -> t.Iterator[str]:
        for option in _NUMBERS:
            if self._options.get(option) not in (None, ""):
                yield from _problem(option, values.number, self._options[option])

    def sockets(self) -> t.Iterator[str]:
        sockets = self._list("opensips_server_sockets")
        if not sockets:
            yield "opensips_server_sockets is empty. Set at least one socket, such as udp:192.0.2.1:5060."
        protocols = sorted(self._known["protocols"])
        for index, text in enumerate(sockets):
            where = f"opensips_server_sockets[{index}]: {values.excerpt(text)} is not a valid socket"
            try:
                if values.Socket.parse(text).protocol not in protocols:
                    yield f"{where}: the protocol is unknown. Use one of {', '.join(protocols)}, as in udp:192.0.2.1:5060."
            except ValueError as error:
                yield f"{where}: it {error}. Write PROTOCOL:ADDRESS:PORT, such as udp:192.0.2.1:5060."

    def aliases(self) -> t.Iterator[str]:
        for index, text in enumerate(self._list("opensips_server_aliases")):
            try:
                values.alias(text)
            except ValueError as error:
                yield (
                    f"opensips_server_aliases[{index}]: {values.excerpt(text)} is not a valid name of the server: it {error}. "
                    "Write HOST, or PROTOCOL:HOST:PORT, such as udp:sip.example.com:5060."
                )

    def words(self) -> t.Iterator[str]:
        for option, convert in (
            ("opensips_server_log_facility", values.word),
            ("opensips_server_log_name", values.string),
            ("opensips_server_advertised_address", values.host),
        ):
            if self._options.get(option):
                yield from _problem(option, convert, self._options[option])
        mpath = self._options.get("opensips_server_mpath")
        if mpath and not _DIRECTORY.match(str(mpath)):
            yield f"opensips_server_mpath is {values.excerpt(mpath)}. Use an absolute path of letters, digits and . _ - @ + , = ~ :."

    def database(self) -> t.Iterator[str]:
        address = self._options.get("opensips_server_db_url")
        if not address:
            return
        scheme, _colon, rest = str(address).partition(":")
        example = "such as mysql://user:password@localhost/opensips"
        schemes = sorted(self._known["databases"])
        if scheme not in schemes:
            # what stands before the first colon may be a password where the scheme was left out
            named = f"the scheme {scheme}" if re.match(r"[a-z]{1,16}\Z", scheme) and "://" in address else "this URL"
            yield f"opensips_server_db_url: no module supports {named}. Use one of {', '.join(schemes)}, {example}."
            return
        try:
            values.url(address)
        except ValueError as error:
            yield f"opensips_server_db_url {error}. Write it {example}."
        else:
            if scheme in _DATABASES and not _DATABASES[scheme].pattern.match(rest):
                yield f"opensips_server_db_url is not a valid URL. {_DATABASES[scheme].remedy}."

    def tables(self) -> t.Iterator[str]:
        """The database of opensips_server_schema, which another program reads: its URL has a driver, or more slashes."""
        option = "opensips_server_schema_database"
        address = self._dict(option).get("db_url")
        if str(self._options.get("opensips_server_schema")).lower() not in ("true", "yes", "1", "on") or not address:
            return
        if address == self._options.get("opensips_server_db_url"):
            option = "opensips_server_db_url"
        scheme, _colon, rest = str(address).partition(":")
        kind = _KINDS_OF_TABLES.get(scheme.partition("+")[0])
        if kind is None:
            yield f"{option}: opensips_server_schema supports sqlite, mysql and postgres. Use one of them, or set opensips_server_schema to false."
        elif kind == "sqlite" and not rest.startswith("////"):
            yield f"{option}: opensips_server_schema requires four slashes before the path. {_DATABASES[kind].remedy}."
        elif option != "opensips_server_db_url" and not _DATABASES[kind].pattern.match(rest):
            yield f"{option}.db_url is not a valid URL. {_DATABASES[kind].remedy}."

    def modules(self) -> t.Iterator[str]:
        for index, module in enumerate(self._list("opensips_server_modules")):
            try:
                values.name(module)
            except ValueError:
                yield (
                    f"opensips_server_modules[{index}]: {values.excerpt(module)} is not the name of a module. "
                    "Write the name without a path and without .so, such as tm."
                )

    def parameters(self) -> t.Iterator[str]:
        loaded = ", ".join(map(values.excerpt, self._known["modules"]))
        for module, parameters in self._dict("opensips_server_modparams").items():
            where = f"opensips_server_modparams.{values.excerpt(module)}"
            if module not in self._known["modules"]:
                yield f"{where}: the module is not loaded. Add it to opensips_server_modules. The loaded modules are {loaded}."
            elif not isinstance(parameters, dict):
                if parameters is not None:
                    yield f"{where} is not a dictionary of parameters. Write it as in {{tm: {{fr_timeout: 5}}}}."
            else:
                for key, value in parameters.items():
                    yield from _entry(where, key, value, values.name, values.parameter, "")

    def settings(self) -> t.Iterator[str]:
        rest = ". Use opensips_server_globals_text for other values"
        for key, value in self._dict("opensips_server_globals").items():
            instead = self._known["elsewhere"].get(key)
            if instead is not None:
                yield f"opensips_server_globals.{values.excerpt(key)} cannot be set there. Set {instead}."
                continue
            convert = values.word if key in self._known["constants"] else values.setting
            yield from _entry("opensips_server_globals", key, value, _global_name, convert, rest)

    def interface(self) -> t.Iterator[str]:
        """The Management Interface over datagrams and HTTP."""
        datagram = str(self._options.get("opensips_server_mi_datagram_socket") or "")
        match = _DATAGRAM.match(datagram)
        if datagram and (match is None or (match["path"] and not _PATH.match(match["path"]))):
            yield (
                f"opensips_server_mi_datagram_socket is {values.excerpt(datagram)}. Write udp:127.0.0.1:8080, or the path of a Unix socket."
            )
        address = self._options.get("opensips_server_mi_http_address")
        if address:
            yield from _problem("opensips_server_mi_http_address", values.ip_address, address)

    METHODS = (numbers, sockets, aliases, words, database, tables, modules, parameters, settings, interface)


def _problem(option: str, convert: _Check, value: t.Any) -> t.Iterator[str]:
    try:
        convert(value)
    except ValueError as error:
        yield f"{option} is {values.excerpt(value)}. It {error}."


def _entry(where: str, key: t.Any, value: t.Any, check: _Check, convert: _Check, rest: str) -> t.Iterator[str]:
    """A parameter, which may have several values; they may be secrets."""
    try:
        check(key)
    except ValueError as error:
        yield f"{where}: the name {values.excerpt(key)} {error}."
        return
    several = isinstance(value, (list, tuple))
    for index, entry in enumerate(value if several else [value]):
        try:
            convert(entry)
        except ValueError as error:
            place = f"[{index}]" if several else ""
            yield f"{where}.{values.excerpt(key)}{place}: the value {error}{rest}."


def _global_name(key: t.Any) -> None:
    if not isinstance(key, str) or not _GLOBAL.match(key):
        raise ValueError("must be the name of a global parameter: lower-case letters, digits and underscores")
    if key.startswith(("include_file", "import_file")):
        # the server looks for these at the beginning of a line, before it looks at anything else
        raise ValueError("must not begin with include_file or import_file")
