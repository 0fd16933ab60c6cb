# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Keys of a cachedb: cache_fetch, cache_store, cache_remove (core, 1.11 and later; any cachedb_* module).

Sources: cachedb/cachedb.c, mi/mi_core.c and mi/fmt.h of 1.11, 2.4, 3.6, 4.0.
"""

from typing import Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import cache
from ansible_collections.community.opensips.plugins.module_utils._state import engine

# 1.x and 2.x print nothing that is longer (DEFAULT_MI_FMT_LEN of mi/fmt.h, with the 0 at its end)
_OLD_LIMIT = 2047
_INT_MAX = 2**31 - 1


class Cache(engine.State):
    """Keys, each with a value or absent."""

    OPTIONS = {
        "entries": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                # the name of a thing, and no secret
                "key": {"type": "str", "required": True, "no_log": False},
                "value": {"type": "str"},
                "expires": {"type": "int"},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            },
        },
        "system": {"type": "str", "default": "local"},
    }
    THING = "key"
    READS = ("cache_fetch",)
    WRITES = ("cache_store", "cache_remove")
    IN_FLIGHT = 32

    def __init__(self, params: Dict[str, Any]):
        self.system = params["system"]
        self.wanted = params["entries"]
        if not self.system.strip():
            raise BadParameters("system is empty", "Name a cachedb, such as local or redis:group")
        for number, entry in enumerate(self.wanted, 1):
            _check(entry, f"entries: entry {number}")
        engine.check_unique("entries", [entry["key"] for entry in self.wanted])

    def read(self, conn: Connection) -> Dict[str, Optional[str]]:
        """{key: value, or None where it is absent} of every key that is named."""
        if conn.version < (3, 0):
            self._check_length(conn.version)
        return cache.read(conn, self.system, [entry["key"] for entry in self.wanted])

    def items(self, found: Dict[str, Optional[str]]) -> List[engine.Item]:
        """One Item a key."""
        items = []
        for entry in self.wanted:
            before = None if found[entry["key"]] is None else {"value": found[entry["key"]]}
            after = {"value": entry["value"]} if entry["state"] == "present" else None
            items.append(engine.Item({"system": self.system, "key": entry["key"]}, before, after, entry))
        return items

    def requests(self, item: engine.Item) -> Iterator[Tuple[str, Dict[str, Any]]]:
        """cache_store or cache_remove."""
        params = {"system": self.system, "attr": item.identity["key"]}
        if item.after is None:
            yield "cache_remove", params
            return
        params["value"] = item.after["value"]
        if item.given["expires"]:
            params["expire"] = item.given["expires"]
        yield "cache_store", params

    def _check_length(self, version: Tuple[int, ...]) -> None:
        for number, entry in enumerate(self.wanted, 1):
            if entry["state"] == "absent":
                continue
            printed = entry["value"] if version >= (2, 4) else f"{entry['key']} = [{entry['value']}]"
            length = len(printed.encode("utf-8", "surrogateescape"))
            if length > _OLD_LIMIT:
                raise BadParameters(
                    f"entries: entry {number} ({entry['key']}): value is too long. This server prints at most {_OLD_LIMIT} bytes, "
                    f"so {length} could not be read back",
                    "Shorten the value. OpenSIPS 3.0 and later have no such limit",
                )


def _check(entry: Dict[str, Any], where: str) -> None:
    if not entry["key"]:
        raise BadParameters(f"{where}: key is empty", "Set key to a text of one character or more")
    if entry["state"] == "present" and not entry["value"]:
        raise BadParameters(
            f"{where} ({entry['key']}): value is {'missing' if entry['value'] is None else 'empty'}",
            "Set value to a text of one character or more, or set state to absent",
        )
    if entry["expires"] is not None and not 0 <= entry["expires"] <= _INT_MAX:
        raise BadParameters(
            f"{where} ({entry['key']}): expires is {entry['expires']}",
            f"Set expires to a number of seconds up to {_INT_MAX}, or to 0 for a key that does not expire",
        )
