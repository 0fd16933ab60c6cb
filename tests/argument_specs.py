# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules and roles take, asked of themselves."""

from __future__ import annotations

import importlib
import pathlib
import typing as t
from unittest import mock

import ansible.module_utils.basic
import yaml

ROOT = pathlib.Path(__file__).absolute().parents[1]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("opensips_*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
_PACKAGE = "ansible_collections.community.opensips.plugins.modules"


class _Stop(Exception):
    """Ends a module where it has said which options it has."""


def of_module(module: str) -> dict[str, t.Any]:
    """What a module gives to AnsibleModule: argument_spec, required_if …"""

    def init(_self: object, *_args: object, **declared: t.Any) -> None:
        raise _Stop(declared)

    with mock.patch.object(ansible.module_utils.basic.AnsibleModule, "__init__", init):
        try:
            importlib.import_module(f"{_PACKAGE}.{module}").main()
        except _Stop as stop:
            return stop.args[0]
    raise AssertionError(f"{module} made no AnsibleModule")


def of_role(role: str) -> dict[str, t.Any]:
    """{variable: its declaration} of a role."""
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    return {
        name: entry
        for spec in yaml.safe_load(text)["argument_specs"].values()
        for name, entry in spec["options"].items()
    }
