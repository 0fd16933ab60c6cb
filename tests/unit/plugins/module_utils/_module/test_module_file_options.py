# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options owner and group: names, or numbers as in the modules of Ansible."""

import grp
import pwd

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.file_options import owner_of


@pytest.mark.parametrize(
    "owner, group, ids",
    [
        (None, None, (None, None)),
        (pwd.getpwuid(0).pw_name, grp.getgrgid(0).gr_name, (0, 0)),
        ("0", "0", (0, 0)),
        # of an account that this host does not know
        ("54321", "54322", (54321, 54322)),
    ],
)
def test_names_and_numbers(owner, group, ids):
    assert owner_of(owner, group) == ids


@pytest.mark.parametrize("name", ["nobody-here", "-1", "4294967295", ""])
def test_who_does_not_exist(name):
    with pytest.raises(BadParameters, match="owner: this host has no user"):
        owner_of(name, None)
    with pytest.raises(BadParameters, match="group: this host has no group"):
        owner_of(None, name)
