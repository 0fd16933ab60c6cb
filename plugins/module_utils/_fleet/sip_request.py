# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One SIP request to one phone, and what became of it."""

from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
    from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
    from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply


class SipRequest:
    """One request to one phone.

    target: Target. method: str. headers: mapping. body: str, "" for none. label: dict of what results say of it (event, preset …).
    problem: why it cannot be sent (str), or None. outcome, entry: what became of it, once it is known: a word of outcome.py,
    and the entry of the results, unless that is only counted or in a file. goes_on: whether the run sends another request
    because of the answer to this one, which is no failure then.
    """

    __slots__ = ("target", "method", "headers", "body", "label", "problem", "outcome", "entry", "goes_on")

    def __init__(
        self,
        target: "Target",
        method: str,
        headers: Any,
        body: str = "",
        label: Optional[Dict[str, Any]] = None,
        problem: Optional[str] = None,
    ) -> None:
        self.target = target
        self.method = method
        self.headers = headers
        self.body = body
        self.label = label or {}
        self.problem = target.problem or problem
        self.outcome: Optional[str] = None
        self.entry: Any = None
        self.goes_on = False

    @property
    def command(self) -> str:
        """The MI command that sends it."""
        return "t_uac_dlg"

    @property
    def content(self) -> str:
        """The body that is sent."""
        return self.body

    def read(self, reply: "Union[Reply, MIError]") -> Tuple[str, Dict[str, Any]]:
        """What the reply of the command says of the answer, see outcome.of_reply()."""
        return outcomes.of_reply(reply, headers=False)

    def take_answer(self, outcome: str, record: Dict[str, Any]) -> bool:
        """Take what came of it; whether the run sends another request because of that."""
        return False

    @property
    def key(self) -> Tuple[Any, ...]:
        """What a journal knows the phone by."""
        return self.target.key

    def params(self, template: Any, from_uri: Optional[str] = None, socket: Optional[str] = None) -> Dict[str, Any]:
        """Parameters of t_uac_dlg. template: RequestTemplate of this request. socket: "contact" for the one of the registration.

        Raises SipError.
        """
        target = self.target
        next_hop, path, registered_socket = target.way()
        if path:
            # RFC 3327: the path of the registration becomes the route, and its first element the next hop
            next_hop = _first_uri(path)
        to_uri = target.to_uri()
        return template.params(
            target.contact,
            from_uri or to_uri,
            to_uri,
            next_hop=next_hop,
            socket=registered_socket if socket == "contact" else socket,
            path=path,
            registered=target.record is not None,
        )


def _first_uri(path: str) -> str:
    start = path.find("<")
    return path[start + 1 : path.find(">", start)] if start >= 0 else path.split(",")[0].strip()
