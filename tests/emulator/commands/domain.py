# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""domain."""

from ..tree import array, attributes, node
from . import command


@command("domain_dump", no_input=True)
def domain_dump(server, params):
    state = server.state
    if not state.tree:
        return {
            "Domains": [
                dict({"name": name}, **({"attributes": attrs} if attrs else {})) for name, attrs in state.domains
            ]
        }
    has_attributes = state.v >= (2, 0)
    return array(
        [
            node(None, name, attributes(attributes=attrs) if attrs and has_attributes else ())
            for name, attrs in state.domains
        ]
    )


@command("domain_reload", no_input=True)
def domain_reload(server, params):
    return None
