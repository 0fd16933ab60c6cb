# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tracer of 3.x and 4.x, siptrace of 2.x: one destination, `tid`. siptrace of 1.11 has but one switch."""

from ..errors import MIError
from ..tree import attributes, node, tree
from . import command


def _on(flag):
    return "on" if flag else "off"


def _switch(state, mode):
    if mode is None:
        return tree(node(None, _on(state.trace_global)))
    if mode not in ("on", "off"):
        raise MIError(400, "Bad parameter")
    state.trace_global = mode == "on"
    return None


def _handle(server, params):
    state = server.state
    if state.v < (2, 2):
        return _switch(state, params.text("id"))
    name, mode = params.text("id"), params.text("mode")
    if state.tree and mode is None and name in ("on", "off"):
        name, mode = None, name
    known = {None: "global", "tid": "tid"}.get(name)
    if known is None:
        raise MIError(400, "Bad parameter" + (" value" if params.rpc else ""))
    if mode is None:
        uri = "127.0.0.1:19950"
        if state.tree:
            return tree(
                node("global", _on(state.trace_global)),
                node("tid", None, attributes(type="SIP", uri=uri, state=_on(state.trace_on))),
            )
        listed = {"trace destinations": [{"name": "tid", "type": "SIP", "uri": uri, "state": _on(state.trace_on)}]}
        return listed if name else dict({"global": _on(state.trace_global)}, **listed)
    if mode not in ("on", "off"):
        if state.tree:
            raise MIError(400, "Bad parameter")
        raise MIError(500, "Bad parameter value", "trace mode should be 'on' or 'off'")
    if name is None:
        state.trace_global = mode == "on"
    else:
        state.trace_on = mode == "on"
    return None


@command("trace", "[id] [mode]")
def trace(server, params):
    return _handle(server, params)


@command("sip_trace", "[id] [mode]")
def sip_trace(server, params):
    return _handle(server, params)
