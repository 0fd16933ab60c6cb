# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Statistics: get_statistics (module statistics, part of the core up to 3.x).

parse() gives {group: {name: value}}, values int, or str where the server keeps text.
"""

from typing import Any, Dict, Iterable, Set, Union

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MalformedReply, ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

Value = Union[int, str]
Groups = Dict[str, Dict[str, Value]]


def parse(reply: Reply) -> Groups:
    """The statistics of a get_statistics reply: {group (str): {name (str): value (int or str)}}."""
    groups: Groups = {}
    for key, value in shape.flat(reply, "get_statistics").items():
        group, colon, name = key.partition(":")
        if not (group and colon and name):
            raise shape.malformed("A statistic", key)
        groups.setdefault(group, {})[name] = _value(value, key)
    return groups


def read(conn: Connection, wanted: Iterable[str] = ("all",)) -> Dict[str, Any]:
    """Ask the server.

    wanted: names (``rcv_requests``), groups with their colon (``tm:``), or ``all``.
    Returns {"statistics": as parse() does, "unknown": [what of wanted the server does not have]}.
    """
    wanted = list(wanted)
    try:
        groups = parse(conn.call("get_statistics", {"statistics": wanted}))
    except ServerError as error:
        # up to 2.4 nothing found is an error; 3.x and later answer nothing
        if error.code != 404:
            raise
        groups = {}
    names = {name for group in groups.values() for name in group}
    return {"statistics": groups, "unknown": [name for name in wanted if not _is_found(name, groups, names)]}


def _is_found(asked: str, groups: Groups, names: Set[str]) -> bool:
    if asked == "all":
        return True
    return asked[:-1] in groups if asked.endswith(":") else asked in names


def _value(value: Any, name: str) -> Value:
    if isinstance(value, str):
        try:
            number = shape.integer(value, name)
        except MalformedReply:
            return value
        return value if number is None else number
    value = shape.integer(value, name)
    if value is None:
        raise shape.malformed(name, value)
    return value
