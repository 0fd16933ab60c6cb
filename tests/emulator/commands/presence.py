# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""presence and pua_mi, as far as tests need them."""

from ..errors import MIError
from ..tree import node, tree
from . import command


def _refresh_watchers(server, params):
    return None


for _name in ("refreshWatchers", "refresh_watchers"):
    command(_name, "presentity_uri event refresh_type")(_refresh_watchers)


@command("pua_publish", "presentity_uri expires event_package content_type etag extra_headers [body]", waits=True)
def pua_publish(server, params, done):
    """pua keeps one ETag for each presentity."""
    if params.text("event_package") != "message-summary":
        raise MIError(400, "Unknown event")
    presentity = params.text("presentity_uri").partition(":")[2]
    known = server.pua.get(presentity)
    code, headers = server.presence.publish(presentity, params.int("expires"), known, params.text("body", ""))
    found = {name: str(value) for name, value in headers}
    server.pua.pop(presentity, None)
    if code == 200 and found["Expires"] != "0":
        server.pua[presentity] = found["SIP-ETag"]
    values = {"reply": f"{code} {'OK' if code == 200 else 'No'}"}
    if code == 200:
        values.update(ETag=found["SIP-ETag"], Expires=int(found["Expires"]))
    if server.state.tree:
        return tree(node(None, values.pop("reply")), *(node(name, value) for name, value in values.items()))
    return values
