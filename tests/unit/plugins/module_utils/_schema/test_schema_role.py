# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role opensips_server has opensips_schema create the tables of the modules that it lists; it lists those that have some."""

import json
import os
import re

import pytest

from ansible_collections.community.opensips.plugins.module_utils._schema import choice, model

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "..", "..", "..")
RELEASES = model.RELEASES[model.RELEASES.index("2.4") : model.RELEASES.index("4.0") + 1]


def text_of(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def listed():
    """The modules of the role's variable."""
    block = re.search(
        r"(?m)^opensips_server__modules_with_tables:\n((?:  - \w+\n)+)",
        text_of("roles", "opensips_server", "vars", "main.yml"),
    )
    return block.group(1).replace("-", " ").split()


def modules_of(release):
    """The modules that a release of OpenSIPS has."""
    place = model.RELEASES.index(release)
    modules = json.loads(text_of("data", "config_names.json"))["modules"]
    return {
        name
        for name, module in modules.items()
        if any(model.RELEASES.index(first) <= place <= model.RELEASES.index(last) for first, last in module["versions"])
    }


@pytest.mark.parametrize("release", RELEASES)
def test_the_role_lists_the_modules_that_have_tables(release):
    modules, known = modules_of(release), choice.known_tables(release)
    assert {name for name in modules if choice._script_of(name, known)} == modules & set(listed())
