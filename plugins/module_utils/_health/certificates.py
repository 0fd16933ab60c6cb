# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Check of TLS certificates: of the files that tls_mgm uses, and of what TLS sockets present."""

import time
from typing import List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._health import sockets
from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    FAILED,
    OK,
    WARNING,
    Entry,
    NotThere,
    Unknown,
    entry,
    unknown,
)
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server
from ansible_collections.community.opensips.plugins.module_utils._readers import certificate
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record

_DAY = 86400.0


def certificates(server: Server) -> List[Entry]:
    """Days until each certificate ends, against warning_certificate_days and minimum_certificate_days."""
    entries, reason = _of_domains(server)
    entries += _of_sockets(server)
    if not entries:
        raise NotThere(reason)
    return entries


def _of_domains(server: Server) -> Tuple[List[Entry], str]:
    try:
        return [_of_domain(server, domain) for domain in server.tls_domains()], "The server has no TLS domain"
    except NotThere as error:
        return [], str(error)


def _of_domain(server: Server, domain: Record) -> Entry:
    subject = f"domain {domain['name']} ({domain['role']})"
    path = domain["certificate_file"]
    if path is None:
        return unknown("certificates", subject, "The certificate is in a table, and the server does not report it")
    if not server.is_local:
        return unknown("certificates", subject, f"{path} is on another host")
    return _entry(server, subject, certificate.read(path))


def _of_sockets(server: Server) -> List[Entry]:
    try:
        found = [target for target in sockets.sockets(server).targets if target.transport == "tls"]
    except Unknown:
        return []
    answers = sockets.ask(server, found)
    entries = []
    for target in found:
        answer = answers[target]
        if answer.certificate:
            entries.append(_entry(server, f"socket {target}", certificate.read_der(answer.certificate)))
        else:
            entries.append(unknown("certificates", f"socket {target}", str(answer)))
    return entries


def _entry(server: Server, subject: str, found: Record) -> Entry:
    if found["not_after"] is None:
        return unknown("certificates", subject, found["certificate_error"])
    seconds = certificate.seconds_of(found["not_after"]) - time.time()
    days = round(seconds / _DAY, 1)
    minimum, soon = server.limits["minimum_certificate_days"], server.limits["warning_certificate_days"]
    outcome = FAILED if days < minimum else WARNING if days < soon else OK
    words = f"ends in {days:g} days" if days >= 0 else f"ended {-days:g} days ago"
    message = f"{words} ({found['not_after']}), at least {max(minimum, soon):g} days expected"
    return entry("certificates", subject, outcome, message, days, minimum if outcome == FAILED else max(minimum, soon))
