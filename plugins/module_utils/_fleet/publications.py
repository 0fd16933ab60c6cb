# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Publishing message summaries (RFC 3903) at a presence server, the OpenSIPS itself as a rule.

What OpenSIPS 2.4, 3.6 and 4.0 with the module presence answer: 200 with SIP-ETag and the Expires that it grants; each update
has another SIP-ETag, which lasts over a restart of the server; 412 for an SIP-If-Match that it does not know.
"""

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._readers import processes, uac
from ansible_collections.community.opensips.plugins.module_utils._sip import message_summary
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import canonical
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import validate_uri

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
    from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply

NOTIFY, PUBLISH, AUTO = "notify", "publish", "auto"
DELIVERIES = (NOTIFY, PUBLISH, AUTO)
# seconds that a publication may last
LEAST_EXPIRES, MOST_EXPIRES = 60, 31536000
# what a request does to a publication
CREATED, UPDATED, REFRESHED, REMOVED = "created", "updated", "refreshed", "removed"

# of a NOTIFY only, or made by the publication itself
_NOT_IN_PUBLISH = frozenset(("event", "expires", "content-type", "sip-if-match", "subscription-state"))
# a socket on all addresses
_ANYWHERE = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]", "[0:0:0:0:0:0:0:0]": "[::1]"}  # nosec B104
_ROUTE = "Load presence and presence_mwi, and have the routing script call handle_publish() for PUBLISH. The guide has such a route"
# what the routing script, or a missing module, answers to any PUBLISH
_REFUSES_ALL = (404, 405, 481, 483, 489, 501)
_REMEDIES = {
    403: "Let the routing script accept PUBLISH from the server's own address",
    404: _ROUTE,
    405: _ROUTE,
    481: _ROUTE,
    483: "The routing script relays PUBLISH to the server itself. " + _ROUTE,
    489: "Load the module presence_mwi",
    500: "Look into the server's log. The module presence may have no database, or the table presentity is missing",
    501: _ROUTE,
}


class PublishRejected(MIError):
    """The presence server answered a PUBLISH with another code than 2xx."""

    remedy = "Read ``code`` and ``reason``. The ``hint`` says what the server's configuration needs."
    maybe_sent = True


class PresenceServer(NamedTuple):
    """Where publications go. uri: of the next hop; None: the server's module pua_mi knows it. classic: OpenSIPS 1.x or 2.x."""

    uri: Optional[str]
    classic: bool = False


class Published(NamedTuple):
    """A publication that the server has. etag: None where pua keeps it. until: Unix time of its end. life: seconds granted."""

    etag: Optional[str]
    until: float
    life: float

    def is_alive(self) -> bool:
        return self.until > time.time()

    def is_fresh(self) -> bool:
        """Whether more than half of its life is left."""
        return self.until - time.time() > self.life / 2


def check_expires(expires: int) -> None:
    """Raise BadParameters for a lifetime that cannot be."""
    if not LEAST_EXPIRES <= expires <= MOST_EXPIRES:
        raise BadParameters(f"expires is {expires}", f"Set it to seconds from {LEAST_EXPIRES} to {MOST_EXPIRES}")


def find_server(conn: "Connection", given: Optional[str] = None) -> PresenceServer:
    """The presence server: as given (URI), the server itself if it has the module presence, or the one that pua_mi knows.

    Raises BadParameters if there is none, before anything is sent.
    """
    if given:
        return PresenceServer(validate_uri(given))
    if conn.has("refresh_watchers"):
        return PresenceServer(_own_socket(conn))
    if conn.has("pua_publish"):
        return PresenceServer(None, conn.version < (3,))
    raise BadParameters(
        "The server has none of the modules presence and pua_mi, so nothing can be published",
        "Load presence and presence_mwi, or set presence_server to the URI of another presence server",
    )


def _own_socket(conn: "Connection") -> str:
    """The URI of the first UDP socket that the server reads."""
    for receiver in processes.receivers(processes.read(conn)):
        if receiver.protocol in (None, "udp"):
            port = f":{receiver.port}" if receiver.port else ""
            return f"sip:{_ANYWHERE.get(receiver.host, receiver.host)}{port}"
    raise BadParameters(
        "The server names no UDP socket to which a PUBLISH could go",
        "Set presence_server to a URI of the server, such as sip:192.0.2.1:5060;transport=tcp",
    )


