# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Shared variables of the script, $shv(name): shv_get, shv_set (module cfgutils, 1.11 and later).

Up to 2.4 shv_set knows the variables that the configuration names; 3.0 and later make one that they do not have.
Sources: cfgutils/shvar.c (mi_shvar_set) of 1.11, 2.4, 3.6, 4.0.
"""

from typing import Any, Dict, Iterator, List

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._readers import shared_variables
from ansible_collections.community.opensips.plugins.module_utils._state import engine


class SharedVariables(engine.State):
    """Variables, each a number or a text. params: variables, a list of {"name", "value"}."""

    THING = "shared variable"
    READS = ("shv_get",)
    WRITES = ("shv_set",)

    def __init__(self, params: Dict[str, Any]):
        self.wanted: List[Dict[str, Any]] = params["variables"]

    def read(self, conn: Connection) -> Dict[str, Any]:
        """{name: value}."""
        return shared_variables.read(conn)

    def items(self, found: Dict[str, Any]) -> List[engine.Item]:
        """One Item a variable."""
        return [
            engine.Item(
                {"name": entry["name"]},
                {"value": found[entry["name"]]} if entry["name"] in found else None,
                {"value": entry["value"]},
            )
            for entry in self.wanted
        ]

    def requests(self, item: engine.Item) -> Iterator[engine.Request]:
        """shv_set."""
        value = item.after["value"]
        kind = "int" if isinstance(value, int) else "str"
        yield "shv_set", {"name": item.identity["name"], "type": kind, "value": value}
