# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A request and its final response: a client transaction that is not an INVITE (RFC 3261, section 17.1.2)."""

import time
from typing import Iterable, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._ua.errors import (
    BadResponse,
    CannotConnect,
    NoResponse,
    UserAgentError,
)
from ansible_collections.community.opensips.plugins.module_utils._ua.message import (
    Request,
    Response,
    make_request,
    parse_response,
    take_response,
)
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import NO_FILES, TlsFiles, Transport

# seconds (RFC 3261, 17.1.2.1)
_T1, _T2 = 0.5, 4.0


class Answer(NamedTuple):
    """response: the final Response. seconds: from connecting until it was there (float). certificate: of the server (DER) or None."""

    response: Response
    seconds: float
    certificate: Optional[bytes]


def ask(
    target: Target,
    method: str,
    timeout: float,
    headers: Iterable[Tuple[str, str]] = (),
    files: TlsFiles = NO_FILES,
) -> Answer:
    """Send a request to target and give the Answer. Raises UserAgentError.

    timeout: seconds for all of it. files: for TLS.
    """
    started = time.monotonic()
    deadline = started + timeout
    transport = Transport(target, deadline, files)
    try:
        request = make_request(method, target.uri, target.transport, transport.local, headers)
        exchange = _over_datagrams if target.transport == "udp" else _over_stream
        response = exchange(transport, request, deadline)
        return Answer(response, time.monotonic() - started, transport.certificate)
    except UserAgentError as error:
        error.certificate = transport.certificate
        raise
    finally:
        transport.close()


def _over_datagrams(transport: Transport, request: Request, deadline: float) -> Response:
    interval = _T1
    while time.monotonic() < deadline:
        transport.send(request.data, deadline)
        response = _answer_within(transport, request, min(deadline, time.monotonic() + interval))
        if response is not None:
            return response
        interval = min(2 * interval, _T2)
    raise _nothing(transport)


def _answer_within(transport: Transport, request: Request, until: float) -> Optional[Response]:
    """The final response that comes until then (time.monotonic()), or None. Datagrams that are something else are passed over."""
    while time.monotonic() < until:
        data = transport.receive(until)
        if data is None:
            return None
        try:
            response = parse_response(data)
        except BadResponse:
            continue
        if response.code >= 200 and response.answers(request):
            return response
    return None


def _over_stream(transport: Transport, request: Request, deadline: float) -> Response:
    transport.send(request.data, deadline)
    data = b""
    while time.monotonic() < deadline:
        piece = transport.receive(deadline)
        if piece is None:
            break
        if not piece:
            raise CannotConnect(
                f"{transport.target} closed the connection without a response",
                "Check whether this socket is one of SIP, and the log of the server",
            )
        data += piece
        found = take_response(data)
        while found is not None:
            response, data = found
            if response.code >= 200 and response.answers(request):
                return response
            found = take_response(data)
    raise _nothing(transport)


def _nothing(transport: Transport) -> NoResponse:
    return NoResponse(
        f"{transport.target} did not answer in time", "Check the script of the server, its log, and firewalls"
    )
