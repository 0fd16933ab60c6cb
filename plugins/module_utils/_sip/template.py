# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One SIP request to many phones: what is the same for all of them is checked and put together once."""

from typing import Any, Dict, Optional

from ansible_collections.community.opensips.plugins.module_utils._sip.headers import (
    CRLF,
    canonical,
    check_exclamation_marks,
    flatten,
    format_headers,
    make_tag,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.notification import (
    SERVER_CONTACT,
    server_contact,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.request import (
    assemble,
    uac_dlg_params,
    with_defaults,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.text import refuse_control_characters

_EXAMPLE = "sip:user@example.com"


class RequestTemplate:
    """A request without its addresses.

    method, headers, body, classic: as for uac_dlg_params(); headers may lack From and To. Raises what that raises.
    """

    def __init__(self, method: str, headers: Any, body: Optional[str] = None, classic: bool = False) -> None:
        example = {"From": f"<{_EXAMPLE}>", "To": f"<{_EXAMPLE}>"}
        uac_dlg_params(method, _EXAMPLE, with_defaults(headers, example), body)
        self._method = method
        self._body = body
        self._own = {canonical(name) for name in headers}
        flat = flatten(headers)
        shared = [header for header in flat if header != ("Contact", SERVER_CONTACT)]
        # the address of the server depends on the socket that each phone registered through
        self._is_from_server = len(shared) < len(flat)
        self._block = format_headers(shared) + (CRLF if classic else "")

    def params(
        self,
        ruri: str,
        from_uri: str,
        to_uri: str,
        next_hop: Optional[str] = None,
        socket: Optional[str] = None,
        path: Optional[str] = None,
        registered: bool = False,
    ) -> Dict[str, Any]:
        """Parameters of t_uac_dlg for one phone.

        from_uri, to_uri: checked URIs for From (with a random tag) and To, where the template does not have them.
        path: the route (text of a Path header), or None. Others as for uac_dlg_params(). Raises SipSyntaxError or SipRequestError.
        """
        addresses = ""
        if "from" not in self._own:
            addresses = f"From: <{from_uri}>;tag={make_tag()}{CRLF}"
        if "to" not in self._own:
            addresses += f"To: <{to_uri}>{CRLF}"
        if path and "route" not in self._own:
            refuse_control_characters("the path", path)
            check_exclamation_marks("the path", path)
            addresses += f"Route: {path}{CRLF}"
        if self._is_from_server:
            addresses += f"Contact: {server_contact(socket, next_hop or ruri, from_uri)}{CRLF}"
        return assemble(self._method, ruri, addresses + self._block, self._body, next_hop, socket, registered)
