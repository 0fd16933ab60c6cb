# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Media proxies: rtpproxy_show, rtpproxy_enable (module rtpproxy, 1.9 and later), the same of rtpengine (2.1 and later).

Sources: rtpproxy/rtpproxy.c (mi_enable_rtp_proxy, rtpp_test) of 1.11, 2.4, 3.6; rtpengine/rtpengine.c (mi_enable_rtpengine,
rtpe_test) of 2.4, 3.6, 4.0.
"""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import media_nodes
from ansible_collections.community.opensips.plugins.module_utils._state import engine

# Since when the enable command takes a set; before, it means the node in every set
_TAKES_SET = {"rtpproxy": (2, 4), "rtpengine": (3, 3)}


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

    def __init__(self, params):
        self.engine = params["engine"]
        self.READS = (f"{self.engine}_show",)
        self.WRITES = (f"{self.engine}_enable",)
        self.wanted = params["nodes"]
        engine.check_unique("nodes", [(each["url"], each["set"]) for each in self.wanted])
        self.takes_set = False

    def read(self, conn):
        """List of records."""
        self.takes_set = conn.version >= _TAKES_SET[self.engine]
        return media_nodes.read(conn, self.engine)

    def items(self, found):
        """One Item for each node of a set that an entry means.

        Raises BadParameters for one that the server does not have, or that its version cannot switch in one set alone.
        """
        items, keys = [], []
        for each in self.wanted:
            fitting = [one for one in found if one["url"] == each["url"] and each["set"] in (None, one["set"])]
            if not fitting:
                raise engine.unknown("node", _label(each), map(_label, found), "nodes")
            self._check_set(each, found)
            for one in fitting:
                keys.append((one["url"], one["set"]))
                identity = {"engine": self.engine, "set": one["set"], "url": one["url"]}
                items.append(engine.Item(identity, {"enabled": one["enabled"]}, {"enabled": each["enabled"]}))
        engine.check_unique("nodes", keys)
        return items

    def requests(self, item):
        """The enable command, for the item's set where the server knows the difference."""
        params = {"url": item.identity["url"], "enable": 1 if item.after["enabled"] else 0}
        if self.takes_set:
            params["setid"] = item.identity["set"]
        yield self.WRITES[0], params

    def _check_set(self, each, found):
        sets = sorted({one["set"] for one in found if one["url"] == each["url"]})
        if each["set"] is None or self.takes_set or len(sets) == 1:
            return
        raise BadParameters(
            "nodes: {} is in the sets {}, and this server switches it in all of them at once".format(
                each["url"], ", ".join(str(one) for one in sets)
            ),
            "Leave set out; one set alone takes OpenSIPS {}.{} and later".format(*_TAKES_SET[self.engine]),
        )


def _label(each):
    return each["url"] if each["set"] is None else f"{each['url']} of set {each['set']}"
