# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The connection options of plugins on the controller: as those of the modules, but from Ansible's own sources of options."""

from __future__ import annotations

import contextlib
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.options import resolve
from ansible_collections.community.opensips.plugins.module_utils._mi.urls import without_url_secrets
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    CONNECTION_OPTIONS,
    ArgumentSpec,
    connection_spec,
)
from ansible_collections.community.opensips.plugins.module_utils._module.run import message_of
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

# how Ansible names where an option comes from, and what that is called in a message
_ORIGINS = {"env": "the environment variable", "var": "the variable"}


def error_text(error: BaseException) -> str:
    """What an exception says to a user, without secrets and control characters."""
    return printable(without_url_secrets(message_of(error)))


def own_spec(spec: ArgumentSpec) -> dict[str, t.Any]:
    """The options (dict) of an ArgumentSpec without defaults and environment variables: what somebody wrote, and nothing else."""
    return {
        name: {key: value for key, value in option.items() if key not in ("default", "fallback")}
        for name, option in spec.spec.items()
    }


def refuse_unknown(given: t.Iterable[t.Any], known: t.Collection[str]) -> None:
    """Raise BadParameters if there is a name in given that is not one of known, the names of options."""
    unknown = sorted(map(str, set(given) - set(known)))
    if unknown:
        raise BadParameters(f"there is no option {', '.join(unknown)}", f"The options are {', '.join(sorted(known))}")


def validated(options: dict[str, t.Any], given: t.Mapping[str, t.Any], place: str) -> dict[str, t.Any]:
    """given with the types of options (an argument_spec), as a module gets its parameters.

    place: what given is, for messages. Raises BadParameters that names the option.
    """
    result = ArgumentSpecValidator(options).validate(dict(given))
    if result.unsupported_parameters:
        unknown = sorted(".".join([name] if isinstance(name, str) else name) for name in result.unsupported_parameters)
        raise BadParameters(
            f"{place} has no option {', '.join(unknown)}",
            f"The options are {', '.join(sorted(_beside(options, unknown[0])))}",
        )
    if result.error_messages:
        raise BadParameters(
            f"{place}: {printable(without_url_secrets('; '.join(result.error_messages)))}", "Correct the option"
        )
    return result.validated_parameters


def _beside(options: dict[str, t.Any], name: str) -> dict[str, t.Any]:
    """The options that there are where name is, which may be inside others, such as ``select.agent``."""
    for part in name.split(".")[:-1]:
        options = options[part]["options"]
    return options


class Lesser(t.NamedTuple):
    """Connection options that count as far as they fit those of a server. values: {option: value}. origins: {option: text}."""

    values: dict[str, t.Any]
    origins: dict[str, str]


def lesser_options(plugin: t.Any, written: t.Container[str], variables: t.Any = None) -> Lesser:
    """What the environment, ansible.cfg and variables say of connection options. written: names of those that a user wrote."""
    found = Lesser({}, {})
    for name in sorted(CONNECTION_OPTIONS):
        if name in written:
            continue
        value, origin = plugin.get_option_and_origin(name, hostvars=variables)
        if value is not None and origin != "default":
            found.values[name] = value
            found.origins[name] = _origin_text(str(origin))
    return found


def _origin_text(origin: str) -> str:
    kind, _colon, name = origin.partition(": ")
    return f"{_ORIGINS[kind]} {name}" if kind in _ORIGINS else f"the configuration file {origin}"


def connection_of(written: dict[str, t.Any], lesser: Lesser, place: str) -> Connection:
    """A Connection, not yet opened. written: connection options that a user wrote, at place. Raises BadParameters."""
    merged = {**{name: value for name, value in lesser.values.items() if name not in written}, **written}
    params = validated(connection_spec().spec, merged, place)
    origins = {name: text for name, text in lesser.origins.items() if name not in written}
    return Connection(resolve(params, origins, place))


@contextlib.contextmanager
def warned(connection: Connection, warn: t.Callable[[str], None]) -> t.Iterator[Connection]:
    """The connection, which is closed at the end; its warnings are passed on."""
    try:
        yield connection
    finally:
        try:
            connection.close()
        except OpensipsError as error:
            warn(f"The connection could not be closed: {error_text(error)}")
        for text in connection.warnings:
            warn(printable(text))
