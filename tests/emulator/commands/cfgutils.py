# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""cfgutils (shared variables) and dialplan."""

import re

from ..errors import MIError
from ..tree import array, attributes, node, tree
from . import command


def _kind(value):
    return "integer" if isinstance(value, int) else "string"


@command("shv_get", "[name]")
def shv_get(server, params):
    variables = server.state.shared_variables
    wanted = params.text("name")
    if wanted is not None and wanted not in variables:
        raise MIError(404, "Not found")
    chosen = {name: value for name, value in variables.items() if wanted in (None, name)}
    if server.state.tree:
        return array([node("VAR", name, attributes(type=_kind(value), value=value)) for name, value in chosen.items()])
    if wanted is not None:
        return {"VAR": {"type": _kind(chosen[wanted]), "value": chosen[wanted]}}
    return [[{"name": name, "type": _kind(value), "value": value} for name, value in chosen.items()]]


@command("shv_set", "name type value")
def shv_set(server, params):
    variables = server.state.shared_variables
    name = params.text("name")
    if server.state.tree and name not in variables:
        raise MIError(404, "Not found")  # 3.x makes a new one
    value = params.text("value")
    if params.text("type").lower() == "int":
        try:
            value = params.int("value")
        except MIError:
            if params.rpc:
                raise
            raise MIError(500, "bad integer value") from None
    variables[name] = value


@command("dp_reload", "[partition]")
def dp_reload(server, params):
    if params.text("partition", "default") != "default":
        raise MIError(400, "Partition not found")


@command("dp_show_partition")
def dp_show_partition(server, params):
    shown = {"name": "default", "table": "dialplan", "db_url": f"text://@{server.state.directory}/db"}
    return {"Partition": shown} if "partition" in params else {"Partitions": [shown]}


@command("rand_get_prob", no_input=True)
def rand_get_prob(server, params):
    if server.state.tree:
        return tree(node(None, "actual probability: 10 percent\n"))
    return {"actual probability percent": 10}


@command("get_config_hash", no_input=True)
def get_config_hash(server, params):
    raise MIError(404, "Functionality disabled" + ("\n" if server.state.tree else ""))


@command("dp_translate", "dpid input")
def dp_translate(server, params):
    text = params.text("input")
    if params.text("dpid") != "1":
        raise MIError(404, "No information available for dpid")
    if not re.match("^00", text):
        raise MIError(404, "No translation")
    if server.state.tree:
        return tree(node("Output", "+"), node("ATTRIBUTES", "intl"))
    return {"Output": "+", "ATTRIBUTES": "intl"}
