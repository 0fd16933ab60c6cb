# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""uac_registrant."""

from ..errors import MIError
from ..tree import array, attributes, node
from . import command

_NEVER = "Thu Jan  1 00:00:00 1970"


@command("reg_list", no_input=True)
def reg_list(server, params):
    state = server.state
    if state.tree:
        return array(
            [
                node(
                    "AOR",
                    item.aor,
                    attributes(expires=item.expires),
                    [
                        node("state", "NOT_REGISTERED_STATE"),
                        node("last_register_sent", _NEVER),
                        node("registration_t_out", _NEVER),
                        node("registrar", item.registrar),
                        node("binding", item.binding),
                    ],
                )
                for item in state.registrants
            ]
        )
    return {
        "Records": [
            {
                "AOR": item.aor,
                "expires": item.expires,
                "state": "NOT_REGISTERED_STATE",
                "enabled": "yes" if item.enabled else "no",
                "last_register_sent": _NEVER,
                "registration_t_out": _NEVER,
                "registrar": item.registrar,
                "binding": item.binding,
            }
            for item in state.registrants
        ]
    }


def _switch(server, params, enabled):
    key = (params.text("aor"), params.text("contact"), params.text("registrar"))
    for item in server.state.registrants:
        if (item.aor, item.binding, item.registrar) == key:
            item.enabled = enabled
            return
    raise MIError(404, "No such registrant")


@command("reg_enable")
def reg_enable(server, params):
    _switch(server, params, True)


@command("reg_disable")
def reg_disable(server, params):
    _switch(server, params, False)


@command("reg_force_register")
def reg_force_register(server, params):
    _switch(server, params, True)


@command("reg_reload", no_input=True)
def reg_reload(server, params):
    return None
