# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Switches of what a module sends by itself: dr_enable_probing (drouting), nh_enable_ping (nathelper)."""

from typing import Any, Dict, Iterator, List

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._readers import switches
from ansible_collections.community.opensips.plugins.module_utils._state import engine


class Switches(engine.State):
    """Switches, each on or off. params: switches, a list of {"name", "enabled"} with names of switches.COMMANDS."""

    THING = "probing of"

    def __init__(self, params: Dict[str, Any]):
        self.wanted: List[Dict[str, Any]] = params["switches"]
        self.READS = self.WRITES = tuple(switches.COMMANDS[entry["name"]] for entry in self.wanted)

    def read(self, conn: Connection) -> Dict[str, bool]:
        """{module: whether it is on}."""
        return switches.read(conn)

    def items(self, found: Dict[str, bool]) -> List[engine.Item]:
        """One Item a switch. Raises BadParameters for one that the server's configuration does not use."""
        items = []
        for entry in self.wanted:
            if entry["name"] not in found:
                raise engine.unknown("probing", f"of {entry['name']}", found, "switches")
            before, after = {"enabled": found[entry["name"]]}, {"enabled": entry["enabled"]}
            items.append(engine.Item({"name": entry["name"]}, before, after))
        return items

    def requests(self, item: engine.Item) -> Iterator[engine.Request]:
        """One command."""
        yield switches.COMMANDS[item.identity["name"]], {"status": int(item.after["enabled"])}
