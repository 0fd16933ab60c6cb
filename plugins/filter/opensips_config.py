# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters on texts of opensips.cfg; each is documented beside this file."""

from __future__ import annotations

import re
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils import (
    _config_change,
    _config_lint,
    _config_names,
    _config_options,
    _config_ports,
    _config_secrets,
    _config_source,
    _config_tls,
    _config_values,
)

_VERSION = re.compile(r"[0-9]+\.[0-9]+(\.[0-9]+)?\Z")
# kind: function of a value
_KINDS: dict[str, t.Callable[..., str]] = {
    "parameter": _config_values.parameter,
    "setting": _config_values.setting,
    "string": _config_values.string,
    "number": _config_values.number,
    "word": _config_values.word,
    "host": _config_values.host,
    "alias": _config_values.alias,
    "socket": _config_values.socket,
}


def opensips_config_change(
    new: t.Any, old: t.Any = None, version: str = "3.6", preprocessed: bool = False
) -> dict[str, t.Any]:
    for text in (new, old):
        if not isinstance(text, (str, type(None))):
            raise AnsibleFilterError(
                f"opensips_config_change: the configuration must be text, not {type(text).__name__}"
            )
    if new is None:
        raise AnsibleFilterError("opensips_config_change: the new configuration is missing")
    _check_version("opensips_config_change", version)
    return _config_change.change(new, old, str(version), bool(preprocessed)).plain()


def opensips_config_lint(
    text: t.Any, version: t.Any = None, file: t.Any = None, included: t.Any = None
) -> list[dict[str, t.Any]]:
    if not isinstance(text, str):
        raise AnsibleFilterError(f"opensips_config_lint: the configuration must be text, not {type(text).__name__}")
    if version in (None, ""):
        series = None
    else:
        _check_version("opensips_config_lint", version)
        series = ".".join(str(version).split(".")[:2])
        if series not in _config_names.VERSIONS:
            known = ", ".join(_config_names.VERSIONS)
            raise AnsibleFilterError(f"opensips_config_lint: version is {version!r}. Use one of {known}")
    if not isinstance(included or {}, dict) or not all(isinstance(part, str) for part in (included or {}).values()):
        raise AnsibleFilterError("opensips_config_lint: included must be a dictionary of paths and texts")
    return _config_lint.lint(text, series, None if file is None else str(file), included)


def opensips_config_mask(text: t.Any, secrets: t.Any = (), length: t.Any = None) -> str:
    if not isinstance(text, str):
        raise AnsibleFilterError(f"opensips_config_mask: the configuration must be text, not {type(text).__name__}")
    if isinstance(secrets, str):
        secrets = [secrets]
    return _config_secrets.mask(text, secrets or (), None if length is None else int(length))


def opensips_printable(text: t.Any) -> str:
    if not isinstance(text, str):
        raise AnsibleFilterError(f"opensips_printable: the input must be text, not {type(text).__name__}")
    return printable(text) or ""


def opensips_config_value(value: t.Any, kind: str = "parameter", version: str = "3.6") -> str:
    if kind not in _KINDS:
        raise AnsibleFilterError(f"opensips_config_value: kind is {kind!r}. Use one of {', '.join(_KINDS)}")
    _check_version("opensips_config_value", version)
    further = (str(version),) if kind == "socket" else ()
    try:
        return _KINDS[kind](value, *further)
    except ValueError as error:
        # without the value, which may be a secret
        raise AnsibleFilterError(f"opensips_config_value: the {kind} {error}") from None


def opensips_config_problems(options: t.Any, known: t.Any = None) -> list[str]:
    if not isinstance(options, dict):
        raise AnsibleFilterError(
            f"opensips_config_problems: the input must be a dictionary of options, not {type(options).__name__}"
        )
    return _config_options.problems(options, known)


def opensips_config_ports(text: t.Any, listening: t.Any, source: t.Any = None, options: t.Any = None) -> list[str]:
    return _config_ports.problems(_source("opensips_config_ports", text, source, options), str(listening))


def opensips_config_tls_domains(text: t.Any, source: t.Any = None, options: t.Any = None) -> list[dict[str, str]]:
    return _config_tls.domains(_source("opensips_config_tls_domains", text, source, options))


def _source(name: str, text: t.Any, source: t.Any, options: t.Any) -> _config_source.Source:
    if not isinstance(text, str):
        raise AnsibleFilterError(f"{name}: the configuration must be text, not {type(text).__name__}")
    if options and not isinstance(options, dict):
        raise AnsibleFilterError(f"{name}: options must be a dictionary of options, not {type(options).__name__}")
    return _config_source.Source(text, str(source or ""), options or None)


def _check_version(name: str, version: t.Any) -> None:
    if not _VERSION.match(str(version)):
        raise AnsibleFilterError(f"{name}: version is {version!r}. Write it as in 3.6")


_FILTERS = (
    opensips_config_change,
    opensips_config_lint,
    opensips_config_mask,
    opensips_config_ports,
    opensips_config_problems,
    opensips_config_tls_domains,
    opensips_config_value,
    opensips_printable,
)


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {function.__name__: function for function in _FILTERS}
