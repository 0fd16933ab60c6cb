# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Media proxies: rtpproxy_show, rtpproxy_enable (module rtpproxy, 1.9 and later), the same of rtpengine (2.1 and later).

Sources: rtpproxy/rtpproxy.c (mi_enable_rtp_proxy, rtpp_test) of 1.11, 2.4, 3.6; rtpengine/rtpengine.c (mi_enable_rtpengine,
rtpe_test) of 2.4, 3.6, 4.0.
"""

from typing import Any, Dict, Iterator, List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import media_nodes
from ansible_collections.community.opensips.plugins.module_utils._state import engine

# Since when the enable command takes a set; before, it means the node in every set
_TAKES_SET = {"rtpproxy": (2, 4), "rtpengine": (3, 3)}


def takes_set(name: str, version: Tuple[int, ...]) -> bool:
    """Whether a version switches a node of a media engine (name) in one set alone."""
    return version >= _TAKES_SET[name]


class MediaNodes(engine.State):
    """Nodes, each enabled or switched off."""

    OPTIONS = {
        "engine": {"type": "str", "choices": list(media_nodes.ENGINES), "required": True},
        "nodes": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "url": {"type": "str", "required": True},
                "set": {"type": "int"},
                "enabled": {"type": "bool", "required": True},
            },
        },
    }
    THING = "node"

    def __init__(self, params: Dict[str, Any]):
        self.engine = params["engine"]
        self.READS = (f"{self.engine}_show",)
        self.WRITES = (f"{self.engine}_enable",)
        self.wanted = params["nodes"]
        engine.check_unique("nodes", [(entry["url"], entry["set"]) for entry in self.wanted])
        self.takes_set = False

    def read(self, conn: Connection) -> List[Dict[str, Any]]:
        """List of records."""
        self.takes_set = takes_set(self.engine, conn.version)
        return media_nodes.read(conn, self.engine)

    def items(self, found: List[Dict[str, Any]]) -> List[engine.Item]:
        """One Item for each node of a set that an entry matches.

        Raises BadParameters for one that the server does not have, or that its version cannot switch in one set alone.
        """
        items: List[engine.Item] = []
        matches = []
        for entry in self.wanted:
            matching = [node for node in found if node["url"] == entry["url"] and entry["set"] in (None, node["set"])]
            if not matching:
                raise engine.unknown("node", _label(entry), map(_label, found), "nodes")
            self._check_set(entry, found)
            own = self._items(entry, matching)
            matches.append(list(own))
            items += own.values()
        engine.check_apart("nodes", matches)
        return items

    def requests(self, item: engine.Item) -> Iterator[Tuple[str, Dict[str, Any]]]:
        """The enable command, for the item's set where the server knows the difference."""
        params = {"url": item.identity["url"], "enable": 1 if item.after["enabled"] else 0}
        if self.takes_set:
            params["setid"] = item.identity["set"]
        yield self.WRITES[0], params

    def _items(self, entry: Dict[str, Any], matching: List[Dict[str, Any]]) -> Dict[Any, engine.Item]:
        """{(url, set): Item}. A URL may be in a set more than once, and the server switches all of them."""
        items: Dict[Any, engine.Item] = {}
        for node in matching:
            identity = {"engine": self.engine, "set": node["set"], "url": node["url"]}
            item = engine.Item(identity, {"enabled": node["enabled"]}, {"enabled": entry["enabled"]})
            if item.differs or (node["url"], node["set"]) not in items:
                items[node["url"], node["set"]] = item
        return items

    def _check_set(self, entry: Dict[str, Any], found: List[Dict[str, Any]]) -> None:
        sets = sorted({node["set"] for node in found if node["url"] == entry["url"]})
        if entry["set"] is None or self.takes_set or len(sets) == 1:
            return
        release = ".".join(map(str, _TAKES_SET[self.engine]))
        raise BadParameters(
            f"nodes: {entry['url']} is in the sets {', '.join(map(str, sets))}, and this server can only switch it in all of them",
            f"Remove set from the entry. To switch a node in one set requires OpenSIPS {release} or later",
        )


def _label(node: Dict[str, Any]) -> str:
    return node["url"] if node["set"] is None else f"{node['url']} of set {node['set']}"
