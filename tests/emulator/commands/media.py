# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rtpproxy and rtpengine."""

from ..errors import MIError
from ..tree import array, attributes, node
from . import command

_NOT_FOUND = {"rtpproxy": "RTP proxy not found", "rtpengine": "RTP engine not found"}


def _register(kind):
    @command(kind + "_show", "[set]")
    def show(server, params):
        items = server.state.media[kind]
        if server.state.tree:
            return array(
                [
                    node(
                        "Set",
                        1,
                        kids=[
                            node(
                                "node",
                                item.url,
                                attributes(
                                    index=index, disabled=item.disabled, weight=item.weight, recheck_ticks=item.recheck
                                ),
                            )
                            for index, item in enumerate(items)
                        ],
                        array=True,
                    )
                ]
            )
        return [
            {
                "Set": 1,
                "Nodes": [
                    {
                        "url": item.url,
                        "index": index,
                        "disabled": item.disabled,
                        "weight": item.weight,
                        "recheck_ticks": item.recheck,
                    }
                    for index, item in enumerate(items)
                ],
            }
        ]

    @command(kind + "_enable", "url enable [setid]")
    def enable(server, params):
        enable = "enable"
        setid = params.int("setid", None)
        if server.state.tree and setid is not None:
            if kind == "rtpengine":
                raise MIError(400, "Bad parameter")
            # rtpproxy of 2.4 wants them the other way round
            enable, setid = "setid", params.int("enable")
        wanted = params.int(enable)
        for item in server.state.media[kind]:
            if item.url == params.text("url") and setid in (None, 1):
                # enabled, it is used until the server finds that nobody answers
                item.recheck = 0 if wanted else 4294967295
                item.disabled = 0 if wanted else 1
                return
        raise MIError(404, _NOT_FOUND[kind])

    @command(kind + "_reload", "[type]")
    def reload(server, params):
        if server.state.tree:
            raise MIError(400, "Bad parameter")
        raise MIError(400, "Dynamic loading not enabled")


for _kind in _NOT_FOUND:
    _register(_kind)
