# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Switches of what a module sends by itself: dr_enable_probing (drouting, 3.0 and later), nh_enable_ping (nathelper).

What is read is {module: whether it is switched on}, of the modules that the server has.

Sources: drouting/drouting.c of 3.6; nathelper/nathelper.c (mi_enable_natping) of 1.11, 2.4, 3.6, 4.0: without natping_interval it
answers "NATping disabled from script".
"""

from typing import Dict

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import gateways, shape

DROUTING, NATHELPER = "drouting", "nathelper"
# {module: its command}
COMMANDS = {DROUTING: "dr_enable_probing", NATHELPER: "nh_enable_ping"}
_NOT_USED = "disabled from script"


def parse_ping(reply: Reply) -> bool:
    """Whether phones are pinged, from an nh_enable_ping reply: bool."""
    enabled = shape.switch(shape.flat(reply, "nh_enable_ping").get("Status"), "Status")
    if enabled is None:
        raise shape.malformed("Status", reply.raw)
    return enabled


def read(conn: Connection) -> Dict[str, bool]:
    """Ask the server: dict, without what its configuration does not use."""
    found = {}
    if conn.has(COMMANDS[DROUTING]):
        found[DROUTING] = gateways.read_probing(conn)
    if conn.has(COMMANDS[NATHELPER]):
        try:
            found[NATHELPER] = parse_ping(conn.call(COMMANDS[NATHELPER]))
        except ServerError as error:
            if _NOT_USED not in error.reason:
                raise
    return found
