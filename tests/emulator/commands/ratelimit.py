# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ratelimit: no pipes, or with all modules those of a script that has two."""

from ..errors import MIError
from ..tree import array, attributes, node
from . import command


@command("rl_list", "[pipe]")
def rl_list(server, params):
    if params.text("pipe") is not None:
        if server.state.tree:
            raise MIError(None, "failed")
        raise MIError(404, "Pipe Not Found")
    pipes = _pipes(server.state)
    if server.state.tree:
        rows = [*pipes, {"drop_rate": 0}]
        return array([node("PIPE", None, attributes(**row)) for row in rows])
    return {"Pipes": pipes, "drop_rate": 0}


def _pipes(state):
    if state.modules != "all":
        return []
    other = "RED" if state.tree else "SBT"
    return [
        {"id": "invites", "algorithm": "TAILDROP", "limit": 100, "counter": 12},
        {"id": "all", "algorithm": other, "limit": 200, "counter": 12},
    ]


@command("rl_reset_pipe", "pipe")
def rl_reset_pipe(server, params):
    if server.state.tree:
        raise MIError(400, "Bad parameter")
    raise MIError(500, "Internal error")


@command("rl_dump_pipe")
def rl_dump_pipe(server, params):
    raise MIError(404, "Pipe not found")


@command("rl_get_pid", no_input=True)
def rl_get_pid(server, params):
    values = {"ki": "-25.000", "kp": "0.000", "kd": "0.000"}
    return array([node("PID", None, tuple(values.items()))]) if server.state.tree else {"PID": values}
