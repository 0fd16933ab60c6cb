# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_sharing_tag: which node of a cluster holds a sharing tag."""

from typing import Any, Dict

from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, neighbours_option
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task


def spec() -> ArgumentSpec:
    """The module's own options."""
    return ArgumentSpec(
        {
            "tag": {"type": "str", "required": True},
            "cluster_id": {"type": "int"},
            "state": {"type": "str", "choices": ["active", "backup"], "default": "active"},
            "neighbours": neighbours_option(),
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "float", "default": 10.0},
        }
    )


def run(task: Task) -> Dict[str, Any]:
    """Hold the tag, or wait until another node does: the result (dict)."""
    raise NotImplementedError
