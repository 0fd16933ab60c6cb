# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the two stores of opensips_tls_domain share: a domain of the task, and the proof by handshakes."""

import contextlib
from typing import Any, Dict, Iterator, List, Optional, Set

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._health import sockets as health_sockets
from ansible_collections.community.opensips.plugins.module_utils._health.entry import NotThere, Unknown
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task, TaskFailure, describe_error
from ansible_collections.community.opensips.plugins.module_utils._readers import certificate
from ansible_collections.community.opensips.plugins.module_utils._tls import proof
from ansible_collections.community.opensips.plugins.module_utils._tls.material import Material
from ansible_collections.community.opensips.plugins.module_utils._ua import target as targets
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import UserAgentError

# the options of a domain that hold PEM, in the order of Material, and with _file at the end name a file with it
PEMS = ("certificate", "private_key", "ca", "dh_params")
NOTHING = Material(None, None, None, None)


class Domain:
    """A domain of the task. options: its entry of the option domains (dict). material: what was loaded."""

    def __init__(self, index: int, options: Dict[str, Any]) -> None:
        self.index = index
        self.options = options
        self.name: str = options["name"]
        self.role: str = options["role"]
        self.material = NOTHING

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"domains[{self.index}] ({self.name})"

    @property
    def pems(self) -> Dict[str, bytes]:
        """What it was given, by the options of PEMS."""
        return {name: pem for name, pem in zip(PEMS, self.material) if pem is not None}

    @property
    def certificate(self) -> Optional[bytes]:
        """Its certificate, in DER."""
        pem = self.material.certificate
        return None if pem is None else certificate.first_der(pem)

    @contextlib.contextmanager
    def labelled(self) -> Iterator[None]:
        """Have BadParameters begin with the place in the list."""
        try:
            yield
        except BadParameters as error:
            raise BadParameters(f"{self.label}: {error.message}", error.hint) from error


def tls_sockets(task: Task, may_ask: bool) -> proof.Sockets:
    """The TLS sockets of the option, or those that the configuration of the server has. may_ask: whether the server may be asked."""
    if not task.params["check_handshake"]:
        return proof.Sockets([], True, "check_handshake is false")
    if task.params["sockets"] is not None:
        return proof.Sockets(_given_sockets(task.params["sockets"]), True, None)
    if not may_ask:
        return proof.Sockets([], False, "sockets is not set, and reload is false")
    if not task.connection.options.is_local:
        return proof.Sockets([], False, "The server is on another host, and does not list its TLS sockets: set sockets")
    server = Server(task.connection, {}, None, None, lambda _code: True)
    try:
        known = health_sockets.sockets(server)
    except (OpensipsError, NotThere, Unknown) as error:
        return proof.Sockets([], False, f"The TLS sockets of the server are not known: {error}")
    found = [target for target in known.targets if target.transport == "tls"]
    reasons = [str(entry["message"]) for entry in known.entries if "tls" in (entry["subject"] or "")]
    return proof.Sockets(found, False, None if found else "; ".join(reasons) or "The server has no TLS socket")


def _given_sockets(texts: List[str]) -> List[targets.Target]:
    found = []
    for number, text in enumerate(texts):
        try:
            found.append(targets.parse(text))
        except UserAgentError as error:
            raise BadParameters(f"sockets[{number}]: {error.message}", error.hint) from error
        if found[-1].transport != "tls":
            raise BadParameters(f"sockets[{number}]: {text} is no socket of TLS", "Write it as tls:192.0.2.1:5061")
    return found


class Proof:
    """What the sockets of a server present. entries: {index of a domain: list of handshakes, as a result shows them}."""

    def __init__(self, task: Task, sockets: proof.Sockets, by_name: bool) -> None:
        """by_name: whether the server looks at the name that a client asks for."""
        self._timeout = task.params["maximum_answer_time"]
        self.sockets = sockets
        self._by_name = by_name
        self.entries: Dict[int, List[Dict[str, Any]]] = {}

    def look(self, domains: List[Domain], expected: Dict[int, proof.Expected], claimed: Set[str]) -> None:
        """Shake hands with all sockets that show the domains. expected: by the index of a domain. claimed: see proof.questions()."""
        asked = {
            domain.index: proof.questions(
                expected[domain.index], self.sockets, claimed - set(expected[domain.index].addresses), self._by_name
            )
            for domain in domains
            if domain.index in expected
        }
        seen = proof.ask([question for wanted in asked.values() for question in wanted], self._timeout)
        self.entries = {
            index: [proof.entry(question, seen[question], expected[index]) for question in wanted]
            for index, wanted in asked.items()
        }

    def in_use(self, domain: Domain) -> Optional[bool]:
        """Whether the sockets present the certificate of the domain; None if that is not known."""
        return proof.is_in_use(self.entries.get(domain.index, []))

    def is_stale(self, domains: List[Domain]) -> bool:
        """Whether a socket presents something else."""
        return any(self.in_use(domain) is False for domain in domains)

    def shown(self, domain: Domain) -> List[Dict[str, Any]]:
        """The handshakes of a domain, for the result."""
        return [
            dict(found, error=found["error"] and describe_error(found["error"]))
            for found in self.entries.get(domain.index, [])
        ]

    def restart_needed(self, domains: List[Domain], changed: bool) -> Optional[bool]:
        """Whether a server that reads its domains only when it starts must do so; None if that is not known."""
        if changed or self.is_stale(domains):
            return True
        return None if None in map(self.in_use, domains) else False

    def confirm(self, domains: List[Domain], result: Dict[str, Any]) -> None:
        """Raise TaskFailure, with the result of the task, unless the sockets prove what was pushed."""
        problem = None if result["restart_needed"] else self._problem(domains)
        if problem is not None:
            raise TaskFailure(str(problem), dict(result, error=describe_error(problem)))

    def _problem(self, domains: List[Domain]) -> Optional[OpensipsError]:
        """The first error, or None. A socket of the task must answer."""
        for domain in domains:
            found = self.entries.get(domain.index, [])
            if self.in_use(domain) is False:
                return proof.difference(domain.name, found, domain.certificate or b"")
            if self.sockets.are_given:
                silent = [entry["error"] for entry in found if entry["error"] is not None]
                if silent:
                    return silent[0]
        return None
