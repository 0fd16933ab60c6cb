# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pike: nothing is blocked."""

from ..errors import MIError
from ..tree import array
from . import command


@command("pike_list", no_input=True)
def pike_list(server, params):
    return array([]) if server.state.tree else {"IPs": []}


@command("pike_rm", "IP")
def pike_rm(server, params):
    raise MIError(404, "Match not found")
