# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""uac_registrant."""

import copy

from ..errors import MIError, bad_params
from ..state import Registrant
from ..tree import array, attributes, node
from . import command

# The server refuses to register more often
TIMER_INTERVAL = 100
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
    return {"Records": [_record(item) for item in state.registrants]}


def _record(item):
    record = {
        "AOR": item.aor,
        "expires": item.expires,
        "state": "NOT_REGISTERED_STATE",
        "enabled": "yes" if item.enabled else "no",
        "last_register_sent": _NEVER,
        "registration_t_out": _NEVER,
        "registrar": item.registrar,
        "binding": item.binding,
    }
    # what is not set is not shown
    record.update((name, value) for name, value in item.more.items() if value)
    return record


def _find(registrants, params, reason):
    """The one of these names. A server compares AORs by their hash only, which is another one for most."""
    key = tuple(params.text(name) for name in ("aor", "contact", "registrar"))
    for item in registrants:
        if _key(item) == key:
            return item
    raise MIError(404, reason)


def _key(item):
    return item.aor, item.binding, item.registrar


def _switch(server, params, enabled):
    _find(server.state.registrants, params, "No such registrant").enabled = enabled


@command("reg_enable")
def reg_enable(server, params):
    _switch(server, params, True)


@command("reg_disable")
def reg_disable(server, params):
    _switch(server, params, False)


@command("reg_force_register")
def reg_force_register(server, params):
    _find(server.state.registrants, params, "No such registrant").forced += 1


@command("reg_reload", no_input=True)
def reg_reload(server, params):
    if "aor" in params:
        row = _find(server.state.registrant_rows, params, "No such registrant in database")
        _replace(server.state.registrants, copy.copy(row))


@command("reg_upsert")
def reg_upsert(server, params):
    expires, tag = params.int("expiry"), params.text("cluster_shtag")
    if expires <= TIMER_INTERVAL or (tag and "/" not in tag):
        # the server names the parameter that it read last
        raise bad_params("Bad type for parameter 'state'")
    item = Registrant(0, params.int("state") == 0)
    item.aor, item.binding, item.registrar = (params.text(name) for name in ("aor", "contact", "registrar"))
    item.credentials = params.text("username"), params.text("password")
    item.expires = expires
    item.more = {name: params.text(name) for name in ("binding_params", "third_party_registrant", "proxy")}
    item.more["socket"] = params.text("forced_socket")
    if tag:
        name, _slash, cluster = tag.partition("/")
        item.more.update(shtag=name, cluster_id=int(cluster))
    _replace(server.state.registrants, item)


@command("reg_delete")
def reg_delete(server, params):
    server.state.registrants.remove(_find(server.state.registrants, params, "No such registrant"))


def _replace(registrants, item):
    for index, other in enumerate(registrants):
        if _key(other) == _key(item):
            registrants[index] = item
            return
    registrants.append(item)
