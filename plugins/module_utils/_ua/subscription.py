# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A subscription of an account, such as to its voicemail lamp, until the first NOTIFY (RFC 6665, RFC 3842)."""

import time
from typing import Iterable, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._ua.endpoint import refuse
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import NotDelivered
from ansible_collections.community.opensips.plugins.module_utils._ua.message import Received, Response
from ansible_collections.community.opensips.plugins.module_utils._ua.party import Party, failure_of
from ansible_collections.community.opensips.plugins.module_utils._ua.transaction import ServerTransaction

# {event: type of the body that it asks for}
EVENTS = {
    "message-summary": "application/simple-message-summary",
    "presence": "application/pidf+xml",
    "dialog": "application/dialog-info+xml",
}
# subscriptions that the server has ended or never had
_GONE = (404, 481)


class Subscription:
    """A subscription of a Party to an event of a URI. notification: the last NOTIFY (Received), or None."""

    def __init__(self, party: Party, uri: str, event: str, expires: int) -> None:
        self.party = party
        self.expires = expires
        self.notification: Optional[Received] = None
        self._event = event
        self._leg = party.leg(uri)
        self._may_be_there = False
        party.endpoint.handler = self._take

    def add(self, fields: Iterable[Tuple[str, str]] = ()) -> Response:
        """Subscribe, and give the final response. Raises UserAgentError."""
        self._may_be_there = True
        response = self._send(self.expires, fields)
        if response.code < 300:
            self._leg.establish(response)
        else:
            self._may_be_there = False
        return response

    def wait(self, limit: float) -> None:
        """Wait for the first NOTIFY. limit: seconds. Raises NotDelivered."""
        if not self.party.loop.run(lambda: self.notification, time.monotonic() + limit):
            raise NotDelivered(
                "The server accepted the subscription, but its NOTIFY did not come",
                "Check whether the script of the server calls handle_subscribe(), and its log",
            )

    def remove(self) -> Optional[str]:
        """Unsubscribe: why the server may still have the subscription (str), or None if it does not."""
        return failure_of(self._remove) if self._may_be_there else None

    def _remove(self) -> Optional[str]:
        response = self._send(0)
        return None if response.code < 300 or response.code in _GONE else f"the server answered {response.status}"

    def _send(self, expires: int, fields: Iterable[Tuple[str, str]] = ()) -> Response:
        own = [("Event", self._event), ("Accept", EVENTS[self._event]), ("Expires", str(expires))]
        return self.party.ask(self._leg, "SUBSCRIBE", [*own, *fields])

    def _take(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if request.method == "NOTIFY" and request.headers.get("Call-ID") == self._leg.call_id:
            if not self.party.loop.is_leaving:
                self.notification = request
            transaction.answer(200, "OK")
        else:
            refuse(transaction)
