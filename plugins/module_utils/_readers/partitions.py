# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Partitions of drouting: where it uses them, its commands want the name of one."""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ServerError
from ansible_collections.community.opensips.plugins.module_utils._readers import shape


def parse(reply):
    """The names of the partitions in a dr_reload_status reply: list of str, empty where drouting uses none."""
    if reply.is_tree:
        return [node["value"] for node in reply.result if node["name"] == "Partition" and node["value"]]
    partitions = shape.sequence(shape.mapping(reply.result, "dr_reload_status").get("Partitions"), "Partitions")
    return [shape.needed(shape.mapping(each, "Partitions").get("name"), "name") for each in partitions]


def read(conn):
    """Ask the server: list of str."""
    return parse(conn.call("dr_reload_status"))


def in_each(conn, method, partition, parse_reply):
    """The records of a command of drouting, of one partition, or of all when partition is None: list.

    parse_reply(reply, partition) gives the records of one reply.
    """
    if partition is not None:
        return parse_reply(conn.call(method, {"partition_name": partition}), partition)
    try:
        return parse_reply(conn.call(method), None)
    except ServerError as error:
        # only where it is set to use partitions: "Partition mandatory", "Missing parameter: 'partition_name'"
        if error.code != 400 or "partition" not in error.reason.lower():
            raise
    return [record for name in read(conn) for record in parse_reply(conn.call(method, {"partition_name": name}), name)]
