# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nathelper."""

from ..tree import node, tree
from . import command


@command("nh_enable_ping", "[status]")
def nh_enable_ping(server, params):
    state = server.state
    status = params.int("status")
    if status is None:
        value = int(state.nat_ping)
        return tree(node("Status", value)) if state.tree else {"Status": value}
    state.nat_ping = status != 0
    return None
