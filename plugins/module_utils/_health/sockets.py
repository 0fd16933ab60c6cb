# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Check of the sockets: each answers a SIP OPTIONS that is sent from this host.

Which sockets there are: those of the option, or what the server lists (its UDP sockets, ps) with the TCP and TLS sockets of
its configuration file, if that is on this host and can be read.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Union

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._health import configuration
from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    FAILED,
    UNKNOWN,
    Entry,
    NotThere,
    Unknown,
    at_most,
    entry,
    unknown,
)
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.reach import is_this_host
from ansible_collections.community.opensips.plugins.module_utils._readers import arguments, processes
from ansible_collections.community.opensips.plugins.module_utils._ua import client
from ansible_collections.community.opensips.plugins.module_utils._ua import target as targets
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import CertificateRequired, UserAgentError
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import TlsFiles

_AT_A_TIME = 16
# sockets of the cluster and of captures: no SIP
_NO_SIP = re.compile("(bins?|smpp|hep_[a-z]+):")
_TCP_PROCESS = re.compile(r"TCP (receiver|main)", re.IGNORECASE)
_SET_CERTIFICATE = "The server requires a client certificate: set sip_client_cert and sip_client_key"
_NOT_LISTED = "The server does not list its TCP and TLS sockets: add them to sockets"

Result = Union[client.Answer, UserAgentError]


class Found(NamedTuple):
    """targets: list of Target. entries: what is known of sockets to which nothing can be sent."""

    targets: List[Target]
    entries: List[Entry]


def options(server: Server) -> List[Entry]:
    """The entries of all sockets. Raises Unknown if there are none."""
    found = sockets(server)
    if not found.targets and not found.entries:
        raise Unknown(_NOT_LISTED)
    answers = ask(server, found.targets)
    return [_entry(server, target, answers[target]) for target in found.targets] + found.entries


def sockets(server: Server) -> Found:
    """The sockets that are checked. Raises what reading them raises."""
    if server.sockets is not None:
        return Found(list(dict.fromkeys(server.sockets)), [])
    return server.once("sockets", lambda: _discovered(server))


def ask(server: Server, wanted: Iterable[Target]) -> Dict[Target, Result]:
    """{Target: Answer or UserAgentError}; each target is asked once in a run, several at a time."""
    new = [target for target in wanted if target not in server.answers]
    if new:
        with ThreadPoolExecutor(min(len(new), _AT_A_TIME)) as pool:
            server.answers.update(zip(new, pool.map(lambda target: _ask(server, target), new)))
    return server.answers


def _ask(server: Server, target: Target) -> Result:
    limits = server.limits
    files = TlsFiles(limits["sip_client_cert"], limits["sip_client_key"], limits["sip_server_name"])
    try:
        # RFC 3261, 11.1
        accept = [("Accept", "application/sdp")]
        return client.ask(target.reachable, "OPTIONS", limits["maximum_answer_time"], headers=accept, files=files)
    except UserAgentError as error:
        return error


def _entry(server: Server, target: Target, result: Result) -> Entry:
    limit = server.limits["maximum_answer_time"]
    if isinstance(result, UserAgentError):
        return _no_answer(server, target, result)
    status = result.response.status
    seconds = round(result.seconds, 4)
    if not server.accepts(result.response.code):
        return entry("options", str(target), FAILED, f"{status}, which is not in accept", seconds, limit)
    checked = at_most("options", str(target), seconds, limit, server.limits["warn_at"], " s")
    return dict(checked, message=f"{status} after {checked['message']}")


def _no_answer(server: Server, target: Target, error: UserAgentError) -> Entry:
    limit = server.limits["maximum_answer_time"]
    if isinstance(error, CertificateRequired):
        # it would answer a client that it knows
        return entry("options", str(target), UNKNOWN, str(error), None, limit)
    if target.transport == "tls" and error.certificate and _requires_certificate(server):
        message = f"{error.message}. {_SET_CERTIFICATE}"
        return entry("options", str(target), UNKNOWN, message, None, limit)
    return entry("options", str(target), FAILED, str(error), None, limit)


def _requires_certificate(server: Server) -> bool:
    """Whether a TLS domain of the server requires a certificate, and this client has none. It may only hang up on such a client."""
    if server.limits["sip_client_cert"] or server.is_lost:
        return False
    try:
        return any(domain["role"] == "server" and domain["require_certificate"] for domain in server.tls_domains())
    except (NotThere, Unknown, OpensipsError):
        return False


def _discovered(server: Server) -> Found:
    running = server.processes()
    texts = [_text(receiver) for receiver in processes.receivers(running)]
    configured, why_not = _configured(server)
    texts += [text for text in configured if not text.lower().startswith("udp:")]
    found, entries = [], []
    for text in dict.fromkeys(texts):
        usable = _usable(server, text)
        if isinstance(usable, Target):
            found.append(usable)
        elif usable is not None:
            entries.append(usable)
    if why_not and any(_TCP_PROCESS.search(process["type"] or "") for process in running):
        entries.append(unknown("options", "tcp and tls", f"{_NOT_LISTED}. {why_not}"))
    return Found(list(dict.fromkeys(found)), entries)


def _text(receiver: processes.Receiver) -> str:
    port = f":{receiver.port}" if receiver.port else ""
    return f"{receiver.protocol or 'udp'}:{receiver.host}{port}"


def _configured(server: Server) -> Any:
    """(sockets in the configuration file as list of str, why they are not known as str or None)."""
    if not server.is_local:
        return [], "Its configuration file is on another host"
    try:
        path = configuration.path_of(arguments.read(server.connection))
        if path is None:
            return [], "The path of its configuration file is not absolute"
        return configuration.read(path), None
    except OpensipsError as error:
        return [], str(error)
    except OSError as error:
        return [], f"Its configuration file cannot be read: {error.strerror or error}"


def _usable(server: Server, text: str) -> Union[Target, Entry, None]:
    """The Target of a socket of the server (text), an Entry if nothing can be sent to it, or None if it is none of SIP."""
    if _NO_SIP.match(text.lower()):
        return None
    try:
        target = targets.parse(text)
    except UserAgentError as error:
        return unknown("options", text, str(error))
    why_not = _why_not(server, target.reachable.host)
    return target if why_not is None else unknown("options", text, why_not)


def _why_not(server: Server, host: str) -> Optional[str]:
    """Why an OPTIONS to a host that the server names would not reach this server, or None."""
    if not server.is_local:
        return f"{host} is an address of the server's own host" if _is_loopback(host) else None
    if is_this_host(host):
        return None
    # an address that only the active node of a cluster has, or an interface
    return f"{host} is not an address of this host now: to check it all the same, add it to sockets"


def _is_loopback(host: str) -> bool:
    """Whether a host is the one that sends."""
    return host.startswith("127.") or host in ("::1", "localhost")