class Publication(SipRequest):
    """One PUBLISH of a mailbox's summary, sent again where the answer says how.

    aor: of the mailbox. uri: its presentity. server: PresenceServer. published: Published, or None for a new publication.
    kind: CREATED, UPDATED, REFRESHED or REMOVED. expires: seconds to ask for. headers: of the user.
    answered: Published as the server granted it, once it did. refusal: the MIError that says why any other would be refused, or
    None.
    """

    __slots__ = ("uri", "server", "kind", "etag", "expires", "answered", "refusal", "_own_headers", "_tries")

    def __init__(
        self,
        aor: Optional[str],
        uri: str,
        server: PresenceServer,
        body: str,
        published: Optional[Published],
        kind: str,
        expires: int,
        headers: Any = None,
        label: Optional[Dict[str, Any]] = None,
    ) -> None:
        super().__init__(Target(aor, None), "PUBLISH", {}, body, label)
        self.uri = uri
        self.server = server
        self.etag = published.etag if published is not None else None
        self.expires = 0 if kind == REMOVED else expires
        self.answered: Optional[Published] = None
        self.refusal: Optional[MIError] = None
        self._own_headers = headers or {}
        self._tries = 0
        self._become(kind)

    def _become(self, kind: str) -> None:
        self.kind = kind
        self.label = dict(self.label, **self.label_of_result())
        headers: Dict[str, Any] = OrderedDict([("Event", message_summary.EVENT), ("Expires", self.expires)])
        if self._has_body:
            headers["Content-Type"] = message_summary.CONTENT_TYPE
        if self.etag is not None:
            headers["SIP-If-Match"] = self.etag
        more = ((name, value) for name, value in self._own_headers.items() if canonical(name) not in _NOT_IN_PUBLISH)
        self.headers = OrderedDict(list(headers.items()) + list(more))

    def label_of_result(self) -> Dict[str, Any]:
        """What a result tells of it."""
        return {"delivery": PUBLISH, "publication": self.kind}

    @property
    def _has_body(self) -> bool:
        """RFC 3903 section 4.1: a refresh has none. A removal has one here: OpenSIPS notifies it, so that the lamp goes out."""
        return self.kind != REFRESHED

    @property
    def command(self) -> str:
        """The MI command that sends it."""
        return "t_uac_dlg" if self.server.uri is not None else "pua_publish"

    @property
    def content(self) -> str:
        return self.body if self._has_body else ""

    def params(self, template: Any, from_uri: Optional[str] = None, socket: Optional[str] = None) -> Dict[str, Any]:
        """Parameters of the command. The server sends to itself from whatever socket it likes, unless one is given."""
        if self.server.uri is None:
            return self._pua_params()
        socket = None if socket == "contact" else socket
        return template.params(self.uri, from_uri or self.uri, self.uri, next_hop=self.server.uri, socket=socket)

    def _pua_params(self) -> Any:
        """pua keeps the ETag of a presentity itself."""
        params: Dict[str, Any] = OrderedDict(
            [("presentity_uri", self.uri), ("expires", self.expires), ("event_package", message_summary.EVENT)]
        )
        if self._has_body:
            params.update(content_type=message_summary.CONTENT_TYPE, body=self.body)
        return _classic(params) if self.server.classic else params

    def read(self, reply: "Union[Reply, MIError]") -> Tuple[str, Dict[str, Any]]:
        if self.server.uri is None and not isinstance(reply, MIError):
            outcome, record = _read_pua(reply)
        else:
            outcome, record = super().read(reply)
        # what is to go has gone
        is_gone = self.kind == REMOVED and outcome == outcomes.REJECTED and record["code"] == 412
        return (outcomes.ALREADY if is_gone else outcome), record

    def take_answer(self, outcome: str, record: Dict[str, Any]) -> bool:
        """Keep what was granted, or prepare to publish again: from scratch on 412, for longer on 423, each once."""
        headers = uac.headers_of(record)
        if outcome == outcomes.ACCEPTED:
            life = _seconds(headers.get("Expires"), self.expires)
            self.answered = Published(headers.get("SIP-ETag"), time.time() + life, life)
        if outcome != outcomes.REJECTED:
            return False
        earlier = record.get("error")
        error = record["error"] = PublishRejected(
            f"the presence server answered PUBLISH with {record['code']} {record['reason']}".rstrip(),
            # what is wrong with credentials is known already
            earlier.hint if earlier is not None else _REMEDIES.get(record["code"]),
        )
        self.refusal = error if record["code"] in _REFUSES_ALL else None
        return self._starts_again(record["code"], _seconds(headers.get("Min-Expires"), 0))

    def _starts_again(self, code: int, least: int) -> bool:
        self._tries += 1
        if self._tries > 2:
            return False
        # a refresh without an ETag, where pua has lost its own, is a 400
        is_lost = code == 412 or (code == 400 and self.kind == REFRESHED)
        if is_lost and self.kind in (UPDATED, REFRESHED):
            self.etag = None
            self._become(CREATED)
            return True
        if code == 423 and self.expires < least <= MOST_EXPIRES:
            self.expires = least
            self._become(self.kind)
            return True
        return False


def _read_pua(reply: "Reply") -> Tuple[str, Dict[str, Any]]:
    try:
        return outcomes.of_record(uac.parse_pua(reply))
    except MIError as error:
        return outcomes.UNKNOWN, outcomes.of_reply(error)[1]


def _classic(params: Dict[str, Any]) -> List[str]:
    """The parameters of pua_publish in the order of 1.x and 2.x, without an ETag and extra headers."""
    first = [params["presentity_uri"], str(params["expires"]), params["event_package"], params.get("content_type", ".")]
    return first + [".", "."] + ([params["body"]] if "body" in params else [])


def _seconds(text: Optional[str], otherwise: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 10 else otherwise
