# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The options credentials, credentials_file and credentials_db, which several modules have."""

from typing import TYPE_CHECKING, Optional

from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.credentials import Credentials
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task


def credentials_spec() -> ArgumentSpec:
    """The options."""
    return ArgumentSpec({})


def load(task: "Task") -> "Optional[Credentials]":
    """The Credentials of a task, None without the options. Raises BadParameters, TableError."""
    return None
