# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A single request and its final response, outside of any dialog."""

import time
from typing import Iterable, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._ua.endpoint import Endpoint, Loop
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import NoResponse, UserAgentError
from ansible_collections.community.opensips.plugins.module_utils._ua.leg import Leg
from ansible_collections.community.opensips.plugins.module_utils._ua.message import Response
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import NO_FILES, TlsFiles

_USER = "ansible"


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
    endpoint = Endpoint(target, deadline, files)
    try:
        response = _exchange(endpoint, method, deadline, headers)
        return Answer(response, time.monotonic() - started, endpoint.transport.certificate)
    except UserAgentError as error:
        error.certificate = endpoint.transport.certificate
        raise
    finally:
        endpoint.close()


def _exchange(endpoint: Endpoint, method: str, deadline: float, headers: Iterable[Tuple[str, str]]) -> Response:
    loop = Loop()
    loop.add(endpoint)
    leg = Leg(endpoint, f"sip:{_USER}@{endpoint.transport.local}", endpoint.transport.target.uri, _USER)
    transaction = endpoint.start(leg.request(method, headers))
    loop.run(lambda: transaction.final, deadline)
    if transaction.final is None:
        raise no_response(endpoint)
    return transaction.final


def no_response(endpoint: Endpoint) -> NoResponse:
    """The error for a server that stays silent."""
    return NoResponse(
        f"{endpoint.transport.target} did not answer in time",
        "Check the script of the server, its log, and firewalls",
    )
