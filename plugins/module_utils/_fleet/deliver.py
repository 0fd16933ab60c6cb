# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Sending one SIP request to each of many phones and accounting for every one of them."""

import time

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.request import (
    default_from_to,
    uac_dlg_params,
    with_defaults,
)

# Requests that may wait for a phone. Dead phones hold their place for fr_timeout, so this is far more than a window.
DEFAULT_IN_FLIGHT = 1000


class SipRequest:
    """One request to one phone.

    target: Target. method: str. headers: mapping. body: str, "" for none. label: dict of what results say of it (event, preset …).
    """

    __slots__ = ("target", "method", "headers", "body", "label", "problem")

    def __init__(self, target, method, headers, body="", label=None, problem=None):
        self.target = target
        self.method = method
        self.headers = headers
        self.body = body
        self.label = label or {}
        self.problem = target.problem or problem

    def params(self, classic, from_uri=None, socket=None):
        """Parameters of t_uac_dlg. classic: for OpenSIPS before 3.0. socket: "contact" for the one of the registration.

        Raises SipError.
        """
        target = self.target
        next_hop, path, registered_socket = target.way()
        headers = with_defaults(
            self.headers, default_from_to(target.contact, from_uri or target.to_uri(), target.to_uri())
        )
        if path:
            # RFC 3327: the path of the registration becomes the route, and its first element the next hop
            headers["Route"] = path
            next_hop = _first_uri(path)
        return uac_dlg_params(
            self.method,
            target.contact,
            headers,
            body=self.body,
            next_hop=next_hop,
            socket=registered_socket if socket == "contact" else socket,
            classic=classic,
            registered=target.record is not None,
        )


def _first_uri(path):
    start = path.find("<")
    return path[start + 1 : path.find(">", start)] if start >= 0 else path.split(",")[0].strip()


def check_pace(rate, max_in_flight):
    """Raise BadParameters for a pace that cannot be."""
    if rate is not None and not 0 < rate <= 100000:
        raise BadParameters("rate is {0}".format(rate), "Give requests a second, above 0")
    if max_in_flight is not None and not 1 <= max_in_flight <= 100000:
        raise BadParameters("max_in_flight is {0}".format(max_in_flight), "Give a number from 1 on")


def deliver(conn, sip_requests, from_uri=None, socket="contact", rate=None, max_in_flight=None, timeout=None):
    """Send SipRequests; yields (SipRequest, result) for each of them, those that cannot be sent included.

    result: dict of outcome, code, reason, note, seconds and headers of the phone's answer.
    """
    classic = conn.version < (3,)
    under_way, stopped_short = [], []

    def mi_requests():
        for request in sip_requests:
            problem, params = request.problem, None
            if problem is None:
                try:
                    params = request.params(classic, from_uri, socket)
                except SipError as error:
                    problem = str(error)
            if params is None:
                stopped_short.append(
                    (request, _result(outcomes.NOT_SENT, {"code": None, "reason": problem, "headers": {}}, None))
                )
                continue
            under_way.append((request, time.monotonic()))
            yield "t_uac_dlg", params

    for index, reply in conn.call_many(mi_requests(), max_in_flight or DEFAULT_IN_FLIGHT, rate, timeout):
        while stopped_short:
            yield stopped_short.pop(0)
        request, started = under_way[index]
        under_way[index] = None
        what, record = outcomes.of_reply(reply)
        yield request, _result(what, record, time.monotonic() - started)
    while stopped_short:
        yield stopped_short.pop(0)


def _result(what, record, seconds):
    return {
        "outcome": what,
        "code": record["code"],
        "reason": record["reason"],
        "note": outcomes.note_on(what, record),
        "seconds": None if seconds is None else round(seconds, 3),
        "headers": record["headers"],
    }
