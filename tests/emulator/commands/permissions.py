# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""permissions: addresses and subnets, partition `default`."""

from ..errors import MIError
from ..tree import array, node
from . import command

_KEYS = ("grp", "ip", "mask", "port", "proto", "pattern", "context_info")


def _partition(params):
    if params.text("partition", "default") != "default":
        raise MIError(404, "No such partition")


def _dump(server, params, rows):
    _partition(params)
    listed = [dict(zip(_KEYS, row, strict=False), mask=str(row[2])) for row in rows]
    if server.state.tree:
        return array(
            [
                node(
                    "part",
                    "default",
                    kids=[node("dest", None, tuple(zip(_KEYS, map(str, row), strict=False))) for row in rows],
                    array=True,
                )
            ]
        )
    if "partition" in params:
        return {"part": "default", "Destinations": listed}
    return {"Partitions": [{"name": "default", "Destinations": listed}]}


@command("address_dump", "[partition]")
def address_dump(server, params):
    rows = server.state.addresses
    if server.state.v < (2, 0):
        return array(
            [
                node(None, f" 100 <{ip},{grp}, {port}, 1, NULL, {info}>")
                for grp, ip, _mask, port, _proto, _pattern, info in rows
            ]
        )
    return _dump(server, params, rows)


@command("subnet_dump", "[partition]")
def subnet_dump(server, params):
    rows = server.state.subnets
    if server.state.v < (2, 0):
        return array(
            [node(None, f"   0 <{grp}, {ip}, {mask}, {port}>") for grp, ip, mask, port, _proto, _pattern, _info in rows]
        )
    return _dump(server, params, rows)


@command("address_reload", "[partition]")
def address_reload(server, params):
    if params.text("partition", "default") != "default" and server.state.v >= (2, 0):
        raise MIError(400, "Trusted table reload failed")


@command("allow_uri", "basename uri contact")
def allow_uri(server, params):
    raise MIError(403, "Forbidden")
