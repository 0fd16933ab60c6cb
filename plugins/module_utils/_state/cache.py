# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Keys of a cachedb: cache_fetch, cache_store, cache_remove (core, 1.11 and later; any cachedb_* module).

Sources: cachedb/cachedb.c, mi/mi_core.c and mi/fmt.h of 1.11, 2.4, 3.6, 4.0.
"""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ExplainedError,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import cache
from ansible_collections.community.opensips.plugins.module_utils._state import engine

# 1.x and 2.x print nothing that is longer (DEFAULT_MI_FMT_LEN of mi/fmt.h, with the 0 at its end)
_OLD_LIMIT = 2047
_INT_MAX = 2**31 - 1


class CacheFailed(ExplainedError):
    """The server could not reach its cache."""

    remedy = "Check the back-end of the cache, and the server's log."


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

    def __init__(self, params):
        self.system = params["system"]
        self.wanted = params["entries"]
        if not self.system.strip():
            raise BadParameters("system is empty", "Name a cachedb, such as local or redis:group")
        for number, each in enumerate(self.wanted, 1):
            _check(each, f"Entry {number} of entries")
        engine.check_unique("entries", [each["key"] for each in self.wanted])

    def read(self, conn):
        """{key: value, or None where it is absent} of every key that is named."""
        if conn.version < (3, 0):
            self._check_length(conn.version)
        try:
            return cache.read_each(conn, self.system, [each["key"] for each in self.wanted])
        except ServerError as error:
            if error.code != 500:
                raise
            raise CacheFailed(
                error,
                f"system: the server cannot read from the cachedb {self.system} ({error.reason})",
                "It takes the module cachedb_{}, with a cachedb_url of just this name{}; a cachedb of its own must "
                "be reachable, see the server's log".format(
                    self.system.partition(":")[0], " and group" if ":" in self.system else ""
                ),
            ) from error

    def items(self, found):
        """One Item a key."""
        items = []
        for each in self.wanted:
            before = None if found[each["key"]] is None else {"value": found[each["key"]]}
            after = {"value": each["value"]} if each["state"] == "present" else None
            items.append(engine.Item({"system": self.system, "key": each["key"]}, before, after, each))
        return items

    def requests(self, item):
        """cache_store or cache_remove."""
        params = {"system": self.system, "attr": item.identity["key"]}
        if item.after is None:
            yield "cache_remove", params
            return
        params["value"] = item.after["value"]
        if item.given["expires"]:
            params["expire"] = item.given["expires"]
        yield "cache_store", params

    def _check_length(self, version):
        for each in self.wanted:
            if each["state"] == "absent":
                continue
            shown = each["value"] if version >= (2, 4) else f"{each['key']} = [{each['value']}]"
            if len(shown.encode("utf-8", "surrogateescape")) > _OLD_LIMIT:
                raise BadParameters(
                    "entries: the value of {} is too long: this server prints no more than {} bytes, so it could not be "
                    "read back".format(each["key"], _OLD_LIMIT),
                    "Shorten it; OpenSIPS 3.0 and later have no such limit",
                )


def _check(each, which):
    if not each["key"]:
        raise BadParameters(f"{which}: key is empty", "Name the key")
    if each["state"] == "present" and not each["value"]:
        raise BadParameters(
            f"{which} ({each['key']}): value is {'missing' if each['value'] is None else 'empty'}",
            "Give a text of one character or more, which is the least that OpenSIPS stores; or use state absent",
        )
    if each["expires"] is not None and not 0 <= each["expires"] <= _INT_MAX:
        raise BadParameters(
            f"{which} ({each['key']}): expires is {each['expires']}",
            "Give seconds, or 0 for a key that does not expire",
        )
