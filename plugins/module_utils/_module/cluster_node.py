# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_cluster_node: whether a node takes part in its cluster, and has what the others have."""

from typing import Any, Dict

from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task


def spec() -> ArgumentSpec:
    """The module's own options."""
    return ArgumentSpec(
        {
            "cluster_id": {"type": "int"},
            "node_id": {"type": "int"},
            "enabled": {"type": "bool"},
            "synced": {"type": "bool", "default": False},
            "resync": {"type": "bool", "default": False},
            "capabilities": {"type": "list", "elements": "str"},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "float", "default": 60.0},
        }
    )


def run(task: Task) -> Dict[str, Any]:
    """Enable, disable, synchronise: the result (dict)."""
    raise NotImplementedError
