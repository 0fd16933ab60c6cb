# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make plugins/plugin_utils/_config_names_data.py from config_names.json, which read_opensips.py makes.

The JSON holds what a configuration of OpenSIPS can name: {module: {"versions": [[from, to]], "parameters", "functions",
"variables": {name: [[from, to, value]]}, "renamed": {kind: {name: new name}}}}. read_opensips.py describes the values. The core
is a module here; its parameters are the global ones.
"""

import os

from . import catalogue, layout, records

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SOURCE = os.path.join(HERE, "config_names.json")
TARGET = os.path.join(ROOT, "plugins", "plugin_utils", "_config_names_data.py")

# Oldest first. In the generated file, a letter stands for each: a is the first
VERSIONS = catalogue.VERSIONS[catalogue.VERSIONS.index("1.11") :]
# {kind of name: what begins its token}
KINDS = {"parameters": ":", "functions": "/", "variables": "$"}


def _letter(version):
    return chr(ord("a") + VERSIONS.index(version))


def _range(first, last):
    return _letter(first) + _letter(last)


def _token(sign, name, ranges, renamed, span):
    """One name: its sign, the name, =, value@range with commas between, > the new name. The module's range is left out."""
    values = [f"{value}@{_range(first, last)}" for first, last, value in ranges]
    if [[first, last] for first, last, _value in ranges] == span:
        values = [ranges[0][2]]
    text = f"{sign}{name}={','.join(values)}"
    return f"{text}>{renamed}" if renamed else text


def record(name, module):
    """The tokens of a module."""
    span = module["versions"]
    tokens = [f"={name}", ",".join(_range(first, last) for first, last in span)]
    for kind, sign in KINDS.items():
        renamed = module["renamed"][kind]
        tokens += [_token(sign, key, ranges, renamed.get(key), span) for key, ranges in module[kind].items()]
    return tokens


def generate():
    """The text of _config_names_data.py."""
    modules = layout.load(SOURCE)["modules"]
    return records.module(
        "config_names",
        "What a configuration of OpenSIPS 1.11 to 4.1 can name, a record for each module",
        "NAMES",
        [VERSIONS, *(record(name, module) for name, module in sorted(modules.items()))],
        reader="_config_names",
        util="plugin",
    )
